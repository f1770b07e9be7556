/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs may call: a function each, helper_NAME. Semantics are the
 * kernel's where it has the helper: results are 0 or negative errno numbers, a
 * failed read zeroes its buffer. The verifier has proved that pointers and
 * lengths are good, and takes memory that a helper writes as written
 * completely: so it is, also on failure.
 */
#ifndef UPD_HELPER_INT_H
#define UPD_HELPER_INT_H

#include "host.h"

#include <unistd.h>

#define MAYBE __attribute__((unused))
#define HELPER(name)                                                           \
	uint64_t helper_##name(MAYBE struct bpf_host *host, MAYBE uint64_t a1, \
			       MAYBE uint64_t a2, MAYBE uint64_t a3,           \
			       MAYBE uint64_t a4, MAYBE uint64_t a5)

#define X(name, nr, ...) HELPER(name);
BPF_HELPER_LIST(X)
#undef X

static inline struct host *of(struct bpf_host *host)
{
	return (struct host *)host;
}

static inline struct rt_map *map_of(uint64_t arg)
{
	return (struct rt_map *)(uintptr_t)arg;
}

static inline void *ptr(uint64_t arg)
{
	return (void *)(uintptr_t)arg;
}

static inline pid_t pid_of(const struct host *h)
{
	return h->task ? target_pid(task_target(h->task)) : getpid();
}

static inline pid_t tid_of(const struct host *h)
{
	return h->task ? task_tid(h->task) : getpid();
}

#endif

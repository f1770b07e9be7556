/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where programs run in user space: the helpers, over a session's shared
 * memory and (at a hit) the task that was hit. The tracer has one host per
 * session, the session worker one for BEGIN, END and timers.
 */
#ifndef UPD_HOST_H
#define UPD_HOST_H

#include "bpf.h"
#include "debuginfo.h"
#include "rt.h"
#include "target.h"

#include <stdatomic.h>

/* Behind the maps in a session's shared memory: what its processes tell each
 * other without messages. One per session, zeroed. */
struct host_shared {
	_Atomic uint32_t stopped; /* exit() was called, or the end has come: no
				   * program runs any more */
	_Atomic int32_t exit_code;
	_Atomic uint64_t map_full; /* updates refused by a full map */
};

struct host {
	struct bpf_host bpf; /* first: helpers are given its address */
	struct rt rt;
	struct host_shared *shared;
	void *maps[RT_MAPS_MAX]; /* struct rt_map */
	int doorbell;		 /* eventfd of the reader */
	void *map_base;
	uint64_t map_size;

	/* The event that runs; task NULL: none (BEGIN, timers). */
	struct task *task;
	const struct regs *regs;
	struct space *space; /* of the task's target; may be NULL */
	uint64_t mod_bias;
	bool at_return; /* regs are those behind a call */
};

/* Maps `fd` (made by host_create, perhaps by another process) and fills h. */
must_check int host_open(struct host *h, int fd, uint32_t writer, int doorbell,
			 struct err *err);
void host_close(struct host *h);

/* Makes the shared memory of a session: a sealed memfd. */
must_check int host_create(const struct bpf_map_def *defs, size_t n,
			   uint32_t nwriters, int *ret_fd, struct err *err);

static inline bool host_stopped(const struct host *h)
{
	return atomic_load_explicit(&h->shared->stopped, memory_order_relaxed);
}

/* Tells the reader that there is something in the ring, if it sleeps. */
void host_ring_bell(struct host *h, struct rt_map *ring);

#endif

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

/* At the end of a session's shared memory: what its processes tell each other
 * without messages. One per session, zeroed. */
struct host_shared {
	_Atomic uint32_t stopped; /* exit() was called, or the end has come: no
				   * program runs any more */
	_Atomic int32_t exit_code;
	uint32_t npoints, nactions; /* of the counts before it */
};

/* What is counted for each attach point, or for each of the actions that warn
 * while the script runs. */
enum host_count {
	HOST_LOST,   /* by point: events that the ring had no room for */
	HOST_ENDED,  /* by point: runs that took too long */
	HOST_WARNED, /* by action: times it happened */
};

struct host {
	struct bpf_host bpf; /* first: helpers are given its address */
	struct rt rt;
	struct host_shared *shared;
	uint64_t *counts;
	uint32_t npoints, nactions;
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

/* What a session's shared memory has room for. */
struct host_sizes {
	const struct bpf_map_def *defs;
	size_t ndefs;
	uint32_t nwriters, npoints, nactions;
};

/* Makes the shared memory of a session: a sealed memfd. */
must_check int host_create(const struct host_sizes *sizes, int *ret_fd,
			   struct err *err);

/* Runs a program for this attach point. One that its budget ended is counted
 * and, the first time, told by an event. */
void host_run(struct host *h, const struct bpf_code *code, const void *ctx,
	      uint32_t point);

/* A count, and adding one to it: what it was before. */
uint64_t host_count(const struct host *h, enum host_count what, uint32_t index);
uint64_t host_count_up(struct host *h, enum host_count what, uint32_t index);

/* Puts a record into the ring, if there is one; what gets lost is counted. */
int host_send(struct host *h, struct rt_map *ring, const void *record,
	      uint32_t len);
struct rt_map *host_ring(struct host *h);

static inline bool host_stopped(const struct host *h)
{
	return atomic_load_explicit(&h->shared->stopped, memory_order_relaxed);
}

/* Tells the reader that there is something in the ring, if it sleeps. */
void host_ring_bell(struct host *h, struct rt_map *ring);

#endif

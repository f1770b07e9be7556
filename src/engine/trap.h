/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trap engine: programs run in the tracer, at a ptrace stop. Owns what a
 * tracer knows of each session: its shared memory, programs and probes. The
 * caller wires struct tracer_events to trap_hit and trap_returned.
 */
#ifndef UPD_TRAP_H
#define UPD_TRAP_H

#include "bpf.h"
#include "debuginfo.h"
#include "host.h"
#include "target.h"

struct trap_session;
struct trap_probe;

enum trap_kind {
	TRAP_ENTRY,  /* runs when its site is reached */
	TRAP_RETURN, /* runs when the call that began at its site returns */
	TRAP_SYSCALL_ENTER, TRAP_SYSCALL_EXIT, /* at system call `nr` */
	TRAP_PROFILE, /* runs for each task on a CPU, every `period_ns` */
	TRAP_KINDS,
};

/* fd: the session's shared memory (duplicated), doorbell: its eventfd (taken
 * over, closed on error too). */
must_check int trap_session_new(int fd, const struct bpf_map_def *defs,
				size_t ndefs, uint32_t writer, int doorbell,
				struct trap_session **ret, struct err *err);
/* Frees its programs and probes: their points must be gone. */
void trap_session_free(struct trap_session *s);

/* Verifies and binds a program; its number in this session is the order in
 * which programs are added, from 0. */
must_check int trap_program_add(struct trap_session *s,
				const struct bpf_prog *prog, uint32_t ctx_size,
				struct err *err);

struct trap_probe_spec {
	uint32_t id;	  /* of the attach point; for reports */
	uint32_t program; /* number in this session */
	enum trap_kind kind;
	struct point_spec point;
	uint64_t vaddr; /* of the point in its file, for the load bias */
	int64_t nr;
	uint64_t period_ns;
	uint32_t word_size; /* without a point: of the programs it is about */
};

/* Plants a probe's point in the target. As point_new: ERR_NOENT when nothing
 * is mapped yet (it waits). */
must_check int trap_probe_new(struct trap_session *s, struct target *t,
			      const struct trap_probe_spec *spec,
			      struct trap_probe **ret, size_t *ret_planted,
			      struct err *err);
/* Lifts all probes of a session in this target. */
void trap_session_lift(struct trap_session *s, struct target *t);
/* And in all targets: children that are followed have copies. */
void trap_session_lift_all(struct trap_session *s, struct tracer *tr);

/* Counts of each probe, for the reports at the end. */
struct trap_stats {
	uint32_t id;
	uint64_t hits;	 /* times its program ran */
	uint64_t left;	    /* watched calls that never returned: longjmp ... */
	uint64_t unwatched; /* calls whose return could not be watched */
	uint32_t on;	 /* of its time, in thousandths: the budget */
	bool met;	 /* its place was in the target's memory */
};
typedef void trap_stats_fn(void *ctx, const struct trap_stats *stats);
void trap_session_stats(const struct trap_session *s, trap_stats_fn *fn,
			void *ctx);

/* The `found`, `hit`, `returned` and `abandoned` of struct tracer_events.
 * `space`: the modules of the task's target, for stacks. trap_hit: why the
 * return of this call is missed, the first time for its probe. */
void trap_found(void *point_cookie);
int trap_hit(struct task *task, struct space *space, void *point_cookie,
	     const struct regs *regs, struct err *err);
void trap_returned(struct task *task, struct space *space, void *watch_cookie,
		   const struct regs *regs);
void trap_abandoned(void *watch_cookie);
/* The same for system calls and samples, of one session. */
void trap_syscall(struct trap_session *s, struct task *task,
		  struct space *space, bool enter, int64_t nr,
		  const struct regs *regs);
void trap_sampled(struct trap_session *s, struct task *task,
		  struct space *space, const struct regs *regs);
/* The samples that are due at `now` (CLOCK_MONOTONIC, ns) are taken: true when
 * there are any. *next: when to come again, if that is sooner. */
bool trap_sample_due(struct trap_session *s, uint64_t now, uint64_t *next);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Targets: processes that a tracer holds with ptrace, their tasks, memory,
 * scratch memory, points and sites. The only caller of ptrace and wait. Knows
 * nothing of programs, sessions or sockets: upward talk goes through struct
 * tracer_events.
 *
 * All functions are to be called from the one thread that created the tracer
 * (ptrace binds tracees to a thread), except tracer_interrupt.
 */
#ifndef UPD_TARGET_H
#define UPD_TARGET_H

#include "arch.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tracer; /* the ptrace event loop of this process; owns targets */
struct target; /* a traced process (one address space) */
struct task;   /* one of its threads */
struct point;  /* one file offset that carries probes, planted as sites
		* wherever a target maps that file */
struct site;   /* one instruction address in one target */

/* Called from inside tracer_step. May plant and lift, read and write memory;
 * may not detach or free (ask for it: target_detach_later). */
struct tracer_events {
	/* A task reached a site, pc at the instruction, registers as the
	 * original program would see them. Exactly once per execution. The
	 * site's point's cookie is what point_new was given; all points of the
	 * site are reported in the order they were made. */
	void (*hit)(void *ctx, struct task *task, void *point_cookie,
		    const struct regs *regs);
	/* A call watched with task_watch_return has come back: registers are
	 * those at the return address. */
	void (*returned)(void *ctx, struct task *task, void *watch_cookie,
			 const struct regs *regs);
	/* A watched call will never return (longjmp, exception, thread exit).
	 */
	void (*abandoned)(void *ctx, struct task *task, void *watch_cookie);
	/* The target mapped or unmapped files (dlopen; also start-up). The
	 * target is stopped meanwhile; points have been planted already. */
	void (*mapped)(void *ctx, struct target *target);
	/* execve succeeded: new address space; all sites are gone. Points that
	 * match are planted after this returns. Only one task is left. */
	void (*execed)(void *ctx, struct target *target);
	/* A task is about to be gone; memory is still there (for the last
	 * task of a process: the last chance to read its maps). */
	void (*exiting)(void *ctx, struct task *task, bool last);
	/* The process is gone; wait status as of waitpid. target is freed
	 * after this returns. */
	void (*exited)(void *ctx, struct target *target, int status);
	/* It has become a program that cannot be traced, and is let go; freed
	 * after this returns. NULL: `exited` is called. */
	void (*left)(void *ctx, struct target *target, const struct err *why);
	/* fork or vfork made a child process; `child` is traced when the
	 * target follows forks, else NULL (it has been cleaned and let go). */
	void (*forked)(void *ctx, struct target *target, struct target *child,
		       pid_t child_pid);
	/* A task makes a system call, or is back from it: see
	 * target_watch_syscalls. */
	void (*syscall)(void *ctx, struct task *task, bool enter, int64_t nr,
			const struct regs *regs);
	/* See tracer_sample. */
	void (*sampled)(void *ctx, struct task *task, const struct regs *regs);
	/* A point's file is in memory, where it is to be planted. */
	void (*found)(void *ctx, void *point_cookie);
	/* A planted site had to be given up (target rewrote its text, ...). */
	void (*lost)(void *ctx, struct target *target, void *point_cookie,
		     const struct err *why);
	/* The target is probed with less than the usual care; a sentence. */
	void (*warned)(void *ctx, struct target *target, const char *text);
};

must_check int tracer_new(const struct tracer_events *events, void *ctx,
			  struct tracer **ret, struct err *err);
/* Lifts and detaches everything. */
void tracer_free(struct tracer *tr);

/* Serves stops until tracer_interrupt was called or no target is left: 0, or
 * ERR_INTR after an interruption, ERR_GONE when there is nothing to trace. */
int tracer_run(struct tracer *tr);
/* Serves the stops that are there, and does not wait: 0, or as tracer_run. */
int tracer_poll(struct tracer *tr);
/* The share of time, in percent, in which the targets may be held up; when it
 * is passed the hottest sites are lifted for a while. 0: no limit, as at
 * first. ERR_LIMIT: the kernel has no timer left. */
int tracer_set_budget(struct tracer *tr, unsigned percent);
/* Makes tracer_run return soon. Async-signal-safe, any thread. */
void tracer_interrupt(struct tracer *tr);

struct target_opts {
	bool follow_forks; /* children become targets with the same points */
	unsigned steps;	   /* allowed strategies, mask; 0: all */
	bool follow_cpu;   /* move this thread to where the target runs */
};

/* Seizes all tasks of pid. Sentences for: no such process, not permitted
 * (why: other user, Yama, not dumpable, a kernel thread), already traced (by
 * whom), zombie, itself. Nothing is planted yet; tasks run on return. */
must_check int target_attach(struct tracer *tr, pid_t pid,
			     const struct target_opts *opts,
			     struct target **ret, struct err *err);
/* Did attaching take away what a tracer that was killed had left? */
bool target_was_rescued(const struct target *t);
/* As attach, for a child that waits before its exec (upd -c); see
 * target-launch in docs: the target is held at its exec until released. */
int target_hold_at_exec(struct target *t);
int target_release(struct target *t);

/* Everything back as it was: text, mappings, registers, masks, handlers,
 * pending signals, job-control state. Frees t. */
void target_detach(struct target *t);
void target_detach_later(struct target *t);

/* Any one, NULL: none is left. */
struct target *tracer_target(struct tracer *tr);
/* The one with that pid, or NULL. */
struct target *tracer_find(struct tracer *tr, pid_t pid);
struct tracer *target_tracer(const struct target *t);

pid_t target_pid(const struct target *t);
const struct arch *target_arch(const struct target *t);
void *target_cookie(const struct target *t);
void target_set_cookie(struct target *t, void *cookie);
/* Stop all tasks / let them go on; counted, pairs. For changes that must not
 * be seen half done. */
must_check int target_stop(struct target *t, struct err *err);
void target_resume(struct target *t);
int target_kill(struct target *t, int signo);

/* Memory; breakpoints are invisible: read gives the original bytes. Number
 * of bytes, short at an unmapped page; or a negative code. */
ssize_t target_read(struct target *t, uint64_t addr, void *buf, size_t len);
ssize_t target_write(struct target *t, uint64_t addr, const void *buf,
		     size_t len);
/* Up to max bytes of a NUL-terminated string, NUL included in the count when
 * found. */
ssize_t target_read_str(struct target *t, uint64_t addr, char *buf, size_t max);
const struct arch_mem *target_mem(struct target *t);

pid_t task_tid(const struct task *task);
struct target *task_target(const struct task *task);
/* From inside `hit` or `returned`: what the task goes on with. With another pc
 * than the site's, the instruction there is skipped. */
void task_set_regs(struct task *task, const struct regs *regs);
/* Full register state besides the general set, on demand (floats): NT_ type. */
ssize_t task_regset(struct task *task, unsigned nt_type, void *buf, size_t len);

/* Reports system calls of the target; counted, pairs. Calls that are under way
 * when it begins are not told, nor what our own stops make of a call. */
void target_watch_syscalls(struct target *t, bool on);
/* Reports, soon, the tasks that are on a CPU now. */
void tracer_sample(struct tracer *tr);

/* ---- points and sites -------------------------------------------------- */

struct point_spec {
	dev_t dev; /* identity of the file as stat() says ... */
	ino_t ino;
	uint64_t offset;      /* ... and the offset of the instruction in it */
	uint64_t addr;	      /* or, with ino 0, an absolute address */
	uint64_t sema_offset; /* USDT semaphore's file offset, 0: none */
	unsigned steps;	      /* strategy mask, 0: the target's */
	const char *path;     /* for messages; copied */
};

/* Plants a point in one target, now and whenever that target maps the file.
 * ERR_NOENT: not mapped now (the point stays and waits). ERR_REFUSED: the
 * instruction cannot be probed (nothing stays). *ret_planted: sites made. */
must_check int point_new(struct target *t, const struct point_spec *spec,
			 void *cookie, struct point **ret, size_t *ret_planted,
			 struct err *err);
void point_free(struct point *p);
/* Frees all points with that cookie and drops its watches, in all targets:
 * those that followed children got from their parent, too. */
void tracer_lift(struct tracer *tr, void *cookie);

/* For how much of its time it was on, in thousandths: see tracer_set_budget. */
unsigned point_on(const struct point *p);

/* Many points at once are much cheaper between these two (one stop). */
int target_batch_begin(struct target *t, struct err *err);
void target_batch_end(struct target *t);

/* For listings: what each site of a point does. */
typedef void site_fn(void *ctx, uint64_t addr, const struct plan *plan,
		     enum strategy chosen, uint64_t hits);
void point_sites(struct point *p, site_fn *fn, void *ctx);

/* From inside `hit` at a function's first instruction: be told when that call
 * returns. The stack is not touched: a breakpoint stands at the return
 * address while the call is in flight, the stack pointer tells recursion. */
must_check int task_watch_return(struct task *task, const struct regs *entry,
				 void *cookie, struct err *err);

/* Drops all watches with that cookie, silently. */
void target_unwatch(struct target *t, void *watch_cookie);

/* Where the dynamic linker tells debuggers that its list of libraries has
 * changed (r_debug.r_brk); 0: found by its name, which is also done by itself
 * with the first point and after exec. From then on new libraries get their
 * points before they run, and `mapped` is called. ERR_NOENT: none. */
must_check int target_watch_libs(struct target *t, uint64_t addr,
				 struct err *err);

#endif

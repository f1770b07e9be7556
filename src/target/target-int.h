/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Targets from the inside. Files by noun: tracer.c the event loop, stop.c what
 * a stop means, task.c, target.c attach and detach, memory.c, maps.c,
 * inject.c remote system calls, scratch.c, site.c, point.c, step.c the
 * strategies, watch.c returns, cpu.c.
 */
#ifndef UPD_TARGET_INT_H
#define UPD_TARGET_INT_H

#include "fallback.h"
#include "htab.h"
#include "list.h"
#include "target.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/ptrace.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

struct tracer {
	const struct tracer_events *events;
	void *ctx;
	struct list targets;
	struct htab tasks; /* by tid */
	struct list ring;  /* all tasks, the longest unserved first */
	size_t ntasks;
	sigjmp_buf wait_jump;
	volatile sig_atomic_t interrupted, waiting;
	bool follow_cpu; /* we run where the hitting task runs */
	int cpu;	 /* where that is, -1: anywhere */
	unsigned cpu_age; /* hits since we looked */
};

/* One mapping of the target. */
struct mapping {
	uint64_t start, end, offset;
	ino_t ino;
	bool exec, shared, write;
	bool identified; /* dev and ino are stat()'s */
	dev_t dev;
	char *path; /* as the target sees it; "" when anonymous */
};

struct maps {
	struct mapping *list;
	size_t n;
};

/* Scratch memory: one memfd, mapped in the target and in the tracer. The
 * first one of a target carries the fallback handler and the site table. */
struct area {
	struct list node;
	uint64_t base;	/* in the target */
	uint8_t *mem;	/* in the tracer */
	uint64_t size, slots_off;
	uint32_t nslots, used;
};

enum site_kind { SITE_PROBE, SITE_LIBS };

struct site {
	struct target *target;
	uint64_t addr;
	struct plan plan;
	struct slot_code code;
	uint64_t slot; /* address in the target */
	enum strategy strategy;
	bool planted;
	bool libs; /* the dynamic linker calls here when it has mapped */
	unsigned watches; /* calls in flight that return here */
	uint64_t hits;
	struct list points; /* struct mark */
	struct fallback_site *entry;
};

/* One point at one site. */
struct mark {
	struct list in_site, in_point;
	struct site *site;
	struct point *point;
	bool dead; /* freed while the site's marks were being visited */
};

struct point {
	struct list node; /* in its target */
	struct target *target;
	struct point_spec spec;
	char *path;
	void *cookie;
	struct list marks;
	bool sema_raised;
};

struct watch {
	struct list node; /* in its task, newest first */
	struct regs entry;
	uint64_t func, ret_addr;
	struct site *site;
	void *cookie;
};

struct task {
	struct list node; /* in its target */
	struct list ring; /* in the tracer */
	struct target *target;
	pid_t tid;
	bool stopped;	 /* in a ptrace stop that we have seen */
	int status;	 /* of that stop: signal | event << 8 */
	bool initial;	 /* its first stop has not come yet */
	bool guest;	 /* another process in this address space (vfork) */
	bool held;	 /* not to be continued yet (hold at exec) */
	bool unblocked;	 /* we took SIGTRAP out of its mask */
	bool gone;
	struct site *stepping; /* single-steps in this site's slot */
	int held_signal; /* arrived meanwhile; delivered after the step */
	siginfo_t held_info;
	struct site *skip; /* a signal interrupted it at this site, after the
			    * hit was reported: with the same registers, the
			    * next trap there is the same hit */
	struct regs skip_regs;
	struct list watches;
	uint64_t rseq; /* address of its rseq area; 1: none */
};

struct target {
	struct list node;
	struct tracer *tracer;
	pid_t pid;
	const struct arch *arch;
	struct target_opts opts;
	struct list tasks;
	size_t ntasks;
	int mem_fd;
	struct maps maps;
	struct list points;
	struct htab sites;
	struct list areas;
	struct arch_mem mem;
	unsigned stop_depth;
	bool hold_at_exec, holding;
	bool detach_later, exited;
	int status;
	uint64_t libs_addr;
	void *cookie;
};

/* tracer.c */
/* Waits until this task is in a stop (or gone: false). */
bool task_wait(struct task *task);
struct task *task_find(struct tracer *tr, pid_t tid);

/* stop.c */
void stop_dispatch(struct task *task);
bool stop_is_breakpoint(struct task *task);

/* task.c */
struct task *task_new(struct target *t, pid_t tid);
void task_free(struct task *task);
must_check int task_regs(struct task *task, struct regs *ret);
must_check int task_set_regs(struct task *task, const struct regs *regs);
void task_cont(struct task *task, int sig);
void task_step(struct task *task);
int task_request(struct task *task, int request, void *addr, void *data);
/* SIGTRAP out of the mask, and back in. */
void task_unblock_trap(struct task *task);
void task_reblock_trap(struct task *task);
bool task_has_signal(const struct task *task);

/* target.c */
struct target *target_new(struct tracer *tr, pid_t pid,
			  const struct target_opts *opts);
void target_free(struct target *t);
void target_forget_memory(struct target *t);
int target_open_memory(struct target *t, struct err *err);
struct target *target_of_pid(struct tracer *tr, pid_t pid);
void target_clean_child(struct target *t, struct task *child);
void target_detach_task(struct task *task, int sig);
struct task *target_any_stopped(struct target *t);

/* maps.c */
must_check int mappings_read(struct target *t, struct err *err);
void mappings_release(struct maps *maps);
const struct mapping *mapping_at(const struct target *t, uint64_t addr);
bool mapping_is_file(struct target *t, struct mapping *m, dev_t dev, ino_t ino);
/* File bytes behind an address; number read. */
size_t mapping_file_bytes(struct target *t, const struct mapping *m,
			  uint64_t addr, void *buf, size_t len);
/* A free range of `size` bytes with all of it within reach of addr. */
bool mappings_gap(const struct target *t, uint64_t addr, uint64_t size,
	      uint64_t reach, uint64_t *ret);

/* inject.c: the task is in a stop; it is in one of ours again afterwards,
 * with the registers it had. Result of the call, or a negative errno. */
must_check int inject(struct task *task, const struct arch_syscall *call,
		      int64_t *ret, struct err *err);

/* scratch.c */
/* An area that reaches addr and has a free slot; made when needed. */
must_check int scratch_for(struct target *t, uint64_t addr, struct area **ret,
			   struct err *err);
uint64_t scratch_slot(struct area *a);
bool scratch_contains(const struct target *t, uint64_t addr);
/* Undoes it in one address space through one stopped task. */
void scratch_remove(struct target *t, struct task *task);
void scratch_forget(struct target *t);
struct fallback_site *scratch_entry(struct target *t, uint64_t addr);
void scratch_write(struct target *t, uint64_t addr, const void *data,
		   size_t len);

/* site.c */
must_check int site_get(struct target *t, uint64_t addr, unsigned steps,
			struct site **ret, struct err *err);
must_check int site_plant(struct site *s, struct err *err);
void site_lift_if_unused(struct site *s);
struct site *site_at(const struct target *t, uint64_t addr);
struct site *site_of_slot(const struct target *t, uint64_t pc);
void site_forget_all(struct target *t);
void site_unplant_all(struct target *t, int mem_fd);

/* point.c */
void point_plant_waiting(struct target *t);
void point_drop_sites(struct target *t);
void points_free(struct target *t);
int points_copy(struct target *from, struct target *to);

/* step.c */
void step_past(struct task *task, struct site *site, struct regs *regs);
/* One step of a task that single-steps in a slot has ended. */
void step_done(struct task *task);
/* The task's pc out of the scratch memory, to where the original program
 * would be. `sync`: the signal in info is the slot instruction's own fault. */
void step_leave_slot(struct task *task, siginfo_t *info);
void step_abort(struct task *task);

/* watch.c */
void watch_hit(struct task *task, struct site *site, const struct regs *regs);
void watches_drop(struct task *task);

/* cpu.c */
void cpu_init(struct tracer *tr);
void cpu_follow(struct tracer *tr, struct task *task);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of src/target alone: the structs, and what each file
 * offers to the others.
 *
 * Stops are looked at (WNOWAIT), never consumed before the task goes on: a
 * stop that was consumed loses its signal when the tracer is killed. Registers
 * are cached in the task and written back once, when it goes on.
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
#include <sys/wait.h>
#include <time.h>

enum {
	SIGSET_SIZE = 8, /* the kernel's */
	SIGTRAP_BIT = 1 << (SIGTRAP - 1),
	COUNTED_MAX = 64,    /* hits interrupted by a signal */
	EVENT_SYSCALL = 255, /* no PTRACE_EVENT_: a PTRACE_SYSCALL stop */
	NEWBORN_CALLS = 24,  /* stops in which a thread sets its mask */
	WATCHES_MAX = 4096,  /* calls in flight that are watched, per task */
	STEPS_ALL = STRATEGY_EMULATE | STRATEGY_BOOST | STRATEGY_XOL |
		    STRATEGY_INPLACE,
};

/* ---- tasks and stops ----------------------------------------------------- */

enum stop_kind {
	STOP_NONE,   /* running, or stopped and not looked at yet */
	STOP_SIGNAL, /* a signal is about to be delivered */
	STOP_TRAP,   /* by our PTRACE_INTERRUPT, or newborn */
	STOP_GROUP,  /* SIGSTOP and its like */
	STOP_EVENT,  /* clone, exec, exit ...: inside a system call */
	STOP_GONE,   /* dead, or about to be */
};

/* A hit that was reported, but whose instruction had not been executed when a
 * signal came: it is made again after the handler, and not counted again. Kept
 * for all tasks: what the handler belongs to may go on in another one (Go moves
 * its goroutines so). */
struct counted {
	uint64_t addr;
	struct regs regs;
};

struct task {
	struct list node; /* target->tasks */
	struct list turn; /* tracer->turns or idle_turns */
	uint64_t round;	  /* in which it was served */
	struct tracer *tracer;
	struct target *target; /* NULL: a newborn whose parent is unknown */
	pid_t tid;
	enum stop_kind stop;
	int sig, event;
	bool parked;	  /* held at its exec */
	uint64_t waited;  /* round of wait_all */
	bool consumed;	  /* this stop has been taken from waitid */
	bool leaving;	  /* has reported its exit */
	bool unguarded;	  /* its mask has not been looked at yet */
	unsigned newborn; /* stops at system calls that are left to watch */
	uint64_t born_mask;
	bool check_guard; /* a handler ran: look again at the next hit */
	bool in_place;	  /* stepping is over the original instruction */
	bool detach_on_stop;
	bool sample;	/* asked for: see calls.c */
	bool call_told; /* the next entry is a call made again */
	int64_t call_nr; /* of the call it is in */
	bool interrupting;  /* an INTERRUPT is under way */
	bool in_vfork;	    /* waits in the kernel for its child */
	bool other_mm_user; /* another process that shares the memory (vfork) */
	bool masked;	    /* for the program, SIGTRAP is blocked ... */
	uint64_t open_mask; /* ... and was left with this */
	struct fallback_masked *noted; /* which the scratch memory says, too */
	bool has_trap; /* sent to it while it was blocked so: */
	siginfo_t trap;
	bool regs_valid, regs_dirty;
	struct regs regs;
	struct site *stepping; /* being single-stepped over */
	uint64_t hits;
	struct list watches; /* innermost call last */
	size_t nwatches;
	int64_t waiting; /* see arch.h, waiting_call */
	uint64_t rseq; /* address of its struct rseq, 1: unknown yet */
};

/* ---- the target's memory map --------------------------------------------- */

struct file { /* a mapped file, as the target sees it */
	struct list node;
	dev_t map_dev;
	ino_t map_ino;
	dev_t dev; /* as stat says */
	ino_t ino;
	int fd; /* -1: closed for now */
	bool known;
	char path[];
};

struct vma {
	uint64_t start, end, offset;
	dev_t dev;
	ino_t ino;
	bool read, write, exec, shared;
	const char *path; /* "" when anonymous */
};

struct mapping {
	struct vma *v;
	size_t n;
	char *text;
};

/* ---- scratch memory ------------------------------------------------------ */

struct scratch {
	struct list node;
	uint64_t base, size;
	void *map; /* the tracer's own mapping */
	struct fallback_header *head;
	struct fallback_site *table; /* of the first one only */
	struct fallback_masked *masked; /* likewise */
	size_t table_used;
	uint32_t nsites, masked_off, slots_off; /* nsites 0: not the first */
	size_t nslots, next_slot;
	struct site **by_slot;
};

/* ---- points and sites ---------------------------------------------------- */

struct site {
	uint64_t addr;
	struct target *target;
	struct site *before; /* with another instruction at this address, once */
	struct plan plan;
	struct slot_code code;
	struct scratch *scratch;
	uint64_t slot; /* 0: none, in place only */
	unsigned allowed;
	enum strategy strategy;
	uint8_t orig[ARCH_BP_MAX];
	bool planted, lost;
	bool resting; /* see budget.c */
	uint64_t busy_start, rest_start; /* of the present rest */
	uint64_t busy_ns, rested_ns;	 /* of all before: see point_on() */
	uint64_t epoch;
	unsigned epoch_hits;
	bool watches_libs, watches_signals;
	bool has_answered; /* a call about SIGTRAP */
	bool is_trip;	   /* wire: see sigcalls.c */
	bool watches_returns; /* stays while attached */
	struct list links;    /* of points, in the order they were made */
	uint64_t hits;
};

struct link { /* a point at a site */
	struct list at_site, at_point;
	struct site *site;
	struct point *point;
	uint64_t serial;
	uint64_t hits;
};

struct sema {
	struct list node;
	uint64_t addr;
};

struct point {
	struct list node; /* target->points */
	struct target *target;
	struct point_spec spec; /* path is our copy */
	void *cookie;
	uint64_t serial;
	struct list links;
	struct list semas;
};

struct watch { /* a call in flight */
	struct list node;
	void *cookie;
	uint64_t ret, at; /* return address; the function's first instruction */
	uint64_t hit;	  /* serial of the hit in which it was made */
	uint64_t doubted, next_doubt; /* hits of its task: see return.c */
	struct regs entry;
};

/* The request that the kernel has refused, 0: none. */
struct broken {
	int request;
	pid_t tid;
	int errnum;
};

/* ---- target and tracer --------------------------------------------------- */

struct target {
	struct list node;
	struct tracer *tracer;
	pid_t pid;
	const struct arch *arch; /* NULL: attaching has failed */
	void *cookie;
	struct target_opts opts;
	struct list tasks;
	size_t ntasks;
	unsigned held; /* target_stop, counted */
	bool hold_at_exec, parked;
	bool detach_later, going;
	struct broken broken; /* see broken.c */
	int mem_fd;
	struct arch_mem mem;
	struct mapping map;
	unsigned map_users;
	struct list files;
	struct htab sites; /* by address */
	struct htab pages; /* page number -> number of sites, as a pointer */
	struct list points;
	struct counted *counted; /* oldest first */
	size_t ncounted;
	struct list scratches;	/* the one with the handler first */
	bool guarded;		/* handler installed, masks open */
	bool rescued;		/* see target.h */
	bool no_scratch;	/* in place only */
	uint64_t old_action[4]; /* SIGTRAP's, for the program: kernel's order */
	uint64_t opened;	/* signals; see action.c */
	bool trap_ignored;	/* by the program */
	bool trap_forwarded;	/* the program's own handler has been entered */
	uint64_t libs_addr; /* UINT64_MAX: it tells of no libraries */
	uint64_t libc;	    /* whose calls about signals are watched */
	struct arch_gadgets gadgets;
};

struct budget {
	unsigned percent; /* 0: none */
	timer_t timer;
	bool has_timer;
	volatile sig_atomic_t due;
	uint64_t epoch, start_ns, cpu_ns; /* of this window */
	uint64_t end_ns;		  /* of the rest */
	unsigned hits;
};

struct tracer {
	struct tracer_events events;
	void *ctx;
	pid_t pid, tid;
	struct list targets;
	struct list turns; /* tasks that hit, the longest unserved first */
	struct list idle_turns; /* those that did not when asked last */
	uint64_t round;
	struct list newborn; /* tasks without a target, by node */
	struct htab tasks;
	struct task *current; /* being served */
	struct site *current_site;
	bool no_task; /* the current task is gone */
	bool detach_asked; /* or something is broken */
	bool mending;
	bool crowded;	 /* others' children are in waitid's way */
	bool idle;	 /* no task had anything behind them */
	uint64_t serial; /* of points and hits, only grows */
	unsigned syscalls; /* users of target_watch_syscalls */
	volatile sig_atomic_t interrupted, waiting;
	sigjmp_buf jump;
	sigset_t mask;
	int signo;
	struct budget budget;
	/* Following the CPU: see cpu.c. */
	bool cpu_ready, cpu_follow;
	int cpu_now, cpu_seen;
	unsigned cpu_hits;
};

/* task.c: requests to a stopped task */
struct task *task_new(struct tracer *tr, struct target *t, pid_t tid);
void task_free(struct task *task); /* forgets; nothing is asked of it */
void task_join(struct task *task, struct target *t);
/* No target's any more: let go when it stops. */
void task_leave_later(struct task *task);
struct task *task_find(struct tracer *tr, pid_t tid);
void task_look(struct task *task, const siginfo_t *si);
int task_regs(struct task *task);
int task_flush(struct task *task);
int task_signal(struct task *task, siginfo_t *ret);
/* request: PTRACE_CONT, PTRACE_SINGLESTEP ... */
int task_go(struct task *task, int request, int sig);
int task_cont(struct task *task, int sig); /* or goes on stepping */
int task_run(struct task *task, int sig);  /* as it is, even when held */
void task_go_on(struct task *task);	   /* after an event */
/* Waits until it has stopped; STOP_GONE when it's dead. */
void task_wait(struct task *task);
bool task_poll(struct task *task);
void task_consume(struct task *task);
bool task_has_pending(struct task *task, int sig, bool *ret_any);
uint64_t task_pc(struct task *task);
void task_set_pc(struct task *task, uint64_t pc);
int task_get_mask(struct task *task, uint64_t *ret);
int task_set_mask(struct task *task, uint64_t mask);
char task_state(const struct task *task);

void task_mend_restart(struct task *task);
/* Will stop soon, unless it is gone; once for several who ask. */
void task_interrupt(struct task *task);
bool task_is_broken(const struct task *task); /* its target: see broken.c */

/* broken.c: requests that are refused though the task lives */

/* ptrace(2), for all but PTRACE_SEIZE: fails at once when its target is broken
 * already. Errno: ESRCH when the task is gone. */
long task_ask(struct task *task, int request, void *addr, void *data);
int target_why_broken(const struct target *t, struct err *err); /* ERR_IO */
/* Lets it go, as if we had been killed, and frees it. */
void target_break_off(struct target *t, bool tell);

/* stop.c: what to do with a stop; stop all */
void stop_serve(struct task *task);
void stop_exited(struct task *task, const siginfo_t *si);
void stop_reap(pid_t tid);
void stop_drain(struct target *t);
void stop_leave_handler(struct target *t);
void stop_settle(struct target *t);
void stop_take_out_of_slots(struct target *t);

/* life.c: clone, fork, exec */
void life_child(struct task *parent, int event);
void life_exec(struct task *task);
bool life_shares_memory(const struct task *parent, pid_t child, int event);
void life_newborn(struct tracer *tr, const siginfo_t *si);
void life_orphans(struct tracer *tr);
/* The task is no longer ours: restores its mask and detaches it. */
void life_let_go(struct task *task, int sig);

/* target.c */
struct target *target_new(struct tracer *tr, pid_t pid,
			  const struct target_opts *opts);
void target_free(struct target *t);
int target_open_mem(struct target *t, struct err *err);
/* The signal that a stopped task must get when it's let go; 0 where that was
 * a trap of ours. */
int task_signal_to_leave(struct task *task);
void target_restore(struct target *t, struct task *via);
/* It goes on untraced. */
void target_tell_left(struct target *t, const struct err *why);
/* A command that is held until it can be traced is not to run at all: its end
 * is told as any other's. */
void target_end_held(struct target *t, const struct err *why);
void target_forget_memory(struct target *t);
struct task *target_any_task(struct target *t);

/* why.c */
int why_not_attached(pid_t pid, pid_t tid, int errnum, struct err *err);
int proc_status_field(pid_t pid, pid_t tid, const char *name, int base,
		      uint64_t *ret);
uint64_t proc_start_time(pid_t pid);

/* memory.c */
void memory_init(struct target *t);
int memory_text_write(struct target *t, uint64_t addr, const void *buf,
		      size_t len);
int memory_raw_read(struct target *t, uint64_t addr, void *buf, size_t len);
int memory_put(struct target *t, uint64_t addr, const void *buf, size_t len);

/* rescue.c */
int rescue(struct target *t, struct err *err);

/* mapping.c */
int mapping_read(struct target *t, struct mapping *ret, struct err *err);
int mapping_begin(struct target *t, struct err *err); /* counted */
void mapping_end(struct target *t);
void mapping_release(struct mapping *m);
const struct vma *mapping_at(const struct mapping *m, uint64_t addr);
bool mapping_same_file(struct target *t, const struct vma *v, dev_t dev,
		       ino_t ino);
/* Reads the mapped file itself; 0 when all of len was read. */
int mapping_file_read(struct target *t, const struct vma *v, uint64_t offset,
		      void *buf, size_t len, struct err *err);
/* A file of huge pages: a page of it is copied whole, if there is one left. */
bool mapping_is_huge(struct target *t, const struct vma *v);
void mapping_forget_files(struct target *t);
bool mapping_is_scratch(const struct vma *v);
int mapping_find_gap(const struct mapping *m, uint64_t low, uint64_t high,
		     uint64_t size, uint64_t reach, uint64_t *ret);

/* inject.c */
enum { FRAME_MAX = 8192, INJECT_ROOM = 512 };

struct inject {
	struct target *target;
	struct task *task;
	struct regs saved, base; /* base: with these it returns by itself */
	uint64_t mask, stub, buf, frame;
	size_t stub_len;
	uint8_t text[ARCH_INSN_MAX], under[FRAME_MAX];
	bool in_text, on_stack, entered;
	enum stop_kind stop;
	int sig; /* that it was about to be given */
	siginfo_t info;
};
must_check int inject_begin(struct target *t, struct task *via,
			    struct inject *ret, struct err *err);
must_check int inject_call(struct inject *in, enum arch_sysno call,
			   const uint64_t args[6], int64_t *ret,
			   struct err *err);
void inject_end(struct inject *in);

/* frame.c */
bool frame_look(struct target *t, const struct mapping *m);
bool frame_holds(struct task *task);
bool frame_use(struct inject *in);
void frame_leave(struct inject *in);

/* action.c: a signal's action, with its fields in the kernel's order */

enum { ACTION_HANDLER, ACTION_FLAGS, ACTION_RESTORER, ACTION_MASK };

/* In the kernel's layout: at most 32 bytes. */
size_t action_size(const struct arch *arch);
void action_store_set(const struct arch *arch, uint64_t set, uint8_t *out);
uint64_t action_load_set(const struct arch *arch, const uint8_t *in);
void action_pack(const struct arch *arch, const uint64_t action[4],
		 uint8_t *out);
void action_unpack(const struct arch *arch, const uint8_t *in,
		   uint64_t action[4]);
must_check int action_get(struct inject *in, int sig, uint64_t action[4],
			  struct err *err);
must_check int action_set(struct inject *in, int sig, const uint64_t action[4],
			  struct err *err);
/* Handlers do not block SIGTRAP, while the target is probed. */
void action_open_all(struct target *t, struct inject *in);
void action_close_all(struct target *t, struct inject *in);
/* Sets one, but for that. */
must_check int action_set_open(struct inject *in, int sig, uint64_t action[4]);
bool action_is_open(const struct target *t, int sig); /* wants it blocked */

/* owner.c */

/* A shared mapping of a file whose last FALLBACK_OWNER bytes will say when this
 * thread ends; NULL, errno. The same thread unmaps it. */
void *owner_map(int fd, size_t size);
void owner_unmap(void *map, size_t size);

/* scratch-make.c: with all tasks stopped. ERR_LIMIT: no room within reach of v. */
int scratch_make(struct target *t, const struct vma *v, uint64_t reach,
		 struct scratch **ret, struct err *err);
bool scratch_may_fit(const struct target *t, const struct vma *v);

/* scratch.c */
void scratch_publish(uint64_t *p, uint64_t v);
void scratch_free(struct scratch *s);
int scratch_near(struct target *t, const struct vma *v, struct scratch **ret,
		 struct err *err);
int scratch_slot(struct target *t, struct scratch *s, struct site *site,
		 struct err *err);
struct site *scratch_site_at(struct target *t, uint64_t pc);
/* The fallback handler knows the site that an address has now. */
void scratch_site_enter(struct target *t, struct site *site);
void scratch_site_state(struct target *t, struct site *site);
void scratch_resuming(struct target *t, uint64_t pc, uint64_t sp);
void scratch_forbid_calls(struct target *t); /* the fallback handler's */
/* Has the program taken that memory away, so that running there raised this?
 * Then it is done without from now on, and the task is at its site again. */
bool scratch_is_lost(struct task *task, const siginfo_t *si);
void scratch_unmap(struct target *t, struct inject *in);
void scratch_free_all(struct target *t);

/* guard.c: SIGTRAP's action and masks */
int guard_install(struct target *t, struct inject *in, struct err *err);
void guard_remove(struct target *t, struct inject *in);
void guard_give_up(struct task *task);
/* Is SIGTRAP's action one that the program has set and that we don't know? Then
 * it is from now on. */
void guard_look(struct task *task);
void guard_task(struct task *task);
void guard_task_restore(struct task *task);
void guard_restore_masks(struct target *t);
void guard_forget(struct task *task);
void guard_newborn(struct task *task);
void guard_newborn_call(struct task *task);
void guard_check(struct task *task);
/* What the program believes, and wants: see sigcalls.c. The action is given as
 * the program wrote it. */
void guard_set_action(struct task *task, const uint8_t *raw);
int guard_get_mask(struct task *task, uint64_t *ret);
void guard_set_mask(struct task *task, uint64_t mask);
/* Is the signal to wait, as SIGTRAP is blocked for the program? */
bool guard_holds(struct task *task, const siginfo_t *si);
/* The signal that waits no longer, or 0; it is the task's then. */
int guard_release(struct task *task);

/* site.c */
int site_make(struct target *t, uint64_t addr, unsigned steps,
	      struct site **ret, struct err *err);
int site_plant(struct site *site, struct err *err);
/* One of ours, which no point asked for: made and planted. */
int site_plant_own(struct target *t, uint64_t addr, struct site **ret,
		   struct err *err);
void site_lift(struct site *site);
void site_unused(struct site *site); /* lifts it when nobody wants it */
struct site *site_get(const struct target *t, uint64_t addr);
void site_free(struct site *site);
void site_free_all(struct target *t);
void site_lift_all(struct target *t);
void site_in_place_all(struct target *t);
struct site *site_adopt(struct target *t, const struct plan *plan);
void site_restore_in(struct target *t, int mem_fd);
unsigned site_count_on_page(const struct target *t, uint64_t page);

/* point.c */
size_t point_plant(struct point *p, struct err *err);
void point_plant_all(struct target *t);
void point_forget_sites(struct target *t);
int point_clone_all(struct target *from, struct target *to);
void point_free_all(struct target *t);
void point_unlink(struct site *site);
/* The site cannot be kept: its points' owners are told why. */
void point_give_up(struct site *site, const struct err *why);
void point_lift_semas(struct point *p);

/* libs.c */
void libs_watch(struct target *t);
void libs_changed(struct target *t);

/* symbol.c */
enum symbol_table { SYMBOL_DYNAMIC, SYMBOL_ANY };

struct symbol {
	const char *name;
	uint64_t addr; /* 0: there is none */
};
/* The addresses of functions in what is mapped from v on. A name may be there
 * more than once, for a symbol of several versions. */
void symbols_find(struct target *t, const struct vma *v,
		  enum symbol_table table, struct symbol *wanted, size_t n);

/* sigcalls.c */
void sigcalls_watch(struct target *t);
void sigcalls_hit(struct task *task, struct site *site);

/* step.c */
void step_hit(struct task *task, struct site *site, bool count);
bool step_trap(struct task *task); /* a single step's end */
void step_over(struct task *task, struct site *site);
/* Out of the slot before a signal is delivered; its siginfo may be mended. */
void step_leave_slot(struct task *task, siginfo_t *si);

/* return.c */
void return_hit(struct task *task, struct site *site);
void return_abandon_all(struct task *task);
void return_drop(struct task *task); /* silently */

/* calls.c: system calls and samples */
void calls_stop(struct task *task);
void calls_execed(struct task *task);
void calls_interrupted(struct task *task);
void calls_sampled(struct task *task);

/* core.c */
void core_prepare(struct task *task, const siginfo_t *si);

/* budget.c */
void budget_hit(struct tracer *tr, struct site *site);
void budget_wake(struct tracer *tr);
void budget_wake_site(struct site *site);
void budget_free(struct tracer *tr);

/* rseq.c */

/* Where the task ran last, by its struct rseq; -1: it has none. */
int rseq_cpu(struct task *task);
/* Is the site in a sequence that its task is in? Then it is gone, and the
 * owners of its points have been told. */
bool rseq_refuses(struct task *task, struct site *site);
/* A stopped task that is about to be sent elsewhere leaves its sequence. */
void rseq_abort(struct task *task);

/* cpu.c */
void cpu_init(struct tracer *tr);
void cpu_follow(struct task *task);

#endif

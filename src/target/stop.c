/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a stop means, and how the task goes on from it.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SITE_TRAP = 0x80 /* SI_KERNEL: an int3, not a signal somebody sent */ };

static int signal_of(const struct task *task)
{
	return task->status & 0x7f;
}

static int event_of(const struct task *task)
{
	return task->status >> 8;
}

/* ---- breakpoints ---- */

bool stop_is_breakpoint(struct task *task)
{
	siginfo_t info;

	return task->status == SIGTRAP && !task->stepping &&
	       !task_request(task, PTRACE_GETSIGINFO, NULL, &info) &&
	       info.si_code == SITE_TRAP;
}

/* The same hit again: a signal took the task back to the instruction after
 * the hit had been reported. */
static bool is_repeated(struct task *task, struct site *s,
			const struct regs *regs)
{
	bool same = task->skip == s && task->skip_regs.size == regs->size &&
		    !memcmp(task->skip_regs.raw, regs->raw,
			    task->target->arch->pt_regs_size);

	task->skip = NULL;
	return same;
}

static void report(struct task *task, struct site *s, const struct regs *regs)
{
	struct target *t = task->target;
	const struct tracer_events *events = t->tracer->events;

	s->hits++;
	if (s->watches)
		watch_hit(task, s, regs);
	list_for_each_safe (node, &s->points) {
		struct mark *mark = container_of(node, struct mark, in_site);

		events->hit(t->tracer->ctx, task, mark->point->cookie, regs);
	}
}

static void libraries_changed(struct target *t)
{
	struct err err;

	if (mappings_read(t, &err))
		return;
	point_plant_waiting(t);
	if (t->tracer->events->mapped)
		t->tracer->events->mapped(t->tracer->ctx, t);
}

static void on_site(struct task *task, struct site *s, struct regs *regs)
{
	struct target *t = task->target;

	t->arch->set_pc(regs, s->addr);
	if (!s->planted) { /* lifted while this trap was on its way */
		if (!task_set_regs(task, regs))
			task_cont(task, 0);
		return;
	}
	if (!is_repeated(task, s, regs) && !task->guest) {
		report(task, s, regs);
		if (s->libs)
			libraries_changed(t);
	}
	step_past(task, s, regs);
	cpu_follow(t->tracer, task);
}

/* Somebody else's trap: the program's own int3, or a signal sent to it. */
static void on_trap(struct task *task)
{
	struct target *t = task->target;
	struct regs regs;
	siginfo_t info;
	struct site *s;

	if (task_request(task, PTRACE_GETSIGINFO, NULL, &info) ||
	    task_regs(task, &regs))
		return;
	if (task->stepping && (info.si_code == TRAP_TRACE ||
			       info.si_code == TRAP_BRKPT)) {
		step_done(task);
		return;
	}
	s = site_at(t, t->arch->pc(&regs) - t->arch->bp_advance);
	if (s && info.si_code == SITE_TRAP) {
		on_site(task, s, &regs);
		return;
	}
	if (task->stepping) {
		step_abort(task);
		return;
	}
	step_leave_slot(task, NULL);
	task_cont(task, SIGTRAP);
}

/* ---- signals ---- */

static bool is_fault(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE ||
	       sig == SIGILL;
}

/* No handler, unwinder or core may ever see a pc in scratch memory. */
static void on_signal(struct task *task)
{
	int sig = signal_of(task);
	siginfo_t info;

	if (task->stepping) {
		step_abort(task);
		return;
	}
	if (task_request(task, PTRACE_GETSIGINFO, NULL, &info))
		return;
	step_leave_slot(task, is_fault(sig) ? &info : NULL);
	task_cont(task, sig);
}

static bool is_stop_signal(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
	       sig == SIGTTOU;
}

/* A thread that was sleeping in a call which gives up when it is interrupted
 * would see an EINTR that nobody but us has caused. */
static void restart_call(struct task *task)
{
	struct regs regs;

	if (!task_regs(task, &regs) &&
	    task->target->arch->syscall_restart(&regs, true))
		if (task_set_regs(task, &regs))
			return;
}

/* Group stop: the task stays stopped, as it would untraced, until SIGCONT. */
static void on_event_stop(struct task *task)
{
	if (is_stop_signal(signal_of(task))) {
		task->stopped = false;
		task_request(task, PTRACE_LISTEN, NULL, NULL);
		return;
	}
	if (task->stepping) {
		task_step(task);
		return;
	}
	if (!task->initial && !task_has_signal(task))
		restart_call(task);
	task->initial = false;
	task_cont(task, 0);
}

/* ---- births ---- */

static pid_t status_field(pid_t tid, const char *field)
{
	char path[64], buf[4096], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	p = strstr(buf, field);
	return p ? (pid_t)strtol(p + strlen(field), NULL, 10) : 0;
}

static bool shares_memory(pid_t a, pid_t b)
{
	enum { KCMP_VM = 1 };

	return syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0) == 0;
}

/* Whose task a newly seen one is: a thread's process, a child's parent. */
struct target *target_of_pid(struct tracer *tr, pid_t tid)
{
	pid_t tgid = status_field(tid, "\nTgid:");
	pid_t parent = status_field(tid, "\nPPid:");
	struct target *by_parent = NULL;

	list_for_each (node, &tr->targets) {
		struct target *t = container_of(node, struct target, node);

		if (t->pid == tgid)
			return t;
		if (t->pid == parent || (!by_parent && t->ntasks &&
					 shares_memory(t->pid, tid)))
			by_parent = t;
	}
	/* CLONE_PARENT, or a parent that is gone: any target's child that it
	 * can be, when there is only one. */
	if (!by_parent && !list_empty(&tr->targets) &&
	    tr->targets.next == tr->targets.prev)
		by_parent = container_of(tr->targets.next, struct target, node);
	return by_parent;
}

static void let_child_go(struct target *parent, struct task *child)
{
	pid_t pid = child->tid;
	struct tracer *tr = parent->tracer;

	target_clean_child(parent, child);
	target_detach_task(child, 0);
	task_free(child);
	if (tr->events->forked)
		tr->events->forked(tr->ctx, parent, NULL, pid);
}

static void follow_child(struct target *parent, struct task *old)
{
	struct tracer *tr = parent->tracer;
	pid_t pid = old->tid;
	struct target *child;
	struct task *task;
	struct err err;

	target_clean_child(parent, old);
	task_free(old);
	child = target_new(tr, pid, &parent->opts);
	task = child ? task_new(child, pid) : NULL;
	if (!task) {
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		if (child)
			target_free(child);
		return;
	}
	task->stopped = true;
	child->arch = parent->arch;
	if (target_open_memory(child, &err) || mappings_read(child, &err)) {
		target_detach(child);
		return;
	}
	if (tr->events->forked)
		tr->events->forked(tr->ctx, parent, child, pid);
	child->stop_depth++;
	points_copy(parent, child);
	child->stop_depth--;
	task_unblock_trap(task);
	task_cont(task, 0);
}

/* The first stop of a task that a clone, fork or vfork of ours has made. */
static void on_birth(struct task *task)
{
	struct target *t = task->target;
	pid_t tgid = status_field(task->tid, "\nTgid:");

	task->initial = false;
	if (tgid == t->pid) {
		task_unblock_trap(task);
		task_cont(task, 0);
	} else if (shares_memory(task->tid, t->pid)) {
		task->guest = true; /* until it execs or ends */
		task_unblock_trap(task);
		task_cont(task, 0);
	} else if (t->opts.follow_forks) {
		follow_child(t, task);
	} else {
		let_child_go(t, task);
	}
}

/* ---- exec and exit ---- */

/* A guest that execs leaves the address space; what it has blocked and not,
 * it keeps. */
static void guest_execed(struct task *task)
{
	task_reblock_trap(task);
	target_detach_task(task, 0);
	task_free(task);
}

/* Whichever thread called it, the one that is left has the leader's id. */
static struct task *survivor(struct target *t, struct task *reported)
{
	list_for_each_safe (node, &t->tasks) {
		struct task *other = container_of(node, struct task, node);

		if (other != reported && !other->guest)
			task_free(other);
	}
	reported->stepping = NULL;
	reported->skip = NULL;
	reported->rseq = 0;
	watches_drop(reported);
	return reported;
}

static void on_exec(struct task *task)
{
	struct target *t = task->target;
	const struct arch *arch;
	struct regs regs;
	struct err err;

	if (task->guest) {
		guest_execed(task);
		return;
	}
	task = survivor(t, task);
	target_forget_memory(t);
	if (task_regs(task, &regs))
		return;
	arch = arch_by_regs(&regs);
	if (arch)
		t->arch = arch;
	if (target_open_memory(t, &err) || mappings_read(t, &err))
		return;
	/* The program's image is there, so what is in it can be planted while
	 * it stands before its first instruction. */
	t->stop_depth++;
	if (t->tracer->events->execed)
		t->tracer->events->execed(t->tracer->ctx, t);
	point_plant_waiting(t);
	t->stop_depth--;
	if (t->hold_at_exec) {
		t->hold_at_exec = false;
		t->holding = true;
		task->held = true;
		return;
	}
	task_cont(task, 0);
}

static void on_task_exit(struct task *task)
{
	struct target *t = task->target;
	struct tracer *tr = t->tracer;

	if (tr->events->exiting && !task->guest)
		tr->events->exiting(tr->ctx, task, t->ntasks == 1);
	task_cont(task, 0);
}

static void on_event(struct task *task)
{
	switch (event_of(task)) {
	case PTRACE_EVENT_STOP:
		on_event_stop(task);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(task);
		break;
	case PTRACE_EVENT_EXIT:
		on_task_exit(task);
		break;
	default: /* the parent's side of a birth; the child speaks for itself */
		task_cont(task, 0);
		break;
	}
}

void stop_dispatch(struct task *task)
{
	if (task->target->stop_depth || task->held)
		return; /* all stand still; it is looked at later */
	if (task->initial && event_of(task) == PTRACE_EVENT_STOP)
		on_birth(task);
	else if (event_of(task))
		on_event(task);
	else if (signal_of(task) == SIGTRAP)
		on_trap(task);
	else
		on_signal(task);
}

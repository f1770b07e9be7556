/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What to do with a stop; and stopping a whole target for a while.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <string.h>

/* ---- signals ------------------------------------------------------------ */

/* A breakpoint's trap leaves the pc behind it, where it advances. With an
 * instruction longer than the breakpoint nothing else brings the pc there, and
 * siginfo need not be asked for: one call less per hit. Where the pc stays, the
 * registers may say as much. */
static bool surely_hit(const struct site *site, const struct regs *regs)
{
	const struct arch *arch = site->target->arch;

	if (!site->planted)
		return false;
	return arch->at_trap ? arch->at_trap(regs)
			     : arch->bp_advance &&
				       site->plan.len > arch->bp_len;
}

static struct site *site_of_trap(struct task *task, siginfo_t *si, bool *asked)
{
	const struct arch *arch = task->target->arch;
	struct site *site;

	site = site_get(task->target, task_pc(task) - arch->bp_advance);
	if (!site)
		return NULL;
	if (surely_hit(site, &task->regs))
		return site;
	if (task_signal(task, si))
		return NULL;
	*asked = true;
	return si->si_signo == SIGTRAP && si->si_code == arch->bp_si_code
		       ? site
		       : NULL;
}

/* A trap that was on its way when its site was lifted: the instruction is
 * there again, so it runs. Unless the program has put a breakpoint of its own
 * there. */
static bool is_stale(struct site *site)
{
	const struct arch *arch = site->target->arch;
	uint8_t now[ARCH_BP_MAX];

	return memory_raw_read(site->target, site->addr, now, arch->bp_len) ||
	       memcmp(now, arch->bp, arch->bp_len) != 0;
}

/* Signals of the target: it gets them as if we were not there. */
static void deliver(struct task *task, siginfo_t *si, bool asked)
{
	if (!asked && task_signal(task, si)) {
		task_cont(task, task->sig);
		return;
	}
	task->check_guard = true;
	task->call_told = false;
	if (task->target && !task_regs(task)) {
		if (scratch_is_lost(task, si)) {
			task_cont(task, 0);
			return;
		}
		step_leave_slot(task, si);
	}
	if (guard_holds(task, si)) {
		task_cont(task, 0);
		return;
	}
	core_prepare(task, si);
	if (task->target && si->si_signo == SIGTRAP)
		task->target->trap_forwarded = true;
	task_cont(task, si->si_signo);
}

/* The trap behind a guarded slot's instruction: a task gets there that cannot
 * be stepped (a system call), or was sent into the slot by the handler while
 * there was no tracer. */
static bool at_guard(struct task *task, siginfo_t *si, bool *asked)
{
	const struct arch *arch = task->target->arch;
	struct site *site = scratch_site_at(task->target, task_pc(task));

	if (!site || !site->code.guarded || task_pc(task) == site->slot ||
	    (!*asked && task_signal(task, si)))
		return false;
	*asked = true;
	return si->si_signo == SIGTRAP && si->si_code == arch->bp_si_code;
}

static void serve_signal(struct task *task)
{
	bool asked = false;
	struct site *site;
	siginfo_t si;

	if (!task->target || !task->target->arch || task_regs(task)) {
		task_cont(task, task->sig);
		return;
	}
	if (task->sig != SIGTRAP) {
		deliver(task, &si, false);
		return;
	}
	if (task->stepping && step_trap(task))
		return;
	site = site_of_trap(task, &si, &asked);
	if (site && site->planted) {
		step_hit(task, site, true);
		return;
	}
	if (site && is_stale(site)) {
		task_set_pc(task, site->addr);
		task_cont(task, 0);
		return;
	}
	if (at_guard(task, &si, &asked)) {
		step_leave_slot(task, NULL);
		task_cont(task, 0);
		return;
	}
	deliver(task, &si, asked);
}

/* ---- all kinds ---------------------------------------------------------- */

static void serve_exit_event(struct task *task)
{
	struct tracer *tr = task->tracer;
	struct target *t = task->target;
	bool last = true;

	if (t && !task->other_mm_user) {
		list_for_each (node, &t->tasks) {
			struct task *other =
				container_of(node, struct task, node);

			last &= other == task || other->leaving ||
				other->stop == STOP_GONE ||
				other->other_mm_user;
		}
		task->leaving = true;
		task_regs(task);
		if (tr->events.exiting)
			tr->events.exiting(tr->ctx, task, last);
	}
	if (tr->current == task)
		task_cont(task, 0);
}

static void serve_event(struct task *task)
{
	switch (task->event) {
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		life_child(task, task->event);
		break;
	case PTRACE_EVENT_VFORK_DONE:
		task->in_vfork = false;
		task_cont(task, 0);
		break;
	case PTRACE_EVENT_EXEC:
		life_exec(task);
		break;
	case EVENT_SYSCALL:
		guard_newborn_call(task);
		calls_stop(task);
		task_cont(task, 0);
		break;
	case PTRACE_EVENT_EXIT:
		serve_exit_event(task);
		break;
	default:
		task_cont(task, 0);
	}
}

/* Serves a stop that task_look has taken note of; the task goes on. */
void stop_serve(struct task *task)
{
	struct tracer *tr = task->tracer;
	struct task *outer = tr->current;

	if (task->detach_on_stop) {
		life_let_go(task, 0);
		return;
	}
	if (task_is_broken(task))
		return;
	tr->current = task;
	tr->no_task = false;
	switch (task->stop) {
	case STOP_SIGNAL:
		serve_signal(task);
		break;
	case STOP_TRAP:
	case STOP_GROUP:
		if (task->unguarded && task->target)
			(task->newborn ? guard_newborn : guard_task)(task);
		calls_sampled(task);
		if (task->target)
			task_go_on(task);
		else
			task_consume(task);
		break;
	case STOP_EVENT:
		serve_event(task);
		break;
	default:
		break;
	}
	tr->current = outer;
}

/* ---- the end ------------------------------------------------------------ */

static int wait_status(const siginfo_t *si)
{
	if (si->si_code == CLD_EXITED)
		return (si->si_status & 0xff) << 8;
	return (si->si_status & 0x7f) | (si->si_code == CLD_DUMPED ? 0x80 : 0);
}

void stop_reap(pid_t tid)
{
	siginfo_t si;
	int rc;

	do
		rc = waitid(P_PID, (id_t)tid, &si, WEXITED | WNOHANG | __WALL);
	while (rc && errno == EINTR);
}

static void target_over(struct target *t, int status)
{
	struct tracer *tr = t->tracer;

	t->going = true;
	while (!list_empty(&t->tasks))
		task_free(container_of(t->tasks.next, struct task, node));
	if (tr->events.exited)
		tr->events.exited(tr->ctx, t, status);
	target_free(t);
}

void stop_exited(struct task *task, const siginfo_t *si)
{
	struct target *t = task->target;
	bool is_leader = t && task->tid == t->pid;
	int status = wait_status(si);

	stop_reap(task->tid);
	task->stop = STOP_GONE;
	task_free(task);
	if (t && is_leader)
		target_over(t, status);
}

/* ---- stopping all ------------------------------------------------------- */

static void interrupt_all(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_NONE)
			task_interrupt(task);
	}
}

/* Outside of callbacks hits and events that come instead are served at once,
 * so that in the end all are in a stop of ours. */
static bool may_serve(const struct task *task)
{
	return !task->tracer->current &&
	       (task->stop == STOP_SIGNAL || task->stop == STOP_EVENT);
}

static struct task *next_running(struct target *t, uint64_t round)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_NONE && task->waited != round)
			return task;
	}
	return NULL;
}

/* Tasks come and go while we wait. */
static void wait_all(struct target *t)
{
	uint64_t round = ++t->tracer->serial;
	struct task *task;

	while ((task = next_running(t, round))) {
		task_wait(task);
		if (may_serve(task)) {
			stop_serve(task);
			interrupt_all(t);
			continue;
		}
		task->waited = round;
	}
}

static bool in_exec(const struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_EVENT &&
		    task->event == PTRACE_EVENT_EXEC &&
		    task != t->tracer->current)
			return true;
	}
	return false;
}

int target_stop(struct target *t, struct err *err)
{
	if (t->held++)
		return 0;
	interrupt_all(t);
	wait_all(t);
	if (t->broken.request) {
		target_resume(t);
		return target_why_broken(t, err);
	}
	if (!target_any_task(t) || in_exec(t)) {
		target_resume(t);
		return err_set(err, ERR_GONE,
			       "process %d is gone, or has just "
			       "become another program",
			       (int)t->pid);
	}
	return 0;
}

static void resume_task(struct task *task)
{
	switch (task->stop) {
	case STOP_TRAP:
	case STOP_GROUP:
		task_go_on(task);
		break;
	case STOP_SIGNAL:
	case STOP_EVENT:
		/* not served yet: waitid will report it again */
		task_flush(task);
		task->stop = STOP_NONE;
		break;
	default:
		break;
	}
}

void target_resume(struct target *t)
{
	if (!t->held || --t->held || t->broken.request)
		return;
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task != t->tracer->current && !(t->parked && task->parked))
			resume_task(task);
	}
}

/* A task may have executed a breakpoint, and been stopped by us before the
 * trap was reported: then its SIGTRAP waits in its queue. Lets such tasks go
 * on as far as that report. */
static void drain_task(struct task *task)
{
	enum { TRIES = 64 };
	bool is_group = false;

	for (int i = 0;
	     i < TRIES && (task->stop == STOP_TRAP || task->stop == STOP_GROUP);
	     i++) {
		if (!task_has_pending(task, SIGTRAP, NULL))
			return;
		/* Nothing of the program runs: the signal comes first. */
		is_group |= task->stop == STOP_GROUP;
		task_mend_restart(task);
		task_run(task, 0);
		task_wait(task);
	}
	/* It has left the group's stop, and must come back to it. */
	if (is_group && task->stop == STOP_SIGNAL)
		task_interrupt(task);
}

void stop_drain(struct target *t)
{
	list_for_each (node, &t->tasks)
		drain_task(container_of(node, struct task, node));
}

static bool in_handler(struct task *task)
{
	list_for_each (node, &task->target->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if (task_pc(task) >= s->base + FALLBACK_CODE &&
		    task_pc(task) < s->base + FALLBACK_SITES)
			return true;
	}
	return false;
}

/* Back from the trap of our last step to a stop without a signal. */
static void end_steps(struct task *task)
{
	task_interrupt(task);
	task_run(task, 0);
	task_wait(task);
}

/* Not stepped: where that return blocks SIGTRAP, a step's trap would open it
 * again. */
static void leave_frame(struct task *task)
{
	enum { STOPS_MAX = 16 };
	bool moved = false;

	for (int i = 0; i < STOPS_MAX; i++) {
		bool ours = task->stop == STOP_TRAP ||
			    (task->stop == STOP_EVENT &&
			     task->event == EVENT_SYSCALL);

		if (!ours || task_regs(task) || !frame_holds(task))
			break;
		task_go(task, PTRACE_SYSCALL, 0);
		task_wait(task);
		moved = true;
	}
	if (moved && task->stop == STOP_EVENT && task->event == EVENT_SYSCALL)
		end_steps(task);
}

static void step_out_of_handler(struct task *task)
{
	enum { STEPS_MAX = 1 << 20 };
	bool stepped = false;

	for (int i = 0; i < STEPS_MAX; i++) {
		bool ours = task->stop == STOP_TRAP ||
			    (stepped && task->stop == STOP_SIGNAL &&
			     task->sig == SIGTRAP);

		if (!ours || task_regs(task) || !in_handler(task))
			break;
		task_go(task, PTRACE_SINGLESTEP, 0);
		task_wait(task);
		stepped = true;
	}
	if (stepped && task->stop == STOP_SIGNAL && task->sig == SIGTRAP)
		end_steps(task);
}

/* The fallback handler calls nothing that waits, nor does a task on its way
 * back from an injected call: they are stepped to the end. One that takes
 * breakpoints away must not go on with that when others are planted.
 * Not where the handler passes traps to the program's own, after which it is
 * needed again: there it stays, and the program would be told of a step that
 * outlives us. */
void stop_leave_handler(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		leave_frame(task);
		if (!t->trap_forwarded)
			step_out_of_handler(task);
	}
}

/* Signals that are reported now would be lost, or traps of ours kill, should
 * we die later: all are served, and the tasks stop again at once. */
void stop_settle(struct target *t)
{
	list_for_each_safe (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop != STOP_SIGNAL)
			continue;
		stop_serve(task);
		task_wait(task);
	}
}

void stop_take_out_of_slots(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_NONE || task->stop == STOP_GONE ||
		    task_regs(task))
			continue;
		step_leave_slot(task, NULL);
		task_flush(task); /* the slots may be gone before us */
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls, as PTRACE_SYSCALL reports them, and samples of what is running.
 *
 * Our own stops make calls return and begin again, which the program does not
 * notice and nobody is told of: a return with one of the kernel's restart
 * codes while we interrupt, and the entry that follows.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>

/* What the kernel's own code returns with to make a call again. */
enum { ERESTART_FIRST = 512, ERESTART_LAST = 516 };
enum { RESTART_SYSCALL = 219 };

static bool will_be_made_again(int64_t result)
{
	return (result <= -ERESTART_FIRST && result >= -ERESTART_LAST) ||
	       result == -EINTR;
}

void target_watch_syscalls(struct target *t, bool on)
{
	t->tracer->syscalls += on ? 1 : -1u;
}

/* Without a signal nothing else makes a call give up. */
static bool is_our_doing(struct task *task, int64_t result)
{
	bool any;

	if (!will_be_made_again(result))
		return false;
	task_has_pending(task, 0, &any);
	return !any;
}

/* At a stop at a system call. */
void calls_stop(struct task *task)
{
	struct tracer *tr = task->tracer;
	struct __ptrace_syscall_info info = {0};
	bool enter;

	if (!task->target || !task->tracer->syscalls || !tr->events.syscall ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, sizeof(info), &info) <=
		    0 ||
	    task_regs(task))
		return;
	enter = info.op == PTRACE_SYSCALL_INFO_ENTRY;
	if (!enter && info.op != PTRACE_SYSCALL_INFO_EXIT)
		return;
	if (enter) {
		/* restart_syscall is the call that it goes on with */
		if (!task->call_told || info.entry.nr != RESTART_SYSCALL)
			task->call_nr = (int64_t)info.entry.nr;
		if (task->call_told) {
			task->call_told = false;
			return;
		}
	} else if (is_our_doing(task, info.exit.rval)) {
		task_mend_restart(task);
		task->call_told = true;
		return;
	}
	tr->events.syscall(tr->ctx, task, enter, task->call_nr, &task->regs);
}

static int64_t number(const struct task *task)
{
	const struct arch *arch = task->target->arch;
	const struct arch_reg *r = arch_reg(arch, "orig_rax");

	return r ? (int64_t)arch_reg_get(arch, &task->regs, r) : -1;
}

static bool in_interrupted_call(const struct task *task)
{
	const struct arch *arch = task->target->arch;

	return arch->in_syscall(&task->regs) &&
	       will_be_made_again(arch->syscall_result(&task->regs));
}

/* At a stop of ours, before the task goes on: is it in a call that will be
 * made again? */
void calls_interrupted(struct task *task)
{
	if (!task->target || !task->tracer->syscalls || task_regs(task))
		return;
	if (task->call_told || !in_interrupted_call(task))
		return;
	task->call_told = true;
	task->call_nr = number(task);
}

/* The end of an execve that succeeds is not reported. */
void calls_execed(struct task *task)
{
	struct tracer *tr = task->tracer;

	if (!task->target || !tr->syscalls || !tr->events.syscall ||
	    task_regs(task))
		return;
	task->call_told = false;
	tr->events.syscall(tr->ctx, task, false, number(task), &task->regs);
}

/* ---- samples ------------------------------------------------------------ */

static void sample_target(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop != STOP_NONE || task_state(task) != 'R')
			continue;
		task->sample = true;
		if (!task->interrupting)
			task->interrupting =
				!ptrace(PTRACE_INTERRUPT, task->tid, 0L, 0L);
	}
}

void tracer_sample(struct tracer *tr)
{
	list_for_each (node, &tr->targets)
		sample_target(container_of(node, struct target, node));
}

/* What runs in a slot is told to be where it belongs. */
void calls_sampled(struct task *task)
{
	struct tracer *tr = task->tracer;
	struct target *t = task->target;
	struct site *site;
	struct regs regs;

	if (!task->sample)
		return;
	task->sample = false;
	if (!t || !tr->events.sampled || task_regs(task))
		return;
	if (in_interrupted_call(task))
		return; /* it slept, and runs because of us */
	regs = task->regs;
	site = scratch_site_at(t, task_pc(task));
	if (site && t->arch->slot_leave(&site->plan, &site->code, site->slot,
					&regs, &t->mem))
		return;
	tr->events.sampled(tr->ctx, task, &regs);
}

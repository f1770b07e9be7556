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
#include <string.h>

/* What the kernel's own code returns with to make a call again. */
enum { ERESTART_FIRST = 512, ERESTART_LAST = 516 };

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

/* Programs see an error as a negative number, whatever the ABI has (the `sc`
 * of PowerPC: a positive one, and a flag). */
static void report(struct task *task, bool enter, int64_t nr, int64_t result)
{
	struct tracer *tr = task->tracer;
	const struct arch *arch = task->target->arch;
	const struct arch_reg *r =
		arch_reg_dwarf(arch, arch->syscall_ret_dwarf);
	struct regs regs = task->regs;

	if (!enter && r)
		arch_reg_set(arch, &regs, r, (uint64_t)result);
	tr->events.syscall(tr->ctx, task, enter, nr, &regs);
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
		const int64_t *sysno = task->target->arch->sysno;

		if (!task->call_told ||
		    (int64_t)info.entry.nr != sysno[ARCH_SYS_RESTART])
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
	report(task, enter, task->call_nr, enter ? 0 : info.exit.rval);
}

static int64_t number(const struct task *task)
{
	const struct arch *arch = task->target->arch;
	const struct arch_reg *r = arch_reg(arch, arch->syscall_nr_reg);

	return r ? (int64_t)arch_reg_get(arch, &task->regs, r) : -1;
}

/* The registers are the new program's, which on some machines have no number
 * any more. */
static int64_t exec_number(const struct task *task)
{
	int64_t nr = number(task);
	const char *name = task->target->arch->syscall_name(nr);

	return name && !strncmp(name, "execve", 6) ? nr : task->call_nr;
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
	report(task, false, exec_number(task), 0);
}

/* ---- samples ------------------------------------------------------------ */

static void sample_target(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop != STOP_NONE || task_state(task) != 'R')
			continue;
		task->sample = true;
		task_interrupt(task);
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

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Getting past a breakpoint. The order is always: memory, then all registers
 * in one call, then go on; the slot does the same by itself, so that dying
 * between any two of these is harmless.
 */
#define _GNU_SOURCE
#include "target-int.h"
#include "log.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool emulate(struct task *task, struct site *s, struct regs *regs)
{
	struct target *t = task->target;

	if (t->arch->emulate(&s->plan, regs, target_mem(t)))
		return false;
	if (!task_set_regs(task, regs))
		task_cont(task, 0);
	return true;
}

static void boost(struct task *task, struct site *s, struct regs *regs)
{
	task->target->arch->set_pc(regs, s->slot);
	if (!task_set_regs(task, regs))
		task_cont(task, 0);
}

static void xol(struct task *task, struct site *s, struct regs *regs)
{
	struct target *t = task->target;

	t->arch->set_pc(regs, s->slot);
	if (t->arch->before_step(&s->plan, s->slot, regs, target_mem(t))) {
		boost(task, s, regs);
		return;
	}
	task->stepping = s;
	if (!task_set_regs(task, regs))
		task_step(task);
}

/* What emulation does not do (a fault, an odd segment) the slot does: every
 * site has one that goes on by itself. */
void step_past(struct task *task, struct site *s, struct regs *regs)
{
	switch (s->strategy) {
	case STRATEGY_EMULATE:
		if (!emulate(task, s, regs))
			boost(task, s, regs);
		break;
	case STRATEGY_XOL:
		xol(task, s, regs);
		break;
	default:
		boost(task, s, regs);
		break;
	}
}

/* ---- single steps ---- */

static void deliver_held(struct task *task)
{
	int sig = task->held_signal;

	task->held_signal = 0;
	if (sig)
		task_request(task, PTRACE_SETSIGINFO, NULL, &task->held_info);
	task_cont(task, sig);
}

void step_done(struct task *task)
{
	struct target *t = task->target;
	struct site *s = task->stepping;
	enum step_result result = STEP_DONE;
	struct regs regs;

	if (task_regs(task, &regs))
		return;
	if (t->arch->after_step(&s->plan, s->slot, &regs, target_mem(t),
				&result)) {
		log_warn("a step at 0x%llx could not be completed",
			 (unsigned long long)s->addr);
		result = STEP_DONE;
	}
	if (task_set_regs(task, &regs))
		return;
	if (result == STEP_NOT_YET) {
		task_step(task);
		return;
	}
	task->stepping = NULL;
	deliver_held(task);
}

/* ---- out of the scratch memory ---- */

/* A fault of the instruction itself names the slot: it is to name the
 * original. */
static void mend_siginfo(const struct site *s, uint64_t pc, siginfo_t *info)
{
	uint64_t addr = (uint64_t)(uintptr_t)info->si_addr;

	if (info->si_code <= 0 || addr != pc)
		return;
	if (info->si_signo == SIGFPE || info->si_signo == SIGILL ||
	    info->si_signo == SIGTRAP)
		info->si_addr = (void *)(uintptr_t)s->addr;
}

/* A state in the middle of a slot's sequence that the original program never
 * has: one more step ends it. Bounded: a slot has a few instructions. */
static int step_on(struct task *task, struct site *s, struct regs *regs)
{
	struct target *t = task->target;
	int rc = ERR_AGAIN;

	for (int i = 0; rc == ERR_AGAIN && i < 8; i++) {
		task_step(task);
		if (!task_wait(task) || task_regs(task, regs))
			return ERR_GONE;
		if (!scratch_contains(t, t->arch->pc(regs)))
			return 0;
		rc = t->arch->slot_leave(&s->plan, &s->code, s->slot, regs,
					 target_mem(t));
	}
	return rc;
}

void step_leave_slot(struct task *task, siginfo_t *info)
{
	struct target *t = task->target;
	struct regs regs;
	struct site *s;
	uint64_t pc;
	int rc;

	if (list_empty(&t->areas) || task_regs(task, &regs))
		return;
	pc = t->arch->pc(&regs);
	s = site_of_slot(t, pc);
	if (!s)
		return;
	rc = t->arch->slot_leave(&s->plan, &s->code, s->slot, &regs,
				 target_mem(t));
	if (rc == ERR_AGAIN)
		rc = step_on(task, s, &regs);
	if (rc || task_set_regs(task, &regs))
		return;
	task->stepping = NULL;
	/* Back at the instruction: it was reported, and will trap again. */
	if (t->arch->pc(&regs) == s->addr && s->planted) {
		task->skip = s;
		task->skip_regs = regs;
	}
	if (info) {
		mend_siginfo(s, pc, info);
		task_request(task, PTRACE_SETSIGINFO, NULL, info);
	}
}

/* A signal has come while the task single-steps. One that the instruction
 * itself raised is delivered with the pc at the original; any other waits until
 * the step is done. */
void step_abort(struct task *task)
{
	siginfo_t info;

	if (task_request(task, PTRACE_GETSIGINFO, NULL, &info))
		return;
	if (info.si_code > 0 &&
	    (info.si_signo == SIGSEGV || info.si_signo == SIGBUS ||
	     info.si_signo == SIGFPE || info.si_signo == SIGILL)) {
		step_leave_slot(task, &info);
		task->stepping = NULL;
		task_cont(task, info.si_signo);
		return;
	}
	if (task->held_signal) {
		/* Two at once: this one goes back to the queue. */
		syscall(SYS_rt_tgsigqueueinfo, task->target->pid, task->tid,
			info.si_signo, &info);
	} else {
		task->held_signal = info.si_signo;
		task->held_info = info;
	}
	task_step(task);
}

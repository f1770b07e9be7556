/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A core file shows the program's own text: a signal that is about to end the
 * target with one finds all breakpoints lifted, no task in a slot, and SIGTRAP's
 * action that of the program. The scratch memory is in the file.
 */
#include "target-int.h"

#include <string.h>

static bool dumps_core(int sig)
{
	switch (sig) {
	case SIGQUIT:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGSYS:
		return true;
	default:
		return false;
	}
}

/* Sent by somebody, or a breakpoint of the program's own. All others are traces
 * of ours, or of a tracer before us that was killed; the fallback handler knows
 * what to do with them. */
static bool is_own_trap(struct task *task, const siginfo_t *si)
{
	const struct arch *arch = task->target->arch;
	uint64_t addr = task_pc(task) - arch->bp_advance;
	uint8_t now[ARCH_BP_MAX];

	if (si->si_code <= 0)
		return true;
	return si->si_code == arch->bp_si_code &&
	       !site_get(task->target, addr) &&
	       !memory_raw_read(task->target, addr, now, arch->bp_len) &&
	       !memcmp(now, arch->bp, arch->bp_len);
}

/* A fault ends a program that ignores or blocks its signal, too. */
static bool is_fatal(struct task *task, const siginfo_t *si)
{
	struct target *t = task->target;
	uint64_t bit = UINT64_C(1) << (si->si_signo - 1);
	uint64_t caught, ignored, blocked;

	if (proc_status_field(t->pid, task->tid, "SigCgt", 16, &caught) ||
	    proc_status_field(t->pid, task->tid, "SigIgn", 16, &ignored) ||
	    task_get_mask(task, &blocked))
		return false;
	if (si->si_signo == SIGTRAP && !is_own_trap(task, si))
		return false;
	if (si->si_signo == SIGTRAP && t->old_action[0] <= 1)
		guard_look(task);
	if (si->si_signo == SIGTRAP && t->guarded) {
		caught = t->old_action[0] > 1 ? bit : 0;
		ignored = t->old_action[0] == 1 ? bit : 0;
	}
	if (si->si_code > 0 && (ignored | blocked) & bit)
		return true;
	return !((caught | ignored) & bit);
}

void core_prepare(struct task *task, const siginfo_t *si)
{
	struct target *t = task->target;
	struct err err;

	/* A vfork child's end is not its parent's. */
	if (!t || !dumps_core(si->si_signo) || task->other_mm_user ||
	    !is_fatal(task, si) || target_stop(t, &err))
		return;
	stop_take_out_of_slots(t);
	site_lift_all(t);
	if (si->si_signo == SIGTRAP)
		guard_give_up(task);
	target_resume(t);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls made by a task on our behalf. It is stopped at the call's entry
 * and exit (PTRACE_SYSCALL), so no breakpoint is executed and no signal action
 * can be lost; all signals are blocked meanwhile. Afterwards the task is made
 * to trap once more: only from such a stop does the kernel restart the call
 * that the task itself was sleeping in.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <string.h>

enum { SYSCALL_STOP = SIGTRAP | 0x80 };

/* Runs to the next stop of system call tracing. */
static int to_syscall_stop(struct task *task)
{
	for (;;) {
		task->stopped = false;
		if (task_request(task, PTRACE_SYSCALL, NULL, NULL) ||
		    !task_wait(task))
			return ERR_GONE;
		if (task->status == SYSCALL_STOP)
			return 0;
		/* A group stop or an interruption of ours: go on. Signals are
		 * blocked, except for faults, which the stub has none of. */
		if (task->status >> 8 != PTRACE_EVENT_STOP)
			return ERR_REFUSED;
	}
}

static int trap_again(struct task *task)
{
	if (task_request(task, PTRACE_INTERRUPT, NULL, NULL))
		return ERR_GONE;
	task_cont(task, 0);
	return task_wait(task) ? 0 : ERR_GONE;
}

/* Where a system call instruction is: in scratch memory, or (the first time)
 * put at the program's entry point, which ran once and never will again. */
static int make_call(struct task *task, const struct regs *saved, uint64_t stub,
		     const struct arch_syscall *call, int64_t *ret)
{
	const struct arch *arch = task->target->arch;
	struct regs regs = *saved;
	int rc;

	arch->syscall_setup(&regs, stub, call);
	rc = task_set_regs(task, &regs);
	if (!rc)
		rc = to_syscall_stop(task);
	if (!rc)
		rc = to_syscall_stop(task);
	if (!rc)
		rc = task_regs(task, &regs);
	if (!rc)
		*ret = arch->syscall_result(&regs);
	return rc;
}

static int with_registers_saved(struct task *task, uint64_t stub,
				const struct arch_syscall *call, int64_t *ret)
{
	const struct arch *arch = task->target->arch;
	struct regs saved;
	int rc = task_regs(task, &saved), rc2;

	if (rc)
		return rc;
	rc = make_call(task, &saved, stub, call, ret);
	if (rc == ERR_GONE)
		return rc;
	/* What the call interrupted is made again by rewinding to it, or (with
	 * the registers untouched) by the kernel, from the next stop. */
	arch->syscall_restart(&saved, !task_has_signal(task));
	rc2 = task_set_regs(task, &saved);
	if (!rc2)
		rc2 = trap_again(task);
	if (!rc2)
		rc2 = task_set_regs(task, &saved);
	return rc ? rc : rc2;
}

static int with_signals_blocked(struct task *task, uint64_t stub,
				const struct arch_syscall *call, int64_t *ret)
{
	uint64_t mask, all = ~(UINT64_C(1) << (SIGTRAP - 1));
	int rc = task_request(task, PTRACE_GETSIGMASK, (void *)sizeof(mask),
			      &mask);

	if (!rc)
		rc = task_request(task, PTRACE_SETSIGMASK, (void *)sizeof(all),
				  &all);
	if (rc)
		return rc;
	rc = with_registers_saved(task, stub, call, ret);
	if (rc != ERR_GONE)
		task_request(task, PTRACE_SETSIGMASK, (void *)sizeof(mask),
			     &mask);
	return rc;
}

static uint64_t entry_point(struct target *t);

int inject(struct task *task, const struct arch_syscall *call, int64_t *ret,
	   struct err *err)
{
	struct target *t = task->target;
	uint8_t code[ARCH_INSN_MAX], saved[ARCH_INSN_MAX];
	size_t len = t->arch->syscall_bytes(code);
	uint64_t stub;
	int rc;

	/* Other events are reported from inside a system call (exec, fork). */
	if (task->status >> 8 && task->status >> 8 != PTRACE_EVENT_STOP &&
	    trap_again(task))
		return err_set(err, ERR_GONE, "process %d has gone",
			       (int)t->pid);
	if (!list_empty(&t->areas)) {
		struct area *a = container_of(t->areas.next, struct area, node);

		stub = a->base + FALLBACK_CODE +
		       t->arch->fallback->syscall_stub;
		rc = with_signals_blocked(task, stub, call, ret);
	} else {
		stub = entry_point(t);
		if (!stub || target_read(t, stub, saved, len) != (ssize_t)len ||
		    target_write(t, stub, code, len) != (ssize_t)len)
			return err_set(err, ERR_REFUSED, "process %d has no "
				       "entry point where a system call could "
				       "be placed", (int)t->pid);
		rc = with_signals_blocked(task, stub, call, ret);
		target_write(t, stub, saved, len);
	}
	if (rc == ERR_GONE)
		return err_set(err, rc, "process %d has gone", (int)t->pid);
	if (rc)
		return err_set(err, rc, "process %d does not allow a system "
			       "call to be made in it (seccomp?)",
			       (int)t->pid);
	return 0;
}

/* ---- the entry point, from the auxiliary vector ---- */

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t entry_point(struct target *t)
{
	uint8_t auxv[4096];
	char path[32];
	unsigned w = t->arch->word_size;
	uint64_t entry = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, auxv, sizeof(auxv));
	close(fd);
	for (ssize_t i = 0; i + 2 * (ssize_t)w <= n; i += 2 * (ssize_t)w) {
		uint64_t key = 0, value = 0;

		memcpy(&key, auxv + i, w);
		memcpy(&value, auxv + i + w, w);
		if (key == AT_ENTRY)
			entry = value;
	}
	return entry;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remote system calls: made by a stopped task on our behalf, in batches
 * between inject_begin and inject_end, after which its registers (also those
 * that make an interrupted call start again), signal mask, text and stack are
 * what they were, and it is in the same kind of stop.
 *
 * "System call; breakpoint" is in the scratch memory; as long as there is
 * none, it is written for a moment over the program's entry point, with all
 * tasks stopped.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* AT_ENTRY, from the auxiliary vector. */
static uint64_t entry_point(const struct target *t)
{
	uint8_t aux[4096];
	char path[64];
	size_t w = t->arch->word_size;
	uint64_t entry = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, aux, sizeof(aux));
	close(fd);
	for (size_t i = 0; n > 0 && i + 2 * w <= (size_t)n; i += 2 * w) {
		uint64_t type = 0, value = 0;

		/* the host's own byte order: we trace on this host */
		memcpy(&type, aux + i, w);
		memcpy(&value, aux + i + w, w);
		if (type == AT_ENTRY)
			entry = value;
	}
	return entry;
}

static int use_text(struct inject *in, struct err *err)
{
	struct target *t = in->target;
	uint8_t code[ARCH_INSN_MAX];
	int rc;

	in->stub_len = t->arch->syscall_bytes(code);
	in->stub = entry_point(t);
	if (!in->stub)
		return err_set(err, ERR_REFUSED,
			       "process %d: its entry point "
			       "is not known",
			       (int)t->pid);
	rc = memory_raw_read(t, in->stub, in->text, in->stub_len);
	if (!rc)
		rc = memory_text_write(t, in->stub, code, in->stub_len);
	if (rc)
		return err_set(err, ERR_REFUSED,
			       "process %d: its text at 0x%" PRIx64
			       " cannot be written",
			       (int)t->pid, in->stub);
	in->in_text = true;
	return 0;
}

static void use_blob(struct inject *in, const struct scratch *s)
{
	uint8_t code[ARCH_INSN_MAX];

	in->stub_len = in->target->arch->syscall_bytes(code);
	in->stub = s->base + FALLBACK_CODE +
		   in->target->arch->fallback->syscall_stub;
}

/* Room for arguments below the stack pointer, beyond what a leaf function may
 * be using there; saved and put back, since the program may have its stack in
 * a strange place. */
static int save_stack(struct inject *in, struct err *err)
{
	const struct arch *arch = in->target->arch;
	uint64_t sp = arch->sp(&in->saved);

	in->buf = (sp - arch->red_zone - sizeof(in->stack)) & ~UINT64_C(15);
	if (memory_raw_read(in->target, in->buf, in->stack,
			    sizeof(in->stack))) {
		in->buf = (sp + 15) & ~UINT64_C(15);
		if (memory_raw_read(in->target, in->buf, in->stack,
				    sizeof(in->stack)))
			return err_set(err, ERR_REFUSED,
				       "task %d has no "
				       "stack",
				       (int)in->task->tid);
	}
	in->stack_saved = true;
	return 0;
}

/* A task that stands inside a system call goes to the call's end first. */
static void leave_event(struct task *task)
{
	if (task->stop != STOP_EVENT || task->event == PTRACE_EVENT_EXIT)
		return;
	ptrace(PTRACE_INTERRUPT, task->tid, 0L, 0L);
	task_run(task, 0);
	task_wait(task);
}

static bool is_fit(const struct task *task)
{
	return task->stop == STOP_TRAP || task->stop == STOP_GROUP;
}

static struct task *choose(struct target *t)
{
	struct task *current = t->tracer->current;

	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (is_fit(task) && !task->other_mm_user)
			return task;
	}
	if (current && current->target == t)
		return current;
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_SIGNAL && !task->other_mm_user)
			return task;
	}
	return NULL;
}

int inject_begin(struct target *t, struct task *via, bool in_text,
		 struct inject *ret, struct err *err)
{
	struct inject *in = ret;
	int rc = 0;

	memset(in, 0, sizeof(*in));
	in->target = t;
	in->task = via ? via : choose(t);
	if (in->task)
		leave_event(in->task);
	if (!in->task || (!is_fit(in->task) && in->task->stop != STOP_SIGNAL))
		return err_set(err, ERR_AGAIN,
			       "process %d is busy inside the "
			       "kernel: try again",
			       (int)t->pid);
	if (task_regs(in->task))
		return err_set(err, ERR_GONE, "process %d is gone",
			       (int)t->pid);
	in->stop = in->task->stop;
	in->sig = in->task->sig;
	if (in->stop == STOP_SIGNAL)
		rc = task_signal(in->task, &in->info);
	else
		task_mend_restart(in->task);
	in->saved = in->task->regs;
	if (rc || task_get_mask(in->task, &in->mask))
		return err_set(err, ERR_GONE, "process %d is gone",
			       (int)t->pid);
	if (in_text || list_empty(&t->scratches))
		rc = use_text(in, err);
	else
		use_blob(in,
			 container_of(t->scratches.next, struct scratch, node));
	if (!rc)
		rc = save_stack(in, err);
	if (!rc && task_set_mask(in->task, ~(uint64_t)SIGTRAP_BIT))
		rc = err_set(err, ERR_GONE, "process %d is gone", (int)t->pid);
	in->masked = !rc;
	if (rc)
		inject_end(in);
	return rc;
}

/* Until the breakpoint behind the call; what comes in between was not asked
 * for: a stop of the whole group goes on being in force behind our back. */
static int run_call(struct inject *in, struct err *err)
{
	struct task *task = in->task;
	uint64_t end = in->stub + in->stub_len - in->target->arch->bp_len +
		       in->target->arch->bp_advance;

	for (;;) {
		task->regs_dirty = true;
		task_run(task, 0);
		task_wait(task);
		if (task->stop == STOP_GONE ||
		    (task->stop == STOP_EVENT &&
		     task->event == PTRACE_EVENT_EXIT) ||
		    task_regs(task))
			return err_set(err, ERR_GONE, "process %d is gone",
				       (int)in->target->pid);
		if (task->stop == STOP_SIGNAL && task->sig == SIGTRAP &&
		    task_pc(task) == end)
			return 0;
		if (task->stop == STOP_SIGNAL)
			return err_set(err, ERR_REFUSED,
				       "process %d refuses "
				       "system calls made for it (signal %d)",
				       (int)in->target->pid, task->sig);
	}
}

int inject_call(struct inject *in, enum arch_sysno call, const uint64_t args[6],
		int64_t *ret, struct err *err)
{
	const struct arch *arch = in->target->arch;
	struct arch_syscall sc = {.nr = (uint64_t)arch->sysno[call]};
	int rc;

	memcpy(sc.args, args, sizeof(sc.args));
	in->task->regs = in->saved;
	arch->syscall_setup(&in->task->regs, in->stub, &sc);
	rc = run_call(in, err);
	if (!rc)
		*ret = arch->syscall_result(&in->task->regs);
	return rc;
}

/* From the trap behind our stub back to the stop that it was in. */
static void back_to_stop(struct inject *in)
{
	struct task *task = in->task;

	task->regs = in->saved;
	task->regs_valid = task->regs_dirty = true;
	if (in->stop == STOP_SIGNAL) {
		task_flush(task);
		ptrace(PTRACE_SETSIGINFO, task->tid, 0L, &in->info);
		task->sig = in->sig;
		return;
	}
	if (!task->interrupting)
		ptrace(PTRACE_INTERRUPT, task->tid, 0L, 0L);
	task->interrupting = true;
	task_run(task, 0);
	task_wait(task);
}

void inject_end(struct inject *in)
{
	struct target *t = in->target;

	if (in->stack_saved)
		memory_put(t, in->buf, in->stack, sizeof(in->stack));
	if (in->in_text)
		memory_text_write(t, in->stub, in->text, in->stub_len);
	if (!in->masked || in->task->stop == STOP_GONE ||
	    in->task->stop == STOP_EVENT)
		return;
	task_set_mask(in->task, in->mask);
	back_to_stop(in);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remote system calls: made by a stopped task on our behalf, in batches
 * between inject_begin and inject_end, after which its registers (also those
 * that make an interrupted call start again), signal mask and stack are what
 * they were, and it is in the same kind of stop. If we die meanwhile it
 * returns by itself: see frame.c. Each step leaves it in a state from which it
 * does: first the frame, then the registers, then the mask; and back in the
 * opposite order.
 *
 * A call is made by a system call instruction of the program's own and ends at
 * its PTRACE_SYSCALL stop. Where none is found, one is written for a moment
 * over the program's entry point, with all tasks stopped.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* The code that a descriptor leads to, which may have been not relocated yet.
 */
static uint64_t described(struct target *t, uint64_t addr)
{
	const struct vma *v, *code;
	uint64_t entry = 0;
	struct mapping m;
	uint8_t raw[8];

	if (memory_raw_read(t, addr, raw, t->arch->word_size) ||
	    mapping_read(t, &m, NULL))
		return 0;
	entry = arch_load(t->arch, raw, t->arch->word_size);
	v = mapping_at(&m, addr);
	code = mapping_at(&m, entry);
	for (size_t i = 0; v && !(code && code->exec) && i < m.n; i++)
		if (m.v[i].ino == v->ino && m.v[i].dev == v->dev &&
		    !m.v[i].offset) {
			entry += m.v[i].start;
			break;
		}
	mapping_release(&m);
	return entry;
}

/* AT_ENTRY, from the auxiliary vector. */
static uint64_t entry_point(struct target *t)
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
		uint64_t type = arch_load(t->arch, aux + i, w);

		if (type == AT_ENTRY)
			entry = arch_load(t->arch, aux + i + w, w);
	}
	return t->arch->descriptors ? described(t, entry) : entry;
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

/* Without a frame: room for arguments below the stack pointer, beyond what a
 * leaf function may be using there. */
static int use_stack(struct inject *in, struct err *err)
{
	const struct arch *arch = in->target->arch;
	uint64_t sp = arch->sp(&in->saved);

	in->base = in->saved;
	in->buf = (sp - arch->red_zone - INJECT_ROOM) & ~UINT64_C(15);
	if (memory_raw_read(in->target, in->buf, in->under, INJECT_ROOM)) {
		in->buf = (sp + 15) & ~UINT64_C(15);
		if (memory_raw_read(in->target, in->buf, in->under,
				    INJECT_ROOM))
			return err_set(err, ERR_REFUSED, "task %d has no stack",
				       (int)in->task->tid);
	}
	in->on_stack = true;
	return 0;
}

/* A task that stands inside a system call goes to the call's end first. */
static void leave_event(struct task *task)
{
	if (task->stop != STOP_EVENT || task->event == PTRACE_EVENT_EXIT)
		return;
	task_ask(task, PTRACE_INTERRUPT, NULL, NULL);
	task_run(task, 0);
	task_wait(task);
}

static bool is_fit(const struct task *task)
{
	return task->stop == STOP_TRAP || task->stop == STOP_GROUP;
}

/* The calls would be judged by a filter that we can't read, and that may well
 * kill. */
static bool is_confined(const struct task *task)
{
	uint64_t mode = 0;

	return !proc_status_field(task->target->pid, task->tid, "Seccomp", 10,
				  &mode) &&
	       mode;
}

static struct task *choose(struct target *t)
{
	struct task *current = t->tracer->current;

	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (is_fit(task) && !task->other_mm_user && !is_confined(task))
			return task;
	}
	if (current && current->target == t && !is_confined(current))
		return current;
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_SIGNAL && !task->other_mm_user &&
		    !is_confined(task))
			return task;
	}
	return NULL;
}

static bool all_confined(struct target *t)
{
	list_for_each (node, &t->tasks)
		if (!is_confined(container_of(node, struct task, node)))
			return false;
	return !list_empty(&t->tasks);
}

/* A trap of ours needs not to be delivered: the task is as good as stopped by
 * us, before the instruction. */
static int note_stop(struct inject *in)
{
	struct task *task = in->task;

	in->stop = task->stop;
	if (in->stop != STOP_SIGNAL) {
		task_mend_restart(task);
		return 0;
	}
	in->sig = task_signal_to_leave(task);
	return in->sig ? task_signal(task, &in->info) : 0;
}

static int prepare(struct inject *in, struct err *err)
{
	int rc = 0;

	if (!frame_use(in)) {
		log_debug("process %d: no way back without us",
			  (int)in->target->pid);
		rc = use_stack(in, err);
		if (!rc)
			rc = use_text(in, err);
	}
	if (!rc && task_set_mask(in->task, UINT64_MAX))
		rc = err_set(err, ERR_GONE, "process %d is gone",
			     (int)in->target->pid);
	in->entered = !rc || in->frame;
	return rc;
}

int inject_begin(struct target *t, struct task *via, struct inject *ret,
		 struct err *err)
{
	struct inject *in = ret;
	int rc;

	memset(in, 0, sizeof(*in));
	in->target = t;
	in->task = via ? via : choose(t);
	if (in->task ? is_confined(in->task) : all_confined(t))
		return err_set(err, ERR_REFUSED,
			       "process %d is confined by seccomp, which may "
			       "kill it for system calls made for it",
			       (int)t->pid);
	if (in->task)
		leave_event(in->task);
	if (!in->task || (!is_fit(in->task) && in->task->stop != STOP_SIGNAL))
		return err_set(err, ERR_AGAIN,
			       "process %d is busy inside the "
			       "kernel: try again",
			       (int)t->pid);
	if (task_regs(in->task) || note_stop(in) ||
	    task_get_mask(in->task, &in->mask))
		return err_set(err, ERR_GONE, "process %d is gone",
			       (int)t->pid);
	if (in->task->regs.size != t->arch->regs_size)
		return err_set(err, ERR_AGAIN,
			       "task %d runs code of another kind than its "
			       "program: try again",
			       (int)in->task->tid);
	rseq_abort(in->task);
	in->saved = in->task->regs;
	rc = prepare(in, err);
	if (rc)
		inject_end(in);
	return rc;
}

/* From the stop before a system call to the one behind it; what comes in
 * between was not asked for: a stop of the whole group goes on being in force
 * behind our back. */
static int run_call(struct inject *in, struct err *err)
{
	struct task *task = in->task;
	int stops = 0;

	while (stops < 2) {
		int rc = task_go(task, PTRACE_SYSCALL, 0);

		task_wait(task);
		if (rc || task->stop == STOP_GONE ||
		    (task->stop == STOP_EVENT &&
		     task->event == PTRACE_EVENT_EXIT) ||
		    task_regs(task))
			return err_set(err, ERR_GONE, "process %d is gone",
				       (int)in->target->pid);
		if (task->stop == STOP_EVENT && task->event == EVENT_SYSCALL)
			stops++;
		if (task->stop == STOP_SIGNAL)
			return err_set(err, ERR_REFUSED,
				       "process %d refuses "
				       "system calls made for it (signal %d)",
				       (int)in->target->pid, task->sig);
	}
	return 0;
}

int inject_call(struct inject *in, enum arch_sysno call, const uint64_t args[6],
		int64_t *ret, struct err *err)
{
	const struct arch *arch = in->target->arch;
	struct arch_syscall sc = {.nr = (uint64_t)arch->sysno[call]};
	int rc;

	memcpy(sc.args, args, sizeof(sc.args));
	in->task->regs = in->base;
	arch->syscall_setup(&in->task->regs, in->stub, &sc);
	in->task->regs_dirty = true;
	rc = run_call(in, err);
	if (!rc)
		*ret = arch->syscall_result(&in->task->regs);
	return rc;
}

/* A signal that was about to be delivered when we came is so again: it is
 * raised once more, alone, and gets its siginfo. */
static void back_to_signal(struct inject *in)
{
	struct task *task = in->task;

	task_set_mask(task, ~(UINT64_C(1) << (in->sig - 1)));
	for (int sig = in->sig; task->stop != STOP_GONE; sig = 0) {
		int rc = task_go(task, PTRACE_CONT, sig);

		task_wait(task);
		if (rc || task->stop == STOP_SIGNAL || task_regs(task))
			break;
	}
	if (task->stop == STOP_SIGNAL)
		task_ask(task, PTRACE_SETSIGINFO, NULL, &in->info);
	task_set_mask(task, in->mask);
	task->regs = in->saved;
	task->regs_valid = task->regs_dirty = true;
	task_flush(task);
}

static void back_to_stop(struct inject *in)
{
	struct task *task = in->task;

	task_set_mask(task, in->mask);
	task->regs = in->saved;
	task->regs_valid = task->regs_dirty = true;
	task_interrupt(task);
	task_run(task, 0);
	task_wait(task);
}

void inject_end(struct inject *in)
{
	struct target *t = in->target;
	struct broken broken = t->broken;
	bool alive = in->task->stop != STOP_GONE &&
		     (in->task->stop != STOP_EVENT ||
		      in->task->event == EVENT_SYSCALL);

	if (t->guarded && in->stop == STOP_SIGNAL)
		scratch_resuming(t, 0, 0);
	if (broken.request && in->frame)
		return; /* it gets back by itself */
	t->broken.request = 0;
	if (in->entered && alive) {
		if (in->sig)
			back_to_signal(in);
		else
			back_to_stop(in);
	}
	if (in->frame && t->broken.request)
		return;
	frame_leave(in);
	if (in->on_stack)
		memory_put(t, in->buf, in->under, INJECT_ROOM);
	if (in->in_text)
		memory_text_write(t, in->stub, in->text, in->stub_len);
	if (broken.request)
		t->broken = broken;
}

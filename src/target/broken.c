/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests that the kernel refuses although their task lives. It has no reason
 * to refuse any that is made here, so nothing is known of what to do next: from
 * then on nothing more is asked of that target's tasks, and at the next chance
 * it is let go as the kernel would if we were killed there. That is what the
 * fallback handler is for; then what is left in the target is taken away as
 * that of any tracer that was killed.
 */
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

long task_ask(struct task *task, int request, void *addr, void *data)
{
	struct target *t = task->target;
	long rc;
	int errnum;

	if (task_is_broken(task)) {
		errno = EIO;
		return -1;
	}
	rc = ptrace(request, task->tid, addr, data);
	if (rc >= 0 || errno == ESRCH || !t)
		return rc;
	errnum = errno;
	if (strchr("ZX?", task_state(task))) {
		errno = ESRCH;
		return rc;
	}
	t->broken = (struct broken){request, task->tid, errnum};
	t->tracer->detach_asked = true;
	errno = errnum;
	return rc;
}

int target_why_broken(const struct target *t, struct err *err)
{
	err_errno(err, t->broken.errnum,
		  "process %d goes on untraced, for the kernel refused a "
		  "request (ptrace 0x%x) for its thread %d",
		  (int)t->pid, (unsigned)t->broken.request, (int)t->broken.tid);
	if (err)
		err->code = ERR_IO;
	return ERR_IO;
}

/* ---- letting go ---------------------------------------------------------- */

static bool is_birth(const struct task *task)
{
	return task->stop == STOP_EVENT &&
	       (task->event == PTRACE_EVENT_CLONE ||
		task->event == PTRACE_EVENT_FORK ||
		task->event == PTRACE_EVENT_VFORK);
}

/* A child that has not been told of yet waits for that in its first stop. With
 * memory of its own it has a copy of what is to be taken away. */
static void join_child(struct task *parent)
{
	struct target *t = parent->target;
	struct tracer *tr = t->tracer;
	unsigned long tid = 0;
	struct target *child = NULL;
	struct task *task;

	if (task_ask(parent, PTRACE_GETEVENTMSG, NULL, &tid))
		return;
	task = task_find(tr, (pid_t)tid);
	if (!task)
		task = task_new(tr, NULL, (pid_t)tid);
	if (!task || task->target)
		return;
	if (!life_shares_memory(parent, task->tid, parent->event))
		child = target_new(tr, task->tid, NULL);
	if (!child) {
		task_join(task, t);
		return;
	}
	child->arch = t->arch;
	child->guarded = t->guarded;
	child->broken = t->broken;
	child->broken.request = PTRACE_GETEVENTMSG;
	task_join(task, child);
	tr->detach_asked = true;
}

static void stop_again(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		task->regs_valid = task->regs_dirty = false;
		if (task->stop == STOP_NONE)
			task_interrupt(task);
	}
	list_for_each (node, &t->tasks)
		task_wait(container_of(node, struct task, node));
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (is_birth(task))
			join_child(task);
	}
	/* The children that have just joined. */
	list_for_each (node, &t->tasks)
		task_wait(container_of(node, struct task, node));
}

/* A stop that was served has no signal any more. Of the breakpoints, which are
 * gone by now, some may have been in place, and nothing to the handler. */
static void leave_task(struct task *task)
{
	int sig = task->stop == STOP_SIGNAL && task->sig
			  ? task_signal_to_leave(task)
			  : 0;

	if (task->stop == STOP_GONE) {
		stop_reap(task->tid);
		task_free(task);
		return;
	}
	if (task->stop == STOP_NONE) { /* deep in the kernel */
		task_leave_later(task);
	} else if (!task_go(task, PTRACE_DETACH, sig)) {
		task_free(task);
	}
}

static void leave(struct target *t)
{
	stop_again(t);
	stop_drain(t);
	list_for_each (node, &t->points)
		point_lift_semas(container_of(node, struct point, node));
	site_lift_all(t);
	list_for_each_safe (node, &t->tasks)
		leave_task(container_of(node, struct task, node));
	if (!list_empty(&t->tasks))
		log_warn("process %d stands still until this one ends: %s",
			 (int)t->pid, strerror(t->broken.errnum));
}

/* What is there is known from its memory alone, as ever. */
static void mend(struct tracer *tr, pid_t pid)
{
	struct target *t;
	struct err err;

	if (tr->mending)
		return;
	tr->mending = true;
	if (!target_attach(tr, pid, NULL, &t, &err))
		target_detach(t);
	else if (err.code != ERR_GONE && err.code != ERR_NOENT)
		log_warn("breakpoints stay in process %d, which gets past them "
			 "alone (upd --rescue %d takes them away): %s",
			 (int)pid, (int)pid, err.text);
	tr->mending = false;
}

void target_break_off(struct target *t, bool tell)
{
	struct tracer *tr = t->tracer;
	pid_t pid = t->pid;
	struct err why;

	target_why_broken(t, &why);
	log_debug("%s", why.text);
	t->broken.request = 0;
	if (tell && (t->hold_at_exec || t->parked)) {
		target_end_held(t, &why);
		return;
	}
	t->going = true;
	list_for_each (node, &t->tasks)
		return_drop(container_of(node, struct task, node));
	leave(t);
	if (tell)
		target_tell_left(t, &why);
	target_free(t);
	mend(tr, pid);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The event loop. Stops are only looked at (WNOWAIT), never consumed before
 * the task is continued: a stop that was consumed loses its signal when the
 * tracer is killed, and the thread would go on one byte into an instruction.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_FLAGS = WSTOPPED | WEXITED | WNOWAIT | __WALL, NEIGHBOURS = 2 };

int tracer_new(const struct tracer_events *events, void *ctx,
	       struct tracer **ret, struct err *err)
{
	struct tracer *tr = calloc(1, sizeof(*tr));

	if (!tr)
		return err_set(err, ERR_NOMEM, "out of memory");
	tr->events = events;
	tr->ctx = ctx;
	list_init(&tr->targets);
	list_init(&tr->ring);
	htab_init(&tr->tasks);
	cpu_init(tr);
	*ret = tr;
	return 0;
}

void tracer_free(struct tracer *tr)
{
	while (!list_empty(&tr->targets))
		target_detach(container_of(tr->targets.next, struct target,
					   node));
	htab_release(&tr->tasks);
	free(tr);
}

struct task *task_find(struct tracer *tr, pid_t tid)
{
	return htab_get(&tr->tasks, (uint64_t)tid);
}

/* Because nothing is consumed, leaving waitid() by a jump loses nothing; so a
 * signal between the look at `interrupted` and the call cannot be missed. */
void tracer_interrupt(struct tracer *tr)
{
	tr->interrupted = 1;
	if (tr->waiting) {
		tr->waiting = 0;
		siglongjmp(tr->wait_jump, 1);
	}
}

/* ---- one task ---- */

static bool look(pid_t tid, int flags, siginfo_t *info)
{
	info->si_pid = 0;
	return waitid(P_PID, (id_t)tid, info, WAIT_FLAGS | flags) == 0 &&
	       info->si_pid;
}

static bool is_exit(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
	       info->si_code == CLD_DUMPED;
}

bool task_wait(struct task *task)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)task->tid, &info, WAIT_FLAGS) < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}
		if (is_exit(&info))
			return false;
		task->stopped = true;
		task->status = info.si_status;
		return true;
	}
}

/* ---- the end of a task ---- */

static void target_ended(struct target *t)
{
	struct tracer *tr = t->tracer;

	if (tr->events->exited)
		tr->events->exited(tr->ctx, t, t->status);
	t->exited = true;
	target_free(t);
}

static void reap(struct tracer *tr, pid_t tid)
{
	struct task *task = task_find(tr, tid);
	struct target *t;
	int status = 0;

	if (waitpid(tid, &status, __WALL) < 0 || !task)
		return;
	t = task->target;
	if (tid == t->pid)
		t->status = status;
	task_free(task);
	if (!t->ntasks)
		target_ended(t);
}

/* ---- unknown tasks ---- */

/* A child of fork, vfork or clone may stop before its parent has told. */
static void adopt_or_let_go(struct tracer *tr, pid_t tid, int status)
{
	struct task *task;
	struct target *t = target_of_pid(tr, tid);

	if (!t) {
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
		return;
	}
	task = task_new(t, tid);
	if (!task) {
		ptrace(PTRACE_CONT, tid, NULL, NULL);
		return;
	}
	task->initial = true;
	task->stopped = true;
	task->status = status;
	stop_dispatch(task);
}

static void serve(struct tracer *tr, const siginfo_t *info)
{
	struct task *task;

	if (is_exit(info)) {
		reap(tr, info->si_pid);
		return;
	}
	task = task_find(tr, info->si_pid);
	if (!task) {
		adopt_or_let_go(tr, info->si_pid, info->si_status);
		return;
	}
	list_remove(&task->ring);
	list_push(&tr->ring, &task->ring);
	task->stopped = true;
	task->status = info->si_status;
	stop_dispatch(task);
}

/* waitid(P_ALL) always reports the first stopped task of a fixed order: a hot
 * one would starve the others. So with each stop a few of those that were
 * served longest ago are asked for by name. */
static void serve_neighbours(struct tracer *tr)
{
	siginfo_t info;

	for (int i = 0; i < NEIGHBOURS && tr->ntasks > 1; i++) {
		struct task *task =
			container_of(tr->ring.next, struct task, ring);

		list_remove(&task->ring);
		list_push(&tr->ring, &task->ring);
		if (!task->held && look(task->tid, WNOHANG, &info))
			serve(tr, &info);
	}
}

/* False: interrupted, or nothing to wait for (*ret_errno). */
static bool wait_any(struct tracer *tr, siginfo_t *info, int *ret_errno)
{
	volatile bool got = false;

	*ret_errno = 0;
	if (sigsetjmp(tr->wait_jump, 0) == 0) {
		tr->waiting = 1;
		if (!tr->interrupted) {
			info->si_pid = 0;
			if (waitid(P_ALL, 0, info, WAIT_FLAGS) == 0)
				got = true;
			else
				*ret_errno = errno;
		}
	}
	tr->waiting = 0;
	return got && info->si_pid;
}

static void detach_those_asked_for(struct tracer *tr)
{
	list_for_each_safe (node, &tr->targets) {
		struct target *t = container_of(node, struct target, node);

		if (t->detach_later)
			target_detach(t);
	}
}

int tracer_run(struct tracer *tr)
{
	siginfo_t info;
	int errnum;

	while (!list_empty(&tr->targets)) {
		if (wait_any(tr, &info, &errnum)) {
			serve(tr, &info);
			serve_neighbours(tr);
		} else if (errnum == ECHILD) {
			break;
		}
		detach_those_asked_for(tr);
		if (tr->interrupted) {
			tr->interrupted = 0;
			return ERR_INTR;
		}
	}
	return ERR_GONE;
}

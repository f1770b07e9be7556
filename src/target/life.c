/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Births and rebirths: threads, forked children, exec.
 *
 * A forked child has a copy of everything: breakpoints, handler, and (shared
 * with its parent) the scratch memory. It is cleaned while it stands at its
 * first stop, and then let go or probed anew. A child that shares its parent's
 * memory (vfork) stays traced, as one more task, until it has memory of its
 * own.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- newborn tasks ------------------------------------------------------- */

/* A task that the kernel attached for us and whose parent has not been heard
 * yet waits in its first stop. Else it's a child of this process that is none
 * of our business. */
void life_newborn(struct tracer *tr, const siginfo_t *si)
{
	uint64_t tracer = 0;
	struct task *task;

	if (si->si_code != CLD_TRAPPED ||
	    proc_status_field(si->si_pid, si->si_pid, "TracerPid", 10,
			      &tracer) ||
	    (pid_t)tracer != tr->tid) {
		tr->crowded = true;
		return;
	}
	task = task_new(tr, NULL, si->si_pid);
	if (!task)
		return;
	task_look(task, si);
	task_consume(task);
}

void life_let_go(struct task *task, int sig)
{
	if (task->stop == STOP_GONE)
		return; /* its end is still to be reaped: see life_orphans */
	guard_task_restore(task);
	if (task->stop == STOP_TRAP)
		task_mend_restart(task);
	if (task_go(task, PTRACE_DETACH, sig) && task_is_broken(task))
		return; /* is let go with its target */
	task_free(task);
}

/* At the end of the tracer: whoever is left has nothing of ours. */
void life_orphans(struct tracer *tr)
{
	list_for_each_safe (node, &tr->newborn) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop == STOP_NONE)
			task_wait(task);
		if (task->stop == STOP_NONE || task->stop == STOP_GONE)
			task_free(task);
		else
			life_let_go(task, 0);
	}
}

/* ---- forked children ----------------------------------------------------- */

/* The same scratch areas, as the child sees them; unmapped there alone. */
static int copy_scratches(struct target *from, struct target *to)
{
	list_for_each (node, &from->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);
		struct scratch *copy = calloc(1, sizeof(*copy));

		if (!copy)
			return ERR_NOMEM;
		copy->base = s->base;
		copy->size = s->size;
		list_push(&to->scratches, &copy->node);
	}
	to->guarded = from->guarded;
	to->opened = from->opened;
	for (int i = 0; i < 4; i++)
		to->old_action[i] = from->old_action[i];
	return 0;
}

/* Takes all that it got from its parent away from a child at its first
 * stop. */
static void clean(struct target *from, struct target *child, struct task *task)
{
	site_restore_in(from, child->mem_fd);
	if (!task_regs(task)) {
		/* forked by an instruction in a slot */
		struct target *own = task->target;

		task->target = from;
		step_leave_slot(task, NULL);
		task->target = own;
	}
	if (copy_scratches(from, child))
		log_warn("process %d: out of memory", (int)child->pid);
	target_restore(child, task);
	scratch_free_all(child);
}

static struct target *make_child(struct target *from, struct task *task)
{
	struct target *child = target_new(from->tracer, task->tid, &from->opts);
	struct err err;

	if (!child)
		return NULL;
	child->gadgets = from->gadgets; /* the same memory, so far */
	task_join(task, child);
	if (target_open_mem(child, &err)) {
		log_warn("forked process: %s", err.text);
		child->going = true;
	}
	return child;
}

static void serve_fork(struct task *parent, struct task *task)
{
	struct target *t = parent->target;
	struct tracer *tr = t->tracer;
	pid_t pid = task->tid;
	struct target *child;

	task->masked = parent->masked;
	task->open_mask = parent->open_mask;
	task_wait(task);
	if (task->stop == STOP_NONE || task->stop == STOP_GONE)
		return;
	child = make_child(t, task);
	if (!child)
		return;
	if (!child->going)
		clean(t, child, task);
	if (!t->opts.follow_forks || child->going) {
		life_let_go(task, 0);
		if (!child->broken.request)
			target_free(child);
		if (tr->events.forked)
			tr->events.forked(tr->ctx, t, NULL, pid);
		return;
	}
	if (point_clone_all(t, child))
		log_warn("process %d: out of memory", (int)pid);
	if (tr->events.forked)
		tr->events.forked(tr->ctx, t, child, pid);
	if (!list_empty(&child->points)) {
		child->held++; /* the only task stands still already */
		point_plant_all(child);
		libs_watch(child);
		child->held--;
	}
	if (task->stop != STOP_GONE)
		task_go_on(task);
}

/* ---- clone, fork, vfork -------------------------------------------------- */

bool life_shares_memory(const struct task *parent, pid_t child, int event)
{
	long rc = syscall(SYS_kcmp, parent->tid, child, KCMP_VM, 0L, 0L);

	return rc < 0 ? event != PTRACE_EVENT_FORK : rc == 0;
}

static void serve_thread(struct task *parent, struct task *task)
{
	task_join(task, parent->target);
	task->masked = parent->masked;
	task->open_mask = parent->open_mask;
	task->unguarded = true;
	task->newborn = NEWBORN_CALLS;
	if (task->stop == STOP_NONE)
		return; /* its first stop is still to come */
	if (parent->target->held)
		return;
	guard_newborn(task);
	task_go_on(task);
}

static void serve_sharing(struct task *parent, struct task *task, int event)
{
	struct target *t = parent->target;

	task->other_mm_user = true;
	parent->in_vfork = event == PTRACE_EVENT_VFORK;
	serve_thread(parent, task);
	if (!t->opts.follow_forks && t->tracer->events.forked)
		t->tracer->events.forked(t->tracer->ctx, t, NULL, task->tid);
}

void life_child(struct task *parent, int event)
{
	struct target *t = parent->target;
	struct tracer *tr = parent->tracer;
	unsigned long tid = 0;
	uint64_t tgid = 0;
	struct task *task;

	if (t && !task_ask(parent, PTRACE_GETEVENTMSG, NULL, &tid)) {
		task = task_find(tr, (pid_t)tid);
		if (!task)
			task = task_new(tr, NULL, (pid_t)tid);
		proc_status_field((pid_t)tid, (pid_t)tid, "Tgid", 10, &tgid);
		if (task && (pid_t)tgid == t->pid)
			serve_thread(parent, task);
		else if (task && life_shares_memory(parent, (pid_t)tid, event))
			serve_sharing(parent, task, event);
		else if (task)
			serve_fork(parent, task);
	}
	task_cont(parent, 0);
}

/* ---- exec ---------------------------------------------------------------- */

/* Only one task is left, under the leader's number, whichever it was. */
static void merge_tasks(struct target *t, struct task *task)
{
	struct task *former = NULL;
	unsigned long tid = 0;

	if (!task_ask(task, PTRACE_GETEVENTMSG, NULL, &tid) &&
	    (pid_t)tid != task->tid)
		former = task_find(t->tracer, (pid_t)tid);
	if (former && former->target == t) {
		task->masked = former->masked;
		task->open_mask = former->open_mask;
	}
	list_for_each_safe (node, &t->tasks) {
		struct task *other = container_of(node, struct task, node);

		if (other != task && !other->other_mm_user)
			task_free(other);
	}
	return_abandon_all(task);
	t->ncounted = 0;
	task->rseq = 1;
	task->leaving = false;
	task->stepping = NULL;
	task->in_place = false;
	task->interrupting = false;
	task->hits = 0;
}

/* From inside execve to where the program would begin. */
static bool to_the_start(struct task *task)
{
	if (task_ask(task, PTRACE_INTERRUPT, NULL, NULL))
		return false;
	task_run(task, 0);
	task_wait(task);
	return task->stop == STOP_TRAP || task->stop == STOP_GROUP;
}

static void park(struct target *t, struct task *task)
{
	t->hold_at_exec = false;
	t->parked = task->parked = true;
	t->held++;
	task_consume(task);
}

/* After an exec there is one task, and nothing of ours in its memory. */
static void leave(struct target *t, struct task *task, const struct err *why)
{
	if (t->hold_at_exec) {
		target_end_held(t, why);
		task_cont(task, 0);
		return;
	}
	t->going = true;
	life_let_go(task, 0);
	target_tell_left(t, why);
	target_free(t);
}

/* The kernel gives a program that is traced by an ordinary user none of what
 * its file would give it. */
static void warn_of_privileges(struct target *t)
{
	char path[64], text[128];
	struct stat st;
	const char *kind = NULL;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)t->pid);
	if (!geteuid() || !t->tracer->events.warned || stat(path, &st))
		return;
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		kind = "set-user-ID";
	else if (st.st_mode & S_ISGID && st.st_gid != getegid())
		kind = "set-group-ID";
	else if (getxattr(path, "security.capability", NULL, 0) > 0)
		kind = "privileged (file capabilities)";
	if (!kind)
		return;
	snprintf(text, sizeof(text), "process %d runs a %s program, without "
		 "its privileges as it is traced: trace it as root",
		 (int)t->pid, kind);
	t->tracer->events.warned(t->tracer->ctx, t, text);
}

static void begin_anew(struct target *t, struct task *task)
{
	struct tracer *tr = t->tracer;
	struct err err;

	target_forget_memory(t);
	if (target_open_mem(t, &err)) {
		leave(t, task, &err);
		return;
	}
	if (!to_the_start(task)) {
		if (task->stop != STOP_GONE)
			stop_serve(task);
		return;
	}
	if (tr->events.execed)
		tr->events.execed(tr->ctx, t);
	calls_execed(task);
	warn_of_privileges(t);
	if (!list_empty(&t->points)) {
		point_plant_all(t);
		libs_watch(t);
	}
	if (t->hold_at_exec)
		park(t, task);
	else if (task->stop != STOP_GONE)
		task_go_on(task);
}

/* A vfork child has got memory of its own. */
static void exec_of_child(struct task *task)
{
	struct target *t = task->target, *child;
	struct tracer *tr = task->tracer;

	task->other_mm_user = false;
	if (!t->opts.follow_forks) {
		life_let_go(task, 0);
		return;
	}
	child = make_child(t, task);
	if (!child || child->going) {
		life_let_go(task, 0);
		if (child)
			target_free(child);
		return;
	}
	child->trap_ignored = t->trap_ignored;
	if (point_clone_all(t, child))
		log_warn("process %d: out of memory", (int)child->pid);
	if (tr->events.forked)
		tr->events.forked(tr->ctx, t, child, task->tid);
	begin_anew(child, task);
}

void life_exec(struct task *task)
{
	struct target *t = task->target;

	/* When it was not the leader that called exec, the kernel refuses all
	 * requests until this stop, which is no signal's, has been consumed. */
	task_consume(task);
	if (!t) {
		task_cont(task, 0);
		return;
	}
	if (task->other_mm_user) {
		exec_of_child(task);
		return;
	}
	merge_tasks(t, task);
	begin_anew(t, task);
}

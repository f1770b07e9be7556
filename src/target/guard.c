/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What lets a target survive us: the fallback handler is SIGTRAP's action
 * while it is probed, and no task blocks SIGTRAP, for the kernel would reset
 * the action at the first hit. Both are given back: by us, or, from the notes
 * in the scratch memory, by who comes after us.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif

enum {
	DESCRIPTOR_AT = 512, /* in the header's page: the handler's, on ELFv1 */
};

static struct scratch *first_of(const struct target *t)
{
	return container_of(t->scratches.next, struct scratch, node);
}

/* ---- the action --------------------------------------------------------- */

/* As the program's own action behaves where that can be seen from outside: a
 * call that a signal without consequence meets is restarted. */
static void our_action(struct target *t, uint64_t action[4])
{
	const struct arch_blob *blob = t->arch->fallback;
	uint64_t base = first_of(t)->base + FALLBACK_CODE;
	bool restart = t->old_action[ACTION_HANDLER] <= 1 ||
		       t->old_action[ACTION_FLAGS] & SA_RESTART;

	action[ACTION_HANDLER] = t->arch->descriptors
				  ? first_of(t)->base + DESCRIPTOR_AT
				  : base + blob->entry;
	action[ACTION_FLAGS] = SA_SIGINFO | SA_NODEFER | SA_ONSTACK |
			       (restart ? SA_RESTART : 0);
	action[ACTION_MASK] = 0;
	/* Where its handler looks at the stack, that is its own. */
	if (t->old_action[ACTION_HANDLER] > 1) {
		action[ACTION_FLAGS] |=
			t->old_action[ACTION_FLAGS] & SA_RESTORER;
		action[ACTION_RESTORER] = t->old_action[ACTION_RESTORER];
	} else {
		action[ACTION_FLAGS] |= SA_RESTORER;
		action[ACTION_RESTORER] = base + blob->restorer;
	}
}

static int set_our_action(struct inject *in, struct err *err)
{
	uint64_t action[4];

	our_action(in->target, action);
	return action_set(in, SIGTRAP, action, err);
}

static void note_actions(struct target *t)
{
	struct scratch *s = first_of(t);
	uint8_t *page = s->map;

	arch_store(t->arch, page + DESCRIPTOR_AT, t->arch->word_size,
		   s->base + FALLBACK_CODE + t->arch->fallback->entry);
	s->head->old_handler = t->old_action[ACTION_HANDLER];
	s->head->old_flags = t->old_action[ACTION_FLAGS];
	s->head->old_restorer = t->old_action[ACTION_RESTORER];
	s->head->old_mask = t->old_action[ACTION_MASK];
}

/* A library's own lock against all signals, for a moment: what programs set
 * leaves out the library's. */
static bool is_total(uint64_t mask)
{
	return (mask | UINT64_C(1) << (SIGKILL - 1) |
		UINT64_C(1) << (SIGSTOP - 1)) == UINT64_MAX;
}

static void watch_newborn(struct task *task, uint64_t mask)
{
	task->newborn = NEWBORN_CALLS;
	task->born_mask = mask & ~(uint64_t)SIGTRAP_BIT;
}

/* ---- notes of masks ------------------------------------------------------ */

static struct fallback_masked *free_note(struct scratch *s)
{
	for (uint32_t i = 0; i < s->head->masked_cap; i++)
		if (!s->masked[i].tid)
			return &s->masked[i];
	return NULL;
}

/* Before the mask is changed. */
static void note_masked(struct task *task)
{
	struct scratch *s;

	if (!task->masked || list_empty(&task->target->scratches))
		return;
	s = first_of(task->target);
	if (!s->masked)
		return;
	if (!task->noted)
		task->noted = free_note(s);
	if (!task->noted) {
		log_debug("task %d: no room to note its mask", (int)task->tid);
		return;
	}
	task->noted->start_time = proc_start_time(task->tid);
	task->noted->open_mask = task->open_mask;
	__atomic_store_n(&task->noted->tid, (uint32_t)task->tid,
			 __ATOMIC_RELEASE);
}

void guard_forget(struct task *task)
{
	if (task->noted)
		task->noted->tid = 0;
	task->noted = NULL;
}

/* ---- installing ---------------------------------------------------------- */

/* With all tasks stopped and the scratch memory mapped. */
int guard_install(struct target *t, struct inject *in, struct err *err)
{
	int rc = action_get(in, SIGTRAP, t->old_action, err);

	if (rc)
		return rc;
	/* exec keeps "ignored", which our handler had replaced */
	if (t->trap_ignored && t->old_action[ACTION_HANDLER] == 0)
		t->old_action[ACTION_HANDLER] = 1;
	t->trap_ignored = t->old_action[ACTION_HANDLER] == 1;
	note_actions(t);
	rc = set_our_action(in, err);
	if (rc)
		return rc;
	t->guarded = true;
	/* inject_end gives back the mask that it found */
	if (is_total(in->mask)) { /* a child is as its parent was */
		watch_newborn(in->task, in->mask);
	} else {
		in->task->masked |= (in->mask & SIGTRAP_BIT) != 0;
		in->task->open_mask = in->mask & ~(uint64_t)SIGTRAP_BIT;
	}
	in->mask &= ~(uint64_t)SIGTRAP_BIT;
	note_masked(in->task);
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task != in->task)
			guard_task(task);
	}
	action_open_all(t, in);
	return 0;
}

/* The action is one that the program has set, by a call that we did not see. */
static bool is_foreign(struct inject *in, uint64_t now[4])
{
	uint64_t ours[4];

	our_action(in->target, ours);
	return !action_get(in, SIGTRAP, now, NULL) &&
	       now[ACTION_HANDLER] != ours[ACTION_HANDLER] &&
	       now[ACTION_HANDLER] != 0;
}

void guard_remove(struct target *t, struct inject *in)
{
	uint64_t now[4];

	if (!t->guarded)
		return;
	t->guarded = false;
	action_close_all(t, in);
	if (!is_foreign(in, now) &&
	    action_set(in, SIGTRAP, t->old_action, NULL))
		log_warn("process %d keeps a foreign SIGTRAP handler",
			 (int)t->pid);
}

void guard_look(struct task *task)
{
	struct target *t = task->target;
	struct inject in;
	struct err err;
	uint64_t now[4];

	if (!t->guarded || inject_begin(t, task, &in, &err))
		return;
	if (is_foreign(&in, now)) {
		memcpy(t->old_action, now, sizeof(now));
		t->trap_ignored = now[ACTION_HANDLER] == 1;
		note_actions(t);
		if (set_our_action(&in, &err))
			log_debug("%s", err.text);
	}
	inject_end(&in);
}

/* The handler's memory is gone: the program is as it would be without us, but
 * for the masks. */
void guard_give_up(struct task *task)
{
	struct target *t = task->target;
	struct inject in;
	struct err err;
	uint64_t now[4];

	if (!t->guarded)
		return;
	t->guarded = false;
	if (inject_begin(t, task, &in, &err)) {
		log_warn("process %d keeps a handler that is gone: %s",
			 (int)t->pid, err.text);
		return;
	}
	if (!is_foreign(&in, now) &&
	    action_set(&in, SIGTRAP, t->old_action, &err))
		log_warn("%s", err.text);
	action_close_all(t, &in);
	inject_end(&in);
}

/* ---- masks -------------------------------------------------------------- */

void guard_task(struct task *task)
{
	uint64_t mask;

	task->unguarded = true;
	if (!task->target ||
	    (!task->target->guarded && !task->target->no_scratch) ||
	    task->stop == STOP_NONE || task_get_mask(task, &mask))
		return;
	task->unguarded = false;
	if (is_total(mask) && !task->newborn) {
		watch_newborn(task, mask);
		task_set_mask(task, task->born_mask);
		return;
	}
	if (mask & SIGTRAP_BIT) {
		task->masked = true;
		task->open_mask = mask & ~(uint64_t)SIGTRAP_BIT;
	}
	note_masked(task);
	if (mask & SIGTRAP_BIT)
		task_set_mask(task, task->open_mask);
}

/* Thread libraries start a thread with all signals blocked, and it sets its
 * own mask before it does anything else. What it sets is seen when it comes
 * out of that system call. */
void guard_newborn(struct task *task)
{
	bool masked = task->masked;
	uint64_t open_mask = task->open_mask, mask;

	task->newborn = 0;
	if ((task->target->guarded || task->target->no_scratch) &&
	    !task_get_mask(task, &mask) && mask & SIGTRAP_BIT)
		watch_newborn(task, mask);
	guard_task(task);
	/* being born blocked says nothing */
	task->masked = masked;
	task->open_mask = open_mask;
	if (masked)
		note_masked(task);
	else
		guard_forget(task);
}

void guard_newborn_call(struct task *task)
{
	bool masked = task->masked;
	uint64_t open_mask = task->open_mask, mask;

	if (!task->newborn)
		return;
	task->newborn--;
	if (task_get_mask(task, &mask) || mask == task->born_mask)
		return;
	task->newborn = 0;
	guard_task(task);
	if (masked && mask & SIGTRAP_BIT) { /* as its parent was */
		task->open_mask = open_mask;
		note_masked(task);
	}
}

/* A mask that has been changed meanwhile is what the program wants: we may
 * have come while a library blocked all signals for a moment. */
void guard_task_restore(struct task *task)
{
	uint64_t mask;

	if (!task->masked || task->stop == STOP_NONE ||
	    task->stop == STOP_GONE || task_get_mask(task, &mask))
		return;
	if (mask == task->open_mask)
		task_set_mask(task, mask | SIGTRAP_BIT);
	task->masked = false;
	guard_forget(task);
	if (task->has_trap && task->target) /* now it can wait in the kernel */
		tgkill(task->target->pid, task->tid, SIGTRAP);
	task->has_trap = false;
}

/* Before the notes of them go. */
void guard_restore_masks(struct target *t)
{
	list_for_each (node, &t->tasks)
		guard_task_restore(container_of(node, struct task, node));
}

/* ---- what the program says ------------------------------------------------ */

/* Those that the kernel keeps. */
#ifndef SA_EXPOSE_TAGBITS
#define SA_EXPOSE_TAGBITS 0x800
#endif
static const uint64_t FLAGS_KNOWN =
	(uint32_t)(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK |
		   SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_RESTORER |
		   SA_EXPOSE_TAGBITS);
static const uint64_t NEVER_BLOCKED = UINT64_C(1) << (SIGKILL - 1) |
				      UINT64_C(1) << (SIGSTOP - 1);

void guard_set_action(struct task *task, const uint8_t *raw)
{
	struct target *t = task->target;
	struct inject in;
	struct err err;

	action_unpack(t->arch, raw, t->old_action);
	t->old_action[ACTION_FLAGS] &= FLAGS_KNOWN;
	t->old_action[ACTION_MASK] &= ~NEVER_BLOCKED;
	t->trap_ignored = t->old_action[ACTION_HANDLER] == 1;
	note_actions(t);
	/* ours follows it: see our_action() */
	if (inject_begin(t, task, &in, &err)) {
		log_debug("%s", err.text);
		return;
	}
	if (set_our_action(&in, &err))
		log_debug("%s", err.text);
	inject_end(&in);
}

/* When signals are open that were not when SIGTRAP was blocked, something else
 * has set the mask since: musl's fork blocks nearly all for its own time, with
 * calls that are not watched. */
int guard_get_mask(struct task *task, uint64_t *ret)
{
	int rc = task_get_mask(task, ret);

	if (rc)
		return rc;
	if (task->masked && task->open_mask & ~*ret) {
		task->masked = false;
		guard_forget(task);
	}
	if (task->masked)
		*ret |= SIGTRAP_BIT;
	return 0;
}

void guard_set_mask(struct task *task, uint64_t mask)
{
	mask &= ~NEVER_BLOCKED;
	task->masked = mask & SIGTRAP_BIT;
	task->open_mask = mask & ~(uint64_t)SIGTRAP_BIT;
	if (task->masked)
		note_masked(task);
	else
		guard_forget(task);
	task_set_mask(task, task->open_mask);
}

/* Only what others send: a trap of its own is not held back by a mask. One
 * waits at most, as with the kernel's. */
bool guard_holds(struct task *task, const siginfo_t *si)
{
	uint64_t mask;

	if (!task->target || !task->masked || si->si_signo != SIGTRAP ||
	    si->si_code > 0 || guard_get_mask(task, &mask) || !task->masked)
		return false;
	if (!task->has_trap)
		task->trap = *si;
	task->has_trap = true;
	return true;
}

int guard_release(struct task *task)
{
	if (!task->has_trap || task->masked)
		return 0;
	task->has_trap = false;
	task_ask(task, PTRACE_SETSIGINFO, NULL, &task->trap);
	task->target->trap_forwarded = true;
	return SIGTRAP;
}

/* ---- losing it ---------------------------------------------------------- */

/* A task that hits a site while it blocks SIGTRAP (a signal handler's mask, or
 * one that it set itself) makes the kernel reset the action: it's installed
 * again. Looked at when a task is new, when a signal was delivered, and now
 * and then. */
void guard_check(struct task *task)
{
	struct target *t = task->target;
	struct inject in;
	struct err err;
	bool due = task->check_guard || (task->hits & (task->hits - 1)) == 0;
	uint64_t caught;

	if (!t->guarded || !due)
		return;
	task->check_guard = false;
	if (proc_status_field(t->pid, task->tid, "SigCgt", 16, &caught) ||
	    caught & SIGTRAP_BIT)
		return;
	if (task->hits == 1)
		task->masked = true;
	if (inject_begin(t, task, &in, &err)) {
		log_warn("the fallback handler of process %d is lost: %s",
			 (int)t->pid, err.text);
		return;
	}
	in.mask &= ~(uint64_t)SIGTRAP_BIT;
	task->open_mask = in.mask;
	note_masked(task);
	if (set_our_action(&in, &err))
		log_warn("the fallback handler of process %d is lost: %s",
			 (int)t->pid, err.text);
	inject_end(&in);
}

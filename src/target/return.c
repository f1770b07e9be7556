/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watched calls. The stack is never touched: a site stands at the return
 * address (once made, it stays while the target is attached), and each task
 * keeps a list of its calls in flight, innermost last, told apart by the stack
 * pointer. Calls that were left in another way (longjmp, an exception) are
 * found when the stack has passed them. Programs that switch stacks by
 * themselves (coroutines, goroutines) may return in another thread, and may have
 * their stacks side by side.
 */
#include "target-int.h"

#include "log.h"

#include <inttypes.h>
#include <stdlib.h>

/* Stacks further apart than this are different ones (signal stacks,
 * coroutines): nothing follows from their order. */
static const uint64_t SAME_STACK = UINT64_C(1) << 20;
/* What a return takes off the stack, the caller's arguments included. */
static const uint64_t SAME_FRAME = 256;

enum { DOUBTED_MAX = 256 };

static void watch_free(struct task *task, struct watch *w)
{
	list_remove(&w->node);
	task->nwatches--;
	free(w);
}

static void abandon(struct task *task, struct watch *w)
{
	struct tracer *tr = task->tracer;
	void *cookie = w->cookie;

	watch_free(task, w);
	if (tr->events.abandoned)
		tr->events.abandoned(tr->ctx, task, cookie);
}

void return_abandon_all(struct task *task)
{
	while (!list_empty(&task->watches))
		abandon(task,
			container_of(task->watches.prev, struct watch, node));
}

void return_drop(struct task *task)
{
	while (!list_empty(&task->watches))
		watch_free(task, container_of(task->watches.prev, struct watch,
					      node));
}

/* The stack pointer is above that call's: does it still look as if it were in
 * flight? A coroutine's stack that another one's lies behind does. So do, until
 * they are overwritten, the remains of a call that was left by longjmp: they
 * are recognized when their place is taken. Looked at more and more seldom. */
static bool may_be_in_flight(const struct task *task, struct watch *w)
{
	const struct target *t = task->target;
	uint64_t ret;

	/* A link register is saved where the function likes, if at all: such a
	 * call counts as in flight until there are too many of them. */
	if (!t->arch->ret_on_stack)
		return task->nwatches < DOUBTED_MAX;
	if (task->hits < w->next_doubt)
		return true;
	if (!w->doubted)
		w->doubted = task->hits;
	w->next_doubt = 2 * task->hits - w->doubted + 1;
	return !t->arch->return_addr(&w->entry, &t->mem, &ret) && ret == w->ret;
}

/* ---- a new call ---------------------------------------------------------- */

/* A call whose frame lies where the new one's is, or below, is over; unless it
 * is the same call, or has handed its frame on to this one (a tail call). */
static bool is_over(const struct task *task, struct watch *old,
		    const struct watch *new)
{
	const struct arch *arch = task->target->arch;
	uint64_t old_sp = arch->sp(&old->entry), sp = arch->sp(&new->entry);

	if (old->hit == new->hit || old_sp > sp || sp - old_sp > SAME_STACK)
		return false;
	if (old_sp < sp)
		return !may_be_in_flight(task, old);
	return old->ret != new->ret || old->at == new->at;
}

static void drop_over(struct task *task, const struct watch *new)
{
	bool found;

	do { /* from the start each time: `abandoned` may change the list */
		found = false;
		list_for_each (node, &task->watches) {
			struct watch *w =
				container_of(node, struct watch, node);

			if (!is_over(task, w, new))
				continue;
			abandon(task, w);
			found = true;
			break;
		}
	} while (found);
}

static int return_site(struct target *t, uint64_t addr, struct err *err)
{
	struct site *site = site_get(t, addr);
	int rc;

	if (site && site->planted && site->watches_returns) {
		budget_wake_site(site);
		return 0;
	}
	rc = site_plant_own(t, addr, &site, err);
	if (!rc)
		site->watches_returns = true;
	return rc;
}

int task_watch_return(struct task *task, const struct regs *entry, void *cookie,
		      struct err *err)
{
	struct target *t = task->target;
	struct watch *w;
	uint64_t ret;
	int rc = t->arch->return_addr(entry, &t->mem, &ret);

	if (rc)
		return err_set(err, rc,
			       "the return address of a call at 0x%" PRIx64
			       " cannot be read",
			       t->arch->pc(entry));
	rc = return_site(t, ret, err);
	if (rc)
		return err_prefix(err,
				  "a return to 0x%" PRIx64 " cannot be watched",
				  ret);
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, ERR_NOMEM, "out of memory");
	w->cookie = cookie;
	w->ret = ret;
	w->at = t->arch->pc(entry);
	w->hit = task->tracer->serial;
	w->entry = *entry;
	drop_over(task, w);
	if (task->nwatches >= WATCHES_MAX)
		abandon(task,
			container_of(task->watches.next, struct watch, node));
	list_push(&task->watches, &w->node);
	task->nwatches++;
	return 0;
}

void target_unwatch(struct target *t, void *watch_cookie)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		list_for_each_safe (w_node, &task->watches) {
			struct watch *w =
				container_of(w_node, struct watch, node);

			if (w->cookie == watch_cookie)
				watch_free(task, w);
		}
	}
}

/* ---- a return ------------------------------------------------------------ */

/* The task's call that returns here: its frame has just been left. Of several
 * in the same frame, the last. */
static struct watch *returning(const struct task *task, const struct regs *now,
			       uint64_t addr)
{
	const struct arch *arch = task->target->arch;
	uint64_t sp = arch->sp(now), best = SAME_FRAME;
	struct watch *found = NULL;

	list_for_each (node, &task->watches) {
		struct watch *w = container_of(node, struct watch, node);
		uint64_t at = sp - arch->sp(&w->entry);

		if (w->ret != addr || !arch->has_returned(&w->entry, now) ||
		    at > best)
			continue;
		best = at;
		found = w;
	}
	return found;
}

/* The task whose call returns here: this one; or one in which a coroutine has
 * made the call that returns in this one now. */
static struct task *caller(struct task *task, uint64_t addr)
{
	if (returning(task, &task->regs, addr))
		return task;
	list_for_each (node, &task->target->tasks) {
		struct task *other = container_of(node, struct task, node);

		if (returning(other, &task->regs, addr))
			return other;
	}
	return NULL;
}

/* Calls deeper in the same stack than the one that has just returned. */
static struct watch *passed(struct task *task, uint64_t sp)
{
	const struct arch *arch = task->target->arch;

	list_for_each (node, &task->watches) {
		struct watch *w = container_of(node, struct watch, node);
		uint64_t at = arch->sp(&w->entry);

		if (at < sp && sp - at < SAME_STACK &&
		    !may_be_in_flight(task, w))
			return w;
	}
	return NULL;
}

void return_hit(struct task *task, struct site *site)
{
	const struct arch *arch = task->target->arch;
	struct tracer *tr = task->tracer;
	struct task *from = caller(task, site->addr);
	struct watch *w, *deeper;
	uint64_t sp;

	if (!from)
		return;
	w = returning(from, &task->regs, site->addr);
	sp = arch->sp(&w->entry);
	while ((deeper = passed(from, sp)))
		abandon(from, deeper);
	while ((w = returning(from, &task->regs, site->addr)) &&
	       arch->sp(&w->entry) == sp) {
		void *cookie = w->cookie;

		watch_free(from, w);
		if (tr->events.returned)
			tr->events.returned(tr->ctx, task, cookie, &task->regs);
	}
}

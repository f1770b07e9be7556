/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Returns: a breakpoint stands at the return address while a watched call is
 * in flight; the stack pointer tells whose return it is. The stack is never
 * changed, so unwinders, exceptions and shadow stacks see nothing.
 */
#include "target-int.h"

#include <stdlib.h>

enum { WATCHES_MAX = 65536 };

static struct watch *watch_of(struct list *node)
{
	return container_of(node, struct watch, node);
}

/* The site stays planted until detach: the next call will want it again. */
static void watch_free(struct watch *w)
{
	list_remove(&w->node);
	w->site->watches--;
	free(w);
}

static void abandon(struct task *task, struct watch *w)
{
	struct tracer *tr = task->target->tracer;
	void *cookie = w->cookie;

	watch_free(w);
	if (tr->events->abandoned)
		tr->events->abandoned(tr->ctx, task, cookie);
}

/* Calls whose frame is gone although they never returned (longjmp, an
 * exception): those deeper than this new one, and one of the same function at
 * the same depth. Another function at the same depth was left by a tail call
 * and returns together with this one. */
static void drop_stale(struct task *task, const struct regs *entry,
		       uint64_t func, void *cookie)
{
	const struct arch *arch = task->target->arch;

	list_for_each_safe (node, &task->watches) {
		struct watch *w = watch_of(node);
		uint64_t sp = arch->sp(entry), old = arch->sp(&w->entry);

		if (old > sp)
			return;
		if (old < sp || (w->func == func && w->cookie == cookie))
			abandon(task, w);
	}
}

int task_watch_return(struct task *task, const struct regs *entry, void *cookie,
		      struct err *err)
{
	struct target *t = task->target;
	uint64_t ret_addr, func = t->arch->pc(entry);
	size_t depth = 0;
	struct watch *w;
	struct site *s;
	int rc;

	drop_stale(task, entry, func, cookie);
	list_for_each (node, &task->watches)
		if (++depth == WATCHES_MAX)
			return err_set(err, ERR_LIMIT, "more than %d calls in "
				       "flight", WATCHES_MAX);
	rc = t->arch->return_addr(entry, target_mem(t), &ret_addr);
	if (rc)
		return err_set(err, rc, "the return address cannot be read");
	rc = site_get(t, ret_addr, 0, &s, err);
	if (!rc)
		rc = site_plant(s, err);
	if (rc)
		return rc;
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, ERR_NOMEM, "out of memory");
	w->entry = *entry;
	w->func = func;
	w->ret_addr = ret_addr;
	w->site = s;
	w->cookie = cookie;
	s->watches++;
	list_insert(&task->watches, &w->node);
	return 0;
}

void watch_hit(struct task *task, struct site *site, const struct regs *regs)
{
	struct tracer *tr = task->target->tracer;

	while (!list_empty(&task->watches)) {
		struct watch *w = watch_of(task->watches.next);
		void *cookie = w->cookie;

		if (!task->target->arch->has_returned(&w->entry, regs))
			return;
		if (w->site != site) {
			abandon(task, w);
			continue;
		}
		watch_free(w);
		tr->events->returned(tr->ctx, task, cookie, regs);
	}
}

void watches_drop(struct task *task)
{
	list_for_each_safe (node, &task->watches)
		abandon(task, watch_of(node));
}

void target_unwatch(struct target *t, void *cookie)
{
	list_for_each (tn, &t->tasks) {
		struct task *task = container_of(tn, struct task, node);

		list_for_each_safe (node, &task->watches)
			if (watch_of(node)->cookie == cookie)
				watch_free(watch_of(node));
	}
}

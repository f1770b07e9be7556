/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a tracer that was killed has left in its target: breakpoints, scratch
 * memory and the fallback handler. It is taken over as if it were ours and
 * then taken away, when the target is attached again. All that is known of it
 * is read from the target, and is checked.
 */
#include "target-int.h"

#include "log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_MAX = 1 << 20 };

static uint64_t masked_off(const struct fallback_header *h)
{
	return FALLBACK_SITES +
	       (uint64_t)h->site_cap * sizeof(struct fallback_site);
}

static bool is_orphan(struct target *t, const struct vma *v,
		      struct fallback_header *ret)
{
	return v->exec && v->shared && !v->write && !v->offset &&
	       mapping_is_scratch(v) &&
	       !memory_raw_read(t, v->start, ret, sizeof(*ret)) &&
	       ret->magic == FALLBACK_MAGIC &&
	       ret->version == FALLBACK_VERSION && ret->base == v->start &&
	       ret->size == v->end - v->start &&
	       ret->slots_off >= FALLBACK_SITES &&
	       ret->slots_off <= ret->size && ret->site_cap <= CAP_MAX &&
	       !(ret->site_cap & (ret->site_cap - 1)) &&
	       ret->masked_cap <= CAP_MAX &&
	       masked_off(ret) + (uint64_t)ret->masked_cap *
					 sizeof(struct fallback_masked) <=
		       ret->slots_off;
}

static struct scratch *adopt_scratch(struct target *t,
				     const struct fallback_header *h)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	list_init(&s->node);
	s->base = h->base;
	s->size = h->size;
	s->nslots = (h->size - h->slots_off) / FALLBACK_SLOT;
	s->next_slot = s->nslots;
	s->head = malloc(sizeof(*s->head));
	s->by_slot = calloc(s->nslots + 1, sizeof(struct site *));
	if (!s->head || !s->by_slot) {
		free(s->head);
		free(s->by_slot);
		free(s);
		return NULL;
	}
	*s->head = *h;
	/* the one with the handler goes first */
	if (h->site_cap)
		list_insert(&t->scratches, &s->node);
	else
		list_push(&t->scratches, &s->node);
	return s;
}

/* Mapped, but not in use yet: that tracer died too early. */
static bool is_unfinished(struct target *t, const struct vma *v)
{
	struct fallback_header h;

	return v->exec && v->shared && !v->write && !v->offset &&
	       mapping_is_scratch(v) &&
	       !memory_raw_read(t, v->start, &h, sizeof(h)) && !h.magic;
}

static struct scratch *adopt_unfinished(struct target *t, const struct vma *v)
{
	uint64_t size = v->end - v->start;
	struct fallback_header h = {
		.base = v->start, .size = size, .slots_off = size};

	return adopt_scratch(t, &h);
}

static struct scratch *scratch_of(struct target *t, uint64_t slot)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);
		uint64_t slots = s->base + s->head->slots_off;

		if (slot >= slots && slot < s->base + s->size &&
		    (slot - slots) % FALLBACK_SLOT == 0)
			return s;
	}
	return NULL;
}

static int adopt_site(struct target *t, const struct fallback_site *e)
{
	struct scratch *s = scratch_of(t, e->slot);
	struct site *site;
	struct plan plan;

	if (!s || site_get(t, e->addr) || e->len > sizeof(e->orig) ||
	    t->arch->plan(e->addr, e->orig, sizeof(e->orig), &plan, NULL) ||
	    plan.len != e->len)
		return ERR_FORMAT;
	site = site_adopt(t, &plan);
	if (!site)
		return ERR_NOMEM;
	if (t->arch->slot_build(&plan, e->slot, &site->code, NULL)) {
		site_free(site);
		return ERR_FORMAT;
	}
	site->scratch = s;
	site->slot = e->slot;
	site->planted = e->planted;
	site->strategy = STRATEGY_BOOST;
	s->by_slot[(e->slot - s->base - s->head->slots_off) / FALLBACK_SLOT] =
		site;
	return 0;
}

static void adopt_sites(struct target *t, const struct scratch *s)
{
	enum { BATCH = 128 };
	struct fallback_site e[BATCH];
	uint64_t at = s->base + FALLBACK_SITES;

	for (uint32_t i = 0; i < s->head->site_cap; i += BATCH) {
		uint32_t n = s->head->site_cap - i;

		if (n > BATCH)
			n = BATCH;
		if (memory_raw_read(t, at + i * sizeof(*e), e, n * sizeof(*e)))
			return;
		for (uint32_t j = 0; j < n; j++)
			if (e[j].addr && adopt_site(t, &e[j]))
				log_debug("no site at 0x%" PRIx64, e[j].addr);
	}
}

static void adopt_mask(struct target *t, const struct fallback_masked *m)
{
	struct task *task = m->tid ? task_find(t->tracer, (pid_t)m->tid) : NULL;

	if (!task || task->target != t ||
	    proc_start_time(task->tid) != m->start_time)
		return;
	task->masked = true;
	task->open_mask = m->open_mask;
}

static void adopt_masks(struct target *t, const struct scratch *s)
{
	enum { BATCH = 128 };
	struct fallback_masked m[BATCH];
	uint64_t at = s->base + masked_off(s->head);

	for (uint32_t i = 0; i < s->head->masked_cap; i += BATCH) {
		uint32_t n = s->head->masked_cap - i;

		if (n > BATCH)
			n = BATCH;
		if (memory_raw_read(t, at + i * sizeof(*m), m, n * sizeof(*m)))
			return;
		for (uint32_t j = 0; j < n; j++)
			adopt_mask(t, &m[j]);
	}
}

/* From here on hits are served as if the sites were ours. */
static void adopt(struct target *t)
{
	struct scratch *first =
		container_of(t->scratches.next, struct scratch, node);

	if (!first->head->magic)
		return;
	t->guarded = true;
	t->old_action[0] = first->head->old_handler;
	t->old_action[1] = first->head->old_flags;
	t->old_action[2] = first->head->old_restorer;
	t->old_action[3] = first->head->old_mask;
	t->opened = first->head->opened;
	/* then a frame of ours may be below the program's handler */
	t->trap_forwarded = first->head->old_handler > 1;
	adopt_sites(t, first);
	adopt_masks(t, first);
}

static void clean(struct target *t)
{
	stop_drain(t);
	site_lift_all(t);
	stop_leave_handler(t);
	stop_settle(t);
	stop_take_out_of_slots(t);
	guard_restore_masks(t);
	target_restore(t, NULL);
	target_forget_memory(t);
	t->rescued = true;
	log_info("process %d: breakpoints of a tracer that was killed have "
		 "been removed",
		 (int)t->pid);
}

int rescue(struct target *t, struct err *err)
{
	struct fallback_header h;
	int rc = mapping_begin(t, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < t->map.n && !rc; i++) {
		const struct vma *v = &t->map.v[i];

		if ((is_orphan(t, v, &h) && !adopt_scratch(t, &h)) ||
		    (is_unfinished(t, v) && !adopt_unfinished(t, v)))
			rc = err_set(err, ERR_NOMEM, "out of memory");
	}
	if (!list_empty(&t->scratches))
		frame_look(t, &t->map);
	mapping_end(t);
	if (rc || list_empty(&t->scratches)) {
		scratch_free_all(t);
		return rc;
	}
	adopt(t);
	rc = target_stop(t, err);
	if (rc)
		return rc;
	clean(t);
	target_resume(t);
	return 0;
}

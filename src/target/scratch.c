/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scratch memory: a memfd that the target maps readable and executable, and
 * that only the tracer's own mapping can write. The first one of a target
 * carries the fallback handler and the table of all sites; further ones give
 * slots to texts that are too far away from it. Where there is no room as near
 * as slots want to be, and the machine can do with guarded ones, it may lie
 * farther.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reaches(const struct scratch *s, const struct vma *v,
		    uint64_t reach)
{
	uint64_t low = v->start < s->base ? v->start : s->base;
	uint64_t s_end = s->base + s->size;
	uint64_t high = v->end > s_end ? v->end : s_end;

	return high - low < reach;
}

/* Nothing can be injected, and that will not change: see target.h. */
static void do_without(struct target *t, const char *why)
{
	char text[ERR_TEXT_MAX + 256];

	t->no_scratch = true;
	snprintf(text, sizeof(text),
		 "%s. It is probed in place: slower, and should the tracer be "
		 "killed, the next probe that is reached kills the process",
		 why);
	log_info("%s", text);
	if (t->tracer->events.warned)
		t->tracer->events.warned(t->tracer->ctx, t, text);
	list_for_each (node, &t->tasks)
		guard_task(container_of(node, struct task, node));
}

/* All tasks are stopped while it is made. */
static int make_within(struct target *t, const struct vma *v, uint64_t reach,
		       struct scratch **ret, struct err *err)
{
	struct err why;
	int rc = target_stop(t, err);

	if (rc)
		return rc;
	rc = scratch_make(t, v, reach, ret, &why);
	if (list_empty(&t->scratches) &&
	    (rc == ERR_REFUSED || rc == ERR_PERM || rc == ERR_IO)) {
		do_without(t, why.text);
		rc = ERR_UNSUPP;
	}
	if (rc && err)
		*err = why;
	target_resume(t);
	return rc;
}

static struct scratch *find_within(struct target *t, const struct vma *v,
				   uint64_t reach)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if (reaches(s, v, reach) && s->next_slot < s->nslots)
			return s;
	}
	return NULL;
}

/* Finds or makes room for slots near a text, or else for guarded ones.
 * ERR_UNSUPP, no_scratch set: not in this target, nor need it be. */
int scratch_near(struct target *t, const struct vma *v, struct scratch **ret,
		 struct err *err)
{
	uint64_t near = t->arch->slot_reach, far = t->arch->slot_far;
	int rc = ERR_LIMIT;

	if (t->no_scratch)
		return ERR_UNSUPP;
	*ret = find_within(t, v, near);
	if (*ret)
		return 0;
	if (!far || scratch_may_fit(t, v))
		rc = make_within(t, v, near, ret, err);
	if (!far || rc != ERR_LIMIT)
		return rc;
	*ret = find_within(t, v, far);
	return *ret ? 0 : make_within(t, v, far, ret, err);
}

static struct scratch *first_of(const struct target *t)
{
	return list_empty(&t->scratches)
		       ? NULL
		       : container_of(t->scratches.next, struct scratch, node);
}

/* Stores what others find the rest by, after the rest. A 32-bit upd has 32-bit
 * targets only, whose handlers look at the low half. */
void scratch_publish(uint64_t *p, uint64_t v)
{
#ifdef __LP64__
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
#else
	uint32_t *half = (uint32_t *)(void *)p;
	const int low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	__atomic_store_n(&half[!low], (uint32_t)(v >> 32), __ATOMIC_RELAXED);
	__atomic_store_n(&half[low], (uint32_t)v, __ATOMIC_RELEASE);
#endif
}

static struct fallback_site *entry_of(struct scratch *s, uint64_t addr)
{
	uint32_t cap = s->head->site_cap;
	uint32_t i = FALLBACK_HASH(addr, cap);

	while (s->table[i].addr && s->table[i].addr != addr)
		i = (i + 1) & (cap - 1);
	return &s->table[i];
}

void scratch_site_enter(struct target *t, struct site *site)
{
	struct scratch *first = first_of(t);
	struct fallback_site *e;
	bool is_new;

	if (!first || !site->slot)
		return;
	e = entry_of(first, site->addr);
	is_new = !e->addr;
	if (is_new)
		e->next = first->head->last;
	e->slot = site->slot;
	memcpy(e->orig, site->plan.insn, sizeof(e->orig));
	e->len = site->plan.len;
	e->copy_len = site->code.copy_len;
	scratch_publish(&e->addr, site->addr);
	if (!is_new)
		return;
	first->table_used++;
	__atomic_store_n(&first->head->last, (uint32_t)(e - first->table) + 1,
			 __ATOMIC_RELEASE);
}

/* Gives the site a slot, and the fallback handler what it must know, before
 * the breakpoint is planted. */
int scratch_slot(struct target *t, struct scratch *s, struct site *site,
		 struct err *err)
{
	struct scratch *first = first_of(t);
	uint64_t off;
	int rc;

	if (first->table_used >= first->nsites / 4 * 3 || s->next_slot >= s->nslots)
		return err_set(err, ERR_LIMIT,
			       "%zu places in one process are "
			       "probed already, more than that is not possible",
			       first->table_used);
	off = s->head->slots_off + s->next_slot * FALLBACK_SLOT;
	rc = t->arch->slot_build(&site->plan, s->base + off, &site->code, err);
	if (rc)
		return rc;
	memcpy((uint8_t *)s->map + off, site->code.bytes, site->code.len);
	site->scratch = s;
	site->slot = s->base + off;
	s->by_slot[s->next_slot++] = site;
	scratch_site_enter(t, site);
	return 0;
}

void scratch_site_state(struct target *t, struct site *site)
{
	struct scratch *first = first_of(t);

	if (first && first->table && site->slot)
		entry_of(first, site->addr)->planted = site->planted;
}

struct site *scratch_site_at(struct target *t, uint64_t pc)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);
		uint64_t slots = s->base + s->head->slots_off;

		if (pc >= slots && pc < s->base + s->size)
			return s->by_slot[(pc - slots) / FALLBACK_SLOT];
	}
	return NULL;
}

/* A served trap is not delivered, unless we die before the task goes on: then
 * the fallback handler finds this note, and lets it go on. */
void scratch_resuming(struct target *t, uint64_t pc, uint64_t sp)
{
	struct scratch *first = first_of(t);

	if (!first)
		return;
	first->head->resumed_sp = sp;
	scratch_publish(&first->head->resumed_pc, pc);
}

void scratch_forbid_calls(struct target *t)
{
	struct scratch *first = first_of(t);

	if (first && first->map)
		first->head->no_calls = 1;
}

/* ---- the end ------------------------------------------------------------ */

void scratch_free(struct scratch *s)
{
	if (s->map)
		owner_unmap(s->map, s->size);
	else
		free(s->head); /* a copy: see rescue.c */
	list_remove(&s->node);
	free(s->by_slot);
	free(s);
}

static bool is_mapped(struct target *t, const struct scratch *s)
{
	const struct vma *v = mapping_at(&t->map, s->base);

	return v && mapping_is_scratch(v) && v->exec && v->start == s->base &&
	       v->end == s->base + s->size;
}

static bool is_gone(struct target *t, const struct scratch *s)
{
	struct err err;
	bool gone;

	if (mapping_begin(t, &err))
		return false;
	gone = !is_mapped(t, s);
	mapping_end(t);
	return gone;
}

static struct scratch *scratch_holding(struct target *t, uint64_t addr)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if (addr >= s->base && addr < s->base + s->size)
			return s;
	}
	return NULL;
}

bool scratch_is_lost(struct task *task, const siginfo_t *si)
{
	struct target *t = task->target;
	uint64_t pc = task_pc(task);
	struct scratch *s = scratch_holding(t, pc);
	char text[128];

	/* a fault of the processor's, on fetching that instruction */
	if (!s || (si->si_signo != SIGSEGV && si->si_signo != SIGBUS) ||
	    si->si_code <= 0 || si->si_code == SI_KERNEL ||
	    !scratch_site_at(t, pc) ||
	    (uint64_t)(uintptr_t)si->si_addr - s->base >= s->size ||
	    !is_gone(t, s))
		return false;
	step_leave_slot(task, NULL);
	if (t->no_scratch) /* another task was here before */
		return true;
	snprintf(text, sizeof(text),
		 "process %d has taken away the memory that probing needs",
		 (int)t->pid);
	guard_give_up(task);
	do_without(t, text);
	site_in_place_all(t);
	return true;
}

/* What the program has put where ours was is left alone, unless there was no
 * memory to look. */
void scratch_unmap(struct target *t, struct inject *in)
{
	int64_t ignored;

	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if ((t->map.n && !is_mapped(t, s)) ||
		    inject_call(in, ARCH_SYS_MUNMAP,
				(uint64_t[6]){s->base, s->size}, &ignored,
				NULL))
			log_debug("process %d left its scratch memory",
				  (int)t->pid);
	}
}

void scratch_free_all(struct target *t)
{
	list_for_each (node, &t->tasks)
		container_of(node, struct task, node)->noted = NULL;
	while (!list_empty(&t->scratches))
		scratch_free(
			container_of(t->scratches.next, struct scratch, node));
	t->guarded = false;
	t->opened = 0;
}

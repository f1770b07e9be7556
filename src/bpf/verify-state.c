/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * States: copies of them, the order between them, and joining two.
 */
#include "verify-int.h"

#include <stdlib.h>
#include <string.h>

struct vreg vreg_scalar(struct scalar s)
{
	struct vreg r;

	memset(&r, 0, sizeof(r));
	r.kind = V_SCALAR;
	r.s = s;
	return r;
}

struct vreg vreg_pointer(enum vkind kind, uint32_t index)
{
	struct vreg r = vreg_scalar(scalar_const(0));

	r.kind = (uint8_t)kind;
	r.index = index;
	return r;
}

/* ---- copies ---- */

static size_t frame_size(const struct vframe *f)
{
	return offsetof(struct vframe, slots) +
	       f->nslots * sizeof(struct vslot);
}

struct vsnap *verify_snap(struct verifier *v)
{
	const struct vstate *cur = &v->cur;
	size_t size = sizeof(struct vsnap);
	struct vsnap *s;
	char *at;

	for (unsigned f = 0; f < cur->nframes; f++)
		size += frame_size(&cur->frames[f]);
	s = malloc(size);
	if (!s)
		return NULL;
	*s = (struct vsnap){.parent = cur->parent,
			    .bytes = size,
			    .pc = cur->pc,
			    .nframes = cur->nframes,
			    .since = cur->since};
	at = (char *)(s + 1);
	for (unsigned f = 0; f < cur->nframes; f++) {
		size = frame_size(&cur->frames[f]);
		s->frames[f] = memcpy(at, &cur->frames[f], size);
		at += size;
	}
	v->bytes += s->bytes;
	return s;
}

void verify_unsnap(struct verifier *v, struct vsnap *s)
{
	v->cur.parent = s->parent;
	v->cur.pc = s->pc;
	v->cur.nframes = s->nframes;
	v->cur.since = s->since;
	for (unsigned f = 0; f < s->nframes; f++)
		memcpy(&v->cur.frames[f], s->frames[f],
		       frame_size(s->frames[f]));
	verify_drop(v, s);
}

void verify_drop(struct verifier *v, struct vsnap *s)
{
	v->bytes -= s->bytes;
	free(s);
}

/* ---- slots ---- */

bool vslot_value(const struct vslot *slot, struct vreg *ret_reg)
{
	bool zero = true;

	if (slot->byte[0] == B_SPILL) {
		*ret_reg = slot->reg;
		return true;
	}
	for (int i = 0; i < 8; i++) {
		if (slot->byte[i] == B_NONE)
			return false;
		zero = zero && slot->byte[i] == B_ZERO;
	}
	*ret_reg = vreg_scalar(zero ? scalar_const(0) : scalar_unknown);
	return true;
}

static const struct vslot no_slot;

static const struct vslot *slot_of(const struct vframe *f, unsigned n)
{
	return n < f->nslots ? &f->slots[n] : &no_slot;
}

static unsigned most_slots(const struct vframe *a, const struct vframe *b)
{
	return a->nslots > b->nslots ? a->nslots : b->nslots;
}

/* ---- the order ---- */

/* Which id of one state is which of the other. */
struct ids {
	unsigned n;
	struct {
		uint64_t a, b, joined;
	} pairs[64];
};

/* b stands where a stood before, or a was not seen yet. */
static bool same_id(struct ids *ids, uint64_t a, uint64_t b)
{
	for (unsigned i = 0; i < ids->n; i++)
		if (ids->pairs[i].a == a)
			return ids->pairs[i].b == b;
	if (ids->n == 64)
		return false;
	ids->pairs[ids->n].a = a;
	ids->pairs[ids->n++].b = b;
	return true;
}

/* Whatever is fine with old is fine with new. */
static bool reg_covers(struct ids *ids, const struct vreg *old,
		       const struct vreg *new)
{
	if (old->kind == V_NOTINIT)
		return true;
	if (old->kind == V_SCALAR && new->kind != V_SCALAR)
		return new->kind !=
		       V_NOTINIT &&scalar_within(&scalar_unknown, &old->s);
	if (old->kind == V_VALUE_OR_NULL && new->kind == V_VALUE_OR_NULL &&
	    !same_id(ids, old->id, new->id))
		return false;
	return old->kind == new->kind && old->frame == new->frame &&
	       old->index == new->index &&scalar_within(&new->s, &old->s);
}

static bool byte_covers(uint8_t old, uint8_t new)
{
	if (old == B_NONE || old == new)
		return true;
	return old == B_MISC && new != B_NONE;
}

static bool slot_covers(struct ids *ids, const struct vslot *old,
			const struct vslot *new)
{
	struct vreg value;

	if (old->byte[0] == B_SPILL)
		return vslot_value(new, &value) &&
		       reg_covers(ids, &old->reg, &value);
	if (new->byte[0] == B_SPILL &&new->reg.kind == V_SCALAR &&
	    !new->reg.s.umax)
		return true;
	for (int i = 0; i < 8; i++)
		if (!byte_covers(old->byte[i], new->byte[i]))
			return false;
	return true;
}

static bool frame_covers(struct ids *ids, const struct vframe *old,
			 const struct vframe *new)
{
	unsigned n = most_slots(old, new);

	for (int r = 0; r < BPF_NREGS; r++)
		if (!reg_covers(ids, &old->r[r], &new->r[r]))
			return false;
	for (unsigned i = 0; i < n; i++)
		if (!slot_covers(ids, slot_of(old, i), slot_of(new, i)))
			return false;
	return true;
}

bool verify_covers(const struct vsnap *s, const struct vstate *cur)
{
	struct ids ids = {0};

	for (unsigned f = 0; f < s->nframes; f++)
		if (!frame_covers(&ids, s->frames[f], &cur->frames[f]))
			return false;
	return true;
}

static bool same_slots(const struct vframe *a, const struct vframe *b)
{
	unsigned n = most_slots(a, b);

	for (unsigned i = 0; i < n; i++)
		if (memcmp(slot_of(a, i), slot_of(b, i), sizeof(no_slot)) != 0)
			return false;
	return true;
}

bool verify_same(const struct vsnap *s, const struct vstate *cur)
{
	for (unsigned f = 0; f < s->nframes; f++) {
		const struct vframe *a = s->frames[f], *b = &cur->frames[f];

		if (memcmp(a->r, b->r, sizeof(a->r)) != 0 || !same_slots(a, b))
			return false;
	}
	return true;
}

/* The same calls lead to both. */
bool verify_alike(const struct vsnap *s, const struct vstate *cur)
{
	if (s->nframes != cur->nframes)
		return false;
	for (unsigned f = 1; f < s->nframes; f++)
		if (s->frames[f]->back != cur->frames[f].back ||
		    s->frames[f]->callback != cur->frames[f].callback)
			return false;
	return true;
}

/* ---- joining ---- */

struct join {
	struct verifier *v;
	struct ids ids;
	bool widen; /* to all numbers at once, so that it comes to an end */
};

/* Pointers that are NULL together in both are so in the result. */
static uint64_t join_id(struct join *j, uint64_t a, uint64_t b)
{
	struct ids *ids = &j->ids;

	for (unsigned i = 0; i < ids->n; i++)
		if (ids->pairs[i].a == a && ids->pairs[i].b == b)
			return ids->pairs[i].joined;
	if (ids->n == 64)
		return ++j->v->last_id;
	ids->pairs[ids->n].a = a;
	ids->pairs[ids->n].b = b;
	ids->pairs[ids->n].joined = ++j->v->last_id;
	return ids->pairs[ids->n++].joined;
}

static bool value_like(const struct vreg *r)
{
	return r->kind == V_VALUE_OR_NULL || (r->kind == V_VALUE && !r->s.umax);
}

static struct scalar join_scalar(struct join *j, const struct scalar *old,
				 const struct scalar *new)
{
	if (scalar_within(new, old))
		return *old;
	return j->widen ? scalar_unknown : scalar_join(old, new);
}

static struct vreg join_reg(struct join *j, const struct vreg *old,
			    const struct vreg *new)
{
	struct vreg r = *old;

	if (!old->kind || !new->kind) {
		memset(&r, 0, sizeof(r));
		return r;
	}
	if (old->index == new->index &&
	    old->frame == new->frame &&value_like(old) && value_like(new) &&
	    (old->kind == V_VALUE_OR_NULL || new->kind == V_VALUE_OR_NULL)) {
		r = vreg_pointer(V_VALUE_OR_NULL, old->index);
		r.id = join_id(j, old->id, new->id);
		return r;
	}
	if (old->kind != new->kind || old->frame != new->frame ||
	    old->index != new->index)
		return vreg_scalar(scalar_unknown);
	r.s = join_scalar(j, &old->s, &new->s);
	return r;
}

static uint8_t join_byte(uint8_t a, uint8_t b)
{
	if (!a || !b)
		return B_NONE;
	return a == B_ZERO && b == B_ZERO ? B_ZERO : B_MISC;
}

static struct vslot join_slot(struct join *j, const struct vslot *old,
			      const struct vslot *new)
{
	struct vslot slot;
	struct vreg a, b;

	memset(&slot, 0, sizeof(slot));
	if (vslot_value(old, &a) && vslot_value(new, &b)) {
		memset(slot.byte, B_SPILL, 8);
		slot.reg = join_reg(j, &a, &b);
		return slot;
	}
	for (int i = 0; i < 8; i++)
		slot.byte[i] = join_byte(old->byte[i], new->byte[i]);
	return slot;
}

static void join_frame(struct join *j, const struct vframe *old,
		       struct vframe *new)
{
	unsigned n = most_slots(old, new);

	for (int r = 0; r < BPF_NREGS; r++)
		new->r[r] = join_reg(j, &old->r[r], &new->r[r]);
	for (unsigned i = 0; i < n; i++)
		new->slots[i] = join_slot(j, slot_of(old, i), slot_of(new, i));
	new->nslots = (uint16_t)n;
}

void verify_join(struct verifier *v, const struct vsnap *s, bool widen)
{
	struct join j = {.v = v, .widen = widen};

	for (unsigned f = 0; f < s->nframes; f++)
		join_frame(&j, s->frames[f], &v->cur.frames[f]);
}

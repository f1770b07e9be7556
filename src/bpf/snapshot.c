/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * States put by: packed to what is in use, to be followed later or to compare
 * others with. Of registers only those count that are still read.
 */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 64 << 20 }; /* of all snapshots together */

struct snap_frame {
	struct reg regs[BPF_FP]; /* r10 is always the same */
	uint32_t nslots, back;
	struct activation *activation;
	struct slot *slots;
};

struct snapshot {
	uint32_t pc, nframes;
	size_t bytes;
	struct snap_frame frames[]; /* all slots are behind the last */
};

struct snapshot *snapshot_take(struct verifier *v, const struct state *s)
{
	size_t bytes = sizeof(struct snapshot);
	struct snapshot *snap;
	struct slot *slots;

	for (uint32_t n = 0; n < s->nframes; n++)
		bytes += sizeof(struct snap_frame) +
			 s->frames[n].nslots * sizeof(*slots);
	if (v->bytes + bytes > BYTES_MAX)
		return NULL;
	snap = malloc(bytes);
	if (!snap)
		return NULL;
	v->bytes += bytes;
	v->compared += bytes / sizeof(*slots);
	snap->bytes = bytes;
	snap->pc = s->pc;
	snap->nframes = s->nframes;
	slots = (struct slot *)(void *)&snap->frames[s->nframes];
	for (uint32_t n = 0; n < s->nframes; n++) {
		const struct frame *f = &s->frames[n];
		struct snap_frame *to = &snap->frames[n];

		memcpy(to->regs, f->regs, sizeof(to->regs));
		to->nslots = f->nslots;
		to->back = f->back;
		to->activation = f->activation;
		to->slots = slots;
		memcpy(slots, f->slots, f->nslots * sizeof(*slots));
		slots += f->nslots;
	}
	return snap;
}

void snapshot_free(struct verifier *v, struct snapshot *snap)
{
	if (!snap)
		return;
	v->bytes -= snap->bytes;
	free(snap);
}

void snapshot_restore(const struct snapshot *snap, struct state *s)
{
	s->pc = snap->pc;
	s->nframes = snap->nframes;
	for (uint32_t n = 0; n < s->nframes; n++) {
		const struct snap_frame *from = &snap->frames[n];
		struct frame *f = &s->frames[n];

		memcpy(f->regs, from->regs, sizeof(from->regs));
		f->regs[BPF_FP] = reg_pointer(REG_STACK, 0);
		f->regs[BPF_FP].frame = (uint8_t)n;
		f->nslots = from->nslots;
		f->back = from->back;
		f->activation = from->activation;
		memcpy(f->slots, from->slots, from->nslots * sizeof(*f->slots));
	}
}

bool snapshot_before(const struct snapshot *a, const struct snapshot *b)
{
	if (a->nframes != b->nframes)
		return a->nframes > b->nframes;
	return a->pc < b->pc;
}

/* ---- comparing ---- */

/* Which lookup of one state stands for which of the other: registers that are
 * known to be the same lookup in the first must be so in the second. */
struct ids {
	uint32_t from[64], to[64];
	int n;
};

static bool same_id(struct ids *ids, uint32_t from, uint32_t to)
{
	for (int i = 0; i < ids->n; i++)
		if (ids->from[i] == from)
			return ids->to[i] == to;
	if (ids->n == 64)
		return false;
	ids->from[ids->n] = from;
	ids->to[ids->n++] = to;
	return true;
}

static bool same_pointer(const struct reg *a, const struct reg *b)
{
	return a->kind == b->kind && a->ref == b->ref && a->frame == b->frame;
}

static bool reg_covers(struct ids *ids, const struct reg *a,
		       const struct reg *b)
{
	if (a->kind == REG_UNSET)
		return true;
	if (!same_pointer(a, b) || !scalar_covers(&a->s, &b->s))
		return false;
	return a->kind != REG_VALUE_OR_NULL || same_id(ids, a->id, b->id);
}

/* Which bytes of it can be read as bytes. */
static uint8_t plain_bytes(const struct slot *s)
{
	return is_pointer(&s->reg) ? 0 : s->init;
}

static bool slot_covers(struct ids *ids, const struct slot *a,
			const struct slot *b)
{
	struct scalar any = scalar_any();

	if (is_pointer(&a->reg))
		return reg_covers(ids, &a->reg, &b->reg);
	if (a->init & ~plain_bytes(b))
		return false;
	if (a->reg.kind == REG_UNSET)
		return true;
	return scalar_covers(&a->reg.s,
			     b->reg.kind == REG_SCALAR ? &b->reg.s : &any);
}

/* The parts of a frame that are compared, packed or not. */
struct view {
	const struct reg *regs;
	const struct slot *slots;
	uint32_t nslots;
};

static struct view view_of(const struct frame *f)
{
	return (struct view){f->regs, f->slots, f->nslots};
}

static struct view view_of_snap(const struct snap_frame *f)
{
	return (struct view){f->regs, f->slots, f->nslots};
}

static bool frame_covers(struct verifier *v, struct ids *ids, uint16_t live,
			 struct view a, struct view b)
{
	static const struct slot unset;

	for (int i = 0; i < BPF_FP; i++) {
		if (!(live & 1u << i))
			continue;
		v->compared++;
		if (!reg_covers(ids, &a.regs[i], &b.regs[i]))
			return false;
	}
	for (uint32_t i = 0; i < a.nslots; i++) {
		v->compared++;
		if (!slot_covers(ids, &a.slots[i],
				 i < b.nslots ? &b.slots[i] : &unset))
			return false;
	}
	return true;
}

static uint16_t live_in_frame(const struct verifier *v,
			      const struct snapshot *snap, uint32_t n)
{
	if (n + 1 == snap->nframes)
		return v->info[snap->pc].live;
	/* A call is never the last instruction. */
	return v->info[snap->frames[n + 1].back + 1].live;
}

/* Is it called from the same place, and will what follows be the same? */
static bool same_call(const struct snap_frame *a, const struct frame *b)
{
	const struct activation *x = a->activation, *y = b->activation;
	struct ids ids = {.n = 0};

	if (a->back != b->back || !x != !y)
		return false;
	if (x == y)
		return true;
	if (x->func != y->func)
		return false;
	for (int i = 0; i < 5; i++)
		if (!reg_covers(&ids, &x->args[i], &y->args[i]))
			return false;
	return true;
}

static bool same_place(const struct snapshot *snap, const struct state *s)
{
	if (snap->pc != s->pc || snap->nframes != s->nframes)
		return false;
	for (uint32_t n = 1; n < s->nframes; n++)
		if (!same_call(&snap->frames[n], &s->frames[n]))
			return false;
	return true;
}

bool snapshot_covers(struct verifier *v, const struct snapshot *snap,
		     const struct state *s)
{
	struct ids ids = {.n = 0};

	if (!same_place(snap, s))
		return false;
	/* The innermost frame is the likeliest to differ. */
	for (uint32_t n = s->nframes; n-- > 0;)
		if (!frame_covers(v, &ids, live_in_frame(v, snap, n),
				  view_of_snap(&snap->frames[n]),
				  view_of(&s->frames[n])))
			return false;
	return true;
}

bool snapshot_same(struct verifier *v, const struct snapshot *snap,
		   const struct state *s)
{
	struct ids ids = {.n = 0};

	if (!snapshot_covers(v, snap, s))
		return false;
	for (uint32_t n = 0; n < s->nframes; n++)
		if (snap->frames[n].activation != s->frames[n].activation ||
		    !frame_covers(v, &ids, live_in_frame(v, snap, n),
				  view_of(&s->frames[n]),
				  view_of_snap(&snap->frames[n])))
			return false;
	return true;
}

/* ---- joining ---- */

/* In few steps, or a loop could take as many as there are numbers. */
static struct scalar widen(const struct scalar *a, const struct scalar *b)
{
	static const uint64_t ends[] = {UINT8_MAX, UINT16_MAX, UINT32_MAX,
					INT64_MAX};
	struct scalar r = scalar_any(), both = scalar_join(a, b);

	if (scalar_covers(a, b))
		return *a;
	for (int i = 0; i < 4; i++) {
		if (both.umax > ends[i])
			continue;
		r = scalar_range(0, ends[i]);
		break;
	}
	r.bits |= both.bits;
	r.unknown &= both.unknown;
	scalar_settle(&r);
	return r;
}

static void reg_join(struct ids *ids, const struct reg *old, struct reg *r)
{
	bool alike = same_pointer(old, r);

	if (alike && r->kind == REG_SCALAR)
		r->s = widen(&old->s, &r->s);
	else if (!alike || !scalar_covers(&old->s, &r->s) ||
		 !scalar_covers(&r->s, &old->s) ||
		 (r->kind == REG_VALUE_OR_NULL &&
		  !same_id(ids, r->id, old->id)))
		*r = (struct reg){0};
}

static void slot_join(struct ids *ids, const struct slot *old, struct slot *s)
{
	bool pointer = is_pointer(&s->reg) && is_pointer(&old->reg);
	uint8_t init = plain_bytes(s) & plain_bytes(old);

	if (pointer ||
	    (s->reg.kind == REG_SCALAR && old->reg.kind == REG_SCALAR))
		reg_join(ids, &old->reg, &s->reg);
	else
		s->reg = (struct reg){0};
	s->init = is_pointer(&s->reg) ? s->init : init;
}

bool snapshot_join(struct verifier *v, const struct snapshot *snap,
		   struct state *s)
{
	static const struct slot unset;
	struct ids ids = {.n = 0};

	if (!same_place(snap, s))
		return false;
	for (uint32_t n = 0; n < s->nframes; n++) {
		const struct snap_frame *old = &snap->frames[n];
		uint16_t live = live_in_frame(v, snap, n);
		struct frame *f = &s->frames[n];

		for (int i = 0; i < BPF_FP; i++) {
			if (live & 1u << i)
				reg_join(&ids, &old->regs[i], &f->regs[i]);
			else
				f->regs[i] = (struct reg){0};
		}
		for (uint32_t i = 0; i < f->nslots; i++)
			slot_join(&ids,
				  i < old->nslots ? &old->slots[i] : &unset,
				  &f->slots[i]);
		/* Its arguments cover those of the other. */
		f->activation = old->activation;
		v->compared += BPF_FP + f->nslots;
	}
	return true;
}

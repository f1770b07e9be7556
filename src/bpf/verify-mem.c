/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory: context, map values and keys by their bounds; the stack byte by
 * byte, with the registers that were saved there.
 */
#include "verify-int.h"

#include <string.h>

/* Where an access may go: [lo, hi) of what `p` points to. */
struct span {
	const struct vreg *p;
	int64_t lo, hi;
	bool fixed; /* begins at lo */
};

static int64_t region_low(const struct vreg *p)
{
	return p->kind == V_STACK ? -BPF_STACK_MAX : 0;
}

static int64_t region_high(const struct verifier *v, const struct vreg *p)
{
	switch (p->kind) {
	case V_CTX:
		return v->opts->ctx_size;
	case V_VALUE:
		return v->opts->maps[p->index].value_size;
	case V_KEY:
		return v->opts->maps[p->index].key_size;
	default: /* V_STACK */
		return 0;
	}
}

static const char *region_name(const struct vreg *p)
{
	static const char *const names[] = {
		[V_STACK] = "the stack",
		[V_CTX] = "the context",
		[V_VALUE] = "the map's value",
		[V_KEY] = "the map's key",
	};

	return names[p->kind];
}

static int check_pointer(struct verifier *v, int reg, bool write)
{
	const struct vreg *p = verify_reg(v, reg);

	switch (p->kind) {
	case V_STACK:
	case V_VALUE:
		return 0;
	case V_CTX:
	case V_KEY:
		if (!write)
			return 0;
		return verify_refuse(v,
				     "r%d points to %s, which cannot be "
				     "written",
				     reg, region_name(p));
	case V_NOTINIT:
		return verify_refuse(v, "r%d was never set", reg);
	case V_VALUE_OR_NULL:
		return verify_refuse(v, "r%d may be NULL", reg);
	default:
		return verify_refuse(v, "r%d is no pointer to memory", reg);
	}
}

/* Size bytes at off from where register reg points to. */
static int find_span(struct verifier *v, int reg, int off, uint64_t size,
		     bool write, struct span *ret_span)
{
	const struct vreg *p = verify_reg(v, reg);
	int64_t lo, hi, first, end;
	int rc = check_pointer(v, reg, write);

	if (rc)
		return rc;
	first = region_low(p);
	end = region_high(v, p);
	if (size > INT32_MAX || __builtin_add_overflow(p->s.smin, off, &lo) ||
	    __builtin_add_overflow(p->s.smax, off + (int64_t)size, &hi))
		return verify_refuse(v, "r%d may point anywhere", reg);
	if (lo < first || hi > end)
		return verify_refuse(v,
				     "bytes %lld to %lld of %s are outside "
				     "of its %lld bytes",
				     (long long)lo, (long long)hi - 1,
				     region_name(p), (long long)(end - first));
	*ret_span = (struct span){p, lo, hi, scalar_is_const(&p->s)};
	return 0;
}

static int check_aligned(struct verifier *v, const struct span *s, int off,
			 int size)
{
	uint64_t low = s->p->s.val + (uint64_t)(int64_t)off;

	if (((low | s->p->s.unk) & ((uint64_t)size - 1)) == 0)
		return 0;
	return verify_refuse(v, "this is not aligned to %d bytes", size);
}

/* ---- bytes of the stack ---- */

static unsigned slot_at(int64_t off)
{
	return (unsigned)((-off - 1) / 8);
}

static unsigned byte_at(int64_t off)
{
	return (unsigned)(off & 7);
}

static struct vframe *frame_of(struct verifier *v, const struct span *s)
{
	return &v->cur.frames[s->p->frame];
}

static void use_slots(struct vframe *f, int64_t lo)
{
	unsigned n = slot_at(lo) + 1;

	if (n <= f->nslots)
		return;
	memset(&f->slots[f->nslots], 0, (n - f->nslots) * sizeof(*f->slots));
	f->nslots = (uint16_t)n;
}

static uint8_t stack_byte(const struct vframe *f, int64_t off)
{
	unsigned n = slot_at(off);

	return n < f->nslots ? f->slots[n].byte[byte_at(off)] : B_NONE;
}

/* The bytes of a saved register become bytes of their own. */
static void split_slot(struct vslot *slot)
{
	bool zero = slot->reg.kind == V_SCALAR && !slot->reg.s.umax;

	if (slot->byte[0] != B_SPILL)
		return;
	memset(slot->byte, zero ? B_ZERO : B_MISC, sizeof(slot->byte));
	memset(&slot->reg, 0, sizeof(slot->reg));
}

static void set_bytes(struct vframe *f, int64_t lo, int64_t hi, uint8_t kind)
{
	use_slots(f, lo);
	for (int64_t off = lo; off < hi; off++) {
		struct vslot *slot = &f->slots[slot_at(off)];

		split_slot(slot);
		slot->byte[byte_at(off)] = kind;
	}
}

/* Something may be written somewhere there: what was never set is not set by
 * that. */
static void blur_bytes(struct vframe *f, int64_t lo, int64_t hi)
{
	for (int64_t off = lo; off < hi; off++) {
		unsigned n = slot_at(off);

		if (n >= f->nslots)
			continue;
		split_slot(&f->slots[n]);
		if (f->slots[n].byte[byte_at(off)] != B_NONE)
			f->slots[n].byte[byte_at(off)] = B_MISC;
	}
}

static int check_set(struct verifier *v, const struct span *s)
{
	if (s->p->kind != V_STACK)
		return 0;
	for (int64_t off = s->lo; off < s->hi; off++)
		if (stack_byte(frame_of(v, s), off) == B_NONE)
			return verify_refuse(v,
					     "byte %lld of the stack was "
					     "never set",
					     (long long)off);
	return 0;
}

/* ---- loads and stores ---- */

static struct scalar any_of(int size)
{
	return scalar_low(scalar_unknown, size);
}

/* From a fixed place whose bytes are all set. */
static struct vreg stack_value(const struct vframe *f, int64_t lo, int size)
{
	const struct vslot *slot = &f->slots[slot_at(lo)];
	struct vreg reg;

	if (!byte_at(lo) && vslot_value(slot, &reg)) {
		if (size == 8)
			return reg;
		if (reg.kind == V_SCALAR)
			return vreg_scalar(scalar_low(reg.s, size));
	}
	for (int i = 0; i < size; i++)
		if (stack_byte(f, lo + i) != B_ZERO)
			return vreg_scalar(any_of(size));
	return vreg_scalar(scalar_const(0));
}

int verify_load(struct verifier *v, const struct bpf_insn *i)
{
	int size = bpf_size_bytes(i->code), rc;
	struct vreg value = vreg_scalar(any_of(size));
	struct span s;

	rc = find_span(v, i->src, i->off, (uint64_t)size, false, &s);
	if (!rc)
		rc = check_set(v, &s);
	if (!rc && s.p->kind == V_CTX)
		rc = check_aligned(v, &s, i->off, size);
	if (rc)
		return rc;
	if (s.p->kind == V_STACK && s.fixed)
		value = stack_value(frame_of(v, &s), s.lo, size);
	if (BPF_MODE(i->code) == BPF_MODE_MEMSX)
		value.s = scalar_extend(value.s, size * 8);
	*verify_reg(v, i->dst) = value;
	return 0;
}

static void stack_store(struct vframe *f, int64_t lo, int size,
			const struct vreg *value)
{
	bool zero = value->kind == V_SCALAR && !value->s.umax;
	struct vslot *slot;

	if (size < 8 || byte_at(lo)) {
		set_bytes(f, lo, lo + size, zero ? B_ZERO : B_MISC);
		return;
	}
	use_slots(f, lo);
	slot = &f->slots[slot_at(lo)];
	memset(slot->byte, B_SPILL, sizeof(slot->byte));
	slot->reg = *value;
}

int verify_store(struct verifier *v, const struct bpf_insn *i)
{
	struct vreg value =
		vreg_scalar(scalar_const((uint64_t)(int64_t)i->imm));
	int size = bpf_size_bytes(i->code), rc;
	struct span s;

	if (BPF_CLASS(i->code) == BPF_CLASS_STX)
		value = *verify_reg(v, i->src);
	if (!value.kind)
		return verify_refuse(v, "r%d was never set", i->src);
	rc = find_span(v, i->dst, i->off, (uint64_t)size, true, &s);
	if (rc || s.p->kind != V_STACK)
		return rc;
	if (s.fixed)
		stack_store(frame_of(v, &s), s.lo, size, &value);
	else
		blur_bytes(frame_of(v, &s), s.lo, s.hi);
	return 0;
}

int verify_atomic(struct verifier *v, const struct bpf_insn *i)
{
	int size = bpf_size_bytes(i->code), rc;
	int result = i->imm == BPF_CMPXCHG ? BPF_R0 : i->src;
	struct span s;

	if (!verify_reg(v, i->src)->kind)
		return verify_refuse(v, "r%d was never set", i->src);
	if (!verify_reg(v, result)->kind)
		return verify_refuse(v, "r%d was never set", result);
	rc = find_span(v, i->dst, i->off, (uint64_t)size, true, &s);
	if (!rc)
		rc = check_aligned(v, &s, i->off, size);
	if (!rc)
		rc = check_set(v, &s);
	if (rc)
		return rc;
	if (s.p->kind == V_STACK)
		blur_bytes(frame_of(v, &s), s.lo, s.hi);
	if (i->imm & BPF_FETCH)
		*verify_reg(v, result) = vreg_scalar(any_of(size));
	return 0;
}

int verify_mem(struct verifier *v, int reg, uint64_t min, uint64_t max,
	       bool write)
{
	struct span s;
	int64_t sure;
	int rc = find_span(v, reg, 0, max, write, &s);

	if (rc)
		return rc;
	if (!write)
		return check_set(v, &s);
	if (s.p->kind != V_STACK)
		return 0;
	/* What is written for sure, and what perhaps. */
	sure = s.fixed ? s.lo + (int64_t)min : s.lo;
	if (sure > s.lo)
		set_bytes(frame_of(v, &s), s.lo, sure, B_MISC);
	blur_bytes(frame_of(v, &s), sure, s.hi);
	return 0;
}

/* ---- the end of a frame ---- */

static void forget_pointer(struct vreg *r, unsigned frame)
{
	if (r->frame == frame)
		*r = vreg_scalar(scalar_unknown);
}

/* Pointers into a frame that has ended are mere numbers, and so are those
 * that a helper lent to a callback that has. */
void verify_forget_frame(struct verifier *v, unsigned frame)
{
	for (unsigned n = 0; n < frame; n++) {
		struct vframe *f = &v->cur.frames[n];

		for (int r = 0; r < BPF_NREGS; r++)
			forget_pointer(&f->r[r], frame);
		for (unsigned i = 0; i < f->nslots; i++)
			forget_pointer(&f->slots[i].reg, frame);
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of the stack: of each eight bytes the register that was
 * stored there whole, or else which bytes were written.
 */
#include "verify.h"

enum { WHOLE = 0xff };

static uint32_t slot_index(int64_t off)
{
	return (uint32_t)((-1 - off) / 8);
}

/* The slot of the byte at `off`, made if it is new. */
static struct slot *slot_at(struct frame *f, int64_t off)
{
	uint32_t i = slot_index(off);

	while (f->nslots <= i)
		f->slots[f->nslots++] = (struct slot){0};
	return &f->slots[i];
}

static struct slot slot_look(const struct frame *f, int64_t off)
{
	uint32_t i = slot_index(off);

	return i < f->nslots ? f->slots[i] : (struct slot){0};
}

/* The bytes of [lo, hi) that are in the slot of lo, as a mask. */
static uint8_t bytes_in_slot(int64_t lo, int64_t hi)
{
	int first = (int)((lo + BPF_STACK_MAX) & 7);
	int64_t n = hi - lo < 8 - first ? hi - lo : 8 - first;

	return (uint8_t)(((1u << n) - 1) << first);
}

static int64_t next_slot(int64_t off)
{
	return off - ((off + BPF_STACK_MAX) & 7) + 8;
}

int stack_need_bytes(struct verifier *v, const struct frame *f, int64_t lo,
		     int64_t hi)
{
	for (int64_t at = lo; at < hi; at = next_slot(at)) {
		struct slot s = slot_look(f, at);

		if (is_pointer(&s.reg))
			return refuse(v, "reads bytes of a pointer on the "
					 "stack as if they were a number");
		if (bytes_in_slot(at, hi) & ~s.init)
			return refuse(v,
				      "reads stack between offsets %d and %d "
				      "that was not written on every way here",
				      (int)lo, (int)hi);
	}
	return 0;
}

/* A part of a stored constant. */
static struct scalar part(const struct slot *s, int64_t off, int size)
{
	int at = (int)((off + BPF_STACK_MAX) & 7);
	struct scalar whole = s->reg.s;

	if (s->reg.kind != REG_SCALAR || !scalar_is_const(&whole) ||
	    at + size > 8) {
		whole = scalar_any();
	} else {
		if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
			at = 8 - at - size;
		whole = scalar_const(whole.umin >> (at * 8));
	}
	return scalar_zext(&whole, size * 8);
}

int stack_read(struct verifier *v, const struct frame *f,
	       const struct scalar *off, int size, struct reg *ret)
{
	struct slot s = slot_look(f, off->smin);
	struct scalar any = scalar_any();
	int rc;

	if (scalar_is_const(off) && size == 8 && !(off->smin & 7) &&
	    s.reg.kind != REG_UNSET) {
		*ret = s.reg;
		return 0;
	}
	rc = stack_need_bytes(v, f, off->smin, off->smax + size);
	if (rc)
		return rc;
	*ret = reg_scalar(scalar_is_const(off) ? part(&s, off->smin, size)
					       : scalar_zext(&any, size * 8));
	return 0;
}

/* Bytes change: what was stored whole is no longer. */
static void slot_clobber(struct slot *s, uint8_t bytes, bool set)
{
	if (is_pointer(&s->reg))
		s->init = 0;
	s->reg = (struct reg){0};
	if (set)
		s->init |= bytes;
}

void stack_clobber(struct frame *f, int64_t lo, int64_t hi, bool all)
{
	for (int64_t at = lo; at < hi; at = next_slot(at))
		slot_clobber(slot_at(f, at), bytes_in_slot(at, hi), all);
}

void stack_forget_numbers(struct frame *f)
{
	for (uint32_t i = 0; i < f->nslots; i++)
		if (f->slots[i].reg.kind == REG_SCALAR)
			f->slots[i].reg.s = scalar_any();
}

int stack_write(struct verifier *v, struct frame *f, const struct scalar *off,
		int size, const struct reg *value)
{
	bool where = scalar_is_const(off);

	if (where && size == 8 && !(off->smin & 7)) {
		*slot_at(f, off->smin) =
			(struct slot){.reg = *value, .init = WHOLE};
		return 0;
	}
	if (is_pointer(value))
		return refuse(v, "stores a pointer in part, or where it is not "
				 "aligned to 8 bytes");
	stack_clobber(f, off->smin, off->smax + size, where);
	return 0;
}

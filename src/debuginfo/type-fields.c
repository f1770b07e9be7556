/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The contents of types: fields, bit-fields, enumerators.
 */
#include <config.h>

#include "types.h"

enum { FIELDS_MAX = 65536 };

struct filler {
	struct maker *k;
	struct ctype *type;
	unsigned hops;
	size_t n;
	bool count_only;
};

/* DW_AT_data_member_location: a number, or in old DWARF an expression that
 * adds one. A virtual base has neither. */
static bool member_offset(Dwarf_Die *die, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;
	Dwarf_Op *ops;
	size_t n;

	*ret = 0;
	if (!dwarf_attr(die, DW_AT_data_member_location, &attr))
		return true;
	if (!dwarf_formudata(&attr, &v)) {
		*ret = v;
		return true;
	}
	if (dwarf_getlocation(&attr, &ops, &n) || n != 1 ||
	    (ops->atom != DW_OP_plus_uconst && ops->atom != DW_OP_constu))
		return false;
	*ret = ops->number;
	return true;
}

/* Bits from the struct's start, counted as the machine counts them. DWARF 2
 * counts from the most significant bit of a storage unit. */
static bool member_bits(Dwarf_Die *die, const struct ctype *t, bool big,
			uint64_t byte, uint64_t size, int64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Sword from_top;
	uint64_t bits, unit = type_byte_size(die, t->size);

	if (die_number(die, DW_AT_data_bit_offset, &bits)) {
		*ret = (int64_t)bits;
		return true;
	}
	if (unit > 16 || !dwarf_attr(die, DW_AT_bit_offset, &attr) ||
	    dwarf_formsdata(&attr, &from_top)) {
		*ret = (int64_t)byte * 8;
		return true;
	}
	*ret = (int64_t)(byte * 8) +
	       (big ? from_top
		    : (int64_t)(unit * 8) - from_top - (int64_t)size);
	return *ret >= 0;
}

/* The field's own unit where it fits in one, else (packed) from the byte that
 * it begins in. */
static bool place_bits(struct cfield *f, int64_t bits, uint64_t size, bool big)
{
	uint64_t unit = f->type->size, at = (uint64_t)bits, bit;

	if (!unit || unit > 8 || !size || size > unit * 8)
		return false;
	f->offset = at / (unit * 8) * unit;
	bit = at - f->offset * 8;
	if (bit + size > unit * 8) {
		f->offset = at / 8;
		bit = at % 8;
	}
	if (bit + size > unit * 8)
		return false;
	f->bit_size = (uint16_t)size;
	f->bit_offset = (uint16_t)(big ? unit * 8 - bit - size : bit);
	return true;
}

static bool make_field(struct filler *fl, Dwarf_Die *die, struct cfield *f)
{
	bool big = fl->k->m->arch->big_endian;
	uint64_t size;
	int64_t bits;

	f->name = dwarf_tag(die) == DW_TAG_inheritance ? NULL
						       : dwarf_diename(die);
	f->type = maker_target(fl->k, die, 0, fl->hops);
	if (!f->type || !member_offset(die, &f->offset))
		return false;
	if (f->name && !(f->name = ctypes_strdup(fl->k->ts, f->name)))
		return maker_fail(fl->k, ERR_NOMEM);
	if (!die_number(die, DW_AT_bit_size, &size))
		return true;
	return member_bits(die, f->type, big, f->offset, size, &bits) &&
	       place_bits(f, bits, size, big);
}

static enum die_step fill_field(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct filler *fl = ctx;
	struct cfield f = {0};
	int tag = dwarf_tag(die);

	(void)depth;
	if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
		return DIE_NEXT;
	/* C++'s static members are declarations here. */
	if (dwarf_hasattr(die, DW_AT_external) ||
	    dwarf_hasattr(die, DW_AT_declaration))
		return DIE_NEXT;
	if (fl->n == FIELDS_MAX)
		return DIE_STOP;
	if (fl->count_only)
		fl->n++;
	else if (make_field(fl, die, &f) && !(f.offset >> TYPE_SIZE_BITS))
		fl->type->fields[fl->n++] = f;
	return fl->k->rc ? DIE_STOP : DIE_NEXT;
}

static enum die_step fill_value(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct filler *fl = ctx;
	Dwarf_Attribute attr;
	struct cvalue v = {dwarf_diename(die), 0};
	Dwarf_Sword s;

	(void)depth;
	if (dwarf_tag(die) != DW_TAG_enumerator || !v.name ||
	    !dwarf_attr(die, DW_AT_const_value, &attr))
		return DIE_NEXT;
	if (fl->n == FIELDS_MAX)
		return DIE_STOP;
	if (!fl->count_only) {
		/* Unsigned forms must not be extended by their sign. */
		if (fl->type->is_signed ||
				    dwarf_whatform(&attr) == DW_FORM_sdata
			    ? dwarf_formsdata(&attr, &s)
			    : dwarf_formudata(&attr, (Dwarf_Word *)&s))
			s = 0;
		v.value = s;
		v.name = ctypes_strdup(fl->k->ts, v.name);
		if (!v.name) {
			maker_fail(fl->k, ERR_NOMEM);
			return DIE_STOP;
		}
		fl->type->is_signed |= s < 0;
		fl->type->values[fl->n] = v;
	}
	fl->n++;
	return DIE_NEXT;
}

static size_t count_items(struct maker *k, struct job *job, die_fn *fn)
{
	struct filler fl = {k, job->type, job->hops, 0, true};

	die_walk(&job->die, fn, &fl);
	return fl.n;
}

static void *room_for(struct maker *k, size_t n, size_t size)
{
	void *list = n ? ctypes_alloc(k->ts, n * size) : NULL;

	if (n && !list)
		maker_fail(k, ERR_NOMEM);
	return list;
}

static size_t fill_items(struct maker *k, struct job *job, die_fn *fn)
{
	struct filler fl = {k, job->type, job->hops, 0, false};

	if (!k->rc)
		die_walk(&job->die, fn, &fl);
	return fl.n;
}

void type_fill(struct maker *k, struct job job)
{
	struct ctype *t = job.type;
	size_t n;

	switch (t->kind) {
	case CTYPE_PTR:
		t->to = maker_target(k, &job.die, 0, job.hops);
		break;
	case CTYPE_ENUM:
		n = count_items(k, &job, fill_value);
		t->values = room_for(k, n, sizeof(*t->values));
		if (t->values)
			t->nvalues = fill_items(k, &job, fill_value);
		break;
	default:
		n = count_items(k, &job, fill_field);
		t->fields = room_for(k, n, sizeof(*t->fields));
		if (t->fields)
			t->nfields = fill_items(k, &job, fill_field);
	}
}

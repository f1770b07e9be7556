/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the PowerPC ABIs pass arguments. 64 bits: every argument has its
 * doublewords in the caller's parameter area, of which the first eight travel
 * in r3 to r10 instead, those of floating point numbers staying unused, for
 * these go to f1 to f13. ELFv1 and ELFv2 differ in where that area is and in
 * which structs come in floating point registers. 32 bits (System V): words in
 * r3 to r10, then on the stack; long longs in pairs that begin with an odd
 * register; structs by reference.
 */
#include <config.h>

#include "abi.h"
#include "callconv.h"

enum { MEMBERS_MAX = 8, DEPTH_MAX = 16 };

struct counts {
	unsigned words; /* of the parameter area, or r3 to r10 */
	unsigned floats, vectors;
	uint64_t stack; /* 32 bits: bytes of the stack area */
};

static bool is_struct(const struct parameter *p)
{
	return !p->by_ref && p->type && !p->type->is_vector &&
	       (p->type->kind == CTYPE_STRUCT || p->type->kind == CTYPE_UNION ||
		p->type->kind == CTYPE_ARRAY);
}

static bool is_vector(const struct parameter *p)
{
	return !p->by_ref && p->type && p->type->is_vector;
}

static bool is_float(const struct parameter *p)
{
	return !p->by_ref && p->type && p->type->kind == CTYPE_FLOAT;
}

static uint64_t size_of(const struct parameter *p, unsigned word)
{
	return p->by_ref || !p->type ? word : p->type->size;
}

/* Numbers of one floating point type and nothing else: how many, 0: it isn't
 * that. */
static unsigned same_floats(const struct ctype *t, uint64_t *size,
			    unsigned depth)
{
	unsigned n = 0, of_field;

	if (!t || depth > DEPTH_MAX)
		return 0;
	if (t->kind == CTYPE_FLOAT) {
		if (*size && *size != t->size)
			return 0;
		*size = t->size;
		return 1;
	}
	if (t->kind == CTYPE_ARRAY) {
		n = same_floats(t->to, size, depth + 1);
		return t->count <= MEMBERS_MAX ? n * (unsigned)t->count : 0;
	}
	if (t->kind != CTYPE_STRUCT)
		return 0;
	for (size_t i = 0; i < t->nfields; i++) {
		of_field = same_floats(t->fields[i].type, size, depth + 1);
		if (!of_field || n + of_field > MEMBERS_MAX)
			return 0;
		n += of_field;
	}
	return n * *size == t->size ? n : 0;
}

/* ---- where one is -------------------------------------------------------- */

static int on_stack(const struct place_at *at, const struct parameter *p,
		    uint64_t offset, struct loc *ret)
{
	int rc = expr_cfa(at, (int64_t)offset, ret);

	if (!rc && p->by_ref &&
	    !loc_add(ret, LOC_DEREF, at->m->arch->word_size))
		rc = ERR_UNSUPP;
	return rc;
}

static int in_register(const struct abi *abi, const struct parameter *p,
		       unsigned word, struct loc *ret)
{
	*ret = (struct loc){.kind = p->by_ref ? LOC_IN_MEMORY : LOC_IN_VALUE};
	loc_add(ret, LOC_REG, abi->int_args[word]);
	return 0;
}

static int in_float(const struct abi *abi, unsigned n, struct loc *ret)
{
	*ret = (struct loc){.kind = LOC_IN_VECTOR,
			    .reg = (uint16_t)(abi->vec_first + n)};
	return 0;
}

static int in_vector(const struct abi *abi, unsigned n, struct loc *ret)
{
	*ret = (struct loc){.kind = LOC_IN_VECTOR,
			    .reg = (uint16_t)(abi->vector_args + n)};
	return 0;
}

/* Two words make a number, the first one its upper half. */
static int in_pair(const struct abi *abi, unsigned word, struct loc *ret)
{
	*ret = (struct loc){.kind = LOC_IN_VALUE};
	loc_add(ret, LOC_REG, abi->int_args[word]);
	loc_add(ret, LOC_CONST, 32);
	loc_add(ret, LOC_SHL, 0);
	loc_add(ret, LOC_REG, abi->int_args[word + 1]);
	loc_add(ret, LOC_OR, 0);
	return 0;
}

static int refuse(const struct place_at *at, const char *how)
{
	return err_set(at->err, ERR_UNSUPP,
		       "%s is passed %s, which upd cannot put together: "
		       "probe a line of the function's body instead",
		       at->name, how);
}

/* ---- 64 bits ------------------------------------------------------------- */

/* Floating point registers that it travels in; 0: none. */
static unsigned floats_of(const struct abi *abi, const struct parameter *p)
{
	uint64_t size = 0;
	unsigned n;

	if (is_float(p))
		return p->type->size > 8 ? 2 : 1;
	if (!is_struct(p))
		return 0;
	n = same_floats(p->type, &size, 0);
	/* ELFv1: a struct of a single one alone */
	return abi->big_endian && n > 1 ? 0 : n;
}

static int place64(const struct place_at *at, const struct abi *abi,
		   const struct parameter *p, const struct counts *c,
		   unsigned words, unsigned floats, struct loc *ret)
{
	uint64_t size = size_of(p, 8), offset = 8 * (uint64_t)c->words;

	if (is_vector(p) && c->vectors < abi->nvector_args)
		return in_vector(abi, c->vectors, ret);
	if (is_vector(p))
		return on_stack(at, p, (uint64_t)abi->stack_args + offset, ret);
	if (floats && c->floats < abi->nvec_args) {
		if (floats > 1 || is_struct(p))
			return refuse(at, "in floating point registers");
		return in_float(abi, c->floats, ret);
	}
	if (c->words + words <= abi->nint_args) {
		/* padded on the left, or on the right */
		if (words > 1 || (is_struct(p) && abi->big_endian && size < 8))
			return refuse(at, "in registers");
		return in_register(abi, p, c->words, ret);
	}
	if (c->words < abi->nint_args)
		return refuse(at, "in registers and on the stack");
	/* a number is in the lower bytes of its doubleword */
	if (abi->big_endian && size < 8 && !is_struct(p))
		offset += 8 - size;
	return on_stack(at, p, (uint64_t)abi->stack_args + offset, ret);
}

static int locate64(const struct place_at *at, const struct abi *abi,
		    const struct parameter *params, size_t index, bool hidden,
		    struct loc *ret)
{
	struct counts c = {.words = hidden};

	for (size_t i = 0;; i++) {
		const struct parameter *p = &params[i];
		unsigned words = (unsigned)((size_of(p, 8) + 7) / 8);
		unsigned floats = floats_of(abi, p);

		if (is_vector(p)) /* aligned */
			c.words += c.words & 1;
		if (i == index)
			return place64(at, abi, p, &c, words, floats, ret);
		c.vectors += is_vector(p);
		c.words += words;
		c.floats += floats;
	}
}

/* ---- 32 bits ------------------------------------------------------------- */

static void take_stack(struct counts *c, uint64_t size)
{
	if (size == 8)
		c->stack = (c->stack + 7) & ~UINT64_C(7);
	c->stack += size < 4 ? 4 : size;
}

static int place32(const struct place_at *at, const struct abi *abi,
		   const struct parameter *p, struct counts c, struct loc *ret)
{
	uint64_t size = size_of(p, 4), offset;

	if (is_vector(p))
		return refuse(at, "as the program's compiler was told to");
	if (is_float(p) ? c.floats < abi->nvec_args
			: c.words + size / 8 < abi->nint_args) {
		if (size > 8)
			return refuse(at, "in two registers");
		return is_float(p) ? in_float(abi, c.floats, ret)
		       : size == 8 ? in_pair(abi, c.words, ret)
				   : in_register(abi, p, c.words, ret);
	}
	take_stack(&c, size);
	offset = c.stack - (size < 4 ? 4 : size);
	if (size < 4)
		offset += 4 - size;
	return on_stack(at, p, (uint64_t)abi->stack_args + offset, ret);
}

static void pass32(const struct abi *abi, const struct parameter *p,
		   struct counts *c)
{
	uint64_t size = size_of(p, 4);
	unsigned words = size > 4 ? (unsigned)(size / 4) : 1;

	if (is_float(p) && c->floats < abi->nvec_args) {
		c->floats += size > 8 ? 2 : 1;
	} else if (!is_float(p) && c->words + words <= abi->nint_args) {
		c->words += words;
	} else {
		if (!is_float(p))
			c->words = abi->nint_args;
		take_stack(c, size);
	}
}

static int locate32(const struct place_at *at, const struct abi *abi,
		    const struct parameter *params, size_t index, bool hidden,
		    struct loc *ret)
{
	struct counts c = {.words = hidden};

	for (size_t i = 0;; i++) {
		struct parameter p = params[i];

		p.by_ref |= is_struct(&p);
		/* r3, r5, r7, r9 */
		if (!is_float(&p) && size_of(&p, 4) == 8)
			c.words += c.words & 1;
		if (i == index)
			return place32(at, abi, &p, c, ret);
		pass32(abi, &p, &c);
	}
}

/* ELFv2 returns up to 16 bytes in registers, or numbers of one floating point
 * type; the older ABIs no struct at all. */
static bool returns_in_memory(const struct abi *abi, const struct ctype *t)
{
	struct parameter p = {.type = t};

	if (!t || !is_struct(&p))
		return false;
	return abi->word_size == 4 || abi->big_endian ||
	       (t->size > 16 && !floats_of(abi, &p));
}

int ppc_locate(const struct place_at *at, const struct abi *abi,
	       const struct parameter *params, size_t index,
	       const struct ctype *ret_type, bool ret_in_memory,
	       struct loc *ret)
{
	bool hidden = ret_in_memory || returns_in_memory(abi, ret_type);

	return abi->word_size == 8
		       ? locate64(at, abi, params, index, hidden, ret)
		       : locate32(at, abi, params, index, hidden, ret);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * USDT operands as compilers write them for PowerPC:
 *
 *   i5  -i5    a constant          %r9  9     a general register
 *   %f1  1     with size 8f        8(9)  8(%r9)  %r9,%r10  0,9   memory
 *
 * A bare number is a register's, since the assembler has no other names by
 * default; the macros mark constants with an i. As a base, register 0 is the
 * number 0.
 */
#include <config.h>

#include "usdt-int.h"

enum { REGS = 32 };

static int senseless(struct usdt_parser *s)
{
	return usdt_bad(s, ERR_FORMAT, "makes no sense");
}

static bool take(struct usdt_parser *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* "9", "%r9", "r9"; 'f' or 'v' in *ret_kind for those registers. */
static bool take_reg(struct usdt_parser *s, char *ret_kind, int64_t *ret)
{
	*ret_kind = 'r';
	take(s, '%');
	if (s->p < s->end && (*s->p == 'r' || *s->p == 'f' || *s->p == 'v'))
		*ret_kind = *s->p++;
	return s->p < s->end && *s->p >= '0' && *s->p <= '9' &&
	       usdt_number(s, ret) && *ret < REGS;
}

static bool base_reg(struct usdt_parser *s, int64_t *ret)
{
	char kind;

	return take_reg(s, &kind, ret) && kind == 'r';
}

static void add_base(struct loc *l, int64_t reg)
{
	if (!reg)
		return;
	usdt_add(l, LOC_REG, (uint64_t)reg);
	usdt_add(l, LOC_ADD, 0);
}

/* disp(base), at the parenthesis */
static int based(struct usdt_parser *s, int64_t disp)
{
	struct loc *l = &s->arg->loc;
	int64_t base;

	if (!take(s, '(') || !base_reg(s, &base) || !take(s, ')'))
		return senseless(s);
	l->kind = LOC_IN_MEMORY;
	usdt_add(l, LOC_CONST, (uint64_t)disp);
	add_base(l, base);
	return 0;
}

/* base,index, at the comma */
static int indexed(struct usdt_parser *s, int64_t base)
{
	struct loc *l = &s->arg->loc;
	int64_t index;

	if (!take(s, ',') || !base_reg(s, &index))
		return senseless(s);
	l->kind = LOC_IN_MEMORY;
	usdt_add(l, LOC_REG, (uint64_t)index);
	add_base(l, base);
	return 0;
}

static int constant(struct usdt_parser *s)
{
	int64_t v;

	if (!usdt_number(s, &v))
		return usdt_bad(s, ERR_UNSUPP,
				"is a constant that only the linker knew");
	s->arg->loc.kind = LOC_IN_VALUE;
	usdt_add(&s->arg->loc, LOC_CONST, (uint64_t)v);
	return 0;
}

static int in_register(struct usdt_parser *s, char kind, int64_t n)
{
	struct loc *l = &s->arg->loc;

	if (kind == 'v')
		return usdt_bad(s, ERR_UNSUPP,
				"is in a vector register, which upd cannot "
				"read");
	if (kind == 'f' || s->arg->is_float) {
		l->kind = LOC_IN_VECTOR;
		l->reg = (uint16_t)(s->abi->vec_last - (REGS - 1) + n);
		s->arg->is_float = true;
		return 0;
	}
	l->kind = LOC_IN_VALUE;
	usdt_add(l, LOC_REG, (uint64_t)n);
	return 0;
}

int usdt_ppc_operand(struct usdt_parser *s)
{
	const char *start = s->p;
	int64_t n;
	char kind;

	if (s->p == s->end)
		return usdt_bad(s, ERR_FORMAT, "is empty");
	if (take(s, 'i'))
		return constant(s);
	if (*s->p == '(')
		return based(s, 0);
	if (take_reg(s, &kind, &n)) {
		if (s->p == s->end)
			return in_register(s, kind, n);
		if (*s->p == ',' && kind == 'r')
			return indexed(s, n);
	}
	s->p = start;
	if (!usdt_number(s, &n))
		return usdt_bad(s, ERR_UNSUPP,
				"is of a form that upd does not know");
	if (s->p < s->end && *s->p == '(')
		return based(s, n);
	return senseless(s);
}

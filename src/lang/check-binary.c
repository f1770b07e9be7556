/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operators with two sides: comparison, arithmetic, logic.
 */
#include "checker.h"
#include "fold.h"

static bool mixes_signs(const struct expr *a, const struct expr *b)
{
	const struct vtype *x = a->type, *y = b->type;

	if (expr_is_literal(a) || expr_is_literal(b) || x->kind != V_INT ||
	    y->kind != V_INT || x->is_signed == y->is_signed)
		return false;
	/* What is shorter and unsigned fits in 64 signed bits. */
	return (x->is_signed ? y : x)->size == 8;
}

/* Whether an operation on both is signed. */
static bool is_signed_pair(const struct expr *a, const struct expr *b)
{
	const struct vtype *x = a->type, *y = b->type;

	if (expr_is_literal(a) && !expr_is_literal(b))
		return y->kind != V_PTR && (y->is_signed || y->size < 8);
	if (expr_is_literal(b) && !expr_is_literal(a))
		return x->kind != V_PTR && (x->is_signed || x->size < 8);
	return (x->is_signed || (x->kind != V_PTR && x->size < 8)) &&
	       (y->is_signed || (y->kind != V_PTR && y->size < 8));
}

static void warn_never_negative(struct check *c, struct expr *e)
{
	if (e->op == T_LT && e->b->kind == E_INT && !e->b->num &&
	    e->a->type->kind == V_INT && !e->a->type->is_signed)
		check_warn(c, e->at,
			   "%s is never below 0: cast it, as in "
			   "(int64)",
			   vt_text(c->l, e->a->type));
}

static const struct vtype *check_compare(struct check *c, struct expr *e)
{
	const struct vtype *a = e->a->type, *b = e->b->type;
	bool order = e->op != T_EQ && e->op != T_NE;

	if (a->kind == V_STRING && b->kind == V_STRING && !order)
		return &vt_bool;
	if (!order && vt_has_bytes(a) && vt_has_bytes(b) &&
	    vt_merge(c->l, a, false, b, false))
		return &vt_bool;
	if (a->kind == V_STRING || b->kind == V_STRING || !vt_is_scalar(a) ||
	    !vt_is_scalar(b)) {
		check_error(c, e->at, "%s and %s cannot be compared",
			    vt_text(c->l, a), vt_text(c->l, b));
		if (a->kind == V_STRING && b->kind == V_STRING)
			check_hint(c, "strings have == and !=");
		else if (a->kind == V_STRING || b->kind == V_STRING)
			check_hint(c, "str() makes a string of an address");
		else
			check_float_hint(c, a->kind == V_FLOAT ? a : b);
		return &vt_none;
	}
	if (order && mixes_signs(e->a, e->b))
		check_warn(c, e->at,
			   "%s and %s are compared as unsigned "
			   "numbers",
			   vt_text(c->l, a), vt_text(c->l, b));
	if (order)
		warn_never_negative(c, e);
	e->num = is_signed_pair(e->a, e->b);
	return &vt_bool;
}

static const struct vtype *check_pointer_math(struct check *c, struct expr *e)
{
	const struct vtype *a = e->a->type, *b = e->b->type;

	if (a->kind == V_PTR && b->kind == V_PTR && e->op == T_SUB)
		return &vt_i64;
	if (e->op == T_ADD && a->kind != V_PTR && b->kind == V_PTR)
		return b;
	if ((e->op == T_ADD || e->op == T_SUB) && b->kind != V_PTR)
		return a;
	/* Tag bits and alignment are looked at this way. */
	if (a->kind == V_PTR && b->kind == V_PTR) {
		check_error(c, e->at, "two pointers cannot be combined so");
		return &vt_none;
	}
	return &vt_u64;
}

static const struct vtype *check_arithmetic(struct check *c, struct expr *e)
{
	const struct vtype *a = e->a->type, *b = e->b->type;
	bool is_signed, literal, by_zero;
	uint64_t v;

	if (!vt_is_scalar(a) || !vt_is_scalar(b)) {
		const struct vtype *wrong = vt_is_scalar(a) ? b : a;

		check_error(c, e->at, "%s has no part in arithmetic",
			    vt_text(c->l, wrong));
		check_float_hint(c, wrong);
		return &vt_none;
	}
	if (a->kind == V_PTR || b->kind == V_PTR)
		return check_pointer_math(c, e);
	if ((e->op == T_DIV || e->op == T_MOD) && mixes_signs(e->a, e->b))
		check_warn(c, e->at,
			   "%s and %s are divided as unsigned "
			   "numbers",
			   vt_text(c->l, a), vt_text(c->l, b));
	by_zero = (e->op == T_DIV || e->op == T_MOD) && e->b->kind == E_INT &&
		  !e->b->num;
	if (by_zero)
		check_warn(c, e->b->at, "a division by 0 yields 1");
	if (e->op == T_SHL || e->op == T_SHR)
		is_signed = a->is_signed || a->size < 8;
	else
		is_signed = is_signed_pair(e->a, e->b);
	/* Two short unsigned numbers stay unsigned, where that is right. */
	if (vt_is_number(a) && vt_is_number(b) && !a->is_signed &&
	    !b->is_signed && e->op != T_SUB)
		is_signed = false;
	e->num = is_signed;
	literal = expr_is_literal(e->a) && expr_is_literal(e->b);
	if (e->a->kind == E_INT && e->b->kind == E_INT && !by_zero &&
	    fold_binary(e->op, is_signed, e->a->num, e->b->num, &v)) {
		expr_set_int(e, v, vt_int(8, is_signed));
		e->is_literal = literal && (int64_t)v >= 0;
		return e->type;
	}
	if (e->op == T_SUB)
		return &vt_i64;
	return vt_int(8, is_signed);
}

const struct vtype *check_binary(struct check *c, struct expr *e)
{
	const struct vtype *a = check_expr(c, e->a), *b;
	bool logical = e->op == T_LAND || e->op == T_LOR;

	c->cond_depth += logical;
	b = check_expr(c, e->b);
	c->cond_depth -= logical;
	if (a->kind == V_NONE || b->kind == V_NONE)
		return &vt_none;
	switch (e->op) {
	case T_LAND:
	case T_LOR:
		return check_number(c, e->a, true) &&
				       check_number(c, e->b, true)
			       ? &vt_bool
			       : &vt_none;
	case T_EQ:
	case T_NE:
	case T_LT:
	case T_GT:
	case T_LE:
	case T_GE:
		return check_compare(c, e);
	default:
		return check_arithmetic(c, e);
	}
}

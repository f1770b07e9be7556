/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Types of expressions.
 */
#include "builtin.h"
#include "call.h"
#include "checker.h"
#include "fold.h"
#include "parse.h"

#include <string.h>

void expr_set_int(struct expr *e, uint64_t v, const struct vtype *type)
{
	e->kind = E_INT;
	e->num = v;
	e->name = NULL;
	e->type = type;
	e->is_literal = false;
}

bool expr_is_literal(const struct expr *e)
{
	return e->kind == E_INT && e->is_literal;
}

bool expr_is_target(const struct expr *e)
{
	switch (e->kind) {
	case E_UNARY:
		return e->op == T_MUL;
	case E_FIELD:
		if (builtin_is_args(e->a->builtin))
			return false;
		return e->a->type->kind == V_PTR || expr_is_target(e->a);
	case E_INDEX:
		return e->a->type->kind == V_PTR || expr_is_target(e->a);
	default:
		return false;
	}
}

/* A parameter passed in memory has an address, which its location tells. */
static bool is_args_field(const struct expr *e)
{
	return e->kind == E_FIELD && builtin_is_args(e->a->builtin);
}

bool check_number(struct check *c, struct expr *e, bool ptr_too)
{
	const struct vtype *t = check_expr(c, e);

	if (vt_is_number(t) || (ptr_too && t->kind == V_PTR))
		return true;
	if (t->kind != V_NONE)
		check_error(c, e->at, "expected a number, this is %s",
			    vt_text(c->l, t));
	check_float_hint(c, t);
	return false;
}

void check_float_hint(struct check *c, const struct vtype *t)
{
	if (t->kind == V_FLOAT)
		check_hint(c, "(int64) makes a number of it, without what is "
			      "behind the point");
}

bool check_constant(struct check *c, struct expr *e, int64_t *ret)
{
	check_expr(c, e);
	if (e->kind == E_INT || e->kind == E_BOOL) {
		*ret = (int64_t)e->num;
		return true;
	}
	if (e->type->kind != V_NONE)
		check_error(c, e->at, "expected a constant number");
	return false;
}

/* ---- names ---- */

static const struct vtype *check_builtin(struct check *c, struct expr *e)
{
	const struct builtin *b = e->builtin;

	if (b->flags & BUILTIN_KERNEL) {
		check_error(c, e->at,
			    "'%s' is the kernel's, where upd does "
			    "not look",
			    e->name);
		return &vt_none;
	}
	if (b->flags & BUILTIN_LATER) {
		check_error(c, e->at, "'%s' cannot be used in upd yet",
			    e->name);
		return &vt_none;
	}
	if (e->was_call && e->nargs && !(b->flags & BUILTIN_CALL)) {
		check_error(c, e->at, "%s takes no argument", e->name);
		return &vt_none;
	}
	if ((b->flags & BUILTIN_TASK) &&
	    (c->kind == LANG_BEGIN || c->kind == LANG_END ||
	     c->kind == LANG_INTERVAL || c->kind == LANG_SIGNAL)) {
		check_error(c, e->at,
			    "%s is of a thread that hit a probe; "
			    "here is none",
			    e->name);
		return &vt_none;
	}
	return b->type ? b->type : b->check(c, e);
}

static const char *next_name(size_t i)
{
	size_t n = 0;

	while (builtin_name(n))
		n++;
	return i < n ? builtin_name(i) : call_name(i - n);
}

static const struct vtype *unknown_name(struct check *c, struct expr *e)
{
	const char *near = near_name(e->name, next_name);

	if (call_find(e->name))
		check_error(c, e->at, "%s is a function: %s(...)", e->name,
			    e->name);
	else
		check_error(c, e->at, "there is no %s '%s'",
			    e->was_call ? "function" : "builtin or constant",
			    e->name);
	if (near && strcmp(near, e->name))
		check_hint(c, "did you mean %s?", near);
	return &vt_none;
}

static const struct vtype *check_name(struct check *c, struct expr *e)
{
	const struct cdecl_name *d;

	if (!e->builtin)
		e->builtin = builtin_find(e->name);
	if (e->builtin)
		return check_builtin(c, e);
	d = e->was_call ? NULL : cdecl_find(c->l, e->name);
	if (!d || !d->is_constant)
		return unknown_name(c, e);
	expr_set_int(e, (uint64_t)d->value,
		     d->type ? vt_of_ctype(c->l, d->type) : &vt_i64);
	e->is_literal = !d->type;
	return e->type;
}

static const struct vtype *check_var(struct check *c, struct expr *e)
{
	struct var *v = e->var;

	if (!v)
		v = check_find_var(c, e->name);
	if (!v || !v->type) {
		check_error(c, e->at,
			    "$%s has no value here: nothing is "
			    "assigned to it",
			    e->name);
		return &vt_none;
	}
	e->var = v;
	if (!v->assigned || c->loop_depth)
		v->needs_init = true;
	return v->type;
}

/* ---- operators ---- */

/* What a pointer points to, as a value. */
static const struct vtype *pointee(struct check *c, struct expr *e,
				   const struct vtype *ptr)
{
	const struct ctype *to = ptr->c ? check_complete(c, ptr->c) : NULL;
	const struct vtype *v = to ? vt_of_ctype(c->l, to) : &vt_none;

	if (v->kind == V_NONE || to->incomplete) {
		check_error(c, e->at, "%s cannot be read through",
			    vt_text(c->l, ptr));
		check_hint(c, "cast it to a pointer to what is there");
		return &vt_none;
	}
	return v;
}

static const struct vtype *address_of(struct check *c, struct expr *e)
{
	if (!expr_is_target(e->a) && !is_args_field(e->a)) {
		if (e->a->type->kind != V_NONE)
			check_error(c, e->at,
				    "only what lies in the traced "
				    "program has an address");
		return &vt_none;
	}
	if (e->a->field)
		return vt_ptr(c->l, e->a->field->type);
	if (e->a->a->type->kind == V_PTR)
		return vt_ptr(c->l, e->a->a->type->c);
	return vt_ptr(c->l, e->a->type->c);
}

static const struct vtype *check_negation(struct check *c, struct expr *e)
{
	const struct vtype *t = e->a->type;
	bool literal = expr_is_literal(e->a);
	uint64_t v = e->a->num;

	if (!check_number(c, e->a, false))
		return &vt_none;
	if (e->op == T_ADD)
		return t;
	if (e->a->kind == E_INT) {
		expr_set_int(e, e->op == T_SUB ? -v : ~v,
			     e->op == T_SUB || literal
				     ? &vt_i64
				     : vt_int(8, t->is_signed));
		e->is_literal = literal && !v && e->op == T_SUB;
		return e->type;
	}
	return e->op == T_SUB ? &vt_i64 : vt_int(8, t->is_signed);
}

static const struct vtype *check_unary(struct check *c, struct expr *e)
{
	const struct vtype *t = check_expr(c, e->a);

	if (t->kind == V_NONE)
		return t;
	switch (e->op) {
	case T_MUL:
		if (t->kind == V_PTR)
			return pointee(c, e, t);
		if (t->kind == V_INT) /* *(reg("sp") + 8) */
			return vt_int(check_word_size(c), false);
		check_error(c, e->at, "%s is not a pointer", vt_text(c->l, t));
		return &vt_none;
	case T_AND:
		return address_of(c, e);
	case T_LNOT:
		return check_number(c, e->a, true) ? &vt_bool : &vt_none;
	default:
		return check_negation(c, e);
	}
}

static const struct vtype *check_incdec(struct check *c, struct expr *e)
{
	const struct vtype *t;

	if (e->a->kind == E_MAP) {
		check_map_keys(c, e->a);
		if (!e->a->map->value)
			check_map_update(c, e->a, &vt_i64, true);
	} else if (e->a->kind != E_VAR) {
		check_error(c, e->at, "%s goes with variables and maps only",
			    e->op == T_INC ? "++" : "--");
		return &vt_none;
	}
	if (!check_number(c, e->a, true))
		return &vt_none;
	t = e->a->type;
	if (e->a->kind == E_MAP && vt_is_agg(e->a->map->value)) {
		check_error(c, e->at, "%s holds %s: only %s changes it",
			    e->a->name, vt_text(c->l, e->a->map->value),
			    vt_text(c->l, e->a->map->value));
		return &vt_none;
	}
	return t;
}

static const struct vtype *check_choice(struct check *c, struct expr *e)
{
	const struct vtype *a = check_expr(c, e->a), *b, *v, *merged;
	struct expr *second = e->b ? e->b : e->a;

	c->cond_depth++;
	b = e->b ? check_expr(c, e->b) : a;
	v = check_expr(c, e->c);
	c->cond_depth--;
	if (a->kind == V_NONE || !check_number(c, e->a, true))
		return &vt_none;
	if (b->kind == V_NONE || v->kind == V_NONE) {
		/* f() ? print(1) : print(2): neither has a value */
		return &vt_none;
	}
	merged = vt_merge(c->l, b, expr_is_literal(second), v,
			  expr_is_literal(e->c));
	if (!merged && e->is_stmt)
		return &vt_none;
	if (!merged) {
		check_error(c, e->at, "one value is %s, the other is %s",
			    vt_text(c->l, b), vt_text(c->l, v));
		return &vt_none;
	}
	return merged;
}

static const struct vtype *check_cast(struct check *c, struct expr *e)
{
	const struct vtype *from = check_expr(c, e->a);
	const struct vtype *to = check_type_name(c, e->tname);

	if (from->kind == V_NONE || to->kind == V_NONE)
		return &vt_none;
	if (vt_is_scalar(to) && vt_is_scalar(from)) {
		if (e->a->kind == E_INT && to->kind == V_INT && to->size == 8) {
			expr_set_int(e, e->a->num, to);
			return to;
		}
		return to;
	}
	if (to->kind == V_ARRAY && vt_is_number(from) && to->size <= 8)
		return to;
	if (from->kind == V_FLOAT && to->kind == V_INT)
		return to;
	if (to->kind == V_STRING && from->kind == V_STRING)
		return to;
	if (vt_equal(to, from))
		return to;
	check_error(c, e->at, "%s cannot be made %s", vt_text(c->l, from),
		    vt_text(c->l, to));
	if (to->kind == V_STRUCT && from->kind == V_INT)
		check_hint(c, "a pointer: (%s *)", vt_text(c->l, to));
	return &vt_none;
}

static const struct vtype *check_index(struct check *c, struct expr *e)
{
	const struct vtype *a = check_expr(c, e->a);
	bool number = check_number(c, e->b, false);

	if (a->kind == V_NONE || !number)
		return &vt_none;
	if (a->kind == V_PTR)
		return pointee(c, e, a);
	if (a->kind == V_STRING && expr_is_target(e->a))
		return vt_int(1, true);
	if (a->kind != V_ARRAY) {
		check_error(c, e->at, "%s has no elements", vt_text(c->l, a));
		return &vt_none;
	}
	if (e->b->kind == E_INT && e->b->num >= a->count && a->count)
		check_error(c, e->at, "index %lld is outside of %s",
			    (long long)e->b->num, vt_text(c->l, a));
	return a->elem;
}

static const struct vtype *check_element(struct check *c, struct expr *e)
{
	const struct vtype *t = check_expr(c, e->a);

	if (t->kind == V_NONE)
		return t;
	if (t->kind != V_TUPLE) {
		check_error(c, e->at, "%s is not a tuple", vt_text(c->l, t));
		return &vt_none;
	}
	if (e->num >= t->nfields) {
		check_error(c, e->at, "%s has %u elements, counted from 0",
			    vt_text(c->l, t), t->nfields);
		return &vt_none;
	}
	return t->fields[e->num].type;
}

static const struct vtype *check_tuple(struct check *c, struct expr *e)
{
	const struct vtype **types, *t;
	bool known = true;

	types = arena_alloc(&c->l->arena, e->nargs * sizeof(*types));
	for (size_t i = 0; i < e->nargs; i++) {
		types[i] = check_expr(c, e->args[i]);
		known &= types[i]->kind != V_NONE;
	}
	if (!known)
		return &vt_none;
	t = vt_tuple(c->l, types, e->kind == E_RECORD ? e->names : NULL,
		     e->nargs);
	if (t->kind == V_NONE)
		check_error(c, e->at, "the tuple is larger than %d bytes",
			    LANG_VALUE_MAX);
	return t;
}

static const struct vtype *check_block_expr(struct check *c, struct expr *e)
{
	struct block *outer = c->block;
	const struct vtype *t = &vt_none;

	check_block(c, e->body);
	if (e->a) { /* sees the block's variables */
		c->block = e->body;
		t = check_expr(c, e->a);
		c->block = outer;
	}
	return t;
}

static const struct vtype *check_kind(struct check *c, struct expr *e)
{
	switch (e->kind) {
	case E_INT:
		return e->num > INT64_MAX && e->is_literal ? &vt_u64
		       : e->type			   ? e->type
		       : e->is_literal			   ? &vt_i64
							   : &vt_u64;
	case E_BOOL:
		return &vt_bool;
	case E_STRING:
		return vt_string(c->l, (uint32_t)strlen(e->name) + 1);
	case E_VAR:
		return check_var(c, e);
	case E_MAP:
		return check_map_read(c, e);
	case E_NAME:
		return check_name(c, e);
	case E_CALL:
		if (builtin_find(e->name) && !call_find(e->name))
			return check_name(c, e);
		return check_call(c, e);
	case E_UNARY:
		return check_unary(c, e);
	case E_INCDEC:
		return check_incdec(c, e);
	case E_BINARY:
		return check_binary(c, e);
	case E_TERNARY:
	case E_IF:
		return check_choice(c, e);
	case E_CAST:
		return check_cast(c, e);
	case E_FIELD:
		return check_field(c, e);
	case E_INDEX:
		return check_index(c, e);
	case E_TUPLE:
	case E_RECORD:
		return check_tuple(c, e);
	case E_ELEMENT:
		return check_element(c, e);
	case E_SIZEOF:
		return check_sizeof(c, e);
	case E_OFFSETOF:
		return check_offsetof(c, e);
	case E_BLOCK:
		return check_block_expr(c, e);
	}
	return &vt_none;
}

const struct vtype *check_expr(struct check *c, struct expr *e)
{
	return e->type = check_kind(c, e);
}

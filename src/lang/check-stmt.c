/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statements and variables.
 */
#include "call.h"
#include "checker.h"

#include <string.h>

/* ---- variables ---- */

struct var *check_find_var(struct check *c, const char *name)
{
	for (struct block *b = c->block; b; b = b->parent)
		for (struct var *v = b->vars; v; v = v->next)
			if (!strcmp(v->name, name))
				return v;
	return NULL;
}

static struct var *new_var(struct check *c, struct block *scope,
			   const char *name, struct range at)
{
	struct var *v = arena_alloc(&c->l->arena, sizeof(*v));
	struct var **all;

	v->name = name;
	v->at = at;
	v->scope = scope;
	v->literal = true;
	v->next = scope->vars;
	scope->vars = v;
	/* Also among all of the probe, for the generator. */
	all = arena_push(&c->l->arena, &c->probe->vars, &c->probe->nvars,
			 sizeof(*all));
	*all = v;
	return v;
}

/* Assigned without let, a variable is of the whole probe: so it was before
 * bpftrace 0.22, and newer scripts cannot tell the difference. */
static struct var *var_to_assign(struct check *c, struct expr *e)
{
	if (!e->var)
		e->var = check_find_var(c, e->name);
	if (!e->var)
		e->var = new_var(c, c->probe->body, e->name, e->at);
	return e->var;
}

static struct var *declare(struct check *c, struct expr *e)
{
	if (!e->var)
		e->var = new_var(c, c->block, e->name, e->at);
	return e->var;
}

static void var_assign(struct check *c, struct expr *e, struct var *v,
		       const struct vtype *t, bool literal)
{
	const struct vtype *merged;

	if (t->kind == V_NONE)
		return;
	t = vt_storage(c->l, t);
	if (!v->type) {
		v->type = v->fixed ? v->fixed : t;
		v->literal = literal && !v->fixed;
		c->changed = true;
	}
	merged = vt_merge(c->l, v->type, v->literal, t, literal);
	if (!merged || vt_is_agg(t)) {
		check_error(c, e->at, "$%s holds %s, it cannot be assigned %s",
			    v->name, vt_text(c->l, v->type), vt_text(c->l, t));
		return;
	}
	if (!v->fixed) {
		if (!vt_equal(merged, v->type) || (v->literal && !literal))
			c->changed = true;
		v->type = merged;
		v->literal &= literal;
	}
	if (!c->cond_depth)
		v->assigned = true;
	e->type = v->type;
}

void check_assign_var(struct check *c, struct expr *e, const struct vtype *t,
		      bool literal)
{
	struct var *v = var_to_assign(c, e);

	if (v->in_loop)
		check_error(c, e->at, "$%s is the loop's", v->name);
	else
		var_assign(c, e, v, t, literal);
}

static const struct vtype *check_value(struct check *c, struct expr *e)
{
	const struct vtype *t = check_expr(c, e);

	if (t->kind == V_NONE && c->final && !c->l->nerrors)
		check_error(c, e->at, "this has no value");
	return t;
}

/* ---- statements ---- */

/* @x op= value, $x op= value: as if written out. */
static void check_compound(struct check *c, struct stmt *s)
{
	const struct vtype *v = check_value(c, s->value), *t;

	if (s->e->kind == E_MAP) {
		check_map_keys(c, s->e);
		if (!s->e->map->value && vt_is_number(v))
			check_map_update(c, s->e, v, expr_is_literal(s->value));
	}
	t = check_expr(c, s->e);
	if (t->kind == V_NONE || v->kind == V_NONE)
		return;
	if (s->e->kind == E_MAP && vt_is_agg(s->e->map->value)) {
		check_error(c, s->at, "%s holds %s: only %s changes it",
			    s->e->name, vt_text(c->l, s->e->map->value),
			    vt_text(c->l, s->e->map->value));
		return;
	}
	if (!check_number(c, s->value, false) || !check_number(c, s->e, true))
		return;
	if (s->e->kind == E_MAP)
		check_map_update(c, s->e, v, expr_is_literal(s->value));
	else if (t->kind != V_PTR)
		var_assign(c, s->e, s->e->var, v, expr_is_literal(s->value));
}

static void check_assign(struct check *c, struct stmt *s)
{
	const struct vtype *t;

	if (s->op != T_ASSIGN) {
		check_compound(c, s);
		return;
	}
	if (s->e->kind == E_MAP) {
		check_map_assign(c, s->e, s->value);
		if (s->value->type->kind == V_NONE && c->final &&
		    !c->l->nerrors)
			check_error(c, s->value->at, "this has no value");
		return;
	}
	t = check_value(c, s->value);
	check_assign_var(c, s->e, t, expr_is_literal(s->value));
}

static void check_let(struct check *c, struct stmt *s)
{
	const struct vtype *t = s->value ? check_value(c, s->value) : NULL;
	struct var *v = declare(c, s->e);

	if (s->tname && !v->fixed) {
		v->declared = check_type_name(c, s->tname);
		v->fixed = vt_storage(c->l, v->declared);
		if (v->fixed->kind == V_NONE)
			v->fixed = NULL;
		v->type = v->fixed;
	}
	if (t)
		var_assign(c, s->e, v, t, expr_is_literal(s->value));
	else
		v->needs_init = true;
}

static void check_if(struct check *c, struct stmt *s)
{
	check_number(c, s->e, true);
	c->cond_depth++;
	check_block(c, s->body);
	if (s->orelse)
		check_block(c, s->orelse);
	c->cond_depth--;
}

static void check_loop_body(struct check *c, struct block *b)
{
	c->cond_depth++;
	c->loop_depth++;
	check_block(c, b);
	c->loop_depth--;
	c->cond_depth--;
}

static void check_while(struct check *c, struct stmt *s)
{
	c->loop_depth++;
	check_number(c, s->e, true);
	c->loop_depth--;
	check_loop_body(c, s->body);
}

static void check_unroll(struct check *c, struct stmt *s)
{
	int64_t n;

	if (check_constant(c, s->e, &n) && (n < 1 || n > LANG_UNROLL_MAX))
		check_error(c, s->e->at, "unroll repeats 1 to %d times",
			    LANG_UNROLL_MAX);
	check_loop_body(c, s->body);
}

/* The loop's variable lives in the body's block. */
static void check_loop_var(struct check *c, struct stmt *s,
			   const struct vtype *t)
{
	struct block *outer = c->block;
	struct var *v;

	c->block = s->body;
	v = declare(c, s->e);
	c->block = outer;
	v->in_loop = true;
	v->needs_init = true;
	if (t->kind == V_NONE)
		return;
	if (!v->type || !vt_equal(v->type, t))
		c->changed = true;
	v->type = t;
	s->e->type = t;
}

static void check_for_map(struct check *c, struct stmt *s)
{
	const struct vtype *types[2];
	struct map *m = check_map(c, s->value);

	if (s->value->has_keys || (m->scalar && !m->keyed)) {
		check_error(c, s->value->at,
			    "for goes over a map with keys, "
			    "named without one");
		return;
	}
	types[0] = m->key ? m->key : &vt_none;
	types[1] = map_value_type(c->l, m);
	if (types[0]->kind == V_NONE || types[1]->kind == V_NONE) {
		check_error(c, s->value->at, "nothing is ever assigned to %s",
			    m->name);
		check_loop_var(c, s, &vt_none);
	} else if (vt_is_agg(types[1])) {
		check_error(c, s->value->at,
			    "%s cannot be looked at one by "
			    "one",
			    vt_text(c->l, types[1]));
	} else {
		check_loop_var(c, s, vt_tuple(c->l, types, NULL, 2));
	}
	check_loop_body(c, s->body);
}

static void check_for_range(struct check *c, struct stmt *s)
{
	check_number(c, s->value, false);
	check_number(c, s->limit, false);
	check_loop_var(c, s, &vt_i64);
	check_loop_body(c, s->body);
}

/* Whatever becomes the value of a statement. */
static void mark_discarded(struct expr *e)
{
	if (!e)
		return;
	e->is_discarded = true;
	if (e->kind == E_BLOCK)
		mark_discarded(e->a);
	if ((e->kind == E_TERNARY || e->kind == E_IF) && e->b) {
		mark_discarded(e->b);
		mark_discarded(e->c);
	}
}

static void check_discarded(struct check *c, struct expr *e)
{
	mark_discarded(e);
	check_expr(c, e);
	if (e->type->kind == V_NONE)
		return;
	else if (e->kind == E_INT || e->kind == E_STRING || e->kind == E_VAR ||
		 e->kind == E_NAME || e->kind == E_BINARY)
		check_warn(c, e->at, "this has no effect");
}

static void check_stmt(struct check *c, struct stmt *s)
{
	switch (s->kind) {
	case S_DISCARD:
		check_value(c, s->e);
		break;
	case S_EXPR:
		check_discarded(c, s->e);
		break;
	case S_ASSIGN:
		check_assign(c, s);
		break;
	case S_LET:
		check_let(c, s);
		break;
	case S_IF:
		check_if(c, s);
		break;
	case S_WHILE:
		check_while(c, s);
		break;
	case S_UNROLL:
		check_unroll(c, s);
		break;
	case S_FOR_MAP:
		check_for_map(c, s);
		break;
	case S_FOR_RANGE:
		check_for_range(c, s);
		break;
	case S_RETURN:
		if (s->value)
			check_number(c, s->value, false);
		break;
	case S_BREAK:
	case S_CONTINUE:
		if (!c->loop_depth)
			check_error(c, s->at, "not in a loop");
		break;
	case S_BLOCK:
		check_block(c, s->body);
		break;
	}
}

void check_block(struct check *c, struct block *b)
{
	struct block *outer = c->block;

	b->parent = outer;
	c->block = b;
	for (size_t i = 0; i < b->nstmts; i++)
		check_stmt(c, b->stmts[i]);
	c->block = outer;
}

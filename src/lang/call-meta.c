/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of expressions before the program runs.
 */
#include "call-int.h"
#include "fold.h"

#include <string.h>

/* Types are settled in the last round only, so the answer stays a call until
 * then. */
static const struct vtype *answer(struct check *c, struct expr *e, bool yes)
{
	e->num = yes;
	if (c->final)
		expr_set_int(e, yes, &vt_bool);
	return &vt_bool;
}

static enum vkind kind_of(const struct expr *e)
{
	return e->args[0]->type->kind;
}

const struct vtype *check_is_str(struct check *c, struct expr *e)
{
	return answer(c, e, kind_of(e) == V_STRING);
}

const struct vtype *check_is_ptr(struct check *c, struct expr *e)
{
	return answer(c, e, kind_of(e) == V_PTR);
}

const struct vtype *check_is_array(struct check *c, struct expr *e)
{
	return answer(c, e, kind_of(e) == V_ARRAY);
}

const struct vtype *check_is_integer(struct check *c, struct expr *e)
{
	return answer(c, e, kind_of(e) == V_INT);
}

void gen_constant(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	bpf_mov_imm(&g->b, BPF_R0, (int64_t)e->num);
}

/* ---- typeinfo ---- */

static const char *base_name(const struct vtype *t)
{
	static const char *const names[] = {
		[V_NONE] = "none",	   [V_INT] = "int",
		[V_BOOL] = "bool",	   [V_STRING] = "string",
		[V_BUFFER] = "buffer",	   [V_PTR] = "pointer",
		[V_ENUM] = "enum",	   [V_STRUCT] = "record",
		[V_ARRAY] = "array",	   [V_TUPLE] = "tuple",
		[V_RECORD] = "record",	   [V_USTACK] = "ustack",
		[V_USYM] = "usym_t",	   [V_TIMESTAMP] = "timestamp",
		[V_INET] = "inet",	   [V_MAC] = "mac_address",
		[V_USERNAME] = "username",
	};

	if (t->kind < sizeof(names) / sizeof(*names) && names[t->kind])
		return names[t->kind];
	return "string"; /* values that are printed as their names */
}

static struct expr *literal_expr(struct lang *l, const struct expr *like,
				 const char *text, uint64_t num)
{
	struct expr *e = arena_alloc(&l->arena, sizeof(*e));

	e->kind = text ? E_STRING : E_INT;
	e->name = text;
	e->len = text ? strlen(text) : 0;
	e->num = num;
	e->at = like->at;
	return e;
}

/* (a number of the type, what it is at heart, its name) */
const struct vtype *check_typeinfo(struct check *c, struct expr *e)
{
	const char *name = vt_text(c->l, e->args[0]->type);
	struct lang *l = c->l;
	uint64_t id = 5381;
	struct expr *t;

	for (const char *p = name; *p; p++)
		id = (id * 33) ^ (unsigned char)*p;
	t = arena_alloc(&l->arena, sizeof(*t));
	t->kind = E_TUPLE;
	t->at = e->at;
	t->nargs = 3;
	t->args = arena_alloc(&l->arena, 3 * sizeof(*t->args));
	t->args[0] = literal_expr(l, e, NULL, id & INT32_MAX);
	t->args[1] = literal_expr(l, e, base_name(e->args[0]->type), 0);
	t->args[2] = literal_expr(l, e, name, 0);
	e->c = t;
	return check_expr(c, t);
}

void gen_typeinfo(struct gen *g, struct expr *e, const struct place *to)
{
	gen_into(g, e->c, e->type, *to);
}

/* ---- assertions ---- */

const struct vtype *check_static_assert(struct check *c, struct expr *e)
{
	const char *text = e->nargs > 1 ? call_literal(c, e, 1) : "";
	int64_t v;

	if (!text || !c->final)
		return &vt_none;
	if (!fold_constant(c->l, e->args[0], &v))
		check_error(c, e->args[0]->at,
			    "this is not known before the program runs");
	else if (!v)
		check_error(c, e->at, "%s", *text ? text : "this is not so");
	return &vt_none;
}

const struct vtype *check_fail(struct check *c, struct expr *e)
{
	const char *text = call_literal(c, e, 0);

	if (text)
		check_error(c, e->at, "%s", text);
	return &vt_none;
}

void gen_nothing(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
}

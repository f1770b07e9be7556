/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of expressions before the program runs.
 */
#include "call-int.h"
#include "fold.h"

#include <stdlib.h>
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
		[V_USERNAME] = "username",  [V_FLOAT] = "float",
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

/* A number that is worked out before the program runs, or an error. */
const struct vtype *check_comptime(struct check *c, struct expr *e)
{
	const struct vtype *type = e->args[0]->type;
	int64_t v = 0;

	if (!c->final)
		return &vt_i64;
	if (!fold_constant(c->l, e->args[0], &v)) {
		check_error(c, e->args[0]->at,
			    "this is not known before the program runs");
		return &vt_i64;
	}
	expr_set_int(e, (uint64_t)v, type->kind == V_BOOL ? &vt_bool : &vt_i64);
	return e->type;
}

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

/* ---- getopt("name"[, DEFAULT[, "what it is"]]) ---- */

struct option_name {
	struct option_name *next;
	const char *name;
};

/* What was given behind "--" as --NAME or --NAME=VALUE; false: nothing. */
static bool find_option(const struct lang *l, const char *name,
			const char **ret_value)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < l->opts.nnamed; i++) {
		const char *given = l->opts.named[i];

		if (strncmp(given, name, n) || (given[n] && given[n] != '='))
			continue;
		*ret_value = given[n] ? given + n + 1 : NULL;
		return true;
	}
	return false;
}

static void know_option(struct lang *l, const char *name)
{
	struct option_name *o;

	for (o = l->options; o; o = o->next)
		if (!strcmp(o->name, name))
			return;
	o = arena_alloc(&l->arena, sizeof(*o));
	o->name = name;
	o->next = l->options;
	l->options = o;
}

static const struct vtype *bad_value(struct check *c, struct expr *e,
				     const char *wanted)
{
	check_error(c, e->at, "--%s expects %s", e->args[0]->name, wanted);
	return &vt_none;
}

static const struct vtype *flag_value(struct check *c, struct expr *e,
				      bool given, const char *value)
{
	bool v = given;

	if (!given && e->nargs > 1)
		v = e->args[1]->num != 0;
	if (value && (!strcmp(value, "true") || !strcmp(value, "1")))
		v = true;
	else if (value && (!strcmp(value, "false") || !strcmp(value, "0")))
		v = false;
	else if (value)
		return bad_value(c, e, "true or false");
	expr_set_int(e, v, &vt_bool);
	e->kind = E_BOOL;
	return &vt_bool;
}

static const struct vtype *number_value(struct check *c, struct expr *e,
					bool given, const char *value)
{
	uint64_t v = e->args[1]->num;
	char *end;

	if (given) {
		v = value ? strtoull(value, &end, 0) : 0;
		if (!value || end == value || *end)
			return bad_value(c, e, "a number");
	}
	expr_set_int(e, v, &vt_i64);
	return &vt_i64;
}

static const struct vtype *text_value(struct check *c, struct expr *e,
				      bool given, const char *value)
{
	if (given && !value)
		return bad_value(c, e, "a text");
	e->name = given ? value : e->args[1]->name;
	e->len = strlen(e->name);
	e->kind = E_STRING;
	return vt_string(c->l, (uint32_t)e->len + 1);
}

/* The type is that of the default; without one it is a switch. */
const struct vtype *check_getopt(struct check *c, struct expr *e)
{
	const char *name = call_literal(c, e, 0), *value = NULL;
	bool given;

	if (!name || (e->nargs > 2 && !call_literal(c, e, 2)))
		return &vt_none;
	given = find_option(c->l, name, &value);
	know_option(c->l, name);
	if (e->nargs < 2 || e->args[1]->kind == E_BOOL)
		return flag_value(c, e, given, value);
	if (e->args[1]->kind == E_INT)
		return number_value(c, e, given, value);
	if (e->args[1]->kind == E_STRING)
		return text_value(c, e, given, value);
	check_error(c, e->args[1]->at,
		    "a default is a number, a text, true or false");
	return &vt_none;
}

void check_options(struct check *c)
{
	struct lang *l = c->l;
	const struct option_name *o;

	for (size_t i = 0; i < l->opts.nnamed; i++) {
		const char *given = l->opts.named[i];
		size_t n = strcspn(given, "=");

		for (o = l->options; o; o = o->next)
			if (strlen(o->name) == n && !strncmp(o->name, given, n))
				break;
		if (o)
			continue;
		check_error(c, (struct range){0, 1},
			    "the program takes no parameter --%.*s", (int)n,
			    given);
		if (l->options)
			check_hint(c, "it takes --%s", l->options->name);
	}
}

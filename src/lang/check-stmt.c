/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statements, variables, and the rounds over the whole program.
 */
#include "call.h"
#include "checker.h"
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS_MAX = 32 };

/* ---- messages: only in the last round ---- */

void check_error(struct check *c, struct range at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	c->l->diag_shown = false;
	if (!c->final)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(c->l, at, "%s", text);
}

void check_warn(struct check *c, struct range at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	c->l->diag_shown = false;
	if (!c->final)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_warn(c->l, at, "%s", text);
}

void check_hint(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!c->final)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_hint(c->l, "%s", text);
}

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

/* ---- rounds ---- */

/* The first attach point of one of these specs. */
static const struct point *first_point(struct lang *l, size_t first, size_t n)
{
	for (size_t i = 0; i < l->npoints; i++)
		if (l->points[i].spec >= first && l->points[i].spec < first + n)
			return &l->points[i];
	return NULL;
}

static void check_as(struct check *c, struct probe *p, size_t spec)
{
	c->probe = p;
	c->kind = c->l->specs[spec].kind;
	c->point = first_point(c->l, spec, 1);
	c->block = NULL;
	c->cond_depth = c->loop_depth = 0;
	for (size_t i = 0; i < p->nvars; i++)
		p->vars[i]->assigned = p->vars[i]->needs_init = false;
	if (p->pred)
		check_number(c, p->pred, true);
	check_block(c, p->body);
}

/* What a probe can name depends on its kind, and it may have several; what is
 * wrong for all of them is said once. */
static void check_probe(struct check *c, struct probe *p)
{
	unsigned errors = c->l->nerrors;
	bool no_warnings = c->l->opts.no_warnings;
	unsigned seen = 0;

	for (size_t i = 0; i < p->nspecs && c->l->nerrors == errors; i++) {
		unsigned bit = 1u << c->l->specs[p->first_spec + i].kind;

		if (seen & bit)
			continue;
		seen |= bit;
		check_as(c, p, p->first_spec + i);
		c->l->opts.no_warnings = true;
	}
	c->l->opts.no_warnings = no_warnings;
}

static void check_round(struct check *c)
{
	c->changed = false;
	for (size_t i = 0; i < c->l->nprobes; i++)
		check_probe(c, c->l->probes[i]);
}

static int add_internal(struct lang *l, const char *name,
			enum bpf_map_kind kind, uint32_t key_size,
			uint32_t value_size, uint32_t max)
{
	struct lang_map *m =
		arena_push(&l->arena, &l->maps, &l->nmaps, sizeof(*m));

	snprintf(m->def.name, sizeof(m->def.name), "%s", name);
	m->def.kind = kind;
	m->def.key_size = key_size;
	m->def.value_size = value_size;
	m->def.max_entries = max;
	return (int)l->nmaps - 1;
}

/* The scratch map is the last: how large it must be is known only when all
 * programs have been generated once. */
static int size_scratch(struct lang *l)
{
	int rc;

	l->scratch_map = (int)l->nmaps;
	for (size_t i = 0; i < l->nprobes; i++) {
		rc = gen_measure(l, l->probes[i],
				 first_point(l, l->probes[i]->first_spec,
					     l->probes[i]->nspecs));
		if (rc)
			return rc;
	}
	if (!l->scratch_size) {
		l->scratch_map = -1;
		return 0;
	}
	l->scratch_size = (l->scratch_size + 63) & ~63u;
	add_internal(l, "scratch", BPF_MAP_PERCPU_ARRAY, 4,
		     l->scratch_size + l->zero_size, 1);
	return 0;
}

static void add_internals(struct lang *l)
{
	/* Whatever a program does, there may be a warning to send. */
	l->ring_map =
		add_internal(l, "ring", BPF_MAP_RINGBUF, 0, 0, LANG_RING_SIZE);
	if (l->uses_stack)
		l->stack_map = add_internal(l, "stacks", BPF_MAP_STACK_TRACE, 4,
					    8 * l->stack_limit, 16384);
	if (l->uses_start)
		l->start_map = add_internal(l, "start", BPF_MAP_ARRAY, 4, 8, 1);
}

static void find_word_size(struct lang *l)
{
	for (size_t i = 0; i < l->npoints; i++) {
		enum lang_probe_kind kind = l->specs[l->points[i].spec].kind;
		const struct lang_abi *abi = l->points[i].pt.abi;

		if (abi && kind != LANG_BEGIN && kind != LANG_END &&
		    kind != LANG_INTERVAL && kind != LANG_SIGNAL) {
			l->word_size = abi->word_size;
			return;
		}
	}
}

int check_script(struct lang *l, void *arg)
{
	struct check c = {.l = l, .env = l->env};
	unsigned rounds = 0;

	(void)arg;
	find_word_size(l);
	if (l->word_size != 8)
		lang_redeclare(l);
	do
		check_round(&c);
	while (c.changed && ++rounds < ROUNDS_MAX);
	c.final = true;
	check_round(&c);
	check_options(&c);
	if (l->nerrors)
		return ERR_SYNTAX;
	check_maps_finish(&c);
	if (l->nerrors)
		return ERR_SYNTAX;
	add_internals(l);
	return size_scratch(l);
}

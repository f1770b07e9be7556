/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions that print, and those that end the program.
 */
#include "call-int.h"
#include "check-printf.h"

/* ---- printing ---- */

static const struct vtype *printing(struct check *c, struct expr *e,
				    enum lang_action_kind kind)
{
	if (check_format(c, e))
		check_action(c, e, kind, e->args[0]->name, e->args + 1,
			     e->nargs - 1);
	return &vt_none;
}

const struct vtype *check_printf(struct check *c, struct expr *e)
{
	return printing(c, e, LANG_ACT_PRINTF);
}

const struct vtype *check_errorf(struct check *c, struct expr *e)
{
	return printing(c, e, LANG_ACT_ERROR);
}

const struct vtype *check_warnf(struct check *c, struct expr *e)
{
	return printing(c, e, LANG_ACT_WARN);
}

const struct vtype *check_cat(struct check *c, struct expr *e)
{
	return printing(c, e, LANG_ACT_CAT);
}

const struct vtype *check_system(struct check *c, struct expr *e)
{
	return printing(c, e, LANG_ACT_SYSTEM);
}

void gen_printf(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_event(g, e, e->args + 1, e->nargs - 1);
}

const struct vtype *check_time(struct check *c, struct expr *e)
{
	const char *fmt = "%H:%M:%S\n";

	if (e->nargs && e->args[0]->kind != E_STRING) {
		check_error(c, e->args[0]->at,
			    "time() expects a literal format");
		return &vt_none;
	}
	if (e->nargs)
		fmt = e->args[0]->name;
	if (!e->c) { /* the moment goes with the record */
		e->c = arena_alloc(&c->l->arena, sizeof(*e->c));
		e->c->kind = E_NAME;
		e->c->name = "nsecs";
		e->c->at = e->at;
	}
	check_expr(c, e->c);
	check_action(c, e, LANG_ACT_TIME, fmt, &e->c, 1);
	return &vt_none;
}

void gen_time(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_event(g, e, &e->c, 1);
}

static bool map_count_args(struct check *c, struct expr *e, int64_t *top,
			   int64_t *div)
{
	*top = *div = 0;
	if (e->nargs > 1 && !check_constant(c, e->args[1], top))
		return false;
	if (e->nargs > 2 && !check_constant(c, e->args[2], div))
		return false;
	if (*top < 0 || *div < 0 || *top > INT32_MAX || *div > INT32_MAX) {
		check_error(c, e->at,
			    "print(@map, TOP, DIV) expects small "
			    "numbers above 0");
		return false;
	}
	return true;
}

static const struct vtype *print_map(struct check *c, struct expr *e)
{
	struct map *m = check_map(c, e->args[0]);
	int64_t top, div;

	if (!map_count_args(c, e, &top, &div))
		return &vt_none;
	if (c->final && !m->value) {
		check_error(c, e->args[0]->at, "nothing is ever assigned to %s",
			    m->name);
		return &vt_none;
	}
	check_action(c, e, LANG_ACT_PRINT_MAP, NULL, NULL, 0);
	return &vt_none;
}

/* @h[KEY] of histograms and stats, which are no numbers but can be printed. */
static bool print_entry(struct check *c, struct expr *a)
{
	if (a->kind != E_MAP)
		return false;
	check_map_keys(c, a);
	if (!a->map->value || !vt_is_agg(map_value_type(c->l, a->map)))
		return false;
	a->type = a->map->value;
	return true;
}

const struct vtype *check_print(struct check *c, struct expr *e)
{
	struct expr *a = e->args[0];

	if (a->kind == E_MAP && !a->has_keys)
		return print_map(c, e);
	if (e->nargs > 1) {
		check_error(c, e->at, "only a whole map has a TOP and a DIV");
		return &vt_none;
	}
	if (!print_entry(c, a) && check_expr(c, a)->kind == V_NONE) {
		if (c->final && !c->l->nerrors)
			check_error(c, a->at, "this has no value");
		return &vt_none;
	}
	check_action(c, e, LANG_ACT_PRINT, NULL, e->args, 1);
	return &vt_none;
}

void gen_print(struct gen *g, struct expr *e, const struct place *to)
{
	struct expr *a = e->args[0];

	(void)to;
	if (a->kind != E_MAP || a->has_keys) {
		gen_event(g, e, e->args, 1);
		return;
	}
	g->l->actions[e->action].map = a->map->index;
	gen_print_map(g, e, a->map, e->nargs > 1 ? e->args[1]->num : 0,
		      e->nargs > 2 ? e->args[2]->num : 0);
}

/* ---- ending ---- */

const struct vtype *check_exit(struct check *c, struct expr *e)
{
	if (e->nargs)
		check_number(c, e->args[0], false);
	return &vt_none;
}

void gen_exit(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	if (e->nargs)
		gen_scalar(g, e->args[0]);
	else
		bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	bpf_call(&g->b, BPF_HELPER_upd_exit);
	gen_leave(g);
}

/* assert(COND, "text"): ends the session when it is not so. */
const struct vtype *check_assert(struct check *c, struct expr *e)
{
	const char *text = e->nargs > 1 ? call_literal(c, e, 1) : "";
	struct buf fmt;

	if (!text || !check_number(c, e->args[0], true))
		return &vt_none;
	if (c->final && e->action < 0) {
		/* A format: what looks like a conversion is doubled. */
		buf_init(&fmt);
		buf_add_str(&fmt, "assert failed: ");
		for (const char *p = text; *p; p++)
			buf_printf(&fmt, *p == '%' ? "%%%%" : "%c", *p);
		check_action(c, e, LANG_ACT_ERROR,
			     arena_strdup(&c->l->arena, buf_str(&fmt)), NULL,
			     0);
		buf_release(&fmt);
	}
	return &vt_none;
}

void gen_assert(struct gen *g, struct expr *e, const struct place *to)
{
	bpf_label holds = bpf_label_new(&g->b);

	(void)to;
	gen_branch(g, e->args[0], true, holds);
	gen_event(g, e, NULL, 0);
	bpf_mov_imm(&g->b, BPF_R1, 1);
	bpf_call(&g->b, BPF_HELPER_upd_exit);
	gen_leave(g);
	bpf_label_here(&g->b, holds);
}

/* ---- join ---- */

enum { JOIN_ARGS = 16, JOIN_SIZE = 1024 };

/* join(argv[, SEPARATOR]): the strings that an array of pointers names, up to
 * a NULL. */
const struct vtype *check_join(struct check *c, struct expr *e)
{
	const char *between = e->nargs > 1 ? call_literal(c, e, 1) : " ";
	struct expr *strings[JOIN_ARGS], one = {.at = e->at};
	uint64_t size = c->l->config.max_strlen;

	if (!between || !call_is_address(c, e->args[0]))
		return &vt_none;
	one.type =
		vt_string(c->l, size < JOIN_SIZE ? (uint32_t)size : JOIN_SIZE);
	for (size_t i = 0; i < JOIN_ARGS; i++)
		strings[i] = &one;
	check_action(c, e, LANG_ACT_JOIN, between, strings, JOIN_ARGS);
	return &vt_none;
}

void gen_join(struct gen *g, struct expr *e, const struct place *to)
{
	const struct lang_action *a = &g->l->actions[e->action];
	bpf_label done = bpf_label_new(&g->b);
	struct place rec = gen_scratch(g, a->size), argv = gen_temp(g, 8);
	int word = (int)g->l->word_size;

	(void)to;
	gen_scalar(g, e->args[0]);
	gen_store(g, argv, BPF_R0);
	for (size_t i = 0; i < a->nfields; i++) /* an empty one ends it */
		gen_store_imm(g, place_at(rec, (int)a->fields[i].offset), 0);
	for (size_t i = 0; i < a->nfields; i++) {
		gen_load(g, BPF_R0, argv);
		bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R0, (int)i * word);
		gen_read_user(g, g->l->word_size, false);
		bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, done);
		gen_read_str(g, place_at(rec, (int)a->fields[i].offset),
			     a->fields[i].type->size);
	}
	bpf_label_here(&g->b, done);
	gen_event_send(g, rec, e->action);
}

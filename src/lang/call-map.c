/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions about maps.
 */
#include "call-int.h"

/* ---- maps ---- */

static bool whole_map(struct check *c, struct expr *e)
{
	if (!e->args[0]->has_keys)
		return true;
	check_error(c, e->args[0]->at, "%s() is of a whole map", e->name);
	return false;
}

const struct vtype *check_clear(struct check *c, struct expr *e)
{
	whole_map(c, e);
	return &vt_none;
}

static void on_map(struct gen *g, struct expr *e, enum bpf_helper helper)
{
	gen_load_map(g, BPF_R1, e->args[0]->map->index);
	bpf_call(&g->b, helper);
}

void gen_clear(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	on_map(g, e, BPF_HELPER_upd_clear_map);
}

void gen_zero_map(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	on_map(g, e, BPF_HELPER_upd_zero_map);
}

/* f(@m, k) becomes f(@m[k]). */
static void fold_key(struct expr *e)
{
	struct expr *m = e->args[0];

	if (e->nargs < 2 || m->has_keys)
		return;
	m->has_keys = true;
	if (e->args[1]->kind == E_TUPLE) {
		m->args = e->args[1]->args;
		m->nargs = e->args[1]->nargs;
	} else {
		m->args = e->args + 1;
		m->nargs = e->nargs - 1;
	}
	e->nargs = 1;
}

const struct vtype *check_delete(struct check *c, struct expr *e)
{
	if (e->args[0]->kind != E_MAP) {
		check_error(c, e->args[0]->at, "delete() expects a map");
		return &vt_none;
	}
	fold_key(e);
	check_map_keys(c, e->args[0]);
	return &vt_bool;
}

/* Whether there was such a key. */
void gen_delete(struct gen *g, struct expr *e, const struct place *to)
{
	bpf_label ok = bpf_label_new(&g->b), done = bpf_label_new(&g->b);
	struct place key = gen_key(g, e->args[0]);

	(void)to;
	gen_load_map(g, BPF_R1, e->args[0]->map->index);
	gen_lea(g, BPF_R2, key);
	bpf_call(&g->b, BPF_HELPER_map_delete_elem);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, ok);
	if (g->unused == e)
		gen_warn(g, "map_delete_elem",
			 "there is no such key to delete");
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, ok);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_label_here(&g->b, done);
}

const struct vtype *check_has_key(struct check *c, struct expr *e)
{
	if (e->args[0]->kind != E_MAP) {
		check_error(c, e->args[0]->at, "has_key() expects a map");
		return &vt_none;
	}
	fold_key(e);
	if (!e->args[0]->has_keys) {
		check_error(c, e->at, "has_key(@map, KEY)");
		return &vt_none;
	}
	check_map_keys(c, e->args[0]);
	return &vt_bool;
}

void gen_has_key(struct gen *g, struct expr *e, const struct place *to)
{
	bpf_label none = bpf_label_new(&g->b);

	(void)to;
	gen_lookup(g, e->args[0]->map, gen_key(g, e->args[0]));
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_label_here(&g->b, none);
}

/* find(@m, KEY, $v): whether there is such a key; if so, $v is its value. */
const struct vtype *check_find(struct check *c, struct expr *e)
{
	struct expr *m = e->args[0], *v = e->args[2];

	if (m->kind != E_MAP || m->has_keys || v->kind != E_VAR) {
		check_error(c, e->at, "find(@map, KEY, $variable)");
		return &vt_none;
	}
	if (!e->c) { /* @map[KEY] */
		e->c = arena_alloc(&c->l->arena, sizeof(*e->c));
		*e->c = *m;
		e->c->at = m->at;
		e->c->has_keys = true;
		e->c->args = e->args + 1;
		e->c->nargs = 1;
		if (e->args[1]->kind == E_TUPLE) {
			e->c->args = e->args[1]->args;
			e->c->nargs = e->args[1]->nargs;
		}
	}
	check_expr(c, e->c);
	if (e->c->type->kind == V_NONE)
		return &vt_none;
	c->cond_depth++;
	check_assign_var(c, v, e->c->type, false);
	c->cond_depth--;
	return &vt_bool;
}

void gen_find(struct gen *g, struct expr *e, const struct place *to)
{
	bpf_label none = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place key = gen_key(g, e->c);

	(void)to;
	gen_lookup(g, e->c->map, key);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	gen_into(g, e->c, e->args[2]->var->type,
		 gen_var_place(g, e->args[2]->var));
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_label_here(&g->b, none);
	gen_release(g, m);
}

/* Of a map, or the frames of a stack. */
const struct vtype *check_len(struct check *c, struct expr *e)
{
	struct map *m;

	if (e->args[0]->kind != E_MAP || e->args[0]->has_keys) {
		if (check_expr(c, e->args[0])->kind == V_USTACK)
			return &vt_u64;
		check_error(c, e->args[0]->at,
			    "len() expects a map or a stack");
		return &vt_none;
	}
	m = check_map(c, e->args[0]);
	if (whole_map(c, e) && m->scalar)
		check_error(c, e->at, "%s has no keys to count", m->name);
	return &vt_u64;
}

void gen_len(struct gen *g, struct expr *e, const struct place *to)
{
	struct gen_mark m = gen_mark(g);

	(void)to;
	if (e->args[0]->type && e->args[0]->type->kind == V_USTACK) {
		gen_load(g, BPF_R2, gen_value(g, e->args[0]));
		gen_load_map(g, BPF_R1, g->l->stack_map);
		bpf_call(&g->b, BPF_HELPER_upd_stack_len);
	} else {
		on_map(g, e, BPF_HELPER_upd_map_len);
	}
	gen_release(g, m);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Maps that are not aggregations: reading, assigning, counting up.
 */
#include "gen.h"

struct place gen_key(struct gen *g, struct expr *e)
{
	const struct vtype *t = e->map->key;
	struct place key;

	if (!e->has_keys) {
		key = gen_temp(g, 8);
		bpf_store_imm(&g->b, 8, key.reg, key.off, 0);
		return key;
	}
	key = gen_room(g, t);
	if (e->nargs == 1) {
		gen_into(g, e->args[0], t, key);
		return key;
	}
	for (size_t i = 0; i < e->nargs; i++)
		gen_into(g, e->args[i], t->fields[i].type,
			 place_at(key, (int)t->fields[i].offset));
	return key;
}

void gen_lookup(struct gen *g, const struct map *m, struct place key)
{
	gen_load_map(g, BPF_R1, m->index);
	gen_lea(g, BPF_R2, key);
	bpf_call(&g->b, BPF_HELPER_map_lookup_elem);
}

static enum bpf_merge merge_how(const struct vtype *t)
{
	if (t->kind == V_MIN)
		return t->is_signed ? BPF_MERGE_MIN_SIGNED : BPF_MERGE_MIN;
	if (t->kind == V_MAX)
		return t->is_signed ? BPF_MERGE_MAX_SIGNED : BPF_MERGE_MAX;
	return BPF_MERGE_ADD;
}

/* What all writers together have, `size` bytes of it, to `to`. */
static void merged_into(struct gen *g, const struct map *m, struct place key,
			struct place to, uint32_t size)
{
	gen_load_map(g, BPF_R1, m->index);
	gen_lea(g, BPF_R2, key);
	bpf_mov_imm(&g->b, BPF_R3, merge_how(m->value));
	gen_lea(g, BPF_R4, to);
	bpf_mov_imm(&g->b, BPF_R5, size);
	bpf_call(&g->b, BPF_HELPER_upd_merged);
}

/* r0 = it as a number; no such key: 0 */
void gen_merged(struct gen *g, const struct map *m, struct place key)
{
	bpf_label none = bpf_label_new(&g->b);
	struct gen_mark mark = gen_mark(g);
	struct place to = gen_temp(g, 16);

	merged_into(g, m, key, to, 16);
	gen_load(g, BPF_R0, to);
	if (m->value->kind == V_AVG) {
		gen_load(g, BPF_R1, place_at(to, 8));
		bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R1, 0, none);
		gen_binary(g, T_DIV, m->value->is_signed);
		bpf_label_here(&g->b, none);
	}
	gen_release(g, mark);
}

void gen_map_scalar(struct gen *g, struct expr *e)
{
	const struct vtype *v = e->map->value;
	struct place key = gen_key(g, e);
	bpf_label none;

	if (vt_is_agg(v)) {
		gen_merged(g, e->map, key);
		return;
	}
	none = bpf_label_new(&g->b);
	gen_lookup(g, e->map, key);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	bpf_load(&g->b, v->kind == V_BOOL ? 1 : 8, BPF_R0, BPF_R0, 0);
	bpf_label_here(&g->b, none);
}

void gen_map_into(struct gen *g, struct expr *e, struct place to)
{
	uint32_t size = vt_slot(e->map->value);
	struct place key = gen_key(g, e);
	bpf_label none, done;

	if (vt_is_agg(e->map->value)) {
		merged_into(g, e->map, key, to, size);
		return;
	}
	none = bpf_label_new(&g->b);
	done = bpf_label_new(&g->b);
	gen_lookup(g, e->map, key);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	gen_copy(g, to, (struct place){BPF_R0, 0}, size);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, none);
	gen_zero(g, to, size);
	bpf_label_here(&g->b, done);
}

/* r0 = the error, if any */
void gen_update(struct gen *g, const struct map *m, struct place key,
		struct place value, int flags)
{
	gen_load_map(g, BPF_R1, m->index);
	gen_lea(g, BPF_R2, key);
	gen_lea(g, BPF_R3, value);
	bpf_mov_imm(&g->b, BPF_R4, flags);
	bpf_call(&g->b, BPF_HELPER_map_update_elem);
}

/* r0 = what an update said */
void gen_warn_full(struct gen *g)
{
	gen_warn_unless(g, BPF_OP_JNE, -7 /* E2BIG */, "map_update_elem",
			"the map is full: this key has no room; raise "
			"max_map_keys, or declare the map: let @m = hash(N)");
}

void gen_map_assign(struct gen *g, struct expr *e, struct expr *value)
{
	struct gen_mark m = gen_mark(g);
	struct place v, key;

	if (vt_is_agg(e->map->value)) {
		gen_agg(g, e, value);
		gen_release(g, m);
		return;
	}
	v = gen_room(g, e->map->value);
	gen_into(g, value, e->map->value, v);
	key = gen_key(g, e);
	gen_update(g, e->map, key, v, 0);
	gen_warn_full(g);
	gen_release(g, m);
}

/* r0 = &value of the key, made with 0 where there was none; full -> out */
static void lookup_or_make(struct gen *g, const struct map *m, struct place key,
			   bpf_label out)
{
	bpf_label have = bpf_label_new(&g->b);
	struct place zero;

	gen_lookup(g, m, key);
	bpf_jump_imm(&g->b, BPF_OP_JNE, BPF_R0, 0, have);
	zero = gen_temp(g, 8);
	bpf_store_imm(&g->b, 8, zero.reg, zero.off, 0);
	gen_update(g, m, key, zero, 1); /* BPF_NOEXIST */
	gen_warn_full(g);
	gen_lookup(g, m, key);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, out);
	bpf_label_here(&g->b, have);
}

void gen_map_add(struct gen *g, struct expr *e, struct expr *value,
		 int64_t constant, int fetch)
{
	bpf_label out = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place amount = {0, 0}, key;

	if (value) {
		amount = gen_temp(g, 8);
		gen_scalar(g, value);
		gen_store(g, amount, BPF_R0);
	}
	key = gen_key(g, e);
	lookup_or_make(g, e->map, key, out);
	if (value)
		gen_load(g, BPF_R1, amount);
	else
		bpf_mov_imm(&g->b, BPF_R1, constant);
	if (fetch) {
		bpf_load(&g->b, 8, BPF_R2, BPF_R0, 0);
		if (fetch == 2)
			bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R2, BPF_R1);
	}
	bpf_atomic_add(&g->b, 8, BPF_R0, 0, BPF_R1);
	if (fetch)
		bpf_mov_reg(&g->b, BPF_R0, BPF_R2);
	bpf_label_here(&g->b, out);
	gen_release(g, m);
}

void gen_map_compound(struct gen *g, struct stmt *s)
{
	bpf_label out = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place amount, key;

	if (s->op == T_ADD_ASSIGN) {
		gen_map_add(g, s->e, s->value, 0, 0);
		return;
	}
	amount = gen_temp(g, 8);
	gen_scalar(g, s->value);
	gen_store(g, amount, BPF_R0);
	key = gen_key(g, s->e);
	lookup_or_make(g, s->e->map, key, out);
	bpf_mov_reg(&g->b, GEN_TMP, BPF_R0);
	gen_load(g, BPF_R1, amount);
	bpf_load(&g->b, 8, BPF_R0, GEN_TMP, 0);
	gen_binary(g, gen_plain_op(s->op), s->e->map->value->is_signed);
	bpf_store(&g->b, 8, GEN_TMP, 0, BPF_R0);
	bpf_label_here(&g->b, out);
	gen_release(g, m);
}

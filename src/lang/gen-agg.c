/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregations: @x = count() and so on. Every writer has its own value; all
 * changes but those of min and max are atomic, as several threads of one
 * target may write at once when programs run inside it.
 */
#include "gen.h"

/* r0 = &value, made of zeroes where there was none; full -> out */
static void value_of(struct gen *g, const struct map *m, struct place key,
		     bpf_label out)
{
	bpf_label have = bpf_label_new(&g->b);
	struct place zero;

	gen_lookup(g, m, key);
	bpf_jump_imm(&g->b, BPF_OP_JNE, BPF_R0, 0, have);
	if (vt_slot(m->value) <= 16) {
		zero = gen_temp(g, vt_slot(m->value));
		gen_zero(g, zero, vt_slot(m->value));
	} else { /* behind the scratch, where nobody writes */
		g->uses_scratch = true;
		if (!g->scratch_max)
			g->scratch_max = 8;
		zero = (struct place){GEN_SCRATCH, (int)g->l->scratch_size};
	}
	gen_load_map(g, BPF_R1, m->index);
	gen_lea(g, BPF_R2, key);
	gen_lea(g, BPF_R3, zero);
	bpf_mov_imm(&g->b, BPF_R4, 1); /* BPF_NOEXIST */
	bpf_call(&g->b, BPF_HELPER_map_update_elem);
	gen_warn_full(g);
	gen_lookup(g, m, key);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, out);
	bpf_label_here(&g->b, have);
}

/* *(r0 + off) += r1 */
static void add_to(struct gen *g, int off)
{
	bpf_atomic_add(&g->b, 8, BPF_R0, off, BPF_R1);
}

static void update_extreme(struct gen *g, const struct vtype *t, bpf_label out)
{
	bpf_label set = bpf_label_new(&g->b);
	int op;

	bpf_load(&g->b, 8, BPF_R2, BPF_R0, 8);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R2, 0, set);
	bpf_load(&g->b, 8, BPF_R2, BPF_R0, 0);
	if (t->kind == V_MIN)
		op = t->is_signed ? BPF_OP_JSGE : BPF_OP_JGE;
	else
		op = t->is_signed ? BPF_OP_JSLE : BPF_OP_JLE;
	bpf_jump_reg(&g->b, op, BPF_R1, BPF_R2, out);
	bpf_label_here(&g->b, set);
	bpf_store(&g->b, 8, BPF_R0, 0, BPF_R1);
	bpf_store_imm(&g->b, 8, BPF_R0, 8, 1);
}

/* *(r0 + r2 * 8) += 1, where r2 < count; the comparison is for the verifier */
static void add_bucket(struct gen *g, uint32_t count, bpf_label out)
{
	bpf_jump_imm(&g->b, BPF_OP_JGE, BPF_R2, (int32_t)count, out);
	bpf_alu64_imm(&g->b, BPF_OP_LSH, BPF_R2, 3);
	bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R0, BPF_R2);
	bpf_mov_imm(&g->b, BPF_R1, 1);
	add_to(g, 0);
}

/* r3 (not 0) -> r2 = the number of its highest bit; without jumps, so that
 * verifiers have one path to walk. r4, r5 are used, r3 is spent. */
static void log2_of(struct gen *g)
{
	bpf_mov_imm(&g->b, BPF_R2, 0);
	for (int bits = 5; bits >= 0; bits--) {
		/* r4 = (r3 >> 2^bits) != 0 */
		bpf_mov_reg(&g->b, BPF_R4, BPF_R3);
		bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R4, 1 << bits);
		bpf_mov_imm(&g->b, BPF_R5, 0);
		bpf_alu64_reg(&g->b, BPF_OP_SUB, BPF_R5, BPF_R4);
		bpf_alu64_reg(&g->b, BPF_OP_OR, BPF_R4, BPF_R5);
		bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R4, 63);
		/* then r3 and r2 go by so much */
		bpf_alu64_imm(&g->b, BPF_OP_LSH, BPF_R4, bits);
		bpf_alu64_imm(&g->b, BPF_OP_AND, BPF_R4, 63);
		bpf_alu64_reg(&g->b, BPF_OP_RSH, BPF_R3, BPF_R4);
		bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R2, BPF_R4);
	}
}

/* r1 = the value -> r2 = its bucket. See V_HIST_BUCKETS. */
static void hist_bucket(struct gen *g, const struct vtype *t, bool is_signed)
{
	bpf_label found = bpf_label_new(&g->b), large = bpf_label_new(&g->b);
	int k = (int)t->hist_bits;

	if (is_signed) {
		bpf_mov_imm(&g->b, BPF_R2, 0);
		bpf_jump_imm(&g->b, BPF_OP_JSLT, BPF_R1, 0, found);
	}
	bpf_jump_imm(&g->b, BPF_OP_JGE, BPF_R1, 1 << k, large);
	bpf_mov_reg(&g->b, BPF_R2, BPF_R1);
	bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R2, 1);
	bpf_jump(&g->b, found);
	bpf_label_here(&g->b, large);
	/* 1 + (log - k) * 2^k + (value >> (log - k)) */
	bpf_mov_reg(&g->b, BPF_R3, BPF_R1);
	log2_of(g);
	bpf_alu64_imm(&g->b, BPF_OP_SUB, BPF_R2, k);
	bpf_alu64_imm(&g->b, BPF_OP_AND, BPF_R2, 63);
	bpf_alu64_reg(&g->b, BPF_OP_RSH, BPF_R1, BPF_R2);
	bpf_alu64_imm(&g->b, BPF_OP_LSH, BPF_R2, k);
	bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R2, BPF_R1);
	bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R2, 1);
	bpf_label_here(&g->b, found);
}

static void lhist_bucket(struct gen *g, const struct vtype *t)
{
	bpf_label found = bpf_label_new(&g->b);
	int32_t last = (int32_t)(t->size / 8 - 1);

	bpf_mov_imm(&g->b, BPF_R3, t->lhist.min);
	bpf_mov_imm(&g->b, BPF_R2, 0);
	bpf_jump_reg(&g->b, BPF_OP_JSLT, BPF_R1, BPF_R3, found);
	bpf_mov_imm(&g->b, BPF_R4, t->lhist.max);
	bpf_mov_imm(&g->b, BPF_R2, last);
	bpf_jump_reg(&g->b, BPF_OP_JSGE, BPF_R1, BPF_R4, found);
	bpf_mov_reg(&g->b, BPF_R2, BPF_R1);
	bpf_alu64_reg(&g->b, BPF_OP_SUB, BPF_R2, BPF_R3);
	bpf_mov_imm(&g->b, BPF_R4, t->lhist.step);
	bpf_alu64_reg(&g->b, BPF_OP_DIV, BPF_R2, BPF_R4);
	bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R2, 1);
	bpf_label_here(&g->b, found);
}

/* The bucket is computed before the lookup, which spends the registers. */
static void update_hist(struct gen *g, struct expr *map, struct expr *call,
			struct place value, struct place key, bpf_label out)
{
	const struct vtype *t = map->map->value;

	gen_load(g, BPF_R1, value);
	if (t->kind == V_HIST)
		hist_bucket(g, t, call->args[0]->type->is_signed);
	else
		lhist_bucket(g, t);
	gen_store(g, value, BPF_R2);
	value_of(g, map->map, key, out);
	gen_load(g, BPF_R2, value);
	add_bucket(g, t->size / 8, out);
}

static void update_plain(struct gen *g, const struct map *m, struct place value,
			 struct place key, bpf_label out)
{
	value_of(g, m, key, out);
	if (m->value->kind == V_COUNT)
		bpf_mov_imm(&g->b, BPF_R1, 1);
	else
		gen_load(g, BPF_R1, value);
	switch (m->value->kind) {
	case V_MIN:
	case V_MAX:
		update_extreme(g, m->value, out);
		break;
	case V_AVG:
	case V_STATS:
		add_to(g, 0);
		bpf_mov_imm(&g->b, BPF_R1, 1);
		add_to(g, 8);
		break;
	default:
		add_to(g, 0);
	}
}

void gen_agg(struct gen *g, struct expr *map, struct expr *call)
{
	bpf_label out = bpf_label_new(&g->b);
	struct place value = {0, 0}, key;

	if (call->nargs) {
		value = gen_temp(g, 8);
		gen_scalar(g, call->args[0]);
		gen_store(g, value, BPF_R0);
	}
	key = gen_key(g, map);
	if (map->map->value->kind == V_HIST || map->map->value->kind == V_LHIST)
		update_hist(g, map, call, value, key, out);
	else
		update_plain(g, map->map, value, key, out);
	bpf_label_here(&g->b, out);
}

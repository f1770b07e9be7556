/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Comparing strings, and other values of more than a number. Behind its NUL a
 * string is zero up to the end of its slot, so that words can be compared.
 */
#include "gen.h"

#include <string.h>

/* r0 != r1 -> `differ`, of which only the first n bytes count. */
static void compare_word(struct gen *g, uint32_t n, bpf_label differ)
{
	if (n < 8) {
		uint64_t mask = 0;

		memset(&mask, 0xff, n);
		bpf_alu64_reg(&g->b, BPF_OP_XOR, BPF_R0, BPF_R1);
		bpf_mov_imm(&g->b, BPF_R1, (int64_t)mask);
		bpf_alu64_reg(&g->b, BPF_OP_AND, BPF_R0, BPF_R1);
		bpf_jump_imm(&g->b, BPF_OP_JNE, BPF_R0, 0, differ);
		return;
	}
	bpf_jump_reg(&g->b, BPF_OP_JNE, BPF_R0, BPF_R1, differ);
}

static void result(struct gen *g, bpf_label differ)
{
	bpf_label done = bpf_label_new(&g->b);

	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, differ);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_label_here(&g->b, done);
}

static void against_literal(struct gen *g, struct expr *a, struct expr *lit,
			    uint32_t n)
{
	bpf_label differ = bpf_label_new(&g->b);
	uint32_t len = (uint32_t)strlen(lit->name);
	uint32_t have = a->type->size, want = len + 1;
	struct place p;

	if (n && n < want)
		want = n;
	/* Longer than the other can be: its end decides. */
	if (want > vt_slot(a->type))
		want = have;
	p = gen_value(g, a);
	if (len > have && (!n || n > have)) {
		bpf_mov_imm(&g->b, BPF_R0, 0);
		return;
	}
	for (uint32_t i = 0; i < want; i += 8) {
		uint64_t word = 0;

		if (i < len)
			memcpy(&word, lit->name + i, len - i < 8 ? len - i : 8);
		gen_load(g, BPF_R0, place_at(p, (int)i));
		bpf_mov_imm(&g->b, BPF_R1, (int64_t)word);
		compare_word(g, want - i, differ);
	}
	result(g, differ);
}

static void both(struct gen *g, struct expr *a, struct expr *b, uint32_t n)
{
	bpf_label differ = bpf_label_new(&g->b);
	uint32_t x = a->type->size, y = b->type->size;
	uint32_t less = x < y ? x : y, more = x < y ? y : x, want = less;
	struct place p = gen_value(g, a), q = gen_value(g, b);
	struct place longer = x < y ? q : p;

	if (n && n < want)
		want = n;
	for (uint32_t i = 0; i < want; i += 8) {
		gen_load(g, BPF_R0, place_at(p, (int)i));
		gen_load(g, BPF_R1, place_at(q, (int)i));
		compare_word(g, want - i, differ);
	}
	if (more > less && (!n || n > less)) { /* the longer must end too */
		bpf_load(&g->b, 1, BPF_R0, longer.reg, longer.off + (int)less);
		bpf_jump_imm(&g->b, BPF_OP_JNE, BPF_R0, 0, differ);
	}
	result(g, differ);
}

void gen_str_equal(struct gen *g, struct expr *a, struct expr *b, uint32_t n)
{
	struct gen_mark m = gen_mark(g);

	if (b->kind == E_STRING)
		against_literal(g, a, b, n);
	else if (a->kind == E_STRING)
		against_literal(g, b, a, n);
	else
		both(g, a, b, n);
	gen_release(g, m);
}

/* Tuples and the like: as the type that holds both, padding and all. */
void gen_bytes_equal(struct gen *g, struct expr *a, struct expr *b)
{
	const struct vtype *t = vt_merge(g->l, a->type, false, b->type, false);
	bpf_label differ = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place p = gen_room(g, t), q = gen_room(g, t);

	gen_into(g, a, t, p);
	gen_into(g, b, t, q);
	gen_lea(g, BPF_R1, p);
	bpf_mov_imm(&g->b, BPF_R2, vt_slot(t));
	gen_lea(g, BPF_R3, q);
	bpf_call(&g->b, BPF_HELPER_upd_memcmp);
	bpf_jump_imm(&g->b, BPF_OP_JNE, BPF_R0, 0, differ);
	result(g, differ);
	gen_release(g, m);
}

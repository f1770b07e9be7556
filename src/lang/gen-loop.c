/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loops. Their bodies are subprograms that a helper calls: so verifiers see
 * that they end. A body reaches the probe's variables through the main
 * program's frame pointer, which is handed to it.
 */
#include "gen.h"

enum { RANGE_MAX = 1 << 23 }; /* rounds of the helper loop */

/* `return` in a body leaves the helper, then whatever it was called from. */
static void after_loop(struct gen *g)
{
	bpf_label on = bpf_label_new(&g->b);

	bpf_load(&g->b, 8, BPF_R1, g->base, g->return_slot);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R1, 0, on);
	gen_leave(g);
	bpf_label_here(&g->b, on);
}

static struct gen_callback *enqueue(struct gen *g, struct stmt *s)
{
	struct gen_callback *cb = arena_alloc(&g->l->arena, sizeof(*cb));

	cb->entry = bpf_label_new(&g->b);
	cb->s = s;
	cb->scratch = g->scratch;
	cb->frames = g->frames + g->temp;
	*g->last = cb;
	g->last = &cb->next;
	return cb;
}

static void call_loop(struct gen *g, struct stmt *s)
{
	struct gen_callback *cb = enqueue(g, s);

	/* r1: how often */
	bpf_load_func(&g->b, BPF_R2, cb->entry);
	bpf_mov_reg(&g->b, BPF_R3, g->base);
	bpf_mov_imm(&g->b, BPF_R4, 0);
	bpf_call(&g->b, BPF_HELPER_loop);
	if (s->kind == S_WHILE)
		gen_warn_unless(g, BPF_OP_JNE, GEN_LOOPS_MAX, "loop",
				"the loop was ended: it had gone round as "
				"often as a loop may");
	after_loop(g);
}

void gen_while(struct gen *g, struct stmt *s)
{
	bpf_mov_imm(&g->b, BPF_R1, GEN_LOOPS_MAX);
	call_loop(g, s);
}

/* $i counts from `value` on; how often is limit - value. */
static void for_range(struct gen *g, struct stmt *s)
{
	bpf_label none = bpf_label_new(&g->b), fits = bpf_label_new(&g->b);
	struct place i = gen_var_place(g, s->e->var);

	gen_pair(g, s->value, s->limit);
	bpf_jump_reg(&g->b, BPF_OP_JSGE, BPF_R0, BPF_R1, none);
	bpf_mov_reg(&g->b, BPF_R2, BPF_R0);
	/* The body adds 1 before it begins. */
	bpf_alu64_imm(&g->b, BPF_OP_SUB, BPF_R2, 1);
	gen_store(g, i, BPF_R2);
	bpf_alu64_reg(&g->b, BPF_OP_SUB, BPF_R1, BPF_R0);
	bpf_jump_imm(&g->b, BPF_OP_JLE, BPF_R1, RANGE_MAX, fits);
	bpf_mov_reg(&g->b, BPF_R0, BPF_R1);
	gen_warn(g, NULL,
		 "the range is longer than a loop may be: the rest "
		 "is left out");
	bpf_mov_imm(&g->b, BPF_R1, RANGE_MAX);
	bpf_label_here(&g->b, fits);
	call_loop(g, s);
	bpf_label_here(&g->b, none);
}

static void for_map(struct gen *g, struct stmt *s)
{
	struct gen_callback *cb = enqueue(g, s);

	gen_load_map(g, BPF_R1, s->value->map->index);
	bpf_load_func(&g->b, BPF_R2, cb->entry);
	bpf_mov_reg(&g->b, BPF_R3, g->base);
	bpf_mov_imm(&g->b, BPF_R4, 0);
	bpf_call(&g->b, BPF_HELPER_for_each_map_elem);
	after_loop(g);
}

void gen_for(struct gen *g, struct stmt *s)
{
	if (s->kind == S_FOR_MAP)
		for_map(g, s);
	else
		for_range(g, s);
}

void gen_unroll(struct gen *g, struct stmt *s)
{
	struct gen_loop loop = {.outer = g->loop};

	loop.on_break = bpf_label_new(&g->b);
	g->loop = &loop;
	for (uint64_t i = 0; i < s->e->num; i++) {
		loop.on_continue = bpf_label_new(&g->b);
		gen_block(g, s->body);
		bpf_label_here(&g->b, loop.on_continue);
		if (g->b.code.len / sizeof(struct bpf_insn) > BPF_INSNS_MAX)
			gen_fail(g, s->at,
				 "unrolled, this is more than %d "
				 "instructions",
				 BPF_INSNS_MAX);
	}
	bpf_label_here(&g->b, loop.on_break);
	g->loop = loop.outer;
}

/* ---- bodies ---- */

/* r2 = &key, r3 = &value -> $kv */
static void take_entry(struct gen *g, struct stmt *s)
{
	const struct vtype *t = s->e->var->type;
	struct place kv = gen_var_place(g, s->e->var);
	const struct map *m = s->value->map;
	struct place value = place_at(kv, (int)t->fields[1].offset);

	gen_copy(g, kv, (struct place){BPF_R2, 0}, vt_slot(t->fields[0].type));
	if (!vt_is_agg(m->value)) {
		gen_copy(g, value, (struct place){BPF_R3, 0},
			 vt_slot(t->fields[1].type));
		return;
	}
	gen_merged(g, m, kv);
	gen_store(g, value, BPF_R0);
}

/* What the helpers hand over: loop: r2 is the frame; for_each: r4 is, r2 and
 * r3 are key and value. */
static void enter(struct gen *g, struct stmt *s, bpf_label stop)
{
	struct gen_mark m = gen_mark(g);
	struct place key, slot;

	if (s->kind != S_FOR_MAP) {
		bpf_mov_reg(&g->b, GEN_FRAME, BPF_R2);
	} else {
		bpf_mov_reg(&g->b, GEN_FRAME, BPF_R4);
		bpf_mov_reg(&g->b, GEN_CTX, BPF_R2);
		bpf_mov_reg(&g->b, GEN_TMP, BPF_R3);
	}
	if (g->probe->needs_scratch) {
		slot = gen_temp(g, 8);
		bpf_store_imm(&g->b, 4, slot.reg, slot.off, 0);
		gen_load_map(g, BPF_R1, g->l->scratch_map);
		gen_lea(g, BPF_R2, slot);
		bpf_call(&g->b, BPF_HELPER_map_lookup_elem);
		bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, stop);
		bpf_mov_reg(&g->b, GEN_SCRATCH, BPF_R0);
	}
	if (s->kind == S_FOR_MAP) {
		bpf_mov_reg(&g->b, BPF_R2, GEN_CTX);
		bpf_mov_reg(&g->b, BPF_R3, GEN_TMP);
		take_entry(g, s);
	} else if (s->kind == S_FOR_RANGE) {
		key = gen_var_place(g, s->e->var);
		gen_load(g, BPF_R0, key);
		bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R0, 1);
		gen_store(g, key, BPF_R0);
	}
	bpf_load(&g->b, 8, GEN_CTX, g->base, g->ctx_slot);
	gen_release(g, m);
}

static void body(struct gen *g, struct gen_callback *cb)
{
	struct gen_loop loop = {.callback = true};

	g->in_callback = true;
	g->base = GEN_FRAME;
	g->temp = 0;
	g->frames = cb->frames;
	g->scratch = cb->scratch;
	loop.on_break = bpf_label_new(&g->b);
	loop.on_continue = bpf_label_new(&g->b);
	g->loop = &loop;
	bpf_label_here(&g->b, cb->entry);
	enter(g, cb->s, loop.on_break);
	if (cb->s->kind == S_WHILE)
		gen_branch(g, cb->s->e, false, loop.on_break);
	gen_block(g, cb->s->body);
	bpf_label_here(&g->b, loop.on_continue);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_exit(&g->b);
	bpf_label_here(&g->b, loop.on_break);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_exit(&g->b);
	g->loop = NULL;
}

/* Bodies may bring more of their own. */
void gen_callbacks(struct gen *g)
{
	for (struct gen_callback *cb = g->first; cb; cb = cb->next)
		body(g, cb);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory of the program itself: temporaries, copies; and reading the target's.
 */
#include "gen.h"

#include <string.h>

struct gen_mark gen_mark(const struct gen *g)
{
	return (struct gen_mark){g->temp, g->scratch};
}

void gen_release(struct gen *g, struct gen_mark m)
{
	g->temp = m.temp;
	g->scratch = m.scratch;
}

struct place gen_temp(struct gen *g, unsigned size)
{
	g->temp += (int)((size + 7) & ~7u);
	if (g->temp > g->temp_max)
		g->temp_max = g->temp;
	if (g->frames + g->temp > BPF_STACK_MAX)
		gen_fail(g, g->probe->at,
			 "this probe's variables and "
			 "expressions need more than the %d bytes of stack "
			 "that a program has",
			 BPF_STACK_MAX);
	return (struct place){BPF_FP, -g->temp};
}

/* 8 bytes of slack: reading a string of n characters writes n + 1. */
struct place gen_scratch(struct gen *g, uint32_t size)
{
	uint32_t at = g->scratch;

	g->scratch += ((size + 7) & ~7u) + 8;
	if (g->scratch > g->scratch_max)
		g->scratch_max = g->scratch;
	/* Offsets in instructions have 16 bits. */
	if (g->scratch > 32000)
		gen_fail(g, g->probe->at,
			 "this probe's strings and other "
			 "large values need more than 32000 bytes; lower "
			 "max_strlen (%llu)",
			 (unsigned long long)g->l->config.max_strlen);
	g->uses_scratch = true;
	return (struct place){GEN_SCRATCH, (int)at};
}

/* The same slack on the stack. */
struct place gen_room(struct gen *g, const struct vtype *t)
{
	if (vt_slot(t) > GEN_STACK_VALUE)
		return gen_scratch(g, vt_slot(t));
	return gen_temp(g, vt_is_scalar(t) ? 8 : vt_slot(t) + 8);
}

struct place place_at(struct place p, int off)
{
	p.off += off;
	return p;
}

void gen_lea(struct gen *g, int reg, struct place p)
{
	bpf_mov_reg(&g->b, reg, p.reg);
	if (p.off)
		bpf_alu64_imm(&g->b, BPF_OP_ADD, reg, p.off);
}

void gen_load(struct gen *g, int reg, struct place p)
{
	bpf_load(&g->b, 8, reg, p.reg, p.off);
}

void gen_store(struct gen *g, struct place p, int reg)
{
	bpf_store(&g->b, 8, p.reg, p.off, reg);
}

/* May use r1. */
void gen_store_imm(struct gen *g, struct place p, int64_t v)
{
	if (v == (int32_t)v) {
		bpf_store_imm(&g->b, 8, p.reg, p.off, (int32_t)v);
		return;
	}
	bpf_mov_imm(&g->b, BPF_R1, v);
	gen_store(g, p, BPF_R1);
}

void gen_zero(struct gen *g, struct place p, uint32_t size)
{
	for (uint32_t i = 0; i < size; i += 8)
		bpf_store_imm(&g->b, 8, p.reg, p.off + (int)i, 0);
}

void gen_copy(struct gen *g, struct place to, struct place from, uint32_t size)
{
	if (to.reg == from.reg && to.off == from.off)
		return;
	for (uint32_t i = 0; i < size; i += 8) {
		gen_load(g, BPF_R1, place_at(from, (int)i));
		gen_store(g, place_at(to, (int)i), BPF_R1);
	}
}

/* len bytes of data (known now), zeroes up to size. */
void gen_bytes(struct gen *g, struct place to, const void *data, uint32_t len,
	       uint32_t size)
{
	for (uint32_t i = 0; i < size; i += 8) {
		int64_t word = 0;

		if (i < len)
			memcpy(&word, (const char *)data + i,
			       len - i < 8 ? len - i : 8);
		gen_store_imm(g, place_at(to, (int)i), word);
	}
}

void gen_extend(struct gen *g, unsigned size, bool is_signed)
{
	int shift = 64 - (int)size * 8;

	if (!shift)
		return;
	bpf_alu64_imm(&g->b, BPF_OP_LSH, BPF_R0, shift);
	bpf_alu64_imm(&g->b, is_signed ? BPF_OP_ARSH : BPF_OP_RSH, BPF_R0,
		      shift);
}

/* r0, a number, as an address: in a 32-bit program one in the upper half is
 * negative as a number. */
void gen_to_address(struct gen *g)
{
	if (g->l->word_size == 4)
		gen_extend(g, 4, false);
}

/* r0 = what reading said */
void gen_warn_read(struct gen *g, const char *helper)
{
	if (g->l->opts.warn_reads)
		gen_warn_unless(g, BPF_OP_JSGE, 0, helper,
				"the traced program has no memory that could "
				"be read there");
}

/* A failed read yields zeroes. */
void gen_read_user(struct gen *g, unsigned size, bool is_signed)
{
	struct gen_mark m = gen_mark(g);
	struct place tmp = gen_temp(g, 8);

	gen_to_address(g);
	bpf_mov_reg(&g->b, BPF_R3, BPF_R0);
	gen_lea(g, BPF_R1, tmp);
	bpf_mov_imm(&g->b, BPF_R2, size);
	bpf_call(&g->b, BPF_HELPER_probe_read_user);
	gen_warn_read(g, "probe_read_user");
	bpf_load(&g->b, (int)size, BPF_R0, tmp.reg, tmp.off);
	if (is_signed)
		gen_extend(g, size, true);
	gen_release(g, m);
}

/* Room for size + 1 is needed: the helper ends what it cuts with a NUL, but a
 * value that fills its slot has none (that tells that it was cut). */
void gen_read_str(struct gen *g, struct place to, uint32_t size)
{
	struct gen_mark m = gen_mark(g);
	struct place addr = gen_temp(g, 8);

	gen_to_address(g);
	gen_store(g, addr, BPF_R0);
	gen_zero(g, to, (size + 7) & ~7u);
	gen_load(g, BPF_R3, addr);
	gen_lea(g, BPF_R1, to);
	bpf_mov_imm(&g->b, BPF_R2, (int64_t)size + 1);
	bpf_call(&g->b, BPF_HELPER_probe_read_user_str);
	gen_warn_read(g, "probe_read_user_str");
	gen_release(g, m);
}

void gen_read_value(struct gen *g, const struct vtype *t, struct place to)
{
	uint32_t slot = vt_slot(t);

	if (t->kind == V_STRING) { /* an array of char */
		gen_read_str(g, to, t->size);
		return;
	}
	gen_to_address(g);
	bpf_mov_reg(&g->b, BPF_R3, BPF_R0);
	if (slot != t->size)
		bpf_store_imm(&g->b, 8, to.reg, to.off + (int)slot - 8, 0);
	gen_lea(g, BPF_R1, to);
	bpf_mov_imm(&g->b, BPF_R2, t->size);
	bpf_call(&g->b, BPF_HELPER_probe_read_user);
	gen_warn_read(g, "probe_read_user");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers out of the traced program's memory, and out of what was read of it
 * whole.
 */
#include "builtin.h"
#include "checker.h"
#include "gen-expr.h"

static const char outside[] = "the index is outside of the array";

/* base + index * size */
static void index_address(struct gen *g, struct expr *e)
{
	uint64_t size = e->a->type->kind == V_PTR ? gen_pointee_size(e->a->type)
			: e->a->type->c		  ? e->a->type->c->to->size
						  : 1;
	struct gen_mark m = gen_mark(g);
	struct place saved, index;

	if (e->a->type->kind == V_PTR)
		gen_scalar(g, e->a);
	else
		gen_address(g, e->a);
	if (gen_fits_imm(e->b) && size < 4096 && e->b->num < 65536) {
		if (e->b->num)
			bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R0,
				      (int32_t)(e->b->num * size));
		return;
	}
	saved = gen_temp(g, 8);
	gen_store(g, saved, BPF_R0);
	index = gen_temp(g, 8);
	gen_scalar(g, e->b);
	gen_store(g, index, BPF_R0);
	/* An array of one may be the head of a longer one. */
	if (e->a->type->kind == V_ARRAY && e->a->type->count > 1)
		gen_warn_unless(g, BPF_OP_JLT, (int32_t)e->a->type->count, NULL,
				outside);
	gen_load(g, BPF_R0, index);
	gen_scale(g, BPF_R0, size);
	gen_load(g, BPF_R1, saved);
	bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R0, BPF_R1);
	gen_release(g, m);
}

void gen_address(struct gen *g, struct expr *e)
{
	if (e->kind == E_UNARY) {
		gen_scalar(g, e->a);
	} else if (e->kind == E_INDEX) {
		index_address(g, e);
	} else if (builtin_is_args(e->a->builtin)) {
		gen_arg_address(g, e);
	} else {
		if (e->a->type->kind == V_PTR)
			gen_scalar(g, e->a);
		else
			gen_address(g, e->a);
		if (e->offset)
			bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R0,
				      (int32_t)e->offset);
	}
}

/* A bit-field, out of the number that contains it. */
static void extract_bits(struct gen *g, const struct cfield *f)
{
	int up = 64 - f->bit_size - f->bit_offset;

	if (!f->bit_size || up < 0)
		return;
	bpf_alu64_imm(&g->b, BPF_OP_LSH, BPF_R0, up);
	bpf_alu64_imm(&g->b, f->type->is_signed ? BPF_OP_ARSH : BPF_OP_RSH,
		      BPF_R0, 64 - f->bit_size);
}

unsigned gen_target_size(const struct gen *g, const struct vtype *t)
{
	return t->kind == V_PTR ? g->l->word_size : t->size;
}

void gen_target(struct gen *g, struct expr *e)
{
	const struct cfield *f = e->kind == E_FIELD ? e->field : NULL;

	gen_address(g, e);
	gen_read_user(g, gen_target_size(g, e->type),
		      e->type->is_signed && !(f && f->bit_size));
	if (f)
		extract_bits(g, f);
}

/* A field of a struct, or an element of an array, that was read whole. */
void gen_part(struct gen *g, struct expr *e)
{
	struct place p = gen_value(g, e->a);
	unsigned size = gen_target_size(g, e->type);

	bpf_load(&g->b, (int)size, BPF_R0, p.reg, p.off + (int)e->offset);
	if (e->type->is_signed && !(e->field && e->field->bit_size))
		gen_extend(g, size, true);
	if (e->field)
		extract_bits(g, e->field);
}

/* r2 = an element's address, or to `out` with its index in r1. */
static void element_address(struct gen *g, struct expr *e, bpf_label out)
{
	uint32_t size =
		e->a->type->count ? e->a->type->size / e->a->type->count : 1;
	struct gen_mark m = gen_mark(g);
	struct place index = gen_temp(g, 8), p;

	gen_scalar(g, e->b);
	gen_store(g, index, BPF_R0);
	p = gen_value(g, e->a);
	gen_load(g, BPF_R1, index);
	bpf_jump_imm(&g->b, BPF_OP_JGE, BPF_R1, (int32_t)e->a->type->count,
		     out);
	gen_scale(g, BPF_R1, size);
	gen_lea(g, BPF_R2, p);
	bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R2, BPF_R1);
	gen_release(g, m);
}

static void element_outside(struct gen *g, bpf_label out)
{
	bpf_label_here(&g->b, out);
	bpf_mov_reg(&g->b, BPF_R0, BPF_R1);
	gen_warn(g, NULL, outside);
}

/* Outside of the array: 0. */
void gen_array_element(struct gen *g, struct expr *e)
{
	bpf_label out = bpf_label_new(&g->b), done = bpf_label_new(&g->b);

	element_address(g, e, out);
	bpf_load(&g->b, (int)gen_target_size(g, e->type), BPF_R0, BPF_R2, 0);
	if (e->type->is_signed)
		gen_extend(g, e->type->size, true);
	bpf_jump(&g->b, done);
	element_outside(g, out);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_label_here(&g->b, done);
}

/* One that is no number: bytes moved one by one, which may not be aligned. */
void gen_array_element_into(struct gen *g, struct expr *e, struct place to)
{
	bpf_label out = bpf_label_new(&g->b), done = bpf_label_new(&g->b);

	gen_zero(g, to, vt_slot(e->type));
	element_address(g, e, out);
	for (uint32_t i = 0; i < e->type->size; i++) {
		bpf_load(&g->b, 1, BPF_R0, BPF_R2, (int)i);
		bpf_store(&g->b, 1, to.reg, to.off + (int)i, BPF_R0);
	}
	bpf_jump(&g->b, done);
	element_outside(g, out);
	bpf_label_here(&g->b, done);
}

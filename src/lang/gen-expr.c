/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Expressions.
 */
#include "builtin.h"
#include "call.h"
#include "checker.h"
#include "gen.h"

#include <string.h>

/* ---- numbers ---- */

/* A value that one instruction loads, without touching other registers. */
static bool is_simple(const struct expr *e)
{
	return e->kind == E_INT || e->kind == E_BOOL ||
	       (e->kind == E_VAR && vt_is_scalar(e->type));
}

static void gen_simple(struct gen *g, int reg, const struct expr *e)
{
	struct place p;

	if (e->kind != E_VAR) {
		bpf_mov_imm(&g->b, reg, (int64_t)e->num);
		return;
	}
	p = gen_var_place(g, e->var);
	bpf_load(&g->b, e->type->kind == V_BOOL ? 1 : 8, reg, p.reg, p.off);
}

void gen_pair(struct gen *g, struct expr *a, struct expr *b)
{
	struct gen_mark m = gen_mark(g);
	struct place saved;

	if (is_simple(b)) {
		gen_scalar(g, a);
		gen_simple(g, BPF_R1, b);
		return;
	}
	if (is_simple(a) && a->kind != E_VAR) {
		gen_scalar(g, b);
		bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
		gen_simple(g, BPF_R0, a);
		return;
	}
	gen_scalar(g, a);
	saved = gen_temp(g, 8);
	gen_store(g, saved, BPF_R0);
	gen_scalar(g, b);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	gen_load(g, BPF_R0, saved);
	gen_release(g, m);
}

/* Division by 0 yields 1. */
static void gen_divide(struct gen *g, bool modulo, bool is_signed)
{
	bpf_label zero = bpf_label_new(&g->b), done = bpf_label_new(&g->b);

	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R1, 0, zero);
	if (is_signed && modulo)
		bpf_smod(&g->b, BPF_R0, BPF_R1);
	else if (is_signed)
		bpf_sdiv(&g->b, BPF_R0, BPF_R1);
	else
		bpf_alu64_reg(&g->b, modulo ? BPF_OP_MOD : BPF_OP_DIV, BPF_R0,
			      BPF_R1);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, zero);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	gen_warn(g, NULL, "a division by 0: its result is 1");
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_label_here(&g->b, done);
}

static int alu_op(enum token_kind op, bool is_signed)
{
	switch (op) {
	case T_ADD:
		return BPF_OP_ADD;
	case T_SUB:
		return BPF_OP_SUB;
	case T_MUL:
		return BPF_OP_MUL;
	case T_AND:
		return BPF_OP_AND;
	case T_OR:
		return BPF_OP_OR;
	case T_XOR:
		return BPF_OP_XOR;
	case T_SHL:
		return BPF_OP_LSH;
	default:
		return is_signed ? BPF_OP_ARSH : BPF_OP_RSH;
	}
}

/* r0 op= r1 */
void gen_binary(struct gen *g, enum token_kind op, bool is_signed)
{
	if (op == T_DIV || op == T_MOD) {
		gen_divide(g, op == T_MOD, is_signed);
		return;
	}
	/* What the hardware does with a shift by 64 or more, said. */
	if (op == T_SHL || op == T_SHR)
		bpf_alu64_imm(&g->b, BPF_OP_AND, BPF_R1, 63);
	bpf_alu64_reg(&g->b, alu_op(op, is_signed), BPF_R0, BPF_R1);
}

static bool fits_imm(const struct expr *e)
{
	return e->kind == E_INT && (int64_t)e->num == (int32_t)e->num;
}

static uint64_t pointee_size(const struct vtype *t)
{
	return t->c && t->c->size ? t->c->size : 1;
}

static void scale(struct gen *g, int reg, uint64_t by)
{
	if (by > INT32_MAX)
		by = INT32_MAX; /* no type is so large */
	if (by != 1)
		bpf_alu64_imm(&g->b, BPF_OP_MUL, reg, (int32_t)by);
}

static void gen_pointer_math(struct gen *g, struct expr *e)
{
	const struct vtype *a = e->a->type, *b = e->b->type;

	gen_pair(g, e->a, e->b);
	if (a->kind == V_PTR && b->kind == V_PTR) {
		bpf_alu64_reg(&g->b, BPF_OP_SUB, BPF_R0, BPF_R1);
		bpf_mov_imm(&g->b, BPF_R1, (int64_t)pointee_size(a));
		bpf_sdiv(&g->b, BPF_R0, BPF_R1);
		return;
	}
	if (e->op == T_ADD || e->op == T_SUB) {
		if (a->kind == V_PTR)
			scale(g, BPF_R1, pointee_size(a));
		else
			scale(g, BPF_R0, pointee_size(b));
	}
	gen_binary(g, e->op, false);
}

static void gen_arithmetic(struct gen *g, struct expr *e)
{
	if (e->a->type->kind == V_PTR || e->b->type->kind == V_PTR) {
		gen_pointer_math(g, e);
		return;
	}
	if (fits_imm(e->b) && e->op != T_DIV && e->op != T_MOD &&
	    e->op != T_SHL && e->op != T_SHR) {
		gen_scalar(g, e->a);
		bpf_alu64_imm(&g->b, alu_op(e->op, false), BPF_R0,
			      (int32_t)e->b->num);
		return;
	}
	if (fits_imm(e->b) && (int32_t)e->b->num > 0 && !e->num &&
	    (e->op == T_DIV || e->op == T_MOD)) {
		gen_scalar(g, e->a);
		bpf_alu64_imm(&g->b, e->op == T_DIV ? BPF_OP_DIV : BPF_OP_MOD,
			      BPF_R0, (int32_t)e->b->num);
		return;
	}
	gen_pair(g, e->a, e->b);
	gen_binary(g, e->op, e->num);
}

/* r0 = 0 or 1 by way of jumps */
static void gen_truth(struct gen *g, struct expr *e)
{
	bpf_label no = bpf_label_new(&g->b), done = bpf_label_new(&g->b);

	gen_branch(g, e, false, no);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, no);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_label_here(&g->b, done);
}

static bool is_condition(const struct expr *e)
{
	if (e->kind == E_UNARY)
		return e->op == T_LNOT;
	if (e->kind != E_BINARY)
		return false;
	switch (e->op) {
	case T_EQ:
	case T_NE:
	case T_LT:
	case T_LE:
	case T_GT:
	case T_GE:
	case T_LAND:
	case T_LOR:
		return true;
	default:
		return false;
	}
}

static int jump_op(enum token_kind op, bool is_signed)
{
	switch (op) {
	case T_EQ:
		return BPF_OP_JEQ;
	case T_NE:
		return BPF_OP_JNE;
	case T_LT:
		return is_signed ? BPF_OP_JSLT : BPF_OP_JLT;
	case T_LE:
		return is_signed ? BPF_OP_JSLE : BPF_OP_JLE;
	case T_GT:
		return is_signed ? BPF_OP_JSGT : BPF_OP_JGT;
	default:
		return is_signed ? BPF_OP_JSGE : BPF_OP_JGE;
	}
}

static enum token_kind opposite(enum token_kind op)
{
	switch (op) {
	case T_EQ:
		return T_NE;
	case T_NE:
		return T_EQ;
	case T_LT:
		return T_GE;
	case T_LE:
		return T_GT;
	case T_GT:
		return T_LE;
	default:
		return T_LT;
	}
}

static void branch_compare(struct gen *g, struct expr *e, bool when,
			   bpf_label to)
{
	enum token_kind op = when ? e->op : opposite(e->op);

	if (e->a->type->kind == V_STRING) {
		gen_str_equal(g, e->a, e->b, 0);
		bpf_jump_imm(&g->b, (op == T_EQ) ? BPF_OP_JNE : BPF_OP_JEQ,
			     BPF_R0, 0, to);
		return;
	}
	if (fits_imm(e->b)) {
		gen_scalar(g, e->a);
		bpf_jump_imm(&g->b, jump_op(op, e->num), BPF_R0,
			     (int32_t)e->b->num, to);
		return;
	}
	gen_pair(g, e->a, e->b);
	bpf_jump_reg(&g->b, jump_op(op, e->num), BPF_R0, BPF_R1, to);
}

void gen_branch(struct gen *g, struct expr *e, bool when, bpf_label to)
{
	bpf_label skip;

	if (!is_condition(e)) {
		gen_scalar(g, e);
		bpf_jump_imm(&g->b, when ? BPF_OP_JNE : BPF_OP_JEQ, BPF_R0, 0,
			     to);
	} else if (e->kind == E_UNARY) {
		gen_branch(g, e->a, !when, to);
	} else if (e->op != T_LAND && e->op != T_LOR) {
		branch_compare(g, e, when, to);
	} else if ((e->op == T_LOR) == when) {
		gen_branch(g, e->a, when, to);
		gen_branch(g, e->b, when, to);
	} else {
		skip = bpf_label_new(&g->b);
		gen_branch(g, e->a, !when, skip);
		gen_branch(g, e->b, when, to);
		bpf_label_here(&g->b, skip);
	}
}

void gen_convert(struct gen *g, const struct vtype *t, const struct vtype *to)
{
	if (to->kind == V_BOOL) {
		bpf_label zero = bpf_label_new(&g->b);

		if (t->kind == V_BOOL)
			return;
		bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, zero);
		bpf_mov_imm(&g->b, BPF_R0, 1);
		bpf_label_here(&g->b, zero);
		return;
	}
	if (to->kind == V_PTR || to->size == 8)
		return;
	/* Already so, as every number in a register is extended. */
	if (t->kind != V_PTR && t->size <= to->size &&
	    (t->is_signed == to->is_signed ||
	     (!t->is_signed && t->size < to->size)))
		return;
	gen_extend(g, to->size, to->is_signed);
}

static void gen_unary(struct gen *g, struct expr *e)
{
	switch (e->op) {
	case T_SUB:
		gen_scalar(g, e->a);
		bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
		bpf_mov_imm(&g->b, BPF_R0, 0);
		bpf_alu64_reg(&g->b, BPF_OP_SUB, BPF_R0, BPF_R1);
		break;
	case T_NOT:
		gen_scalar(g, e->a);
		bpf_alu64_imm(&g->b, BPF_OP_XOR, BPF_R0, -1);
		break;
	case T_AND:
		gen_address(g, e->a);
		break;
	default:
		gen_scalar(g, e->a);
	}
}

static void gen_incdec(struct gen *g, struct expr *e)
{
	int64_t step = e->op == T_INC ? 1 : -1;
	struct place p;

	if (e->a->type->kind == V_PTR)
		step *= (int64_t)pointee_size(e->a->type);
	if (e->a->kind == E_MAP) {
		gen_map_add(g, e->a, NULL, step, e->is_prefix ? 2 : 1);
		return;
	}
	p = gen_var_place(g, e->a->var);
	gen_load(g, BPF_R0, p);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R1, (int32_t)step);
	gen_store(g, p, BPF_R1);
	if (e->is_prefix)
		bpf_mov_reg(&g->b, BPF_R0, BPF_R1);
}

/* ---- values in the target ---- */

static const char outside[] = "the index is outside of the array";

/* base + index * size */
static void index_address(struct gen *g, struct expr *e)
{
	uint64_t size = e->a->type->kind == V_PTR ? pointee_size(e->a->type)
			: e->a->type->c		  ? e->a->type->c->to->size
						  : 1;
	struct gen_mark m = gen_mark(g);
	struct place saved, index;

	if (e->a->type->kind == V_PTR)
		gen_scalar(g, e->a);
	else
		gen_address(g, e->a);
	if (fits_imm(e->b) && size < 4096 && e->b->num < 65536) {
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
	scale(g, BPF_R0, size);
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

static unsigned target_size(const struct gen *g, const struct vtype *t)
{
	return t->kind == V_PTR ? g->l->word_size : t->size;
}

static void read_target(struct gen *g, struct expr *e)
{
	const struct cfield *f = e->kind == E_FIELD ? e->field : NULL;

	gen_address(g, e);
	gen_read_user(g, target_size(g, e->type),
		      e->type->is_signed && !(f && f->bit_size));
	if (f)
		extract_bits(g, f);
}

/* A field of a struct, or an element of an array, that was read whole. */
static void gen_part(struct gen *g, struct expr *e)
{
	struct place p = gen_value(g, e->a);
	unsigned size = target_size(g, e->type);

	bpf_load(&g->b, (int)size, BPF_R0, p.reg, p.off + (int)e->offset);
	if (e->type->is_signed && !(e->field && e->field->bit_size))
		gen_extend(g, size, true);
	if (e->field)
		extract_bits(g, e->field);
}

/* Outside of the array: 0. */
static void gen_array_element(struct gen *g, struct expr *e)
{
	uint32_t size =
		e->a->type->count ? e->a->type->size / e->a->type->count : 1;
	bpf_label out = bpf_label_new(&g->b), done = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place index = gen_temp(g, 8), p;

	gen_scalar(g, e->b);
	gen_store(g, index, BPF_R0);
	p = gen_value(g, e->a);
	gen_load(g, BPF_R1, index);
	bpf_jump_imm(&g->b, BPF_OP_JGE, BPF_R1, (int32_t)e->a->type->count,
		     out);
	scale(g, BPF_R1, size);
	gen_lea(g, BPF_R2, p);
	bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R2, BPF_R1);
	bpf_load(&g->b, (int)target_size(g, e->type), BPF_R0, BPF_R2, 0);
	if (e->type->is_signed)
		gen_extend(g, e->type->size, true);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, out);
	bpf_mov_reg(&g->b, BPF_R0, BPF_R1);
	gen_warn(g, NULL, outside);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_label_here(&g->b, done);
	gen_release(g, m);
}

static void gen_choice(struct gen *g, struct expr *e, const struct vtype *t,
		       const struct place *to)
{
	bpf_label other = bpf_label_new(&g->b), done = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place cond;

	if (e->b) {
		gen_branch(g, e->a, false, other);
	} else {
		cond = gen_temp(g, 8);
		gen_scalar(g, e->a);
		gen_store(g, cond, BPF_R0);
		bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, other);
		gen_load(g, BPF_R0, cond);
	}
	if (to && e->b)
		gen_into(g, e->b, t, *to);
	else if (e->b)
		gen_scalar(g, e->b);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, other);
	if (to)
		gen_into(g, e->c, t, *to);
	else
		gen_scalar(g, e->c);
	bpf_label_here(&g->b, done);
	gen_release(g, m);
}

static void gen_element_scalar(struct gen *g, struct expr *e)
{
	struct place p = gen_value(g, e->a);
	const struct vfield *f =
		&e->a->type->fields[e->kind == E_ELEMENT ? e->num : e->offset];

	bpf_load(&g->b, f->type->kind == V_BOOL ? 1 : 8, BPF_R0, p.reg,
		 p.off + (int)f->offset);
}

static void gen_call(struct gen *g, struct expr *e, const struct place *to)
{
	if (e->builtin)
		e->builtin->gen(g, e, to);
	else
		e->call->gen(g, e, to);
}

static void gen_field_scalar(struct gen *g, struct expr *e)
{
	if (builtin_is_args(e->a->builtin))
		gen_arg_field(g, e, NULL);
	else if (e->a->type->kind == V_RECORD)
		gen_element_scalar(g, e);
	else if (expr_is_target(e))
		read_target(g, e);
	else
		gen_part(g, e);
}

static void scalar(struct gen *g, struct expr *e)
{
	switch (e->kind) {
	case E_INT:
	case E_BOOL:
	case E_VAR:
		gen_simple(g, BPF_R0, e);
		break;
	case E_MAP:
		gen_map_scalar(g, e);
		break;
	case E_NAME:
	case E_CALL:
		gen_call(g, e, NULL);
		break;
	case E_UNARY:
		if (e->op == T_MUL)
			read_target(g, e);
		else if (e->op == T_LNOT)
			gen_truth(g, e);
		else
			gen_unary(g, e);
		break;
	case E_INCDEC:
		gen_incdec(g, e);
		break;
	case E_BINARY:
		if (is_condition(e))
			gen_truth(g, e);
		else
			gen_arithmetic(g, e);
		break;
	case E_TERNARY:
	case E_IF:
		gen_choice(g, e, e->type, NULL);
		break;
	case E_CAST:
		gen_scalar(g, e->a);
		gen_convert(g, e->a->type, e->type);
		break;
	case E_FIELD:
		gen_field_scalar(g, e);
		break;
	case E_INDEX:
		if (expr_is_target(e))
			read_target(g, e);
		else
			gen_array_element(g, e);
		break;
	case E_ELEMENT:
		gen_element_scalar(g, e);
		break;
	case E_BLOCK:
		gen_block(g, e->body);
		if (e->a)
			gen_scalar(g, e->a);
		break;
	default:
		gen_fail(g, e->at, "this cannot be computed");
	}
}

void gen_scalar(struct gen *g, struct expr *e)
{
	struct gen_mark m = gen_mark(g);
	struct range outer = g->at;

	g->at = e->at;
	scalar(g, e);
	g->at = outer;
	gen_release(g, m);
}

/* ---- larger values ---- */

/* A value that lies in memory already, as what it is to be stored as. */
static bool in_place(struct gen *g, struct expr *e, struct place *ret)
{
	struct place p;

	switch (e->kind) {
	case E_VAR:
		*ret = gen_var_place(g, e->var);
		return true;
	case E_ELEMENT:
		p = gen_value(g, e->a);
		*ret = place_at(p, (int)e->a->type->fields[e->num].offset);
		return true;
	case E_FIELD:
		if (builtin_is_args(e->a->builtin))
			return false;
		if (e->a->type->kind == V_RECORD) {
			p = gen_value(g, e->a);
			*ret = place_at(
				p, (int)e->a->type->fields[e->offset].offset);
			return true;
		}
		return false;
	default:
		return false;
	}
}

struct place gen_value(struct gen *g, struct expr *e)
{
	struct place p;

	if (in_place(g, e, &p))
		return p;
	p = gen_room(g, e->type);
	gen_into(g, e, e->type, p);
	return p;
}

static void gen_tuple(struct gen *g, struct expr *e, const struct vtype *t,
		      struct place to)
{
	for (size_t i = 0; i < e->nargs; i++)
		gen_into(g, e->args[i], t->fields[i].type,
			 place_at(to, (int)t->fields[i].offset));
}

/* A part of a struct read whole that is no number: bytes moved one by one
 * where they are not aligned. */
static void copy_part(struct gen *g, struct expr *e, struct place to)
{
	struct place from = place_at(gen_value(g, e->a), (int)e->offset);
	uint32_t size = e->type->size;

	gen_zero(g, to, vt_slot(e->type));
	for (uint32_t i = 0; i < size; i++) {
		bpf_load(&g->b, 1, BPF_R0, from.reg, from.off + (int)i);
		bpf_store(&g->b, 1, to.reg, to.off + (int)i, BPF_R0);
	}
}

static void target_into(struct gen *g, struct expr *e, struct place to)
{
	gen_address(g, e);
	gen_read_value(g, e->type, to);
}

static void cast_into(struct gen *g, struct expr *e, const struct vtype *t,
		      struct place to)
{
	struct expr *a = e->a;

	if (e->type->kind == V_ARRAY && vt_is_scalar(a->type)) {
		gen_scalar(g, a);
		gen_store(g, to, BPF_R0);
	} else {
		gen_into(g, a, t, to);
	}
}

static void value_into(struct gen *g, struct expr *e, const struct vtype *t,
		       struct place to)
{
	switch (e->kind) {
	case E_STRING:
		gen_bytes(g, to, e->name, (uint32_t)strlen(e->name),
			  vt_slot(t));
		break;
	case E_MAP:
		gen_map_into(g, e, to);
		break;
	case E_NAME:
	case E_CALL:
		gen_call(g, e, &to);
		break;
	case E_TUPLE:
	case E_RECORD:
		gen_tuple(g, e, t, to);
		break;
	case E_TERNARY:
	case E_IF:
		gen_choice(g, e, t, &to);
		break;
	case E_CAST:
		cast_into(g, e, t, to);
		break;
	case E_BLOCK:
		gen_block(g, e->body);
		if (e->a)
			gen_into(g, e->a, t, to);
		break;
	case E_FIELD:
		if (builtin_is_args(e->a->builtin)) {
			gen_arg_field(g, e, &to);
			break;
		}
		/* fall through */
	default:
		if (expr_is_target(e))
			target_into(g, e, to);
		else
			copy_part(g, e, to);
	}
}

/* From a narrower string (tuple ...) in memory to a wider one. */
static void widen(struct gen *g, struct place to, const struct vtype *t,
		  struct place from, const struct vtype *have)
{
	if (t->kind == V_TUPLE || t->kind == V_RECORD) {
		for (uint32_t i = 0; i < t->nfields; i++)
			widen(g, place_at(to, (int)t->fields[i].offset),
			      t->fields[i].type,
			      place_at(from, (int)have->fields[i].offset),
			      have->fields[i].type);
		return;
	}
	if (t->kind == V_INT && have->kind == V_BOOL) {
		bpf_load(&g->b, 1, BPF_R1, from.reg, from.off);
		gen_store(g, to, BPF_R1);
		return;
	}
	if (vt_slot(have) >= vt_slot(t)) {
		gen_copy(g, to, from, vt_slot(t));
		return;
	}
	gen_copy(g, to, from, vt_slot(have));
	gen_zero(g, place_at(to, (int)vt_slot(have)),
		 vt_slot(t) - vt_slot(have));
}

static bool makes_itself(const struct expr *e)
{
	return e->kind == E_STRING || e->kind == E_TUPLE ||
	       e->kind == E_RECORD || e->kind == E_TERNARY || e->kind == E_IF ||
	       e->kind == E_BLOCK;
}

static void scalar_into(struct gen *g, struct expr *e, const struct vtype *t,
			struct place to)
{
	if (e->kind == E_INT && t->kind != V_BOOL) {
		gen_store_imm(g, to, (int64_t)e->num);
		return;
	}
	gen_scalar(g, e);
	gen_convert(g, e->type, t);
	if (t->kind == V_BOOL) { /* one byte, then padding */
		bpf_store_imm(&g->b, 8, to.reg, to.off, 0);
		bpf_store(&g->b, 1, to.reg, to.off, BPF_R0);
	} else {
		gen_store(g, to, BPF_R0);
	}
}

void gen_into(struct gen *g, struct expr *e, const struct vtype *t,
	      struct place to)
{
	struct gen_mark m = gen_mark(g);
	struct range outer = g->at;
	struct place from;

	g->at = e->at;
	if (vt_is_scalar(e->type) && vt_is_scalar(t)) {
		scalar_into(g, e, t, to);
	} else if (in_place(g, e, &from)) {
		widen(g, to, t, from, e->type);
	} else if (makes_itself(e) || vt_equal(t, e->type)) {
		value_into(g, e, t, to);
	} else {
		from = gen_room(g, e->type);
		value_into(g, e, e->type, from);
		widen(g, to, t, from, e->type);
	}
	g->at = outer;
	gen_release(g, m);
}

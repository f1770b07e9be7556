/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers: arithmetic, comparisons, conditions.
 */
#include "gen-expr.h"

/* A value that one instruction loads, without touching other registers. */
static bool is_simple(const struct expr *e)
{
	return e->kind == E_INT || e->kind == E_BOOL ||
	       (e->kind == E_VAR && vt_is_scalar(e->type));
}

void gen_simple(struct gen *g, int reg, const struct expr *e)
{
	struct place p;

	if (e->kind != E_VAR) {
		bpf_mov_imm(&g->b, reg, (int64_t)e->num);
		return;
	}
	p = gen_var_place(g, e->var);
	bpf_load(&g->b, e->type->kind == V_BOOL ? 1 : 8, reg, p.reg, p.off);
}

/* r0 = a number of floating point without its fraction */
void gen_float_int(struct gen *g, struct expr *e)
{
	struct gen_mark m = gen_mark(g);

	gen_lea(g, BPF_R1, gen_value(g, e));
	bpf_mov_imm(&g->b, BPF_R2, e->type->size);
	bpf_call(&g->b, BPF_HELPER_upd_float_int);
	gen_release(g, m);
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

bool gen_fits_imm(const struct expr *e)
{
	return e->kind == E_INT && (int64_t)e->num == (int32_t)e->num;
}

uint64_t gen_pointee_size(const struct vtype *t)
{
	return t->c && t->c->size ? t->c->size : 1;
}

void gen_scale(struct gen *g, int reg, uint64_t by)
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
		bpf_mov_imm(&g->b, BPF_R1, (int64_t)gen_pointee_size(a));
		bpf_sdiv(&g->b, BPF_R0, BPF_R1);
		return;
	}
	if (e->op == T_ADD || e->op == T_SUB) {
		if (a->kind == V_PTR)
			gen_scale(g, BPF_R1, gen_pointee_size(a));
		else
			gen_scale(g, BPF_R0, gen_pointee_size(b));
	}
	gen_binary(g, e->op, false);
}

void gen_arithmetic(struct gen *g, struct expr *e)
{
	if (e->a->type->kind == V_PTR || e->b->type->kind == V_PTR) {
		gen_pointer_math(g, e);
		return;
	}
	if (gen_fits_imm(e->b) && e->op != T_DIV && e->op != T_MOD &&
	    e->op != T_SHL && e->op != T_SHR) {
		gen_scalar(g, e->a);
		bpf_alu64_imm(&g->b, alu_op(e->op, false), BPF_R0,
			      (int32_t)e->b->num);
		return;
	}
	if (gen_fits_imm(e->b) && (int32_t)e->b->num > 0 && !e->num &&
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
void gen_truth(struct gen *g, struct expr *e)
{
	bpf_label no = bpf_label_new(&g->b), done = bpf_label_new(&g->b);

	gen_branch(g, e, false, no);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, no);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_label_here(&g->b, done);
}

bool gen_is_condition(const struct expr *e)
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

	if (!vt_is_scalar(e->a->type)) {
		if (e->a->type->kind == V_STRING)
			gen_str_equal(g, e->a, e->b, 0);
		else
			gen_bytes_equal(g, e->a, e->b);
		bpf_jump_imm(&g->b, (op == T_EQ) ? BPF_OP_JNE : BPF_OP_JEQ,
			     BPF_R0, 0, to);
		return;
	}
	if (gen_fits_imm(e->b)) {
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

	if (!gen_is_condition(e)) {
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

void gen_unary(struct gen *g, struct expr *e)
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

void gen_incdec(struct gen *g, struct expr *e)
{
	int64_t step = e->op == T_INC ? 1 : -1;
	struct place p;

	if (e->a->type->kind == V_PTR)
		step *= (int64_t)gen_pointee_size(e->a->type);
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

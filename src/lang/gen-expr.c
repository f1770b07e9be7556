/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Expressions whose value is a number.
 */
#include "builtin.h"
#include "call.h"
#include "checker.h"
#include "gen-expr.h"

void gen_choice(struct gen *g, struct expr *e, const struct vtype *t,
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

void gen_call(struct gen *g, struct expr *e, const struct place *to)
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
		gen_target(g, e);
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
			gen_target(g, e);
		else if (e->op == T_LNOT)
			gen_truth(g, e);
		else
			gen_unary(g, e);
		break;
	case E_INCDEC:
		gen_incdec(g, e);
		break;
	case E_BINARY:
		if (gen_is_condition(e))
			gen_truth(g, e);
		else
			gen_arithmetic(g, e);
		break;
	case E_TERNARY:
	case E_IF:
		gen_choice(g, e, e->type, NULL);
		break;
	case E_CAST:
		if (e->a->type->kind == V_FLOAT) {
			gen_float_int(g, e->a);
			gen_convert(g, &vt_i64, e->type);
			break;
		}
		gen_scalar(g, e->a);
		gen_convert(g, e->a->type, e->type);
		break;
	case E_FIELD:
		gen_field_scalar(g, e);
		break;
	case E_INDEX:
		if (expr_is_target(e))
			gen_target(g, e);
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

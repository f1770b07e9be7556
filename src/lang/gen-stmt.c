/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statements.
 */
#include "call.h"
#include "gen.h"

/* let $x : uint8 has no more than 8 bits, though it takes 64. */
static void narrow(struct gen *g, const struct var *v, struct place p)
{
	if (!v->declared || v->declared->kind != V_INT ||
	    v->declared->size == 8)
		return;
	gen_load(g, BPF_R0, p);
	gen_extend(g, v->declared->size, v->declared->is_signed);
	gen_store(g, p, BPF_R0);
}

static void gen_assign_var(struct gen *g, struct expr *e, struct expr *value)
{
	const struct var *v = e->var;
	struct place p = gen_var_place(g, v);

	gen_into(g, value, v->type, p);
	narrow(g, v, p);
}

enum token_kind gen_plain_op(enum token_kind op)
{
	static const struct {
		enum token_kind assign, plain;
	} ops[] = {
		{T_ADD_ASSIGN, T_ADD}, {T_SUB_ASSIGN, T_SUB},
		{T_MUL_ASSIGN, T_MUL}, {T_DIV_ASSIGN, T_DIV},
		{T_MOD_ASSIGN, T_MOD}, {T_AND_ASSIGN, T_AND},
		{T_OR_ASSIGN, T_OR},   {T_XOR_ASSIGN, T_XOR},
		{T_SHL_ASSIGN, T_SHL}, {T_SHR_ASSIGN, T_SHR},
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (ops[i].assign == op)
			return ops[i].plain;
	return op;
}

static void gen_compound_var(struct gen *g, struct stmt *s)
{
	const struct vtype *t = s->e->var->type;
	struct place p = gen_var_place(g, s->e->var);

	gen_pair(g, s->e, s->value);
	if (t->kind == V_PTR && t->c && t->c->size > 1)
		bpf_alu64_imm(&g->b, BPF_OP_MUL, BPF_R1, (int32_t)t->c->size);
	gen_binary(g, gen_plain_op(s->op), t->is_signed);
	gen_store(g, p, BPF_R0);
	narrow(g, s->e->var, p);
}

static void gen_assign(struct gen *g, struct stmt *s)
{
	if (s->e->kind == E_MAP && s->op == T_ASSIGN)
		gen_map_assign(g, s->e, s->value);
	else if (s->e->kind == E_MAP)
		gen_map_compound(g, s);
	else if (s->op == T_ASSIGN)
		gen_assign_var(g, s->e, s->value);
	else
		gen_compound_var(g, s);
}

static void gen_let(struct gen *g, struct stmt *s)
{
	const struct var *v = s->e->var;

	if (s->value)
		gen_assign_var(g, s->e, s->value);
	else if (v->type)
		gen_zero(g, gen_var_place(g, v), vt_slot(v->type));
}

static void gen_if(struct gen *g, struct stmt *s)
{
	bpf_label other = bpf_label_new(&g->b), done;

	gen_branch(g, s->e, false, other);
	gen_block(g, s->body);
	if (!s->orelse) {
		bpf_label_here(&g->b, other);
		return;
	}
	done = bpf_label_new(&g->b);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, other);
	gen_block(g, s->orelse);
	bpf_label_here(&g->b, done);
}

void gen_leave(struct gen *g)
{
	if (g->in_callback) {
		bpf_store_imm(&g->b, 8, g->base, g->return_slot, 1);
		bpf_mov_imm(&g->b, BPF_R0, 1);
		bpf_exit(&g->b);
		return;
	}
	bpf_jump(&g->b, g->exit);
}

/* Evaluated for what it does: its value goes nowhere. */
static void gen_discard(struct gen *g, struct expr *e)
{
	bpf_label other, done;

	if (e->kind == E_INCDEC && e->a->kind == E_MAP) {
		gen_map_add(g, e->a, NULL, e->op == T_INC ? 1 : -1, 0);
	} else if ((e->kind == E_TERNARY || e->kind == E_IF) && e->b) {
		other = bpf_label_new(&g->b);
		done = bpf_label_new(&g->b);
		gen_branch(g, e->a, false, other);
		gen_discard(g, e->b);
		bpf_jump(&g->b, done);
		bpf_label_here(&g->b, other);
		gen_discard(g, e->c);
		bpf_label_here(&g->b, done);
	} else if (e->kind == E_BLOCK) {
		gen_block(g, e->body);
		if (e->a)
			gen_discard(g, e->a);
	} else if (e->kind == E_CALL && e->type->kind == V_NONE) {
		e->call->gen(g, e, NULL);
	} else if (vt_is_scalar(e->type)) {
		g->unused = e;
		gen_scalar(g, e);
		g->unused = NULL;
	} else if (e->type->kind != V_NONE) {
		gen_value(g, e);
	}
}

static void gen_stmt(struct gen *g, struct stmt *s)
{
	struct gen_mark m = gen_mark(g);
	struct range outer = g->at;

	g->at = s->at;
	switch (s->kind) {
	case S_DISCARD:
	case S_EXPR:
		gen_discard(g, s->e);
		break;
	case S_ASSIGN:
		gen_assign(g, s);
		break;
	case S_LET:
		gen_let(g, s);
		break;
	case S_IF:
		gen_if(g, s);
		break;
	case S_WHILE:
		gen_while(g, s);
		break;
	case S_UNROLL:
		gen_unroll(g, s);
		break;
	case S_FOR_MAP:
	case S_FOR_RANGE:
		gen_for(g, s);
		break;
	case S_RETURN:
		gen_leave(g);
		break;
	case S_BREAK:
		bpf_jump(&g->b, g->loop->on_break);
		break;
	case S_CONTINUE:
		bpf_jump(&g->b, g->loop->on_continue);
		break;
	case S_BLOCK:
		gen_block(g, s->body);
		break;
	}
	g->at = outer;
	gen_release(g, m);
}

void gen_block(struct gen *g, struct block *b)
{
	for (size_t i = 0; i < b->nstmts; i++)
		gen_stmt(g, b->stmts[i]);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Expressions, by precedence climbing.
 */
#include "parse.h"

#include <string.h>

struct expr *expr_new(struct parser *p, enum expr_kind kind, struct range at)
{
	struct expr *e = arena_alloc(&p->l->arena, sizeof(*e));

	e->kind = kind;
	e->at = at;
	e->action = -1;
	return e;
}

struct expr *expr_here(struct parser *p, enum expr_kind kind)
{
	return expr_new(p, kind, (struct range){p->tok.begin, p->tok.end});
}

/* A chain (a + b + c ..., a.b.c) nests nothing in the source, but makes a
 * deep tree, which later passes walk recursively. */
void expr_deepen(struct parser *p, struct expr *e, const struct expr *child)
{
	if (e->depth <= child->depth)
		e->depth = child->depth + 1;
	if (e->depth > 2 * LANG_DEPTH_MAX)
		parse_error(p, e->at, "nested too deep (more than %d levels)",
			    2 * LANG_DEPTH_MAX);
}

/* ---- postfix and prefix ---- */

static struct expr *wrap(struct parser *p, enum expr_kind kind, struct expr *a)
{
	struct expr *e = expr_new(p, kind, a->at);

	e->a = a;
	expr_deepen(p, e, a);
	return e;
}

static struct expr *parse_field(struct parser *p, struct expr *a)
{
	struct expr *e;

	parse_next(p);
	if (p->tok.kind == T_INT) {
		e = wrap(p, E_ELEMENT, a);
		e->num = p->tok.num;
		parse_next(p);
	} else {
		e = wrap(p, E_FIELD, a);
		e->name = p->tok.str;
		parse_expect(p, T_IDENT);
	}
	e->at = parse_range(p, a->at.begin);
	return e;
}

static struct expr *parse_index(struct parser *p, struct expr *a)
{
	struct expr *e = wrap(p, E_INDEX, a);
	bool in_pred = p->in_pred;

	parse_next(p);
	p->in_pred = false;
	e->b = parse_expr(p);
	expr_deepen(p, e, e->b);
	p->in_pred = in_pred;
	parse_expect(p, T_RBRACKET);
	e->at = parse_range(p, a->at.begin);
	return e;
}

static struct expr *parse_postfix(struct parser *p)
{
	struct expr *e = parse_primary(p), *a;

	while (!p->failed) {
		if (p->tok.kind == T_DOT || p->tok.kind == T_ARROW) {
			e = parse_field(p, e);
		} else if (p->tok.kind == T_LBRACKET) {
			e = parse_index(p, e);
		} else if (p->tok.kind == T_INC || p->tok.kind == T_DEC) {
			a = e;
			e = wrap(p, E_INCDEC, a);
			e->op = p->tok.kind;
			parse_next(p);
			e->at = parse_range(p, a->at.begin);
		} else {
			break;
		}
	}
	return e;
}

static struct expr *parse_unary(struct parser *p);

static struct expr *parse_cast(struct parser *p)
{
	struct expr *e = expr_here(p, E_CAST);

	parse_next(p);
	e->tname = parse_type_name(p);
	parse_expect(p, T_RPAREN);
	e->a = parse_unary(p);
	expr_deepen(p, e, e->a);
	e->at = parse_range(p, e->at.begin);
	return e;
}

static struct expr *parse_prefix(struct parser *p)
{
	struct expr *e = expr_here(p, E_UNARY);

	e->op = p->tok.kind;
	if (e->op == T_INC || e->op == T_DEC) {
		e->kind = E_INCDEC;
		e->is_prefix = true;
	}
	parse_next(p);
	e->a = parse_unary(p);
	expr_deepen(p, e, e->a);
	e->at = parse_range(p, e->at.begin);
	return e;
}

static struct expr *parse_unary(struct parser *p)
{
	struct expr *e;

	if (!parse_enter(p)) {
		parse_leave(p);
		return expr_here(p, E_INT);
	}
	switch (p->tok.kind) {
	case T_SUB:
	case T_ADD:
	case T_LNOT:
	case T_NOT:
	case T_MUL:
	case T_AND:
	case T_INC:
	case T_DEC:
		e = parse_prefix(p);
		break;
	case T_LPAREN:
		if (parse_at_cast(p)) {
			e = parse_cast(p);
			break;
		}
		/* fall through */
	default:
		e = parse_postfix(p);
	}
	parse_leave(p);
	return e;
}

/* ---- binary ---- */

static int precedence(const struct parser *p)
{
	switch (p->tok.kind) {
	case T_LOR:
		return 1;
	case T_LAND:
		return 2;
	case T_OR:
		return 3;
	case T_XOR:
		return 4;
	case T_AND:
		return 5;
	case T_EQ:
	case T_NE:
		return 6;
	case T_LT:
	case T_GT:
	case T_LE:
	case T_GE:
		return 7;
	case T_SHL:
	case T_SHR:
		return 8;
	case T_ADD:
	case T_SUB:
		return 9;
	case T_DIV:
		if (p->in_pred && parse_peek(p).kind == T_LBRACE)
			return 0;
		return 10;
	case T_MUL:
	case T_MOD:
		return 10;
	default:
		return 0;
	}
}

static struct expr *parse_binary(struct parser *p, int min)
{
	struct expr *left = parse_unary(p), *e;
	int prec;

	while (!p->failed && (prec = precedence(p)) >= min && prec) {
		e = wrap(p, E_BINARY, left);
		e->op = p->tok.kind;
		parse_next(p);
		e->b = parse_binary(p, prec + 1);
		expr_deepen(p, e, e->b);
		e->at = parse_range(p, left->at.begin);
		left = e;
	}
	return left;
}

struct expr *parse_expr(struct parser *p)
{
	struct expr *e, *cond;

	if (!parse_enter(p)) {
		parse_leave(p);
		return expr_here(p, E_INT);
	}
	e = parse_binary(p, 1);
	if (!p->failed && parse_accept(p, T_QUESTION)) {
		cond = e;
		e = wrap(p, E_TERNARY, cond);
		if (p->tok.kind != T_COLON)
			expr_deepen(p, e, e->b = parse_expr(p));
		if (parse_expect(p, T_COLON))
			expr_deepen(p, e, e->c = parse_expr(p));
		e->at = parse_range(p, cond->at.begin);
	}
	parse_leave(p);
	return e;
}

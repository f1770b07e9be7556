/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statements.
 */
#include "parse.h"

#include <string.h>

static struct stmt *stmt_new(struct parser *p, enum stmt_kind kind)
{
	struct stmt *s = arena_alloc(&p->l->arena, sizeof(*s));

	s->kind = kind;
	s->at.begin = p->tok.begin;
	s->at.end = p->tok.end;
	return s;
}

static struct stmt *finish(struct parser *p, struct stmt *s)
{
	s->at = parse_range(p, s->at.begin);
	return s;
}

/* if COND { } else if ... ; the condition's parentheses are the
 * expression's. */
static struct stmt *parse_if(struct parser *p)
{
	struct stmt *s = stmt_new(p, S_IF), *inner;
	struct block *chain;

	parse_next(p);
	s->e = parse_expr(p);
	s->body = parse_block(p);
	if (parse_accept_word(p, "else")) {
		if (!parse_is_word(p, "if")) {
			s->orelse = parse_block(p);
			return finish(p, s);
		}
		if (!parse_enter(p))
			return s;
		inner = parse_if(p);
		parse_leave(p);
		chain = arena_alloc(&p->l->arena, sizeof(*chain));
		chain->at = inner->at;
		*(struct stmt **)arena_push(&p->l->arena, &chain->stmts,
					    &chain->nstmts, sizeof(inner)) =
			inner;
		s->orelse = chain;
	}
	return finish(p, s);
}

static struct stmt *parse_loop(struct parser *p, enum stmt_kind kind)
{
	struct stmt *s = stmt_new(p, kind);

	parse_next(p);
	s->e = parse_expr(p);
	s->body = parse_block(p);
	return finish(p, s);
}

static struct expr *parse_loop_var(struct parser *p)
{
	struct expr *e =
		expr_new(p, E_VAR, (struct range){p->tok.begin, p->tok.end});

	e->name = parse_var_name(p);
	parse_expect(p, T_VAR);
	return e;
}

/* for $kv : @map { }, for $i : FROM..TO { }, both with ( ) around. */
static struct stmt *parse_for(struct parser *p)
{
	struct stmt *s = stmt_new(p, S_FOR_MAP);
	bool paren;

	parse_next(p);
	paren = parse_accept(p, T_LPAREN);
	s->e = parse_loop_var(p);
	if (!parse_expect(p, T_COLON))
		return s;
	s->value = parse_expr(p);
	if (parse_accept(p, T_RANGE)) {
		s->kind = S_FOR_RANGE;
		s->limit = parse_expr(p);
	} else if (s->value->kind != E_MAP) {
		parse_error(p, s->value->at,
			    "for goes over a map or over a range FROM..TO");
	}
	if (paren && !parse_expect(p, T_RPAREN))
		return s;
	s->body = parse_block(p);
	return finish(p, s);
}

static struct stmt *parse_let(struct parser *p)
{
	struct stmt *s = stmt_new(p, S_LET);

	parse_next(p);
	s->e = parse_loop_var(p);
	if (parse_accept(p, T_COLON)) {
		s->tname = parse_type_name(p);
		if (!s->tname)
			parse_error(p, (struct range){p->tok.begin, p->tok.end},
				    "expected a type before %s",
				    parse_current(p));
	}
	if (parse_accept(p, T_ASSIGN))
		s->value = parse_expr(p);
	return finish(p, s);
}

static bool is_assign(enum token_kind kind)
{
	switch (kind) {
	case T_ASSIGN:
	case T_ADD_ASSIGN:
	case T_SUB_ASSIGN:
	case T_MUL_ASSIGN:
	case T_DIV_ASSIGN:
	case T_MOD_ASSIGN:
	case T_AND_ASSIGN:
	case T_OR_ASSIGN:
	case T_XOR_ASSIGN:
	case T_SHL_ASSIGN:
	case T_SHR_ASSIGN:
		return true;
	default:
		return false;
	}
}

static bool is_discard(const struct expr *e)
{
	return e->kind == E_NAME && !strcmp(e->name, "_");
}

static struct stmt *parse_simple(struct parser *p)
{
	struct stmt *s = stmt_new(p, S_EXPR);
	struct range op;

	s->e = parse_expr(p);
	if (!is_assign(p->tok.kind))
		return finish(p, s);
	op = (struct range){p->tok.begin, p->tok.end};
	s->op = p->tok.kind;
	parse_next(p);
	s->value = parse_expr(p);
	if (s->op == T_ASSIGN && is_discard(s->e)) {
		s->kind = S_DISCARD; /* _ = EXPR */
		s->e = s->value;
		s->value = NULL;
		return finish(p, s);
	}
	s->kind = S_ASSIGN;
	if (s->e->kind != E_VAR && s->e->kind != E_MAP) {
		parse_error(p, op, "only variables and maps can be assigned");
		if (s->op == T_ASSIGN)
			diag_hint(p->l, "'==' compares");
	}
	return finish(p, s);
}

static struct stmt *parse_return(struct parser *p)
{
	struct stmt *s = stmt_new(p, S_RETURN);

	parse_next(p);
	if (p->tok.kind != T_SEMI && p->tok.kind != T_RBRACE)
		s->value = parse_expr(p);
	return finish(p, s);
}

static struct stmt *parse_word_stmt(struct parser *p, enum stmt_kind kind)
{
	struct stmt *s = stmt_new(p, kind);

	parse_next(p);
	return finish(p, s);
}

static struct stmt *parse_stmt(struct parser *p, bool *needs_semi)
{
	struct stmt *s;

	*needs_semi = false;
	if (p->tok.kind == T_LBRACE) {
		s = stmt_new(p, S_BLOCK);
		s->body = parse_block(p);
		return finish(p, s);
	}
	if (parse_is_word(p, "if"))
		return parse_if(p);
	if (parse_is_word(p, "while"))
		return parse_loop(p, S_WHILE);
	if (parse_is_word(p, "unroll"))
		return parse_loop(p, S_UNROLL);
	if (parse_is_word(p, "for"))
		return parse_for(p);
	*needs_semi = true;
	if (parse_is_word(p, "let"))
		return parse_let(p);
	if (parse_is_word(p, "return"))
		return parse_return(p);
	if (parse_is_word(p, "break"))
		return parse_word_stmt(p, S_BREAK);
	if (parse_is_word(p, "continue"))
		return parse_word_stmt(p, S_CONTINUE);
	return parse_simple(p);
}

/* Behind the next ';', or at the '}' that ends this block. */
static void recover(struct parser *p)
{
	unsigned depth = 0;

	for (; p->tok.kind != T_EOF; parse_next(p)) {
		if (p->tok.kind == T_LBRACE)
			depth++;
		if (p->tok.kind == T_SEMI && !depth) {
			parse_next(p);
			break;
		}
		if (p->tok.kind == T_RBRACE && !depth--)
			break;
	}
	p->failed = false;
}

static void parse_stmts(struct parser *p, struct block *b)
{
	unsigned depth = p->depth;
	bool needs_semi;
	struct stmt *s;

	while (p->tok.kind != T_RBRACE && p->tok.kind != T_EOF &&
	       p->l->nerrors < DIAG_ERRORS_MAX) {
		if (parse_accept(p, T_SEMI))
			continue;
		s = parse_stmt(p, &needs_semi);
		*(struct stmt **)arena_push(&p->l->arena, &b->stmts, &b->nstmts,
					    sizeof(s)) = s;
		if (!p->failed && needs_semi && p->tok.kind != T_RBRACE)
			parse_expect(p, T_SEMI);
		if (p->failed) {
			p->depth = depth;
			recover(p);
		}
	}
}

struct block *parse_block(struct parser *p)
{
	struct block *b = arena_alloc(&p->l->arena, sizeof(*b));
	struct range open = {p->tok.begin, p->tok.end};
	bool in_pred = p->in_pred;

	if (p->failed || !parse_expect(p, T_LBRACE))
		return b;
	if (!parse_enter(p))
		return b;
	p->in_pred = false;
	parse_stmts(p, b);
	p->in_pred = in_pred;
	if (p->tok.kind == T_EOF && !p->failed)
		parse_error(p, open, "this '{' has no '}'");
	else
		parse_expect(p, T_RBRACE);
	parse_leave(p);
	b->at = parse_range(p, open.begin);
	return b;
}

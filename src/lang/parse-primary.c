/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Primary expressions: literals, names, calls, maps, and what stands in
 * parentheses or braces.
 */
#include "parse.h"

#include <string.h>

const char *parse_var_name(struct parser *p)
{
	return macro_var(p, p->tok.str);
}

static void add_arg(struct parser *p, struct expr *e, struct expr *arg)
{
	expr_deepen(p, e, arg);
	*(struct expr **)arena_push(&p->l->arena, &e->args, &e->nargs,
				    sizeof(arg)) = arg;
}

/* EXPR, EXPR ... up to `close`, which is consumed. */
static void parse_args(struct parser *p, struct expr *e, enum token_kind close)
{
	bool in_pred = p->in_pred;

	p->in_pred = false;
	while (p->tok.kind != close && !p->failed) {
		add_arg(p, e, parse_expr(p));
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_expect(p, close);
	p->in_pred = in_pred;
	e->at = parse_range(p, e->at.begin);
}

/* ---- primaries ---- */

static struct expr *parse_int(struct parser *p)
{
	struct expr *e = expr_here(p, E_INT);

	e->num = p->tok.num;
	e->is_literal = !p->tok.is_unsigned;
	parse_next(p);
	return e;
}

/* Adjacent literals are one string. */
static struct expr *parse_string(struct parser *p)
{
	struct expr *e = expr_here(p, E_STRING);
	char *joined;

	e->name = p->tok.str;
	e->len = p->tok.len;
	parse_next(p);
	while (p->tok.kind == T_STRING) {
		joined = arena_alloc(&p->l->arena, e->len + p->tok.len + 1);
		memcpy(joined, e->name, e->len);
		memcpy(joined + e->len, p->tok.str, p->tok.len);
		e->name = joined;
		e->len += p->tok.len;
		parse_next(p);
	}
	e->at = parse_range(p, e->at.begin);
	return e;
}

static struct expr *parse_map(struct parser *p)
{
	struct expr *e = expr_here(p, E_MAP);

	e->name = macro_map(p, p->tok.str, e->at);
	parse_next(p);
	if (parse_accept(p, T_LBRACKET)) {
		e->has_keys = true;
		parse_args(p, e, T_RBRACKET);
		if (!e->nargs)
			parse_error(p, e->at, "a map's key is missing");
	}
	return e;
}

static struct expr *parse_sizeof(struct parser *p)
{
	struct expr *e = expr_here(p, E_SIZEOF);

	parse_next(p);
	if (!parse_expect(p, T_LPAREN))
		return e;
	e->tname = parse_type_name(p);
	if (!e->tname)
		expr_deepen(p, e, e->a = parse_expr(p));
	parse_expect(p, T_RPAREN);
	e->at = parse_range(p, e->at.begin);
	return e;
}

/* a.b.c */
static bool parse_member_path(struct parser *p, struct expr *e)
{
	e->name = p->tok.str;
	if (!parse_expect(p, T_IDENT))
		return false;
	while (parse_accept(p, T_DOT)) {
		if (p->tok.kind == T_IDENT)
			e->name = arena_printf(&p->l->arena, "%s.%s", e->name,
					       p->tok.str);
		if (!parse_expect(p, T_IDENT))
			return false;
	}
	return true;
}

/* offsetof(TYPE, a.b.c) */
static struct expr *parse_offsetof(struct parser *p)
{
	struct expr *e = expr_here(p, E_OFFSETOF);

	parse_next(p);
	if (!parse_expect(p, T_LPAREN))
		return e;
	e->tname = parse_type_name(p);
	if (!e->tname)
		e->a = parse_expr(p);
	if (!parse_expect(p, T_COMMA))
		return e;
	if (!parse_member_path(p, e))
		return e;
	parse_expect(p, T_RPAREN);
	e->at = parse_range(p, e->at.begin);
	return e;
}

static struct expr *cast_to(struct parser *p, const char *name,
			    unsigned pointers, struct expr *what)
{
	struct expr *e = expr_new(p, E_CAST, what->at);

	e->tname = arena_alloc(&p->l->arena, sizeof(*e->tname));
	e->tname->at = what->at;
	e->tname->name = name;
	e->tname->pointers = pointers;
	e->a = what;
	expr_deepen(p, e, what);
	return e;
}

/* container_of(POINTER, TYPE, MEMBER): the TYPE whose member it points to. */
static struct expr *parse_container_of(struct parser *p)
{
	struct expr *ptr, *offset, *minus;
	uint32_t begin = p->tok.begin;

	parse_next(p);
	if (!parse_expect(p, T_LPAREN))
		return expr_here(p, E_NAME);
	ptr = parse_expr(p);
	offset = expr_here(p, E_OFFSETOF);
	if (!parse_expect(p, T_COMMA))
		return ptr;
	offset->tname = parse_type_name(p);
	if (!offset->tname) {
		parse_error(p, offset->at, "this is not the name of a type");
		return ptr;
	}
	if (!parse_expect(p, T_COMMA) || !parse_member_path(p, offset))
		return ptr;
	parse_expect(p, T_RPAREN);
	offset->at = parse_range(p, begin);
	minus = expr_new(p, E_BINARY, offset->at);
	minus->op = T_SUB;
	minus->a = cast_to(p, "uint64", 0, ptr);
	minus->b = offset;
	expr_deepen(p, minus, minus->a);
	return cast_to(p, offset->tname->name, offset->tname->pointers + 1,
		       minus);
}

static struct expr *last_value(struct parser *p, struct stmt *s);

/* A block whose last statement is its value, if that has one. */
static struct expr *block_value(struct parser *p, struct block *b)
{
	struct expr *e = expr_new(p, E_BLOCK, b->at);

	e->body = b;
	if (!b->nstmts)
		return e;
	e->a = last_value(p, b->stmts[b->nstmts - 1]);
	if (e->a) {
		expr_deepen(p, e, e->a);
		b->nstmts--;
	}
	return e;
}

static struct expr *last_value(struct parser *p, struct stmt *s)
{
	struct expr *e;

	if (s->kind == S_EXPR)
		return s->e;
	if (s->kind != S_IF || !s->orelse)
		return NULL;
	e = expr_new(p, E_IF, s->at);
	e->is_stmt = true;
	e->a = s->e;
	e->b = block_value(p, s->body);
	e->c = block_value(p, s->orelse);
	return e;
}

struct expr *parse_block_expr(struct parser *p)
{
	uint32_t begin = p->tok.begin;
	struct expr *e = block_value(p, parse_block(p));

	e->at = parse_range(p, begin);
	return e;
}

static struct expr *parse_if_expr(struct parser *p)
{
	struct expr *e = expr_here(p, E_IF);

	parse_next(p);
	e->a = parse_expr(p);
	e->b = parse_block_expr(p);
	if (!parse_accept_word(p, "else")) {
		parse_error(p, e->at, "an if that is a value needs an else");
		return e;
	}
	if (!parse_enter(p))
		return e;
	e->c = parse_is_word(p, "if") ? parse_if_expr(p) : parse_block_expr(p);
	parse_leave(p);
	e->at = parse_range(p, e->at.begin);
	return e;
}

static struct expr *parse_name(struct parser *p)
{
	struct expr *e;

	if (parse_is_word(p, "sizeof"))
		return parse_sizeof(p);
	if (parse_is_word(p, "offsetof"))
		return parse_offsetof(p);
	if (parse_is_word(p, "container_of"))
		return parse_container_of(p);
	if (parse_is_word(p, "if"))
		return parse_if_expr(p);
	e = macro_param(p);
	if (e)
		return e;
	e = expr_here(p, E_NAME);
	e->name = p->tok.str;
	if (!strcmp(e->name, "true") || !strcmp(e->name, "false")) {
		e->kind = E_BOOL;
		e->num = *e->name == 't';
	}
	parse_next(p);
	if (p->tok.kind == T_LPAREN) {
		parse_next(p);
		e->kind = E_CALL;
		e->was_call = true;
		parse_args(p, e, T_RPAREN);
		if (e->nargs && !strcmp(e->name, "str"))
			param_offset(e);
	}
	if (e->kind != E_BOOL)
		macro_note(p, e);
	return e;
}

/* (NAME = EXPR, ...) */
static struct expr *parse_record(struct parser *p, struct expr *e)
{
	size_t n = 0;

	e->kind = E_RECORD;
	while (p->tok.kind != T_RPAREN && !p->failed) {
		*(const char **)arena_push(&p->l->arena, &e->names, &n,
					   sizeof(char *)) = p->tok.str;
		if (!parse_expect(p, T_IDENT) || !parse_expect(p, T_ASSIGN))
			return e;
		add_arg(p, e, parse_expr(p));
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RPAREN);
	e->at = parse_range(p, e->at.begin);
	return e;
}

/* (EXPR), or a tuple: (), (EXPR,), (EXPR, EXPR ...) */
static struct expr *parse_paren(struct parser *p)
{
	struct expr *e = expr_here(p, E_TUPLE), *first;

	parse_next(p);
	if (parse_accept(p, T_RPAREN)) {
		e->at = parse_range(p, e->at.begin);
		return e;
	}
	if (p->tok.kind == T_IDENT && parse_peek(p).kind == T_ASSIGN)
		return parse_record(p, e);
	first = parse_expr(p);
	if (parse_accept(p, T_RPAREN)) {
		first->at = parse_range(p, e->at.begin);
		return first;
	}
	add_arg(p, e, first);
	if (parse_accept(p, T_COMMA)) {
		parse_args(p, e, T_RPAREN);
	} else if (!p->failed) {
		parse_expect(p, T_RPAREN);
		if (p->tok.kind == T_ASSIGN)
			diag_hint(p->l, "'==' compares");
	}
	return e;
}

struct expr *parse_primary(struct parser *p)
{
	bool in_pred = p->in_pred;
	struct expr *e;

	switch (p->tok.kind) {
	case T_INT:
		return parse_int(p);
	case T_STRING:
		return parse_string(p);
	case T_PARAM:
	case T_PARAM_COUNT:
		return parse_param(p);
	case T_VAR:
		e = expr_here(p, E_VAR);
		e->name = parse_var_name(p);
		if (!p->tok.len)
			parse_error(p, e->at, "a variable's name is missing");
		parse_next(p);
		return e;
	case T_MAP:
		return parse_map(p);
	case T_IDENT:
		return parse_name(p);
	case T_LPAREN:
		p->in_pred = false;
		e = parse_paren(p);
		p->in_pred = in_pred;
		return e;
	case T_LBRACE:
		return parse_block_expr(p);
	default:
		e = expr_here(p, E_INT);
		parse_error(p, e->at, "expected an expression before %s",
			    parse_current(p));
		return e;
	}
}

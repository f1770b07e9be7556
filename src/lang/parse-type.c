/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Type names, as in casts, sizeof and let: "struct foo *", "uint8[4]".
 */
#include "builtin.h"
#include "parse.h"

#include <string.h>

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

/* Words that C puts together: unsigned long int. */
static bool is_c_word(const char *s)
{
	static const char *const words[] = {
		"unsigned", "signed", "char", "short", "int", "long", NULL};

	return is_one_of(s, words);
}

static bool is_own_type(const char *s)
{
	static const char *const words[] = {
		"int8",	   "int16",   "int32",	   "int64",    "uint8",
		"uint16",  "uint32",  "uint64",	   "bool",     "void",
		"string",  "buffer",  "int8_t",	   "int16_t",  "int32_t",
		"int64_t", "uint8_t", "uint16_t",  "uint32_t", "uint64_t",
		"size_t",  "ssize_t", "uintptr_t", "intptr_t", "pid_t",
		"off_t",   "typeof",  "const",	   "volatile", NULL};

	return is_one_of(s, words);
}

static bool is_tagged(const char *s)
{
	return !strcmp(s, "struct") || !strcmp(s, "union") ||
	       !strcmp(s, "enum");
}

static bool starts_type(const struct parser *p)
{
	if (p->tok.kind != T_IDENT)
		return false;
	if (is_tagged(p->tok.str) || is_c_word(p->tok.str) ||
	    is_own_type(p->tok.str))
		return true;
	if (builtin_find(p->tok.str) || parse_peek(p).kind == T_LPAREN)
		return false;
	return cdecl_find(p->l, p->tok.str) &&
	       !cdecl_find(p->l, p->tok.str)->is_constant;
}

static bool starts_operand(enum token_kind kind)
{
	switch (kind) {
	case T_IDENT:
	case T_INT:
	case T_STRING:
	case T_VAR:
	case T_MAP:
	case T_PARAM:
	case T_LPAREN:
		return true;
	default:
		return false;
	}
}

/* At '(': is it (TYPE)? A name that only debug information knows cannot be
 * told from a value by itself, but what follows can: (robj *)arg0. */
bool parse_at_cast(struct parser *p)
{
	struct parser ahead = *p;
	struct buf *diag = p->l->diag;
	unsigned n = p->l->nerrors, stars = 0;
	bool yes = false;

	p->l->diag = NULL;
	parse_next(&ahead);
	if (starts_type(&ahead)) {
		yes = true;
	} else if (ahead.tok.kind == T_IDENT && !builtin_find(ahead.tok.str)) {
		parse_next(&ahead);
		for (; ahead.tok.kind == T_MUL; stars++)
			parse_next(&ahead);
		if (ahead.tok.kind == T_RPAREN) {
			parse_next(&ahead);
			yes = starts_operand(ahead.tok.kind) ||
			      (stars && (ahead.tok.kind == T_MUL ||
					 ahead.tok.kind == T_AND));
		}
	}
	p->l->diag = diag;
	p->l->nerrors = n;
	return yes;
}

static const char *join_c_words(struct parser *p)
{
	const char *name = p->tok.str;

	parse_next(p);
	while (p->tok.kind == T_IDENT && is_c_word(p->tok.str)) {
		name = arena_printf(&p->l->arena, "%s %s", name, p->tok.str);
		parse_next(p);
	}
	return name;
}

static void parse_base(struct parser *p, struct type_name *t)
{
	const char *tag;

	while (parse_is_word(p, "const") || parse_is_word(p, "volatile"))
		parse_next(p);
	if (p->tok.kind == T_IDENT && is_c_word(p->tok.str)) {
		t->name = join_c_words(p);
		return;
	}
	tag = p->tok.str;
	if (parse_accept_word(p, "typeof")) {
		parse_expect(p, T_LPAREN);
		t->typeof_ = parse_expr(p);
		parse_expect(p, T_RPAREN);
		return;
	}
	t->name = tag;
	if (!parse_expect(p, T_IDENT))
		return;
	if (is_tagged(tag)) {
		t->name = arena_printf(&p->l->arena, "%s %s", tag, p->tok.str);
		parse_expect(p, T_IDENT);
	}
}

struct type_name *parse_type_name(struct parser *p)
{
	struct type_name *t;
	uint32_t begin = p->tok.begin;

	/* Any name will do behind '(' or ':' if a value cannot be meant. */
	if (!starts_type(p) &&
	    (p->tok.kind != T_IDENT || builtin_find(p->tok.str) ||
	     parse_peek(p).kind == T_LPAREN))
		return NULL;
	t = arena_alloc(&p->l->arena, sizeof(*t));
	parse_base(p, t);
	while (!p->failed &&
	       (p->tok.kind == T_MUL || parse_is_word(p, "const"))) {
		t->pointers += p->tok.kind == T_MUL;
		parse_next(p);
		if (t->pointers > 16)
			parse_error(p, parse_range(p, begin),
				    "too many levels of pointers");
	}
	if (parse_accept(p, T_LBRACKET)) {
		t->has_count = true;
		t->count = p->tok.num;
		if (p->tok.kind == T_RBRACKET)
			t->has_count = false;
		else
			parse_expect(p, T_INT);
		parse_expect(p, T_RBRACKET);
	}
	t->at = parse_range(p, begin);
	return t;
}

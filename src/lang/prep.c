/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of the preprocessor: #define, #undef, and conditions.
 */
#include "fold.h"
#include "macro.h"
#include "parse.h"

#include <string.h>

/* The rest of the line behind `word`, as a parser; false: another word. */
static bool line_is(struct parser *p, const char *word, struct parser *ret)
{
	const struct token *t = &p->tok;
	size_t n = strlen(word);

	if (strncmp(t->str, word, n) || (t->str[n] >= 'a' && t->str[n] <= 'z'))
		return false;
	*ret = *p;
	ret->lexer.pos = t->end - (uint32_t)(t->len - n);
	ret->lexer.end = t->end;
	ret->in_pred = ret->failed = false;
	parse_next(ret);
	return true;
}

static bool try_constant(struct parser line, int64_t *ret)
{
	struct lang *l = line.l;
	struct buf *diag = l->diag;
	unsigned nerrors = l->nerrors;
	size_t nuses = l->nuses;
	struct expr *e;
	bool yes;

	l->diag = NULL;
	e = parse_expr(&line);
	yes = !line.failed && line.tok.kind == T_EOF &&
	      fold_constant(l, e, ret);
	l->diag = diag;
	l->nerrors = nerrors;
	l->nuses = nuses;
	return yes;
}

static void define(struct parser *p, struct parser *line)
{
	struct range at = {p->tok.begin, p->tok.end};
	const char *name = line->tok.str;
	int64_t value;

	if (line->tok.kind != T_IDENT) {
		parse_error(p, at, "a #define defines a name");
		return;
	}
	parse_next(line);
	if (try_constant(*line, &value))
		cdecl_add_constant(p->l, name, value);
	else
		macro_define(p, line, name, at);
}

/* ---- conditions ---- */

static bool is_defined(const struct lang *l, const char *name)
{
	/* Published scripts include headers of the kernel without it. */
	return !strcmp(name, "BPFTRACE_HAVE_BTF") ||
	       macro_is_defined(l, name) || cdecl_find(l, name);
}

/* NAME, defined(NAME), !defined(NAME), a constant */
static bool condition(struct parser *line, bool by_name)
{
	bool not = !by_name && parse_accept(line, T_LNOT);
	int64_t value = 0;

	if (!by_name && parse_accept_word(line, "defined")) {
		by_name = true;
		parse_accept(line, T_LPAREN);
	}
	if (by_name)
		value = line->tok.kind == T_IDENT &&
			is_defined(line->l, line->tok.str);
	else
		try_constant(*line, &value);
	return (value != 0) != not ;
}

static bool is_conditional(const char *word)
{
	return !strncmp(word, "if", 2);
}

/* Goes to the next #else, #elif or #endif of this condition; false: it has
 * none. The text between need not be of this language. */
static bool skip_group(struct parser *p)
{
	const char *text = p->l->text;
	uint32_t pos = p->tok.end, end = p->lexer.end;
	unsigned depth = 0;

	for (; pos < end; pos++) {
		uint32_t w = pos + 1;

		while (pos < end && text[pos] != '\n')
			pos++;
		for (w = pos + 1; w < end && strchr(" \t#", text[w]); w++)
			;
		if (w >= end || !memchr(text + pos, '#', w - pos)) {
			continue;
		} else if (is_conditional(text + w)) {
			depth++;
		} else if (!strncmp(text + w, "endif", 5) && depth) {
			depth--;
		} else if (!depth && (text[w] == 'e')) {
			p->lexer.pos = pos;
			parse_next(p);
			return true;
		}
	}
	return false;
}

/* At an #if: goes to the text to be read. */
static void choose(struct parser *p, bool yes)
{
	struct range at = {p->tok.begin, p->tok.end};
	struct parser line;

	while (!yes) {
		if (!skip_group(p)) {
			parse_error(p, at, "this condition has no #endif");
			p->lexer.pos = p->lexer.end;
			parse_next(p);
			return;
		}
		if (!strncmp(p->tok.str, "endif", 5))
			break;
		yes = line_is(p, "else", &line) ||
		      (line_is(p, "elif", &line) && condition(&line, false));
	}
	parse_next(p);
}

/* At the #else or #elif of a condition that held. */
static void skip_rest(struct parser *p)
{
	struct range at = {p->tok.begin, p->tok.end};

	do
		if (!skip_group(p)) {
			parse_error(p, at, "this condition has no #endif");
			p->lexer.pos = p->lexer.end;
			break;
		}
	while (strncmp(p->tok.str, "endif", 5));
	parse_next(p);
}

void parse_define(struct parser *p)
{
	struct parser line;

	if (line_is(p, "define", &line)) {
		define(p, &line);
	} else if (line_is(p, "undef", &line)) {
		if (line.tok.kind == T_IDENT)
			macro_undefine(p->l, line.tok.str);
	} else if (line_is(p, "ifdef", &line)) {
		choose(p, condition(&line, true));
		return;
	} else if (line_is(p, "ifndef", &line)) {
		choose(p, !condition(&line, true));
		return;
	} else if (line_is(p, "if", &line)) {
		choose(p, condition(&line, false));
		return;
	} else if (line_is(p, "else", &line) || line_is(p, "elif", &line)) {
		skip_rest(p);
		return;
	} else if (line_is(p, "error", &line)) {
		diag_error(p->l, (struct range){p->tok.begin, p->tok.end}, "%s",
			   p->tok.str);
	}
	if (!p->failed)
		parse_next(p);
}

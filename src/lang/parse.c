/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parser's tools, and the top level of a program.
 */
#include "config-int.h"
#include "parse.h"
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- tools ---- */

void parse_next(struct parser *p)
{
	p->last_end = p->tok.end;
	p->tok = lex(&p->lexer);
}

bool parse_accept(struct parser *p, enum token_kind kind)
{
	if (p->tok.kind != kind)
		return false;
	parse_next(p);
	return true;
}

const char *parse_current(struct parser *p)
{
	uint32_t n = p->tok.end - p->tok.begin;

	if (p->tok.kind == T_EOF)
		return token_text(T_EOF);
	return arena_printf(&p->l->arena, "'%.*s'", (int)(n > 40 ? 40 : n),
			    p->l->text + p->tok.begin);
}

bool parse_expect(struct parser *p, enum token_kind kind)
{
	struct range at = {p->tok.begin, p->tok.end};

	if (parse_accept(p, kind))
		return true;
	/* What is missing at a line's end is missing there, not where the
	 * next line begins. */
	if (kind == T_SEMI)
		at = (struct range){p->last_end, p->last_end + 1};
	parse_error(p, at, "expected %s before %s", token_text(kind),
		    parse_current(p));
	return false;
}

bool parse_is_word(const struct parser *p, const char *word)
{
	return p->tok.kind == T_IDENT && !strcmp(p->tok.str, word);
}

bool parse_accept_word(struct parser *p, const char *word)
{
	if (!parse_is_word(p, word))
		return false;
	parse_next(p);
	return true;
}

struct token parse_peek(const struct parser *p)
{
	struct lexer x = p->lexer;
	struct buf *diag = x.l->diag;
	unsigned n = x.l->nerrors;
	struct token t;

	/* It will be lexed, and complained of, again. */
	x.l->diag = NULL;
	t = lex(&x);
	x.l->diag = diag;
	x.l->nerrors = n;
	return t;
}

void parse_error(struct parser *p, struct range at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (p->failed) {
		p->l->diag_shown = false;
		return;
	}
	p->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(p->l, at, "%s", text);
}

bool parse_enter(struct parser *p)
{
	if (++p->depth <= LANG_DEPTH_MAX)
		return true;
	parse_error(p, (struct range){p->tok.begin, p->tok.end},
		    "nested too deep (more than %d levels)", LANG_DEPTH_MAX);
	return false;
}

void parse_leave(struct parser *p)
{
	p->depth--;
}

struct range parse_range(const struct parser *p, uint32_t begin)
{
	return (struct range){begin,
			      p->last_end > begin ? p->last_end : begin + 1};
}

/* ---- top level ---- */

/* Behind the '}' that ends what went wrong. */
static void recover_top(struct parser *p)
{
	unsigned depth = 0;

	for (; p->tok.kind != T_EOF; parse_next(p)) {
		if (p->tok.kind == T_LBRACE)
			depth++;
		if (p->tok.kind == T_RBRACE && depth <= 1) {
			parse_next(p);
			break;
		}
		if (p->tok.kind == T_RBRACE)
			depth--;
	}
	p->failed = false;
	p->depth = 0;
	p->in_pred = false;
}

/* let @m = hash(N); */
static void parse_map_declaration(struct parser *p)
{
	struct map *m = arena_alloc(&p->l->arena, sizeof(*m)), **place;
	uint32_t begin = p->tok.begin;

	parse_next(p);
	m->name = p->tok.str;
	if (!parse_expect(p, T_MAP))
		return;
	m->name = arena_printf(&p->l->arena, "@%s", m->name);
	m->at = parse_range(p, begin);
	if (!parse_expect(p, T_ASSIGN))
		return;
	m->kind = p->tok.str;
	if (!parse_expect(p, T_IDENT) || !parse_expect(p, T_LPAREN))
		return;
	m->max_entries = p->tok.num;
	if (!parse_expect(p, T_INT) || !parse_expect(p, T_RPAREN))
		return;
	m->at = parse_range(p, begin);
	parse_accept(p, T_SEMI);
	if (strcmp(m->kind, "hash") && strcmp(m->kind, "lruhash") &&
	    strcmp(m->kind, "percpuhash") && strcmp(m->kind, "percpulruhash")) {
		diag_error(p->l, m->at, "there are no maps of kind '%s'",
			   m->kind);
		diag_hint(p->l, "hash, lruhash, percpuhash, percpulruhash");
	}
	if (!m->max_entries || m->max_entries > (1u << 24))
		diag_error(p->l, m->at, "a map holds 1 to %u keys", 1u << 24);
	place = arena_push(&p->l->arena, &p->l->user_maps, &p->l->nuser_maps,
			   sizeof(*place));
	*place = m;
}

static void parse_probe(struct parser *p)
{
	struct probe *probe = arena_alloc(&p->l->arena, sizeof(*probe));
	struct probe **place;

	if (p->l->nprobes >= LANG_PROBES_MAX) {
		parse_error(p, (struct range){p->tok.begin, p->tok.end},
			    "more than %d probes", LANG_PROBES_MAX);
		return;
	}
	parse_specs(p, probe, (unsigned)p->l->nprobes);
	if (p->failed)
		return;
	if (parse_accept(p, T_DIV)) {
		p->in_pred = true;
		probe->pred = parse_expr(p);
		p->in_pred = false;
		if (!parse_expect(p, T_DIV))
			return;
	}
	if (p->tok.kind != T_LBRACE) {
		parse_error(p, (struct range){p->tok.begin, p->tok.end},
			    "expected '{', the beginning of the probe's "
			    "action, before %s",
			    parse_current(p));
		return;
	}
	probe->body = parse_block(p);
	place = arena_push(&p->l->arena, &p->l->probes, &p->l->nprobes,
			   sizeof(*place));
	*place = probe;
}

static void parse_refused(struct parser *p, const char *what)
{
	parse_error(p, (struct range){p->tok.begin, p->tok.end},
		    "%s cannot be used in upd yet", what);
}

static bool parse_special(struct parser *p, const char *word)
{
	enum token_kind next = parse_peek(p).kind;

	if (!strcmp(word, "config") && next == T_ASSIGN)
		parse_config(p);
	else if (!strcmp(word, "let") && next == T_MAP)
		parse_map_declaration(p);
	else if (!strcmp(word, "macro") && next == T_IDENT)
		parse_macro(p);
	else if (!strcmp(word, "fn") && next == T_IDENT)
		parse_refused(p, "fn");
	else if (!strcmp(word, "import") && next == T_STRING)
		parse_import(p);
	else if (!strcmp(word, "typedef") ||
		 ((!strcmp(word, "struct") || !strcmp(word, "union") ||
		   !strcmp(word, "enum")) &&
		  (next == T_IDENT || next == T_LBRACE)))
		parse_declaration(p);
	else
		return false;
	return true;
}

/* A header also declares what is nothing to us: functions, variables. Behind
 * the ';' or the '}' of a body. */
static void skip_foreign(struct parser *p)
{
	unsigned depth = 0;

	for (; p->tok.kind != T_EOF; parse_next(p)) {
		if (p->tok.kind == T_LBRACE)
			depth++;
		if (p->tok.kind == T_RBRACE && depth <= 1)
			break;
		if (p->tok.kind == T_RBRACE)
			depth--;
		if (p->tok.kind == T_SEMI && !depth)
			break;
	}
	parse_next(p);
}

static bool is_declaration(struct parser *p)
{
	return parse_is_word(p, "struct") || parse_is_word(p, "union") ||
	       parse_is_word(p, "enum") || parse_is_word(p, "typedef");
}

static void parse_top(struct parser *p)
{
	const struct cdecl_name *before = p->l->decls;
	uint32_t begin = p->tok.begin;

	if (p->tok.kind == T_INCLUDE)
		parse_include(p);
	else if (p->tok.kind == T_DEFINE)
		parse_define(p);
	else if (p->tok.kind == T_SEMI)
		parse_next(p);
	else if (p->in_header && !is_declaration(p))
		skip_foreign(p);
	else if (p->tok.kind != T_IDENT && p->tok.kind != T_MUL)
		parse_error(p, (struct range){p->tok.begin, p->tok.end},
			    "expected a probe, such as uprobe:BINARY:FUNCTION, "
			    "before %s",
			    parse_current(p));
	else if (p->tok.kind != T_IDENT || !parse_special(p, p->tok.str))
		parse_probe(p);
	if (p->failed)
		recover_top(p);
	/* Where declarations can be found again. */
	if (p->l->decls != before && !p->failed) {
		struct range *r = arena_push(&p->l->arena, &p->l->decl_ranges,
					     &p->l->ndecl_ranges, sizeof(*r));

		*r = parse_range(p, begin);
	}
}

void parse_declarations(struct lang *l)
{
	for (size_t i = 0; i < l->ndecl_ranges; i++) {
		struct parser p = {.l = l,
				   .in_header = true, /* as lenient as any */
				   .lexer = {.l = l,
					     .pos = l->decl_ranges[i].begin,
					     .end = l->decl_ranges[i].end}};

		parse_next(&p);
		if (p.tok.kind == T_DEFINE)
			parse_define(&p);
		else
			parse_declaration(&p);
	}
}

static void skip_shebang(struct parser *p)
{
	const char *text = p->l->text;

	if (p->lexer.end - p->lexer.pos < 2 || text[p->lexer.pos] != '#' ||
	    text[p->lexer.pos + 1] != '!')
		return;
	while (p->lexer.pos < p->lexer.end && text[p->lexer.pos] != '\n')
		p->lexer.pos++;
}

void parse_source(struct lang *l, struct range at, bool header)
{
	struct parser p = {.l = l,
			   .lexer = {.l = l, .pos = at.begin, .end = at.end},
			   .in_header = header};

	skip_shebang(&p);
	parse_next(&p);
	while (p.tok.kind != T_EOF && l->nerrors < DIAG_ERRORS_MAX)
		parse_top(&p);
}

int parse_program(struct lang *l, void *arg)
{
	struct range all = {0, (uint32_t)l->len};

	(void)arg;
	sources_include(l);
	parse_source(l, all, false);
	macros_expand(l);
	if (!l->nprobes && !l->nerrors)
		diag_error(l, (struct range){0, 0}, "the program has no probe");
	return l->nerrors ? ERR_SYNTAX : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each pass has made, as text: the tree (with types once there are any),
 * maps and variables, programs.
 */
#include "gen.h"
#include "token.h"

#include <string.h>

struct dump {
	struct lang *l;
	struct buf *out;
	bool types;
	int depth;
};

static void dump_block(struct dump *d, const struct block *b);

static void line(struct dump *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(struct dump *d, const char *fmt, ...)
{
	va_list ap;

	buf_printf(d->out, "%*s", d->depth * 2, "");
	va_start(ap, fmt);
	buf_vprintf(d->out, fmt, ap);
	va_end(ap);
}

static void end_line(struct dump *d, const struct expr *e)
{
	if (d->types && e->type && e->type->kind != V_NONE)
		buf_printf(d->out, " :: %s", vt_text(d->l, e->type));
	buf_add_char(d->out, '\n');
}

static void quoted(struct buf *out, const char *s, size_t n)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 32 || c == '"' || c == '\\' || c == 127)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

static const char *op_text(enum token_kind op)
{
	const char *s = token_text(op);

	return s;
}

static void dump_type_name(struct dump *d, const struct type_name *t)
{
	buf_printf(d->out, " %s", t->name ? t->name : "typeof");
	for (unsigned i = 0; i < t->pointers; i++)
		buf_add_str(d->out, " *");
	if (t->has_count)
		buf_printf(d->out, "[%llu]", (unsigned long long)t->count);
}

static void dump_head(struct dump *d, const struct expr *e)
{
	static const char *const words[] = {
		[E_CALL] = "call",
		[E_UNARY] = "unary",
		[E_INCDEC] = "incdec",
		[E_BINARY] = "binary",
		[E_TERNARY] = "choose",
		[E_CAST] = "cast",
		[E_FIELD] = "field",
		[E_INDEX] = "index",
		[E_TUPLE] = "tuple",
		[E_RECORD] = "record",
		[E_ELEMENT] = "element",
		[E_SIZEOF] = "sizeof",
		[E_OFFSETOF] = "offsetof",
		[E_BLOCK] = "block",
		[E_IF] = "if",
	};

	switch (e->kind) {
	case E_INT:
		line(d, "int %lld", (long long)e->num);
		break;
	case E_BOOL:
		line(d, "bool %s", e->num ? "true" : "false");
		break;
	case E_STRING:
		line(d, "string ");
		quoted(d->out, e->name, e->len);
		break;
	case E_VAR:
		line(d, "variable $%s", e->name);
		break;
	case E_MAP:
		line(d, "map %s", e->name);
		break;
	case E_NAME:
		line(d, "builtin %s", e->name);
		break;
	case E_UNARY:
	case E_INCDEC:
	case E_BINARY:
		line(d, "%s %s%s", words[e->kind], op_text(e->op),
		     e->is_prefix ? " prefix" : "");
		break;
	case E_ELEMENT:
		line(d, "element %llu", (unsigned long long)e->num);
		break;
	default:
		line(d, "%s", words[e->kind]);
		if (e->name)
			buf_printf(d->out, " %s", e->name);
		if (e->tname)
			dump_type_name(d, e->tname);
	}
}

static void dump_expr(struct dump *d, const struct expr *e)
{
	if (!e)
		return;
	dump_head(d, e);
	end_line(d, e);
	d->depth++;
	if (e->body)
		dump_block(d, e->body);
	dump_expr(d, e->a);
	dump_expr(d, e->b);
	if (e->kind != E_CALL)
		dump_expr(d, e->c);
	for (size_t i = 0; i < e->nargs; i++) {
		if (e->names)
			line(d, ".%s\n", e->names[i]);
		dump_expr(d, e->args[i]);
	}
	d->depth--;
}

static void dump_stmt(struct dump *d, const struct stmt *s)
{
	static const char *const words[] = {
		[S_DISCARD] = "discard", [S_EXPR] = "do",
		[S_ASSIGN] = "assign",	 [S_LET] = "let",
		[S_IF] = "if",		 [S_WHILE] = "while",
		[S_UNROLL] = "unroll",	 [S_FOR_MAP] = "for",
		[S_FOR_RANGE] = "for",	 [S_RETURN] = "return",
		[S_BREAK] = "break",	 [S_CONTINUE] = "continue",
		[S_BLOCK] = "block",
	};

	if (s->kind == S_EXPR) {
		dump_expr(d, s->e);
		return;
	}
	line(d, "%s%s%s\n", words[s->kind], s->kind == S_ASSIGN ? " " : "",
	     s->kind == S_ASSIGN ? op_text(s->op) : "");
	d->depth++;
	dump_expr(d, s->e);
	dump_expr(d, s->value);
	dump_expr(d, s->limit);
	if (s->body)
		dump_block(d, s->body);
	d->depth--;
	if (s->orelse) {
		line(d, "else\n");
		d->depth++;
		dump_block(d, s->orelse);
		d->depth--;
	}
}

static void dump_block(struct dump *d, const struct block *b)
{
	for (size_t i = 0; i < b->nstmts; i++)
		dump_stmt(d, b->stmts[i]);
}

static void dump_probe(struct dump *d, const struct probe *p)
{
	for (size_t i = 0; i < p->nspecs; i++)
		line(d, "probe %s\n", d->l->specs[p->first_spec + i].text);
	d->depth++;
	if (p->pred) {
		line(d, "predicate\n");
		d->depth++;
		dump_expr(d, p->pred);
		d->depth--;
	}
	dump_block(d, p->body);
	d->depth--;
}

static void dump_maps(struct dump *d)
{
	for (size_t i = 0; i < d->l->nmaps; i++) {
		const struct lang_map *m = &d->l->maps[i];

		if (!m->name)
			continue;
		line(d, "map %s", m->name);
		if (m->key)
			buf_printf(d->out, "[%s]", vt_text(d->l, m->key));
		buf_printf(d->out, " :: %s\n", vt_text(d->l, m->value));
	}
}

static int dump_programs(struct dump *d)
{
	struct bpf_map_def *defs;
	struct bpf_prog prog;
	int rc;

	defs = arena_alloc(&d->l->arena, d->l->nmaps * sizeof(*defs));
	for (size_t i = 0; i < d->l->nmaps; i++)
		defs[i] = d->l->maps[i].def;
	for (size_t i = 0; i < d->l->npoints; i++) {
		line(d, "%s:\n", d->l->points[i].pt.probe_text);
		rc = lang_generate(d->l, (unsigned)i, &prog, NULL, NULL);
		if (rc)
			return rc;
		bpf_dump(&prog, defs, d->l->nmaps, d->out);
		bpf_prog_release(&prog);
	}
	return 0;
}

static int dump(struct lang *l, void *arg)
{
	struct dump *d = arg;

	if (d->types)
		dump_maps(d);
	for (size_t i = 0; i < l->nprobes; i++)
		dump_probe(d, l->probes[i]);
	return 0;
}

static int dump_bpf(struct lang *l, void *arg)
{
	(void)l;
	return dump_programs(arg);
}

int lang_dump(struct lang *l, const char *stage, struct buf *out)
{
	struct dump d = {.l = l, .out = out};

	if (!strcmp(stage, "ast"))
		return lang_guard(l, dump, &d, NULL);
	if (!l->checked)
		return ERR_INVAL;
	d.types = !strcmp(stage, "types");
	if (d.types)
		return lang_guard(l, dump, &d, NULL);
	if (!strcmp(stage, "bpf"))
		return lang_guard(l, dump_bpf, &d, NULL);
	return ERR_NOENT;
}

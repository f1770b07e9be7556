/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attach points: "uprobe:/lib/libc.so.6:mall*+4" taken apart. They have a
 * grammar of their own: parts between colons, in which '/' and most other
 * characters mean nothing, and quoted parts, in which none does.
 */
#define _GNU_SOURCE
#include "checker.h"
#include "spec.h"

#include <stdlib.h>
#include <string.h>

static int spec_char(const struct parser *p, uint32_t pos)
{
	return pos < p->lexer.end ? (unsigned char)p->l->text[pos] : -1;
}

/* A path may hold a '/', what comes last may not: there, it begins the
 * predicate. A part is a path if it is the second and another follows. */
static bool part_ends(const struct parser *p, uint32_t pos, bool is_path)
{
	int c = spec_char(p, pos);

	return c < 0 || c == ':' || c == ',' || c == '{' || c == '"' ||
	       c == ' ' || (c >= '\t' && c <= '\r') || (c == '/' && !is_path);
}

static bool is_path_part(const struct parser *p, uint32_t pos)
{
	int c;

	while (!part_ends(p, pos, true))
		pos++;
	c = spec_char(p, pos);
	return c == ':' || (c == '"' && pos == 0);
}

/* $1 in an attach point is the positional parameter's text. */
static const char *expand_params(struct parser *p, const char *text)
{
	const struct lang_opts *o = &p->l->opts;
	const char *dollar = strchr(text, '$'), *value;
	unsigned long n;
	char *end;

	if (!dollar || dollar[1] < '0' || dollar[1] > '9')
		return text;
	n = strtoul(dollar + 1, &end, 10);
	value = n && n <= o->nparams ? o->params[n - 1] : "";
	return arena_printf(&p->l->arena, "%.*s%s%s", (int)(dollar - text),
			    text, value, expand_params(p, end));
}

/* Text and quoted pieces up to what ends the part. */
static uint32_t read_part(struct parser *p, uint32_t pos, bool may_be_path,
			  struct part *ret)
{
	bool is_path = may_be_path && is_path_part(p, pos);
	uint32_t begin = pos;
	const char *text = "";

	*ret = (struct part){.quoted = spec_char(p, pos) == '"'};
	while (!part_ends(p, pos, is_path) || spec_char(p, pos) == '"') {
		uint32_t from = pos;

		if (spec_char(p, pos) == '"') {
			p->lexer.pos = pos;
			p->tok = lex(&p->lexer);
			pos = p->lexer.pos;
			text = arena_printf(&p->l->arena, "%s%s", text,
					    p->tok.str);
			continue;
		}
		while (!part_ends(p, pos, is_path))
			pos++;
		text = arena_printf(
			&p->l->arena, "%s%s", text,
			expand_params(p, arena_strndup(&p->l->arena,
						       p->l->text + from,
						       pos - from)));
	}
	ret->text = text;
	ret->at = (struct range){begin, pos > begin ? pos : begin + 1};
	return pos;
}

static uint32_t read_parts(struct parser *p, uint32_t pos, struct parts *ret)
{
	const struct spec_type *type = NULL;

	ret->n = 0;
	ret->at.begin = pos;
	for (;;) {
		struct part *part = &ret->part[ret->n];

		pos = read_part(p, pos, ret->n == 1 && type && type->has_path,
				part);
		if (!ret->n++)
			type = spec_type_find(part->text);
		if (spec_char(p, pos) != ':' || ret->n == PARTS_MAX)
			break;
		pos++;
	}
	ret->at.end = pos;
	return pos;
}

/* As written, the alias of the type expanded. */
static const char *full_text(struct parser *p, const struct parts *parts,
			     const struct spec_type *type)
{
	const char *text = type->name;

	for (size_t i = 1; i < parts->n; i++)
		text = arena_printf(&p->l->arena, "%s:%s", text,
				    parts->part[i].text);
	return text;
}

static void unknown_type(struct parser *p, const struct part *part)
{
	const char *near = near_name(part->text, spec_type_name);

	if (!strcmp(part->text, "test") || !strcmp(part->text, "bench")) {
		parse_error(p, part->at, "%s probes cannot be used in upd yet",
			    part->text);
		return;
	}
	parse_error(p, part->at, "there are no probes of type '%s'",
		    part->text);
	if (near)
		diag_hint(p->l, "did you mean %s?", near);
	else
		diag_hint(p->l, "BEGIN, END, uprobe, uretprobe, usdt, interval "
				"...");
}

static void make_spec(struct parser *p, struct parts *parts, unsigned index)
{
	const struct spec_type *type;
	struct lang_spec spec = {.probe = index}, *place;
	char *eq = strchr(parts->part[0].text, '=');

	if (eq && eq[1]) /* NAME=uprobe:... */
		parts->part[0].text = eq + 1;
	type = spec_type_find(parts->part[0].text);
	if (!type) {
		unknown_type(p, &parts->part[0]);
		return;
	}
	if (!type->fn) {
		parse_error(p, parts->at,
			    "%s probes are in the kernel, where "
			    "upd does not look",
			    type->name);
		diag_hint(p->l, "upd traces programs: uprobe, uretprobe, usdt");
		return;
	}
	spec.kind = type->kind;
	spec.text = full_text(p, parts, type);
	spec.src_begin = parts->at.begin;
	spec.src_end = parts->at.end;
	if (!type->fn(p, parts, &spec))
		return;
	place = arena_push(&p->l->arena, &p->l->specs, &p->l->nspecs,
			   sizeof(*place));
	*place = spec;
}

void parse_specs(struct parser *p, struct probe *probe, unsigned index)
{
	uint32_t pos = p->tok.begin;
	struct parts parts;

	probe->first_spec = p->l->nspecs;
	probe->at.begin = pos;
	for (;;) {
		pos = read_parts(p, pos, &parts);
		if (parts.at.end == parts.at.begin) {
			parse_error(p, (struct range){pos, pos + 1},
				    "expected a probe");
			break;
		}
		if (!p->failed)
			make_spec(p, &parts, index);
		p->lexer.pos = pos;
		lex_space(&p->lexer);
		pos = p->lexer.pos;
		if (spec_char(p, pos) != ',')
			break;
		p->lexer.pos = pos + 1;
		lex_space(&p->lexer);
		pos = p->lexer.pos;
		/* A comma may end the list. */
		if (spec_char(p, pos) == '{' || spec_char(p, pos) == '/')
			break;
	}
	probe->nspecs = p->l->nspecs - probe->first_spec;
	probe->at.end = parts.at.end;
	p->lexer.pos = pos;
	parse_next(p);
	if (!probe->nspecs && !p->failed)
		p->failed = true;
}

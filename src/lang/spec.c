/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attach points: "uprobe:/lib/libc.so.6:mall*+4" taken apart. They have a
 * grammar of their own: parts between colons, in which '/' and most other
 * characters mean nothing, and quoted parts, in which none does.
 */
#define _GNU_SOURCE
#include "parse.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 8 };

struct part {
	const char *text;
	struct range at;
	bool quoted;
};

struct parts {
	struct part part[PARTS_MAX];
	size_t n;
	struct range at;
};

typedef bool spec_fn(struct parser *p, struct parts *parts,
		     struct lang_spec *spec);

/* ---- one function for each type ---- */

static bool wrong(struct parser *p, const struct parts *parts, const char *form)
{
	parse_error(p, parts->at, "a probe of this type is written %s", form);
	return false;
}

static bool to_number(const char *s, uint64_t *ret)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	*ret = strtoull(s, &end, 0);
	return !*end;
}

static bool spec_plain(struct parser *p, struct parts *parts,
		       struct lang_spec *spec)
{
	(void)spec;
	if (parts->n != 1 && !(parts->n == 2 && !*parts->part[1].text))
		return wrong(p, parts, "without anything behind it: BEGIN");
	return true;
}

/* FUNC, FUNC+OFF, 0xADDR */
static bool spec_function(struct parser *p, const struct part *part,
			  struct lang_spec *spec)
{
	char *plus;

	spec->func = part->text;
	if (!*part->text) {
		parse_error(p, part->at, "the function's name is missing");
		return false;
	}
	if (part->quoted)
		return true;
	if (to_number(part->text, &spec->addr)) {
		spec->has_addr = true;
		spec->func = NULL;
		return true;
	}
	plus = strrchr(part->text, '+');
	if (!plus || plus == part->text)
		return true;
	if (!to_number(plus + 1, &spec->offset)) {
		parse_error(p, part->at, "'%s' is not an offset", plus + 1);
		return false;
	}
	spec->has_offset = true;
	spec->func = arena_strndup(&p->l->arena, part->text,
				   (size_t)(plus - part->text));
	return true;
}

/* PATH@FILE.c:LINE[:COLUMN] */
static bool spec_line(struct parser *p, struct parts *parts, char *at,
		      struct lang_spec *spec)
{
	uint64_t line = 0, col = 0;

	if (parts->n < 3 || parts->n > 4 ||
	    !to_number(parts->part[2].text, &line) ||
	    (parts->n == 4 && !to_number(parts->part[3].text, &col)) || !line ||
	    line > INT32_MAX || col > INT32_MAX)
		return wrong(p, parts, "uprobe:BINARY@FILE.c:LINE[:COLUMN]");
	spec->path =
		at == parts->part[1].text
			? NULL
			: arena_strndup(&p->l->arena, parts->part[1].text,
					(size_t)(at - parts->part[1].text));
	spec->file = at + 1;
	spec->line = (int)line;
	spec->col = (int)col;
	return true;
}

static bool spec_uprobe(struct parser *p, struct parts *parts,
			struct lang_spec *spec)
{
	struct part *part = parts->part;
	size_t func = parts->n - 1;
	char *at;

	if (parts->n < 2)
		return wrong(p, parts, "uprobe:BINARY:FUNCTION");
	at = part[1].quoted ? NULL : strchr(part[1].text, '@');
	if (at && (parts->n > 3 ||
		   (parts->n == 3 && to_number(part[2].text, &spec->addr)))) {
		spec->addr = 0;
		if (spec->kind == LANG_URETPROBE)
			return wrong(p, parts, "uretprobe:BINARY:FUNCTION");
		return spec_line(p, parts, at, spec);
	}
	if (parts->n == 4 && !strcmp(part[2].text, "cpp"))
		spec->cpp = true;
	else if (parts->n > 3)
		return wrong(p, parts,
			     "uprobe:BINARY:FUNCTION or "
			     "uprobe:BINARY:cpp:\"NAME\"");
	if (parts->n > 2 && *part[1].text)
		spec->path = part[1].text;
	if (!spec_function(p, &part[func], spec))
		return false;
	if (spec->kind == LANG_URETPROBE &&
	    (spec->has_offset || spec->has_addr)) {
		parse_error(p, part[func].at,
			    "a uretprobe is of a whole function: neither an "
			    "offset nor an address");
		return false;
	}
	return true;
}

/* PATH:NAME, PATH:PROVIDER:NAME */
static bool spec_usdt(struct parser *p, struct parts *parts,
		      struct lang_spec *spec)
{
	struct part *part = parts->part;

	if (parts->n < 2 || parts->n > 4)
		return wrong(p, parts, "usdt:BINARY:[PROVIDER:]NAME");
	spec->func = part[parts->n - 1].text;
	if (!*spec->func)
		return wrong(p, parts, "usdt:BINARY:[PROVIDER:]NAME");
	if (parts->n > 2 && *part[1].text)
		spec->path = part[1].text;
	if (parts->n == 4 && *part[2].text && strcmp(part[2].text, "*"))
		spec->ns = part[2].text;
	return true;
}

static uint64_t unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ns", 1},		 {"us", 1000},
		     {"ms", 1000000},	 {"s", 1000000000},
		     {"m", 60000000000}, {"h", 3600000000000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(units[i].name, unit))
			return units[i].ns;
	return 0;
}

/* s:1, ms:10, hz:99, 1s, 500ms, 1000 (ns) */
static bool spec_interval(struct parser *p, struct parts *parts,
			  struct lang_spec *spec)
{
	struct part *part = parts->part;
	const char *unit = "ns";
	uint64_t n = 0, ns;
	char *end;

	if (parts->n == 3 && to_number(part[2].text, &n)) {
		unit = part[1].text;
	} else if (parts->n == 2 && *part[1].text >= '0' &&
		   *part[1].text <= '9') {
		n = strtoull(part[1].text, &end, 10);
		if (*end)
			unit = end;
	} else {
		return wrong(p, parts,
			     "interval:s:1, interval:ms:100, "
			     "interval:hz:10 or interval:100ms");
	}
	if (!strcmp(unit, "hz")) {
		spec->hz = n;
		spec->interval_ns = n && n <= 1000000 ? 1000000000 / n : 0;
	} else {
		ns = unit_ns(unit);
		if (!ns) {
			parse_error(p, parts->at,
				    "'%s' is not a unit of time; "
				    "there are h, m, s, ms, us, ns and hz",
				    unit);
			return false;
		}
		if (n > INT64_MAX / ns)
			n = 0;
		spec->interval_ns = n * ns;
	}
	if (!spec->interval_ns)
		parse_error(p, parts->at,
			    "an interval is not 0, and not "
			    "longer than the clock");
	return spec->interval_ns != 0;
}

/* 0xADDR:LEN:MODE */
static bool spec_watchpoint(struct parser *p, struct parts *parts,
			    struct lang_spec *spec)
{
	struct part *part = parts->part;

	if (parts->n != 4 || !to_number(part[1].text, &spec->addr) ||
	    !to_number(part[2].text, &spec->watch_len))
		return wrong(p, parts, "watchpoint:0xADDRESS:LENGTH:MODE");
	spec->has_addr = true;
	spec->watch_mode = part[3].text;
	if (strspn(spec->watch_mode, "rwx") != strlen(spec->watch_mode) ||
	    !*spec->watch_mode) {
		parse_error(p, part[3].at, "a watchpoint's mode is w, rw or x");
		return false;
	}
	return true;
}

static int signal_number(const char *name)
{
	uint64_t n;

	if (to_number(name, &n))
		return n < 65 ? (int)n : 0;
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < 32; i++) {
		const char *abbrev = sigabbrev_np(i);

		if (abbrev && !strcmp(abbrev, name))
			return i;
	}
	return 0;
}

/* self:signal:SIGUSR1 */
static bool spec_self(struct parser *p, struct parts *parts,
		      struct lang_spec *spec)
{
	if (parts->n != 3 || strcmp(parts->part[1].text, "signal"))
		return wrong(p, parts, "self:signal:SIGUSR1");
	spec->signo = signal_number(parts->part[2].text);
	if (!spec->signo)
		parse_error(p, parts->part[2].at, "there is no signal '%s'",
			    parts->part[2].text);
	return spec->signo != 0;
}

/* syscalls:sys_enter_NAME */
static bool spec_tracepoint(struct parser *p, struct parts *parts,
			    struct lang_spec *spec)
{
	struct part *part = parts->part;
	const char *name = parts->n == 3 ? part[2].text : "";

	if (parts->n != 3)
		return wrong(p, parts, "tracepoint:syscalls:sys_enter_NAME");
	if (!strcmp(part[1].text, "syscalls") &&
	    !strncmp(name, "sys_enter_", 10)) {
		spec->kind = LANG_SYSCALL_ENTER;
		spec->syscall = name + 10;
		return true;
	}
	if (!strcmp(part[1].text, "syscalls") &&
	    !strncmp(name, "sys_exit_", 9)) {
		spec->kind = LANG_SYSCALL_EXIT;
		spec->syscall = name + 9;
		return true;
	}
	parse_error(p, parts->at,
		    "tracepoint:%s:%s is in the kernel, where "
		    "upd does not look; of tracepoints there are "
		    "syscalls:sys_enter_* and sys_exit_*",
		    part[1].text, name);
	return false;
}

/* ---- the types ---- */

static const struct spec_type {
	const char *name, *alias;
	enum lang_probe_kind kind;
	spec_fn *fn; /* NULL: kernel only */
	bool has_path;
} types[] = {
	{"BEGIN", "begin", LANG_BEGIN, spec_plain, false},
	{"END", "end", LANG_END, spec_plain, false},
	{"uprobe", "u", LANG_UPROBE, spec_uprobe, true},
	{"uretprobe", "ur", LANG_URETPROBE, spec_uprobe, true},
	{"usdt", "U", LANG_USDT, spec_usdt, true},
	{"interval", "i", LANG_INTERVAL, spec_interval, false},
	{"profile", "p", LANG_PROFILE, spec_interval, false},
	{"watchpoint", "w", LANG_WATCHPOINT, spec_watchpoint, false},
	{"self", NULL, LANG_SIGNAL, spec_self, false},
	{"tracepoint", "t", LANG_SYSCALL_ENTER, spec_tracepoint, false},
	{"kprobe", "k", 0, NULL, false},
	{"kretprobe", "kr", 0, NULL, false},
	{"fentry", "f", 0, NULL, false},
	{"fexit", "fr", 0, NULL, false},
	{"kfunc", NULL, 0, NULL, false},
	{"kretfunc", NULL, 0, NULL, false},
	{"rawtracepoint", "rt", 0, NULL, false},
	{"software", "s", 0, NULL, false},
	{"hardware", "h", 0, NULL, false},
	{"iter", "it", 0, NULL, false},
};

static const struct spec_type *find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].name, name) ||
		    (types[i].alias && !strcmp(types[i].alias, name)))
			return &types[i];
	return NULL;
}

/* ---- reading ---- */

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
			type = find_type(part->text);
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

static void make_spec(struct parser *p, struct parts *parts, unsigned index)
{
	const struct spec_type *type;
	struct lang_spec spec = {.probe = index}, *place;
	char *eq = strchr(parts->part[0].text, '=');

	if (eq && eq[1]) /* NAME=uprobe:... */
		parts->part[0].text = eq + 1;
	type = find_type(parts->part[0].text);
	if (!type) {
		parse_error(p, parts->part[0].at,
			    "there are no probes of type "
			    "'%s'",
			    parts->part[0].text);
		diag_hint(p->l, "BEGIN, END, uprobe, uretprobe, usdt, interval "
				"...");
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

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of an attach point mean: one function for each type of
 * probe.
 */
#define _GNU_SOURCE
#include "spec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	if (!strcmp(part[1].text, "raw_syscalls") &&
	    (!strcmp(name, "sys_enter") || !strcmp(name, "sys_exit"))) {
		spec->kind = strcmp(name, "sys_exit") ? LANG_SYSCALL_ENTER
						      : LANG_SYSCALL_EXIT;
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

static const struct spec_type types[] = {
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

const struct spec_type *spec_type_find(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcasecmp(types[i].name, name) ||
		    (types[i].alias && !strcmp(types[i].alias, name)))
			return &types[i];
	return NULL;
}

const char *spec_type_name(size_t i)
{
	return i < sizeof(types) / sizeof(*types) ? types[i].name : NULL;
}

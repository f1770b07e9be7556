/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command line gives a script: $1, $#, and getopt("name") for what
 * stands behind "--". Known before the program is checked, so they are
 * literals from here on.
 */
#include "parse.h"
#include "vtypes.h"

#include <stdlib.h>
#include <string.h>

static bool param_number(const char *text, uint64_t *ret)
{
	char *end;

	if (!*text)
		return false;
	*ret = strtoull(text + (*text == '-'), &end, 0);
	if (*end || end == text)
		return false;
	if (*text == '-')
		*ret = -*ret;
	return true;
}

static void set_sign(struct expr *e, char first)
{
	if (first != '-')
		return;
	e->is_literal = false;
	e->type = &vt_i64;
}

/* $1 is a number if it looks like one; as an argument of str() and where it
 * does not, a string. Absent: 0 or "". */
struct expr *parse_param(struct parser *p)
{
	const struct lang_opts *o = &p->l->opts;
	struct expr *e = expr_here(p, E_INT);

	e->is_literal = true;
	if (p->tok.kind == T_PARAM_COUNT) {
		e->num = o->nparams;
	} else {
		const char *text = p->tok.num && p->tok.num <= o->nparams
					   ? o->params[p->tok.num - 1]
					   : NULL;

		e->name = text ? text : "";
		e->len = strlen(e->name);
		if (text && !param_number(text, &e->num))
			e->kind = E_STRING;
		else if (text)
			set_sign(e, *text);
	}
	parse_next(p);
	return e;
}

/* ---- getopt ---- */

/* The value of --NAME[=VALUE]: "" without one; NULL: not given. The last one
 * given counts. */
static const char *named(const struct lang *l, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = l->opts.nnamed; i-- > 0;) {
		const char *s = l->opts.named[i];

		if (!strncmp(s, name, n) && (!s[n] || s[n] == '='))
			return s[n] ? s + n + 1 : s + n;
	}
	return NULL;
}

static void make_bool(struct parser *p, struct expr *e, const char *text,
		      bool value)
{
	e->kind = E_BOOL;
	e->num = value;
	if (!text)
		return;
	e->num = !*text || !strcmp(text, "true") || !strcmp(text, "1");
	if (!e->num && strcmp(text, "false") && strcmp(text, "0"))
		parse_error(p, e->at, "--%s=%s: true or false is expected",
			    e->args[0]->name, text);
}

static void make_int(struct parser *p, struct expr *e, const char *text,
		     int64_t value)
{
	e->kind = E_INT;
	e->is_literal = true;
	e->num = (uint64_t)value;
	if (text && !param_number(text, &e->num))
		parse_error(p, e->at, "--%s=%s: a number is expected",
			    e->args[0]->name, text);
	set_sign(e, text ? *text : value < 0 ? '-' : '0');
}

static void make_string(struct expr *e, const char *text, const char *value,
			size_t len)
{
	e->kind = E_STRING;
	e->name = text ? text : value;
	e->len = text ? strlen(text) : len;
}

static void remember(struct lang *l, const char *name)
{
	*(const char **)arena_push(&l->arena, &l->getopts, &l->ngetopts,
				   sizeof(name)) = name;
}

/* getopt(NAME [, DEFAULT [, DESCRIPTION]]): the default says which type it
 * is; without one it is a switch. */
void parse_getopt(struct parser *p, struct expr *e)
{
	const struct expr *def = e->nargs > 1 ? e->args[1] : NULL;
	const char *text;
	bool minus = def && def->kind == E_UNARY && def->op == T_SUB;

	if (!e->nargs || e->nargs > 3 || e->args[0]->kind != E_STRING ||
	    (e->nargs == 3 && e->args[2]->kind != E_STRING)) {
		parse_error(p, e->at,
			    "this is written getopt(\"NAME\"[, "
			    "DEFAULT[, \"DESCRIPTION\"]])");
		return;
	}
	remember(p->l, e->args[0]->name);
	text = named(p->l, e->args[0]->name);
	if (minus)
		def = def->a;
	if (!def || (def->kind == E_BOOL && !minus))
		make_bool(p, e, text, def && def->num);
	else if (def->kind == E_INT && !def->name)
		make_int(p, e, text, (int64_t)(minus ? -def->num : def->num));
	else if (def->kind == E_STRING && !minus)
		make_string(e, text, def->name, def->len);
	else
		parse_error(p, def->at,
			    "the default is a number, a string, "
			    "true or false");
	e->nargs = 0;
}

static bool is_known(const struct lang *l, const char *given)
{
	size_t n = strcspn(given, "=");

	for (size_t i = 0; i < l->ngetopts; i++)
		if (strlen(l->getopts[i]) == n &&
		    !memcmp(l->getopts[i], given, n))
			return true;
	return false;
}

/* Options that no getopt() asks for are typing errors. */
void params_finish(struct lang *l)
{
	for (size_t i = 0; i < l->opts.nnamed && !l->nerrors; i++) {
		const char *s = l->opts.named[i];

		if (is_known(l, s))
			continue;
		l->nerrors++;
		if (l->diag)
			buf_printf(l->diag,
				   "%s: ERROR: --%s: the script asks for no "
				   "such option with getopt()\n",
				   l->opts.name, s);
	}
}

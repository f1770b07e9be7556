/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Positional parameters, $1 and $#: literals, since they are known before the
 * program is read.
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

void param_offset(struct expr *str)
{
	struct expr *e = str->args[0], *text = e->a;

	if (e->kind != E_BINARY || e->op != T_ADD || e->b->kind != E_INT ||
	    e->b->name)
		return;
	if (text->kind != E_STRING && (text->kind != E_INT || !text->name))
		return;
	e->kind = E_STRING;
	e->len = e->b->num < text->len ? text->len - e->b->num : 0;
	e->name = text->name + text->len - e->len;
}

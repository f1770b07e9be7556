/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a predicate says of the processes that can matter: pid == N and
 * comm == "x", where nothing else can make it true.
 */
#include "lang-int.h"

#include <string.h>

static bool is_name(const struct expr *e, const char *name)
{
	return (e->kind == E_NAME || (e->kind == E_CALL && !e->nargs)) &&
	       !strcmp(e->name, name);
}

static void take(const struct expr *a, const struct expr *b,
		 struct lang_filter *f)
{
	if (is_name(a, "pid") && b->kind == E_INT) {
		f->has_pid = true;
		f->pid = b->num;
	} else if (is_name(a, "tid") && b->kind == E_INT) {
		f->has_tid = true;
		f->tid = b->num;
	} else if (is_name(a, "comm") && b->kind == E_STRING) {
		f->has_comm = true;
		f->comm = b->name;
	}
}

static void walk(const struct expr *e, struct lang_filter *f)
{
	if (!e || e->kind != E_BINARY)
		return;
	if (e->op == T_LAND) {
		walk(e->a, f);
		walk(e->b, f);
	} else if (e->op == T_EQ) {
		take(e->a, e->b, f);
		take(e->b, e->a, f);
	}
}

void lang_filter(const struct lang *l, unsigned probe, struct lang_filter *ret)
{
	*ret = (struct lang_filter){0};
	if (probe < l->nprobes)
		walk(l->probes[probe]->pred, ret);
}

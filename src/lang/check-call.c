/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls: what holds for all of them; each function's own check is in its
 * table entry.
 */
#include "builtin.h"
#include "call.h"
#include "checker.h"

#include <string.h>

/* Whether it stands where what it gives can be taken. */
static bool is_placed(struct check *c, struct expr *e)
{
	const struct call_def *f = e->call;

	if ((f->flags & CALL_STATEMENT) && !e->is_discarded)
		check_error(c, e->at, "%s() has no value", f->name);
	else if ((f->flags & CALL_AGG) && !e->is_assigned)
		check_error(c, e->at, "%s() belongs to a map: @x = %s(...)",
			    f->name, f->name);
	else
		return true;
	return false;
}

/* What is refused whatever the arguments. */
static bool is_refused(struct check *c, struct expr *e)
{
	const struct call_def *f = e->call;

	if (f->flags & CALL_KERNEL)
		check_error(c, e->at,
			    "%s() is about the kernel, where upd "
			    "does not look",
			    f->name);
	else if (f->flags & CALL_LATER)
		check_error(c, e->at, "%s() cannot be used in upd yet",
			    f->name);
	else if ((f->flags & CALL_UNSAFE) && !c->l->opts.unsafe)
		check_error(c, e->at,
			    "%s() changes what is traced or the "
			    "system: it needs --unsafe",
			    f->name);
	else if ((f->flags & CALL_TASK) &&
		 (c->kind == LANG_BEGIN || c->kind == LANG_END ||
		  c->kind == LANG_INTERVAL || c->kind == LANG_SIGNAL))
		check_error(c, e->at,
			    "%s() is about a thread that hit a "
			    "probe; here is none",
			    f->name);
	else
		return false;
	return true;
}

static bool count_fits(struct check *c, struct expr *e)
{
	const struct call_def *f = e->call;

	if (e->nargs >= f->min && (f->max == 255 || e->nargs <= f->max))
		return true;
	if (f->min == f->max)
		check_error(c, e->at, "%s() takes %u argument%s, not %zu",
			    f->name, f->min, f->min == 1 ? "" : "s", e->nargs);
	else if (f->max == 255)
		check_error(c, e->at, "%s() takes at least %u argument%s",
			    f->name, f->min, f->min == 1 ? "" : "s");
	else
		check_error(c, e->at, "%s() takes %u to %u arguments, not %zu",
			    f->name, f->min, f->max, e->nargs);
	return false;
}

static bool check_args(struct check *c, struct expr *e)
{
	bool known = true;

	for (size_t i = 0; i < e->nargs; i++) {
		if (!i && (e->call->flags & CALL_MAP)) {
			if (e->args[0]->kind != E_MAP) {
				check_error(c, e->args[0]->at,
					    "%s() expects "
					    "a map",
					    e->name);
				return false;
			}
			check_map(c, e->args[0]);
			continue;
		}
		if (check_expr(c, e->args[i])->kind == V_NONE) {
			known = false;
			if (c->final && !c->l->nerrors)
				check_error(c, e->args[i]->at,
					    "this has no value");
		}
	}
	return known;
}

static const char *next_call(size_t i)
{
	return call_name(i);
}

const struct vtype *check_call(struct check *c, struct expr *e)
{
	const char *near;

	if (!e->call)
		e->call = call_find(e->name);
	if (!e->call) {
		check_error(c, e->at, "there is no function '%s'", e->name);
		near = near_name(e->name, next_call);
		if (near)
			check_hint(c, "did you mean %s()?", near);
		return &vt_none;
	}
	if (is_refused(c, e) || !is_placed(c, e) || !count_fits(c, e))
		return &vt_none;
	if (!(e->call->flags & CALL_RAW) && !check_args(c, e))
		return &vt_none;
	return e->call->check(c, e);
}

int check_action(struct check *c, struct expr *e, enum lang_action_kind kind,
		 const char *fmt, struct expr **args, size_t n)
{
	struct lang *l = c->l;
	struct lang_action *a;
	struct vfield *fields;
	uint32_t size = sizeof(struct event_record);

	if (!c->final || e->action >= 0)
		return e->action;
	if (l->nactions >= LANG_ACTIONS_MAX) {
		check_error(c, e->at, "more than %d functions that print",
			    LANG_ACTIONS_MAX);
		return -1;
	}
	fields = arena_alloc(&l->arena, n * sizeof(*fields));
	for (size_t i = 0; i < n; i++) {
		fields[i].type = vt_storage(l, args[i]->type);
		fields[i].offset = size;
		size += vt_slot(fields[i].type);
		if (size > LANG_VALUE_MAX) {
			check_error(c, e->at, "this prints more than %d bytes",
				    LANG_VALUE_MAX);
			return -1;
		}
	}
	a = arena_push(&l->arena, &l->actions, &l->nactions, sizeof(*a));
	*a = (struct lang_action){.kind = kind,
				  .fmt = fmt,
				  .fields = fields,
				  .nfields = n,
				  .size = size,
				  .map = -1,
				  .src_begin = e->at.begin,
				  .src_end = e->at.end};
	e->action = (int)l->nactions - 1;
	return e->action;
}

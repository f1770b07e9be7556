/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregations: their types. gen-agg.c does the work.
 */
#include "call-int.h"

/* ---- aggregations: gen-agg.c does the work ---- */

static const struct vtype *agg(struct check *c, struct expr *e, enum vkind kind)
{
	struct vtype *t;

	if (e->nargs && !check_number(c, e->args[0], true))
		return &vt_none;
	t = (struct vtype *)vt_kind(c->l, kind); /* new, ours */
	t->is_signed = e->nargs && e->args[0]->type->is_signed;
	return t;
}

const struct vtype *check_count(struct check *c, struct expr *e)
{
	return agg(c, e, V_COUNT);
}

const struct vtype *check_sum(struct check *c, struct expr *e)
{
	return agg(c, e, V_SUM);
}

const struct vtype *check_min(struct check *c, struct expr *e)
{
	return agg(c, e, V_MIN);
}

const struct vtype *check_max(struct check *c, struct expr *e)
{
	return agg(c, e, V_MAX);
}

const struct vtype *check_avg(struct check *c, struct expr *e)
{
	return agg(c, e, V_AVG);
}

const struct vtype *check_stats(struct check *c, struct expr *e)
{
	return agg(c, e, V_STATS);
}

const struct vtype *check_hist(struct check *c, struct expr *e)
{
	struct vtype *t = (struct vtype *)agg(c, e, V_HIST);
	int64_t bits = 0;

	if (t->kind == V_NONE)
		return t;
	if (e->nargs > 1 && !check_constant(c, e->args[1], &bits))
		return &vt_none;
	if (bits < 0 || bits > 5) {
		check_error(c, e->args[1]->at,
			    "hist() divides powers of two "
			    "by 2^0 to 2^5");
		return &vt_none;
	}
	t->is_signed = false; /* the buckets are the same */
	t->hist_bits = (unsigned)bits;
	t->size = 8 * V_HIST_BUCKETS((uint32_t)bits);
	return t;
}

const struct vtype *check_lhist(struct check *c, struct expr *e)
{
	struct vtype *t = (struct vtype *)agg(c, e, V_LHIST);
	int64_t min, max, step;

	if (t->kind == V_NONE || !check_constant(c, e->args[1], &min) ||
	    !check_constant(c, e->args[2], &max) ||
	    !check_constant(c, e->args[3], &step))
		return &vt_none;
	if (step <= 0 || min >= max || max > INT64_MAX / 4 ||
	    min < INT64_MIN / 4 || (max - min) / step < 1 ||
	    (max - min) / step > 1000) {
		check_error(c, e->at,
			    "lhist(VALUE, MIN, MAX, STEP) expects "
			    "MIN < MAX, with 1 to 1000 steps between them");
		return &vt_none;
	}
	t->is_signed = false;
	t->lhist.min = min;
	t->lhist.max = max;
	t->lhist.step = step;
	t->size = 8 * (uint32_t)((max - min) / step + 2);
	return t;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths: those that wait to be followed, and the states that were met where
 * paths meet.
 *
 * Usually the last path that was put by is followed first. A state is then
 * closed once nothing waits that began behind it, and only closed states say
 * that a path need not be followed: it would end as theirs did.
 *
 * With joined states, and if the program has no loops, so that it ends anyway,
 * the path that is furthest back comes first and waits where paths meet: so
 * all that lead there are one before it is followed on.
 */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

static size_t npending(const struct verifier *v)
{
	return v->pending.len / sizeof(struct snapshot *);
}

int fork_path(struct verifier *v)
{
	struct snapshot *snap = snapshot_take(v, v->cur);

	if (!snap)
		return COMPLEX;
	buf_add(&v->pending, &snap, sizeof(snap));
	if (!buf_failed(&v->pending))
		return 0;
	snapshot_free(v, snap);
	return COMPLEX;
}

/* Takes number i out; the last one takes its place. */
static struct snapshot *remove_pending(struct verifier *v, size_t i)
{
	struct snapshot **all = (struct snapshot **)(void *)v->pending.data;
	struct snapshot *snap = all[i];

	v->pending.len -= sizeof(snap);
	all[i] = all[npending(v)];
	return snap;
}

static size_t furthest_back(struct verifier *v)
{
	struct snapshot **all = (struct snapshot **)(void *)v->pending.data;
	size_t best = 0;

	for (size_t i = 1; i < npending(v); i++)
		if (snapshot_before(all[i], all[best]))
			best = i;
	v->compared += npending(v) / 8;
	return best;
}

/* Makes the paths that wait at the same place one with the current one. */
static void join_others(struct verifier *v)
{
	for (size_t i = 0; i < npending(v);) {
		struct snapshot **all =
			(struct snapshot **)(void *)v->pending.data;

		if (snapshot_join(v, all[i], v->cur))
			snapshot_free(v, remove_pending(v, i));
		else
			i++;
	}
}

/* Nothing waits any more that began behind these. */
static void close_visits(struct verifier *v)
{
	struct opened last;

	while (v->opened.len) {
		memcpy(&last, v->opened.data + v->opened.len - sizeof(last),
		       sizeof(last));
		if (last.depth < npending(v))
			return;
		last.visit->open = false;
		v->opened.len -= sizeof(last);
	}
}

bool take_path(struct verifier *v)
{
	struct snapshot *snap;

	close_visits(v);
	if (!npending(v))
		return false;
	snap = remove_pending(v,
			      v->ordered ? furthest_back(v) : npending(v) - 1);
	snapshot_restore(snap, v->cur);
	snapshot_free(v, snap);
	if (v->ordered)
		join_others(v);
	v->taken = true;
	return true;
}

/* ---- states that were met ---- */

static bool joins(const struct verifier *v, const struct insn_info *info)
{
	return v->widen && !info->loop;
}

static void free_visit(struct verifier *v, struct visit *visit)
{
	snapshot_free(v, visit->snap);
	free(visit);
}

static int keep_visit(struct verifier *v, struct insn_info *info)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	struct opened o = {visit, npending(v)};

	if (!visit)
		return COMPLEX;
	visit->snap = snapshot_take(v, v->cur);
	visit->open = !v->ordered;
	if (visit->open)
		buf_add(&v->opened, &o, sizeof(o));
	if (!visit->snap || buf_failed(&v->opened)) {
		v->opened.len = 0;
		free_visit(v, visit);
		return COMPLEX;
	}
	visit->next = info->visits;
	info->visits = visit;
	info->nvisits++;
	return 0;
}

/* A joined state covers those before it: the newest will do. */
static bool is_covered(struct verifier *v, const struct insn_info *info)
{
	for (struct visit *i = info->visits; i; i = i->next) {
		if (!i->open && snapshot_covers(v, i->snap, v->cur))
			return true;
		if (joins(v, info))
			break;
	}
	return false;
}

/* The newest, joined with the current state: it has done its duty. */
static void replace_newest(struct verifier *v, struct insn_info *info)
{
	struct visit *old = info->visits;

	if (old->open)
		return;
	info->visits = old->next;
	info->nvisits--;
	free_visit(v, old);
}

int paths_meet(struct verifier *v)
{
	struct insn_info *info = &v->info[v->cur->pc];

	for (int i = 0; i < BPF_FP; i++)
		if (!(info->live & 1u << i))
			forget_regs(top_frame(v->cur), i, i);
	if (v->ordered && !v->taken) {
		int rc = fork_path(v);

		return rc ? rc : PATH_END;
	}
	if (is_covered(v, info))
		return PATH_END;
	for (struct visit *i = info->visits; i; i = i->next)
		if (i->open && snapshot_same(v, i->snap, v->cur))
			return refuse(v, "comes here again with nothing "
					 "changed: the program may never end");
	if (joins(v, info) && info->visits &&
	    snapshot_join(v, info->visits->snap, v->cur)) {
		if (is_covered(v, info))
			return PATH_END;
		replace_newest(v, info);
	}
	if (info->nvisits >= STATES_PER_INSN && !joins(v, info))
		return 0;
	return keep_visit(v, info);
}

void forget_paths(struct verifier *v)
{
	struct activation *a;
	struct visit *visit;

	while (npending(v))
		snapshot_free(v, remove_pending(v, npending(v) - 1));
	for (size_t i = 0; i < v->p->ninsns; i++) {
		while ((visit = v->info[i].visits)) {
			v->info[i].visits = visit->next;
			free_visit(v, visit);
		}
		v->info[i].nvisits = 0;
	}
	while ((a = v->activations)) {
		v->activations = a->next;
		snapshot_free(v, a->entry);
		free(a);
	}
	buf_clear(&v->opened);
	v->steps = v->compared = 0;
	v->taken = false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which paths are walked: what was seen before is not walked again.
 *
 * A program ends because every path that is walked ends: a remembered state
 * makes another superfluous only when all that follows from it was walked to
 * its end. The one exception are callbacks: their helpers call them a limited
 * number of times, so a round that brings nothing new ends a path, even
 * though the rounds before are not finished. What was remembered inside of a
 * callback relies on that, so it counts outside of this very call of the
 * helper only when the whole call is finished.
 */
#include "verify-int.h"

#include <stdlib.h>

int verify_fork(struct verifier *v)
{
	struct vsnap *s;

	if (v->npending == VERIFY_PENDING_MAX || v->bytes > VERIFY_BYTES_MAX)
		return verify_refuse(v, "the program has too many paths");
	s = verify_snap(v);
	if (!s)
		return err_set(v->err, ERR_NOMEM, "out of memory");
	s->below = v->pending;
	v->pending = s;
	v->npending++;
	if (s->parent)
		s->parent->branches++;
	return 0;
}

void verify_end_path(struct verifier *v)
{
	struct vnode *n = v->cur.parent;

	while (n && --n->branches == 0)
		n = n->parent;
	v->ended = true;
}

static int remember(struct verifier *v, struct vnode **ret_node)
{
	struct vnode *n;

	if (v->bytes > VERIFY_BYTES_MAX)
		return verify_refuse(v, "the program has too many paths");
	n = calloc(1, sizeof(*n));
	if (!n || !(n->snap = verify_snap(v))) {
		free(n);
		return err_set(v->err, ERR_NOMEM, "out of memory");
	}
	n->parent = v->cur.parent;
	n->branches = 1;
	n->next = v->nodes[v->cur.pc];
	v->nodes[v->cur.pc] = n;
	v->cur.parent = n;
	v->cur.since = 0;
	*ret_node = n;
	return 0;
}

/* All callbacks that the state is in are of the same calls, or finished. */
static bool same_calls(const struct vnode *n, const struct vstate *cur)
{
	for (unsigned f = 1; f < cur->nframes; f++) {
		const struct vframe *frame = n->snap->frames[f];

		if (frame->callback && frame->loop->first->branches &&
		    frame->loop->first != cur->frames[f].loop->first)
			return false;
	}
	return true;
}

/* Many states at one point: from now on they are taken together. But what
 * counts the rounds of a loop must stay exact. */
static void join_if_many(struct verifier *v, unsigned seen,
			 const struct vnode *last)
{
	if (seen >= VERIFY_EXACT && !v->loops)
		verify_join(v, last->snap, seen >= 2 * VERIFY_EXACT);
}

/* The very same calls of callbacks, in the same round: not even what a helper
 * counts tells the two apart. */
static bool same_rounds(const struct vnode *n, const struct vstate *cur)
{
	for (unsigned f = 1; f < cur->nframes; f++)
		if (n->snap->frames[f]->loop != cur->frames[f].loop)
			return false;
	return true;
}

static bool stands_for(const struct vnode *n, const struct vstate *cur)
{
	return !n->branches && same_calls(n, cur) &&
	       verify_covers(n->snap, cur);
}

int verify_visit(struct verifier *v)
{
	struct vnode *last = NULL, *node, *n = v->nodes[v->cur.pc];
	unsigned seen = 0;

	/* Not all of them, as long loops have very many. */
	for (unsigned looked = 0; n && looked < 64; n = n->next, looked++) {
		if (n->is_call || !verify_alike(n->snap, &v->cur))
			continue;
		if (n->branches && same_rounds(n, &v->cur) &&
		    verify_same(n->snap, &v->cur))
			return verify_refuse(v, "this loop may never end");
		if (stands_for(n, &v->cur)) {
			verify_end_path(v);
			return 0;
		}
		if (n->branches || !same_calls(n, &v->cur))
			continue;
		last = last ? last : n;
		seen++;
	}
	join_if_many(v, seen, last);
	if (v->cur.since < 4 && !(v->at[v->cur.pc] & AT_BACK))
		return 0;
	return remember(v, &node);
}

int verify_round(struct verifier *v, struct vnode *before,
		 struct vnode **ret_node)
{
	int rc;

	for (struct vnode *n = before; n; n = n->before) {
		if (verify_covers(n->snap, &v->cur)) {
			verify_end_path(v);
			return 0;
		}
	}
	if (before)
		verify_join(v, before->snap, before->round > 2);
	rc = remember(v, ret_node);
	if (rc)
		return rc;
	(*ret_node)->is_call = true;
	(*ret_node)->before = before;
	(*ret_node)->first = before ? before->first : *ret_node;
	(*ret_node)->round = before ? before->round + 1 : 0;
	return 0;
}

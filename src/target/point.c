/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Points: file offsets that carry probes. A point is planted wherever the
 * target maps its file, now or later; each such place is a mark at a site.
 */
#include "target-int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool marked(const struct point *p, const struct site *s)
{
	list_for_each (node, &p->marks)
		if (container_of(node, struct mark, in_point)->site == s)
			return true;
	return false;
}

static int mark_at(struct point *p, uint64_t addr, struct err *err)
{
	struct mark *mark;
	struct site *s;
	int rc = site_get(p->target, addr, p->spec.steps, &s, err);

	if (rc || marked(p, s))
		return rc;
	mark = calloc(1, sizeof(*mark));
	if (!mark)
		return err_set(err, ERR_NOMEM, "out of memory");
	mark->site = s;
	mark->point = p;
	list_push(&s->points, &mark->in_site);
	list_push(&p->marks, &mark->in_point);
	rc = site_plant(s, err);
	if (rc) {
		list_remove(&mark->in_site);
		list_remove(&mark->in_point);
		free(mark);
	}
	return rc;
}

/* USDT: the program evaluates a probe's arguments only while somebody counts
 * itself in here. */
static void add_to_semaphore(struct point *p, int delta)
{
	struct target *t = p->target;

	if (!p->spec.sema_offset || (delta > 0) == p->sema_raised)
		return;
	for (size_t i = 0; i < t->maps.n; i++) {
		struct mapping *m = &t->maps.list[i];
		uint64_t at = p->spec.sema_offset - m->offset;
		uint16_t count;

		if (!m->write || m->shared || at >= m->end - m->start ||
		    !mapping_is_file(t, m, p->spec.dev, p->spec.ino))
			continue;
		if (target_read(t, m->start + at, &count, 2) != 2)
			continue;
		count = (uint16_t)(count + delta);
		if (target_write(t, m->start + at, &count, 2) == 2)
			p->sema_raised = delta > 0;
	}
}

/* Plants in every mapping of the file that has none yet. */
static int plant(struct point *p, size_t *planted, struct err *err)
{
	struct target *t = p->target;
	int rc = 0;

	*planted = 0;
	if (!p->spec.ino) {
		rc = mark_at(p, p->spec.addr, err);
		*planted = !rc;
		return rc;
	}
	for (size_t i = 0; !rc && i < t->maps.n; i++) {
		struct mapping *m = &t->maps.list[i];
		uint64_t at = p->spec.offset - m->offset;

		if (!m->exec || at >= m->end - m->start ||
		    !mapping_is_file(t, m, p->spec.dev, p->spec.ino))
			continue;
		/* Making scratch memory reads the maps anew: m is gone. */
		rc = mark_at(p, m->start + at, err);
		*planted += !rc;
	}
	if (!rc && *planted)
		add_to_semaphore(p, 1);
	return rc;
}

int point_new(struct target *t, const struct point_spec *spec, void *cookie,
	      struct point **ret, size_t *ret_planted, struct err *err)
{
	struct point *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return err_set(err, ERR_NOMEM, "out of memory");
	p->target = t;
	p->spec = *spec;
	p->cookie = cookie;
	p->path = strdup(spec->path ? spec->path : "");
	p->spec.path = p->path;
	list_init(&p->marks);
	list_push(&t->points, &p->node);
	rc = p->path ? plant(p, ret_planted, err)
		     : err_set(err, ERR_NOMEM, "out of memory");
	if (rc) {
		point_free(p);
		return rc;
	}
	*ret = p;
	return *ret_planted ? 0
			    : err_set(err, ERR_NOENT, "process %d does not map "
				      "%s now", (int)t->pid, p->path);
}

static void drop_marks(struct point *p)
{
	list_for_each_safe (node, &p->marks) {
		struct mark *mark = container_of(node, struct mark, in_point);
		struct site *s = mark->site;

		list_remove(&mark->in_site);
		list_remove(&mark->in_point);
		free(mark);
		site_lift_if_unused(s);
	}
}

void point_free(struct point *p)
{
	add_to_semaphore(p, -1);
	drop_marks(p);
	list_remove(&p->node);
	free(p->path);
	free(p);
}

void point_sites(struct point *p, site_fn *fn, void *ctx)
{
	list_for_each (node, &p->marks) {
		struct site *s =
			container_of(node, struct mark, in_point)->site;

		fn(ctx, s->addr, &s->plan, s->strategy, s->hits);
	}
}

void point_plant_waiting(struct target *t)
{
	struct err err;
	size_t n;

	list_for_each (node, &t->points) {
		struct point *p = container_of(node, struct point, node);

		if (plant(p, &n, &err) && t->tracer->events->lost)
			t->tracer->events->lost(t->tracer->ctx, t, p->cookie,
						&err);
	}
}

/* After an exec: the sites are gone with the address space. */
void point_drop_sites(struct target *t)
{
	list_for_each (node, &t->points) {
		struct point *p = container_of(node, struct point, node);

		list_for_each_safe (m, &p->marks) {
			list_remove(&container_of(m, struct mark, in_point)
					     ->in_site);
			list_remove(m);
			free(container_of(m, struct mark, in_point));
		}
		p->sema_raised = false;
	}
}

void points_free(struct target *t)
{
	list_for_each_safe (node, &t->points)
		point_free(container_of(node, struct point, node));
}

int points_copy(struct target *from, struct target *to)
{
	struct point *copy;
	struct err err;
	size_t n;
	int rc;

	list_for_each (node, &from->points) {
		struct point *p = container_of(node, struct point, node);

		rc = point_new(to, &p->spec, p->cookie, &copy, &n, &err);
		if (rc && rc != ERR_NOENT)
			return rc;
	}
	return 0;
}

int target_batch_begin(struct target *t, struct err *err)
{
	return target_stop(t, err);
}

void target_batch_end(struct target *t)
{
	target_resume(t);
}

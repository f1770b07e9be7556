/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Points: file offsets (or absolute addresses) that carry probes, planted as
 * sites in every executable mapping of the file, now and whenever it's mapped.
 */
#include "target-int.h"

#include "log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void link_free(struct link *l)
{
	struct site *site = l->site;

	list_remove(&l->at_site);
	list_remove(&l->at_point);
	free(l);
	site_unused(site);
}

static struct link *link_at(struct point *p, uint64_t addr)
{
	list_for_each (node, &p->links) {
		struct link *l = container_of(node, struct link, at_point);

		if (l->site->addr == addr)
			return l;
	}
	return NULL;
}

/* Points of a site fire in the order in which they were made. */
static void insert_ordered(struct site *site, struct link *l)
{
	struct list *at = site->links.prev;

	while (at != &site->links &&
	       container_of(at, struct link, at_site)->serial > l->serial)
		at = at->prev;
	list_insert(at, &l->at_site);
}

static int plant_at(struct point *p, uint64_t addr, struct err *err)
{
	struct site *site;
	struct link *l;
	int rc;

	if (link_at(p, addr))
		return 0;
	if (p->target->tracer->events.found)
		p->target->tracer->events.found(p->target->tracer->ctx,
						p->cookie);
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = site_make(p->target, addr, p->spec.steps, &site, err);
	if (!rc)
		rc = site_plant(site, err);
	if (rc) {
		free(l);
		return rc;
	}
	l->site = site;
	l->point = p;
	l->serial = p->serial;
	insert_ordered(site, l);
	list_push(&p->links, &l->at_point);
	return 0;
}

/* The site's memory is gone, and semaphores of its file with it. */
void point_unlink(struct site *site)
{
	struct target *t = site->target;

	list_for_each_safe (node, &site->links) {
		struct link *l = container_of(node, struct link, at_site);

		list_for_each_safe (s_node, &l->point->semas) {
			struct sema *s =
				container_of(s_node, struct sema, node);

			if (mapping_at(&t->map, s->addr))
				continue;
			list_remove(&s->node);
			free(s);
		}
		list_remove(&l->at_site);
		list_remove(&l->at_point);
		free(l);
	}
}

void point_give_up(struct site *site, const struct err *why)
{
	struct target *t = site->target;
	struct tracer *tr = t->tracer;

	list_for_each (node, &site->links) {
		struct link *l = container_of(node, struct link, at_site);

		if (tr->events.lost)
			tr->events.lost(tr->ctx, t, l->point->cookie, why);
	}
	point_unlink(site);
	site_unused(site);
}

/* ---- semaphores ---------------------------------------------------------- */

static void add_to_sema(struct target *t, uint64_t addr, int delta)
{
	uint16_t value;

	if (target_read(t, addr, &value, sizeof(value)) != sizeof(value))
		return;
	value = (uint16_t)(value + delta);
	if (memory_put(t, addr, &value, sizeof(value)))
		log_debug("the semaphore at 0x%" PRIx64 " cannot be written",
			  addr);
}

static bool has_sema(const struct point *p, uint64_t addr)
{
	list_for_each (node, &p->semas)
		if (container_of(node, struct sema, node)->addr == addr)
			return true;
	return false;
}

static void raise_semas(struct point *p)
{
	struct target *t = p->target;

	for (size_t i = 0; i < t->map.n; i++) {
		const struct vma *v = &t->map.v[i];
		uint64_t addr = v->start + (p->spec.sema_offset - v->offset);
		struct sema *s;

		if (!v->write || v->shared || p->spec.sema_offset < v->offset ||
		    addr + 2 > v->end ||
		    !mapping_same_file(t, v, p->spec.dev, p->spec.ino) ||
		    has_sema(p, addr))
			continue;
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
		s->addr = addr;
		list_push(&p->semas, &s->node);
		add_to_sema(t, addr, 1);
	}
}

static void forget_semas(struct point *p)
{
	list_for_each_safe (node, &p->semas) {
		list_remove(node);
		free(container_of(node, struct sema, node));
	}
}

void point_lift_semas(struct point *p)
{
	list_for_each (node, &p->semas)
		add_to_sema(p->target,
			    container_of(node, struct sema, node)->addr, -1);
	forget_semas(p);
}

/* ---- planting ------------------------------------------------------------ */

static bool covers(struct target *t, const struct vma *v,
		   const struct point_spec *spec)
{
	return v->exec && spec->offset >= v->offset &&
	       spec->offset - v->offset < v->end - v->start &&
	       mapping_same_file(t, v, spec->dev, spec->ino);
}

static size_t count_links(const struct point *p)
{
	size_t n = 0;

	list_for_each (node, &p->links)
		n++;
	return n;
}

static int plant_in_mappings(struct point *p, struct err *err)
{
	const struct point_spec *spec = &p->spec;
	struct target *t = p->target;
	int rc = 0;

	for (size_t i = 0; i < t->map.n && !rc; i++) {
		const struct vma *v = &t->map.v[i];

		if (covers(t, v, spec))
			rc = plant_at(p, v->start + (spec->offset - v->offset),
				      err);
	}
	return rc;
}

/* Plants where it isn't yet: 0, the first refusal, or ERR_NOENT when nothing
 * of the file is mapped. */
static int plant(struct point *p, struct err *err)
{
	struct target *t = p->target;
	int rc = mapping_begin(t, err);

	if (rc)
		return rc;
	if (!p->spec.ino)
		rc = plant_at(p, p->spec.addr, err);
	else
		rc = plant_in_mappings(p, err);
	if (!rc && p->spec.sema_offset && !list_empty(&p->links))
		raise_semas(p);
	mapping_end(t);
	if (!rc && list_empty(&p->links))
		rc = err_set(err, ERR_NOENT,
			     "%s is not mapped in process %d "
			     "now",
			     p->spec.path ? p->spec.path : "the file",
			     (int)t->pid);
	return rc;
}

size_t point_plant(struct point *p, struct err *err)
{
	size_t before = count_links(p);
	int rc = plant(p, err);

	if (rc && rc != ERR_NOENT && p->target->tracer->events.lost)
		p->target->tracer->events.lost(p->target->tracer->ctx,
					       p->target, p->cookie, err);
	return count_links(p) - before;
}

void point_plant_all(struct target *t)
{
	struct err err;

	if (list_empty(&t->points) || mapping_begin(t, &err))
		return;
	list_for_each (node, &t->points)
		point_plant(container_of(node, struct point, node), &err);
	mapping_end(t);
}

static struct point *point_alloc(struct target *t,
				 const struct point_spec *spec, void *cookie)
{
	struct point *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->target = t;
	p->spec = *spec;
	p->spec.path = strdup(spec->path ? spec->path : "");
	if (!p->spec.path) {
		free(p);
		return NULL;
	}
	p->cookie = cookie;
	p->serial = ++t->tracer->serial;
	list_init(&p->links);
	list_init(&p->semas);
	list_push(&t->points, &p->node);
	return p;
}

int point_new(struct target *t, const struct point_spec *spec, void *cookie,
	      struct point **ret, size_t *ret_planted, struct err *err)
{
	struct point *p = point_alloc(t, spec, cookie);
	struct err own;
	int rc;

	if (!p)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = plant(p, err ? err : &own);
	if (rc && t->broken.request)
		rc = target_why_broken(t, err);
	if (rc && rc != ERR_NOENT) {
		point_free(p);
		return rc;
	}
	libs_watch(t);
	if (ret_planted)
		*ret_planted = count_links(p);
	*ret = p;
	return rc;
}

static void forget(struct point *p)
{
	forget_semas(p);
	list_remove(&p->node);
	free((char *)(uintptr_t)p->spec.path);
	free(p);
}

void point_free(struct point *p)
{
	if (!p)
		return;
	point_lift_semas(p);
	list_for_each_safe (node, &p->links)
		link_free(container_of(node, struct link, at_point));
	forget(p);
}

static void lift_in(struct target *t, void *cookie)
{
	list_for_each_safe (node, &t->points) {
		struct point *p = container_of(node, struct point, node);

		if (p->cookie == cookie)
			point_free(p);
	}
	target_unwatch(t, cookie);
}

void tracer_lift(struct tracer *tr, void *cookie)
{
	list_for_each (node, &tr->targets)
		lift_in(container_of(node, struct target, node), cookie);
}

void point_free_all(struct target *t)
{
	list_for_each_safe (node, &t->points)
		point_free(container_of(node, struct point, node));
}

/* The memory is gone, and the sites with it (exec). */
void point_forget_sites(struct target *t)
{
	list_for_each (node, &t->points) {
		struct point *p = container_of(node, struct point, node);

		forget_semas(p);
		list_for_each_safe (l_node, &p->links) {
			struct link *l =
				container_of(l_node, struct link, at_point);

			list_remove(&l->at_site);
			list_remove(&l->at_point);
			free(l);
		}
	}
}

int point_clone_all(struct target *from, struct target *to)
{
	list_for_each (node, &from->points) {
		struct point *p = container_of(node, struct point, node);

		if (!point_alloc(to, &p->spec, p->cookie))
			return ERR_NOMEM;
	}
	return 0;
}

void point_sites(struct point *p, site_fn *fn, void *ctx)
{
	list_for_each (node, &p->links) {
		struct link *l = container_of(node, struct link, at_point);

		fn(ctx, l->site->addr, &l->site->plan, l->site->strategy,
		   l->hits);
	}
}

int target_batch_begin(struct target *t, struct err *err)
{
	int rc = target_stop(t, err);

	if (rc)
		return rc;
	rc = mapping_begin(t, err);
	if (rc)
		target_resume(t);
	return rc;
}

void target_batch_end(struct target *t)
{
	mapping_end(t);
	target_resume(t);
}

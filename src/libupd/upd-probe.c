/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Probes.
 */
#include "upd-int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 100000, STRATEGIES_TEXT = 64 };

/* ---- making ------------------------------------------------------------- */

static struct upd_probe *probe_new(struct upd_process *p, upd_hit_fn *fn,
				   void *data)
{
	struct upd_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return NULL;
	probe->process = p;
	probe->fn = fn;
	probe->data = data;
	list_push(&p->probes, &probe->node);
	return probe;
}

void probe_free_later(struct upd_probe *probe)
{
	struct upd_process *p = probe->process;

	for (size_t i = 0; i < probe->npoints; i++)
		point_free(probe->points[i]);
	probe->npoints = 0;
	target_unwatch(p->shared->target, probe);
	probe->process = NULL;
	list_remove(&probe->node);
	list_push(&p->shared->u->put_aside_probes, &probe->node);
}

void probes_free(struct list *probes)
{
	list_for_each_safe (node, probes) {
		struct upd_probe *probe =
			container_of(node, struct upd_probe, node);

		list_remove(node);
		free(probe->points);
		free(probe);
	}
}

void upd_lift(struct upd_probe *probe)
{
	struct upd *u;

	if (!probe || !api_enter_process(probe->process))
		return;
	u = probe->process->shared->u;
	u->depth++;
	probe_free_later(probe);
	api_leave_callback(u);
}

/* A file that is not mapped yet is not an error: the point waits. */
static int add_point(struct upd_probe *probe, struct point_spec *spec)
{
	struct shared *s = probe->process->shared;
	struct point *point;
	int rc;

	if (probe->npoints >= POINTS_MAX)
		return err_set(&s->u->err, UPD_LIMIT,
			       "a probe may be at %d places at most",
			       POINTS_MAX);
	if (probe->npoints == probe->cap) {
		size_t cap = probe->cap ? probe->cap * 2 : 1;
		void *grown =
			realloc(probe->points, cap * sizeof(*probe->points));

		if (!grown)
			return api_fail(s->u, UPD_NOMEM, "out of memory");
		probe->points = grown;
		probe->cap = cap;
	}
	spec->steps = probe->process->strategies;
	rc = point_new(s->target, spec, probe, &point, NULL, &s->u->err);
	if (rc && rc != ERR_NOENT)
		return rc;
	probe->points[probe->npoints++] = point;
	return 0;
}

static int finish(struct upd_probe *probe, int rc, struct upd_probe **ret)
{
	struct upd *u = probe->process->shared->u;

	if (rc) {
		u->depth++;
		probe_free_later(probe);
		api_leave_callback(u);
		return rc;
	}
	u->err.code = 0;
	if (ret)
		*ret = probe;
	return 0;
}

/* ---- by function -------------------------------------------------------- */

struct search {
	struct upd_probe *probe;
	struct module *module;
	uint64_t offset;
	bool is_pattern;
	size_t found, refused;
	struct err first; /* refusal */
};

static int on_function(void *ctx, const struct symbol *sym)
{
	struct search *search = ctx;
	struct module *m = search->module;
	struct upd *u = search->probe->process->shared->u;
	struct point_spec spec = {.dev = module_dev(m),
				  .ino = module_ino(m),
				  .path = module_path(m)};
	uint64_t vaddr = sym->addr + search->offset;
	int rc;

	search->found++;
	if (!module_is_text(m, vaddr) ||
	    module_vaddr_to_offset(m, vaddr, &spec.offset))
		rc = err_set(&u->err, UPD_INVAL,
			     "%s+%" PRIu64 " is not in the code of %s",
			     sym->name, search->offset, module_path(m));
	else if (sym->is_ifunc)
		rc = err_set(&u->err, UPD_REFUSED,
			     "%s is chosen when the program starts (IFUNC); "
			     "what was chosen has a name of its own",
			     sym->name);
	else
		rc = add_point(search->probe, &spec);
	if (!search->is_pattern || (rc != UPD_REFUSED && rc != UPD_INVAL))
		return rc;
	if (!search->refused++)
		search->first = u->err;
	return 0;
}

static int not_found(struct upd *u, struct module *m, const char *function)
{
	const char *near;

	if (!module_has_symbols(m))
		return err_set(&u->err, UPD_NOENT,
			       "%s has no symbols; probe an address",
			       module_path(m));
	if (module_near(m, function, &near, 1))
		return err_set(&u->err, UPD_NOENT,
			       "%s has no function %s; did you mean %s?",
			       module_path(m), function, near);
	return err_set(&u->err, UPD_NOENT, "%s has no function %s",
		       module_path(m), function);
}

static int search_functions(struct search *search, const char *function)
{
	struct upd_process *p = search->probe->process;
	struct upd *u = p->shared->u;
	int rc = target_batch_begin(p->shared->target, &u->err);

	if (rc)
		return rc;
	rc = module_match_funcs(search->module, function, on_function, search);
	target_batch_end(p->shared->target);
	if (rc == UPD_NOMEM)
		return api_fail(u, rc, "out of memory");
	if (rc)
		return rc;
	if (!search->found)
		return not_found(u, search->module, function);
	if (search->refused == search->found) {
		u->err = search->first;
		return u->err.code;
	}
	return 0;
}

static int probe_function(struct upd_process *p, const char *file,
			  const char *function, uint64_t offset, bool at_return,
			  upd_hit_fn *fn, void *data, struct upd_probe **ret)
{
	struct search search = {.offset = offset};
	struct upd *u;
	int rc;

	if (!api_enter_process(p))
		return UPD_INVAL;
	u = p->shared->u;
	if (!function || !fn)
		return api_fail(u, UPD_INVAL,
				"a probe needs a function's name and a "
				"callback");
	search.is_pattern = strchr(function, '*') != NULL;
	if (search.is_pattern && offset)
		return api_fail(u, UPD_INVAL,
				"an offset and a pattern do not go together");
	rc = file_open(p, file, &search.module, &u->err);
	if (rc)
		return rc;
	search.probe = probe_new(p, fn, data);
	if (!search.probe)
		return api_fail(u, UPD_NOMEM, "out of memory");
	search.probe->at_return = at_return;
	rc = search_functions(&search, function);
	return finish(search.probe, rc, ret);
}

int upd_probe(struct upd_process *p, const char *file, const char *function,
	      uint64_t offset, upd_hit_fn *fn, void *data,
	      struct upd_probe **ret)
{
	return probe_function(p, file, function, offset, false, fn, data, ret);
}

int upd_probe_return(struct upd_process *p, const char *file,
		     const char *function, upd_hit_fn *fn, void *data,
		     struct upd_probe **ret)
{
	return probe_function(p, file, function, 0, true, fn, data, ret);
}

int upd_probe_addr(struct upd_process *p, uint64_t addr, upd_hit_fn *fn,
		   void *data, struct upd_probe **ret)
{
	struct point_spec spec = {.addr = addr};
	struct upd_probe *probe;

	if (!api_enter_process(p))
		return UPD_INVAL;
	if (!fn)
		return api_fail(p->shared->u, UPD_INVAL,
				"a probe needs a callback");
	probe = probe_new(p, fn, data);
	if (!probe)
		return api_fail(p->shared->u, UPD_NOMEM, "out of memory");
	probe->at_address = true;
	return finish(probe, add_point(probe, &spec), ret);
}

int upd_set_strategies(struct upd_process *p, const char *names)
{
	char text[STRATEGIES_TEXT], *rest = text, *name;
	unsigned all = 0, one;
	struct upd *u;

	if (!api_enter_process(p))
		return UPD_INVAL;
	u = p->shared->u;
	snprintf(text, sizeof(text), "%s", names ? names : "");
	while ((name = strsep(&rest, ","))) {
		one = strategy_by_name(name);
		if (!one && *text)
			return err_set(&u->err, UPD_INVAL,
				       "there is no strategy %s; there are "
				       "emulate, boost, xol and inplace",
				       name);
		all |= one;
	}
	p->strategies = all;
	return 0;
}

/* ---- hits --------------------------------------------------------------- */

static void call(struct upd *u, struct upd_probe *probe, struct task *task,
		 const struct regs *regs)
{
	struct upd_hit hit = {task, probe->process, regs};

	u->depth++;
	probe->fn(&hit, probe->data);
	api_leave_callback(u);
}

void probe_hit(void *ctx, struct task *task, void *cookie,
	       const struct regs *regs)
{
	struct upd_probe *probe = cookie;
	struct upd *u = ctx;
	struct upd_process *p = probe->process;

	if (!probe->at_return) {
		call(u, probe, task, regs);
		return;
	}
	if (task_watch_return(task, regs, probe, &u->err) && p->fn) {
		u->depth++;
		p->fn(p, UPD_LOST, 0, p->data);
		api_leave_callback(u);
	}
}

void probe_returned(void *ctx, struct task *task, void *cookie,
		    const struct regs *regs)
{
	call(ctx, cookie, task, regs);
}

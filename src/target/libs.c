/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Libraries that come and go. The dynamic linker calls a function of no effect
 * (_dl_debug_state) whenever its list of libraries changes, so that debuggers
 * can put a breakpoint there; so do we.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding it ---------------------------------------------------------- */

/* The dynamic linker is known by its name: ld.so, ld-linux-x86-64.so.2,
 * ld.so.1, ld64.so.2, ld-musl-x86_64.so.1 ... */
static const struct vma *find_linker(const struct target *t)
{
	for (size_t i = 0; i < t->map.n; i++) {
		const struct vma *v = &t->map.v[i];
		const char *name = strrchr(v->path, '/');

		if (v->offset == 0 && name && !strncmp(name, "/ld", 3) &&
		    strstr(name, ".so"))
			return v;
	}
	return NULL;
}

static uint64_t find_addr(struct target *t)
{
	struct symbol state = {"_dl_debug_state", 0};
	const struct vma *v = find_linker(t);

	if (v)
		symbols_find(t, v, SYMBOL_DYNAMIC, &state, 1);
	return state.addr;
}

/* ---- watching ------------------------------------------------------------ */

int target_watch_libs(struct target *t, uint64_t addr, struct err *err)
{
	struct site *site;
	int rc = mapping_begin(t, err);

	if (rc)
		return rc;
	if (!addr)
		addr = find_addr(t);
	if (!addr)
		rc = err_set(err, ERR_NOENT,
			     "process %d has no dynamic linker "
			     "that tells what it loads",
			     (int)t->pid);
	if (!rc)
		rc = site_plant_own(t, addr, &site, err);
	mapping_end(t);
	if (rc)
		return rc;
	site->watches_libs = true;
	t->libs_addr = addr;
	return 0;
}

/* Once per program. */
void libs_watch(struct target *t)
{
	struct err err;

	if (t->libs_addr)
		return;
	t->libs_addr = UINT64_MAX;
	if (target_watch_libs(t, 0, &err))
		log_debug("%s", err.text);
	sigcalls_watch(t);
}

/* ---- a change ------------------------------------------------------------ */

static bool is_there(struct target *t, struct site *site)
{
	const struct vma *v = mapping_at(&t->map, site->addr);
	uint8_t now[ARCH_BP_MAX];

	return v && v->exec &&
	       !memory_raw_read(t, site->addr, now, t->arch->bp_len) &&
	       !memcmp(now, t->arch->bp, t->arch->bp_len);
}

/* Sites in libraries that have been unloaded: the breakpoints went with
 * them. */
static void drop_unmapped(struct target *t)
{
	htab_for_each (s, &t->sites) {
		struct site *site = s->value;

		if (!site->planted || is_there(t, site))
			continue;
		site->planted = site->watches_returns = false;
		scratch_site_state(t, site);
		point_unlink(site);
	}
}

void libs_changed(struct target *t)
{
	struct tracer *tr = t->tracer;
	struct err err;

	if (target_batch_begin(t, &err)) {
		log_warn("libraries of process %d: %s", (int)t->pid, err.text);
		return;
	}
	drop_unmapped(t);
	sigcalls_watch(t);
	point_plant_all(t);
	if (tr->events.mapped)
		tr->events.mapped(tr->ctx, t);
	target_batch_end(t);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the shared memory to text: events as they come, maps at the end. What
 * lies in shared memory may have been written by anybody: the ring and the
 * formatter check every length.
 */
#include "script-int.h"
#include "shell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_MAX = 16 << 20 };

/* ---- what the formatter asks ---- */

static size_t env_stack(void *ctx, const struct v_stack *stack, uint64_t *ips,
			size_t max)
{
	struct script *s = ctx;
	int map = lang_stack_map(s->lang);

	if (stack->id < 0 || map < 0)
		return 0;
	if (s->kernel)
		return kernel_stack(s->kernel, (size_t)map,
				    (uint64_t)stack->id, ips, (uint32_t)max);
	return rt_stack(s->host.maps[map], (uint64_t)stack->id, ips,
			(uint32_t)max);
}

static struct format_sym *env_sym(void *ctx, uint32_t pid, uint64_t addr)
{
	struct script *s = ctx;
	struct frame_text text = {0};

	/* Without a name, the file may be known. */
	if (script_describe(s, (pid_t)pid, addr, &text) && !text.module)
		return NULL;
	s->sym = (struct format_sym){.name = text.name,
				     .module = text.module,
				     .file = text.file,
				     .offset = text.offset,
				     .line = text.line};
	return &s->sym;
}

static size_t env_build_id(void *ctx, uint32_t pid, uint64_t addr,
			   const uint8_t **ret, uint64_t *ret_offset)
{
	struct space *space = script_space(ctx, (pid_t)pid);
	struct module *m;
	uint64_t vaddr;

	if (!space || space_module_at(space, addr, &m, &vaddr) ||
	    module_vaddr_to_offset(m, vaddr, ret_offset))
		return 0;
	return module_build_id(m, ret);
}

/* Of the first traced program; programs of both sizes are rare. */
static const char *env_syscall(void *ctx, int64_t number)
{
	struct script *s = ctx;
	const struct arch *arch = arch_host();

	for (size_t i = 0; i < s->npoints; i++)
		if (s->points[i]->module) {
			arch = module_arch(s->points[i]->module);
			break;
		}
	return arch->syscall_name(number);
}

static uint64_t env_wall(void *ctx, uint64_t boot_ns)
{
	struct script *s = ctx;

	return boot_ns + s->wall_offset;
}

static int env_system(void *ctx, const char *command, struct buf *out,
		      struct err *err)
{
	struct script *s = ctx;

	return shell_run(command, s->opts.cwd, out, err);
}

static struct format_env format_env_of(struct script *s)
{
	return (struct format_env){.ctx = s,
				   .stack = env_stack,
				   .sym = env_sym,
				   .build_id = env_build_id,
				   .syscall = env_syscall,
				   .wall = env_wall,
				   .system = env_system,
				   .cwd = s->opts.cwd,
				   .lang = s->lang};
}

/* ---- events ---- */

static struct rt_map *ring_of(struct script *s)
{
	int map = lang_ring_map(s->lang);

	return map < 0 || !s->host.map_base ? NULL : s->host.maps[map];
}

bool script_drain(struct script *s, size_t max, struct buf *out,
		  struct buf *errs)
{
	struct format_env env = format_env_of(s);
	struct rt_map *ring = ring_of(s);
	int64_t n;

	if (s->kernel)
		kernel_fetch_events(s->kernel);
	if (!ring)
		return false;
	if (!s->record && !(s->record = malloc(RECORD_MAX)))
		return false;
	while (out->len < max) {
		n = rt_ring_read(ring, s->record, RECORD_MAX);
		if (!n)
			return false;
		if (n < 0 || format_record(&env, s->opts.mode, s->record,
					   (size_t)n, out, errs)) {
			buf_printf(errs, "WARNING: a damaged event was "
					 "skipped\n");
			if (n < 0)
				return false;
		}
	}
	return true;
}

bool script_sleep(struct script *s)
{
	struct rt_map *ring = ring_of(s);

	return !ring || rt_ring_sleep(ring);
}

/* ---- maps at the end ---- */

struct entries {
	struct format_entry *list;
	struct buf keys; /* copies: writers may still be at work */
	size_t n;
};

/* Keys and values are copied first, pointed to when they move no more. */
static int collect(struct rt_map *m, uint32_t nwriters, struct entries *ret)
{
	size_t key_size = (rt_key_size(m) + 7) & ~7u;
	size_t value_size = (size_t)m->stride * nwriters;
	uint64_t cursor = 0, pad = 0;
	const void *key;
	void *values;

	while (rt_next(m, &cursor, &key, &values)) {
		buf_add(&ret->keys, key, rt_key_size(m));
		buf_add(&ret->keys, &pad, key_size - rt_key_size(m));
		buf_add(&ret->keys, values, value_size);
		ret->n++;
	}
	ret->list = calloc(ret->n + 1, sizeof(*ret->list));
	if (!ret->list || buf_failed(&ret->keys))
		return ERR_NOMEM;
	for (size_t i = 0; i < ret->n; i++) {
		const uint8_t *at =
			ret->keys.data + i * (key_size + value_size);

		ret->list[i] = (struct format_entry){at, at + key_size};
	}
	return 0;
}

static void print_map(struct script *s, size_t i, struct buf *out)
{
	struct format_env env = format_env_of(s);
	struct rt_map *m = s->host.maps[i];
	uint32_t nwriters = rt_copies(m);
	struct entries entries = {.n = 0};

	buf_init(&entries.keys);
	if (!collect(m, nwriters, &entries) && entries.n)
		format_map(&env, s->opts.mode, lang_map(s->lang, i),
			   entries.list, entries.n, nwriters, m->stride, 0, 0,
			   out);
	free(entries.list);
	buf_release(&entries.keys);
}

/* The next named map after `last` (NULL: the first) by name; -1: none. */
static int next_map(const struct script *s, const char *last)
{
	const char *best = NULL, *name;
	int found = -1;

	for (size_t i = 0; i < s->ndefs; i++) {
		name = lang_map(s->lang, i)->name;
		if (!name || (last && strcmp(name, last) <= 0) ||
		    (best && strcmp(name, best) >= 0))
			continue;
		best = name;
		found = (int)i;
	}
	return found;
}

/* Failures that were told once: how often it was in all. */
static void print_failures(struct script *s, struct buf *out, struct buf *errs)
{
	struct format_env env = format_env_of(s);

	for (size_t i = 0; i < lang_nactions(s->lang); i++) {
		const struct lang_action *a = lang_action(s->lang, i);
		struct format_failure f = {.text = a->fmt,
					   .helper = a->helper,
					   .begin = a->src_begin,
					   .end = a->src_end};

		if (a->kind != LANG_ACT_RUNTIME)
			continue;
		f.count = host_count(&s->host, HOST_WARNED, (uint32_t)i);
		if (f.count > 1)
			format_failure(&env, s->opts.mode, &f, out, errs);
	}
}

static void print_ended(struct script *s, unsigned point, uint64_t count,
			struct buf *out, struct buf *errs)
{
	struct format_env env = format_env_of(s);
	struct format_failure f = {.count = count};
	struct buf text;

	buf_init(&text);
	buf_printf(&text, FORMAT_ENDED, lang_point_text(s->lang, point));
	f.text = buf_str(&text);
	lang_point_range(s->lang, point, &f.begin, &f.end);
	format_failure(&env, s->opts.mode, &f, out, errs);
	buf_release(&text);
}

static void print_losses(struct script *s, struct buf *out, struct buf *errs)
{
	struct buf *lost_to = s->opts.mode == FORMAT_JSON ? out : errs;

	for (unsigned i = 0; i < lang_npoints(s->lang); i++) {
		uint64_t lost = host_count(&s->host, HOST_LOST, i);
		uint64_t ended = host_count(&s->host, HOST_ENDED, i);

		if (lost)
			format_lost(s->opts.mode, lost,
				    lang_point_text(s->lang, i), lost_to);
		if (ended > 1)
			print_ended(s, i, ended, out, errs);
	}
	print_failures(s, out, errs);
}

void script_print_maps(struct script *s, struct buf *out, struct buf *errs)
{
	const char *last = NULL;
	int i;

	if (!s->host.map_base)
		return;
	if (s->kernel)
		kernel_fetch_maps(s->kernel);
	if (s->opts.mode == FORMAT_TEXT)
		buf_add_str(out, "\n\n");
	while (lang_config(s->lang)->print_maps_on_exit &&
	       (i = next_map(s, last)) >= 0) {
		print_map(s, (size_t)i, out);
		last = lang_map(s->lang, (size_t)i)->name;
	}
	print_losses(s, out, errs);
}

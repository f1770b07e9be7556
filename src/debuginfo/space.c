/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One process's modules. Every file that is mapped executable is opened when
 * the maps are read, not when an address in it is asked for: the process may
 * be gone by then, and its namespace with it.
 */
#include <config.h>

#include "space-int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

enum { IMAGE_MAX = 1 << 20 }; /* the vDSO has a few pages */

int space_new(pid_t pid, const char *debug_dirs, struct space **ret,
	      struct err *err)
{
	struct space *s = calloc(1, sizeof(*s));
	int rc;

	if (!s || (debug_dirs && !(s->debug_dirs = strdup(debug_dirs)))) {
		free(s);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	s->pid = pid;
	list_init(&s->files);
	rc = pid > 0 ? space_refresh(s, err) : 0;
	if (rc) {
		space_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

static void forget_described(struct space *s)
{
	for (size_t i = 0; i < SPACE_CACHES; i++) {
		htab_for_each (slot, &s->described[i])
			free(slot->value);
		htab_release(&s->described[i]);
	}
}

void space_free(struct space *s)
{
	if (!s)
		return;
	forget_described(s);
	htab_for_each (slot, &s->demangled)
		free(slot->value);
	htab_release(&s->demangled);
	list_for_each_safe (pos, &s->files) {
		struct file *f = container_of(pos, struct file, node);

		module_close(f->module);
		free(f);
	}
	maps_release(&s->maps);
	free(s->maps_text);
	free(s->places);
	free(s->debug_dirs);
	free(s);
}

/* ---- opening what is mapped ---- */

/* A path may name another file by now. (The device is not compared: overlay
 * and btrfs tell maps and stat() different ones.) */
static bool is_this_file(const char *path, const struct map *map)
{
	struct stat st;

	return !stat(path, &st) && st.st_ino == map->ino;
}

/* The path as the process sees it, first, because debug files may lie beside
 * it; map_files leads to the very inode, also of a deleted or overmounted
 * file, but wants a capability; exe does not. */
static struct module *open_mapped(const struct space *s, const struct map *map)
{
	enum { WAYS = 4, EXTRA = 64 };
	struct module *m;
	size_t size = strlen(map->path) + EXTRA;
	char *path = malloc(size);

	for (int way = s->pid > 0 ? 0 : WAYS - 1; path && way < WAYS; way++) {
		switch (way) {
		case 0:
			snprintf(path, size, "/proc/%d/root%s", (int)s->pid,
				 map->path);
			break;
		case 1:
			snprintf(path, size,
				 "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
				 (int)s->pid, map->start, map->end);
			break;
		case 2:
			snprintf(path, size, "/proc/%d/exe", (int)s->pid);
			break;
		default:
			snprintf(path, size, "%s", map->path);
		}
		if (is_this_file(path, map) &&
		    !module_open(map->path, path, s->debug_dirs, &m, NULL)) {
			free(path);
			return m;
		}
	}
	free(path);
	return NULL;
}

static struct module *open_vdso(const struct space *s, const struct map *map)
{
	size_t len = map->end - map->start;
	struct iovec local, remote = {(void *)(uintptr_t)map->start, len};
	struct module *m = NULL;

	if (s->pid <= 0 || len > IMAGE_MAX)
		return NULL;
	local = (struct iovec){malloc(len), len};
	if (local.iov_base &&
	    process_vm_readv(s->pid, &local, 1, &remote, 1, 0) ==
		    (ssize_t)len &&
	    module_open_image("[vdso]", local.iov_base, len, &m, NULL))
		m = NULL;
	free(local.iov_base);
	return m;
}

static bool is_vdso(const struct map *map)
{
	return !map->ino && !strcmp(map->path, "[vdso]");
}

static struct file *known_file(const struct space *s, const struct map *map)
{
	if (!map->ino && !is_vdso(map))
		return NULL;
	list_for_each_safe (pos, &s->files) {
		struct file *f = container_of(pos, struct file, node);

		if (f->ino == map->ino && f->major == map->major &&
		    f->minor == map->minor &&
		    (f->ino || f->start == map->start))
			return f;
	}
	return NULL;
}

static int open_file(struct space *s, const struct map *map)
{
	struct file *f;

	if (known_file(s, map) || !strncmp(map->path, "/dev/", 5) ||
	    (map->path[0] != '/' && !is_vdso(map)))
		return 0;
	f = calloc(1, sizeof(*f));
	if (!f)
		return ERR_NOMEM;
	f->ino = map->ino;
	f->start = map->start;
	f->major = map->major;
	f->minor = map->minor;
	f->module = is_vdso(map) ? open_vdso(s, map) : open_mapped(s, map);
	list_push(&s->files, &f->node);
	return 0;
}

/* ---- places ---- */

static int place_modules(struct space *s)
{
	struct place *places =
		calloc(s->maps.n ? s->maps.n : 1, sizeof(*places));
	size_t n = 0;

	if (!places)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->maps.n; i++) {
		const struct map *map = &s->maps.list[i];
		struct file *f = known_file(s, map);
		uint64_t bias;

		if (!f || !f->module ||
		    module_bias(f->module, map->start, map->offset, map->exec,
				&bias))
			continue;
		places[n++] = (struct place){map->start, map->end, bias,
					     f->module, map->exec};
	}
	free(s->places);
	s->places = places;
	s->nplaces = n;
	return 0;
}

/* Takes over the text. */
static int set_maps(struct space *s, char *text, struct err *err)
{
	struct maps maps;
	int rc;

	if (s->maps_text && !strcmp(s->maps_text, text)) {
		free(text);
		return 0;
	}
	rc = maps_parse(&maps, text);
	if (rc) {
		free(text);
		return err_set(err, rc, "the process's memory map: %s",
			       err_text(rc));
	}
	free(s->maps_text);
	s->maps_text = text;
	maps_release(&s->maps);
	s->maps = maps;
	forget_described(s);
	for (size_t i = 0; !rc && i < maps.n; i++)
		if (maps.list[i].exec)
			rc = open_file(s, &maps.list[i]);
	if (!rc)
		rc = place_modules(s);
	return rc ? err_set(err, rc, "out of memory") : 0;
}

int space_set_maps(struct space *s, const char *text, struct err *err)
{
	char *copy = strdup(text);

	return copy ? set_maps(s, copy, err)
		    : err_set(err, ERR_NOMEM, "out of memory");
}

/* A process that is about to be gone has an empty map: what was known of it
 * is kept. */
int space_refresh(struct space *s, struct err *err)
{
	char path[64], *text;
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)s->pid);
	rc = proc_read(path, &text, err);
	if (rc)
		return rc;
	if (!*text) {
		free(text);
		return err_set(err, ERR_GONE,
			       "process %d has no memory: it is "
			       "gone, or a thread of the kernel",
			       (int)s->pid);
	}
	return set_maps(s, text, err);
}

const struct place *space_place_at(const struct space *s, uint64_t addr)
{
	size_t lo = 0, hi = s->nplaces;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->places[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < s->places[lo - 1].end ? &s->places[lo - 1] : NULL;
}

int space_module_at(struct space *s, uint64_t addr, struct module **ret,
		    uint64_t *ret_vaddr)
{
	const struct place *p = space_place_at(s, addr);

	if (!p)
		return ERR_NOENT;
	*ret = p->module;
	*ret_vaddr = addr - p->bias;
	return 0;
}

/* A module has several executable mappings when some of its pages were given
 * other rights. */
int space_modules(struct space *s, module_fn *fn, void *ctx)
{
	const struct place *last = NULL;
	int rc = 0;

	for (size_t i = 0; !rc && i < s->nplaces; i++) {
		const struct place *p = &s->places[i];

		if (!p->exec || (last && last->module == p->module &&
				 last->bias == p->bias))
			continue;
		last = p;
		rc = fn(ctx, p->module, p->bias);
	}
	return rc;
}

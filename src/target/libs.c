/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Libraries that come and go. The dynamic linker calls a function of no effect
 * (_dl_debug_state) whenever its list of libraries changes, so that debuggers
 * can put a breakpoint there; so do we. Its address is taken from the dynamic
 * symbols of the linker's own file, which is read with care: it is the
 * target's.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL "_dl_debug_state"

enum { SECTIONS_MAX = 4096, SYMBOLS_MAX = 65536, STRINGS_MAX = 1 << 20 };

/* ---- the symbol ---------------------------------------------------------- */

struct linker {
	struct target *target;
	const struct vma *v;
	bool is64;
};

struct section {
	uint32_t type, link;
	uint64_t offset, size;
};

static int get(struct linker *l, uint64_t offset, void *buf, size_t len)
{
	if (offset > (uint64_t)INT64_MAX - len)
		return ERR_FORMAT;
	return mapping_file_read(l->target, l->v, offset, buf, len, NULL);
}

static int get_section(struct linker *l, uint64_t table, unsigned i,
		       struct section *ret)
{
	Elf64_Shdr s64;
	Elf32_Shdr s32;

	if (l->is64) {
		if (get(l, table + i * sizeof(s64), &s64, sizeof(s64)))
			return ERR_FORMAT;
		*ret = (struct section){s64.sh_type, s64.sh_link, s64.sh_offset,
					s64.sh_size};
		return 0;
	}
	if (get(l, table + i * sizeof(s32), &s32, sizeof(s32)))
		return ERR_FORMAT;
	*ret = (struct section){s32.sh_type, s32.sh_link, s32.sh_offset,
				s32.sh_size};
	return 0;
}

static uint64_t match(const struct linker *l, const uint8_t *syms, size_t n,
		      const char *strings, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		unsigned (*offset)(uint8_t) = l->target->arch->entry_offset;
		uint64_t name, value;
		uint8_t other;

		if (l->is64) {
			const Elf64_Sym *s = (const void *)syms;

			name = s[i].st_name;
			value = s[i].st_value;
			other = s[i].st_other;
		} else {
			const Elf32_Sym *s = (const void *)syms;

			name = s[i].st_name;
			value = s[i].st_value;
			other = s[i].st_other;
		}
		if (name < len && len - name >= sizeof(SYMBOL) &&
		    !memcmp(strings + name, SYMBOL, sizeof(SYMBOL)))
			return value + (offset ? offset(other) : 0);
	}
	return 0;
}

static uint64_t find_in(struct linker *l, const struct section *syms,
			const struct section *strings)
{
	size_t size = l->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	uint64_t found = 0;
	uint8_t *data;

	if (syms->size / size > SYMBOLS_MAX || strings->size > STRINGS_MAX)
		return 0;
	data = malloc(syms->size + strings->size + 1);
	if (!data)
		return 0;
	if (!get(l, syms->offset, data, syms->size) &&
	    !get(l, strings->offset, data + syms->size, strings->size))
		found = match(l, data, syms->size / size,
			      (char *)data + syms->size, strings->size);
	free(data);
	return found;
}

static uint64_t find_symbol(struct linker *l)
{
	union {
		Elf64_Ehdr e64;
		Elf32_Ehdr e32;
		uint8_t ident[EI_NIDENT];
	} h;
	struct section s, strings;
	uint64_t table, found;
	unsigned n;

	if (get(l, 0, &h, sizeof(h)) || memcmp(h.ident, ELFMAG, SELFMAG))
		return 0;
	l->is64 = h.ident[EI_CLASS] == ELFCLASS64;
	table = l->is64 ? h.e64.e_shoff : h.e32.e_shoff;
	n = l->is64 ? h.e64.e_shnum : h.e32.e_shnum;
	for (unsigned i = 0; i < n && i < SECTIONS_MAX; i++) {
		if (get_section(l, table, i, &s))
			return 0;
		if (s.type != SHT_DYNSYM || s.link >= n ||
		    get_section(l, table, s.link, &strings))
			continue;
		found = find_in(l, &s, &strings);
		if (found)
			return found;
	}
	return 0;
}

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
	struct linker l = {.target = t, .v = find_linker(t)};
	uint64_t value = l.v ? find_symbol(&l) : 0;
	uint8_t raw[8];

	if (!value || !t->arch->descriptors)
		return value ? l.v->start + value : 0;
	if (memory_raw_read(t, l.v->start + value, raw, t->arch->word_size))
		return 0;
	/* relocated yet? It is linked at 0. */
	value = arch_load(t->arch, raw, t->arch->word_size);
	return value < l.v->start ? l.v->start + value : value;
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
		rc = site_make(t, addr, 0, &site, err);
	if (!rc)
		rc = site_plant(site, err);
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
	point_plant_all(t);
	if (tr->events.mapped)
		tr->events.mapped(tr->ctx, t);
	target_batch_end(t);
}

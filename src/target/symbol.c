/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions of the target that upd itself wants to know, by their names in the
 * symbol tables of what is mapped. The files are the target's, and read with
 * care. What users name is found by src/debuginfo.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS_MAX = 4096, SYMBOLS_MAX = 1 << 19, STRINGS_MAX = 16 << 20 };

struct image {
	struct target *target;
	const struct vma *v; /* of the file's beginning */
	bool is64, fixed;    /* linked for where it is */
	struct symbol *wanted;
	size_t n;
};

struct section {
	uint32_t type, link;
	uint64_t offset, size;
};

static int get(struct image *l, uint64_t offset, void *buf, size_t len)
{
	if (offset > (uint64_t)INT64_MAX - len)
		return ERR_FORMAT;
	return mapping_file_read(l->target, l->v, offset, buf, len, NULL);
}

static int get_section(struct image *l, uint64_t table, unsigned i,
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

/* Several versions of a symbol have one name. */
static void take(struct image *l, const char *name, size_t len, uint64_t value)
{
	for (size_t i = 0; i < l->n; i++) {
		struct symbol *s = &l->wanted[i];

		if (strlen(s->name) >= len ||
		    memcmp(name, s->name, strlen(s->name) + 1) != 0)
			continue;
		if (s->addr == value)
			return;
		if (!s->addr) {
			s->addr = value;
			return;
		}
	}
}

static void match(struct image *l, const uint8_t *syms, size_t n,
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
		if (value && name < len)
			take(l, strings + name, len - name,
			     value + (offset ? offset(other) : 0));
	}
}

static void find_in(struct image *l, const struct section *syms,
		    const struct section *strings)
{
	size_t size = l->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	uint8_t *data;

	if (syms->size / size > SYMBOLS_MAX || strings->size > STRINGS_MAX)
		return;
	data = malloc(syms->size + strings->size + 1);
	if (!data)
		return;
	if (!get(l, syms->offset, data, syms->size) &&
	    !get(l, strings->offset, data + syms->size, strings->size))
		match(l, data, syms->size / size, (char *)data + syms->size,
		      strings->size);
	free(data);
}

static void find_values(struct image *l, unsigned table_type)
{
	union {
		Elf64_Ehdr e64;
		Elf32_Ehdr e32;
		uint8_t ident[EI_NIDENT];
	} h;
	struct section s, strings;
	uint64_t table;
	unsigned n;

	if (get(l, 0, &h, sizeof(h)) || memcmp(h.ident, ELFMAG, SELFMAG))
		return;
	l->is64 = h.ident[EI_CLASS] == ELFCLASS64;
	l->fixed = h.e64.e_type == ET_EXEC; /* as in e32 */
	table = l->is64 ? h.e64.e_shoff : h.e32.e_shoff;
	n = l->is64 ? h.e64.e_shnum : h.e32.e_shnum;
	for (unsigned i = 0; i < n && i < SECTIONS_MAX; i++) {
		if (get_section(l, table, i, &s))
			return;
		if (s.type != table_type || s.link >= n ||
		    get_section(l, table, s.link, &strings))
			continue;
		find_in(l, &s, &strings);
	}
}

/* Where it is; of a function that has a descriptor, what that says. */
static uint64_t place(const struct image *l, uint64_t value)
{
	struct target *t = l->target;
	uint64_t bias = l->fixed ? 0 : l->v->start;
	uint8_t raw[8];

	if (!value || !t->arch->descriptors)
		return value ? bias + value : 0;
	if (memory_raw_read(t, bias + value, raw, t->arch->word_size))
		return 0;
	/* relocated yet? It is linked at 0. */
	value = arch_load(t->arch, raw, t->arch->word_size);
	return value < bias ? bias + value : value;
}

void symbols_find(struct target *t, const struct vma *v,
		  enum symbol_table table, struct symbol *wanted, size_t n)
{
	struct image l = {.target = t, .v = v, .wanted = wanted, .n = n};

	find_values(&l, table == SYMBOL_DYNAMIC ? SHT_DYNSYM : SHT_SYMTAB);
	for (size_t i = 0; i < n; i++)
		wanted[i].addr = place(&l, wanted[i].addr);
}

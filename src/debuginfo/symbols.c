/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Symbols by name and by address. A plain name is found by one pass over the
 * table as it lies in the file; the index by address is made when an address
 * is asked for. Tables: .symtab of the file, else of its separate debug file,
 * else .dynsym together with .gnu_debugdata, which complement each other.
 *
 * A function's address is where all its callers come by: where the ABI has
 * descriptors, symbols name those (in .opd), and where a function has two
 * entry points, that is the second.
 */
#include <config.h>

#include "symbols.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 2 };

struct table {
	const struct elffile *file;
	const uint8_t *syms;
	size_t n;
	const char *strs;
	size_t strs_len;	 /* up to and with the last NUL */
	const uint8_t *versions; /* .gnu.version, n entries, or NULL */
};

/* The function at one address that its other names give way to. */
struct entry {
	uint64_t addr, size;
	const char *name;
	uint8_t type, bind;
};

struct symbols {
	struct table tables[TABLES_MAX];
	size_t ntables;
	struct entry *index; /* by address */
	size_t nindex;
	bool indexed;
	const uint8_t *opd; /* descriptors; NULL: the ABI has none */
	uint64_t opd_addr;
	size_t opd_len;
	struct htab names; /* raw name's address to its text without version */
};

/* ---- tables ---- */

static size_t sym_size(const struct elffile *f)
{
	return f->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

static void add_table(struct symbols *s, const struct elffile *f, uint32_t type)
{
	const struct section *sec = f ? elffile_section_type(f, type) : NULL;
	struct table t = {.file = f};
	size_t len, vlen;
	const struct section *ver;

	t.syms = elffile_bytes(f, sec, &len);
	if (!t.syms || sec->link >= f->nsecs || s->ntables == TABLES_MAX)
		return;
	t.n = len / sym_size(f);
	t.strs = (const char *)elffile_bytes(f, &f->secs[sec->link],
					     &t.strs_len);
	while (t.strs_len && t.strs[t.strs_len - 1])
		t.strs_len--;
	if (!t.strs_len || !t.n)
		return;
	ver = type == SHT_DYNSYM ? elffile_section_type(f, SHT_GNU_versym)
				 : NULL;
	t.versions = elffile_bytes(f, ver, &vlen);
	if (vlen / 2 < t.n)
		t.versions = NULL;
	s->tables[s->ntables++] = t;
}

static void find_opd(struct symbols *s, const struct module *m)
{
	const struct section *sec;

	if (!m->arch->descriptors)
		return;
	sec = elffile_section(&m->file, ".opd");
	s->opd = elffile_bytes(&m->file, sec, &s->opd_len);
	s->opd_addr = s->opd ? sec->addr : 0;
}

static struct symbols *tables_of(struct module *m)
{
	struct symbols *s = m->symbols;

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	m->symbols = s;
	find_opd(s, m);
	add_table(s, &m->file, SHT_SYMTAB);
	if (!s->ntables)
		add_table(s, module_debug_file(m), SHT_SYMTAB);
	if (!s->ntables) {
		add_table(s, &m->file, SHT_DYNSYM);
		add_table(s, module_mini_file(m), SHT_SYMTAB);
	}
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	htab_release(&s->names);
	free(s->index);
	free(s);
}

/* ---- one symbol ---- */

struct fields {
	uint32_t name;
	uint16_t shndx;
	uint8_t info, other;
	uint64_t addr, size;
};

static struct fields read_fields(const struct table *t, size_t i)
{
	const struct elffile *f = t->file;
	const uint8_t *p = t->syms + i * sym_size(f);
	struct fields s;

	s.name = elf_u32(f, p);
	if (f->is64) {
		s.info = p[offsetof(Elf64_Sym, st_info)];
		s.other = p[offsetof(Elf64_Sym, st_other)];
		s.shndx = elf_u16(f, p + offsetof(Elf64_Sym, st_shndx));
		s.addr = elf_u64(f, p + offsetof(Elf64_Sym, st_value));
		s.size = elf_u64(f, p + offsetof(Elf64_Sym, st_size));
	} else {
		s.info = p[offsetof(Elf32_Sym, st_info)];
		s.other = p[offsetof(Elf32_Sym, st_other)];
		s.shndx = elf_u16(f, p + offsetof(Elf32_Sym, st_shndx));
		s.addr = elf_u32(f, p + offsetof(Elf32_Sym, st_value));
		s.size = elf_u32(f, p + offsetof(Elf32_Sym, st_size));
	}
	return s;
}

/* The number of bytes from the symbol's address in the file to the function's;
 * 0 where it is in another place altogether. */
static uint64_t to_code(const struct module *m, struct fields *f)
{
	const struct symbols *s = m->symbols;
	uint64_t lead = 0;

	if (s->opd && f->addr >= s->opd_addr && s->opd_len >= 8 &&
	    f->addr - s->opd_addr <= s->opd_len - 8) {
		f->addr = elf_u64(&m->file, s->opd + (f->addr - s->opd_addr));
	} else if (m->arch->entry_offset) {
		lead = m->arch->entry_offset(f->other);
		f->addr += lead;
		f->size -= f->size > lead ? lead : 0;
	}
	return lead;
}

/* Functions of hand-written assembly may lack a type; labels of the linker
 * such as _end have none either, but are not in code. */
static bool untyped_code(const struct table *t, const struct fields *s,
			 const char *name)
{
	return s->shndx < t->file->nsecs &&
	       t->file->secs[s->shndx].flags & SHF_EXECINSTR &&
	       ELF32_ST_BIND(s->info) != STB_LOCAL && name[0] != '.' &&
	       name[0] != '$';
}

static bool read_symbol(const struct module *m, const struct table *t, size_t i,
			struct raw_symbol *ret)
{
	struct fields s = read_fields(t, i);
	uint8_t type = ELF32_ST_TYPE(s.info);

	if (s.shndx == SHN_UNDEF || s.shndx == SHN_ABS || !s.name ||
	    s.name >= t->strs_len)
		return false;
	ret->lead = type == STT_OBJECT || type == STT_COMMON
			    ? 0
			    : (uint8_t)to_code(m, &s);
	ret->name = t->strs + s.name;
	ret->addr = s.addr;
	ret->size = s.size;
	ret->type = type;
	ret->bind = ELF32_ST_BIND(s.info);
	ret->hidden =
		t->versions && elf_u16(t->file, t->versions + 2 * i) & 0x8000;
	switch (type) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
		ret->is_func = module_is_text(m, s.addr);
		return ret->is_func;
	case STT_NOTYPE:
		ret->is_func = untyped_code(t, &s, ret->name) &&
			       module_is_text(m, s.addr);
		return *ret->name;
	case STT_OBJECT:
	case STT_COMMON:
		ret->is_func = false;
		return true;
	default:
		return false;
	}
}

int symbols_each(struct module *m, raw_symbol_fn *fn, void *ctx)
{
	struct symbols *s = tables_of(m);
	struct raw_symbol sym;
	int rc = s ? 0 : ERR_NOMEM;

	for (size_t i = 0; s && i < s->ntables; i++)
		for (size_t j = 1; !rc && j < s->tables[i].n; j++)
			if (read_symbol(m, &s->tables[i], j, &sym))
				rc = fn(ctx, &sym);
	return rc;
}

size_t symbol_base_len(const char *name)
{
	size_t n = strcspn(name, "@");

	return n ? n : strlen(name);
}

static const char *base_name(struct module *m, const char *name)
{
	size_t len = symbol_base_len(name);
	uint64_t key = (uintptr_t)name;
	char *text;

	if (!name[len])
		return name;
	text = htab_get(&m->symbols->names, key);
	if (text)
		return text;
	text = (char *)(uintptr_t)module_intern(m, name, len);
	if (text && htab_put(&m->symbols->names, key, text))
		return NULL;
	return text;
}

/* ---- the index by address ---- */

/* Which of the names of one address to show: smaller is better. */
static unsigned rank(const struct entry *e)
{
	unsigned r = 0;

	if (e->type == STT_NOTYPE)
		r += 100;
	if (!e->size)
		r += 40;
	r += e->bind == STB_GLOBAL ? 0 : e->bind == STB_WEAK ? 1 : 20;
	for (const char *p = e->name; *p == '_' && p - e->name < 8; p++)
		r += 2;
	return r;
}

static int by_address(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	unsigned rx, ry;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	rx = rank(x);
	ry = rank(y);
	if (rx != ry)
		return rx < ry ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int count_func(void *ctx, const struct raw_symbol *sym)
{
	*(size_t *)ctx += sym->is_func;
	return 0;
}

static int index_func(void *ctx, const struct raw_symbol *sym)
{
	struct symbols *s = ctx;

	if (sym->is_func)
		s->index[s->nindex++] = (struct entry){
			sym->addr, sym->size, sym->name, sym->type, sym->bind};
	return 0;
}

static struct symbols *index_of(struct module *m)
{
	struct symbols *s = tables_of(m);
	size_t n = 0, kept = 0;

	if (!s || s->indexed)
		return s;
	symbols_each(m, count_func, &n);
	s->index = calloc(n ? n : 1, sizeof(*s->index));
	if (!s->index)
		return NULL;
	s->indexed = true;
	symbols_each(m, index_func, s);
	qsort(s->index, s->nindex, sizeof(*s->index), by_address);
	for (size_t i = 0; i < s->nindex; i++)
		if (!kept || s->index[kept - 1].addr != s->index[i].addr)
			s->index[kept++] = s->index[i];
	s->nindex = kept;
	return s;
}

/* How many entries begin at or before vaddr. */
static size_t entries_upto(const struct symbols *s, uint64_t vaddr)
{
	size_t lo = 0, hi = s->nindex;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->index[mid].addr <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static uint64_t segment_end(const struct module *m, uint64_t vaddr)
{
	for (size_t i = 0; i < m->file.nsegs; i++) {
		const struct segment *g = &m->file.segs[i];

		if (g->type == PT_LOAD && vaddr >= g->vaddr &&
		    vaddr - g->vaddr < g->memsz)
			return g->vaddr + g->memsz;
	}
	return vaddr;
}

/* The size of a symbol that does not tell it. */
static uint64_t guess_size(struct module *m, uint64_t addr)
{
	struct symbols *s;
	uint64_t lo, hi, end;
	size_t i;

	if (fde_bounds(m, addr, &lo, &hi) && lo == addr)
		return hi - lo;
	end = segment_end(m, addr);
	s = index_of(m);
	if (!s)
		return end - addr;
	i = entries_upto(s, addr);
	return (i < s->nindex && s->index[i].addr < end ? s->index[i].addr
							: end) -
	       addr;
}

bool symbol_make(struct module *m, const struct raw_symbol *raw,
		 struct symbol *ret)
{
	struct symbol sym = {
		.name = base_name(m, raw->name),
		.addr = raw->addr,
		.size = raw->size,
		.is_func = raw->is_func,
		.is_ifunc = raw->type == STT_GNU_IFUNC,
		.is_weak = raw->bind == STB_WEAK,
		.is_global = raw->bind != STB_LOCAL,
		.size_known = raw->size != 0,
	};

	if (!sym.name)
		return false;
	if (!sym.size && sym.is_func)
		sym.size = guess_size(m, sym.addr);
	*ret = sym;
	return true;
}

/* A label without a size gives way to a function that is known to go on up to
 * here. */
int module_symbol_at(struct module *m, uint64_t vaddr, struct symbol *ret)
{
	enum { BACK = 64 }; /* names inside a function's body */
	struct symbols *s = index_of(m);
	const struct entry *found = NULL;
	struct raw_symbol raw;
	size_t end, first;

	if (!s)
		return ERR_NOENT;
	end = entries_upto(s, vaddr);
	first = end > BACK ? end - BACK : 0;
	for (size_t i = end; i-- > first;) {
		const struct entry *e = &s->index[i];

		if (e->size ? vaddr - e->addr >= e->size
			    : found ||
				      vaddr - e->addr >= guess_size(m, e->addr))
			continue;
		found = e;
		if (e->size)
			break;
	}
	if (!found)
		return ERR_NOENT;
	raw = (struct raw_symbol){.name = found->name,
				  .addr = found->addr,
				  .size = found->size,
				  .type = found->type,
				  .bind = found->bind,
				  .is_func = true};
	return symbol_make(m, &raw, ret) ? 0 : ERR_NOMEM;
}

static int stop_at_func(void *ctx, const struct raw_symbol *sym)
{
	(void)ctx;
	return sym->is_func;
}

bool module_has_symbols(struct module *m)
{
	return symbols_each(m, stop_at_func, NULL) != 0;
}

/* ---- one exact name ---- */

struct name_search {
	const char *name;
	size_t len;
	struct raw_symbol found;
	int quality; /* 0: none yet */
};

static int find_name(void *ctx, const struct raw_symbol *sym)
{
	struct name_search *s = ctx;
	int quality;

	if (strncmp(sym->name, s->name, s->len))
		return 0;
	if (sym->name[s->len] && sym->name[s->len] != '@')
		return 0;
	quality = 4;
	if (sym->hidden || (sym->name[s->len] && sym->name[s->len + 1] != '@'))
		quality = 1;
	else if (sym->type == STT_NOTYPE)
		quality = 2;
	else if (sym->bind == STB_LOCAL)
		quality = 3;
	if (quality > s->quality) {
		s->found = *sym;
		s->quality = quality;
	}
	return 0;
}

struct code_search {
	uint64_t value, found;
};

static int find_value(void *ctx, const struct raw_symbol *sym)
{
	struct code_search *s = ctx;

	if (!sym->is_func || sym->addr - sym->lead != s->value)
		return 0;
	s->found = sym->addr;
	return 1;
}

uint64_t module_code_of(struct module *m, uint64_t vaddr)
{
	struct fields f = {.addr = vaddr};
	struct code_search s = {vaddr, vaddr};

	if ((!m->arch->descriptors && !m->arch->entry_offset) || !tables_of(m))
		return vaddr;
	to_code(m, &f);
	if (f.addr != vaddr || !m->arch->entry_offset)
		return f.addr;
	symbols_each(m, find_value, &s);
	return s.found;
}

int module_symbol(struct module *m, const char *name, struct symbol *ret)
{
	struct name_search s = {.name = name, .len = strlen(name)};

	if (!s.len)
		return ERR_NOENT;
	symbols_each(m, find_name, &s);
	if (!s.quality)
		return ERR_NOENT;
	return symbol_make(m, &s.found, ret) ? 0 : ERR_NOMEM;
}

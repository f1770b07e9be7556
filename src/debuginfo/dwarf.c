/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "dwarf-int.h"

#include <elfutils/libdwelf.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 64,
	RANGES_MAX = 1 << 22,
};

struct cu_range {
	uint64_t lo, hi;
	Dwarf_Off cu; /* of the unit's DIE */
};

struct func_range {
	uint64_t lo, hi;
	Dwarf_Off die;
};

struct cu_funcs {
	struct func_range *list;
	size_t n, cap;
};

/* ---- opening ---- */

static bool has_dwarf(const struct elffile *f)
{
	return f && (elffile_section(f, ".debug_info") ||
		     elffile_section(f, ".zdebug_info"));
}

static void open_alt(struct module *m, struct dwarf *d)
{
	const char *name;
	const void *id;
	ssize_t len = dwelf_dwarf_gnu_debugaltlink(d->dbg, &name, &id);
	struct elffile *f;

	if (len <= 0)
		return;
	f = module_alt_file(m, name, id, (size_t)len);
	if (f && elffile_elf(f))
		d->alt = dwarf_begin_elf(elffile_elf(f), DWARF_C_READ, NULL);
	if (d->alt)
		dwarf_setalt(d->dbg, d->alt);
}

struct dwarf *module_dwarf(struct module *m)
{
	struct elffile *f = &m->file;
	struct dwarf *d;

	if (m->dwarf_sought)
		return m->dwarf;
	m->dwarf_sought = true;
	if (!has_dwarf(f))
		f = module_debug_file(m);
	if (!has_dwarf(f) || !elffile_elf(f))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->dbg = dwarf_begin_elf(elffile_elf(f), DWARF_C_READ, NULL);
	if (!d->dbg) {
		free(d);
		return NULL;
	}
	open_alt(m, d);
	m->dwarf = d;
	return d;
}

void dwarf_free(struct dwarf *d)
{
	if (!d)
		return;
	htab_for_each (slot, &d->funcs) {
		struct cu_funcs *funcs = slot->value;

		free(funcs->list);
		free(funcs);
	}
	htab_release(&d->funcs);
	types_free(d->types);
	free(d->ranges);
	dwarf_end(d->dbg);
	if (d->alt)
		dwarf_end(d->alt);
	free(d);
}

bool module_has_dwarf(struct module *m)
{
	return module_dwarf(m) != NULL;
}

/* ---- entries ---- */

struct walk {
	die_fn *fn;
	void *ctx;
	const void *last; /* the entry visited last */
};

/* Every step goes forward in the file: a sibling reference that points back,
 * or into children that were visited, ends the walk. */
static bool walk(struct walk *w, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die, next;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die))
		return false;
	for (;;) {
		if ((const char *)die.addr <= (const char *)w->last)
			return false;
		w->last = die.addr;
		switch (w->fn(w->ctx, &die, depth)) {
		case DIE_STOP:
			return true;
		case DIE_INTO:
			if (walk(w, &die, depth + 1))
				return true;
			break;
		case DIE_NEXT:
			break;
		}
		if (dwarf_siblingof(&die, &next))
			return false;
		die = next;
	}
}

bool die_walk(Dwarf_Die *parent, die_fn *fn, void *ctx)
{
	struct walk w = {fn, ctx, parent->addr};

	return walk(&w, parent, 0);
}

bool die_number(Dwarf_Die *die, unsigned name, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (!dwarf_attr_integrate(die, name, &attr) ||
	    dwarf_formudata(&attr, &v))
		return false;
	*ret = v;
	return true;
}

bool die_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	bool v = false;

	return dwarf_attr_integrate(die, name, &attr) &&
	       !dwarf_formflag(&attr, &v) && v;
}

bool die_ref(Dwarf_Die *die, unsigned name, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, name, &attr) &&
	       dwarf_formref_die(&attr, ret);
}

const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_name, &attr)
		       ? dwarf_formstring(&attr)
		       : NULL;
}

bool die_entry(Dwarf_Die *die, uint64_t *ret)
{
	Dwarf_Addr pc;

	if (dwarf_entrypc(die, &pc))
		return false;
	*ret = pc;
	return true;
}

bool unit_is_split(Dwarf_Die *unit)
{
	return dwarf_hasattr(unit, DW_AT_dwo_name) ||
	       dwarf_hasattr(unit, DW_AT_GNU_dwo_name);
}

/* ---- units ---- */

int dwarf_each_unit(struct dwarf *d, unit_fn *fn, void *ctx)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;
	int rc = 0;

	while (!rc &&
	       !dwarf_get_units(d->dbg, cu, &cu, NULL, &type, &die, NULL))
		if (type == DW_UT_compile || type == DW_UT_skeleton)
			rc = fn(ctx, &die);
	return rc;
}

static int add_ranges(void *ctx, Dwarf_Die *unit)
{
	struct dwarf *d = ctx;
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;
	struct cu_range *more;

	while ((at = dwarf_ranges(unit, at, &base, &lo, &hi)) > 0) {
		if (lo >= hi)
			continue;
		if (d->nranges >= RANGES_MAX)
			return 1;
		/* Doubles when the number is a power of two. */
		if (!(d->nranges & (d->nranges - 1))) {
			more = realloc(d->ranges,
				       (d->nranges ? d->nranges * 2 : 1) *
					       sizeof(*more));
			if (!more)
				return 1;
			d->ranges = more;
		}
		d->ranges[d->nranges++] =
			(struct cu_range){lo, hi, dwarf_dieoffset(unit)};
	}
	return 0;
}

static int by_lo(const void *a, const void *b)
{
	const struct cu_range *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static bool unit_by_ranges(struct dwarf *d, uint64_t vaddr, Dwarf_Die *ret)
{
	enum { BACK = 16 }; /* ranges may overlap a little */
	size_t lo = 0, hi;

	if (!d->ranges_made) {
		d->ranges_made = true;
		dwarf_each_unit(d, add_ranges, d);
		if (d->nranges)
			qsort(d->ranges, d->nranges, sizeof(*d->ranges), by_lo);
	}
	hi = d->nranges;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->ranges[mid].lo <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t n = 0; lo-- > 0 && n < BACK; n++)
		if (vaddr < d->ranges[lo].hi)
			return dwarf_offdie(d->dbg, d->ranges[lo].cu, ret);
	return false;
}

/* .debug_aranges is quick, but clang leaves it out and a link may mix. */
bool dwarf_unit_at(struct dwarf *d, uint64_t vaddr, Dwarf_Die *ret)
{
	Dwarf_Aranges *aranges;
	Dwarf_Arange *range;
	Dwarf_Off cu;
	size_t n;

	if (!dwarf_getaranges(d->dbg, &aranges, &n) &&
	    (range = dwarf_getarange_addr(aranges, vaddr)) &&
	    !dwarf_getarangeinfo(range, NULL, NULL, &cu) &&
	    dwarf_offdie(d->dbg, cu, ret) && dwarf_haspc(ret, vaddr) > 0)
		return true;
	return unit_by_ranges(d, vaddr, ret);
}

/* ---- functions ---- */

static bool add_func(struct cu_funcs *funcs, Dwarf_Die *die)
{
	Dwarf_Addr base, lo, hi;
	struct func_range *list;
	ptrdiff_t at = 0;
	size_t cap;

	while ((at = dwarf_ranges(die, at, &base, &lo, &hi)) > 0) {
		if (lo >= hi)
			continue;
		if (funcs->n == funcs->cap) {
			cap = funcs->cap ? funcs->cap * 2 : 64;
			list = cap <= RANGES_MAX ? realloc(funcs->list,
							   cap * sizeof(*list))
						 : NULL;
			if (!list)
				return false;
			funcs->list = list;
			funcs->cap = cap;
		}
		funcs->list[funcs->n++] =
			(struct func_range){lo, hi, dwarf_dieoffset(die)};
	}
	return true;
}

/* Functions nest in namespaces and classes, and in GNU C in functions. */
static enum die_step collect_func(void *ctx, Dwarf_Die *die, unsigned depth)
{
	(void)depth;
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		if (!add_func(ctx, die))
			return DIE_STOP;
		return DIE_INTO;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_lexical_block:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		return DIE_INTO;
	default:
		return DIE_NEXT;
	}
}

static int by_func_lo(const void *a, const void *b)
{
	const struct func_range *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static struct cu_funcs *funcs_of(struct dwarf *d, Dwarf_Die *unit)
{
	Dwarf_Off off = dwarf_dieoffset(unit);
	struct cu_funcs *funcs = htab_get(&d->funcs, off);

	if (funcs)
		return funcs;
	funcs = calloc(1, sizeof(*funcs));
	if (!funcs || htab_put(&d->funcs, off, funcs)) {
		free(funcs);
		return NULL;
	}
	die_walk(unit, collect_func, funcs);
	if (funcs->n)
		qsort(funcs->list, funcs->n, sizeof(*funcs->list), by_func_lo);
	return funcs;
}

bool dwarf_function_at(struct dwarf *d, uint64_t vaddr, Dwarf_Die *ret_func,
		       Dwarf_Die *ret_unit)
{
	struct cu_funcs *funcs;
	size_t lo = 0, hi;

	if (!dwarf_unit_at(d, vaddr, ret_unit))
		return false;
	funcs = funcs_of(d, ret_unit);
	hi = funcs ? funcs->n : 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (funcs->list[mid].lo <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo-- > 0)
		if (vaddr < funcs->list[lo].hi)
			return dwarf_offdie(d->dbg, funcs->list[lo].die,
					    ret_func);
	return false;
}

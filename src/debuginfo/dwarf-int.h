/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * DWARF of a module through libdw: units and functions by address, and walks
 * over entries that end whatever the file says. (Private to debuginfo.)
 */
#ifndef UPD_DWARF_INT_H
#define UPD_DWARF_INT_H

#include "module-int.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

struct cu_range;
struct types;

struct dwarf {
	Dwarf *dbg, *alt;
	struct cu_range *ranges; /* made when .debug_aranges has gaps */
	size_t nranges;
	bool ranges_made;
	struct htab funcs; /* a unit's offset to its struct cu_funcs */
	struct types *types;
};

/* NULL when the module has none. */
struct dwarf *module_dwarf(struct module *m);

/* The unit that has code at vaddr. */
bool dwarf_unit_at(struct dwarf *d, uint64_t vaddr, Dwarf_Die *ret);
/* The subprogram that has code at vaddr (not an inlined one). */
bool dwarf_function_at(struct dwarf *d, uint64_t vaddr, Dwarf_Die *ret_func,
		       Dwarf_Die *ret_unit);
/* Calls fn for all units with entries in this file; non-zero stops. */
typedef int unit_fn(void *ctx, Dwarf_Die *unit);
int dwarf_each_unit(struct dwarf *d, unit_fn *fn, void *ctx);

/* The first address of a subprogram's code. */
bool die_entry(Dwarf_Die *die, uint64_t *ret);

enum die_step {
	DIE_NEXT, /* not into its children */
	DIE_INTO,
	DIE_STOP,
};

/* All descendants, in the file's order. true: the function said DIE_STOP. */
typedef enum die_step die_fn(void *ctx, Dwarf_Die *die, unsigned depth);
bool die_walk(Dwarf_Die *parent, die_fn *fn, void *ctx);

/* An attribute's number, through abstract origin and specification. */
bool die_number(Dwarf_Die *die, unsigned name, uint64_t *ret);
bool die_flag(Dwarf_Die *die, unsigned name);
/* The entry that a reference attribute points to. */
bool die_ref(Dwarf_Die *die, unsigned name, Dwarf_Die *ret);
/* Its name, also when that is in the declaration; or NULL. */
const char *die_name(Dwarf_Die *die);
/* Is the rest of this unit in a .dwo file? */
bool unit_is_split(Dwarf_Die *unit);

/* types.c */
void types_free(struct types *t);

#endif

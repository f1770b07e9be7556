/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * DWARF types made into ctypes. (Private to debuginfo.)
 */
#ifndef UPD_TYPES_H
#define UPD_TYPES_H

#include "dwarf-int.h"

/* The type that the entry's DW_AT_type names (none: void), complete with all
 * that it refers to. */
int types_of(struct module *m, Dwarf_Die *die, struct ctypes *ts,
	     const struct ctype **ret, struct err *err);

/* The definition of a type by the tag and name of its entry; tag 0: typedef
 * or base type. */
bool types_find(struct dwarf *d, int tag, const char *name, Dwarf_Die *ret);

/* Of one entry that is a type itself. */
int types_make(struct module *m, Dwarf_Die *die, struct ctypes *ts,
	       const struct ctype **ret, struct err *err);

/* ---- between types.c and type-fields.c ---- */

enum { TYPE_SIZE_BITS = 48 }; /* of a believable type */

/* A shell whose contents are still to be filled in. */
struct job {
	Dwarf_Die die;
	struct ctype *type;
	unsigned hops;
};

struct maker {
	struct module *m;
	struct dwarf *d;
	struct ctypes *ts;
	struct htab *made;
	struct job *queue;
	size_t done, n, cap, count;
	int rc;
};

/* Fills a shell in. */
void type_fill(struct maker *k, struct job job);
/* The type that DW_AT_type names; depth: nesting by value; hops: pointers
 * followed from what was asked for. NULL when the maker failed. */
const struct ctype *maker_target(struct maker *k, Dwarf_Die *die,
				 unsigned depth, unsigned hops);
/* Remembers the first failure; NULL. */
void *maker_fail(struct maker *k, int rc);
uint64_t type_byte_size(Dwarf_Die *die, uint64_t otherwise);

#endif

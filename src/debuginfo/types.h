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

#endif

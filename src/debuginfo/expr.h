/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * DWARF location expressions at one pc, flattened into struct loc. (Private
 * to debuginfo.)
 */
#ifndef UPD_EXPR_H
#define UPD_EXPR_H

#include "dwarf-int.h"
#include "loc.h"

struct place_at {
	struct module *m;
	uint64_t pc;
	Dwarf_Die *func;  /* the subprogram around pc; NULL: none */
	bool at_entry;	  /* pc is its first instruction */
	const char *name; /* of the variable, for messages */
	struct err *err;
};

/* Where the variable whose location is `attr` is. */
int expr_locate(const struct place_at *at, Dwarf_Attribute *attr,
		struct loc *ret);

/* The address CFA + offset at that pc. */
int expr_cfa(const struct place_at *at, int64_t offset, struct loc *ret);

/* Is the location one expression for the whole function that counts from its
 * frame base? Then *ret_offset is from there, *ret_is_cfa: the base is the
 * CFA; *ret_by_ref: what lies there is the value's address. */
bool expr_is_frame_slot(const struct place_at *at, Dwarf_Attribute *attr,
			int64_t *ret_offset, bool *ret_is_cfa,
			bool *ret_by_ref);

/* Appends; false when there is no more room. */
bool loc_add(struct loc *l, enum loc_opcode code, uint64_t arg);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions: one table entry each.
 */
#ifndef UPD_CALL_H
#define UPD_CALL_H

#include "ast.h"

struct check;
struct gen;
struct place;

enum {
	CALL_UNSAFE = 1,     /* changes the traced program or the system */
	CALL_KERNEL = 2,     /* refused */
	CALL_LATER = 4,	     /* refused so far */
	CALL_AGG = 8,	     /* only as @x = NAME(...) */
	CALL_MAP = 16,	     /* the first argument is a map itself */
	CALL_STATEMENT = 32, /* has no value */
	CALL_RAW = 64,	     /* checks its own arguments */
	CALL_TASK = 128,     /* needs a thread of a traced program */
};

struct call_def {
	const char *name;
	uint8_t min, max;
	unsigned flags;
	/* Arguments have been counted and, but for maps and CALL_RAW,
	 * checked. */
	const struct vtype *(*check)(struct check *c, struct expr *e);
	void (*gen)(struct gen *g, struct expr *e, const struct place *to);
};

const struct call_def *call_find(const char *name);
const char *call_name(size_t i); /* NULL behind the last */

#endif

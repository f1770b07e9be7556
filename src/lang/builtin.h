/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The builtins: one table entry each, with the function that checks it and the
 * one that generates code for it.
 */
#ifndef UPD_BUILTIN_H
#define UPD_BUILTIN_H

#include "ast.h"

struct check;
struct gen;
struct place;

enum {
	BUILTIN_TASK = 1,   /* needs a thread of a traced program */
	BUILTIN_KERNEL = 2, /* the kernel's: refused */
	BUILTIN_LATER = 4,  /* refused so far */
	BUILTIN_CALL = 8,   /* takes arguments: NAME(...) */
};

struct builtin {
	const char *name;
	unsigned flags;
	const struct vtype *type; /* or, when it is not always the same: */
	const struct vtype *(*check)(struct check *c, struct expr *e);
	/* Numbers: into r0. Others: to `to`. */
	void (*gen)(struct gen *g, struct expr *e, const struct place *to);
};

/* argN included. */
const struct builtin *builtin_find(const char *name);
const char *builtin_name(size_t i); /* NULL behind the last */
bool builtin_is_args(const struct builtin *b);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * C types, as debug information or a script's own declarations describe them.
 * The neutral ground between debuginfo (which makes them from DWARF) and lang
 * (which makes them from source text and checks programs against them).
 *
 * Types live in an arena, are immutable once complete, and may be cyclic
 * (struct list { struct list *next; }).
 */
#ifndef UPD_CTYPE_H
#define UPD_CTYPE_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctype_kind {
	CTYPE_VOID,
	CTYPE_INT, /* also char and bool: see is_char, is_bool */
	CTYPE_FLOAT,
	CTYPE_PTR,
	CTYPE_ARRAY,
	CTYPE_STRUCT,
	CTYPE_UNION,
	CTYPE_ENUM,
	CTYPE_FUNC,
};

struct ctype;

struct cfield {
	const char *name; /* NULL: anonymous member */
	const struct ctype *type;
	uint64_t offset;    /* bytes from the start of the struct */
	uint16_t bit_offset; /* bit-fields: bits above the least significant */
	uint16_t bit_size;   /* 0: not a bit-field */
};

struct cvalue { /* enumerator */
	const char *name;
	int64_t value;
};

struct ctype {
	enum ctype_kind kind;
	const char *name; /* tag or base type name without "struct "; or NULL */
	uint64_t size;    /* bytes; 0 for void, functions, incomplete types */
	bool is_signed, is_char, is_bool;
	bool is_vector;		 /* ARRAY: a vector type of the processor's */
	bool incomplete;         /* declared, never defined */
	const struct ctype *to;  /* PTR: pointee, ARRAY: element */
	uint64_t count;          /* ARRAY: elements */
	struct cfield *fields;   /* STRUCT, UNION */
	struct cvalue *values;   /* ENUM */
	size_t nfields, nvalues;
};

/* The arena. */
struct ctypes;

struct ctypes *ctypes_new(void);
void ctypes_free(struct ctypes *ts);

/* All of the following return NULL when memory runs out. */
struct ctype *ctype_make(struct ctypes *ts, enum ctype_kind kind,
			 const char *name, uint64_t size);
const struct ctype *ctype_int(struct ctypes *ts, unsigned size, bool is_signed);
const struct ctype *ctype_ptr(struct ctypes *ts, const struct ctype *to,
			      unsigned word_size);
const struct ctype *ctype_array(struct ctypes *ts, const struct ctype *of,
				uint64_t count);
void *ctypes_alloc(struct ctypes *ts, size_t size); /* zeroed, arena-owned */
char *ctypes_strdup(struct ctypes *ts, const char *s);

/* The field of that name, looked for in anonymous members too; *ret_offset is
 * its offset from the start of `t`. NULL when there is none. */
const struct cfield *ctype_field(const struct ctype *t, const char *name,
				 uint64_t *ret_offset);

#endif

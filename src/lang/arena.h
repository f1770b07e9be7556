/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where everything that belongs to one script lives: freed as a whole. Its
 * functions never return NULL: when memory or the script's limit runs out they
 * jump to the handler that the entry points of lang.h set, so that parser and
 * checker need not ask after every node. Between an entry point and here
 * nobody may hold memory that is not in the arena or in struct lang.
 */
#ifndef UPD_ARENA_H
#define UPD_ARENA_H

#include <setjmp.h>
#include <stddef.h>

enum { ARENA_LIMIT = 256 << 20 };

struct arena {
	struct arena_chunk *chunks;
	size_t total;
	jmp_buf fail; /* valid while an entry point runs */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);

/* Zeroed memory for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy of n bytes, NUL-terminated. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds room for one element to an array of n, which doubles at powers of two;
 * returns the new, zeroed element. */
void *arena_push(struct arena *a, void *array_ptr, size_t *n, size_t size);

#endif

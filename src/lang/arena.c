/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

enum { CHUNK = 32 << 10, ALIGN = _Alignof(max_align_t) };

void arena_init(struct arena *a)
{
	memset(a, 0, sizeof(*a));
}

void arena_release(struct arena *a)
{
	struct arena_chunk *c;

	while ((c = a->chunks)) {
		a->chunks = c->next;
		free(c);
	}
	a->total = 0;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
	size_t size = need > CHUNK ? need : CHUNK;
	struct arena_chunk *c;

	if (need > ARENA_LIMIT || a->total + size > ARENA_LIMIT)
		longjmp(a->fail, 1);
	c = calloc(1, sizeof(*c) + size);
	if (!c)
		longjmp(a->fail, 1);
	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	a->total += size;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->chunks;
	void *p;

	if (size > ARENA_LIMIT)
		longjmp(a->fail, 1);
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!c || c->size - c->used < size)
		c = add_chunk(a, size);
	p = c->data + c->used;
	c->used += size;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n)
		memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	s = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
	if (n > 0)
		vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void *arena_push(struct arena *a, void *array_ptr, size_t *n, size_t size)
{
	char **array = array_ptr, *grown;

	if (!(*n & (*n - 1))) {
		if (*n > ARENA_LIMIT / (2 * size))
			longjmp(a->fail, 1);
		grown = arena_alloc(a, (*n ? *n * 2 : 1) * size);
		if (*n)
			memcpy(grown, *array, *n * size);
		*array = grown;
	}
	return *array + (*n)++ * size;
}

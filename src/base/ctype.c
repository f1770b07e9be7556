/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctype.h"

#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	_Alignas(max_align_t) char data[];
};

struct ctypes {
	struct chunk *chunks;
};

struct ctypes *ctypes_new(void)
{
	return calloc(1, sizeof(struct ctypes));
}

void ctypes_free(struct ctypes *ts)
{
	struct chunk *c;

	if (!ts)
		return;
	while ((c = ts->chunks)) {
		ts->chunks = c->next;
		free(c);
	}
	free(ts);
}

void *ctypes_alloc(struct ctypes *ts, size_t size)
{
	struct chunk *c;

	if (size > SIZE_MAX - sizeof(*c))
		return NULL;
	c = calloc(1, sizeof(*c) + size);
	if (!c)
		return NULL;
	c->next = ts->chunks;
	ts->chunks = c;
	return c->data;
}

char *ctypes_strdup(struct ctypes *ts, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = ctypes_alloc(ts, n);

	return copy ? memcpy(copy, s, n) : NULL;
}

struct ctype *ctype_make(struct ctypes *ts, enum ctype_kind kind,
			 const char *name, uint64_t size)
{
	struct ctype *t = ctypes_alloc(ts, sizeof(*t));

	if (!t)
		return NULL;
	t->kind = kind;
	t->size = size;
	if (name && !(t->name = ctypes_strdup(ts, name)))
		return NULL;
	return t;
}

const struct ctype *ctype_int(struct ctypes *ts, unsigned size, bool is_signed)
{
	struct ctype *t = ctype_make(ts, CTYPE_INT, NULL, size);

	if (t)
		t->is_signed = is_signed;
	return t;
}

const struct ctype *ctype_ptr(struct ctypes *ts, const struct ctype *to,
			      unsigned word_size)
{
	struct ctype *t = ctype_make(ts, CTYPE_PTR, NULL, word_size);

	if (t)
		t->to = to;
	return t;
}

const struct ctype *ctype_array(struct ctypes *ts, const struct ctype *of,
				uint64_t count)
{
	struct ctype *t;

	if (of->size && count > UINT64_MAX / of->size)
		return NULL;
	t = ctype_make(ts, CTYPE_ARRAY, NULL, of->size * count);
	if (t) {
		t->to = of;
		t->count = count;
	}
	return t;
}

/* Anonymous members nest by value, so that the work is bounded by the type's
 * own text; depth and budget only guard against hostile debug information, in
 * which a type may contain itself, more than once. */
static const struct cfield *find_field(const struct ctype *t, const char *name,
				       uint64_t base, unsigned depth,
				       unsigned *budget, uint64_t *ret_offset)
{
	const struct cfield *found;

	if (depth > 32 || !*budget || (t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION))
		return NULL;
	for (size_t i = 0; i < t->nfields; i++) {
		const struct cfield *f = &t->fields[i];

		if (!*budget || !--*budget)
			return NULL;
		if (f->name && !strcmp(f->name, name)) {
			*ret_offset = base + f->offset;
			return f;
		}
		if (f->name)
			continue;
		found = find_field(f->type, name, base + f->offset, depth + 1,
				   budget, ret_offset);
		if (found)
			return found;
	}
	return NULL;
}

const struct cfield *ctype_field(const struct ctype *t, const char *name,
				 uint64_t *ret_offset)
{
	unsigned budget = 1 << 20;

	return find_field(t, name, 0, 0, &budget, ret_offset);
}

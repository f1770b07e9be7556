/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names of C types and constants: those that a script declares, and those
 * that are always there.
 */
#include "parse.h"

#include <string.h>

void *cdecl_need(struct lang *l, void *p)
{
	if (!p)
		longjmp(l->arena.fail, 1);
	return p;
}

const struct cdecl_name *cdecl_find(const struct lang *l, const char *name)
{
	for (const struct cdecl_name *d = l->decls; d; d = d->next)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

struct cdecl_name *cdecl_new(struct lang *l, const char *name)
{
	struct cdecl_name *d = arena_alloc(&l->arena, sizeof(*d));

	d->name = arena_strdup(&l->arena, name);
	d->next = l->decls;
	l->decls = d;
	return d;
}

void cdecl_add(struct lang *l, const char *name, const struct ctype *type)
{
	cdecl_new(l, name)->type = type;
}

void cdecl_add_constant(struct lang *l, const char *name, int64_t value)
{
	struct cdecl_name *d = cdecl_new(l, name);

	d->is_constant = true;
	d->value = value;
}

/* ---- basic types ---- */

/* 'w' stands for the size of a word. */
static const struct {
	const char *name;
	char size;
	bool is_signed, is_char, is_bool;
} basics[] = {
	{"int8", 1, true},
	{"int16", 2, true},
	{"int32", 4, true},
	{"int64", 8, true},
	{"uint8", 1},
	{"uint16", 2},
	{"uint32", 4},
	{"uint64", 8},
	{"int8_t", 1, true},
	{"int16_t", 2, true},
	{"int32_t", 4, true},
	{"int64_t", 8, true},
	{"uint8_t", 1},
	{"uint16_t", 2},
	{"uint32_t", 4},
	{"uint64_t", 8},
	{"u8", 1},
	{"u16", 2},
	{"u32", 4},
	{"u64", 8},
	{"s8", 1, true},
	{"s16", 2, true},
	{"s32", 4, true},
	{"s64", 8, true},
	{"__u8", 1},
	{"__u16", 2},
	{"__u32", 4},
	{"__u64", 8},
	{"bool", 1, false, false, true},
	{"_Bool", 1, false, false, true},
	{"char", 1, true, true},
	{"size_t", 'w'},
	{"ssize_t", 'w', true},
	{"uintptr_t", 'w'},
	{"intptr_t", 'w', true},
	{"pid_t", 4, true},
	{"uid_t", 4},
	{"gid_t", 4},
	{"off_t", 'w', true},
	{"time_t", 'w', true},
};

/* unsigned long long int, in any order. */
static bool c_words(const char *name, unsigned word, unsigned *size,
		    bool *is_signed, bool *is_char)
{
	unsigned longs = 0, others = 0;
	bool is_short = false, plain = true;

	*is_signed = true;
	*is_char = false;
	while (*name) {
		size_t n = strcspn(name, " ");

		if (n == 8 && !memcmp(name, "unsigned", n))
			*is_signed = false;
		else if (n == 4 && !memcmp(name, "long", n))
			longs++;
		else if (n == 5 && !memcmp(name, "short", n))
			is_short = true;
		else if (n == 4 && !memcmp(name, "char", n))
			*is_char = true;
		else if (!(n == 3 && !memcmp(name, "int", n)) &&
			 !(n == 6 && !memcmp(name, "signed", n)))
			plain = false;
		others++;
		name += n;
		name += *name == ' ';
	}
	*size = *is_char ? 1 : is_short ? 2 : longs > 1 ? 8 : longs ? word : 4;
	return plain && others;
}

const struct ctype *cdecl_basic(struct lang *l, const char *name)
{
	bool is_signed, is_char = false, is_bool = false;
	struct ctype *t;
	unsigned size;

	if (!strcmp(name, "void"))
		return cdecl_need(l,
				  ctype_make(l->ctypes, CTYPE_VOID, "void", 0));
	if (!strcmp(name, "float") || !strcmp(name, "double"))
		return cdecl_need(l, ctype_make(l->ctypes, CTYPE_FLOAT, name,
						*name == 'f' ? 4 : 8));
	for (size_t i = 0; i < sizeof(basics) / sizeof(*basics); i++) {
		if (strcmp(basics[i].name, name))
			continue;
		size = basics[i].size == 'w' ? l->word_size
					     : (unsigned)basics[i].size;
		is_signed = basics[i].is_signed;
		is_char = basics[i].is_char;
		is_bool = basics[i].is_bool;
		goto make;
	}
	if (!c_words(name, l->word_size, &size, &is_signed, &is_char))
		return NULL;
make:
	t = cdecl_need(l, ctype_make(l->ctypes, CTYPE_INT, name, size));
	t->is_signed = is_signed;
	t->is_char = is_char;
	t->is_bool = is_bool;
	return t;
}

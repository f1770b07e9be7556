/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions by pattern. A plain name is tried as it is written in the file
 * first; only when the file has none are clones of it and C++ names looked
 * at, so that the usual case demangles and sorts nothing.
 */
#include <config.h>

#include "symbols.h"

#include <stdlib.h>
#include <string.h>

struct matches {
	const char *pattern;
	size_t len;
	struct raw_symbol *list;
	size_t n, cap;
	bool failed;
};

static int add_match(struct matches *ms, const struct raw_symbol *sym)
{
	struct raw_symbol *list;
	size_t cap;

	if (ms->n == ms->cap) {
		cap = ms->cap ? ms->cap * 2 : 16;
		list = realloc(ms->list, cap * sizeof(*list));
		if (!list) {
			ms->failed = true;
			return 1;
		}
		ms->list = list;
		ms->cap = cap;
	}
	ms->list[ms->n++] = *sym;
	return 0;
}

bool pattern_like(const char *pattern, const char *s, size_t len)
{
	const char *star = NULL, *end = s + len, *from = NULL;

	while (s < end) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* ---- raw names ---- */

static bool is_old_version(const struct raw_symbol *sym, size_t len)
{
	return sym->hidden ||
	       (sym->name[len] == '@' && sym->name[len + 1] != '@');
}

static int exact(void *ctx, const struct raw_symbol *sym)
{
	struct matches *ms = ctx;

	if (!sym->is_func || strncmp(sym->name, ms->pattern, ms->len))
		return 0;
	if (sym->name[ms->len] && sym->name[ms->len] != '@')
		return 0;
	return add_match(ms, sym);
}

/* Versions that only old programs get are meant only where there is no
 * other. */
static void drop_old_versions(struct matches *ms)
{
	size_t kept = 0, old = 0;

	for (size_t i = 0; i < ms->n; i++)
		old += is_old_version(&ms->list[i], ms->len);
	if (old == ms->n)
		return;
	for (size_t i = 0; i < ms->n; i++)
		if (!is_old_version(&ms->list[i], ms->len))
			ms->list[kept++] = ms->list[i];
	ms->n = kept;
}

/* Whole copies of a function that the compiler specialised; not .part and
 * .cold, which are pieces of one. */
static int clone_of(void *ctx, const struct raw_symbol *sym)
{
	static const char *const kinds[] = {
		".constprop.", ".isra.", ".lto_priv.", ".llvm.", ".localalias"};
	struct matches *ms = ctx;
	const char *tail = sym->name + ms->len;

	if (!sym->is_func || strncmp(sym->name, ms->pattern, ms->len) ||
	    *tail != '.' || strstr(tail, ".part.") || strstr(tail, ".cold"))
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(tail, kinds[i], strlen(kinds[i])))
			return add_match(ms, sym);
	return 0;
}

/* ---- C++ names ---- */

static bool same_but_spaces(const char *a, const char *b, size_t blen)
{
	const char *end = b + blen;

	for (;;) {
		while (*a == ' ')
			a++;
		while (b < end && *b == ' ')
			b++;
		if (!*a || b == end)
			return !*a && b == end;
		if (*a++ != *b++)
			return false;
	}
}

static bool demangled_is(const char *pattern, bool wild, const char *text)
{
	size_t start, params, len = strlen(text);

	demangled_parts(text, &start, &params);
	if (wild)
		return pattern_like(pattern, text, len) ||
		       pattern_like(pattern, text + start, params - start) ||
		       pattern_like(pattern, text + start, len - start);
	return same_but_spaces(pattern, text + start, params - start) ||
	       same_but_spaces(pattern, text + start, len - start) ||
	       same_but_spaces(pattern, text, len);
}

static bool is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* The last identifier of a name before its template arguments and parameters
 * is spelt out in the mangled name: a cheap first look. */
static void key_of(const char *pattern, char *key, size_t size)
{
	size_t end = strcspn(pattern, "(<"), start, len;

	start = end;
	while (start > 0 && is_word(pattern[start - 1]))
		start--;
	len = end - start;
	if (len >= size || strstr(pattern, "operator") || strchr(pattern, '~'))
		len = 0;
	memcpy(key, pattern + start, len);
	key[len] = 0;
}

struct cpp_search {
	struct matches *ms;
	bool wild;
	char key[256];
};

static int cpp_name(void *ctx, const struct raw_symbol *sym)
{
	struct cpp_search *s = ctx;
	char *text;
	int rc = 0;

	if (!sym->is_func || sym->name[0] != '_' || sym->name[1] != 'Z' ||
	    (!s->wild && !strstr(sym->name, s->key)))
		return 0;
	text = demangle(sym->name, symbol_base_len(sym->name));
	if (text && demangled_is(s->ms->pattern, s->wild, text))
		rc = add_match(s->ms, sym);
	free(text);
	return rc;
}

static int wild_name(void *ctx, const struct raw_symbol *sym)
{
	struct cpp_search *s = ctx;

	if (!sym->is_func)
		return 0;
	if (pattern_like(s->ms->pattern, sym->name,
			 symbol_base_len(sym->name)) ||
	    pattern_like(s->ms->pattern, sym->name, strlen(sym->name)))
		return add_match(s->ms, sym);
	return cpp_name(ctx, sym);
}

static void find(struct module *m, struct matches *ms)
{
	struct cpp_search cpp = {.ms = ms};

	if (strchr(ms->pattern, '*')) {
		cpp.wild = true;
		ms->failed |= symbols_each(m, wild_name, &cpp) != 0;
		return;
	}
	ms->failed |= symbols_each(m, exact, ms) != 0;
	drop_old_versions(ms);
	if (ms->n)
		return;
	symbols_each(m, clone_of, ms);
	if (ms->n)
		return;
	key_of(ms->pattern, cpp.key, sizeof(cpp.key));
	symbols_each(m, cpp_name, &cpp);
}

/* One address once: the better name first. The aliases of a wildcard keep the
 * shortest one with the fewest underscores, so that the result is stable. */
static int by_address(const void *a, const void *b)
{
	const struct raw_symbol *x = a, *y = b;
	size_t ux, uy;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	ux = strspn(x->name, "_");
	uy = strspn(y->name, "_");
	if (ux != uy)
		return ux < uy ? -1 : 1;
	return strcmp(x->name, y->name);
}

int module_match_funcs(struct module *m, const char *pattern, symbol_fn *fn,
		       void *ctx)
{
	struct matches ms = {.pattern = pattern, .len = strlen(pattern)};
	struct symbol sym;
	int rc = 0;

	if (!ms.len)
		return 0;
	find(m, &ms);
	if (ms.failed)
		rc = ERR_NOMEM;
	if (ms.n > 1)
		qsort(ms.list, ms.n, sizeof(*ms.list), by_address);
	for (size_t i = 0; !rc && i < ms.n; i++) {
		if (i && ms.list[i].addr == ms.list[i - 1].addr)
			continue;
		rc = symbol_make(m, &ms.list[i], &sym) ? fn(ctx, &sym)
						       : ERR_NOMEM;
	}
	free(ms.list);
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names close to a mistyped one.
 */
#include <config.h>

#include "symbols.h"

#include <stdlib.h>
#include <string.h>

enum {
	NEAR_MAX = 16,	    /* names kept */
	NEAR_NAME_MAX = 63, /* longer ones are only looked at for containment */
	DEMANGLE_MAX = 50000,
};

struct candidate {
	const char *name;
	unsigned score; /* less is nearer */
};

struct near_search {
	struct module *m;
	const char *name;
	size_t len;
	struct candidate best[NEAR_MAX];
	size_t n, max;
	unsigned limit;
	size_t demangled;
};

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* Edits (insert, delete, replace, swap of neighbours count one each) between
 * two short names. */
static unsigned edits(const char *a, size_t alen, const char *b, size_t blen)
{
	uint8_t rows[3][NEAR_NAME_MAX + 2];
	uint8_t *prev2 = rows[0], *prev = rows[1], *row = rows[2], *t;

	for (size_t j = 0; j <= blen; j++)
		prev[j] = (uint8_t)j;
	for (size_t i = 1; i <= alen; i++) {
		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= blen; j++) {
			int cost = lower(a[i - 1]) != lower(b[j - 1]);
			int v = prev[j - 1] + cost;

			if (prev[j] + 1 < v)
				v = prev[j] + 1;
			if (row[j - 1] + 1 < v)
				v = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && prev2[j - 2] + 1 < v)
				v = prev2[j - 2] + 1;
			row[j] = (uint8_t)v;
		}
		t = prev2;
		prev2 = prev;
		prev = row;
		row = t;
	}
	return prev[blen];
}

/* Containment is worth as much as two typing errors, less the closer the
 * lengths are. */
static unsigned distance(const struct near_search *s, const char *text,
			 size_t len)
{
	unsigned score = s->limit + 1, d;
	size_t gap = len > s->len ? len - s->len : s->len - len;

	if (s->len >= 3 && len >= s->len && memmem(text, len, s->name, s->len))
		score = 8 + (gap > 40 ? 40 : (unsigned)gap);
	if (len <= NEAR_NAME_MAX && s->len <= NEAR_NAME_MAX &&
	    gap * 4 <= s->limit) {
		d = edits(s->name, s->len, text, len) * 4;
		if (d <= s->len * 4 / 3 + 1 && d < score)
			score = d;
	}
	return score;
}

static void keep(struct near_search *s, const char *name, unsigned score)
{
	size_t i = s->n < s->max ? s->n : s->max - 1;

	for (size_t j = 0; j < s->n; j++)
		if (!strcmp(s->best[j].name, name))
			return;
	if (s->n == s->max && s->best[i].score <= score)
		return;
	for (; i > 0 && s->best[i - 1].score > score; i--)
		s->best[i] = s->best[i - 1];
	s->best[i] = (struct candidate){name, score};
	if (s->n < s->max)
		s->n++;
}

static void offer(struct near_search *s, const char *text, size_t len)
{
	unsigned score = distance(s, text, len);
	const char *name;

	if (score > s->limit ||
	    (s->n == s->max && s->best[s->n - 1].score <= score))
		return;
	name = module_intern(s->m, text, len);
	if (name)
		keep(s, name, score);
}

static int look(void *ctx, const struct raw_symbol *sym)
{
	struct near_search *s = ctx;
	size_t start, params, len = symbol_base_len(sym->name);
	char *text;

	if (!sym->is_func)
		return 0;
	if (sym->name[0] != '_' || sym->name[1] != 'Z') {
		offer(s, sym->name, len);
		return 0;
	}
	if (s->demangled++ >= DEMANGLE_MAX)
		return 0;
	text = demangle(sym->name, len);
	if (!text)
		return 0;
	demangled_parts(text, &start, &params);
	offer(s, text + start, params - start);
	free(text);
	return 0;
}

size_t module_near(struct module *m, const char *name, const char **ret,
		   size_t max)
{
	struct near_search s = {.m = m,
				.name = name,
				.len = strlen(name),
				.max = max < NEAR_MAX ? max : NEAR_MAX,
				.limit = 48};

	if (!s.len || !s.max)
		return 0;
	symbols_each(m, look, &s);
	for (size_t i = 0; i < s.n; i++)
		ret[i] = s.best[i].name;
	return s.n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A script's output in a form that two runs can agree on: numbers that are a
 * matter of time are replaced by #, a histogram of such by the number of its
 * values, what may be there or not is left out. Entries of equal value come in
 * any order: the lines are sorted, each row with its entry's name before it.
 */
#define _GNU_SOURCE
#include <config.h>

#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void lines_add(struct lines *l, char *line)
{
	if (!line)
		l->failed = true;
	else if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		char **more = realloc(l->line, cap * sizeof(*more));

		if (!more) {
			free(line);
			l->failed = true;
			return;
		}
		l->line = more;
		l->cap = cap;
	}
	if (line)
		l->line[l->n++] = line;
}

void lines_release(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct lines){0};
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each run of digits, with what belongs to one number, as one #. */
static void mask(struct buf *to, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		if (*p < '0' || *p > '9') {
			buf_add_char(to, *p++);
			continue;
		}
		buf_add_char(to, '#');
		while (p < end && strchr("0123456789abcdefx.KMGTPE", *p))
			p++;
	}
}

/* A row of a histogram: "[4, 8)   12 |@@@ |"; its number, or -1. */
static long long row_count(const char *line)
{
	const char *p = line;

	if (*p != '[' && *p != '(')
		return -1;
	p += strcspn(p, "])");
	if (!*p || !strchr(p, '|'))
		return -1;
	return strtoll(p + 1, NULL, 10);
}

/* Where we are in the output. */
struct state {
	const struct varying *v;
	struct lines *to;
	struct buf head; /* the entry that rows belong to; "": none */
	enum varies how; /* of that */
	bool key;
	bool in_key;	 /* within a key of several lines, a stack */
	long long total; /* of a histogram that varies */
	bool has_total;
};

static void put(struct state *s, const char *head, const char *text)
{
	struct buf line;

	buf_init(&line);
	buf_printf(&line, "%s%s", head, text);
	lines_add(s->to, buf_steal(&line));
	buf_release(&line);
}

/* A value, or a line that is printed, as far as it is compared. */
static void put_part(struct state *s, const char *p, size_t len)
{
	struct buf text;

	buf_init(&text);
	if (s->how == VARIES_VALUE)
		mask(&text, p, len);
	else
		buf_add(&text, p, len);
	put(s, buf_str(&s->head), buf_str(&text));
	buf_release(&text);
}

static void entry_ends(struct state *s)
{
	char text[64];

	if (s->has_total) {
		snprintf(text, sizeof(text), " %lld values", s->total);
		put(s, buf_str(&s->head), text);
	}
	s->has_total = false;
	s->total = 0;
	s->in_key = false;
	buf_clear(&s->head);
	s->how = varying_how(s->v, "", 0, &s->key);
}

/* "@name: value", "@name[key]: value", "@name[key]:" and, for a stack, only
 * "@name[". */
static void entry_begins(struct state *s, const char *line, size_t len)
{
	const char *colon = memmem(line, len, ": ", 2), *close;
	size_t name = strcspn(line, "[: \n"), key;

	entry_ends(s);
	s->how = varying_how(s->v, line, name, &s->key);
	close = memmem(line, len, "]: ", 3);
	if (line[name] == '[' && close)
		colon = close + 1;
	key = colon ? (size_t)(colon - line) : len;
	if (s->key)
		mask(&s->head, line, key);
	else
		buf_add(&s->head, line, key);
	s->in_key = line[len - 1] == '[';
	if (!colon)
		return;
	if (s->how != VARIES_ALL)
		put_part(s, colon, len - key);
	entry_ends(s);
}

/* The stack becomes part of the entry's name. */
static void key_goes_on(struct state *s, const char *line, size_t len)
{
	const char *colon = *line == ']' ? memmem(line, len, ": ", 2) : NULL;

	buf_add(&s->head, line, colon ? (size_t)(colon - line) : len);
	s->in_key = *line != ']';
	if (colon && s->how != VARIES_ALL)
		put_part(s, colon, len - (size_t)(colon - line));
	if (colon)
		entry_ends(s);
}

static void row(struct state *s, const char *line, size_t len)
{
	long long n = row_count(line);

	if (s->how == VARIES_ALL)
		return;
	if (s->how == VARIES_VALUE && n >= 0) {
		s->total += n;
		s->has_total = true;
	} else {
		put_part(s, line, len);
	}
}

static void one_line(struct state *s, const char *line, size_t len)
{
	char text[4096];

	snprintf(text, sizeof(text), "%.*s", (int)len, line);
	len = strlen(text);
	if (!len) {
		entry_ends(s);
	} else if (s->in_key) {
		key_goes_on(s, text, len);
	} else if (*text == '@') {
		entry_begins(s, text, len);
	} else {
		row(s, text, len);
	}
}

void lines_of(const struct varying *v, const char *output, struct lines *ret)
{
	struct state s = {.v = v, .to = ret};

	buf_init(&s.head);
	s.how = varying_how(v, "", 0, &s.key);
	while (*output) {
		size_t len = strcspn(output, "\n");

		one_line(&s, output, len);
		output += len + (output[len] == '\n');
	}
	entry_ends(&s);
	buf_release(&s.head);
	if (ret->n)
		qsort(ret->line, ret->n, sizeof(*ret->line), by_text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A whole map: merged, ordered and printed. Numbers, averages and histograms
 * ascend by what they count; everything else by key. "Top N" are the last N.
 */
#define _GNU_SOURCE
#include "format-int.h"

#include <stdlib.h>
#include <string.h>

/* One entry while the map is being printed. */
struct item {
	const struct format_entry *entry;
	size_t index;	 /* ties keep their order */
	uint64_t number; /* what numeric orders go by */
};

struct table {
	struct fmt f;
	const struct lang_map *map;
	struct item *items;
	size_t n;
	uint32_t nwriters, stride;
	uint64_t div;
	uint64_t *slots; /* room for one histogram */
};

/* ---- order
 * --------------------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b, bool is_signed)
{
	if (is_signed)
		return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
	return (a > b) - (a < b);
}

static int compare_keys(const struct vtype *t, const void *a, const void *b)
{
	uint64_t x, y;

	if (t->kind == V_TUPLE || t->kind == V_RECORD) {
		for (uint32_t i = 0; i < t->nfields; i++) {
			size_t at = t->fields[i].offset;
			int c = compare_keys(t->fields[i].type,
					     (const uint8_t *)a + at,
					     (const uint8_t *)b + at);

			if (c)
				return c;
		}
		return 0;
	}
	if (t->kind != V_USYM && integer_of(t, a, &x) && integer_of(t, b, &y))
		return compare_u64(x, y, t->is_signed);
	return memcmp(a, b, t->size);
}

/* Whether entries ascend by value; by key otherwise. */
static bool by_value(const struct vtype *value)
{
	return value->kind == V_INT || value->kind == V_ENUM ||
	       is_agg(value->kind);
}

static int compare_items(const void *pa, const void *pb, void *ctx)
{
	const struct item *a = pa, *b = pb;
	const struct table *t = ctx;
	const struct vtype *value = t->map->value;
	bool is_signed = value->is_signed && value->kind != V_COUNT &&
			 !is_hist(value->kind);
	int c;

	if (by_value(value))
		c = compare_u64(a->number, b->number, is_signed);
	else
		c = compare_keys(t->map->key, a->entry->key, b->entry->key);
	return c ? c : (a->index > b->index) - (a->index < b->index);
}

static void table_sort(struct table *t, const struct format_entry *entries)
{
	for (size_t i = 0; i < t->n; i++) {
		struct agg a;

		t->items[i] = (struct item){&entries[i], i, 0};
		if (!by_value(t->map->value))
			continue;
		agg_merge(&a, t->map->value, entries[i].values, t->nwriters,
			  t->stride);
		t->items[i].number = agg_number(&a);
	}
	if (t->map->key)
		qsort_r(t->items, t->n, sizeof(*t->items), compare_items, t);
}

/* ---- printing
 * -------------------------------------------------------------------- */

static void write_entry_value(struct table *t, const struct format_entry *e)
{
	const struct vtype *value = t->map->value;
	struct agg a;

	if (is_hist(value->kind)) {
		agg_merge_slots(&a, value, e->values, t->nwriters, t->stride,
				t->slots);
		write_hist(&t->f, &a, t->div);
	} else if (value->kind == V_INT || is_agg(value->kind)) {
		agg_merge(&a, value, e->values, t->nwriters, t->stride);
		write_agg(&t->f, &a, t->div);
	} else {
		write_value(&t->f, value, e->values);
	}
}

static void text_entry(struct table *t, const struct format_entry *e)
{
	struct buf *out = t->f.out;

	buf_add_str(out, t->map->name);
	if (t->map->key) {
		buf_add_char(out, '[');
		write_key(&t->f, t->map->key, e->key);
		buf_add_char(out, ']');
	}
	buf_add_str(out, is_hist(t->map->value->kind) ? ":\n" : ": ");
	write_entry_value(t, e);
	buf_add_char(out, '\n');
}

/* A key as the name of a JSON object's member: its text without the spaces
 * that text puts between parts. Strings keep theirs, so that different keys
 * stay different. */
static void json_key(struct table *t, const struct format_entry *e)
{
	struct buf text;
	struct fmt f = t->f;

	buf_init(&text);
	f.out = &text;
	f.mode = FORMAT_TEXT;
	f.tight = true;
	write_key(&f, t->map->key, e->key);
	json_string(t->f.out, text.data, text.len);
	if (buf_failed(&text))
		t->f.out->failed = true;
	buf_release(&text);
}

static const char *json_type(enum vkind kind)
{
	if (is_hist(kind))
		return "hist";
	return kind == V_STATS || kind == V_AVG ? "stats" : "map";
}

static void json_map(struct table *t, size_t first)
{
	struct buf *out = t->f.out;

	buf_printf(out, "{\"type\": \"%s\", \"data\": {",
		   json_type(t->map->value->kind));
	json_string(out, t->map->name, strlen(t->map->name));
	buf_add_str(out, t->map->key ? ": {" : ": ");
	for (size_t i = first; i < t->n; i++) {
		if (i > first)
			buf_add_str(out, ", ");
		if (t->map->key) {
			json_key(t, t->items[i].entry);
			buf_add_str(out, ": ");
		}
		write_entry_value(t, t->items[i].entry);
	}
	buf_add_str(out, t->map->key ? "}}}\n" : "}}\n");
}

/* What one writer's copy takes; 0: a type that makes no sense. */
static size_t value_need(const struct vtype *value)
{
	switch (value->kind) {
	case V_COUNT:
	case V_SUM:
		return 8;
	case V_MIN:
	case V_MAX:
	case V_AVG:
	case V_STATS:
		return 16;
	case V_HIST:
	case V_LHIST:
		return hist_slots(value) * 8;
	case V_TSERIES:
		return 0;
	default:
		return value->size;
	}
}

static int table_make(struct table *t, const struct format_entry *entries)
{
	const struct vtype *value = t->map->value;
	size_t need = value_need(value);

	if (!need || need > t->stride || need > value->size || !t->map->name)
		return ERR_FORMAT;
	t->items = calloc(t->n, sizeof(*t->items));
	t->slots = calloc(need / 8 + 1, 8);
	if (!t->items || !t->slots)
		return ERR_NOMEM;
	table_sort(t, entries);
	return 0;
}

int format_map(const struct format_env *env, enum format_mode mode,
	       const struct lang_map *map, struct format_entry *entries,
	       size_t n, uint32_t nwriters, uint32_t stride, uint64_t top,
	       uint64_t div, struct buf *out)
{
	struct table t = {
		.f = {.env = env, .out = out, .mode = mode},
		.map = map,
		.n = map->key || n < 1 ? n : 1,
		.nwriters = nwriters,
		.stride = stride,
		.div = div ? div : 1,
	};
	size_t first = top && t.n > top ? t.n - top : 0;
	int rc;

	if (!n)
		return 0;
	rc = table_make(&t, entries);
	if (!rc && mode == FORMAT_JSON)
		json_map(&t, first);
	for (size_t i = first; !rc && mode == FORMAT_TEXT && i < t.n; i++)
		text_entry(&t, t.items[i].entry);
	free(t.items);
	free(t.slots);
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregations: merging what each writer counted, averages, histograms.
 */
#include "format-int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS_MAX = 1 << 20, BITS_MAX = 5, BAR = 52, LABEL_ROOM = 64 };

bool is_agg(enum vkind kind)
{
	return kind >= V_COUNT && kind <= V_LHIST;
}

bool is_hist(enum vkind kind)
{
	return kind == V_HIST || kind == V_LHIST;
}

/* Steps between min and max; 0: nonsense. Unsigned: min and max may be far
 * apart. */
static uint64_t lhist_steps(const struct vtype *type)
{
	uint64_t range = (uint64_t)type->lhist.max - (uint64_t)type->lhist.min;

	if (type->lhist.step <= 0 || type->lhist.max <= type->lhist.min)
		return 0;
	return range / (uint64_t)type->lhist.step;
}

size_t hist_slots(const struct vtype *type)
{
	uint64_t n;

	if (type->kind == V_HIST)
		n = type->hist_bits > BITS_MAX
			    ? 0
			    : V_HIST_BUCKETS(type->hist_bits);
	else
		n = lhist_steps(type) ? lhist_steps(type) + 2 : 0;
	return n <= SLOTS_MAX && n * 8 <= type->size ? n : 0;
}

/* ---- merging
 * ------------------------------------------------------------------ */

static void merge_extreme(struct agg *a, uint64_t v, bool is_set)
{
	bool less = a->type->is_signed ? (int64_t)v < (int64_t)a->value
				       : v < a->value;

	if (!is_set)
		return;
	if (!a->is_set || (v != a->value && less == (a->type->kind == V_MIN)))
		a->value = v;
	a->is_set = true;
}

static void merge_slots(struct agg *a, const uint8_t *p)
{
	size_t n = hist_slots(a->type);

	for (size_t i = 0; i < n; i++) {
		uint64_t v = load_uint(p + 8 * i, 8);

		a->count += v;
		if (a->slots)
			a->slots[i] += v;
	}
}

static void merge_one(struct agg *a, const uint8_t *p)
{
	switch (a->type->kind) {
	case V_COUNT:
	case V_SUM:
		a->value += load_uint(p, 8);
		break;
	case V_MIN:
	case V_MAX:
		merge_extreme(a, load_uint(p, 8), load_uint(p + 8, 8) != 0);
		break;
	case V_AVG:
	case V_STATS:
		a->value += load_uint(p, 8);
		a->count += load_uint(p + 8, 8);
		break;
	case V_HIST:
	case V_LHIST:
		merge_slots(a, p);
		break;
	default: /* a plain integer with a copy per writer */
		a->value += a->type->is_signed
				    ? (uint64_t)load_int(p, a->type->size)
				    : load_uint(p, a->type->size);
	}
}

/* a->slots must be set by the caller beforehand when buckets are wanted. */
static void merge_all(struct agg *a, const void *values, uint32_t nwriters,
		      size_t stride)
{
	for (uint32_t i = 0; i < nwriters; i++)
		merge_one(a, (const uint8_t *)values + i * stride);
}

void agg_merge(struct agg *a, const struct vtype *type, const void *values,
	       uint32_t nwriters, size_t stride)
{
	*a = (struct agg){.type = type};
	merge_all(a, values, nwriters, stride);
}

void agg_merge_slots(struct agg *a, const struct vtype *type,
		     const void *values, uint32_t nwriters, size_t stride,
		     uint64_t *slots)
{
	memset(slots, 0, hist_slots(type) * sizeof(*slots));
	*a = (struct agg){.type = type, .slots = slots};
	merge_all(a, values, nwriters, stride);
}

uint64_t divide(uint64_t v, bool is_signed, uint64_t div)
{
	if (!div)
		return v;
	if (!is_signed)
		return v / div;
	if (div > INT64_MAX)
		return 0;
	return (uint64_t)((int64_t)v / (int64_t)div);
}

uint64_t agg_number(const struct agg *a)
{
	switch (a->type->kind) {
	case V_AVG:
	case V_STATS:
		return divide(a->value, a->type->is_signed, a->count);
	case V_HIST:
	case V_LHIST:
		return a->count;
	default:
		return a->value;
	}
}

static void write_stats(struct fmt *f, const struct agg *a, uint64_t div)
{
	static const char *const text[] = {
		"{ .count = ", ", .average = ", ", .total = ", " }"};
	static const char *const tight[] = {
		"{.count=", ",.average=", ",.total=", "}"};
	static const char *const json[] = {
		"{\"count\": ", ", \"average\": ", ", \"total\": ", "}"};
	const char *const *w = f->mode == FORMAT_JSON ? json
			       : f->tight	      ? tight
						      : text;

	buf_add_str(f->out, w[0]);
	write_number(f, a->count, false);
	buf_add_str(f->out, w[1]);
	write_number(f, divide(agg_number(a), a->type->is_signed, div),
		     a->type->is_signed);
	buf_add_str(f->out, w[2]);
	write_number(f, a->value, a->type->is_signed);
	buf_add_str(f->out, w[3]);
}

void write_agg(struct fmt *f, const struct agg *a, uint64_t div)
{
	bool is_signed = a->type->is_signed && a->type->kind != V_COUNT;

	if (a->type->kind == V_STATS)
		write_stats(f, a, div);
	else
		write_number(f, divide(agg_number(a), is_signed, div),
			     is_signed);
}

/* ---- histograms
 * ------------------------------------------------------------------ */

/* One bucket: [low, high), open where the flags say so. The labels are made
 * from the bucket's number: its bounds need not fit in 64 bits. */
struct bucket {
	bool no_low, no_high, single;
	char low[LABEL_ROOM], high[LABEL_ROOM];
	/* For JSON; the last value is part of the bucket. */
	bool is_signed;
	uint64_t first, last;
};

/* Lower bound of bucket i >= 1 + K of hist(n, k): (K + sub) << power, with the
 * suffix of the 2^10 step that the power has reached. */
static void hist_bound(char *text, size_t i, unsigned k)
{
	size_t K = (size_t)1 << k, j = i - 1 - K;
	unsigned power = (unsigned)(j >> k), decade = power / 10;
	uint64_t mantissa = (K + (j & (K - 1))) << (power - 10 * decade);
	char suffix[2] = {"\0KMGTPE"[decade], '\0'};

	snprintf(text, LABEL_ROOM, "%" PRIu64 "%s", mantissa, suffix);
}

static uint64_t hist_first(size_t i, unsigned k)
{
	size_t K = (size_t)1 << k, j = i - 1 - K;

	if (i <= K)
		return i - 1;
	return (j >> k) >= 64 - k ? 0
				  : (uint64_t)(K + (j & (K - 1))) << (j >> k);
}

static void hist_bucket(const struct vtype *type, size_t i, struct bucket *b)
{
	unsigned k = type->hist_bits;
	size_t K = (size_t)1 << k;

	if (!i) {
		b->no_low = b->is_signed = true;
		b->last = (uint64_t)-1;
		snprintf(b->high, LABEL_ROOM, "0");
		return;
	}
	b->first = hist_first(i, k);
	b->last = hist_first(i + 1, k) - 1; /* 0 - 1: the last of all */
	b->single = i <= 2 * K;
	if (i > K)
		hist_bound(b->low, i, k);
	else
		snprintf(b->low, LABEL_ROOM, "%zu", i - 1);
	if (i + 1 > K)
		hist_bound(b->high, i + 1, k);
	else
		snprintf(b->high, LABEL_ROOM, "%zu", i);
}

static void lhist_bound(char *text, int64_t v, int64_t step)
{
	const int64_t kilo = 1024, mega = 1024 * 1024;

	if (step % kilo || !v || v % kilo)
		snprintf(text, LABEL_ROOM, "%" PRId64, v);
	else if (v % mega)
		snprintf(text, LABEL_ROOM, "%" PRId64 "K", v / kilo);
	else
		snprintf(text, LABEL_ROOM, "%" PRId64 "M", v / mega);
}

static void lhist_bucket(const struct vtype *type, size_t i, struct bucket *b)
{
	uint64_t steps = lhist_steps(type), step = (uint64_t)type->lhist.step;
	int64_t low = (int64_t)((uint64_t)type->lhist.min +
				((uint64_t)i - 1) * step);
	int64_t high = (int64_t)((uint64_t)low + step);

	b->is_signed = true;
	b->no_low = !i;
	b->no_high = i == steps + 1;
	b->first = (uint64_t)low;
	b->last = (uint64_t)high - 1;
	b->single = step == 1 && !b->no_low && !b->no_high;
	lhist_bound(b->low, low, type->lhist.step);
	lhist_bound(b->high, high, type->lhist.step);
}

/* count * BAR / most, without a product that 64 bits do not hold. */
static int bar_width(uint64_t count, uint64_t most)
{
	uint64_t rest = 0;
	int width = 0;

	if (!most)
		return 0;
	for (int i = 0; i < BAR; i++) {
		if (rest >= most - count) {
			rest -= most - count;
			width++;
		} else {
			rest += count;
		}
	}
	return width;
}

static void write_row(struct buf *out, const struct bucket *b, uint64_t count,
		      uint64_t most)
{
	char label[2 * LABEL_ROOM + 8], bar[BAR + 1];
	int width = bar_width(count, most);

	if (b->single)
		snprintf(label, sizeof(label), "[%s]", b->low);
	else if (b->no_low)
		snprintf(label, sizeof(label), "(..., %s)", b->high);
	else if (b->no_high)
		snprintf(label, sizeof(label), "[%s, ...)", b->low);
	else
		snprintf(label, sizeof(label), "[%s, %s)", b->low, b->high);
	memset(bar, '@', sizeof(bar));
	bar[width] = '\0';
	buf_printf(out, "%-16s%8" PRIu64 " |%-*s|\n", label, count, BAR, bar);
}

static void write_object(struct fmt *f, const struct bucket *b, uint64_t count,
			 bool first)
{
	buf_add_str(f->out, first ? "{" : ", {");
	if (!b->no_low) {
		buf_add_str(f->out, "\"min\": ");
		write_number(f, b->first, b->is_signed);
		buf_add_str(f->out, ", ");
	}
	if (!b->no_high) {
		buf_add_str(f->out, "\"max\": ");
		write_number(f, b->last, b->is_signed);
		buf_add_str(f->out, ", ");
	}
	buf_printf(f->out, "\"count\": %" PRIu64 "}", count);
}

struct range {
	size_t first, end; /* from the first to the last non-empty bucket */
	uint64_t most;
};

static struct range range_of(const uint64_t *slots, size_t n)
{
	struct range r = {0, 0, 0};

	for (size_t i = 0; i < n; i++) {
		if (!slots[i])
			continue;
		if (!r.end)
			r.first = i;
		r.end = i + 1;
		if (slots[i] > r.most)
			r.most = slots[i];
	}
	return r;
}

/* Rows, each with its newline; or a JSON array. */
void write_hist(struct fmt *f, const struct agg *a, uint64_t div)
{
	bool json = f->mode == FORMAT_JSON;
	size_t n = a->slots ? hist_slots(a->type) : 0;
	struct range r = range_of(a->slots, n);

	if (json)
		buf_add_char(f->out, '[');
	for (size_t i = r.first; i < r.end; i++) {
		uint64_t count = divide(a->slots[i], false, div);
		struct bucket b = {0};

		if (a->type->kind == V_HIST)
			hist_bucket(a->type, i, &b);
		else
			lhist_bucket(a->type, i, &b);
		if (json)
			write_object(f, &b, count, i == r.first);
		else
			write_row(f->out, &b, count,
				  divide(r.most, false, div));
	}
	if (json)
		buf_add_char(f->out, ']');
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The formatter against a file of expected output: every case writes text and
 * JSON, and is found by its name in format.golden. With UPD_GOLDEN_WRITE set
 * it writes that file to the path given there instead.
 */
#include "format-fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Numbers that fit a byte, as bytes of memory in a string. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NUM4(byte) "\0\0\0" byte
#define NUM8(byte) "\0\0\0\0\0\0\0" byte
#else
#define NUM4(byte) byte "\0\0\0"
#define NUM8(byte) byte "\0\0\0\0\0\0\0"
#endif

static const struct vtype i64 = {V_INT, 8, true};
static const struct vtype u64 = {V_INT, 8, false};
static const struct vtype i32 = {V_INT, 4, true};
static const struct vtype u32 = {V_INT, 4, false};
static const struct vtype i8 = {V_INT, 1, true};
static const struct vtype boolean = {V_BOOL, 1};
static const struct vtype str8 = {V_STRING, 8};
static const struct vtype pointer = {V_PTR, 8};
static const struct vtype buffer = {V_BUFFER, 12};

static struct buf all; /* what the cases wrote */

static void head(const char *name)
{
	buf_printf(&all, "== %s\n", name);
}

static void both(const struct vtype *t, const void *data)
{
	format_value(&fake_env, FORMAT_TEXT, t, data, &all);
	buf_add_str(&all, "\n");
	format_value(&fake_env, FORMAT_JSON, t, data, &all);
	buf_add_str(&all, "\n");
}

/* ---- values
 * ------------------------------------------------------------------ */

static void integers(void)
{
	static const int64_t signeds[] = {0, -1, INT64_MIN, INT64_MAX};
	static const uint64_t unsigneds[] = {UINT64_MAX, UINT64_C(1) << 53,
					     (UINT64_C(1) << 53) + 1,
					     UINT64_C(1) << 63};
	const int32_t minus = -5;
	const int8_t small = -128;
	const uint64_t address = 0x12345678;

	head("integers");
	for (size_t i = 0; i < COUNT(signeds); i++)
		both(&i64, &signeds[i]);
	for (size_t i = 0; i < COUNT(unsigneds); i++)
		both(&u64, &unsigneds[i]);
	both(&i32, &minus);
	both(&u32, &minus);
	both(&i8, &small);
	both(&boolean, "\1");
	both(&boolean, "\0");
	both(&pointer, &address);
}

static void strings(void)
{
	head("strings");
	both(&str8, "abc\0\0\0\0");
	both(&str8, "\0\0\0\0\0\0\0");
	both(&str8, "1234567\0");
	both(&str8, "12345678"); /* cut */
	both(&str8, "\"\\\n\t\r\1\x7f");
	both(&str8, "\xc3\xa9\xff\xc3(\0\0");
	both(&str8, "\xe2\x82\xac\xed\xa0\x80\0"); /* euro, a surrogate */
	both(&str8, "\xc0\x80\xf0\x9f\x98\x80\0"); /* overlong, emoji */
	both(&str8, "\xe2\x82\0\0\0\0\0");	   /* cut in a character */
	fake_lang.config.str_trunc_trailer = "_xxx";
	both(&str8, "12345678");
	fake_lang.config.str_trunc_trailer = "..";
}

static void buffers(void)
{
	head("buffers");
	both(&buffer, NUM4("\6") "a\\\n\xff b!!");
	both(&buffer, "\0\0\0\0abcdefgh");
	both(&buffer, "\xff\xff\xff\xff"
		      "abcdefgh"); /* more than there is */
}

static void tuples(void)
{
	static const struct vfield inner[] = {{NULL, &i64, 0}, {NULL, &i64, 8}};
	static const struct vtype pair = {V_TUPLE, 16, .fields = inner,
					  .nfields = 2};
	static const struct vfield fields[] = {
		{NULL, &i64, 0}, {NULL, &str8, 8}, {NULL, &pair, 16}};
	static const struct vtype tuple = {V_TUPLE, 32, .fields = fields,
					   .nfields = 3};
	static const struct vfield named[] = {{"a", &i64, 0}, {"b", &str8, 8}};
	static const struct vtype record = {V_RECORD, 16, .fields = named,
					    .nfields = 2};
	static const struct vtype empty = {V_RECORD, 0};
	static const struct vtype array = {V_ARRAY, 24, .elem = &i64,
					   .count = 3};
	const int64_t numbers[] = {1, 2, 3};
	struct {
		int64_t n;
		char s[8];
		int64_t x, y;
	} v = {1, "a\"b", 2, 3};

	head("tuples");
	both(&tuple, &v);
	both(&record, &v);
	both(&empty, &v);
	both(&array, numbers);
}

static void names(void)
{
	static const char *const formats[] = {"%Y-%m-%d %H:%M:%S.%f %k %l %%f"};
	static const struct vtype usym = {V_USYM, 16}, when = {V_TIMESTAMP, 16},
				  inet = {V_INET, 24}, mac = {V_MAC, 8},
				  error = {V_STRERROR, 8, true},
				  signame = {V_SIGNAME, 8, true};
	const struct v_sym known = {.addr = 0x1010}, unknown = {.addr = 0x99};
	const struct v_time t = {.ns = 1002003004, .fmt = 0};
	const int64_t eperm = 1, sigint = 2, nosig = 4000;

	fake_lang.strings = formats;
	fake_lang.nstrings = 1;
	head("names");
	both(&usym, &known);
	both(&usym, &unknown);
	both(&when, &t);
	both(&inet, NUM8("\2") "\x7f\0\0\1\0\0\0\0\0\0\0\0\0\0\0");
	both(&inet, NUM8("\12") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
	both(&inet, NUM8("\3") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
	both(&mac, "\5\4\3\2\1\xab\0");
	both(&error, &eperm);
	both(&signame, &sigint);
	both(&signame, &nosig);
}

static void stacks(void)
{
	struct vtype t = {V_USTACK, sizeof(struct v_stack)};
	struct v_stack s = {.id = 7, .pid = 1};

	head("stacks");
	t.stack.limit = 127;
	both(&t, &s);
	t.stack.mode = V_STACK_PERF;
	both(&t, &s);
	t.stack.mode = V_STACK_RAW;
	both(&t, &s);
	t.stack.limit = 1;
	both(&t, &s);
	s.id = -14;
	both(&t, &s);
}

/* ---- C types
 * ------------------------------------------------------------------- */

static void c_types(void)
{
	struct ctypes *ts = ctypes_new();
	const struct ctype *ci = ctype_int(ts, 4, true);
	struct ctype *ch = ctype_make(ts, CTYPE_INT, "char", 1);
	struct ctype *en = ctype_make(ts, CTYPE_ENUM, "color", 4);
	struct ctype *fl = ctype_make(ts, CTYPE_FLOAT, "float", 4);
	struct ctype *un = ctype_make(ts, CTYPE_UNION, NULL, 4);
	struct ctype *st = ctype_make(ts, CTYPE_STRUCT, "s", 40);
	struct cvalue colors[] = {{"RED", 0}, {"NONE", -1}};
	struct cfield either[] = {{"i", ci, 0, 0, 0}, {"f", fl, 0, 0, 0}};
	struct cfield fields[] = {
		{"m", ci, 0, 0, 0},
		{"name", NULL, 4, 0, 0},
		{"p", ctype_ptr(ts, st, 8), 8, 0, 0},
		{"c", en, 16, 0, 0},
		{NULL, un, 20, 0, 0},
		{"a", ctype_array(ts, ci, 2), 24, 0, 0},
		{"low", ci, 32, 0, 3},
		{NULL, ci, 32, 3, 2},
		{"high", ci, 32, 5, 4},
		{"beyond", ci, 38, 0, 0},
		{"self", st, 0, 0, 0}, /* as no compiler would say */
	};
	const struct vtype type = {V_STRUCT, 40, .c = st};
	struct vtype en_type = {V_ENUM, 4, .c = en};
	struct {
		int32_t m;
		char name[4];
		uint64_t p;
		int32_t c;
		float f;
		int32_t a[2];
		uint32_t bits, rest;
	} v = {-2, "abcd", 0x10, -1, 1.5f, {3, 4}, 5 | 9 << 5, 0};

	ch->is_char = ch->is_signed = true;
	en->values = colors;
	en->nvalues = 2;
	en->is_signed = true;
	fields[1].type = ctype_array(ts, ch, 4);
	un->fields = either;
	un->nfields = 2;
	st->fields = fields;
	st->nfields = COUNT(fields) - 1;
	head("c types");
	both(&type, &v);
	both(&en_type, &v.c);
	both(&en_type, &v.m);
	/* A type that contains itself ends. */
	st->nfields++;
	struct buf deep;
	buf_init(&deep);
	format_value(&fake_env, FORMAT_JSON, &type, &v, &deep);
	ck_assert(!buf_failed(&deep));
	buf_release(&deep);
	ctypes_free(ts);
}

/* ---- maps
 * ------------------------------------------------------------------------ */

static void map_both(const struct lang_map *m, struct format_entry *e, size_t n,
		     uint32_t nwriters, uint64_t top, uint64_t div)
{
	uint32_t stride = (m->value->size + 7) & ~7u;

	for (int mode = FORMAT_TEXT; mode <= FORMAT_JSON; mode++)
		ck_assert_int_eq(format_map(&fake_env, mode, m, e, n, nwriters,
					    stride, top, div, &all),
				 0);
}

/* Keys of one word, values of `words` words for each of nwriters. */
static void map_words(const struct vtype *key, const struct vtype *value,
		      const void *keys, const uint64_t *values, size_t words,
		      size_t n, uint32_t nwriters, uint64_t top, uint64_t div)
{
	const struct lang_map m = {.name = "@x", .key = key, .value = value};
	struct format_entry e[16];

	for (size_t i = 0; i < n; i++)
		e[i] = (struct format_entry){(const uint8_t *)keys + 8 * i,
					     values + i * words * nwriters};
	map_both(&m, e, n, nwriters, top, div);
}

static void map_orders(void)
{
	static const struct vtype count = {V_COUNT, 8}, sum = {V_SUM, 8, true},
				  min = {V_MIN, 16, true}, max = {V_MAX, 16},
				  avg = {V_AVG, 16, true},
				  stats = {V_STATS, 16, true};
	const uint64_t one[] = {42};
	const bool yes[8] = {true};
	const int64_t keys[] = {3, -1, 2};
	/* two writers each */
	const uint64_t counts[] = {5, 5, 1, 1, 2, 1};
	const int64_t sums[] = {-5, -5, 1, 1, 2, -9};
	const int64_t extremes[] = {4, 1, -7, 1, 0, 0, 9, 1, -2, 1, 3, 0};
	const int64_t totals[] = {-7, 1, 0, 1, 100, 3, 0, 0, 5, 0, 0, 0};

	head("map orders");
	map_words(NULL, &i64, one, one, 1, 1, 1, 0, 0);
	map_words(&i64, &i64, keys, counts, 1, 3, 1, 0, 0);
	map_words(&i64, &count, keys, counts, 1, 3, 2, 0, 0);
	map_words(&i64, &sum, keys, (const uint64_t *)sums, 1, 3, 2, 0, 0);
	map_words(&i64, &min, keys, (const uint64_t *)extremes, 2, 3, 2, 0, 0);
	map_words(&i64, &max, keys, (const uint64_t *)extremes, 2, 3, 2, 0, 0);
	map_words(&i64, &avg, keys, (const uint64_t *)totals, 2, 3, 2, 0, 0);
	map_words(&i64, &stats, keys, (const uint64_t *)totals, 2, 3, 2, 0, 0);
	map_words(NULL, &stats, keys, (const uint64_t *)totals, 2, 1, 2, 0, 0);
	map_words(&i64, &str8, keys,
		  (const uint64_t *)"b\0\0\0\0\0\0\0"
				    "a\0\0\0\0\0\0\0"
				    "c\0\0\0\0\0\0",
		  1, 3, 1, 0, 0);
	map_words(&str8, &boolean,
		  "b c\0\0\0\0\0"
		  "(a)\0\0\0\0\0"
		  "B\0\0\0\0\0\0",
		  (const uint64_t *)(const void *)yes, 0, 3, 1, 0, 0);
}

static void map_top_div(void)
{
	static const struct vtype count = {V_COUNT, 8}, avg = {V_AVG, 16, true};
	const int64_t keys[] = {1, 2, 3, 4};
	const uint64_t counts[] = {40, 10, 30, 20};
	const int64_t averages[] = {10, 1, -20, 1, 30, 1, 40, 1};

	head("map top and div");
	map_words(&i64, &count, keys, counts, 1, 4, 1, 2, 0);
	map_words(&i64, &count, keys, counts, 1, 4, 1, 10, 10);
	map_words(&i64, &avg, keys, (const uint64_t *)averages, 2, 4, 1, 0, 3);
}

static void map_keys(void)
{
	static const struct vfield fields[] = {{NULL, &str8, 0},
					       {NULL, &i64, 8}};
	static const struct vtype tuple = {V_TUPLE, 16, .fields = fields,
					   .nfields = 2};
	static const struct vtype stack = {V_USTACK, sizeof(struct v_stack),
					   .stack = {.limit = 127}};
	static const struct vtype count = {V_COUNT, 8};
	const struct lang_map m = {.name = "@", .key = &tuple, .value = &str8};
	const struct lang_map s = {
		.name = "@s", .key = &stack, .value = &count};
	struct {
		char s[8];
		int64_t n;
	} k[] = {{"b c", 1}, {"a", 10}, {"a", -2}};
	struct v_stack id = {.id = 7};
	struct format_entry e[] = {
		{&k[0], "x\0\0\0\0\0\0"},
		{&k[1], "y\0\0\0\0\0\0"},
		{&k[2], "z\0\0\0\0\0\0"},
	};
	struct format_entry stacks_e[] = {{&id, NUM8("\3")}};

	head("map keys");
	map_both(&m, e, 3, 1, 0, 0);
	map_both(&s, stacks_e, 1, 1, 0, 0);
	map_both(&s, stacks_e, 0, 1, 0, 0); /* empty: nothing */
}

/* The bucket of v in hist(n, k), as the runtime counts. */
static size_t slot_of(int64_t v, unsigned k)
{
	size_t K = (size_t)1 << k;
	unsigned power = 0;

	if (v < 0)
		return 0;
	if ((uint64_t)v < K)
		return (size_t)v + 1;
	while (v >> power >= (int64_t)(2 * K))
		power++;
	return 1 + K + ((size_t)power << k) + (size_t)((v >> power) & (K - 1));
}

static void hist_of(unsigned k, const int64_t *v, size_t n)
{
	static uint64_t slots[V_HIST_BUCKETS(5)];
	struct vtype t = {V_HIST, 8 * V_HIST_BUCKETS(k)};
	const struct lang_map m = {.name = "@h", .value = &t};
	struct format_entry e = {NULL, slots};

	t.hist_bits = k;
	memset(slots, 0, sizeof(slots));
	for (size_t i = 0; i < n; i++)
		slots[slot_of(v[i], k)]++;
	map_both(&m, &e, 1, 1, 0, 0);
}

static void histograms(void)
{
	static const int64_t few[] = {-1, 2, 3, 4, 16};
	static const int64_t two[] = {2, 1025};
	static const int64_t exact[] = {0, 1};
	static const int64_t big[] = {1024 * 1024, 1 << 30, INT64_MAX};
	static const int64_t fine[] = {0, 3, 4, 8, 9, 10, 4096, 5000};

	head("histograms");
	hist_of(0, few, COUNT(few));
	hist_of(0, two, COUNT(two));
	hist_of(0, exact, COUNT(exact));
	hist_of(0, big, COUNT(big));
	hist_of(0, big, 0);
	hist_of(2, fine, COUNT(fine));
}

static void linear_histograms(void)
{
	struct vtype t = {V_LHIST, 8 * 12, .lhist = {0, 100, 10}};
	struct vtype ones = {V_LHIST, 8 * 5, .lhist = {-1, 2, 1}};
	struct vtype kilo = {V_LHIST, 8 * 5, .lhist = {0, 3 << 20, 1 << 20}};
	const struct lang_map m[] = {
		{.name = "@l", .value = &t},
		{.name = "@l", .value = &ones},
		{.name = "@l", .key = &i64, .value = &kilo}};
	const uint64_t slots[12] = {1, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 1};
	const uint64_t more[10] = {1, 2, 3, 4, 5, 0, 0, 7, 0, 0};
	const int64_t keys[] = {5, 4};
	struct format_entry a = {NULL, slots}, b = {NULL, more};
	struct format_entry c[] = {{&keys[0], more}, {&keys[1], more + 5}};

	head("linear histograms");
	map_both(&m[0], &a, 1, 1, 0, 0);
	map_both(&m[1], &b, 1, 1, 0, 0);
	map_both(&m[1], &b, 1, 2, 0, 0); /* the second copy is merged in */
	map_both(&m[2], c, 2, 1, 0, 0);
}

/* ---- printf
 * ------------------------------------------------------------------------- */

static void print(const char *fmt, const struct vtype *t, const void *data)
{
	const struct vfield f[] = {{NULL, t, 0}, {NULL, t, 0}};

	format_printf(&fake_env, fmt, f, 2, data, &all);
	buf_add_char(&all, '\n');
}

/* Nobody wants a line of a gigabyte. */
START_TEST(width_has_a_limit)
{
	const struct vfield f = {NULL, &i64, 0};
	const int64_t n = 1;
	struct buf out;

	buf_init(&out);
	format_printf(&fake_env, "%99999999999d", &f, 1, &n, &out);
	ck_assert_uint_eq(out.len, 4096);
	buf_release(&out);
}
END_TEST

static void printfs(void)
{
	static const struct vtype uint32 = {V_INT, 4, false};
	const uint64_t big = UINT64_C(0x100000001), x = 0x12345678abcdef;
	const int64_t minus = -2;
	const uint32_t high = 0xffffffff;
	const uint64_t letter = 'A';

	head("printf");
	print("%d %ld %lld %u %x %lx", &u64, &big);
	print("%d|%lld", &u64, &big);
	print("%hhx %hx", &u64, &x);
	print("%x %jx", &u64, &x);
	print("%d %u", &i64, &minus);
	print("%ld %lu", &i64, &minus);
	print("%d %u", &uint32, &high);
	print("%ld %lu", &uint32, &high);
	print("[%5d] [%-5d]", &i64, &minus);
	print("[%05d] [%+d]", &i64, &minus);
	print("[%#x] [%08lx]", &u64, &x);
	print("[% d] [%o]", &u64, &letter);
	print("%c%c", &u64, &letter);
	print("%p [%12p]", &u64, &letter);
	print("%s %s", &u64, &letter);
	print("[%6s] [%-6s]", &str8, "abc\0\0\0\0");
	print("[%.2s] [%10.3s]", &str8, "abcdefg");
	print("%s|%s", &str8, "12345678");
	print("%s %d", &boolean, "\1");
	print("%r %rx", &buffer, NUM4("\3") "a\n\xff");
	print("%rh|%s", &buffer, NUM4("\3") "a\n\xff");
	print("100%% %d %d %d", &u64, &letter);
	print("%", &u64, &letter);
	print("%-", &u64, &letter);
	print("%5", &u64, &letter);
}

/* ---- records
 * ---------------------------------------------------------------------------
 */

struct numbers {
	struct event_record head;
	int64_t n;
	char s[8];
};

static const struct vfield number_fields[] = {{NULL, &i64, 16},
					      {NULL, &str8, 24}};
static const struct vtype map_count = {V_COUNT, 8};
static const struct lang_map record_maps[] = {
	{.name = "@m", .key = &i64, .value = &map_count}};
static const struct lang_action actions[] = {
	{LANG_ACT_PRINTF, "n=%d s=%s\n", NULL, number_fields, 2, 32},
	{LANG_ACT_PRINT, NULL, NULL, number_fields, 1, 24},
	{LANG_ACT_PRINT_MAP, .size = 16},
	{LANG_ACT_TIME, "%Y %S\n", NULL, number_fields, 1, 24},
	{LANG_ACT_CAT, "%s/%s", NULL, number_fields, 0, 16},
	{LANG_ACT_JOIN, ",", NULL, number_fields, 2, 32},
	{LANG_ACT_SYSTEM, "x"},
	{LANG_ACT_ERROR, "bad %d", NULL, number_fields, 2, 32},
	{LANG_ACT_WARN, "odd %d\n", NULL, number_fields, 2, 32},
	{LANG_ACT_RUNTIME, "it could not be read",
	 .helper = "probe_read_user", .size = 24, .src_begin = 8,
	 .src_end = 12},
	{LANG_ACT_CAT, "format-cat.txt", NULL, NULL, 0, 16},
};

static void record_both(const void *record, size_t len, int want)
{
	for (int mode = FORMAT_TEXT; mode <= FORMAT_JSON; mode++) {
		struct buf errs;

		buf_init(&errs);
		ck_assert_int_eq(format_record(&fake_env, mode, record, len,
					       &all, &errs),
				 want);
		buf_printf(&all, "%s%s", errs.len ? "stderr: " : "",
			   buf_str(&errs));
		buf_release(&errs);
	}
}

static void records_setup(void)
{
	fake_lang.actions = actions;
	fake_lang.nactions = COUNT(actions);
	fake_lang.maps = record_maps;
	fake_lang.nmaps = 1;
}

static void records(void)
{
	struct numbers r = {{0, 0, 1, 1}, -14, "w\"x"};
	struct {
		struct event_record head;
		struct event_snapshot s;
		uint64_t entries[6];
	} snap = {{2, 0, 1, 1}, {0, 2, 2, 0, 0, 0}, {7, 1, 2, /**/ 8, 1, 0}};
	FILE *f = fopen("format-cat.txt", "w");

	ck_assert_ptr_nonnull(f);
	fputs("sixteen bytes, and more", f);
	fclose(f);
	records_setup();
	head("records");
	record_both(&r, sizeof(r), 0);
	r.head.action = 1;
	record_both(&r, sizeof(r), 0);
	record_both(&snap, sizeof(snap), 0);
	snap.s.top = 1;
	record_both(&snap, sizeof(snap), 0);
	r.head.action = 3;
	r.n = 5000000000;
	record_both(&r, sizeof(r), 0);
	r.n = -14;
	r.head.action = 5;
	record_both(&r, sizeof(r), 0);
	for (unsigned i = 7; i <= 10; i++) {
		r.head.action = i;
		record_both(&r, sizeof(r), 0);
	}
	remove("format-cat.txt");
	record_both(&r, sizeof(r), 0);
	format_attached(FORMAT_TEXT, 1, &all);
	format_attached(FORMAT_TEXT, 2, &all);
	format_attached(FORMAT_JSON, 2, &all);
	format_lost(FORMAT_TEXT, 3, "uprobe:/bin/x:f", &all);
	format_lost(FORMAT_JSON, 3, "uprobe:/bin/x:f", &all);
}

/* ---- against the file
 * --------------------------------------------------------------------- */

static void (*const cases[])(void) = {
	integers,   strings,	       buffers,	   tuples,	names,
	stacks,	    c_types,	       map_orders, map_top_div, map_keys,
	histograms, linear_histograms, printfs,	   records,
};

static char *read_golden(void)
{
	const char *dir = getenv("top_srcdir");
	char path[4096];
	struct buf b;
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s/tests/unit/format.golden",
		 dir ? dir : ".");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	buf_init(&b);
	while ((c = getc(f)) != EOF)
		buf_add_char(&b, (char)c);
	fclose(f);
	return buf_steal(&b);
}

START_TEST(golden)
{
	const char *to = getenv("UPD_GOLDEN_WRITE");
	char *want, *w, *g;
	int line = 1;

	setenv("TZ", "UTC", 1);
	buf_init(&all);
	cases[_i]();
	ck_assert(!buf_failed(&all));
	if (to) {
		FILE *f = fopen(to, "a");

		fwrite(all.data, 1, all.len, f);
		fclose(f);
	}
	want = read_golden();
	g = buf_steal(&all);
	w = strstr(want, strtok(strdup(g), "\n"));
	ck_assert_msg(w != NULL, "no such case");
	for (char *p = g; *p; line++) {
		size_t n = strcspn(p, "\n"), m = strcspn(w, "\n");

		ck_assert_msg(n == m && !memcmp(p, w, n),
			      "line %d\n got: %.*s\nwant: %.*s", line, (int)n,
			      p, (int)m, w);
		p += n + (p[n] == '\n');
		w += m + (w[m] == '\n');
	}
	ck_assert_msg(!*w || !strncmp(w, "== ", 3), "lines are missing: %s", w);
	free(g);
	free(want);
}
END_TEST

/* ---- records that a hostile writer made
 * ------------------------------------------------------ */

static int quiet_record(const void *data, size_t len)
{
	/* In a block of its own length, so that a sanitizer sees overruns. */
	void *copy = malloc(len ? len : 1);
	struct buf out, errs;
	int rc;

	memcpy(copy, data, len);
	buf_init(&out);
	buf_init(&errs);
	rc = format_record(&fake_env, FORMAT_JSON, copy, len, &out, &errs);
	buf_release(&out);
	buf_release(&errs);
	free(copy);
	return rc;
}

START_TEST(records_cut_short)
{
	struct numbers r = {{0, 0, 1, 1}, 1, "abc"};

	records_setup();
	for (size_t len = 0; len < sizeof(r); len++)
		ck_assert_int_eq(quiet_record(&r, len), ERR_FORMAT);
	ck_assert_int_eq(quiet_record(&r, sizeof(r)), 0);
	r.head.action = COUNT(actions);
	ck_assert_int_eq(quiet_record(&r, sizeof(r)), ERR_FORMAT);
	r.head.action = 6; /* system(): not the formatter's */
	ck_assert_int_eq(quiet_record(&r, sizeof(r)), ERR_FORMAT);
}
END_TEST

START_TEST(snapshots_that_lie)
{
	struct {
		struct event_record head;
		struct event_snapshot s;
		uint64_t entries[6];
	} good = {{2, 0, 1, 1}, {0, 2, 2, 0, 0, 0}, {7, 1, 2, 8, 1, 0}}, bad;

	records_setup();
	ck_assert_int_eq(quiet_record(&good, sizeof(good)), 0);
	bad = good;
	bad.s.map = 1;
	ck_assert_int_eq(quiet_record(&bad, sizeof(bad)), ERR_FORMAT);
	bad = good;
	bad.s.count = 3;
	ck_assert_int_eq(quiet_record(&bad, sizeof(bad)), ERR_FORMAT);
	bad = good;
	bad.s.nwriters = 0;
	ck_assert_int_eq(quiet_record(&bad, sizeof(bad)), ERR_FORMAT);
	bad.s.nwriters = UINT32_MAX;
	ck_assert_int_eq(quiet_record(&bad, sizeof(bad)), ERR_FORMAT);
	bad.s.count = UINT32_MAX;
	ck_assert_int_eq(quiet_record(&bad, sizeof(bad)), ERR_FORMAT);
}
END_TEST

START_TEST(random_records)
{
	uint64_t raw[16];

	records_setup();
	srand(3);
	for (int i = 0; i < 100000; i++) {
		for (size_t k = 0; k < COUNT(raw); k++)
			raw[k] = (uint64_t)rand() << 32 | (unsigned)rand();
		raw[0] = (uint64_t)(rand() % 10);
		if (rand() % 2) { /* plausible snapshots */
			raw[2] = (uint64_t)(rand() % 2) | (uint64_t)(rand() % 8)
								  << 32;
			raw[3] = (uint64_t)(rand() % 4) | (uint64_t)(rand() % 3)
								  << 32;
		}
		if (raw[0] != 4)
			quiet_record(raw, (size_t)rand() % sizeof(raw));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("format");
	TCase *t = tcase_create("format");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, golden, 0, (int)COUNT(cases));
	tcase_add_test(t, width_has_a_limit);
	tcase_add_test(t, records_cut_short);
	tcase_add_test(t, snapshots_that_lie);
	tcase_add_test(t, random_records);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

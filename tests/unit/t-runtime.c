/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "rt.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ck_assert tells its parent of every check: too slow for a hot loop. */
#define sure(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			ck_abort_msg("%s", #x);                                \
	} while (0)

enum { HASH, PERCPU, ARRAY, STACKS, RING, LRU, NMAPS };

static const struct rt_map_def defs[NMAPS] = {
	[HASH] = {RT_HASH, 12, 20, 1000},
	[PERCPU] = {RT_PERCPU_HASH, 8, 8, 100},
	[ARRAY] = {RT_ARRAY, 4, 24, 10},
	[STACKS] = {RT_STACK_TRACE, 4, 8 * 16, 64},
	[RING] = {RT_RINGBUF, 0, 0, 65536},
	[LRU] = {RT_LRU_HASH, 4, 4, 64},
};

enum { NWRITERS = 8 };

static void *mem;
static uint64_t size;
static struct rt rt;

static void setup(void)
{
	size = rt_size(defs, NMAPS, NWRITERS, 1 << 30);
	ck_assert_uint_gt(size, 0);
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(mem, MAP_FAILED);
	ck_assert_int_eq(rt_init(mem, size, defs, NMAPS, NWRITERS), 0);
	ck_assert_int_eq(rt_attach(&rt, mem, size, 0), 0);
}

static void teardown(void)
{
	munmap(mem, size);
}

struct key {
	uint32_t a, b, c;
};

/* Against a plain array, with random operations. */
START_TEST(hash_like_an_array)
{
	struct rt_map *m = rt_map(&rt, HASH);
	static uint32_t model[2000];
	uint32_t value[5] = {0}, *got, live = 0;
	uint64_t seed = 7;

	for (int i = 0; i < 200000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		uint32_t k = (uint32_t)(seed >> 33) % 2000;
		struct key key = {k, k / 3, 0};
		int rc;

		got = rt_lookup(m, &key);
		sure((got ? got[4] : 0) == model[k]);
		if (seed >> 63) {
			value[4] = (uint32_t)i + 1;
			rc = rt_update(m, &key, value, RT_ANY);
			if (!model[k] && live == 1000) {
				sure(rc == -E2BIG);
				continue;
			}
			sure(rc == 0);
			live += !model[k];
			model[k] = value[4];
		} else {
			sure(rt_delete(m, &key) ==
			     (model[k] ? 0 : -ENOENT));
			live -= model[k] != 0;
			model[k] = 0;
		}
		sure(rt_len(m) == live);
	}
	ck_assert_uint_gt(rt_full_count(m), 0);
	rt_clear(m);
	ck_assert_uint_eq(rt_len(m), 0);
}
END_TEST

START_TEST(update_flags)
{
	struct rt_map *m = rt_map(&rt, HASH);
	struct key key = {1, 2, 3};
	char value[20] = "x";

	ck_assert_int_eq(rt_update(m, &key, value, RT_EXIST), -ENOENT);
	ck_assert_int_eq(rt_update(m, &key, value, RT_NOEXIST), 0);
	ck_assert_int_eq(rt_update(m, &key, value, RT_NOEXIST), -EEXIST);
	ck_assert_int_eq(rt_update(m, &key, value, RT_EXIST), 0);
	ck_assert_int_eq(rt_update(m, &key, value, 3), -EINVAL);
}
END_TEST

START_TEST(iteration_is_in_order_of_insertion)
{
	struct rt_map *m = rt_map(&rt, HASH);
	uint64_t cursor = 0;
	const void *key;
	void *values;
	uint32_t n = 0;

	for (uint32_t i = 0; i < 500; i++) {
		struct key k = {i * 7919, 0, 0};
		char v[20] = "";

		ck_assert_int_eq(rt_update(m, &k, v, RT_ANY), 0);
	}
	while (rt_next(m, &cursor, &key, &values))
		ck_assert_uint_eq(((const struct key *)key)->a, n++ * 7919);
	ck_assert_uint_eq(n, 500);
}
END_TEST

/* As @x = count(), min() and max() of two writers. */
START_TEST(merging_writers)
{
	static const struct rt_map_def def = {RT_PERCPU_HASH, 8, 16, 4};
	uint64_t key = 7, none = 8, out[2] = {9, 9};
	int64_t values[2][2] = {{-3, 1}, {5, 1}};
	uint64_t need = rt_size(&def, 1, 3, 1 << 20);
	void *memory = calloc(1, need);
	struct rt views[2];

	ck_assert_int_eq(rt_init(memory, need, &def, 1, 3), 0);
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(rt_attach(&views[i], memory, need, i), 0);
		ck_assert_int_eq(rt_update(rt_map(&views[i], 0), &key,
					   values[i], RT_ANY),
				 0);
	}
	for (int how = RT_MERGE_ADD; how <= RT_MERGE_MAX_SIGNED; how++) {
		static const int64_t want[] = {2, 5, -3, -3, 5};

		ck_assert(rt_merge(rt_map(&views[1], 0), &key,
				   (enum rt_merge_how)how, out, 16));
		ck_assert_int_eq((int64_t)out[0], want[how]);
		ck_assert_uint_eq(out[1], how == RT_MERGE_ADD ? 2 : 1);
	}
	ck_assert(!rt_merge(rt_map(&views[0], 0), &none, RT_MERGE_ADD, out,
			    16));
	ck_assert_uint_eq(out[0] | out[1], 0);
	free(memory);
}
END_TEST

START_TEST(array_bounds)
{
	struct rt_map *m = rt_map(&rt, ARRAY);
	uint32_t i = 9, out = 10;
	char v[24] = "hello";

	ck_assert_int_eq(rt_update(m, &i, v, RT_ANY), 0);
	ck_assert_str_eq(rt_lookup(m, &i), "hello");
	ck_assert_ptr_null(rt_lookup(m, &out));
	ck_assert_int_eq(rt_update(m, &out, v, RT_ANY), -E2BIG);
}
END_TEST

START_TEST(lru_evicts_what_is_not_used)
{
	struct rt_map *m = rt_map(&rt, LRU);
	uint32_t hot = 1000000;

	ck_assert_int_eq(rt_update(m, &hot, &hot, RT_ANY), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		ck_assert_int_eq(rt_update(m, &i, &i, RT_ANY), 0);
		ck_assert_ptr_nonnull(rt_lookup(m, &hot));
		ck_assert_uint_le(rt_len(m), 64);
	}
}
END_TEST

START_TEST(stacks_by_content)
{
	struct rt_map *m = rt_map(&rt, STACKS);
	uint64_t ips[20] = {1, 2, 3}, got[20];
	int64_t a = rt_stack_put(m, ips, 3), b;

	ck_assert_int_ge(a, 0);
	ck_assert_int_eq(rt_stack_put(m, ips, 3), a);
	b = rt_stack_put(m, ips, 2);
	ck_assert_int_ne(a, b);
	ck_assert_uint_eq(rt_stack(m, (uint64_t)a, got, 20), 3);
	ck_assert_mem_eq(got, ips, 24);
	ck_assert_uint_eq(rt_stack(m, 64, got, 20), 0);
	ck_assert_uint_eq(rt_stack(m, UINT64_MAX, got, 20), 0);
	for (uint64_t i = 0; i < 62; i++)
		ck_assert_int_ge(rt_stack_put(m, (uint64_t[]){i + 9, 1}, 2), 0);
	ck_assert_int_eq(rt_stack_put(m, (uint64_t[]){7, 7}, 2), -E2BIG);
}
END_TEST

START_TEST(ring_wraps_and_drops)
{
	struct rt_map *m = rt_map(&rt, RING);
	char record[4096], got[4096];
	uint64_t written = 0, read_back = 0;

	for (unsigned i = 0; i < 20000; i++) {
		uint32_t len = 8 + i * 37 % 3000;

		memset(record, (int)i, len);
		if (rt_ring_output(m, record, len) == 0)
			written++;
		if (i % 3 == 0)
			continue;
		int64_t n = rt_ring_read(m, got, sizeof(got));

		sure(n >= 0);
		if (n) {
			read_back++;
			for (int64_t k = 1; k < n; k++)
				sure(got[k] == got[0]);
		}
	}
	while (rt_ring_read(m, got, sizeof(got)) > 0)
		read_back++;
	ck_assert_uint_eq(read_back, written);
	ck_assert_uint_eq(written + rt_ring_dropped(m), 20000);
	ck_assert_int_eq(rt_ring_output(m, record, 40000), -ENOSPC);
	ck_assert(rt_ring_sleep(m));
	ck_assert_int_eq(rt_ring_output(m, record, 8), 0);
	ck_assert(rt_ring_wake_needed(m));
	ck_assert(!rt_ring_wake_needed(m));
	ck_assert(!rt_ring_sleep(m));
}
END_TEST

static void add_one(struct rt_map *m, uint64_t key)
{
	uint64_t zero = 0, *v = rt_lookup(m, &key);

	if (!v) {
		rt_update(m, &key, &zero, RT_NOEXIST);
		v = rt_lookup(m, &key);
	}
	if (v)
		++*v;
}

static void writer(uint32_t number, unsigned rounds)
{
	struct rt mine;
	struct rt_map *m;

	if (rt_attach(&mine, mem, size, number))
		_exit(1);
	m = rt_map(&mine, PERCPU);
	for (unsigned i = 0; i < rounds; i++) {
		add_one(m, i % 50);
		rt_ring_output(rt_map(&mine, RING), &number, sizeof(number));
	}
	_exit(0);
}

START_TEST(many_writers_lose_nothing)
{
	enum { ROUNDS = 50000 };
	struct rt_map *m = rt_map(&rt, PERCPU), *ring = rt_map(&rt, RING);
	uint64_t cursor = 0, total = 0, records = 0;
	uint32_t number;
	const void *key;
	void *values;
	int left = NWRITERS - 1, status;

	for (uint32_t w = 1; w < NWRITERS; w++)
		if (!fork())
			writer(w, ROUNDS);
	while (left) {
		while (rt_ring_read(ring, &number, sizeof(number)) > 0)
			records++;
		if (waitpid(-1, &status, WNOHANG) > 0) {
			ck_assert_int_eq(status, 0);
			left--;
		}
	}
	while (rt_ring_read(ring, &number, sizeof(number)) > 0)
		records++;
	while (rt_next(m, &cursor, &key, &values))
		for (uint32_t w = 0; w < NWRITERS; w++)
			total += *(uint64_t *)((char *)values + w * m->stride);
	ck_assert_uint_eq(rt_len(m), 50);
	ck_assert_uint_eq(total, (uint64_t)(NWRITERS - 1) * ROUNDS);
	ck_assert_uint_eq(records + rt_ring_dropped(ring), total);
}
END_TEST

static uint64_t churn_count;

static void churn(uint32_t number)
{
	struct rt mine;

	if (rt_attach(&mine, mem, size, number))
		_exit(1);
	for (uint64_t i = 0;; i++) {
		struct key key = {(uint32_t)(i % 300), number, 0};
		char value[20] = "churn";

		rt_update(rt_map(&mine, HASH), &key, value, RT_ANY);
		if (i % 2)
			rt_delete(rt_map(&mine, HASH), &key);
		rt_ring_output(rt_map(&mine, RING), value, sizeof(value));
	}
}

/* Writers killed at random instants, locks in hand: the others go on. */
START_TEST(killed_writers_block_nobody)
{
	struct rt_map *m = rt_map(&rt, HASH), *ring = rt_map(&rt, RING);
	char value[20], got[4096];
	struct key key = {1, 1, 1};
	uint64_t seed = 3;

	for (int trial = 0; trial < 200; trial++) {
		uint32_t number = 1 + (uint32_t)trial % (NWRITERS - 1);
		pid_t pid = fork();

		if (!pid)
			churn(number);
		seed = seed * UINT64_C(6364136223846793005) + 1;
		for (uint64_t k = 0; k < (seed >> 44) % 2000; k++) {
			rt_update(m, &key, value, RT_ANY);
			churn_count += rt_ring_read(ring, got, sizeof(got)) > 0;
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		rt_writer_died(&rt, number);
		ck_assert_int_eq(rt_update(m, &key, value, RT_ANY), 0);
		while (rt_ring_read(ring, got, sizeof(got)) > 0)
			churn_count++;
		ck_assert_int_eq(rt_ring_output(ring, "x", 2), 0);
		ck_assert_int_eq(rt_ring_read(ring, got, sizeof(got)), 2);
		/* The number is given to a new writer. */
		*(volatile uint64_t *)((char *)mem + 24) = 0;
	}
}
END_TEST

/* Whatever stands in shared memory, nothing is read or written outside. */
START_TEST(hostile_memory)
{
	uint64_t seed = 11, cursor, ips[16];
	char got[4096], value[24] = "v";
	const void *key;
	void *values;

	for (int round = 0; round < 3000; round++) {
		for (int k = 0; k < 20; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			((uint8_t *)mem)[(seed >> 20) % size] =
				(uint8_t)(seed >> 8);
		}
		/* The lock words would spin for a while: see rt_lock. */
		for (uint32_t i = 0; i < 1024; i++)
			rt.maps[HASH].buckets[2 * i] = 0;
		rt_lookup(rt_map(&rt, HASH), "01234567890");
		rt_lookup(rt_map(&rt, PERCPU), "01234567");
		cursor = 0;
		while (rt_next(rt_map(&rt, HASH), &cursor, &key, &values))
			memcpy(got, values, 20);
		rt_update(rt_map(&rt, HASH), "01234567890", value, RT_ANY);
		rt_delete(rt_map(&rt, HASH), "01234567890");
		rt_stack(rt_map(&rt, STACKS), seed % 64, ips, 16);
		rt_ring_read(rt_map(&rt, RING), got, sizeof(got));
	}
}
END_TEST

START_TEST(malformed_is_refused)
{
	struct rt_map_def bad = {RT_HASH, 8, 8, 0};
	struct rt other;

	ck_assert_uint_eq(rt_size(&bad, 1, 1, 1 << 20), 0);
	bad.max_entries = UINT32_MAX;
	ck_assert_uint_eq(rt_size(&bad, 1, 1, UINT64_MAX), 0);
	ck_assert_uint_eq(rt_size(defs, NMAPS, NWRITERS, 1000), 0);
	ck_assert_int_eq(rt_attach(&other, mem, size - 1, 0), -EINVAL);
	ck_assert_int_eq(rt_attach(&other, mem, size, NWRITERS), -EINVAL);
	ck_assert_int_eq(rt_attach(&other, mem, 8, 0), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("runtime");
	TCase *tc = tcase_create("runtime");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, hash_like_an_array);
	tcase_add_test(tc, update_flags);
	tcase_add_test(tc, iteration_is_in_order_of_insertion);
	tcase_add_test(tc, merging_writers);
	tcase_add_test(tc, array_bounds);
	tcase_add_test(tc, lru_evicts_what_is_not_used);
	tcase_add_test(tc, stacks_by_content);
	tcase_add_test(tc, ring_wraps_and_drops);
	tcase_add_test(tc, many_writers_lose_nothing);
	tcase_add_test(tc, killed_writers_block_nobody);
	tcase_add_test(tc, hostile_memory);
	tcase_add_test(tc, malformed_is_refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

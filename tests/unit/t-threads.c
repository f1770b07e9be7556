/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The shared maps and the ring with all writers at once, as threads, each with
 * a view of its own as a process has, so that ThreadSanitizer sees them
 * (configure --enable-tsan); a reader looks on meanwhile. What comes out is
 * exact. t-threads-lock is the same where processors have no atomic instructions
 * for 8 bytes (RT_WIDE_LOCK).
 */
#include "rt-atomic.h"
#include "rt-int.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SHARED, OWN, RING, NMAPS };
enum { WRITERS = 4, KEYS = 64, ROUNDS = 5000 };

static const struct rt_map_def defs[NMAPS] = {
	[SHARED] = {RT_HASH, 8, 8, 1000},
	[OWN] = {RT_PERCPU_HASH, 8, 8, 1000},
	[RING] = {RT_RINGBUF, 0, 0, 65536},
};

static void *mem;
static uint64_t size;

struct writer {
	pthread_t thread;
	uint32_t number;
	uint64_t sent, dropped, failed;
};

struct record {
	uint64_t writer, n;
};

static struct rt *view(uint32_t writer)
{
	struct rt *rt = calloc(1, sizeof(*rt));

	if (!rt || rt_attach(rt, mem, size, writer))
		abort();
	return rt;
}

static void add(struct writer *w, struct rt *rt, struct rt_map *m, uint64_t key,
		bool shared)
{
	uint64_t zero = 0, *value = rt_lookup(m, &key);

	if (!value) {
		int rc = rt_update(m, &key, &zero, RT_NOEXIST);

		w->failed += rc && !rt_lookup(m, &key);
		value = rt_lookup(m, &key);
	}
	if (value && shared)
		rt_add8(rt, value, 1);
	else if (value)
		rt_store8(rt, value, *value + 1);
}

static void *write_all(void *arg)
{
	struct writer *w = arg;
	struct rt *rt = view(w->number);

	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t mine = 1000 + w->number;
		struct record r = {w->number, i};

		add(w, rt, rt_map(rt, SHARED), i % KEYS, true);
		add(w, rt, rt_map(rt, OWN), i % KEYS, false);
		w->failed += rt_update(rt_map(rt, SHARED), &mine, &i,
				       RT_ANY) != 0;
		if (i % 3 == 0)
			w->failed += rt_delete(rt_map(rt, SHARED), &mine) != 0;
		if (rt_ring_output(rt_map(rt, RING), &r, sizeof(r)))
			w->dropped++;
		else
			w->sent++;
	}
	free(rt);
	return NULL;
}

static uint64_t seen[WRITERS], next[WRITERS];
static bool writers_over;

static bool read_one(struct rt *rt)
{
	struct record r;

	if (rt_ring_read(rt_map(rt, RING), &r, sizeof(r)) != sizeof(r))
		return false;
	if (r.writer >= WRITERS || r.n < next[r.writer])
		abort(); /* each writer's come in their order */
	next[r.writer] = r.n + 1;
	seen[r.writer]++;
	return true;
}

/* Sums of what is there only grow. */
static void *read_all(void *arg)
{
	struct rt *rt = view(WRITERS);
	uint64_t key = 7, before = 0, sum;

	(void)arg;
	while (!__atomic_load_n(&writers_over, __ATOMIC_ACQUIRE)) {
		while (read_one(rt))
			;
		if (!rt_merge(rt_map(rt, OWN), &key, RT_MERGE_ADD, &sum, 8))
			continue;
		if (sum < before)
			abort();
		before = sum;
	}
	while (read_one(rt))
		;
	free(rt);
	return NULL;
}

START_TEST(all_at_once)
{
	struct writer writers[WRITERS] = {{0}};
	pthread_t reader;
	struct rt *rt;

	size = rt_size(defs, NMAPS, WRITERS + 1, 1 << 30);
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(mem, MAP_FAILED);
	ck_assert_int_eq(rt_init(mem, size, defs, NMAPS, WRITERS + 1), 0);
	pthread_create(&reader, NULL, read_all, NULL);
	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i].number = i;
		pthread_create(&writers[i].thread, NULL, write_all,
			       &writers[i]);
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	__atomic_store_n(&writers_over, true, __ATOMIC_RELEASE);
	pthread_join(reader, NULL);
	rt = view(WRITERS);
	for (uint32_t i = 0; i < WRITERS; i++) {
		ck_assert_uint_eq(writers[i].failed, 0);
		ck_assert_uint_eq(writers[i].sent + writers[i].dropped, ROUNDS);
		ck_assert_uint_eq(seen[i], writers[i].sent);
	}
	for (uint64_t key = 0; key < KEYS; key++) {
		uint64_t want = (ROUNDS / KEYS + (key < ROUNDS % KEYS)) *
				WRITERS;
		uint64_t sum = 0, *value = rt_lookup(rt_map(rt, SHARED), &key);

		ck_assert_ptr_nonnull(value);
		ck_assert_uint_eq(*value, want);
		ck_assert(rt_merge(rt_map(rt, OWN), &key, RT_MERGE_ADD, &sum,
				   8));
		ck_assert_uint_eq(sum, want);
	}
	free(rt);
	munmap(mem, size);
}
END_TEST

enum { DEAD, ALIVE };

/*
 * A writer killed in any state of a change of 8 bytes: it holds the lock and
 * has said what it writes, and the number has none, either, or both of the
 * halves. Whoever is next finds the number as the dead one meant it.
 */
START_TEST(death)
{
	static const struct rt_map_def map = {RT_ARRAY, 4, 8, 4};
	const uint64_t was = 0x1ffffffff, meant = 0x200000000;
	static uint64_t room[4096];
	struct rt_shared *s = (void *)room;
	uint32_t key = 2;
	uint64_t *value;
	struct rt *rt;

	memset(room, 0, sizeof(room));
	mem = room;
	size = rt_size(&map, 1, 2, sizeof(room));
	ck_assert_uint_ne(size, 0);
	ck_assert_int_eq(rt_init(mem, size, &map, 1, 2), 0);
	rt = view(ALIVE);
	value = rt_lookup(rt_map(rt, 0), &key);
	for (int i = 0; i < 2; i++)
		((uint32_t *)value)[i] =
			((const uint32_t *)(_i >> i & 1 ? &meant : &was))[i];
	s->wide_at = (uint64_t)((char *)value - (char *)mem);
	s->wide_value = meant;
	s->wide_armed = 1;
	s->wide_lock = DEAD + 1;
	rt_writer_died(rt, DEAD);
	ck_assert_uint_eq(rt_wide(rt, value, RT_WIDE_ADD, 5, 0), meant);
	ck_assert_uint_eq(*value, meant + 5);
	ck_assert_uint_eq(s->wide_armed, 0);
	ck_assert_uint_eq(s->wide_lock, 0);

	/* What someone hostile says is outside the memory is not written. */
	s->wide_at = size;
	s->wide_armed = 1;
	room[size / 8] = 77;
	ck_assert_uint_eq(rt_wide(rt, value, RT_WIDE_SWAP_IF, 9, meant),
			  meant + 5);
	ck_assert_uint_eq(*value, meant + 5);
	ck_assert_uint_eq(room[size / 8], 77);
	free(rt);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("threads");
	Suite *s = suite_create("threads");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, all_at_once);
	tcase_add_loop_test(tc, death, 0, 4);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

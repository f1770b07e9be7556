/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host that gives programs what the verifier was told, and no byte more.
 */
#include "bpf-cases.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* ---- a host ---- */

struct test_host {
	struct bpf_host host;
	void *values[M_COUNT];
	uint64_t seed;
	uint64_t sum; /* of what was read, so that it is */
};

static struct test_host *test_host(struct bpf_host *host)
{
	return (struct test_host *)(void *)host;
}

static uint64_t next(struct test_host *t)
{
	t->seed = t->seed * UINT64_C(6364136223846793005) + 1;
	return t->seed >> 20;
}

static void read_all(struct test_host *t, uint64_t at, uint64_t n)
{
	const volatile uint8_t *p = (const uint8_t *)(uintptr_t)at;

	for (uint64_t i = 0; i < n; i++)
		t->sum += p[i];
}

/* A map's object is its definition. */
static const struct bpf_map_def *map_def(uint64_t map)
{
	return (const struct bpf_map_def *)(uintptr_t)map;
}

static uint64_t lookup(struct bpf_host *host, uint64_t map, uint64_t key,
		       uint64_t a3, uint64_t a4, uint64_t a5)
{
	struct test_host *t = test_host(host);

	(void)a3, (void)a4, (void)a5;
	read_all(t, key, map_def(map)->key_size);
	if (next(t) % 4 == 0)
		return 0;
	return (uintptr_t)t->values[map_def(map) - test_maps];
}

static uint64_t update(struct bpf_host *host, uint64_t map, uint64_t key,
		       uint64_t value, uint64_t flags, uint64_t a5)
{
	(void)flags, (void)a5;
	read_all(test_host(host), key, map_def(map)->key_size);
	read_all(test_host(host), value, map_def(map)->value_size);
	return 0;
}

static uint64_t fill(struct bpf_host *host, uint64_t at, uint64_t size,
		     uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)a3, (void)a4, (void)a5;
	if (size)
		memset((void *)(uintptr_t)at, (int)next(test_host(host)), size);
	return 0;
}

static uint64_t output(struct bpf_host *host, uint64_t map, uint64_t at,
		       uint64_t size, uint64_t a4, uint64_t a5)
{
	(void)map, (void)a4, (void)a5;
	read_all(test_host(host), at, size);
	return 0;
}

static uint64_t number(struct bpf_host *host, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
	return next(test_host(host)) << (next(test_host(host)) % 40);
}

static uint64_t loop(struct bpf_host *host, uint64_t n, uint64_t func,
		     uint64_t ctx, uint64_t a4, uint64_t a5)
{
	uint64_t i = 0;

	(void)a4, (void)a5;
	while (i < n && i < 20 && !bpf_callback(host, func, i, ctx, 0, 0))
		i++;
	return i;
}

/* Keys and values are gone when the callback returns. */
static uint64_t each(struct bpf_host *host, uint64_t map, uint64_t func,
		     uint64_t ctx, uint64_t a4, uint64_t a5)
{
	uint64_t stop = 0;

	(void)a4, (void)a5;
	for (int i = 0; i < 5 && !stop; i++) {
		void *key = calloc(1, map_def(map)->key_size);
		void *value = calloc(1, map_def(map)->value_size);

		ck_assert(key && value);
		stop = bpf_callback(host, func, map, (uintptr_t)key,
				    (uintptr_t)value, ctx);
		free(key);
		free(value);
	}
	return 0;
}

static bpf_helper_fn *find_helper(int32_t nr)
{
	switch (nr) {
	case BPF_HELPER_map_lookup_elem:
		return lookup;
	case BPF_HELPER_map_update_elem:
		return update;
	case BPF_HELPER_get_current_comm:
	case BPF_HELPER_probe_read_user:
	case BPF_HELPER_probe_read_user_str:
		return fill;
	case BPF_HELPER_ringbuf_output:
		return output;
	case BPF_HELPER_loop:
		return loop;
	case BPF_HELPER_for_each_map_elem:
		return each;
	default:
		return number;
	}
}

static void host_init(struct test_host *t, void **maps, uint64_t seed)
{
	*t = (struct test_host){.host = {.helper = find_helper,
					 .maps = maps,
					 .nmaps = M_COUNT,
					 .insn_budget = 100000},
				.seed = seed};
	for (int m = 0; m < M_COUNT; m++) {
		maps[m] = (void *)(uintptr_t)&test_maps[m];
		t->values[m] = calloc(1, test_maps[m].value_size + 1 -
						 !!test_maps[m].value_size);
		ck_assert_ptr_nonnull(t->values[m]);
	}
}

uint64_t test_run(const struct bpf_prog *p, uint64_t seed)
{
	uint8_t *ctx = malloc(TEST_CTX_SIZE);
	void *maps[M_COUNT];
	struct test_host t;
	struct bpf_code *code;
	struct err err;
	uint64_t result;

	host_init(&t, maps, seed);
	for (int i = 0; i < TEST_CTX_SIZE; i++)
		ctx[i] = (uint8_t)(next(&t) % 3 ? next(&t) : 0);
	ck_assert_msg(!bpf_bind(p, &t.host, &code, &err), "%s", err.text);
	result = bpf_run(code, &t.host, ctx);
	bpf_code_free(code);
	for (int m = 0; m < M_COUNT; m++)
		free(t.values[m]);
	free(ctx);
	return result;
}

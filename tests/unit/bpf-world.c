/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpf-world.h"
#include "bpf-test.h"
#include "bpf-ref.h"

#include <string.h>

enum { ENTRIES = 4, CTX_SIZE = BPF_WORLD_CTX };

const struct bpf_map_def bpf_world_maps[BPF_WORLD_MAPS] = {
	{"hash", BPF_MAP_HASH, 8, 32, ENTRIES},
	{"array", BPF_MAP_ARRAY, 4, 16, ENTRIES},
	{"ring", BPF_MAP_RINGBUF, 0, 0, 4096},
};

struct fuzz_map {
	uint8_t keys[ENTRIES][8], values[ENTRIES][32];
};

struct world {
	struct bpf_host host; /* first: helpers are given its address */
	struct fuzz_map maps[BPF_WORLD_MAPS];
	void *map_ptrs[BPF_WORLD_MAPS];
	struct ref *ref; /* NULL: the interpreter runs */
	uint64_t random;
	uint8_t ctx[CTX_SIZE];
};

uint64_t bpf_world_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* ---- helpers: what they are told is checked as well ---- */

static struct world *of(struct bpf_host *host)
{
	return (struct world *)host;
}

static void need(struct world *w, uint64_t at, uint64_t size, bool write)
{
	if (w->ref && !w->ref->fault && !ref_check(w->ref, at, size, write))
		w->ref->fault = "a helper was given bad memory";
}

static const struct bpf_map_def *def_of(struct world *w, uint64_t map)
{
	return &bpf_world_maps[(struct fuzz_map *)(uintptr_t)map - w->maps];
}

#define HELPER(name)                                                          \
	static uint64_t name(struct bpf_host *host, uint64_t a1, uint64_t a2, \
			     uint64_t a3, uint64_t a4, uint64_t a5)

HELPER(lookup)
{
	struct world *w = of(host);
	struct fuzz_map *m = (struct fuzz_map *)(uintptr_t)a1;
	uint64_t r = bpf_world_random(&w->random);

	(void)a3, (void)a4, (void)a5;
	need(w, a2, def_of(w, a1)->key_size, false);
	return r & 1 ? (uintptr_t)m->values[r >> 1 & (ENTRIES - 1)] : 0;
}

HELPER(update)
{
	struct world *w = of(host);

	(void)a4, (void)a5;
	need(w, a2, def_of(w, a1)->key_size, false);
	need(w, a3, def_of(w, a1)->value_size, false);
	return 0;
}

HELPER(number)
{
	(void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
	return bpf_world_random(&of(host)->random);
}

/* Memory of a target: as many bytes as were asked for. */
HELPER(fill)
{
	struct world *w = of(host);

	(void)a3, (void)a4, (void)a5;
	need(w, a1, a2, true);
	if (!w->ref || !w->ref->fault)
		for (uint64_t i = 0; i < a2; i++)
			((uint8_t *)(uintptr_t)a1)[i] =
				(uint8_t)bpf_world_random(&w->random);
	return 0;
}

HELPER(output)
{
	(void)a1, (void)a4, (void)a5;
	need(of(host), a2, a3, false);
	return 0;
}

HELPER(compare)
{
	(void)a4, (void)a5;
	need(of(host), a1, a2, false);
	need(of(host), a3, a2, false);
	return 0;
}

static uint64_t call_back(struct world *w, uint64_t func, uint64_t a1,
			  uint64_t a2, uint64_t a3, uint64_t a4)
{
	uint64_t args[5] = {a1, a2, a3, a4, 0xdeadbeef};

	if (w->ref)
		return w->ref->fault ? 1 : ref_run(w->ref, func, args);
	return bpf_callback(&w->host, func, a1, a2, a3, a4);
}

HELPER(loop)
{
	uint64_t n = (uint32_t)a1 % LOOPS;

	(void)a4, (void)a5;
	for (uint64_t i = 0; i < n; i++)
		if (call_back(of(host), a2, i, a3, 0xdeadbeef, 0xdeadbeef))
			return i + 1;
	return n;
}

HELPER(for_each)
{
	struct fuzz_map *m = (struct fuzz_map *)(uintptr_t)a1;

	(void)a4, (void)a5;
	for (uint64_t i = 0; i < ENTRIES; i++)
		if (call_back(of(host), a2, a1, (uintptr_t)m->keys[i],
			      (uintptr_t)m->values[i], a3))
			return i + 1;
	return ENTRIES;
}

static bpf_helper_fn *helper(int32_t nr)
{
	switch (nr) {
	case BPF_HELPER_map_lookup_elem:
		return lookup;
	case BPF_HELPER_map_update_elem:
		return update;
	case BPF_HELPER_probe_read_user:
	case BPF_HELPER_get_current_comm:
		return fill;
	case BPF_HELPER_ringbuf_output:
		return output;
	case BPF_HELPER_strncmp:
		return compare;
	case BPF_HELPER_loop:
		return loop;
	case BPF_HELPER_for_each_map_elem:
		return for_each;
	default:
		return number;
	}
}

static void world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->random = seed;
	for (size_t i = 0; i < BPF_WORLD_MAPS; i++)
		w->map_ptrs[i] = &w->maps[i];
	for (size_t i = 0; i < sizeof(w->ctx); i++)
		w->ctx[i] = (uint8_t)(bpf_world_random(&w->random) >>
				      (bpf_world_random(&w->random) & 63));
	w->host = (struct bpf_host){.helper = helper,
				    .maps = w->map_ptrs,
				    .nmaps = BPF_WORLD_MAPS,
				    .insn_budget = 10000000};
}

static void add_region(struct ref *m, void *at, size_t size, bool writable)
{
	m->regions[m->nregions++] = (struct ref_region){at, size, writable};
}

static void ref_world(struct world *w, const struct bpf_prog *p, struct ref *m)
{
	memset(m, 0, sizeof(*m));
	m->p = p;
	m->host = &w->host;
	m->max_steps = 10000000;
	w->ref = m;
	add_region(m, w->ctx, CTX_SIZE, false);
	for (size_t i = 0; i < 2; i++) {
		for (size_t e = 0; e < ENTRIES; e++) {
			add_region(m, w->maps[i].keys[e],
				   bpf_world_maps[i].key_size, false);
			add_region(m, w->maps[i].values[e],
				   bpf_world_maps[i].value_size, true);
		}
	}
}

/* Only what the verifier accepted. */
const char *bpf_world_run(const struct bpf_prog *p, uint64_t seed,
			  size_t *ret_at)
{
	static struct ref m;
	struct bpf_code *code;
	struct world w;
	uint64_t args[5] = {0};

	world_init(&w, seed);
	ref_world(&w, p, &m);
	args[0] = (uintptr_t)w.ctx;
	ref_run(&m, 0, args);
	*ret_at = m.fault_at;
	if (m.fault)
		return m.fault;
	world_init(&w, seed);
	if (bpf_bind(p, &w.host, &code, NULL))
		return "cannot be bound";
	bpf_run(code, &w.host, w.ctx);
	bpf_code_free(code);
	return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "kernel.h"
#include "kernel-link.h"
#include "kernel-sys.h"
#include "bpf-op.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OWN_MAPS = 3, FRAMES_MAX = 1024 };

struct kernel {
	struct host *host;
	const struct bpf_map_def *defs;
	size_t ndefs;
	int *fds; /* of the maps: the script's, then ours */
	struct kernel_link_maps own;
	struct ksys_ring *ring;
	int *programs, *probes;
	size_t nprograms, nprobes;
	uint32_t ncpus;
	uint8_t *values; /* one entry's, of all CPUs */
};

int kernel_ncpus(uint32_t *ret, struct err *err)
{
	int n = ksys_ncpus();

	if (n < 1 || n > RT_WRITERS_MAX)
		return err_set(
			err, ERR_LIMIT,
			"the kernel's engine works with %d CPUs at most, "
			"and this machine may have %d",
			RT_WRITERS_MAX, n);
	*ret = (uint32_t)n;
	return 0;
}

static size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static bool is_percpu(const struct bpf_map_def *def)
{
	return def->kind == BPF_MAP_PERCPU_HASH ||
	       def->kind == BPF_MAP_PERCPU_ARRAY ||
	       def->kind == BPF_MAP_LRU_PERCPU_HASH;
}

/* Scratch arrays are a program's own, within one run. */
static bool is_fetched(const struct bpf_map_def *def)
{
	return def->kind != BPF_MAP_RINGBUF &&
	       def->kind != BPF_MAP_STACK_TRACE &&
	       def->kind != BPF_MAP_PERCPU_ARRAY;
}

/* ---- making ------------------------------------------------------------- */

static int own_map(struct kernel *k, unsigned i, uint32_t value_size,
		   uint32_t n, struct err *err)
{
	return ksys_map(BPF_MAP_ARRAY, sizeof(uint32_t), value_size, n ? n : 1,
			&k->fds[i], err);
}

static int make_maps(struct kernel *k, struct err *err)
{
	unsigned next = (unsigned)k->ndefs;
	int rc = 0;

	for (size_t i = 0; !rc && i < k->ndefs; i++) {
		const struct bpf_map_def *d = &k->defs[i];
		bool ring = d->kind == BPF_MAP_RINGBUF;

		rc = ksys_map(d->kind, ring ? 0 : d->key_size,
			      ring ? 0 : d->value_size, d->max_entries,
			      &k->fds[i], err);
		if (ring)
			k->own.ring = (int)i;
	}
	k->own.exit = next++;
	k->own.lost = next++;
	k->own.warned = next;
	if (!rc)
		rc = own_map(k, k->own.exit, 16, 1, err);
	if (!rc)
		rc = own_map(k, k->own.lost, 8, k->host->npoints, err);
	if (!rc)
		rc = own_map(k, k->own.warned, 8, k->host->nactions, err);
	return rc;
}

static void on_record(void *ctx, const void *data, size_t len)
{
	struct kernel *k = ctx;

	host_send(k->host, k->host->maps[k->own.ring], data, (uint32_t)len);
}

static size_t largest_value(const struct kernel *k)
{
	size_t most = 8;

	for (size_t i = 0; i < k->ndefs; i++)
		if (is_fetched(&k->defs[i]) &&
		    padded(k->defs[i].value_size) > most)
			most = padded(k->defs[i].value_size);
	return most;
}

int kernel_new(struct host *host, const struct bpf_map_def *defs, size_t ndefs,
	       struct kernel **ret, struct err *err)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int rc;

	if (!k)
		return err_set(err, ERR_NOMEM, "out of memory");
	k->host = host;
	k->defs = defs;
	k->ndefs = ndefs;
	k->own.ring = -1;
	rc = kernel_ncpus(&k->ncpus, err);
	k->fds = calloc(ndefs + OWN_MAPS, sizeof(*k->fds));
	k->values = calloc(k->ncpus + 1, largest_value(k));
	for (size_t i = 0; k->fds && i < ndefs + OWN_MAPS; i++)
		k->fds[i] = -1;
	if (!rc && (!k->fds || !k->values))
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (!rc)
		rc = make_maps(k, err);
	if (!rc && k->own.ring >= 0)
		rc = ksys_ring(k->fds[k->own.ring], on_record, k, &k->ring,
			       err);
	if (rc) {
		kernel_free(k);
		return rc;
	}
	*ret = k;
	return 0;
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; fds && i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void kernel_detach(struct kernel *k)
{
	close_all(k->probes, k->nprobes);
	k->nprobes = 0;
}

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	kernel_detach(k);
	ksys_ring_free(k->ring);
	close_all(k->programs, k->nprograms);
	close_all(k->fds, k->ndefs + OWN_MAPS);
	free(k->probes);
	free(k->programs);
	free(k->fds);
	free(k->values);
	free(k);
}

static int *one_more(int **list, size_t n)
{
	int *grown = realloc(*list, (n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	*list = grown;
	return &grown[n];
}

void kernel_exits(struct kernel *k)
{
	k->own.exits = true;
}

int kernel_program_add(struct kernel *k, const struct bpf_prog *prog,
		       struct err *err)
{
	int *slot = one_more(&k->programs, k->nprograms);
	struct ksys_program p = {.map_fds = k->fds};
	uint32_t *functions = NULL;
	struct bpf_prog linked;
	int rc;

	if (!slot)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = kernel_link(prog, &k->own, &linked, err);
	if (rc)
		return rc;
	p.insns = linked.insns;
	p.ninsns = linked.ninsns;
	rc = kernel_functions(&linked, &functions, &p.nfunctions, err);
	p.functions = functions;
	if (!rc)
		rc = ksys_program(&p, slot, err);
	free(functions);
	bpf_prog_release(&linked);
	if (!rc)
		k->nprograms++;
	return rc;
}

int kernel_attach(struct kernel *k, const struct kernel_probe *probe,
		  struct err *err)
{
	struct ksys_probe p = {probe->path, probe->offset, probe->sema_offset,
			       probe->at_return, probe->pid};
	int *slot = one_more(&k->probes, k->nprobes), rc;

	if (!slot)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = ksys_attach(&p, k->programs[probe->program], slot, err);
	if (!rc)
		k->nprobes++;
	return rc;
}

/* ---- fetching ----------------------------------------------------------- */

int kernel_fd(const struct kernel *k)
{
	return k->ring ? ksys_ring_fd(k->ring) : -1;
}

static void fetch_counts(struct kernel *k, unsigned map, enum host_count what,
			 uint32_t n)
{
	uint64_t value;

	for (uint32_t i = 0; i < n; i++) {
		if (ksys_map_lookup(k->fds[map], &i, &value))
			continue;
		while (host_count(k->host, what, i) < value)
			host_count_up(k->host, what, i);
	}
}

void kernel_fetch_events(struct kernel *k)
{
	struct host_shared *shared = k->host->shared;
	uint64_t left[2];
	uint32_t key = 0;

	if (k->ring)
		ksys_ring_consume(k->ring);
	if (host_stopped(k->host) ||
	    ksys_map_lookup(k->fds[k->own.exit], &key, left) || !left[0])
		return;
	atomic_store(&shared->exit_code, (int32_t)left[1]);
	atomic_store(&shared->stopped, 1);
}

/* Copies of a value lie rt_map.stride apart; ours are writer 0's. */
static void take_entry(struct kernel *k, size_t i, struct rt_map *m,
		       const void *key)
{
	size_t size = padded(k->defs[i].value_size);
	uint8_t *to;

	if (rt_update(m, key, k->values, RT_ANY) || !is_percpu(&k->defs[i]))
		return;
	to = rt_lookup(m, key);
	for (uint32_t cpu = 1; to && cpu < k->ncpus; cpu++)
		memcpy(to + (size_t)cpu * m->stride, k->values + cpu * size,
		       k->defs[i].value_size);
}

static void fetch_map(struct kernel *k, size_t i)
{
	struct rt_map *m = k->host->maps[i];
	uint8_t *keys = calloc(2, padded(k->defs[i].key_size));
	uint8_t *next = keys + padded(k->defs[i].key_size), *key = NULL;

	if (!keys)
		return;
	if (k->defs[i].kind != BPF_MAP_ARRAY)
		rt_clear(m);
	while (!ksys_map_next(k->fds[i], key, next)) {
		if (!ksys_map_lookup(k->fds[i], next, k->values))
			take_entry(k, i, m, next);
		memcpy(keys, next, k->defs[i].key_size);
		key = keys;
	}
	free(keys);
}

void kernel_fetch_maps(struct kernel *k)
{
	for (size_t i = 0; i < k->ndefs; i++)
		if (is_fetched(&k->defs[i]))
			fetch_map(k, i);
	fetch_counts(k, k->own.lost, HOST_LOST, k->host->npoints);
	fetch_counts(k, k->own.warned, HOST_WARNED, k->host->nactions);
}

/* ---- putting back ------------------------------------------------------- */

/* What is there and not here any more goes. */
static void drop_absent(struct kernel *k, size_t i)
{
	struct rt_map *m = k->host->maps[i];
	uint8_t *keys = calloc(2, padded(k->defs[i].key_size));
	uint8_t *next = keys + padded(k->defs[i].key_size), *key = NULL;
	bool more;

	if (!keys)
		return;
	more = !ksys_map_next(k->fds[i], NULL, next);
	while (more) {
		memcpy(keys, next, k->defs[i].key_size);
		key = keys;
		more = !ksys_map_next(k->fds[i], key, next);
		if (!rt_lookup(m, keys))
			ksys_map_delete(k->fds[i], keys);
	}
	free(keys);
}

static void put_entries(struct kernel *k, size_t i)
{
	struct rt_map *m = k->host->maps[i];
	size_t size = padded(k->defs[i].value_size);
	uint32_t copies = is_percpu(&k->defs[i]) ? k->ncpus : 1;
	uint64_t cursor = 0;
	const void *key;
	void *values;

	while (rt_next(m, &cursor, &key, &values)) {
		for (uint32_t cpu = 0; cpu < copies; cpu++)
			memcpy(k->values + cpu * size,
			       (uint8_t *)values + (size_t)cpu * m->stride,
			       k->defs[i].value_size);
		ksys_map_update(k->fds[i], key, k->values);
	}
}

static void put_array(struct kernel *k, size_t i)
{
	for (uint32_t at = 0; at < k->defs[i].max_entries; at++) {
		void *value = rt_lookup(k->host->maps[i], &at);

		if (value)
			ksys_map_update(k->fds[i], &at, value);
	}
}

static bool changes(int32_t helper)
{
	return helper == BPF_HELPER_map_lookup_elem ||
	       helper == BPF_HELPER_map_update_elem ||
	       helper == BPF_HELPER_map_delete_elem ||
	       helper == BPF_HELPER_upd_clear_map ||
	       helper == BPF_HELPER_upd_zero_map;
}

/* The map that a helper is given is loaded in front of its call. */
static bool may_change(const struct bpf_prog *p, size_t map)
{
	int32_t last = -1;

	for (size_t i = 0; i < p->ninsns; i++) {
		const struct bpf_insn *in = &p->insns[i];

		if (in->code == BPF_LD_IMM64) {
			if (in->src == BPF_PSEUDO_MAP_IDX)
				last = in->imm;
			i++;
		} else if (in->code == (BPF_CLASS_JMP | BPF_OP_CALL) &&
			   in->src == BPF_CALL_HELPER && changes(in->imm) &&
			   last == (int32_t)map) {
			return true;
		}
	}
	return false;
}

void kernel_put_maps(struct kernel *k, const struct bpf_prog *changed_by)
{
	for (size_t i = 0; i < k->ndefs; i++) {
		if (!is_fetched(&k->defs[i]) ||
		    (changed_by && !may_change(changed_by, i)))
			continue;
		if (k->defs[i].kind == BPF_MAP_ARRAY) {
			put_array(k, i);
			continue;
		}
		drop_absent(k, i);
		put_entries(k, i);
	}
}

uint32_t kernel_stack(struct kernel *k, size_t map, uint64_t id, uint64_t *ips,
		      uint32_t max)
{
	uint64_t frames[FRAMES_MAX] = {0};
	uint32_t key = (uint32_t)id, n = 0;

	if (k->defs[map].value_size > sizeof(frames) ||
	    ksys_map_lookup(k->fds[map], &key, frames))
		return 0;
	while (n < max && n < k->defs[map].value_size / 8 && frames[n]) {
		ips[n] = frames[n];
		n++;
	}
	return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Layout of the shared memory, locks, and bytes.
 */
#include "rt-int.h"

/* ---- bytes ---- */

void rt_copy(void *to, const void *from, uint64_t n)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	for (; n >= 8; n -= 8, t += 8, f += 8)
		__builtin_memcpy(t, f, 8);
	while (n--)
		*t++ = *f++;
}

void rt_fill0(void *to, uint64_t n)
{
	uint8_t *t = to;
	const uint64_t zero = 0;

	for (; n >= 8; n -= 8, t += 8)
		__builtin_memcpy(t, &zero, 8);
	while (n--)
		*t++ = 0;
}

bool rt_same(const void *a, const void *b, uint64_t n)
{
	const uint8_t *p = a, *q = b;
	uint64_t x, y;

	for (; n >= 8; n -= 8, p += 8, q += 8) {
		__builtin_memcpy(&x, p, 8);
		__builtin_memcpy(&y, q, 8);
		if (x != y)
			return false;
	}
	while (n--)
		if (*p++ != *q++)
			return false;
	return true;
}

/* FNV-like over words, with a final mix. */
uint32_t rt_hash(const void *key, uint32_t n)
{
	const uint8_t *p = key;
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ n, w;

	for (; n >= 8; n -= 8, p += 8) {
		__builtin_memcpy(&w, p, 8);
		h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	while (n--)
		h = (h ^ *p++) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	return (uint32_t)(h * UINT64_C(0xff51afd7ed558ccd) >> 32);
}

/* ---- locks ---- */

bool rt_is_dead(const struct rt_shared *shared, uint32_t writer)
{
	return writer < RT_WRITERS_MAX &&
	       (rt_load(&shared->dead[writer / 32]) >> writer % 32 & 1);
}

void rt_writer_died(struct rt *rt, uint32_t writer)
{
	if (writer < RT_WRITERS_MAX)
		rt_or(&rt->shared->dead[writer / 32],
		      UINT32_C(1) << writer % 32);
}

/* Nobody holds a lock across anything but a few stores, so this spins. The
 * bound is against a lock word that a hostile writer has spoilt: then the lock
 * is taken as it stands, which can at worst spoil the map's contents. */
void rt_lock(const struct rt *rt, uint32_t *lock)
{
	enum { SPINS_MAX = 1 << 28 };
	uint32_t mine = rt->writer + 1;

	for (uint32_t spins = 0; spins < SPINS_MAX; spins++) {
		uint32_t owner = rt_relaxed(lock);

		if ((!owner || rt_is_dead(rt->shared, owner - 1)) &&
		    rt_cas(lock, &owner, mine))
			return;
		rt_relax();
	}
	rt_store(lock, mine);
}

void rt_unlock(uint32_t *lock)
{
	rt_store(lock, 0);
}

/* ---- layout ---- */

static bool is_hash(uint32_t kind)
{
	return kind == RT_HASH || kind == RT_PERCPU_HASH ||
	       kind == RT_LRU_HASH || kind == RT_LRU_PERCPU_HASH;
}

static bool def_ok(const struct rt_map_def *d)
{
	enum { KEY_MAX = 65536, VALUE_MAX = 1 << 24, ENTRIES_MAX = 1 << 26 };

	if (!d->max_entries || d->max_entries > ENTRIES_MAX ||
	    d->key_size > KEY_MAX || d->value_size > VALUE_MAX)
		return false;
	switch (d->kind) {
	case RT_HASH:
	case RT_PERCPU_HASH:
	case RT_LRU_HASH:
	case RT_LRU_PERCPU_HASH:
		return d->key_size && d->value_size;
	case RT_ARRAY:
	case RT_PERCPU_ARRAY:
		return d->key_size == 4 && d->value_size;
	case RT_STACK_TRACE:
		return d->value_size >= 8 && d->value_size % 8 == 0;
	case RT_RINGBUF:
		return d->max_entries >= 4096 &&
		       !(d->max_entries & (d->max_entries - 1));
	default:
		return false;
	}
}

static uint32_t nbuckets_of(const struct rt_map_def *d)
{
	uint32_t n = 1;

	while (n < d->max_entries)
		n *= 2;
	return n;
}

static uint32_t stride_of(const struct rt_map_def *d)
{
	return rt_round8(d->value_size);
}

static uint64_t elem_size_of(const struct rt_map_def *d, uint32_t nwriters)
{
	bool percpu = d->kind == RT_PERCPU_HASH || d->kind == RT_PERCPU_ARRAY ||
		      d->kind == RT_LRU_PERCPU_HASH;
	uint64_t values = (uint64_t)stride_of(d) * (percpu ? nwriters : 1);

	if (is_hash(d->kind))
		return sizeof(struct rt_elem) + rt_round8(d->key_size) + values;
	if (d->kind == RT_STACK_TRACE)
		return 8 + stride_of(d);
	return d->kind == RT_RINGBUF ? 1 : values;
}

/* Places one map behind *end. */
static void place(const struct rt_map_def *d, uint32_t nwriters,
		  struct rt_place *ret, uint64_t *end)
{
	ret->def = *d;
	ret->state = (*end + 63) & ~UINT64_C(63);
	ret->buckets = ret->state + sizeof(struct rt_state);
	ret->elems = ret->buckets;
	if (is_hash(d->kind))
		ret->elems += (uint64_t)nbuckets_of(d) * 8;
	ret->elems = (ret->elems + 63) & ~UINT64_C(63);
	*end = ret->elems + elem_size_of(d, nwriters) * d->max_entries;
}

uint64_t rt_size(const struct rt_map_def *defs, uint32_t n, uint32_t nwriters,
		 uint64_t limit)
{
	uint64_t end = sizeof(struct rt_shared);
	struct rt_place p;

	if (n > RT_MAPS_MAX || !nwriters || nwriters > RT_WRITERS_MAX)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!def_ok(&defs[i]))
			return 0;
		place(&defs[i], nwriters, &p, &end);
		if (end > limit)
			return 0;
	}
	return end;
}

int rt_init(void *mem, uint64_t size, const struct rt_map_def *defs, uint32_t n,
	    uint32_t nwriters)
{
	struct rt_shared *s = mem;
	uint64_t end = sizeof(*s);

	if (!rt_size(defs, n, nwriters, size))
		return -RT_EINVAL;
	for (uint32_t i = 0; i < n; i++)
		place(&defs[i], nwriters, &s->places[i], &end);
	s->size = size;
	s->nmaps = n;
	s->nwriters = nwriters;
	s->magic = RT_MAGIC;
	return 0;
}

/* Whoever made the memory, the places follow from the definitions: they are
 * worked out anew and not believed. */
static int attach_map(struct rt *rt, uint32_t i, uint8_t *mem, uint64_t size,
		      uint32_t writer, uint64_t *end)
{
	struct rt_map *m = &rt->maps[i];
	struct rt_place p;
	struct rt_map_def d;

	rt_copy(&d, &rt->shared->places[i].def, sizeof(d));
	if (!def_ok(&d))
		return -RT_EINVAL;
	place(&d, rt->nwriters, &p, end);
	if (*end > size)
		return -RT_EINVAL;
	m->def = d;
	m->writer = writer;
	m->nwriters = rt->nwriters;
	m->stride = stride_of(&d);
	m->nbuckets = is_hash(d.kind) ? nbuckets_of(&d) : 0;
	m->elem_size = elem_size_of(&d, rt->nwriters);
	m->shared = rt->shared;
	m->rt = rt;
	m->state = (struct rt_state *)(void *)(mem + p.state);
	m->buckets = (uint32_t *)(void *)(mem + p.buckets);
	m->elems = mem + p.elems;
	return 0;
}

int rt_attach(struct rt *rt, void *mem, uint64_t size, uint32_t writer)
{
	uint64_t end = sizeof(struct rt_shared);
	int rc;

	rt->shared = mem;
	rt->size = size;
	rt->writer = writer;
	if (size < sizeof(struct rt_shared) || rt->shared->magic != RT_MAGIC)
		return -RT_EINVAL;
	rt->nmaps = rt_relaxed(&rt->shared->nmaps);
	rt->nwriters = rt_relaxed(&rt->shared->nwriters);
	if (rt->nmaps > RT_MAPS_MAX || rt->nwriters > RT_WRITERS_MAX ||
	    writer >= rt->nwriters)
		return -RT_EINVAL;
	for (uint32_t i = 0; i < rt->nmaps; i++) {
		rc = attach_map(rt, i, mem, size, writer, &end);
		if (rc)
			return rc;
	}
	return 0;
}

struct rt_map *rt_map(struct rt *rt, uint32_t index)
{
	return index < rt->nmaps ? &rt->maps[index] : NULL;
}

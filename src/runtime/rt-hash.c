/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hash maps and arrays. A bucket is {lock, head}; an element is complete
 * before the head names it, and unlinked by one store, so that readers take no
 * lock and a writer's death leaves at most one element unused.
 */
#include "rt-int.h"

static bool is_array(const struct rt_map *m)
{
	return m->def.kind == RT_ARRAY || m->def.kind == RT_PERCPU_ARRAY;
}

static bool is_lru(const struct rt_map *m)
{
	return m->def.kind == RT_LRU_HASH || m->def.kind == RT_LRU_PERCPU_HASH;
}

static struct rt_elem *elem_at(const struct rt_map *m, uint32_t i)
{
	return (struct rt_elem *)(void *)(m->elems + m->elem_size * i);
}

static uint8_t *values_of(const struct rt_map *m, struct rt_elem *e)
{
	return e->key + rt_round8(m->def.key_size);
}

static uint8_t *our_value(const struct rt_map *m, uint8_t *values)
{
	return rt_is_percpu(m) ? values + (uint64_t)m->stride * m->writer
			       : values;
}

static uint32_t *bucket_of(const struct rt_map *m, uint32_t hash)
{
	return m->buckets + 2 * (uint64_t)(hash & (m->nbuckets - 1));
}

/* The element of key in this bucket. A damaged chain ends the search. */
static struct rt_elem *find(const struct rt_map *m, const uint32_t *bucket,
			    uint32_t hash, const void *key, uint32_t *ret_index)
{
	uint32_t i = rt_load(&bucket[1]);

	for (uint32_t steps = 0; i && steps <= m->def.max_entries; steps++) {
		struct rt_elem *e;

		if (i > m->def.max_entries)
			return NULL;
		e = elem_at(m, i - 1);
		if (rt_relaxed(&e->hash) == hash &&
		    rt_same(e->key, key, m->def.key_size)) {
			*ret_index = i - 1;
			return e;
		}
		i = rt_load(&e->next);
	}
	return NULL;
}

/* ---- free elements ---- */

static void give_back(const struct rt_map *m, uint32_t index)
{
	struct rt_elem *e = elem_at(m, index);
	uint64_t old = rt_load8(m->rt, &m->state->free), new;

	do {
		rt_store(&e->next, (uint32_t)old);
		/* The tag makes a stack that has changed and changed back
		 * differ. */
		new = ((old >> 32) + 1) << 32 | (index + 1);
	} while (!rt_cas8(m->rt, &m->state->free, &old, new));
}

/* Never used ones first, so that indexes follow the order of insertion. */
static bool take_fresh(const struct rt_map *m, uint32_t *ret_index)
{
	uint32_t fresh = rt_load(&m->state->fresh);

	while (fresh < m->def.max_entries)
		if (rt_cas(&m->state->fresh, &fresh, fresh + 1)) {
			*ret_index = fresh;
			return true;
		}
	return false;
}

static bool take_returned(const struct rt_map *m, uint32_t *ret_index)
{
	uint64_t old = rt_load8(m->rt, &m->state->free), new;
	uint32_t i;

	do {
		i = (uint32_t)old;
		if (!i || i > m->def.max_entries)
			return false;
		new = ((old >> 32) + 1) << 32 | rt_load(&elem_at(m, i - 1)->next);
	} while (!rt_cas8(m->rt, &m->state->free, &old, new));
	*ret_index = i - 1;
	return true;
}

/* ---- removal ---- */

/* Under the bucket's lock. */
static void unlink_elem(const struct rt_map *m, uint32_t *bucket,
			uint32_t index)
{
	struct rt_elem *e = elem_at(m, index);
	uint32_t *at = &bucket[1], i;

	for (uint32_t steps = 0; steps <= m->def.max_entries; steps++) {
		i = rt_load(at);
		if (!i || i > m->def.max_entries)
			return;
		if (i == index + 1) {
			rt_store(at, rt_load(&e->next));
			rt_store(&e->state, RT_ELEM_FREE);
			rt_add8(m->rt, &m->state->count, UINT64_MAX);
			give_back(m, index);
			return;
		}
		at = &elem_at(m, i - 1)->next;
	}
}

int rt_delete(struct rt_map *m, const void *key)
{
	uint32_t hash, index, *bucket;
	int rc = -RT_ENOENT;

	if (!m->nbuckets)
		return -RT_EINVAL;
	hash = rt_hash(key, m->def.key_size);
	bucket = bucket_of(m, hash);
	rt_lock(m->rt, bucket);
	if (find(m, bucket, hash, key, &index)) {
		unlink_elem(m, bucket, index);
		rc = 0;
	}
	rt_unlock(bucket);
	return rc;
}

/* The clock: the hand passes elements that were used since it last came by,
 * and takes the first that was not. */
static bool evict(const struct rt_map *m)
{
	uint32_t n = m->def.max_entries;

	for (uint32_t steps = 0; steps < 2 * n; steps++) {
		uint32_t i = rt_add(&m->state->hand, 1) % n;
		struct rt_elem *e = elem_at(m, i);
		uint32_t *bucket;

		if (rt_load(&e->state) != RT_ELEM_LIVE)
			continue;
		if (rt_relaxed(&e->used)) {
			rt_store(&e->used, 0);
			continue;
		}
		bucket = bucket_of(m, rt_relaxed(&e->hash));
		rt_lock(m->rt, bucket);
		if (rt_load(&e->state) == RT_ELEM_LIVE)
			unlink_elem(m, bucket, i);
		rt_unlock(bucket);
		return true;
	}
	return false;
}

static bool take(const struct rt_map *m, uint32_t *ret_index)
{
	for (int tries = 0; tries < 16; tries++) {
		if (take_fresh(m, ret_index) || take_returned(m, ret_index))
			return true;
		if (!is_lru(m) || !evict(m))
			break;
	}
	rt_add8(m->rt, &m->state->full, 1);
	return false;
}

/* ---- look-up and update ---- */

static uint8_t *array_values(const struct rt_map *m, const void *key)
{
	uint32_t i;

	rt_copy(&i, key, 4);
	return i < m->def.max_entries ? m->elems + m->elem_size * i : NULL;
}

static struct rt_elem *lookup(const struct rt_map *m, const void *key)
{
	uint32_t hash = rt_hash(key, m->def.key_size), index;
	struct rt_elem *e = find(m, bucket_of(m, hash), hash, key, &index);

	if (e && is_lru(m) && !rt_relaxed(&e->used))
		rt_store(&e->used, 1);
	return e;
}

void *rt_lookup(struct rt_map *m, const void *key)
{
	struct rt_elem *e;
	uint8_t *values;

	if (is_array(m)) {
		values = array_values(m, key);
		return values ? our_value(m, values) : NULL;
	}
	if (!m->nbuckets)
		return NULL;
	e = lookup(m, key);
	return e ? our_value(m, values_of(m, e)) : NULL;
}

static bool is_beyond(enum rt_merge_how how, uint64_t a, uint64_t b)
{
	switch (how) {
	case RT_MERGE_MIN:
		return a < b;
	case RT_MERGE_MAX:
		return a > b;
	case RT_MERGE_MIN_SIGNED:
		return (int64_t)a < (int64_t)b;
	default:
		return (int64_t)a > (int64_t)b;
	}
}

static uint64_t word_at(const uint8_t *p, uint32_t i)
{
	uint64_t word;

	rt_copy(&word, p + 8 * (uint64_t)i, 8);
	return word;
}

static void merge_extreme(enum rt_merge_how how, const uint8_t *value,
			  uint8_t *to)
{
	uint64_t word = word_at(value, 0);

	if (!word_at(value, 1) ||
	    (word_at(to, 1) && !is_beyond(how, word, word_at(to, 0))))
		return;
	rt_copy(to, value, 16);
}

static void merge_sum(const uint8_t *value, uint8_t *to, uint32_t nwords)
{
	for (uint32_t i = 0; i < nwords; i++) {
		uint64_t sum = word_at(to, i) + word_at(value, i);

		rt_copy(to + 8 * (uint64_t)i, &sum, 8);
	}
}

bool rt_merge(struct rt_map *m, const void *key, enum rt_merge_how how,
	      void *to, uint32_t size)
{
	struct rt_elem *e = m->nbuckets ? lookup(m, key) : NULL;
	uint32_t nwords = m->stride / 8;

	rt_fill0(to, size);
	if (!e)
		return false;
	if (nwords > size / 8)
		nwords = size / 8;
	for (uint32_t i = 0; i < rt_copies(m); i++) {
		const uint8_t *value =
			values_of(m, e) + (uint64_t)i * m->stride;

		if (how == RT_MERGE_ADD)
			merge_sum(value, to, nwords);
		else if (nwords > 1)
			merge_extreme(how, value, to);
	}
	return true;
}

static int insert(const struct rt_map *m, uint32_t hash, const void *key,
		  const void *value, uint64_t flags)
{
	uint32_t *bucket = bucket_of(m, hash), index, other;
	struct rt_elem *e, *there;
	uint8_t *values;
	int rc = 0;

	if (!take(m, &index))
		return -RT_E2BIG;
	e = elem_at(m, index);
	values = values_of(m, e);
	rt_copy(e->key, key, m->def.key_size);
	if (rt_is_percpu(m))
		rt_fill0(values, (uint64_t)m->stride * m->nwriters);
	rt_copy(our_value(m, values), value, m->def.value_size);
	rt_store(&e->hash, hash);
	rt_store(&e->used, 0); /* until somebody asks for it */
	rt_lock(m->rt, bucket);
	there = find(m, bucket, hash, key, &other);
	if (there) { /* somebody was faster, and may have counted since */
		if (flags == RT_NOEXIST)
			rc = -RT_EEXIST;
		else
			rt_copy(our_value(m, values_of(m, there)), value,
				m->def.value_size);
		give_back(m, index);
	} else {
		rt_store(&e->next, rt_load(&bucket[1]));
		rt_store(&e->state, RT_ELEM_LIVE);
		rt_add8(m->rt, &m->state->count, 1);
		rt_store(&bucket[1], index + 1);
	}
	rt_unlock(bucket);
	return rc;
}

int rt_update(struct rt_map *m, const void *key, const void *value,
	      uint64_t flags)
{
	struct rt_elem *e;
	uint8_t *values;

	if (flags > RT_EXIST)
		return -RT_EINVAL;
	if (is_array(m)) {
		values = array_values(m, key);
		if (!values)
			return -RT_E2BIG;
		if (flags == RT_NOEXIST)
			return -RT_EEXIST;
		rt_copy(our_value(m, values), value, m->def.value_size);
		return 0;
	}
	if (!m->nbuckets)
		return -RT_EINVAL;
	e = lookup(m, key);
	if (!e && flags == RT_EXIST)
		return -RT_ENOENT;
	if (e && flags == RT_NOEXIST)
		return -RT_EEXIST;
	if (!e)
		return insert(m, rt_hash(key, m->def.key_size), key, value,
			      flags);
	rt_copy(our_value(m, values_of(m, e)), value, m->def.value_size);
	return 0;
}

/* ---- all of a map ---- */

bool rt_next(struct rt_map *m, uint64_t *cursor, const void **ret_key,
	     void **ret_values)
{
	struct rt_elem *e;

	if (!m->nbuckets)
		return false; /* arrays have no keys to visit */
	while (*cursor < m->def.max_entries &&
	       *cursor < rt_load(&m->state->fresh)) {
		e = elem_at(m, (uint32_t)(*cursor)++);
		if (rt_load(&e->state) != RT_ELEM_LIVE)
			continue;
		*ret_key = e->key;
		*ret_values = values_of(m, e);
		return true;
	}
	return false;
}

void rt_clear(struct rt_map *m)
{
	uint64_t cursor = 0;
	const void *key;
	void *values;

	if (is_array(m))
		rt_fill0(m->elems, m->elem_size * m->def.max_entries);
	while (rt_next(m, &cursor, &key, &values))
		rt_delete(m, key);
}

void rt_zero(struct rt_map *m)
{
	uint64_t cursor = 0;
	const void *key;
	void *values;

	if (is_array(m))
		rt_fill0(m->elems, m->elem_size * m->def.max_entries);
	while (rt_next(m, &cursor, &key, &values))
		rt_fill0(values, (uint64_t)m->stride * rt_copies(m));
}

uint64_t rt_len(const struct rt_map *m)
{
	return is_array(m) ? m->def.max_entries
			   : rt_load8(m->rt, &m->state->count);
}

uint64_t rt_full_count(const struct rt_map *m)
{
	return rt_load8(m->rt, &m->state->full);
}

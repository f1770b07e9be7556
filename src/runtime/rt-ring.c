/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The event ring: many writers, one reader. Room is reserved under a lock and
 * filled without it; a record's header says who writes it, so that the reader
 * can pass by what a dead writer left unfinished. Positions only grow.
 */
#include "rt-int.h"

struct rt_record {
	uint32_t len; /* of the data, and the flags */
	uint32_t writer;
	uint8_t data[];
};

#define RECORD_BUSY    UINT32_C(0x80000000)
#define RECORD_DISCARD UINT32_C(0x40000000)
#define RECORD_LEN     UINT32_C(0x3fffffff)

static struct rt_record *record_at(const struct rt_map *m, uint64_t pos)
{
	return (struct rt_record *)(void *)(m->elems +
					    (pos & (m->def.max_entries - 1)));
}

static uint64_t whole(uint32_t len)
{
	return (uint64_t)rt_round8(len) + sizeof(struct rt_record);
}

/* Under the lock: a record never wraps; what is left before the end is made a
 * discarded record. */
static struct rt_record *reserve(const struct rt_map *m, uint32_t len)
{
	struct rt_state *s = m->state;
	uint64_t size = m->def.max_entries, pos = rt_load8(m->rt, &s->produced);
	uint64_t left = size - (pos & (size - 1)), need = whole(len);
	uint64_t skip = need > left ? left : 0;
	struct rt_record *r;

	if (need + skip > size - (pos - rt_load8(m->rt, &s->consumed)))
		return NULL;
	if (skip) {
		r = record_at(m, pos);
		r->writer = m->writer;
		rt_store(&r->len, (uint32_t)(left - sizeof(*r)) |
					  RECORD_DISCARD);
		pos += left;
	}
	r = record_at(m, pos);
	r->writer = m->writer;
	rt_store(&r->len, len | RECORD_BUSY);
	rt_store8(m->rt, &s->produced, pos + need);
	return r;
}

void *rt_ring_reserve(struct rt_map *m, uint32_t len)
{
	struct rt_record *r = NULL;

	if (m->def.kind != RT_RINGBUF)
		return NULL;
	if (len < m->def.max_entries / 2) {
		rt_lock(m->rt, &m->state->lock);
		r = reserve(m, len);
		rt_unlock(&m->state->lock);
	}
	if (!r) {
		rt_add8(m->rt, &m->state->dropped, 1);
		return NULL;
	}
	return r->data;
}

void rt_ring_commit(struct rt_map *m, void *record, bool discard)
{
	struct rt_record *r =
		(struct rt_record *)(void *)((uint8_t *)record - sizeof(*r));
	uint32_t len = rt_relaxed(&r->len) & RECORD_LEN;

	(void)m;
	rt_store(&r->len, discard ? len | RECORD_DISCARD : len);
}

int rt_ring_output(struct rt_map *m, const void *data, uint32_t len)
{
	void *to = rt_ring_reserve(m, len);

	if (!to)
		return -RT_ENOSPC;
	rt_copy(to, data, len);
	rt_ring_commit(m, to, false);
	return 0;
}

int64_t rt_ring_read(struct rt_map *m, void *buf, uint32_t max)
{
	struct rt_state *s = m->state;
	uint64_t size = m->def.max_entries, pos, filled;
	struct rt_record *r;
	uint32_t word, len;

	for (;;) {
		pos = rt_load8(m->rt, &s->consumed);
		filled = rt_load8(m->rt, &s->produced) - pos;
		if (!filled)
			return 0;
		r = record_at(m, pos);
		word = rt_load(&r->len);
		len = word & RECORD_LEN;
		if (filled > size || pos % 8 || whole(len) > filled ||
		    (pos & (size - 1)) + whole(len) > size)
			return -RT_EIO;
		if ((word & RECORD_BUSY) && !rt_is_dead(m->shared, r->writer))
			return 0;
		if (!(word & (RECORD_BUSY | RECORD_DISCARD)) && len <= max)
			rt_copy(buf, r->data, len);
		rt_store8(m->rt, &s->consumed, pos + whole(len));
		if (word & (RECORD_BUSY | RECORD_DISCARD))
			continue;
		return len <= max ? (int64_t)len : -RT_ENOSPC;
	}
}

uint64_t rt_ring_dropped(const struct rt_map *m)
{
	return rt_load8(m->rt, &m->state->dropped);
}

/* Store of `asleep` and load of `produced` on this side, store of the record
 * and load of `asleep` on the other: full fences, or both could miss. */
bool rt_ring_sleep(struct rt_map *m)
{
	uint64_t pos = rt_load8(m->rt, &m->state->consumed);
	struct rt_record *r = record_at(m, pos);

	__atomic_store_n(&m->state->asleep, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (rt_load8(m->rt, &m->state->produced) == pos ||
	    ((rt_load(&r->len) & RECORD_BUSY) &&
	     !rt_is_dead(m->shared, r->writer)))
		return true;
	rt_store(&m->state->asleep, 0);
	return false;
}

bool rt_ring_wake_needed(struct rt_map *m)
{
	uint32_t asleep = 1;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return rt_relaxed(&m->state->asleep) &&
	       rt_cas(&m->state->asleep, &asleep, 0);
}

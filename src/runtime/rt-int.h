/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The shared memory's layout, and the little that the runtime needs of a C
 * library.
 */
#ifndef UPD_RT_INT_H
#define UPD_RT_INT_H

#include "rt-atomic.h"
#include "rt.h"

#define RT_MAGIC UINT64_C(0x3172745f64707570) /* "pupd_tr1" */

/* errno numbers: the ABI of every architecture that upd knows agrees. */
enum { RT_EIO = 5, RT_ENOENT = 2, RT_E2BIG = 7, RT_EEXIST = 17, RT_EINVAL = 22,
       RT_ENOSPC = 28 };

struct rt_place {
	struct rt_map_def def;
	uint64_t state, buckets, elems; /* offsets */
};

struct rt_shared {
	uint64_t magic, size;
	uint32_t nmaps, nwriters;
	uint32_t dead[RT_WRITERS_MAX / 32]; /* a bit for each writer that is no
					     * more */
	/* rt-wide.c: its lock, and the store that its holder is at. */
	uint32_t wide_lock, wide_armed;
	uint64_t wide_at, wide_value;
	struct rt_place places[RT_MAPS_MAX];
};

/* What changes in a map. Hashes: elements below `fresh` have been used, those
 * given back form a stack (`free`: tag << 32 | index + 1). */
struct rt_state {
	uint64_t free;
	uint32_t fresh, hand; /* hand: of the LRU clock */
	uint64_t count, full;
	/* Rings: positions only grow, the reader's on a line of its own. */
	uint32_t lock, pad;
	uint64_t produced, dropped;
	uint8_t gap[16];
	uint64_t consumed;
	uint32_t asleep;
	uint8_t gap2[52];
};

enum rt_elem_state { RT_ELEM_FREE, RT_ELEM_LIVE };

struct rt_elem {
	uint32_t next; /* index + 1 in its bucket or the free stack */
	uint32_t hash;
	uint32_t state;
	uint32_t used; /* LRU: touched since the hand came by */
	uint8_t key[];
};

static inline uint32_t rt_round8(uint32_t n)
{
	return (n + 7) & ~7u;
}

void rt_copy(void *to, const void *from, uint64_t n);
void rt_fill0(void *to, uint64_t n);
bool rt_same(const void *a, const void *b, uint64_t n);
uint32_t rt_hash(const void *key, uint32_t n);

/* A spin lock that names its owner (writer + 1). */
void rt_lock(const struct rt *rt, uint32_t *lock);
void rt_unlock(uint32_t *lock);
bool rt_is_dead(const struct rt_shared *shared, uint32_t writer);

#endif

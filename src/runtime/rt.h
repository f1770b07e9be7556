/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The runtime: maps and the event ring in shared memory. Freestanding (no
 * libc, no thread-local storage, no floating point, no allocation): the same
 * source is linked into the tracer and will run injected in targets.
 *
 * Several processes write at once and any of them may be killed at any
 * instruction, or be hostile. So: what is fixed (kinds, sizes, places) is
 * copied at rt_attach into the process's own struct rt, and never read from
 * shared memory again; what changes is checked on every use; every structure
 * is consistent between any two stores; a lock names its owner, and one whose
 * owner was declared dead is taken over.
 *
 * Return values are 0 or negative errno numbers, as the bpf(2) helpers have.
 */
#ifndef UPD_RT_H
#define UPD_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rt_kind_nr { /* the kernel's map type numbers */
	RT_HASH = 1,
	RT_ARRAY = 2,
	RT_PERCPU_HASH = 5,
	RT_PERCPU_ARRAY = 6,
	RT_STACK_TRACE = 7,
	RT_LRU_HASH = 9,
	RT_LRU_PERCPU_HASH = 10,
	RT_RINGBUF = 27,
};

struct rt_map_def {
	uint32_t kind, key_size, value_size, max_entries;
	/* RT_STACK_TRACE: value_size = 8 * frames; RT_RINGBUF: max_entries
	 * bytes, a power of two of at least 4096 */
};

enum { RT_MAPS_MAX = 256, RT_WRITERS_MAX = 64 };

/* Flags of rt_update, as in bpf(2). */
enum { RT_ANY = 0, RT_NOEXIST = 1, RT_EXIST = 2 };

struct rt_shared; /* the start of the shared memory */

/* One map as this process sees it. Read-only to callers. */
struct rt_map {
	struct rt_map_def def;
	uint32_t writer, nwriters; /* ours, and how many there are */
	uint32_t stride;	   /* between per-writer copies of a value */
	uint32_t nbuckets;
	uint64_t elem_size;
	const struct rt *rt; /* where it is */
	struct rt_shared *shared;
	struct rt_state *state; /* what changes, in shared memory */
	uint32_t *buckets;	/* of hashes: lock, head, lock, head ... */
	uint8_t *elems;		/* elements, values or the ring's data */
};

struct rt {
	struct rt_shared *shared;
	uint64_t size;
	uint32_t nmaps, nwriters, writer;
	struct rt_map maps[RT_MAPS_MAX];
};

/* Bytes of shared memory that these maps need; 0: malformed, or more than
 * `limit`. Per-CPU maps have a copy of each value per writer: "CPU" here is
 * the writing process. */
uint64_t rt_size(const struct rt_map_def *defs, uint32_t n, uint32_t nwriters,
		 uint64_t limit);
/* Lays the maps out in zeroed memory of rt_size bytes. */
int rt_init(void *mem, uint64_t size, const struct rt_map_def *defs, uint32_t n,
	    uint32_t nwriters);
/* Makes *rt this process's view of memory that somebody laid out: -EINVAL
 * when it is malformed. */
int rt_attach(struct rt *rt, void *mem, uint64_t size, uint32_t writer);
/* Says that a writer is no more: locks that it holds can be taken over, its
 * unfinished events be skipped. */
void rt_writer_died(struct rt *rt, uint32_t writer);

struct rt_map *rt_map(struct rt *rt, uint32_t index); /* NULL: none */

static inline uint32_t rt_key_size(const struct rt_map *m)
{
	return m->def.key_size;
}

static inline uint32_t rt_value_size(const struct rt_map *m)
{
	return m->def.value_size;
}

static inline uint32_t rt_kind(const struct rt_map *m)
{
	return m->def.kind;
}

static inline bool rt_is_percpu(const struct rt_map *m)
{
	return m->def.kind == RT_PERCPU_HASH ||
	       m->def.kind == RT_PERCPU_ARRAY ||
	       m->def.kind == RT_LRU_PERCPU_HASH;
}

/* How many copies of a value there are. */
static inline uint32_t rt_copies(const struct rt_map *m)
{
	return rt_is_percpu(m) ? m->nwriters : 1;
}

/* The value (of per-CPU maps our copy), valid until deleted; NULL. */
void *rt_lookup(struct rt_map *m, const void *key);
/* Inserts or replaces. -E2BIG when full, -EEXIST, -ENOENT by flags. Inserting
 * into a per-CPU map zeroes the other writers' copies. */
int rt_update(struct rt_map *m, const void *key, const void *value,
	      uint64_t flags);
int rt_delete(struct rt_map *m, const void *key);
void rt_clear(struct rt_map *m); /* removes all entries */
void rt_zero(struct rt_map *m);	 /* keeps keys, zeroes values */
uint64_t rt_len(const struct rt_map *m);
/* Times an update failed because the map was full. */
uint64_t rt_full_count(const struct rt_map *m);

/* One value out of those of all writers. ADD adds 64-bit words; the others take
 * the smallest or largest first word among those whose second is not 0. */
enum rt_merge_how {
	RT_MERGE_ADD, RT_MERGE_MIN, RT_MERGE_MAX, RT_MERGE_MIN_SIGNED,
	RT_MERGE_MAX_SIGNED,
};
/* Fills `to`, whose size is a multiple of 8 (MIN, MAX: 16): what the value has
 * no words for is 0, as is all where there is no such key (false). */
bool rt_merge(struct rt_map *m, const void *key, enum rt_merge_how how,
	      void *to, uint32_t size);

/* Iteration in order of first insertion, also while others write: *cursor
 * starts at 0; false at the end. values points to the first copy, the others
 * follow rt_map.stride bytes apart. */
bool rt_next(struct rt_map *m, uint64_t *cursor, const void **ret_key,
	     void **ret_values);

/* Stacks: stores n addresses, deduplicated by content; id >= 0, or -errno.
 * rt_stack reads one: number of frames, 0: no such id. */
int64_t rt_stack_put(struct rt_map *m, const uint64_t *ips, uint32_t n);
uint32_t rt_stack(struct rt_map *m, uint64_t id, uint64_t *ips, uint32_t max);

/* Numbers of 8 bytes that several writers change at once: values in maps, and
 * counts of the caller's behind them. rt_wide gives what was there before;
 * all changes of such a number go this way, or, where processors can
 * (rt-atomic.h), by their instructions. */
enum rt_wide_op {
	RT_WIDE_READ, RT_WIDE_ADD, RT_WIDE_OR, RT_WIDE_AND, RT_WIDE_XOR,
	RT_WIDE_SWAP,
	RT_WIDE_SWAP_IF, /* it is `expected` */
};
uint64_t rt_wide(const struct rt *rt, uint64_t *p, enum rt_wide_op op,
		 uint64_t v, uint64_t expected);

/* The ring: many writers, one reader. A record that does not fit is dropped
 * and counted: -ENOSPC. */
int rt_ring_output(struct rt_map *ring, const void *data, uint32_t len);
/* Reserve space to be filled in place, then commit (or discard). */
void *rt_ring_reserve(struct rt_map *ring, uint32_t len);
void rt_ring_commit(struct rt_map *ring, void *record, bool discard);
/* The next record, copied into buf: its length, 0: none yet, -EIO: the ring is
 * corrupt, -ENOSPC: longer than max (the record is skipped). */
int64_t rt_ring_read(struct rt_map *ring, void *buf, uint32_t max);
uint64_t rt_ring_dropped(const struct rt_map *ring);
/* Reader: announces sleep; false when there is something to read after all. */
bool rt_ring_sleep(struct rt_map *ring);
/* Writer: true, once, when the reader sleeps and must be woken. */
bool rt_ring_wake_needed(struct rt_map *ring);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The runtime: maps and the event ring in shared memory. Freestanding (no
 * libc, no thread-local storage, no floating point, no allocation): the same
 * source is linked into the tracer and will run injected in targets. All
 * positions inside the shared memory are offsets from its start, never
 * pointers. Several processes write at once; what they write is untrusted by
 * the reader, who checks every offset and length it takes from there.
 *
 * Return values are 0 or negative errno numbers, as the bpf(2) helpers have.
 */
#ifndef UPD_RT_H
#define UPD_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rt_kind { /* the kernel's map type numbers */
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
	/* RT_STACK_TRACE: value_size = 8 * frames; RINGBUF: max_entries bytes
	 * (power of two) */
};

enum { RT_MAPS_MAX = 256, RT_WRITERS_MAX = 64 };

/* Flags of rt_update, as in bpf(2). */
enum { RT_ANY = 0, RT_NOEXIST = 1, RT_EXIST = 2 };

struct rt; /* start of the shared memory */
struct rt_map; /* header of one map inside it */

/* Bytes of shared memory that these maps need; 0: too much (`limit` bytes) or
 * malformed. nwriters: copies of per-CPU values; "CPU" here is the writing
 * process. */
uint64_t rt_size(const struct rt_map_def *defs, uint32_t n, uint32_t nwriters,
		 uint64_t limit);
/* Lays the maps out in zeroed memory of rt_size bytes. */
int rt_init(void *mem, uint64_t size, const struct rt_map_def *defs, uint32_t n,
	    uint32_t nwriters);
/* Checks a mapping made by somebody else; the rt, or NULL. */
struct rt *rt_open(void *mem, uint64_t size);

struct rt_map *rt_map(struct rt *rt, uint32_t index); /* NULL: none */
uint32_t rt_key_size(const struct rt_map *m);
uint32_t rt_value_size(const struct rt_map *m);
uint32_t rt_kind(const struct rt_map *m);

/* The value (for per-CPU maps that of `writer`), valid until deleted; NULL. */
void *rt_lookup(struct rt_map *m, uint32_t writer, const void *key);
/* Inserts or replaces. -E2BIG when full, -EEXIST, -ENOENT by flags. Inserting
 * into a per-CPU map zeroes the other writers' copies. */
int rt_update(struct rt_map *m, uint32_t writer, const void *key,
	      const void *value, uint64_t flags);
int rt_delete(struct rt_map *m, const void *key);
void rt_clear(struct rt_map *m);      /* removes all entries */
void rt_zero(struct rt_map *m);       /* keeps keys, zeroes values */
uint64_t rt_len(const struct rt_map *m);
/* Times an update failed because the map was full. */
uint64_t rt_full_count(const struct rt_map *m);

/* Iteration, also while others write: *cursor starts at 0; false at the end.
 * values points to the first writer's copy, at rt_value_stride bytes apart. */
bool rt_next(struct rt_map *m, uint64_t *cursor, const void **ret_key,
	     void **ret_values);
uint32_t rt_value_stride(const struct rt_map *m);
uint32_t rt_writers(const struct rt *rt);

/* Stacks: stores n addresses, deduplicated by content; id >= 0, or -errno.
 * rt_stack reads one: number of frames, 0: no such id. */
int64_t rt_stack_put(struct rt_map *m, const uint64_t *ips, uint32_t n);
uint32_t rt_stack(struct rt_map *m, uint64_t id, uint64_t *ips, uint32_t max);

/* The ring: many writers, one reader. A record that does not fit is dropped
 * and counted. */
int rt_ring_output(struct rt_map *ring, const void *data, uint32_t len);
/* Two-part record, for a header in front of somebody else's data. */
int rt_ring_output2(struct rt_map *ring, const void *head, uint32_t head_len,
		    const void *data, uint32_t len);
/* Reserve space to be filled in place, then commit (or discard). */
void *rt_ring_reserve(struct rt_map *ring, uint32_t len);
void rt_ring_commit(struct rt_map *ring, void *record, bool discard);
/* The next record, copied into buf (the writer may be hostile: length checked
 * once, then used). Its length, 0: none yet, -errno: ring corrupt, -ENOSPC:
 * longer than max (record stays). */
int64_t rt_ring_read(struct rt_map *ring, void *buf, uint32_t max);
uint64_t rt_ring_dropped(const struct rt_map *ring);
/* True when the reader declared itself asleep (rt_ring_sleep) and must be
 * woken through its eventfd; the first writer after that gets true. */
bool rt_ring_wake_needed(struct rt_map *ring);
/* Reader: announce sleep; false when there is something to read after all. */
bool rt_ring_sleep(struct rt_map *ring);

#endif

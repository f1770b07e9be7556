/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What leaves a program: events, snapshots of maps, the end.
 */
#include "helper-int.h"
#include "record.h"

#include <errno.h>
#include <sys/eventfd.h>

HELPER(ringbuf_output)
{
	return (uint64_t)(int64_t)host_send(of(host), map_of(a1), ptr(a2),
					    (uint32_t)a3);
}

/* upd_warn(action << 32 | point, code) */
HELPER(upd_warn)
{
	struct host *h = of(host);
	struct rt_map *ring = host_ring(h);
	struct event_warning w = {.head = {(uint32_t)(a1 >> 32), (uint32_t)a1,
					   (uint32_t)pid_of(h),
					   (uint32_t)tid_of(h)},
				  .code = (int64_t)a2};

	if (ring && !host_count_up(h, HOST_WARNED, w.head.action))
		host_send(h, ring, &w, sizeof(w));
	return 0;
}

static uint32_t map_index(const struct host *h, const struct rt_map *m)
{
	size_t i = 0;

	while (i < h->bpf.nmaps && h->maps[i] != m)
		i++;
	return (uint32_t)i;
}

static void snapshot(struct rt_map *m, struct buf *out)
{
	uint32_t key_size = rt_key_size(m), nwriters = rt_copies(m);
	struct event_snapshot *head;
	uint64_t cursor = 0, pad = 0;
	const void *key;
	void *values;
	uint32_t n = 0;

	while (rt_next(m, &cursor, &key, &values)) {
		buf_add(out, key, key_size);
		buf_add(out, &pad, (8 - key_size % 8) % 8);
		buf_add(out, values, (size_t)m->stride * nwriters);
		n++;
	}
	if (buf_failed(out))
		return;
	head = (void *)(out->data + sizeof(struct event_record));
	head->count = n;
	head->nwriters = nwriters;
}

/* upd_print_map(map, action << 32 | point, top << 32 | div): synchronous, so
 * that what is printed is what the map held at this instant. */
HELPER(upd_print_map)
{
	struct host *h = of(host);
	struct event_snapshot head = {.map = map_index(h, map_of(a1)),
				      .top = (uint32_t)(a3 >> 32),
				      .div = (uint32_t)a3};
	struct event_record rec = {(uint32_t)(a2 >> 32), (uint32_t)a2,
				   (uint32_t)pid_of(h), (uint32_t)tid_of(h)};
	struct rt_map *ring = host_ring(h);
	struct buf out;
	int rc = -ENOMEM;

	if (!ring)
		return (uint64_t)-ENOENT;
	buf_init(&out);
	buf_add(&out, &rec, sizeof(rec));
	buf_add(&out, &head, sizeof(head));
	snapshot(map_of(a1), &out);
	if (!buf_failed(&out) && out.len <= UINT32_MAX)
		rc = host_send(h, ring, out.data, (uint32_t)out.len);
	buf_release(&out);
	return (uint64_t)(int64_t)rc;
}

HELPER(upd_exit)
{
	struct host *h = of(host);

	if (!atomic_exchange(&h->shared->stopped, 1))
		atomic_store(&h->shared->exit_code, (int32_t)a1);
	/* Whether or not the reader sleeps: it is to notice at once. */
	if (h->doorbell >= 0)
		eventfd_write(h->doorbell, 1);
	return 0;
}

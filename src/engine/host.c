/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The shared memory of a session, and the helpers that programs call.
 */
#define _GNU_SOURCE
#include "host.h"
#include "bpf-op.h"
#include "helpers.h"
#include "record.h"
#include "rt-atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHARED_AT_END = 4096 };

/* One session's maps may not take more than this; sparse until used. */
#define SHARED_MAX (UINT64_C(16) << 30)

static void defs_to_rt(const struct bpf_map_def *defs, size_t n,
		       struct rt_map_def *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct rt_map_def){defs[i].kind, defs[i].key_size,
					     defs[i].value_size,
					     defs[i].max_entries};
}

static uint64_t round_page(uint64_t n)
{
	return (n + 4095) & ~UINT64_C(4095);
}

/* Two counts for each point, one for each action. */
static uint64_t counts_size(uint32_t npoints, uint32_t nactions)
{
	return round_page(8 * (2 * (uint64_t)npoints + nactions));
}

static int init_memory(void *mem, uint64_t maps_size, uint64_t size,
		       const struct rt_map_def *defs,
		       const struct host_sizes *sizes)
{
	struct host_shared *shared =
		(void *)((char *)mem + size - SHARED_AT_END);

	shared->npoints = sizes->npoints;
	shared->nactions = sizes->nactions;
	return rt_init(mem, maps_size, defs, (uint32_t)sizes->ndefs,
		       sizes->nwriters);
}

static int init_memfd(int fd, uint64_t maps_size, const struct rt_map_def *defs,
		      const struct host_sizes *sizes, struct err *err)
{
	uint64_t size = maps_size + SHARED_AT_END +
			counts_size(sizes->npoints, sizes->nactions);
	void *mem;
	int rc;

	if ((size_t)size != size)
		return err_set(err, ERR_LIMIT,
			       "the maps need more memory than a 32-bit upd "
			       "can map");
	if (ftruncate(fd, (off_t)size) < 0)
		return err_errno(err, errno, "cannot size the maps' memory");
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return err_errno(err, errno, "cannot map the maps' memory");
	rc = init_memory(mem, maps_size, size, defs, sizes);
	munmap(mem, size);
	if (rc)
		return err_errno(err, -rc, "cannot lay out the maps");
	/* Nobody who is handed this can shrink it under the others. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return err_errno(err, errno, "cannot seal the maps' memory");
	return 0;
}

int host_create(const struct host_sizes *sizes, int *ret_fd, struct err *err)
{
	struct rt_map_def rt_defs[RT_MAPS_MAX];
	uint64_t size;
	int fd, rc;

	if (sizes->ndefs > RT_MAPS_MAX)
		return err_set(err, ERR_LIMIT,
			       "a script may use %d maps at "
			       "most, this one uses %zu",
			       RT_MAPS_MAX, sizes->ndefs);
	defs_to_rt(sizes->defs, sizes->ndefs, rt_defs);
	size = rt_size(rt_defs, (uint32_t)sizes->ndefs, sizes->nwriters,
		       SHARED_MAX);
	if (!size)
		return err_set(err, ERR_LIMIT,
			       "the script's maps would take "
			       "more than %llu GiB; lower max_map_keys or "
			       "max_strlen",
			       (unsigned long long)(SHARED_MAX >> 30));
	fd = memfd_create("upd-maps", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_errno(err, errno, "cannot make the maps' memory");
	rc = init_memfd(fd, round_page(size), rt_defs, sizes, err);
	if (rc) {
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

/* For processors that have no instruction for it. */
static uint64_t change_shared(struct bpf_host *host, uint64_t *p, int op,
			      uint64_t v, uint64_t expected)
{
	const struct rt *rt = &((struct host *)(void *)host)->rt;

	switch (op & ~BPF_FETCH) {
	case BPF_OP_ADD:
		return rt_wide(rt, p, RT_WIDE_ADD, v, 0);
	case BPF_OP_OR:
		return rt_wide(rt, p, RT_WIDE_OR, v, 0);
	case BPF_OP_AND:
		return rt_wide(rt, p, RT_WIDE_AND, v, 0);
	case BPF_OP_XOR:
		return rt_wide(rt, p, RT_WIDE_XOR, v, 0);
	case BPF_XCHG & ~BPF_FETCH:
		return rt_wide(rt, p, RT_WIDE_SWAP, v, 0);
	default: /* CMPXCHG */
		return rt_wide(rt, p, RT_WIDE_SWAP_IF, v, expected);
	}
}

static int bind_maps(struct host *h)
{
	struct rt_map *m;
	size_t n = 0;

	while (n < RT_MAPS_MAX && (m = rt_map(&h->rt, (uint32_t)n)))
		h->maps[n++] = m;
	h->bpf.helper = helper_lookup;
	h->bpf.atomic64 = change_shared;
	h->bpf.maps = h->maps;
	h->bpf.nmaps = n;
	/* The verifier has proved an end; this bounds how far it may be off. */
	h->bpf.insn_budget = UINT64_C(1) << 28;
	return 0;
}

/* The sizes are read once, and checked against the memory there is. */
static int attach(struct host *h, void *mem, uint64_t size, uint32_t writer)
{
	uint64_t counts;

	h->shared = (void *)((char *)mem + size - SHARED_AT_END);
	h->npoints = *(volatile uint32_t *)&h->shared->npoints;
	h->nactions = *(volatile uint32_t *)&h->shared->nactions;
	counts = counts_size(h->npoints, h->nactions);
	if (counts > size - SHARED_AT_END)
		return ERR_PROTO;
	h->counts = (void *)((char *)h->shared - counts);
	return rt_attach(&h->rt, mem, size - SHARED_AT_END - counts, writer);
}

int host_open(struct host *h, int fd, uint32_t writer, int doorbell,
	      struct err *err)
{
	struct stat st;
	uint64_t size;
	void *mem;

	*h = (struct host){.doorbell = doorbell};
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "cannot look at the maps' memory");
	if (!(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) ||
	    st.st_size <= SHARED_AT_END)
		return err_set(err, ERR_PROTO,
			       "the maps' memory was not made "
			       "by upd");
	size = (uint64_t)st.st_size;
	if ((size_t)size != size)
		return err_set(err, ERR_LIMIT,
			       "the maps' memory is more than a 32-bit upd can "
			       "map");
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return err_errno(err, errno, "cannot map the maps' memory");
	if (attach(h, mem, size, writer)) {
		munmap(mem, size);
		return err_set(err, ERR_PROTO, "the maps' memory is damaged");
	}
	h->map_base = mem;
	h->map_size = size;
	return bind_maps(h);
}

void host_close(struct host *h)
{
	if (h->map_base)
		munmap(h->map_base, h->map_size);
	*h = (struct host){.doorbell = -1};
}

void host_ring_bell(struct host *h, struct rt_map *ring)
{
	if (h->doorbell >= 0 && rt_ring_wake_needed(ring))
		eventfd_write(h->doorbell, 1);
}

/* ---- counts ---- */

static uint64_t *count_of(const struct host *h, enum host_count what,
			  uint32_t index)
{
	bool by_action = what == HOST_WARNED;

	if (index >= (by_action ? h->nactions : h->npoints))
		return NULL;
	return h->counts + (by_action ? 2 * (uint64_t)h->npoints + index
				      : 2 * (uint64_t)index + what);
}

uint64_t host_count(const struct host *h, enum host_count what, uint32_t index)
{
	uint64_t *count = count_of(h, what, index);

	return count ? rt_load8(&h->rt, count) : 0;
}

uint64_t host_count_up(struct host *h, enum host_count what, uint32_t index)
{
	uint64_t *count = count_of(h, what, index);

	return count ? rt_add8(&h->rt, count, 1) : 0;
}

/* ---- events ---- */

struct rt_map *host_ring(struct host *h)
{
	for (size_t i = 0; i < h->bpf.nmaps; i++)
		if (rt_kind(h->maps[i]) == RT_RINGBUF)
			return h->maps[i];
	return NULL;
}

int host_send(struct host *h, struct rt_map *ring, const void *record,
	      uint32_t len)
{
	struct event_record head;
	int rc = rt_ring_output(ring, record, len);

	if (rc && len >= sizeof(head)) {
		memcpy(&head, record, sizeof(head));
		host_count_up(h, HOST_LOST, head.point);
	}
	host_ring_bell(h, ring);
	return rc;
}

void host_run(struct host *h, const struct bpf_code *code, const void *ctx,
	      uint32_t point)
{
	struct event_record rec = {.action = EVENT_ENDED, .point = point};
	struct rt_map *ring;

	bpf_run(code, &h->bpf, ctx);
	if (!h->bpf.ended || host_count_up(h, HOST_ENDED, point))
		return;
	ring = host_ring(h);
	if (ring)
		host_send(h, ring, &rec, sizeof(rec));
}

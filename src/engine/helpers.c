/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs may call. Semantics are the kernel's where it has the helper:
 * results are 0 or negative errno numbers, a failed read zeroes its buffer.
 * The verifier has proved that pointers and lengths are good.
 */
#define _GNU_SOURCE
#include "helpers.h"
#include "host.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MAYBE __attribute__((unused))
#define HELPER(name)                                                           \
	static uint64_t name(MAYBE struct bpf_host *host, MAYBE uint64_t a1,   \
			     MAYBE uint64_t a2, MAYBE uint64_t a3,             \
			     MAYBE uint64_t a4, MAYBE uint64_t a5)

static struct host *of(struct bpf_host *host)
{
	return (struct host *)host;
}

static struct rt_map *map_of(uint64_t arg)
{
	return (struct rt_map *)(uintptr_t)arg;
}

static void *ptr(uint64_t arg)
{
	return (void *)(uintptr_t)arg;
}

static pid_t pid_of(const struct host *h)
{
	return h->task ? target_pid(task_target(h->task)) : getpid();
}

static pid_t tid_of(const struct host *h)
{
	return h->task ? task_tid(h->task) : getpid();
}

/* ---- maps ---- */

HELPER(map_lookup_elem)
{
	return (uintptr_t)rt_lookup(map_of(a1), ptr(a2));
}

HELPER(map_update_elem)
{
	return (uint64_t)(int64_t)rt_update(map_of(a1), ptr(a2), ptr(a3), a4);
}

HELPER(map_delete_elem)
{
	return (uint64_t)(int64_t)rt_delete(map_of(a1), ptr(a2));
}

HELPER(upd_clear_map)
{
	rt_clear(map_of(a1));
	return 0;
}

HELPER(upd_zero_map)
{
	rt_zero(map_of(a1));
	return 0;
}

HELPER(upd_map_len)
{
	return rt_len(map_of(a1));
}

/* upd_merged(map, key, how, to, 16) */
HELPER(upd_merged)
{
	uint64_t merged[2] = {0, 0};
	bool found = rt_merge(map_of(a1), ptr(a2), (enum rt_merge_how)a3,
			      merged);

	memset(ptr(a4), 0, a5);
	memcpy(ptr(a4), merged, a5 < sizeof(merged) ? a5 : sizeof(merged));
	return (uint64_t)(found ? 0 : -ENOENT);
}

HELPER(for_each_map_elem)
{
	struct rt_map *m = map_of(a1);
	uint64_t cursor = 0, n = 0;
	const void *key;
	void *values;

	while (rt_next(m, &cursor, &key, &values)) {
		uint32_t writer = rt_is_percpu(m) ? m->writer : 0;
		void *mine = (char *)values + (size_t)writer * m->stride;

		n++;
		if (bpf_callback(host, a2, a1, (uintptr_t)key, (uintptr_t)mine,
				 a3))
			break;
	}
	return n;
}

HELPER(loop)
{
	enum { LOOPS_MAX = 1 << 23 };
	uint64_t i;

	if (a4)
		return (uint64_t)-EINVAL;
	if ((uint32_t)a1 > LOOPS_MAX)
		return (uint64_t)-E2BIG;
	for (i = 0; i < (uint32_t)a1; i++)
		if (bpf_callback(host, a2, i, a3, 0, 0))
			return i + 1;
	return i;
}

/* ---- time, identity ---- */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

HELPER(ktime_get_ns)
{
	return clock_ns(CLOCK_MONOTONIC);
}

HELPER(ktime_get_boot_ns)
{
	return clock_ns(CLOCK_BOOTTIME);
}

HELPER(ktime_get_tai_ns)
{
	return clock_ns(CLOCK_TAI);
}

HELPER(get_prandom_u32)
{
	uint32_t v = 0;

	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != sizeof(v))
		v = (uint32_t)clock_ns(CLOCK_MONOTONIC) * 2654435761u;
	return v;
}

/* The text of a file under /proc/PID/task/TID; 0 or -errno. */
static int task_file(const struct host *h, const char *name, char *buf,
		     size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid_of(h),
		 (int)tid_of(h), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	return 0;
}

/* Field 39 of stat; the name in field 2 may hold anything, so count behind
 * its last parenthesis. */
static uint32_t task_cpu(const struct host *h)
{
	char buf[1024], *p;

	if (task_file(h, "stat", buf, sizeof(buf)) || !(p = strrchr(buf, ')')))
		return 0;
	for (int field = 2; field < 39 && p; field++)
		p = strchr(p + 1, ' ');
	return p ? (uint32_t)strtoul(p + 1, NULL, 10) : 0;
}

HELPER(get_smp_processor_id)
{
	struct host *h = of(host);

	return h->task ? task_cpu(h) : (uint64_t)sched_getcpu();
}

HELPER(get_current_pid_tgid)
{
	struct host *h = of(host);

	return (uint64_t)pid_of(h) << 32 | (uint32_t)tid_of(h);
}

HELPER(get_current_uid_gid)
{
	struct host *h = of(host);
	unsigned uid = getuid(), gid = getgid();
	char buf[4096], *p;

	if (!h->task || task_file(h, "status", buf, sizeof(buf)))
		return (uint64_t)gid << 32 | uid;
	if ((p = strstr(buf, "\nUid:")))
		sscanf(p + 5, "%u", &uid);
	if ((p = strstr(buf, "\nGid:")))
		sscanf(p + 5, "%u", &gid);
	return (uint64_t)gid << 32 | uid;
}

HELPER(get_current_comm)
{
	char buf[32] = "", *out = ptr(a1);
	size_t n;

	memset(out, 0, a2);
	if (task_file(of(host), "comm", buf, sizeof(buf)))
		return (uint64_t)-EINVAL;
	n = strcspn(buf, "\n");
	memcpy(out, buf, n < a2 ? n : a2 - 1);
	return 0;
}

/* ---- target memory ---- */

HELPER(probe_read_user)
{
	struct host *h = of(host);

	if (h->task && target_read(task_target(h->task), a3, ptr(a1), a2) ==
			       (ssize_t)a2)
		return 0;
	memset(ptr(a1), 0, a2);
	return (uint64_t)-EFAULT;
}

HELPER(probe_read_user_str)
{
	struct host *h = of(host);
	char *out = ptr(a1);
	ssize_t n = -1;

	if (!a2)
		return 0;
	if (h->task)
		n = target_read_str(task_target(h->task), a3, out, a2);
	if (n <= 0) {
		memset(out, 0, a2);
		return (uint64_t)-EFAULT;
	}
	if (out[n - 1]) { /* cut: by size, or by the end of the mapping */
		if ((uint64_t)n < a2)
			n++;
		out[n - 1] = '\0';
	}
	/* The verifier takes all of the buffer as written. */
	memset(out + n, 0, a2 - (uint64_t)n);
	return (uint64_t)n;
}

HELPER(probe_write_user)
{
	struct host *h = of(host);

	if (h->task && target_write(task_target(h->task), a1, ptr(a2), a3) ==
			       (ssize_t)a3)
		return 0;
	return (uint64_t)-EFAULT;
}

HELPER(send_signal)
{
	struct host *h = of(host);

	return (uint64_t)(kill(pid_of(h), (int)a1) ? -errno : 0);
}

HELPER(send_signal_thread)
{
	struct host *h = of(host);

	return (uint64_t)(tgkill(pid_of(h), tid_of(h), (int)a1) ? -errno : 0);
}

HELPER(upd_mod_bias)
{
	return of(host)->mod_bias;
}

/* ---- stacks ---- */

enum { FRAMES_MAX = 1024 };

static size_t unwind(struct host *h, uint64_t *ips, size_t max)
{
	struct target *t;

	if (!h->task || !h->space || !max)
		return 0;
	t = task_target(h->task);
	return space_unwind(h->space, target_arch(t), h->regs, target_mem(t),
			    ips, max);
}

HELPER(get_stackid)
{
	struct rt_map *m = map_of(a2);
	uint64_t ips[FRAMES_MAX];
	size_t n, skip = a3 & 0xff, max = rt_value_size(m) / 8;

	if (max > FRAMES_MAX)
		max = FRAMES_MAX;
	n = unwind(of(host), ips, max);
	if (n <= skip)
		return (uint64_t)-EFAULT;
	return (uint64_t)rt_stack_put(m, ips + skip, (uint32_t)(n - skip));
}

HELPER(get_stack)
{
	uint64_t ips[FRAMES_MAX];
	size_t n, skip = a4 & 0xff, max = a3 / 8 + skip;

	if (max > FRAMES_MAX)
		max = FRAMES_MAX;
	n = unwind(of(host), ips, max);
	n = n > skip ? n - skip : 0;
	memcpy(ptr(a2), ips + skip, n * 8);
	memset((char *)ptr(a2) + n * 8, 0, a3 - n * 8);
	return n * 8;
}

/* ---- output ---- */

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
	struct event_warning w = {
		.head = {(uint32_t)(a1 >> 32), (uint32_t)a1,
			 (uint32_t)pid_of(h), (uint32_t)tid_of(h)},
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

HELPER(strncmp_)
{
	const char *a = ptr(a1), *b = ptr(a3);

	return (uint64_t)(int64_t)strncmp(a, b, a2);
}

bpf_helper_fn *helper_lookup(int32_t nr)
{
	switch (nr) {
#define CASE(name)                                                             \
	case BPF_HELPER_##name:                                                \
		return name
		CASE(map_lookup_elem);
		CASE(map_update_elem);
		CASE(map_delete_elem);
		CASE(ktime_get_ns);
		CASE(get_prandom_u32);
		CASE(get_smp_processor_id);
		CASE(get_current_pid_tgid);
		CASE(get_current_uid_gid);
		CASE(get_current_comm);
		CASE(get_stackid);
		CASE(probe_write_user);
		CASE(get_stack);
		CASE(send_signal);
		CASE(probe_read_user);
		CASE(probe_read_user_str);
		CASE(send_signal_thread);
		CASE(ktime_get_boot_ns);
		CASE(ringbuf_output);
		CASE(for_each_map_elem);
		CASE(loop);
		CASE(ktime_get_tai_ns);
		CASE(upd_mod_bias);
		CASE(upd_exit);
		CASE(upd_print_map);
		CASE(upd_clear_map);
		CASE(upd_zero_map);
		CASE(upd_map_len);
		CASE(upd_warn);
		CASE(upd_merged);
#undef CASE
	case BPF_HELPER_strncmp:
		return strncmp_;
	default:
		return NULL;
	}
}

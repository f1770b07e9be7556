/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of the traced program, its stacks, and signals to it.
 */
#define _GNU_SOURCE
#include "helper-int.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>

HELPER(probe_read_user)
{
	struct host *h = of(host);

	if (h->task &&
	    target_read(task_target(h->task), a3, ptr(a1), a2) == (ssize_t)a2)
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
	struct iovec from = {ptr(a2), a3}, to = {ptr(a1), a3};

	/* Not by way of /proc/PID/mem, which would write to text too. */
	if (h->task &&
	    process_vm_writev(pid_of(h), &from, 1, &to, 1, 0) == (ssize_t)a3)
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

/* upd_vector(register, to, size) */
HELPER(upd_vector)
{
	struct host *h = of(host);
	struct arch_vector v;
	const struct arch *arch;
	uint8_t set[ARCH_VECTOR_SET];
	ssize_t n;

	memset(ptr(a2), 0, a3);
	if (!h->task)
		return (uint64_t)-EINVAL;
	arch = target_arch(task_target(h->task));
	if (!arch->vector((unsigned)a1, &v))
		return (uint64_t)-EINVAL;
	n = task_regset(h->task, v.set, set, sizeof(set));
	if (n < 0 || arch_vector_get(arch, &v, set, (size_t)n, ptr(a2), a3))
		return (uint64_t)-EFAULT;
	return 0;
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

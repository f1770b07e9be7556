/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The target's memory. What others read is the program's: where a breakpoint
 * stands they see the original bytes. Data is written with the page's own
 * rights (process_vm_writev), text through /proc/PID/mem, which overrides
 * them.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE_SHIFT = 12, PAGE = 1 << PAGE_SHIFT };

/* Which id stands for the address space: the leader may be dead already. */
static pid_t any_tid(const struct target *t)
{
	const struct task *current = t->tracer->current;

	return current && current->target == t ? current->tid : t->pid;
}

static ssize_t read_pages(struct target *t, uint64_t addr, void *buf,
			  size_t len)
{
	struct iovec local = {buf, len};
	struct iovec remote = {(void *)(uintptr_t)addr, len};
	ssize_t n = process_vm_readv(any_tid(t), &local, 1, &remote, 1, 0);

	if (n == (ssize_t)len)
		return n;
	if (addr > INT64_MAX)
		return ERR_INVAL;
	n = pread(t->mem_fd, buf, len, (off_t)addr);
	if (n > 0)
		return n;
	return errno == ESRCH || n == 0 ? ERR_GONE : ERR_INVAL;
}

/* Short at the first page that can't be read. */
static ssize_t read_some(struct target *t, uint64_t addr, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	n = read_pages(t, addr, buf, len);
	if (n == (ssize_t)len || len == 0)
		return n;
	while (done < len) {
		size_t part = PAGE - ((addr + done) & (PAGE - 1));

		if (part > len - done)
			part = len - done;
		n = read_pages(t, addr + done, (char *)buf + done, part);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done ? (ssize_t)done : n;
}

static void unmask_page(const struct target *t, uint64_t addr, uint8_t *buf,
			uint64_t from, uint64_t to)
{
	size_t bp_len = t->arch->bp_len;

	for (uint64_t at = from; at < to; at++) {
		struct site *site = site_get(t, at);

		if (!site || !site->planted)
			continue;
		for (size_t i = 0; i < bp_len; i++)
			if (at + i >= addr && at + i < to)
				buf[at + i - addr] = site->orig[i];
	}
}

/* Puts the original bytes where breakpoints are. */
static void unmask(const struct target *t, uint64_t addr, uint8_t *buf,
		   size_t len)
{
	uint64_t from = addr - (t->arch->bp_len - 1), end = addr + len, next;

	for (; from < end; from = next) {
		next = ((from >> PAGE_SHIFT) + 1) << PAGE_SHIFT;
		if (site_count_on_page(t, from >> PAGE_SHIFT))
			unmask_page(t, addr, buf, from,
				    next < end ? next : end);
	}
}

ssize_t target_read(struct target *t, uint64_t addr, void *buf, size_t len)
{
	ssize_t n;

	if (addr + len < addr)
		return ERR_INVAL;
	n = read_some(t, addr, buf, len);
	if (n > 0)
		unmask(t, addr, buf, (size_t)n);
	return n;
}

ssize_t target_read_str(struct target *t, uint64_t addr, char *buf, size_t max)
{
	size_t done = 0;

	while (done < max) {
		size_t part = PAGE - ((addr + done) & (PAGE - 1));
		const char *nul;
		ssize_t n;

		/* Most strings are short. */
		if (done == 0 && part > 256)
			part = 256;
		if (part > max - done)
			part = max - done;
		n = target_read(t, addr + done, buf + done, part);
		if (n <= 0)
			return done ? (ssize_t)done : n;
		nul = memchr(buf + done, '\0', (size_t)n);
		if (nul)
			return nul - buf + 1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static bool touches_site(const struct target *t, uint64_t addr, size_t len)
{
	for (uint64_t at = addr; at < addr + len; at++) {
		struct site *site;

		if (!site_count_on_page(t, at >> PAGE_SHIFT)) {
			at |= PAGE - 1;
			continue;
		}
		site = site_get(t, at);
		if (site && site->planted)
			return true;
	}
	return false;
}

ssize_t target_write(struct target *t, uint64_t addr, const void *buf,
		     size_t len)
{
	struct iovec local = {(void *)(uintptr_t)buf, len};
	struct iovec remote = {(void *)(uintptr_t)addr, len};
	ssize_t n;

	if (addr + len < addr)
		return ERR_INVAL;
	if (touches_site(t, addr, len))
		return ERR_REFUSED;
	n = process_vm_writev(any_tid(t), &local, 1, &remote, 1, 0);
	if (n >= 0)
		return n;
	return errno == ESRCH ? ERR_GONE : ERR_INVAL;
}

/* ---- as arch_mem -------------------------------------------------------- */

static int mem_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	ssize_t n = target_read(ctx, addr, buf, len);

	return n == (ssize_t)len ? 0 : n < 0 ? (int)n : ERR_INVAL;
}

static int mem_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
	ssize_t n = target_write(ctx, addr, buf, len);

	return n == (ssize_t)len ? 0 : n < 0 ? (int)n : ERR_INVAL;
}

void memory_init(struct target *t)
{
	t->mem = (struct arch_mem){mem_read, mem_write, t};
}

const struct arch_mem *target_mem(struct target *t)
{
	return &t->mem;
}

/* ---- for this module ---------------------------------------------------- */

int memory_raw_read(struct target *t, uint64_t addr, void *buf, size_t len)
{
	return read_some(t, addr, buf, len) == (ssize_t)len ? 0 : ERR_INVAL;
}

int memory_text_write(struct target *t, uint64_t addr, const void *buf,
		      size_t len)
{
	ssize_t n = pwrite(t->mem_fd, buf, len, (off_t)addr);

	if (n == (ssize_t)len)
		return 0;
	return n < 0 && errno != ESRCH ? ERR_IO : ERR_GONE;
}

int memory_put(struct target *t, uint64_t addr, const void *buf, size_t len)
{
	return target_write(t, addr, buf, len) == (ssize_t)len ? 0 : ERR_IO;
}

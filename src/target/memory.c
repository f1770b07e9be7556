/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A target's memory. Reads go through process_vm_readv, which needs no
 * descriptor and faults pages in; what it cannot read (execute-only text) and
 * all writes go through /proc/PID/mem.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static uint64_t to_page_end(uint64_t addr)
{
	return 4096 - (addr & 4095);
}

static ssize_t raw_read(struct target *t, uint64_t addr, void *buf, size_t len)
{
	struct iovec local = {buf, len};
	struct iovec remote = {(void *)(uintptr_t)addr, len};
	ssize_t n = process_vm_readv(t->pid, &local, 1, &remote, 1, 0);

	if (n == (ssize_t)len)
		return n;
	if (n < 0)
		n = 0;
	/* The rest page by page: it ends where nothing is mapped. */
	while ((size_t)n < len) {
		size_t part = to_page_end(addr + (uint64_t)n);
		ssize_t got;

		if (part > len - (size_t)n)
			part = len - (size_t)n;
		got = pread(t->mem_fd, (char *)buf + n, part,
			    (off_t)(addr + (uint64_t)n));
		if (got <= 0)
			break;
		n += got;
	}
	return n;
}

/* Breakpoints are ours, not the program's. */
static void hide_sites(struct target *t, uint64_t addr, uint8_t *buf,
		       size_t len)
{
	unsigned bp = t->arch->bp_len;
	struct site *s;

	if (len <= t->sites.used) {
		for (uint64_t a = addr + 1 - bp; a != addr + len; a++)
			if ((s = site_at(t, a)) && s->planted)
				for (unsigned i = 0; i < bp; i++)
					if (a + i - addr < len)
						buf[a + i - addr] =
							s->plan.insn[i];
		return;
	}
	htab_for_each (slot, &t->sites) {
		s = slot->value;
		for (unsigned i = 0; s->planted && i < bp; i++)
			if (s->addr + i - addr < len)
				buf[s->addr + i - addr] = s->plan.insn[i];
	}
}

ssize_t target_read(struct target *t, uint64_t addr, void *buf, size_t len)
{
	ssize_t n = raw_read(t, addr, buf, len);

	if (n > 0 && t->sites.used)
		hide_sites(t, addr, buf, (size_t)n);
	return n;
}

ssize_t target_read_str(struct target *t, uint64_t addr, char *buf, size_t max)
{
	size_t n = 0;

	while (n < max) {
		size_t part = to_page_end(addr + n);
		ssize_t got;
		char *end;

		if (part > max - n)
			part = max - n;
		got = target_read(t, addr + n, buf + n, part);
		if (got <= 0)
			break;
		end = memchr(buf + n, '\0', (size_t)got);
		if (end)
			return end + 1 - buf;
		n += (size_t)got;
		if ((size_t)got < part)
			break;
	}
	return n ? (ssize_t)n : ERR_INVAL;
}

/* Writes go below breakpoints: a byte under one is kept for its lift. */
ssize_t target_write(struct target *t, uint64_t addr, const void *buf,
		     size_t len)
{
	ssize_t n = pwrite(t->mem_fd, buf, len, (off_t)addr);

	return n < 0 ? ERR_INVAL : n;
}

static int mem_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	return target_read(ctx, addr, buf, len) == (ssize_t)len ? 0
								: ERR_INVAL;
}

/* For emulated instructions: process_vm_writev heeds the page's protection, as
 * the instruction would. */
static int mem_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
	struct target *t = ctx;
	struct iovec local = {(void *)(uintptr_t)buf, len};
	struct iovec remote = {(void *)(uintptr_t)addr, len};

	return process_vm_writev(t->pid, &local, 1, &remote, 1, 0) ==
			       (ssize_t)len
		       ? 0
		       : ERR_INVAL;
}

const struct arch_mem *target_mem(struct target *t)
{
	t->mem = (struct arch_mem){mem_read, mem_write, t};
	return &t->mem;
}

int target_open_memory(struct target *t, struct err *err)
{
	char path[32];

	if (t->mem_fd >= 0)
		close(t->mem_fd);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)t->pid);
	t->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	if (t->mem_fd < 0)
		return err_errno(err, errno, "cannot open the memory of "
				 "process %d", (int)t->pid);
	return 0;
}

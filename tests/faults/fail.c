/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

const char *const fail_names[FAIL_KINDS] = {
	[FAIL_NOTHING] = "nothing",
	[FAIL_MEMORY] = "memory",
	[FAIL_FILES] = "files",
	[FAIL_GONE] = "ptrace-gone",
	[FAIL_SEIZE] = "ptrace-seize",
	[FAIL_REFUSED] = "ptrace-refused",
};

static enum fail_kind which;
static unsigned left, calls;
static bool happened;
static pid_t victim;

void fail_kills(pid_t pid)
{
	victim = pid;
}

void fail_nth(enum fail_kind kind, unsigned n)
{
	which = kind;
	left = n;
	calls = 0;
	happened = false;
}

bool fail_happened(void)
{
	return happened;
}

unsigned fail_calls(void)
{
	return calls;
}

static bool fails(enum fail_kind kind, int error)
{
	if (kind != which)
		return false;
	calls++;
	if (!left || --left)
		return false;
	happened = true;
	errno = error;
	return true;
}

/* The linker's names: __wrap_ is called in place of, __real_ is the function. */
#define WRAP(type, name, kind, error, failed, params, args) \
	type __real_##name params;                          \
	type __wrap_##name params;                          \
	type __wrap_##name params                           \
	{                                                   \
		return fails(kind, error) ? (failed)        \
					  : __real_##name args; \
	}

WRAP(void *, malloc, FAIL_MEMORY, ENOMEM, NULL, (size_t n), (n))
WRAP(void *, calloc, FAIL_MEMORY, ENOMEM, NULL, (size_t n, size_t size),
     (n, size))
WRAP(void *, realloc, FAIL_MEMORY, ENOMEM, NULL, (void *p, size_t n), (p, n))
WRAP(char *, strdup, FAIL_MEMORY, ENOMEM, NULL, (const char *s), (s))
WRAP(char *, strndup, FAIL_MEMORY, ENOMEM, NULL, (const char *s, size_t n),
     (s, n))
WRAP(ssize_t, pread, FAIL_FILES, EIO, -1,
     (int fd, void *buf, size_t n, off_t at), (fd, buf, n, at))
WRAP(ssize_t, pwrite, FAIL_FILES, EIO, -1,
     (int fd, const void *buf, size_t n, off_t at), (fd, buf, n, at))
WRAP(ssize_t, process_vm_readv, FAIL_FILES, EIO, -1,
     (pid_t pid, const struct iovec *l, unsigned long nl, const struct iovec *r,
      unsigned long nr, unsigned long flags),
     (pid, l, nl, r, nr, flags))
WRAP(void *, mmap, FAIL_FILES, ENOMEM, MAP_FAILED,
     (void *at, size_t n, int prot, int flags, int fd, off_t off),
     (at, n, prot, flags, fd, off))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails(FAIL_FILES, EMFILE) ? -1
					 : __real_open(path, flags, mode);
}

long __real_ptrace(int request, pid_t pid, void *addr, void *data);
long __wrap_ptrace(int request, pid_t pid, void *addr, void *data);
long __wrap_ptrace(int request, pid_t pid, void *addr, void *data)
{
	if (fails(FAIL_GONE, 0))
		kill(victim, SIGKILL);
	if (request == PTRACE_SEIZE && fails(FAIL_SEIZE, EPERM))
		return -1;
	if (request != PTRACE_SEIZE && fails(FAIL_REFUSED, EIO))
		return -1;
	return __real_ptrace(request, pid, addr, data);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For LD_PRELOAD: in processes whose name is $UPD_FAIL_NAME the allocation
 * number $UPD_FAIL_AT fails, or the ptrace request if $UPD_FAIL_WHAT is
 * "ptrace", of those that the program itself makes (not the libraries in it).
 * In the file $UPD_FAIL_FILE they leave where that was.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

enum { DEPTH = 32 };

/* The program's first and last code, by its own symbols. */
static uintptr_t first, end;
static const char *wanted, *file;
static unsigned at, calls;
static bool requests; /* not allocations */

static void begin(void)
{
	const char *n = getenv("UPD_FAIL_AT");

	if (first)
		return;
	wanted = getenv("UPD_FAIL_NAME");
	file = getenv("UPD_FAIL_FILE");
	requests = getenv("UPD_FAIL_WHAT") &&
		   !strcmp(getenv("UPD_FAIL_WHAT"), "ptrace");
	at = n ? (unsigned)atoi(n) : 0;
	/* the headers lie at the start of what is mapped of it */
	first = getauxval(AT_PHDR);
	end = first + (64 << 20);
}

static bool fails(const void *caller, bool request)
{
	char name[16] = "";
	void *stack[DEPTH];
	Dl_info info;
	int fd;

	begin();
	if (!wanted || !at || request != requests || (uintptr_t)caller < first ||
	    (uintptr_t)caller >= end || prctl(PR_GET_NAME, name) ||
	    strcmp(name, wanted) != 0 || !dladdr(caller, &info) ||
	    (uintptr_t)info.dli_fbase > first)
		return false;
	if (++calls != at)
		return false;
	fd = open(file ? file : "/dev/null", O_WRONLY | O_CREAT | O_APPEND,
		  0600);
	if (fd >= 0) {
		backtrace_symbols_fd(stack, backtrace(stack, DEPTH), fd);
		close(fd);
	}
	errno = request ? EIO : ENOMEM;
	return true;
}

#define REAL(name, ...)                                                  \
	static __typeof__(name) *real;                                   \
	if (!real)                                                       \
		*(void **)&real = dlsym(RTLD_NEXT, #name);               \
	return fails(__builtin_return_address(0), false) ? NULL          \
							 : real(__VA_ARGS__)

void *malloc(size_t n)
{
	REAL(malloc, n);
}

void *realloc(void *p, size_t n)
{
	REAL(realloc, p, n);
}

char *strdup(const char *s)
{
	REAL(strdup, s);
}

/* dlsym itself wants zeroed memory before there is a function to ask. */
void *calloc(size_t n, size_t size)
{
	static void *(*real)(size_t, size_t);
	static char early[4096];
	static size_t used;
	static bool looking;

	if (!real && looking) {
		void *p = early + used;

		used += (n * size + 15) & ~(size_t)15;
		return used <= sizeof(early) ? p : NULL;
	}
	if (!real) {
		looking = true;
		*(void **)&real = dlsym(RTLD_NEXT, "calloc");
		looking = false;
	}
	return fails(__builtin_return_address(0), false) ? NULL : real(n, size);
}

/* To attach is refused for many reasons; any other request, for none. */
long ptrace(enum __ptrace_request request, ...)
{
	static long (*real)(enum __ptrace_request, ...);
	void *addr, *data;
	va_list ap;
	pid_t pid;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ptrace");
	if (request != PTRACE_SEIZE && fails(__builtin_return_address(0), true))
		return -1;
	return real(request, pid, addr, data);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Part of victims: before main, takes all memory from which a branch or a
 * displacement could reach the program's text, says "ready" and waits for a
 * line. Then calls f_call() fifty times, whose system call is at f_sc. After
 * main, with V_FAR_STAYS set, calls k_recursive() until its input ends.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#ifdef __powerpc__
static const uint64_t REACH = 40 << 20;
#else
static const uint64_t REACH = UINT64_C(0x88000000);
#endif

long f_call(void);
uint32_t k_recursive(uint32_t);

__attribute__((noinline, noclone, used)) long f_call(void)
{
#ifdef __powerpc__
	register long nr __asm__("r0") = SYS_getpid;
	register long ret __asm__("r3");

	__asm__ volatile(".globl f_sc\n\t.type f_sc, @function\nf_sc:\n\tsc"
			 : "=r"(ret), "+r"(nr)
			 :
			 : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11",
			   "r12", "cr0", "ctr", "memory");
	return ret;
#else
	return syscall(SYS_getpid);
#endif
}

/* What of [from, to) lies within [low, high). */
static void take(uint64_t from, uint64_t to, uint64_t low, uint64_t high)
{
	void *at;

	if (from < low)
		from = low;
	if (to > high)
		to = high;
	if (from >= to)
		return;
	at = (void *)(uintptr_t)from;
	if (mmap(at, (size_t)(to - from), PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE,
		 -1, 0) != at) {
		perror("v-far: mmap");
		exit(99);
	}
}

/* The list is read to its end before anything is mapped. */
static void take_all(uint64_t low, uint64_t high)
{
	enum { MAX = 256 };
	static unsigned long long from[MAX], to[MAX];
	FILE *f = fopen("/proc/self/maps", "r");
	uint64_t last = low;
	char line[512];
	size_t n = 0;

	if (!f)
		exit(99);
	while (n < MAX && fgets(line, sizeof(line), f))
		n += sscanf(line, "%llx-%llx", &from[n], &to[n]) == 2;
	fclose(f);
	for (size_t i = 0; i < n; i++) {
		take(last, from[i], low, high);
		last = to[i];
	}
	take(last, high, low, high);
}

extern char __executable_start[], end[];

__attribute__((constructor)) static void be_alone(void)
{
	const uint64_t mask = 0xffff; /* of the largest page */
	uint64_t low = (uintptr_t)__executable_start & ~mask;
	uint64_t high = ((uintptr_t)end | mask) + 1;
	char line[16];

	take_all(low > REACH ? low - REACH : mask + 1, high + REACH);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(99);
	for (int i = 0; i < 50; i++)
		if (f_call() != getpid())
			exit(98);
}

__attribute__((destructor)) static void stay(void)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};

	if (!getenv("V_FAR_STAYS"))
		return;
	while (!poll(&input, 1, 0))
		if (k_recursive(9) != 34)
			_exit(97);
}

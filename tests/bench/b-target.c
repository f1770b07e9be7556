/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the benchmarks probe. Says "ready", then for each line "NAME COUNT"
 * calls that function COUNT times and answers with nanoseconds per call, or,
 * if COUNT is 0, with the function's address.
 * The functions begin with an instruction of a known kind.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int b_nop(int), b_push(int), b_mul(int);

#ifdef __powerpc__
/* What the compiler makes of these begins with that instruction; functions
 * written out would want descriptors. */
#define FUNCTION __attribute__((noinline, noclone, noipa))

FUNCTION int b_nop(int i)
{
	__asm__ volatile("nop");
	return i + 1;
}

FUNCTION int b_push(int i)
{
	__asm__ volatile("" ::: "lr");
	return i + 1;
}

FUNCTION int b_mul(int i)
{
	return i * 3;
}
#else
__asm__(".text\n"
	".globl b_nop\n.type b_nop,@function\n"
	"b_nop:	nop\n	lea 1(%rdi), %eax\n	ret\n"
	".size b_nop, .-b_nop\n"
	".globl b_push\n.type b_push,@function\n"
	"b_push:	push %rbp\n	lea 1(%rdi), %eax\n"
	"	pop %rbp\n	ret\n"
	".size b_push, .-b_push\n"
	".globl b_mul\n.type b_mul,@function\n"
	"b_mul:	imul $3, %edi, %eax\n	ret\n"
	".size b_mul, .-b_mul\n");
#endif

static const struct function {
	const char *name;
	int (*call)(int);
} functions[] = {
	{"b_nop", b_nop},
	{"b_push", b_push},
	{"b_mul", b_mul},
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tell_address(const struct function *f)
{
	uintptr_t at = (uintptr_t)f->call;

#if defined(__powerpc64__) && _CALL_ELF != 2
	at = *(uintptr_t *)at; /* of its descriptor */
#endif
	printf("%lx\n", (unsigned long)at);
	fflush(stdout);
}

static void run(const struct function *f, unsigned long count)
{
	volatile int sum = 0;
	uint64_t start = now();

	for (unsigned long i = 0; i < count; i++)
		sum = f->call(sum);
	printf("%.1f\n", (double)(now() - start) / (double)count);
	fflush(stdout);
}

int main(void)
{
	char name[32];
	unsigned long count;

	puts("ready");
	fflush(stdout);
	while (scanf("%31s %lu", name, &count) == 2) {
		for (size_t i = 0; i < sizeof(functions) / sizeof(*functions);
		     i++) {
			if (strcmp(functions[i].name, name) != 0)
				continue;
			if (count)
				run(&functions[i], count);
			else
				tell_address(&functions[i]);
		}
	}
	return 0;
}

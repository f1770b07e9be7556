/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-rseq THREADS ROUNDS [DELAY]
 *
 * Victim: threads add to one counter per CPU, in a restartable sequence that
 * takes its time between reading and writing. Says what the counters hold
 * together. s_inside is in the sequence, s_outside() is called in between.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <sys/rseq.h>

static unsigned long counters[CPU_SETSIZE][16]; /* a cache line or more each */
static unsigned long rounds, delay;

void s_outside(void);

__attribute__((noinline, noclone, noipa)) void s_outside(void)
{
	__asm__ volatile("");
}

static void add_one(void)
{
	struct rseq *r = (void *)((char *)__builtin_thread_pointer() +
				  __rseq_offset);

	__asm__ volatile(
		".pushsection __rseq_cs, \"aw\"\n"
		".balign 32\n"
		"3:	.long 0, 0\n"
		"	.quad 1f, 2f - 1f, 4f\n"
		".popsection\n"
		"0:	lea 3b(%%rip), %%rax\n"
		"	mov %%rax, %c[sequence](%[r])\n"
		"1:	mov %c[cpu](%[r]), %%ecx\n"
		"	shl $7, %%rcx\n"
		"	add %[counters], %%rcx\n"
		"	mov (%%rcx), %%rdx\n"
		"	mov %[delay], %%eax\n"
		"5:	dec %%eax\n"
		"	jnz 5b\n"
		"	.globl s_inside\n"
		"	.type s_inside, @function\n"
		"s_inside:\n"
		"	inc %%rdx\n"
		"	mov %%rdx, (%%rcx)\n"
		"2:	jmp 6f\n"
		"	.byte 0x0f, 0xb9, 0x3d\n" /* ud1, and RSEQ_SIG */
		"	.long 0x53053053\n"
		"4:	jmp 0b\n"
		"6:\n"
		:
		: [r] "r"(r), [delay] "r"((unsigned)delay), [counters] "r"(counters),
		  [sequence] "i"(offsetof(struct rseq, rseq_cs)),
		  [cpu] "i"(offsetof(struct rseq, cpu_id))
		: "rax", "rcx", "rdx", "memory", "cc");
}

static void *run(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < rounds; i++) {
		add_one();
		if (i % 100 == 0 || delay > 1000)
			s_outside();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 2, sum = 0;
	pthread_t t[64];

	rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	delay = argc > 3 ? strtoul(argv[3], NULL, 10) : 300;
	if (!__rseq_size || n > 64)
		return 77;
	puts("ready");
	fflush(stdout);
	for (unsigned long i = 1; i < n; i++)
		pthread_create(&t[i], NULL, run, NULL);
	run(NULL);
	for (unsigned long i = 1; i < n; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < CPU_SETSIZE; i++)
		sum += counters[i][0];
	printf("sum %lu\n", sum);
	return 5;
}
#else
int main(void)
{
	return 77;
}
#endif

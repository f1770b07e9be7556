/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: functions that begin with, and consist of, instructions of many
 * kinds; each is called ROUNDS times with known arguments, and what they
 * return goes into a checksum that any wrong register, flag or byte of memory
 * changes. Also built for i386.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Never inlined, merged, or specialised. */
#ifdef UNOPTIMISED
#define KIND __attribute__((noinline, noclone, used, optimize("O0")))
#else
#define KIND __attribute__((noinline, noclone, used))
#endif

uint32_t k_leaf(uint32_t), k_call(uint32_t), k_tail(uint32_t),
	k_global(uint32_t), k_branch(uint32_t), k_loop(uint32_t),
	k_switch(uint32_t), k_divide(uint32_t), k_string(uint32_t),
	k_recursive(uint32_t), k_frame(uint32_t), k_jump(uint32_t);
double k_float(double);
uint64_t k_wide(uint64_t, uint32_t, uint64_t);
uint32_t k_many(int, int, int, int, int, int, int, int);

static volatile uint32_t global = 12345;
static jmp_buf back;
/* Else the compiler turns part of the recursion into a loop. */
static uint32_t (*volatile recursive)(uint32_t) = k_recursive;

KIND uint32_t k_leaf(uint32_t x)
{
	return x + 1;
}

KIND uint32_t k_call(uint32_t x)
{
	return k_leaf(x) ^ 0x5a5a;
}

KIND uint32_t k_tail(uint32_t x)
{
	return k_leaf(x * 3);
}

KIND uint32_t k_global(uint32_t x)
{
	global = global * 1103515245 + x;
	return global;
}

KIND uint32_t k_branch(uint32_t x)
{
	if (x % 3 == 1)
		return k_leaf(x);
	return x % 5 < 2 ? ~x : x << 3;
}

KIND uint32_t k_loop(uint32_t x)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < (x & 15); i++)
		sum += i * x;
	return sum;
}

KIND uint32_t k_switch(uint32_t x)
{
	switch (x % 9) {
	case 0:
		return x ^ 0x1111;
	case 1:
		return x * 7;
	case 2:
		return k_leaf(x);
	case 3:
		return x >> 3;
	case 4:
		return k_loop(x);
	case 5:
		return x | 0x80000001;
	case 6:
		return 6;
	case 7:
		return -x;
	default:
		return x;
	}
}

KIND uint32_t k_divide(uint32_t x)
{
	return (x * 31) / ((x & 7) + 1) + (x % ((x & 3) + 2));
}

KIND uint32_t k_string(uint32_t x)
{
	char text[64], copy[64];

	snprintf(text, sizeof(text), "%u and %x", x, x);
	memset(copy, 0, sizeof(copy));
	memcpy(copy, text, strlen(text));
	return (uint32_t)strlen(copy) * 131 + (uint8_t)copy[x % 8];
}

KIND uint32_t k_recursive(uint32_t x)
{
	return x < 2 ? x : recursive(x - 1) + recursive(x - 2);
}

KIND uint32_t k_frame(uint32_t x)
{
	volatile uint32_t room[40];

	for (int i = 0; i < 40; i++)
		room[i] = x + (uint32_t)i;
	return room[x % 40];
}

/* Leaves its callers' frames without returning through them. */
KIND uint32_t k_jump(uint32_t x)
{
	if (x % 4 == 0)
		longjmp(back, (int)(x % 100) + 1);
	return x * 17;
}

KIND double k_float(double x)
{
	return x * 1.5 + 0.25;
}

KIND uint64_t k_wide(uint64_t a, uint32_t b, uint64_t c)
{
	return a * b - c / (b | 1);
}

KIND uint32_t k_many(int a, int b, int c, int d, int e, int f, int g, int h)
{
	return (uint32_t)(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g +
			  8 * h);
}

static uint32_t (*const volatile kinds[])(uint32_t) = {
	k_leaf, k_call,	  k_tail,   k_global, k_branch,
	k_loop, k_switch, k_divide, k_string, k_frame,
};

static uint64_t mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * 0x100000001b3u;
}

static uint64_t others(uint32_t i)
{
	uint64_t sum = mix(0, k_recursive(i % 7));
	volatile int landed = setjmp(back);

	sum = mix(sum, landed ? (uint32_t)landed : k_jump(i));
	sum = mix(sum, (uint64_t)(k_float(i) * 4));
	sum = mix(sum, k_wide(((uint64_t)i << 33) + i, i, (uint64_t)i << 20));
	return mix(sum, k_many((int)i, 1, 2, 3, (int)i, 5, 6, 7));
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100;
	uint64_t sum = 0xcbf29ce484222325u;

	for (uint32_t i = 0; i < rounds; i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			sum = mix(sum, kinds[k](i));
		sum = mix(sum, others(i));
	}
	printf("%016llx\n", (unsigned long long)sum);
	return 0;
}

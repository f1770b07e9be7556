/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What debuginfo's tests look at, compiled in several ways. The tests know
 * the names, types and values here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP __attribute__((noinline, noclone, used, externally_visible))

/* Not to be called in another order, or once for all. */
#define ORDERED __asm__ volatile("" ::: "memory")

enum colour { RED = 1, GREEN, BLUE = -5 };

struct node {
	struct node *next, *prev;
	char name[16];
	int grid[3][4];
	unsigned flag_a : 1, flag_b : 3;
	int wide : 20;
	union {
		int i;
		float f;
	};
	struct {
		uint8_t x, y;
	} point;
	enum colour colour;
	int (*call)(struct node *, long);
	const volatile char *text;
	struct hidden *unknown;
};

struct pair {
	long a, b;
};

struct big {
	long v[5];
};

struct mixed {
	double d;
	int i;
};

typedef unsigned long word_t;

int global_counter = 42;
static int static_counter __attribute__((used)) = 7;
struct node global_node = {.name = "global", .flag_b = 5, .wide = -3};
__thread int thread_counter = 1;

KEEP long six(long a, long b, long c, long d, long e, long f)
{
	ORDERED;
	return a + b * c + d + e + f + global_counter;
}

KEEP long nine(long a, int b, short c, char d, unsigned char e, word_t f,
	       long g, int h, short i)
{
	ORDERED;
	return a + b + c + d + e + (long)f + g + h + i;
}

KEEP double floats(int n, double d, float f, long double ld, double e)
{
	ORDERED;
	return n + d + f + (double)ld + e;
}

KEEP long structs(struct pair p, struct big b, struct mixed m, int tail)
{
	ORDERED;
	return p.a + p.b + b.v[0] + (long)m.d + m.i + tail;
}

/* The result's address comes first. */
KEEP struct big make_big(int n, long m)
{
	struct big b = {{n, m}};

	ORDERED;
	return b;
}

KEEP int use_node(struct node *n, enum colour c, _Bool yes,
		  int (*fn)(const char *), ...)
{
	int local = n->point.x + c;

	for (int i = 0; i < 4; i++) {
		long inner = local * 2;

		local += (int)inner + n->grid[1][i] + yes + !fn;
	}
	return local + static_counter;
}

#if defined(__x86_64__)
#define WORD ".8byte"
#elif defined(__i386__)
#define WORD ".4byte"
#endif

/* A USDT note as <sys/sdt.h> writes it. */
#ifdef WORD
unsigned short sema __attribute__((section(".probes"), used));
#define PROBE(name, spec)                                                     \
	__asm__ volatile("990: nop\n"                                         \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"         \
			 ".balign 4\n.4byte 992f-991f, 994f-993f, 3\n"        \
			 "991: .asciz \"stapsdt\"\n992: .balign 4\n"          \
			 "993: " WORD " 990b\n" WORD " _.stapsdt.base\n" WORD \
			 " sema\n.asciz \"shop\"\n.asciz \"" name             \
			 "\"\n.asciz \"" spec "\"\n994: .balign 4\n"          \
			 ".popsection\n"                                      \
			 ".ifndef _.stapsdt.base\n"                           \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\","    \
			 ".stapsdt.base,comdat\n.weak _.stapsdt.base\n"       \
			 ".hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n" \
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n")
#else
#define PROBE(name, spec)
#endif

KEEP void probed(void)
{
	PROBE("sale", "-4@%edi 8@$5");
	PROBE("return", "");
}

KEEP const char *get_text(void)
{
	return "text";
}

KEEP void nothing(void)
{
	__asm__ volatile("");
}

KEEP int main(int argc, char **argv)
{
	struct big made = make_big(77, 78), b = {{1, 2, 3, 4, 5}};
	struct pair p = {1, 2};
	struct mixed m = {1.5, 3};

	if (argc > 5)
		strcpy(global_node.name, argv[1]);
	nothing();
	probed();
	thread_counter++;
	return (int)(six(1, 2, 3, 4, 5, 6) + nine(1, 2, 3, 4, 5, 6, 7, 8, 9) +
		     (long)floats(1, 2, 3, 4, 5) + structs(p, b, m, 9) +
		     use_node(&global_node, GREEN, 1, puts) + get_text()[0]) ==
	       0;
}

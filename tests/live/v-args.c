/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim with known arguments of several types: v_args() is called for i = 0
 * to 99, v_outer() calls it, and v_named is data whose address is passed.
 * mixed() is called once; among its whole numbers are others.
 */
#include <stdio.h>
#include <string.h>

struct point {
	int x;
	long y;
	const char *name;
	struct point *next;
};

int v_args(int i, const char *text, struct point *p);
int v_outer(int i);
double mixed(int a, double x, int b, float y, long long c, int d, int e, int f,
	     double z, int g, short h);

static const char *const names[] = {"zero", "one", "two", "three"};
struct point v_named = {7, -8, "named", NULL};

__attribute__((noinline, noclone)) int v_args(int i, const char *text,
					      struct point *p)
{
	/* Or the compiler leaves out members that nobody here reads. */
	__asm__ volatile("" : : "r"(p) : "memory");
	return i * 2 + (int)strlen(text) + p->x;
}

__attribute__((noinline, noclone)) int v_outer(int i)
{
	struct point p = {i + 1, -i, names[(i + 1) % 4], &v_named};

	return v_args(i, names[i % 4], &p) + 1;
}

__attribute__((noinline, noclone)) double mixed(int a, double x, int b, float y,
						long long c, int d, int e,
						int f, double z, int g, short h)
{
	return a + x + b + y + (double)(c >> 32) + d + e + f + z + g + h;
}

int main(void)
{
	double all = mixed(-1, 2.5, 3, 4.5F, (5LL << 32) + 6, 7, 8, 9, 10.5, 11,
			   -12);
	int sum = 0;

	/* One call here is one stack. */
#pragma GCC unroll 1
	for (int i = 0; i < 100; i++)
		sum += v_outer(i);
	printf("%d\n", sum);
	return sum == 15425 && all == 47.5 ? 0 : 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim with known arguments of several types: v_args() is called for i = 0
 * to 99, v_outer() calls it, and v_named is data whose address is passed.
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

int main(void)
{
	int sum = 0;

	/* One call here is one stack. */
#pragma GCC unroll 1
	for (int i = 0; i < 100; i++)
		sum += v_outer(i);
	printf("%d\n", sum);
	return sum == 15425 ? 0 : 1;
}

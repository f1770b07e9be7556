/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim with known arguments of several types: v_args() is called for i = 0
 * to 99, v_outer() calls it, and v_named is data whose address is passed.
 * mixed() and wide() are called once; among its whole numbers are others; so is
 * mixed_unoptimised(), and vectors() where vectors have registers.
 */
#include <stdio.h>
#include <string.h>

struct point {
	int x;
	long y;
	const char *name;
	struct point *next;
};

struct shape {
	char tag;
	float width;
	double height[2];
};

int v_args(int i, const char *text, struct point *p);
int v_outer(int i);
double mixed_unoptimised(double x, int b, float y, const struct shape *p);
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

__attribute__((noinline, noclone, optimize(0))) double
mixed_unoptimised(double x, int b, float y, const struct shape *p)
{
	return x * b + (double)y + p->height[1];
}

long long wide(int a);

/* Of 32 bits, in two registers. */
__attribute__((noinline, noclone)) long long wide(int a)
{
	return a * 0x100000001LL - 1;
}

#if defined(__SSE2__) || (defined(__ALTIVEC__) && defined(__powerpc64__))
typedef float floats __attribute__((vector_size(16)));
typedef short shorts __attribute__((vector_size(16)));

floats vectors(int a, floats v, shorts w);

__attribute__((noinline, noclone)) floats vectors(int a, floats v, shorts w)
{
	return v * (float)a + (float)w[7];
}

static int try_vectors(void)
{
	floats v = vectors(2, (floats){1, 2, 3.5F, -4},
			   (shorts){1, -2, 3, 4, 5, 6, 7, 8});

	return v[3] == 0;
}
#else
static int try_vectors(void)
{
	return 1;
}
#endif

int main(void)
{
	struct shape shape = {'s', 1.5F, {-2.25, 1e300}};
	double all = mixed(-1, 2.5, 3, 4.5F, (5LL << 32) + 6, 7, 8, 9, 10.5, 11,
			   -12);
	int sum = 0;

	if (mixed_unoptimised(-0.5, 3, 0.1F, &shape) < 1e299 || !try_vectors() ||
	    wide(-3) != -12884901892)
		return 2;
	/* One call here is one stack. */
#pragma GCC unroll 1
	for (int i = 0; i < 100; i++)
		sum += v_outer(i);
	printf("%d\n", sum);
	return sum == 15425 && all == 47.5 ? 0 : 1;
}

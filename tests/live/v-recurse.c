/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: v_recurse() calls itself to DEPTH and sleeps MS milliseconds in
 * each. The innermost leaves by longjmp to the one outside of it, which
 * carries on.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int depth;
static long ms;
static jmp_buf out;
static volatile int returned;

int v_recurse(int level);
static int (*volatile recurse)(int) = v_recurse;

__attribute__((noinline)) int v_recurse(int level)
{
	struct timespec t = {.tv_nsec = ms * 1000000};
	int below = 0;

	nanosleep(&t, NULL);
	if (level > depth)
		longjmp(out, 1);
	if (level == depth) {
		/* Where the call would return to is not where setjmp does. */
		if (!setjmp(out)) {
			recurse(level + 1);
			returned++;
		}
	} else {
		below = recurse(level + 1);
	}
	return below + level;
}

int main(int argc, char **argv)
{
	depth = argc > 1 ? atoi(argv[1]) : 6;
	ms = argc > 2 ? atol(argv[2]) : 10;
	printf("%d\n", recurse(1) - returned);
	return 0;
}

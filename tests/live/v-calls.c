/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim whose function takes arguments of every kind: numbers, an enum, a
 * string, structs by address and by value. Called N times (its argument).
 */
#include <stdio.h>
#include <stdlib.h>

enum color { RED, GREEN = 7 };

struct inner {
	char c;
	short s;
};

struct thing {
	int id;
	char name[12];
	struct inner in;
	int list[3];
	enum color color;
	struct thing *next;
	unsigned lo : 3, hi : 5;
	double d;
};

struct small {
	int a, b;
};

int v_calls(int n, const char *text, struct thing *t, struct small sm,
	    enum color c, char ch);

__attribute__((noinline, noclone)) int v_calls(int n, const char *text,
					       struct thing *t, struct small sm,
					       enum color c, char ch)
{
	/* Or the compiler leaves out members that nobody here reads. */
	__asm__ volatile("" : : "r"(t), "r"(text) : "memory");
	return n + sm.a + sm.b + (int)c + ch;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;
	struct thing t = {5,	 "widget", {'x', -3}, {1, 2, 3},
			  GREEN, NULL,	   5,	      9,
			  1.5};
	struct small sm = {1, 2};
	long sum = 0;

	for (int i = 0; i < n; i++)
		sum += v_calls(i, "text", &t, sm, GREEN, 'a');
	printf("%ld\n", sum);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-loads ROUNDS LIBRARY...
 *
 * Victim: opens the libraries one after the other, ROUNDS times, calls p_call()
 * of each ten times and closes it again, so that one lies where another lay;
 * a thread runs meanwhile.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_bool over;
static unsigned long places, sum;

unsigned v_busy(unsigned i);

__attribute__((noinline, noclone)) unsigned v_busy(unsigned i)
{
	__asm__ volatile("");
	return i + 1;
}

static void *busy(void *calls)
{
	while (!over) {
		v_busy(1);
		++*(unsigned long *)calls;
	}
	return NULL;
}

static void use(const char *path)
{
	static void *last;
	void *lib = dlopen(path, RTLD_NOW);
	unsigned (*call)(unsigned);

	if (!lib) {
		puts(dlerror());
		exit(99);
	}
	call = (unsigned (*)(unsigned))dlsym(lib, "p_call");
	places += (void *)call != last;
	last = (void *)call;
	for (unsigned i = 0; i < 10; i++)
		sum += call(i);
	dlclose(lib);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	unsigned long calls = 0;
	pthread_t t;

	pthread_create(&t, NULL, busy, &calls);
	for (int i = 0; i < rounds; i++)
		for (int k = 2; k < argc; k++)
			use(argv[k]);
	over = true;
	pthread_join(t, NULL);
	printf("sum %lu\n", sum);
	fprintf(stderr, "calls %lu\nplaces %lu\n", calls, places);
	return 7;
}

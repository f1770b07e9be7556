/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: THREADS threads call v_hot() CALLS times together, as equal shares;
 * each call is counted by the program itself. Waits for a line on standard
 * input first when a third argument is given.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 256 };

uint64_t v_hot(uint64_t x);

/* Called through memory that the compiler knows nothing about, so that no
 * call is merged with another or left out. */
static uint64_t (*volatile hot)(uint64_t) = v_hot;
static unsigned long calls_each;

__attribute__((noinline, noclone)) uint64_t v_hot(uint64_t x)
{
	return x * 2862933555777941757u + 3037000493u;
}

struct share {
	pthread_t thread;
	uint64_t value;
	unsigned long calls;
};

static void *worker(void *arg)
{
	struct share *s = arg;

	while (s->calls < calls_each) {
		s->value = hot(s->value);
		s->calls++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct share shares[THREADS_MAX];
	unsigned long threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
	unsigned long calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
	unsigned long total = 0, i;
	uint64_t mix = 0;

	if (threads < 1 || threads > THREADS_MAX || calls % threads)
		return 2;
	calls_each = calls / threads;
	if (argc > 3) {
		puts("ready");
		fflush(stdout);
		getchar();
	}
	for (i = 0; i < threads; i++) {
		shares[i].value = i;
		if (pthread_create(&shares[i].thread, NULL, worker, &shares[i]))
			return 2;
	}
	for (i = 0; i < threads; i++) {
		pthread_join(shares[i].thread, NULL);
		total += shares[i].calls;
		mix ^= shares[i].value;
	}
	printf("%lu calls, %016llx\n", total, (unsigned long long)mix);
	return 4;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: THREADS threads take one mutex ROUNDS times each and hold it for a
 * millisecond; every fourth time with a time limit that never passes. Each
 * measures its own waits. They wait for a line on standard input first, so that
 * the locks that libc takes to start a thread are over, and exit() takes none.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start;
static unsigned long rounds;

struct waiter {
	pthread_t thread;
	uint64_t ns;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void take(unsigned long round)
{
	struct timespec limit;

	if (round % 4) {
		pthread_mutex_lock(&mutex);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 600;
	if (pthread_mutex_timedlock(&mutex, &limit))
		abort();
}

static void *contend(void *arg)
{
	static const struct timespec hold = {.tv_nsec = 1000000};
	struct waiter *w = arg;

	pthread_barrier_wait(&start);
	for (unsigned long i = 0; i < rounds; i++) {
		uint64_t before = now();

		take(i);
		w->ns += now() - before;
		nanosleep(&hold, NULL);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct waiter waiters[THREADS_MAX];
	unsigned long threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 4, i;
	uint64_t ns = 0;

	rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
	if (threads < 1 || threads > THREADS_MAX)
		return 2;
	pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
	for (i = 0; i < threads; i++)
		if (pthread_create(&waiters[i].thread, NULL, contend,
				   &waiters[i]))
			return 2;
	puts("ready");
	fflush(stdout);
	getchar();
	pthread_barrier_wait(&start);
	for (i = 0; i < threads; i++) {
		pthread_join(waiters[i].thread, NULL);
		ns += waiters[i].ns;
	}
	printf("%lu %llu\n", threads * rounds, (unsigned long long)ns / 1000);
	fflush(stdout);
	_exit(0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * THREADS threads. With MILLISECONDS 0 they wait for the end of standard
 * input; else they call b_hot() for that time, after a line of input, and what
 * is printed is nanoseconds per call (of all threads together), and the calls
 * of the thread with the fewest in percent of those of the one with the most.
 *
 * usage: b-threads THREADS MILLISECONDS
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS_MAX = 4096, STACK = 65536 };

int b_hot(int x);

static int (*volatile hot)(int) = b_hot;
static volatile int over;
static pthread_barrier_t start;

__attribute__((noinline, noclone)) int b_hot(int x)
{
	return x * 3;
}

static struct share {
	pthread_t thread;
	unsigned long calls;
	int value;
} shares[THREADS_MAX];

static void *worker(void *arg)
{
	struct share *s = arg;

	pthread_barrier_wait(&start);
	while (!over) {
		s->value = hot(s->value);
		s->calls++;
	}
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void start_all(long threads)
{
	pthread_attr_t attr;

	pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&shares[i].thread, &attr, worker,
				   &shares[i]))
			exit(1);
}

static void report(long threads, double ns)
{
	unsigned long all = 0, least = shares[0].calls, most = 0;

	for (long i = 0; i < threads; i++) {
		unsigned long n = shares[i].calls;

		all += n;
		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	printf("%.0f %.0f\n", ns / (double)(all ? all : 1),
	       100.0 * (double)least / (double)(most ? most : 1));
}

int main(int argc, char **argv)
{
	long threads, ms;
	struct timespec nap;
	double from;

	if (argc != 3)
		return 2;
	threads = strtol(argv[1], NULL, 10);
	ms = strtol(argv[2], NULL, 10);
	if (threads < 1 || threads > THREADS_MAX)
		return 2;
	start_all(threads);
	puts("ready");
	fflush(stdout);
	while (getchar() > '\n')
		;
	if (!ms)
		return 0;
	from = now();
	pthread_barrier_wait(&start);
	nap = (struct timespec){ms / 1000, ms % 1000 * 1000000};
	nanosleep(&nap, NULL);
	over = 1;
	for (long i = 0; i < threads; i++)
		pthread_join(shares[i].thread, NULL);
	report(threads, now() - from);
	return 0;
}

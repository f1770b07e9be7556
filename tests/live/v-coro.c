/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-coro COROUTINES ROUNDS
 *
 * Coroutines with small stacks side by side, run by a few threads. They change
 * threads when they yield, inside a call, and when a signal preempts them,
 * anywhere: what was interrupted in one thread goes on in another. So does Go.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

enum { THREADS = 3, STACK = 64 * 1024, YIELD_EVERY = 7 };

struct coro {
	struct coro *next;
	ucontext_t ctx;
	unsigned long sum;
	bool over;
};

static _Thread_local struct coro *current;
static _Thread_local ucontext_t scheduler;
static _Thread_local volatile bool running; /* a coroutine, on its stack */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct coro *first, **last = &first;
static atomic_int left;
static atomic_ulong preempted, calls;
static unsigned rounds;

/* After a switch the thread may be another one. What is of the thread is asked
 * for in calls that no compiler looks into. */
#define OPAQUE __attribute__((noinline, noclone, noipa))

OPAQUE static void set_running(bool on)
{
	running = on;
}

OPAQUE static void leave(void)
{
	swapcontext(&current->ctx, &scheduler);
}

OPAQUE static void yield(void)
{
	set_running(false);
	leave();
	set_running(true);
}

unsigned v_leaf(unsigned i);
unsigned v_yields(unsigned i);

OPAQUE unsigned v_leaf(unsigned i)
{
	return i * 3;
}

OPAQUE unsigned v_yields(unsigned i)
{
	if (i % YIELD_EVERY == 0)
		yield();
	return v_leaf(i) + 1;
}

static void body(int high, int low)
{
	struct coro *c = (void *)(uintptr_t)((uint64_t)(unsigned)high << 32 |
					     (unsigned)low);

	set_running(true);
	for (unsigned i = 0; i < rounds; i++, calls++)
		c->sum += v_yields(i);
	set_running(false);
	c->over = true;
	leave();
}

/* On PowerPC a signal's frame holds the thread pointer, too, and the return
 * from the handler gives that one back; it is to be the new thread's. */
OPAQUE static void take_thread_pointer(ucontext_t *uc)
{
#ifdef __powerpc64__
	register unsigned long tp __asm__("r13");

	__asm__ volatile("" : "=r"(tp));
	uc->uc_mcontext.gp_regs[13] = tp;
#elif defined(__powerpc__)
	register unsigned long tp __asm__("r2");

	__asm__ volatile("" : "=r"(tp));
	uc->uc_mcontext.uc_regs->gregs[2] = tp;
#else
	(void)uc;
#endif
}

static void preempt(int signo, siginfo_t *info, void *uc)
{
	(void)signo;
	(void)info;
	if (!running)
		return;
	preempted++;
	set_running(false);
	leave();
	set_running(true);
	take_thread_pointer(uc);
}

static struct coro *take(void)
{
	struct coro *c;

	pthread_mutex_lock(&lock);
	c = first;
	if (c && !(first = c->next))
		last = &first;
	pthread_mutex_unlock(&lock);
	return c;
}

static void give(struct coro *c)
{
	c->next = NULL;
	pthread_mutex_lock(&lock);
	*last = c;
	last = &c->next;
	pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
	(void)arg;
	while (left) {
		struct coro *c = take();

		if (!c)
			continue;
		current = c;
		swapcontext(&scheduler, &c->ctx);
		if (c->over)
			left--;
		else
			give(c);
	}
	return NULL;
}

static void add(struct coro *c, char *stack)
{
	unsigned long p = (unsigned long)c;

	getcontext(&c->ctx);
	c->ctx.uc_stack.ss_sp = stack;
	c->ctx.uc_stack.ss_size = STACK;
	makecontext(&c->ctx, (void (*)(void))body, 2, (int)(p >> 31 >> 1),
		    (int)p);
	give(c);
}

/* A while that differs each time, so that signals arrive anywhere in a call */
static void linger(void)
{
	static unsigned seed = 1;

	seed = seed * 1103515245 + 12345;
	for (volatile unsigned k = seed >> 16; k; k--)
		;
}

/* No second signal before a call has ended since the first: a program that is
 * traced, on a busy machine, would do nothing but take signals. */
static void preempt_all(pthread_t *threads)
{
	unsigned long seen = 0;

	for (unsigned i = 0; left; i++) {
		pthread_kill(threads[i % THREADS], SIGURG);
		linger();
		while (left && calls == seen)
			sched_yield();
		seen = calls;
	}
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 8;
	struct coro *coros = calloc((size_t)n, sizeof(*coros));
	char *stacks = malloc((size_t)n * STACK);
	struct sigaction sa = {.sa_sigaction = preempt,
			       .sa_flags = SA_RESTART | SA_SIGINFO};
	unsigned long sum = 0;
	pthread_t threads[THREADS];

	rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	sigaction(SIGURG, &sa, NULL);
	left = n;
	for (int i = 0; i < n; i++)
		add(&coros[i], stacks + i * STACK);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, run, NULL);
	preempt_all(threads);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < n; i++)
		sum += coros[i].sum;
	printf("sum %lu\n", sum);
	fprintf(stderr, "preempted %lu\n", (unsigned long)preempted);
	return 6;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim of t-death, `v-death MODE MILLISECONDS`: says where v_step is, waits
 * or computes as the mode says, waits for a line, and prints whatever it can
 * tell of what happened to it: results, errors, masks, alternate stack.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/futex.h>

uint64_t v_step(uint64_t x);

__attribute__((noinline, noclone)) uint64_t v_step(uint64_t x)
{
	__asm__ volatile("");
	return x * 6364136223846793005u + 1442695040888963407u;
}

static char alternate[65536];

static void say_ready(void)
{
	printf("ready %" PRIx64 "\n", (uint64_t)(uintptr_t)v_step);
	fflush(stdout);
}

static int result(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

/* Integers, doubles and vectors that live in registers all the time. */
static void compute(long ms)
{
	double a = 1, b = 2, c = 3, d = 4;
	uint64_t x = 1, y = 2;

	for (long i = 0; i < ms * 100000; i++) {
		a = a * 0.9999 + b * 0.0001;
		b = b * 0.9998 + c * 0.0002;
		c = c * 0.9997 + d * 0.0003;
		d = d * 0.9996 + a * 0.0004 + 0.001;
		x = x * 31 + y;
		y ^= x >> 7;
		if (i % 2000 == 0)
			y = v_step(y);
	}
	printf("%.17g %.17g %.17g %.17g %" PRIu64 "\n", a, b, c, d, x ^ y);
}

static void in_handler(int signo)
{
	(void)signo;
	compute(5);
}

/* No program can tell an EINTR of epoll_wait's from one that a stop and
 * SIGCONT made (signal(7)): it tries again. */
static long wait_epoll(int ms)
{
	struct epoll_event ev;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	long rc;

	do
		rc = epoll_wait(fd, &ev, 1, ms);
	while (rc < 0 && errno == EINTR);
	close(fd);
	return rc;
}

static volatile sig_atomic_t own, sent, odd;

static void on_trap(int signo, siginfo_t *si, void *arg)
{
	sigset_t mask;

	(void)arg;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (signo != SIGTRAP || !sigismember(&mask, SIGURG))
		odd++;
	if (si->si_code == SI_KERNEL)
		own++;
	else if (si->si_code == SI_TKILL)
		sent++;
	else
		odd++;
	v_step(1);
}

static void on_plain_trap(int signo)
{
	odd += signo != SIGTRAP;
	own++;
	v_step(2);
}

/* Breakpoints and SIGTRAPs of the program's own; set while it runs. */
static void trap(long ms, bool plain)
{
	struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_RESTART};

	sa.sa_sigaction = on_trap;
	if (plain) {
		sa.sa_flags = 0;
		sa.sa_handler = on_plain_trap;
	}
	sigaddset(&sa.sa_mask, SIGURG);
	sigaction(SIGTRAP, &sa, NULL);
	say_ready();
	for (long i = 0; i < ms * 100; i++) {
		v_step((uint64_t)i);
#if defined(__x86_64__) || defined(__i386__)
		__asm__ volatile("int3");
#endif
		if (i % 2)
			raise(SIGTRAP);
		v_step((uint64_t)i);
	}
	printf("%d %d %d\n", own, sent, odd);
}

static void act(const char *mode, long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	static int word;
	char c;

	if (!strcmp(mode, "read"))
		printf("%d\n", result(read(0, &c, 1)));
	else if (!strcmp(mode, "nanosleep"))
		printf("%d\n", result(nanosleep(&t, &t)));
	else if (!strcmp(mode, "poll"))
		printf("%d\n", result(poll(NULL, 0, (int)ms)));
	else if (!strcmp(mode, "futex"))
		printf("%d\n", result(syscall(SYS_futex, &word, FUTEX_WAIT, 0,
					      &t, NULL, 0)));
	else if (!strcmp(mode, "epoll"))
		printf("%d\n", result(wait_epoll((int)ms)));
	else if (!strcmp(mode, "handler"))
		raise(SIGUSR1);
	else if (!strcmp(mode, "traps") || !strcmp(mode, "plain-traps"))
		trap(ms, *mode == 'p');
	else
		compute(ms);
}

static void print_mask(void)
{
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i < 32; i++)
		putchar(sigismember(&mask, i) > 0 ? '1' : '0');
}

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	pthread_barrier_wait(&barrier); /* it has its own mask by now */
	pthread_barrier_wait(&barrier);
	compute(*(long *)arg);
	pthread_barrier_wait(&barrier);
	print_mask();
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void print_state(void)
{
	stack_t ss;

	print_mask();
	sigaltstack(NULL, &ss);
	printf(" %d %d\n", ss.ss_sp == alternate, ss.ss_flags);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	long ms = argc > 2 ? atol(argv[2]) : 10;
	stack_t ss = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	struct sigaction sa = {.sa_handler = in_handler,
			       .sa_flags = SA_ONSTACK};
	bool masked = !strcmp(mode, "masked");
	bool threads = masked || !strcmp(mode, "threads");
	pthread_t other;
	sigset_t mask;
	char line[16];

	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, SIGQUIT);
	if (masked)
		sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	setvbuf(stdin, NULL, _IONBF, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	if (threads)
		pthread_create(&other, NULL, thread, &ms);
	if (threads)
		pthread_barrier_wait(&barrier);
	if (!strstr(mode, "traps"))
		say_ready();
	if (threads)
		pthread_barrier_wait(&barrier);
	act(mode, ms);
	if (strcmp(mode, "read") && !fgets(line, sizeof(line), stdin))
		return 2;
	if (threads) {
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		pthread_join(other, NULL);
	}
	for (int i = 0; i < 100; i++)
		v_step(i);
	print_state();
	return 3;
}

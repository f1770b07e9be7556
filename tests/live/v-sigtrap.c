/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-sigtrap asks | keeps ACTION
 *
 * Victim: what a program says about SIGTRAP while it is probed. s_call() is
 * called in between. "asks" sets all kinds of actions and masks and prints what
 * it reads back; "keeps" sets one, between two lines that it reads, and goes on
 * calling after the second, when nobody may be there any more.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long calls, handled, sum;

unsigned long s_call(unsigned long i);

__attribute__((noinline, noclone, noipa)) unsigned long s_call(unsigned long i)
{
	return i * 3 + 1;
}

static void call(void)
{
	calls++;
	sum += s_call(calls) % 5;
}

static void on_trap(int sig, siginfo_t *si, void *context)
{
	(void)context;
	handled++;
	printf("handler: signal %d, code %d, from %s\n", sig, si->si_code,
	       si->si_pid == getpid() ? "itself" : "another");
	call();
}

static void show(const char *what)
{
	struct sigaction sa;
	sigset_t mask;

	call();
	if (sigaction(SIGTRAP, NULL, &sa) ||
	    pthread_sigmask(SIG_BLOCK, NULL, &mask))
		puts("cannot ask");
	printf("%s: %s, flags %x, mask %d, SIGTRAP %d, SIGUSR2 %d\n", what,
	       sa.sa_handler == SIG_DFL	  ? "default"
	       : sa.sa_handler == SIG_IGN ? "ignored"
	       : sa.sa_sigaction == on_trap
		       ? "its own"
		       : "another",
	       (unsigned)sa.sa_flags, sigismember(&sa.sa_mask, SIGUSR1),
	       sigismember(&mask, SIGTRAP), sigismember(&mask, SIGUSR2));
	call();
}

static void set_own(int flags)
{
	struct sigaction sa = {.sa_sigaction = on_trap,
			       .sa_flags = SA_SIGINFO | flags};
	struct sigaction old;

	sigaddset(&sa.sa_mask, SIGUSR1);
	sigaction(SIGTRAP, &sa, &old);
	printf("it was %s\n", old.sa_handler == SIG_IGN ? "ignored" : "not");
}

static void block(int how)
{
	sigset_t mask, old;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTRAP);
	sigaddset(&mask, SIGUSR2);
	if (sigprocmask(how, &mask, &old))
		puts("cannot block");
	printf("SIGTRAP was %d\n", sigismember(&old, SIGTRAP));
}

/* Masks and actions are inherited. */
static void in_child(const char *what)
{
	int status;

	fflush(stdout);
	if (!fork()) {
		show(what);
		fflush(stdout);
		_exit(5);
	}
	wait(&status);
	printf("child: %d\n", WEXITSTATUS(status));
}

static void *in_thread(void *what)
{
	show(what);
	return NULL;
}

static void thread(char *what)
{
	pthread_t t;

	if (!pthread_create(&t, NULL, in_thread, what))
		pthread_join(t, NULL);
}

/* Without a word on what there was: some libcs have a call of its own for that. */
static void set_unasked(int sig)
{
	struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

	sigaction(sig, &sa, NULL);
}

/* By a call that is not libc's: as that one has set another signal's. */
static void set_directly(void)
{
	unsigned long action[8] = {0};

	set_unasked(SIGUSR1);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, action, 8);
	syscall(SYS_rt_sigaction, SIGTRAP, action, NULL, 8);
}

static int asks(void)
{
	for (int i = 0; i < 3; i++) {
		show("at first");
		signal(SIGTRAP, SIG_IGN);
		show("ignored");
		raise(SIGTRAP);
		in_child("child, ignored");
		set_own(i == 1 ? SA_NODEFER : 0);
		show("its own");
		raise(SIGTRAP);
		block(SIG_BLOCK);
		show("blocked");
		raise(SIGTRAP);
		raise(SIGTRAP);
		puts("raised");
		in_child("child, blocked");
		thread("thread, blocked");
		block(i == 2 ? SIG_SETMASK : SIG_UNBLOCK);
		block(SIG_UNBLOCK);
		show("open");
		signal(SIGTRAP, SIG_DFL);
		set_unasked(SIGTRAP);
		raise(SIGTRAP);
		signal(SIGTRAP, SIG_DFL);
		set_directly();
		raise(SIGTRAP);
		raise(SIGTRAP);
		signal(SIGTRAP, SIG_DFL);
	}
	printf("handled %lu\n", handled);
	fprintf(stderr, "calls %lu\n", calls);
	return 9;
}

static void read_line(void)
{
	char line[16];

	if (!fgets(line, sizeof(line), stdin))
		exit(2);
}

static int keeps(const char *action)
{
	sigset_t all;

	puts("ready");
	read_line();
	sigfillset(&all);
	if (!strcmp(action, "ignored"))
		signal(SIGTRAP, SIG_IGN);
	else if (!strcmp(action, "own"))
		set_own(0);
	else if (!strcmp(action, "default"))
		signal(SIGTRAP, SIG_DFL);
	else
		pthread_sigmask(SIG_BLOCK, &all, NULL);
	call();
	puts("set");
	read_line();
	for (int i = 0; i < 100; i++)
		call();
	if (!strcmp(action, "ignored") || !strcmp(action, "own"))
		raise(SIGTRAP);
	printf("%lu calls, %lu\n", calls, sum);
	return 9;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && !strcmp(argv[1], "keeps"))
		return keeps(argv[2]);
	return argc > 1 ? asks() : 2;
}

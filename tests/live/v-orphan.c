/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does for each letter that it reads something that blocks SIGTRAP, or that
 * shows who blocks it, and calls s_call meanwhile: see tests/live/orphan.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile int seen;

int s_call(int i);

__attribute__((noinline, noclone, noipa)) int s_call(int i)
{
	return i + 1;
}

static void handler(int sig)
{
	seen += s_call(sig);
}

static void handle(int sig)
{
	struct sigaction sa = {.sa_handler = handler};

	sigfillset(&sa.sa_mask);
	if (sigaction(sig, &sa, NULL))
		exit(99);
}

/* Does sig's handler block SIGTRAP, as the C library has it, and as the kernel
 * does? */
static int blocks(int sig, int raw)
{
	unsigned long action[16] = {0};
	const size_t mask = 3 * sizeof(long);
	struct sigaction sa;

	if (!raw)
		return sigaction(sig, NULL, &sa)
			       ? -1
			       : sigismember(&sa.sa_mask, SIGTRAP);
	if (syscall(SYS_rt_sigaction, sig, NULL, action, 8))
		return -1;
	/* the first word of it has SIGTRAP's bit */
	return action[mask / sizeof(long)] >> (SIGTRAP - 1) & 1;
}

static int blocked(void)
{
	sigset_t all, old;
	int got;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	got = s_call(3);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return got;
}

static int suspended(void)
{
	sigset_t all, most, old;

	sigfillset(&all);
	most = all;
	sigdelset(&most, SIGUSR1);
	sigprocmask(SIG_BLOCK, &all, &old);
	raise(SIGUSR1);
	sigsuspend(&most);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return seen;
}

static int spawned(void)
{
	char *argv[] = {"true", NULL};
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, "true", NULL, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static int forked(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(blocked());
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void *in_thread(void *arg)
{
	*(int *)arg = blocked();
	return NULL;
}

static int threaded(void)
{
	pthread_t thread;
	int got = -1;

	if (!pthread_create(&thread, NULL, in_thread, &got))
		pthread_join(thread, NULL);
	return got;
}

static int without_files(void)
{
	struct rlimit none;

	getrlimit(RLIMIT_NOFILE, &none);
	none.rlim_cur = 0;
	return setrlimit(RLIMIT_NOFILE, &none) ? -1 : s_call(4);
}

static int answer(char c)
{
	switch (c) {
	case 'c':
		return s_call(5);
	case 'h':
		return raise(SIGUSR1) ? -1 : seen;
	case 'b':
		return blocked();
	case 'w':
		return suspended();
	case 's':
		return spawned();
	case 'S':
		return system("true");
	case 'f':
		return forked();
	case 't':
		return threaded();
	case 'l':
		return without_files();
	case 'p':
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	case '2':
		handle(SIGUSR2);
		return 0;
	case 'm':
		return blocks(SIGUSR1, 0) * 2 + blocks(SIGUSR2, 0);
	case 'r':
		return blocks(SIGUSR1, 1) * 2 + blocks(SIGUSR2, 1);
	default:
		return -1;
	}
}

int main(void)
{
	char c;

	handle(SIGUSR1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (read(STDIN_FILENO, &c, 1) == 1)
		printf("%c %d\n", c, answer(c));
	return 9;
}

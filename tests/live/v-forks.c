/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: v-forks KIND CHILDREN CALLS. Waits for a line, then makes children,
 * one at a time, that each make CALLS calls: by fork, by fork and exec of the
 * same program, or by vfork and exec ("spawn"); and says how many there were.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int f_hot(int n);

__attribute__((noinline, noclone)) int f_hot(int n)
{
	__asm__ volatile("");
	return n + 1;
}

static int calls(int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += f_hot(i) - i;
	return sum;
}

static pid_t make(const char *kind, char **leaf, int n)
{
	pid_t pid;

	if (!strcmp(kind, "spawn"))
		return posix_spawn(&pid, leaf[0], NULL, NULL, leaf, environ)
			       ? -1
			       : pid;
	pid = fork();
	if (pid)
		return pid;
	if (!strcmp(kind, "exec")) {
		execv(leaf[0], leaf);
		_exit(9);
	}
	_exit(calls(n) != n);
}

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[3]) : 1, made = 0, status;
	char *leaf[] = {argv[0], "leaf", "0", argc > 3 ? argv[3] : "1", NULL};

	if (argc > 1 && !strcmp(argv[1], "leaf"))
		return calls(n) != n;
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 2;
	for (int i = 0; argc > 3 && i < atoi(argv[2]); i++)
		if (make(argv[1], leaf, n) > 0 && wait(&status) > 0 && !status)
			made++;
	printf("made %d\n", made);
	return 0;
}

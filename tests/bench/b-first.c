/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts a command and prints the milliseconds until its first line of output
 * that contains TEXT; then waits for its end.
 *
 * usage: b-first TEXT COMMAND...
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	double start, first = -1;
	char line[4096];
	int out[2];
	FILE *in;
	pid_t pid;

	if (argc < 3 || pipe(out) != 0)
		return 2;
	start = now();
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	close(out[1]);
	in = fdopen(out[0], "r");
	while (in && fgets(line, sizeof(line), in))
		if (first < 0 && strstr(line, argv[1]))
			first = now() - start;
	waitpid(pid, NULL, 0);
	if (first < 0)
		return 1;
	printf("%.1f\n", first);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Not a victim but a rival: traces the process named by its argument until
 * its input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>

int main(int argc, char **argv)
{
	pid_t pid = argc > 1 ? (pid_t)strtol(argv[1], NULL, 10) : 0;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0) {
		perror("v-tracer");
		return 1;
	}
	puts("tracing");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "count.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

size_t count_from(const struct counts *c, uint64_t offset)
{
	size_t low = 0, high = c->used;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c->places[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t count_at(const struct counts *c, uint64_t offset)
{
	size_t i = count_from(c, offset);

	if (i == c->used || c->places[i].offset != offset)
		return 0;
	return c->places[i].count;
}

_Noreturn void count_exec(const struct command *cmd, int go)
{
	int in = open("/dev/null", O_RDONLY);
	int fd = open(cmd->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char c;

	if (in < 0 || fd < 0 || personality(ADDR_NO_RANDOMIZE) < 0)
		_exit(99);
	dup2(in, 0);
	dup2(fd, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (go < 0)
		ptrace(PTRACE_TRACEME, 0, 0, 0);
	else if (read(go, &c, 1) != 1)
		_exit(99);
	execve(cmd->argv[0], cmd->argv, cmd->env);
	_exit(99);
}

int count_nothing(const struct command *cmd)
{
	int go[2], status = -1;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0)
		count_exec(cmd, go[0]);
	if (write(go[1], "x", 1) != 1 || pid < 0 ||
	    waitpid(pid, &status, 0) != pid)
		status = -1;
	close(go[0]);
	close(go[1]);
	return status;
}

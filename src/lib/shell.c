/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * system(): a command of the script, run by the shell, its output taken. It
 * has a few seconds: while it runs, nobody reads events.
 */
#define _GNU_SOURCE
#include "shell.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHELL_SECONDS = 5, SHELL_OUTPUT_MAX = 1 << 20 };

static void child(const char *command, const char *cwd, int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(out, 2) < 0)
		_exit(127);
	close_range(3, ~0u, 0);
	if (cwd && chdir(cwd))
		_exit(127);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* What there is to read now. */
static void drain(int fd, struct buf *out, size_t max)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		if (out->len < max)
			buf_add(out, chunk, (size_t)n);
}

/* Until the shell ends, whoever else may still hold the pipe. False: it took
 * too long. */
static bool take_output(int fd, int pidfd, struct buf *out)
{
	int64_t end = clock_ms() + SHELL_SECONDS * 1000, left;
	size_t max = out->len + SHELL_OUTPUT_MAX;
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN},
			     {.fd = fd, .events = POLLIN}};

	while ((left = end - clock_ms()) > 0) {
		if (poll(p, 2, (int)left) < 0)
			continue;
		drain(fd, out, max);
		if (p[0].revents)
			return true;
		if (p[1].revents & POLLHUP)
			p[1].fd = -1;
	}
	return false;
}

static int watch(pid_t pid, int fd, const char *command, struct buf *out,
		 struct err *err)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), rc = 0;

	if (pidfd < 0)
		rc = err_errno(err, errno, "system(%s)", command);
	else if (!take_output(fd, pidfd, out))
		rc = err_set(err, ERR_LIMIT,
			     "system(%s) was ended: it took longer than %d "
			     "seconds",
			     command, SHELL_SECONDS);
	if (pidfd >= 0)
		close(pidfd);
	if (rc)
		kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}

int shell_run(const char *command, const char *cwd, struct buf *out,
	      struct err *err)
{
	int fds[2], rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK))
		return err_errno(err, errno, "system(%s)", command);
	pid = fork();
	if (!pid)
		child(command, cwd, fds[1]);
	close(fds[1]);
	if (pid < 0)
		rc = err_errno(err, errno, "system(%s)", command);
	else
		rc = watch(pid, fds[0], command, out, err);
	close(fds[0]);
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_MS = 2000, NOT_RUN = 127 };

/* Whether execvp will find it: said before anything is started. */
static int find(const char *name, struct err *err)
{
	const char *path = getenv("PATH");
	char full[4096];

	if (strchr(name, '/')) {
		if (access(name, X_OK) == 0)
			return 0;
		return err_errno(err, errno, "-c: cannot run %s", name);
	}
	if (!path)
		path = "/bin:/usr/bin";
	while (*path) {
		int len = strcspn(path, ":");

		snprintf(full, sizeof(full), "%.*s/%s", len ? len : 1,
			 len ? path : ".", name);
		if (access(full, X_OK) == 0)
			return 0;
		path += len;
		path += *path == ':';
	}
	return err_set(err, ERR_NOENT, "-c: %s is not found in PATH", name);
}

/* Waits for the word to go on; end of file: upd gave up, or died. */
static void hold_and_exec(char **words, const sigset_t *mask, int go,
			  int result)
{
	int error;
	ssize_t n;
	char c;

	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	do
		n = read(go, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(NOT_RUN);
	execvp(words[0], words);
	error = errno;
	if (write(result, &error, sizeof(error)) < 0)
		_exit(NOT_RUN);
	_exit(NOT_RUN);
}

static int fork_held(char **words, const sigset_t *mask, struct child *ret,
		     struct err *err)
{
	int go[2], result[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_errno(err, errno, "cannot make a pipe");
	if (pipe2(result, O_CLOEXEC) < 0) {
		close(go[0]);
		close(go[1]);
		return err_errno(err, errno, "cannot make a pipe");
	}
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		close(result[0]);
		hold_and_exec(words, mask, go[0], result[1]);
	}
	close(go[0]);
	close(result[1]);
	if (pid < 0) {
		close(go[1]);
		close(result[0]);
		return err_errno(err, errno, "cannot start %s", words[0]);
	}
	*ret = (struct child){pid, go[1], result[0], false};
	return 0;
}

int child_fork(const char *command, const sigset_t *mask, struct child *ret,
	       struct err *err)
{
	char **words;
	int rc = split_words(command, &words, err);

	if (rc)
		return rc;
	if (!words[0])
		rc = err_set(err, ERR_INVAL, "-c: there is no command");
	if (!rc)
		rc = find(words[0], err);
	if (!rc)
		rc = fork_held(words, mask, ret, err);
	free(words);
	return rc;
}

void child_go(struct child *c)
{
	if (c->go_fd < 0)
		return;
	c->started = write(c->go_fd, "!", 1) == 1;
	close(c->go_fd);
	c->go_fd = -1;
}

int child_result(struct child *c, const char *command, struct err *err)
{
	int error = 0;
	ssize_t n = read(c->result_fd, &error, sizeof(error));

	close(c->result_fd);
	c->result_fd = -1;
	if (n != sizeof(error))
		return 0;
	c->started = false;
	return err_errno(err, error, "-c: cannot run %s", command);
}

/* Waits for its end, not for ever: it may well ignore SIGTERM. */
static void child_wait(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	if (poll(&p, 1, END_MS) == 1)
		waitpid(pid, NULL, WNOHANG);
	close(fd);
}

void child_end(struct child *c)
{
	if (!c->pid)
		return;
	if (c->go_fd >= 0)
		close(c->go_fd);
	if (c->result_fd >= 0)
		close(c->result_fd);
	if (c->started && waitpid(c->pid, NULL, WNOHANG) == 0) {
		kill(c->pid, SIGTERM);
		child_wait(c->pid);
	}
	c->pid = 0;
}

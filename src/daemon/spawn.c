/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Forking session workers and tracers. The child keeps standard input to error
 * (log lines), its socket to the broker and, for a session, the client's;
 * everything else is closed, so that end of file means what it says and no
 * client's socket is in another user's process. It becomes the client's user
 * before any code that handles the client's data runs.
 */
#include <config.h>

#include "state.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

enum { FIRST_FD = 3, REFUSED_STATUS = 70 };

static void signals_default(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves the descriptors to FIRST_FD and up, in order, and closes the rest. */
static int keep_only(int *fds, int n)
{
	for (int i = 0; i < n; i++) { /* out of the way first */
		fds[i] = fcntl(fds[i], F_DUPFD, FIRST_FD + n);
		if (fds[i] < 0)
			return -1;
	}
	for (int i = 0; i < n; i++) {
		if (dup3(fds[i], FIRST_FD + i, O_CLOEXEC) < 0)
			return -1;
		fds[i] = FIRST_FD + i;
	}
	closelog(); /* or syslog would use a descriptor that is another's */
	closefrom(FIRST_FD + n);
	return 0;
}

static int child_main(const struct spawn *what, int broker_fd)
{
	int fds[2] = {broker_fd, what->client_fd};
	bool session = what->client_fd >= 0;
	const char *name = session	  ? "upd-session"
			   : what->target ? "upd-tracer"
					  : "upd-sweeper";
	struct err err;

	signals_default();
	setsid(); /* a terminal's Ctrl-C is for the client */
	if (keep_only(fds, session ? 2 : 1) < 0) {
		log_error("cannot set up descriptors: %s", strerror(errno));
		return REFUSED_STATUS;
	}
	prctl(PR_SET_NAME, name, 0, 0, 0);
	if (peer_become(what->peer, &err)) {
		log_error("refused: %s", err.text);
		return REFUSED_STATUS;
	}
	if (session)
		return what->workers->session(fds[1], fds[0], what->peer);
	if (!what->target)
		return what->workers->sweep(fds[0]);
	return what->workers->tracer(fds[0], what->peer, what->target);
}

int spawn_child(const struct spawn *what, pid_t *ret_pid, int *ret_fd,
		struct err *err)
{
	int pair[2], rc;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, errno, "cannot make a socket pair");
	pid = fork();
	if (pid == 0)
		_exit(child_main(what, pair[1]));
	if (pid < 0) {
		rc = err_errno(err, errno, "cannot start a process");
		close(pair[0]);
		close(pair[1]);
		return rc;
	}
	close(pair[1]);
	*ret_pid = pid;
	*ret_fd = pair[0];
	return 0;
}

const char *death_text(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		snprintf(buf, size, "ended with status %d",
			 WEXITSTATUS(status));
	else
		return NULL;
	return buf;
}

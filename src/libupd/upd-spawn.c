/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a program under trace: a child that waits until it is traced, and
 * is held at its first instruction.
 */
#define _GNU_SOURCE
#include "upd-int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits until it is traced; end of file: the tracer gave up. */
static void hold_and_exec(char *const argv[], int go, int result)
{
	int error;
	ssize_t n;
	char c;

	do
		n = read(go, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
	execvp(argv[0], argv);
	error = errno;
	if (write(result, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static int fork_held(struct upd *u, char *const argv[], pid_t *ret_pid,
		     int *ret_go, int *ret_result)
{
	int go[2], result[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return err_errno(&u->err, errno, "cannot make a pipe");
	if (pipe2(result, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return err_errno(&u->err, errno, "cannot make a pipe");
	}
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		hold_and_exec(argv, go[0], result[1]);
	}
	close(go[0]);
	close(result[1]);
	if (pid < 0) {
		close(go[1]);
		close(result[0]);
		return err_errno(&u->err, errno, "cannot start %s", argv[0]);
	}
	*ret_pid = pid;
	*ret_go = go[1];
	*ret_result = result[0];
	return 0;
}

/* Serves until the child has become the program. */
static int wait_exec(struct upd *u, const char *name, int go, int result)
{
	int error = ENOEXEC, rc;

	if (write(go, "!", 1) != 1)
		return err_errno(&u->err, errno, "cannot start %s", name);
	do
		rc = tracer_run(u->tracer);
	while (rc == ERR_INTR && !u->spawned && u->spawning);
	if (u->spawned)
		return 0;
	if (read(result, &error, sizeof(error)) != sizeof(error))
		return err_set(&u->err, UPD_GONE,
			       "%s was killed before it began", name);
	return err_errno(&u->err, error, "cannot start %s", name);
}

static int spawn(struct upd *u, const char *name, pid_t pid, int go, int result,
		 struct upd_process **ret)
{
	struct shared *s;
	int rc = api_attach(u, pid, &s);

	if (rc)
		return rc;
	rc = api_user_new(s, ret);
	if (rc)
		return rc;
	target_hold_at_exec(s->target);
	u->spawning = s;
	u->spawned = false;
	rc = wait_exec(u, name, go, result);
	if (rc && u->spawning)
		upd_detach(*ret);
	u->spawning = NULL;
	return rc;
}

int upd_spawn(struct upd *u, char *const argv[], struct upd_process **ret)
{
	struct upd_process *p;
	int go = -1, result = -1, rc;
	pid_t pid = 0;

	if (!api_enter(u))
		return UPD_INVAL;
	if (u->depth || !argv || !argv[0])
		return api_fail(u, UPD_INVAL,
				u->depth ? "upd_spawn() cannot be called from "
					   "a callback"
					 : "there is no program to start");
	rc = fork_held(u, argv, &pid, &go, &result);
	if (rc)
		return rc;
	rc = spawn(u, argv[0], pid, go, result, &p);
	close(go);
	close(result);
	if (rc) /* untraced by now: it ends by itself, or has */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	else
		*ret = p;
	return rc;
}

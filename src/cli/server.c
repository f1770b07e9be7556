/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finding the user's updd, or starting it: under a lock, so that of two
 * clients at once one starts it and the other finds it. A server that is about
 * to leave may close the connection before it says WELCOME; then all is tried
 * again.
 */
#include <config.h>

#include "server.h"

#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 5, PATH_ROOM = 4096 };

/* updd beside upd itself (a build tree), else where it is installed.
 * $UPD_UPDD overrides both. */
static int updd_path(char *ret, size_t size, struct err *err)
{
	const char *named = secure_getenv("UPD_UPDD");
	ssize_t n = readlink("/proc/self/exe", ret, size - 8);
	char *slash;

	if (named && *named) {
		snprintf(ret, size, "%s", named);
		return 0;
	}
	ret[n < 0 ? 0 : n] = '\0';
	slash = strrchr(ret, '/');
	if (slash) {
		strcpy(slash, "/updd");
		if (access(ret, X_OK) == 0)
			return 0;
	}
	snprintf(ret, size, "%s/updd", SBINDIR);
	if (access(ret, X_OK) == 0)
		return 0;
	return err_set(err, ERR_NOENT,
		       "updd is neither beside upd nor in %s; is upd fully "
		       "installed?",
		       SBINDIR);
}

/* The child: only standard input to error, and of those only errors go
 * somewhere, so that the server keeps nothing of ours open. */
static void exec_updd(const char *path, const char *socket, int errors)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(errors, 2) < 0)
		_exit(127);
	closefrom(3);
	execl(path, "updd", "-S", socket, (char *)NULL);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

/* What the starting server had to say, without the newline. */
static void read_errors(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1) {
		n = read(fd, text + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += n;
	}
	while (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
}

/* Runs updd; back when it listens. */
static int updd_start(const char *socket, struct err *err)
{
	char path[PATH_ROOM], text[512];
	int pipes[2], status, rc = updd_path(path, sizeof(path), err);
	pid_t pid;

	if (rc)
		return rc;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_errno(err, errno, "cannot start updd");
	pid = fork();
	if (pid == 0)
		exec_updd(path, socket, pipes[1]);
	close(pipes[1]);
	if (pid < 0) {
		rc = err_errno(err, errno, "cannot start updd");
		close(pipes[0]);
		return rc;
	}
	read_errors(pipes[0], text, sizeof(text));
	close(pipes[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return 0;
	return err_set(err, ERR_IO, "updd did not start: %s",
		       *text ? text : "it said nothing");
}

static int find_or_start(const struct rundir *dir, int *ret_fd, struct err *err)
{
	int rc = rundir_connect(dir, ret_fd, err), lock;

	if (rc != ERR_NOENT)
		return rc;
	rc = rundir_lock(dir->start, true, &lock, err);
	if (rc)
		return rc;
	rc = rundir_connect(dir, ret_fd, err);
	if (rc == ERR_NOENT) {
		rc = updd_start(dir->addr.sun_path, err);
		if (!rc) {
			rc = rundir_connect(dir, ret_fd, err);
			if (rc == ERR_NOENT) /* it left again at once */
				rc = ERR_GONE;
		}
	}
	close(lock);
	return rc;
}

static int sentence(struct msg *m, struct err *err)
{
	int code = (int)get_u32(&m->in);
	const char *text = get_str(&m->in);

	if (m->in.failed || !text)
		return err_set(err, ERR_PROTO, "updd refused without a reason");
	return err_set(err, code < 0 ? code : ERR_PROTO, "%s", text);
}

static int greet(struct conn *c, struct err *err)
{
	struct buf p;
	struct msg m;
	int rc;

	buf_init(&p);
	put_str(&p, PACKAGE_VERSION);
	rc = conn_send(c, MSG_HELLO, &p, NULL, 0, err);
	buf_release(&p);
	if (rc && rc != ERR_GONE) /* gone: hear what it said */
		return rc;
	rc = conn_wait(c, &m, err);
	if (rc < 0)
		return rc;
	msg_release(&m);
	if (m.type == MSG_WELCOME)
		return 0;
	if (m.type == MSG_ERROR)
		return sentence(&m, err);
	return err_set(err, ERR_PROTO, "updd says %s where WELCOME is due",
		       proto_msg_name(m.type));
}

int server_connect(const char *path, struct conn **ret, struct err *err)
{
	struct rundir dir;
	int rc = rundir_find(path, &dir, err);

	for (int i = 0; !rc && i < TRIES; i++) {
		struct conn *c;
		int fd;

		rc = find_or_start(&dir, &fd, err);
		if (rc == ERR_GONE) {
			rc = 0;
			continue;
		}
		if (rc)
			return rc;
		c = conn_new(fd);
		if (!c)
			return err_set(err, ERR_NOMEM, "out of memory");
		rc = greet(c, err);
		if (!rc) {
			*ret = c;
			return 0;
		}
		conn_free(c);
		if (rc == ERR_GONE)
			rc = 0;
	}
	return rc ? rc
		  : err_set(err, ERR_GONE,
			    "updd at %s closes every connection at once",
			    dir.addr.sun_path);
}

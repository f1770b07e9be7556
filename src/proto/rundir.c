/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 64 };

/* Makes the directory or checks the one that is there. No link is followed for
 * the last component; the parent is the user's runtime directory, or /tmp,
 * whose sticky bit keeps others from renaming ours away. */
static int dir_make(const char *path, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_errno(err, errno, "cannot make the directory %s",
				 path);
	if (lstat(path, &st) < 0)
		return err_errno(err, errno, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_REFUSED,
			       "%s is not a directory; remove it, or set "
			       "UPD_SOCKET",
			       path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_REFUSED,
			       "%s belongs to uid %u, not to you; set "
			       "UPD_SOCKET to a path of your own",
			       path, (unsigned)st.st_uid);
	if (st.st_mode & 077)
		return err_set(err, ERR_REFUSED,
			       "%s is open to others (mode %03o); chmod 700 it",
			       path, (unsigned)st.st_mode & 0777);
	return 0;
}

/* The runtime directory of the session, when it can be trusted: after su or
 * sudo the variable may still name somebody else's. */
static const char *runtime_dir(void)
{
	const char *dir = secure_getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (!dir || *dir != '/' || stat(dir, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 022))
		return NULL;
	return dir;
}

static int default_path(char *ret, size_t size, struct err *err)
{
	const char *dir = runtime_dir();
	char own[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int n, rc;

	if (dir)
		n = snprintf(own, sizeof(own), "%s/upd", dir);
	else
		n = snprintf(own, sizeof(own), "/tmp/upd-%u",
			     (unsigned)geteuid());
	if (n < 0 || (size_t)n >= sizeof(own))
		return err_set(err, ERR_LIMIT,
			       "XDG_RUNTIME_DIR is too long for a socket's "
			       "path: %s",
			       dir);
	rc = dir_make(own, err);
	if (rc)
		return rc;
	snprintf(ret, size, "%s/updd.sock", own);
	return 0;
}

int rundir_find(const char *path, struct rundir *ret, struct err *err)
{
	char chosen[256];
	struct rundir r = {.addr = {.sun_family = AF_UNIX}};
	int rc;

	if (!path || !*path)
		path = secure_getenv("UPD_SOCKET");
	if (!path || !*path) {
		rc = default_path(chosen, sizeof(chosen), err);
		if (rc)
			return rc;
		path = chosen;
	}
	if (strlen(path) >= sizeof(r.addr.sun_path))
		return err_set(err, ERR_LIMIT,
			       "the socket's path is longer than %zu bytes: %s",
			       sizeof(r.addr.sun_path) - 1, path);
	strcpy(r.addr.sun_path, path);
	snprintf(r.lock, sizeof(r.lock), "%s.lock", path);
	snprintf(r.start, sizeof(r.start), "%s.start", path);
	*ret = r;
	return 0;
}

/* The user at the other end must be us or root: another user's server would
 * see our script and could show us anything. */
static int server_check(int fd, const char *path, struct err *err)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return err_errno(err, errno, "cannot tell who listens at %s",
				 path);
	if (cred.uid != geteuid() && cred.uid != 0)
		return err_set(err, ERR_REFUSED,
			       "the updd at %s is run by uid %u, neither you "
			       "nor root",
			       path, (unsigned)cred.uid);
	return 0;
}

int rundir_connect(const struct rundir *r, int *ret_fd, struct err *err)
{
	const char *path = r->addr.sun_path;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return err_errno(err, errno, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)&r->addr, sizeof(r->addr)) <
	    0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			rc = err_set(err, ERR_NOENT, "no updd listens at %s",
				     path);
		else
			rc = err_errno(err, errno, "cannot connect to %s",
				       path);
		goto fail;
	}
	rc = server_check(fd, path, err);
	if (rc)
		goto fail;
	*ret_fd = fd;
	return 0;
fail:
	close(fd);
	return rc;
}

int rundir_lock(const char *path, bool wait, int *ret_fd, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	do
		rc = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
	while (rc < 0 && errno == EINTR);
	if (rc < 0) {
		rc = errno == EWOULDBLOCK
			     ? err_set(err, ERR_BUSY, "%s is locked", path)
			     : err_errno(err, errno, "cannot lock %s", path);
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

/* Something other than a socket in our place is somebody's file: not ours to
 * remove. */
static int remove_stale(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : err_errno(err, errno,
						   "cannot look at %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_REFUSED,
			       "%s exists and is not a socket", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, errno,
				 "cannot remove the stale socket "
				 "%s",
				 path);
	return 0;
}

int rundir_listen(const struct rundir *r, mode_t mode, int *ret_fd,
		  struct err *err)
{
	const char *path = r->addr.sun_path;
	mode_t old;
	int fd, rc = remove_stale(path, err);

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "cannot make a socket");
	old = umask(~mode & 0777);
	rc = bind(fd, (const struct sockaddr *)&r->addr, sizeof(r->addr));
	umask(old);
	if (rc < 0 || listen(fd, BACKLOG) < 0) {
		rc = err_errno(err, errno, "cannot listen at %s", path);
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a user's updd is: the socket, the lock files beside it, and the checks
 * that nobody else can have put them there.
 *
 * The socket is $UPD_SOCKET or what -S says, else updd.sock in
 * $XDG_RUNTIME_DIR/upd, else in /tmp/upd-UID. The directory is made with mode
 * 0700 and must be the user's own and closed to others.
 *
 * Two locks: SOCKET.lock is held by the server for as long as it serves, so
 * whoever has it may replace a stale socket; SOCKET.start by a client while it
 * starts a server, so that two clients at once start one. Lock files are never
 * removed: removing one is how two processes come to hold "the" lock.
 */
#ifndef UPD_RUNDIR_H
#define UPD_RUNDIR_H

#include "err.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct rundir {
	struct sockaddr_un addr;
	char lock[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	char start[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
};

/* Chooses the place (path: what -S said, or NULL) and makes the directory when
 * it is ours to make. */
must_check int rundir_find(const char *path, struct rundir *ret,
			   struct err *err);
/* A connected socket; ERR_NOENT: nobody listens. Refuses a socket that is
 * neither root's nor our own. */
must_check int rundir_connect(const struct rundir *r, int *ret_fd,
			      struct err *err);
/* Opens and locks a lock file: blocking, or ERR_BUSY at once. Closing it
 * unlocks. */
must_check int rundir_lock(const char *path, bool wait, int *ret_fd,
			   struct err *err);
/* Binds and listens; the caller holds SOCKET.lock. */
must_check int rundir_listen(const struct rundir *r, mode_t mode, int *ret_fd,
			     struct err *err);

#endif

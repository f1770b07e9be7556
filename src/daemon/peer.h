/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is at the other end of a socket, as the kernel says, and becoming that
 * user for good. There is no other access check: a process that has become the
 * client asks the kernel for what the client may have.
 */
#ifndef UPD_PEER_H
#define UPD_PEER_H

#include "err.h"

#include <stddef.h>
#include <sys/types.h>

enum { PEER_GROUPS_MAX = 1024 };

struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	size_t ngroups;
	gid_t groups[PEER_GROUPS_MAX];
};

/* The credentials at connect(2) time. Anything the kernel can't tell for sure
 * is an error. */
must_check int peer_get(int fd, struct peer *ret, struct err *err);

/* This process itself. */
void peer_self(struct peer *ret);

/* Sets groups, gid and uid for good and verifies it. When we are not root the
 * peer must be us. Any failure: the process must not go on. */
must_check int peer_become(const struct peer *p, struct err *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "peer.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int peer_get(int fd, struct peer *ret, struct err *err)
{
	struct peer p = {0};
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return err_errno(err, errno, "cannot tell who connected");
	if (len != sizeof(cred) || cred.uid == (uid_t)-1 ||
	    cred.gid == (gid_t)-1)
		return err_set(err, ERR_PERM, "cannot tell who connected");
	p.pid = cred.pid;
	p.uid = cred.uid;
	p.gid = cred.gid;
	len = sizeof(p.groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, p.groups, &len) < 0)
		return err_errno(err, errno, "cannot tell the groups of uid %u",
				 (unsigned)p.uid);
	p.ngroups = len / sizeof(gid_t);
	*ret = p;
	return 0;
}

void peer_self(struct peer *ret)
{
	int n = getgroups(PEER_GROUPS_MAX, ret->groups);

	ret->pid = getpid();
	ret->uid = getuid();
	ret->gid = getgid();
	ret->ngroups = n < 0 ? 0 : (size_t)n;
}

static int drop(const struct peer *p, struct err *err)
{
	if (setgroups(p->ngroups, p->groups) < 0)
		return err_errno(err, errno, "cannot take the groups of uid %u",
				 (unsigned)p->uid);
	if (setresgid(p->gid, p->gid, p->gid) < 0)
		return err_errno(err, errno, "cannot become gid %u",
				 (unsigned)p->gid);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
	    errno != EINVAL)
		return err_errno(err, errno, "cannot drop capabilities");
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return err_errno(err, errno, "cannot drop capabilities");
	if (setresuid(p->uid, p->uid, p->uid) < 0)
		return err_errno(err, errno, "cannot become uid %u",
				 (unsigned)p->uid);
	return 0;
}

/* Believe the result, not the calls. */
static int verify(const struct peer *p, struct err *err)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;

	if (getresuid(&r, &e, &s) < 0 || getresgid(&gr, &ge, &gs) < 0)
		return err_errno(err, errno, "cannot tell who we are");
	if (r != p->uid || e != p->uid || s != p->uid || gr != p->gid ||
	    ge != p->gid || gs != p->gid)
		return err_set(err, ERR_PERM, "could not become uid %u gid %u",
			       (unsigned)p->uid, (unsigned)p->gid);
	if (p->uid != 0 && setuid(0) == 0)
		return err_set(err, ERR_PERM, "uid %u could become root again",
			       (unsigned)p->uid);
	return 0;
}

int peer_become(const struct peer *p, struct err *err)
{
	int rc;

	if (geteuid() != 0) {
		if (p->uid != geteuid() || p->uid != getuid())
			return err_set(err, ERR_PERM,
				       "this updd serves uid %u only",
				       (unsigned)geteuid());
		return 0;
	}
	rc = drop(p, err);
	return rc ? rc : verify(p, err);
}

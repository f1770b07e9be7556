/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tracer processes: one per user and target, shared by the user's sessions.
 * A tracer works for the user that asked, with nothing but that user's rights,
 * so it is never shared between users.
 */
#include <config.h>

#include "state.h"

#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PID_LIMIT = 4 << 20 }; /* the kernel's own */

void use_free(struct use *u)
{
	list_remove(&u->in_client);
	list_remove(&u->in_tracer);
	free(u);
}

void tracer_forget(struct broker *b, struct tracer *t)
{
	list_for_each_safe (pos, &t->uses)
		use_free(container_of(pos, struct use, in_tracer));
	line_close(b, &t->line);
	list_remove(&t->link);
	b->ntracers--;
	free(t);
}

/* A tracer that offers to leave may, unless a session is on its way to it. */
static void tracer_message(struct broker *b, struct line *l, struct msg *m)
{
	struct tracer *t = container_of(l, struct tracer, line);
	uint32_t seen = get_u32(&m->in);
	struct err err;

	if (m->type != MSG_B_IDLE || get_end(&m->in, &err)) {
		log_error("tracer %d sends %s where only B_IDLE is due",
			  (int)t->pid, proto_msg_name(m->type));
		t->leaving = true;
		line_close(b, l);
		return;
	}
	if (seen != t->sessions)
		return;
	t->leaving = true;
	line_send(b, l, MSG_B_QUIT, NULL, NULL, 0, NULL);
}

static void tracer_broken(struct broker *b, struct line *l,
			  const struct err *why)
{
	struct tracer *t = container_of(l, struct tracer, line);

	if (why->code != ERR_GONE)
		log_error("tracer %d: %s", (int)t->pid, why->text);
	t->leaving = true;
	line_close(b, l);
}

static int tracer_start(struct broker *b, const struct peer *peer, pid_t target,
			struct tracer **ret, struct err *err)
{
	struct spawn what = {.workers = b->opts.workers,
			     .peer = peer,
			     .client_fd = -1,
			     .target = target};
	struct tracer *t;
	int fd, rc;

	if (b->ntracers >= b->opts.max_tracers)
		return err_set(err, ERR_LIMIT,
			       "updd traces %u processes already, its limit",
			       b->opts.max_tracers);
	t = calloc(1, sizeof(*t));
	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	t->peer = *peer;
	t->target = target;
	t->line.message = tracer_message;
	t->line.broken = tracer_broken;
	t->line.source.fd = -1;
	list_init(&t->uses);
	rc = spawn_child(&what, &t->pid, &fd, err);
	if (rc) {
		free(t);
		return rc;
	}
	list_push(&b->tracers, &t->link);
	b->ntracers++;
	log_info("tracer %d for target %d uid %u", (int)t->pid, (int)target,
		 (unsigned)peer->uid);
	rc = line_open(b, &t->line, fd, err);
	if (rc) {
		t->leaving = true; /* at end of file: it ends */
		return rc;
	}
	*ret = t;
	return 0;
}

static struct tracer *tracer_find(struct broker *b, const struct peer *p,
				  pid_t target)
{
	list_for_each (pos, &b->tracers) {
		struct tracer *t = container_of(pos, struct tracer, link);

		if (t->target == target && t->peer.uid == p->uid &&
		    t->peer.gid == p->gid && !t->leaving)
			return t;
	}
	return NULL;
}

static int use_add(struct client *c, struct tracer *t, struct err *err)
{
	struct use *u;

	list_for_each (pos, &c->uses)
		if (container_of(pos, struct use, in_client)->tracer == t)
			return 0;
	u = calloc(1, sizeof(*u));
	if (!u)
		return err_set(err, ERR_NOMEM, "out of memory");
	u->client = c;
	u->tracer = t;
	list_push(&c->uses, &u->in_client);
	list_push(&t->uses, &u->in_tracer);
	return 0;
}

/* Hands the tracer its end of a socket pair; *ret_fd: the session's end. */
static int tracer_join(struct broker *b, struct tracer *t, int *ret_fd,
		       struct err *err)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, errno, "cannot make a socket pair");
	rc = line_send(b, &t->line, MSG_B_SESSION, NULL, &pair[1], 1, err);
	close(pair[1]);
	if (rc) {
		close(pair[0]);
		return rc;
	}
	t->sessions++;
	*ret_fd = pair[0];
	return 0;
}

/* Our own processes wait for one another; stopping one would stop us. */
static bool is_ours(const struct broker *b, pid_t pid)
{
	if (pid == getpid())
		return true;
	list_for_each (pos, &b->clients)
		if (container_of(pos, struct client, link)->worker == pid)
			return true;
	list_for_each (pos, &b->tracers)
		if (container_of(pos, struct tracer, link)->pid == pid)
			return true;
	return false;
}

static int introduce(struct broker *b, struct client *c, pid_t target,
		     int *ret_fd, struct err *err)
{
	struct tracer *t = tracer_find(b, &c->peer, target);
	int rc;

	if (target <= 0 || target > PID_LIMIT)
		return err_set(err, ERR_INVAL, "%d is not a process id",
			       (int)target);
	if (is_ours(b, target))
		return err_set(err, ERR_REFUSED,
			       "process %d is part of the updd that would "
			       "trace it",
			       (int)target);
	if (t) {
		rc = tracer_join(b, t, ret_fd, err);
		if (!rc)
			return use_add(c, t, err);
		t->leaving = true; /* died just now: a new one */
	}
	rc = tracer_start(b, &c->peer, target, &t, err);
	if (!rc)
		rc = tracer_join(b, t, ret_fd, err);
	return rc ? rc : use_add(c, t, err);
}

void tracer_hand_out(struct broker *b, struct client *c, pid_t target)
{
	struct err err;
	struct buf p;
	int fd = -1, rc;

	rc = introduce(b, c, target, &fd, &err);
	buf_init(&p);
	put_u32(&p, target);
	if (rc) {
		put_u32(&p, rc);
		put_str(&p, err.text);
		line_send(b, &c->line, MSG_NO_TRACER, &p, NULL, 0, NULL);
	} else {
		line_send(b, &c->line, MSG_TRACER, &p, &fd, 1, NULL);
	}
	if (fd >= 0)
		close(fd);
	buf_release(&p);
}

/* A tracer that did not lift everything leaves breakpoints behind; a new one
 * starts by clearing them. Once: what kills the second would kill a third. */
static void rescue(struct broker *b, const struct tracer *dead)
{
	struct tracer *t;
	struct err err;

	if (dead->rescue || b->stopping)
		return;
	if (kill(dead->target, 0) < 0 && errno == ESRCH)
		return;
	if (tracer_start(b, &dead->peer, dead->target, &t, &err))
		log_error("cannot clean up process %d: %s", (int)dead->target,
			  err.text);
	else
		t->rescue = true;
}

/* As its owner: it may have made the mapping by itself that it was found by. */
static void clear_left(struct broker *b, pid_t pid, uid_t uid, gid_t gid)
{
	struct peer peer = {.uid = uid, .gid = gid, .ngroups = 1, .groups = {gid}};
	struct tracer *t;
	struct err err;

	if (geteuid() != 0) {
		if (uid != geteuid())
			return;
		peer_self(&peer);
	}
	list_for_each (pos, &b->tracers)
		if (container_of(pos, struct tracer, link)->target == pid)
			return;
	log_info("process %d: something of an earlier updd is there", (int)pid);
	if (tracer_start(b, &peer, pid, &t, &err))
		log_error("cannot clean up process %d: %s", (int)pid, err.text);
	else
		t->rescue = true;
}

static void sweep_message(struct broker *b, struct line *l, struct msg *m)
{
	uint32_t pid = get_u32(&m->in), uid = get_u32(&m->in),
		 gid = get_u32(&m->in);
	struct err err;

	if (m->type != MSG_B_LEFT || get_end(&m->in, &err) ||
	    pid > PID_LIMIT) {
		log_error("the sweeper sends %s where only B_LEFT is due",
			  proto_msg_name(m->type));
		line_close(b, l);
	} else if (!b->stopping) {
		clear_left(b, (pid_t)pid, uid, gid);
	}
}

static void sweep_broken(struct broker *b, struct line *l,
			 const struct err *why)
{
	if (why->code != ERR_GONE)
		log_error("sweeper: %s", why->text);
	line_close(b, l);
}

void sweep_start(struct broker *b)
{
	struct peer self = {0};
	struct spawn what = {
		.workers = b->opts.workers, .peer = &self, .client_fd = -1};
	struct err err;
	pid_t pid;
	int fd, rc;

	peer_self(&self);
	b->sweeper.message = sweep_message;
	b->sweeper.broken = sweep_broken;
	b->sweeper.source.fd = -1;
	rc = spawn_child(&what, &pid, &fd, &err);
	if (!rc)
		rc = line_open(b, &b->sweeper, fd, &err);
	if (rc)
		log_error("cannot look for what an earlier updd left: %s",
			  err.text);
}

bool tracer_reap(struct broker *b, pid_t pid, int status)
{
	char how[96];

	list_for_each (pos, &b->tracers) {
		struct tracer *t = container_of(pos, struct tracer, link);

		if (t->pid != pid)
			continue;
		if (death_text(status, how, sizeof(how))) {
			log_error("tracer %d of process %d %s", (int)pid,
				  (int)t->target, how);
			list_for_each (u, &t->uses)
				client_tell_died(
					b,
					container_of(u, struct use, in_tracer)
						->client,
					t->target, how);
			rescue(b, t);
		}
		tracer_forget(b, t);
		return true;
	}
	return false;
}

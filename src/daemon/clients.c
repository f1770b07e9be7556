/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clients, from accept through HELLO to the death of their session worker.
 */
#include <config.h>

#include "state.h"

#include "clock.h"
#include "log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned clients_of(const struct broker *b, uid_t uid)
{
	unsigned n = 0;

	list_for_each (pos, &b->clients)
		if (container_of(pos, struct client, link)->peer.uid == uid)
			n++;
	return n;
}

static void send_error(struct conn *conn, int code, const char *sentence)
{
	struct buf p;

	buf_init(&p);
	put_u32(&p, code);
	put_str(&p, sentence);
	conn_send(conn, MSG_ERROR, &p, NULL, 0, NULL);
	buf_release(&p);
}

static void refuse(struct broker *b, struct client *c, const struct err *why)
{
	log_info("client pid %d uid %u refused: %s", (int)c->peer.pid,
		 (unsigned)c->peer.uid, why->text);
	if (c->line.conn)
		send_error(c->line.conn, why->code, why->text);
	client_free(b, c);
}

void client_free(struct broker *b, struct client *c)
{
	list_for_each_safe (pos, &c->uses)
		use_free(container_of(pos, struct use, in_client));
	line_close(b, &c->line);
	conn_free(c->to_user);
	list_remove(&c->link);
	b->nclients--;
	free(c);
}

/* ---- with a worker ------------------------------------------------------ */

static void worker_message(struct broker *b, struct line *l, struct msg *m)
{
	struct client *c = container_of(l, struct client, line);
	uint32_t pid = get_u32(&m->in);
	struct err err;

	if (m->type == MSG_WANT_TRACER && !get_end(&m->in, &err)) {
		tracer_hand_out(b, c, pid);
		return;
	}
	log_error("session %d sends %s where only WANT_TRACER is due",
		  (int)c->worker, proto_msg_name(m->type));
	line_close(b, l); /* it sees that and ends */
}

static void worker_broken(struct broker *b, struct line *l,
			  const struct err *why)
{
	struct client *c = container_of(l, struct client, line);

	if (why->code != ERR_GONE)
		log_error("session %d: %s", (int)c->worker, why->text);
	line_close(b, l); /* the rest when it is reaped */
}

void client_tell_died(struct broker *b, struct client *c, pid_t target,
		      const char *how)
{
	char text[256];
	struct buf p;

	snprintf(text, sizeof(text), "the tracer of process %d %s", (int)target,
		 how);
	buf_init(&p);
	put_u32(&p, target);
	put_u32(&p, ERR_INTERNAL);
	put_str(&p, text);
	line_send(b, &c->line, MSG_TRACER_DIED, &p, NULL, 0, NULL);
	buf_release(&p);
}

bool client_reap(struct broker *b, pid_t pid, int status)
{
	char how[96], text[256];

	list_for_each (pos, &b->clients) {
		struct client *c = container_of(pos, struct client, link);

		if (c->worker != pid)
			continue;
		if (death_text(status, how, sizeof(how))) {
			log_error("session %d of uid %u %s", (int)pid,
				  (unsigned)c->peer.uid, how);
			snprintf(text, sizeof(text),
				 "the session's process %s; its probes are "
				 "lifted",
				 how);
			send_error(c->to_user, ERR_INTERNAL, text);
		}
		client_free(b, c);
		return true;
	}
	return false;
}

/* Hands the client over to a worker of its own. */
static int worker_start(struct broker *b, struct client *c, struct err *err)
{
	struct spawn what = {.workers = b->opts.workers,
			     .peer = &c->peer,
			     .client_fd = conn_fd(c->line.conn)};
	pid_t pid;
	int fd, rc;

	rc = spawn_child(&what, &pid, &fd, err);
	if (rc)
		return rc;
	source_remove(b, &c->line.source);
	c->to_user = c->line.conn;
	c->worker = pid;
	c->line.message = worker_message;
	c->line.broken = worker_broken;
	log_info("session %d for pid %d uid %u", (int)pid, (int)c->peer.pid,
		 (unsigned)c->peer.uid);
	/* Without a line to it the worker is at end of file, and ends. */
	if (line_open(b, &c->line, fd, err))
		log_error("session %d: %s", (int)pid, err->text);
	return 0;
}

/* ---- before HELLO -------------------------------------------------------- */

static int welcome(struct client *c, struct err *err)
{
	struct buf p;
	int rc;

	buf_init(&p);
	put_str(&p, PACKAGE_VERSION);
	put_u32(&p, getpid());
	rc = conn_send(c->line.conn, MSG_WELCOME, &p, NULL, 0, err);
	buf_release(&p);
	if (!rc && conn_pending(c->line.conn))
		rc = err_set(err, ERR_GONE, "the client does not read");
	return rc;
}

static void hello_message(struct broker *b, struct line *l, struct msg *m)
{
	struct client *c = container_of(l, struct client, line);
	struct err err;
	int rc;

	if (m->type != MSG_HELLO) {
		err_set(&err, ERR_PROTO, "%s where HELLO is due",
			proto_msg_name(m->type));
		refuse(b, c, &err);
		return;
	}
	get_str(&m->in);
	rc = get_end(&m->in, &err);
	if (!rc)
		rc = welcome(c, &err);
	if (!rc)
		rc = worker_start(b, c, &err);
	if (rc)
		refuse(b, c, &err);
}

static void hello_broken(struct broker *b, struct line *l,
			 const struct err *why)
{
	struct client *c = container_of(l, struct client, line);

	refuse(b, c, why);
}

static int admit(const struct broker *b, const struct peer *p, struct err *err)
{
	if (geteuid() != 0 && p->uid != geteuid())
		return err_set(err, ERR_PERM, "this updd serves uid %u only",
			       (unsigned)geteuid());
	if (b->nclients > b->opts.max_clients)
		return err_set(err, ERR_LIMIT,
			       "updd serves %u clients already, its limit",
			       b->opts.max_clients);
	if (clients_of(b, p->uid) > b->opts.max_per_user)
		return err_set(err, ERR_LIMIT,
			       "updd serves %u clients of uid %u already, its "
			       "limit",
			       b->opts.max_per_user, (unsigned)p->uid);
	return 0;
}

void client_accept(struct broker *b, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	struct err err;
	int rc;

	if (!c) {
		close(fd);
		return;
	}
	list_init(&c->uses);
	list_push(&b->clients, &c->link);
	b->nclients++;
	c->hello_by = clock_ms() + b->opts.hello_ms;
	c->line.message = hello_message;
	c->line.broken = hello_broken;
	rc = line_open(b, &c->line, fd, &err);
	if (!rc)
		rc = peer_get(fd, &c->peer, &err);
	if (!rc)
		rc = admit(b, &c->peer, &err);
	if (rc)
		refuse(b, c, &err);
}

/* We may be the ones who are late: on a busy machine it has come long ago, and
 * is read next. */
static bool said_something(const struct client *c)
{
	struct pollfd p = {.fd = c->line.conn ? conn_fd(c->line.conn) : -1,
			   .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

void clients_expire(struct broker *b, int64_t now, int64_t *next)
{
	struct err err;

	err_set(&err, ERR_PROTO, "no HELLO came in time");
	list_for_each_safe (pos, &b->clients) {
		struct client *c = container_of(pos, struct client, link);

		if (c->worker)
			continue;
		if (c->hello_by <= now && !said_something(c))
			refuse(b, c, &err);
		else if (*next < 0 || c->hello_by < *next)
			*next = c->hello_by;
	}
}

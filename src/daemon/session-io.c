/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session worker's messages: to and from the client, from the tracers.
 */
#define _GNU_SOURCE
#include "session-int.h"
#include "log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- to the client ---- */

static void send_buf(struct worker *w, unsigned type, struct buf *payload)
{
	if (!w->client_gone &&
	    conn_send(w->client, type, payload, NULL, 0, NULL))
		w->client_gone = true;
	buf_clear(payload);
}

static void send_diag(struct worker *w, struct buf *text)
{
	struct buf b;

	if (!text->len)
		return;
	buf_init(&b);
	put_u32(&b, 0);
	put_str(&b, buf_str(text));
	send_buf(w, MSG_DIAG, &b);
	buf_release(&b);
	buf_clear(text);
}

void session_send_u32(struct worker *w, unsigned type, uint32_t v)
{
	struct buf b;

	buf_init(&b);
	put_u32(&b, v);
	send_buf(w, type, &b);
	buf_release(&b);
}

void session_flush(struct worker *w)
{
	struct buf b;

	if (w->out.len) {
		buf_init(&b);
		put_bytes(&b, w->out.data, w->out.len);
		send_buf(w, MSG_OUTPUT, &b);
		buf_release(&b);
		buf_clear(&w->out);
	}
	send_diag(w, &w->errs);
}

void session_fail(struct worker *w, const struct err *err)
{
	struct buf b;

	session_flush(w);
	buf_init(&b);
	put_u32(&b, (uint32_t)err->code);
	put_str(&b, err->text);
	send_buf(w, MSG_ERROR, &b);
	buf_release(&b);
	w->status = 1;
}

/* ---- from tracers ---- */

void session_tracer_lost(struct worker *w, struct tracee *t)
{
	if (!t->conn)
		return;
	if (!t->closed && !t->told && t->pidfd <= 0) {
		t->told = true;
		buf_printf(&w->errs, "WARNING: the tracer of process %d died; "
			   "the process goes on, untraced\n", (int)t->pid);
	}
	conn_free(t->conn);
	t->conn = NULL;
	/* upd ends its command with itself, and this one shall go on */
	if (t->pidfd <= 0 && t->pid == (pid_t)w->run.cmd_pid && !w->closing)
		session_watch_end(t);
	else if (t->pidfd <= 0)
		t->closed = true;
}

static void on_refused(struct worker *w, struct msg *msg)
{
	uint32_t code;
	const char *text;

	get_u32(&msg->in);
	code = get_u32(&msg->in);
	text = get_str(&msg->in);
	if (!w->refused++)
		err_set(&w->first_refusal, (int)code, "%s", text ? text : "");
	else if (w->run.flags & RUN_VERBOSE)
		buf_printf(&w->errs, "WARNING: %s\n", text ? text : "");
}

static void on_planted(struct worker *w, struct tracee *t, struct msg *msg)
{
	get_u32(&msg->in);
	t->planted += get_u32(&msg->in);
	w->planted++;
}

static const char *text_of(const struct worker *w, uint32_t id)
{
	for (size_t i = 0; i < script_npoints(w->script); i++)
		if (script_point(w->script, i)->id == id)
			return script_point(w->script, i)->text;
	return "a probe";
}

/* What the overhead budget has cost. */
static void say_on(struct worker *w, uint32_t id, uint32_t on)
{
	buf_printf(&w->errs, "%s was on for %u.%u%% of its busiest time, to "
		   "hold the process up for no more than %u%% of it "
		   "(--max-overhead)\n",
		   text_of(w, id), on / 10, on % 10, w->run.max_overhead);
}

static void note_met(struct worker *w, uint32_t id)
{
	if (!w->met) {
		w->nmet = script_max_id(w->script) + 1;
		w->met = calloc(w->nmet, sizeof(*w->met));
	}
	if (w->met && id < w->nmet)
		w->met[id] = true;
}

static bool is_unmet(const struct worker *w, const struct script_point *p)
{
	return p->path && !(w->met && w->met[p->id]);
}

/* Said for the first of a file's points, and only when no other was met: what
 * is in one of its mappings may well not be in another. */
static bool is_file_unmet(const struct worker *w, size_t i)
{
	const struct script_point *p = script_point(w->script, i), *other;

	for (size_t k = 0; k < script_npoints(w->script); k++) {
		other = script_point(w->script, k);
		if (other->path && other->dev == p->dev &&
		    other->ino == p->ino && (k < i || !is_unmet(w, other)))
			return false;
	}
	return true;
}

void session_warn_unmet(struct worker *w)
{
	for (size_t i = 0; i < w->ntracees; i++)
		if (w->tracees[i].told)
			return; /* its counts are not known */
	for (size_t i = 0; i < script_npoints(w->script); i++) {
		const struct script_point *p = script_point(w->script, i);

		if (is_unmet(w, p) && is_file_unmet(w, i))
			buf_printf(&w->errs, "WARNING: nothing that was traced "
				   "had %s in memory: its probes were never "
				   "set\n", p->path);
	}
}

static void on_stats(struct worker *w, struct msg *msg)
{
	uint64_t hits, left, unwatched;
	uint32_t id, on, met;

	while (msg->in.p < msg->in.end && !msg->in.failed) {
		id = get_u32(&msg->in);
		hits = get_u64(&msg->in);
		left = get_u64(&msg->in);
		unwatched = get_u64(&msg->in);
		on = get_u32(&msg->in);
		met = get_u32(&msg->in);
		(void)hits;
		if (met && !msg->in.failed)
			note_met(w, id);
		if (on < 1000 && !msg->in.failed)
			say_on(w, id, on);
		if (unwatched && !msg->in.failed)
			buf_printf(&w->errs, "WARNING: %s: %" PRIu64
				   " returns could not be watched\n",
				   text_of(w, id), unwatched);
		if (left && !msg->in.failed && (w->run.flags & RUN_VERBOSE))
			buf_printf(&w->errs, "%s: %" PRIu64 " calls did not "
				   "return while they were watched\n",
				   text_of(w, id), left);
	}
}

static int on_tracer_error(struct worker *w, struct tracee *t, struct msg *msg)
{
	int code = (int)get_u32(&msg->in);
	const char *text = get_str(&msg->in);
	struct err err;

	err_set(&err, code < 0 ? code : ERR_PROTO, "%s",
		text ? text : "the tracer failed");
	if (w->searches && code == ERR_GONE) { /* it has just ended */
		t->closed = true;
		return 0;
	}
	if (w->searches) { /* of many */
		buf_printf(&w->errs, "WARNING: process %d is not traced: %s\n",
			   (int)t->pid, err.text);
		t->closed = true;
		return 0;
	}
	session_fail(w, &err);
	return err.code;
}

static void on_maps(struct worker *w, struct msg *msg)
{
	uint32_t pid = get_u32(&msg->in);
	const char *maps = get_str(&msg->in);

	if (maps && w->script)
		script_target_mapped(w->script, (pid_t)pid,
				     *maps ? maps : NULL);
}

/* The new image's symbols; a failed look is no reason to end. */
static void on_exec(struct worker *w, struct tracee *t, struct msg *msg)
{
	pid_t pid = (pid_t)get_u32(&msg->in);
	struct err err;

	t->execed |= pid == t->pid;
	if (t->armed && script_add_target(w->script, pid, &err))
		log_debug("after an exec: %s", err.text);
	if (w->search)
		session_search_execed(w, pid);
}

static void on_forked(struct worker *w, struct tracee *t, struct msg *msg)
{
	pid_t pid = (pid_t)get_u32(&msg->in);

	if (w->script && script_add_target(w->script, pid, NULL))
		log_debug("no maps of child %d", (int)pid);
	if (w->search)
		session_search_forked(w, t, pid);
}

/* When the session is being closed already, its figures are still to come. */
static void on_exited(struct worker *w, struct tracee *t, struct msg *msg)
{
	pid_t pid = (pid_t)get_u32(&msg->in);

	if (w->search)
		session_search_exited(w, t, pid);
	else if (pid == t->pid && !w->closing)
		t->closed = true;
}

/* It runs on without a tracer: the session is not over, nor a command killed,
 * before it ends. */
static void on_left(struct worker *w, struct tracee *t, struct msg *msg)
{
	pid_t pid = (pid_t)get_u32(&msg->in);

	if (w->search)
		session_search_exited(w, t, pid);
	else if (pid == t->pid && !w->closing)
		session_watch_end(t);
}

/* One message of a tracer; negative: the session cannot go on. */
static int on_tracer_msg(struct worker *w, struct tracee *t, struct msg *msg)
{
	const char *text;
	switch (msg->type) {
	case MSG_T_READY:
		t->ready = true;
		break;
	case MSG_T_EXEC:
		on_exec(w, t, msg);
		break;
	case MSG_T_MAPPED:
	case MSG_T_EXITING:
		on_maps(w, msg);
		break;
	case MSG_T_FORKED:
		on_forked(w, t, msg);
		break;
	case MSG_T_PLANTED:
		on_planted(w, t, msg);
		break;
	case MSG_T_REFUSED:
		on_refused(w, msg);
		break;
	case MSG_T_WARNING:
		text = get_str(&msg->in);
		buf_printf(&w->errs, "WARNING: %s\n", text ? text : "");
		break;
	case MSG_T_ARMED:
		t->armed = true;
		break;
	case MSG_T_EXITED:
		on_exited(w, t, msg);
		break;
	case MSG_T_LEFT:
		on_left(w, t, msg);
		break;
	case MSG_T_STATS:
		on_stats(w, msg);
		break;
	case MSG_T_CLOSED:
		t->closed = true;
		break;
	case MSG_T_ERROR:
		return on_tracer_error(w, t, msg);
	default:
		break;
	}
	return 0;
}

static int serve_tracer(struct worker *w, struct tracee *t)
{
	struct msg msg;
	int rc = 0;

	while (t->conn && (rc = conn_recv(t->conn, &msg, NULL)) > 0) {
		rc = on_tracer_msg(w, t, &msg);
		msg_release(&msg);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		session_tracer_lost(w, t);
	return 0;
}

/* ---- from the client ---- */

static void serve_client(struct worker *w)
{
	struct msg msg;
	int rc;

	while ((rc = conn_recv(w->client, &msg, NULL)) > 0) {
		if (msg.type == MSG_INTERRUPT)
			w->interrupted = true;
		else if (msg.type == MSG_SIGNAL && w->script)
			script_run_kind(w->script, LANG_SIGNAL,
					(int)get_u32(&msg.in));
		msg_release(&msg);
	}
	if (rc < 0)
		w->client_gone = true;
}

/* ---- from the broker ---- */

static void on_tracer_died(struct worker *w, struct msg *msg)
{
	uint32_t pid = get_u32(&msg->in);
	const char *text;

	get_u32(&msg->in);
	text = get_str(&msg->in);
	for (size_t i = 0; i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (t->pid != (pid_t)pid)
			continue;
		if (!t->told)
			buf_printf(&w->errs, "WARNING: %s\n",
				   text ? text : "a tracer died");
		t->told = true;
		if (w->script)
			script_writer_died(w->script, (uint32_t)i + 1);
	}
}

/* An answer to WANT_TRACER is taken by who asked; here only bad news come. */
static void serve_broker(struct worker *w)
{
	struct msg msg;
	int rc;

	while ((rc = conn_recv(w->broker, &msg, NULL)) > 0) {
		if (msg.type == MSG_TRACER_DIED)
			on_tracer_died(w, &msg);
		msg_release(&msg);
	}
	if (rc < 0)
		w->interrupted = true; /* the daemon stops: so do we */
}

/* ---- waiting ---- */

enum { KERNEL_LOOK_MS = 100 };

bool session_client_keeps_up(struct worker *w)
{
	return conn_queued(w->client) < QUEUE_HIGH;
}

static void poll_add(struct pollfd *fds, nfds_t *n, int fd, short events)
{
	fds[(*n)++] = (struct pollfd){fd, events, 0};
}

static short wanted(const struct conn *c)
{
	return (short)(POLLIN | (conn_pending(c) ? POLLOUT : 0));
}

static bool is_ready(const struct pollfd *fds, nfds_t n, int fd)
{
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].fd == fd && fds[i].revents)
			return true;
	return false;
}

int session_round(struct worker *w, int timeout)
{
	size_t ntimers = w->script ? script_ntimers(w->script) : 0;
	struct pollfd *fds = calloc(2 * w->ntracees + ntimers + 4, sizeof(*fds));
	uint64_t count;
	nfds_t n = 0;
	int rc = 0;

	if (!fds)
		return ERR_NOMEM;
	poll_add(fds, &n, conn_fd(w->client), wanted(w->client));
	poll_add(fds, &n, conn_fd(w->broker), wanted(w->broker));
	poll_add(fds, &n, w->doorbell, POLLIN);
	for (size_t i = 0; i < ntimers; i++)
		poll_add(fds, &n, w->timers[i], POLLIN);
	for (size_t i = 0; i < w->ntracees; i++)
		if (w->tracees[i].conn)
			poll_add(fds, &n, conn_fd(w->tracees[i].conn),
				 wanted(w->tracees[i].conn));
	for (size_t i = 0; i < w->ntracees; i++)
		if (w->tracees[i].pidfd > 0 && !w->tracees[i].closed)
			poll_add(fds, &n, w->tracees[i].pidfd, POLLIN);
	if (w->run.flags & RUN_KERNEL) {
		/* exit() in the kernel wakes nobody */
		poll_add(fds, &n, w->script ? script_kernel_fd(w->script) : -1,
			 POLLIN);
		timeout = timeout < 0 ? KERNEL_LOOK_MS : timeout;
	}
	poll(fds, n, timeout);
	for (size_t i = 0; i < w->ntracees; i++)
		if (w->tracees[i].pidfd > 0 && !w->tracees[i].closed)
			w->tracees[i].closed |=
				is_ready(fds, n, w->tracees[i].pidfd);
	if (fds[2].revents)
		eventfd_read(w->doorbell, &count);
	for (size_t i = 0; i < ntimers; i++)
		if (fds[3 + i].revents &&
		    read(w->timers[i], &count, sizeof(count)) == sizeof(count))
			script_run_timer(w->script, i);
	free(fds);

	serve_client(w);
	if (conn_pending(w->client) && conn_flush(w->client, NULL) < 0)
		w->client_gone = true;
	serve_broker(w);
	for (size_t i = 0; !rc && i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		rc = serve_tracer(w, t);
		if (t->conn && conn_pending(t->conn) &&
		    conn_flush(t->conn, NULL) < 0)
			session_tracer_lost(w, t);
	}
	return rc;
}

/* Serves everything until *flag. */
int session_await(struct worker *w, const struct tracee *t, const bool *flag,
		 const char *what, struct err *err)
{
	int rc = 0;

	while (!rc && !*flag) {
		if (w->client_gone)
			return err_set(err, ERR_GONE, "the client has gone");
		if (t->closed || !t->conn)
			return err_set(err, ERR_GONE, "process %d ended before "
				       "%s", (int)t->pid, what);
		session_flush(w);
		rc = session_round(w, -1);
	}
	/* A tracer's own sentence has been sent already. */
	if (rc)
		err_set(err, rc, "%s", "");
	return rc;
}


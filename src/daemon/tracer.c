/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tracer process: holds one target with ptrace and runs the programs of
 * all sessions that probe it. Its one thread serves stops; sockets interrupt
 * it by SIGIO, so that a hit costs no look at them. It runs as the user whose
 * process it traces, and leaves, everything lifted, when its last session or
 * the broker goes.
 */
#define _GNU_SOURCE
#include "tracer-int.h"
#include "log.h"
#include "procs.h"
#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* For the SIGIO handler alone. */
static struct tracer *interruptee;

static void on_sigio(int signo)
{
	(void)signo;
	tracer_interrupt(interruptee);
}

/* Data on this socket raises SIGIO in this process. */
static int make_async(int fd)
{
	if (fcntl(fd, F_SETOWN, getpid()) < 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC | O_NONBLOCK) < 0)
		return ERR_IO;
	return 0;
}

static void free_session(struct process *p, struct session *s)
{
	tsession_close(p, s);
	conn_drain(s->conn, NULL);
	list_remove(&s->node);
	trap_session_free(s->trap);
	conn_free(s->conn);
	free(s);
	if (list_empty(&p->sessions))
		process_detach(p);
}

static void new_session(struct process *p, int fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s)
		s->tracer = p->tracer;
	if (!s || make_async(fd) || !(s->conn = conn_new(fd))) {
		free(s);
		close(fd);
		return;
	}
	list_push(&p->sessions, &s->node);
	p->received++;
}

static void serve_broker(struct process *p)
{
	struct msg msg;
	int rc;

	while ((rc = conn_recv(p->broker, &msg, NULL)) > 0) {
		if (msg.type == MSG_B_SESSION && msg.nfds == 1) {
			new_session(p, msg.fds[0]);
			msg.fds[0] = -1;
			p->idle_sent = false;
		} else if (msg.type == MSG_B_QUIT) {
			p->over = true;
		}
		msg_release(&msg);
	}
	if (rc < 0)
		p->over = true;
}

static void serve(struct process *p)
{
	serve_broker(p);
	list_for_each_safe (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		tsession_serve(p, s);
		if (conn_pending(s->conn) && conn_flush(s->conn, NULL) < 0)
			s->over = true;
		if (s->over || p->over)
			free_session(p, s);
	}
}

/* The broker decides whether an idle tracer leaves: a session may be on its
 * way already. One that it started in place of a dead one has none at all. */
static void say_idle(struct process *p)
{
	struct buf b;

	if (p->idle_sent || !list_empty(&p->sessions))
		return;
	p->idle_sent = true;
	buf_init(&b);
	put_u32(&b, p->received);
	if (conn_send(p->broker, MSG_B_IDLE, &b, NULL, 0, NULL))
		p->over = true;
	buf_release(&b);
}

/* Nothing to trace: only messages can come. */
static void wait_for_messages(struct process *p)
{
	enum { FDS_MAX = 64 };
	struct pollfd fds[FDS_MAX] = {{conn_fd(p->broker), POLLIN, 0}};
	nfds_t n = 1;

	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->over) /* it could not be told of the end */
			return;
		if (n == FDS_MAX)
			break;
		fds[n].fd = conn_fd(s->conn);
		fds[n++].events = (short)(POLLIN |
				  (conn_pending(s->conn) ? POLLOUT : 0));
	}
	poll(fds, n, -1);
}

static void loop(struct process *p)
{
	for (;;) {
		serve(p);
		if (p->over)
			break;
		process_sample(p);
		say_idle(p);
		if (tracer_run(p->tracer) == ERR_GONE)
			wait_for_messages(p);
	}
}

/* What a killed predecessor left in the target: attaching finds it and takes
 * it over, detaching takes it away. */
static void clear_leftovers(struct process *p)
{
	struct target_opts opts = {.follow_cpu = false};
	struct target *t;
	struct err err;

	if (!proc_has_scratch(p->pid))
		return;
	if (target_attach(p->tracer, p->pid, &opts, &t, &err)) {
		log_warn("what was left in process %d stays: %s", (int)p->pid,
			 err.text);
		return;
	}
	target_detach(t);
}

int tracer_worker(int broker_fd, const struct peer *peer, pid_t pid)
{
	/* NODEFER: the handler may leave by a jump, which unblocks nothing. */
	struct sigaction sa = {.sa_handler = on_sigio, .sa_flags = SA_NODEFER};
	struct process p = {.pid = pid};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
			      .sigev_signo = SIGIO};
	struct err err;
	int rc;

	(void)peer; /* the broker has made us that user already */
	list_init(&p.sessions);
	rc = tracer_new(&process_events, &p, &p.tracer, &err);
	if (rc) {
		log_error("tracer: %s", err.text);
		return 1;
	}
	interruptee = p.tracer;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGIO, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (timer_create(CLOCK_MONOTONIC, &ev, &p.alarm))
		log_warn("there is no timer for samples");
	if (make_async(broker_fd) || !(p.broker = conn_new(broker_fd))) {
		tracer_free(p.tracer);
		return 1;
	}
	clear_leftovers(&p);
	loop(&p);
	process_detach(&p);
	signal(SIGIO, SIG_IGN);
	tracer_free(p.tracer);
	conn_free(p.broker);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "state.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MAX_PER_USER = 64,
	MAX_CLIENTS = 512,
	MAX_TRACERS = 1024,
	STOP_MS = 10000, /* for the children to lift everything */
};

/* ---- sources and lines ------------------------------------------------- */

int source_add(struct broker *b, struct source *s, struct err *err)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};

	if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, s->fd, &ev) < 0)
		return err_errno(err, errno, "cannot watch a descriptor");
	return 0;
}

void source_remove(struct broker *b, struct source *s)
{
	if (s->fd >= 0)
		epoll_ctl(b->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	s->fd = -1;
}

/* Watches for room while something is queued, only then. */
static void line_watch(struct broker *b, struct line *l)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &l->source};

	if (conn_pending(l->conn))
		ev.events |= EPOLLOUT;
	epoll_ctl(b->epoll, EPOLL_CTL_MOD, l->source.fd, &ev);
}

/* One message per event: the loop comes back while there are more. */
static void line_ready(struct broker *b, struct source *s)
{
	struct line *l = container_of(s, struct line, source);
	struct err err;
	struct msg m;
	int rc;

	conn_flush(l->conn, NULL);
	line_watch(b, l);
	rc = conn_recv(l->conn, &m, &err);
	if (rc < 0) {
		l->broken(b, l, &err);
	} else if (rc) {
		l->message(b, l, &m);
		msg_release(&m);
	}
}

int line_open(struct broker *b, struct line *l, int fd, struct err *err)
{
	int rc;

	l->conn = conn_new(fd);
	l->source.fd = -1;
	if (!l->conn)
		return err_set(err, ERR_NOMEM, "out of memory");
	l->source.fd = fd;
	l->source.ready = line_ready;
	rc = source_add(b, &l->source, err);
	if (rc) {
		l->source.fd = -1;
		line_close(b, l);
	}
	return rc;
}

void line_close(struct broker *b, struct line *l)
{
	source_remove(b, &l->source);
	conn_free(l->conn);
	l->conn = NULL;
}

int line_send(struct broker *b, struct line *l, unsigned type,
	      const struct buf *payload, const int *fds, size_t nfds,
	      struct err *err)
{
	int rc;

	if (!l->conn)
		return err_set(err, ERR_GONE, "the process has gone");
	rc = conn_send(l->conn, type, payload, fds, nfds, err);
	line_watch(b, l);
	return rc;
}

/* ---- the listening socket and signals ---------------------------------- */

/* Out of descriptors: the spare one takes the client in to be sent away, or it
 * would stay in the queue and keep the loop spinning. */
static void accept_and_close(struct broker *b)
{
	int fd;

	close(b->spare);
	fd = accept4(b->listener.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	b->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	log_error("a client was turned away: no descriptors left");
}

static bool accept_one(struct broker *b)
{
	int fd = accept4(b->listener.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		client_accept(b, fd);
	else if (errno == EMFILE || errno == ENFILE)
		accept_and_close(b);
	else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
		log_error("cannot accept a client: %s", strerror(errno));
	return fd >= 0;
}

static void listener_ready(struct broker *b, struct source *s)
{
	(void)s;
	accept_one(b);
}

static void reap_children(struct broker *b)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!client_reap(b, pid, status))
			tracer_reap(b, pid, status);
}

/* No new clients; end of file to every child, which then lifts and leaves. */
static void stop(struct broker *b)
{
	if (b->stopping) { /* asked twice: don't wait for them */
		b->deadline = 0;
		return;
	}
	log_info("stopping");
	b->stopping = true;
	b->deadline = clock_ms() + STOP_MS;
	source_remove(b, &b->listener);
	list_for_each_safe (pos, &b->clients) {
		struct client *c = container_of(pos, struct client, link);

		if (c->worker)
			line_close(b, &c->line);
		else
			client_free(b, c);
	}
	list_for_each (pos, &b->tracers)
		line_close(b, &container_of(pos, struct tracer, link)->line);
}

static void signals_ready(struct broker *b, struct source *s)
{
	struct signalfd_siginfo si;

	if (read(s->fd, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGCHLD)
		reap_children(b);
	else
		stop(b);
}

static int signals_open(struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err_errno(err, errno, "cannot watch signals");
	return fd;
}

/* ---- the loop ---------------------------------------------------------- */

static bool deserted(const struct broker *b)
{
	return list_empty(&b->clients) && list_empty(&b->tracers);
}

/* Starts or ends the idle clock. */
static void idle_clock(struct broker *b)
{
	if (b->stopping || b->opts.idle_ms < 0)
		return;
	if (!deserted(b))
		b->deadline = -1;
	else if (b->deadline < 0)
		b->deadline = clock_ms() + b->opts.idle_ms;
}

/* True when it is time to leave. A client that knocked meanwhile is let in. */
static bool over(struct broker *b, int64_t now)
{
	if (b->stopping)
		return deserted(b) || now >= b->deadline;
	return b->deadline >= 0 && now >= b->deadline && !accept_one(b);
}

static int wait_ms(const struct broker *b, int64_t now, int64_t next)
{
	int64_t until = b->deadline;

	if (until < 0 || (next >= 0 && next < until))
		until = next;
	if (until < 0)
		return -1;
	if (until <= now)
		return 0;
	return until - now > INT_MAX ? INT_MAX : (int)(until - now);
}

static int serve(struct broker *b, struct err *err)
{
	for (;;) {
		struct epoll_event ev;
		struct source *s;
		int64_t now = clock_ms(), next = -1;
		int n;

		clients_expire(b, now, &next);
		idle_clock(b);
		if (over(b, now))
			return 0;
		idle_clock(b);
		n = epoll_wait(b->epoll, &ev, 1, wait_ms(b, now, next));
		if (n < 0 && errno != EINTR)
			return err_errno(err, errno, "cannot wait for events");
		if (n != 1)
			continue;
		s = ev.data.ptr;
		s->ready(b, s);
	}
}

static void limits_default(struct broker_opts *o)
{
	if (!o->max_per_user)
		o->max_per_user = MAX_PER_USER;
	if (!o->max_clients)
		o->max_clients = MAX_CLIENTS;
	if (!o->max_tracers)
		o->max_tracers = MAX_TRACERS;
}

static void broker_release(struct broker *b)
{
	list_for_each_safe (pos, &b->clients)
		client_free(b, container_of(pos, struct client, link));
	list_for_each_safe (pos, &b->tracers)
		tracer_forget(b, container_of(pos, struct tracer, link));
	line_close(b, &b->sweeper);
	if (b->signals.fd >= 0)
		close(b->signals.fd);
	if (b->spare >= 0)
		close(b->spare);
	close(b->epoll);
}

int broker_run(const struct broker_opts *opts, struct err *err)
{
	struct broker b = {
		.opts = *opts,
		.listener = {opts->listen_fd, listener_ready},
		.signals = {-1, signals_ready},
		.sweeper.source.fd = -1,
		.deadline = -1,
	};
	int rc = 0;

	list_init(&b.clients);
	list_init(&b.tracers);
	limits_default(&b.opts);
	b.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b.epoll < 0)
		return err_errno(err, errno, "cannot watch descriptors");
	b.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	b.signals.fd = signals_open(err);
	if (b.signals.fd < 0)
		rc = err ? err->code : ERR_IO;
	if (!rc)
		rc = source_add(&b, &b.listener, err);
	if (!rc)
		rc = source_add(&b, &b.signals, err);
	if (!rc) {
		sweep_start(&b);
		rc = serve(&b, err);
	}
	broker_release(&b);
	return rc;
}

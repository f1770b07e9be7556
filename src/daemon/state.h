/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the broker keeps: clients, tracers, and who uses whom. Private to the
 * broker's files.
 */
#ifndef UPD_STATE_H
#define UPD_STATE_H

#include "broker.h"
#include "list.h"
#include "peer.h"
#include "proto.h"

#include <stdbool.h>
#include <stdint.h>

struct broker;

/* A descriptor in the event loop. One event is handled at a time, so a handler
 * may free its own and other sources. */
struct source {
	int fd; /* -1: not in the loop */
	void (*ready)(struct broker *b, struct source *s);
};

/* A source that carries messages. */
struct line {
	struct source source;
	struct conn *conn; /* NULL: closed */
	void (*message)(struct broker *b, struct line *l, struct msg *m);
	/* End of file or a protocol error. */
	void (*broken)(struct broker *b, struct line *l, const struct err *why);
};

/* A client: first its own line until HELLO, then its worker's. */
struct client {
	struct list link;
	struct line line;     /* to the client; after HELLO, to the worker */
	struct conn *to_user; /* after HELLO: kept to tell of a crash */
	struct peer peer;
	pid_t worker;	  /* 0: no HELLO yet */
	int64_t hello_by; /* ms */
	struct list uses;
};

struct tracer {
	struct list link;
	struct line line;
	struct peer peer;
	pid_t pid, target;
	uint32_t sessions; /* how many were ever handed to it */
	bool leaving;	   /* gets no more sessions */
	bool rescue;	   /* cleans up after one that died: dies only once */
	struct list uses;
};

/* This client's session knows this tracer. */
struct use {
	struct list in_client, in_tracer;
	struct client *client;
	struct tracer *tracer;
};

struct broker {
	struct broker_opts opts;
	int epoll;
	int spare; /* a descriptor to let go of when there are no more */
	struct source listener, signals;
	struct list clients, tracers;
	unsigned nclients, ntracers;
	struct line sweeper;
	bool stopping;
	int64_t deadline; /* ms: idle or stopping ends then; -1: none */
};

/* Puts a source into the loop or takes it out; the fd stays open. */
must_check int source_add(struct broker *b, struct source *s, struct err *err);
void source_remove(struct broker *b, struct source *s);

must_check int line_open(struct broker *b, struct line *l, int fd,
			 struct err *err);
void line_close(struct broker *b, struct line *l);
/* Sends; a line that breaks here is found broken by the loop. */
int line_send(struct broker *b, struct line *l, unsigned type,
	      const struct buf *payload, const int *fds, size_t nfds,
	      struct err *err);

/* clients.c */
void client_accept(struct broker *b, int fd);
void client_tell_died(struct broker *b, struct client *c, pid_t target,
		      const char *how);
bool client_reap(struct broker *b, pid_t pid, int status);
void client_free(struct broker *b, struct client *c);
void clients_expire(struct broker *b, int64_t now, int64_t *next);

/* tracers.c */
void tracer_hand_out(struct broker *b, struct client *c, pid_t target);
bool tracer_reap(struct broker *b, pid_t pid, int status);
void tracer_forget(struct broker *b, struct tracer *t);
/* Has processes looked for in which an earlier updd has left something. */
void sweep_start(struct broker *b);
void use_free(struct use *u);

/* spawn.c */
struct spawn {
	const struct worker_table *workers;
	const struct peer *peer;
	int client_fd; /* a session's, or -1 */
	pid_t target;  /* a tracer's, or 0 */
};
/* Forks; *ret_fd is our end of the socket to the child. */
must_check int spawn_child(const struct spawn *what, pid_t *ret_pid,
			   int *ret_fd, struct err *err);
/* "was killed by signal 9 (Killed)", "ended with status 3"; NULL: ended well */
const char *death_text(int status, char *buf, size_t size);

#endif

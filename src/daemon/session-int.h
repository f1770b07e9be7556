/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session worker from the inside: shared by session.c (the run),
 * session-io.c (messages) and session-open.c (tracers and probes).
 */
#ifndef UPD_SESSION_INT_H
#define UPD_SESSION_INT_H

#include "proto.h"
#include "script.h"

enum { TIMERS_MAX = 256, QUEUE_HIGH = 4 << 20 };

struct tracee { /* one process to trace, and the socket to its tracer */
	pid_t pid;
	struct conn *conn; /* NULL: over */
	bool ready, execed, armed, closed;
	bool told; /* the client knows that its tracer died */
	unsigned live; /* processes of its tracer: it and its children */
	uint32_t planted;
	int pidfd; /* > 0: its end is watched; it has no tracer (any more) */
	bool looked;
};

struct worker {
	struct conn *client, *broker;
	struct run_request run;
	struct msg run_msg;
	struct script *script;
	struct tracee *tracees;
	size_t ntracees, cap;
	int doorbell, timers[TIMERS_MAX];
	uint64_t planted, refused;
	size_t nmet;
	bool *met; /* by the points' ids: was ever planted somewhere */
	bool client_gone, interrupted, closing;
	int status;
	struct err first_refusal;
	struct search *search; /* NULL: the processes were named */
	bool searches;
	struct buf out, errs;
};

/* ---- session-io.c ---- */

void session_send_u32(struct worker *w, unsigned type, uint32_t v);
/* What is in w->out and w->errs goes to the client. */
void session_flush(struct worker *w);
/* Ends the session for the client: one sentence. */
void session_fail(struct worker *w, const struct err *err);
void session_tracer_lost(struct worker *w, struct tracee *t);
/* Of the probes' files, which ones were never there. After the counts of all
 * tracers have come. */
void session_warn_unmet(struct worker *w);
/* Output waits in our queue when the client reads slowly; beyond QUEUE_HIGH
 * nothing is taken from the ring, which then drops and counts. */
bool session_client_keeps_up(struct worker *w);
/* One round: waits (at most timeout ms, -1: for ever) and serves everything
 * that is ready. Negative: the session cannot go on. */
int session_round(struct worker *w, int timeout);
/* Rounds until *flag. `what` ends the sentence "process N ended before". */
int session_await(struct worker *w, const struct tracee *t, const bool *flag,
		  const char *what, struct err *err);

/* ---- session-search.c: neither -p nor -c ---- */

/* A library without a condition on pid or comm is refused. */
int session_search_check(struct worker *w, struct err *err);
int session_search_start(struct worker *w, int maps_fd, struct err *err);
/* Looks for processes that have come, when it is time. */
void session_search_look(struct worker *w);
int session_search_timeout(void);
/* News of processes that a tracer has. */
void session_search_forked(struct worker *w, struct tracee *t, pid_t pid);
void session_search_execed(struct worker *w, pid_t pid);
void session_search_exited(struct worker *w, struct tracee *t, pid_t pid);
void session_search_free(struct search *s);

/* ---- session-kernel.c: --engine=kernel ---- */

int session_kernel_open(struct worker *w, struct err *err);
int session_kernel_share(struct worker *w, struct err *err);
int session_kernel_arm(struct worker *w, struct err *err);
void session_kernel_look(struct worker *w);
/* Of a process that no tracer tells of. */
void session_watch_end(struct tracee *t);

/* ---- session-open.c ---- */

/* Tracers for all processes of the request, attached; the -c command held at
 * its exec. */
int session_open_targets(struct worker *w, struct err *err);
/* One process more, while the session runs. */
int session_open_one(struct worker *w, struct tracee *t, pid_t pid, int maps_fd,
		     struct err *err);
/* Makes the shared memory. */
int session_share(struct worker *w, int *ret_fd, struct err *err);
/* Programs and probes to all tracers; returns when all are planted. */
int session_arm(struct worker *w, int maps_fd, struct err *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session worker: one process per client, with the client's own rights.
 * Compiles the script, asks the broker for tracers, hands them programs and
 * probes, runs BEGIN, END and timers, and sends what the maps and the ring
 * say to the client as text. When the client goes, so does it, and the tracers
 * lift what was planted for it.
 */
#define _GNU_SOURCE
#include "session-int.h"
#include "workers.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_CHUNK = 256 << 10 };

static int start_timers(struct worker *w, struct err *err)
{
	size_t n = script_ntimers(w->script);

	if (n > TIMERS_MAX)
		return err_set(err, ERR_LIMIT, "a script may have %d interval "
			       "probes at most", TIMERS_MAX);
	for (size_t i = 0; i < n; i++) {
		uint64_t ns = script_timer(w->script, i)->period_ns;
		struct timespec ts = {(time_t)(ns / 1000000000),
				      (long)(ns % 1000000000)};
		struct itimerspec spec = {ts, ts};

		w->timers[i] = timerfd_create(CLOCK_MONOTONIC,
					      TFD_CLOEXEC | TFD_NONBLOCK);
		if (w->timers[i] < 0 ||
		    timerfd_settime(w->timers[i], 0, &spec, NULL))
			return err_errno(err, errno, "cannot start a timer");
	}
	return 0;
}

static bool all_over(const struct worker *w)
{
	if (w->searches)
		return false;
	for (size_t i = 0; i < w->ntracees; i++)
		if (!w->tracees[i].closed)
			return false;
	return w->ntracees > 0;
}

static bool drain(struct worker *w)
{
	bool more = session_client_keeps_up(w) &&
		    script_drain(w->script, DRAIN_CHUNK, &w->out, &w->errs);

	session_flush(w);
	return more;
}

static int trace(struct worker *w)
{
	int code, rc = 0;

	while (!rc && !w->client_gone && !w->interrupted && !all_over(w) &&
	       !script_exited(w->script, &code)) {
		bool more = drain(w);

		if (!more && session_client_keeps_up(w) && !script_sleep(w->script))
			more = true;
		rc = session_round(w, more	 ? 0
				      : w->searches ? session_search_timeout()
						    : -1);
		if (w->searches && !rc)
			session_search_look(w);
		if (w->run.flags & RUN_KERNEL)
			session_kernel_look(w);
	}
	return rc;
}

/* Lifts everything; afterwards no program of ours runs any more. */
static void close_tracers(struct worker *w)
{
	w->closing = true;
	if (w->script)
		script_stop(w->script);
	for (size_t i = 0; i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (!t->conn)
			continue;
		t->closed = false;
		if (t->pidfd > 0)
			close(t->pidfd);
		t->pidfd = 0; /* it is the tracer's last words that count */
		if (conn_send(t->conn, MSG_T_CLOSE, NULL, NULL, 0, NULL))
			session_tracer_lost(w, t);
	}
	for (size_t i = 0; i < w->ntracees; i++)
		while (w->tracees[i].conn && !w->tracees[i].closed)
			if (session_round(w, -1))
				session_tracer_lost(w, &w->tracees[i]);
}

/* What is in the ring, however slowly the client takes it. */
static void drain_all(struct worker *w)
{
	bool more = true;

	while (more && !w->client_gone)
		if (session_client_keeps_up(w))
			more = drain(w);
		else if (session_round(w, -1))
			break;
}

static void finish(struct worker *w)
{
	int code = 0;

	script_exited(w->script, &code);
	close_tracers(w);
	drain_all(w);
	script_run_kind(w->script, LANG_END, 0);
	drain_all(w);
	script_exited(w->script, &code);
	w->status = code;
	script_print_maps(w->script, &w->out, &w->errs);
	if (!(w->run.flags & RUN_KERNEL))
		session_warn_unmet(w);
	session_flush(w);
}

static void banner(struct worker *w)
{
	session_flush(w);
	session_send_u32(w, MSG_ATTACHED, (uint32_t)script_count(w->script));
}

static int run_script(struct worker *w, struct err *err)
{
	bool kernel = w->run.flags & RUN_KERNEL;
	int code, fd = -1, rc;

	rc = kernel ? session_kernel_open(w, err)
		    : session_open_targets(w, err);
	if (!rc)
		rc = script_build(w->script, &w->errs, err);
	if (!rc && w->searches)
		rc = session_search_check(w, err);
	if (rc)
		return rc;
	if (w->run.dump) {
		rc = script_dump(w->script, w->run.dump, &w->out);
		if (rc)
			return err_set(err, rc, "there is no pass %s to show",
				       w->run.dump);
	}
	if (w->run.flags & RUN_DRY)
		return 0;
	rc = kernel ? session_kernel_share(w, err)
		    : session_share(w, &fd, err);
	if (rc)
		return rc;
	script_run_kind(w->script, LANG_BEGIN, 0);
	drain(w);
	if (!script_exited(w->script, &code))
		rc = kernel ? session_kernel_arm(w, err)
			    : session_arm(w, fd, err);
	if (!rc)
		rc = start_timers(w, err);
	if (rc)
		return rc;
	banner(w);
	if (kernel && w->run.cmd_pid)
		conn_send(w->client, MSG_HELD, NULL, NULL, 0, NULL);
	if (script_has_events(w->script))
		trace(w);
	finish(w);
	return 0;
}

static int parse(struct worker *w, struct err *err)
{
	const struct run_request *r = &w->run;
	struct script_opts opts = {
		.lang = {.name = r->script_name ? r->script_name : "stdin",
			 .params = r->params,
			 .nparams = r->nparams,
			 .named = r->named,
			 .nnamed = r->nnamed,
			 .environ = r->environ,
			 .include_dirs = r->include_dirs,
			 .ninclude_dirs = r->ninclude_dirs,
			 .includes = r->includes,
			 .nincludes = r->nincludes,
			 .cwd = r->cwd ? r->cwd : "/",
			 .unsafe = r->flags & RUN_UNSAFE,
			 .no_warnings = r->flags & RUN_NO_WARNINGS,
			 .warn_reads = r->flags & RUN_WARN_HELPERS,
			 .color = r->flags & RUN_COLOR},
		.mode = r->flags & RUN_JSON ? FORMAT_JSON : FORMAT_TEXT,
		.cwd = r->cwd ? r->cwd : "/",
		.debug_dirs = r->debug_dirs,
		.cpid = r->cmd_pid,
		.verbose = r->flags & RUN_VERBOSE,
	};

	if (!r->script)
		return err_set(err, ERR_PROTO, "the client sent no script");
	return script_new(r->script, strlen(r->script), &opts, &w->script,
			  &w->errs, err);
}

static void release(struct worker *w)
{
	for (size_t i = 0; i < w->ntracees; i++) {
		if (w->tracees[i].conn)
			conn_free(w->tracees[i].conn);
		if (w->tracees[i].pidfd > 0)
			close(w->tracees[i].pidfd);
	}
	free(w->tracees);
	free(w->met);
	session_search_free(w->search);
	script_free(w->script);
	run_release(&w->run);
	buf_release(&w->out);
	buf_release(&w->errs);
	conn_free(w->client);
	conn_free(w->broker);
}

static void run(struct worker *w)
{
	struct err err;
	int rc = parse(w, &err);

	if (!rc)
		rc = run_script(w, &err);
	if (rc) {
		close_tracers(w);
		/* "": the tracer's own sentence has gone out already. */
		if (err.text[0]) {
			if (rc == ERR_SYNTAX) /* the diagnostics say it */
				err.text[0] = '\0';
			session_fail(w, &err);
		}
	}
	session_flush(w);
	if (!rc)
		session_send_u32(w, MSG_DONE, (uint32_t)w->status);
	conn_drain(w->client, NULL);
}

/* The request's strings lie in its message, so that buffer must not be
 * received into again: it is copied. */
static int receive_request(struct worker *w, struct buf *copy, struct err *err)
{
	struct proto_in in;
	struct msg msg;
	int rc = conn_wait(w->client, &msg, err);

	if (rc < 0)
		return rc;
	if (msg.type != MSG_RUN)
		return err_set(err, ERR_PROTO, "message %u came before RUN",
			       msg.type);
	buf_add(copy, msg.in.p, (size_t)(msg.in.end - msg.in.p));
	if (buf_failed(copy))
		return err_set(err, ERR_NOMEM, "out of memory");
	in = (struct proto_in){copy->data, copy->data + copy->len, false};
	return run_get(&in, &w->run, err);
}

int session_worker(int client_fd, int broker_fd, const struct peer *peer)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct buf request;
	struct err err;
	int status;

	(void)peer; /* the broker has made us that user already */
	if (!w)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	buf_init(&request);
	w->client = conn_new(client_fd);
	w->broker = conn_new(broker_fd);
	w->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w->client || !w->broker || w->doorbell < 0)
		return 1;
	if (receive_request(w, &request, &err)) {
		session_fail(w, &err);
		conn_drain(w->client, NULL);
	} else {
		run(w);
	}
	status = w->status;
	release(w);
	buf_release(&request);
	free(w);
	return status;
}

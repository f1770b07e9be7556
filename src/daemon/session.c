/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session worker: one process per client, with the client's own rights.
 * Compiles the script, asks the broker for tracers, hands them programs and
 * probes, runs BEGIN, END and timers, and sends what the maps and the ring
 * say to the client as text. When the client goes, so does it, and the tracers
 * lift what was planted for it.
 */
#define _GNU_SOURCE
#include "log.h"
#include "script.h"
#include "tproto.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_CHUNK = 256 << 10, TIMERS_MAX = 256, QUEUE_HIGH = 4 << 20 };

struct tracee { /* one process to trace, and the socket to its tracer */
	pid_t pid;
	struct conn *conn; /* NULL: over */
	bool ready, execed, armed, closed;
	uint32_t planted;
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
	bool client_gone, interrupted;
	int status;
	struct err first_refusal;
	struct buf out, errs;
};

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

static void send_u32(struct worker *w, unsigned type, uint32_t v)
{
	struct buf b;

	buf_init(&b);
	put_u32(&b, v);
	send_buf(w, type, &b);
	buf_release(&b);
}

static void flush_output(struct worker *w)
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

static void send_error(struct worker *w, const struct err *err)
{
	struct buf b;

	flush_output(w);
	buf_init(&b);
	put_u32(&b, (uint32_t)err->code);
	put_str(&b, err->text);
	send_buf(w, MSG_ERROR, &b);
	buf_release(&b);
	w->status = 1;
}

/* ---- from tracers ---- */

static void tracer_lost(struct worker *w, struct tracee *t)
{
	if (!t->conn)
		return;
	if (!t->closed) {
		buf_printf(&w->errs, "WARNING: the tracer of process %d is "
			   "gone; the process goes on without it\n",
			   (int)t->pid);
	}
	conn_free(t->conn);
	t->conn = NULL;
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

static void on_stats(struct worker *w, struct msg *msg)
{
	uint64_t hits, missed;

	while (msg->in.p < msg->in.end && !msg->in.failed) {
		get_u32(&msg->in);
		hits = get_u64(&msg->in);
		missed = get_u64(&msg->in);
		(void)hits;
		if (missed && !msg->in.failed && (w->run.flags & RUN_VERBOSE))
			buf_printf(&w->errs, "%llu calls did not return while "
				   "they were watched\n",
				   (unsigned long long)missed);
	}
}

static int on_tracer_error(struct worker *w, struct msg *msg)
{
	int code = (int)get_u32(&msg->in);
	const char *text = get_str(&msg->in);
	struct err err;

	err_set(&err, code < 0 ? code : ERR_PROTO, "%s",
		text ? text : "the tracer failed");
	send_error(w, &err);
	return err.code;
}

static void on_exiting(struct worker *w, struct msg *msg)
{
	uint32_t pid = get_u32(&msg->in);
	const char *maps = get_str(&msg->in);

	if (maps && w->script)
		script_target_mapped(w->script, (pid_t)pid, maps);
}

/* The new image's symbols; a failed look is no reason to end. */
static void on_exec(struct worker *w, struct tracee *t)
{
	struct err err;

	t->execed = true;
	if (t->armed && script_add_target(w->script, t->pid, &err))
		log_debug("after an exec: %s", err.text);
}

/* One message of a tracer; negative: the session cannot go on. */
static int on_tracer_msg(struct worker *w, struct tracee *t, struct msg *msg)
{
	uint32_t pid;

	switch (msg->type) {
	case MSG_T_READY:
		t->ready = true;
		break;
	case MSG_T_EXEC:
		on_exec(w, t);
		break;
	case MSG_T_MAPPED:
		if (w->script)
			script_target_mapped(w->script, t->pid, NULL);
		break;
	case MSG_T_EXITING:
		on_exiting(w, msg);
		break;
	case MSG_T_FORKED:
		pid = get_u32(&msg->in);
		if (w->script && script_add_target(w->script, (pid_t)pid, NULL))
			log_debug("no maps of child %u", pid);
		break;
	case MSG_T_PLANTED:
		on_planted(w, t, msg);
		break;
	case MSG_T_REFUSED:
		on_refused(w, msg);
		break;
	case MSG_T_ARMED:
		t->armed = true;
		break;
	case MSG_T_EXITED:
		if ((pid_t)get_u32(&msg->in) == t->pid)
			t->closed = true;
		break;
	case MSG_T_STATS:
		on_stats(w, msg);
		break;
	case MSG_T_CLOSED:
		t->closed = true;
		break;
	case MSG_T_ERROR:
		return on_tracer_error(w, msg);
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
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		tracer_lost(w, t);
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
	}
	if (rc < 0)
		w->client_gone = true;
}

/* ---- waiting ---- */

/* Output waits in our queue when the client reads slowly; beyond QUEUE_HIGH
 * nothing is taken from the ring, which then drops and counts. */
static bool client_keeps_up(struct worker *w)
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

/* One round: waits (at most timeout ms, -1: for ever) and serves everything
 * that is ready. Negative: the session cannot go on. */
static int round_trip(struct worker *w, int timeout)
{
	size_t ntimers = w->script ? script_ntimers(w->script) : 0;
	struct pollfd *fds = calloc(w->ntracees + ntimers + 3, sizeof(*fds));
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
	poll(fds, n, timeout);
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
	if (conn_pending(w->broker))
		conn_flush(w->broker, NULL);
	for (size_t i = 0; !rc && i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		rc = serve_tracer(w, t);
		if (t->conn && conn_pending(t->conn) &&
		    conn_flush(t->conn, NULL) < 0)
			tracer_lost(w, t);
	}
	return rc;
}

/* Serves everything until *flag. */
static int await(struct worker *w, const struct tracee *t, const bool *flag,
		 const char *what, struct err *err)
{
	int rc = 0;

	while (!rc && !*flag) {
		if (w->client_gone)
			return err_set(err, ERR_GONE, "the client has gone");
		if (t->closed || !t->conn)
			return err_set(err, ERR_GONE, "process %d ended before "
				       "%s", (int)t->pid, what);
		flush_output(w);
		rc = round_trip(w, -1);
	}
	/* A tracer's own sentence has been sent already. */
	if (rc)
		err_set(err, rc, "%s", "");
	return rc;
}

/* ---- setting up ---- */

static int want_tracer(struct worker *w, pid_t pid, struct conn **ret,
		       struct err *err)
{
	struct buf b;
	struct msg msg;
	int rc;

	buf_init(&b);
	put_u32(&b, (uint32_t)pid);
	rc = conn_send(w->broker, MSG_WANT_TRACER, &b, NULL, 0, err);
	buf_release(&b);
	if (!rc)
		rc = conn_drain(w->broker, err);
	if (!rc)
		rc = conn_wait(w->broker, &msg, err);
	if (rc < 0)
		return rc;
	if (msg.type == MSG_ERROR) {
		int code = (int)get_u32(&msg.in);
		const char *text = get_str(&msg.in);

		return err_set(err, code, "%s", text ? text : "no tracer");
	}
	if (msg.type != MSG_TRACER || msg.nfds != 1)
		return err_set(err, ERR_PROTO, "the daemon sent no tracer");
	*ret = conn_new(msg.fds[0]);
	return *ret ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

static int open_tracee(struct worker *w, pid_t pid, uint32_t flags,
		       struct err *err)
{
	struct topen m = {(uint32_t)pid, flags, w->run.steps};
	struct tracee *t = &w->tracees[w->ntracees];
	struct buf b;
	int rc;

	*t = (struct tracee){.pid = pid};
	rc = want_tracer(w, pid, &t->conn, err);
	if (rc)
		return rc;
	w->ntracees++;
	buf_init(&b);
	topen_put(&b, &m);
	rc = conn_send(t->conn, MSG_T_OPEN, &b, NULL, 0, err);
	buf_release(&b);
	return rc ? rc : await(w, t, &t->ready, "it could be traced", err);
}

/* The -c command runs up to its exec and is held there, so that its own
 * program is what gets compiled against. */
static int start_command(struct worker *w, struct err *err)
{
	struct tracee *t = &w->tracees[w->ntracees];
	uint32_t flags = TOPEN_HOLD;
	int rc;

	if (w->run.flags & RUN_FOLLOW)
		flags |= TOPEN_FOLLOW;
	rc = open_tracee(w, (pid_t)w->run.cmd_pid, flags, err);
	if (rc)
		return rc;
	send_u32(w, MSG_HELD, 0);
	return await(w, t, &t->execed, "it ran the command", err);
}

/* Without -p, `/pid == N/` on every probe says which processes to attach. */
static size_t pids_of_predicates(struct worker *w, uint32_t *pids, size_t max)
{
	const struct lang *l = script_lang(w->script);
	struct lang_filter f;
	size_t n = 0;

	for (size_t i = 0; i < lang_nspecs(l); i++) {
		const struct lang_spec *spec = lang_spec(l, i);
		size_t k = 0;

		if (spec->kind != LANG_UPROBE && spec->kind != LANG_URETPROBE &&
		    spec->kind != LANG_USDT)
			continue;
		lang_filter(l, spec->probe, &f);
		if (!f.has_pid || n == max)
			return 0;
		while (k < n && pids[k] != f.pid)
			k++;
		if (k == n)
			pids[n++] = (uint32_t)f.pid;
	}
	return n;
}

static int open_targets(struct worker *w, struct err *err)
{
	enum { PREDICATE_PIDS = 64 };
	uint32_t found[PREDICATE_PIDS];
	const uint32_t *pids = w->run.pids;
	size_t n = w->run.npids;
	uint32_t flags = w->run.flags & RUN_FOLLOW ? TOPEN_FOLLOW : 0;
	int rc = 0;

	if (!n && !w->run.cmd_pid && script_needs_target(w->script)) {
		n = pids_of_predicates(w, found, PREDICATE_PIDS);
		pids = found;
		if (!n)
			return err_set(err, ERR_INVAL, "this script probes "
				       "programs, but which process? Name one "
				       "with -p PID, or run one with -c CMD");
	}
	w->tracees = calloc(n + 1, sizeof(*w->tracees));
	if (!w->tracees)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < n; i++)
		rc = open_tracee(w, (pid_t)pids[i], flags, err);
	if (!rc && w->run.cmd_pid)
		rc = start_command(w, err);
	for (size_t i = 0; !rc && i < w->ntracees; i++)
		rc = script_add_target(w->script, w->tracees[i].pid, err);
	return rc;
}

static int share(struct worker *w, int *ret_fd, struct err *err)
{
	uint32_t nwriters = (uint32_t)w->ntracees + 1;

	if (nwriters > RT_WRITERS_MAX)
		return err_set(err, ERR_LIMIT, "a session may trace %d "
			       "processes at most", RT_WRITERS_MAX - 1);
	return script_share(w->script, nwriters, w->doorbell, ret_fd, err);
}

static int send_share(struct worker *w, struct tracee *t, uint32_t writer,
		      int fd, struct err *err)
{
	int fds[TSHARE_FDS] = {[TSHARE_FD_MAPS] = fd,
			       [TSHARE_FD_DOORBELL] = w->doorbell};
	const struct bpf_map_def *defs;
	struct buf b;
	size_t n;
	int rc;

	defs = script_maps(w->script, &n);
	buf_init(&b);
	tshare_put(&b, writer, defs, n);
	rc = conn_send(t->conn, MSG_T_SHARE, &b, fds, TSHARE_FDS, err);
	buf_release(&b);
	return rc;
}

static int send_program(struct worker *w, struct tracee *t, size_t i,
			uint32_t ctx_size, struct err *err)
{
	struct buf b;
	int rc;

	buf_init(&b);
	tprog_put(&b, script_program(w->script, i), ctx_size);
	rc = conn_send(t->conn, MSG_T_PROG, &b, NULL, 0, err);
	buf_release(&b);
	return rc;
}

static int send_probe(struct tracee *t, const struct script_point *sp,
		      uint32_t steps, uint32_t program, struct err *err)
{
	struct trap_probe_spec spec = {
		.id = sp->id,
		.program = program,
		.kind = sp->kind == LANG_URETPROBE ? TRAP_RETURN : TRAP_ENTRY,
		.vaddr = sp->vaddr,
		.point = {.dev = sp->dev,
			  .ino = sp->ino,
			  .offset = sp->offset,
			  .sema_offset = sp->sema_offset,
			  .steps = steps,
			  .path = sp->path},
	};
	struct buf b;
	int rc;

	buf_init(&b);
	tprobe_put(&b, &spec);
	rc = conn_send(t->conn, MSG_T_PROBE, &b, NULL, 0, err);
	buf_release(&b);
	return rc;
}

/* Programs are numbered anew for a tracer: only those that its probes use,
 * in the order of first use (points of one program are neighbours). */
static int send_probes(struct worker *w, struct tracee *t, struct err *err)
{
	const struct script_point *sp;
	uint32_t next = 0, last = UINT32_MAX;
	int rc = 0;

	for (size_t i = 0; !rc && i < script_npoints(w->script); i++) {
		sp = script_point(w->script, i);
		if (sp->program != last) {
			rc = send_program(w, t, sp->program, sp->ctx_size, err);
			last = sp->program;
			next++;
		}
	}
	next = 0;
	last = UINT32_MAX;
	for (size_t i = 0; !rc && i < script_npoints(w->script); i++) {
		sp = script_point(w->script, i);
		if (sp->program != last)
			next++;
		last = sp->program;
		rc = send_probe(t, sp, w->run.steps, next - 1, err);
	}
	return rc ? rc : conn_send(t->conn, MSG_T_ARM, NULL, NULL, 0, err);
}

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

static int judge_refusals(struct worker *w, struct err *err)
{
	if (!w->refused)
		return 0;
	if (!w->planted || w->refused + w->planted == 1) {
		*err = w->first_refusal;
		return err->code;
	}
	buf_printf(&w->errs, "WARNING: %llu attach points cannot be probed, the "
		   "first: %s\n", (unsigned long long)w->refused,
		   w->first_refusal.text);
	return 0;
}

static int arm(struct worker *w, int fd, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (!t->conn || t->closed)
			continue;
		rc = send_share(w, t, (uint32_t)i + 1, fd, err);
		if (!rc)
			rc = send_probes(w, t, err);
	}
	for (size_t i = 0; !rc && i < w->ntracees; i++)
		rc = await(w, &w->tracees[i], &w->tracees[i].armed,
			   "probes were planted", err);
	return rc ? rc : judge_refusals(w, err);
}

/* ---- the run ---- */

static bool all_over(const struct worker *w)
{
	for (size_t i = 0; i < w->ntracees; i++)
		if (!w->tracees[i].closed)
			return false;
	return w->ntracees > 0;
}

static bool drain(struct worker *w)
{
	bool more = client_keeps_up(w) &&
		    script_drain(w->script, DRAIN_CHUNK, &w->out, &w->errs);

	flush_output(w);
	return more;
}

static int trace(struct worker *w)
{
	int code, rc = 0;

	while (!rc && !w->client_gone && !w->interrupted && !all_over(w) &&
	       !script_exited(w->script, &code)) {
		bool more = drain(w);

		if (!more && client_keeps_up(w) && !script_sleep(w->script))
			more = true;
		rc = round_trip(w, more ? 0 : -1);
	}
	return rc;
}

/* Lifts everything; afterwards no program of ours runs any more. */
static void close_tracers(struct worker *w)
{
	if (w->script)
		script_stop(w->script);
	for (size_t i = 0; i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (!t->conn)
			continue;
		t->closed = false;
		if (conn_send(t->conn, MSG_T_CLOSE, NULL, NULL, 0, NULL))
			tracer_lost(w, t);
	}
	for (size_t i = 0; i < w->ntracees; i++)
		while (w->tracees[i].conn && !w->tracees[i].closed)
			if (round_trip(w, -1))
				tracer_lost(w, &w->tracees[i]);
}

static void finish(struct worker *w)
{
	int code = 0;

	script_exited(w->script, &code);
	close_tracers(w);
	while (drain(w) && !w->client_gone)
		;
	script_run_kind(w->script, LANG_END, 0);
	while (drain(w) && !w->client_gone)
		;
	script_exited(w->script, &code);
	w->status = code;
	script_print_maps(w->script, &w->out, &w->errs);
	flush_output(w);
}

static void banner(struct worker *w)
{
	flush_output(w);
	send_u32(w, MSG_ATTACHED, (uint32_t)script_count(w->script));
}

static int run_script(struct worker *w, struct err *err)
{
	int code, fd, rc = open_targets(w, err);

	if (!rc)
		rc = script_build(w->script, &w->errs, err);
	if (rc)
		return rc;
	if (w->run.dump) {
		rc = lang_dump((struct lang *)script_lang(w->script),
			       w->run.dump, &w->out);
		if (rc)
			return err_set(err, rc, "there is no pass %s to show",
				       w->run.dump);
	}
	if (w->run.flags & RUN_DRY)
		return 0;
	rc = share(w, &fd, err);
	if (rc)
		return rc;
	script_run_kind(w->script, LANG_BEGIN, 0);
	drain(w);
	if (!script_exited(w->script, &code))
		rc = arm(w, fd, err);
	if (!rc)
		rc = start_timers(w, err);
	if (rc)
		return rc;
	banner(w);
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
			 .unsafe = r->flags & RUN_UNSAFE,
			 .no_warnings = r->flags & RUN_NO_WARNINGS,
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
	for (size_t i = 0; i < w->ntracees; i++)
		if (w->tracees[i].conn)
			conn_free(w->tracees[i].conn);
	free(w->tracees);
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
		if (err.text[0])
			send_error(w, &err);
	}
	flush_output(w);
	if (!rc)
		send_u32(w, MSG_DONE, (uint32_t)w->status);
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

int session_worker(int client_fd, int broker_fd)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct buf request;
	struct err err;
	int status;

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
		send_error(w, &err);
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

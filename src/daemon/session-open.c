/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session worker's opening: tracers asked for, processes attached,
 * programs and probes handed over.
 */
#define _GNU_SOURCE
#include "session-int.h"
#include "tproto.h"

#include <stdlib.h>

static int want_tracer(struct worker *w, pid_t pid, struct conn **ret,
		       struct err *err)
{
	const char *text;
	struct buf b;
	struct msg msg;
	int code, rc;

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
	if (msg.type == MSG_NO_TRACER) {
		get_u32(&msg.in);
		code = (int)get_u32(&msg.in);
		text = get_str(&msg.in);
		return err_set(err, code < 0 ? code : ERR_PROTO, "%s",
			       text ? text : "no tracer");
	}
	if (msg.type != MSG_TRACER || msg.nfds != 1) {
		msg_release(&msg);
		return err_set(err, ERR_PROTO, "the daemon sent no tracer");
	}
	*ret = conn_new(msg.fds[0]);
	return *ret ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

static int open_tracee(struct worker *w, struct tracee *t, pid_t pid,
		       uint32_t flags, struct err *err)
{
	struct topen m = {(uint32_t)pid, flags, w->run.steps,
			  w->run.max_overhead};
	struct buf b;
	int rc;

	*t = (struct tracee){.pid = pid, .live = 1};
	rc = want_tracer(w, pid, &t->conn, err);
	if (rc)
		return rc;
	if (t == &w->tracees[w->ntracees])
		w->ntracees++;
	buf_init(&b);
	topen_put(&b, &m);
	rc = conn_send(t->conn, MSG_T_OPEN, &b, NULL, 0, err);
	buf_release(&b);
	return rc ? rc : session_await(w, t, &t->ready, "it could be traced", err);
}

/* The -c command runs up to its exec and is held there, so that its own
 * program is what gets compiled against. Its children are followed. */
static int start_command(struct worker *w, struct err *err)
{
	struct tracee *t = &w->tracees[w->ntracees];
	int rc = open_tracee(w, t, (pid_t)w->run.cmd_pid,
			     TOPEN_HOLD | TOPEN_FOLLOW, err);

	if (rc)
		return rc;
	if (conn_send(w->client, MSG_HELD, NULL, NULL, 0, err))
		return err->code;
	return session_await(w, t, &t->execed, "it ran the command", err);
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

int session_open_targets(struct worker *w, struct err *err)
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
		w->searches = !n;
	}
	w->tracees = calloc(w->searches ? RT_WRITERS_MAX : n + 1,
			    sizeof(*w->tracees));
	if (!w->tracees)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < n; i++)
		rc = open_tracee(w, &w->tracees[i], (pid_t)pids[i], flags, err);
	if (!rc && w->run.cmd_pid)
		rc = start_command(w, err);
	for (size_t i = 0; !rc && i < w->ntracees; i++)
		rc = script_add_target(w->script, w->tracees[i].pid, err);
	return rc;
}

int session_share(struct worker *w, int *ret_fd, struct err *err)
{
	uint32_t nwriters = w->searches ? RT_WRITERS_MAX
					: (uint32_t)w->ntracees + 1;

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

static enum trap_kind trap_kind(enum lang_probe_kind kind)
{
	switch (kind) {
	case LANG_URETPROBE:
		return TRAP_RETURN;
	case LANG_SYSCALL_ENTER:
		return TRAP_SYSCALL_ENTER;
	case LANG_SYSCALL_EXIT:
		return TRAP_SYSCALL_EXIT;
	case LANG_PROFILE:
		return TRAP_PROFILE;
	default:
		return TRAP_ENTRY;
	}
}

static int send_probe(struct tracee *t, const struct script_point *sp,
		      uint32_t steps, uint32_t program, struct err *err)
{
	struct trap_probe_spec spec = {
		.id = sp->id,
		.program = program,
		.kind = trap_kind(sp->kind),
		.nr = sp->syscall,
		.period_ns = sp->period_ns,
		.word_size = sp->word_size,
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

int session_open_one(struct worker *w, struct tracee *t, pid_t pid, int maps_fd,
		     struct err *err)
{
	int rc = open_tracee(w, t, pid, TOPEN_FOLLOW, err);

	if (!rc)
		rc = script_add_target(w->script, pid, err);
	if (!rc)
		rc = send_share(w, t, (uint32_t)(t - w->tracees) + 1, maps_fd,
				err);
	if (!rc)
		rc = send_probes(w, t, err);
	return rc ? rc
		  : session_await(w, t, &t->armed, "probes were planted", err);
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

int session_arm(struct worker *w, int fd, struct err *err)
{
	int rc = 0;

	if (w->searches)
		return session_search_start(w, fd, err);
	for (size_t i = 0; !rc && i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (!t->conn || t->closed)
			continue;
		rc = send_share(w, t, (uint32_t)i + 1, fd, err);
		if (!rc)
			rc = send_probes(w, t, err);
	}
	for (size_t i = 0; !rc && i < w->ntracees; i++)
		rc = session_await(w, &w->tracees[i], &w->tracees[i].armed,
			   "probes were planted", err);
	return rc ? rc : judge_refusals(w, err);
}


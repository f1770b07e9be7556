/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a session worker wants of a tracer: attach, share, programs, probes.
 */
#define _GNU_SOURCE
#include "tracer-int.h"
#include "log.h"
#include "tproto.h"

#include <signal.h>
#include <stdlib.h>

/* ---- messages of a session worker ---- */

/* Of several sessions the one that minds most decides. */
static void set_budget(struct process *p, uint32_t percent)
{
	if (!percent || (p->budget && p->budget <= percent))
		return;
	if (tracer_set_budget(p->tracer, percent))
		log_warn("there is no timer for the overhead budget");
	else
		p->budget = percent;
}

static int do_open(struct process *p, struct session *s, struct msg *msg,
		   struct err *err)
{
	struct target_opts opts = {.follow_cpu = true};
	struct topen m;
	int rc = topen_get(&msg->in, &m, err);

	if (rc)
		return rc;
	if ((pid_t)m.pid != p->pid)
		return err_set(err, ERR_PROTO, "this tracer is not for %u",
			       m.pid);
	opts.follow_forks = m.flags & TOPEN_FOLLOW;
	opts.steps = m.steps;
	if (!p->target)
		rc = target_attach(p->tracer, p->pid, &opts, &p->target, err);
	if (!rc && (m.flags & TOPEN_HOLD)) {
		rc = target_hold_at_exec(p->target);
		s->holds = !rc;
		if (rc)
			err_set(err, rc, "cannot hold process %d at its exec",
				(int)p->pid);
	}
	if (rc)
		return rc;
	s->opened = true;
	set_budget(p, m.max_overhead);
	tsession_send(s, MSG_T_READY, NULL);
	return 0;
}

static int do_share(struct session *s, struct msg *msg, struct err *err)
{
	struct tshare *m;
	int doorbell, rc;

	if (msg->nfds != TSHARE_FDS || s->trap || !s->opened)
		return err_set(err, ERR_PROTO, "T_SHARE is out of place");
	m = calloc(1, sizeof(*m));
	if (!m)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = tshare_get(&msg->in, m, err);
	if (!rc) {
		doorbell = msg->fds[TSHARE_FD_DOORBELL];
		msg->fds[TSHARE_FD_DOORBELL] = -1;
		rc = trap_session_new(msg->fds[TSHARE_FD_MAPS], m->defs,
				      m->ndefs, m->writer, doorbell, &s->trap,
				      err);
	}
	for (size_t i = 0; !rc && i < m->ndefs; i++)
		s->wants_stacks |= m->defs[i].kind == BPF_MAP_STACK_TRACE;
	free(m);
	return rc;
}

static int do_program(struct session *s, struct msg *msg, struct err *err)
{
	struct bpf_prog prog;
	uint32_t ctx_size;
	int rc;

	if (!s->trap)
		return err_set(err, ERR_PROTO, "T_PROG is out of place");
	rc = tprog_get(&msg->in, &prog, &ctx_size, err);
	if (rc)
		return rc;
	rc = trap_program_add(s->trap, &prog, ctx_size, err);
	bpf_prog_release(&prog);
	return rc;
}

/* A probe that is refused is the session's to judge; a broken message ends
 * the session. */
static int do_probe(struct process *p, struct session *s, struct msg *msg,
		    struct err *err)
{
	struct trap_probe_spec spec;
	struct trap_probe *probe;
	size_t planted = 0;
	int rc;

	if (!s->trap)
		return err_set(err, ERR_PROTO, "T_PROBE is out of place");
	rc = tprobe_get(&msg->in, &spec, err);
	if (rc || !p->target)
		return rc;
	rc = trap_probe_new(s->trap, p->target, &spec, &probe, &planted, err);
	if (rc && rc != ERR_NOENT)
		tsession_send_error(s, MSG_T_REFUSED, spec.id, err);
	else
		tsession_send_u32s(s, MSG_T_PLANTED, spec.id,
				   (uint32_t)planted);
	return 0;
}

static int do_arm(struct process *p, struct session *s)
{
	if (s->wants_stacks && p->target && !target_cookie(p->target))
		process_renew_space(p->target, true);
	if (s->holds && p->target)
		target_release(p->target);
	s->holds = false;
	tsession_send(s, MSG_T_ARMED, NULL);
	return 0;
}

static void put_stats(void *ctx, const struct trap_stats *stats)
{
	struct buf *out = ctx;

	put_u32(out, stats->id);
	put_u64(out, stats->hits);
	put_u64(out, stats->left);
	put_u64(out, stats->unwatched);
	put_u32(out, stats->on);
	put_u32(out, stats->met);
}

/* A command is run to be traced. Where that came to nothing, before it began,
 * it does not run at all. */
static void drop_command(struct process *p, struct session *s)
{
	if (s->holds && p->target)
		target_kill(p->target, SIGKILL);
	s->holds = false;
}

void tsession_close(struct process *p, struct session *s)
{
	struct err err;
	bool batch;

	drop_command(p, s);
	if (!s->trap)
		return;
	batch = p->target && !target_batch_begin(p->target, &err);
	trap_session_lift_all(s->trap, p->tracer);
	if (batch)
		target_batch_end(p->target);
}

static bool is_last(const struct process *p, const struct session *s)
{
	return p->sessions.next == &s->node && p->sessions.prev == &s->node;
}

/* The target, and the children that were followed. */
void process_detach(struct process *p)
{
	struct target *t;

	while ((t = tracer_target(p->tracer))) {
		process_forget_target(p, t);
		target_detach(t);
	}
}

/* A process that has become another program is of no use to the session;
 * another session may have other plans. */
static int do_drop(struct process *p, struct session *s, struct msg *msg,
		   struct err *err)
{
	uint32_t pid = get_u32(&msg->in);
	struct target *t;
	int rc = get_end(&msg->in, err);

	if (rc)
		return rc;
	t = tracer_find(p->tracer, (pid_t)pid);
	if (!t || !is_last(p, s))
		return 0;
	process_tell_all(p, MSG_T_EXITED, pid, 0);
	process_forget_target(p, t);
	target_detach(t);
	return 0;
}

static int do_close(struct process *p, struct session *s)
{
	struct buf out;

	tsession_close(p, s);
	if (is_last(p, s))
		process_detach(p);
	buf_init(&out);
	if (s->trap)
		trap_session_stats(s->trap, put_stats, &out);
	tsession_send(s, MSG_T_STATS, &out);
	buf_release(&out);
	tsession_send(s, MSG_T_CLOSED, NULL);
	return 0;
}

static int dispatch(struct process *p, struct session *s, struct msg *msg,
		    struct err *err)
{
	switch (msg->type) {
	case MSG_T_OPEN:
		return do_open(p, s, msg, err);
	case MSG_T_SHARE:
		return do_share(s, msg, err);
	case MSG_T_PROG:
		return do_program(s, msg, err);
	case MSG_T_PROBE:
		return do_probe(p, s, msg, err);
	case MSG_T_ARM:
		return do_arm(p, s);
	case MSG_T_CLOSE:
		return do_close(p, s);
	case MSG_T_DROP:
		return do_drop(p, s, msg, err);
	default:
		return err_set(err, ERR_PROTO,
			       "a tracer does not understand "
			       "message %u",
			       msg->type);
	}
}

/* All that has come from this worker. Planting is batched: one stop of the
 * target for all probes that wait in the socket. */
void tsession_serve(struct process *p, struct session *s)
{
	bool batch = false;
	struct err err;
	struct msg msg;
	int rc = 0;

	while (!s->over && (rc = conn_recv(s->conn, &msg, &err)) > 0) {
		if (msg.type == MSG_T_PROBE && p->target && !batch)
			batch = !target_batch_begin(p->target, &err);
		if (msg.type != MSG_T_PROBE && batch && p->target) {
			target_batch_end(p->target);
			batch = false;
		}
		rc = dispatch(p, s, &msg, &err);
		msg_release(&msg);
		if (rc) {
			tsession_send_error(s, MSG_T_ERROR, 0, &err);
			break;
		}
	}
	if (batch && p->target)
		target_batch_end(p->target);
	if (rc < 0)
		s->over = true;
}

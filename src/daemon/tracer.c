/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tracer process: holds one target with ptrace and runs the programs of
 * all sessions that probe it. Its one thread serves stops; sockets interrupt
 * it by SIGIO, so that a hit costs no look at them. It runs as the user whose
 * process it traces, and leaves, everything lifted, when its last session or
 * the broker goes.
 */
#define _GNU_SOURCE
#include "list.h"
#include "log.h"
#include "tproto.h"
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

struct session { /* a session worker at the other end of a socket */
	struct list node;
	struct conn *conn;
	struct trap_session *trap;
	bool opened, wants_stacks, over;
};

struct process {
	struct tracer *tracer;
	struct target *target; /* NULL: not attached yet, or gone */
	pid_t pid;
	struct conn *broker;
	timer_t alarm; /* for samples: raises SIGIO */
	struct list sessions;
	bool held, over, idle_sent;
	uint32_t received; /* sessions so far */
	uint32_t budget; /* percent, 0: none */
};

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

/* ---- sending ---- */

static void send_msg(struct session *s, unsigned type, const struct buf *b)
{
	if (conn_send(s->conn, type, b, NULL, 0, NULL))
		s->over = true;
}

static void send_u32s(struct session *s, unsigned type, uint32_t a, uint32_t b)
{
	struct buf out;

	buf_init(&out);
	put_u32(&out, a);
	put_u32(&out, b);
	send_msg(s, type, &out);
	buf_release(&out);
}

static void send_error(struct session *s, unsigned type, uint32_t id,
		       const struct err *err)
{
	struct buf out;

	buf_init(&out);
	if (type == MSG_T_REFUSED)
		put_u32(&out, id);
	put_u32(&out, (uint32_t)err->code);
	put_str(&out, err->text);
	send_msg(s, type, &out);
	buf_release(&out);
}

/* ---- the target's modules, for stacks ---- */

static struct space *space_of(struct process *p, struct task *task)
{
	struct target *t = task_target(task);

	(void)p;
	return target_cookie(t);
}

static void renew_space(struct target *t, bool fresh)
{
	struct space *space = target_cookie(t);

	if (space && !fresh) {
		space_refresh(space, NULL);
		return;
	}
	space_free(space);
	space = NULL;
	if (space_new(target_pid(t), NULL, &space, NULL))
		space = NULL;
	target_set_cookie(t, space);
}

/* ---- events of the target ---- */

static void on_hit(void *ctx, struct task *task, void *cookie,
		   const struct regs *regs)
{
	trap_hit(task, space_of(ctx, task), cookie, regs);
}

static void on_returned(void *ctx, struct task *task, void *cookie,
			const struct regs *regs)
{
	trap_returned(task, space_of(ctx, task), cookie, regs);
}

static void on_abandoned(void *ctx, struct task *task, void *cookie)
{
	(void)ctx;
	(void)task;
	trap_abandoned(cookie);
}

static void on_syscall(void *ctx, struct task *task, bool enter, int64_t nr,
		       const struct regs *regs)
{
	struct process *p = ctx;

	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->trap)
			trap_syscall(s->trap, task, space_of(p, task), enter,
				     nr, regs);
	}
}

static void on_sampled(void *ctx, struct task *task, const struct regs *regs)
{
	struct process *p = ctx;

	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->trap)
			trap_sampled(s->trap, task, space_of(p, task), regs);
	}
}

/* The samples that are due; and an alarm for the next. */
static void sample(struct process *p)
{
	uint64_t next = UINT64_MAX;
	struct itimerspec when = {{0}};
	struct timespec t;
	bool due = false;

	clock_gettime(CLOCK_MONOTONIC, &t);
	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->trap)
			due |= trap_sample_due(s->trap,
					       (uint64_t)t.tv_sec * 1000000000u +
						       (uint64_t)t.tv_nsec,
					       &next);
	}
	if (due)
		tracer_sample(p->tracer);
	if (next == UINT64_MAX)
		return;
	when.it_value.tv_sec = (time_t)(next / 1000000000u);
	when.it_value.tv_nsec = (long)(next % 1000000000u);
	timer_settime(p->alarm, TIMER_ABSTIME, &when, NULL);
}

static void tell_all(struct process *p, unsigned type, uint32_t a, uint32_t b)
{
	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->opened)
			send_u32s(s, type, a, b);
	}
}

/* The memory map of a process, as a stopped task of it sees it. */
static void read_maps(pid_t tid, struct buf *text)
{
	enum { MAPS_MAX = 4 << 20 };
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while (text->len < MAPS_MAX && buf_reserve(text, 65536) &&
	       (n = read(fd, text->data + text->len, 65536)) > 0)
		text->len += (size_t)n;
	close(fd);
}

/* To the sessions that print stacks, with the map: when they look themselves,
 * the process may have run another program, or ended. The others look if they
 * like. */
static void tell_maps(struct process *p, unsigned type, pid_t pid, pid_t tid)
{
	struct buf out, text, none;

	buf_init(&text);
	read_maps(tid, &text);
	buf_init(&out);
	put_u32(&out, (uint32_t)pid);
	put_str(&out, buf_str(&text));
	buf_init(&none);
	put_u32(&none, (uint32_t)pid);
	put_str(&none, "");
	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->opened)
			send_msg(s, type, s->wants_stacks ? &out : &none);
	}
	buf_release(&none);
	buf_release(&out);
	buf_release(&text);
}

static void on_mapped(void *ctx, struct target *t)
{
	struct process *p = ctx;

	if (target_cookie(t))
		renew_space(t, false);
	tell_maps(p, MSG_T_MAPPED, target_pid(t), target_pid(t));
}

static void on_execed(void *ctx, struct target *t)
{
	struct process *p = ctx;

	if (target_cookie(t))
		renew_space(t, true);
	tell_all(p, MSG_T_EXEC, (uint32_t)target_pid(t), 0);
}

/* The last look at the memory map, for symbolising stacks afterwards. The task
 * still has it; the process's first one, whose it would be by the process's
 * own name in /proc, may be gone. */
static void on_exiting(void *ctx, struct task *task, bool last)
{
	if (last)
		tell_maps(ctx, MSG_T_EXITING, target_pid(task_target(task)),
			  task_tid(task));
}

static void lift_all(struct process *p, struct target *t)
{
	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->trap)
			trap_session_lift(s->trap, t);
	}
}

static void forget_target(struct process *p, struct target *t)
{
	lift_all(p, t);
	space_free(target_cookie(t));
	target_set_cookie(t, NULL);
	if (p->target == t)
		p->target = NULL;
}

static void on_exited(void *ctx, struct target *t, int status)
{
	struct process *p = ctx;

	tell_all(p, MSG_T_EXITED, (uint32_t)target_pid(t), (uint32_t)status);
	forget_target(p, t);
}

static void on_forked(void *ctx, struct target *t, struct target *child,
		      pid_t child_pid)
{
	struct process *p = ctx;

	if (child && target_cookie(t))
		renew_space(child, true);
	if (child)
		tell_all(p, MSG_T_FORKED, (uint32_t)child_pid, 1);
}

static void on_lost(void *ctx, struct target *t, void *cookie,
		    const struct err *why)
{
	(void)ctx;
	(void)cookie;
	log_warn("a site in process %d was lost: %s", (int)target_pid(t),
		 why->text);
}

static void on_warned(void *ctx, struct target *t, const char *text)
{
	struct process *p = ctx;
	struct buf out;

	(void)t;
	buf_init(&out);
	put_str(&out, text);
	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->opened)
			send_msg(s, MSG_T_WARNING, &out);
	}
	buf_release(&out);
}

static const struct tracer_events events = {
	.hit = on_hit,
	.returned = on_returned,
	.abandoned = on_abandoned,
	.mapped = on_mapped,
	.execed = on_execed,
	.exiting = on_exiting,
	.exited = on_exited,
	.forked = on_forked,
	.lost = on_lost,
	.syscall = on_syscall,
	.sampled = on_sampled,
	.warned = on_warned,
};

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
		p->held = !rc;
		if (rc)
			err_set(err, rc, "cannot hold process %d at its exec",
				(int)p->pid);
	}
	if (rc)
		return rc;
	s->opened = true;
	set_budget(p, m.max_overhead);
	send_msg(s, MSG_T_READY, NULL);
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
		send_error(s, MSG_T_REFUSED, spec.id, err);
	else
		send_u32s(s, MSG_T_PLANTED, spec.id, (uint32_t)planted);
	return 0;
}

static int do_arm(struct process *p, struct session *s)
{
	if (s->wants_stacks && p->target && !target_cookie(p->target))
		renew_space(p->target, true);
	if (p->held && p->target)
		target_release(p->target);
	p->held = false;
	send_msg(s, MSG_T_ARMED, NULL);
	return 0;
}

static void put_stats(void *ctx, const struct trap_stats *stats)
{
	struct buf *out = ctx;

	put_u32(out, stats->id);
	put_u64(out, stats->hits);
	put_u64(out, stats->missed);
	put_u32(out, stats->on);
}

static void close_session(struct process *p, struct session *s)
{
	struct err err;
	bool batch;

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
static void detach(struct process *p)
{
	struct target *t;

	while ((t = tracer_target(p->tracer))) {
		forget_target(p, t);
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
	tell_all(p, MSG_T_EXITED, pid, 0);
	forget_target(p, t);
	target_detach(t);
	return 0;
}

static int do_close(struct process *p, struct session *s)
{
	struct buf out;

	close_session(p, s);
	if (is_last(p, s))
		detach(p);
	buf_init(&out);
	if (s->trap)
		trap_session_stats(s->trap, put_stats, &out);
	send_msg(s, MSG_T_STATS, &out);
	buf_release(&out);
	send_msg(s, MSG_T_CLOSED, NULL);
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
		return err_set(err, ERR_PROTO, "a tracer does not understand "
			       "message %u", msg->type);
	}
}

/* All that has come from this worker. Planting is batched: one stop of the
 * target for all probes that wait in the socket. */
static void serve_session(struct process *p, struct session *s)
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
			send_error(s, MSG_T_ERROR, 0, &err);
			break;
		}
	}
	if (batch && p->target)
		target_batch_end(p->target);
	if (rc < 0)
		s->over = true;
}

static void free_session(struct process *p, struct session *s)
{
	close_session(p, s);
	conn_drain(s->conn, NULL);
	list_remove(&s->node);
	trap_session_free(s->trap);
	conn_free(s->conn);
	free(s);
	if (list_empty(&p->sessions))
		detach(p);
}

static void new_session(struct process *p, int fd)
{
	struct session *s = calloc(1, sizeof(*s));

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

		serve_session(p, s);
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
		sample(p);
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
	char path[32], *line = NULL;
	struct target *t;
	bool found = false;
	size_t size = 0;
	struct err err;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)p->pid);
	f = fopen(path, "re");
	while (f && !found && getline(&line, &size, f) > 0)
		found = strstr(line, "/memfd:upd (deleted)") != NULL;
	free(line);
	if (f)
		fclose(f);
	if (!found)
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
	rc = tracer_new(&events, &p, &p.tracer, &err);
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
	detach(&p);
	signal(SIGIO, SIG_IGN);
	tracer_free(p.tracer);
	conn_free(p.broker);
	return 0;
}

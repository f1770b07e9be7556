/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a tracer's target does, told to the programs and to session workers.
 */
#define _GNU_SOURCE
#include "tracer-int.h"
#include "clock.h"
#include "log.h"
#include "tproto.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOST_TOLD = 10 };

/* ---- sending ---- */

/* A session that misses a message would wait for it for ever. */
void tsession_send(struct session *s, unsigned type, const struct buf *b)
{
	if (!conn_send(s->conn, type, b, NULL, 0, NULL))
		return;
	s->over = true;
	tracer_interrupt(s->tracer);
}

void tsession_send_u32s(struct session *s, unsigned type, uint32_t a,
			uint32_t b)
{
	struct buf out;

	buf_init(&out);
	put_u32(&out, a);
	put_u32(&out, b);
	tsession_send(s, type, &out);
	buf_release(&out);
}

void tsession_send_error(struct session *s, unsigned type, uint32_t id,
			 const struct err *err)
{
	struct buf out;

	buf_init(&out);
	if (type == MSG_T_REFUSED)
		put_u32(&out, id);
	put_u32(&out, (uint32_t)err->code);
	put_str(&out, err->text);
	tsession_send(s, type, &out);
	buf_release(&out);
}

/* ---- the target's modules, for stacks ---- */

static struct space *space_of(struct process *p, struct task *task)
{
	struct target *t = task_target(task);

	(void)p;
	return target_cookie(t);
}

void process_renew_space(struct target *t, bool fresh)
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

static void on_found(void *ctx, void *cookie)
{
	(void)ctx;
	trap_found(cookie);
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
			tsession_send(s, MSG_T_WARNING, &out);
	}
	buf_release(&out);
}

/* Of the many sites of a library that comes late, or returns, the first few are
 * told of. */
static void on_lost(void *ctx, struct target *t, void *cookie,
		    const struct err *why)
{
	struct process *p = ctx;
	char text[sizeof(why->text) + 32];

	(void)cookie;
	if (p->lost++ >= LOST_TOLD)
		return;
	snprintf(text, sizeof(text), "process %d: %s", (int)target_pid(t),
		 why->text);
	on_warned(ctx, t, text);
}

static void on_hit(void *ctx, struct task *task, void *cookie,
		   const struct regs *regs)
{
	struct err err;

	if (trap_hit(task, space_of(ctx, task), cookie, regs, &err))
		on_lost(ctx, task_target(task), cookie, &err);
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
void process_sample(struct process *p)
{
	uint64_t next = UINT64_MAX;
	struct itimerspec when = {{0}};
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	bool due = false;

	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->trap)
			due |= trap_sample_due(s->trap, now, &next);
	}
	if (due)
		tracer_sample(p->tracer);
	if (next == UINT64_MAX)
		return;
	when.it_value.tv_sec = (time_t)(next / 1000000000u);
	when.it_value.tv_nsec = (long)(next % 1000000000u);
	timer_settime(p->alarm, TIMER_ABSTIME, &when, NULL);
}

void process_tell_all(struct process *p, unsigned type, uint32_t a, uint32_t b)
{
	list_for_each (node, &p->sessions) {
		struct session *s = container_of(node, struct session, node);

		if (s->opened)
			tsession_send_u32s(s, type, a, b);
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
			tsession_send(s, type, s->wants_stacks ? &out : &none);
	}
	buf_release(&none);
	buf_release(&out);
	buf_release(&text);
}

static void on_mapped(void *ctx, struct target *t)
{
	struct process *p = ctx;

	if (target_cookie(t))
		process_renew_space(t, false);
	tell_maps(p, MSG_T_MAPPED, target_pid(t), target_pid(t));
}

static void on_execed(void *ctx, struct target *t)
{
	struct process *p = ctx;

	if (target_cookie(t))
		process_renew_space(t, true);
	process_tell_all(p, MSG_T_EXEC, (uint32_t)target_pid(t), 0);
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

void process_forget_target(struct process *p, struct target *t)
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

	process_tell_all(p, MSG_T_EXITED, (uint32_t)target_pid(t),
			 (uint32_t)status);
	process_forget_target(p, t);
}

/* Of the many programs that children become, nothing is said. */
static void on_left(void *ctx, struct target *t, const struct err *why)
{
	struct process *p = ctx;

	if (p->target == t)
		on_warned(ctx, t, why->text);
	process_tell_all(p, MSG_T_LEFT, (uint32_t)target_pid(t), 0);
	process_forget_target(p, t);
}

static void on_forked(void *ctx, struct target *t, struct target *child,
		      pid_t child_pid)
{
	struct process *p = ctx;

	if (child && target_cookie(t))
		process_renew_space(child, true);
	if (child)
		process_tell_all(p, MSG_T_FORKED, (uint32_t)child_pid, 1);
}

const struct tracer_events process_events = {
	.found = on_found,
	.hit = on_hit,
	.returned = on_returned,
	.abandoned = on_abandoned,
	.mapped = on_mapped,
	.execed = on_execed,
	.left = on_left,
	.exiting = on_exiting,
	.exited = on_exited,
	.forked = on_forked,
	.lost = on_lost,
	.syscall = on_syscall,
	.sampled = on_sampled,
	.warned = on_warned,
};

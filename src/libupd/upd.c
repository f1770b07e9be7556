/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tracer and its processes: attaching, letting go, their events, their
 * memory.
 */
#define _GNU_SOURCE
#include "upd-int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAME(name) _Static_assert((int)UPD_##name == (int)ERR_##name, #name)
SAME(NOMEM);
SAME(INVAL);
SAME(NOENT);
SAME(PERM);
SAME(GONE);
SAME(BUSY);
SAME(UNSUPP);
SAME(REFUSED);
SAME(LIMIT);
SAME(FORMAT);
SAME(IO);
SAME(INTR);
SAME(INTERNAL);

bool api_enter(struct upd *u)
{
	if (!u || (pid_t)syscall(SYS_gettid) != u->tid)
		return false;
	u->err.code = 0;
	u->err.text[0] = '\0';
	return true;
}

bool api_enter_process(struct upd_process *p)
{
	return p && p->shared && api_enter(p->shared->u);
}

int api_fail(struct upd *u, int code, const char *sentence)
{
	return err_set(&u->err, code, "%s", sentence);
}

const char *upd_error(const struct upd *u)
{
	if (!u)
		return "out of memory";
	return u->err.code ? u->err.text : "no error";
}

/* ---- putting aside ------------------------------------------------------ */

static void process_free(struct upd_process *p)
{
	list_remove(&p->node);
	free(p);
}

void api_leave_callback(struct upd *u)
{
	if (--u->depth)
		return;
	probes_free(&u->put_aside_probes);
	list_for_each_safe (node, &u->put_aside)
		process_free(container_of(node, struct upd_process, node));
}

static void process_over(struct upd_process *p)
{
	struct upd *u = p->shared->u;

	list_for_each_safe (node, &p->probes)
		probe_free_later(container_of(node, struct upd_probe, node));
	p->shared = NULL;
	list_remove(&p->node);
	list_push(&u->put_aside, &p->node);
}

static void shared_free(struct shared *s)
{
	space_free(s->space);
	list_remove(&s->node);
	free(s);
}

/* The process is no longer ours. */
static void shared_over(struct shared *s)
{
	list_for_each_safe (node, &s->users)
		process_over(container_of(node, struct upd_process, node));
	shared_free(s);
}

/* ---- events ------------------------------------------------------------- */

static void tell(struct shared *s, enum upd_event event, long value)
{
	list_for_each_safe (node, &s->users) {
		struct upd_process *p =
			container_of(node, struct upd_process, node);

		if (p->fn)
			p->fn(p, event, value, p->data);
	}
}

static void on_mapped(void *ctx, struct target *target)
{
	struct shared *s = target_cookie(target);
	struct upd *u = ctx;

	if (!s)
		return;
	u->depth++;
	s->space_stale = true;
	tell(s, UPD_MAPPED, 0);
	api_leave_callback(u);
}

/* Addresses mean nothing in the new program. */
static void lift_addresses(struct shared *s)
{
	list_for_each (node, &s->users) {
		struct upd_process *p =
			container_of(node, struct upd_process, node);

		list_for_each_safe (p_node, &p->probes) {
			struct upd_probe *probe =
				container_of(p_node, struct upd_probe, node);

			for (; probe->at_address && probe->npoints;
			     probe->npoints--)
				point_free(probe->points[probe->npoints - 1]);
		}
	}
}

static void on_execed(void *ctx, struct target *target)
{
	struct shared *s = target_cookie(target);
	struct upd *u = ctx;

	if (!s)
		return;
	u->depth++;
	s->space_stale = true;
	lift_addresses(s);
	if (u->spawning == s) {
		u->spawned = true;
		tracer_interrupt(u->tracer);
	} else {
		tell(s, UPD_EXECED, 0);
	}
	api_leave_callback(u);
}

static void on_exited(void *ctx, struct target *target, int status)
{
	struct shared *s = target_cookie(target);
	struct upd *u = ctx;

	if (!s)
		return;
	u->depth++;
	if (u->spawning == s) {
		u->spawn_status = status;
		u->spawning = NULL;
		tracer_interrupt(u->tracer);
	} else {
		tell(s, UPD_EXITED, status);
	}
	shared_over(s);
	api_leave_callback(u);
}

static void on_left(void *ctx, struct target *target, const struct err *why)
{
	struct shared *s = target_cookie(target);
	struct upd *u = ctx;

	if (!s)
		return;
	u->depth++;
	u->err = *why;
	tell(s, UPD_LEFT, 0);
	shared_over(s);
	api_leave_callback(u);
}

static void on_forked(void *ctx, struct target *target, struct target *child,
		      pid_t pid)
{
	struct shared *s = target_cookie(target);
	struct upd *u = ctx;

	(void)child;
	if (!s)
		return;
	u->depth++;
	tell(s, UPD_FORKED, pid);
	api_leave_callback(u);
}

static void on_lost(void *ctx, struct target *target, void *cookie,
		    const struct err *why)
{
	struct upd_probe *probe = cookie;
	struct upd_process *p = probe->process;
	struct upd *u = ctx;

	(void)target;
	if (!p || !p->fn)
		return;
	u->depth++;
	u->err = *why;
	p->fn(p, UPD_LOST, 0, p->data);
	api_leave_callback(u);
}

static const struct tracer_events events = {
	.hit = probe_hit,
	.returned = probe_returned,
	.mapped = on_mapped,
	.execed = on_execed,
	.exited = on_exited,
	.left = on_left,
	.forked = on_forked,
	.lost = on_lost,
};

/* ---- tracing ------------------------------------------------------------ */

int upd_new(struct upd **ret)
{
	struct upd *u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return UPD_NOMEM;
	u->tid = (pid_t)syscall(SYS_gettid);
	list_init(&u->shared);
	list_init(&u->put_aside);
	list_init(&u->put_aside_probes);
	list_init(&u->files);
	rc = tracer_new(&events, u, &u->tracer, &u->err);
	if (rc) {
		free(u);
		return rc;
	}
	*ret = u;
	return 0;
}

void upd_free(struct upd *u)
{
	if (!api_enter(u) || u->depth)
		return;
	while (!list_empty(&u->shared)) {
		struct shared *s =
			container_of(u->shared.next, struct shared, node);

		upd_detach(
			container_of(s->users.next, struct upd_process, node));
	}
	waiter_free(u->waiter);
	tracer_free(u->tracer);
	files_free(&u->files);
	free(u);
}

int upd_run(struct upd *u)
{
	int rc;

	if (!api_enter(u))
		return UPD_INVAL;
	if (u->depth)
		return api_fail(u, UPD_INVAL,
				"upd_run() cannot be called from a callback");
	rc = tracer_run(u->tracer);
	if (rc == ERR_GONE)
		return 0;
	return api_fail(u, rc, "upd_stop() was called");
}

void upd_stop(struct upd *u)
{
	tracer_interrupt(u->tracer);
}

int upd_set_max_overhead(struct upd *u, unsigned percent)
{
	if (!api_enter(u))
		return UPD_INVAL;
	if (percent > 100)
		return api_fail(u, UPD_INVAL, "a share is 100 percent at most");
	if (tracer_set_budget(u->tracer, percent))
		return api_fail(u, UPD_LIMIT, "the kernel has no timer left");
	return 0;
}

/* ---- attaching ---------------------------------------------------------- */

static struct shared *shared_find(struct upd *u, pid_t pid)
{
	list_for_each (node, &u->shared) {
		struct shared *s = container_of(node, struct shared, node);

		if (target_pid(s->target) == pid)
			return s;
	}
	return NULL;
}

/* Takes the target over. */
static int shared_new(struct upd *u, struct target *target, struct shared **ret)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (!s) {
		target_detach(target);
		return api_fail(u, UPD_NOMEM, "out of memory");
	}
	s->u = u;
	s->target = target;
	s->space_stale = true;
	list_init(&s->users);
	list_push(&u->shared, &s->node);
	target_set_cookie(target, s);
	*ret = s;
	return 0;
}

static void let_go(struct shared *s)
{
	struct upd *u = s->u;
	struct target *target = s->target;

	target_set_cookie(target, NULL);
	shared_free(s);
	if (u->depth)
		target_detach_later(target);
	else
		target_detach(target);
}

int api_user_new(struct shared *s, struct upd_process **ret)
{
	struct upd_process *p = calloc(1, sizeof(*p));
	struct upd *u = s->u;

	if (!p) {
		if (list_empty(&s->users))
			let_go(s);
		return api_fail(u, UPD_NOMEM, "out of memory");
	}
	p->shared = s;
	list_init(&p->probes);
	list_push(&s->users, &p->node);
	*ret = p;
	return 0;
}

int api_attach(struct upd *u, pid_t pid, struct shared **ret)
{
	const struct target_opts opts = {.follow_cpu = true};
	struct target *target;
	int rc;

	*ret = shared_find(u, pid);
	if (*ret)
		return 0;
	rc = target_attach(u->tracer, pid, &opts, &target, &u->err);
	return rc ? rc : shared_new(u, target, ret);
}

int upd_attach(struct upd *u, pid_t pid, struct upd_process **ret)
{
	struct shared *s;
	int rc;

	if (!api_enter(u))
		return UPD_INVAL;
	rc = api_attach(u, pid, &s);
	return rc ? rc : api_user_new(s, ret);
}

void upd_detach(struct upd_process *p)
{
	struct shared *s;
	struct upd *u;

	if (!api_enter_process(p))
		return;
	s = p->shared;
	u = s->u;
	u->depth++;
	process_over(p);
	api_leave_callback(u);
	if (list_empty(&s->users))
		let_go(s);
}

int upd_release(struct upd_process *p)
{
	if (!api_enter_process(p))
		return UPD_INVAL;
	return target_release(p->shared->target);
}

/* ---- small things ------------------------------------------------------- */

void upd_on_event(struct upd_process *p, upd_event_fn *fn, void *data)
{
	p->fn = fn;
	p->data = data;
}

pid_t upd_pid(const struct upd_process *p)
{
	return p->shared ? target_pid(p->shared->target) : 0;
}

int upd_begin(struct upd_process *p)
{
	if (!api_enter_process(p))
		return UPD_INVAL;
	return target_batch_begin(p->shared->target, &p->shared->u->err);
}

void upd_end(struct upd_process *p)
{
	if (api_enter_process(p))
		target_batch_end(p->shared->target);
}

static ssize_t moved(struct upd_process *p, ssize_t n, uint64_t addr)
{
	if (n >= 0)
		return n;
	return err_set(&p->shared->u->err, (int)n,
		       "the memory of process %d at 0x%llx cannot be accessed",
		       (int)upd_pid(p), (unsigned long long)addr);
}

ssize_t upd_read(struct upd_process *p, uint64_t addr, void *buf, size_t len)
{
	if (!api_enter_process(p))
		return UPD_INVAL;
	return moved(p, target_read(p->shared->target, addr, buf, len), addr);
}

ssize_t upd_write(struct upd_process *p, uint64_t addr, const void *buf,
		  size_t len)
{
	if (!api_enter_process(p))
		return UPD_INVAL;
	return moved(p, target_write(p->shared->target, addr, buf, len), addr);
}

ssize_t upd_read_string(struct upd_process *p, uint64_t addr, char *buf,
			size_t size)
{
	ssize_t n;

	if (!api_enter_process(p))
		return UPD_INVAL;
	if (!size)
		return api_fail(p->shared->u, UPD_INVAL,
				"no room for a string");
	n = moved(p, target_read_str(p->shared->target, addr, buf, size), addr);
	if (n < 0)
		return n;
	if (n == 0 || buf[n - 1]) { /* cut, or the end of the mapping */
		n = n == (ssize_t)size ? n - 1 : n;
		buf[n] = '\0';
		return n;
	}
	return n - 1;
}

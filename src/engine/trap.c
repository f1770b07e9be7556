/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trap.h"
#include "clock.h"
#include "list.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAMS_MAX = 65536 };

struct trap_session {
	struct host host;
	struct bpf_map_def *defs;
	size_t ndefs;
	struct bpf_code **programs;
	size_t nprograms, programs_cap;
	struct list probes;
};

struct trap_probe {
	struct list node; /* in its session */
	struct trap_session *session;
	struct target *target;
	struct point *point; /* NULL: lifted, or one that needs none */
	const struct bpf_code *code;
	enum trap_kind kind;
	uint64_t addr, vaddr;
	int64_t nr; /* of the system call */
	uint32_t word_size;
	uint64_t period, next; /* of a profile */
	bool due, on;
	struct trap_stats stats;
};

int trap_session_new(int fd, const struct bpf_map_def *defs, size_t ndefs,
		     uint32_t writer, int doorbell, struct trap_session **ret,
		     struct err *err)
{
	struct trap_session *s = calloc(1, sizeof(*s));
	int rc;

	if (s)
		s->defs = calloc(ndefs + 1, sizeof(*defs));
	if (!s || !s->defs) {
		close(doorbell);
		free(s);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	list_init(&s->probes);
	memcpy(s->defs, defs, ndefs * sizeof(*defs));
	s->ndefs = ndefs;
	rc = host_open(&s->host, fd, writer, doorbell, err);
	if (rc) {
		close(doorbell);
		free(s->defs);
		free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

/* Calls in flight are forgotten: their watches name the probe. */
static bool is_syscall(const struct trap_probe *p)
{
	return p->kind == TRAP_SYSCALL_ENTER || p->kind == TRAP_SYSCALL_EXIT;
}

static void probe_lift(struct trap_probe *p)
{
	if (p->on && is_syscall(p))
		target_watch_syscalls(p->target, false);
	p->on = false;
	if (!p->point)
		return;
	target_unwatch(p->target, p);
	p->stats.on = point_on(p->point);
	point_free(p->point);
	p->point = NULL;
}

static void probe_free(struct trap_probe *p)
{
	probe_lift(p);
	list_remove(&p->node);
	free(p);
}

void trap_session_free(struct trap_session *s)
{
	if (!s)
		return;
	list_for_each_safe (node, &s->probes)
		probe_free(container_of(node, struct trap_probe, node));
	for (size_t i = 0; i < s->nprograms; i++)
		bpf_code_free(s->programs[i]);
	free(s->programs);
	free(s->defs);
	close(s->host.doorbell);
	host_close(&s->host);
	free(s);
}

static int room_for_program(struct trap_session *s)
{
	size_t cap = s->programs_cap ? s->programs_cap * 2 : 16;
	void *grown;

	if (s->nprograms < s->programs_cap)
		return 0;
	grown = realloc(s->programs, cap * sizeof(*s->programs));
	if (!grown)
		return ERR_NOMEM;
	s->programs = grown;
	s->programs_cap = cap;
	return 0;
}

int trap_program_add(struct trap_session *s, const struct bpf_prog *prog,
		     uint32_t ctx_size, struct err *err)
{
	struct bpf_verify_opts opts = {s->defs, s->ndefs, ctx_size};
	int rc;

	if (s->nprograms >= PROGRAMS_MAX)
		return err_set(err, ERR_LIMIT, "a session may have %d programs "
			       "at most", PROGRAMS_MAX);
	if (room_for_program(s))
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = bpf_verify(prog, &opts, err);
	if (!rc)
		rc = bpf_bind(prog, &s->host.bpf, &s->programs[s->nprograms],
			      err);
	if (!rc)
		s->nprograms++;
	return rc;
}

/* Whatever the target is now: it may become, or start, a program of the other
 * word size. */
static void probe_without_point(struct trap_probe *p, size_t *ret_planted)
{
	enum { PERIOD_MIN_NS = 50000 };

	if (is_syscall(p))
		target_watch_syscalls(p->target, true);
	if (p->period < PERIOD_MIN_NS)
		p->period = PERIOD_MIN_NS;
	p->next = clock_ns(CLOCK_MONOTONIC) + p->period;
	p->on = true;
	*ret_planted = 1;
}

/* The probe's program reads the registers of this word size. */
static bool is_about(const struct trap_probe *p, const struct task *task)
{
	return p->word_size == target_arch(task_target(task))->word_size;
}

int trap_probe_new(struct trap_session *s, struct target *t,
		   const struct trap_probe_spec *spec, struct trap_probe **ret,
		   size_t *ret_planted, struct err *err)
{
	struct trap_probe *p;
	int rc;

	if (spec->program >= s->nprograms)
		return err_set(err, ERR_PROTO, "no program %u", spec->program);
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, ERR_NOMEM, "out of memory");
	p->session = s;
	p->target = t;
	p->code = s->programs[spec->program];
	p->kind = spec->kind;
	p->vaddr = spec->vaddr;
	p->stats.id = spec->id;
	p->stats.on = 1000;
	/* what has no place is never missing */
	p->stats.met = p->kind != TRAP_ENTRY && p->kind != TRAP_RETURN;
	list_push(&s->probes, &p->node);
	p->nr = spec->nr;
	p->period = spec->period_ns;
	p->word_size = spec->word_size;
	if (p->kind != TRAP_ENTRY && p->kind != TRAP_RETURN) {
		probe_without_point(p, ret_planted);
		*ret = p;
		return 0;
	}
	rc = point_new(t, &spec->point, p, &p->point, ret_planted, err);
	if (rc && rc != ERR_NOENT) {
		p->point = NULL;
		probe_free(p);
		return rc;
	}
	*ret = p;
	return rc;
}

void trap_session_lift(struct trap_session *s, struct target *t)
{
	list_for_each_safe (node, &s->probes) {
		struct trap_probe *p =
			container_of(node, struct trap_probe, node);

		if (p->target == t)
			probe_lift(p);
	}
}

void trap_session_lift_all(struct trap_session *s, struct tracer *tr)
{
	list_for_each (node, &s->probes) {
		struct trap_probe *p =
			container_of(node, struct trap_probe, node);

		probe_lift(p);
		tracer_lift(tr, p);
	}
}

void trap_session_stats(const struct trap_session *s, trap_stats_fn *fn,
			void *ctx)
{
	list_for_each (node, &s->probes)
		fn(ctx, &container_of(node, struct trap_probe, node)->stats);
}

static void run(struct trap_probe *p, struct task *task, struct space *space,
		const struct regs *regs, bool at_return)
{
	struct host *h = &p->session->host;

	if (host_stopped(h))
		return;
	h->task = task;
	h->space = space;
	h->regs = regs;
	h->at_return = at_return;
	h->mod_bias = p->addr - p->vaddr;
	host_run(h, p->code, regs->raw, p->stats.id);
	h->task = NULL;
	p->stats.hits++;
}

void trap_found(void *point_cookie)
{
	struct trap_probe *p = point_cookie;

	p->stats.met = true;
}

int trap_hit(struct task *task, struct space *space, void *point_cookie,
	     const struct regs *regs, struct err *err)
{
	struct trap_probe *p = point_cookie;
	int rc;

	p->addr = target_arch(task_target(task))->pc(regs);
	if (p->kind == TRAP_ENTRY) {
		run(p, task, space, regs, false);
		return 0;
	}
	if (host_stopped(&p->session->host))
		return 0;
	rc = task_watch_return(task, regs, p, err);
	return rc && !p->stats.unwatched++ ? rc : 0;
}

void trap_returned(struct task *task, struct space *space, void *watch_cookie,
		   const struct regs *regs)
{
	run(watch_cookie, task, space, regs, true);
}

void trap_abandoned(void *watch_cookie)
{
	struct trap_probe *p = watch_cookie;

	p->stats.left++;
}

void trap_syscall(struct trap_session *s, struct task *task,
		  struct space *space, bool enter, int64_t nr,
		  const struct regs *regs)
{
	list_for_each_safe (node, &s->probes) {
		struct trap_probe *p =
			container_of(node, struct trap_probe, node);

		if (p->on && (p->nr == nr || p->nr < 0) &&
		    p->kind == (enter ? TRAP_SYSCALL_ENTER
				      : TRAP_SYSCALL_EXIT) &&
		    is_about(p, task))
			run(p, task, space, regs, false);
	}
}

void trap_sampled(struct trap_session *s, struct task *task,
		  struct space *space, const struct regs *regs)
{
	list_for_each_safe (node, &s->probes) {
		struct trap_probe *p =
			container_of(node, struct trap_probe, node);

		if (p->on && p->due && p->kind == TRAP_PROFILE &&
		    is_about(p, task))
			run(p, task, space, regs, false);
	}
}

/* Late samples are left out, not made up for. */
bool trap_sample_due(struct trap_session *s, uint64_t now, uint64_t *next)
{
	bool any = false;

	list_for_each (node, &s->probes) {
		struct trap_probe *p =
			container_of(node, struct trap_probe, node);

		if (!p->on || p->kind != TRAP_PROFILE)
			continue;
		p->due = now >= p->next;
		any |= p->due;
		if (p->due)
			p->next += (now - p->next) / p->period * p->period +
				   p->period;
		if (p->next < *next)
			*next = p->next;
	}
	return any;
}

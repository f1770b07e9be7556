/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The overhead budget: when the share of time in which the tracer holds its
 * targets up passes the limit, the hottest sites are lifted for a while, long
 * enough for the share to be kept, and planted again.
 *
 * Held up is while this thread works (its CPU time: everything else that it
 * does is waiting for a stop), and what a stop costs on the target's own side,
 * which nobody can measure from here: a constant.
 *
 * A site that rests counts as planted: only its bytes are the original ones.
 * A task may have met the breakpoint just before, and that trap is a hit like
 * any other, whether we serve it or, should we die, the fallback handler does.
 * So nothing needs to be stopped: one breakpoint is written in one go.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "clock.h"
#include "log.h"

#include <string.h>
#include <time.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
	WINDOW_NS = 20000000,
	CHECK_EVERY = 16, /* hits */
	/* A trap, a switch to us and back: on one CPU, and where the target is
	 * not followed to its CPU. */
	STOP_NS = 4000,
	STOP_AWAY_NS = 40000,
	COLDER = 8, /* sites with so many times fewer hits stay */
};

static void window_new(struct tracer *tr, uint64_t now)
{
	struct budget *b = &tr->budget;

	b->epoch++;
	b->start_ns = now;
	b->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	b->hits = 0;
}

static void set_timer(struct tracer *tr, uint64_t at)
{
	struct itimerspec when = {.it_value = {(time_t)(at / 1000000000u),
					       (long)(at % 1000000000u)}};

	tr->budget.end_ns = at;
	timer_settime(tr->budget.timer, TIMER_ABSTIME, &when, NULL);
}

int tracer_set_budget(struct tracer *tr, unsigned percent)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID,
			      .sigev_signo = tr->signo,
			      .sigev_value.sival_ptr = tr};
	struct budget *b = &tr->budget;

	if (percent && !b->has_timer) {
		ev.sigev_notify_thread_id = tr->tid;
		if (timer_create(CLOCK_MONOTONIC, &ev, &b->timer))
			return ERR_LIMIT;
		b->has_timer = true;
	}
	b->percent = percent;
	if (percent)
		window_new(tr, clock_ns(CLOCK_MONOTONIC));
	else
		budget_wake(tr);
	return 0;
}

void budget_free(struct tracer *tr)
{
	if (tr->budget.has_timer)
		timer_delete(tr->budget.timer);
	tr->budget.has_timer = false;
}

/* ---- rest --------------------------------------------------------------- */

static bool bytes_are(struct site *site, const uint8_t *bytes)
{
	struct target *t = site->target;
	uint8_t now[ARCH_BP_MAX];

	return !memory_raw_read(t, site->addr, now, t->arch->bp_len) &&
	       memcmp(now, bytes, t->arch->bp_len) == 0;
}

/* A return that is watched must not be missed. */
static bool awaits_return(const struct site *site)
{
	if (!site->watches_returns)
		return false;
	list_for_each (node, &site->target->tasks) {
		struct task *task = container_of(node, struct task, node);

		list_for_each (w, &task->watches)
			if (container_of(w, struct watch, node)->ret ==
			    site->addr)
				return true;
	}
	return false;
}

static void rest(struct site *site, uint64_t now)
{
	struct target *t = site->target;

	if (!bytes_are(site, t->arch->bp) ||
	    memory_text_write(t, site->addr, site->orig, t->arch->bp_len))
		return;
	site->resting = true;
	site->rest_start = now;
	site->busy_start = t->tracer->budget.start_ns;
}

void budget_wake_site(struct site *site)
{
	struct target *t = site->target;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!site->resting)
		return;
	site->resting = false;
	site->busy_ns += now - site->busy_start;
	site->rested_ns += now - site->rest_start;
	if (bytes_are(site, site->orig))
		memory_text_write(t, site->addr, t->arch->bp, t->arch->bp_len);
}

typedef void site_each_fn(struct tracer *tr, struct site *site, void *ctx);

static void each_site(struct tracer *tr, site_each_fn *fn, void *ctx)
{
	list_for_each (node, &tr->targets) {
		struct target *t = container_of(node, struct target, node);

		htab_for_each (s, &t->sites)
			fn(tr, s->value, ctx);
	}
}

static bool is_hot(struct tracer *tr, const struct site *site)
{
	return site->planted && !site->resting && !site->watches_libs &&
	       site->epoch == tr->budget.epoch;
}

static void find_hottest(struct tracer *tr, struct site *site, void *ctx)
{
	unsigned *most = ctx;

	if (is_hot(tr, site) && site->epoch_hits > *most)
		*most = site->epoch_hits;
}

static void rest_if_hot(struct tracer *tr, struct site *site, void *ctx)
{
	unsigned most = *(unsigned *)ctx;

	if (is_hot(tr, site) && site->epoch_hits >= most / COLDER &&
	    !awaits_return(site))
		rest(site, clock_ns(CLOCK_MONOTONIC));
}

static void wake_one(struct tracer *tr, struct site *site, void *ctx)
{
	(void)tr;
	(void)ctx;
	budget_wake_site(site);
}

void budget_wake(struct tracer *tr)
{
	struct budget *b = &tr->budget;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	b->due = 0;
	if (b->percent && now < b->end_ns) {
		set_timer(tr, b->end_ns);
		return;
	}
	each_site(tr, wake_one, NULL);
	window_new(tr, now);
}

/* ---- account ------------------------------------------------------------ */

static void check(struct tracer *tr)
{
	struct budget *b = &tr->budget;
	uint64_t now = clock_ns(CLOCK_MONOTONIC), elapsed = now - b->start_ns;
	uint64_t busy =
		clock_ns(CLOCK_THREAD_CPUTIME_ID) - b->cpu_ns +
		(uint64_t)b->hits * (tr->cpu_follow ? STOP_NS : STOP_AWAY_NS);
	uint64_t window = elapsed > WINDOW_NS ? elapsed : WINDOW_NS;
	unsigned most = 0;

	if (busy * 100 > b->percent * window) {
		each_site(tr, find_hottest, &most);
		each_site(tr, rest_if_hot, &most);
		set_timer(tr, b->start_ns + busy * 100 / b->percent);
	} else if (elapsed > WINDOW_NS && now >= b->end_ns) {
		window_new(tr, now);
	}
}

void budget_hit(struct tracer *tr, struct site *site)
{
	struct budget *b = &tr->budget;

	if (!b->percent)
		return;
	if (site->epoch != b->epoch) {
		site->epoch = b->epoch;
		site->epoch_hits = 0;
	}
	site->epoch_hits++;
	if (++b->hits % CHECK_EVERY == 0)
		check(tr);
}

/* Of the windows in which it rested, those alone: a burst of hits in a quiet
 * hour is missed all the same. */
unsigned point_on(const struct point *p)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), busy = 0, rested = 0;

	list_for_each (node, &p->links) {
		const struct site *site =
			container_of(node, struct link, at_point)->site;

		busy += site->busy_ns;
		rested += site->rested_ns;
		if (!site->resting)
			continue;
		busy += now - site->busy_start;
		rested += now - site->rest_start;
	}
	return busy ? 1000 - (unsigned)(rested * 1000 / busy) : 1000;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hits, and the strategies of getting past a breakpoint.
 *
 * No handler of the program, and no debugger or core file after us, ever sees
 * a pc in a slot: before any signal is delivered there, the task is put back
 * into the original text. Had its instruction not been executed yet, it will
 * meet the breakpoint again when the handler returns, in the very same state:
 * that hit has been counted, and isn't again.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- counted hits -------------------------------------------------------- */

static void drop_counted(struct target *t, size_t i)
{
	memmove(&t->counted[i], &t->counted[i + 1],
		(--t->ncounted - i) * sizeof(*t->counted));
}

static void note_counted(struct task *task, uint64_t addr)
{
	struct target *t = task->target;

	if (!t->counted)
		t->counted = calloc(COUNTED_MAX, sizeof(*t->counted));
	if (!t->counted)
		return;
	if (t->ncounted == COUNTED_MAX)
		drop_counted(t, 0);
	t->counted[t->ncounted++] =
		(struct counted){addr, task->regs};
}

static bool take_counted(struct task *task, uint64_t addr)
{
	struct target *t = task->target;

	for (size_t i = t->ncounted; i-- > 0;) {
		const struct counted *c = &t->counted[i];

		if (c->addr != addr ||
		    !arch_same_place(t->arch, &c->regs, &task->regs))
			continue;
		drop_counted(t, i);
		return true;
	}
	return false;
}

/* ---- leaving slots ------------------------------------------------------- */

/* Did the instruction itself raise it? Then it has begun; should it be tried
 * again, that is another hit. */
static bool is_fault(const siginfo_t *si)
{
	return si->si_code > 0 &&
	       (si->si_signo == SIGILL || si->si_signo == SIGFPE ||
		si->si_signo == SIGTRAP || si->si_signo == SIGSEGV ||
		si->si_signo == SIGBUS);
}

static void mend_siginfo(struct task *task, siginfo_t *si, uint64_t slot,
			 uint64_t addr)
{
	uint64_t at = (uint64_t)(uintptr_t)si->si_addr;

	if (!is_fault(si) || si->si_code == SI_KERNEL)
		return;
	if (at < slot || at >= slot + FALLBACK_SLOT)
		return;
	si->si_addr = (void *)(uintptr_t)addr;
	task_ask(task, PTRACE_SETSIGINFO, NULL, si);
}

void step_leave_slot(struct task *task, siginfo_t *si)
{
	struct target *t = task->target;
	struct site *site = scratch_site_at(t, task_pc(task));
	bool begun = si && is_fault(si);

	if (!site) {
		if (task->stepping && !begun &&
		    task_pc(task) == task->stepping->addr)
			note_counted(task, task->stepping->addr);
		task->stepping = NULL;
		task->in_place = false;
		return;
	}
	task->stepping = NULL;
	if (t->arch->slot_leave(&site->plan, &site->code, site->slot,
				&task->regs, &t->mem)) {
		log_warn("task %d cannot be taken out of its slot",
			 (int)task->tid);
		return;
	}
	task->regs_dirty = true;
	if (task_pc(task) == site->addr && !begun)
		note_counted(task, site->addr);
	if (si)
		mend_siginfo(task, si, site->slot, site->addr);
}

/* ---- stepping ------------------------------------------------------------ */

static void step_in_slot(struct task *task, struct site *site)
{
	struct target *t = task->target;

	if (t->arch->before_step(&site->plan, site->slot, &task->regs,
				 &t->mem)) {
		/* the processor knows better what is wrong */
		task_set_pc(task, site->slot);
		task_cont(task, 0);
		return;
	}
	task->regs_dirty = true;
	task->stepping = site;
	task_cont(task, 0);
}

/* A step's trap: TRAP_TRACE, or the int3 kind where a system call was stepped
 * over. False: it's another SIGTRAP. */
bool step_trap(struct task *task)
{
	struct target *t = task->target;
	struct site *site = task->stepping;
	enum step_result result = STEP_DONE;
	siginfo_t si;

	if (task_signal(task, &si))
		return false;
	if (si.si_code != TRAP_TRACE && si.si_code != TRAP_BRKPT)
		return false;
	if (t->arch->after_step(&site->plan,
				task->in_place ? site->addr : site->slot,
				&task->regs, &t->mem, &result)) {
		step_leave_slot(task, NULL);
		result = STEP_DONE;
	}
	task->regs_dirty = true;
	if (result == STEP_DONE) {
		task->stepping = NULL;
		task->in_place = false;
	}
	task_cont(task, 0);
	return true;
}

/* In place, the other tasks stand still. A system call may take its time: once
 * the task is in it, the breakpoint can be put back. */
static void wait_in_place(struct task *task)
{
	const struct target *t = task->target;
	struct timespec nap = {0, 20000};

	for (unsigned i = 0; !task_poll(task) && !t->broken.request; i++) {
		char state;

		if (i < 20) {
			sched_yield();
			continue;
		}
		nanosleep(&nap, NULL);
		state = i % 16 ? 'R' : task_state(task);
		if (state == 'S' || state == 'D')
			return;
	}
}

/* One instruction, with the breakpoint taken away meanwhile. */
static void run_in_place(struct task *task, struct site *site)
{
	struct target *t = task->target;
	enum step_result result;

	task_set_pc(task, site->addr);
	memory_text_write(t, site->addr, site->orig, t->arch->bp_len);
	do {
		result = STEP_DONE;
		task_go(task, PTRACE_SINGLESTEP, 0);
		wait_in_place(task);
		if (task->stop == STOP_TRAP) /* asked for by somebody before */
			result = STEP_NOT_YET;
		if (task->stop != STOP_SIGNAL || task->sig != SIGTRAP ||
		    task_regs(task))
			continue;
		t->arch->after_step(&site->plan, site->addr, &task->regs,
				    &t->mem, &result);
		task->regs_dirty = true;
	} while (result == STEP_NOT_YET && !t->broken.request);
	if (!site->resting)
		memory_text_write(t, site->addr, t->arch->bp,
				  t->arch->bp_len);
}

static bool has_faulted(struct task *task)
{
	siginfo_t si;

	return task->stop == STOP_SIGNAL && !task_signal(task, &si) &&
	       is_fault(&si);
}

static void step_in_place(struct task *task, struct site *site)
{
	struct err err;

	/* Not now: another task is about to become another program. It is met
	 * again. */
	if (target_stop(task->target, &err)) {
		note_counted(task, site->addr);
		task_cont(task, 0);
		return;
	}
	run_in_place(task, site);
	target_resume(task->target);
	if (task->target->broken.request) { /* the step's trap is there still */
		task->in_place = true;
		return;
	}
	if (task->stop == STOP_SIGNAL && task->sig == SIGTRAP) {
		task_cont(task, 0);
		return;
	}
	/* A signal came first; or it is still inside a system call. */
	if (task->stop == STOP_NONE ||
	    (!task_regs(task) && task_pc(task) != site->addr)) {
		task->stepping = site;
		task->in_place = true;
	} else if (!has_faulted(task)) {
		note_counted(task, site->addr);
	}
	if (task->stop != STOP_NONE)
		stop_serve(task);
}

static void go_through_slot(struct task *task, struct site *site)
{
	task_set_pc(task, site->slot);
	task_cont(task, 0);
}

void step_over(struct task *task, struct site *site)
{
	struct target *t = task->target;

	if (!site->planted) {
		task_cont(task, 0);
		return;
	}
	switch (site->strategy) {
	case STRATEGY_EMULATE:
		if (t->arch->emulate(&site->plan, &task->regs, &t->mem)) {
			(site->code.guarded ? step_in_slot
					    : go_through_slot)(task, site);
			break;
		}
		task->regs_dirty = true;
		task_cont(task, 0);
		break;
	case STRATEGY_BOOST:
		go_through_slot(task, site);
		break;
	case STRATEGY_XOL:
		step_in_slot(task, site);
		break;
	case STRATEGY_INPLACE:
		step_in_place(task, site);
		break;
	}
}

/* ---- hits ---------------------------------------------------------------- */

static struct link *link_after(struct site *site, uint64_t serial,
			       uint64_t last)
{
	list_for_each (node, &site->links) {
		struct link *l = container_of(node, struct link, at_site);

		if (l->serial > last)
			return NULL;
		if (l->serial > serial)
			return l;
	}
	return NULL;
}

/* Callbacks may plant and lift; the next point is looked for afresh. */
static void fire(struct task *task, struct site *site)
{
	struct tracer *tr = task->tracer;
	uint64_t serial = 0, last = tr->serial;
	struct link *l;

	site->hits++;
	if (site->watches_returns)
		return_hit(task, site);
	while ((l = link_after(site, serial, last))) {
		serial = l->serial;
		l->hits++;
		if (tr->events.hit)
			tr->events.hit(tr->ctx, task, l->point->cookie,
				       &task->regs);
	}
	if (site->watches_libs)
		libs_changed(site->target);
	if (site->watches_signals)
		sigcalls_hit(task, site);
}

void step_hit(struct task *task, struct site *site, bool count)
{
	task_set_pc(task, site->addr);
	task->hits++;
	task->tracer->serial++;
	budget_hit(task->tracer, site);
	guard_check(task);
	if (!site->hits && rseq_refuses(task, site)) {
		task_cont(task, 0);
		return;
	}
	if (count && !take_counted(task, site->addr))
		fire(task, site);
	if (task->stop == STOP_GONE)
		return;
	cpu_follow(task);
	if (task_pc(task) != site->addr) { /* a callback wanted so */
		task_cont(task, guard_release(task));
		return;
	}
	step_over(task, site);
}

void task_set_regs(struct task *task, const struct regs *regs)
{
	task->regs = *regs;
	task->regs_dirty = true;
}

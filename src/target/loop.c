/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The event loop: waits for a stop of any task, hands it to stop.c. A stop is
 * looked at with WNOWAIT and taken from waitid only by letting the task go on;
 * only deaths are reaped. waitid(P_ALL) reports the first stopped task of the
 * kernel's list every time, so that after each one all others that were seen
 * stopping lately, and one of those that were not, are asked for by name: a hot
 * task cannot starve the rest, and a thousand idle ones cost one call per stop.
 *
 * An interruption jumps out of waitid: under WNOWAIT nothing can be lost.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wake(struct tracer *tr)
{
	if (tr->waiting) {
		tr->waiting = 0;
		siglongjmp(tr->jump, 1);
	}
}

/* The budget's timer, in the tracer's thread. */
static void on_timer(struct tracer *tr)
{
	tr->budget.due = 1;
	wake(tr);
}

/* What another thread interrupts with: arrives in the tracer's thread. That
 * thread has set `interrupted`, which may have been obeyed by now: set again
 * here, it would end the next run, too. */
static void on_signal(int signo, siginfo_t *si, void *uc)
{
	(void)signo;
	(void)uc;
	if (si->si_code == SI_QUEUE && si->si_pid == getpid() &&
	    si->si_value.sival_ptr)
		wake(si->si_value.sival_ptr);
	if (si->si_code == SI_TIMER)
		on_timer(si->si_value.sival_ptr);
}

void tracer_interrupt(struct tracer *tr)
{
	siginfo_t si = {0};

	tr->interrupted = 1;
	if (syscall(SYS_gettid) == tr->tid) {
		wake(tr);
		return;
	}
	si.si_signo = tr->signo;
	si.si_code = SI_QUEUE;
	si.si_pid = tr->pid;
	si.si_value.sival_ptr = tr;
	syscall(SYS_rt_tgsigqueueinfo, tr->pid, tr->tid, tr->signo, &si);
}

/* A real-time signal that nobody handles. It stays ours: the tracer of another
 * thread may have it too. */
static int claim_signal(struct tracer *tr)
{
	struct sigaction sa = {.sa_sigaction = on_signal,
			       .sa_flags = SA_SIGINFO};
	struct sigaction old;
	sigset_t set;

	for (int s = SIGRTMAX - 1; s > SIGRTMIN; s--) {
		if (sigaction(s, NULL, &old))
			continue;
		if (old.sa_flags & SA_SIGINFO ? old.sa_sigaction != on_signal
					      : old.sa_handler != SIG_DFL)
			continue;
		if (sigaction(s, &sa, NULL))
			return ERR_IO;
		tr->signo = s;
		sigemptyset(&set);
		sigaddset(&set, s);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
		return 0;
	}
	return ERR_LIMIT;
}

int tracer_new(const struct tracer_events *events, void *ctx,
	       struct tracer **ret, struct err *err)
{
	struct tracer *tr = calloc(1, sizeof(*tr));

	if (!tr)
		return err_set(err, ERR_NOMEM, "out of memory");
	tr->events = *events;
	tr->ctx = ctx;
	tr->pid = getpid();
	tr->tid = (pid_t)syscall(SYS_gettid);
	list_init(&tr->targets);
	list_init(&tr->turns);
	list_init(&tr->idle_turns);
	list_init(&tr->newborn);
	htab_init(&tr->tasks);
	if (claim_signal(tr)) {
		free(tr);
		return err_set(err, ERR_LIMIT,
			       "no signal is left to wake the "
			       "tracer with");
	}
	*ret = tr;
	return 0;
}

void tracer_free(struct tracer *tr)
{
	if (!tr)
		return;
	while (!list_empty(&tr->targets))
		target_detach(
			container_of(tr->targets.next, struct target, node));
	life_orphans(tr);
	budget_free(tr);
	htab_release(&tr->tasks);
	free(tr);
}

/* ---- waiting ------------------------------------------------------------ */

static int wait_any(struct tracer *tr, siginfo_t *si, int nohang)
{
	int rc;

	if (sigsetjmp(tr->jump, 0)) {
		/* out of a signal handler: its mask is still in force */
		pthread_sigmask(SIG_SETMASK, &tr->mask, NULL);
		return ERR_INTR;
	}
	tr->waiting = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (tr->interrupted || tr->budget.due) {
		tr->waiting = 0;
		return ERR_INTR;
	}
	si->si_pid = 0;
	rc = waitid(P_ALL, 0, si,
		    WSTOPPED | WEXITED | WNOWAIT | __WALL | __WNOTHREAD |
			    nohang);
	tr->waiting = 0;
	if (rc)
		return errno == EINTR ? ERR_AGAIN : ERR_GONE;
	return 0;
}

static void turn_to(struct list *to, struct task *task)
{
	list_remove(&task->turn);
	list_push(to, &task->turn);
}

/* A child of this process that is none of our tasks is in front, or a task
 * that is being held: nothing behind it would ever be reported. Asks all tasks
 * by name. */
static void ask_all(struct tracer *tr)
{
	size_t n = tr->tasks.used;
	bool served = false;

	list_splice(&tr->idle_turns, &tr->turns);
	while (n-- > 0 && !list_empty(&tr->idle_turns) && !tr->interrupted) {
		struct task *task =
			container_of(tr->idle_turns.next, struct task, turn);
		siginfo_t si = {0};

		turn_to(&tr->idle_turns, task);
		if (task->stop != STOP_NONE ||
		    waitid(P_PID, (id_t)task->tid, &si,
			   WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL) ||
		    !si.si_pid)
			continue;
		served = true;
		task_look(task, &si);
		if (task->stop == STOP_GONE)
			stop_exited(task, &si);
		else
			stop_serve(task);
	}
	tr->idle = !served;
}

static void serve(struct tracer *tr, const siginfo_t *si)
{
	struct task *task = task_find(tr, si->si_pid);

	if (!task) {
		life_newborn(tr, si);
		if (tr->crowded)
			ask_all(tr);
		tr->crowded = false;
		return;
	}
	if (si->si_code != CLD_TRAPPED) {
		stop_exited(task, si);
		return;
	}
	if (task->target && task->target->held && task->stop != STOP_NONE) {
		ask_all(tr);
		return;
	}
	task->round = tr->round;
	turn_to(&tr->turns, task);
	task_look(task, si);
	if (task->target && task->target->held) {
		/* Stays where it is; the resume will bring it up again. */
		if (task->stop == STOP_TRAP || task->stop == STOP_GROUP)
			task_consume(task);
		return;
	}
	stop_serve(task);
}

/* Asks the first in line by name. */
static bool serve_first(struct tracer *tr, struct list *line)
{
	struct task *task = container_of(line->next, struct task, turn);
	siginfo_t si = {0};

	turn_to(&tr->idle_turns, task);
	if (task->stop != STOP_NONE ||
	    waitid(P_PID, (id_t)task->tid, &si,
		   WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL) ||
	    !si.si_pid)
		return false;
	serve(tr, &si);
	return true;
}

/* One round: every task that was seen hitting lately, once, if it has hit
 * again; and one of the others. */
static void serve_turns(struct tracer *tr)
{
	size_t n = tr->tasks.used;

	if (n < 2)
		return;
	while (n-- && !list_empty(&tr->turns) && !tr->interrupted) {
		struct task *task =
			container_of(tr->turns.next, struct task, turn);

		if (task->round == tr->round)
			break;
		serve_first(tr, &tr->turns);
	}
	if (!list_empty(&tr->idle_turns))
		serve_first(tr, &tr->idle_turns);
}

static struct target *next_broken(struct tracer *tr)
{
	list_for_each (node, &tr->targets) {
		struct target *t = container_of(node, struct target, node);

		if (t->broken.request)
			return t;
	}
	return NULL;
}

static void detach_asked(struct tracer *tr)
{
	struct target *broken;

	while ((broken = next_broken(tr)))
		target_break_off(broken, true);
	list_for_each_safe (node, &tr->targets) {
		struct target *t = container_of(node, struct target, node);

		if (t->detach_later && !t->going)
			target_detach(t);
	}
	tr->detach_asked = false;
}

/* Tasks that were deep in the kernel when their target was let go are still
 * ours until they stop, and would then stand still. */
static bool all_have_left(const struct tracer *tr)
{
	list_for_each (node, &tr->newborn)
		if (container_of(node, struct task, node)->detach_on_stop)
			return false;
	return list_empty(&tr->targets);
}

/* One stop; 0 when there was none, 1, or a negative code. */
static int run_once(struct tracer *tr, int nohang)
{
	siginfo_t si;
	int rc;

	if (tr->detach_asked)
		detach_asked(tr);
	if (all_have_left(tr))
		return ERR_GONE;
	if (tr->budget.due)
		budget_wake(tr);
	rc = wait_any(tr, &si, nohang);
	if (tr->interrupted) {
		tr->interrupted = 0;
		return ERR_INTR;
	}
	if (rc)
		return rc == ERR_GONE ? rc : 1;
	if (!si.si_pid)
		return 0;
	tr->idle = false;
	tr->round++;
	serve(tr, &si);
	serve_turns(tr);
	return tr->idle ? 0 : 1;
}

int tracer_run(struct tracer *tr)
{
	struct timespec nap = {0, 500000};
	int rc;

	pthread_sigmask(SIG_SETMASK, NULL, &tr->mask);
	while ((rc = run_once(tr, 0)) >= 0)
		if (rc == 0)
			nanosleep(&nap, NULL);
	return rc;
}

int tracer_poll(struct tracer *tr)
{
	int rc;

	pthread_sigmask(SIG_SETMASK, NULL, &tr->mask);
	while ((rc = run_once(tr, WNOHANG)) > 0)
		;
	return rc;
}

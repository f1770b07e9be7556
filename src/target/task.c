/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tasks: their bookkeeping, and the requests that a stopped one is sent.
 * Registers are read when they are first asked for and written back, all in
 * one call, when the task goes on.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct task *task_new(struct tracer *tr, struct target *t, pid_t tid)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->tracer = tr;
	task->tid = tid;
	task->rseq = 1;
	task->waiting = -1;
	list_init(&task->node);
	list_init(&task->turn);
	list_init(&task->watches);
	if (htab_put(&tr->tasks, (uint64_t)tid, task)) {
		free(task);
		return NULL;
	}
	list_push(&tr->turns, &task->turn);
	if (t)
		task_join(task, t);
	else
		list_push(&tr->newborn, &task->node);
	return task;
}

void task_join(struct task *task, struct target *t)
{
	if (task->target)
		task->target->ntasks--;
	list_remove(&task->node);
	list_push(&t->tasks, &task->node);
	task->target = t;
	t->ntasks++;
}

void task_leave_later(struct task *task)
{
	task->detach_on_stop = true;
	list_remove(&task->node);
	list_push(&task->tracer->newborn, &task->node);
	task->target->ntasks--;
	task->target = NULL;
}

void task_free(struct task *task)
{
	struct tracer *tr = task->tracer;

	return_abandon_all(task);
	guard_forget(task);
	if (tr->current == task) {
		tr->current = NULL;
		tr->no_task = true;
	}
	if (task->target)
		task->target->ntasks--;
	list_remove(&task->node);
	list_remove(&task->turn);
	htab_remove(&tr->tasks, (uint64_t)task->tid);
	free(task);
}

struct task *task_find(struct tracer *tr, pid_t tid)
{
	return htab_get(&tr->tasks, (uint64_t)tid);
}

pid_t task_tid(const struct task *task)
{
	return task->tid;
}

struct target *task_target(const struct task *task)
{
	return task->target;
}

/* ---- stops -------------------------------------------------------------- */

static enum stop_kind kind_of(int sig, int event)
{
	if (!event)
		return STOP_SIGNAL;
	if (event != PTRACE_EVENT_STOP)
		return STOP_EVENT;
	return sig == SIGTRAP ? STOP_TRAP : STOP_GROUP;
}

bool task_is_broken(const struct task *task)
{
	return task->target && task->target->broken.request;
}

/* Takes note of what waitid said. */
void task_look(struct task *task, const siginfo_t *si)
{
	task->regs_valid = task->regs_dirty = false;
	task->consumed = false;
	if (si->si_code != CLD_TRAPPED) {
		task->stop = STOP_GONE;
		return;
	}
	if (task_is_broken(task)) /* as it was: see task_go() */
		return;
	task->sig = si->si_status & 0x7f;
	task->event = si->si_status >> 8;
	if (!task->event && si->si_status & 0x80)
		task->event = EVENT_SYSCALL;
	task->stop = kind_of(task->sig, task->event);
	task->interrupting = false; /* any stop fulfils it, for the kernel */
}

/* The state letter of /proc/PID/stat; '?' when it can't be read. */
char task_state(const struct task *task)
{
	char path[64], buf[256], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)task->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '?';
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return '?';
	buf[n] = '\0';
	p = strrchr(buf, ')');
	return p && p[1] && p[2] ? p[2] : '?';
}

/* Has it stopped, or gone? */
bool task_poll(struct task *task)
{
	siginfo_t si = {0};
	int rc;

	do
		rc = waitid(P_PID, (id_t)task->tid, &si,
			    WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL);
	while (rc && errno == EINTR);
	if (rc) { /* an exec took its id away */
		task->stop = STOP_GONE;
		return true;
	}
	if (!si.si_pid)
		return false;
	task_look(task, &si);
	return true;
}

/* A task in an uninterruptible wait (of vfork, of a slow disk) stops before it
 * runs the program again: that's as good as stopped, but has no registers. Most
 * such waits, for a page, are soon over. */
void task_wait(struct task *task)
{
	enum { PATIENCE = 32 };
	struct timespec nap = {0, 20000};
	int waits = 0;
	char state;

	for (unsigned i = 0; task->stop == STOP_NONE; i++) {
		if (task_poll(task) || task_is_broken(task))
			return;
		if (i < 20) {
			sched_yield();
			continue;
		}
		nanosleep(&nap, NULL);
		if (i % 64)
			continue;
		state = task_state(task);
		if (state == 'Z' || (state == 'D' && (task->in_vfork ||
						      ++waits == PATIENCE)))
			return;
	}
}

/* So that waitid does not report it again. Only for stops that carry no signal
 * of the target's. */
void task_consume(struct task *task)
{
	siginfo_t si;

	if (task->consumed)
		return;
	waitid(P_PID, (id_t)task->tid, &si, WSTOPPED | WNOHANG | __WALL);
	task->consumed = true;
}

/* ---- registers and signals ----------------------------------------------- */

int task_regs(struct task *task)
{
	struct iovec iov = {task->regs.raw, sizeof(task->regs.raw)};

	if (task->regs_valid)
		return 0;
	if (task_ask(task, PTRACE_GETREGSET, (void *)NT_PRSTATUS, &iov))
		return ERR_GONE;
	task->regs.size = (uint32_t)iov.iov_len;
	task->regs_valid = true;
	return 0;
}

int task_flush(struct task *task)
{
	struct iovec iov = {task->regs.raw, task->regs.size};

	if (!task->regs_dirty)
		return 0;
	task->regs_dirty = false;
	if (task_ask(task, PTRACE_SETREGSET, (void *)NT_PRSTATUS, &iov))
		return ERR_GONE;
	return 0;
}

ssize_t task_regset(struct task *task, unsigned nt_type, void *buf, size_t len)
{
	struct iovec iov = {buf, len};

	if (ptrace(PTRACE_GETREGSET, task->tid, nt_type, &iov))
		return errno == ESRCH ? ERR_GONE : ERR_UNSUPP;
	return (ssize_t)iov.iov_len;
}

uint64_t task_pc(struct task *task)
{
	return task->target->arch->pc(&task->regs);
}

void task_set_pc(struct task *task, uint64_t pc)
{
	task->target->arch->set_pc(&task->regs, pc);
	task->regs_dirty = true;
}

int task_signal(struct task *task, siginfo_t *ret)
{
	return task_ask(task, PTRACE_GETSIGINFO, NULL, ret) ? ERR_GONE : 0;
}

/* The kernel's sigset_t is longs, the first of which has the low bits. */
enum { MASK_LONGS = 8 / sizeof(long) };

int task_get_mask(struct task *task, uint64_t *ret)
{
	unsigned long set[MASK_LONGS] = {0};

	if (task_ask(task, PTRACE_GETSIGMASK, (void *)sizeof(set), set))
		return ERR_GONE;
	*ret = set[0] | (uint64_t)set[MASK_LONGS - 1] << (MASK_LONGS - 1) * 32;
	return 0;
}

int task_set_mask(struct task *task, uint64_t mask)
{
	unsigned long set[MASK_LONGS];

	set[0] = (unsigned long)mask;
	set[MASK_LONGS - 1] = (unsigned long)(mask >> (MASK_LONGS - 1) * 32);
	return task_ask(task, PTRACE_SETSIGMASK, (void *)sizeof(set), set)
		       ? ERR_GONE
		       : 0;
}

static bool queue_has(struct task *task, unsigned flags, int sig, uint64_t mask,
		      bool *any)
{
	enum { BATCH = 16, LOOK_MAX = 1024 };
	struct __ptrace_peeksiginfo_args args = {0, flags, BATCH};
	siginfo_t si[BATCH];
	bool found = false;
	long n;

	while (args.off < LOOK_MAX &&
	       (n = task_ask(task, PTRACE_PEEKSIGINFO, &args, si)) > 0) {
		for (long i = 0; i < n; i++) {
			found |= si[i].si_signo == sig;
			*any |= !(mask >> (si[i].si_signo - 1) & 1);
		}
		args.off += (uint64_t)n;
	}
	return found;
}

/* Is `sig` in the task's own queue? *ret_any: would any signal, its own or the
 * process's, be delivered if it went on? */
bool task_has_pending(struct task *task, int sig, bool *ret_any)
{
	uint64_t mask = 0;
	bool found, any = false;

	if (task_get_mask(task, &mask))
		mask = 0;
	found = queue_has(task, 0, sig, mask, &any);
	if (ret_any) {
		queue_has(task, PTRACE_PEEKSIGINFO_SHARED, 0, mask, &any);
		*ret_any = any;
	}
	return found;
}

/* A call that gave up with EINTR because of our stop alone is made again. What
 * the kernel restarts by itself (ERESTART*) is left to it: it knows whether a
 * handler ran in between. */
void task_mend_restart(struct task *task)
{
	const struct arch *arch;
	struct regs mended;
	bool any;

	if (!task->target || !task->target->arch || task_regs(task))
		return;
	arch = task->target->arch;
	if (arch->waiting_call)
		task->waiting = arch->waiting_call(&task->regs, task->waiting);
	mended = task->regs;
	if (arch->syscall_restart(&mended, false))
		return;
	mended = task->regs;
	if (!arch->syscall_restart(&mended, true))
		return;
	task_has_pending(task, 0, &any);
	if (any)
		return;
	task->regs = mended;
	task->regs_dirty = true;
}

void task_interrupt(struct task *task)
{
	if (!task->interrupting)
		task->interrupting =
			!task_ask(task, PTRACE_INTERRUPT, NULL, NULL);
}

/* ---- going on ----------------------------------------------------------- */

/* The order matters when we are killed in between: memory has been written by
 * now, all registers go in one call, and the note of where the task goes on
 * tells the fallback handler that its trap has been served. */
int task_go(struct task *task, int request, int sig)
{
	struct target *t = task->target;
	enum stop_kind stop = task->stop;
	bool noted = t && task->regs_dirty && t->guarded &&
		     task->stop == STOP_SIGNAL && task->sig == SIGTRAP;
	int rc;

	if (task->stop == STOP_GONE)
		return ERR_GONE;
	if (noted)
		scratch_resuming(t, task_pc(task), t->arch->sp(&task->regs));
	rc = task_flush(task);
	if (!task_is_broken(task)) {
		task->regs_valid = false;
		task->stop = STOP_NONE;
		if (task_ask(task, request, NULL, (void *)(long)sig))
			rc = ERR_GONE;
		if (task_is_broken(task)) { /* served, and still there */
			task->stop = stop;
			task->sig = sig;
		}
	}
	if (noted)
		scratch_resuming(t, 0, 0);
	return rc;
}

/* In a target that is held it stops again before it runs the program. */
int task_cont(struct task *task, int sig)
{
	if (task->target && task->target->held)
		task_interrupt(task);
	return task_go(task,
		       task->stepping ? PTRACE_SINGLESTEP
		       : task->newborn || task->tracer->syscalls
			       ? PTRACE_SYSCALL
			       : PTRACE_CONT,
		       sig);
}

int task_run(struct task *task, int sig)
{
	return task_go(task, PTRACE_CONT, sig);
}

/* Lets a task go on from a stop that brings no signal to deliver. */
void task_go_on(struct task *task)
{
	switch (task->stop) {
	case STOP_TRAP:
		calls_interrupted(task);
		task_mend_restart(task);
		task_cont(task, 0);
		break;
	case STOP_GROUP:
		task_go(task, PTRACE_LISTEN, 0);
		break;
	case STOP_EVENT:
		task_cont(task, 0);
		break;
	default:
		break;
	}
}

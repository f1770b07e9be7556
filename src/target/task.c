/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One thread of a target: registers, masks, letting it go on.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct task *task_new(struct target *t, pid_t tid)
{
	struct tracer *tr = t->tracer;
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	if (htab_put(&tr->tasks, (uint64_t)tid, task)) {
		free(task);
		return NULL;
	}
	task->tid = tid;
	task->target = t;
	list_init(&task->watches);
	list_push(&t->tasks, &task->node);
	list_push(&tr->ring, &task->ring);
	t->ntasks++;
	tr->ntasks++;
	return task;
}

void task_free(struct task *task)
{
	struct tracer *tr = task->target->tracer;

	watches_drop(task);
	htab_remove(&tr->tasks, (uint64_t)task->tid);
	list_remove(&task->node);
	list_remove(&task->ring);
	task->target->ntasks--;
	tr->ntasks--;
	free(task);
}

int task_request(struct task *task, int request, void *addr, void *data)
{
	if (ptrace((enum __ptrace_request)request, task->tid, addr, data) < 0)
		return errno == ESRCH ? ERR_GONE : ERR_IO;
	return 0;
}

int task_regs(struct task *task, struct regs *ret)
{
	struct iovec iov = {ret->raw, sizeof(ret->raw)};
	int rc = task_request(task, PTRACE_GETREGSET, (void *)NT_PRSTATUS,
			      &iov);

	if (!rc)
		ret->size = (uint32_t)iov.iov_len;
	return rc;
}

int task_set_regs(struct task *task, const struct regs *regs)
{
	struct iovec iov = {(void *)(uintptr_t)regs->raw, regs->size};

	return task_request(task, PTRACE_SETREGSET, (void *)NT_PRSTATUS, &iov);
}

ssize_t task_regset(struct task *task, unsigned nt_type, void *buf, size_t len)
{
	struct iovec iov = {buf, len};
	int rc = task_request(task, PTRACE_GETREGSET, (void *)(uintptr_t)nt_type,
			      &iov);

	return rc ? rc : (ssize_t)iov.iov_len;
}

/* A task that is stopped may be dying: nothing can be done about that, its
 * end is reported in time. */
void task_cont(struct task *task, int sig)
{
	task->stopped = false;
	task_request(task, PTRACE_CONT, NULL, (void *)(uintptr_t)sig);
}

void task_step(struct task *task)
{
	task->stopped = false;
	task_request(task, PTRACE_SINGLESTEP, NULL, NULL);
}

pid_t task_tid(const struct task *task)
{
	return task->tid;
}

struct target *task_target(const struct task *task)
{
	return task->target;
}

/* ---- signal masks ---- */

/* A thread that blocks SIGTRAP makes the kernel reset the process's action
 * when it hits a breakpoint (force_sig): the fallback handler would be lost. */
void task_unblock_trap(struct task *task)
{
	uint64_t mask;

	if (task_request(task, PTRACE_GETSIGMASK, (void *)sizeof(mask), &mask))
		return;
	if (!(mask & (UINT64_C(1) << (SIGTRAP - 1))))
		return;
	mask &= ~(UINT64_C(1) << (SIGTRAP - 1));
	if (!task_request(task, PTRACE_SETSIGMASK, (void *)sizeof(mask), &mask))
		task->unblocked = true;
}

void task_reblock_trap(struct task *task)
{
	uint64_t mask;

	if (!task->unblocked || task_request(task, PTRACE_GETSIGMASK,
					     (void *)sizeof(mask), &mask))
		return;
	mask |= UINT64_C(1) << (SIGTRAP - 1);
	task_request(task, PTRACE_SETSIGMASK, (void *)sizeof(mask), &mask);
	task->unblocked = false;
}

/* Does a signal wait that the task does not block? From /proc: what a stop
 * reports is only what has been taken from the queue already. */
bool task_has_signal(const struct task *task)
{
	unsigned long long own = 0, shared = 0, blocked = 0;
	char path[64], buf[4096], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status",
		 (int)task->target->pid, (int)task->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	if ((p = strstr(buf, "\nSigPnd:")))
		sscanf(p + 8, "%llx", &own);
	if ((p = strstr(buf, "\nShdPnd:")))
		sscanf(p + 8, "%llx", &shared);
	if ((p = strstr(buf, "\nSigBlk:")))
		sscanf(p + 8, "%llx", &blocked);
	return ((own | shared) & ~blocked) != 0;
}

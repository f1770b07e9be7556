/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Targets: attach, stop, detach.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	OPTIONS = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		  PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
		  PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD,
};

struct target *target_new(struct tracer *tr, pid_t pid,
			  const struct target_opts *opts)
{
	struct target *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tracer = tr;
	t->pid = pid;
	t->opts = *opts;
	t->mem_fd = -1;
	list_init(&t->tasks);
	list_init(&t->points);
	list_init(&t->areas);
	htab_init(&t->sites);
	list_push(&tr->targets, &t->node);
	return t;
}

/* Sites and scratch memory are no more; points stay and wait. */
void target_forget_memory(struct target *t)
{
	point_drop_sites(t);
	site_forget_all(t);
	scratch_forget(t);
	mappings_release(&t->maps);
	t->libs_addr = 0;
}

void target_free(struct target *t)
{
	list_for_each_safe (node, &t->tasks)
		task_free(container_of(node, struct task, node));
	point_drop_sites(t);
	points_free(t);
	target_forget_memory(t);
	if (t->mem_fd >= 0)
		close(t->mem_fd);
	list_remove(&t->node);
	free(t);
}

/* ---- why it cannot be attached ---- */

static bool status_text(pid_t pid, char *buf, size_t size)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static long field(const char *status, const char *name)
{
	const char *p = strstr(status, name);

	return p ? strtol(p + strlen(name), NULL, 10) : -1;
}

static void name_of(pid_t pid, char *buf, size_t size)
{
	char status[4096], *p;

	snprintf(buf, size, "?");
	if (!status_text(pid, status, sizeof(status)))
		return;
	p = strstr(status, "Name:\t");
	if (p)
		snprintf(buf, size, "%.*s", (int)strcspn(p + 6, "\n"), p + 6);
}

static int yama_scope(void)
{
	char c = '0';
	int fd = open("/proc/sys/kernel/yama/ptrace_scope",
		      O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, &c, 1) != 1)
			c = '0';
		close(fd);
	}
	return c - '0';
}

static int explain_eperm(pid_t pid, const char *status, struct err *err)
{
	long uid = field(status, "\nUid:");

	if (getuid() != 0 && uid >= 0 && (uid_t)uid != getuid())
		return err_set(err, ERR_PERM, "not permitted to trace process "
			       "%d: it belongs to user %ld, not to you (user "
			       "%u); ask that user or root", (int)pid, uid,
			       (unsigned)getuid());
	if (yama_scope() > 0)
		return err_set(err, ERR_PERM, "not permitted to trace process "
			       "%d: the system restricts tracing "
			       "(kernel.yama.ptrace_scope is %d); root can set "
			       "it to 0, or run the program under upd -c",
			       (int)pid, yama_scope());
	return err_set(err, ERR_PERM, "not permitted to trace process %d: it is "
		       "protected (not dumpable, more privileged than you, or "
		       "in another user namespace)", (int)pid);
}

/* errno of PTRACE_SEIZE as a sentence. */
static int explain(pid_t pid, int errnum, struct err *err)
{
	char status[4096], name[64];
	long tracer;

	if (errnum == ESRCH || !status_text(pid, status, sizeof(status)))
		return err_set(err, ERR_GONE, "there is no process %d",
			       (int)pid);
	tracer = field(status, "\nTracerPid:");
	if (tracer > 0) {
		name_of((pid_t)tracer, name, sizeof(name));
		return err_set(err, ERR_BUSY, "process %d is already traced, by "
			       "%s (pid %ld); a process can have one tracer "
			       "only", (int)pid, name, tracer);
	}
	if (strstr(status, "\nState:\tZ"))
		return err_set(err, ERR_GONE, "process %d has ended already (a "
			       "zombie that its parent has not collected)",
			       (int)pid);
	if (!strstr(status, "\nVmSize:"))
		return err_set(err, ERR_REFUSED, "process %d is a thread of the "
			       "kernel", (int)pid);
	if (errnum == EPERM || errnum == EACCES)
		return explain_eperm(pid, status, err);
	return err_errno(err, errnum, "cannot trace process %d", (int)pid);
}

static int check_pid(pid_t pid, struct err *err)
{
	char status[4096];
	long tgid;

	if (pid == getpid())
		return err_set(err, ERR_REFUSED, "upd cannot trace itself");
	if (pid <= 0 || !status_text(pid, status, sizeof(status)))
		return err_set(err, ERR_GONE, "there is no process %d",
			       (int)pid);
	tgid = field(status, "\nTgid:");
	if (tgid > 0 && tgid != pid)
		return err_set(err, ERR_INVAL, "%d is a thread of process %ld: "
			       "name the process", (int)pid, tgid);
	return 0;
}

/* ---- attach ---- */

static int seize(struct target *t, pid_t tid, struct err *err)
{
	struct task *task;

	if (task_find(t->tracer, tid))
		return 0;
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)(uintptr_t)OPTIONS) < 0) {
		/* A thread that ended meanwhile; the leader must be there. */
		if (errno == ESRCH && tid != t->pid)
			return 0;
		return explain(tid, errno, err);
	}
	task = task_new(t, tid);
	return task ? 1 : err_set(err, ERR_NOMEM, "out of memory");
}

/* One look at all threads; the number seized, or an error. */
static int seize_all_seen(struct target *t, struct err *err)
{
	char path[32];
	struct dirent *entry;
	int n = 0, rc = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)t->pid);
	dir = opendir(path);
	if (!dir)
		return explain(t->pid, ESRCH, err);
	while (rc >= 0 && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		rc = tid > 0 ? seize(t, tid, err) : 0;
		n += rc > 0;
	}
	closedir(dir);
	return rc < 0 ? rc : n;
}

/* Threads that are made while we look are traced from birth when their maker
 * is (TRACECLONE); so when a look finds no new one, there is none. */
static int seize_all(struct target *t, struct err *err)
{
	int n = seize(t, t->pid, err);

	while (n > 0)
		n = seize_all_seen(t, err);
	return n;
}

/* Whatever a task's stop is, it is one to look at registers in. */
static int learn_arch(struct target *t, struct err *err)
{
	struct task *task = target_any_stopped(t);
	struct regs regs;

	if (!task || task_regs(task, &regs))
		return err_set(err, ERR_GONE, "process %d has gone",
			       (int)t->pid);
	t->arch = arch_by_regs(&regs);
	if (!t->arch)
		return err_set(err, ERR_UNSUPP, "process %d runs on an "
			       "instruction set that upd does not know",
			       (int)t->pid);
	return 0;
}

static void unblock_traps(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stopped)
			task_unblock_trap(task);
	}
}

int target_attach(struct tracer *tr, pid_t pid, const struct target_opts *opts,
		  struct target **ret, struct err *err)
{
	struct target *t;
	int rc = check_pid(pid, err);

	if (rc)
		return rc;
	t = target_new(tr, pid, opts);
	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = seize_all(t, err);
	if (rc >= 0)
		rc = target_stop(t, err);
	if (!rc) {
		rc = learn_arch(t, err);
		if (!rc)
			rc = target_open_memory(t, err);
		if (!rc)
			rc = mappings_read(t, err);
		if (!rc)
			unblock_traps(t);
		target_resume(t);
	}
	if (rc) {
		target_detach(t);
		return rc;
	}
	*ret = t;
	return 0;
}

int target_hold_at_exec(struct target *t)
{
	t->hold_at_exec = true;
	return 0;
}

int target_release(struct target *t)
{
	t->hold_at_exec = false;
	t->holding = false;
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (!task->held)
			continue;
		task->held = false;
		task_cont(task, 0);
	}
	return 0;
}

/* ---- all stop ---- */

struct task *target_any_stopped(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stopped && !task->gone)
			return task;
	}
	return NULL;
}

static void interrupt_all(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (!task->stopped && !task->gone)
			task_request(task, PTRACE_INTERRUPT, NULL, NULL);
	}
}

/* Births while we wait: the new one is traced, and stops by itself. */
static bool wait_for_all(struct target *t)
{
	bool waited = false;

	list_for_each_safe (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stopped || task->gone)
			continue;
		waited = true;
		if (!task_wait(task))
			task->gone = true; /* the main loop collects it */
	}
	return waited;
}

static int adopt_new_threads(struct target *t)
{
	int n = 0;

	char path[32];
	struct dirent *entry;
	struct task *task;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)t->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || task_find(t->tracer, tid))
			continue;
		task = task_new(t, tid);
		if (!task)
			break;
		task->initial = true;
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

int target_stop(struct target *t, struct err *err)
{
	if (t->stop_depth++)
		return 0;
	do {
		interrupt_all(t);
		wait_for_all(t);
	} while (adopt_new_threads(t) > 0);
	if (target_any_stopped(t))
		return 0;
	t->stop_depth--;
	return err_set(err, ERR_GONE, "process %d has gone", (int)t->pid);
}

/* Each task goes on from the stop that it was found in: through the event
 * loop's own dispatcher, which knows what that stop means. */
void target_resume(struct target *t)
{
	if (!t->stop_depth || --t->stop_depth)
		return;
	list_for_each_safe (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (!task->stopped || task->held || task->gone)
			continue;
		/* Breakpoints and signals keep: the loop finds them again. */
		if (task->status >> 8 == PTRACE_EVENT_STOP)
			stop_dispatch(task);
		else
			task->stopped = false;
	}
}

/* ---- detach ---- */

void target_detach_task(struct task *task, int sig)
{
	task_request(task, PTRACE_DETACH, NULL, (void *)(uintptr_t)sig);
}

/* A forked child has a copy of everything: text, scratch memory, handler. */
void target_clean_child(struct target *parent, struct task *child)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)child->tid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		site_unplant_all(parent, fd);
	step_leave_slot(child, NULL);
	if (fd >= 0) {
		/* The calls are made in the child, so its memory it must be. */
		pid_t pid = parent->pid;
		int mem_fd = parent->mem_fd;

		parent->pid = child->tid;
		parent->mem_fd = fd;
		scratch_remove(parent, child);
		parent->pid = pid;
		parent->mem_fd = mem_fd;
		close(fd);
	}
	child->skip = NULL;
	child->unblocked = parent->ntasks && child->unblocked;
	task_reblock_trap(child);
}

/* Takes a task that all-stop has found in any stop to one from which it can
 * be let go for good. A breakpoint that it executed, whether its trap has been
 * reported or still waits in the queue, is taken back. */
static int prepare_to_leave(struct task *task, int *ret_signal)
{
	struct target *t = task->target;
	struct regs regs;

	*ret_signal = 0;
	for (int i = 0; i < 64; i++) {
		if (task->status >> 8 == PTRACE_EVENT_EXIT)
			return 0;
		if (stop_is_breakpoint(task) && !task_regs(task, &regs) &&
		    site_at(t, t->arch->pc(&regs) - t->arch->bp_advance)) {
			t->arch->set_pc(&regs, t->arch->pc(&regs) -
						       t->arch->bp_advance);
			return task_set_regs(task, &regs);
		}
		if (task->stepping && task->status == SIGTRAP) {
			task->stepping = NULL;
			step_leave_slot(task, NULL);
			return 0;
		}
		if (!(task->status >> 8)) {
			*ret_signal = task->status & 0x7f;
			step_leave_slot(task, NULL);
			return 0;
		}
		if (!task_has_signal(task)) {
			step_leave_slot(task, NULL);
			if (!(task->status >> 8 == PTRACE_EVENT_STOP) ||
			    (task->status & 0x7f) == SIGTRAP) {
				if (!task_regs(task, &regs) &&
				    t->arch->syscall_restart(&regs, true))
					return task_set_regs(task, &regs);
			}
			return 0;
		}
		/* Something is in the queue, perhaps our own trap: bring it
		 * out, one stop further. */
		task_request(task, PTRACE_INTERRUPT, NULL, NULL);
		task_cont(task, 0);
		if (!task_wait(task))
			return ERR_GONE;
	}
	return 0;
}

static void leave_all(struct target *t)
{
	int sig;

	list_for_each_safe (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (!task->stopped)
			continue;
		task_reblock_trap(task);
		sig = task->held_signal;
		if (!sig && !(task->status >> 8) && task->status != SIGTRAP)
			sig = task->status & 0x7f;
		target_detach_task(task, sig);
	}
}

static void clean(struct target *t)
{
	struct task *task;
	int sig;

	site_unplant_all(t, t->mem_fd);
	list_for_each (node, &t->tasks) {
		task = container_of(node, struct task, node);
		if (task->stopped)
			prepare_to_leave(task, &sig);
	}
	list_for_each (node, &t->tasks) {
		task = container_of(node, struct task, node);
		if (!task->stopped || task->guest ||
		    task->status >> 8 != PTRACE_EVENT_STOP)
			continue;
		scratch_remove(t, task);
		return;
	}
}

void target_detach(struct target *t)
{
	struct err err;

	points_free(t);
	if (t->ntasks && !target_stop(t, &err)) {
		if (!list_empty(&t->areas))
			clean(t);
		leave_all(t);
	}
	target_free(t);
}

void target_detach_later(struct target *t)
{
	t->detach_later = true;
}

/* ---- accessors ---- */

pid_t target_pid(const struct target *t)
{
	return t->pid;
}

const struct arch *target_arch(const struct target *t)
{
	return t->arch;
}

void *target_cookie(const struct target *t)
{
	return t->cookie;
}

void target_set_cookie(struct target *t, void *cookie)
{
	t->cookie = cookie;
}

int target_kill(struct target *t, int signo)
{
	return kill(t->pid, signo) ? ERR_GONE : 0;
}

int target_watch_libs(struct target *t, uint64_t addr, struct err *err)
{
	struct site *s;
	int rc;

	if (t->libs_addr == addr)
		return 0;
	rc = site_get(t, addr, 0, &s, err);
	if (rc)
		return rc;
	s->libs = true;
	t->libs_addr = addr;
	return site_plant(s, err);
}

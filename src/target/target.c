/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Targets: attaching all tasks of a process, and letting it go as it was.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- making -------------------------------------------------------------- */

struct target *target_new(struct tracer *tr, pid_t pid,
			  const struct target_opts *opts)
{
	struct target *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tracer = tr;
	t->pid = pid;
	if (opts)
		t->opts = *opts;
	t->mem_fd = -1;
	list_init(&t->tasks);
	list_init(&t->files);
	list_init(&t->points);
	list_init(&t->scratches);
	htab_init(&t->sites);
	htab_init(&t->pages);
	memory_init(t);
	list_push(&tr->targets, &t->node);
	return t;
}

/* What we know of an address space that is no more. */
void target_forget_memory(struct target *t)
{
	point_forget_sites(t);
	site_free_all(t);
	scratch_free_all(t);
	mapping_forget_files(t);
	t->libs_addr = t->libc = 0;
	t->trap_forwarded = false;
	t->no_scratch = false;
}

void target_free(struct target *t)
{
	bool gone = list_empty(&t->tasks);

	while (!list_empty(&t->tasks))
		task_free(container_of(t->tasks.next, struct task, node));
	if (gone) /* nothing is left to lift */
		point_forget_sites(t);
	point_free_all(t);
	target_forget_memory(t);
	mapping_release(&t->map);
	if (t->mem_fd >= 0)
		close(t->mem_fd);
	list_remove(&t->node);
	free(t->counted);
	free(t);
}

/* The instruction set, from the header of the program's file. */
static int find_arch(struct target *t, struct err *err)
{
	uint8_t h[EI_NIDENT + 4] = {0};
	char path[64];
	uint16_t machine;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why_not_attached(t->pid, t->pid, errno, err);
	n = read(fd, h, sizeof(h));
	close(fd);
	if (n != sizeof(h) || memcmp(h, ELFMAG, SELFMAG))
		return err_set(err, ERR_UNSUPP,
			       "the program of process %d is "
			       "not an ELF file",
			       (int)t->pid);
	machine =
		h[EI_DATA] == ELFDATA2MSB
			? (uint16_t)(h[EI_NIDENT + 2] << 8 | h[EI_NIDENT + 3])
			: (uint16_t)(h[EI_NIDENT + 3] << 8 | h[EI_NIDENT + 2]);
	t->arch = arch_by_elf(machine, h[EI_CLASS], h[EI_DATA] == ELFDATA2MSB);
	if (!t->arch)
		return err_set(err, ERR_UNSUPP,
			       "process %d runs code for a "
			       "machine (ELF number %u) that is not known "
			       "here",
			       (int)t->pid, machine);
	/* Its registers and addresses do not fit in ours. */
	if (t->arch->word_size > sizeof(long))
		return err_set(err, ERR_UNSUPP,
			       "process %d runs a 64-bit program, and this is "
			       "a 32-bit upd: a 64-bit one can trace it",
			       (int)t->pid);
	return 0;
}

/* After attach, and after each exec. */
int target_open_mem(struct target *t, struct err *err)
{
	char path[64];

	if (t->mem_fd >= 0)
		close(t->mem_fd);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)t->pid);
	t->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	if (t->mem_fd < 0)
		return err_errno(err, errno,
				 "cannot open the memory of "
				 "process %d",
				 (int)t->pid);
	return find_arch(t, err);
}

/* ---- attaching ----------------------------------------------------------- */

static const long OPTIONS = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			    PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
			    PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
			    PTRACE_O_TRACESYSGOOD;

/* 1: seized, 0: known already or gone, negative: an error. */
static int seize(struct target *t, pid_t tid, struct err *err)
{
	struct task *task;

	if (task_find(t->tracer, tid))
		return 0;
	if (ptrace(PTRACE_SEIZE, tid, 0L, OPTIONS)) {
		uint64_t tracer;

		/* A thread that has just been made by one of ours comes with
		 * its parent's event. */
		if (errno == ESRCH && tid != t->pid)
			return 0;
		if (errno == EPERM && tid != t->pid &&
		    !proc_status_field(t->pid, tid, "TracerPid", 10, &tracer) &&
		    (pid_t)tracer == t->tracer->tid)
			return 0;
		return why_not_attached(t->pid, tid, errno, err);
	}
	task = task_new(t->tracer, t, tid);
	if (!task)
		return err_set(err, ERR_NOMEM, "out of memory");
	task->unguarded = true;
	return 1;
}

/* All tasks; again until a look finds no new one. */
static int seize_all(struct target *t, struct err *err)
{
	struct dirent *entry;
	char path[64];
	int rc, found;
	DIR *dir;

	rc = seize(t, t->pid, err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)t->pid);
	do {
		found = 0;
		dir = opendir(path);
		if (!dir)
			return why_not_attached(t->pid, t->pid, ESRCH, err);
		while ((entry = readdir(dir))) {
			pid_t tid = (pid_t)atoi(entry->d_name);

			rc = tid > 0 ? seize(t, tid, err) : 0;
			if (rc < 0)
				break;
			found += rc;
		}
		closedir(dir);
	} while (rc >= 0 && found);
	return rc < 0 ? rc : 0;
}

static pid_t leader_of(pid_t tid)
{
	uint64_t tgid;

	if (proc_status_field(tid, tid, "Tgid", 10, &tgid))
		return tid;
	return (pid_t)tgid;
}

int target_attach(struct tracer *tr, pid_t pid, const struct target_opts *opts,
		  struct target **ret, struct err *err)
{
	struct target *t;
	int rc;

	if (pid <= 0)
		return err_set(err, ERR_INVAL,
			       "%d is not the number of a "
			       "process",
			       (int)pid);
	pid = leader_of(pid);
	if (pid == getpid())
		return why_not_attached(pid, pid, EPERM, err);
	list_for_each (node, &tr->targets)
		if (container_of(node, struct target, node)->pid == pid)
			return err_set(err, ERR_BUSY,
				       "process %d is attached "
				       "already",
				       (int)pid);
	t = target_new(tr, pid, opts);
	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = seize_all(t, err);
	if (!rc)
		rc = target_open_mem(t, err);
	else /* calls of those that are let go again may have to be mended */
		find_arch(t, NULL);
	if (!rc)
		rc = rescue(t, err);
	if (t->broken.request)
		rc = target_why_broken(t, err);
	if (rc) {
		target_detach(t);
		return rc;
	}
	if (t->opts.follow_cpu)
		cpu_init(tr);
	*ret = t;
	return 0;
}

/* ---- letting go ---------------------------------------------------------- */

struct task *target_any_task(struct target *t)
{
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->stop != STOP_GONE && !task->other_mm_user)
			return task;
	}
	return NULL;
}

/* A task may stand in the fallback handler, or have a frame of it below its
 * own handler: then that memory must stay. */
static bool scratch_is_in_use(struct target *t)
{
	if (t->trap_forwarded)
		return true;
	list_for_each (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		list_for_each (s_node, &t->scratches) {
			struct scratch *s =
				container_of(s_node, struct scratch, node);

			if (task->regs_valid && task_pc(task) >= s->base &&
			    task_pc(task) < s->base + s->size)
				return true;
		}
	}
	return false;
}

/* The SIGTRAP action and the mappings as they were. All tasks are stopped, and
 * out of the slots. */
void target_restore(struct target *t, struct task *via)
{
	struct inject in;
	struct err err;
	bool mapped;

	if (list_empty(&t->scratches))
		return;
	mapped = !mapping_begin(t, &err);
	if (inject_begin(t, via, &in, &err)) {
		log_warn("process %d keeps the memory that it was given: %s",
			 (int)t->pid, err.text);
	} else {
		guard_remove(t, &in);
		if (!scratch_is_in_use(t))
			scratch_unmap(t, &in);
		inject_end(&in);
	}
	if (mapped)
		mapping_end(t);
}

/* The signal that the task must get: its own, or none where it was a trap of
 * ours. */
int task_signal_to_leave(struct task *task)
{
	struct target *t = task->target;
	struct site *site;
	siginfo_t si;

	if (task->stop != STOP_SIGNAL || task_regs(task) ||
	    task_signal(task, &si))
		return 0;
	if (si.si_signo != SIGTRAP || !t->arch)
		return si.si_signo;
	site = site_get(t, task_pc(task) - t->arch->bp_advance);
	if (si.si_code == t->arch->bp_si_code && site) {
		task_set_pc(task, site->addr);
		return 0;
	}
	return si.si_code == TRAP_TRACE && task->in_place ? 0 : SIGTRAP;
}

/* It ended while it was about to be let go. Its parent hears of that when we
 * have, unless we are that: then the end is for whoever waits here. */
static void bury(struct task *task)
{
	struct target *t = task->target;
	uint64_t parent = 0;

	if (task->tid != t->pid ||
	    proc_status_field(t->pid, t->pid, "PPid", 10, &parent) ||
	    (pid_t)parent != t->tracer->pid)
		stop_reap(task->tid);
	task_free(task);
}

static void let_go(struct task *task)
{
	struct target *t = task->target;

	if (task->stop == STOP_NONE) /* of a process that is ending, too */
		task_wait(task);
	if (t->broken.request)
		return;
	if (task->stop == STOP_GONE ||
	    (task->stop == STOP_NONE && task_state(task) == 'Z')) {
		bury(task);
	} else if (task->stop == STOP_NONE) { /* deep in the kernel */
		task_leave_later(task);
	} else {
		life_let_go(task, task_signal_to_leave(task));
	}
}

/* The leader last: its end can be seen when it is the last one. */
static void let_all_go(struct target *t)
{
	struct task *leader = NULL;

	list_for_each_safe (node, &t->tasks) {
		struct task *task = container_of(node, struct task, node);

		if (task->tid == t->pid)
			leader = task;
		else
			let_go(task);
	}
	if (leader)
		let_go(leader);
}

void target_detach(struct target *t)
{
	struct err err;

	if (t->broken.request) {
		target_break_off(t, false);
		return;
	}
	if (t->going)
		return;
	t->going = true;
	list_for_each (node, &t->tasks)
		return_drop(container_of(node, struct task, node));
	if (!target_stop(t, &err) && t->arch) {
		point_free_all(t);
		stop_drain(t);
		site_lift_all(t);
		stop_leave_handler(t);
		stop_settle(t);
		stop_take_out_of_slots(t);
		guard_restore_masks(t);
		target_restore(t, NULL);
	}
	let_all_go(t);
	if (t->broken.request)
		target_break_off(t, false);
	else
		target_free(t);
}

void target_detach_later(struct target *t)
{
	t->detach_later = true;
	t->tracer->detach_asked = true;
}

void target_tell_left(struct target *t, const struct err *why)
{
	struct tracer *tr = t->tracer;

	if (tr->events.left)
		tr->events.left(tr->ctx, t, why);
	else if (tr->events.exited)
		tr->events.exited(tr->ctx, t, 0);
}

void target_end_held(struct target *t, const struct err *why)
{
	struct tracer *tr = t->tracer;

	if (tr->events.warned)
		tr->events.warned(tr->ctx, t, why->text);
	kill(t->pid, SIGKILL);
}

/* ---- small things -------------------------------------------------------- */

struct target *tracer_target(struct tracer *tr)
{
	if (list_empty(&tr->targets))
		return NULL;
	return container_of(tr->targets.next, struct target, node);
}

struct target *tracer_find(struct tracer *tr, pid_t pid)
{
	list_for_each (node, &tr->targets) {
		struct target *t = container_of(node, struct target, node);

		if (t->pid == pid)
			return t;
	}
	return NULL;
}

struct tracer *target_tracer(const struct target *t)
{
	return t->tracer;
}

pid_t target_pid(const struct target *t)
{
	return t->pid;
}

bool target_was_rescued(const struct target *t)
{
	return t->rescued;
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
	if (!kill(t->pid, signo))
		return 0;
	return errno == ESRCH ? ERR_GONE : ERR_PERM;
}

int target_hold_at_exec(struct target *t)
{
	t->hold_at_exec = true;
	return 0;
}

int target_release(struct target *t)
{
	t->hold_at_exec = false;
	if (!t->parked)
		return 0;
	t->parked = false;
	list_for_each (node, &t->tasks)
		container_of(node, struct task, node)->parked = false;
	libs_watch(t);
	target_resume(t);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "count.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS_MAX = 4000000, TABLE = 1 << 18, TASKS_MAX = 16 };

struct stepped {
	pid_t tid;
	uint64_t last; /* the pc at its last stop */
};

_Noreturn void count_exec(char *const *argv, const char *out, int go)
{
	/* no seed from getrandom: hash tables are walked in the same order */
	static char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C",
				    "PERL_HASH_SEED=0", "PYTHONHASHSEED=0",
				    NULL};
	int in = open("/dev/null", O_RDONLY);
	int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char c;

	if (in < 0 || fd < 0 || personality(ADDR_NO_RANDOMIZE) < 0)
		_exit(99);
	dup2(in, 0);
	dup2(fd, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (go < 0)
		ptrace(PTRACE_TRACEME, 0, 0, 0);
	else if (read(go, &c, 1) != 1)
		_exit(99);
	execve(argv[0], argv, env);
	_exit(99);
}

static void locate(pid_t pid, const char *object, struct place *p)
{
	char path[64], line[4096], file[4000];
	uint64_t start, end, offset;
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64
			   " %*s %*s %3999s",
			   &start, &end, &offset, file) != 4 ||
		    p->pc < start || p->pc >= end)
			continue;
		if (!strstr(file, object) || stat(file, &st))
			break;
		p->wanted = true;
		p->dev = st.st_dev;
		p->ino = st.st_ino;
		p->offset = p->pc - start + offset;
		break;
	}
	if (f)
		fclose(f);
}

static struct place *find(struct counts *c, uint64_t pc)
{
	size_t i = (pc * UINT64_C(0x9e3779b97f4a7c15)) >> 40;

	for (;; i++) {
		struct place *p = &c->table[i & (c->size - 1)];

		if (p->pc == pc || !p->pc)
			return p;
	}
}

/* Where the program's own file lies: it is mapped once and stays. */
static void own_text(pid_t pid, uint64_t range[2])
{
	char path[64], exe[4000] = "", line[4096];
	uint64_t start, end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (readlink(path, exe, sizeof(exe) - 1) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, exe) && strstr(line, " r-xp ") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			range[0] = start, range[1] = end;
	if (f)
		fclose(f);
}

/* One step of one task: counts where it stands. */
static void count_place(struct counts *c, struct stepped *task,
			const char *object)
{
	struct place *p;
	uint64_t pc;

	pc = (uint64_t)ptrace(PTRACE_PEEKUSER, task->tid,
			      offsetof(struct user_regs_struct, rip), 0);
	c->started |= pc >= c->own[0] && pc < c->own[1];
	p = find(c, pc);
	if (!p->pc) {
		p->pc = pc;
		p->early = !c->started;
		locate(task->tid, object, p);
		c->used++;
	}
	/* a repeated string instruction is one */
	p->count += pc != task->last;
	task->last = pc;
	c->steps++;
}

/* Tasks are told apart by their number, a new one takes a free entry. */
static struct stepped *task_of(struct stepped *tasks, pid_t tid)
{
	struct stepped *none = NULL;

	for (size_t i = 0; i < TASKS_MAX; i++) {
		if (tasks[i].tid == tid)
			return &tasks[i];
		if (!tasks[i].tid && !none)
			none = &tasks[i];
	}
	if (none)
		*none = (struct stepped){.tid = tid};
	return none;
}

/* Waits for a stop that is a step, or an event, or a new thread's first: its
 * tid. 0: the program has ended. A signal is an error: whether the instruction
 * runs before its handler or after cannot be told here. */
static pid_t next_stop(pid_t pid, struct stepped *tasks, struct counts *c)
{
	struct stepped *task;
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0)
			return -1;
		task = task_of(tasks, tid);
		if (!task)
			return -1;
		if (WIFSTOPPED(status))
			break;
		task->tid = 0;
		if (tid == pid) {
			c->status = status;
			return 0;
		}
	}
	if (WSTOPSIG(status) != SIGTRAP &&
	    !(WSTOPSIG(status) == SIGSTOP && !task->last))
		return -1;
	return tid;
}

static bool step_all(pid_t pid, const char *object, struct counts *c)
{
	struct stepped tasks[TASKS_MAX] = {{.tid = pid}};
	pid_t tid = pid;

	own_text(pid, c->own);
	while (tid > 0) {
		struct stepped *task = task_of(tasks, tid);

		if (!task || c->steps >= STEPS_MAX || c->used >= c->size / 2)
			return false;
		count_place(c, task, object);
		if (ptrace(PTRACE_SINGLESTEP, tid, 0, 0) && errno != ESRCH)
			return false;
		tid = next_stop(pid, tasks, c);
	}
	return tid == 0;
}

bool count_steps(char *const *argv, const char *object, const char *out,
		 struct counts *ret)
{
	struct counts c = {.size = TABLE};
	pid_t pid = fork();

	if (pid == 0)
		count_exec(argv, out, -1);
	c.table = calloc(c.size, sizeof(*c.table));
	if (pid < 0 || !c.table || waitpid(pid, &c.status, 0) != pid ||
	    !WIFSTOPPED(c.status))
		return false;
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE);
	if (!step_all(pid, object, &c)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		free(c.table);
		return false;
	}
	*ret = c;
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counting by stepping. A step costs some 20 us, so that a program may have a
 * million of them.
 */
#define _GNU_SOURCE
#include "count.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS_MAX = 4000000, TABLE = 1 << 18, TASKS_MAX = 16 };

/* The program's places by address, until it is known what all of them are. */
struct address {
	uint64_t pc;
	bool wanted; /* in the file that was asked for */
	struct place place;
};

struct stepped {
	pid_t tid;
	uint64_t last; /* the pc at its last stop */
};

struct stepper {
	pid_t pid;
	const char *object;
	struct address *table;
	size_t used;
	uint64_t own[2]; /* text of the program's own file; runs after ... */
	bool started;	 /* ... the dynamic linker has called it */
	struct stepped tasks[TASKS_MAX];
	struct counts *counts;
};

/* The mapping that has pc, or the one of a file that has text. */
static bool mapping(pid_t pid, uint64_t pc, const char *path,
		    uint64_t ret_range[3], char ret_file[512])
{
	char name[64], line[4096];
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	f = fopen(name, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		ret_file[0] = '\0';
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64
			   " %*s %*s %511s",
			   &ret_range[0], &ret_range[1], &ret_range[2],
			   ret_file) < 3)
			continue;
		found = path ? !strcmp(ret_file, path) && strstr(line, " r-xp ")
			     : pc >= ret_range[0] && pc < ret_range[1];
	}
	if (f)
		fclose(f);
	return found;
}

static void own_text(struct stepper *s)
{
	char path[64], exe[512] = "", file[512];
	uint64_t range[3];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)s->pid);
	if (readlink(path, exe, sizeof(exe) - 1) > 0 &&
	    mapping(s->pid, 0, exe, range, file)) {
		s->own[0] = range[0];
		s->own[1] = range[1];
	}
}

static struct address *find(struct stepper *s, uint64_t pc)
{
	size_t i = (pc * UINT64_C(0x9e3779b97f4a7c15)) >> 40;

	for (;; i++) {
		struct address *a = &s->table[i & (TABLE - 1)];

		if (a->pc == pc || !a->pc)
			return a;
	}
}

static void new_place(struct stepper *s, struct address *a, uint64_t pc)
{
	uint64_t range[3];
	char file[512];

	a->pc = pc;
	a->place.early = !s->started;
	s->used++;
	if (!mapping(s->pid, pc, NULL, range, file) || !strstr(file, s->object))
		return;
	a->wanted = true;
	a->place.offset = pc - range[0] + range[2];
	memcpy(s->counts->object, file, sizeof(file));
}

static void count_place(struct stepper *s, struct stepped *task)
{
	struct address *a;
	uint64_t pc;

	pc = (uint64_t)ptrace(PTRACE_PEEKUSER, task->tid,
			      offsetof(struct user_regs_struct, rip), 0);
	s->started |= pc >= s->own[0] && pc < s->own[1];
	a = find(s, pc);
	if (!a->pc)
		new_place(s, a, pc);
	/* a repeated string instruction is one */
	a->place.count += pc != task->last;
	task->last = pc;
	s->counts->total++;
}

/* Tasks are told apart by their number, a new one takes a free entry. */
static struct stepped *task_of(struct stepper *s, pid_t tid)
{
	struct stepped *none = NULL;

	for (size_t i = 0; i < TASKS_MAX; i++) {
		if (s->tasks[i].tid == tid)
			return &s->tasks[i];
		if (!s->tasks[i].tid && !none)
			none = &s->tasks[i];
	}
	if (none)
		*none = (struct stepped){.tid = tid};
	return none;
}

/* Waits for a stop that is a step, or an event, or a new thread's first: its
 * tid. 0: the program has ended. A signal is an error: whether the instruction
 * runs before its handler or after cannot be told here. */
static pid_t next_stop(struct stepper *s)
{
	struct stepped *task;
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0)
			return -1;
		task = task_of(s, tid);
		if (!task)
			return -1;
		if (WIFSTOPPED(status))
			break;
		task->tid = 0;
		if (tid == s->pid) {
			s->counts->status = status;
			return 0;
		}
	}
	if (WSTOPSIG(status) != SIGTRAP &&
	    !(WSTOPSIG(status) == SIGSTOP && !task->last))
		return -1;
	return tid;
}

static bool step_all(struct stepper *s)
{
	pid_t tid = s->pid;

	own_text(s);
	while (tid > 0) {
		struct stepped *task = task_of(s, tid);

		if (!task || s->counts->total >= STEPS_MAX ||
		    s->used >= TABLE / 2)
			return false;
		count_place(s, task);
		if (ptrace(PTRACE_SINGLESTEP, tid, 0, 0) && errno != ESRCH)
			return false;
		tid = next_stop(s);
	}
	return tid == 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return (p->offset > q->offset) - (p->offset < q->offset);
}

static bool collect(struct stepper *s)
{
	struct counts *c = s->counts;

	c->places = calloc(s->used + 1, sizeof(*c->places));
	for (size_t i = 0; c->places && i < TABLE; i++)
		if (s->table[i].wanted)
			c->places[c->used++] = s->table[i].place;
	if (c->places)
		qsort(c->places, c->used, sizeof(*c->places), by_offset);
	return c->used;
}

bool count_steps(const struct command *cmd, const char *object,
		 struct counts *ret)
{
	struct counts c = {0};
	struct stepper s = {.object = object, .counts = &c};
	int status;
	bool ok;

	s.table = calloc(TABLE, sizeof(*s.table));
	s.pid = fork();
	if (s.pid == 0)
		count_exec(cmd, -1);
	if (s.pid < 0 || !s.table || waitpid(s.pid, &status, 0) != s.pid ||
	    !WIFSTOPPED(status))
		return false;
	ptrace(PTRACE_SETOPTIONS, s.pid, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE);
	s.tasks[0].tid = s.pid;
	ok = step_all(&s);
	if (!ok) {
		kill(s.pid, SIGKILL);
		while (waitpid(-1, NULL, __WALL) > 0)
			;
	}
	ok = ok && collect(&s);
	free(s.table);
	if (ok)
		*ret = c;
	return ok;
}

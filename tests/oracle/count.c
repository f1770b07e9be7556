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

enum { STEPS_MAX = 4000000, TABLE = 1 << 18 };

_Noreturn void count_exec(char *const *argv, const char *out, int go)
{
	static char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
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

static bool step_all(pid_t pid, const char *object, struct counts *c)
{
	uint64_t own[2] = {0}, pc, last = 0;
	bool started = false;

	own_text(pid, own);
	while (c->steps++ < STEPS_MAX && c->used < c->size / 2) {
		struct place *p;

		pc = (uint64_t)ptrace(PTRACE_PEEKUSER, pid,
				      offsetof(struct user_regs_struct, rip),
				      0);
		started |= pc >= own[0] && pc < own[1];
		p = find(c, pc);
		if (!p->pc) {
			p->pc = pc;
			p->early = !started;
			locate(pid, object, p);
			c->used++;
		}
		/* a repeated string instruction is one */
		p->count += pc != last;
		last = pc;
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) ||
		    waitpid(pid, &c->status, 0) != pid)
			return false;
		if (!WIFSTOPPED(c->status))
			return true;
	}
	return false;
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
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL);
	if (!step_all(pid, object, &c)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		free(c.table);
		return false;
	}
	*ret = c;
	return true;
}

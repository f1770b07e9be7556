/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Following the target's CPU. A stop on one CPU costs 8-11 us, across two of a
 * virtual machine 60-90 us, so the tracer moves (itself only, never the
 * target) to where its target runs. That alone does not help: the kernel then
 * moves the target, as it is woken, to the CPU that is idle. A tracer of
 * policy SCHED_IDLE does not count as occupying a CPU, so the target stays.
 * But it also would get no time beside the target's other threads, unless it
 * is in a scheduling group of its own: that is so where autogroup is on and the
 * caller has made this process a session leader. Else all is left to the
 * kernel.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LOOK_EVERY = 16 };

static bool file_begins(const char *path, const char *with)
{
	char buf[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return !strncmp(buf, with, strlen(with));
}

/* Autogroups are used for tasks in the root group of the cpu controller. */
static bool in_root_group(void)
{
	char line[512], path[640];
	bool root = true;
	FILE *f = fopen("/proc/self/cgroup", "re");

	if (!f)
		return true;
	while (fgets(line, sizeof(line), f)) {
		char *where = strrchr(line, ':');

		line[strcspn(line, "\n")] = '\0';
		if (!where || !strcmp(where, ":/"))
			continue;
		if (strstr(line, ":cpu:") || strstr(line, ":cpu,"))
			root = false;
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.weight",
			 where + 1);
		root &= access(path, F_OK) != 0;
	}
	fclose(f);
	return root;
}

void cpu_init(struct tracer *tr)
{
	struct sched_param param = {0};

	if (tr->cpu_ready)
		return;
	tr->cpu_ready = true;
	tr->cpu_now = tr->cpu_seen = -1;
	if (getsid(0) != getpid() || !in_root_group() ||
	    !file_begins("/proc/sys/kernel/sched_autogroup_enabled", "1"))
		return;
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		return;
	tr->cpu_follow = true;
}

/* Field 39. */
static int from_stat(const struct task *task)
{
	char path[64], buf[1024], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)task->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	p = strrchr(buf, ')');
	for (int field = 2; field < 39 && p; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? atoi(p) : -1;
}

static void move_to(struct tracer *tr, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tr->cpu_follow = false;
	else
		tr->cpu_now = cpu;
}

/* Looked at now and then; two looks must agree, so that a target that runs in
 * many places does not drag us about. */
void cpu_follow(struct task *task)
{
	struct tracer *tr = task->tracer;
	int cpu;

	if (!tr->cpu_follow || !task->target->opts.follow_cpu ||
	    ++tr->cpu_hits % LOOK_EVERY)
		return;
	/* where a task that stands before us ran: in its own memory where it
	 * has registered a struct rseq (glibc does since 2.35) */
	cpu = rseq_cpu(task);
	if (cpu < 0)
		cpu = from_stat(task);
	if (cpu >= 0 && cpu < CPU_SETSIZE && cpu != tr->cpu_now &&
	    cpu == tr->cpu_seen)
		move_to(tr, cpu);
	tr->cpu_seen = cpu;
}

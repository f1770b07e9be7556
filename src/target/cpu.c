/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Being where the target runs. A stop across CPUs costs several times one on
 * the same CPU, so the tracer moves to the CPU of the task that hits. That
 * alone is of no use: on wake-up the kernel moves the task away from a CPU
 * that is busy with us, to an idle one. It does not when all that runs there
 * is SCHED_IDLE (sched_idle_cpu() in select_idle_sibling()). As SCHED_IDLE we
 * would starve behind the target's own threads, unless we are scheduled as a
 * group of our own: every session is one where autogroup is enabled. The
 * policy cannot be left again without privilege, so all this is decided once.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LOOK_EVERY = 8 };

static bool read_is(const char *path, const char *text)
{
	char buf[4096] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return strstr(buf, text) != NULL;
}

/* Autogroups are for the tasks of the root cgroup alone. */
static bool in_root_cgroup(void)
{
	return read_is("/proc/self/cgroup", ":cpu:/\n") ||
	       read_is("/proc/self/cgroup", ":cpu,cpuacct:/\n") ||
	       (!read_is("/proc/self/cgroup", ":cpu") &&
		read_is("/proc/self/cgroup", "0::/\n"));
}

void cpu_init(struct tracer *tr)
{
	struct sched_param none = {0};

	tr->cpu = -1;
	if (getsid(0) != getpid() ||
	    !read_is("/proc/sys/kernel/sched_autogroup_enabled", "1") ||
	    !in_root_cgroup())
		return;
	tr->follow_cpu = !sched_setscheduler(0, SCHED_IDLE, &none);
}

struct rseq_config {
	uint64_t addr;
	uint32_t size, signature, flags, pad;
};

/* Where the C library registered it; the kernel keeps the CPU's number there
 * up to date, so that looking costs one read. */
static uint64_t rseq_of(struct task *task)
{
	enum { GET_RSEQ_CONFIGURATION = 0x420f };
	struct rseq_config config = {0};

	if (task->rseq)
		return task->rseq;
	task_request(task, GET_RSEQ_CONFIGURATION, (void *)sizeof(config),
		     &config);
	task->rseq = config.addr ? config.addr : 1;
	return task->rseq;
}

void cpu_follow(struct tracer *tr, struct task *task)
{
	uint64_t rseq;
	uint32_t cpu = 0;
	struct iovec local = {&cpu, sizeof(cpu)}, remote;
	cpu_set_t set;

	if (!tr->follow_cpu || tr->cpu_age++ % LOOK_EVERY)
		return;
	rseq = rseq_of(task);
	remote = (struct iovec){(void *)(uintptr_t)(rseq + 4), sizeof(cpu)};
	if (rseq == 1 || process_vm_readv(task->tid, &local, 1, &remote, 1,
					  0) != sizeof(cpu) ||
	    (int)cpu == tr->cpu || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		tr->cpu = (int)cpu;
}

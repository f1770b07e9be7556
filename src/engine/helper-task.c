/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread that hit a probe: who it is, what /proc tells of it.
 */
#define _GNU_SOURCE
#include "helper-int.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The text of a file under /proc; 0 or -errno. */
static int read_file(const char *path, char *buf, size_t size)
{
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	return 0;
}

static int task_file(const struct host *h, const char *name, char *buf,
		     size_t size)
{
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid_of(h),
		 (int)tid_of(h), name);
	rc = read_file(path, buf, size);
	if (!rc)
		return 0;
	/* The child of a vfork is a process of its own in our target's memory. */
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid_of(h), name);
	return read_file(path, buf, size);
}

/* Field 39 of stat; the name in field 2 may hold anything, so count behind
 * its last parenthesis. */
static uint32_t task_cpu(const struct host *h)
{
	char buf[1024], *p;

	if (task_file(h, "stat", buf, sizeof(buf)) || !(p = strrchr(buf, ')')))
		return 0;
	for (int field = 2; field < 39 && p; field++)
		p = strchr(p + 1, ' ');
	return p ? (uint32_t)strtoul(p + 1, NULL, 10) : 0;
}

HELPER(get_smp_processor_id)
{
	struct host *h = of(host);

	return h->task ? task_cpu(h) : (uint64_t)sched_getcpu();
}

HELPER(get_current_pid_tgid)
{
	struct host *h = of(host);

	return (uint64_t)pid_of(h) << 32 | (uint32_t)tid_of(h);
}

HELPER(get_current_uid_gid)
{
	struct host *h = of(host);
	unsigned uid = getuid(), gid = getgid();
	char buf[4096], *p;

	if (!h->task || task_file(h, "status", buf, sizeof(buf)))
		return (uint64_t)gid << 32 | uid;
	if ((p = strstr(buf, "\nUid:")))
		sscanf(p + 5, "%u", &uid);
	if ((p = strstr(buf, "\nGid:")))
		sscanf(p + 5, "%u", &gid);
	return (uint64_t)gid << 32 | uid;
}

/* A line of /proc, as a string that fills its buffer. */
static uint64_t put_name(int rc, const char *line, char *to, uint64_t size)
{
	size_t n = strcspn(line, "\n");

	memset(to, 0, size);
	if (rc)
		return (uint64_t)-EINVAL;
	memcpy(to, line, n < size ? n : size - 1);
	return 0;
}

HELPER(get_current_comm)
{
	char buf[32] = "";
	int rc = task_file(of(host), "comm", buf, sizeof(buf));

	return put_name(rc, buf, ptr(a1), a2);
}

/* upd_comm_of(pid, to, size) */
HELPER(upd_comm_of)
{
	char buf[32] = "", path[64];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)a1);
	rc = read_file(path, buf, sizeof(buf));
	return put_name(rc, buf, ptr(a2), a3);
}

HELPER(upd_ppid)
{
	struct host *h = of(host);
	char buf[4096], *p;

	if (!h->task)
		return (uint64_t)getppid();
	if (task_file(h, "status", buf, sizeof(buf)) ||
	    !(p = strstr(buf, "\nPPid:")))
		return 0;
	return strtoul(p + 6, NULL, 10);
}

/* Of version 2: its folder's inode number. */
HELPER(get_current_cgroup_id)
{
	char buf[4096] = "", path[sizeof(buf) + 32], *p;
	struct stat st;

	if (task_file(of(host), "cgroup", buf + 1, sizeof(buf) - 1))
		return 0;
	*buf = '\n';
	p = strstr(buf, "\n0::/");
	if (!p)
		return 0;
	p[5 + strcspn(p + 5, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", p + 4);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a process cannot be attached, as a sentence; and fields of /proc.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = '\0';
	return (ssize_t)len;
}

/* A number from /proc/PID/task/TID/status. */
int proc_status_field(pid_t pid, pid_t tid, const char *name, int base,
		      uint64_t *ret)
{
	char path[64], buf[8192], *p;
	size_t len = strlen(name);

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid,
		 (int)tid);
	if (read_file(path, buf, sizeof(buf)) <= 0) {
		snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
		if (read_file(path, buf, sizeof(buf)) <= 0)
			return ERR_GONE;
	}
	for (p = buf; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, len) && p[len] == ':') {
			*ret = strtoull(p + len + 1, NULL, base);
			return 0;
		}
	}
	return ERR_NOENT;
}

/* Field 22 of stat. */
uint64_t proc_start_time(pid_t pid)
{
	char path[64], buf[1024], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, buf, sizeof(buf)) <= 0 || !(p = strrchr(buf, ')')))
		return 0;
	for (int field = 2; field < 22 && p; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? strtoull(p, NULL, 10) : 0;
}

static void name_of(pid_t pid, char name[32])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	n = read_file(path, name, 32);
	if (n <= 0)
		snprintf(name, 32, "?");
	else if (name[n - 1] == '\n')
		name[n - 1] = '\0';
}

static char state_of(pid_t pid)
{
	char path[64], buf[1024], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, buf, sizeof(buf)) <= 0 || !(p = strrchr(buf, ')')))
		return '?';
	return p[1] ? p[2] : '?';
}

/* PF_KTHREAD in field 9 of stat, which everybody may read. */
static bool is_kernel_thread(pid_t pid)
{
	enum { KTHREAD = 0x200000 };
	char path[64], buf[1024], *p;
	unsigned flags;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, buf, sizeof(buf)) <= 0 || !(p = strrchr(buf, ')')))
		return false;
	return sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & KTHREAD;
}

static int yama_scope(void)
{
	char buf[16];

	if (read_file("/proc/sys/kernel/yama/ptrace_scope", buf, sizeof(buf)) <=
	    0)
		return 0;
	return atoi(buf);
}

static int why_not_permitted(pid_t pid, pid_t tid, struct err *err)
{
	uint64_t tracer = 0, uid = 0;
	char name[32], path[64];
	struct stat st;
	int scope = yama_scope();

	if (!proc_status_field(pid, tid, "TracerPid", 10, &tracer) && tracer) {
		name_of((pid_t)tracer, name);
		return err_set(err, ERR_BUSY,
			       "process %d is already traced by "
			       "%s (%d); only one at a time can",
			       (int)pid, name, (int)tracer);
	}
	if (is_kernel_thread(pid))
		return err_set(err, ERR_PERM,
			       "process %d is a thread of the "
			       "kernel, which has no program to probe",
			       (int)pid);
	if (!proc_status_field(pid, pid, "Uid", 10, &uid) && uid != geteuid())
		return err_set(err, ERR_PERM,
			       "process %d belongs to another "
			       "user (%d): only that user and root may trace "
			       "it",
			       (int)pid, (int)uid);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (!lstat(path, &st) && st.st_uid != geteuid())
		return err_set(err, ERR_PERM,
			       "process %d has made itself "
			       "untraceable (it is not dumpable, as programs "
			       "with secrets or file capabilities are): only "
			       "root may trace it",
			       (int)pid);
	if (scope)
		return err_set(err, ERR_PERM,
			       "this system only lets %s trace "
			       "other processes (kernel.yama.ptrace_scope is "
			       "%d): as root, 'sysctl kernel.yama.ptrace_scope"
			       "=0' allows it",
			       scope == 1   ? "parents and root"
			       : scope == 2 ? "root"
					    : "nobody",
			       scope);
	return err_set(err, ERR_PERM,
		       "process %d may not be traced: the "
		       "kernel (a security module, or another user "
		       "namespace) forbids it",
		       (int)pid);
}

int why_not_attached(pid_t pid, pid_t tid, int errnum, struct err *err)
{
	char state;

	if (pid == getpid())
		return err_set(err, ERR_INVAL,
			       "process %d is this tracer "
			       "itself",
			       (int)pid);
	state = state_of(pid);
	if (state == '?' || (errnum == ESRCH && state != 'Z' && state != 'X'))
		return err_set(err, ERR_GONE, "there is no process %d",
			       (int)pid);
	if (state == 'Z' || state == 'X')
		return err_set(err, ERR_GONE,
			       "process %d has ended already "
			       "and only waits for its parent (a zombie)",
			       (int)pid);
	if (errnum == ENOENT) /* of /proc/PID/exe: its memory has gone */
		return err_set(err, ERR_GONE, "process %d is just ending",
			       (int)pid);
	if (errnum == EPERM || errnum == EACCES)
		return why_not_permitted(pid, tid, err);
	return err_errno(err, errnum, "process %d cannot be traced", (int)pid);
}

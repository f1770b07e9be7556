/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "procs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int each_number(const char *folder, proc_fn *fn, void *ctx)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	int rc = 0;

	if (!dir)
		return 0;
	while (!rc && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0)
			rc = fn(ctx, pid);
	}
	closedir(dir);
	return rc;
}

int procs_each(proc_fn *fn, void *ctx)
{
	return each_number("/proc", fn, ctx);
}

/* The device in a mapping's line may be one that stat() never returns (overlay
 * and btrfs do that). So the inode selects, and stat() decides, through the
 * process's own root. */
static bool same_file(pid_t pid, const char *path, const struct proc_file *f)
{
	char rooted[PATH_MAX + 32];
	struct stat st;

	snprintf(rooted, sizeof(rooted), "/proc/%d/root%s", (int)pid, path);
	return !stat(rooted, &st) && st.st_dev == f->dev && st.st_ino == f->ino;
}

static bool line_matches(pid_t pid, char *line, const void *ctx)
{
	const struct proc_file *file = ctx;
	unsigned long ino;
	char perms[5];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*x-%*x %4s %*x %*x:%*x %lu %n", perms, &ino, &at) <
		    2 ||
	    perms[2] != 'x' || line[at] != '/')
		return false;
	return file->ino == ino && same_file(pid, line + at, file);
}

/* Is there a line of /proc/PID/FILE of which `is` says so? False, too, where the
 * file cannot be read. */
static bool find_line(pid_t pid, const char *file,
		      bool (*is)(pid_t pid, char *line, const void *ctx),
		      const void *ctx)
{
	char path[32], *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && getline(&line, &size, f) > 0)
		found = is(pid, line, ctx);
	free(line);
	fclose(f);
	return found;
}

bool proc_maps_file(pid_t pid, const struct proc_file *file)
{
	return find_line(pid, "maps", line_matches, file);
}

static bool is_scratch(pid_t pid, char *line, const void *ctx)
{
	(void)pid;
	(void)ctx;
	return strstr(line, "/memfd:upd (deleted)") != NULL;
}

bool proc_has_scratch(pid_t pid)
{
	return find_line(pid, "maps", is_scratch, NULL);
}

struct comm_search {
	pid_t pid;
	const char *comm;
};

static int task_has_comm(void *ctx, pid_t tid)
{
	const struct comm_search *search = ctx;
	char path[64], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)search->pid,
		 (int)tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(name, sizeof(name), f))
		*name = '\0';
	fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return strcmp(name, search->comm) == 0;
}

bool proc_has_comm(pid_t pid, const char *comm)
{
	struct comm_search search = {pid, comm};
	char folder[32];

	snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
	return each_number(folder, task_has_comm, &search) != 0;
}

bool proc_has_task(pid_t pid, uint64_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%llu", (int)pid,
		 (unsigned long long)tid);
	return !access(path, F_OK);
}

struct id_search {
	const char *format; /* of the line, with four numbers */
	unsigned *ids;
};

static bool read_ids(pid_t pid, char *line, const void *ctx)
{
	const struct id_search *s = ctx;

	(void)pid;
	return sscanf(line, s->format, &s->ids[0], &s->ids[1], &s->ids[2],
		      &s->ids[3]) == 4;
}

static bool one_id(pid_t pid, const char *format, unsigned *ret)
{
	unsigned ids[4];
	struct id_search search = {format, ids};

	if (!find_line(pid, "status", read_ids, &search))
		return false;
	*ret = ids[0];
	return ids[0] == ids[1] && ids[0] == ids[2] && ids[0] == ids[3];
}

bool proc_owner(pid_t pid, uid_t *ret_uid, gid_t *ret_gid)
{
	return one_id(pid, "Uid: %u %u %u %u", ret_uid) &&
	       one_id(pid, "Gid: %u %u %u %u", ret_gid);
}

static bool read_tracer(pid_t pid, char *line, const void *ctx)
{
	(void)pid;
	return sscanf(line, "TracerPid: %d", *(int *const *)ctx) == 1;
}

pid_t proc_tracer(pid_t pid)
{
	int tracer = 0, *at = &tracer;

	find_line(pid, "status", read_tracer, &at);
	return tracer;
}

bool proc_is_ours(pid_t pid)
{
	char path[32], exe[PATH_MAX];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	base = strrchr(exe, '/');
	base = base ? base + 1 : exe;
	n = (ssize_t)strcspn(base, " ");
	return (n == 3 && !strncmp(base, "upd", 3)) ||
	       (n == 4 && !strncmp(base, "updd", 4));
}

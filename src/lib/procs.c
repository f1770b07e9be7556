/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "procs.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number in a mapping's line may be another file's on some other device:
 * overlay and btrfs show a device there that stat() never returns. So the
 * inode selects and stat() decides, through the process's own root. */
static bool same_file(pid_t pid, const char *path, const struct proc_file *f)
{
	char rooted[PATH_MAX + 32];
	struct stat st;

	snprintf(rooted, sizeof(rooted), "/proc/%d/root%s", (int)pid, path);
	return !stat(rooted, &st) && st.st_dev == f->dev && st.st_ino == f->ino;
}

static bool line_matches(pid_t pid, char *line, const struct proc_file *files,
			 size_t n)
{
	unsigned long ino;
	char perms[5];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*x-%*x %4s %*x %*x:%*x %lu %n", perms, &ino, &at) <
		    2 ||
	    perms[2] != 'x' || line[at] != '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (files[i].ino == ino && same_file(pid, line + at, &files[i]))
			return true;
	return false;
}

static bool maps_any(pid_t pid, const struct proc_file *files, size_t n)
{
	char path[32], *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && getline(&line, &size, f) > 0)
		found = line_matches(pid, line, files, n);
	free(line);
	fclose(f);
	return found;
}

int procs_mapping(const struct proc_file *files, size_t n, proc_fn *fn,
		  void *ctx)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return 0;
	while (!rc && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    pid == getpid() || pid == getppid())
			continue;
		if (maps_any(pid, files, n))
			rc = fn(ctx, pid);
	}
	closedir(dir);
	return rc;
}

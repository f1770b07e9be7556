/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is mapped where in a target: /proc/PID/maps, and which files those are.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAPPINGS_MAX = 1 << 18 };

void mappings_release(struct maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		free(maps->list[i].path);
	free(maps->list);
	*maps = (struct maps){0};
}

static bool parse_line(char *line, struct mapping *ret)
{
	unsigned long ino;
	char perms[5];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64
			 " %*x:%*x %lu %n",
		   &ret->start, &ret->end, perms, &ret->offset, &ino, &at) < 5)
		return false;
	ret->ino = ino;
	ret->write = perms[1] == 'w';
	ret->exec = perms[2] == 'x';
	ret->shared = perms[3] == 's';
	ret->path = strdup(line + at);
	return ret->path != NULL;
}

static int add_mapping(struct maps *maps, size_t *cap, char *line)
{
	struct mapping m = {0};
	void *grown;

	if (!parse_line(line, &m))
		return 0;
	if (maps->n == *cap) {
		*cap = *cap ? *cap * 2 : 64;
		grown = realloc(maps->list, *cap * sizeof(m));
		if (!grown || *cap > MAPPINGS_MAX) {
			if (grown)
				maps->list = grown;
			free(m.path);
			return ERR_NOMEM;
		}
		maps->list = grown;
	}
	maps->list[maps->n++] = m;
	return 0;
}

int mappings_read(struct target *t, struct err *err)
{
	struct maps maps = {0};
	char path[32], *line = NULL;
	size_t size = 0, cap = 0;
	FILE *f;
	int rc = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)t->pid);
	f = fopen(path, "re");
	if (!f)
		return err_errno(err, errno, "cannot read the memory map of "
				 "process %d", (int)t->pid);
	while (!rc && getline(&line, &size, f) > 0)
		rc = add_mapping(&maps, &cap, line);
	free(line);
	fclose(f);
	if (rc) {
		mappings_release(&maps);
		return err_set(err, rc, "process %d has too many mappings",
			       (int)t->pid);
	}
	mappings_release(&t->maps);
	t->maps = maps;
	return 0;
}

const struct mapping *mapping_at(const struct target *t, uint64_t addr)
{
	size_t lo = 0, hi = t->maps.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct mapping *m = &t->maps.list[mid];

		if (addr < m->start)
			hi = mid;
		else if (addr >= m->end)
			lo = mid + 1;
		else
			return m;
	}
	return NULL;
}

/* ---- which file ---- */

/* The very file that is mapped, even when it was replaced or deleted; needs a
 * capability. Else by its name in the target's root. */
static int open_mapped(struct target *t, const struct mapping *m)
{
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
		 (int)t->pid, m->start, m->end);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)t->pid, m->path);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* The device that /proc/PID/maps shows is not stat()'s on overlay and btrfs:
 * so the inode selects, and stat() decides. */
bool mapping_is_file(struct target *t, struct mapping *m, dev_t dev, ino_t ino)
{
	struct stat st;
	int fd;

	if (!m->ino || m->path[0] != '/')
		return false;
	if (!m->identified) {
		fd = open_mapped(t, m);
		m->identified = true;
		if (fd >= 0 && !fstat(fd, &st)) {
			m->dev = st.st_dev;
			m->ino = st.st_ino;
		}
		if (fd >= 0)
			close(fd);
	}
	return m->dev == dev && m->ino == ino;
}

size_t mapping_file_bytes(struct target *t, const struct mapping *m,
			  uint64_t addr, void *buf, size_t len)
{
	int fd = open_mapped(t, m);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = pread(fd, buf, len, (off_t)(addr - m->start + m->offset));
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* ---- room for scratch memory ---- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Not below 64 KiB (mmap_min_addr), not next to a stack that may grow. */
bool mappings_gap(const struct target *t, uint64_t addr, uint64_t size,
	      uint64_t reach, uint64_t *ret)
{
	enum { MARGIN = 1 << 20 };
	uint64_t best = 0, low = 65536;
	uint64_t top = t->arch->word_size == 4 ? UINT64_C(0xc0000000)
					       : UINT64_C(0x7ffffffff000);

	for (size_t i = 0; i <= t->maps.n; i++) {
		uint64_t high = i < t->maps.n ? t->maps.list[i].start : top;
		uint64_t at[2];

		if (high > low && high - low >= size + 2 * MARGIN) {
			at[0] = low + MARGIN;
			at[1] = (high - MARGIN - size) & ~UINT64_C(4095);
			for (int k = 0; k < 2; k++)
				if (!best || distance(at[k], addr) <
						     distance(best, addr))
					best = at[k];
		}
		if (i < t->maps.n && t->maps.list[i].end > low)
			low = (t->maps.list[i].end + 4095) & ~UINT64_C(4095);
	}
	if (!best || distance(best, addr) + size + MARGIN > reach)
		return false;
	*ret = best;
	return true;
}

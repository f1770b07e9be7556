/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "maps.h"

#include "buf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAPS_MAX = 1 << 20, /* lines; vm.max_map_count is 65530 by default */
	TEXT_MAX = 256 << 20,
};

/* The kernel writes a newline in a name as \012, and nothing else so. */
static char *unescape(const char *s, size_t len)
{
	char *out = malloc(len + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (len - i >= 4 && !memcmp(s + i, "\\012", 4)) {
			out[n++] = '\n';
			i += 3;
		} else {
			out[n++] = s[i];
		}
	}
	out[n] = 0;
	return out;
}

static int parse_line(const char *line, size_t len, struct map *ret)
{
	static const char gone[] = " (deleted)";
	struct map m = {0};
	char head[160], perms[5];
	size_t n = len < sizeof(head) - 1 ? len : sizeof(head) - 1;
	size_t tail = sizeof(gone) - 1;
	int used = 0;

	memcpy(head, line, n);
	head[n] = 0;
	if (sscanf(head,
		   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64
		   "%n",
		   &m.start, &m.end, perms, &m.offset, &m.major, &m.minor,
		   &m.ino, &used) < 7 ||
	    strlen(perms) != 4 || m.start >= m.end)
		return ERR_FORMAT;
	m.read = perms[0] == 'r';
	m.write = perms[1] == 'w';
	m.exec = perms[2] == 'x';
	m.shared = perms[3] == 's';
	line += used;
	len -= (size_t)used;
	while (len && *line == ' ') {
		line++;
		len--;
	}
	if (m.ino && len > tail && !memcmp(line + len - tail, gone, tail)) {
		m.deleted = true;
		len -= tail;
	}
	m.path = unescape(line, len);
	if (!m.path)
		return ERR_NOMEM;
	*ret = m;
	return 0;
}

static struct map *more(struct maps *maps)
{
	size_t cap = maps->cap ? maps->cap * 2 : 64;
	struct map *list;

	if (maps->n < maps->cap)
		return &maps->list[maps->n];
	if (cap > MAPS_MAX)
		return NULL;
	list = realloc(maps->list, cap * sizeof(*list));
	if (!list)
		return NULL;
	maps->list = list;
	maps->cap = cap;
	return &list[maps->n];
}

static int by_start(const void *a, const void *b)
{
	const struct map *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

int maps_parse(struct maps *ret, const char *text)
{
	struct maps maps = {0};
	struct map *m;
	int rc = 0;

	while (*text && rc != ERR_NOMEM) {
		size_t len = strcspn(text, "\n");

		m = more(&maps);
		rc = m ? parse_line(text, len, m) : ERR_NOMEM;
		if (!rc)
			maps.n++;
		text += len + (text[len] == '\n');
	}
	if (rc == ERR_NOMEM) {
		maps_release(&maps);
		return rc;
	}
	if (maps.n)
		qsort(maps.list, maps.n, sizeof(*maps.list), by_start);
	*ret = maps;
	return 0;
}

void maps_release(struct maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		free(maps->list[i].path);
	free(maps->list);
	*maps = (struct maps){0};
}

const struct map *maps_at(const struct maps *maps, uint64_t addr)
{
	size_t lo = 0, hi = maps->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (maps->list[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < maps->list[lo - 1].end ? &maps->list[lo - 1] : NULL;
}

int proc_read(const char *path, char **ret, struct err *err)
{
	enum { PIECE = 64 << 10 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	struct buf b;
	ssize_t n;
	char *room, *text;

	if (fd < 0)
		return errno == ENOENT
			       ? err_set(err, ERR_GONE,
					 "%s: the process is gone", path)
			       : err_errno(err, errno, "%s", path);
	buf_init(&b);
	do {
		room = buf_reserve(&b, PIECE);
		do {
			n = room ? read(fd, room, PIECE) : -1;
		} while (n < 0 && room && errno == EINTR);
		saved = errno;
		if (n > 0)
			b.len += (size_t)n;
	} while (n > 0 && b.len < TEXT_MAX);
	close(fd);
	text = n < 0 ? NULL : buf_steal(&b);
	buf_release(&b);
	if (n < 0 && room)
		return err_errno(err, saved, "%s", path);
	if (!text)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	*ret = text;
	return 0;
}

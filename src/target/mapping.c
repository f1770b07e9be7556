/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the target maps (/proc/PID/maps), the identity and contents of the
 * mapped files, and gaps for scratch memory.
 *
 * The device that maps shows differs from what stat says on overlay and btrfs:
 * files are compared through stat of the file itself, reached in ways that see
 * what the target sees.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "buf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { VMAS_MAX = 1 << 20, TEXT_MAX = 256 << 20 };

/* ---- reading ------------------------------------------------------------ */

static int slurp(struct target *t, struct buf *b, struct err *err)
{
	struct task *task = target_any_task(t);
	char path[64];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps",
		 (int)(task ? task->tid : t->pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno,
				 "cannot read the memory map of "
				 "process %d",
				 (int)t->pid);
	while (b->len < TEXT_MAX && buf_reserve(b, 65536) &&
	       (n = read(fd, b->data + b->len, 65536)) > 0)
		b->len += (size_t)n;
	close(fd);
	if (buf_failed(b))
		return err_set(err, ERR_NOMEM, "out of memory");
	if (n < 0 || b->len == 0)
		return err_set(err, ERR_GONE, "process %d is gone",
			       (int)t->pid);
	return 0;
}

static bool parse_line(char *line, struct vma *v)
{
	unsigned major, minor;
	uintmax_t ino;
	char perms[5];
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %ju %n",
		   &v->start, &v->end, perms, &v->offset, &major, &minor, &ino,
		   &at) != 7)
		return false;
	v->read = perms[0] == 'r';
	v->write = perms[1] == 'w';
	v->exec = perms[2] == 'x';
	v->shared = perms[3] == 's';
	v->dev = makedev(major, minor);
	v->ino = (ino_t)ino;
	v->path = at ? line + at : "";
	return v->start < v->end;
}

static int parse(struct mapping *m, struct err *err)
{
	size_t cap = 1;
	char *line = m->text;

	for (const char *p = m->text; (p = strchr(p, '\n')); p++)
		cap++;
	if (cap > VMAS_MAX)
		return err_set(err, ERR_LIMIT, "too many mappings");
	m->v = calloc(cap, sizeof(*m->v));
	if (!m->v)
		return err_set(err, ERR_NOMEM, "out of memory");
	while (line && *line && m->n < cap) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (parse_line(line, &m->v[m->n]))
			m->n++;
		line = end ? end + 1 : NULL;
	}
	return 0;
}

void mapping_release(struct mapping *m)
{
	free(m->v);
	free(m->text);
	*m = (struct mapping){0};
}

int mapping_read(struct target *t, struct mapping *ret, struct err *err)
{
	struct mapping m = {0};
	struct buf b;
	int rc;

	buf_init(&b);
	rc = slurp(t, &b, err);
	m.text = rc ? NULL : buf_steal(&b);
	buf_release(&b);
	if (!rc && !m.text)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (!rc)
		rc = parse(&m, err);
	/* killed, and not reaped yet: the file can be read, and is empty */
	if (!rc && !m.n)
		rc = err_set(err, ERR_GONE, "process %d is gone", (int)t->pid);
	if (rc) {
		mapping_release(&m);
		return rc;
	}
	*ret = m;
	return 0;
}

static void close_files(struct target *t)
{
	list_for_each (node, &t->files) {
		struct file *f = container_of(node, struct file, node);

		if (f->fd >= 0)
			close(f->fd);
		f->fd = -1;
	}
}

int mapping_begin(struct target *t, struct err *err)
{
	int rc = 0;

	if (!t->map_users)
		rc = mapping_read(t, &t->map, err);
	if (!rc)
		t->map_users++;
	return rc;
}

void mapping_end(struct target *t)
{
	if (--t->map_users)
		return;
	mapping_release(&t->map);
	close_files(t);
}

const struct vma *mapping_at(const struct mapping *m, uint64_t addr)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (addr < m->v[mid].start)
			hi = mid;
		else if (addr >= m->v[mid].end)
			lo = mid + 1;
		else
			return &m->v[mid];
	}
	return NULL;
}

/* ---- files -------------------------------------------------------------- */

void mapping_forget_files(struct target *t)
{
	close_files(t);
	list_for_each_safe (node, &t->files) {
		list_remove(node);
		free(container_of(node, struct file, node));
	}
}

static struct file *file_of(struct target *t, const struct vma *v)
{
	struct file *f;

	list_for_each (node, &t->files) {
		f = container_of(node, struct file, node);
		if (f->map_ino == v->ino && f->map_dev == v->dev &&
		    !strcmp(f->path, v->path))
			return f;
	}
	f = calloc(1, sizeof(*f) + strlen(v->path) + 1);
	if (!f)
		return NULL;
	f->map_dev = v->dev;
	f->map_ino = v->ino;
	f->fd = -1;
	strcpy(f->path, v->path);
	list_push(&t->files, &f->node);
	return f;
}

/* What the kernel says this very mapping is; needs rights that not every user
 * has. */
static int open_exactly(struct target *t, const struct vma *v)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
		 (int)t->pid, v->start, v->end);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* By name, in the target's root; only if that is still the same file. */
static int open_by_name(struct target *t, const struct vma *v,
			const char *format)
{
	char path[4200];
	struct stat st;
	int fd;

	if (snprintf(path, sizeof(path), format, (int)t->pid, v->path) >=
	    (int)sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 && !fstat(fd, &st) && st.st_ino == v->ino &&
	    S_ISREG(st.st_mode))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int file_open(struct target *t, struct file *f, const struct vma *v)
{
	struct stat st;

	if (f->fd >= 0)
		return 0;
	if (v->path[0] != '/')
		return ERR_NOENT;
	f->fd = open_exactly(t, v);
	if (f->fd < 0)
		f->fd = open_by_name(t, v, "/proc/%d/root%s");
	if (f->fd < 0)
		f->fd = open_by_name(t, v, "/proc/%d/exe");
	if (f->fd < 0)
		return ERR_NOENT;
	if (fstat(f->fd, &st) || !S_ISREG(st.st_mode)) {
		close(f->fd);
		f->fd = -1;
		return ERR_NOENT;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->known = true;
	return 0;
}

bool mapping_same_file(struct target *t, const struct vma *v, dev_t dev,
		       ino_t ino)
{
	struct file *f;

	if (!v->ino || v->path[0] != '/')
		return false;
	if (v->ino == ino && v->dev == dev)
		return true;
	f = file_of(t, v);
	if (!f || (!f->known && file_open(t, f, v)))
		return false;
	return f->dev == dev && f->ino == ino;
}

bool mapping_is_huge(struct target *t, const struct vma *v)
{
	struct file *f = file_of(t, v);
	struct statfs st;

	return f && !file_open(t, f, v) && !fstatfs(f->fd, &st) &&
	       st.f_type == HUGETLBFS_MAGIC;
}

int mapping_file_read(struct target *t, const struct vma *v, uint64_t offset,
		      void *buf, size_t len, struct err *err)
{
	struct file *f = file_of(t, v);
	ssize_t n;

	if (!f || file_open(t, f, v))
		return err_set(err, ERR_REFUSED,
			       "%s: the file that process %d "
			       "has mapped cannot be opened to compare it "
			       "with the memory; it may have been replaced "
			       "since: restart the process",
			       v->path, (int)t->pid);
	n = pread(f->fd, buf, len, (off_t)offset);
	if (n != (ssize_t)len)
		return err_set(err, ERR_REFUSED,
			       "%s: cannot be read at offset "
			       "0x%" PRIx64,
			       v->path, offset);
	return 0;
}

/* ---- gaps --------------------------------------------------------------- */

enum { MARGIN = 64 * 1024 };
static const uint64_t ROOM_TO_GROW = UINT64_C(256) << 20;

static uint64_t distance(uint64_t low, uint64_t high, uint64_t at,
			 uint64_t size)
{
	return at >= high ? at + size - low : high - at;
}

/* The best place in one gap: as high as it can be, for that is where the
 * kernel itself puts new mappings. 0: none. */
static uint64_t place_in(uint64_t from, uint64_t to, uint64_t low,
			 uint64_t size, uint64_t reach)
{
	uint64_t at;

	if (to < size || to - size < from)
		return 0;
	at = to - size;
	if (at > low && at + size - low > reach)
		at = low + reach > size ? low + reach - size : 0;
	at &= ~UINT64_C(0xffff);
	return at >= from ? at : 0;
}

/* Ours, by the name that scratch.c gives it. */
bool mapping_is_scratch(const struct vma *v)
{
	return !strncmp(v->path, "/memfd:upd", 10);
}

/* A place of `size` bytes that reaches, and is reached from, [low, high). The
 * heap may grow upwards, the stack downwards: both keep room. */
int mapping_find_gap(const struct mapping *m, uint64_t low, uint64_t high,
		     uint64_t size, uint64_t reach, uint64_t *ret)
{
	uint64_t from = MARGIN, best = 0;

	for (size_t i = 0; i < m->n; i++) {
		uint64_t to = m->v[i].start, at;
		bool is_stack = !strcmp(m->v[i].path, "[stack]");

		if (i && !strcmp(m->v[i - 1].path, "[heap]"))
			from += ROOM_TO_GROW;
		if (is_stack)
			to = to > ROOM_TO_GROW ? to - ROOM_TO_GROW : 0;
		at = to > from ? place_in(from, to, low, size, reach) : 0;
		if (at && distance(low, high, at, size) < reach &&
		    (!best || distance(low, high, at, size) <
				      distance(low, high, best, size)))
			best = at;
		from = m->v[i].end;
	}
	if (!best)
		return ERR_LIMIT;
	*ret = best;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCES_MAX = 64, SOURCE_DEPTH_MAX = 16 };

const struct source *source_at(const struct lang *l, uint32_t pos)
{
	const struct source *s = l->sources;

	for (size_t i = 1; i < l->nsources && l->sources[i].at.begin <= pos;
	     i++)
		s = &l->sources[i];
	return s;
}

static struct source *add(struct lang *l, const char *name, char *text,
			  size_t len)
{
	struct source *s =
		arena_push(&l->arena, &l->sources, &l->nsources, sizeof(*s));

	s->name = name;
	s->at.begin = (uint32_t)l->len;
	s->at.end = (uint32_t)(l->len + len);
	l->text = text;
	l->len += len;
	return s;
}

void source_init(struct lang *l, const char *text, size_t len)
{
	add(l, l->opts.name, arena_strndup(&l->arena, text, len), len);
}

/* ---- files ---- */

/* Where a relative path is looked for: beside the file that names it, where
 * the user stands, and in the folders of -I. */
static const char *candidate(struct lang *l, const char *from, const char *path,
			     size_t i)
{
	const char *slash = strrchr(from, '/');

	if (*path == '/')
		return i ? NULL : path;
	if (!i)
		return slash ? arena_printf(&l->arena, "%.*s/%s",
					    (int)(slash - from), from, path)
			     : path;
	if (i == 1)
		return path;
	return i - 2 < l->opts.ninclude_dirs
		       ? arena_printf(&l->arena, "%s/%s",
				      l->opts.include_dirs[i - 2], path)
		       : NULL;
}

static int open_at(struct lang *l, const char *name)
{
	if (*name != '/' && l->opts.cwd)
		name = arena_printf(&l->arena, "%s/%s", l->opts.cwd, name);
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* -1: nowhere, and why not in errno. */
static int open_any(struct lang *l, const char *from, const char *path,
		    size_t first, const char **ret_name)
{
	int fd = -1, why = ENOENT;
	const char *name;

	for (size_t i = first; (name = candidate(l, from, path, i)); i++) {
		fd = open_at(l, name);
		if (fd >= 0) {
			*ret_name = name;
			return fd;
		}
		if (errno != ENOENT)
			why = errno;
	}
	errno = why;
	return -1;
}

static bool read_all(int fd, char *to, size_t n)
{
	ssize_t got;

	for (; n; n -= (size_t)got, to += got) {
		got = read(fd, to, n);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			return false;
	}
	return true;
}

/* NULL, or what is wrong. A file that is there already has *ret = NULL. */
static const char *take(struct lang *l, int fd, const char *name,
			struct source **ret)
{
	struct source *s;
	struct stat st;
	size_t len;
	char *text;

	*ret = NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return "it is not a regular file";
	for (size_t i = 0; i < l->nsources; i++)
		if (l->sources[i].ino == st.st_ino &&
		    l->sources[i].dev == st.st_dev && st.st_ino)
			return NULL;
	if (st.st_size < 0 || st.st_size > LANG_TEXT_MAX - (off_t)l->len - 2 ||
	    l->nsources >= SOURCES_MAX)
		return "the program becomes too long";
	len = (size_t)st.st_size;
	text = arena_alloc(&l->arena, l->len + len + 2);
	memcpy(text, l->text, l->len);
	text[l->len] = '\n';
	if (!read_all(fd, text + l->len + 1, len))
		return "it cannot be read";
	l->len++;
	s = add(l, name, text, len);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	*ret = s;
	return NULL;
}

static void complain(struct lang *l, struct range at, const char *path,
		     const char *why)
{
	diag_error(l, at, "%s: %s", path, why);
}

/* Reads and parses a file; false: it was not found (errno). */
static bool load(struct lang *l, struct range at, const char *path,
		 size_t first, bool header)
{
	const struct source *from = source_at(l, at.begin);
	unsigned depth = from->depth + 1;
	const char *name, *why;
	struct source *s;
	int fd = open_any(l, from->name, path, first, &name);

	if (fd < 0)
		return false;
	if (depth > SOURCE_DEPTH_MAX) {
		why = "the files are nested too deep";
		s = NULL;
	} else {
		why = take(l, fd, name, &s);
	}
	close(fd);
	if (why) {
		complain(l, at, path, why);
	} else if (s) {
		s->depth = depth;
		parse_source(l, s->at, header);
	}
	return true;
}

/* ---- what names them ---- */

void parse_import(struct parser *p)
{
	struct range at;
	const char *path;

	parse_next(p);
	path = p->tok.str;
	at = (struct range){p->tok.begin, p->tok.end};
	parse_next(p);
	parse_accept(p, T_SEMI);
	if (!load(p->l, at, path, 0, false))
		complain(p->l, at, path, strerror(errno));
}

/* #include "PATH" is looked for beside the file, <PATH> only in -I: the
 * system's headers hold more than declarations. */
void parse_include(struct parser *p)
{
	struct range at = {p->tok.begin, p->tok.end};
	const char *open = strpbrk(p->tok.str, "<\""), *close = NULL, *path;
	bool angle = open && *open == '<';

	if (open)
		close = strchr(open + 1, angle ? '>' : '"');
	parse_next(p);
	if (!close) {
		diag_error(p->l, at, "this is written #include \"FILE\"");
		return;
	}
	path = arena_strndup(&p->l->arena, open + 1,
			     (size_t)(close - open) - 1);
	if (load(p->l, at, path, angle ? 2 : 0, true))
		return;
	if (!angle) {
		complain(p->l, at, path, strerror(errno));
		return;
	}
	if (p->in_header)
		return;
	diag_warn(p->l, at,
		  "<%s> is not read: types come from the traced program's "
		  "debug information and from structs declared in the script",
		  path);
}

void sources_include(struct lang *l)
{
	for (size_t i = 0; i < l->opts.nincludes; i++) {
		const char *path = l->opts.includes[i];

		if (!load(l, (struct range){0, 0}, path, 1, true))
			complain(l, (struct range){0, 0}, path,
				 strerror(errno));
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the rest of a module's debug information is: by build id and
 * .gnu_debuglink in the debug folders, packed in .gnu_debugdata, or moved out
 * by dwz. A file that does not belong to the module is passed by.
 */
#include <config.h>

#include "module-int.h"

#include "buf.h"
#include "log.h"

#include <elf.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MINI_MAX = 256 << 20, /* bytes that .gnu_debugdata may unpack to */
	LZMA_MEMORY = 128 << 20,
};

/* The mapped file, or NULL with a line in the log when it is there but of no
 * use. */
static struct elffile *map_file(const char *path)
{
	struct elffile *f;
	struct stat st;
	struct err err;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    !(f = calloc(1, sizeof(*f)))) {
		close(fd);
		return NULL;
	}
	if (elffile_map(f, fd, (uint64_t)st.st_size, &err)) {
		log_warn("%s %s: not used", path, err.text);
		elffile_release(f);
		free(f);
		f = NULL;
	}
	close(fd);
	return f;
}

static void drop_file(struct elffile *f)
{
	if (f)
		elffile_release(f);
	free(f);
}

static bool same_id(const struct elffile *f, const uint8_t *id, size_t len)
{
	const uint8_t *other;
	size_t n = build_id_of(f, &other);

	return n == len && !memcmp(id, other, len);
}

/* ---- where to look ---- */

/* A module of another mount namespace was opened through /proc/PID/root: its
 * debug files may be there, too. */
static size_t root_len(const struct module *m)
{
	const char *p = m->open_path;
	size_t digits;

	if (strncmp(p, "/proc/", 6))
		return 0;
	digits = strspn(p + 6, "0123456789");
	if (!digits || strncmp(p + 6 + digits, "/root/", 6))
		return 0;
	return 6 + digits + 5;
}

/* Calls fn with each debug folder, the namespace's own ones first, until it
 * finds something. */
typedef struct elffile *dir_fn(struct module *m, void *ctx, const char *dir);

static struct elffile *each_dir(struct module *m, dir_fn *fn, void *ctx)
{
	size_t root = root_len(m), len;
	struct elffile *f = NULL;
	struct buf dir;

	buf_init(&dir);
	for (int pass = root ? 0 : 1; !f && pass < 2; pass++) {
		for (const char *p = m->debug_dirs; !f && *p;) {
			len = strcspn(p, ":");
			buf_clear(&dir);
			if (!pass)
				buf_add(&dir, m->open_path, root);
			buf_add(&dir, p, len);
			if (len)
				f = fn(m, ctx, buf_str(&dir));
			p += len + (p[len] == ':');
		}
	}
	buf_release(&dir);
	return f;
}

struct wanted_id {
	const uint8_t *id;
	size_t len;
};

static struct elffile *by_id(struct module *m, void *ctx, const char *dir)
{
	const struct wanted_id *w = ctx;
	struct elffile *f;
	struct buf path;

	(void)m;
	buf_init(&path);
	buf_printf(&path, "%s/.build-id/%02x/", dir, w->id[0]);
	for (size_t i = 1; i < w->len; i++)
		buf_printf(&path, "%02x", w->id[i]);
	buf_add_str(&path, ".debug");
	f = map_file(buf_str(&path));
	buf_release(&path);
	if (f && !same_id(f, w->id, w->len)) {
		drop_file(f);
		f = NULL;
	}
	return f;
}

/* ---- .gnu_debuglink ---- */

/* The CRC of .gnu_debuglink: CRC-32 as in zlib. */
static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	return lzma_crc32(p, n, 0);
}

struct link {
	const char *name;
	uint32_t crc;
};

static bool read_link(const struct elffile *f, struct link *ret)
{
	size_t len, name;
	const uint8_t *data =
		elffile_bytes(f, elffile_section(f, ".gnu_debuglink"), &len);

	if (!data || !memchr(data, 0, len))
		return false;
	ret->name = (const char *)data;
	name = (strlen(ret->name) + 4) & ~(size_t)3;
	if (!in_range(name, 4, len) || !*ret->name || strchr(ret->name, '/'))
		return false;
	ret->crc = elf_u32(f, data + name);
	return true;
}

/* Where both have a build id it decides, and no checksum need be made. */
static struct elffile *try_link(struct module *m, const struct link *link,
				const char *path)
{
	struct elffile *f = map_file(path);
	const uint8_t *id;
	bool ok;

	if (!f)
		return NULL;
	if (m->build_id_len && build_id_of(f, &id))
		ok = same_id(f, m->build_id, m->build_id_len);
	else
		ok = crc32_of(f->data, f->size) == link->crc;
	if (ok)
		return f;
	log_info("%s does not belong to %s: not used", path, m->path);
	drop_file(f);
	return NULL;
}

static struct elffile *link_in_dir(struct module *m, void *ctx, const char *dir)
{
	const char *slash = strrchr(m->path, '/');
	struct elffile *f;
	struct buf path;

	if (m->path[0] != '/')
		return NULL;
	buf_init(&path);
	buf_printf(&path, "%s%.*s/%s", dir, slash ? (int)(slash - m->path) : 0,
		   m->path, ((struct link *)ctx)->name);
	f = try_link(m, ctx, buf_str(&path));
	buf_release(&path);
	return f;
}

static struct elffile *by_link(struct module *m)
{
	static const char *const places[] = {"", ".debug/"};
	const char *slash = strrchr(m->open_path, '/');
	int dir = slash ? (int)(slash - m->open_path) + 1 : 0;
	struct elffile *f = NULL;
	struct link link;
	struct buf path;

	if (!read_link(&m->file, &link))
		return NULL;
	for (size_t i = 0; !f && i < 2; i++) {
		buf_init(&path);
		buf_printf(&path, "%.*s%s%s", dir, m->open_path, places[i],
			   link.name);
		f = try_link(m, &link, buf_str(&path));
		buf_release(&path);
	}
	return f ? f : each_dir(m, link_in_dir, &link);
}

struct elffile *module_debug_file(struct module *m)
{
	struct wanted_id w = {m->build_id, m->build_id_len};

	if (m->debug_sought)
		return m->debug;
	m->debug_sought = true;
	if (w.len)
		m->debug = each_dir(m, by_id, &w);
	if (!m->debug)
		m->debug = by_link(m);
	return m->debug;
}

/* ---- dwz ---- */

struct elffile *module_alt_file(struct module *m, const char *name,
				const uint8_t *id, size_t id_len)
{
	struct wanted_id w = {id, id_len};
	struct buf path;

	if (m->alt || id_len < 2 || id_len > 64)
		return m->alt;
	m->alt = each_dir(m, by_id, &w);
	if (m->alt || name[0] != '/')
		return m->alt;
	buf_init(&path);
	for (int pass = root_len(m) ? 0 : 1; !m->alt && pass < 2; pass++) {
		buf_clear(&path);
		if (!pass)
			buf_add(&path, m->open_path, root_len(m));
		buf_add_str(&path, name);
		m->alt = map_file(buf_str(&path));
		if (m->alt && !same_id(m->alt, id, id_len)) {
			drop_file(m->alt);
			m->alt = NULL;
		}
	}
	buf_release(&path);
	return m->alt;
}

/* ---- .gnu_debugdata ---- */

/* Unpacks in pieces: the size is known at the end only. */
static bool unpack(const uint8_t *data, size_t len, struct buf *out)
{
	enum { PIECE = 1 << 20 };
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_stream_decoder(&s, LZMA_MEMORY, 0);
	uint8_t *room;

	s.next_in = data;
	s.avail_in = len;
	while (rc == LZMA_OK && out->len < MINI_MAX) {
		room = buf_reserve(out, PIECE);
		if (!room)
			break;
		s.next_out = room;
		s.avail_out = PIECE;
		rc = lzma_code(&s, LZMA_FINISH);
		out->len += PIECE - s.avail_out;
	}
	lzma_end(&s);
	return rc == LZMA_STREAM_END;
}

struct elffile *module_mini_file(struct module *m)
{
	struct elffile *f;
	struct buf out;
	size_t len, size;
	const uint8_t *data;
	char *bytes;

	if (m->mini_sought)
		return m->mini;
	m->mini_sought = true;
	data = elffile_bytes(&m->file,
			     elffile_section(&m->file, ".gnu_debugdata"), &len);
	if (!data)
		return NULL;
	buf_init(&out);
	f = unpack(data, len, &out) ? calloc(1, sizeof(*f)) : NULL;
	size = out.len;
	bytes = f ? buf_steal(&out) : NULL;
	if (f && elffile_parse(f, bytes, bytes ? size : 0, false, NULL)) {
		drop_file(f);
		f = NULL;
	}
	if (!f)
		log_warn("%s: its .gnu_debugdata is damaged: not used",
			 m->path);
	buf_release(&out);
	m->mini = f;
	return f;
}

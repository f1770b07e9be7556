/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Libraries by the names people use: in the maps of a process, in ld.so's
 * cache, in the standard folders.
 */
#include <config.h>

#include "maps.h"

#include "debuginfo.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_MAX = 64 << 20 };

/* The layout of /etc/ld.so.cache since glibc 2.2; numbers in the byte order of
 * the machine that wrote it. */
static const char cache_magic[] = "glibc-ld.so.cache1.1";

struct cache_header {
	char magic[20];
	uint32_t nlibs, len_strings;
	uint8_t flags, pad[3];
	uint32_t extension, unused[3];
};

struct cache_entry {
	int32_t flags;
	uint32_t key, value; /* offsets of strings from the header */
	uint32_t os_version;
	uint64_t hwcap;
};

/* ---- does a file's name match? ---- */

/* The part of "libssl.so.3" or "libpython3.11.so" before ".so", of
 * "ld-linux-x86-64.so.2" too. */
static size_t stem_len(const char *base)
{
	const char *so = strstr(base, ".so");

	while (so && so[3] && so[3] != '.')
		so = strstr(so + 1, ".so");
	return so ? (size_t)(so - base) : strlen(base);
}

/* "c", "libc", "libc.so", "libc.so.6" all name libc.so.6. A name that tells
 * a version asks for that one ("libssl.so.3" is also libssl.so.3.0.2). */
static bool is_library(const char *base, const char *name)
{
	size_t stem = stem_len(base), want = stem_len(name), len = strlen(name);

	if (!base[stem])
		return false;
	if (name[want] && strcmp(name + want, ".so"))
		return !strncmp(base, name, len) &&
		       (!base[len] || base[len] == '.');
	if (stem == want && !memcmp(base, name, want))
		return true;
	return stem == want + 3 && !memcmp(base, "lib", 3) &&
	       !memcmp(base + 3, name, want);
}

static int hand_out(const char *path, char *ret, size_t size, struct err *err)
{
	size_t len = strlen(path);

	if (len >= size)
		return err_set(err, ERR_LIMIT, "%s: the path is too long",
			       path);
	memcpy(ret, path, len + 1);
	return 0;
}

/* ---- in a process ---- */

static int find_mapped(const char *name, pid_t pid, char *ret, size_t size,
		       struct err *err)
{
	struct maps maps;
	char path[64], *text;
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	rc = proc_read(path, &text, err);
	if (rc)
		return rc;
	rc = maps_parse(&maps, text);
	free(text);
	if (rc)
		return err_set(err, rc, "out of memory");
	rc = ERR_NOENT;
	for (size_t i = 0; rc == ERR_NOENT && i < maps.n; i++) {
		const char *base = strrchr(maps.list[i].path, '/');

		if (base && maps.list[i].ino && maps.list[i].exec &&
		    is_library(base + 1, name))
			rc = hand_out(maps.list[i].path, ret, size, err);
	}
	maps_release(&maps);
	return rc;
}

/* ---- in the cache ---- */

static char *load(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *data = NULL;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= CACHE_MAX)
		data = malloc((size_t)st.st_size);
	if (data)
		n = read(fd, data, (size_t)st.st_size);
	close(fd);
	if (n <= 0) {
		free(data);
		return NULL;
	}
	*ret_len = (size_t)n;
	return data;
}

static const char *cache_string(const char *base, size_t len, uint32_t off)
{
	return off < len && memchr(base + off, 0, len - off) ? base + off
							     : NULL;
}

/* Whose programs load a file: the cache holds those of several. */
struct elf_abi {
	uint8_t elf_class;
	uint16_t machine;
};

static bool read_abi(const char *path, struct elf_abi *ret)
{
	Elf32_Ehdr head; /* the same up to e_machine in both classes */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, &head, sizeof(head));
	close(fd);
	if (n != sizeof(head) || memcmp(head.e_ident, ELFMAG, SELFMAG))
		return false;
	ret->elf_class = head.e_ident[EI_CLASS];
	ret->machine = head.e_machine;
	return true;
}

static bool is_of(const struct elf_abi *abi, const char *path)
{
	struct elf_abi has;

	return read_abi(path, &has) && has.elf_class == abi->elf_class &&
	       has.machine == abi->machine;
}

static bool search_cache(const char *data, size_t len, const char *name,
			 const struct elf_abi *abi, char *ret, size_t size,
			 struct err *err)
{
	struct cache_header head;
	struct cache_entry e;
	const char *key, *value;

	if (len < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (memcmp(head.magic, cache_magic, sizeof(head.magic)) ||
	    head.nlibs > (len - sizeof(head)) / sizeof(e))
		return false;
	for (uint32_t i = 0; i < head.nlibs; i++) {
		memcpy(&e, data + sizeof(head) + i * sizeof(e), sizeof(e));
		key = cache_string(data, len, e.key);
		value = cache_string(data, len, e.value);
		if (key && value && value[0] == '/' && is_library(key, name) &&
		    is_of(abi, value) && !hand_out(value, ret, size, err))
			return true;
	}
	return false;
}

/* An old-format table may come first; the new one is then behind it. */
static bool find_cached(const char *name, const struct elf_abi *abi, char *ret,
			size_t size, struct err *err)
{
	size_t len;
	char *data = load("/etc/ld.so.cache", &len), *at;
	bool found = false;

	at = data ? memmem(data, len, cache_magic, sizeof(cache_magic) - 1)
		  : NULL;
	if (at)
		found = search_cache(at, len - (size_t)(at - data), name, abi,
				     ret, size, err);
	free(data);
	return found;
}

/* As the cache has them: by any name that a program may ask for. */
static bool find_in_folder(const char *dir, const char *name,
			   const struct elf_abi *abi, char *ret, size_t size)
{
	struct dirent *e;
	char path[4096];
	bool found = false;
	DIR *d = opendir(dir);

	while (d && !found && (e = readdir(d)))
		found = (is_library(e->d_name, name) ||
			 !strcmp(e->d_name, name)) &&
			(size_t)snprintf(path, sizeof(path), "%s/%s", dir,
					 e->d_name) < sizeof(path) &&
			is_of(abi, path) && !hand_out(path, ret, size, NULL);
	if (d)
		closedir(d);
	return found;
}

static bool find_in_folders(const char *name, const struct elf_abi *abi,
			    char *ret, size_t size)
{
	static const char *const dirs[] = {"/lib64", "/usr/lib64", "/lib",
					   "/usr/lib", "/usr/local/lib"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (find_in_folder(dirs[i], name, abi, ret, size))
			return true;
	return false;
}

int library_find_for(const char *name, pid_t pid, char *ret, size_t size,
		     struct err *err)
{
	struct elf_abi abi;
	char exe[32] = "/proc/self/exe";

	if (!*name || strchr(name, '/'))
		return err_set(err, ERR_INVAL, "%s is not a library's name",
			       *name ? name : "\"\"");
	if (pid > 0)
		snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	if (!read_abi(exe, &abi))
		return err_set(err, ERR_NOENT,
			       "cannot tell which libraries a program like %s "
			       "loads",
			       exe);
	if (find_cached(name, &abi, ret, size, err) ||
	    find_in_folders(name, &abi, ret, size))
		return 0;
	return err_set(err, ERR_NOENT,
		       "no library %s: it is neither in "
		       "ld.so's cache nor in the standard folders",
		       name);
}

int library_find(const char *name, pid_t pid, char *ret, size_t size,
		 struct err *err)
{
	int rc;

	if (pid <= 0 || !*name || strchr(name, '/'))
		return library_find_for(name, 0, ret, size, err);
	rc = find_mapped(name, pid, ret, size, err);
	return rc == ERR_NOENT ? err_set(err, rc,
					 "process %d has no library "
					 "%s mapped",
					 (int)pid, name)
			       : rc;
}

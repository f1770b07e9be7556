/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The choice depends on the processor, so it falls here as it does in the
 * traced program, where both have mapped the same file: our own linker's
 * answer is asked for. That is the C library, which has nearly all of them.
 * Where the environment of a process may make it choose otherwise, we do not
 * know.
 */
#define _GNU_SOURCE
#include "ifunc.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the linker of this process was told to pretend another processor. */
static bool is_tuned(pid_t pid)
{
	static const char setting[] = "GLIBC_TUNABLES=";
	char path[64], text[65536];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text));
	close(fd);
	return n > 0 &&
	       memmem(text, (size_t)n, setting, sizeof(setting) - 1);
}

static bool is_file(const char *path, const struct module *m)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == module_dev(m) &&
	       st.st_ino == module_ino(m);
}

/* The address of `name` in our own copy of the library. */
static int chosen_here(void *library, const struct module *m, const char *name,
		       uint64_t *ret_vaddr)
{
	void *addr = dlsym(library, name);
	struct link_map *map;
	Dl_info info;

	if (!addr ||
	    !dladdr1(addr, &info, (void **)&map, RTLD_DL_LINKMAP) ||
	    !is_file(info.dli_fname, m))
		return ERR_UNSUPP;
	*ret_vaddr = (uint64_t)(uintptr_t)addr - map->l_addr;
	return 0;
}

int ifunc_chosen(const struct module *m, const char *name, const pid_t *pids,
		 size_t npids, uint64_t *ret_vaddr)
{
	void *library;
	int rc;

	for (size_t i = 0; i < npids; i++)
		if (is_tuned(pids[i]))
			return ERR_UNSUPP;
	library = dlopen(module_path(m), RTLD_LAZY | RTLD_NOLOAD);
	if (!library)
		return ERR_UNSUPP;
	rc = chosen_here(library, m, name, ret_vaddr);
	dlclose(library);
	return rc;
}

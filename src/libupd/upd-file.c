/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files by the names that people use, symbols of addresses, call stacks.
 */
#include "upd-int.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	struct list node; /* upd->files */
	struct module *module;
};

void files_free(struct list *files)
{
	list_for_each_safe (node, files) {
		struct file *f = container_of(node, struct file, node);

		module_close(f->module);
		free(f);
	}
}

/* Once per file. */
static int open_once(struct upd *u, const char *path, const char *open_path,
		     struct module **ret, struct err *err)
{
	struct file *f;
	struct stat st;
	int rc;

	if (!stat(open_path, &st))
		list_for_each (node, &u->files) {
			f = container_of(node, struct file, node);
			if (module_dev(f->module) != st.st_dev ||
			    module_ino(f->module) != st.st_ino)
				continue;
			*ret = f->module;
			return 0;
		}
	f = calloc(1, sizeof(*f));
	if (!f)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = module_open(path, open_path, NULL, &f->module, err);
	if (rc) {
		free(f);
		return rc;
	}
	list_push(&u->files, &f->node);
	*ret = f->module;
	return 0;
}

/* A path as the process sees it: its root may be a container's. */
static int open_absolute(struct upd_process *p, const char *path,
			 struct module **ret, struct err *err)
{
	char rooted[PATH_MAX + 32];

	snprintf(rooted, sizeof(rooted), "/proc/%d/root%s", (int)upd_pid(p),
		 path);
	return open_once(p->shared->u, path,
			 access(rooted, F_OK) ? path : rooted, ret, err);
}

static int program_gone(const struct upd_process *p, struct err *err)
{
	return err_set(err, ERR_GONE, "process %d is gone", (int)upd_pid(p));
}

static int open_program(struct upd_process *p, struct module **ret,
			struct err *err)
{
	char open_path[64], path[PATH_MAX];
	ssize_t n;
	int rc;

	snprintf(open_path, sizeof(open_path), "/proc/%d/exe", (int)upd_pid(p));
	n = readlink(open_path, path, sizeof(path) - 1);
	if (n < 0 && (errno == ENOENT || errno == ESRCH))
		return program_gone(p, err);
	if (n < 0)
		return err_errno(err, errno,
				 "cannot tell which program process %d runs",
				 (int)upd_pid(p));
	path[n] = '\0';
	rc = open_once(p->shared->u, path, open_path, ret, err);
	/* Its end may have come in between. */
	if (rc == ERR_NOENT && access(open_path, F_OK))
		return program_gone(p, err);
	return rc;
}

int file_open(struct upd_process *p, const char *name, struct module **ret,
	      struct err *err)
{
	char path[PATH_MAX];
	int rc;

	if (!name)
		return open_program(p, ret, err);
	if (*name == '/')
		return open_absolute(p, name, ret, err);
	if (strchr(name, '/')) {
		if (!realpath(name, path))
			return err_errno(err, errno, "cannot open %s", name);
		return open_once(p->shared->u, path, path, ret, err);
	}
	rc = library_find(name, upd_pid(p), path, sizeof(path), err);
	if (rc == ERR_NOENT) /* not mapped yet */
		rc = library_find_for(name, upd_pid(p), path, sizeof(path),
				      err);
	return rc ? rc : open_absolute(p, path, ret, err);
}

/* ---- addresses ---------------------------------------------------------- */

/* What the process maps, read again when that has changed. */
static struct space *current_space(struct shared *s)
{
	struct err err;

	if (!s->space) {
		if (space_new(target_pid(s->target), NULL, &s->space, &err))
			return NULL;
	} else if (s->space_stale) {
		space_refresh(s->space, NULL);
	}
	s->space_stale = false;
	return s->space;
}

size_t upd_hit_stack(const struct upd_hit *hit, uint64_t *ips, size_t max)
{
	struct target *t = task_target(hit->task);
	struct space *space;

	if (!max || !api_enter_process(hit->process))
		return 0;
	space = current_space(hit->process->shared);
	if (!space) {
		*ips = upd_hit_addr(hit);
		return 1;
	}
	return space_unwind(space, target_arch(t), hit->regs, target_mem(t),
			    ips, max);
}

size_t upd_symbol(struct upd_process *p, uint64_t addr, char *buf, size_t size)
{
	struct frame_text text = {0};
	struct space *space = NULL;
	int n;

	if (api_enter_process(p))
		space = current_space(p->shared);
	if (space)
		space_describe(space, addr, true, false, &text);
	if (!text.name)
		n = snprintf(buf, size, "0x%" PRIx64, addr);
	else if (!text.offset)
		n = snprintf(buf, size, "%s", text.name);
	else
		n = snprintf(buf, size, "%s+%" PRIu64, text.name, text.offset);
	if (n < 0 || !size)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

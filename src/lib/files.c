/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The module of path, opened through open_path, once per file. */
static int open_file(struct script *s, const char *path, const char *open_path,
		     struct module **ret, struct err *err)
{
	struct script_file *f;
	struct module *m;
	struct stat st;
	int rc;

	if (!stat(open_path ? open_path : path, &st)) {
		for (size_t i = 0; i < s->nfiles; i++) {
			if (s->files[i].dev != st.st_dev ||
			    s->files[i].ino != st.st_ino)
				continue;
			*ret = s->files[i].module;
			return 0;
		}
	}
	rc = module_open(path, open_path, s->opts.debug_dirs, &m, err);
	if (rc)
		return rc;
	f = script_grow(&s->files, &s->nfiles, sizeof(*f));
	if (!f) {
		module_close(m);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	*f = (struct script_file){m, module_dev(m), module_ino(m)};
	*ret = m;
	return 0;
}

struct call {
	struct script *s;
	file_fn *fn;
	void *ctx;
	struct err *err;
	size_t *passed; /* scripts and the like, which no pattern means */
};

static int one(const struct call *c, const char *path, const char *open_path)
{
	struct module *m = NULL;
	int rc = open_file(c->s, path, open_path, &m, c->err);

	if (rc == ERR_FORMAT && c->passed) {
		++*c->passed;
		return 0;
	}
	return rc ? rc : c->fn(c->ctx, m);
}

static int executables(const struct call *c)
{
	char open_path[64], path[PATH_MAX];
	ssize_t n;
	int rc = 0;

	if (!c->s->ntargets)
		return err_set(c->err, ERR_INVAL, "a probe without a path is in "
			       "the traced program itself: say which with -p "
			       "PID, or name the file");
	for (size_t i = 0; !rc && i < c->s->ntargets; i++) {
		snprintf(open_path, sizeof(open_path), "/proc/%d/exe",
			 (int)c->s->targets[i].pid);
		n = readlink(open_path, path, sizeof(path) - 1);
		if (n < 0)
			return err_errno(c->err, errno, "cannot tell which "
					 "program process %d runs",
					 (int)c->s->targets[i].pid);
		path[n] = '\0';
		rc = one(c, path, open_path);
	}
	return rc;
}

/* A path as the target sees it; its own root may be a container's. */
static int absolute(const struct call *c, const char *path)
{
	char rooted[PATH_MAX];
	int rc;

	if (!c->s->ntargets)
		return one(c, path, NULL);
	for (size_t i = 0; i < c->s->ntargets; i++) {
		snprintf(rooted, sizeof(rooted), "/proc/%d/root%s",
			 (int)c->s->targets[i].pid, path);
		rc = one(c, path, access(rooted, F_OK) ? NULL : rooted);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- mapped files ---- */

struct mapped_search {
	const struct call *call;
	const char *pattern;
	bool whole_path; /* else the pattern is for the last component */
	size_t found;
};

static int mapped_match(void *ctx, struct module *m, uint64_t bias)
{
	struct mapped_search *search = ctx;
	const char *path = module_path(m), *base = strrchr(path, '/');

	(void)bias;
	if (!search->whole_path && base)
		path = base + 1;
	if (fnmatch(search->pattern, path, 0))
		return 0;
	search->found++;
	/* The space's module and ours are two handles of one file. */
	return absolute(search->call, module_path(m));
}

static int among_mapped(const struct call *c, const char *pattern,
			bool whole_path, size_t *ret_found)
{
	struct mapped_search search = {c, pattern, whole_path, 0};
	int rc = 0;

	for (size_t i = 0; !rc && i < c->s->ntargets; i++)
		rc = space_modules(c->s->targets[i].space, mapped_match,
				   &search);
	*ret_found = search.found;
	return rc;
}

static int matching_paths(const struct call *c, const char *pattern)
{
	size_t found, passed = 0;
	struct call elf_only = *c;
	glob_t g;
	int rc = 0;

	if (c->s->ntargets) {
		rc = among_mapped(c, pattern, strchr(pattern, '/') != NULL,
				  &found);
		if (rc || found)
			return rc;
	}
	if (glob(pattern, GLOB_NOSORT, NULL, &g))
		return err_set(c->err, ERR_NOENT, "no file matches %s",
			       pattern);
	elf_only.passed = &passed;
	for (size_t i = 0; !rc && i < g.gl_pathc; i++)
		rc = absolute(&elf_only, g.gl_pathv[i]);
	if (!rc && passed == g.gl_pathc)
		rc = ERR_FORMAT; /* the sentence is the last one's */
	globfree(&g);
	return rc;
}

/* ---- bare names ---- */

static bool in_path(const char *name, char *ret, size_t size)
{
	const char *dirs = getenv("PATH"), *end;

	for (; dirs && *dirs; dirs = *end ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		snprintf(ret, size, "%.*s/%s", (int)(end - dirs), dirs, name);
		if (!access(ret, X_OK))
			return true;
	}
	return false;
}

/* "bash", "libc", "libssl.so.3": mapped files by that very name first, then
 * libraries, then commands. */
static int bare_name(const struct call *c, const char *name)
{
	char path[PATH_MAX];
	size_t found;
	int rc = among_mapped(c, name, false, &found);
	pid_t pid = c->s->ntargets ? c->s->targets[0].pid : 0;

	if (rc || found)
		return rc;
	if ((pid && !library_find(name, pid, path, sizeof(path), NULL)) ||
	    !library_find_for(name, pid, path, sizeof(path), NULL) ||
	    in_path(name, path, sizeof(path)))
		return absolute(c, path);
	snprintf(path, sizeof(path), "%s/%s", c->s->opts.cwd, name);
	if (!access(path, F_OK))
		return one(c, path, NULL);
	return err_set(c->err, ERR_NOENT, "there is no file, library or command "
		       "%s; give its path", name);
}

int files_each(struct script *s, const char *name, file_fn *fn, void *ctx,
	       struct err *err)
{
	struct call c = {s, fn, ctx, err, NULL};
	char path[PATH_MAX];

	if (!name || !*name)
		return executables(&c);
	if (strpbrk(name, "*?["))
		return matching_paths(&c, name);
	if (name[0] == '/')
		return absolute(&c, name);
	if (!strchr(name, '/'))
		return bare_name(&c, name);
	snprintf(path, sizeof(path), "%s/%s", s->opts.cwd, name);
	return one(&c, path, NULL);
}

bool pattern_match(const char *pattern, const char *text)
{
	for (; *pattern; pattern++, text++) {
		if (*pattern == '*') {
			while (!pattern_match(pattern + 1, text))
				if (!*text++)
					return false;
			return true;
		}
		if (*pattern != *text)
			return false;
	}
	return !*text;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Source lines, both ways.
 */
#include <config.h>

#include "dwarf-int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int module_line_at(struct module *m, uint64_t vaddr, const char **ret_file,
		   int *ret_line)
{
	struct dwarf *d = module_dwarf(m);
	const char *file;
	Dwarf_Die unit;
	Dwarf_Line *line;
	int no;

	if (!d || !dwarf_unit_at(d, vaddr, &unit))
		return ERR_NOENT;
	line = dwarf_getsrc_die(&unit, vaddr);
	file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	if (!file || dwarf_lineno(line, &no) || !no)
		return ERR_NOENT;
	*ret_file = file;
	*ret_line = no;
	return 0;
}

/* ---- addresses of a line ---- */

enum { HITS_MAX = 4096 };

struct hit {
	uint64_t addr, func; /* func: where the function begins, 0: unknown */
};

struct line_search {
	struct module *m;
	struct dwarf *d;
	const char *file;
	int line, col;
	bool any_unit; /* not only those whose own name is the file's */
	bool seen;     /* the file is there */
	int best;      /* least line >= line that has code */
	struct hit *hits;
	size_t n;
	bool failed;
};

/* Does path end with the components of what was asked for? */
static bool same_file(const char *path, const char *asked)
{
	size_t plen, alen;

	while (!strncmp(asked, "./", 2))
		asked += 2;
	plen = strlen(path);
	alen = strlen(asked);
	return alen && alen <= plen && !strcmp(path + plen - alen, asked) &&
	       (alen == plen || asked[0] == '/' ||
		path[plen - alen - 1] == '/');
}

static bool wanted_line(struct line_search *s, Dwarf_Line *line, int *ret_no,
			uint64_t *ret_addr)
{
	const char *file = dwarf_linesrc(line, NULL, NULL);
	bool stmt = false, end = true;
	Dwarf_Addr addr;
	int col = 0;

	if (!file || !same_file(file, s->file))
		return false;
	s->seen = true;
	if (dwarf_lineno(line, ret_no) || *ret_no < s->line ||
	    *ret_no > s->best || dwarf_linebeginstatement(line, &stmt) ||
	    !stmt || dwarf_lineendsequence(line, &end) || end ||
	    dwarf_lineaddr(line, &addr))
		return false;
	if (s->col && (dwarf_linecol(line, &col) || col != s->col))
		return false;
	*ret_addr = addr;
	return true;
}

static void add_hit(struct line_search *s, uint64_t addr)
{
	Dwarf_Die func, unit;
	uint64_t entry = 0;

	if (!dwarf_function_at(s->d, addr, &func, &unit) ||
	    !die_entry(&func, &entry))
		entry = 0;
	if (entry && entry == addr)
		addr = module_code_of(s->m, addr);
	for (size_t i = 0; i < s->n; i++) {
		if (s->hits[i].addr == addr)
			return;
		if (!entry || s->hits[i].func != entry)
			continue;
		if (addr < s->hits[i].addr)
			s->hits[i].addr = addr;
		return;
	}
	if (s->n < HITS_MAX)
		s->hits[s->n++] = (struct hit){addr, entry};
}

static int search_unit(void *ctx, Dwarf_Die *unit)
{
	struct line_search *s = ctx;
	const char *name = dwarf_diename(unit);
	Dwarf_Lines *lines;
	Dwarf_Line *line;
	uint64_t addr;
	size_t n;
	int no;

	if (!s->any_unit && (!name || !same_file(name, s->file)))
		return 0;
	if (dwarf_getsrclines(unit, &lines, &n))
		return 0;
	for (size_t i = 0; i < n; i++) {
		line = dwarf_onesrcline(lines, i);
		if (!line || !wanted_line(s, line, &no, &addr))
			continue;
		if (no < s->best)
			s->n = 0;
		s->best = no;
		add_hit(s, addr);
	}
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int no_line(const struct module *m, const struct line_search *s,
		   struct err *err)
{
	if (!s->seen)
		return err_set(err, ERR_NOENT,
			       "%s: no code was compiled from "
			       "a file named %s",
			       m->path, s->file);
	if (s->col)
		return err_set(err, ERR_NOENT,
			       "%s: nothing begins at column "
			       "%d of %s:%d",
			       m->path, s->col, s->file, s->line);
	return err_set(err, ERR_NOENT, "%s: %s has no code at or after line %d",
		       m->path, s->file, s->line);
}

/* A file that is a unit of its own is looked for in that unit only; a header's
 * code is anywhere. The names of units are cheap, line tables are not. */
static void search(struct line_search *s)
{
	dwarf_each_unit(s->d, search_unit, s);
	if (!s->n && !s->seen) {
		s->any_unit = true;
		dwarf_each_unit(s->d, search_unit, s);
	}
}

int module_line_addrs(struct module *m, const char *file, int line, int col,
		      uint64_t *ret, size_t max, size_t *ret_n, int *ret_line,
		      struct err *err)
{
	struct line_search s = {.m = m,
				.d = module_dwarf(m),
				.file = file,
				.line = line,
				.col = col,
				.best = col ? line : INT_MAX};
	int rc = 0;

	if (!s.d)
		return err_set(err, ERR_NOENT,
			       "%s has no debug information "
			       "(DWARF): install its debug symbols or compile "
			       "it with -g",
			       m->path);
	s.hits = calloc(HITS_MAX, sizeof(*s.hits));
	if (!s.hits)
		return err_set(err, ERR_NOMEM, "out of memory");
	search(&s);
	if (!s.n) {
		rc = no_line(m, &s, err);
	} else if (s.n > max) {
		rc = err_set(err, ERR_LIMIT,
			     "%s: %s:%d has code in more than "
			     "%zu functions",
			     m->path, file, s.best, max);
	} else {
		qsort(s.hits, s.n, sizeof(*s.hits), by_addr);
		for (size_t i = 0; i < s.n; i++)
			ret[i] = s.hits[i].addr;
		*ret_n = s.n;
		*ret_line = s.best;
	}
	free(s.hits);
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The entry points, and what they give access to.
 */
#include "lang-int.h"
#include "checker.h"
#include "config-int.h"
#include "parse.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

int lang_guard(struct lang *l, int (*fn)(struct lang *l, void *arg), void *arg,
	       struct err *err)
{
	switch (setjmp(l->arena.fail)) {
	case 0:
		return fn(l, arg);
	default:
		return err_set(err, ERR_NOMEM,
			       "the program needs too much "
			       "memory to be compiled");
	}
}

/* ---- parse ---- */

static const char *const *copy_strings(struct lang *l, const char *const *from,
				       size_t n)
{
	const char **to = arena_alloc(&l->arena, n * sizeof(*to));

	for (size_t i = 0; i < n; i++)
		to[i] = arena_strdup(&l->arena, from[i]);
	return to;
}

struct script_text {
	const char *text;
	size_t len;
	const struct lang_opts *opts;
};

static void copy_opts(struct lang *l, const struct lang_opts *o)
{
	l->opts = *o;
	l->opts.name = arena_strdup(&l->arena, o->name ? o->name : "stdin");
	l->opts.params = copy_strings(l, o->params, o->nparams);
	l->opts.named = copy_strings(l, o->named, o->nnamed);
	l->opts.include_dirs =
		copy_strings(l, o->include_dirs, o->ninclude_dirs);
	l->opts.includes = copy_strings(l, o->includes, o->nincludes);
	if (o->cwd)
		l->opts.cwd = arena_strdup(&l->arena, o->cwd);
}

static int parse(struct lang *l, void *arg)
{
	const struct script_text *src = arg;
	int rc;

	copy_opts(l, src->opts);
	source_init(l, src->text, src->len);
	rc = parse_program(l, NULL);
	config_environ(l);
	l->opts.environ = NULL; /* the caller's */
	return rc;
}

/* The first line of what went wrong, for those who show one sentence. */
static int first_error(const struct lang *l, size_t from, struct err *err)
{
	const char *s = (const char *)l->diag->data;
	size_t n = 0;

	if (buf_failed(l->diag) || l->diag->len <= from)
		return err_set(err, ERR_SYNTAX, "the program has errors");
	s += from;
	while (n < l->diag->len - from && s[n] != '\n')
		n++;
	return err_set(err, ERR_SYNTAX, "%.*s", (int)n, s);
}

int lang_parse(const char *text, size_t len, const struct lang_opts *opts,
	       struct lang **ret, struct buf *diag, struct err *err)
{
	struct script_text src = {text, len, opts};
	struct lang *l;
	size_t from = diag->len;
	int rc;

	if (len > LANG_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
			       "the program is longer than "
			       "%d bytes",
			       LANG_TEXT_MAX);
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(err, ERR_NOMEM, "out of memory");
	arena_init(&l->arena);
	config_init(&l->config);
	l->scratch_map = l->ring_map = l->stack_map = l->start_map = -1;
	l->diag = diag;
	l->word_size = 8;
	l->ctypes = ctypes_new();
	rc = l->ctypes ? lang_guard(l, parse, &src, err)
		       : err_set(err, ERR_NOMEM, "out of memory");
	if (rc == ERR_SYNTAX)
		first_error(l, from, err);
	l->diag = NULL;
	if (rc) {
		lang_free(l);
		return rc;
	}
	*ret = l;
	return 0;
}

void lang_free(struct lang *l)
{
	if (!l)
		return;
	ctypes_free(l->ctypes);
	arena_release(&l->arena);
	free(l);
}

/* The declarations are read again: they are text that has parsed already. */
void lang_redeclare(struct lang *l)
{
	struct buf *diag = l->diag;
	unsigned n = l->nerrors;

	l->decls = NULL;
	l->diag = NULL;
	parse_declarations(l);
	l->diag = diag;
	l->nerrors = n;
}

/* ---- attach points ---- */

struct new_point {
	size_t spec;
	const struct lang_point *pt;
};

static int add_point(struct lang *l, void *arg)
{
	const struct new_point *new = arg;
	struct point *p =
		arena_push(&l->arena, &l->points, &l->npoints, sizeof(*p));

	p->spec = new->spec;
	p->pt = *new->pt;
	p->pt.probe_text = arena_strdup(
		&l->arena, new->pt->probe_text ? new->pt->probe_text
					       : l->specs[new->spec].text);
	if (new->pt->func)
		p->pt.func = arena_strdup(&l->arena, new->pt->func);
	return (int)l->npoints - 1;
}

int lang_add_point(struct lang *l, size_t spec, const struct lang_point *pt,
		   struct err *err)
{
	struct new_point new = {spec, pt};

	if (spec >= l->nspecs || l->npoints >= INT32_MAX)
		return err_set(err, ERR_INVAL, "there is no probe %zu", spec);
	return lang_guard(l, add_point, &new, err);
}

/* ---- check ---- */

int lang_check(struct lang *l, const struct lang_env *env, struct buf *diag,
	       struct err *err)
{
	size_t from = diag->len;
	int rc;

	if (l->checked)
		return err_set(err, ERR_INVAL, "checked already");
	l->env_copy = *env;
	l->env = &l->env_copy;
	l->diag = diag;
	l->err = err;
	l->nerrors = l->nwarnings = 0;
	rc = lang_guard(l, check_script, NULL, err);
	if (rc == ERR_SYNTAX)
		first_error(l, from, err);
	l->diag = NULL;
	l->checked = !rc;
	return rc;
}

/* ---- accessors ---- */

const struct lang_config *lang_config(const struct lang *l)
{
	return &l->config;
}

size_t lang_nprobes(const struct lang *l)
{
	return l->nprobes;
}

size_t lang_nspecs(const struct lang *l)
{
	return l->nspecs;
}

const struct lang_spec *lang_spec(const struct lang *l, size_t i)
{
	return i < l->nspecs ? &l->specs[i] : NULL;
}

size_t lang_nmaps(const struct lang *l)
{
	return l->nmaps;
}

const struct lang_map *lang_map(const struct lang *l, size_t i)
{
	return i < l->nmaps ? &l->maps[i] : NULL;
}

int lang_ring_map(const struct lang *l)
{
	return l->ring_map;
}

int lang_stack_map(const struct lang *l)
{
	return l->stack_map;
}

int lang_start_map(const struct lang *l)
{
	return l->start_map;
}

size_t lang_nactions(const struct lang *l)
{
	return l->nactions;
}

const struct lang_action *lang_action(const struct lang *l, size_t i)
{
	return i < l->nactions ? &l->actions[i] : NULL;
}

const char *lang_string(const struct lang *l, uint64_t index)
{
	return index < l->nstrings ? l->strings[index] : NULL;
}

size_t lang_npoints(const struct lang *l)
{
	return l->npoints;
}

const char *lang_point_text(const struct lang *l, unsigned point)
{
	return point < l->npoints ? l->points[point].pt.probe_text : NULL;
}

void lang_point_range(const struct lang *l, unsigned point, uint32_t *ret_begin,
		      uint32_t *ret_end)
{
	const struct lang_spec *s;

	*ret_begin = *ret_end = 0;
	if (point >= l->npoints)
		return;
	s = &l->specs[l->points[point].spec];
	*ret_begin = s->src_begin;
	*ret_end = s->src_end;
}

uint64_t lang_add_string(struct lang *l, const char *s)
{
	for (size_t i = 0; i < l->nstrings; i++)
		if (!strcmp(l->strings[i], s))
			return i;
	*(const char **)arena_push(&l->arena, &l->strings, &l->nstrings,
				   sizeof(s)) = s;
	return l->nstrings - 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing has the name that a probe says: who has it, and what is close.
 */
#include "resolve-int.h"

enum { NEEDED_MAX = 64, NEAR_MAX = 3 };

struct owner_search {
	const char *name;
	const char *path;
};

static int in_module(void *ctx, struct module *m)
{
	struct owner_search *search = ctx;
	struct symbol sym;

	if (module_symbol(m, search->name, &sym) || !sym.is_func)
		return 0;
	search->path = module_path(m);
	return 1;
}

static int in_mapped(void *ctx, struct module *m, uint64_t bias)
{
	(void)bias;
	return in_module(ctx, m);
}

/* Among what the targets map; of a program that has not started yet, among
 * the libraries that it asks for. */
static const char *owner_of(struct resolve *r)
{
	struct owner_search search = {r->spec->func, NULL};
	const char *needed[NEEDED_MAX];
	struct err ignored;
	size_t n;

	for (size_t i = 0; !search.path && i < r->s->ntargets; i++)
		space_modules(r->s->targets[i].space, in_mapped, &search);
	n = module_needed(r->module, needed, NEEDED_MAX);
	for (size_t i = 0; !search.path && i < n; i++)
		if (files_each(r->s, needed[i], in_module, &search, &ignored))
			continue; /* found, or not there */
	return search.path;
}

static void say_near(struct resolve *r, struct buf *b)
{
	const char *near[NEAR_MAX];
	size_t n = module_near(r->module, r->spec->func, near, NEAR_MAX);

	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? ", " : "; did you mean ", near[i]);
	if (n)
		buf_add_char(b, '?');
}

static void say_owner(struct resolve *r, struct buf *b)
{
	const char *path = owner_of(r);

	if (path)
		buf_printf(b, "; %s has it: use %s:%s:%s", path,
			   resolve_type(r->spec->kind), path, r->spec->func);
	else
		say_near(r, b);
}

int resolve_missing(struct resolve *r)
{
	const struct lang_spec *spec = r->spec;
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "%s: ", spec->text);
	if (!r->module)
		buf_printf(&b, "no such file");
	else if (spec->kind == LANG_USDT)
		buf_printf(&b, "%s has no such USDT probe",
			   module_path(r->module));
	else if (!module_has_symbols(r->module))
		buf_printf(&b, "%s is stripped: it has no symbols; install its "
			   "debug symbols or probe an address (0xADDR)",
			   module_path(r->module));
	else
		buf_printf(&b, "no function %s in %s", spec->func,
			   module_path(r->module));
	if (r->module && spec->func && spec->kind != LANG_USDT)
		say_owner(r, &b);
	err_set(r->err, ERR_NOENT, "%s", buf_str(&b));
	buf_release(&b);
	return ERR_NOENT;
}

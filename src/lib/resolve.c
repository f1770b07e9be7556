/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what a probe says ("uprobe:libc:mall*+4") to attach points: files,
 * functions, addresses.
 */
#define _GNU_SOURCE
#include "resolve-int.h"

#include "ifunc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *resolve_type(enum lang_probe_kind kind)
{
	switch (kind) {
	case LANG_URETPROBE:
		return "uretprobe";
	case LANG_USDT:
		return "usdt";
	default:
		return "uprobe";
	}
}

static int too_many(struct resolve *r)
{
	uint64_t max = lang_config(r->s->lang)->max_probes;

	return err_set(r->err, ERR_LIMIT, "%s stands for more than %" PRIu64
		       " attach points in all; narrow it, or raise max_probes",
		       r->spec->text, max);
}

static bool known_already(struct resolve *r, uint64_t vaddr)
{
	for (size_t i = 0; i < r->s->npoints; i++) {
		const struct attach *a = r->s->points[i];

		if (a->spec == r->spec_index && a->module == r->module &&
		    a->pub.vaddr == vaddr)
			return true;
	}
	return false;
}

/* Tells the language of a point; takes text and func over. */
int resolve_point(struct resolve *r, char *text, char *func,
		  const struct arch *arch, struct attach **ret)
{
	struct script *s = r->s;
	struct attach *a = NULL, **place;
	const struct lang_abi *abi = script_abi(s, arch);
	struct lang_point pt = {text ? text : r->spec->text, func, abi,
				s->npoints};
	int id;

	if (s->npoints - s->ntwins >= lang_config(s->lang)->max_probes) {
		id = too_many(r);
		goto fail;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		id = err_set(r->err, ERR_NOMEM, "out of memory");
		goto fail;
	}
	id = lang_add_point(s->lang, r->spec_index, &pt, r->err);
	if (id < 0)
		goto fail;
	place = script_grow(&s->points, &s->npoints, sizeof(*place));
	if (!place) {
		id = err_set(r->err, ERR_NOMEM, "out of memory");
		goto fail;
	}
	*place = a;
	a->spec = r->spec_index;
	a->text = text;
	a->func = func;
	a->arch = arch;
	a->pub.id = (uint32_t)id;
	a->pub.kind = r->spec->kind;
	a->pub.text = text ? text : r->spec->text;
	a->pub.ctx_size = abi->ctx_size;
	r->found++;
	*ret = a;
	return 0;
fail:
	free(text);
	free(func);
	free(a);
	return id;
}

/* What `func` is: C++ names as in the source, unless that is turned off. */
static char *func_text(const struct resolve *r, const char *func)
{
	char *name = NULL;

	if (!func)
		return NULL;
	if (lang_config(r->s->lang)->cpp_demangle)
		name = symbol_demangle(func);
	return name ? name : strdup(func);
}

/* A point at vaddr of the current file. `what` names it in `probe`. */
static int add_user_point(struct resolve *r, uint64_t vaddr, const char *what,
			  const char *func, struct attach **ret)
{
	struct module *m = r->module;
	struct attach *a;
	uint64_t offset;
	char *text = NULL;
	int rc;

	*ret = NULL;
	if (known_already(r, vaddr))
		return 0;
	if (!module_is_text(m, vaddr) ||
	    module_vaddr_to_offset(m, vaddr, &offset))
		return err_set(r->err, ERR_NOENT, "%s: address 0x%" PRIx64
			       " is not in the code of %s", r->spec->text,
			       vaddr, module_path(m));
	if (asprintf(&text, "%s:%s:%s", resolve_type(r->spec->kind),
		     module_path(m), what) < 0)
		return err_set(r->err, ERR_NOMEM, "out of memory");
	rc = resolve_point(r, text, func_text(r, func), module_arch(m), &a);
	if (rc)
		return rc;
	a->module = m;
	a->pub.vaddr = vaddr;
	a->pub.offset = offset;
	a->pub.dev = module_dev(m);
	a->pub.ino = module_ino(m);
	a->pub.path = module_path(m);
	*ret = a;
	return 0;
}

/* ---- offsets: only at an instruction's start ---- */

/* Decodes from the function's start. A byte in the middle of an instruction
 * must never become a breakpoint. */
static int check_boundary(struct resolve *r, const struct symbol *sym,
			  uint64_t vaddr)
{
	const struct arch *arch = module_arch(r->module);
	uint64_t at = sym->addr;
	uint8_t bytes[ARCH_INSN_MAX];
	struct plan plan;
	size_t n;
	int rc;

	while (at < vaddr) {
		n = module_read(r->module, at, bytes, sizeof(bytes));
		plan.len = 0;
		rc = arch->plan(at, bytes, n, &plan, r->err);
		if (rc && !plan.len)
			return err_prefix(r->err, "%s: cannot tell where "
					  "instructions begin", r->spec->text);
		at += plan.len;
	}
	if (at != vaddr)
		return err_set(r->err, ERR_REFUSED, "%s: +%" PRIu64 " is inside "
			       "an instruction of %s, which ends at +%" PRIu64,
			       r->spec->text, r->spec->offset, sym->name,
			       at - sym->addr);
	return 0;
}

static int check_offset(struct resolve *r, const struct symbol *sym)
{
	if (sym->size && r->spec->offset >= sym->size)
		return err_set(r->err, ERR_INVAL, "%s: %s is %" PRIu64
			       " bytes long", r->spec->text, sym->name,
			       sym->size);
	return check_boundary(r, sym, sym->addr + r->spec->offset);
}

/* ---- functions ---- */

/* The symbol of an IFUNC is its resolver, which is nothing to probe: a wildcard
 * passes it by, a name means the function that was chosen. */
static int on_ifunc(struct resolve *r, const struct symbol *sym)
{
	const struct lang_spec *spec = r->spec;
	pid_t pids[SCRIPT_TARGETS_MAX];
	struct attach *a;
	uint64_t vaddr;
	size_t n = 0;
	int rc;

	if (strchr(spec->func, '*'))
		return 0;
	for (; n < r->s->ntargets && n < SCRIPT_TARGETS_MAX; n++)
		pids[n] = r->s->targets[n].pid;
	if ((spec->has_offset && spec->offset) ||
	    ifunc_chosen(r->module, sym->name, pids, n, &vaddr))
		return err_set(r->err, ERR_UNSUPP, "%s is chosen when the "
			       "program starts (an IFUNC), and which one it "
			       "is cannot be told: probe it by its name, such "
			       "as those that upd -l '%s:%s:*%s*' lists",
			       sym->name, resolve_type(spec->kind),
			       module_path(r->module), sym->name);
	vaddr = module_code_of(r->module, vaddr);
	rc = add_user_point(r, vaddr, sym->name, sym->name, &a);
	if (a)
		a->func_addr = vaddr;
	return rc;
}

static int on_function(void *ctx, const struct symbol *sym)
{
	struct resolve *r = ctx;
	const struct lang_spec *spec = r->spec;
	char what[4096];
	struct attach *a;
	int rc;

	if (sym->is_ifunc)
		return on_ifunc(r, sym);
	if (spec->has_offset && spec->offset) {
		rc = check_offset(r, sym);
		if (rc)
			return rc;
		snprintf(what, sizeof(what), "%s+%" PRIu64, sym->name,
			 spec->offset);
	} else {
		snprintf(what, sizeof(what), "%s", sym->name);
	}
	rc = add_user_point(r, sym->addr + spec->offset, what, sym->name, &a);
	if (a)
		a->func_addr = sym->addr;
	return rc;
}

static int by_address(struct resolve *r)
{
	uint64_t addr = r->spec->addr;
	char what[32];
	struct symbol sym;
	struct attach *a;
	bool named = !module_symbol_at(r->module, addr, &sym);
	int rc;

	if (named) {
		rc = check_boundary(r, &sym, addr);
		if (rc)
			return rc;
	}
	snprintf(what, sizeof(what), "0x%" PRIx64, addr);
	return add_user_point(r, addr, what, named ? sym.name : NULL, &a);
}

static int by_line(struct resolve *r)
{
	enum { ADDRS_MAX = 256 };
	const struct lang_spec *spec = r->spec;
	uint64_t addrs[ADDRS_MAX];
	struct symbol sym;
	struct attach *a;
	char what[4096];
	size_t n = 0;
	int line = spec->line;
	int rc = module_line_addrs(r->module, spec->file, spec->line, spec->col,
				   addrs, ADDRS_MAX, &n, &line, r->err);

	if (!rc && line != spec->line)
		buf_printf(r->diag, "%s: line %d has no code, line %d is the "
			   "next that has\n", spec->text, spec->line, line);
	for (size_t i = 0; !rc && i < n; i++) {
		snprintf(what, sizeof(what), "@%s:%d", spec->file, line);
		rc = add_user_point(r, addrs[i], what,
				    module_symbol_at(r->module, addrs[i], &sym)
					    ? NULL
					    : sym.name,
				    &a);
	}
	return rc;
}

/* ---- USDT ---- */

static int on_note(void *ctx, const struct usdt_note *note)
{
	struct resolve *r = ctx;
	const struct lang_spec *spec = r->spec;
	char what[1024];
	struct symbol sym;
	struct attach *a;
	int rc;

	if ((spec->ns && !pattern_match(spec->ns, note->provider)) ||
	    !pattern_match(spec->func, note->name))
		return 0;
	snprintf(what, sizeof(what), "%s:%s", note->provider, note->name);
	rc = add_user_point(r, note->pc, what,
			    module_symbol_at(r->module, note->pc, &sym)
				    ? NULL
				    : sym.name,
			    &a);
	if (rc || !a)
		return rc;
	a->usdt_args = strdup(note->args ? note->args : "");
	if (!a->usdt_args)
		return err_set(r->err, ERR_NOMEM, "out of memory");
	if (note->semaphore &&
	    module_vaddr_to_offset(r->module, note->semaphore,
				   &a->pub.sema_offset))
		return err_set(r->err, ERR_FORMAT, "%s: its semaphore is not in "
			       "the file", a->text);
	return 0;
}

static int in_file(void *ctx, struct module *m)
{
	struct resolve *r = ctx;
	int rc;

	r->module = m;
	if (r->spec->kind == LANG_USDT)
		return module_usdt(m, on_note, r);
	if (r->spec->has_addr)
		return by_address(r);
	if (r->spec->file)
		return by_line(r);
	rc = module_match_funcs(m, r->spec->func, on_function, r);
	return rc == ERR_NOMEM ? err_set(r->err, rc, "out of memory") : rc;
}

static int missing(struct resolve *r)
{
	int rc = resolve_missing(r);

	switch (lang_config(r->s->lang)->missing_probes) {
	case LANG_MISSING_ERROR:
		return rc;
	case LANG_MISSING_WARN:
		buf_printf(r->diag, "WARNING: %s\n", r->err->text);
		return 0;
	default:
		return 0;
	}
}

static int resolve_spec(struct resolve *r)
{
	struct attach *a;
	int rc;

	switch (r->spec->kind) {
	case LANG_UPROBE:
	case LANG_URETPROBE:
	case LANG_USDT:
		rc = files_each(r->s, r->spec->path, in_file, r, r->err);
		if (!rc && !r->found)
			rc = missing(r);
		return rc;
	case LANG_SYSCALL_ENTER:
	case LANG_SYSCALL_EXIT:
		return resolve_calls(r);
	case LANG_PROFILE:
		return resolve_samples(r);
	case LANG_BEGIN:
	case LANG_END:
	case LANG_INTERVAL:
	case LANG_SIGNAL:
		return resolve_point(r, NULL, NULL, arch_host(), &a);
	default:
		return err_set(r->err, ERR_UNSUPP, "%s: upd has no such probes "
			       "yet", r->spec->text);
	}
}

int script_resolve(struct script *s, struct buf *diag, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < lang_nspecs(s->lang); i++) {
		struct resolve r = {.s = s,
				    .spec_index = i,
				    .spec = lang_spec(s->lang, i),
				    .diag = diag,
				    .err = err};

		rc = resolve_spec(&r);
	}
	return rc;
}

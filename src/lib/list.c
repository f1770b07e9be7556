/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd -l: the attach points that a pattern stands for, one per line; with -v
 * the arguments, and how each would be got past.
 */
#define _GNU_SOURCE
#include "files.h"
#include "syscalls.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list_job {
	struct script *s;
	const struct lang_spec *spec;
	const char *type;
	bool verbose;
	struct module *module;
	size_t found;
	struct buf *out;
};

static void type_text(const struct ctype *t, struct buf *out, unsigned depth)
{
	static const char *const tags[] = {[CTYPE_STRUCT] = "struct ",
					   [CTYPE_UNION] = "union ",
					   [CTYPE_ENUM] = "enum "};

	if (!t || t->kind == CTYPE_VOID || depth > 16) {
		buf_add_str(out, "void");
	} else if (t->kind == CTYPE_PTR) {
		type_text(t->to, out, depth + 1);
		buf_add_str(out, " *");
	} else if (t->kind == CTYPE_ARRAY) {
		type_text(t->to, out, depth + 1);
		buf_printf(out, "[%" PRIu64 "]", t->count);
	} else if (t->kind == CTYPE_FUNC) {
		buf_add_str(out, "void (*)()");
	} else {
		if (t->kind < sizeof(tags) / sizeof(*tags) && tags[t->kind])
			buf_add_str(out, tags[t->kind]);
		if (t->name)
			buf_add_str(out, t->name);
		else
			buf_printf(out, "%sint%" PRIu64,
				   t->is_signed ? "" : "u", t->size * 8);
	}
}

static void args_text(struct list_job *job, uint64_t vaddr)
{
	const struct ctype *args, *ret;

	if (module_func_args(job->module, vaddr, job->s->types, &args, &ret,
			     NULL))
		return;
	for (size_t i = 0; i < args->nfields; i++) {
		buf_add_str(job->out, "    ");
		type_text(args->fields[i].type, job->out, 0);
		buf_printf(job->out, " %s\n",
			   args->fields[i].name ? args->fields[i].name : "");
	}
	if (job->spec->kind == LANG_URETPROBE) {
		buf_add_str(job->out, "    ");
		type_text(ret, job->out, 0);
		buf_add_str(job->out, " retval\n");
	}
}

/* The strategy that would be chosen: the first that the plan allows. */
static void plan_text(struct list_job *job, uint64_t vaddr)
{
	const struct arch *arch = module_arch(job->module);
	uint8_t bytes[ARCH_INSN_MAX];
	size_t n = module_read(job->module, vaddr, bytes, sizeof(bytes));
	struct plan plan;
	struct err err;
	unsigned first;

	if (arch->plan(vaddr, bytes, n, &plan, &err)) {
		buf_printf(job->out, "    refused: %s\n", err.text);
		return;
	}
	first = plan.strategies & -plan.strategies;
	buf_printf(job->out, "    %s: %s\n", strategy_name((enum strategy)first),
		   plan.why);
}

static void line(struct list_job *job, uint64_t vaddr, const char *what)
{
	buf_printf(job->out, "%s:%s:%s\n", job->type,
		   module_path(job->module), what);
	job->found++;
	if (!job->verbose)
		return;
	args_text(job, vaddr);
	plan_text(job, vaddr);
}

static int on_func(void *ctx, const struct symbol *sym)
{
	if (!sym->is_ifunc)
		line(ctx, sym->addr, sym->name);
	return 0;
}

static bool matches(const char *pattern, const char *text)
{
	return !pattern || pattern_match(pattern, text);
}

static int on_note(void *ctx, const struct usdt_note *note)
{
	struct list_job *job = ctx;
	struct buf what;

	if (!matches(job->spec->ns, note->provider) ||
	    !matches(job->spec->func, note->name))
		return 0;
	buf_init(&what);
	buf_printf(&what, "%s:%s", note->provider, note->name);
	line(job, note->pc, buf_str(&what));
	buf_release(&what);
	return 0;
}

static int on_file(void *ctx, struct module *m)
{
	struct list_job *job = ctx;

	job->module = m;
	if (job->spec->kind == LANG_USDT)
		return module_usdt(m, on_note, job);
	return module_match_funcs(m, job->spec->func ? job->spec->func : "*",
				  on_func, job);
}

/* Attach points as the language writes them; a bare word is a function of
 * the traced program. */
static int parse_pattern(const char *pattern, const struct script_opts *opts,
			 struct script **ret, struct err *err)
{
	struct buf text, diag;
	int rc;

	buf_init(&text);
	buf_init(&diag);
	if (!strchr(pattern, ':'))
		buf_printf(&text, "uprobe::%s {}", pattern);
	else
		buf_printf(&text, "%s {}", pattern);
	rc = script_new(buf_str(&text), text.len, opts, ret, &diag, err);
	if (rc)
		err_set(err, rc, "-l wants attach points such as "
			"'uprobe:libc:mal*', not %s", pattern);
	buf_release(&text);
	buf_release(&diag);
	return rc;
}

/* ---- system calls ---- */

struct list_calls {
	const char *pattern; /* of "sys_enter_read" */
	bool verbose;
	struct buf *out;
	const struct arch *other; /* whose calls have been listed, or NULL */
};

static void list_args(const char *name, bool at_exit, struct buf *out)
{
	struct ctypes *ts = ctypes_new();
	const struct ctype *args;

	if (ts && !syscall_args(name, at_exit, ts, &args, NULL))
		for (size_t i = 0; i < args->nfields; i++)
			buf_printf(out, "    %s%s\n",
				   args->fields[i].type->kind == CTYPE_PTR
					   ? "char * "
				   : args->fields[i].type->is_signed
					   ? "int64 "
					   : "uint64 ",
				   args->fields[i].name);
	ctypes_free(ts);
}

static int list_call(void *ctx, const char *name, int64_t nr)
{
	const struct list_calls *l = ctx;
	char full[128];

	(void)nr;
	if (l->other && syscalls_has(l->other, name))
		return 0;
	for (int at_exit = 0; at_exit < 2; at_exit++) {
		snprintf(full, sizeof(full), "sys_%s_%s",
			 at_exit ? "exit" : "enter", name);
		if (!pattern_match(l->pattern, full))
			continue;
		buf_printf(l->out, "tracepoint:syscalls:%s\n", full);
		if (l->verbose)
			list_args(name, at_exit, l->out);
	}
	return 0;
}

/* What is wanted of the system calls' tracepoints, of which alone there are
 * any: "tracepoint:*" means all. NULL: the pattern is not about tracepoints. */
static const char *calls_pattern(const char *pattern)
{
	static const char *const heads[] = {"tracepoint:", "t:"};
	static const char category[] = "syscalls";

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(heads[i]);
		const char *name;
		char wanted[64];

		if (strncmp(pattern, heads[i], len) != 0)
			continue;
		name = strchr(pattern + len, ':');
		if (!name)
			return strcmp(pattern + len, "*") ? "" : "*";
		snprintf(wanted, sizeof(wanted), "%.*s",
			 (int)(name - pattern - (ptrdiff_t)len), pattern + len);
		return pattern_match(wanted, category) ? name + 1 : "";
	}
	return NULL;
}

static int list_spec(struct script *s, size_t i, bool verbose, struct buf *out,
		     struct err *err)
{
	struct list_job job = {.s = s, .verbose = verbose, .out = out};
	int rc;

	job.spec = lang_spec(s->lang, i);
	switch (job.spec->kind) {
	case LANG_UPROBE:
		job.type = "uprobe";
		break;
	case LANG_URETPROBE:
		job.type = "uretprobe";
		break;
	case LANG_USDT:
		job.type = "usdt";
		break;
	default:
		return err_set(err, ERR_INVAL, "%s: only uprobe, uretprobe and "
			       "usdt probes can be listed", job.spec->text);
	}
	rc = files_each(s, job.spec->path, on_file, &job, err);
	if (!rc && !job.found)
		rc = err_set(err, ERR_NOENT, "nothing matches %s",
			     job.spec->text);
	return rc;
}

int script_list(const char *pattern, const pid_t *pids, size_t npids,
		const char *cwd, const char *debug_dirs, bool verbose,
		struct buf *out, struct err *err)
{
	struct script_opts opts = {.lang = {.name = "-l"},
				   .cwd = cwd,
				   .debug_dirs = debug_dirs};
	struct list_calls calls = {calls_pattern(pattern), verbose, out,
				   NULL};
	size_t had = out->len;
	struct script *s;
	int rc;

	if (calls.pattern) {
		rc = syscalls_match(arch_host(), "*", list_call, &calls);
		calls.other = arch_host();
		if (!rc && arch_compat())
			rc = syscalls_match(arch_compat(), "*", list_call,
					    &calls);
		return rc || out->len > had
			       ? rc
			       : err_set(err, ERR_NOENT,
					 "nothing matches %s: of tracepoints "
					 "there are syscalls:sys_enter_NAME and "
					 "sys_exit_NAME", pattern);
	}
	rc = parse_pattern(pattern, &opts, &s, err);

	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < npids; i++)
		rc = script_add_target(s, pids[i], err);
	for (size_t i = 0; !rc && i < lang_nspecs(s->lang); i++)
		rc = list_spec(s, i, verbose, out, err);
	script_free(s);
	return rc;
}

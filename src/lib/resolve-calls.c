/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attach points of system calls and samples. They are in no file, so it is
 * not known before they are met of what kind the program is: there is a point
 * for the host's own, and a twin for its 32-bit ones, whose registers and
 * numbers of calls differ. The tracer runs the one that fits.
 */
#define _GNU_SOURCE
#include "resolve-int.h"
#include "syscalls.h"

#include <stdio.h>
#include <string.h>

struct calls {
	struct resolve *r;
	const struct arch *arch;
};

static int add(struct resolve *r, const struct arch *arch, char *text,
	       char *func, bool is_twin, struct attach **ret)
{
	int rc = resolve_point(r, text, func, arch, ret);

	if (rc)
		return rc;
	(*ret)->pub.word_size = arch->word_size;
	(*ret)->is_twin = is_twin;
	r->s->ntwins += is_twin;
	return 0;
}

static int add_call(void *ctx, const char *name, int64_t nr)
{
	struct calls *c = ctx;
	struct attach *a;
	char *text = NULL;
	int rc;

	if (asprintf(&text, "tracepoint:syscalls:sys_%s_%s",
		     c->r->spec->kind == LANG_SYSCALL_EXIT ? "exit" : "enter",
		     name) < 0)
		return err_set(c->r->err, ERR_NOMEM, "out of memory");
	rc = add(c->r, c->arch, text, strdup(name),
		 c->arch != arch_host() && syscalls_has(arch_host(), name), &a);
	if (!rc)
		a->pub.syscall = nr;
	return rc;
}

static int calls_of(struct resolve *r, const struct arch *arch)
{
	struct calls c = {r, arch};
	struct attach *a;
	int rc;

	if (r->spec->syscall)
		return syscalls_match(arch, r->spec->syscall, add_call, &c);
	rc = add(r, arch, NULL, NULL, arch != arch_host(), &a);
	if (!rc)
		a->pub.syscall = -1 /* any */;
	return rc;
}

int resolve_calls(struct resolve *r)
{
	int rc = calls_of(r, arch_host());

	if (!rc && arch_compat())
		rc = calls_of(r, arch_compat());
	if (!rc && !r->found)
		rc = err_set(r->err, ERR_NOENT,
			     "%s: there is no system call of that name (upd -l "
			     "'tracepoint:syscalls:*' lists them)",
			     r->spec->text);
	return rc;
}

static int samples_of(struct resolve *r, const struct arch *arch)
{
	struct attach *a;
	int rc = add(r, arch, NULL, NULL, arch != arch_host(), &a);

	if (!rc)
		a->pub.period_ns = r->spec->interval_ns;
	return rc;
}

int resolve_samples(struct resolve *r)
{
	int rc = samples_of(r, arch_host());

	return rc || !arch_compat() ? rc : samples_of(r, arch_compat());
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A script whose programs run in the kernel.
 */
#include "kernel-link.h"
#include "script-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int script_kernel_writers(uint32_t *ret, struct err *err)
{
	return kernel_ncpus(ret, err);
}

int script_kernel_fd(const struct script *s)
{
	return s->kernel ? kernel_fd(s->kernel) : -1;
}

/* The context of a 32-bit program's probe is not what the kernel gives. */
static int check_arch(const struct script_point *sp, const struct module *m,
		      struct err *err)
{
	struct utsname kernel;

	if (sizeof(long) == 4 && !uname(&kernel) &&
	    strstr(kernel.machine, "64"))
		return err_set(err, ERR_UNSUPP,
			       "%s: this upd is a 32-bit program, and the "
			       "kernel is not: its engine wants a 64-bit upd; "
			       "--engine=ptrace does not",
			       sp->text);
	if (module_arch(m)->word_size == sizeof(long))
		return 0;
	return err_set(err, ERR_UNSUPP,
		       "%s: the kernel's engine cannot look at programs of "
		       "another word size; --engine=ptrace can",
		       sp->text);
}

/* Programs that only BEGIN, END and timers run stay here. */
static int load(struct script *s, uint32_t *numbers, struct err *err)
{
	uint32_t next = 0, program;
	int rc = 0;

	for (size_t i = 0; i < s->nprograms; i++)
		numbers[i] = UINT32_MAX;
	for (size_t i = 0; i < s->nplanted; i++)
		if (kernel_link_exits(&s->programs[s->planted[i]->program]))
			kernel_exits(s->kernel);
	for (size_t i = 0; !rc && i < s->nplanted; i++) {
		program = s->planted[i]->program;
		if (numbers[program] != UINT32_MAX)
			continue;
		rc = kernel_program_add(s->kernel, &s->programs[program], err);
		numbers[program] = next++;
		if (rc)
			err_prefix(err, "%s", s->planted[i]->text);
	}
	return rc;
}

/* A container's path leads elsewhere for us. */
static void seen_path(const struct script_point *sp, pid_t pid, char *ret,
		      size_t size)
{
	if (pid > 0) {
		snprintf(ret, size, "/proc/%d/root%s", (int)pid, sp->path);
		if (access(ret, R_OK) == 0)
			return;
	}
	snprintf(ret, size, "%s", sp->path);
}

static int attach_all(struct script *s, const uint32_t *numbers, pid_t pid,
		      struct err *err)
{
	char path[4200];
	int rc = 0;

	for (size_t i = 0; !rc && i < s->nplanted; i++) {
		const struct script_point *sp = s->planted[i];
		struct kernel_probe probe = {
			.program = numbers[sp->program],
			.path = path,
			.offset = sp->offset,
			.sema_offset = sp->sema_offset,
			.at_return = sp->kind == LANG_URETPROBE,
			.pid = pid,
		};

		seen_path(sp, pid, path, sizeof(path));
		rc = kernel_attach(s->kernel, &probe, err);
	}
	return rc;
}

int script_attach_kernel(struct script *s, const pid_t *pids, size_t npids,
			 struct err *err)
{
	uint32_t *numbers = calloc(s->nprograms + 1, sizeof(*numbers));
	int rc = 0;

	if (!numbers)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < s->nplanted; i++)
		if (!s->planted[i]->path)
			rc = err_set(err, ERR_UNSUPP, "%s: the kernel's engine "
				     "runs uprobes only; --engine=ptrace "
				     "has these too",
				     s->planted[i]->text);
	for (size_t i = 0; !rc && i < s->npoints; i++)
		if (s->points[i]->module)
			rc = check_arch(&s->points[i]->pub,
					s->points[i]->module, err);
	if (!rc)
		rc = kernel_new(&s->host, s->defs, s->ndefs, &s->kernel, err);
	if (!rc)
		rc = load(s, numbers, err);
	if (!rc) {
		kernel_put_maps(s->kernel, NULL); /* BEGIN has run */
		if (!npids)
			rc = attach_all(s, numbers, -1, err);
	}
	for (size_t i = 0; !rc && i < npids; i++)
		rc = attach_all(s, numbers, pids[i], err);
	free(numbers);
	return rc;
}

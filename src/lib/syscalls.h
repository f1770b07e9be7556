/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tracepoint:syscalls:sys_enter_NAME and sys_exit_NAME: names, numbers, and
 * where the arguments are.
 */
#ifndef UPD_SYSCALLS_H
#define UPD_SYSCALLS_H

#include "arch.h"
#include "ctype.h"
#include "loc.h"

/* The calls whose names match ('*' stands for any text); non-zero stops and is
 * returned. */
typedef int syscall_fn(void *ctx, const char *name, int64_t nr);
int syscalls_match(const struct arch *arch, const char *pattern, syscall_fn *fn,
		   void *ctx);

bool syscalls_has(const struct arch *arch, const char *name);

/* `args` there: a struct of the number and the arguments, or `ret`. name NULL:
 * of the tracepoint that is every call's. */
must_check int syscall_args(const char *name, bool at_exit, struct ctypes *ts,
			    const struct ctype **ret, struct err *err);
/* Where a member of it is. ERR_NOENT names those there are. */
must_check int syscall_arg(const struct arch *arch, const char *name, int64_t nr,
			   bool at_exit, const char *member, struct ctypes *ts,
			   const struct ctype **ret_type, struct loc *ret,
			   struct err *err);

#endif

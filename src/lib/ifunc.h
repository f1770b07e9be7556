/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions of which a library chooses one when a program starts (IFUNC).
 */
#ifndef UPD_IFUNC_H
#define UPD_IFUNC_H

#include "debuginfo.h"

/* The vaddr of what `name` stands for in processes that map this module;
 * ERR_UNSUPP when it cannot be told. pids: those that are meant. */
must_check int ifunc_chosen(const struct module *m, const char *name,
			    const pid_t *pids, size_t npids,
			    uint64_t *ret_vaddr);

#endif

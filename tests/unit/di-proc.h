/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A victim run by a test that traces it itself.
 */
#ifndef UPD_DI_PROC_H
#define UPD_DI_PROC_H

#include "di-test.h"

struct di_proc {
	pid_t pid;
	struct space *space;
	const struct arch *arch;
	struct arch_mem mem;
	struct regs regs;
	uint64_t bias;
};

/* Runs it up to its entry point. */
void di_start(struct di_proc *p, const char *name);
/* To a runtime address, with the pc on it. */
void di_run_to(struct di_proc *p, uint64_t addr);
void di_get_regs(struct di_proc *p);
void di_end(struct di_proc *p);

/* For struct arch_mem; ctx is the pid_t. */
int di_read(void *ctx, uint64_t addr, void *buf, size_t len);

#endif

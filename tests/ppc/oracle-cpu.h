/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor: runs code of this very process with chosen registers. A
 * signal handler puts the registers in, and takes them out again when the code
 * has come to a trap word or has faulted.
 */
#ifndef UPD_ORACLE_CPU_H
#define UPD_ORACLE_CPU_H

#include "arch.h"

/* Floating point; vector, and behind it the other halves of VSX 0 to 31. */
enum { CPU_FP = 33 * 8, CPU_VMX = 34 * 16 + (sizeof(long) == 8 ? 32 * 8 : 0) };

struct cpu {
	struct regs regs; /* as NT_PRSTATUS has them */
	uint8_t fp[CPU_FP];
	uint8_t vmx[CPU_VMX]; /* where the processor has any */
	int sig;	  /* SIGTRAP, or what it faulted with */
};

void cpu_start(void);
/* From nip on. The other registers of `cpu` that no instruction knows (msr,
 * trap and behind) stay as they were. */
void cpu_run(struct cpu *cpu);

#endif

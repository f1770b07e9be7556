/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls, returns and system calls of the PowerPC ABIs; private to arch/ppc.
 * A register set does not tell its byte order, so each function is told the
 * mode (ppc.h), and ppc-abi.c has one of each for each ABI.
 */
#ifndef UPD_PPC_ABI_H
#define UPD_PPC_ABI_H

#include "ppc.h"

enum {
	PPC_NARGS = 8,	  /* in registers: r3 to r10 */
	PPC_SC_NARGS = 6, /* of a system call: r3 to r8; its number is in r0 */
	PPC_NR_CLOSE = 6,
	PPC_CR0_SO = 0x10000000, /* sc: the call has failed, r3 says why */
};

int ppc_return_addr(unsigned mode, const struct regs *entry,
		    uint64_t *ret_addr);
bool ppc_at_trap(unsigned mode, const struct regs *regs);
void ppc_set_pc(unsigned mode, struct regs *regs, uint64_t pc);
bool ppc_has_returned(unsigned mode, const struct regs *entry,
		      const struct regs *now);

void ppc_syscall_setup(unsigned mode, struct regs *regs, uint64_t stub,
		       const struct arch_syscall *call);
int64_t ppc_syscall_result(unsigned mode, const struct regs *regs);
bool ppc_in_syscall(unsigned mode, const struct regs *regs);
bool ppc_syscall_restart(unsigned mode, struct regs *regs, bool ours);
void ppc_flow(const struct plan *plan, struct arch_flow *ret);
void ppc_skip_call(const struct plan *plan, struct regs *regs, int64_t result);
size_t ppc_syscall_bytes(unsigned mode, uint8_t out[ARCH_INSN_MAX]);

bool ppc_gadgets_find(unsigned mode, struct arch_gadgets *g, uint64_t addr,
		      const uint8_t *text, size_t len);
bool ppc_frame_back(unsigned mode, const struct arch_gadgets *g,
		    const struct regs *regs);
size_t ppc_frame_build(unsigned mode, const struct arch_gadgets *g,
		       const struct arch_state *state, uint64_t at,
		       uint8_t *out, size_t max, struct regs *ret_regs);
int64_t ppc_waiting_call(unsigned mode, const struct regs *regs,
			 int64_t before);

const char *ppc32_syscall_name(int64_t nr);
const char *ppc64_syscall_name(int64_t nr);

#endif

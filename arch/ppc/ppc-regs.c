/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What calls, returns and system calls do to the registers.
 *
 * Two instructions make a system call. `sc` tells of an error by the summary
 * overflow bit of cr0 and leaves a positive errno; `scv 0` (POWER9, Linux 5.9)
 * returns it as a negative number. The trap word says which it was, for as
 * long as the task is on its way back from there; when it says nothing (0) the
 * kernel leaves the registers alone instead of preparing the call to be made
 * again (arch/powerpc/kernel/signal.c, check_syscall_restart()).
 */
#include "ppc-abi.h"

#include <errno.h>

enum {
	TRAP_PROGRAM = 0x700,
	TRAP_SC = 0xc00,
	TRAP_SCV = 0x3000,
	TRAP_FLAGS = 0x1f, /* the kernel's own, in the low bits */
	INSN_SC = 0x44000002,
	INSN_TRAP = 0x7fe00008,
};

/* The link register has it at the first instruction, and at the local entry
 * point of ELFv2 as well. */
int ppc_return_addr(unsigned mode, const struct regs *entry, uint64_t *ret_addr)
{
	*ret_addr = ppc_get(mode, entry, PPC_LINK);
	return 0;
}

/* A call pushes nothing; a function that calls itself has a frame first. */
bool ppc_has_returned(unsigned mode, const struct regs *entry,
		      const struct regs *now)
{
	return ppc_get(mode, now, 1) >= ppc_get(mode, entry, 1);
}

void ppc_syscall_setup(unsigned mode, struct regs *regs, uint64_t stub,
		       const struct arch_syscall *call)
{
	ppc_put(mode, regs, 0, call->nr);
	for (unsigned i = 0; i < PPC_SC_NARGS; i++)
		ppc_put(mode, regs, 3 + i, call->args[i]);
	ppc_put(mode, regs, PPC_TRAP, 0);
	ppc_put(mode, regs, PPC_NIP, stub);
}

static uint64_t trap_of(unsigned mode, const struct regs *regs)
{
	return ppc_get(mode, regs, PPC_TRAP) & 0xffff & ~(uint64_t)TRAP_FLAGS;
}

/* An illegal or privileged instruction comes here, too, but is no SIGTRAP. */
bool ppc_at_trap(unsigned mode, const struct regs *regs)
{
	return trap_of(mode, regs) == TRAP_PROGRAM;
}

/* Who is moved away from a trap is not at one any more. A system call's trap
 * word stays, for the kernel has yet to act on it. */
void ppc_set_pc(unsigned mode, struct regs *regs, uint64_t pc)
{
	if (ppc_at_trap(mode, regs) && pc != ppc_get(mode, regs, PPC_NIP))
		ppc_put(mode, regs, PPC_TRAP, 0);
	ppc_put(mode, regs, PPC_NIP, pc);
}

/* The kernel's codes for a call to be made again are errors, too. */
int64_t ppc_syscall_result(unsigned mode, const struct regs *regs)
{
	uint64_t value = ppc_get(mode, regs, 3);

	if (trap_of(mode, regs) == TRAP_SCV)
		/* for 32-bit code, only sc is there */
		return (int64_t)value;
	if (ppc_get(mode, regs, PPC_CCR) & PPC_CR0_SO)
		return -(int64_t)value;
	return (int64_t)value;
}

bool ppc_in_syscall(unsigned mode, const struct regs *regs)
{
	uint64_t trap = trap_of(mode, regs);

	return trap == TRAP_SC || trap == TRAP_SCV;
}

/* The kernel's codes for a call to be made again; they never reach a program.
 * Their numbers are the same on all architectures. */
enum { RESTARTSYS = 512, RESTARTNOINTR = 513, RESTARTNOHAND = 514 };

/* r0 still has the number and r4 to r8 the arguments: only r3 was lost. */
bool ppc_syscall_restart(unsigned mode, struct regs *regs, bool ours)
{
	int64_t error = -ppc_syscall_result(mode, regs);

	if (!ppc_in_syscall(mode, regs))
		return false;
	if (error != RESTARTSYS && error != RESTARTNOINTR &&
	    error != RESTARTNOHAND &&
	    !(error == EINTR && ours && ppc_get(mode, regs, 0) != PPC_NR_CLOSE))
		return false;
	ppc_put(mode, regs, 3, ppc_get(mode, regs, PPC_ORIG_GPR3));
	ppc_put(mode, regs, PPC_NIP, ppc_get(mode, regs, PPC_NIP) - 4);
	ppc_put(mode, regs, PPC_TRAP, 0);
	return true;
}

size_t ppc_syscall_bytes(unsigned mode, uint8_t out[ARCH_INSN_MAX])
{
	ppc_store(mode, out, 4, INSN_SC);
	ppc_store(mode, out + 4, 4, INSN_TRAP);
	return 8;
}

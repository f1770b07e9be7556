/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls that the program makes itself: what leads to one, and what the
 * registers are when it has been answered without the kernel.
 */
#include "ppc-abi.h"
#include "ppc-insn.h"

enum {
	LI_R0 = 0x38000000, /* li r0,number */
	LI_R0_MASK = 0xffff0000,
	SC = 0x44000002, /* else it is scv */
};

void ppc_flow(const struct plan *plan, struct arch_flow *ret)
{
	struct ppc_insn in = ppc_insn(plan);

	ret->calls_kernel = in.op == PPC_SC;
	ret->has_number = (in.word & LI_R0_MASK) == LI_R0;
	if (ret->has_number)
		ret->number = ppc_si(in.word);
	ret->branches = in.op == PPC_B || in.op == PPC_BC;
	if (ret->branches)
		ret->target = ppc_target(&in, plan->addr);
	if (!ppc_links(&in))
		ret->ends = in.op == PPC_B ||
			    ((in.op == PPC_BCLR || in.op == PPC_BCCTR) &&
			     ppc_is_always(in.word));
}

/* scv tells of an error by the sign alone. What else these instructions change
 * is undefined behind them. */
void ppc_skip_call(const struct plan *plan, struct regs *regs, int64_t result)
{
	struct ppc_insn in = ppc_insn(plan);
	uint64_t cr = ppc_get(in.mode, regs, PPC_CCR) & ~(uint64_t)PPC_CR0_SO;

	if (in.word == SC && result < 0) {
		cr |= PPC_CR0_SO;
		result = -result;
	}
	if (in.word == SC)
		ppc_put(in.mode, regs, PPC_CCR, cr);
	ppc_put(in.mode, regs, 3, (uint64_t)result);
	ppc_set_pc(in.mode, regs, ppc_wrap(in.mode, plan->addr + 4));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls that the program makes itself: what leads to one, and what the
 * registers are when it has been answered without the kernel.
 */
#include "x86.h"

#include <string.h>

enum { MOV_EAX = 0xb8, MOV_EAX_LEN = 5 };

/* syscall, int $0x80, and glibc's way into the vDSO, call *%gs:0x10. */
static bool calls_kernel(const struct plan *plan, unsigned word)
{
	static const uint8_t vdso[] = {0x65, 0xff, 0x15, 0x10, 0, 0, 0};

	if (word == 8)
		return plan->len == 2 && !memcmp(plan->insn, "\x0f\x05", 2);
	return (plan->len == 2 && !memcmp(plan->insn, "\xcd\x80", 2)) ||
	       (plan->len == sizeof(vdso) &&
		!memcmp(plan->insn, vdso, sizeof(vdso)));
}

void x86_flow(const struct plan *plan, struct arch_flow *ret)
{
	struct x86_insn in = x86_insn(plan);

	ret->calls_kernel = calls_kernel(plan, in.word);
	ret->has_number = plan->len == MOV_EAX_LEN && plan->insn[0] == MOV_EAX;
	if (ret->has_number)
		ret->number = (int64_t)x86_load(plan->insn + 1, 4);
	ret->branches = in.op == X86_JCC || in.op == X86_CALL_REL ||
			in.op == X86_JMP_REL;
	ret->target = in.imm;
	ret->ends = in.op == X86_JMP_REL || in.op == X86_JMP_REG ||
		    in.op == X86_JMP_MEM || in.op == X86_RET;
}

/* `syscall` leaves the address behind it in rcx, and the flags in r11. */
void x86_skip_call(const struct plan *plan, struct regs *regs, int64_t result)
{
	const struct x86_abi *abi = x86_abi(regs);

	x86_put(regs, abi->gpr[0], (uint64_t)result);
	x86_put(regs, abi->ip, plan->addr + plan->len);
	if (x86_insn(plan).op != X86_SYSCALL)
		return;
	x86_put(regs, abi->gpr[X86_RCX], plan->addr + plan->len);
	x86_put(regs, abi->gpr[11], x86_get(regs, abi->flags));
}

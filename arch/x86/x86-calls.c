/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls that the program makes itself: where a function of its makes
 * one, and what the registers are when it has been answered without the kernel.
 */
#include "x86.h"

#include <string.h>

enum {
	STARTS_MAX = 32, /* of pieces of code */
	INSNS_MAX = 768, /* looked at in all */
	MOV_EAX = 0xb8,
	MOV_EAX_LEN = 5,
};

struct search {
	const struct arch_mem *mem;
	unsigned word;
	uint32_t nr;
	uint64_t starts[STARTS_MAX];
	size_t n;
	unsigned left;
};

static void add(struct search *s, uint64_t addr)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->starts[i] == addr)
			return;
	if (s->n < STARTS_MAX)
		s->starts[s->n++] = addr;
}

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

/* From one start to a jump or return; the call's address, 0: not here. */
static uint64_t look_from(struct search *s, uint64_t addr)
{
	bool numbered = false;

	while (s->left) {
		uint8_t bytes[ARCH_INSN_MAX];
		struct x86_insn in;
		struct plan plan;

		s->left--;
		if (s->mem->read(s->mem->ctx, addr, bytes, sizeof(bytes)) ||
		    x86_plan(s->word, addr, bytes, sizeof(bytes), &plan, NULL))
			return 0;
		in = x86_insn(&plan);
		if (plan.len == MOV_EAX_LEN && plan.insn[0] == MOV_EAX)
			numbered = x86_load(plan.insn + 1, 4) == s->nr;
		else if (calls_kernel(&plan, s->word) && numbered)
			return addr;
		if (in.op == X86_JCC || in.op == X86_CALL_REL ||
		    in.op == X86_JMP_REL)
			add(s, in.imm);
		if (in.op == X86_JMP_REL || in.op == X86_JMP_REG ||
		    in.op == X86_JMP_MEM || in.op == X86_RET)
			return 0;
		addr += plan.len;
	}
	return 0;
}

static uint64_t find_call(unsigned word, uint64_t entry,
			  const struct arch_mem *mem, int64_t nr)
{
	struct search s = {
		.mem = mem,
		.word = word,
		.nr = (uint32_t)nr,
		.left = INSNS_MAX,
	};
	uint64_t found = 0;

	add(&s, entry);
	for (size_t i = 0; i < s.n && !found; i++)
		found = look_from(&s, s.starts[i]);
	return found;
}

uint64_t x86_find_call64(uint64_t entry, const struct arch_mem *mem, int64_t nr)
{
	return find_call(8, entry, mem, nr);
}

uint64_t x86_find_call32(uint64_t entry, const struct arch_mem *mem, int64_t nr)
{
	return find_call(4, entry, mem, nr);
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

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Just enough of x86 for debuginfo's tests: names and numbers of registers.
 */
#include "arch.h"

#include <elf.h>
#include <string.h>
#include <sys/user.h>

#define REG(name, member, dwarf)                                          \
	{                                                                 \
		name, offsetof(struct user_regs_struct, member), 8, dwarf \
	}

static const struct arch_reg x86_64_regs[] = {
	REG("ax", rax, 0),   REG("dx", rdx, 1),	  REG("cx", rcx, 2),
	REG("bx", rbx, 3),   REG("si", rsi, 4),	  REG("di", rdi, 5),
	REG("bp", rbp, 6),   REG("sp", rsp, 7),	  REG("r8", r8, 8),
	REG("r9", r9, 9),    REG("r10", r10, 10), REG("r11", r11, 11),
	REG("r12", r12, 12), REG("r13", r13, 13), REG("r14", r14, 14),
	REG("r15", r15, 15), REG("ip", rip, 16),
};

#define REG32(name, slot, dwarf)         \
	{                                \
		name, (slot)*4, 4, dwarf \
	}

/* Slots of the kernel's 32-bit user_regs_struct. */
static const struct arch_reg i386_regs[] = {
	REG32("ax", 6, 0), REG32("cx", 1, 1),  REG32("dx", 2, 2),
	REG32("bx", 0, 3), REG32("sp", 15, 4), REG32("bp", 5, 5),
	REG32("si", 3, 6), REG32("di", 4, 7),  REG32("ip", 12, 8),
};

const struct arch_reg *arch_reg_dwarf(const struct arch *arch, int dwarf)
{
	for (size_t i = 0; i < arch->nregs; i++)
		if (arch->regs[i].dwarf == dwarf)
			return &arch->regs[i];
	return NULL;
}

const struct arch_reg *arch_reg(const struct arch *arch, const char *name)
{
	for (size_t i = 0; i < arch->nregs; i++)
		if (!strcmp(arch->regs[i].name, name))
			return &arch->regs[i];
	return NULL;
}

uint64_t arch_reg_get(const struct arch *arch, const struct regs *regs,
		      const struct arch_reg *reg)
{
	uint64_t v = 0;

	(void)arch;
	memcpy(&v, regs->raw + reg->offset, reg->size);
	return v;
}

static uint64_t pc_of(const struct regs *regs)
{
	const struct arch *a = regs->size == 68 ? &arch_i386 : &arch_x86_64;

	return arch_reg_get(a, regs, arch_reg(a, "ip"));
}

static uint64_t sp_of(const struct regs *regs)
{
	const struct arch *a = regs->size == 68 ? &arch_i386 : &arch_x86_64;

	return arch_reg_get(a, regs, arch_reg(a, "sp"));
}

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.word_size = 8,
	.regs_size = sizeof(struct user_regs_struct),
	.regs = x86_64_regs,
	.nregs = sizeof(x86_64_regs) / sizeof(*x86_64_regs),
	.pc = pc_of,
	.sp = sp_of,
};

const struct arch arch_i386 = {
	.name = "i386",
	.e_machine = EM_386,
	.word_size = 4,
	.regs_size = 68,
	.regs = i386_regs,
	.nregs = sizeof(i386_regs) / sizeof(*i386_regs),
	.pc = pc_of,
	.sp = sp_of,
};

const struct arch *arch_by_elf(uint16_t e_machine, uint8_t elf_class,
			       bool big_endian)
{
	if (e_machine == EM_X86_64 && elf_class == ELFCLASS64 && !big_endian)
		return &arch_x86_64;
	if (e_machine == EM_386 && elf_class == ELFCLASS32 && !big_endian)
		return &arch_i386;
	return NULL;
}

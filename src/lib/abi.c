/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An instruction set as the language sees it: which bytes of the context are
 * which register.
 */
#include "script-int.h"

#include <string.h>

static const struct arch_reg *call_reg(const struct arch *arch)
{
	return arch_reg(arch, arch->word_size == 8 ? "orig_rax" : "orig_eax");
}

static bool find_reg(const struct arch *arch, const char *name, int dwarf,
		     struct lang_reg *ret)
{
	const struct arch_reg *r = name ? arch_reg(arch, name)
				   : dwarf == ABI_DWARF_CALL
					   ? call_reg(arch)
					   : arch_reg_dwarf(arch, dwarf);

	if (!r || r->offset + r->size > arch->pt_regs_size)
		return false;
	ret->offset = r->offset;
	ret->size = r->size;
	return true;
}

/* The language's callback has no context, so there is one per ABI. */
#define ABI_REG(abi)                                            \
	static bool reg_##abi(const char *name, int dwarf,      \
			      struct lang_reg *ret)             \
	{                                                       \
		return find_reg(&arch_##abi, name, dwarf, ret); \
	}
ABI_REG(x86_64)
ABI_REG(i386)

static void fill(const struct arch *arch, struct lang_abi *abi)
{
	abi->word_size = arch->word_size;
	abi->big_endian = arch->big_endian;
	abi->ctx_size = arch->pt_regs_size;
	abi->nargs = arch->nargs;
	for (size_t i = 0; i < arch->nargs && i < 8; i++)
		find_reg(arch, arch->arg_regs[i], -1, &abi->args[i]);
	find_reg(arch, arch->ret_reg, -1, &abi->retval);
	find_reg(arch, arch->pc_reg, -1, &abi->pc);
	find_reg(arch, arch->sp_reg, -1, &abi->sp);
	abi->stack_args = arch->stack_args;
}

const struct lang_abi *script_abi(struct script *s, const struct arch *arch)
{
	struct lang_abi *abi = &s->abis[arch == &arch_i386];

	if (!abi->word_size) {
		abi->reg = arch == &arch_i386 ? reg_i386 : reg_x86_64;
		fill(arch, abi);
	}
	return abi;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An instruction set as the language sees it: which bytes of the context are
 * which register.
 */
#include "script-int.h"

#include <assert.h>
#include <string.h>

static bool find_reg(const struct arch *arch, const char *name, int dwarf,
		     struct lang_reg *ret)
{
	const struct arch_reg *r =
		name			  ? arch_reg(arch, name)
		: dwarf == ABI_DWARF_CALL ? arch_reg(arch, arch->syscall_nr_reg)
					  : arch_reg_dwarf(arch, dwarf);

	if (!r || r->offset + r->size > arch->pt_regs_size)
		return false;
	ret->offset = r->offset;
	ret->size = r->size;
	return true;
}

/* The language's callback has no context, so there is one per ABI, numbered as
 * in arch_all. */
#define ABI_REG(n)                                                             \
	static bool reg_##n(const char *name, int dwarf, struct lang_reg *ret) \
	{                                                                      \
		return find_reg(arch_all[n], name, dwarf, ret);                \
	}
ABI_REG(0)
ABI_REG(1)
ABI_REG(2)
ABI_REG(3)
ABI_REG(4)

static bool (*const reg_fns[ABIS_MAX])(const char *, int, struct lang_reg *) = {
	reg_0, reg_1, reg_2, reg_3, reg_4,
};

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
	struct lang_abi *abi;
	size_t i = 0;

	while (arch_all[i] != arch)
		i++;
	assert(i < ABIS_MAX);
	abi = &s->abis[i];
	if (!abi->word_size) {
		abi->reg = reg_fns[i];
		fill(arch, abi);
	}
	return abi;
}

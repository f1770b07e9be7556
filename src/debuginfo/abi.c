/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "abi.h"

#include <elf.h>

/* System V psABI, x86_64: figure 3.36 (numbers), 3.2.3 (arguments): rdi, rsi,
 * rdx, rcx, r8, r9. */
static const uint8_t x86_64_args[] = {5, 4, 1, 2, 8, 9};

static const struct abi abis[] = {
	{
		.machine = EM_X86_64,
		.word_size = 8,
		.sp = 7,
		.fp = 6,
		.pc = 16,
		.ra_on_stack = true,
		.int_args = x86_64_args,
		.nint_args = sizeof(x86_64_args),
		.vec_first = 17,
		.nvec_args = 8,
		.vec_last = 32,
		.struct_regs_max = 16,
	},
	{
		.machine = EM_386,
		.word_size = 4,
		.sp = 4,
		.fp = 5,
		.pc = 8,
		.ra_on_stack = true,
		.vec_first = 21,
		.vec_last = 28,
	},
};

const struct abi *abi_of(const struct arch *arch)
{
	for (size_t i = 0; i < sizeof(abis) / sizeof(*abis); i++)
		if (abis[i].machine == arch->e_machine &&
		    abis[i].word_size == arch->word_size)
			return &abis[i];
	return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "abi.h"

#include <elf.h>

/* System V psABI, x86_64: figure 3.36 (numbers), 3.2.3 (arguments): rdi, rsi,
 * rdx, rcx, r8, r9. */
static const uint8_t x86_64_args[] = {5, 4, 1, 2, 8, 9};

/* The ELF ABIs of PowerPC: r3 to r10; f1 to f13, of 32 bits f1 to f8.
 * Of 64 bits vectors: v2 to v13. */
static const uint8_t ppc_args[] = {3, 4, 5, 6, 7, 8, 9, 10};

#define PPC_ABI                                            \
	.sp = 1, .fp = 31, .pc = 65, .int_args = ppc_args, \
	.nint_args = sizeof(ppc_args), .vec_first = 32 + 1, .vec_last = 63, \
	.float_ret = 32 + 1

/* Of 32 bits, whether they travel so is told by how a program was compiled. */
#define PPC64_VECTORS                                                   \
	.vector_args = 77 + 2, .nvector_args = 12, .vector_ret = 77 + 2

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
		.float_ret = 17,
		.vector_ret = 17,
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
		.vector_args = 21,
		.nvector_args = 3,
		.ret_low = 0, /* eax */
		.ret_high = 2, /* edx */
		.float_ret = 11, /* st0 */
		.vector_ret = 21,
	},
	{
		/* ELFv2, little endian: 2.2.2 and 2.2.3 */
		PPC_ABI,
		.machine = EM_PPC64,
		.word_size = 8,
		.nvec_args = 13,
		.stack_args = 32,
		.lr_save = 16,
		.has_homes = true,
		PPC64_VECTORS,
	},
	{
		/* ELFv1 (64-bit PowerPC ELF ABI Supplement 1.9, 3.2) */
		PPC_ABI,
		.machine = EM_PPC64,
		.word_size = 8,
		.big_endian = true,
		.nvec_args = 13,
		.stack_args = 48,
		.lr_save = 16,
		.has_homes = true,
		PPC64_VECTORS,
	},
	{
		/* System V, PowerPC Processor Supplement */
		PPC_ABI,
		.machine = EM_PPC,
		.word_size = 4,
		.big_endian = true,
		.nvec_args = 8,
		.ret_low = 4,
		.ret_high = 3,
		.stack_args = 8,
		.lr_save = 4,
	},
};

const struct abi *abi_of(const struct arch *arch)
{
	for (size_t i = 0; i < sizeof(abis) / sizeof(*abis); i++)
		if (abis[i].machine == arch->e_machine &&
		    abis[i].word_size == arch->word_size &&
		    abis[i].big_endian == arch->big_endian)
			return &abis[i];
	return NULL;
}

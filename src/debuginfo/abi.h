/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * DWARF's view of a calling convention: which numbers mean what, and in which
 * registers arguments come. (Private to debuginfo.)
 */
#ifndef UPD_ABI_H
#define UPD_ABI_H

#include "arch.h"

struct abi {
	uint16_t machine;
	uint8_t word_size;
	bool big_endian;
	uint8_t sp, fp, pc; /* DWARF numbers; pc: the return address' column */
	bool ra_on_stack;   /* pushed by the call, just below the CFA */
	const uint8_t *int_args;
	uint8_t nint_args;
	uint8_t vec_first, nvec_args; /* floating point arguments */
	uint8_t vec_last;	      /* of those registers */
	uint16_t vector_args; /* the first of the registers of vectors' own */
	uint8_t nvector_args; /* 0: they have none of their own */
	uint8_t ret_low, ret_high; /* of 32 bits: of a number of 64 */
	uint8_t float_ret;
	uint16_t vector_ret; /* 0: not told */
	uint8_t struct_regs_max;      /* largest struct by value in registers */
	int8_t stack_args;	      /* offset of the first from the CFA */
	/* The caller's frame has room for arguments in registers, too: that one
	 * lies there does not tell that the caller has put it there. */
	bool has_homes;
	/* Not 0: each frame begins with the address of the one before, and has
	 * its return address, once that is saved, there in the one before. */
	int8_t lr_save;
};

/* NULL: not known. */
const struct abi *abi_of(const struct arch *arch);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a value is at one instruction: a DWARF location, already chosen for
 * that pc and flattened (frame base and CFA rule put in), as a little stack
 * program. debuginfo makes them; lang compiles them to eBPF.
 */
#ifndef UPD_LOC_H
#define UPD_LOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOC_OP_LIST(X)                                                         \
	X(CONST)   /* push arg */                                              \
	X(REG)     /* push the word register with DWARF number arg */         \
	X(MODADDR) /* push arg (an ELF vaddr) + the module's load bias */      \
	X(DEREF)   /* pop address, push zero-extended arg bytes from there */  \
	X(PLUS_CONST) /* top += arg */                                         \
	X(ADD) X(SUB) X(MUL) X(DIV) X(MOD) X(AND) X(OR) X(XOR)                 \
	X(SHL) X(SHR) X(SAR) X(NEG) X(NOT)                                     \
	X(DUP) X(DROP) X(SWAP) X(OVER)                                         \
	X(EQ) X(NE) X(LT) X(LE) X(GT) X(GE) /* signed; push 0 or 1 */

enum loc_opcode {
#define LOC_OP_ENUM(name) LOC_##name,
	LOC_OP_LIST(LOC_OP_ENUM)
#undef LOC_OP_ENUM
};

enum loc_kind {
	LOC_IN_MEMORY, /* the program leaves the value's address */
	LOC_IN_VALUE,  /* the program leaves the value itself (<= 8 bytes):
			* a register, DW_OP_stack_value, a constant */
	LOC_IN_VECTOR, /* in a floating point or vector register: reg */
};

enum { LOC_OPS_MAX = 32 };

struct loc {
	enum loc_kind kind;
	uint16_t reg; /* LOC_IN_VECTOR: its DWARF number */
	size_t nops;
	struct {
		enum loc_opcode code;
		uint64_t arg;
	} ops[LOC_OPS_MAX];
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Unwinding rules at one pc, from .eh_frame or .debug_frame, in a form that
 * costs nothing to apply and is kept. (Private to debuginfo.)
 */
#ifndef UPD_CFI_H
#define UPD_CFI_H

#include "module-int.h"

#include <elfutils/libdw.h>

enum { CFI_REGS = 68 }; /* DWARF numbers 0..67: ppc's link register is 65 */

enum rule_kind {
	RULE_SAME,
	RULE_UNDEFINED,
	RULE_AT_CFA, /* saved at CFA + offset */
	RULE_IS_CFA, /* is CFA + offset */
	RULE_IN_REG, /* in another register */
	RULE_EXPR,   /* a location expression */
};

struct rule {
	uint8_t reg;
	uint8_t kind;
	int64_t offset; /* RULE_IN_REG: the register */
	Dwarf_Op *ops;
	size_t nops;
};

struct frame_rules {
	bool none; /* no table covers this pc */
	bool signal;
	uint8_t ra;  /* the return address' column */
	int cfa_reg; /* -1: an expression */
	int64_t cfa_offset;
	Dwarf_Op *cfa_ops;
	size_t cfa_nops;
	size_t nrules;
	struct rule rules[];
};

/* Those at vaddr; NULL when memory ran out. */
const struct frame_rules *cfi_rules(struct module *m, uint64_t vaddr);

/* The CFA's expression at vaddr, for variables; 0: unknown. The operations
 * are the caller's to free(). */
size_t cfi_cfa_ops(struct module *m, uint64_t vaddr, Dwarf_Op **ret);

#endif

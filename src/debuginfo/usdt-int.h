/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The argument specs of USDT notes: what the parsers of the ABIs' operands
 * share. (Private to debuginfo.)
 */
#ifndef UPD_USDT_INT_H
#define UPD_USDT_INT_H

#include "abi.h"
#include "module-int.h"

struct usdt_parser {
	struct module *m;
	const struct abi *abi;
	const char *p, *end; /* of this argument */
	const char *start;
	struct usdt_arg *arg;
	struct err *err;
};

/* Says why this argument is refused; returns the code. */
int usdt_bad(struct usdt_parser *s, int code, const char *why);
/* Takes a number, decimal or 0x; false: there is none. */
bool usdt_number(struct usdt_parser *s, int64_t *ret);
/* Appends; false: there is no more room. */
bool usdt_add(struct loc *l, enum loc_opcode code, uint64_t arg);

/* usdt-ppc.c: takes one operand. */
int usdt_ppc_operand(struct usdt_parser *s);

#endif

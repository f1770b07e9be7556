/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the two files that use Zydis: x86-decode.c and x86-refuse.c.
 */
#ifndef UPD_X86_DECODED_H
#define UPD_X86_DECODED_H

#include "x86.h"

#include <Zydis/Zydis.h>

struct x86_decoded {
	ZydisDecodedInstruction in;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	uint64_t addr;
	const uint8_t *bytes;
	unsigned word;
};

/* Why the instruction must not be probed; NULL when it may. */
const char *x86_refusal(const struct x86_decoded *d);

/* AT&T text; and bytes in hexadecimal. Truncated to fit. */
void x86_text(const struct x86_decoded *d, char *text, size_t size);
void x86_bytes_text(const uint8_t *bytes, size_t n, char *text, size_t size);

#endif

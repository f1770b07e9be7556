/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the calling convention puts parameters, for code that was compiled
 * without optimisation: its debug information tells where they are after the
 * prologue only. (Private to debuginfo.)
 */
#ifndef UPD_CALLCONV_H
#define UPD_CALLCONV_H

#include "ctype.h"
#include "expr.h"

struct parameter {
	const struct ctype *type;
	bool by_ref; /* C++: its address is passed */
};

/* Where parameter `index` is before the prologue has stored it. ret: what the
 * function returns (NULL: void); ret_in_memory: through a hidden pointer
 * whatever its size. */
int callconv_locate(const struct place_at *at, const struct parameter *params,
		    size_t index, const struct ctype *ret_type,
		    bool ret_in_memory, struct loc *ret);

/* Where a value of floating point, a vector, or a number of two registers is that
 * a function has just returned. false: in one register, or upd does not know. */
bool callconv_returned(const struct arch *arch, const struct ctype *t,
		       struct loc *ret);

/* callconv-ppc.c */
struct abi;
int ppc_locate(const struct place_at *at, const struct abi *abi,
	       const struct parameter *params, size_t index,
	       const struct ctype *ret_type, bool ret_in_memory,
	       struct loc *ret);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions that make values, for the table in call.c.
 */
#ifndef UPD_CALL_VALUE_H
#define UPD_CALL_VALUE_H

#include "checker.h"
#include "gen.h"

#define CALL_VALUE_CHECKS(X)                                                   \
	X(check_str)                                                           \
	X(check_buf)                                                           \
	X(check_usym) X(check_reg) X(check_uaddr) X(check_strncmp)             \
		X(check_strftime) X(check_uptr) X(check_ntop) X(check_macaddr) \
			X(check_strerror) X(check_signal_name)                 \
				X(check_syscall_name) X(check_bswap)           \
					X(check_signal)
#define CALL_VALUE_GENS(X)                                             \
	X(gen_str)                                                     \
	X(gen_buf)                                                     \
	X(gen_usym) X(gen_reg_call) X(gen_uaddr) X(gen_strncmp)        \
		X(gen_strftime) X(gen_uptr) X(gen_ntop) X(gen_macaddr) \
			X(gen_number_call) X(gen_bswap) X(gen_signal)

#define X(name) const struct vtype *name(struct check *c, struct expr *e);
CALL_VALUE_CHECKS(X)
#undef X
#define X(name) \
	void name(struct gen *g, struct expr *e, const struct place *to);
CALL_VALUE_GENS(X)
#undef X

#endif

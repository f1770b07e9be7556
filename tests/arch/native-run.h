/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One form by all strategies, against the processor.
 */
#ifndef UPD_NATIVE_RUN_H
#define UPD_NATIVE_RUN_H

#include "arch.h"

struct form {
	uint8_t is_syscall, len, bytes[16];
};

/* Once per seed, each with other registers and another slot, and as often as it
 * takes for a conditional branch to go both ways; differences are printed and
 * counted. What plan() says when it refuses the form. */
int native_form(const struct arch *arch, const struct form *form, int seeds,
		struct plan *ret_plan, struct err *err);
int native_failures(void);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values known before the program runs.
 */
#ifndef UPD_FOLD_H
#define UPD_FOLD_H

#include "ast.h"
#include "lang-int.h"

/* The value of an expression of numbers and declared constants; before or
 * after checking. */
bool fold_constant(const struct lang *l, const struct expr *e, int64_t *ret);

/* One operation as programs do it: division by 0 is 1, shifts wrap. */
bool fold_binary(enum token_kind op, bool is_signed, uint64_t a, uint64_t b,
		 uint64_t *ret);

#endif

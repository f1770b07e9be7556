/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Formats of printf and its like.
 */
#ifndef UPD_CHECK_PRINTF_H
#define UPD_CHECK_PRINTF_H

#include "checker.h"

/* Whether the call's first argument is a format for the others. */
bool check_format(struct check *c, struct expr *call);

#endif

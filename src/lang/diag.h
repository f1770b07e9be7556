/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Diagnostics: FILE:LINE:COLUMN-COLUMN: ERROR: text, the source line with the
 * range underlined, and one hint where there is one. Columns count from 1;
 * the second is the one behind the range.
 */
#ifndef UPD_DIAG_H
#define UPD_DIAG_H

#include <stdint.h>

struct lang;

enum { DIAG_ERRORS_MAX = 20 };

/* A range of the source. */
struct range {
	uint32_t begin, end;
};

void diag_error(struct lang *l, struct range r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warn(struct lang *l, struct range r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Belongs to the diagnostic just made (and goes with it when that was not
 * shown). */
void diag_hint(struct lang *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif

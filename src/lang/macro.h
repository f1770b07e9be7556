/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Macros as the preprocessor's lines make them.
 */
#ifndef UPD_MACRO_H
#define UPD_MACRO_H

#include "parse.h"

bool macro_is_defined(const struct lang *l, const char *name);
void macro_undefine(struct lang *l, const char *name);
/* #define `name`: what `line` goes on with. */
void macro_define(struct parser *p, struct parser *line, const char *name,
		  struct range at);

#endif

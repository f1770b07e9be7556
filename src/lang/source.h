/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The texts that a program is made of: the script itself, and what it imports
 * or includes. They lie one behind the other in lang->text, so that a position
 * there says which of them is meant.
 */
#ifndef UPD_SOURCE_H
#define UPD_SOURCE_H

#include "parse.h"

#include <sys/types.h>

struct source {
	const char *name; /* as diagnostics show it */
	struct range at;  /* in the text */
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

/* The one that holds a position. */
const struct source *source_at(const struct lang *l, uint32_t pos);
/* The script, the first one. */
void source_init(struct lang *l, const char *text, size_t len);

/* At import "PATH": reads the program there. */
void parse_import(struct parser *p);
/* At #include: reads the declarations there. */
void parse_include(struct parser *p);
/* The files of --include. */
void sources_include(struct lang *l);

#endif

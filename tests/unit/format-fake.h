/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A script, names and a clock of the tests' own for the formatter.
 */
#ifndef UPD_FORMAT_FAKE_H
#define UPD_FORMAT_FAKE_H

#include "format.h"

struct lang {
	struct lang_config config;
	const struct lang_map *maps;
	size_t nmaps;
	const struct lang_action *actions;
	size_t nactions;
	const char *const *strings;
	size_t nstrings;
};

/* Stack 7 has three frames; 0x1000 .. 0x1fff is "func" of /bin/prog. */
extern const struct format_env fake_env;
extern struct lang fake_lang;

#endif

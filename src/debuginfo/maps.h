/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of /proc/PID/maps, taken apart. (Private to debuginfo.)
 */
#ifndef UPD_MAPS_H
#define UPD_MAPS_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	uint64_t start, end, offset, ino;
	unsigned major, minor;
	bool read, write, exec, shared;
	bool deleted;
	char *path; /* "" for anonymous memory; unescaped */
};

struct maps {
	struct map *list; /* in address order */
	size_t n, cap;
};

/* Of the text; lines that make no sense are left out. */
must_check int maps_parse(struct maps *ret, const char *text);
void maps_release(struct maps *maps);
/* The one that has the address, or NULL. */
const struct map *maps_at(const struct maps *maps, uint64_t addr);

/* The whole of a file in /proc; free() it. */
must_check int proc_read(const char *path, char **ret, struct err *err);

#endif

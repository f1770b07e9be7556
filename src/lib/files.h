/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a binary's name as people write it to open files.
 */
#ifndef UPD_FILES_H
#define UPD_FILES_H

#include "script-int.h"

typedef int file_fn(void *ctx, struct module *m);

/* Calls fn for each file that `name` stands for (NULL: the targets' own
 * executables): a path, absolute or from the client's folder, seen from the
 * target's root; a library ("libc", "libssl.so.3") among what the targets map
 * or the system has; a command in $PATH; '*' wildcards over mapped files or
 * the file system. Stops at fn's first non-zero result and returns it. */
int files_each(struct script *s, const char *name, file_fn *fn, void *ctx,
	       struct err *err);

/* '*' is the only wildcard. */
bool pattern_match(const char *pattern, const char *text);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The shell's commands that scripts run.
 */
#ifndef UPD_SHELL_H
#define UPD_SHELL_H

#include "buf.h"
#include "err.h"

/* Runs a command in cwd (NULL: here) and appends what it writes. */
must_check int shell_run(const char *command, const char *cwd, struct buf *out,
			 struct err *err);

#endif

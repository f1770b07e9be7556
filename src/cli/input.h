/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a script from a file or standard input.
 */
#ifndef UPD_INPUT_H
#define UPD_INPUT_H

#include "buf.h"
#include "err.h"

/* "-" is standard input. *ret_name: what diagnostics call it. */
must_check int script_read(const char *path, struct buf *text,
			   const char **ret_name, struct err *err);

#endif

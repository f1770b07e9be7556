/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finding the user's updd, or starting it.
 */
#ifndef UPD_SERVER_H
#define UPD_SERVER_H

#include "proto.h"

/* A connection on which HELLO and WELCOME were said. path: -S, or NULL. */
must_check int server_connect(const char *path, struct conn **ret,
			      struct err *err);

#endif

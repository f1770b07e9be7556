/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program updd, but for the work of its children.
 */
#ifndef UPD_MAIN_H
#define UPD_MAIN_H

#include "worker.h"

/* Parses options, opens the socket, serves; the exit status. */
int updd_main(int argc, char **argv, const struct worker_table *workers);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's children: see worker.h for what is asked of them.
 */
#ifndef UPD_WORKERS_H
#define UPD_WORKERS_H

#include "worker.h"

int session_worker(int client_fd, int broker_fd, const struct peer *peer);
int tracer_worker(int broker_fd, const struct peer *peer, pid_t pid);
int sweep_worker(int broker_fd);

#endif

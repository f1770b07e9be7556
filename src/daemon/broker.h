/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker: accepts clients, asks the kernel who they are, forks a session
 * worker for each and a tracer for each traced process, introduces them to one
 * another, and tells the ones concerned when one dies. It never ptraces and
 * parses neither scripts nor ELF files. One thread, no state on disk.
 */
#ifndef UPD_BROKER_H
#define UPD_BROKER_H

#include "err.h"
#include "worker.h"

#include <stdint.h>

struct broker_opts {
	const struct worker_table *workers;
	int listen_fd;	  /* non-blocking */
	int64_t idle_ms;  /* leave after so long without clients; < 0: never */
	int64_t hello_ms; /* how long a client may take to say HELLO */
	unsigned max_per_user, max_clients, max_tracers; /* 0: the defaults */
};

/* Serves until idle, or until SIGTERM or SIGINT: then all sessions are ended
 * and their processes waited for. Blocks those signals and SIGCHLD. */
must_check int broker_run(const struct broker_opts *opts, struct err *err);

#endif

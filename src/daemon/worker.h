/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The seam between the broker and the processes that it forks. The broker
 * forks, drops to the client's user, closes every descriptor but the ones
 * named here and standard input to error, and then calls one of these; what
 * it returns is the process's exit status.
 *
 * When the broker dies or stops, broker_fd is at end of file: whoever sees it
 * lifts what it has planted and returns.
 */
#ifndef UPD_WORKER_H
#define UPD_WORKER_H

#include "peer.h"

#include <sys/types.h>

struct worker_table {
	/* Serves one client, whose HELLO is answered: RUN comes next on
	 * client_fd. Asks the broker for tracers on broker_fd (WANT_TRACER),
	 * is answered in order by TRACER or NO_TRACER, and may be told
	 * TRACER_DIED at any time. Status 0: the client was told how it
	 * ended. */
	int (*session)(int client_fd, int broker_fd, const struct peer *peer);
	/* Holds the ptrace attachment of one target. Starts by clearing what
	 * a predecessor that was killed left in it. Each B_SESSION on
	 * broker_fd brings a session's socket. Leaves by sending B_IDLE and
	 * waiting for B_QUIT (or B_SESSION), so no session is handed to a
	 * tracer that leaves. Status 0: all lifted. */
	int (*tracer)(int broker_fd, const struct peer *peer, pid_t target);
	/* Started once, as the broker's own user: sends a B_LEFT for each
	 * process in which an earlier updd's tracer has left something, and
	 * returns. */
	int (*sweep)(int broker_fd);
};

#endif

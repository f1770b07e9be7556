/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A new updd looks for what an older one, killed with all its tracers, has left
 * in processes: this child of it reads the memory maps of all there are, and
 * tells the broker which ones need a tracer. That one does the cleaning, as the
 * user to whom the process belongs.
 */
#include <config.h>

#include "log.h"
#include "procs.h"
#include "proto.h"
#include "workers.h"

#include <errno.h>

/* One that has a tracer is being probed, or cleaned, right now. */
static int look(void *ctx, pid_t pid)
{
	struct conn *broker = ctx;
	struct buf b;
	uid_t uid;
	gid_t gid;
	int rc;

	if (!proc_has_scratch(pid) || proc_tracer(pid) ||
	    !proc_owner(pid, &uid, &gid))
		return 0;
	buf_init(&b);
	put_u32(&b, (uint32_t)pid);
	put_u32(&b, uid);
	put_u32(&b, gid);
	rc = conn_send(broker, MSG_B_LEFT, &b, NULL, 0, NULL);
	buf_release(&b);
	return rc;
}

int sweep_worker(int broker_fd)
{
	struct conn *broker = conn_new(broker_fd);
	int rc;

	if (!broker)
		return 1;
	rc = procs_each(look, broker);
	if (!rc)
		rc = conn_drain(broker, NULL);
	conn_free(broker);
	return rc ? 1 : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "missing.h"

#include "proto.h"

static int refuse_session(int client_fd, int broker_fd, const struct peer *peer)
{
	struct conn *c = conn_new(client_fd);
	struct buf p;

	(void)broker_fd;
	(void)peer;
	if (!c)
		return 1;
	buf_init(&p);
	put_u32(&p, ERR_UNSUPP);
	put_str(&p, "this updd was built without its session worker");
	conn_send(c, MSG_ERROR, &p, NULL, 0, NULL);
	buf_release(&p);
	conn_free(c);
	return 0;
}

static int refuse_tracer(int broker_fd, const struct peer *peer, pid_t target)
{
	(void)broker_fd;
	(void)peer;
	(void)target;
	return 0;
}

const struct worker_table missing_workers = {refuse_session, refuse_tracer};

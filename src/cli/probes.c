/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd -l: the probes that a pattern matches. Needs no daemon: what is listed
 * lies in files that the user may read.
 */
#include <config.h>

#include "cli.h"
#include "proto.h"
#include "script.h"
#include "sink.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int list(struct cli *cli, const char *cwd, struct buf *out,
		struct err *err)
{
	pid_t *pids = calloc(cli->npids + 1, sizeof(*pids));
	int rc;

	if (!pids)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < cli->npids; i++)
		pids[i] = (pid_t)cli->pids[i];
	rc = script_list(cli->file ? cli->file : "*", pids, cli->npids, cwd,
			 cli->debug_dirs, cli->flags & RUN_VERBOSE, out, err);
	free(pids);
	return rc;
}

static int list_main(struct cli *cli)
{
	char *cwd = getcwd(NULL, 0);
	struct sink sink;
	struct err err;
	struct buf out;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	buf_init(&out);
	rc = sink_open(&sink, cli->out_path, cli->out_mode, &err);
	if (!rc)
		rc = list(cli, cwd ? cwd : "/", &out, &err);
	if (!rc && out.len)
		rc = sink_write(&sink, out.data, out.len, &err);
	if (!rc)
		rc = sink_flush(&sink, &err);
	sink_close(&sink);
	buf_release(&out);
	free(cwd);
	return rc && rc != ERR_GONE ? complain(&err) : 0;
}

const struct action action_list = {"list", list_main};

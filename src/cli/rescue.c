/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd --rescue: takes away what a tracer that was killed has left in a
 * process. Attaching does that; no daemon is needed.
 */
#include <config.h>

#include "cli.h"
#include "log.h"
#include "target.h"

#include <inttypes.h>
#include <stdio.h>

static void print_warning(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level <= LOG_LEVEL_WARN)
		fprintf(stderr, "WARNING: %s\n", line);
}

static int rescue_one(struct tracer *tr, pid_t pid, struct err *err)
{
	struct target *t;
	bool found;
	int rc = target_attach(tr, pid, NULL, &t, err);

	if (rc)
		return rc;
	found = target_was_rescued(t);
	target_detach(t);
	printf("process %d: %s\n", (int)pid,
	       found ? "what a killed tracer had left has been removed"
		     : "nothing of a killed tracer is there");
	return 0;
}

static int rescue_main(struct cli *cli)
{
	static const struct tracer_events events;
	struct tracer *tr;
	struct err err;
	int status = 0;

	log_hook(print_warning, NULL, LOG_LEVEL_WARN);
	if (tracer_new(&events, NULL, &tr, &err))
		return complain(&err);
	for (size_t i = 0; i < cli->npids; i++)
		if (rescue_one(tr, (pid_t)cli->pids[i], &err))
			status = complain(&err);
	tracer_free(tr);
	return status;
}

const struct action action_rescue = {"rescue", rescue_main};

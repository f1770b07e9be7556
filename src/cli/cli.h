/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command line says, and the things that upd does: a const table with
 * one entry for each.
 */
#ifndef UPD_CLI_H
#define UPD_CLI_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum out_mode { OUT_AS_IT_COMES, OUT_NONE, OUT_LINE, OUT_FULL };

/* Strings that options gather; they point into argv. */
struct words {
	const char **w;
	size_t n;
};

struct cli {
	const struct action *action;
	const char *expr;	/* -e */
	const char *file;	/* FILE; "-": standard input */
	const char *cmd;	/* -c */
	const char *out_path;	/* -o */
	const char *socket;	/* -S */
	const char *debug_dirs; /* --debuginfo */
	const char *dump;	/* -d */
	const char *plot;	/* --plot */
	uint32_t rounds, hits;	/* --rounds, --hits; 0: not given */
	enum out_mode out_mode;
	uint32_t flags; /* RUN_* */
	uint32_t steps; /* STRATEGY_* */
	uint32_t max_overhead; /* percent, 0: no limit */
	bool max_overhead_set;
	uint32_t *pids;
	size_t npids;
	struct words params, named, include_dirs, includes;
};

/* One thing that upd does; the exit status. */
struct action {
	const char *name;
	int (*main)(struct cli *cli);
};

extern const struct action action_run, action_list, action_rescue,
	action_doctor, action_bench, action_compare,
	action_version, action_help;

/* argv into cli. ERR_INVAL with the sentence to print. */
must_check int cli_parse(struct cli *cli, int argc, char **argv,
			 struct err *err);
void cli_release(struct cli *cli);
void cli_usage(void);

/* "upd: SENTENCE" on standard error; 1, the exit status. */
int complain(const struct err *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd: the client's main.
 */
#include <config.h>

#include "cli.h"

#include <stdio.h>

int complain(const struct err *err)
{
	fprintf(stderr, "upd: %s\n", err->text);
	return 1;
}

static int version_main(struct cli *cli)
{
	(void)cli;
	puts("upd " PACKAGE_VERSION);
	return 0;
}

static int help_main(struct cli *cli)
{
	(void)cli;
	cli_usage();
	return 0;
}

const struct action action_version = {"version", version_main};
const struct action action_help = {"help", help_main};

int main(int argc, char **argv)
{
	struct cli cli = {.action = &action_run};
	struct err err;
	int status;

	if (cli_parse(&cli, argc, argv, &err))
		status = complain(&err);
	else
		status = cli.action->main(&cli);
	cli_release(&cli);
	if (fflush(stdout) != 0 && !status)
		status = 1;
	return status;
}

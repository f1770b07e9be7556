/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd -l: the probes that a pattern matches.
 */
#include <config.h>

#include "cli.h"

static int list_main(struct cli *cli)
{
	struct err err;

	(void)cli;
	err_set(&err, ERR_UNSUPP, "-l is not there yet");
	return complain(&err);
}

const struct action action_list = {"list", list_main};

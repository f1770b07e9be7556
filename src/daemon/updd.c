/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * updd: the broker with its workers.
 */
#include <config.h>

#include "main.h"
#include "workers.h"

int main(int argc, char **argv)
{
	static const struct worker_table workers = {session_worker,
						    tracer_worker,
						    sweep_worker};

	return updd_main(argc, argv, &workers);
}

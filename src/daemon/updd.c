/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * updd: the broker with its workers.
 */
#include <config.h>

#include "main.h"
#include "missing.h"

int main(int argc, char **argv)
{
	return updd_main(argc, argv, &missing_workers);
}

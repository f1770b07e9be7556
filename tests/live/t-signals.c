/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals that arrive while an instruction is out of line, faults there, and
 * the program's own traps: the program sees what it would see untraced, and
 * hits are counted once.
 */
#include "drive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void ended_well(struct drive *d, const char *what)
{
	if (!WIFEXITED(d->status) || WEXITSTATUS(d->status) != 3)
		drive_fail("%s: wait status 0x%x", what, (unsigned)d->status);
	drive_expect("hits elsewhere", d->wrong, 0);
}

/* The handler calls v_push: its own count is in the output. */
static void storm(unsigned long n, unsigned long threads, unsigned steps)
{
	uint64_t hits = n * (threads ? threads : 1), sum = 0;
	unsigned long ticks = 0;
	char where[32] = "";
	struct drive d;

	drive_start(&d, "storm", n, threads);
	d.keep_quiet = true;
	drive_attach(&d, NULL);
	drive_plant(&d, steps);
	drive_release(&d);
	drive_run(&d);
	sscanf(drive_output(&d), "%" SCNu64 "\n%lu %31[a-z ]", &sum, &ticks,
	       where);
	ended_well(&d, "storm");
	drive_expect("sum", sum, 9 * hits);
	drive_expect_str("scratch memory", where, "scratch");
	if (d.site[0])
		drive_expect("v_push", d.hits[0], hits + ticks);
	for (size_t i = 1; i < d.nsites; i++)
		if (d.site[i] && d.hits[i] != (i == 1 ? 2 : 1) * hits)
			drive_fail("storm, steps %u: site %zu: %d hits, "
				   "expected %d",
				   steps, i, (int)d.hits[i], (int)hits);
	drive_end(&d);
}

static void fault(unsigned steps)
{
	struct drive d;

	drive_start(&d, "fault", 100, 0);
	d.keep_quiet = true;
	drive_attach(&d, NULL);
	drive_plant(&d, steps);
	drive_release(&d);
	drive_run(&d);
	drive_expect_str("faults", drive_output(&d), "500 100 0\n");
	ended_well(&d, "fault");
	/* tried again by the handler, with another divisor */
	if (d.site[7])
		drive_expect("hits of a faulting instruction", d.hits[7], 200);
	drive_end(&d);
}

static void own_traps(void)
{
	struct drive d;

	drive_start(&d, "traps", 100, 0);
	drive_attach(&d, NULL);
	drive_plant(&d, 0);
	drive_release(&d);
	drive_run(&d);
	drive_expect_str("own traps", drive_output(&d), "100 100100\n");
	ended_well(&d, "own traps");
	drive_expect("hits beside own traps", d.hits[0], 100);
	drive_end(&d);
}

int main(void)
{
	storm(drive_share(5000), 0, 0);
	storm(drive_share(1000), 8, 0);
	storm(drive_share(2000), 0, STRATEGY_BOOST);
	storm(drive_share(100), 0, STRATEGY_XOL);
	storm(drive_share(20), 2, STRATEGY_XOL);
	storm(drive_share(100), 0, STRATEGY_INPLACE);
#if defined(__x86_64__) || defined(__i386__)
	fault(0);
	fault(STRATEGY_BOOST);
	fault(STRATEGY_XOL);
	fault(STRATEGY_INPLACE);
	own_traps();
#else
	puts("faults and traps of its own: the victim's are x86's");
	(void)fault;
	(void)own_traps;
#endif
	return drive_failures() ? 1 : 0;
}

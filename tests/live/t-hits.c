/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exact counts, and results that show that each instruction did what it does:
 * all strategies, one thread and many.
 */
#include "drive.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void check(struct drive *d, const char *what, const char *want,
		  uint64_t hits)
{
	drive_expect_str(what, drive_output(d), want);
	for (size_t i = 0; i < d->nsites; i++)
		if (d->site[i] && d->hits[i] != hits)
			drive_fail("%s: site %zu: %d hits, expected %d", what,
				   i, (int)d->hits[i], (int)hits);
	drive_expect("hits elsewhere", d->wrong, 0);
	drive_expect("exit status", (uint64_t)WEXITSTATUS(d->status), 3);
	drive_expect("killed by", (uint64_t)WTERMSIG(d->status), 0);
	drive_expect("exiting", d->exiting, 1);
}

static void run(const char *mode, unsigned long n, unsigned long threads,
		unsigned steps, const char *what)
{
	char *want = drive_untraced(mode, n, threads);
	struct drive d;
	uint64_t hits = n * (threads ? threads : 1);

	drive_start(&d, mode, n, threads);
	d.keep_quiet = steps != 0;
	drive_attach(&d, NULL);
	drive_plant(&d, steps);
	drive_release(&d);
	drive_run(&d);
	/* v_call calls v_boost */
	if (d.site[1] && d.hits[1] == 2 * hits)
		d.hits[1] = hits;
	check(&d, what, want, hits);
	drive_end(&d);
	free(want);
}

int main(void)
{
	run("calls", drive_share(1000), 0, 0, "calls");
	run("calls", drive_share(1000), 0, STRATEGY_EMULATE, "emulate");
	run("calls", drive_share(1000), 0, STRATEGY_BOOST, "boost");
	run("calls", drive_share(200), 0, STRATEGY_XOL, "xol");
	run("calls", drive_share(200), 0, STRATEGY_INPLACE, "inplace");
	run("threads", drive_share(200), 64, 0, "threads");
	run("threads", drive_share(10), 16, STRATEGY_XOL, "threads xol");
	run("threads", drive_share(10), 8, STRATEGY_INPLACE, "threads inplace");
	run("blocked", drive_share(100), 8, 0, "threads that block signals");
	return drive_failures() ? 1 : 0;
}

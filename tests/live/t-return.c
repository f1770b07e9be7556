/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watched returns: recursion, threads, and calls that are left by longjmp.
 */
#include "drive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { N = 50, THREADS = 4, DEPTH = 10, LEAP = 6 };

static void watch(struct drive *d, struct task *task, size_t i,
		  const struct regs *regs)
{
	struct err err;

	(void)d;
	if (task_watch_return(task, regs, (void *)(uintptr_t)i, &err))
		drive_fail("watch: %s", err.text);
}

static uint64_t sum;

static void add(struct drive *d, struct task *task, const struct regs *regs)
{
	(void)d;
	sum += target_arch(task_target(task))->retval(regs);
}

int main(void)
{
	char *want = drive_untraced("returns", N, 0);
	uint64_t product = 1, expected = 0;
	struct drive d;

	drive_start(&d, "returns", N, 0);
	d.on_hit = watch;
	d.on_returned = add;
	d.nsites = 2;
	d.site[0] = d.more[0];
	d.site[1] = d.more[1];
	drive_attach(&d, NULL);
	drive_plant(&d, 0);
	drive_release(&d);
	drive_run(&d);
	drive_expect_str("output", drive_output(&d), want);
	drive_expect("exit status", (uint64_t)d.status, 3 << 8);
	for (uint64_t i = 1; i <= DEPTH; i++) {
		product *= i;
		expected += product;
	}
	drive_expect("calls", d.hits[0], N * THREADS * DEPTH);
	drive_expect("leaps", d.hits[1], N * LEAP);
	drive_expect("returned", d.returned, N * THREADS * DEPTH);
	drive_expect("abandoned", d.abandoned, N * LEAP);
	drive_expect("sum of return values", sum, expected * N * THREADS);
	drive_end(&d);
	free(want);
	return drive_failures() ? 1 : 0;
}

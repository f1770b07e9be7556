/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads, forks, vforks, exec, libraries: probed where they should be,
 * cleaned where not.
 */
#include "drive.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void ended(struct drive *d, const char *what, const char *output)
{
	drive_expect_str(what, drive_output(d), output);
	if (!WIFEXITED(d->status) || WEXITSTATUS(d->status) != 3)
		drive_fail("%s: wait status 0x%x", what, (unsigned)d->status);
	drive_expect("hits elsewhere", d->wrong, 0);
}

static void run(struct drive *d, const char *mode, unsigned long n,
		unsigned long threads, bool follow, bool by_file)
{
	struct target_opts opts = {.follow_forks = follow};

	drive_start(d, mode, n, threads);
	d->by_file = by_file;
	drive_attach(d, &opts);
	drive_plant(d, 0);
	drive_release(d);
	drive_release(d); /* for who has become another program */
	drive_run(d);
}

static void born(void)
{
	struct drive d;

	run(&d, "born", 50, 0, false, false);
	ended(&d, "short-lived threads", "1350\n");
	drive_expect("their hits", d.hits[0], 150);
	drive_end(&d);
}

static void forks(bool follow)
{
	struct drive d;

	run(&d, "forks", 30, 0, follow, true);
	ended(&d, "forks", "30\n");
	drive_expect("forked", d.forked, 30);
	drive_expect("hits", d.hits[0], follow ? 30 + 300 : 30);
	drive_expect("hits", d.hits[6], follow ? 300 : 0);
	drive_end(&d);
}

/* The child uses its parent's memory until it execs. */
static void vforks(bool follow)
{
	struct drive d;

	run(&d, "vforks", 30, 0, follow, true);
	ended(&d, "vforks", "30\n");
	drive_expect("vforked", d.forked, 30);
	drive_expect("hits", d.hits[0], 60);
	drive_end(&d);
}

static void execs(unsigned long by_thread)
{
	struct drive d;
	char *nl;

	run(&d, "execs", 0, by_thread, false, true);
	nl = strchr(drive_output(&d), '\n'); /* behind its second "ready" */
	drive_expect_str("exec", nl ? nl + 1 : "", "180\n");
	drive_expect("exit status", (uint64_t)d.status, 3 << 8);
	drive_expect("execed", d.execed, 1);
	drive_expect("hits", d.hits[0], 20);
	drive_end(&d);
}

/* A point that waits for its library each time. */
static void libs(void)
{
	struct drive d;

	run(&d, "libs", 20, 0, false, false);
	ended(&d, "libraries", "60\n");
	if (d.mapped < 40)
		drive_fail("mapped: only %d times", (int)d.mapped);
	drive_end(&d);
}

int main(void)
{
	born();
	forks(false);
	forks(true);
	vforks(false);
	vforks(true);
	execs(0);
	execs(1);
	libs();
	return drive_failures() ? 1 : 0;
}

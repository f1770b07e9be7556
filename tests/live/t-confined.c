/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Targets that may not make system calls as they like: none is made for them
 * that could kill them, probes are there all the same, and nothing stays.
 */
#define _GNU_SOURCE
#include "drive.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const char *const modes[] = {"strict", "filter", "mdwe", "late", "none"};

static void leave_at_ten(struct drive *d, struct task *task, size_t i,
			 const struct regs *regs)
{
	(void)task;
	(void)i;
	(void)regs;
	if (d->hits[0] == 10)
		tracer_interrupt(d->tracer);
}

static char *untraced(const char *mode)
{
	struct drive d;
	char *text;

	drive_start_program(&d, "v-confined", mode, 0, 0);
	drive_release(&d);
	text = strdup(drive_output(&d));
	drive_end(&d);
	return text;
}

static void check(const char *mode, struct drive *d, const char *want)
{
	drive_expect_str(mode, drive_output(d), want);
	if (!WIFEXITED(d->status) || WEXITSTATUS(d->status) != 3)
		drive_fail("%s: wait status 0x%x", mode, (unsigned)d->status);
}

/* To the program's end. */
static void run(const char *mode, const char *want)
{
	struct drive d;

	drive_start_program(&d, "v-confined", mode, 0, 0);
	drive_attach(&d, NULL);
	drive_plant(&d, 0);
	drive_release(&d);
	drive_run(&d);
	check(mode, &d, want);
	drive_expect("hits", d.hits[0], 1000);
	drive_end(&d);
}

/* We leave before. */
static void leave(const char *mode, const char *want)
{
	struct drive d;

	drive_start_program(&d, "v-confined", mode, 0, 0);
	drive_attach(&d, NULL);
	d.on_hit = leave_at_ten;
	drive_plant(&d, 0);
	drive_release(&d);
	tracer_run(d.tracer);
	if (d.target)
		target_detach(d.target);
	d.target = NULL;
	check(mode, &d, want);
	drive_end(&d);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		char *want = untraced(modes[i]);

		run(modes[i], want);
		leave(modes[i], want);
		free(want);
	}
	return drive_failures() ? 1 : 0;
}

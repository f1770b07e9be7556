/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attach and detach, over and over: of targets that wait in system calls (none
 * sees EINTR), that are stopped, that run into breakpoints all the time.
 * Afterwards mappings, text and signal state are what they were.
 */
#define _GNU_SOURCE
#include "drive.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char state_of(pid_t pid)
{
	char path[64], buf[512] = "", *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && fgets(buf, sizeof(buf), f) && (p = strrchr(buf, ')'))) {
		fclose(f);
		return p[2];
	}
	if (f)
		fclose(f);
	return '?';
}

static void wait_for_state(pid_t pid, char state)
{
	while (state_of(pid) != state && state_of(pid) != '?')
		sched_yield();
}

static void again_and_again(struct drive *d, int times)
{
	for (int i = 0; i < times; i++) {
		drive_attach(d, NULL);
		drive_plant(d, 0);
		target_detach(d->target);
		d->target = NULL;
	}
}

static void same(const char *what, pid_t pid, char *before)
{
	char *after = drive_snapshot(pid);

	if (strcmp(before, after))
		drive_fail("%s has changed: before\n%safter\n%s", what, before,
			   after);
	free(before);
	free(after);
}

static void waiting(void)
{
	struct drive d;
	char *before;

	drive_start(&d, "waiting", 2, 0);
	drive_release(&d);
	wait_for_state(d.pid, 'S');
	again_and_again(&d, 3);
	before = drive_snapshot(d.pid);
	again_and_again(&d, 97);
	same("a waiting process", d.pid, before);
	drive_expect_str("errors", drive_output(&d), "0 0 0 0 0 2\n");
	drive_expect("exit status", (uint64_t)d.status, 3 << 8);
	drive_end(&d);
}

static void stopped(void)
{
	struct drive d;
	char *before;

	drive_start(&d, "calls", 10, 0);
	kill(d.pid, SIGSTOP);
	wait_for_state(d.pid, 'T');
	before = drive_snapshot(d.pid);
	again_and_again(&d, 20);
	if (state_of(d.pid) != 'T')
		drive_fail("a stopped process is in state %c", state_of(d.pid));
	same("a stopped process", d.pid, before);
	kill(d.pid, SIGCONT);
	drive_release(&d);
	drive_expect_str("output", drive_output(&d), "90\n");
	drive_expect("exit status", (uint64_t)d.status, 3 << 8);
	drive_end(&d);
}

/* Breakpoints are taken away under threads that run into them. */
static void busy(void)
{
	char *before;
	struct drive d;

	drive_start(&d, "busy", 0, 4);
	before = drive_snapshot(d.pid);
	again_and_again(&d, 1);
	same("a process before its threads", d.pid, before);
	drive_release(&d);
	again_and_again(&d, 100);
	drive_release(&d);
	drive_expect_str("wrong results", drive_output(&d), "0\n");
	drive_expect("exit status", (uint64_t)d.status, 3 << 8);
	drive_end(&d);
}

static void refused(pid_t pid, const char *word)
{
	struct target *t;
	struct drive d;
	struct err err;

	drive_start(&d, "calls", 1, 0);
	drive_attach(&d, NULL);
	if (!target_attach(d.tracer, pid ? pid : d.pid, NULL, &t, &err))
		drive_fail("attached to %d", (int)pid);
	else if (!strstr(err.text, word))
		drive_fail("not the reason: %s", err.text);
	drive_end(&d);
}

static void refusals(void)
{
	pid_t zombie = fork();

	if (zombie == 0)
		_exit(0);
	wait_for_state(zombie, 'Z');
	refused(zombie, "zombie");
	waitpid(zombie, NULL, 0);
	refused(zombie, "no process");
	refused(getpid(), "itself");
	refused(2, "kernel");
	refused(0, "already");
	refused(-1, "not the number");
}

int main(void)
{
	waiting();
	stopped();
	busy();
	refusals();
	return drive_failures() ? 1 : 0;
}

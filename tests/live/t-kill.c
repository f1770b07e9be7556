/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tracer is killed (SIGKILL) at random instants while its target runs into
 * breakpoints in many threads, which block all signals. The target must not
 * notice; the next tracer removes what was left.
 */
#define _GNU_SOURCE
#include "drive.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 100, THREADS = 4 };

static void nap(long microseconds)
{
	struct timespec t = {0, microseconds * 1000};

	nanosleep(&t, NULL);
}

/* In a process of its own: says on the pipe that all is planted. */
static pid_t start_tracer(struct drive *d, unsigned steps, int *ready)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		exit(99);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		d->keep_quiet = true;
		drive_attach(d, NULL);
		drive_plant(d, steps);
		if (write(fds[1], "r", 1) != 1)
			_exit(99);
		drive_run(d);
		_exit(0);
	}
	close(fds[1]);
	if (read(fds[0], &c, 1) != 1)
		drive_fail("the tracer has not begun");
	*ready = fds[0];
	return pid;
}

/* Another tracer comes: it removes what was left, probes, and leaves. */
static void come_again(struct drive *d, char *before)
{
	char *after;

	d->keep_quiet = true;
	drive_attach(d, NULL);
	drive_plant(d, 0);
	target_detach(d->target);
	d->target = NULL;
	after = drive_snapshot(d->pid);
	if (strcmp(before, after))
		drive_fail("before\n%safter\n%s", before, after);
	free(after);
}

static void one(const char *want, int i)
{
	static const unsigned steps[] = {0, STRATEGY_BOOST, STRATEGY_EMULATE,
					 STRATEGY_XOL};
	unsigned how = steps[i % 4];
	struct drive d;
	char *before;
	pid_t tracer;
	int ready;

	drive_start(&d, "workers", 0, THREADS);
	before = drive_snapshot(d.pid);
	tracer = start_tracer(&d, how, &ready);
	nap(random() % 20000);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	close(ready);
	nap(random() % 2000);
	if (i % 4 == 1)
		come_again(&d, before);
	free(before);
	drive_release(&d);
	if (strcmp(drive_output(&d), want))
		drive_fail("kill %d, steps %u: wrong results", i, how);
	if (!WIFEXITED(d.status) || WEXITSTATUS(d.status) != 3)
		drive_fail("kill %d, steps %u: wait status 0x%x", i, how,
			   (unsigned)d.status);
	drive_end(&d);
}

int main(int argc, char **argv)
{
	char *want = drive_untraced("workers", 0, THREADS);
	int times = argc > 1 ? atoi(argv[1]) : TIMES;

	srandom(argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL));
	for (int i = 0; i < times; i++)
		one(want, i);
	free(want);
	return drive_failures() ? 1 : 0;
}

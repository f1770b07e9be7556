/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session whose programs run in the kernel: no tracers; the end of the
 * processes is told by their pidfds.
 */
#define _GNU_SOURCE
#include "session-int.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void session_watch_end(struct tracee *t)
{
	t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	t->closed = t->pidfd < 0;
}

static int add_process(struct worker *w, pid_t pid, struct err *err)
{
	struct tracee *t = &w->tracees[w->ntracees];

	*t = (struct tracee){.pid = pid};
	t->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (t->pidfd < 0 && errno == ESRCH)
		return err_set(err, ERR_GONE, "there is no process %d",
			       (int)pid);
	if (t->pidfd < 0)
		return err_errno(err, errno, "cannot watch process %d",
				 (int)pid);
	w->ntracees++;
	return 0;
}

int session_kernel_open(struct worker *w, struct err *err)
{
	int rc = 0;

	w->tracees = calloc(w->run.npids + 2, sizeof(*w->tracees));
	if (!w->tracees)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < w->run.npids; i++) {
		rc = add_process(w, (pid_t)w->run.pids[i], err);
		if (!rc)
			rc = script_add_target(w->script, (pid_t)w->run.pids[i],
					       err);
	}
	if (!rc && w->run.cmd_pid)
		rc = add_process(w, (pid_t)w->run.cmd_pid, err);
	return rc;
}

int session_kernel_share(struct worker *w, struct err *err)
{
	uint32_t nwriters;
	int fd, rc = script_kernel_writers(&nwriters, err);

	return rc ? rc
		  : script_share(w->script, nwriters, w->doorbell, &fd, err);
}

/* The -c command waits until its probes are set. */
int session_kernel_arm(struct worker *w, struct err *err)
{
	pid_t *pids = calloc(w->ntracees + 1, sizeof(*pids));
	int rc;

	if (!pids)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < w->ntracees; i++)
		pids[i] = w->tracees[i].pid;
	rc = script_attach_kernel(w->script, pids, w->ntracees, err);
	free(pids);
	return rc;
}

/* Once it runs, its symbols are there. */
void session_kernel_look(struct worker *w)
{
	for (size_t i = 0; i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (t->pidfd > 0 && !t->closed && !t->looked &&
		    t->pid == (pid_t)w->run.cmd_pid)
			t->looked = !script_add_target(w->script, t->pid, NULL);
		else if (t->pidfd > 0 && !t->closed)
			script_target_mapped(w->script, t->pid, NULL);
	}
}

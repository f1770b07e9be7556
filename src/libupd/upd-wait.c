/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A descriptor for event loops. The kernel has none that tells of ptrace
 * stops, so a thread waits for one (with WNOWAIT: it takes nothing), makes an
 * eventfd readable, and waits again when upd_dispatch() has been.
 */
#define _GNU_SOURCE
#include "upd-int.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct waiter {
	pthread_t thread;
	int fd;
	sem_t served;
};

/* Another thread's children, or a child that nobody has reaped, may stand in
 * front: then this is a look every millisecond. */
static void *wait_for_stops(void *arg)
{
	const struct timespec nap = {0, 1000000};
	struct waiter *w = arg;
	siginfo_t si;

	for (;;) {
		if (waitid(P_ALL, 0, &si,
			   WSTOPPED | WEXITED | WNOWAIT | __WALL))
			nanosleep(&nap, NULL); /* nothing is traced now */
		eventfd_write(w->fd, 1);
		while (sem_wait(&w->served) && errno == EINTR)
			;
	}
	return NULL;
}

static int start(struct waiter *w)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, wait_for_stops, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

int upd_fd(struct upd *u)
{
	struct waiter *w;
	int rc;

	if (!api_enter(u))
		return UPD_INVAL;
	if (u->waiter)
		return u->waiter->fd;
	w = calloc(1, sizeof(*w));
	if (!w)
		return api_fail(u, UPD_NOMEM, "out of memory");
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0) {
		free(w);
		return err_errno(&u->err, errno, "cannot make an eventfd");
	}
	sem_init(&w->served, 0, 0);
	rc = start(w);
	if (rc) {
		close(w->fd);
		free(w);
		return err_errno(&u->err, rc, "cannot start a thread");
	}
	u->waiter = w;
	return w->fd;
}

int upd_dispatch(struct upd *u)
{
	eventfd_t count;
	bool woken;
	int rc;

	if (!api_enter(u))
		return UPD_INVAL;
	if (u->depth)
		return api_fail(
			u, UPD_INVAL,
			"upd_dispatch() cannot be called from a callback");
	woken = u->waiter && !eventfd_read(u->waiter->fd, &count);
	rc = tracer_poll(u->tracer);
	if (woken)
		sem_post(&u->waiter->served);
	if (rc == ERR_GONE)
		return api_fail(u, UPD_GONE, "no process is traced any more");
	return rc == ERR_INTR ? api_fail(u, rc, "upd_stop() was called") : rc;
}

void waiter_free(struct waiter *w)
{
	if (!w)
		return;
	pthread_cancel(w->thread);
	pthread_join(w->thread, NULL);
	sem_destroy(&w->served);
	close(w->fd);
	free(w);
}

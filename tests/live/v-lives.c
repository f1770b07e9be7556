/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-lives KIND
 *
 * Victim: makes tasks of every kind, which all call l_hot(), and says how often
 * that was, and what came out. "unseen" calls are those of tasks that want no
 * tracer (CLONE_UNTRACED).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The least that a thread may have on PowerPC. */
enum { STACK = 128 * 1024, CALLS = 50 };

struct counts {
	atomic_uint calls, unseen, sum;
};
static struct counts *counts; /* shared by all */
static char **self;

unsigned l_hot(unsigned i);

__attribute__((noinline, noclone, noipa)) unsigned l_hot(unsigned i)
{
	return i * 5 + 1;
}

static void call(atomic_uint *which, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		++*which;
		counts->sum += l_hot(i) % 7;
	}
}

static int child(void *unseen)
{
	call(unseen ? &counts->unseen : &counts->calls, CALLS);
	return 0;
}

/* Children by clone(2), `together` at a time, while we call as well. */
static void clones(int flags, unsigned n, unsigned together)
{
	char *stacks = mmap(NULL, together * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *unseen = flags & CLONE_UNTRACED ? "" : NULL;
	int status;

	for (unsigned i = 0; i < n; i += together) {
		pid_t pids[16];

		for (unsigned k = 0; k < together; k++)
			pids[k] = clone(child, stacks + (k + 1) * STACK,
					flags | SIGCHLD, unseen);
		call(&counts->calls, CALLS);
		for (unsigned k = 0; k < together; k++)
			if (waitpid(pids[k], &status, __WALL) != pids[k] ||
			    status)
				printf("a child: status %#x\n", status);
	}
}

static void vforks(unsigned n)
{
	char *const argv[] = {self[0], "nothing", NULL};
	int status;

	for (unsigned i = 0; i < n; i++) {
		pid_t pid = vfork();

		if (pid == 0) { /* in our memory, on our stack */
			call(&counts->calls, 3);
			if (i % 2)
				_exit(0);
			execv("/proc/self/exe", argv);
			_exit(1);
		}
		call(&counts->calls, 2);
		if (waitpid(pid, &status, 0) != pid || status)
			printf("a child: status %#x\n", status);
	}
}

static pthread_barrier_t all;

static void *together(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&all);
	call(&counts->calls, CALLS);
	return NULL;
}

static void *once(void *arg)
{
	(void)arg;
	call(&counts->calls, 1);
	return NULL;
}

static void threads(unsigned n)
{
	pthread_t *t = calloc(n, sizeof(*t));
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_barrier_init(&all, NULL, n);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&t[i], &attr, together, NULL))
			abort();
	for (unsigned i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	free(t);
}

/* They are born and die all the time, in four places. */
static void *spawner(void *arg)
{
	pthread_t t;

	(void)arg;
	for (int i = 0; i < 300; i++) {
		if (pthread_create(&t, NULL, once, NULL))
			abort();
		if (i % 2)
			pthread_join(t, NULL);
		else
			pthread_detach(t);
		call(&counts->calls, 1);
	}
	return NULL;
}

static void churn(void)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, spawner, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	while (counts->sum < 4 * 300 * 2) /* of those that are detached */
		sched_yield();
}

/* From a thread, while others call: it becomes the one that is left. */
static void *exec_again(void *arg)
{
	call(&counts->calls, 10);
	execv("/proc/self/exe", arg);
	abort();
}

static void *restless(void *arg)
{
	while (!arg) /* always */
		sched_yield();
	return NULL;
}

static void execs(int fd, unsigned left)
{
	char fd_text[16], left_text[16];
	char *argv[] = {self[0], "execs", fd_text, left_text, NULL};
	pthread_t t;

	if (!left)
		return;
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	snprintf(left_text, sizeof(left_text), "%u", left - 1);
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, restless, NULL);
	pthread_create(&t, NULL, exec_again, argv);
	pthread_join(t, NULL);
}

static int run(const char *kind, int fd, unsigned left)
{
	if (!strcmp(kind, "clone"))
		clones(0, 40, 4);
	else if (!strcmp(kind, "vm"))
		clones(CLONE_VM, 40, 4);
	else if (!strcmp(kind, "old-threads")) /* as LinuxThreads had them */
		clones(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND, 40,
		       4);
	else if (!strcmp(kind, "vm-vfork"))
		clones(CLONE_VM | CLONE_VFORK, 40, 1);
	else if (!strcmp(kind, "untraced"))
		clones(CLONE_UNTRACED, 40, 4);
	else if (!strcmp(kind, "untraced-vm"))
		clones(CLONE_UNTRACED | CLONE_VM, 40, 4);
	else if (!strcmp(kind, "vfork"))
		vforks(60);
	else if (!strcmp(kind, "threads"))
		threads(1000);
	else if (!strcmp(kind, "churn"))
		churn();
	else if (!strcmp(kind, "execs"))
		execs(fd, left);
	else
		return 2;
	return 4;
}

int main(int argc, char **argv)
{
	int fd, status;

	if (argc < 2 || !strcmp(argv[1], "nothing"))
		return 0;
	self = argv;
	fd = argc > 2 ? atoi(argv[2]) : memfd_create("counts", 0);
	if (argc <= 2 && ftruncate(fd, sizeof(*counts)))
		return 99;
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (counts == MAP_FAILED)
		return 99;
	status = run(argv[1], fd, argc > 3 ? (unsigned)atoi(argv[3]) : 20);
	printf("calls %u\nunseen %u\nsum %u\n", counts->calls, counts->unseen,
	       counts->sum);
	return status;
}

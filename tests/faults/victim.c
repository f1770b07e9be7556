/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "victim.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline, noclone, noipa)) unsigned v_one(unsigned i)
{
	return i * 77 + 5;
}

__attribute__((noinline, noclone, noipa)) unsigned v_two(unsigned i)
{
	return v_one(i) + v_one(i + 1);
}

/* ---- the process --------------------------------------------------------- */

static pthread_barrier_t started, done;
static unsigned sum;

static void compute(void)
{
	for (unsigned i = 0; i < VICTIM_CALLS; i++)
		__atomic_fetch_add(&sum, v_two(i), __ATOMIC_RELAXED);
}

static void *worker(void *arg)
{
	for (;;) {
		pthread_barrier_wait(&started);
		compute();
		pthread_barrier_wait(&done);
	}
	return arg;
}

static bool answer(void)
{
	return write(STDOUT_FILENO, &sum, sizeof(sum)) == sizeof(sum);
}

int victim_main(void)
{
	pthread_t thread;
	char c;

	pthread_barrier_init(&started, NULL, VICTIM_THREADS + 1);
	pthread_barrier_init(&done, NULL, VICTIM_THREADS + 1);
	for (int i = 0; i < VICTIM_THREADS; i++)
		if (pthread_create(&thread, NULL, worker, NULL))
			return 97;
	if (!answer())
		return 98;
	while (read(STDIN_FILENO, &c, 1) == 1) {
		pthread_barrier_wait(&started);
		compute();
		pthread_barrier_wait(&done);
		if (!answer())
			return 98;
	}
	return VICTIM_STATUS;
}

/* ---- who has started it -------------------------------------------------- */

void victim_start(struct victim *v)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		exit(99);
	v->pid = fork();
	if (v->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl("/proc/self/exe", "victim", "VICTIM", NULL);
		_exit(99);
	}
	close(in[0]);
	close(out[1]);
	v->in = in[1];
	v->out = out[0];
	if (!victim_answers(v, 0))
		exit(99);
}

bool victim_ask(const struct victim *v)
{
	return write(v->in, "x", 1) == 1;
}

bool victim_answers(const struct victim *v, unsigned n)
{
	unsigned want = 0, got;

	for (unsigned i = 0; i < VICTIM_CALLS; i++)
		want += v_two(i);
	return read(v->out, &got, sizeof(got)) == sizeof(got) &&
	       got == want * n * (VICTIM_THREADS + 1);
}

static bool same_as_file(int mem, const char *path, uint64_t start,
			 uint64_t end, uint64_t offset)
{
	uint8_t theirs[4096], files[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0;

	for (uint64_t at = start; same && at < end; at += sizeof(theirs)) {
		ssize_t n = pread(fd, files, sizeof(files),
				  (off_t)(at - start + offset));

		same = n >= 0 &&
		       pread(mem, theirs, sizeof(theirs), (off_t)at) ==
			       sizeof(theirs) &&
		       !memcmp(theirs, files, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	return same;
}

bool victim_is_clean(const struct victim *v)
{
	uint64_t start, end, offset;
	unsigned compared = 0;
	char path[512], line[1024];
	bool same = true;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)v->pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)v->pid);
	maps = fopen(path, "re");
	while (mem >= 0 && maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " r-xp %" SCNx64
			   " %*s %*s /%500s",
			   &start, &end, &offset, path + 1) != 4)
			continue;
		path[0] = '/';
		same &= same_as_file(mem, path, start, end, offset);
		compared++;
	}
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return same && compared >= 2; /* its own and the C library's */
}

int victim_end(struct victim *v)
{
	int status;

	close(v->in);
	close(v->out);
	return waitpid(v->pid, &status, 0) == v->pid ? status : -1;
}

int wait_for(pid_t pid, int *status)
{
	enum { SECONDS = 20 };

	for (int i = 0; i < SECONDS * 1000; i++) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got)
			return got == pid;
		usleep(1000);
	}
	return 0;
}

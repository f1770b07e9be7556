/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The programs that upd bench runs, one at a time: their output goes into
 * files, and what does not end is killed. A guard, a process of its own,
 * outlives us by a moment: it removes the folder and perf's events even when
 * we are killed. (The kernel's other probes go with who has them open.)
 */
#define _GNU_SOURCE
#include <config.h>

#include "bench.h"
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 2, WAIT_SECONDS = 120 };

/* Of one run. */
static const char *const files[] = {"tool.out", "tool.err", "tool.txt",
				    "figure"};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct bench_path bench_file(const struct bench *b, const char *name)
{
	struct bench_path path;

	snprintf(path.p, sizeof(path.p), "%s/%s", b->folder, name);
	return path;
}

void bench_read(const struct bench *b, const char *name, struct buf *ret)
{
	struct bench_path path = bench_file(b, name);
	FILE *f = fopen(path.p, "re");
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(ret, part, n);
	if (f)
		fclose(f);
}

/* ---- words --------------------------------------------------------------- */

/* What does not fit is left out, and trial_run says so. */
void trial_word(struct trial *t, const char *fmt, ...)
{
	size_t room = sizeof(t->text) - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->text + t->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || t->argc >= BENCH_WORDS - 1) {
		t->argc = BENCH_WORDS;
		return;
	}
	t->argv[t->argc++] = t->text + t->len;
	t->argv[t->argc] = NULL;
	t->len += n + 1;
}

void trial_command(struct trial *t)
{
	for (char **w = t->command_words; *w; w++)
		trial_word(t, "%s", *w);
}

/* ---- running ------------------------------------------------------------- */

static void exec_words(const struct trial *t)
{
	struct bench_path out = bench_file(t->bench, "tool.out");
	struct bench_path errors = bench_file(t->bench, "tool.err");
	int in_fd = open("/dev/null", O_RDONLY);
	int out_fd = open(out.p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err_fd = open(errors.p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0)
		_exit(127);
	closefrom(3);
	if (t->place == PLACE_ONE) {
		CPU_ZERO(&set);
		CPU_SET(t->bench->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	execvp(t->argv[0], (char **)t->argv);
	fprintf(stderr, "%s: %s\n", t->argv[0], strerror(errno));
	_exit(127);
}

/* The first line of its errors, or of its output. */
static int run_failed(const struct trial *t, const char *what, struct err *err)
{
	struct buf text;
	const char *line;

	buf_init(&text);
	bench_read(t->bench, "tool.err", &text);
	if (!text.len)
		bench_read(t->bench, "tool.out", &text);
	line = buf_str(&text);
	err_set(err, ERR_IO, "%s%s%.*s", what, *line ? ": " : "",
		(int)strcspn(line, "\n"), line);
	buf_release(&text);
	return ERR_IO;
}

/* Begin and end of a marked command, as the fifo tells them. */
struct marks {
	int fd;
	double begin, end;
};

static void marks_look(struct marks *m)
{
	struct pollfd p = {.fd = m->end ? -1 : m->fd, .events = POLLIN};
	double t;

	if (poll(&p, 1, LOOK_MS) < 1)
		return;
	if (!(p.revents & POLLIN)) {
		if (m->begin)
			m->end = now();
	} else if (read(m->fd, &t, sizeof(t)) == sizeof(t)) {
		m->begin = t;
	}
}

/* The status as of wait(2), or -1: it did not end. */
static int wait_for(pid_t pid, struct marks *m)
{
	double give_up = now() + WAIT_SECONDS * 1e9;
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (now() > give_up) {
			kill(pid, SIGKILL);
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			return -1;
		}
		marks_look(m);
	}
	return status;
}

static int figure(struct trial *t, const struct marks *m, struct err *err)
{
	struct buf text;

	if (t->bench->pid)
		return 0; /* from hit to hit: whoever counts them */
	if (t->hits) {
		buf_init(&text);
		bench_read(t->bench, "figure", &text);
		t->ns = strtod(buf_str(&text), NULL);
		buf_release(&text);
	} else if (m->begin) {
		t->ns = (m->end ? m->end : now()) - m->begin;
	}
	return t->ns > 0 ? 0 : run_failed(t, "the command did not run", err);
}

/* Starts t->argv, waits for its end; the status, or -1. */
static int run_words(struct trial *t, struct marks *m, struct err *err)
{
	int status;

	if (t->argc >= BENCH_WORDS)
		return err_set(err, ERR_LIMIT, "the command is too long");
	t->pid = fork();
	if (t->pid == 0)
		exec_words(t);
	if (t->pid < 0)
		return err_errno(err, errno, "cannot start %s", t->argv[0]);
	status = wait_for(t->pid, m);
	return status < 0 ? run_failed(t, "it did not end in two minutes", err)
			  : status;
}

int trial_helper(struct trial *t, struct err *err)
{
	struct marks m = {.fd = -1};
	int status = run_words(t, &m, err);

	return status > 0 ? run_failed(t, "it failed", err) : status;
}

int trial_run(struct trial *t, struct err *err)
{
	struct marks m = {.fd = -1};
	struct bench_path fifo = bench_file(t->bench, "fifo");
	int status;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]);
	     i++) /* the last one's */
		unlink(bench_file(t->bench, files[i]).p);
	if (!t->hits && !t->bench->pid)
		m.fd = open(fifo.p, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	status = run_words(t, &m, err);
	if (m.fd >= 0)
		close(m.fd);
	if (status < 0)
		return status;
	/* A command of the user's may end as it likes. */
	if (status && (t->hits || t->method->engine))
		return run_failed(t, "it failed", err);
	return figure(t, &m, err);
}

/* ---- the guard ----------------------------------------------------------- */

/* Refused when there is none, which is well. An event that a program still
 * counts goes when that has ended. */
static void remove_event(int fd, const char *group, const char *name)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "-:%s/%s\n", group, name);

	for (int i = 0; i < 500 && write(fd, line, n) < 0 && errno == EBUSY;
	     i++)
		poll(NULL, 0, 10);
}

void bench_remove_events(const struct bench *b)
{
	int fd = open("/sys/kernel/tracing/uprobe_events",
		      O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return;
	remove_event(fd, b->group, "hit");
	remove_event(fd, b->group, "hit__return");
	close(fd);
}

static void folder_empty(const struct bench *b)
{
	DIR *d = opendir(b->folder);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0); /* not "." and ".." */
	if (d)
		closedir(d);
}

static void guard(const struct bench *b, int fd)
{
	char byte;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	setsid();
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	bench_remove_events(b);
	/* What we have started ends too, and may write something still. */
	for (int i = 0; i < 500; i++) {
		folder_empty(b);
		if (rmdir(b->folder) == 0 || errno == ENOENT)
			break;
		poll(NULL, 0, 10);
	}
	_exit(0);
}

int bench_open(struct bench *b, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	int fds[2];
	pid_t pid;

	snprintf(b->folder, sizeof(b->folder), "%s/upd-bench.XXXXXX",
		 tmp && *tmp == '/' && strlen(tmp) < 40 ? tmp : "/tmp");
	snprintf(b->group, sizeof(b->group), "upd_bench_%d", (int)getpid());
	if (!mkdtemp(b->folder))
		return err_errno(err, errno, "cannot make %s", b->folder);
	if (mkfifo(bench_file(b, "fifo").p, 0600) || pipe2(fds, O_CLOEXEC)) {
		rmdir(b->folder);
		return err_errno(err, errno, "cannot make a fifo in %s",
				 b->folder);
	}
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		guard(b, fds[0]);
	}
	close(fds[0]);
	b->guard_fd = fds[1];
	return pid < 0 ? err_errno(err, errno, "cannot fork") : 0;
}

void bench_close(struct bench *b)
{
	if (b->guard_fd >= 0)
		close(b->guard_fd);
	b->guard_fd = -1;
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "drive.h"

#include "buf.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

void drive_fail(const char *format, ...)
{
	va_list ap;

	failures++;
	printf("FAIL: ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

int drive_failures(void)
{
	return failures;
}

void drive_expect(const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		drive_fail("%s: %" PRIu64 ", expected %" PRIu64, what, got,
			   want);
}

void drive_expect_str(const char *what, const char *got, const char *want)
{
	if (strcmp(got, want))
		drive_fail("%s: '%s', expected '%s'", what, got, want);
}

static void die(const char *what)
{
	printf("ERROR: %s: %s\n", what, strerror(errno));
	exit(99);
}

/* ---- the victim ---------------------------------------------------------- */

static void exec_victim(const char *program, const char *mode, unsigned long n,
			unsigned long threads)
{
	const char *dir = getenv("top_builddir");
	char path[4096], a[32], b[32];

	snprintf(path, sizeof(path), "%s/tests/live/%s", dir ? dir : ".",
		 program);
	snprintf(a, sizeof(a), "%lu", n);
	snprintf(b, sizeof(b), "%lu", threads);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(path, path, mode, a, b, NULL);
	_exit(99);
}

static bool read_addresses(struct drive *d)
{
	char line[1024], *p;

	while (fgets(line, sizeof(line), d->out)) {
		if (!strncmp(line, "more ", 5)) {
			sscanf(line, "more %" SCNx64 " %" SCNx64, &d->more[0],
			       &d->more[1]);
			continue;
		}
		if (strncmp(line, "ready", 5))
			return false;
		p = line + 5;
		while (*p == ' ' && d->nsites < DRIVE_SITES)
			d->site[d->nsites++] = strtoull(p + 1, &p, 16);
		return true;
	}
	return false;
}

void drive_start(struct drive *d, const char *mode, unsigned long n,
		 unsigned long threads)
{
	drive_start_program(d, "victim-target", mode, n, threads);
}

void drive_start_program(struct drive *d, const char *program, const char *mode,
			 unsigned long n, unsigned long threads)
{
	int in[2], out[2];

	*d = (struct drive){.status = -1};
	signal(SIGPIPE, SIG_IGN); /* a victim that is dead already */
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	fflush(stdout);
	d->pid = fork();
	if (d->pid < 0)
		die("fork");
	if (d->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		exec_victim(program, mode, n, threads);
	}
	close(in[0]);
	close(out[1]);
	d->in = fdopen(in[1], "w");
	d->out = fdopen(out[0], "r");
	if (!read_addresses(d))
		die("the victim does not start");
}

void drive_release(struct drive *d)
{
	fprintf(d->in, "go\n");
	fflush(d->in);
}

char *drive_output(struct drive *d)
{
	static char text[65536];
	size_t n = fread(text, 1, sizeof(text) - 1, d->out);

	text[n] = '\0';
	if (d->status == -1)
		waitpid(d->pid, &d->status, 0);
	return text;
}

unsigned long drive_share(unsigned long n)
{
	const char *env = getenv("UPD_DRIVE_SHARE");
	unsigned long by = env ? strtoul(env, NULL, 10) : 1;

	return by > 1 && n / by > 0 ? n / by : n;
}

char *drive_untraced(const char *mode, unsigned long n, unsigned long threads)
{
	struct drive d;
	char *text;

	drive_start(&d, mode, n, threads);
	drive_release(&d);
	text = strdup(drive_output(&d));
	drive_end(&d);
	return text;
}

/* ---- events -------------------------------------------------------------- */

static void on_hit(void *ctx, struct task *task, void *cookie,
		   const struct regs *regs)
{
	struct drive *d = ctx;
	size_t i = (size_t)(uintptr_t)cookie;

	d->hits[i]++;
	if (d->site[i] &&
	    target_arch(task_target(task))->pc(regs) != d->site[i])
		d->wrong++;
	if (d->on_hit)
		d->on_hit(d, task, i, regs);
}

static void on_returned(void *ctx, struct task *task, void *cookie,
			const struct regs *regs)
{
	struct drive *d = ctx;

	(void)cookie;
	d->returned++;
	if (d->on_returned)
		d->on_returned(d, task, regs);
}

static void on_abandoned(void *ctx, struct task *task, void *cookie)
{
	struct drive *d = ctx;

	(void)task;
	(void)cookie;
	d->abandoned++;
}

static void on_mapped(void *ctx, struct target *t)
{
	struct drive *d = ctx;

	(void)t;
	d->mapped++;
}

static void on_execed(void *ctx, struct target *t)
{
	struct drive *d = ctx;

	(void)t;
	d->execed++;
}

static void on_exiting(void *ctx, struct task *task, bool last)
{
	struct drive *d = ctx;

	if (last && task_target(task) == d->target)
		d->exiting++;
}

static void on_exited(void *ctx, struct target *t, int status)
{
	struct drive *d = ctx;

	if (t != d->target)
		return;
	d->status = status;
	d->target = NULL;
}

static void on_forked(void *ctx, struct target *t, struct target *child,
		      pid_t pid)
{
	struct drive *d = ctx;

	(void)t;
	d->forked++;
	if (d->on_forked)
		d->on_forked(d, child, pid);
}

static void on_lost(void *ctx, struct target *t, void *cookie,
		    const struct err *why)
{
	(void)ctx;
	(void)t;
	(void)cookie;
	drive_fail("lost: %s", why->text);
}

static const struct tracer_events events = {
	.hit = on_hit,
	.returned = on_returned,
	.abandoned = on_abandoned,
	.mapped = on_mapped,
	.execed = on_execed,
	.exiting = on_exiting,
	.exited = on_exited,
	.forked = on_forked,
	.lost = on_lost,
};

static void print_log(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	printf("log: %s\n", line);
	fflush(stdout);
}

/* ---- the tracer ---------------------------------------------------------- */

void drive_attach(struct drive *d, const struct target_opts *opts)
{
	struct err err;

	log_hook(print_log, NULL, LOG_LEVEL_INFO);
	if (!d->tracer && tracer_new(&events, d, &d->tracer, &err)) {
		printf("ERROR: %s\n", err.text);
		exit(99);
	}
	if (target_attach(d->tracer, d->pid, opts, &d->target, &err)) {
		printf("ERROR: %s\n", err.text);
		exit(1);
	}
}

bool drive_file_spec(struct drive *d, uint64_t addr, struct point_spec *ret)
{
	char path[64], line[4096], file[4000];
	uint64_t start, end, offset;
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)d->pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64
			   " %*s %*s %3999s",
			   &start, &end, &offset, file) != 4 ||
		    addr < start || addr >= end || stat(file, &st))
			continue;
		fclose(f);
		*ret = (struct point_spec){.dev = st.st_dev,
					   .ino = st.st_ino,
					   .offset = addr - start + offset};
		return true;
	}
	if (f)
		fclose(f);
	return false;
}

void drive_plant(struct drive *d, unsigned steps)
{
	struct err err;
	size_t planted;

	if (target_batch_begin(d->target, &err))
		drive_fail("batch: %s", err.text);
	for (size_t i = 0; i < d->nsites; i++) {
		struct point_spec spec = {.addr = d->site[i]};

		if (d->by_file && !drive_file_spec(d, d->site[i], &spec))
			drive_fail("0x%" PRIx64 " is not mapped", d->site[i]);
		spec.steps = steps;
		if (d->by_file)
			d->site[i] = 0; /* may move */
		if (point_new(d->target, &spec, (void *)(uintptr_t)i,
			      &d->point[i], &planted, &err)) {
			d->point[i] = NULL;
			d->site[i] = 0;
			if (!d->keep_quiet)
				drive_fail("point %zu: %s", i, err.text);
		}
	}
	target_batch_end(d->target);
}

void drive_run(struct drive *d)
{
	while (d->target && tracer_run(d->tracer) != ERR_GONE)
		;
}

void drive_end(struct drive *d)
{
	if (d->tracer)
		tracer_free(d->tracer);
	if (d->status == -1) {
		kill(d->pid, SIGKILL);
		waitpid(d->pid, &d->status, 0);
	}
	fclose(d->in);
	fclose(d->out);
}

/* ---- snapshots ----------------------------------------------------------- */

static void add_status(struct buf *b, pid_t pid)
{
	static const char *const names[] = {"TracerPid", "Threads", "SigPnd",
					    "ShdPnd",	 "SigBlk",  "SigIgn",
					    "SigCgt"};
	char path[64], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (!strncmp(line, names[i], strlen(names[i])))
				buf_add_str(b, line);
	if (f)
		fclose(f);
}

static uint64_t checksum(int fd, uint64_t start, uint64_t end)
{
	uint64_t sum = 0, word[512];

	for (; start < end; start += sizeof(word)) {
		if (pread(fd, word, sizeof(word), (off_t)start) != sizeof(word))
			break;
		for (size_t i = 0; i < 512; i++)
			sum = (sum ^ word[i]) * UINT64_C(0x100000001b3);
	}
	return sum;
}

char *drive_snapshot(pid_t pid)
{
	char path[64], line[4096];
	uint64_t start, end;
	struct buf b;
	FILE *f;
	int fd;

	buf_init(&b);
	add_status(&b, pid);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		buf_add_str(&b, line);
		if (strstr(line, " r-xp ") && strchr(line, '/') &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			buf_printf(&b, "%" PRIx64 "\n",
				   checksum(fd, start, end));
	}
	if (f)
		fclose(f);
	close(fd);
	return buf_steal(&b);
}

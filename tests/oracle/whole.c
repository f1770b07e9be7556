/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whole programs with a probe on every instruction that they execute, of
 * their own file or a library: the output must be that of the untraced run,
 * each count the one that stepping through the program gives.
 */
#define _GNU_SOURCE
#include "count.h"
#include "target.h"

#include "log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Hotter places than this take too long: they are left out. */
enum { HITS_EACH = 300, HITS_ALL = 15000 };

struct program {
	const char *object;
	unsigned steps;
	bool slow; /* only when asked for by name */
	char *argv[8];
};

static const struct program programs[] = {
	{"sort", 0, false, {"/usr/bin/sort", "-k2", "-t:", "/etc/passwd"}},
	{"sort",
	 STRATEGY_BOOST,
	 false,
	 {"/usr/bin/sort", "-k2", "-t:", "/etc/passwd"}},
	{"sort",
	 STRATEGY_XOL,
	 false,
	 {"/usr/bin/sort", "-k2", "-t:", "/etc/passwd"}},
	{"gzip", 0, false, {"/usr/bin/gzip", "-nc9", "/etc/passwd"}},
	{"gzip", STRATEGY_XOL, true, {"/usr/bin/gzip", "-nc1", "/etc/group"}},
	{"zstd", 0, true, {"/usr/bin/zstd", "-qc1", "/etc/passwd"}},
	{"zstd",
	 0,
	 true,
	 {"/usr/bin/zstd", "-qc1", "--single-thread", "--no-asyncio",
	  "/etc/passwd"}},
	{"perl",
	 0,
	 true,
	 {"/usr/bin/perl", "-e", "$s += $_ for 1..50; print $s"}},
	{"liblzma", 0, true, {"/usr/bin/xz", "-T1", "-0c", "/etc/passwd"}},
};

struct run {
	struct counts counts;
	struct target *target;
	bool live; /* past its exec */
	uint64_t *hits;
	size_t sites, refused;
	uint64_t planned, lost;
	int status;
};

static int failures;

static void fail(const char *what, const char *why)
{
	failures++;
	printf("FAIL: %s: %s\n", what, why);
}

/* ---- events -------------------------------------------------------------- */

static void on_hit(void *ctx, struct task *task, void *cookie,
		   const struct regs *regs)
{
	struct run *r = ctx;

	(void)task;
	(void)regs;
	r->hits[(uintptr_t)cookie] += r->live;
}

static void on_execed(void *ctx, struct target *t)
{
	(void)t;
	((struct run *)ctx)->live = true;
}

static void on_exited(void *ctx, struct target *t, int status)
{
	struct run *r = ctx;

	if (t != r->target)
		return;
	r->status = status;
	r->target = NULL;
}

static void on_lost(void *ctx, struct target *t, void *cookie,
		    const struct err *why)
{
	struct run *r = ctx;

	(void)t;
	r->hits[(uintptr_t)cookie] = UINT64_MAX;
	r->lost++;
	/* the instruction is refused, as it becomes known when it is mapped */
	printf("refused: %s\n", why->text);
}

static const struct tracer_events events = {
	.hit = on_hit,
	.execed = on_execed,
	.exited = on_exited,
	.lost = on_lost,
};

/* ---- one program --------------------------------------------------------- */

static void plant(struct run *r, unsigned steps)
{
	struct err err;
	bool batch = !target_batch_begin(r->target, &err);

	for (size_t i = 0; i < r->counts.size; i++) {
		const struct place *p = &r->counts.table[i];
		struct point_spec spec = {.dev = p->dev,
					  .ino = p->ino,
					  .offset = p->offset,
					  .steps = steps};
		struct point *point;
		size_t planted;
		int rc;

		r->hits[i] = UINT64_MAX;
		if (!p->wanted || p->early || p->count > HITS_EACH ||
		    r->planned + p->count > HITS_ALL)
			continue;
		rc = point_new(r->target, &spec, (void *)(uintptr_t)i, &point,
			       &planted, &err);
		if (rc && rc != ERR_NOENT) {
			r->refused++;
			continue;
		}
		r->hits[i] = 0;
		r->planned += p->count;
		r->sites++;
	}
	if (batch)
		target_batch_end(r->target);
}

static bool trace(struct run *r, const struct program *p, const char *out)
{
	struct tracer *tracer;
	struct err err;
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) || tracer_new(&events, r, &tracer, &err))
		return false;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		count_exec(p->argv, out, go[0]);
	close(go[0]);
	if (target_attach(tracer, pid, NULL, &r->target, &err)) {
		fail(p->object, err.text);
		return false;
	}
	plant(r, p->steps);
	if (write(go[1], "x", 1) != 1)
		return false;
	close(go[1]);
	while (r->target && tracer_run(tracer) != ERR_GONE)
		;
	tracer_free(tracer);
	return true;
}

static bool same_file(const char *a, const char *b)
{
	FILE *f = fopen(a, "re"), *g = fopen(b, "re");
	int c = f && g ? 0 : EOF - 1;

	while (c >= 0) {
		c = getc(f);
		if (c != getc(g))
			c = EOF - 1;
	}
	if (f)
		fclose(f);
	if (g)
		fclose(g);
	return c == EOF;
}

static void compare(const struct run *r, const char *what)
{
	char text[96];
	size_t wrong = 0;

	for (size_t i = 0; i < r->counts.size; i++) {
		const struct place *p = &r->counts.table[i];

		if (r->hits[i] == UINT64_MAX || r->hits[i] == p->count)
			continue;
		if (wrong++ >= 5)
			continue;
		snprintf(text, sizeof(text),
			 "offset 0x%" PRIx64 ": %" PRIu64 " hits, not %" PRIu64,
			 p->offset, r->hits[i], p->count);
		fail(what, text);
	}
	if (wrong > 5)
		fail(what, "and more");
	if (!r->sites)
		fail(what, "nothing was planted");
	if (r->status != r->counts.status)
		fail(what, "another status");
}

static void run_program(const struct program *p)
{
	char want[64], got[64];
	struct run r = {.status = -1};

	if (access(p->argv[0], X_OK)) {
		printf("%s: not installed\n", p->argv[0]);
		return;
	}
	snprintf(want, sizeof(want), "/tmp/upd-whole-%d.want", (int)getpid());
	snprintf(got, sizeof(got), "/tmp/upd-whole-%d.got", (int)getpid());
	r.hits = calloc(1 << 18, sizeof(*r.hits));
	if (!r.hits || !count_steps(p->argv, p->object, want, &r.counts)) {
		fail(p->argv[0], "cannot be stepped through");
	} else if (trace(&r, p, got)) {
		compare(&r, p->object);
		if (!same_file(want, got))
			fail(p->object, "other output");
		printf("%s: %" PRIu64 " steps; %zu sites, %" PRIu64
		       " hits; %zu refused\n",
		       p->object, r.counts.steps, r.sites, r.planned,
		       r.refused + (size_t)r.lost);
		free(r.counts.table);
	}
	fflush(stdout);
	free(r.hits);
	unlink(want);
	unlink(got);
}

/* An argument: only the programs of that name. */
int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (argc < 2 ? !programs[i].slow
			     : !!strstr(programs[i].argv[0], argv[1]))
			run_program(&programs[i]);
	return failures != 0;
}

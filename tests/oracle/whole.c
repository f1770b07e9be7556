/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whole programs with a probe on every instruction of their hottest
 * functions, or of those of a library: the output must be that of the program
 * alone, and each instruction be hit as often as it is executed, zero times
 * included, by the processor's own count or valgrind's.
 *
 * How hot a function may be follows from what a hit costs, some 10 us: HITS
 * are what a program is given.
 */
#define _GNU_SOURCE
#include "functions.h"
#include "target.h"

#include "log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BY_STEPS = 1, BY_CALLGRIND = 2 };

struct program {
	const char *object;
	unsigned by, steps;
	uint64_t hits;
	bool slow;   /* only when asked for by name */
	bool memory; /* what runs depends on where its memory lies */
	char *argv[10];
};

/* What valgrind counts must not depend on what is different there: the
 * processor's features, addresses, the environment. So its programs are those
 * whose own code looks at none of these; libc's is left to stepping. */
static const struct program programs[] = {
	{"sort", .by = BY_STEPS | BY_CALLGRIND, .hits = 200000,
	 .argv = {"/usr/bin/sort", "-k2", "-t:", "/etc/passwd"}},
	{"gzip", .by = BY_STEPS | BY_CALLGRIND, .steps = STRATEGY_XOL,
	 .hits = 200000, .argv = {"/usr/bin/gzip", "-nc1", "/etc/group"}},
	{"gzip", .by = BY_CALLGRIND, .hits = 2500000,
	 .argv = {"/usr/bin/gzip", "-nc9", "COPYING"}},
	{"liblzma", .by = BY_CALLGRIND, .hits = 1000000,
	 .argv = {"/usr/bin/xz", "-T1", "-0c", "COPYING"}},
	{"zstd", .by = BY_CALLGRIND, .hits = 300000,
	 .argv = {"/usr/bin/zstd", "-qc6", "--single-thread", "--no-asyncio",
		  "COPYING"}},
	{"zstd", /* with threads */
	 .by = BY_STEPS, .hits = 300000, .slow = true,
	 .argv = {"/usr/bin/zstd", "-qc1", "/etc/passwd"}},
	{"libsqlite3", .by = BY_CALLGRIND, .hits = 500000,
	 .argv = {"/usr/bin/sqlite3",
		  ":memory:", ".read tests/oracle/whole.sql"}},
	{"perl", .by = BY_CALLGRIND, .hits = 300000, .memory = true,
	 .argv = {"/usr/bin/perl", "-e", "$s += $_ for 1..50; print $s"}},
	{"perl", .by = BY_STEPS, .hits = 300000, .slow = true,
	 .argv = {"/usr/bin/perl", "-e", "$s += $_ for 1..50; print $s"}},
	{"python3", .by = BY_CALLGRIND, .hits = 500000, .memory = true,
	 .argv = {"/usr/bin/python3", "-ISBc",
		  "print(sum(i * i for i in range(500)))"}},
	{"libcrypto", .by = BY_CALLGRIND, .hits = 300000,
	 .argv = {"/usr/bin/openssl", "dgst", "-sha256", "COPYING"}},
};

struct run {
	const struct program *program;
	struct command command;
	struct counts truth;
	struct functions functions;
	size_t chosen; /* of the functions, the first ones */
	struct target *target;
	bool live; /* past its exec */
	uint64_t *hits;
	size_t sites, refused;
	uint64_t planned;
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

static void refused(struct run *r, size_t insn, const char *why)
{
	if (r->hits[insn] == UINT64_MAX)
		return; /* once for each time that files are mapped */
	r->hits[insn] = UINT64_MAX;
	r->refused++;
	if (r->refused <= 5)
		printf("refused: %s\n", why);
}

/* An instruction becomes known when it is mapped, and may be refused then. */
static void on_lost(void *ctx, struct target *t, void *cookie,
		    const struct err *why)
{
	(void)t;
	refused(ctx, (uintptr_t)cookie, why->text);
}

static const struct tracer_events events = {
	.hit = on_hit,
	.execed = on_execed,
	.exited = on_exited,
	.lost = on_lost,
};

/* ---- one program --------------------------------------------------------- */

static void plant_function(struct run *r, const struct function *fn,
			   struct point_spec *spec)
{
	struct point *point;
	struct err err;
	size_t planted;

	for (size_t i = fn->first; i < fn->first + fn->insns; i++) {
		int rc;

		spec->offset = r->functions.insns[i].offset;
		r->hits[i] = 0;
		rc = point_new(r->target, spec, (void *)(uintptr_t)i, &point,
			       &planted, &err);
		if (rc && rc != ERR_NOENT) {
			refused(r, i, err.text);
			continue;
		}
		r->planned += count_at(&r->truth, spec->offset);
		r->sites++;
	}
}

static bool plant(struct run *r)
{
	struct point_spec spec = {.steps = r->program->steps};
	struct stat st;
	struct err err;
	bool batch;

	if (stat(r->truth.object, &st))
		return false;
	spec.dev = st.st_dev;
	spec.ino = st.st_ino;
	batch = !target_batch_begin(r->target, &err);
	for (size_t i = 0; i < r->chosen; i++)
		plant_function(r, &r->functions.list[i], &spec);
	if (batch)
		target_batch_end(r->target);
	return true;
}

static bool trace(struct run *r)
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
		count_exec(&r->command, go[0]);
	close(go[0]);
	if (target_attach(tracer, pid, NULL, &r->target, &err)) {
		fail(r->program->object, err.text);
		return false;
	}
	if (!plant(r) || write(go[1], "x", 1) != 1)
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

static size_t wrong(const char *what, size_t before, uint64_t offset,
		    uint64_t got, uint64_t want)
{
	char text[96];

	snprintf(text, sizeof(text),
		 "offset 0x%" PRIx64 ": %" PRIu64 " times, not %" PRIu64,
		 offset, got, want);
	if (before < 5)
		fail(what, text);
	return before + 1;
}

static void compare(const struct run *r)
{
	const char *what = r->program->object;
	bool rounds = !(r->program->by & BY_STEPS);
	size_t bad = 0;

	for (size_t i = 0; i < r->functions.insn_count; i++) {
		const struct insn *insn = &r->functions.insns[i];
		uint64_t want = count_at(&r->truth, insn->offset);

		/* valgrind counts the rounds of a repeated instruction */
		if (r->hits[i] != UINT64_MAX && r->hits[i] != want &&
		    !(rounds && insn->rep))
			bad = wrong(what, bad, insn->offset, r->hits[i], want);
	}
	if (bad > 5)
		printf("FAIL: %s: %zu instructions\n", what, bad);
	if (!r->sites)
		fail(what, "nothing was planted");
	if (r->status != r->truth.status)
		fail(what, "another status");
}

/* Two truths: that of stepping is kept. */
static void compare_truths(const struct run *r, const struct counts *valgrind)
{
	size_t bad = 0, same = 0;

	for (size_t i = 0; i < r->functions.insn_count; i++) {
		const struct insn *insn = &r->functions.insns[i];
		uint64_t got = count_at(valgrind, insn->offset);
		uint64_t want = count_at(&r->truth, insn->offset);

		if (!got || insn->rep)
			continue;
		if (got != want)
			bad = wrong("valgrind", bad, insn->offset, got, want);
		else
			same++;
	}
	printf("%s: stepping and valgrind agree on %zu instructions\n",
	       r->program->object, same);
	if (!same || bad)
		fail(r->program->object, "stepping and valgrind do not agree");
}

/* What runs differently with its memory elsewhere is not for valgrind: python
 * has dictionaries whose keys are pointers, perl looks at how its arguments
 * and its environment lie. So both are moved, and what varies is left out. */
static bool drop_varying(struct run *r)
{
	static const uint64_t bases[] = {0x20001000, 0x41234000};
	const struct program *p = r->program;
	struct command cmd = r->command;
	char *env[32] = {0};
	size_t n = 0;

	for (size_t i = 0; cmd.env[i] && i < 31; i++)
		env[i] = strncmp(cmd.env[i], "PATH=", 5)
				 ? cmd.env[i]
				 : "PATH=/usr/bin:/bin:/sbin";
	cmd.env = env;
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		struct counts moved;

		if (!count_callgrind(&cmd, p->object, bases[i], &moved))
			return false;
		n += functions_compare(&r->functions, &r->truth, &moved);
		free(moved.places);
	}
	printf("%s: %zu functions vary with where memory lies\n", p->object, n);
	return true;
}

static bool find_truth(struct run *r)
{
	const struct program *p = r->program;
	struct counts other;

	if (!(p->by & BY_STEPS)
		    ? !count_callgrind(&r->command, p->object, 0, &r->truth)
		    : !count_steps(&r->command, p->object, &r->truth)) {
		fail(p->argv[0], "its instructions cannot be counted");
		return false;
	}
	if (!functions_of(r->truth.object, &r->functions)) {
		fail(r->truth.object, "its functions cannot be listed");
		return false;
	}
	if (p->by == (BY_STEPS | BY_CALLGRIND)) {
		if (count_callgrind(&r->command, p->object, 0, &other)) {
			compare_truths(r, &other);
			free(other.places);
		} else {
			fail(p->argv[0], "valgrind cannot run it");
		}
	}
	if (p->memory && !drop_varying(r))
		fail(p->argv[0], "valgrind cannot move it");
	r->chosen = functions_hot(&r->functions, &r->truth, p->hits);
	r->hits = malloc((r->functions.insn_count + 1) * sizeof(*r->hits));
	if (r->hits)
		memset(r->hits, 0xff,
		       r->functions.insn_count * sizeof(*r->hits));
	return r->hits;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void run_program(const struct program *p, char *const *env)
{
	struct run r = {.program = p,
			.command = {.argv = p->argv, .env = env},
			.status = -1};
	double start = now(), traced;
	char want[64], got[64];

	if (access(p->argv[0], X_OK)) {
		printf("%s: not installed\n", p->argv[0]);
		return;
	}
	if (p->by & BY_CALLGRIND && !count_has_valgrind()) {
		printf("%s: no valgrind to count it\n", p->argv[0]);
		return;
	}
	snprintf(want, sizeof(want), "/tmp/upd-whole-%d.want", (int)getpid());
	snprintf(got, sizeof(got), "/tmp/upd-whole-%d.got", (int)getpid());
	r.command.out = got;
	if (find_truth(&r)) {
		traced = now();
		r.command.out = want;
		if (count_nothing(&r.command) != r.truth.status ||
		    !same_file(want, got))
			fail(p->object, "its output is not always the same");
		r.command.out = got;
		if (!trace(&r))
			fail(p->object, "cannot be traced");
		compare(&r);
		if (!same_file(want, got))
			fail(p->object, "other output");
		printf("%s: %" PRIu64 " instructions, counted in %.1f s; "
		       "%zu functions, %zu sites, %" PRIu64
		       " hits in %.1f s; %zu refused\n",
		       p->object, r.truth.total, traced - start, r.chosen,
		       r.sites, r.planned, now() - traced, r.refused);
	}
	fflush(stdout);
	functions_release(&r.functions);
	free(r.truth.places);
	free(r.hits);
	unlink(want);
	unlink(got);
}

/* An argument: only the programs of that name. */
/* A stop costs several times as much when the program runs on another CPU than
 * we do, and there are millions of them. */
static int on_one_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -1;
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	char **env = count_environment();

	if (!env || (top && chdir(top)) || on_one_cpu())
		return 99;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (argc < 2 ? !programs[i].slow
			     : !!strstr(programs[i].argv[0], argv[1]))
			run_program(&programs[i], env);
	return failures != 0;
}

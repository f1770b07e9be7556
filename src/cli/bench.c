/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd bench: what a probe costs, by upd's engines and by whatever else is
 * installed, on the same function in the same run; and whether all have
 * counted the same. bench.h tells how it is cut up.
 */
#define _GNU_SOURCE
#include <config.h>

#include "bench.h"
#include "child.h"
#include "debuginfo.h"
#include "proto.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5, HITS = 10000 };

static const struct subject builtin[] = {
#ifdef __x86_64__
	{"victim_push", "push %rbp: its effect can be computed", false},
	{"victim_mul", "imul: a copy must run", false},
	{"victim_nop5", "a nop of 5 bytes: new kernels need no trap", false},
#else
	{"victim_plain", "a plain function", false},
#endif
	{"victim_return", "a return", true},
};

/* ---- where things are -----------------------------------------------------
 */

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char file[BENCH_PATH];

	for (path = path ? path : "/usr/bin:/bin"; *path;) {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path,
			 program);
		if (access(file, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

/* The victim is beside upd (a build tree), else where it is installed. */
int victim_find(char *upd, char *victim, struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", upd, BENCH_PATH - 32);
	char *slash;

	if (n < 0)
		return err_errno(err, errno, "cannot read /proc/self/exe");
	upd[n] = '\0';
	slash = strrchr(upd, '/');
	snprintf(victim, BENCH_PATH, "%.*s/upd-victim", (int)(slash - upd),
		 upd);
	if (access(victim, X_OK) == 0)
		return 0;
	snprintf(victim, BENCH_PATH, "%s/upd-victim", LIBEXECDIR);
	if (access(victim, X_OK) == 0)
		return 0;
	return err_set(err, ERR_NOENT,
		       "upd-victim is neither beside upd nor in %s; is upd "
		       "fully installed?",
		       LIBEXECDIR);
}

/* The file that a command's first word runs. */
static int find_object(const char *word, char *ret, struct err *err)
{
	const char *path = getenv("PATH");
	char file[BENCH_PATH];

	if (strchr(word, '/') && realpath(word, ret))
		return 0;
	for (path = path ? path : "/usr/bin:/bin"; *path;) {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, word);
		if (!strchr(word, '/') && access(file, X_OK) == 0 &&
		    realpath(file, ret))
			return 0;
		path += len + (path[len] == ':');
	}
	return err_set(err, ERR_NOENT, "-c: cannot find %s", word);
}

/* A command of the user's goes into a file, word by word. */
static int command_save(struct bench *b, struct err *err)
{
	struct bench_path path = bench_file(b, "words");
	char **words;
	FILE *f;
	int rc = split_words(b->cli->cmd, &words, err);

	if (rc)
		return rc;
	if (words[0])
		rc = find_object(words[0], b->object, err);
	else
		rc = err_set(err, ERR_INVAL, "-c: there is no command in it");
	f = rc ? NULL : fopen(path.p, "we");
	if (!rc && !f)
		rc = err_errno(err, errno, "cannot write %s", path.p);
	for (char **w = words; f && *w; w++)
		fwrite(*w, 1, strlen(*w) + 1, f);
	if (f && fclose(f) != 0)
		rc = err_errno(err, errno, "cannot write %s", path.p);
	free(words);
	return rc;
}

/* ---- one measurement ------------------------------------------------------
 */

static int trial_prepare(struct trial *t, struct err *err)
{
	const struct bench *b = t->bench;

	if (b->pid)
		return 0;
	if (b->cli->cmd) {
		snprintf(t->command, sizeof(t->command), "%s --mark %s %s",
			 b->victim, bench_file(b, "fifo").p,
			 bench_file(b, "words").p);
	} else {
		t->hits = b->hits / t->method->share;
		snprintf(t->command, sizeof(t->command), "%s %s %" PRIu64 " %s",
			 b->victim, t->subject->function, t->hits,
			 bench_file(b, "figure").p);
	}
	return split_words(t->command, &t->command_words, err);
}

static int between_hits(struct trial *t, uint64_t counted, struct err *err)
{
	if (!counted)
		return err_set(err, ERR_NOENT, "no call in %d ms",
			       BENCH_WINDOW);
	t->ns = BENCH_WINDOW * 1e6 / (double)counted;
	return 0;
}

static int trial_do(struct trial *t, uint64_t *ret_counted, struct err *err)
{
	int rc = trial_prepare(t, err);

	if (!rc && t->method->before)
		rc = t->method->before(t, err);
	if (!rc) {
		t->method->words(t);
		rc = trial_run(t, err);
		if (!rc)
			rc = t->method->count(t, ret_counted, err);
		if (!rc && t->bench->pid)
			rc = between_hits(t, *ret_counted, err);
		if (t->method->after)
			t->method->after(t);
	}
	free(t->command_words);
	return rc;
}

static void measure(struct bench *b, enum place place, size_t s, size_t m)
{
	struct cell *c = &b->cells[place][s][m];
	struct trial *t;
	struct err err;
	uint64_t counted = 0;

	if (*c->why)
		return;
	t = calloc(1, sizeof(*t));
	if (!t) {
		snprintf(c->why, sizeof(c->why), "out of memory");
		return;
	}
	t->bench = b;
	t->subject = &b->subjects[s];
	t->method = &b->methods[m];
	t->place = place;
	if (trial_do(t, &counted, &err)) {
		snprintf(c->why, sizeof(c->why), "%.300s", err.text);
	} else {
		c->ns[c->n++] = t->ns;
		c->made += t->hits;
		c->counted += counted;
	}
	free(t);
}

/* What is known before anything has run. */
static const char *cannot_run(const struct bench *b, const struct method *m,
			      const struct subject *s)
{
	if (b->pid && m->no_window)
		return "is for commands that are started";
	if (m->program && !in_path(m->program))
		return "not installed";
	if (m->root && geteuid() != 0)
		return "needs root";
	if (s->ret && m->no_return)
		return "has no probe at returns";
	return "";
}

static void measure_all(struct bench *b)
{
	for (int p = b->from; p < PLACES; p++)
		for (size_t s = 0; s < b->nsubjects; s++)
			for (size_t m = 0; m < b->nmethods; m++)
				strcpy(b->cells[p][s][m].why,
				       cannot_run(b, &b->methods[m],
						  &b->subjects[s]));
	for (unsigned r = 0; r < b->rounds; r++)
		for (size_t s = 0; s < b->nsubjects; s++)
			for (size_t m = 0; m < b->nmethods; m++)
				for (int p = b->from; p < PLACES; p++)
					measure(b, p, s, m);
}

/* ---- do they agree? --------------------------------------------------------
 */

/* How many hits there were, says the victim; of a command of the user's, the
 * first engine that has counted them. */
static uint64_t wanted(const struct bench *b, int place, size_t s, size_t m)
{
	const struct cell *row = b->cells[place][s], *c = &row[m];

	if (b->pid)
		return c->counted;
	if (!b->cli->cmd)
		return c->made;
	for (size_t i = 0; i < b->nmethods; i++)
		if (b->methods[i].engine && row[i].n)
			return row[i].counted / row[i].n * c->n;
	return c->counted;
}

/* upd's own way must do; single ways of it need not. */
static int measured(const struct bench *b, struct err *err)
{
	for (int p = b->from; p < PLACES; p++)
		for (size_t s = 0; s < b->nsubjects; s++)
			for (size_t m = 0; m < b->nmethods; m++)
				if (b->methods[m].engine &&
				    !b->methods[m].steps &&
				    !b->methods[m].root && !b->cells[p][s][m].n)
					return err_set(err, ERR_IO,
						       "%s is not measured: %s",
						       b->subjects[s].function,
						       b->cells[p][s][m].why);
	return 0;
}

/* A return is a breakpoint at the caller; upd does without where a single way
 * that it was bound to cannot be gone. */
static void not_everywhere(const struct bench *b, size_t s, size_t m,
			   struct cell *c)
{
	if (!b->methods[m].steps || !b->subjects[s].ret || !c->n ||
	    c->counted >= c->made)
		return;
	snprintf(c->why, sizeof(c->why),
		 "cannot get past the breakpoint at every caller: %" PRIu64
		 " returns of %" PRIu64,
		 c->counted, c->made);
	c->n = 0;
}

/* True when upd's engines have counted every hit. */
static bool agree(struct bench *b)
{
	bool all = true;

	for (int p = b->from; p < PLACES; p++)
		for (size_t s = 0; s < b->nsubjects; s++)
			for (size_t m = 0; m < b->nmethods; m++) {
				struct cell *c = &b->cells[p][s][m];
				uint64_t made = wanted(b, p, s, m);

				c->made = made;
				not_everywhere(b, s, m, c);
				if (!m || !c->n || c->counted == made)
					continue;
				fprintf(stderr,
					"upd: %s: %s has counted %" PRIu64
					" hits of %" PRIu64 "\n",
					b->subjects[s].function,
					b->methods[m].label, c->counted, made);
				all &= !b->methods[m].engine;
			}
	return all;
}

static int free_cpu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		for (int i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &set))
				return i;
	return 0;
}

/* ---- the command -----------------------------------------------------------
 */

static int live_process(struct bench *b, struct err *err)
{
	char link[64];
	ssize_t n;

	b->pid = b->cli->pids[0];
	b->from = PLACE_FREE;
	snprintf(link, sizeof(link), "/proc/%u/exe", b->pid);
	n = readlink(link, b->object, sizeof(b->object) - 1);
	if (n < 0)
		return err_errno(err, errno, "-p %u: cannot tell what it runs",
				 b->pid);
	b->object[n] = '\0';
	return 0;
}

/* FUNCTION, or FILE:FUNCTION, the file as a path or a library's name. What the
 * command or process runs is the file otherwise. */
static int split_function(struct bench *b, const char **ret, struct err *err)
{
	const char *word = b->cli->params.w[0], *colon = strrchr(word, ':');
	char name[BENCH_PATH];

	*ret = colon ? colon + 1 : word;
	if (!colon)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - word), word);
	if (strchr(name, '/') && realpath(name, b->library))
		return 0;
	if (strchr(name, '/'))
		return err_errno(err, errno, "cannot find %s", name);
	return library_find(name, 0, b->library, sizeof(b->library), err);
}

static int choose_subjects(struct bench *b, struct subject own[2],
			   struct err *err)
{
	const struct cli *cli = b->cli;
	const char *function;
	int rc;

	if (!cli->cmd && !cli->npids && cli->params.n)
		return err_set(err, ERR_INVAL,
			       "upd bench %s: it is in which command or "
			       "process? give -c or -p",
			       cli->params.w[0]);
	if ((cli->cmd || cli->npids) && cli->params.n != 1)
		return err_set(err, ERR_INVAL,
			       "upd bench -c COMMAND FUNCTION, or -p PID: it "
			       "measures one function");
	if (cli->npids + !!cli->cmd > 1)
		return err_set(err, ERR_INVAL,
			       "upd bench measures one command, or one "
			       "process");
	b->subjects = builtin;
	b->nsubjects = sizeof(builtin) / sizeof(builtin[0]);
	snprintf(b->object, sizeof(b->object), "%s", b->victim);
	if (!cli->cmd && !cli->npids)
		return 0;
	rc = split_function(b, &function, err);
	own[0] = (struct subject){function, "as it is called", false};
	own[1] = (struct subject){function, "its return", true};
	b->subjects = own;
	b->nsubjects = 2;
	if (!rc && cli->npids)
		rc = live_process(b, err);
	return rc;
}

static int bench_do(struct bench *b, struct err *err)
{
	struct subject own[2];
	int rc = victim_find(b->upd, b->victim, err);

	if (!rc)
		rc = choose_subjects(b, own, err);
	if (!rc)
		rc = bench_open(b, err);
	if (!rc && b->cli->cmd)
		rc = command_save(b, err);
	if (*b->library)
		strcpy(b->object, b->library);
	if (!rc)
		measure_all(b);
	bench_close(b);
	if (rc)
		return rc;
	rc = measured(b, err);
	if (!agree(b))
		rc = err_set(err, ERR_INTERNAL,
			     "the engines have not counted the same");
	if (b->cli->flags & RUN_JSON)
		bench_print_json(b);
	else
		bench_print(b);
	if (b->cli->plot && !rc)
		rc = bench_plot(b, b->cli->plot, err);
	return rc;
}

static int bench_main(struct cli *cli)
{
	struct bench b = {
		.cli = cli,
		.methods = bench_methods,
		.nmethods = bench_nmethods,
		.rounds = cli->rounds ? cli->rounds : ROUNDS,
		.hits = cli->hits ? cli->hits : HITS,
		.cpu = free_cpu(),
		.guard_fd = -1,
	};
	struct err err;
	int status = 0;

	b.cells = calloc(PLACES, sizeof(*b.cells));
	if (!b.cells)
		return 1;
	if (bench_do(&b, &err))
		status = complain(&err);
	free(b.cells);
	return status;
}

const struct action action_bench = {"bench", bench_main};

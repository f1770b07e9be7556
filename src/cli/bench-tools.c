/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What upd bench compares: upd itself in each of its ways, and the tracing
 * programs of others where they are installed. Each starts the command and
 * counts the calls of one function in it, in the way that its manual calls
 * for.
 */
#define _GNU_SOURCE
#include <config.h>

#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The number behind the last occurrence of a text in a file of the folder. */
static int number_after(struct trial *t, const char *file, const char *text,
			uint64_t *ret, struct err *err)
{
	const char *found = NULL, *p;
	struct buf b;

	buf_init(&b);
	bench_read(t->bench, file, &b);
	for (p = buf_str(&b); (p = strstr(p, text)); p++)
		found = p + strlen(text);
	if (found)
		*ret = strtoull(found, NULL, 10);
	buf_release(&b);
	return found ? 0 : err_set(err, ERR_IO, "it has printed no count");
}

/* ---- no probe ------------------------------------------------------------ */

static int none_count(struct trial *t, uint64_t *ret, struct err *err)
{
	(void)err;
	*ret = t->hits;
	return 0;
}

/* What is traced, and for how long, as upd and bpftrace have it. */
static void target_words(struct trial *t)
{
	if (t->bench->pid) {
		trial_word(t, "-p");
		trial_word(t, "%u", t->bench->pid);
	} else {
		trial_word(t, "-c");
		trial_word(t, "%s", t->command);
	}
}

static void script_words(struct trial *t, const char *filter)
{
	char window[64] = "";

	if (t->bench->pid)
		snprintf(window, sizeof(window), " interval:ms:%d { exit(); }",
			 BENCH_WINDOW);
	trial_word(t, "-e");
	trial_word(t, "%s:%s:%s %s { @ = count(); }%s",
		   t->subject->ret ? "uretprobe" : "uprobe", t->bench->object,
		   t->subject->function, filter, window);
}

/* ---- upd ----------------------------------------------------------------- */

static void upd_words(struct trial *t)
{
	const struct bench *b = t->bench;

	trial_word(t, "%s", b->upd);
	trial_word(t, "-q");
	trial_word(t, "-S");
	trial_word(
		t, "%s",
		bench_file(b, t->place == PLACE_ONE ? "one.sock" : "free.sock")
			.p);
	trial_word(t, "-o");
	trial_word(t, "%s", bench_file(b, "tool.txt").p);
	trial_word(t, "--max-overhead=0");
	trial_word(t, "--engine=%s", t->method->engine);
	if (t->method->steps)
		trial_word(t, "--step=%s", t->method->steps);
	target_words(t);
	script_words(t, "");
}

static int upd_count(struct trial *t, uint64_t *ret, struct err *err)
{
	return number_after(t, "tool.txt", "@: ", ret, err);
}

/* ---- bpftrace ------------------------------------------------------------ */

/* It would count every process that runs the file. */
static void bpftrace_words(struct trial *t)
{
	trial_word(t, "bpftrace");
	target_words(t);
	script_words(t, t->bench->pid ? "" : "/pid == cpid/");
}

static int bpftrace_count(struct trial *t, uint64_t *ret, struct err *err)
{
	return number_after(t, "tool.out", "@: ", ret, err);
}

/* ---- perf ---------------------------------------------------------------- */

static int perf_before(struct trial *t, struct err *err)
{
	struct trial add = *t;

	add.argc = 0;
	add.len = 0;
	trial_word(&add, "perf");
	trial_word(&add, "probe");
	trial_word(&add, "-q");
	trial_word(&add, "-x");
	trial_word(&add, "%s", t->bench->object);
	trial_word(&add, "--add");
	/* The event of a return is hit__return. */
	trial_word(&add, "%s:hit=%s%s", t->bench->group, t->subject->function,
		   t->subject->ret ? "%return" : "");
	return trial_helper(&add, err);
}

static void perf_after(struct trial *t)
{
	bench_remove_events(t->bench);
}

static void perf_words(struct trial *t)
{
	trial_word(t, "perf");
	trial_word(t, "stat");
	trial_word(t, "-x,");
	trial_word(t, "-o");
	trial_word(t, "%s", bench_file(t->bench, "tool.txt").p);
	trial_word(t, "-e");
	trial_word(t, "%s:%s", t->bench->group,
		   t->subject->ret ? "hit__return" : "hit");
	if (t->bench->pid) {
		trial_word(t, "-p");
		trial_word(t, "%u", t->bench->pid);
		trial_word(t, "--timeout");
		trial_word(t, "%d", BENCH_WINDOW);
		return;
	}
	trial_word(t, "--");
	trial_command(t);
}

/* "COUNT,UNIT,EVENT,...", after comments. */
static int perf_count(struct trial *t, uint64_t *ret, struct err *err)
{
	const char *line, *at;
	struct buf b;
	int rc = 0;

	buf_init(&b);
	bench_read(t->bench, "tool.txt", &b);
	line = buf_str(&b);
	at = strstr(line, t->bench->group);
	while (at && at > line && at[-1] != '\n')
		at--;
	if (at)
		*ret = strtoull(at, NULL, 10);
	else
		rc = err_set(err, ERR_IO, "it has printed no count");
	buf_release(&b);
	return rc;
}

/* ---- gdb ----------------------------------------------------------------- */

/* The condition is what keeps it from stopping; the count is gdb's own. The
 * breakpoint of a function is behind its prologue, which has one hit all the
 * same; with the asterisk it is at the instruction that the others probe. */
static void gdb_words(struct trial *t)
{
	static const char *const before[] = {
		"set pagination off", "set confirm off",
		"set debuginfod enabled off", "set breakpoint pending on",
		"set startup-with-shell off"};

	trial_word(t, "gdb");
	trial_word(t, "-nx");
	trial_word(t, "-q");
	trial_word(t, "-batch");
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		trial_word(t, "-ex");
		trial_word(t, "%s", before[i]);
	}
	trial_word(t, "-ex");
	trial_word(t, t->hits ? "break *%s" : "break %s", t->subject->function);
	trial_word(t, "-ex");
	trial_word(t, "ignore 1 2000000000");
	trial_word(t, "-ex");
	trial_word(t, "run");
	trial_word(t, "-ex");
	trial_word(t, "info breakpoints");
	trial_word(t, "--args");
	trial_command(t);
}

static int gdb_count(struct trial *t, uint64_t *ret, struct err *err)
{
	return number_after(t, "tool.out", "already hit ", ret, err);
}

/* ---- ltrace -------------------------------------------------------------- */

static void ltrace_words(struct trial *t)
{
	trial_word(t, "ltrace");
	trial_word(t, "-c");
	trial_word(t, "-o");
	trial_word(t, "%s", bench_file(t->bench, "tool.txt").p);
	trial_word(t, "-L");
	trial_word(t, "-x");
	trial_word(t, "%s", t->subject->function);
	trial_word(t, "--");
	trial_command(t);
}

/* "PERCENT SECONDS USECS/CALL CALLS FUNCTION" */
static int ltrace_count(struct trial *t, uint64_t *ret, struct err *err)
{
	const char *p;
	struct buf b;
	char name[256];
	bool found = false;

	buf_init(&b);
	bench_read(t->bench, "tool.txt", &b);
	for (p = buf_str(&b); p && !found; p = strchr(p, '\n')) {
		unsigned long long n;

		p += *p == '\n';
		found = sscanf(p, "%*f %*f %*u %llu %255s", &n, name) == 2 &&
			!strcmp(name, t->subject->function);
		if (found)
			*ret = n;
	}
	buf_release(&b);
	return found ? 0 : err_set(err, ERR_IO, "it has printed no count");
}

#define UPD_METHOD(name, how, by)                             \
	{                                                     \
		name, .engine = by, .steps = how, .share = 1, \
		      .words = upd_words, .count = upd_count  \
	}
const struct method bench_methods[] = {
	{"no probe", .share = 1, .no_window = true, .words = trial_command,
	 .count = none_count},
	UPD_METHOD("upd", NULL, "ptrace"),
	UPD_METHOD("upd, emulated", "emulate", "ptrace"),
	UPD_METHOD("upd, boosted", "boost", "ptrace"),
	UPD_METHOD("upd, stepped in a copy", "xol", "ptrace"),
	UPD_METHOD("upd, stepped in place", "inplace", "ptrace"),
	{"upd, the kernel's uprobe", .engine = "kernel", .share = 1,
	 .root = true, .words = upd_words, .count = upd_count},
	{"bpftrace", .program = "bpftrace", .share = 1, .root = true,
	 .words = bpftrace_words, .count = bpftrace_count},
	{"perf stat", .program = "perf", .share = 1, .root = true,
	 .before = perf_before, .after = perf_after, .words = perf_words,
	 .count = perf_count},
	{"gdb", .program = "gdb", .share = 20, .no_return = true,
	 .no_window = true, .words = gdb_words, .count = gdb_count},
	{"ltrace", .program = "ltrace", .share = 20, .no_window = true,
	 .words = ltrace_words, .count = ltrace_count},
};
const size_t bench_nmethods = sizeof(bench_methods) / sizeof(bench_methods[0]);

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd bench, inside: subjects (what is probed) times methods (by whom, how)
 * times places (on which CPUs) are the cells of a table; each round measures
 * every cell once, so that a machine that slows down slows all of them.
 *
 * Every measurement is one run of a command under one tracing program, which
 * starts it: nobody has to guess when a probe is there. Times are nanoseconds
 * per call of the built-in victim's function, or of the whole run of a command
 * that the user gave; of a live process they are those from hit to hit. Strings
 * are constants or outlive the struct bench.
 */
#ifndef UPD_BENCH_H
#define UPD_BENCH_H

#include "buf.h"
#include "cli.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum place { PLACE_ONE, PLACE_FREE, PLACES };
enum { BENCH_SUBJECTS = 8, BENCH_METHODS = 16, BENCH_ROUNDS = 100 };
enum { BENCH_PATH = 4096, BENCH_TEXT = 16384, BENCH_WORDS = 128 };
enum { BENCH_WINDOW = 500 }; /* ms that a live process is watched for */

struct subject {
	const char *function;
	const char *what; /* its first instruction, or what it stands for */
	bool ret;	  /* at its return */
};

struct trial;

/* One way to count the calls of a function. */
struct method {
	const char *label;
	const char *program; /* to be found in $PATH; NULL: upd, or none */
	const char *engine;  /* of upd; NULL: not upd */
	const char *steps;   /* of upd; NULL: its own choice */
	unsigned share;	     /* measures one hit in so many: it is slow */
	bool no_return;	     /* it has no return probes */
	bool no_window;	     /* it does not end by itself after a time */
	bool root;
	/* Before and after the run; NULL: nothing to do. */
	int (*before)(struct trial *t, struct err *err);
	void (*after)(struct trial *t);
	/* The words of the run, into t->argv. */
	void (*words)(struct trial *t);
	/* How many hits it has counted, from what it wrote. */
	int (*count)(struct trial *t, uint64_t *ret, struct err *err);
};

/* What one method gave on one subject at one place, over the rounds. */
struct cell {
	double ns[BENCH_ROUNDS];
	unsigned n;
	uint64_t made, counted; /* hits, over the rounds */
	char why[320];		/* why there is nothing: n is 0 */
};

struct bench {
	struct cli *cli;
	const struct subject *subjects;
	size_t nsubjects;
	const struct method *methods; /* the first: no probe */
	size_t nmethods;
	struct cell (*cells)[BENCH_SUBJECTS][BENCH_METHODS]; /* [PLACES] */
	unsigned rounds;
	uint64_t hits;	 /* per round, of the built-in victim */
	int cpu;	 /* of PLACE_ONE */
	enum place from; /* the first place: a live process stays where it is */
	uint32_t pid;	 /* live; 0: commands are started */
	int guard_fd;	 /* its end is ours */
	char victim[BENCH_PATH];
	char upd[BENCH_PATH];
	char object[BENCH_PATH];  /* the file with the function */
	char library[BENCH_PATH]; /* "FILE" of "FILE:FUNCTION" */
	char folder[64];	  /* ours: sockets and outputs */
	char group[32];		  /* of perf's events */
};

/* One measurement under way. */
struct trial {
	const struct bench *bench;
	const struct subject *subject;
	const struct method *method;
	enum place place;
	uint64_t hits; /* that the victim shall make; 0: a user's command */
	double ns;     /* the result */
	pid_t pid;
	const char *argv[BENCH_WORDS];
	unsigned argc;
	char text[BENCH_TEXT]; /* what argv points to */
	size_t len;
	char command[4 * BENCH_PATH + 512]; /* as -c has it */
	char **command_words;
};

/* Our own files: upd, and the victim beside it or where it is installed. Both
 * have BENCH_PATH bytes. */
must_check int victim_find(char *upd, char *victim, struct err *err);

extern const struct method bench_methods[];
extern const size_t bench_nmethods;

/* ---- bench-proc.c: programs and what they write -------------------------- */

/* A path in the bench's folder. */
struct bench_path {
	char p[128];
};
struct bench_path bench_file(const struct bench *b, const char *name);
/* A word more of t->argv. */
void trial_word(struct trial *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void trial_command(struct trial *t);
/* A file of the folder, whole. */
void bench_read(const struct bench *b, const char *name, struct buf *ret);
/* Runs t->argv to its end, with its output in tool.out and tool.err; t->ns is
 * set. An error: it failed, and what it said. */
must_check int trial_run(struct trial *t, struct err *err);
/* The same for a program that only prepares something: nothing is measured. */
must_check int trial_helper(struct trial *t, struct err *err);
/* perf's event, if there is one. */
void bench_remove_events(const struct bench *b);
/* The folder, and who cleans up after us, however we end. */
must_check int bench_open(struct bench *b, struct err *err);
void bench_close(struct bench *b);

/* ---- bench-table.c, bench-json.c, bench-plot.c --------------------------- */

double cell_median(const struct cell *c);
void cell_range(const struct cell *c, double *ret_min, double *ret_max);
/* What a hit costs: the median less that of the same without a probe. */
double cell_cost(const struct bench *b, enum place place, size_t subject,
		 size_t method);
/* The kernel's column for this subject; -1: it was not measured. */
int cell_kernel(const struct bench *b, enum place place, size_t subject);
void cpu_model(char *ret, size_t size);
const char *place_name(const struct bench *b, enum place place,
		       struct bench_path *room);
void bench_print(const struct bench *b);
void bench_print_json(const struct bench *b);
must_check int bench_plot(const struct bench *b, const char *path,
			  struct err *err);

#endif

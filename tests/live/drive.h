/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Drives libtarget on a victim: starts it, plants points at the sites that it
 * names, counts what is reported, compares what it prints.
 */
#ifndef UPD_DRIVE_H
#define UPD_DRIVE_H

#include "target.h"

#include <stdio.h>

enum { DRIVE_SITES = 16 };

struct drive {
	pid_t pid;
	FILE *in, *out; /* of the victim */
	uint64_t site[DRIVE_SITES];
	size_t nsites;
	uint64_t more[4]; /* further addresses, of some modes */
	struct tracer *tracer;
	struct target *target;
	struct point *point[DRIVE_SITES];
	uint64_t hits[DRIVE_SITES], returned, abandoned, mapped, execed, forked,
		exiting;
	uint64_t wrong; /* hits at another address than asked for */
	int status;	/* of the victim, -1 while it runs */
	bool keep_quiet, by_file;
	void (*on_hit)(struct drive *d, struct task *task, size_t i,
		       const struct regs *regs);
	void (*on_returned)(struct drive *d, struct task *task,
			    const struct regs *regs);
	void (*on_forked)(struct drive *d, struct target *child, pid_t pid);
};

/* Starts the victim and reads its addresses; the line that it waits for is
 * sent by drive_release. */
void drive_start(struct drive *d, const char *mode, unsigned long n,
		 unsigned long threads);
void drive_release(struct drive *d);
void drive_start_program(struct drive *d, const char *program, const char *mode,
			 unsigned long n, unsigned long threads);
/* Address -> file and offset, as mapped now. */
bool drive_file_spec(struct drive *d, uint64_t addr, struct point_spec *ret);
void drive_attach(struct drive *d, const struct target_opts *opts);
void drive_plant(struct drive *d, unsigned steps);
/* Runs until the victim has ended. */
void drive_run(struct drive *d);
/* All of the victim's output, and its status by waitpid where the tracer has
 * not reaped it. */
char *drive_output(struct drive *d);
void drive_end(struct drive *d);

/* What an untraced run prints. */
/* So many, or the UPD_DRIVE_SHARE-th part of it where machines are slow. */
unsigned long drive_share(unsigned long n);
char *drive_untraced(const char *mode, unsigned long n, unsigned long threads);

/* Counts a failure and goes on. */
void drive_expect(const char *what, uint64_t got, uint64_t want);
void drive_expect_str(const char *what, const char *got, const char *want);
void drive_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int drive_failures(void);

/* Everything of a process that tracing must not change. */
char *drive_snapshot(pid_t pid);

#endif

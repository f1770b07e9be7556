/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often each instruction of a file is executed by a program: the truth,
 * from two sides that have nothing in common. One is the processor: stepping
 * through all of the program, its threads included, with nothing but ptrace.
 * The other is valgrind's callgrind, which computes what the program does.
 *
 * Offsets are those in the file, as a point_spec has them.
 */
#ifndef UPD_COUNT_H
#define UPD_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct place {
	uint64_t offset, count;
	bool early; /* ran before the program's own code did */
};

struct counts {
	struct place *places; /* by offset; the caller's to free */
	size_t used;
	char object[512]; /* the file, in full */
	uint64_t total;	  /* instructions executed, in all files */
	int status;	  /* of the program, as of waitpid */
};

struct command {
	char *const *argv, *const *env;
	const char *out; /* the file that its output goes to */
};

/* The environment in which all runs of a program are the same: what valgrind
 * adds to it for itself is there without it, too, since programs look at how
 * much there is. For the process's life; NULL: no memory. */
char **count_environment(void);
bool count_has_valgrind(void);

/* Of the one file that the program maps whose path has `object` in it. False:
 * too many steps, it could not be started, or it got a signal. */
bool count_steps(const struct command *cmd, const char *object,
		 struct counts *ret);

/* The same by valgrind, with the program's memory from `base` on, 0 being
 * where valgrind likes it. A repeated string instruction counts each round; no
 * place is early; code outside of .text is not there. */
bool count_callgrind(const struct command *cmd, const char *object,
		     uint64_t base, struct counts *ret);

/* The index of the first place that is there or behind. */
size_t count_from(const struct counts *c, uint64_t offset);
/* How often the instruction there ran. */
uint64_t count_at(const struct counts *c, uint64_t offset);

/* In a child: same conditions for each run, then exec. `go`: waits for a byte
 * first; -1: does not, and lets its parent trace it. */
_Noreturn void count_exec(const struct command *cmd, int go);

/* Nobody watches: the status as of waitpid, -1 when it cannot be started. */
int count_nothing(const struct command *cmd);

#endif

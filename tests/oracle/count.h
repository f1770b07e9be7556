/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often each instruction of a file is executed by a program: the truth,
 * by stepping through all of it, its threads included, with nothing but
 * ptrace.
 */
#ifndef UPD_COUNT_H
#define UPD_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct place {
	dev_t dev;
	ino_t ino;
	uint64_t pc, offset, count;
	bool wanted; /* in a file that was asked for */
	bool early;  /* ran before the program's own code did */
};

struct counts {
	struct place *table;
	size_t size, used; /* a power of two, and how many have a pc */
	uint64_t steps;
	uint64_t own[2]; /* text of the program's own file; runs after ... */
	bool started;	 /* ... the dynamic linker has called it */
	int status; /* of the program, as of waitpid */
};

/* Only files whose path has `object` in it. False: too many steps, or it
 * could not be started. The table is the caller's to free. */
bool count_steps(char *const *argv, const char *object, const char *out,
		 struct counts *ret);

/* In a child: same conditions for each run, then exec. `go`: waits for a byte
 * first; -1: does not. */
_Noreturn void count_exec(char *const *argv, const char *out, int go);

#endif

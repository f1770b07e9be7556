/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A process with several threads that computes for each byte that it reads,
 * and answers with a sum. It runs the program that started it, so what its
 * functions are called is known there.
 */
#ifndef UPD_VICTIM_H
#define UPD_VICTIM_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	VICTIM_CALLS = 6,   /* of v_two, per thread and byte; v_one: twice */
	VICTIM_THREADS = 3, /* and the first one */
	VICTIM_STATUS = 33,
};

struct victim {
	pid_t pid;
	int in, out; /* its standard input and output */
};

/* The functions that are called, here too. */
unsigned v_one(unsigned i);
unsigned v_two(unsigned i);

/* Waits for the end of a child: its wait status; 0: it hangs. */
int wait_for(pid_t pid, int *status);
/* Ends with the process's own exit status. */
int victim_main(void);
/* Returns when it waits for its first byte. */
void victim_start(struct victim *v);
/* Asks for one computation; not so when it has ended. */
bool victim_ask(const struct victim *v);
/* The answer to the nth byte, from 1, has come and is right. */
bool victim_answers(const struct victim *v, unsigned n);
/* Is all executable memory that is mapped from files what the files have? */
bool victim_is_clean(const struct victim *v);
/* Closes its input; its wait status. */
int victim_end(struct victim *v);

#endif

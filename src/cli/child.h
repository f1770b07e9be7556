/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command of -c: forked by upd itself, so that terminal, job control and
 * environment are its own, and held before exec until it is traced.
 */
#ifndef UPD_CHILD_H
#define UPD_CHILD_H

#include "err.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;     /* 0: none */
	int go_fd;     /* writing lets it go on to exec; -1: it went */
	int result_fd; /* end of file: it has become the command; else the
			* error number is read. -1: known */
	bool started;
};

/* Splits the command into words, finds it, forks. mask: the signal mask the
 * command shall have. */
must_check int child_fork(const char *command, const sigset_t *mask,
			  struct child *ret, struct err *err);
void child_go(struct child *c);
/* result_fd is readable: 0, or why exec failed. */
must_check int child_result(struct child *c, const char *command,
			    struct err *err);
/* A child that was never let go ends unseen; one that runs gets SIGTERM and a
 * moment to end. */
void child_end(struct child *c);

/* Words as a shell splits them: blanks, quotes and backslashes; nothing is
 * expanded. NULL-terminated, one block: free() it. */
must_check int split_words(const char *text, char ***ret, struct err *err);

#endif

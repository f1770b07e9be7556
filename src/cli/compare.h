/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd compare, inside: which columns of a script's output are a matter of
 * time, and the output without them.
 */
#ifndef UPD_COMPARE_H
#define UPD_COMPARE_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>

enum { VARYING_MAX = 256, VARYING_NAME = 64 };

/* How much of a thing depends on when the program runs, or as whom. */
enum varies {
	VARIES_NOT,
	VARIES_VALUE, /* its value: nsecs - @start[tid] */
	VARIES_ALL    /* whether it is there at all: if ($ns > 1000) */
};

/* Maps ("@x"), variables ("$x") and what printf prints (""). */
struct varying {
	struct {
		char name[VARYING_NAME];
		enum varies how;
		bool key;
	} of[VARYING_MAX];
	size_t n;
};

/* ---- compare-script.c -----------------------------------------------------
 */

/* Reads a script. It errs to one side: what it takes for a matter of time is
 * compared less closely, and upd compare tells what that is. */
must_check int varying_find(const char *script, struct varying *ret,
			    struct err *err);
enum varies varying_how(const struct varying *v, const char *name, size_t len,
			bool *ret_key);

/* ---- compare-output.c -----------------------------------------------------
 */

/* Output in text form, as sorted lines that two engines have to agree on. */
struct lines {
	char **line;
	size_t n, cap;
	bool failed;
};
void lines_of(const struct varying *v, const char *output, struct lines *ret);
void lines_release(struct lines *l);

#endif

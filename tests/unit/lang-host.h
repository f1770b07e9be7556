/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A made-up world for programs of the language: a target that is 64 KiB of
 * memory and a register set, debug information for one function, maps by the
 * real runtime. Runs a script as a session would and gives back its output.
 */
#ifndef UPD_LANG_HOST_H
#define UPD_LANG_HOST_H

#include "lang.h"

enum { HOST_HITS_MAX = 16, HOST_ARGS_MAX = 8 };

struct host_hit {
	uint64_t args[HOST_ARGS_MAX];
	size_t nargs;
};

struct host_run {
	const char *prog;
	const char *name;
	const char *const *params;
	size_t nparams;
	const char *const *named;
	size_t nnamed;
	const char *cwd; /* of imports */
	const char *const *environ;
	bool unsafe;
	/* Each runs every probe that is not BEGIN or END. */
	struct host_hit hits[HOST_HITS_MAX];
	size_t nhits;
	unsigned word_size; /* 8, or 4: arguments are on the stack */
	bool *ret_refused;  /* set when the verifier refuses a program; may be
			     * NULL */
	const char *dump;   /* instead of running: "ast", "types", "bpf" */
};

/* Diagnostics, output and maps, as text. The exit code, or a negative error
 * code. */
int host_run(const struct host_run *run, struct buf *out);

#endif

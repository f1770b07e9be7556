/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * struct lang from the inside: what the passes hand on to each other.
 */
#ifndef UPD_LANG_INT_H
#define UPD_LANG_INT_H

#include "arena.h"
#include "ast.h"
#include "lang.h"

enum {
	LANG_TEXT_MAX = 4 << 20,
	LANG_DEPTH_MAX = 200,	/* nesting of expressions and statements */
	LANG_PROBES_MAX = 1024, /* in the source */
	LANG_MAPS_MAX = 200,	/* the runtime's limit, less our own */
	LANG_ACTIONS_MAX = 4096,
	LANG_UNROLL_MAX = 100,
	LANG_VALUE_MAX = 64 << 10, /* bytes of one value */
	LANG_SCRATCH_MAX = 1 << 20,
	LANG_RING_SIZE = 16 << 20, /* print(@m) must fit in half of it */
};

/* An attach point as the host gave it. */
struct point {
	size_t spec;
	struct lang_point pt;
};

/* A C type or constant that the script declares. */
struct cdecl_name {
	struct cdecl_name *next;
	const char *name; /* "struct foo", "foo" (typedef or enumerator) */
	const struct ctype *type;
	bool is_constant;
	int64_t value;
};

struct macro;
struct source;

/* A name that may turn out to be a macro's, and how deep it stands: in the
 * source, and at most in the tree. */
struct macro_use {
	struct expr *e;
	unsigned depth, height;
};
struct option_name;

struct lang {
	struct arena arena;
	const char *text; /* all of them: source.h */
	size_t len;
	struct source *sources;
	size_t nsources;
	struct lang_opts opts; /* strings copied */
	struct lang_config config;

	/* diagnostics of the entry point that runs */
	struct buf *diag;
	struct err *err;
	unsigned nerrors, nwarnings;
	struct range errors[DIAG_ERRORS_MAX]; /* where one was shown */
	bool diag_shown;

	struct probe **probes;
	size_t nprobes;
	struct lang_spec *specs;
	size_t nspecs;
	struct point *points;
	size_t npoints;
	struct cdecl_name *decls;
	struct macro *macros;
	struct macro_use *uses;
	size_t nuses, expanded; /* bytes of source read for macros */
	unsigned nexpansions;
	bool macros_too_long;
	struct option_name *options; /* that getopt() asks for */
	struct range *decl_ranges; /* of the source */
	size_t ndecl_ranges;
	struct ctypes *ctypes; /* of the script's own declarations */
	unsigned word_size;    /* of the traced programs: 8 until points say */

	/* the checker's results */
	const struct lang_env *env;
	struct lang_env env_copy;
	struct map **user_maps;
	size_t nuser_maps;
	struct lang_map *maps;
	size_t nmaps;
	int scratch_map, ring_map, stack_map, start_map;
	uint32_t scratch_size, zero_size; /* zeroes lie behind the scratch */
	bool uses_stack, uses_start;
	unsigned stack_limit;
	struct lang_action *actions;
	size_t nactions;
	const char **strings;
	size_t nstrings;
	bool checked;
};

/* Runs fn with the arena's failures caught; its result, or ERR_NOMEM. */
int lang_guard(struct lang *l, int (*fn)(struct lang *l, void *arg), void *arg,
	       struct err *err);

uint64_t lang_add_string(struct lang *l, const char *s);
/* Lays the script's own C types out again, for word_size. */
void lang_redeclare(struct lang *l);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One script, from source text to output: compiled against the processes it
 * is to trace, its shared memory made, its events and maps formatted. Knows no
 * socket and traces nothing: the session worker carries points and programs
 * to the tracers.
 */
#ifndef UPD_SCRIPT_H
#define UPD_SCRIPT_H

#include "buf.h"
#include "err.h"
#include "format.h"
#include "host.h"
#include "lang.h"

#include <sys/types.h>

struct script;

struct script_opts {
	struct lang_opts lang;
	enum format_mode mode;
	const char *cwd;	/* the client's: relative paths start here */
	const char *debug_dirs; /* NULL: the usual places */
	uint32_t cpid;		/* of -c, 0: none */
	bool verbose;
};

/* Parses. Diagnostics go to diag, with or without an error. opts' strings
 * must outlive the script. */
must_check int script_new(const char *text, size_t len,
			  const struct script_opts *opts, struct script **ret,
			  struct buf *diag, struct err *err);
void script_free(struct script *s);

/* Does any probe need a process? */
bool script_needs_target(const struct script *s);
/* Do probes remain to fire once BEGIN has run? */
bool script_has_events(const struct script *s);

/* The process as it is mapped now is one that the script looks at. */
must_check int script_add_target(struct script *s, pid_t pid, struct err *err);
/* Its mappings have changed, or (maps_text != NULL) were this at its end. */
void script_target_mapped(struct script *s, pid_t pid, const char *maps_text);

/* Finds the attach points of all probes, checks and generates. */
must_check int script_build(struct script *s, struct buf *diag,
			    struct err *err);
/* Shared memory for this many writers, number 0 being ourselves. The
 * descriptor is the script's. */
must_check int script_share(struct script *s, uint32_t nwriters, int doorbell,
			    int *ret_fd, struct err *err);

/* The kernel's engine, in place of tracers: loads all programs and attaches
 * them, to these processes or (none) to all that map the files. After
 * script_share(), with as many writers as script_kernel_writers() says. */
must_check int script_kernel_writers(uint32_t *ret, struct err *err);
must_check int script_attach_kernel(struct script *s, const pid_t *pids,
				    size_t npids, struct err *err);
/* Readable when there are events; -1: nothing to wait for. */
int script_kernel_fd(const struct script *s);

/* A tracer with this writer's number died: what it left unfinished in shared
 * memory is passed over from now on. */
void script_writer_died(struct script *s, uint32_t writer);

/* One attach point that tracers must plant. */
struct script_point {
	uint32_t id;	  /* of the language's attach point */
	uint32_t program; /* index for script_program */
	enum lang_probe_kind kind;
	dev_t dev;
	ino_t ino;
	uint64_t offset, vaddr, sema_offset;
	const char *path, *text;
	uint32_t ctx_size; /* the program's context */
	int64_t syscall;    /* its number, -1: any */
	uint64_t period_ns; /* of a profile's */
	/* Of the programs that a system call's or profile's is about. */
	uint32_t word_size;
};
size_t script_npoints(const struct script *s);
const struct script_point *script_point(const struct script *s, size_t i);
uint32_t script_max_id(const struct script *s); /* of a point */
/* Which processes the point's probe is about, by its condition; do two points
 * have the same; and is the point in a library, which many programs map? */
void script_point_filter(const struct script *s, const struct script_point *sp,
			 struct lang_filter *ret);
bool script_same_filter(const struct script *s, const struct script_point *a,
			const struct script_point *b);
bool script_point_is_library(const struct script_point *sp);
size_t script_nprograms(const struct script *s);
const struct bpf_prog *script_program(const struct script *s, size_t i);
const struct lang *script_lang(const struct script *s);
/* What a pass made: "ast", "types", "bpf". */
int script_dump(struct script *s, const char *stage, struct buf *out);
/* Map definitions, for the tracers' verifiers. */
const struct bpf_map_def *script_maps(const struct script *s, size_t *ret_n);
/* What the banner counts: attach points after expansion. */
size_t script_count(const struct script *s);

/* Timers that the worker must run: interval probes. */
struct script_timer {
	uint32_t id;
	uint64_t period_ns;
};
size_t script_ntimers(const struct script *s);
const struct script_timer *script_timer(const struct script *s, size_t i);

/* Runs a timer's program; or all BEGIN, END, self:signal ones. */
void script_run_timer(struct script *s, size_t i);
void script_run_kind(struct script *s, enum lang_probe_kind kind, int signo);

/* exit() was called somewhere; its code. */
bool script_exited(const struct script *s, int *ret_code);
/* No program of this session runs in a tracer after this. */
void script_stop(struct script *s);

/* Appends what events say to out (standard output) and errs (standard error);
 * at most about `max` bytes. True when there may be more. */
bool script_drain(struct script *s, size_t max, struct buf *out,
		  struct buf *errs);
/* True when the reader may sleep until the doorbell rings. */
bool script_sleep(struct script *s);
/* The maps, as they are printed at the end; and what was lost. */
void script_print_maps(struct script *s, struct buf *out, struct buf *errs);

/* -l: one line per attach point that a pattern stands for. */
must_check int script_list(const char *pattern, const pid_t *pids, size_t npids,
			   const char *cwd, const char *debug_dirs,
			   bool verbose, struct buf *out, struct err *err);

#endif

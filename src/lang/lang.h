/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The language: source text -> syntax tree -> checked program -> eBPF, one
 * program per probe and attach point. Knows no process: names, types and
 * locations of the traced program come through struct lang_env.
 *
 * The passes, each with a dump: parse (ast), expand (the host adds the attach
 * points that a probe's specs stand for), check (types), generate (bpf).
 */
#ifndef UPD_LANG_H
#define UPD_LANG_H

#include "bpf.h"
#include "buf.h"
#include "ctype.h"
#include "err.h"
#include "loc.h"
#include "record.h"
#include "vtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lang; /* one script */

/* Limits and switches: defaults, then config block, then environment. */
struct lang_config {
	uint64_t max_strlen;   /* 1024 */
	uint64_t max_map_keys; /* 4096 */
	uint64_t max_probes;   /* 1024 */
	uint64_t max_cat_bytes; /* 10240 */
	const char *str_trunc_trailer; /* ".." */
	enum v_stack_mode stack_mode;
	bool cpp_demangle, print_maps_on_exit, show_debug_info;
	enum { LANG_MISSING_ERROR, LANG_MISSING_WARN, LANG_MISSING_IGNORE }
		missing_probes;
};

struct lang_opts {
	const char *name; /* for diagnostics: file name or "stdin" */
	const char *const *params; /* positional $1.. */
	size_t nparams;
	const char *const *named; /* "name=value" after "--" */
	size_t nnamed;
	const char *const *environ; /* BPFTRACE_* entries count; may be NULL */
	const char *const *include_dirs;
	size_t ninclude_dirs;
	const char *const *includes; /* headers to read first */
	size_t nincludes;
	const char *cwd; /* where relative paths start; NULL: where we are */
	bool unsafe, no_warnings;
	bool warn_reads; /* also of failed reads, while it runs */
	bool color; /* diagnostics */
};

/* Parses. 0, or ERR_SYNTAX; diagnostics (errors and warnings, source line and
 * caret range) are appended to diag either way. Several errors per run. */
must_check int lang_parse(const char *text, size_t len,
			  const struct lang_opts *opts, struct lang **ret,
			  struct buf *diag, struct err *err);
void lang_free(struct lang *l);
const struct lang_config *lang_config(const struct lang *l);

/* ---- probes and attach points ------------------------------------------ */

enum lang_probe_kind {
	LANG_BEGIN, LANG_END, LANG_UPROBE, LANG_URETPROBE, LANG_USDT,
	LANG_INTERVAL, LANG_PROFILE, LANG_WATCHPOINT, LANG_SIGNAL,
	LANG_SYSCALL_ENTER, LANG_SYSCALL_EXIT,
};

/* One attach point as written ("uprobe:libc:mall*+4"), taken apart. A probe
 * has one or more. Unused fields are 0 or NULL. */
struct lang_spec {
	unsigned probe; /* index of the probe, in source order */
	enum lang_probe_kind kind;
	const char *text;   /* aliases expanded: what `probe` prints when it
			     * holds no wildcard */
	const char *path;   /* binary; NULL: the -p target's executable */
	const char *func;   /* function pattern; NULL: by address or line */
	const char *ns;	    /* usdt provider or NULL */
	bool cpp;	    /* demangled name asked for */
	bool has_offset, has_addr;
	uint64_t offset, addr;
	const char *file;   /* source file */
	int line, col;
	uint64_t interval_ns, hz;
	int signo;
	const char *syscall;
	uint64_t watch_len;
	const char *watch_mode;
	/* Where in the source, for the host's own diagnostics. */
	uint32_t src_begin, src_end;
};

size_t lang_nprobes(const struct lang *l);
size_t lang_nspecs(const struct lang *l);
const struct lang_spec *lang_spec(const struct lang *l, size_t i);

/* pid == N or comm == "x" conjuncts of a probe's predicate: which processes
 * can matter at all. */
struct lang_filter {
	bool has_pid, has_tid, has_comm;
	uint64_t pid, tid;
	const char *comm;
};
void lang_filter(const struct lang *l, unsigned probe, struct lang_filter *ret);

/* A register in the context of the target's ABI. */
struct lang_reg {
	uint16_t offset;
	uint8_t size; /* 4, 8 */
};

/* What the host knows of one attach point. Strings are copied. */
struct lang_point {
	const char *probe_text; /* `probe`: full expanded text */
	const char *func;	/* `func`: NULL: not in a function */
	const struct lang_abi *abi;
	uint64_t cookie; /* given back to the env's callbacks */
};

/* What the language must know of an ABI; const data of the host. */
struct lang_abi {
	uint8_t word_size;
	bool big_endian;
	uint16_t ctx_size;
	size_t nargs; /* integer arguments in registers */
	struct lang_reg args[8], retval, pc, sp;
	/* reg("name"); false: no such register. dwarf >= 0: by number. */
	bool (*reg)(const char *name, int dwarf, struct lang_reg *ret);
	/* argN beyond nargs at a function's entry: word (N - nargs) from
	 * sp + stack_args; i386: all. 0: refused */
	int stack_args;
};

/* Adds an attach point for spec i; its id (0, 1, ...) or a negative code. */
must_check int lang_add_point(struct lang *l, size_t spec,
			      const struct lang_point *pt, struct err *err);

struct lang_object {
	uint64_t addr, size;
	bool from_pc; /* addr is the distance from the point's pc */
};

/* The callbacks. All types they return live as long as the lang. */
struct lang_env {
	void *ctx;
	struct ctypes *types; /* arena for types made on the way */
	/* `args` of a uprobe at a function: a struct of its parameters. */
	int (*args)(void *ctx, uint64_t point_cookie, const struct ctype **ret,
		    struct err *err);
	/* Location and type of parameter, local or static `name` there. */
	int (*var)(void *ctx, uint64_t point_cookie, const char *name,
		   const struct ctype **ret_type, struct loc *ret,
		   struct err *err);
	/* Type of `retval`: NULL unknown. ret_loc: where it is, if that is not
	 * the register of numbers; else LOC_IN_VALUE without operations. */
	const struct ctype *(*ret)(void *ctx, uint64_t point_cookie,
				   struct loc *ret_loc);
	/* USDT argN: type and location; argc in *ret_n when n < 0. */
	int (*usdt_arg)(void *ctx, uint64_t point_cookie, int n,
			const struct ctype **ret_type, struct loc *ret,
			int *ret_n, struct err *err);
	/* "struct foo", typedef names ... from the traced programs. */
	int (*type)(void *ctx, const char *name, const struct ctype **ret,
		    struct err *err);
	/* uaddr("sym"): where the object is. */
	int (*uaddr)(void *ctx, uint64_t point_cookie, const char *name,
		     struct lang_object *ret, struct err *err);
	uint32_t cpid; /* `cpid`, 0: none */
};

/* ---- check and generate ------------------------------------------------ */

must_check int lang_check(struct lang *l, const struct lang_env *env,
			  struct buf *diag, struct err *err);

struct lang_map {
	const char *name; /* "@x", "@"; NULL: internal (scratch, ring, stacks) */
	struct bpf_map_def def;
	const struct vtype *key; /* NULL: scalar map */
	const struct vtype *value;
};

/* All maps, in the index order programs use; after lang_check. */
size_t lang_nmaps(const struct lang *l);
const struct lang_map *lang_map(const struct lang *l, size_t i);
/* Indexes of the internal ones; -1: the script needs none. */
int lang_ring_map(const struct lang *l);
int lang_stack_map(const struct lang *l);
/* Holds one number, the host's to set before any program runs: what
 * CLOCK_BOOTTIME said when the session began, in ns, for `elapsed`. */
int lang_start_map(const struct lang *l);

/* Events: records as record.h has them, of these actions. */
enum lang_action_kind {
	LANG_ACT_PRINTF,
	LANG_ACT_PRINT,	    /* print(value): one field */
	LANG_ACT_PRINT_MAP, /* a struct event_snapshot follows */
	LANG_ACT_TIME,	    /* time(fmt) */
	LANG_ACT_CAT, LANG_ACT_JOIN, LANG_ACT_SYSTEM,
	LANG_ACT_ERROR, LANG_ACT_WARN, /* errorf, warnf */
	LANG_ACT_RUNTIME,   /* something failed: struct event_warning */
};

struct lang_action {
	enum lang_action_kind kind;
	const char *fmt; /* printf, time, cat, system ...; RUNTIME: what went
			  * wrong */
	const char *helper; /* RUNTIME: of the helper `helper`, or NULL */
	const struct vfield *fields; /* offsets from the record's start */
	size_t nfields;
	uint32_t size; /* of the record */
	int map;       /* PRINT_MAP: index */
	uint32_t src_begin, src_end;
};

size_t lang_nactions(const struct lang *l);
const struct lang_action *lang_action(const struct lang *l, size_t i);
const char *lang_string(const struct lang *l, uint64_t index);
size_t lang_npoints(const struct lang *l);
/* "uprobe:/bin/a:f"; NULL: there is no such point */
const char *lang_point_text(const struct lang *l, unsigned point);
/* Where in the source the probe of a point is written. */
void lang_point_range(const struct lang *l, unsigned point,
		      uint32_t *ret_begin, uint32_t *ret_end);

/* For what happens while a program runs: a message as those of lang_check,
 * with its source line; and the same place in parts. what: "WARNING" ... */
void lang_complain(const struct lang *l, uint32_t begin, uint32_t end,
		   const char *what, const char *text, struct buf *out);
struct lang_place {
	const char *file;
	unsigned line, col, end_col; /* from 1; end_col: behind it */
};
struct lang_place lang_place(const struct lang *l, uint32_t begin,
			     uint32_t end);

/* The program for one attach point; the caller owns it. */
must_check int lang_generate(struct lang *l, unsigned point,
			     struct bpf_prog *ret, struct buf *diag,
			     struct err *err);

/* stage: "ast", "types", "bpf" */
int lang_dump(struct lang *l, const char *stage, struct buf *out);

#endif

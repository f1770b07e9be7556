/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * struct script from the inside: shared by script.c, resolve.c, env.c and
 * output.c.
 */
#ifndef UPD_SCRIPT_INT_H
#define UPD_SCRIPT_INT_H

#include "debuginfo.h"
#include "kernel.h"
#include "script.h"

enum { SCRIPT_TARGETS_MAX = 4096, SCRIPT_EXECS = 4 };

struct script_target {
	pid_t pid;
	struct space *space;
	/* Of the programs that it ran before, the last one first: stacks of
	 * theirs are printed at the end. */
	struct space *before[SCRIPT_EXECS];
};

/* In place of a DWARF number: the register with a system call's number. */
enum { ABI_DWARF_CALL = 1000 };

enum { ABIS_MAX = 5 }; /* of arch_all, which abi.c has a function for each */

/* A file that probes name: opened once, by identity. */
struct script_file {
	struct module *module;
	dev_t dev;
	ino_t ino;
};

struct attach {
	struct script_point pub;
	size_t spec;
	const struct arch *arch;
	bool is_twin; /* another point is the same to the user */
	struct module *module;
	uint64_t func_addr; /* vaddr of its function, 0: none */
	char *text, *func, *usdt_args;
};

struct script {
	struct script_opts opts;
	struct kernel *kernel; /* NULL: the programs run in tracers */
	struct lang *lang;
	struct ctypes *types;
	struct script_target *targets;
	size_t ntargets;
	struct script_file *files;
	size_t nfiles;
	struct attach **points; /* by the language's id */
	size_t npoints, ntwins;
	struct script_point **planted; /* those that tracers plant */
	size_t nplanted;
	struct script_timer *timers;
	size_t ntimers;
	struct bpf_prog *programs;
	struct bpf_code **codes; /* bound for running here; NULL: not ours */
	size_t nprograms;
	struct bpf_map_def *defs;
	size_t ndefs;
	int fd;
	struct host host;
	uint8_t *record; /* room for one event */
	struct format_sym sym;
	struct lang_abi abis[ABIS_MAX]; /* as in arch_all; when needed */
	uint64_t lost_reported;
	uint64_t wall_offset; /* wall clock - boot clock, ns */
};

/* resolve.c: the attach points of every spec. */
int script_resolve(struct script *s, struct buf *diag, struct err *err);
/* env.c: what the language asks. */
void script_env(struct script *s, struct lang_env *ret);
/* abi.c: the language's view of an instruction set. */
const struct lang_abi *script_abi(struct script *s, const struct arch *arch);

/* Adds an element to a growing array of `size`-byte elements, n in use; the
 * zeroed element or NULL. */
void *script_grow(void *array_ptr, size_t *n, size_t size);

struct space *script_space(struct script *s, pid_t pid);
/* What is at an address of the process, or was before an exec. */
int script_describe(struct script *s, pid_t pid, uint64_t addr,
		    struct frame_text *ret);

#endif

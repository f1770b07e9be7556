/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What files say of the code in them: symbols, lines, types, arguments,
 * variables, USDT notes, unwinding tables. The only includer of elfutils and
 * libunwind. Every byte of every file is hostile until checked: limits on
 * counts, recursion and sizes; errors, never crashes.
 */
#ifndef UPD_DEBUGINFO_H
#define UPD_DEBUGINFO_H

#include "arch.h"
#include "ctype.h"
#include "err.h"
#include "loc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One ELF file, with whatever separate debug file belongs to it (build-id
 * under /usr/lib/debug, .gnu_debuglink, .gnu_debugdata). Opens fast: symbol
 * tables are indexed at first use, DWARF only read when asked. */
struct module;

/* path as people write it (for messages); open_path what to open (e.g.
 * /proc/PID/root/... or /proc/PID/map_files/...; NULL: path). Sentences for:
 * no such file, not ELF, truncated, a foreign machine, a relocatable. */
must_check int module_open(const char *path, const char *open_path,
			   const char *debug_dirs, struct module **ret,
			   struct err *err);
/* The same from bytes in memory (copied), such as a vDSO's. */
must_check int module_open_image(const char *name, const void *bytes,
				 size_t size, struct module **ret,
				 struct err *err);
void module_close(struct module *m);

const struct arch *module_arch(const struct module *m);
const char *module_path(const struct module *m);
dev_t module_dev(const struct module *m);
ino_t module_ino(const struct module *m);
bool module_is_pie(const struct module *m); /* ET_DYN */
uint64_t module_entry(const struct module *m);
/* Where the function begins whose pointers have this value: that value itself,
 * but for ABIs with descriptors or two entry points. */
uint64_t module_code_of(struct module *m, uint64_t vaddr);
bool module_has_dwarf(struct module *m);
bool module_has_symbols(struct module *m);
/* Build id bytes; length 0 when there is none. */
size_t module_build_id(const struct module *m, const uint8_t **ret);

/* vaddr (as in the file's symbols) <-> file offset, through PT_LOAD. 0 or
 * ERR_NOENT. Executable segments only for _text. */
int module_vaddr_to_offset(const struct module *m, uint64_t vaddr,
			   uint64_t *ret);
int module_offset_to_vaddr(const struct module *m, uint64_t off, uint64_t *ret);
bool module_is_text(const struct module *m, uint64_t vaddr);
/* Reads file bytes at a virtual address; the number read (0: none). */
size_t module_read(const struct module *m, uint64_t vaddr, void *buf,
		   size_t len);
/* The load bias of a mapping of the file, from its start, its offset in the
 * file and whether it is executable: runtime address = vaddr + bias. */
int module_bias(const struct module *m, uint64_t start, uint64_t offset,
		bool exec, uint64_t *ret);

/* ---- symbols ---------------------------------------------------------- */

struct symbol {
	const char *name;    /* as in the file, without the symbol's version
			      * ("@@GLIBC_2.14"); module-owned */
	uint64_t addr, size; /* vaddr; size from the symbol, else from the
			      * FDE or up to the next symbol */
	bool is_func, is_ifunc, is_weak, is_global;
	bool size_known; /* st_size was not 0 */
};

/* Functions whose name (raw or demangled) matches the pattern, '*' being the
 * only wildcard, in address order, each address once; the callback returns
 * non-zero to stop, which is then returned. Exact raw names first: a plain
 * name matches raw, else demangled without parameters ("A::f"), else with. */
typedef int symbol_fn(void *ctx, const struct symbol *sym);
int module_match_funcs(struct module *m, const char *pattern, symbol_fn *fn,
		       void *ctx);
/* Data or function symbol of that exact name. */
int module_symbol(struct module *m, const char *name, struct symbol *ret);
/* The function that contains vaddr; ERR_NOENT. */
int module_symbol_at(struct module *m, uint64_t vaddr, struct symbol *ret);
/* Up to max names close to `name`, best first (edit distance, containment):
 * for "did you mean". The number found. */
size_t module_near(struct module *m, const char *name, const char **ret,
		   size_t max);
/* The libraries that the file asks for (DT_NEEDED), max at most: their number.
 * The names are the module's. */
size_t module_needed(struct module *m, const char **ret, size_t max);
/* Demangled text of a symbol name, or a copy of it; free() it. */
char *symbol_demangle(const char *name);

/* ---- lines ------------------------------------------------------------ */

/* Source position of vaddr; strings are module-owned. ERR_NOENT. */
int module_line_at(struct module *m, uint64_t vaddr, const char **ret_file,
		   int *ret_line);
/* Addresses (is_stmt, one per function that has the line) of FILE:LINE; FILE
 * matches by trailing path components. When the line has no code, the next
 * that has, told through *ret_line. */
int module_line_addrs(struct module *m, const char *file, int line, int col,
		      uint64_t *ret, size_t max, size_t *ret_n, int *ret_line,
		      struct err *err);

/* ---- functions' arguments, variables and types ------------------------ */

/* Parameters of the function at vaddr, in order, as a struct type whose
 * fields are the parameters (offsets as if laid out; for `args`), and of what
 * type it returns (NULL: void). ERR_NOENT with a sentence when there is no
 * DWARF for it (and where to get it). Types belong to `ts`; a module remembers
 * those it made for the `ts` it was given last, which must outlive it. */
int module_func_args(struct module *m, uint64_t vaddr, struct ctypes *ts,
		     const struct ctype **ret_args,
		     const struct ctype **ret_ret, struct err *err);
/* The register, by its DWARF number, of a function's floating point argument n
 * (of those, from 0; false: it has none), and of such a value that is returned. */
bool callconv_float_arg(const struct arch *arch, unsigned n, unsigned *ret);
unsigned callconv_float_ret(const struct arch *arch);
/* Where a value of that type is that a function has just returned, one of
 * floating point, a vector, or a number of two registers; false: in the register
 * of numbers, or it is not known. */
bool module_return_loc(const struct module *m, const struct ctype *type,
		       struct loc *ret);
/* Where parameter or local or static variable `name` of the code at pc is,
 * at that very pc. ERR_NOENT (no such, with near names), ERR_UNSUPP
 * (optimised out here, pieces ...). */
int module_var_loc(struct module *m, uint64_t pc, const char *name,
		   struct ctypes *ts, const struct ctype **ret_type,
		   struct loc *ret_loc, struct err *err);
/* "struct foo", "union foo", "enum foo", a typedef or base type name. */
int module_type(struct module *m, const char *name, struct ctypes *ts,
		const struct ctype **ret, struct err *err);

/* ---- USDT ------------------------------------------------------------- */

struct usdt_note {
	const char *provider, *name; /* module-owned */
	const char *args;	     /* the spec's text */
	uint64_t pc, semaphore;	     /* vaddrs, prelink adjusted; 0: none */
};
typedef int usdt_fn(void *ctx, const struct usdt_note *note);
int module_usdt(struct module *m, usdt_fn *fn, void *ctx);

enum { USDT_ARGS_MAX = 64 };

/* One argument of a note's spec ("-4@%edi 8@$5 8@-16(%rbp)"). A location in
 * memory is that of the value. */
struct usdt_arg {
	uint8_t size; /* 1, 2, 4, 8 */
	bool is_signed, is_float;
	struct loc loc;
};

/* args has room for USDT_ARGS_MAX. ERR_UNSUPP or ERR_FORMAT with a sentence
 * that quotes the argument. */
int usdt_parse_args(struct module *m, const char *spec, struct usdt_arg *args,
		    size_t *ret_n, struct err *err);

/* ---- a process: modules by address, stacks ---------------------------- */

/* The modules mapped in one process, as /proc/PID/maps said when asked. */
struct space;

must_check int space_new(pid_t pid, const char *debug_dirs, struct space **ret,
			 struct err *err);
void space_free(struct space *s);
/* Reads /proc/PID/maps again; modules already open are kept, also when they
 * are mapped no longer. Keeps what it knows when the process is gone. */
int space_refresh(struct space *s, struct err *err);
/* Takes the maps from text instead (pid 0 in space_new: no process at all). */
int space_set_maps(struct space *s, const char *text, struct err *err);
/* The module at a runtime address and the vaddr in it; ERR_NOENT. */
int space_module_at(struct space *s, uint64_t addr, struct module **ret,
		    uint64_t *ret_vaddr);
/* All file-backed executable modules, in address order. */
typedef int module_fn(void *ctx, struct module *m, uint64_t bias);
int space_modules(struct space *s, module_fn *fn, void *ctx);

/* "sym+OFF"-style text pieces of a runtime address. name NULL when unknown.
 * Strings live as long as the space. */
struct frame_text {
	const char *name; /* demangled if asked for */
	uint64_t offset;
	const char *module;
	const char *file; /* NULL: no line information */
	int line;
};
int space_describe(struct space *s, uint64_t addr, bool demangle, bool lines,
		   struct frame_text *ret);

/* Walks the stack: ips[0] is the pc in regs, the others return addresses. By
 * .eh_frame/.debug_frame where there is one, else by frame pointer. mem reads
 * the target. The number of frames (>= 1, <= max). Allocates only at pcs that
 * were not met before. */
size_t space_unwind(struct space *s, const struct arch *arch,
		    const struct regs *regs, const struct arch_mem *mem,
		    uint64_t *ips, size_t max);

/* Resolves a library as people write it ("libc", "c", "libssl.so.3"): in the
 * mapped modules of pid when pid > 0, else through ld.so's cache. Absolute
 * path in ret. */
int library_find(const char *name, pid_t pid, char *ret, size_t size,
		 struct err *err);
/* The one that pid's program would load, which has not mapped it yet: of its
 * ABI, through ld.so's cache. With pid 0, that we would. */
int library_find_for(const char *name, pid_t pid, char *ret, size_t size,
		     struct err *err);

#endif

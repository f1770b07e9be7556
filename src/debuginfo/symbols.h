/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The symbol tables of a module, for the files of debuginfo that look through
 * them. (Private to debuginfo.)
 */
#ifndef UPD_SYMBOLS_H
#define UPD_SYMBOLS_H

#include "module-int.h"

/* A defined function or datum, straight from a table. */
struct raw_symbol {
	const char *name; /* with its version: "memcpy@@GLIBC_2.14" */
	uint64_t addr, size;
	uint8_t type, bind;
	uint8_t lead; /* how far before addr the file's value is */
	bool is_func;
	bool hidden; /* a version that new programs do not get */
};

/* All of them, in the tables' order; fn returns non-zero to stop. Or
 * ERR_NOMEM. */
typedef int raw_symbol_fn(void *ctx, const struct raw_symbol *sym);
int symbols_each(struct module *m, raw_symbol_fn *fn, void *ctx);

/* As handed out: version cut off, size known. false: memory ran out. */
bool symbol_make(struct module *m, const struct raw_symbol *raw,
		 struct symbol *ret);

/* Length of a name without its version. */
size_t symbol_base_len(const char *name);

/* Is s like the pattern, in which '*' stands for any text? */
bool pattern_like(const char *pattern, const char *s, size_t len);

/* Demangled text, or NULL when the name is not a mangled one; free() it. */
char *demangle(const char *name, size_t len);
/* Of a demangled name: where its parameter list begins, and where the name
 * itself does, behind a return type. */
void demangled_parts(const char *text, size_t *ret_start, size_t *ret_params);

/* fde.c: the bounds that unwinding tables give the function at vaddr. */
bool fde_bounds(struct module *m, uint64_t vaddr, uint64_t *ret_lo,
		uint64_t *ret_hi);

#endif

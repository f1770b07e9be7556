/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes the Nth call of a kind fail. The calls are those of our own
 * objects: they are wrapped by the linker (see Makefile.am).
 */
#ifndef UPD_FAIL_H
#define UPD_FAIL_H

#include <stdbool.h>
#include <sys/types.h>

enum fail_kind {
	FAIL_NOTHING,
	FAIL_MEMORY, /* malloc, calloc, realloc, strdup: NULL */
	FAIL_FILES,  /* open, pread, pwrite, process_vm_readv, mmap: EIO */
	FAIL_GONE,   /* ptrace: the target is killed just before, and the
		      * kernel answers what it then does */
	FAIL_SEIZE,  /* PTRACE_SEIZE: EPERM */
	FAIL_REFUSED, /* any other request: EIO, though its task lives */
	FAIL_KINDS
};

extern const char *const fail_names[FAIL_KINDS];

/* From now on the nth such call fails, n from 1. */
void fail_nth(enum fail_kind kind, unsigned n);
/* Whom FAIL_GONE kills. */
void fail_kills(pid_t pid);
/* Has it? */
bool fail_happened(void);
/* How many there have been. */
unsigned fail_calls(void);

#endif

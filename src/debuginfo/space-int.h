/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of debuginfo share of a space. (Private to debuginfo.)
 */
#ifndef UPD_SPACE_INT_H
#define UPD_SPACE_INT_H

#include "list.h"
#include "maps.h"
#include "module-int.h"

/* A file that is or was mapped. */
struct file {
	struct list node;
	uint64_t ino; /* 0: the vDSO, which has no file */
	uint64_t start;
	unsigned major, minor;
	struct module *module; /* NULL: of no use, not to be tried again */
};

/* A mapping of a module. */
struct place {
	uint64_t start, end, bias;
	struct module *module;
	bool exec;
};

enum {
	SPACE_CACHES = 4, /* demangled or not, with lines or not */
	SPACE_REGS = 68,  /* DWARF numbers 0..67: ppc's link register is 65 */
};

struct space {
	pid_t pid;
	char *debug_dirs;
	struct maps maps;
	char *maps_text;
	struct list files;
	struct place *places; /* in address order */
	size_t nplaces;
	struct htab described[SPACE_CACHES]; /* address to frame_text */
	struct htab demangled;		     /* a name's address to its text */
	/* unwind.c: which registers have a DWARF number, for one arch. */
	const struct arch *arch;
	const struct arch_reg *by_dwarf[SPACE_REGS];
};

/* The mapped module at an address; NULL when there is none. */
const struct place *space_place_at(const struct space *s, uint64_t addr);

#endif

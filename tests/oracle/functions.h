/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions of a file and their instructions, without symbols: from the
 * table that unwinders search (.eh_frame_hdr), which stripped files have too,
 * and by disassembling each from its beginning to its end.
 */
#ifndef UPD_FUNCTIONS_H
#define UPD_FUNCTIONS_H

#include "count.h"

struct insn {
	uint64_t offset; /* in the file */
	uint32_t function;
	bool rep; /* a repeated string instruction */
};

struct function {
	uint64_t offset, len;
	size_t first, insns; /* in functions.insns */
	uint64_t executed;   /* the sum over its instructions */
	bool varies;	     /* see functions_compare */
};

struct functions {
	struct function *list;
	size_t count;
	struct insn *insns;
	size_t insn_count;
};

bool functions_of(const char *path, struct functions *ret);
void functions_release(struct functions *f);

/* Marks those whose counts differ: their number. */
size_t functions_compare(struct functions *f, const struct counts *a,
			 const struct counts *b);

/* Puts the functions that shall be probed in front, the hottest first, and
 * returns how many: the hottest of those that together have no more than
 * `hits` executed instructions, none of them more than a third. What is left
 * out besides: functions that vary, in which something ran early, or where an
 * instruction was executed that disassembling them did not find. */
size_t functions_hot(struct functions *f, const struct counts *c,
		     uint64_t hits);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes a program ready for the kernel: what it calls of our own helpers
 * becomes a call of a subprogram behind it, where one can do the same with the
 * kernel's helpers and maps; the rest is refused by name. The program itself is
 * not changed otherwise.
 */
#ifndef UPD_KERNEL_LINK_H
#define UPD_KERNEL_LINK_H

#include "bpf.h"

/* Maps that the subprograms use, by their index: arrays of one u64[2] (exit:
 * called, code), of a u64 per point (events lost) and per action (warnings);
 * and the script's ring, -1: none. */
struct kernel_link_maps {
	unsigned exit, lost, warned;
	int ring;
	bool exits; /* some program of the script calls exit(): none runs
		     * after that */
};

bool kernel_link_exits(const struct bpf_prog *prog);

/* The result is the caller's (bpf_prog_release). ERR_UNSUPP names what the
 * kernel cannot do. */
must_check int kernel_link(const struct bpf_prog *prog,
			   const struct kernel_link_maps *maps,
			   struct bpf_prog *ret, struct err *err);

/* Where the functions of a program begin, in order: the list is the caller's
 * (free). */
must_check int kernel_functions(const struct bpf_prog *prog, uint32_t **ret,
				size_t *ret_n, struct err *err);

#endif

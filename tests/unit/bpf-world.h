/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A made-up world for programs that the verifier has accepted: maps, helpers,
 * a context. Each runs on the reference machine, which notices every access to
 * memory that a program has not, every byte read that was not written, and
 * programs that do not end; then on the interpreter.
 */
#ifndef UPD_BPF_WORLD_H
#define UPD_BPF_WORLD_H

#include "bpf.h"

enum { BPF_WORLD_CTX = 64, BPF_WORLD_MAPS = 3 };
enum { HASH, ARRAY, RING };
enum { LOOPS = 5 }; /* rounds of the helper loop, at most */

extern const struct bpf_map_def bpf_world_maps[BPF_WORLD_MAPS];

/* NULL: nothing wrong; else what, and at which instruction. */
const char *bpf_world_run(const struct bpf_prog *p, uint64_t seed,
			  size_t *ret_at);

uint64_t bpf_world_random(uint64_t *state);

#endif

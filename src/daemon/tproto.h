/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Payloads between a session worker and a tracer, where both sides must agree
 * on more than a number and a string.
 */
#ifndef UPD_TPROTO_H
#define UPD_TPROTO_H

#include "bpf.h"
#include "proto.h"
#include "trap.h"

enum { TOPEN_HOLD = 1, TOPEN_FOLLOW = 2 };

/* T_OPEN */
struct topen {
	uint32_t pid, flags, steps, max_overhead;
};
void topen_put(struct buf *b, const struct topen *m);
must_check int topen_get(struct proto_in *in, struct topen *ret,
			 struct err *err);

/* T_SHARE; the maps' memory and the doorbell travel beside it. */
enum { TSHARE_FD_MAPS, TSHARE_FD_DOORBELL, TSHARE_FDS };
struct tshare {
	uint32_t writer;
	size_t ndefs;
	struct bpf_map_def defs[RT_MAPS_MAX];
};
void tshare_put(struct buf *b, uint32_t writer, const struct bpf_map_def *defs,
		size_t ndefs);
must_check int tshare_get(struct proto_in *in, struct tshare *ret,
			  struct err *err);

/* T_PROBE. Strings point into the message. */
void tprobe_put(struct buf *b, const struct trap_probe_spec *spec);
must_check int tprobe_get(struct proto_in *in, struct trap_probe_spec *ret,
			  struct err *err);

/* T_PROG: the caller owns ret's instructions (bpf_prog_release). */
void tprog_put(struct buf *b, const struct bpf_prog *prog, uint32_t ctx_size);
must_check int tprog_get(struct proto_in *in, struct bpf_prog *ret,
			 uint32_t *ret_ctx_size, struct err *err);

#endif

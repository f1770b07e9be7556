/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Events: records built in scratch memory and sent to the ring.
 */
#include "gen.h"

/* action, point, pid, tid: struct lang_record */
static void header(struct gen *g, struct place rec, int action)
{
	gen_store_imm(
		g, rec,
		(int64_t)((uint64_t)g->point_id << 32 | (uint32_t)action));
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	bpf_store(&g->b, 4, rec.reg, rec.off + 12, BPF_R0);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
	bpf_store(&g->b, 4, rec.reg, rec.off + 8, BPF_R0);
}

/* A field of one number needs no conversion; strings and the like are made
 * where the record wants them. */
void gen_event(struct gen *g, struct expr *e, struct expr **args, size_t n)
{
	const struct lang_action *a = &g->l->actions[e->action];
	struct gen_mark m = gen_mark(g);
	struct place rec;

	rec = a->size <= GEN_STACK_VALUE ? gen_temp(g, a->size + 8)
					 : gen_scratch(g, a->size);
	/* The fields first: they may make events of their own. */
	for (size_t i = 0; i < n; i++)
		gen_into(g, args[i], a->fields[i].type,
			 place_at(rec, (int)a->fields[i].offset));
	header(g, rec, e->action);
	gen_load_map(g, BPF_R1, g->l->ring_map);
	gen_lea(g, BPF_R2, rec);
	bpf_mov_imm(&g->b, BPF_R3, a->size);
	bpf_mov_imm(&g->b, BPF_R4, 0);
	bpf_call(&g->b, BPF_HELPER_ringbuf_output);
	gen_release(g, m);
}

void gen_print_map(struct gen *g, struct expr *e, const struct map *m,
		   uint64_t top, uint64_t div)
{
	gen_load_map(g, BPF_R1, m->index);
	bpf_mov_imm(&g->b, BPF_R2,
		    (int64_t)((uint64_t)e->action << 32 | g->point_id));
	bpf_mov_imm(&g->b, BPF_R3, (int64_t)(top << 32 | div));
	bpf_mov_imm(&g->b, BPF_R4, 0);
	bpf_call(&g->b, BPF_HELPER_upd_print_map);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Events: records built in scratch memory and sent to the ring.
 */
#include "gen.h"

#include <string.h>

/* struct event_record */
static void header(struct gen *g, struct place rec, int action)
{
	bpf_store_imm(&g->b, 4, rec.reg, rec.off, action);
	bpf_store_imm(&g->b, 4, rec.reg, rec.off + 4, (int32_t)g->point_id);
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
	gen_event_send(g, rec, e->action);
	gen_release(g, m);
}

void gen_event_send(struct gen *g, struct place rec, int action)
{
	header(g, rec, action);
	gen_load_map(g, BPF_R1, g->l->ring_map);
	gen_lea(g, BPF_R2, rec);
	bpf_mov_imm(&g->b, BPF_R3, g->l->actions[action].size);
	bpf_mov_imm(&g->b, BPF_R4, 0);
	bpf_call(&g->b, BPF_HELPER_ringbuf_output);
}

/* The action that warns of this here; made where it is generated, as only then
 * it is known that it can happen. -1: there is none. */
static int warning(struct gen *g, const char *helper, const char *text)
{
	struct lang *l = g->l;
	struct lang_action *a;

	if (l->opts.no_warnings)
		return -1;
	for (size_t i = 0; i < l->nactions; i++) {
		a = &l->actions[i];
		if (a->kind == LANG_ACT_RUNTIME &&
		    a->src_begin == g->at.begin && a->src_end == g->at.end &&
		    !strcmp(a->fmt, text))
			return (int)i;
	}
	if (l->nactions >= LANG_ACTIONS_MAX)
		return -1;
	a = arena_push(&l->arena, &l->actions, &l->nactions, sizeof(*a));
	*a = (struct lang_action){.kind = LANG_ACT_RUNTIME,
				  .fmt = text,
				  .helper = helper,
				  .size = sizeof(struct event_warning),
				  .map = -1,
				  .src_begin = g->at.begin,
				  .src_end = g->at.end};
	return (int)l->nactions - 1;
}

void gen_warn(struct gen *g, const char *helper, const char *text)
{
	int action = warning(g, helper, text);

	if (action < 0)
		return;
	bpf_mov_reg(&g->b, BPF_R2, BPF_R0);
	bpf_mov_imm(&g->b, BPF_R1,
		    (int64_t)((uint64_t)action << 32 | g->point_id));
	bpf_call(&g->b, BPF_HELPER_upd_warn);
}

void gen_warn_unless(struct gen *g, int op, int32_t than, const char *helper,
		     const char *text)
{
	bpf_label fine;

	if (g->l->opts.no_warnings)
		return;
	fine = bpf_label_new(&g->b);
	bpf_jump_imm(&g->b, op, BPF_R0, than, fine);
	gen_warn(g, helper, text);
	bpf_label_here(&g->b, fine);
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

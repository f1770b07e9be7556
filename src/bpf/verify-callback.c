/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Helpers that call back, any number of times. What is known of the caller
 * whenever the callback begins is an invariant: guessed as the state at the
 * call, with the numbers on the stack forgotten if the callback is given a
 * pointer to it. The callback is followed once from there; if the caller's
 * state is then not covered, the invariant is weakened and all is done again.
 * Each time something is forgotten for good, so that this comes to an end.
 * That the loop itself ends is the helper's promise.
 */
#include "verify.h"

#include <stdlib.h>

/* The callback's view: a new frame with the arguments that the helper makes. */
static void push_callback(struct verifier *v, struct activation *a,
			  int32_t helper)
{
	struct state *s = v->cur;
	struct frame *f = &s->frames[s->nframes];

	f->nslots = 0;
	f->back = s->pc;
	f->activation = a;
	forget_regs(f, BPF_R0, BPF_R9);
	f->regs[BPF_FP] = reg_pointer(REG_STACK, 0);
	f->regs[BPF_FP].frame = (uint8_t)s->nframes;
	if (helper == BPF_HELPER_loop) {
		f->regs[BPF_R1] = reg_scalar(scalar_range(0, LOOPS_MAX - 1));
		f->regs[BPF_R2] = a->args[2];
	} else {
		f->regs[BPF_R1] = a->args[0];
		f->regs[BPF_R2] = reg_pointer(REG_KEY, a->args[0].ref);
		f->regs[BPF_R3] = reg_pointer(REG_VALUE, a->args[0].ref);
		f->regs[BPF_R4] = a->args[2];
	}
	s->nframes++;
	s->pc = a->func - 1; /* the next, once it is counted up */
}

static struct activation *activation_new(struct verifier *v,
					 const struct reg args[5])
{
	struct activation *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->entry = snapshot_take(v, v->cur);
	if (!a->entry) {
		free(a);
		return NULL;
	}
	for (int n = 0; n < 5; n++)
		a->args[n] = args[n];
	a->func = args[1].ref;
	a->next = v->activations;
	v->activations = a;
	return a;
}

/* The state is the invariant; r0 is the helper's result. */
static int follow(struct verifier *v, int32_t helper, const struct reg args[5])
{
	struct activation *a = activation_new(v, args);
	int rc;

	if (!a)
		return COMPLEX;
	v->cur->pc++;
	rc = fork_path(v); /* when the helper has returned */
	v->cur->pc--;
	if (!rc)
		push_callback(v, a, helper);
	return rc;
}

int enter_callback(struct verifier *v, int32_t helper, const struct reg args[5])
{
	if (v->cur->nframes == BPF_CALL_DEPTH)
		return refuse(v, "calls are nested more than %d deep",
			      BPF_CALL_DEPTH);
	/* The callback may write what is behind the pointer, and through it
	 * whatever that frame has pointers to. */
	if (args[2].kind == REG_STACK)
		for (uint32_t n = 0; n < v->cur->nframes; n++)
			stack_forget_numbers(&v->cur->frames[n]);
	return follow(v, helper, args);
}

int leave_callback(struct verifier *v)
{
	struct state *s = v->cur;
	struct frame *f = top_frame(s);
	struct activation *a = f->activation;
	int rc = need_scalar(v, BPF_R0);

	if (rc)
		return rc;
	if (f->regs[BPF_R0].s.umax > 1)
		return refuse(v, "a callback must return 0 or 1");
	s->pc = f->back;
	s->nframes--;
	top_frame(s)->regs[BPF_R0] = reg_scalar(scalar_any());
	if (snapshot_covers(v, a->entry, s))
		return PATH_END;
	if (!snapshot_join(v, a->entry, s))
		return refuse(v, "the callback leaves its caller's stack in a "
				 "state that cannot be followed");
	return follow(v, v->p->insns[s->pc].imm, a->args);
}

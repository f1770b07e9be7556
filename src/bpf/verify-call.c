/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls: the signatures of helpers, subprograms, and the way back.
 */
#include "verify.h"

#include "bpf-op.h"

/* What one argument tells about those behind it. */
struct call {
	const struct bpf_helper_sig *sig;
	const struct bpf_map_def *map; /* of the MAP argument before */
	const struct scalar *size;     /* of the MEM argument before */
};

/* ---- helpers ---- */

static bool fits_helper(enum bpf_map_kind kind, int32_t nr)
{
	switch (kind) {
	case BPF_MAP_STACK_TRACE:
		return nr == BPF_HELPER_get_stackid ||
		       nr == BPF_HELPER_upd_stack_len;
	case BPF_MAP_RINGBUF:
		return nr == BPF_HELPER_ringbuf_output;
	default:
		return nr != BPF_HELPER_get_stackid &&
		       nr != BPF_HELPER_upd_stack_len &&
		       nr != BPF_HELPER_ringbuf_output;
	}
}

static int check_map(struct verifier *v, int nr, struct call *c)
{
	const struct reg *r = reg_of(v, nr);

	if (r->kind != REG_MAP)
		return refuse(v, "r%d is %s where a map is needed", nr,
			      reg_text(r));
	c->map = &v->opts->maps[r->ref];
	if (!fits_helper(c->map->kind, c->sig->nr))
		return refuse(v, "%s cannot be used with this kind of map",
			      c->sig->name);
	return 0;
}

static int check_entry(struct verifier *v, int nr, const struct call *c,
		       bool key)
{
	struct scalar size;

	if (!c->map)
		return refuse(v, "%s has a key or value but no map",
			      c->sig->name);
	size = scalar_const(key ? c->map->key_size : c->map->value_size);
	return check_helper_memory(v, nr, &size, false);
}

static int check_size(struct verifier *v, int nr, bool may_be_0)
{
	const struct scalar *s = &reg_of(v, nr)->s;
	int rc = need_scalar(v, nr);

	if (rc)
		return rc;
	if (s->smin < 0 || s->umax > OFFSET_MAX)
		return refuse(v, "r%d is a size without bounds: check it first",
			      nr);
	if (!may_be_0 && !s->umin)
		return refuse(v, "r%d is a size that may be 0", nr);
	return 0;
}

/* The size is the next argument. */
static int check_mem(struct verifier *v, int nr, struct call *c, bool write)
{
	int rc = check_size(v, nr + 1,
			    nr < 5 && c->sig->args[nr] == BPF_ARG_SIZE0);

	if (rc)
		return rc;
	c->size = &reg_of(v, nr + 1)->s;
	return check_helper_memory(v, nr, c->size, write);
}

static int check_ctx(struct verifier *v, int nr)
{
	const struct reg *r = reg_of(v, nr);

	if (r->kind != REG_CTX)
		return refuse(v, "r%d is %s where the context is needed", nr,
			      reg_text(r));
	if (!scalar_is_const(&r->s) || r->s.umin)
		return refuse(v, "r%d does not point to the context's start",
			      nr);
	return 0;
}

static int check_func(struct verifier *v, int nr)
{
	if (reg_of(v, nr)->kind != REG_FUNC)
		return refuse(v, "r%d is %s where a function is needed", nr,
			      reg_text(reg_of(v, nr)));
	return 0;
}

static int check_callback_ctx(struct verifier *v, int nr)
{
	const struct reg *r = reg_of(v, nr);

	if (r->kind == REG_STACK || r->kind == REG_VALUE ||
	    (r->kind == REG_SCALAR && scalar_is_const(&r->s) && !r->s.umin))
		return 0;
	return refuse(v,
		      "r%d must point to the stack or to a map value, or "
		      "be 0",
		      nr);
}

static int check_arg(struct verifier *v, int nr, struct call *c)
{
	int rc = need_set(v, nr);

	if (rc)
		return rc;
	switch (c->sig->args[nr - 1]) {
	case BPF_ARG_SCALAR:
		return need_scalar(v, nr);
	case BPF_ARG_CTX:
		return check_ctx(v, nr);
	case BPF_ARG_MAP:
		return check_map(v, nr, c);
	case BPF_ARG_KEY:
	case BPF_ARG_VALUE:
		return check_entry(v, nr, c,
				   c->sig->args[nr - 1] == BPF_ARG_KEY);
	case BPF_ARG_MEM_BOTH:
		rc = check_mem(v, nr, c, false);
		return rc ? rc : check_mem(v, nr, c, true);
	case BPF_ARG_MEM_READ:
	case BPF_ARG_MEM_WRITE:
		return check_mem(v, nr, c,
				 c->sig->args[nr - 1] == BPF_ARG_MEM_WRITE);
	case BPF_ARG_MEM_SAME:
		return check_helper_memory(v, nr, c->size, false);
	case BPF_ARG_FUNC:
		return check_func(v, nr);
	case BPF_ARG_CALLBACK_CTX:
		return check_callback_ctx(v, nr);
	default: /* ANY; sizes are checked with their memory */
		return 0;
	}
}

static void set_result(struct verifier *v, const struct call *c, uint32_t map)
{
	struct reg *r0 = reg_of(v, BPF_R0);

	forget_regs(top_frame(v->cur), BPF_R0, BPF_R5);
	switch (c->sig->ret) {
	case BPF_RET_SCALAR:
		*r0 = reg_scalar(scalar_any());
		break;
	case BPF_RET_VALUE_OR_NULL:
		*r0 = reg_pointer(REG_VALUE_OR_NULL, map);
		r0->id = ++v->last_id;
		break;
	case BPF_RET_VOID:
		break;
	}
}

static int call_helper(struct verifier *v, const struct bpf_insn *i)
{
	struct call c = {.sig = bpf_helper_sig(i->imm)};
	struct reg args[5];
	bool calls_back = false;
	int rc;

	for (int n = 0; n < 5 && c.sig->args[n] != BPF_ARG_NONE; n++) {
		rc = check_arg(v, n + 1, &c);
		if (rc)
			return rc;
		calls_back |= c.sig->args[n] == BPF_ARG_FUNC;
	}
	for (int n = 0; n < 5; n++)
		args[n] = *reg_of(v, n + 1);
	set_result(v, &c, c.map ? (uint32_t)(c.map - v->opts->maps) : 0);
	return calls_back ? enter_callback(v, i->imm, args) : 0;
}

/* ---- subprograms ---- */

static int call_local(struct verifier *v, const struct bpf_insn *i)
{
	struct state *s = v->cur;
	struct frame *caller = top_frame(s), *callee;

	if (s->nframes == BPF_CALL_DEPTH)
		return refuse(v, "calls are nested more than %d deep",
			      BPF_CALL_DEPTH);
	callee = &s->frames[s->nframes];
	callee->nslots = 0;
	callee->back = s->pc;
	callee->activation = NULL;
	forget_regs(callee, BPF_R0, BPF_R9);
	for (int n = BPF_R1; n <= BPF_R5; n++)
		callee->regs[n] = caller->regs[n];
	callee->regs[BPF_FP] = reg_pointer(REG_STACK, 0);
	callee->regs[BPF_FP].frame = (uint8_t)s->nframes;
	forget_regs(caller, BPF_R0, BPF_R5);
	s->nframes++;
	s->pc += (uint32_t)i->imm;
	return 0;
}

int step_call(struct verifier *v, const struct bpf_insn *i)
{
	return i->src == BPF_CALL_LOCAL ? call_local(v, i) : call_helper(v, i);
}

static int leave_local(struct verifier *v)
{
	struct state *s = v->cur;
	struct frame *callee = top_frame(s);
	struct reg result = callee->regs[BPF_R0];

	if (result.kind == REG_STACK && result.frame == s->nframes - 1)
		return refuse(v, "returns a pointer to its own stack");
	s->pc = callee->back;
	s->nframes--;
	top_frame(s)->regs[BPF_R0] = result;
	return 0;
}

int step_exit(struct verifier *v)
{
	int rc;

	if (top_frame(v->cur)->activation)
		return leave_callback(v);
	if (v->cur->nframes > 1)
		return leave_local(v);
	rc = need_scalar(v, BPF_R0);
	return rc ? rc : PATH_END;
}

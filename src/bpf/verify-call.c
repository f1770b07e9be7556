/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls: of helpers, of the program's own functions, and of callbacks by
 * helpers. A function is walked anew for each call of it. A helper that calls
 * back is walked as what it does: nothing any more, or one more call; the
 * states before each call are joined until another call brings nothing new.
 */
#include "verify-int.h"

#include <string.h>

/* ---- frames ---- */

static void clear_regs(struct vframe *f, int from, int to)
{
	memset(&f->r[from], 0, (size_t)(to - from + 1) * sizeof(f->r[0]));
}

static int push_frame(struct verifier *v, uint32_t target, uint32_t back)
{
	struct vframe *f;

	if (v->cur.nframes == BPF_CALL_DEPTH)
		return verify_refuse(v, "calls are nested more than %d deep",
				     BPF_CALL_DEPTH);
	f = &v->cur.frames[v->cur.nframes];
	memset(f, 0, offsetof(struct vframe, slots));
	f->r[BPF_FP] = vreg_pointer(V_STACK, 0);
	f->r[BPF_FP].frame = (uint8_t)v->cur.nframes++;
	f->back = back;
	v->cur.pc = target;
	return 0;
}

static int call_local(struct verifier *v, const struct bpf_insn *i)
{
	struct vframe *caller = verify_frame(v);
	uint32_t next = v->cur.pc + 1;
	int rc = push_frame(v, (uint32_t)((int64_t)next + i->imm), next);

	if (rc)
		return rc;
	memcpy(&verify_frame(v)->r[BPF_R1], &caller->r[BPF_R1],
	       5 * sizeof(struct vreg));
	clear_regs(caller, BPF_R0, BPF_R5);
	return 0;
}

/* ---- callbacks ---- */

static void after_helper(struct verifier *v, struct vreg result)
{
	clear_regs(verify_frame(v), BPF_R0, BPF_R5);
	*verify_reg(v, BPF_R0) = result;
	v->cur.pc++;
}

static void callback_args(struct verifier *v, const struct vframe *caller,
			  int32_t helper)
{
	uint32_t map = caller->r[BPF_R1].index;

	if (helper == BPF_HELPER_loop) {
		*verify_reg(v, BPF_R1) =
			vreg_scalar(scalar_range(0, VERIFY_LOOPS - 1));
		*verify_reg(v, BPF_R2) = caller->r[BPF_R3];
		return;
	}
	*verify_reg(v, BPF_R1) = vreg_pointer(V_MAP, map);
	*verify_reg(v, BPF_R2) = vreg_pointer(V_KEY, map);
	*verify_reg(v, BPF_R3) = vreg_pointer(V_VALUE, map);
	/* Lent until the callback returns: they may be copies. */
	verify_reg(v, BPF_R2)->frame = (uint8_t)(v->cur.nframes - 1);
	verify_reg(v, BPF_R3)->frame = (uint8_t)(v->cur.nframes - 1);
	*verify_reg(v, BPF_R4) = caller->r[BPF_R3];
}

/* The caller's registers stay as they are until the helper is done: they are
 * what the next round needs. */
static int call_round(struct verifier *v, struct vnode *before)
{
	struct vframe *caller = verify_frame(v);
	int32_t helper = v->p->insns[v->cur.pc].imm;
	struct vsnap *round;
	struct vnode *node;
	int rc;

	clear_regs(caller, BPF_R0, BPF_R0);
	rc = verify_round(v, before, &node);
	if (rc || v->ended)
		return rc;
	round = verify_snap(v);
	if (!round)
		return err_set(v->err, ERR_NOMEM, "out of memory");
	after_helper(v, vreg_scalar(scalar_unknown));
	rc = verify_fork(v);
	verify_unsnap(v, round);
	if (!rc)
		rc = push_frame(v, caller->r[BPF_R2].index, v->cur.pc);
	if (rc)
		return rc;
	verify_frame(v)->callback = true;
	verify_frame(v)->loop = node;
	callback_args(v, caller, helper);
	return 0;
}

int verify_exit(struct verifier *v)
{
	struct vframe *f = verify_frame(v);
	struct vreg result = f->r[BPF_R0];

	if (!result.kind)
		return verify_refuse(v, "r0 was never set");
	if (v->cur.nframes == 1) {
		verify_end_path(v);
		return 0;
	}
	if (f->callback && result.kind != V_SCALAR)
		return verify_refuse(v, "a callback returns a number");
	v->cur.pc = f->back;
	v->cur.nframes--;
	verify_frame(v)->r[BPF_R0] = result;
	verify_forget_frame(v, v->cur.nframes);
	return f->callback ? call_round(v, f->loop) : 0;
}

/* ---- arguments of helpers ---- */

static const struct bpf_map_def *map_of(struct verifier *v,
					const struct bpf_helper_sig *sig)
{
	for (int n = 0; n < 5; n++)
		if (sig->args[n] == BPF_ARG_MAP)
			return &v->opts->maps[verify_reg(v, n + 1)->index];
	return NULL;
}

static int check_size(struct verifier *v, int reg, bool may_be_0)
{
	const struct vreg *r = verify_reg(v, reg);

	if (!r->kind)
		return verify_refuse(v, "r%d was never set", reg);
	if (r->kind != V_SCALAR)
		return verify_refuse(v, "r%d must be a size", reg);
	if (r->s.umax > INT32_MAX)
		return verify_refuse(v, "the size in r%d has no limit", reg);
	if (!may_be_0 && !r->s.umin)
		return verify_refuse(v, "the size in r%d may be 0", reg);
	return 0;
}

/* Memory whose size is in register size_reg. */
static int check_sized(struct verifier *v, int reg, int size_reg, bool may_be_0,
		       bool write)
{
	const struct vreg *size = verify_reg(v, size_reg);
	int rc = check_size(v, size_reg, may_be_0);

	if (rc)
		return rc;
	if (!size->s.umax && verify_reg(v, reg)->kind)
		return 0; /* nothing, of whatever */
	return verify_mem(v, reg, size->s.umin, size->s.umax, write);
}

static int check_callback_ctx(struct verifier *v, int reg)
{
	const struct vreg *r = verify_reg(v, reg);

	if (r->kind == V_STACK || r->kind == V_VALUE ||
	    (r->kind == V_SCALAR && !r->s.umax))
		return 0;
	return verify_refuse(v,
			     "r%d must point to the stack or a map's value, "
			     "or be 0",
			     reg);
}

static int check_kind(struct verifier *v, int reg, enum vkind kind,
		      const char *what)
{
	const struct vreg *r = verify_reg(v, reg);

	if (!r->kind)
		return verify_refuse(v, "r%d was never set", reg);
	if (r->kind != kind || (kind != V_SCALAR && r->s.umax))
		return verify_refuse(v, "r%d must be %s", reg, what);
	return 0;
}

static int check_arg(struct verifier *v, const struct bpf_helper_sig *sig,
		     int n)
{
	const struct bpf_map_def *map = map_of(v, sig);
	enum bpf_arg next = n < 4 ? sig->args[n + 1] : BPF_ARG_NONE;
	int reg = n + 1;

	switch (sig->args[n]) {
	case BPF_ARG_SCALAR:
		return check_kind(v, reg, V_SCALAR, "a number");
	case BPF_ARG_CTX:
		return check_kind(v, reg, V_CTX, "the context");
	case BPF_ARG_MAP:
		return check_kind(v, reg, V_MAP, "a map");
	case BPF_ARG_FUNC:
		return check_kind(v, reg, V_FUNC, "a function");
	case BPF_ARG_KEY:
		return verify_mem(v, reg, map->key_size, map->key_size, false);
	case BPF_ARG_VALUE:
		return verify_mem(v, reg, map->value_size, map->value_size,
				  false);
	case BPF_ARG_MEM_READ:
	case BPF_ARG_MEM_WRITE:
		return check_sized(v, reg, reg + 1, next == BPF_ARG_SIZE0,
				   sig->args[n] == BPF_ARG_MEM_WRITE);
	case BPF_ARG_MEM_SAME:
		return check_sized(v, reg, reg - 1, true, false);
	case BPF_ARG_CALLBACK_CTX:
		return check_callback_ctx(v, reg);
	case BPF_ARG_ANY:
		if (!verify_reg(v, reg)->kind)
			return verify_refuse(v, "r%d was never set", reg);
		return 0;
	default: /* sizes were looked at with their memory */
		return 0;
	}
}

/* Which kinds of maps a helper is for. */
static bool map_fits(int32_t helper, enum bpf_map_kind kind)
{
	if (helper == BPF_HELPER_ringbuf_output)
		return kind == BPF_MAP_RINGBUF;
	if (helper == BPF_HELPER_get_stackid)
		return kind == BPF_MAP_STACK_TRACE;
	if (kind == BPF_MAP_STACK_TRACE)
		return helper != BPF_HELPER_map_lookup_elem &&
		       helper != BPF_HELPER_map_update_elem &&
		       helper != BPF_HELPER_for_each_map_elem;
	return kind != BPF_MAP_RINGBUF;
}

static int check_args(struct verifier *v, const struct bpf_helper_sig *sig)
{
	const struct bpf_map_def *map;
	int rc;

	/* Maps first: the others may depend on them. */
	for (int n = 0; n < 5; n++) {
		if (sig->args[n] != BPF_ARG_MAP)
			continue;
		rc = check_arg(v, sig, n);
		if (rc)
			return rc;
		map = map_of(v, sig);
		if (!map_fits(sig->nr, map->kind))
			return verify_refuse(
				v, "%s is not for this kind of map", sig->name);
	}
	for (int n = 0; n < 5; n++) {
		rc = check_arg(v, sig, n);
		if (rc)
			return rc;
	}
	return 0;
}

static struct vreg helper_result(struct verifier *v,
				 const struct bpf_helper_sig *sig)
{
	struct vreg r = vreg_scalar(scalar_unknown);

	if (sig->ret == BPF_RET_VOID) {
		memset(&r, 0, sizeof(r));
	} else if (sig->ret == BPF_RET_VALUE_OR_NULL) {
		r = vreg_pointer(V_VALUE_OR_NULL, verify_reg(v, BPF_R1)->index);
		r.id = ++v->last_id;
	}
	return r;
}

int verify_call(struct verifier *v, const struct bpf_insn *i)
{
	const struct bpf_helper_sig *sig;
	int rc;

	if (i->src == BPF_CALL_LOCAL)
		return call_local(v, i);
	sig = bpf_helper_sig(i->imm);
	rc = check_args(v, sig);
	if (rc)
		return rc;
	if (sig->nr == BPF_HELPER_loop ||
	    sig->nr == BPF_HELPER_for_each_map_elem)
		return call_round(v, NULL);
	after_helper(v, helper_result(v, sig));
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Conditional jumps: what is known on each side.
 */
#include "verify-int.h"

static bool below(struct scalar *a, struct scalar *b, bool or_equal)
{
	uint64_t gap = !or_equal;

	if (b->umax < gap || a->umin > UINT64_MAX - gap)
		return false;
	if (a->umax > b->umax - gap)
		a->umax = b->umax - gap;
	if (b->umin < a->umin + gap)
		b->umin = a->umin + gap;
	return true;
}

static bool signed_below(struct scalar *a, struct scalar *b, bool or_equal)
{
	int64_t gap = !or_equal;

	if (b->smax < INT64_MIN + gap || a->smin > INT64_MAX - gap)
		return false;
	if (a->smax > b->smax - gap)
		a->smax = b->smax - gap;
	if (b->smin < a->smin + gap)
		b->smin = a->smin + gap;
	return true;
}

static bool equal(struct scalar *a, struct scalar *b)
{
	if ((a->val ^ b->val) & ~a->unk & ~b->unk)
		return false;
	a->val |= b->val;
	a->unk &= b->unk;
	a->umin = a->umin > b->umin ? a->umin : b->umin;
	a->umax = a->umax < b->umax ? a->umax : b->umax;
	a->smin = a->smin > b->smin ? a->smin : b->smin;
	a->smax = a->smax < b->smax ? a->smax : b->smax;
	*b = *a;
	return true;
}

/* A bound that is excluded moves by one. */
static bool unequal(struct scalar *a, const struct scalar *b)
{
	if (!scalar_is_const(b))
		return true;
	if (scalar_is_const(a))
		return a->val != b->val;
	if (a->umin == b->val)
		a->umin++;
	if (a->umax == b->val)
		a->umax--;
	if (a->smin == (int64_t)b->val)
		a->smin++;
	if (a->smax == (int64_t)b->val)
		a->smax--;
	return true;
}

static bool some_bit(struct scalar *a, const struct scalar *b)
{
	uint64_t may = (a->val | a->unk) & (b->val | b->unk);

	if (!may)
		return false;
	if (scalar_is_const(b) && !(may & (may - 1))) {
		a->val |= may;
		a->unk &= ~may;
	}
	return true;
}

static bool no_bit(struct scalar *a, const struct scalar *b)
{
	if (a->val & b->val)
		return false;
	a->unk &= ~b->val;
	return true;
}

static bool refine(int op, bool taken, struct scalar *a, struct scalar *b)
{
	switch (op) {
	case BPF_OP_JEQ:
	case BPF_OP_JNE:
		if (taken == (op == BPF_OP_JEQ))
			return equal(a, b);
		return unequal(a, b) && unequal(b, a);
	case BPF_OP_JGT:
		return taken ? below(b, a, false) : below(a, b, true);
	case BPF_OP_JGE:
		return taken ? below(b, a, true) : below(a, b, false);
	case BPF_OP_JLT:
		return taken ? below(a, b, false) : below(b, a, true);
	case BPF_OP_JLE:
		return taken ? below(a, b, true) : below(b, a, false);
	case BPF_OP_JSGT:
		return taken ? signed_below(b, a, false)
			     : signed_below(a, b, true);
	case BPF_OP_JSGE:
		return taken ? signed_below(b, a, true)
			     : signed_below(a, b, false);
	case BPF_OP_JSLT:
		return taken ? signed_below(a, b, false)
			     : signed_below(b, a, true);
	case BPF_OP_JSLE:
		return taken ? signed_below(a, b, true)
			     : signed_below(b, a, false);
	default: /* JSET */
		if (taken)
			return some_bit(a, b) && some_bit(b, a);
		return no_bit(a, b) && no_bit(b, a);
	}
}

bool scalar_branch(int op, bool taken, struct scalar *a, struct scalar *b)
{
	return refine(op, taken, a, b) && scalar_settle(a) && scalar_settle(b);
}

/* ---- registers ---- */

static struct vreg operand(struct verifier *v, const struct bpf_insn *i)
{
	if (i->code & BPF_SRC_REG)
		return *verify_reg(v, i->src);
	return vreg_scalar(scalar_const((uint64_t)(int64_t)i->imm));
}

static void set_null(struct verifier *v, uint64_t id, bool null);

/* `p == 0` where p may be NULL: all its copies become one or the other. */
static bool branch_null(struct verifier *v, const struct bpf_insn *i,
			const struct vreg *a, const struct vreg *b, bool taken)
{
	int op = BPF_OP(i->code);

	if (a->kind != V_VALUE_OR_NULL || b->kind != V_SCALAR ||
	    b->s.umax != 0 || (op != BPF_OP_JEQ && op != BPF_OP_JNE) ||
	    BPF_CLASS(i->code) != BPF_CLASS_JMP)
		return false;
	set_null(v, a->id, taken == (op == BPF_OP_JEQ));
	return true;
}

static void reg_null(struct vreg *r, uint64_t id, bool null)
{
	if (r->kind != V_VALUE_OR_NULL || r->id != id)
		return;
	if (null)
		*r = vreg_scalar(scalar_const(0));
	else
		*r = vreg_pointer(V_VALUE, r->index);
}

static void set_null(struct verifier *v, uint64_t id, bool null)
{
	for (unsigned f = 0; f < v->cur.nframes; f++) {
		struct vframe *frame = &v->cur.frames[f];

		for (int r = 0; r < BPF_NREGS; r++)
			reg_null(&frame->r[r], id, null);
		for (unsigned s = 0; s < frame->nslots; s++)
			if (frame->slots[s].byte[0] == B_SPILL)
				reg_null(&frame->slots[s].reg, id, null);
	}
}

/* Comparisons of the low halves say something about the whole only where it
 * is small. */
static bool comparable(const struct bpf_insn *i, struct scalar *a,
		       struct scalar *b)
{
	int op = BPF_OP(i->code);
	bool is_signed = op == BPF_OP_JSGT || op == BPF_OP_JSGE ||
			 op == BPF_OP_JSLT || op == BPF_OP_JSLE;
	uint64_t top = is_signed ? INT32_MAX : UINT32_MAX;

	if (BPF_CLASS(i->code) == BPF_CLASS_JMP)
		return true;
	if (!(i->code & BPF_SRC_REG) && !is_signed)
		*b = scalar_const((uint32_t)i->imm);
	return a->umax <= top && b->umax <= top;
}

/* One side of the jump, in the current state; false: never taken. */
static bool take_side(struct verifier *v, const struct bpf_insn *i, bool taken)
{
	struct vreg a = *verify_reg(v, i->dst), b = operand(v, i);
	bool reg = i->code & BPF_SRC_REG;

	if (branch_null(v, i, &a, &b, taken))
		return true;
	if (a.kind != V_SCALAR || b.kind != V_SCALAR)
		return true;
	if (reg && i->src == i->dst)
		return true;
	if (!comparable(i, &a.s, &b.s))
		return true;
	if (!scalar_branch(BPF_OP(i->code), taken, &a.s, &b.s))
		return false;
	*verify_reg(v, i->dst) = a;
	if (reg)
		*verify_reg(v, i->src) = b;
	return true;
}

int verify_branch(struct verifier *v, const struct bpf_insn *i)
{
	uint32_t here = v->cur.pc;
	struct vsnap *other;

	if (!verify_reg(v, i->dst)->kind)
		return verify_refuse(v, "r%d was never set", i->dst);
	if ((i->code & BPF_SRC_REG) && !verify_reg(v, i->src)->kind)
		return verify_refuse(v, "r%d was never set", i->src);
	other = verify_snap(v);
	if (!other)
		return err_set(v->err, ERR_NOMEM, "out of memory");
	v->cur.pc = (uint32_t)((int64_t)here + 1 + i->off);
	if (take_side(v, i, true)) {
		int rc = verify_fork(v);

		if (rc) {
			verify_drop(v, other);
			return rc;
		}
	}
	verify_unsnap(v, other);
	v->cur.pc = here + 1;
	if (!take_side(v, i, false))
		verify_end_path(v);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arithmetic: on numbers, and the little of it that pointers allow.
 */
#include "verify.h"

#include "bpf-op.h"

static struct reg operand(struct verifier *v, const struct bpf_insn *i)
{
	if (i->code & BPF_SRC_REG)
		return *reg_of(v, i->src);
	return reg_scalar(scalar_const((uint64_t)(int64_t)i->imm));
}

static bool is_wide(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_CLASS_ALU64;
}

/* pointer + number, number + pointer, pointer - number */
static int pointer_math(struct verifier *v, const struct bpf_insn *i,
			const struct reg *a, const struct reg *b)
{
	const struct reg *p = is_pointer(a) ? a : b;
	const struct reg *n = p == a ? b : a;
	int op = BPF_OP(i->code);
	struct reg r = *p;

	if (!is_wide(i) || is_pointer(n) ||
	    !(op == BPF_OP_ADD || (op == BPF_OP_SUB && p == a)))
		return refuse(v, "this arithmetic cannot be done with %s",
			      reg_text(p));
	if (p->kind == REG_VALUE_OR_NULL)
		return refuse(v, "calculates with what map_lookup_elem "
				 "returned: compare it with 0 first");
	if (p->kind == REG_MAP || p->kind == REG_FUNC)
		return refuse(v, "calculates with %s", reg_text(p));
	if (n->s.smin < -OFFSET_MAX || n->s.smax > OFFSET_MAX)
		return refuse(v,
			      "%s a number without bounds %s %s: check it "
			      "first",
			      op == BPF_OP_ADD ? "adds" : "takes",
			      op == BPF_OP_ADD ? "to" : "from", reg_text(p));
	r.s = scalar_alu(op, true, false, &p->s, &n->s);
	if (r.s.smin < -OFFSET_MAX || r.s.smax > OFFSET_MAX)
		return refuse(v, "moves %s too far from where it began",
			      reg_text(p));
	*reg_of(v, i->dst) = r;
	return 0;
}

static int step_mov(struct verifier *v, const struct bpf_insn *i)
{
	struct reg value = operand(v, i);
	int rc;

	if (i->code & BPF_SRC_REG) {
		rc = need_set(v, i->src);
		if (!rc && (!is_wide(i) || i->off))
			rc = need_scalar(v, i->src);
		if (rc)
			return rc;
	}
	if (i->off)
		value.s = scalar_sext(&value.s, i->off);
	if (!is_wide(i))
		value.s = scalar_zext(&value.s, 32);
	*reg_of(v, i->dst) = value;
	return 0;
}

/* NEG and the byte swaps */
static int step_unary(struct verifier *v, const struct bpf_insn *i)
{
	bool to_big = i->code & BPF_SRC_REG;
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct scalar *s = &reg_of(v, i->dst)->s, zero = scalar_const(0);
	int rc = need_scalar(v, i->dst);

	if (rc)
		return rc;
	if (BPF_OP(i->code) == BPF_OP_NEG)
		*s = scalar_alu(BPF_OP_SUB, is_wide(i), false, &zero, s);
	else if (is_wide(i) || to_big != big)
		*s = scalar_swap(s, i->imm);
	else
		*s = scalar_zext(s, i->imm);
	return 0;
}

int step_alu(struct verifier *v, const struct bpf_insn *i)
{
	int op = BPF_OP(i->code), rc;
	struct reg a, b;

	if (op == BPF_OP_MOV)
		return step_mov(v, i);
	if (op == BPF_OP_NEG || op == BPF_OP_END)
		return step_unary(v, i);
	rc = need_set(v, i->dst);
	if (!rc && i->code & BPF_SRC_REG)
		rc = need_set(v, i->src);
	if (rc)
		return rc;
	a = *reg_of(v, i->dst);
	b = operand(v, i);
	if (is_pointer(&a) || is_pointer(&b))
		return pointer_math(v, i, &a, &b);
	*reg_of(v, i->dst) =
		reg_scalar(scalar_alu(op, is_wide(i), i->off == 1, &a.s, &b.s));
	return 0;
}

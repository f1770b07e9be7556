/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jumps: which ways are possible, and what taking each of them tells.
 */
#include "verify.h"

#include "bpf-op.h"

static bool is_zero(const struct reg *r)
{
	return r->kind == REG_SCALAR && scalar_is_const(&r->s) && !r->s.umin;
}

static uint32_t target(const struct verifier *v, const struct bpf_insn *i)
{
	bool far = i->code == (BPF_CLASS_JMP32 | BPF_OP_JA);

	return v->cur->pc + 1 + (uint32_t)(far ? i->imm : i->off);
}

static void jump(struct verifier *v, const struct bpf_insn *i)
{
	v->cur->pc = target(v, i) - 1; /* the next, once it is counted up */
}

/* Leaves a path for the jump, goes on with the next instruction. `taken` is
 * what both registers are known to hold after the jump; for copies of a
 * lookup's result see settle_null. */
static int fork_jump(struct verifier *v, const struct bpf_insn *i,
		     const struct reg *a, const struct reg *b)
{
	struct reg *dst = reg_of(v, i->dst), *src = reg_of(v, i->src);
	struct reg old_dst = *dst, old_src = *src;
	uint32_t pc = v->cur->pc;
	int rc;

	*dst = *a;
	if (i->code & BPF_SRC_REG && i->src != i->dst)
		*src = *b;
	v->cur->pc = target(v, i);
	rc = fork_path(v);
	v->cur->pc = pc;
	*src = old_src;
	*dst = old_dst;
	return rc;
}

/* if r0 == 0, where r0 came from a lookup */
static int null_check(struct verifier *v, const struct bpf_insn *i,
		      const struct reg *a)
{
	bool null_jumps = BPF_OP(i->code) == BPF_OP_JEQ;
	uint32_t pc = v->cur->pc, id = a->id;
	struct snapshot *before = snapshot_take(v, v->cur);
	int rc;

	if (!before)
		return COMPLEX;
	settle_null(v->cur, id, null_jumps);
	v->cur->pc = target(v, i);
	rc = fork_path(v);
	snapshot_restore(before, v->cur);
	snapshot_free(v, before);
	v->cur->pc = pc;
	settle_null(v->cur, id, !null_jumps);
	return rc;
}

/* Pointers other than a lookup's result are never 0. What else comparing them
 * yields is not known. */
static int pointer_jump(struct verifier *v, const struct bpf_insn *i,
			const struct reg *a, const struct reg *b)
{
	int op = BPF_OP(i->code);

	if (BPF_CLASS(i->code) == BPF_CLASS_JMP32)
		return refuse(v, "compares half of %s",
			      reg_text(is_pointer(a) ? a : b));
	if (is_pointer(a) && is_zero(b) &&
	    (op == BPF_OP_JEQ || op == BPF_OP_JNE)) {
		if (a->kind == REG_VALUE_OR_NULL)
			return null_check(v, i, a);
		if (op == BPF_OP_JNE)
			jump(v, i);
		return 0;
	}
	return fork_jump(v, i, a, b);
}

static int scalar_jump(struct verifier *v, const struct bpf_insn *i,
		       struct reg a, struct reg b)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_JMP;
	bool imm = !(i->code & BPF_SRC_REG), same = !imm && i->src == i->dst;
	struct reg x = a, y = b;
	int op = BPF_OP(i->code), rc;
	int known = scalar_compare(op, wide, &a.s, &b.s);
	bool may, may_not;

	/* Of a register and itself the two are not independent. */
	may = known != 0 && (same || scalar_assume(op, wide, true, &x.s, &y.s));
	may_not = known != 1 &&
		  (same || scalar_assume(op, wide, false, &a.s, &b.s));
	if (may && may_not) {
		rc = fork_jump(v, i, &x, &y);
		if (rc)
			return rc;
	}
	if (may && !may_not) {
		*reg_of(v, i->dst) = x;
		if (!imm && !same)
			*reg_of(v, i->src) = y;
		jump(v, i);
		return 0;
	}
	if (!may_not) /* no value is possible: nobody comes here */
		return PATH_END;
	*reg_of(v, i->dst) = a;
	if (!imm && !same)
		*reg_of(v, i->src) = b;
	return 0;
}

int step_jump(struct verifier *v, const struct bpf_insn *i)
{
	struct reg a, b;
	int rc;

	if (BPF_OP(i->code) == BPF_OP_JA) {
		jump(v, i);
		return 0;
	}
	rc = need_set(v, i->dst);
	if (!rc && i->code & BPF_SRC_REG)
		rc = need_set(v, i->src);
	if (rc)
		return rc;
	a = *reg_of(v, i->dst);
	b = i->code & BPF_SRC_REG
		    ? *reg_of(v, i->src)
		    : reg_scalar(scalar_const((uint64_t)(int64_t)i->imm));
	if (is_pointer(&a) || is_pointer(&b))
		return pointer_jump(v, i, &a, &b);
	return scalar_jump(v, i, a, b);
}

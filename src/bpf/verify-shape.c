/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Instructions one by one: known opcodes, fields that must be zero, registers
 * and jump targets in range.
 */
#include "verify-int.h"

struct shape {
	struct verifier *v;
	const struct bpf_insn *i;
	size_t at;
};

static int bad(struct shape *s, const char *what)
{
	return verify_refuse_at(s->v, s->at, "%s", what);
}

static int bad_opcode(struct shape *s)
{
	return verify_refuse_at(s->v, s->at, "opcode 0x%02x is unknown",
				s->i->code);
}

static int unused(struct shape *s, bool dst, bool src, bool off, bool imm)
{
	const struct bpf_insn *i = s->i;

	if ((dst && i->dst) || (src && i->src) || (off && i->off) ||
	    (imm && i->imm))
		return bad(s, "a field that has no meaning here is not zero");
	return 0;
}

static int written(struct shape *s, int reg)
{
	if (reg == BPF_FP)
		return bad(s, "r10 cannot be written");
	return 0;
}

static bool in_range(struct shape *s, int64_t target)
{
	return target >= 0 && target < (int64_t)s->v->p->ninsns &&
	       (s->v->at[target] & AT_START);
}

static int target(struct shape *s, int64_t distance)
{
	int64_t to = (int64_t)s->at + 1 + distance;

	if (!in_range(s, to))
		return verify_refuse_at(s->v, s->at,
					"there is no instruction %lld to go to",
					(long long)to);
	s->v->at[to] |= AT_TARGET;
	if (to <= (int64_t)s->at)
		s->v->at[to] |= AT_BACK;
	return 0;
}

static int jump_target(struct shape *s, int64_t distance)
{
	if (distance < 0)
		s->v->loops = true;
	return target(s, distance);
}

/* ---- arithmetic ---- */

static int end_shape(struct shape *s)
{
	int imm = s->i->imm;

	if (BPF_CLASS(s->i->code) == BPF_CLASS_ALU64 &&
	    (s->i->code & BPF_SRC_REG))
		return bad_opcode(s);
	if (imm != 16 && imm != 32 && imm != 64)
		return bad(s, "only 16, 32 and 64 bits can be swapped");
	return unused(s, false, true, true, false);
}

static int mov_shape(struct shape *s)
{
	bool wide = BPF_CLASS(s->i->code) == BPF_CLASS_ALU64;
	int off = s->i->off;

	if (!(s->i->code & BPF_SRC_REG))
		return unused(s, false, true, true, false);
	if (off && off != 8 && off != 16 && !(off == 32 && wide))
		return bad(s, "a sign can be extended from 8, 16 and, to 64, "
			      "32 bits only");
	return unused(s, false, false, false, true);
}

static int constant_shape(struct shape *s)
{
	int op = BPF_OP(s->i->code), imm = s->i->imm;
	int bits = BPF_CLASS(s->i->code) == BPF_CLASS_ALU64 ? 64 : 32;

	if ((op == BPF_OP_DIV || op == BPF_OP_MOD) && !imm)
		return bad(s, "division by the constant 0");
	if ((op == BPF_OP_LSH || op == BPF_OP_RSH || op == BPF_OP_ARSH) &&
	    (imm < 0 || imm >= bits))
		return verify_refuse_at(s->v, s->at, "a shift by %d of %d bits",
					imm, bits);
	return unused(s, false, true, false, false);
}

static int alu_shape(struct shape *s)
{
	int op = BPF_OP(s->i->code), rc = written(s, s->i->dst);

	if (rc)
		return rc;
	if (op > BPF_OP_END)
		return bad_opcode(s);
	if (op == BPF_OP_END)
		return end_shape(s);
	if (op == BPF_OP_NEG)
		return s->i->code & BPF_SRC_REG
			       ? bad_opcode(s)
			       : unused(s, false, true, true, true);
	if (op == BPF_OP_MOV)
		return mov_shape(s);
	if (s->i->off &&
	    !((op == BPF_OP_DIV || op == BPF_OP_MOD) && s->i->off == 1))
		return unused(s, false, false, true, false);
	if (s->i->code & BPF_SRC_REG)
		return unused(s, false, false, false, true);
	return constant_shape(s);
}

/* ---- jumps ---- */

static int call_shape(struct shape *s)
{
	int rc = unused(s, true, false, true, false);

	if (rc)
		return rc;
	if (s->i->src == BPF_CALL_LOCAL)
		return target(s, s->i->imm);
	if (s->i->src != BPF_CALL_HELPER)
		return bad(s, "this kind of call is unknown");
	if (!bpf_helper_sig(s->i->imm))
		return verify_refuse_at(s->v, s->at, "there is no helper %d",
					s->i->imm);
	return 0;
}

static int goto_shape(struct shape *s)
{
	bool wide = BPF_CLASS(s->i->code) == BPF_CLASS_JMP32;
	int rc = unused(s, true, true, wide, !wide);

	return rc ? rc : jump_target(s, wide ? s->i->imm : s->i->off);
}

static int jump_shape(struct shape *s)
{
	int op = BPF_OP(s->i->code), rc;
	bool reg = s->i->code & BPF_SRC_REG;

	if (op > BPF_OP_JSLE)
		return bad_opcode(s);
	if (op == BPF_OP_JA || op == BPF_OP_CALL || op == BPF_OP_EXIT) {
		if (reg || (op != BPF_OP_JA &&
			    BPF_CLASS(s->i->code) == BPF_CLASS_JMP32))
			return bad_opcode(s);
		if (op == BPF_OP_CALL)
			return call_shape(s);
		if (op == BPF_OP_JA)
			return goto_shape(s);
		return unused(s, true, true, true, true);
	}
	rc = unused(s, false, !reg, false, reg);
	return rc ? rc : jump_target(s, s->i->off);
}

/* ---- memory ---- */

static int atomic_shape(struct shape *s)
{
	int op = s->i->imm;

	if (BPF_SIZE(s->i->code) != BPF_SIZE_W &&
	    BPF_SIZE(s->i->code) != BPF_SIZE_DW)
		return bad_opcode(s);
	switch (op) {
	case BPF_OP_ADD | BPF_FETCH:
	case BPF_OP_OR | BPF_FETCH:
	case BPF_OP_AND | BPF_FETCH:
	case BPF_OP_XOR | BPF_FETCH:
	case BPF_XCHG:
		return written(s, s->i->src);
	case BPF_OP_ADD:
	case BPF_OP_OR:
	case BPF_OP_AND:
	case BPF_OP_XOR:
	case BPF_CMPXCHG:
		return 0;
	default:
		return verify_refuse_at(s->v, s->at,
					"atomic operation 0x%x is unknown",
					(unsigned)op);
	}
}

static int load_shape(struct shape *s)
{
	int mode = BPF_MODE(s->i->code), rc;

	if (mode != BPF_MODE_MEM &&
	    !(mode == BPF_MODE_MEMSX && BPF_SIZE(s->i->code) != BPF_SIZE_DW))
		return bad_opcode(s);
	rc = written(s, s->i->dst);
	return rc ? rc : unused(s, false, false, false, true);
}

static int store_shape(struct shape *s)
{
	bool reg = BPF_CLASS(s->i->code) == BPF_CLASS_STX;

	if (reg && BPF_MODE(s->i->code) == BPF_MODE_ATOMIC)
		return atomic_shape(s);
	if (BPF_MODE(s->i->code) != BPF_MODE_MEM)
		return bad_opcode(s);
	return unused(s, false, !reg, false, reg);
}

/* The whole of it: verify_starts has seen that both halves are there. */
static int imm64_shape(struct shape *s)
{
	const struct bpf_insn *high = s->i + 1;
	bool number = s->i->src == BPF_PSEUDO_NONE;
	int rc = written(s, s->i->dst);

	if (!rc)
		rc = unused(s, false, false, true, false);
	if (rc)
		return rc;
	if (high->code || high->dst || high->src || high->off ||
	    (high->imm && !number))
		return bad(s, "a field of its second half is not zero");
	if (number)
		return 0;
	if (s->i->src == BPF_PSEUDO_FUNC)
		return target(s, s->i->imm);
	if (s->i->src != BPF_PSEUDO_MAP_IDX)
		return bad(s, "this kind of constant is unknown");
	if ((uint32_t)s->i->imm >= s->v->opts->nmaps)
		return verify_refuse_at(s->v, s->at, "there is no map %u",
					(unsigned)s->i->imm);
	return 0;
}

static int insn_shape(struct shape *s)
{
	if (s->i->dst > BPF_FP || s->i->src > BPF_FP)
		return bad(s, "there are registers r0 to r10 only");
	switch (BPF_CLASS(s->i->code)) {
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		return alu_shape(s);
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		return jump_shape(s);
	case BPF_CLASS_LDX:
		return load_shape(s);
	case BPF_CLASS_ST:
	case BPF_CLASS_STX:
		return store_shape(s);
	default:
		return imm64_shape(s);
	}
}

/* ---- the program ---- */

static int find_starts(struct verifier *v)
{
	const struct bpf_prog *p = v->p;

	for (size_t at = 0; at < p->ninsns; at++) {
		v->at[at] = AT_START;
		if (BPF_CLASS(p->insns[at].code) != BPF_CLASS_LD)
			continue;
		if (p->insns[at].code != BPF_LD_IMM64)
			return verify_refuse_at(v, at,
						"opcode 0x%02x is unknown",
						p->insns[at].code);
		if (++at == p->ninsns)
			return verify_refuse_at(v, at - 1,
						"its second half is missing");
	}
	return 0;
}

static int check_end(struct verifier *v)
{
	size_t last = v->p->ninsns - 1;
	const struct bpf_insn *i = &v->p->insns[last];

	if ((v->at[last] & AT_START) &&
	    (i->code == (BPF_CLASS_JMP | BPF_OP_EXIT) ||
	     i->code == (BPF_CLASS_JMP | BPF_OP_JA) ||
	     i->code == (BPF_CLASS_JMP32 | BPF_OP_JA)))
		return 0;
	return verify_refuse_at(v, v->at[last] ? last : last - 1,
				"the program goes on behind its last "
				"instruction");
}

int verify_shape(struct verifier *v)
{
	int rc = find_starts(v);

	for (size_t at = 0; !rc && at < v->p->ninsns; at++) {
		struct shape s = {v, &v->p->insns[at], at};

		if (v->at[at])
			rc = insn_shape(&s);
	}
	return rc ? rc : check_end(v);
}

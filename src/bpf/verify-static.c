/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can be said of a program without running it: that every instruction is
 * one, with its reserved fields 0; that jumps lead to instructions; which
 * registers matter where, where paths meet, what may be a loop.
 */
#include "verify.h"

#include "bpf-op.h"

static int refuse_at(struct verifier *v, size_t at, const char *why)
{
	v->cur->pc = (uint32_t)at;
	return refuse(v, "%s", why);
}

/* ---- one instruction ---- */

static const char *check_end(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;

	if (i->off || i->src || (wide && (i->code & BPF_SRC_REG)))
		return "reserved fields are not 0";
	if (i->imm != 16 && i->imm != 32 && i->imm != 64)
		return "the width of a byte swap is 16, 32 or 64";
	return NULL;
}

static bool good_alu_off(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;
	int op = BPF_OP(i->code);

	if (op == BPF_OP_DIV || op == BPF_OP_MOD)
		return i->off == 0 || i->off == 1;
	if (op == BPF_OP_MOV && (i->code & BPF_SRC_REG))
		return i->off == 0 || i->off == 8 || i->off == 16 ||
		       (wide && i->off == 32);
	return i->off == 0;
}

static const char *check_alu(const struct bpf_insn *i)
{
	int op = BPF_OP(i->code), width;

	if (op > BPF_OP_END)
		return "there is no such instruction";
	if (op == BPF_OP_END)
		return check_end(i);
	if (op == BPF_OP_NEG)
		return i->code & BPF_SRC_REG || i->src || i->imm || i->off
			       ? "reserved fields are not 0"
			       : NULL;
	if (!good_alu_off(i) || (i->code & BPF_SRC_REG ? i->imm : i->src))
		return "reserved fields are not 0";
	width = BPF_CLASS(i->code) == BPF_CLASS_ALU64 ? 64 : 32;
	if ((op == BPF_OP_LSH || op == BPF_OP_RSH || op == BPF_OP_ARSH) &&
	    !(i->code & BPF_SRC_REG) && (i->imm < 0 || i->imm >= width))
		return "shifts by more than there are bits";
	return NULL;
}

static const char *check_call(const struct bpf_insn *i)
{
	if (i->code != (BPF_CLASS_JMP | BPF_OP_CALL))
		return "there is no such instruction";
	if (i->dst || i->off)
		return "reserved fields are not 0";
	if (i->src == BPF_CALL_LOCAL)
		return NULL;
	if (i->src != BPF_CALL_HELPER)
		return "this kind of call is not supported";
	return bpf_helper_sig(i->imm) ? NULL : "there is no such helper";
}

static const char *check_jump(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_JMP;
	int op = BPF_OP(i->code);

	if (op > BPF_OP_JSLE)
		return "there is no such instruction";
	if (op == BPF_OP_CALL)
		return check_call(i);
	if (op == BPF_OP_EXIT || op == BPF_OP_JA) {
		if (i->code & BPF_SRC_REG || (op == BPF_OP_EXIT && !wide))
			return "there is no such instruction";
		if (i->dst || i->src ||
		    (op == BPF_OP_JA && wide ? i->imm : i->off) ||
		    (op == BPF_OP_EXIT && i->imm))
			return "reserved fields are not 0";
		return NULL;
	}
	return (i->code & BPF_SRC_REG ? i->imm : i->src)
		       ? "reserved fields are not 0"
		       : NULL;
}

static const char *check_atomic(const struct bpf_insn *i)
{
	if (BPF_SIZE(i->code) != BPF_SIZE_W && BPF_SIZE(i->code) != BPF_SIZE_DW)
		return "atomic operations are on 4 or 8 bytes";
	switch (i->imm) {
	case BPF_OP_ADD:
	case BPF_OP_OR:
	case BPF_OP_AND:
	case BPF_OP_XOR:
	case BPF_OP_ADD | BPF_FETCH:
	case BPF_OP_OR | BPF_FETCH:
	case BPF_OP_AND | BPF_FETCH:
	case BPF_OP_XOR | BPF_FETCH:
	case BPF_XCHG:
	case BPF_CMPXCHG:
		return NULL;
	default:
		return "there is no such atomic operation";
	}
}

static const char *check_memory(const struct bpf_insn *i)
{
	int class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	if (class == BPF_CLASS_STX && mode == BPF_MODE_ATOMIC)
		return check_atomic(i);
	if (class == BPF_CLASS_LDX && mode == BPF_MODE_MEMSX &&
	    BPF_SIZE(i->code) != BPF_SIZE_DW)
		return i->imm ? "reserved fields are not 0" : NULL;
	if (mode != BPF_MODE_MEM)
		return "there is no such instruction";
	return (class == BPF_CLASS_ST ? i->src : i->imm)
		       ? "reserved fields are not 0"
		       : NULL;
}

static bool second_is_bad(const struct bpf_insn *i)
{
	return i->code || i->dst || i->src || i->off;
}

static const char *check_imm64(const struct verifier *v, size_t at)
{
	const struct bpf_insn *i = &v->p->insns[at];

	if (BPF_MODE(i->code) == BPF_MODE_ABS ||
	    BPF_MODE(i->code) == BPF_MODE_IND)
		return "the old packet instructions are not supported";
	if (i->code != BPF_LD_IMM64)
		return "there is no such instruction";
	if (at + 1 == v->p->ninsns || second_is_bad(&i[1]) || i->off)
		return "half of a 64-bit constant is missing or malformed";
	switch (i->src) {
	case BPF_PSEUDO_NONE:
		return NULL;
	case BPF_PSEUDO_MAP_IDX:
		if ((uint32_t)i->imm >= v->opts->nmaps)
			return "there is no such map";
		break;
	case BPF_PSEUDO_FUNC:
		break;
	default:
		return "this kind of 64-bit constant is not supported";
	}
	return i[1].imm ? "reserved fields are not 0" : NULL;
}

static const char *check_insn(const struct verifier *v, size_t at)
{
	const struct bpf_insn *i = &v->p->insns[at];

	if (i->dst >= BPF_NREGS ||
	    (i->src >= BPF_NREGS && i->code != BPF_LD_IMM64))
		return "there are only the registers r0 to r10";
	if (insn_defines(i) & 1u << BPF_FP)
		return "r10 cannot be written";
	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		return check_alu(i);
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		return check_jump(i);
	case BPF_CLASS_LD:
		return check_imm64(v, at);
	default:
		return check_memory(i);
	}
}

/* ---- where it leads ---- */

static bool is_plain_jump(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) >= BPF_CLASS_JMP &&
	       BPF_CLASS(i->code) <= BPF_CLASS_JMP32 &&
	       BPF_OP(i->code) != BPF_OP_CALL && BPF_OP(i->code) != BPF_OP_EXIT;
}

static bool is_call(const struct bpf_insn *i)
{
	return i->code == (BPF_CLASS_JMP | BPF_OP_CALL);
}

/* Does the next instruction follow? */
static bool falls_through(const struct bpf_insn *i)
{
	return i->code != (BPF_CLASS_JMP | BPF_OP_EXIT) &&
	       i->code != (BPF_CLASS_JMP | BPF_OP_JA) &&
	       i->code != (BPF_CLASS_JMP32 | BPF_OP_JA);
}

static int64_t jump_target(const struct bpf_insn *i, size_t at)
{
	bool far = i->code == (BPF_CLASS_JMP32 | BPF_OP_JA);

	return (int64_t)at + 1 + (far ? i->imm : i->off);
}

static bool leads_somewhere(const struct verifier *v, int64_t to)
{
	return to >= 0 && to < (int64_t)v->p->ninsns && !v->info[to].second;
}

static int check_targets(struct verifier *v, size_t at)
{
	const struct bpf_insn *i = &v->p->insns[at];
	size_t next = at + 1 + (i->code == BPF_LD_IMM64);
	int64_t to;

	if (falls_through(i) && next >= v->p->ninsns)
		return refuse_at(v, at, "the program goes on behind its end");
	if (is_plain_jump(i)) {
		to = jump_target(i, at);
		if (!leads_somewhere(v, to))
			return refuse_at(v, at,
					 "jumps out of the program or "
					 "into an instruction");
		v->info[to].join = true;
	}
	if ((is_call(i) && i->src == BPF_CALL_LOCAL) ||
	    (i->code == BPF_LD_IMM64 && i->src == BPF_PSEUDO_FUNC)) {
		to = (int64_t)at + 1 + i->imm;
		if (!leads_somewhere(v, to))
			return refuse_at(v, at, "there is no such subprogram");
		v->info[to].entry = true;
	}
	if (is_call(i) && i->src == BPF_CALL_LOCAL)
		v->info[next].join = true; /* several exits may lead here */
	return 0;
}

/* Every cycle lies within the spans of its jumps back. */
static void mark_loops(struct verifier *v)
{
	size_t first = SIZE_MAX; /* of the spans that reach to here */

	for (size_t at = v->p->ninsns; at-- > 0;) {
		const struct bpf_insn *i = &v->p->insns[at];

		if (!v->info[at].second && is_plain_jump(i) &&
		    jump_target(i, at) <= (int64_t)at &&
		    (size_t)jump_target(i, at) < first)
			first = (size_t)jump_target(i, at);
		v->info[at].loop = first <= at;
		v->has_loops |= first <= at;
		if (first > at)
			first = SIZE_MAX;
	}
}

/* ---- live registers ---- */

enum { ARGS = 0x3e, CALLER_SAVED = 0x3f };

static uint32_t call_uses(const struct bpf_insn *i)
{
	const struct bpf_helper_sig *sig = bpf_helper_sig(i->imm);
	uint32_t uses = 0;

	if (i->src == BPF_CALL_LOCAL || !sig)
		return ARGS;
	for (int n = 0; n < 5 && sig->args[n] != BPF_ARG_NONE; n++)
		uses |= 2u << n;
	return uses;
}

uint32_t insn_uses(const struct bpf_insn *i)
{
	uint32_t dst = 1u << i->dst, src = 1u << i->src;
	uint32_t operand = i->code & BPF_SRC_REG ? src : 0;
	int op = BPF_OP(i->code);

	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_LD:
		return 0;
	case BPF_CLASS_LDX:
		return src;
	case BPF_CLASS_ST:
		return dst;
	case BPF_CLASS_STX:
		return dst | src |
		       (BPF_MODE(i->code) == BPF_MODE_ATOMIC &&
			i->imm == BPF_CMPXCHG);
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		if (op == BPF_OP_END)
			return dst;
		return operand | (op == BPF_OP_MOV ? 0 : dst);
	default:
		if (op == BPF_OP_CALL)
			return call_uses(i);
		if (op == BPF_OP_EXIT)
			return 1;
		return op == BPF_OP_JA ? 0 : dst | operand;
	}
}

uint32_t insn_defines(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_ST:
		return 0;
	case BPF_CLASS_STX:
		if (BPF_MODE(i->code) != BPF_MODE_ATOMIC ||
		    !(i->imm & BPF_FETCH))
			return 0;
		return i->imm == BPF_CMPXCHG ? 1 : 1u << i->src;
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		return BPF_OP(i->code) == BPF_OP_CALL ? CALLER_SAVED : 0;
	default:
		return 1u << i->dst;
	}
}

static uint16_t live_before(const struct verifier *v, size_t at)
{
	const struct bpf_insn *i = &v->p->insns[at];
	uint32_t live = 0;

	if (falls_through(i))
		live |= v->info[at + 1 + (i->code == BPF_LD_IMM64)].live;
	if (is_plain_jump(i))
		live |= v->info[jump_target(i, at)].live;
	return (uint16_t)((live & ~insn_defines(i)) | insn_uses(i));
}

/* Each round carries it further back through the loops. A program may be made
 * so that it takes very many: then all of them are called live, which is never
 * wrong. */
static void find_live(struct verifier *v)
{
	enum { ROUNDS_MAX = 100, ALL = (1 << BPF_NREGS) - 1 };
	bool changed = true;

	for (int round = 0; changed; round++) {
		changed = false;
		if (round == ROUNDS_MAX) {
			for (size_t at = 0; at < v->p->ninsns; at++)
				v->info[at].live = ALL;
			return;
		}
		for (size_t at = v->p->ninsns; at-- > 0;) {
			uint16_t live;

			if (v->info[at].second)
				continue;
			live = live_before(v, at);
			changed |= live != v->info[at].live;
			v->info[at].live = live;
		}
	}
}

int check_program(struct verifier *v)
{
	const char *why;
	int rc;

	for (size_t at = 0; at < v->p->ninsns; at++) {
		why = check_insn(v, at);
		if (why)
			return refuse_at(v, at, why);
		if (v->p->insns[at].code == BPF_LD_IMM64)
			v->info[++at].second = true;
	}
	for (size_t at = 0; at < v->p->ninsns; at++) {
		if (v->info[at].second)
			continue;
		rc = check_targets(v, at);
		if (rc)
			return rc;
	}
	mark_loops(v);
	find_live(v);
	return 0;
}

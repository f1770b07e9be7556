/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interpreter: instructions are decoded once, when a program is bound to
 * its host, and run as threaded code. It trusts the verifier for everything
 * but the time a program takes.
 */
#include "bpf-op.h"
#include "bpf.h"

#include <stdlib.h>
#include <string.h>

/* Decoded operations: the opcode byte where that says it all, else one of
 * these. */
enum {
	OP_SDIV64_REG = 256, OP_SDIV64_IMM, OP_SMOD64_REG, OP_SMOD64_IMM,
	OP_SDIV32_REG, OP_SDIV32_IMM, OP_SMOD32_REG, OP_SMOD32_IMM,
	OP_MOVSX64_8, OP_MOVSX64_16, OP_MOVSX64_32, OP_MOVSX32_8,
	OP_MOVSX32_16, OP_SWAP16, OP_SWAP32, OP_SWAP64, OP_ZEXT16, OP_ZEXT32,
	OP_NOP64, OP_IMM64, OP_CALL_HELPER, OP_CALL_LOCAL, OP_JUMP, OP_ATOMIC,
	OP_COUNT,
};

struct op {
	uint16_t code;
	uint8_t dst, src;
	int32_t off; /* of memory; of jumps: the target, absolute */
	union {
		int64_t imm;
		bpf_helper_fn *helper;
	};
};

struct bpf_code {
	size_t nops;
	struct op ops[];
};

/* One run, shared by the callbacks inside it. */
struct bpf_machine {
	const struct bpf_code *code;
	uint64_t budget;
	unsigned depth; /* of callbacks */
	bool aborted;
};

/* ---- the codes ---- */

#define A64 BPF_CLASS_ALU64
#define A32 BPF_CLASS_ALU
#define J64 BPF_CLASS_JMP
#define J32 BPF_CLASS_JMP32
#define REG BPF_SRC_REG

#define ALU_CODES(X, name)                                                     \
	X(A64 | BPF_OP_##name, name##64i)                                      \
	X(A64 | REG | BPF_OP_##name, name##64r)                                \
	X(A32 | BPF_OP_##name, name##32i)                                      \
	X(A32 | REG | BPF_OP_##name, name##32r)
#define JUMP_CODES(X, name)                                                    \
	X(J64 | BPF_OP_##name, name##64i)                                      \
	X(J64 | REG | BPF_OP_##name, name##64r)                                \
	X(J32 | BPF_OP_##name, name##32i)                                      \
	X(J32 | REG | BPF_OP_##name, name##32r)
#define MEM_CODE(X, mode, kind, size, label)                                   \
	X(BPF_CLASS_##kind | BPF_MODE_##mode | BPF_SIZE_##size, label)

/* Every operation with its label in the loop: X(code, label). The code 0 is
 * none of them. */
#define CODE_LIST(X)                                                           \
	ALU_CODES(X, ADD) ALU_CODES(X, SUB) ALU_CODES(X, MUL)                  \
	ALU_CODES(X, OR) ALU_CODES(X, AND) ALU_CODES(X, XOR)                   \
	ALU_CODES(X, MOV) ALU_CODES(X, DIV) ALU_CODES(X, MOD)                  \
	ALU_CODES(X, LSH) ALU_CODES(X, RSH) ALU_CODES(X, ARSH)                 \
	X(A64 | BPF_OP_NEG, neg64) X(A32 | BPF_OP_NEG, neg32)                  \
	JUMP_CODES(X, JEQ) JUMP_CODES(X, JNE) JUMP_CODES(X, JGT)               \
	JUMP_CODES(X, JGE) JUMP_CODES(X, JLT) JUMP_CODES(X, JLE)               \
	JUMP_CODES(X, JSGT) JUMP_CODES(X, JSGE) JUMP_CODES(X, JSLT)            \
	JUMP_CODES(X, JSLE) JUMP_CODES(X, JSET)                                \
	X(J64 | BPF_OP_EXIT, leave)                                            \
	MEM_CODE(X, MEM, LDX, B, ldx8) MEM_CODE(X, MEM, LDX, H, ldx16)         \
	MEM_CODE(X, MEM, LDX, W, ldx32) MEM_CODE(X, MEM, LDX, DW, ldx64)       \
	MEM_CODE(X, MEMSX, LDX, B, ldsx8) MEM_CODE(X, MEMSX, LDX, H, ldsx16)   \
	MEM_CODE(X, MEMSX, LDX, W, ldsx32)                                     \
	MEM_CODE(X, MEM, STX, B, stx8) MEM_CODE(X, MEM, STX, H, stx16)         \
	MEM_CODE(X, MEM, STX, W, stx32) MEM_CODE(X, MEM, STX, DW, stx64)       \
	MEM_CODE(X, MEM, ST, B, st8) MEM_CODE(X, MEM, ST, H, st16)             \
	MEM_CODE(X, MEM, ST, W, st32) MEM_CODE(X, MEM, ST, DW, st64)           \
	X(OP_SDIV64_REG, sdiv64r) X(OP_SDIV64_IMM, sdiv64i)                    \
	X(OP_SMOD64_REG, smod64r) X(OP_SMOD64_IMM, smod64i)                    \
	X(OP_SDIV32_REG, sdiv32r) X(OP_SDIV32_IMM, sdiv32i)                    \
	X(OP_SMOD32_REG, smod32r) X(OP_SMOD32_IMM, smod32i)                    \
	X(OP_MOVSX64_8, movsx64_8) X(OP_MOVSX64_16, movsx64_16)                \
	X(OP_MOVSX64_32, movsx64_32) X(OP_MOVSX32_8, movsx32_8)                \
	X(OP_MOVSX32_16, movsx32_16) X(OP_SWAP16, swap16)                      \
	X(OP_SWAP32, swap32) X(OP_SWAP64, swap64) X(OP_ZEXT16, zext16)         \
	X(OP_ZEXT32, zext32) X(OP_NOP64, nop) X(OP_IMM64, imm64)               \
	X(OP_CALL_HELPER, call_helper) X(OP_CALL_LOCAL, call_local)            \
	X(OP_JUMP, jump) X(OP_ATOMIC, atomic_op)

static bool is_known(unsigned code)
{
	switch (code) {
#define X(code, label) case code:
		CODE_LIST(X)
#undef X
		return true;
	default:
		return false;
	}
}

/* ---- decoding ---- */

static uint16_t decode_swap(const struct bpf_insn *i)
{
	bool swap = BPF_CLASS(i->code) == BPF_CLASS_ALU64 ||
		    ((i->code & BPF_SRC_REG) != 0) ==
			    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	switch (i->imm) {
	case 16:
		return swap ? OP_SWAP16 : OP_ZEXT16;
	case 32:
		return swap ? OP_SWAP32 : OP_ZEXT32;
	case 64:
		return swap ? OP_SWAP64 : OP_NOP64;
	default:
		return 0;
	}
}

static uint16_t decode_signed(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;
	bool imm = !(i->code & BPF_SRC_REG), mod;

	mod = BPF_OP(i->code) == BPF_OP_MOD;
	return (uint16_t)((wide ? OP_SDIV64_REG : OP_SDIV32_REG) +
			  (mod ? 2 : 0) + (imm ? 1 : 0));
}

static uint16_t decode_movsx(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;

	switch (i->off) {
	case 8:
		return wide ? OP_MOVSX64_8 : OP_MOVSX32_8;
	case 16:
		return wide ? OP_MOVSX64_16 : OP_MOVSX32_16;
	case 32:
		return wide ? OP_MOVSX64_32 : 0;
	default:
		return 0;
	}
}

static uint16_t decode_alu(const struct bpf_insn *i)
{
	int op = BPF_OP(i->code);

	if (op == BPF_OP_END)
		return decode_swap(i);
	if (op == BPF_OP_MOV && i->off)
		return decode_movsx(i);
	if ((op == BPF_OP_DIV || op == BPF_OP_MOD) && i->off == 1)
		return decode_signed(i);
	return i->code;
}

static int decode_call(const struct bpf_insn *i, size_t at, struct op *o,
		       const struct bpf_host *host, struct err *err)
{
	if (i->src == BPF_CALL_LOCAL) {
		o->code = OP_CALL_LOCAL;
		o->off = (int32_t)at + 1 + i->imm;
		return 0;
	}
	o->code = OP_CALL_HELPER;
	o->helper = host->helper ? host->helper(i->imm) : NULL;
	if (!o->helper)
		return err_set(err, ERR_UNSUPP, "helper %d is not there",
			       i->imm);
	return 0;
}

static int decode_jump(const struct bpf_insn *i, size_t at, struct op *o,
		       const struct bpf_host *host, struct err *err)
{
	int op = BPF_OP(i->code);

	if (op == BPF_OP_CALL)
		return decode_call(i, at, o, host, err);
	o->off = (int32_t)at + 1 + i->off;
	if (op == BPF_OP_JA) {
		o->code = OP_JUMP;
		if (BPF_CLASS(i->code) == BPF_CLASS_JMP32)
			o->off = (int32_t)at + 1 + i->imm;
	}
	return 0;
}

static int decode_imm64(const struct bpf_insn *i, size_t at, struct op *o,
			const struct bpf_host *host, struct err *err)
{
	o->code = OP_IMM64;
	o->imm = (int64_t)((uint64_t)(uint32_t)i[1].imm << 32 |
			   (uint32_t)i->imm);
	if (i->src == BPF_PSEUDO_FUNC) {
		o->imm = (int64_t)at + 1 + i->imm;
	} else if (i->src == BPF_PSEUDO_MAP_IDX) {
		if ((uint32_t)i->imm >= host->nmaps)
			return err_set(err, ERR_INVAL, "map %d is not there",
				       i->imm);
		o->imm = (int64_t)(uintptr_t)host->maps[(uint32_t)i->imm];
	}
	return 0;
}

static int decode(const struct bpf_insn *i, size_t at, struct op *o,
		  const struct bpf_host *host, struct err *err)
{
	*o = (struct op){.code = i->code,
			 .dst = i->dst,
			 .src = i->src,
			 .off = i->off,
			 .imm = i->imm};
	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		o->code = decode_alu(i);
		return 0;
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		return decode_jump(i, at, o, host, err);
	case BPF_CLASS_STX:
		if (BPF_MODE(i->code) != BPF_MODE_ATOMIC)
			return 0;
		o->code = OP_ATOMIC;
		o->imm = i->imm | (BPF_SIZE(i->code) == BPF_SIZE_DW ? 256 : 0);
		return 0;
	case BPF_CLASS_LD:
		return decode_imm64(i, at, o, host, err);
	default:
		return 0;
	}
}

int bpf_bind(const struct bpf_prog *p, const struct bpf_host *host,
	     struct bpf_code **ret_code, struct err *err)
{
	struct bpf_code *code =
		calloc(1, sizeof(*code) + p->ninsns * sizeof(struct op));
	int rc;

	if (!code)
		return err_set(err, ERR_NOMEM, "out of memory");
	code->nops = p->ninsns;
	for (size_t i = 0; i < p->ninsns; i++) {
		rc = decode(&p->insns[i], i, &code->ops[i], host, err);
		if (!rc && !is_known(code->ops[i].code))
			rc = err_set(err, ERR_INVAL,
				     "instruction %zu is unknown", i);
		if (rc) {
			free(code);
			return rc;
		}
		i += p->insns[i].code == BPF_LD_IMM64;
	}
	*ret_code = code;
	return 0;
}

void bpf_code_free(struct bpf_code *code)
{
	free(code);
}

/* ---- operations that are too long for the loop ---- */

static uint64_t sdiv64(int64_t a, int64_t b)
{
	if (!b)
		return 0;
	return b == -1 ? 0 - (uint64_t)a : (uint64_t)(a / b);
}

static uint64_t smod64(int64_t a, int64_t b)
{
	if (!b)
		return (uint64_t)a;
	return b == -1 ? 0 : (uint64_t)(a % b);
}

static uint32_t sdiv32(int32_t a, int32_t b)
{
	if (!b)
		return 0;
	return b == -1 ? 0 - (uint32_t)a : (uint32_t)(a / b);
}

static uint32_t smod32(int32_t a, int32_t b)
{
	if (!b)
		return (uint32_t)a;
	return b == -1 ? 0 : (uint32_t)(a % b);
}

#define ATOMIC_OPS(type)                                                       \
	type *p = (type *)at, v = (type)r[o->src], old = (type)r[0];           \
	switch (o->imm & 0xff) {                                               \
	case BPF_OP_ADD:                                                       \
	case BPF_OP_ADD | BPF_FETCH:                                           \
		old = __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);              \
		break;                                                         \
	case BPF_OP_OR:                                                        \
	case BPF_OP_OR | BPF_FETCH:                                            \
		old = __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);               \
		break;                                                         \
	case BPF_OP_AND:                                                       \
	case BPF_OP_AND | BPF_FETCH:                                           \
		old = __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);              \
		break;                                                         \
	case BPF_OP_XOR:                                                       \
	case BPF_OP_XOR | BPF_FETCH:                                           \
		old = __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);              \
		break;                                                         \
	case BPF_XCHG:                                                         \
		old = __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);             \
		break;                                                         \
	default: /* CMPXCHG */                                                 \
		__atomic_compare_exchange_n(p, &old, v, false,                 \
					    __ATOMIC_SEQ_CST,                  \
					    __ATOMIC_SEQ_CST);                 \
		r[0] = old;                                                    \
		return;                                                        \
	}                                                                      \
	if (o->imm & BPF_FETCH)                                                \
	r[o->src] = old

static void atomic64(const struct op *o, uint64_t *r, uintptr_t at)
{
	ATOMIC_OPS(uint64_t);
}

static void atomic32(const struct op *o, uint64_t *r, uintptr_t at)
{
	ATOMIC_OPS(uint32_t);
}

static void atomic(const struct op *o, uint64_t *r)
{
	uintptr_t at = (uintptr_t)(r[o->dst] + (uint64_t)(int64_t)o->off);

	if (o->imm & 256)
		atomic64(o, r, at);
	else
		atomic32(o, r, at);
}

/* ---- the loop ---- */

struct frame {
	const struct op *back;
	uint64_t saved[4]; /* r6 to r9 */
};

/* Operations that are an operator of C. */
#define ALU_LIST(X)                                                            \
	X(ADD, +) X(SUB, -) X(MUL, *) X(OR, |) X(AND, &) X(XOR, ^)

#define JUMP_LIST(X)                                                           \
	X(JEQ, u, ==) X(JNE, u, !=) X(JGT, u, >) X(JGE, u, >=) X(JLT, u, <)    \
	X(JLE, u, <=) X(JSGT, s, >) X(JSGE, s, >=) X(JSLT, s, <)               \
	X(JSLE, s, <=) X(JSET, u, &)

typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t u32;
typedef int32_t s32;

#define LOAD(type)                                                             \
	do {                                                                   \
		type v;                                                        \
		memcpy(&v,                                                     \
		       (const void *)(uintptr_t)(r[o->src] + (u64)(s64)o->off), \
		       sizeof(v));                                             \
		r[o->dst] = (u64)(s64)v;                                       \
	} while (0)
#define LOADU(type)                                                            \
	do {                                                                   \
		type v;                                                        \
		memcpy(&v,                                                     \
		       (const void *)(uintptr_t)(r[o->src] + (u64)(s64)o->off), \
		       sizeof(v));                                             \
		r[o->dst] = v;                                                 \
	} while (0)
#define STORE(type, value)                                                     \
	do {                                                                   \
		type v = (type)(value);                                        \
		memcpy((void *)(uintptr_t)(r[o->dst] + (u64)(s64)o->off), &v,  \
		       sizeof(v));                                             \
	} while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
/* A label for all, then those of the instructions that there are. */
#pragma GCC diagnostic ignored "-Woverride-init"

static u64 run_from(struct bpf_machine *machine, struct bpf_host *host,
		    size_t start, u64 *r)
{
	static const void *const labels[OP_COUNT] = {
		&&bad,
#define X(code, label) [code] = &&label,
		CODE_LIST(X)
#undef X
	};
	_Alignas(16) uint8_t stack[BPF_CALL_DEPTH][BPF_STACK_MAX];
	struct frame frames[BPF_CALL_DEPTH];
	unsigned depth = 0;
	const struct op *ops = machine->code->ops, *o = &ops[start];

	r[BPF_FP] = (u64)(uintptr_t)stack[0] + BPF_STACK_MAX;
#define NEXT                                                                   \
	do {                                                                   \
		o++;                                                           \
		goto *labels[o->code];                                         \
	} while (0)
/* A jump back costs its distance, so that a loop always comes to an end. */
#define JUMP_TO(target)                                                        \
	do {                                                                   \
		const struct op *to = &ops[target];                            \
		if (to <= o) {                                                 \
			u64 cost = (u64)(o - to) + 1;                          \
			if (machine->budget <= cost)                           \
				goto abort;                                    \
			machine->budget -= cost;                               \
		}                                                              \
		o = to;                                                        \
		goto *labels[o->code];                                         \
	} while (0)
	goto *labels[o->code];

#define L(name, op)                                                            \
	name##64i : r[o->dst] = r[o->dst] op (u64)o->imm;                      \
	NEXT;                                                                  \
	name##64r : r[o->dst] = r[o->dst] op r[o->src];                        \
	NEXT;                                                                  \
	name##32i : r[o->dst] = (u32)((u32)r[o->dst] op (u32)o->imm);          \
	NEXT;                                                                  \
	name##32r : r[o->dst] = (u32)((u32)r[o->dst] op (u32)r[o->src]);       \
	NEXT;
	ALU_LIST(L)
#undef L
MOV64i:
	r[o->dst] = (u64)o->imm;
	NEXT;
MOV64r:
	r[o->dst] = r[o->src];
	NEXT;
MOV32i:
	r[o->dst] = (u32)o->imm;
	NEXT;
MOV32r:
	r[o->dst] = (u32)r[o->src];
	NEXT;
/* RFC 9669: a division by zero gives 0, a remainder leaves the dividend. */
#define L(name, suffix, b64, b32)                                              \
	DIV64##suffix : r[o->dst] = (b64) ? r[o->dst] / (b64) : 0;             \
	NEXT;                                                                  \
	MOD64##suffix : r[o->dst] = (b64) ? r[o->dst] % (b64) : r[o->dst];     \
	NEXT;                                                                  \
	DIV32##suffix : r[o->dst] = (b32) ? (u32)r[o->dst] / (b32) : 0;        \
	NEXT;                                                                  \
	MOD32##suffix                                                          \
	    : r[o->dst] = (b32) ? (u32)r[o->dst] % (b32) : (u32)r[o->dst];     \
	NEXT;                                                                  \
	LSH64##suffix : r[o->dst] <<= (b64)&63;                                \
	NEXT;                                                                  \
	RSH64##suffix : r[o->dst] >>= (b64)&63;                                \
	NEXT;                                                                  \
	ARSH64##suffix : r[o->dst] = (u64)((s64)r[o->dst] >> ((b64)&63));      \
	NEXT;                                                                  \
	LSH32##suffix : r[o->dst] = (u32)r[o->dst] << ((b32)&31);              \
	NEXT;                                                                  \
	RSH32##suffix : r[o->dst] = (u32)r[o->dst] >> ((b32)&31);              \
	NEXT;                                                                  \
	ARSH32##suffix : r[o->dst] = (u32)((s32)r[o->dst] >> ((b32)&31));      \
	NEXT;
	L(, i, (u64)o->imm, (u32)o->imm)
	L(, r, r[o->src], (u32)r[o->src])
#undef L
neg64:
	r[o->dst] = 0 - r[o->dst];
	NEXT;
neg32:
	r[o->dst] = (u32)(0 - (u32)r[o->dst]);
	NEXT;
#define L(name, sign, op)                                                      \
	name##64i : if ((sign##64)r[o->dst] op (sign##64)o->imm)               \
		JUMP_TO(o->off);                                               \
	NEXT;                                                                  \
	name##64r : if ((sign##64)r[o->dst] op (sign##64)r[o->src])            \
		JUMP_TO(o->off);                                               \
	NEXT;                                                                  \
	name##32i : if ((sign##32)r[o->dst] op (sign##32)o->imm)               \
		JUMP_TO(o->off);                                               \
	NEXT;                                                                  \
	name##32r : if ((sign##32)r[o->dst] op (sign##32)r[o->src])            \
		JUMP_TO(o->off);                                               \
	NEXT;
	JUMP_LIST(L)
#undef L
jump:
	JUMP_TO(o->off);
ldx8:
	LOADU(uint8_t);
	NEXT;
ldx16:
	LOADU(uint16_t);
	NEXT;
ldx32:
	LOADU(uint32_t);
	NEXT;
ldx64:
	LOADU(uint64_t);
	NEXT;
ldsx8:
	LOAD(int8_t);
	NEXT;
ldsx16:
	LOAD(int16_t);
	NEXT;
ldsx32:
	LOAD(int32_t);
	NEXT;
stx8:
	STORE(uint8_t, r[o->src]);
	NEXT;
stx16:
	STORE(uint16_t, r[o->src]);
	NEXT;
stx32:
	STORE(uint32_t, r[o->src]);
	NEXT;
stx64:
	STORE(uint64_t, r[o->src]);
	NEXT;
st8:
	STORE(uint8_t, o->imm);
	NEXT;
st16:
	STORE(uint16_t, o->imm);
	NEXT;
st32:
	STORE(uint32_t, o->imm);
	NEXT;
st64:
	STORE(uint64_t, o->imm);
	NEXT;
sdiv64r:
	r[o->dst] = sdiv64((s64)r[o->dst], (s64)r[o->src]);
	NEXT;
sdiv64i:
	r[o->dst] = sdiv64((s64)r[o->dst], o->imm);
	NEXT;
smod64r:
	r[o->dst] = smod64((s64)r[o->dst], (s64)r[o->src]);
	NEXT;
smod64i:
	r[o->dst] = smod64((s64)r[o->dst], o->imm);
	NEXT;
sdiv32r:
	r[o->dst] = sdiv32((s32)r[o->dst], (s32)r[o->src]);
	NEXT;
sdiv32i:
	r[o->dst] = sdiv32((s32)r[o->dst], (s32)o->imm);
	NEXT;
smod32r:
	r[o->dst] = smod32((s32)r[o->dst], (s32)r[o->src]);
	NEXT;
smod32i:
	r[o->dst] = smod32((s32)r[o->dst], (s32)o->imm);
	NEXT;
movsx64_8:
	r[o->dst] = (u64)(s64)(int8_t)r[o->src];
	NEXT;
movsx64_16:
	r[o->dst] = (u64)(s64)(int16_t)r[o->src];
	NEXT;
movsx64_32:
	r[o->dst] = (u64)(s64)(s32)r[o->src];
	NEXT;
movsx32_8:
	r[o->dst] = (u32)(s32)(int8_t)r[o->src];
	NEXT;
movsx32_16:
	r[o->dst] = (u32)(s32)(int16_t)r[o->src];
	NEXT;
swap16:
	r[o->dst] = __builtin_bswap16((uint16_t)r[o->dst]);
	NEXT;
swap32:
	r[o->dst] = __builtin_bswap32((u32)r[o->dst]);
	NEXT;
swap64:
	r[o->dst] = __builtin_bswap64(r[o->dst]);
	NEXT;
zext16:
	r[o->dst] = (uint16_t)r[o->dst];
	NEXT;
zext32:
	r[o->dst] = (u32)r[o->dst];
	NEXT;
nop:
	NEXT;
imm64:
	r[o->dst] = (u64)o->imm;
	o++; /* its second half */
	NEXT;
atomic_op:
	atomic(o, r);
	NEXT;
call_helper:
	r[0] = o->helper(host, r[1], r[2], r[3], r[4], r[5]);
	if (machine->aborted)
		return 0;
	NEXT;
call_local:
	if (++depth == BPF_CALL_DEPTH || machine->budget-- == 0)
		goto abort;
	frames[depth].back = o + 1;
	memcpy(frames[depth].saved, &r[BPF_R6], sizeof(frames[0].saved));
	r[BPF_FP] = (u64)(uintptr_t)stack[depth] + BPF_STACK_MAX;
	o = &ops[o->off];
	goto *labels[o->code];
leave:
	if (!depth)
		return r[0];
	memcpy(&r[BPF_R6], frames[depth].saved, sizeof(frames[0].saved));
	o = frames[depth--].back;
	r[BPF_FP] = (u64)(uintptr_t)stack[depth] + BPF_STACK_MAX;
	goto *labels[o->code];
bad: /* the verifier lets no such instruction pass */
abort:
	machine->aborted = true;
	return 0;
}

#pragma GCC diagnostic pop

uint64_t bpf_run(const struct bpf_code *code, struct bpf_host *host,
		 const void *ctx)
{
	struct bpf_machine machine = {.code = code,
				      .budget = host->insn_budget
							? host->insn_budget
							: UINT64_MAX};
	struct bpf_machine *outer = host->machine;
	uint64_t r[BPF_NREGS] = {[BPF_R1] = (uintptr_t)ctx}, result;

	host->machine = &machine;
	result = run_from(&machine, host, 0, r);
	host->machine = outer;
	host->ended = machine.aborted;
	return result;
}

uint64_t bpf_callback(struct bpf_host *host, uint64_t func, uint64_t a1,
		      uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct bpf_machine *machine = host->machine;
	uint64_t r[BPF_NREGS] = {
		[BPF_R1] = a1, [BPF_R2] = a2, [BPF_R3] = a3, [BPF_R4] = a4};
	uint64_t result;

	/* A call costs something, so that empty loops end as well. */
	if (machine->aborted || machine->depth == BPF_CALL_DEPTH ||
	    machine->budget <= 8) {
		machine->aborted = true;
		return 1;
	}
	machine->budget -= 8;
	machine->depth++;
	result = run_from(machine, host, (size_t)func, r);
	machine->depth--;
	return machine->aborted ? 1 : result;
}

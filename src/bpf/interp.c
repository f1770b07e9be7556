/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interpreter: instructions are decoded once, when a program is bound to
 * its host, and run as threaded code. It trusts the verifier for everything
 * but the time a program takes.
 */
#include "interp.h"

#include <string.h>

/* One run, shared by the callbacks inside it. */
struct bpf_machine {
	const struct bpf_code *code;
	uint64_t budget;
	unsigned depth; /* of callbacks */
	bool aborted;
};

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

/* Where that is an instruction; else (32-bit PowerPC) whoever shares out the
 * memory knows how. BPF_ATOMIC64_ASKED: so in tests everywhere. */
#if (defined(__i386__) || __GCC_ATOMIC_LLONG_LOCK_FREE == 2) &&                \
	!defined(BPF_ATOMIC64_ASKED)

static void atomic64(struct bpf_host *host, const struct op *o, uint64_t *r,
		     uintptr_t at)
{
	(void)host;
	ATOMIC_OPS(uint64_t);
}

#else

static uint64_t changed(int op, uint64_t old, uint64_t v, uint64_t expected)
{
	switch (op & ~BPF_FETCH) {
	case BPF_OP_ADD:
		return old + v;
	case BPF_OP_OR:
		return old | v;
	case BPF_OP_AND:
		return old & v;
	case BPF_OP_XOR:
		return old ^ v;
	case BPF_XCHG & ~BPF_FETCH:
		return v;
	default: /* CMPXCHG */
		return old == expected ? v : old;
	}
}

static void atomic64(struct bpf_host *host, const struct op *o, uint64_t *r,
		     uintptr_t at)
{
	uint64_t *p = (uint64_t *)at, v = r[o->src], old;
	int op = (int)(o->imm & 0xff);

	if (host->atomic64) {
		old = host->atomic64(host, p, op, v, r[0]);
	} else {
		old = *p;
		*p = changed(op, old, v, r[0]);
	}
	if (op == BPF_CMPXCHG)
		r[0] = old;
	else if (op & BPF_FETCH)
		r[o->src] = old;
}

#endif

static void atomic32(const struct op *o, uint64_t *r, uintptr_t at)
{
	ATOMIC_OPS(uint32_t);
}

static void atomic(struct bpf_host *host, const struct op *o, uint64_t *r)
{
	uintptr_t at = (uintptr_t)(r[o->dst] + (uint64_t)(int64_t)o->off);

	if (o->imm & 256)
		atomic64(host, o, r, at);
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
	atomic(host, o, r);
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpf-ref.h"

#include "bpf-op.h"

#include <string.h>

static uint64_t fault(struct ref *m, size_t at, const char *why)
{
	if (!m->fault) {
		m->fault = why;
		m->fault_at = at;
	}
	return 0;
}

/* ---- memory ---- */

static bool in_stack(struct ref *m, uint64_t at, uint64_t size, bool write)
{
	uint64_t off = at - (uintptr_t)m->stack[0];
	uint8_t *w = &m->written[0][0] + off;

	if (at < (uintptr_t)m->stack[0] ||
	    off + size > (uint64_t)m->depth * BPF_STACK_MAX ||
	    (size && off / BPF_STACK_MAX != (off + size - 1) / BPF_STACK_MAX))
		return false;
	for (uint64_t i = 0; i < size; i++) {
		if (write)
			w[i] = 1;
		else if (!w[i])
			return false;
	}
	return true;
}

bool ref_check(struct ref *m, uint64_t at, uint64_t size, bool write)
{
	if (!size)
		return true;
	for (size_t i = 0; i < m->nregions; i++) {
		uint64_t lo = (uintptr_t)m->regions[i].at;

		if (at >= lo && size <= m->regions[i].size &&
		    at - lo <= m->regions[i].size - size)
			return m->regions[i].writable || !write;
	}
	return size <= BPF_STACK_MAX && in_stack(m, at, size, write);
}

static uint64_t load(struct ref *m, size_t pc, uint64_t at, int size)
{
	uint64_t v = 0;

	if (!ref_check(m, at, (uint64_t)size, false))
		return fault(m, pc, "reads what it has not or did not write");
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		memcpy((char *)&v + 8 - size, (void *)(uintptr_t)at,
		       (size_t)size);
	else
		memcpy(&v, (void *)(uintptr_t)at, (size_t)size);
	return v;
}

static void store(struct ref *m, size_t pc, uint64_t at, int size, uint64_t v)
{
	if (!ref_check(m, at, (uint64_t)size, true)) {
		fault(m, pc, "writes where it must not");
		return;
	}
	for (int i = 0; i < size; i++) {
		int shift = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
				    ? (size - 1 - i) * 8
				    : i * 8;

		((uint8_t *)(uintptr_t)at)[i] = (uint8_t)(v >> shift);
	}
}

/* ---- arithmetic, in the words of the standard ---- */

static int64_t sext(uint64_t v, int bits)
{
	uint64_t sign = UINT64_C(1) << (bits - 1);

	v &= sign | (sign - 1);
	return (int64_t)((v ^ sign) - sign);
}

/* Toward 0, by magnitudes: nothing can overflow. */
static uint64_t sdivmod(int64_t a, int64_t b, bool mod)
{
	uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
	uint64_t y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b, r;

	if (!y)
		return mod ? (uint64_t)a : 0;
	r = mod ? x % y : x / y;
	return (mod ? a < 0 : (a < 0) != (b < 0)) ? 0 - r : r;
}

static uint64_t alu(int op, int bits, bool is_signed, uint64_t a, uint64_t b)
{
	uint64_t n = b & (uint64_t)(bits - 1);

	switch (op) {
	case BPF_OP_ADD:
		return a + b;
	case BPF_OP_SUB:
		return a - b;
	case BPF_OP_MUL:
		return a * b;
	case BPF_OP_DIV:
	case BPF_OP_MOD:
		if (is_signed)
			return sdivmod(sext(a, bits), sext(b, bits),
				       op == BPF_OP_MOD);
		if (!b)
			return op == BPF_OP_MOD ? a : 0;
		return op == BPF_OP_MOD ? a % b : a / b;
	case BPF_OP_OR:
		return a | b;
	case BPF_OP_AND:
		return a & b;
	case BPF_OP_XOR:
		return a ^ b;
	case BPF_OP_LSH:
		return a << n;
	case BPF_OP_RSH:
		return a >> n;
	case BPF_OP_ARSH:
		while (n--)
			a = a >> 1 | (a & UINT64_C(1) << (bits - 1));
		return a;
	case BPF_OP_NEG:
		return ~a + 1;
	default:
		return b;
	}
}

static uint64_t swapped(uint64_t v, int bits)
{
	uint64_t r = 0;

	for (int i = 0; i < bits; i += 8)
		r = r << 8 | (v >> i & 0xff);
	return r;
}

static uint64_t step_end(const struct bpf_insn *i, uint64_t v)
{
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	bool to_big = i->code & BPF_SRC_REG;

	if (BPF_CLASS(i->code) == BPF_CLASS_ALU64 || to_big != big)
		return swapped(v, i->imm);
	return i->imm == 64 ? v : v & ((UINT64_C(1) << i->imm) - 1);
}

static void step_alu(const struct bpf_insn *i, uint64_t *r)
{
	int bits = BPF_CLASS(i->code) == BPF_CLASS_ALU64 ? 64 : 32;
	uint64_t b =
		i->code & BPF_SRC_REG ? r[i->src] : (uint64_t)(int64_t)i->imm;
	uint64_t a = r[i->dst];
	int op = BPF_OP(i->code);

	if (op == BPF_OP_END) {
		r[i->dst] = step_end(i, a);
		return;
	}
	if (bits == 32) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if (op == BPF_OP_MOV && i->off)
		a = (uint64_t)sext(b, i->off);
	else
		a = alu(op, bits, i->off == 1, a, b);
	r[i->dst] = bits == 32 ? (uint32_t)a : a;
}

static bool jumps(const struct bpf_insn *i, const uint64_t *r)
{
	int bits = BPF_CLASS(i->code) == BPF_CLASS_JMP ? 64 : 32;
	uint64_t a = r[i->dst], b = i->code & BPF_SRC_REG
					    ? r[i->src]
					    : (uint64_t)(int64_t)i->imm;
	int64_t x = sext(a, bits), y = sext(b, bits);

	if (bits == 32) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(i->code)) {
	case BPF_OP_JEQ:
		return a == b;
	case BPF_OP_JNE:
		return a != b;
	case BPF_OP_JGT:
		return a > b;
	case BPF_OP_JGE:
		return a >= b;
	case BPF_OP_JLT:
		return a < b;
	case BPF_OP_JLE:
		return a <= b;
	case BPF_OP_JSGT:
		return x > y;
	case BPF_OP_JSGE:
		return x >= y;
	case BPF_OP_JSLT:
		return x < y;
	case BPF_OP_JSLE:
		return x <= y;
	default:
		return a & b;
	}
}

static void step_atomic(struct ref *m, size_t pc, const struct bpf_insn *i,
			uint64_t *r)
{
	uint64_t at = r[i->dst] + (uint64_t)(int64_t)i->off;
	int size = bpf_size_bytes(i->code);
	uint64_t old = load(m, pc, at, size), v = r[i->src];
	uint64_t mask = size == 8 ? UINT64_MAX : UINT32_MAX;

	if (at % (uint64_t)size)
		fault(m, pc, "an atomic operation that is not aligned");
	if (m->fault)
		return;
	if (i->imm == BPF_CMPXCHG) {
		if (old == (r[0] & mask))
			store(m, pc, at, size, v);
		r[0] = old;
		return;
	}
	store(m, pc, at, size,
	      i->imm == BPF_XCHG ? v : alu(i->imm & 0xf0, 64, false, old, v));
	if (i->imm & BPF_FETCH)
		r[i->src] = old;
}

static void step_memory(struct ref *m, size_t pc, const struct bpf_insn *i,
			uint64_t *r)
{
	int size = bpf_size_bytes(i->code), class = BPF_CLASS(i->code);
	uint64_t off = (uint64_t)(int64_t)i->off;

	if (class == BPF_CLASS_LDX) {
		uint64_t v = load(m, pc, r[i->src] + off, size);

		r[i->dst] = BPF_MODE(i->code) == BPF_MODE_MEMSX
				    ? (uint64_t)sext(v, size * 8)
				    : v;
	} else if (class == BPF_CLASS_STX &&
		   BPF_MODE(i->code) == BPF_MODE_ATOMIC) {
		step_atomic(m, pc, i, r);
	} else {
		store(m, pc, r[i->dst] + off, size,
		      class == BPF_CLASS_ST ? (uint64_t)(int64_t)i->imm
					    : r[i->src]);
	}
}

static void step_imm64(struct ref *m, size_t pc, const struct bpf_insn *i,
		       uint64_t *r)
{
	uint64_t v = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm;

	if (i->src == BPF_PSEUDO_MAP_IDX)
		v = (uintptr_t)m->host->maps[v];
	else if (i->src == BPF_PSEUDO_FUNC)
		v = pc + 1 + (uint64_t)(int64_t)i->imm;
	r[i->dst] = v;
}

static void step_call(struct ref *m, size_t pc, const struct bpf_insn *i,
		      uint64_t *r)
{
	bpf_helper_fn *fn;

	if (i->src == BPF_CALL_LOCAL) {
		r[0] = ref_run(m, pc + 1 + (size_t)(int64_t)i->imm, &r[1]);
		return;
	}
	fn = m->host->helper(i->imm);
	r[0] = fn(m->host, r[1], r[2], r[3], r[4], r[5]);
	/* What a program must not rely on. */
	for (int n = 1; n <= 5; n++)
		r[n] = 0xdeadbeefdeadbeef;
}

uint64_t ref_run(struct ref *m, size_t start, const uint64_t args[5])
{
	uint64_t r[BPF_NREGS];
	size_t pc = start;

	if (m->depth == BPF_CALL_DEPTH)
		return fault(m, pc, "calls too deep");
	for (int n = 0; n < BPF_NREGS; n++)
		r[n] = 0xdeadbeefdeadbeef;
	memcpy(&r[1], args, 5 * sizeof(*args));
	memset(m->written[m->depth], 0, BPF_STACK_MAX);
	memset(m->stack[m->depth], 0xa5, BPF_STACK_MAX);
	r[BPF_FP] = (uintptr_t)m->stack[m->depth++] + BPF_STACK_MAX;
	while (!m->fault) {
		const struct bpf_insn *i = &m->p->insns[pc];
		size_t at = pc++;

		if (++m->steps > m->max_steps)
			return fault(m, at, "does not end");
		switch (BPF_CLASS(i->code)) {
		case BPF_CLASS_ALU:
		case BPF_CLASS_ALU64:
			step_alu(i, r);
			break;
		case BPF_CLASS_LD:
			step_imm64(m, at, i, r);
			pc++;
			break;
		case BPF_CLASS_JMP:
		case BPF_CLASS_JMP32:
			if (BPF_OP(i->code) == BPF_OP_EXIT) {
				m->depth--;
				return r[0];
			}
			if (BPF_OP(i->code) == BPF_OP_CALL)
				step_call(m, at, i, r);
			else if (i->code == (BPF_CLASS_JMP32 | BPF_OP_JA))
				pc += (size_t)(int64_t)i->imm;
			else if (BPF_OP(i->code) == BPF_OP_JA || jumps(i, r))
				pc += (size_t)(int64_t)i->off;
			break;
		default:
			step_memory(m, at, i, r);
		}
	}
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Instructions, maps and a host for the tests of src/bpf.
 */
#ifndef BPF_CASES_H
#define BPF_CASES_H

#include "bpf-op.h"
#include "bpf.h"

#define INSN(c, d, s, o, i)                                         \
	{                                                           \
		.code = (uint8_t)(c), .dst = (d)&15, .src = (s)&15, \
		.off = (int16_t)(o), .imm = (int32_t)(i)            \
	}
#define ALUR(op, d, s) \
	INSN(BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_##op, d, s, 0, 0)
#define ALUI(op, d, i) INSN(BPF_CLASS_ALU64 | BPF_OP_##op, d, 0, 0, i)
#define ALUR32(op, d, s) \
	INSN(BPF_CLASS_ALU | BPF_SRC_REG | BPF_OP_##op, d, s, 0, 0)
#define ALUI32(op, d, i) INSN(BPF_CLASS_ALU | BPF_OP_##op, d, 0, 0, i)
#define MOVR(d, s)	 ALUR(MOV, d, s)
#define MOVI(d, i)	 ALUI(MOV, d, i)
#define LDX(sz, d, s, o) \
	INSN(BPF_CLASS_LDX | BPF_MODE_MEM | BPF_SIZE_##sz, d, s, o, 0)
#define LDSX(sz, d, s, o) \
	INSN(BPF_CLASS_LDX | BPF_MODE_MEMSX | BPF_SIZE_##sz, d, s, o, 0)
#define STX(sz, d, o, s) \
	INSN(BPF_CLASS_STX | BPF_MODE_MEM | BPF_SIZE_##sz, d, s, o, 0)
#define ST(sz, d, o, i) \
	INSN(BPF_CLASS_ST | BPF_MODE_MEM | BPF_SIZE_##sz, d, 0, o, i)
#define ATOMIC(sz, op, d, o, s) \
	INSN(BPF_CLASS_STX | BPF_MODE_ATOMIC | BPF_SIZE_##sz, d, s, o, op)
#define JI(op, d, i, o) INSN(BPF_CLASS_JMP | BPF_OP_##op, d, 0, o, i)
#define JR(op, d, s, o) \
	INSN(BPF_CLASS_JMP | BPF_SRC_REG | BPF_OP_##op, d, s, o, 0)
#define JI32(op, d, i, o) INSN(BPF_CLASS_JMP32 | BPF_OP_##op, d, 0, o, i)
#define JR32(op, d, s, o) \
	INSN(BPF_CLASS_JMP32 | BPF_SRC_REG | BPF_OP_##op, d, s, o, 0)
#define JA(o)	   INSN(BPF_CLASS_JMP | BPF_OP_JA, 0, 0, o, 0)
#define CALL(name) INSN(BPF_CLASS_JMP | BPF_OP_CALL, 0, 0, 0, BPF_HELPER_##name)
#define CALL_AT(distance) \
	INSN(BPF_CLASS_JMP | BPF_OP_CALL, 0, BPF_CALL_LOCAL, 0, distance)
#define EXIT INSN(BPF_CLASS_JMP | BPF_OP_EXIT, 0, 0, 0, 0)
#define LD64(d, src, lo, hi) \
	INSN(BPF_LD_IMM64, d, src, 0, lo), INSN(0, 0, 0, 0, hi)
#define MAP(d, n)	  LD64(d, BPF_PSEUDO_MAP_IDX, n, 0)
#define FUNC(d, distance) LD64(d, BPF_PSEUDO_FUNC, distance, 0)

/* The maps of all test programs. */
enum { M_HASH, M_ARRAY, M_SCRATCH, M_RING, M_STACKS, M_BIG, M_COUNT };

static const struct bpf_map_def test_maps[M_COUNT] = {
	[M_HASH] = {"hash", BPF_MAP_HASH, 8, 16, 16},
	[M_ARRAY] = {"array", BPF_MAP_ARRAY, 4, 64, 4},
	[M_SCRATCH] = {"scratch", BPF_MAP_PERCPU_ARRAY, 4, 4096, 1},
	[M_RING] = {"ring", BPF_MAP_RINGBUF, 0, 0, 4096},
	[M_STACKS] = {"stacks", BPF_MAP_STACK_TRACE, 4, 1016, 64},
	[M_BIG] = {"big", BPF_MAP_PERCPU_HASH, 16, 600, 16},
};

enum { TEST_CTX_SIZE = 168 };

static const struct bpf_verify_opts test_opts = {test_maps, M_COUNT,
						 TEST_CTX_SIZE};

/* Runs an accepted program with helpers that use all the memory that they are
 * given, and memory of just the size that is promised. */
uint64_t test_run(const struct bpf_prog *p, uint64_t seed);

#endif

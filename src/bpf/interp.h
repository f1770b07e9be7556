/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs as they are run: decoded once, when they are bound to a host.
 */
#ifndef UPD_INTERP_H
#define UPD_INTERP_H

#include "bpf-op.h"
#include "bpf.h"

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

#endif

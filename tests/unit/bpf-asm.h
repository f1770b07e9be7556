/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs written out in tests, one macro per instruction.
 */
#ifndef UPD_BPF_ASM_H
#define UPD_BPF_ASM_H

#include "bpf-op.h"
#include "bpf.h"

#define I(c, d, s, o, i)                                                       \
	((struct bpf_insn){.code = (uint8_t)(c),                               \
			   .dst = (d),                                         \
			   .src = (s),                                         \
			   .off = (int16_t)(o),                                \
			   .imm = (int32_t)(i)})

#define ALU64_REG(op, d, s) I(BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_##op, d, s, 0, 0)
#define ALU64_IMM(op, d, i) I(BPF_CLASS_ALU64 | BPF_OP_##op, d, 0, 0, i)
#define ALU32_REG(op, d, s) I(BPF_CLASS_ALU | BPF_SRC_REG | BPF_OP_##op, d, s, 0, 0)
#define ALU32_IMM(op, d, i) I(BPF_CLASS_ALU | BPF_OP_##op, d, 0, 0, i)
#define MOV_REG(d, s)	    ALU64_REG(MOV, d, s)
#define MOV_IMM(d, i)	    ALU64_IMM(MOV, d, i)
#define JUMP(o)		    I(BPF_CLASS_JMP | BPF_OP_JA, 0, 0, o, 0)
#define JUMP_FAR(i)	    I(BPF_CLASS_JMP32 | BPF_OP_JA, 0, 0, 0, i)
#define JMP_IMM(op, d, i, o) I(BPF_CLASS_JMP | BPF_OP_##op, d, 0, o, i)
#define JMP_REG(op, d, s, o)                                                   \
	I(BPF_CLASS_JMP | BPF_SRC_REG | BPF_OP_##op, d, s, o, 0)
#define JMP32_IMM(op, d, i, o) I(BPF_CLASS_JMP32 | BPF_OP_##op, d, 0, o, i)
#define JMP32_REG(op, d, s, o)                                                 \
	I(BPF_CLASS_JMP32 | BPF_SRC_REG | BPF_OP_##op, d, s, o, 0)
#define LOAD(size, d, s, o)                                                    \
	I(BPF_CLASS_LDX | BPF_MODE_MEM | BPF_SIZE_##size, d, s, o, 0)
#define LOAD_SX(size, d, s, o)                                                 \
	I(BPF_CLASS_LDX | BPF_MODE_MEMSX | BPF_SIZE_##size, d, s, o, 0)
#define STORE(size, d, o, s)                                                   \
	I(BPF_CLASS_STX | BPF_MODE_MEM | BPF_SIZE_##size, d, s, o, 0)
#define STORE_IMM(size, d, o, i)                                               \
	I(BPF_CLASS_ST | BPF_MODE_MEM | BPF_SIZE_##size, d, 0, o, i)
#define ATOMIC(size, op, d, o, s)                                              \
	I(BPF_CLASS_STX | BPF_MODE_ATOMIC | BPF_SIZE_##size, d, s, o, op)
#define IMM64(d, s, v)                                                         \
	I(BPF_LD_IMM64, d, s, 0, (uint32_t)(v)),                               \
		I(0, 0, 0, 0, (uint32_t)((uint64_t)(v) >> 32))
#define MAP(d, n)      IMM64(d, BPF_PSEUDO_MAP_IDX, (uint64_t)(n))
#define FUNC(d, delta) IMM64(d, BPF_PSEUDO_FUNC, (uint64_t)(uint32_t)(delta))
#define CALL(name)     I(BPF_CLASS_JMP | BPF_OP_CALL, 0, 0, 0, BPF_HELPER_##name)
#define CALL_SUB(delta)                                                        \
	I(BPF_CLASS_JMP | BPF_OP_CALL, 0, BPF_CALL_LOCAL, 0, delta)
#define EXIT I(BPF_CLASS_JMP | BPF_OP_EXIT, 0, 0, 0, 0)

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#endif

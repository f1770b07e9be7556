/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers in an instruction's opcode byte (RFC 9669, sections 3 to 5).
 */
#ifndef UPD_BPF_OP_H
#define UPD_BPF_OP_H

/* Low three bits: the class. */
enum { BPF_CLASS_LD, BPF_CLASS_LDX, BPF_CLASS_ST, BPF_CLASS_STX, BPF_CLASS_ALU,
       BPF_CLASS_JMP, BPF_CLASS_JMP32, BPF_CLASS_ALU64 };
#define BPF_CLASS(code) ((code) & 7)

/* Arithmetic and jumps: bit 3 says register, the high four bits what. */
#define BPF_SRC_REG   0x08
#define BPF_OP(code)  ((code) & 0xf0)

enum { BPF_OP_ADD = 0x00, BPF_OP_SUB = 0x10, BPF_OP_MUL = 0x20,
       BPF_OP_DIV = 0x30, BPF_OP_OR = 0x40, BPF_OP_AND = 0x50,
       BPF_OP_LSH = 0x60, BPF_OP_RSH = 0x70, BPF_OP_NEG = 0x80,
       BPF_OP_MOD = 0x90, BPF_OP_XOR = 0xa0, BPF_OP_MOV = 0xb0,
       BPF_OP_ARSH = 0xc0, BPF_OP_END = 0xd0 };

enum { BPF_OP_JA = 0x00, BPF_OP_JEQ = 0x10, BPF_OP_JGT = 0x20,
       BPF_OP_JGE = 0x30, BPF_OP_JSET = 0x40, BPF_OP_JNE = 0x50,
       BPF_OP_JSGT = 0x60, BPF_OP_JSGE = 0x70, BPF_OP_CALL = 0x80,
       BPF_OP_EXIT = 0x90, BPF_OP_JLT = 0xa0, BPF_OP_JLE = 0xb0,
       BPF_OP_JSLT = 0xc0, BPF_OP_JSLE = 0xd0 };

/* Loads and stores: bits 3-4 the size, the high three the mode. */
enum { BPF_SIZE_W = 0x00, BPF_SIZE_H = 0x08, BPF_SIZE_B = 0x10,
       BPF_SIZE_DW = 0x18 };
#define BPF_SIZE(code) ((code) & 0x18)
enum { BPF_MODE_IMM = 0x00, BPF_MODE_ABS = 0x20, BPF_MODE_IND = 0x40,
       BPF_MODE_MEM = 0x60, BPF_MODE_MEMSX = 0x80, BPF_MODE_ATOMIC = 0xc0 };
#define BPF_MODE(code) ((code) & 0xe0)

/* imm of an atomic operation: an arithmetic op, or one of the last two; with
 * BPF_FETCH the register receives the old value. */
enum { BPF_FETCH = 0x01, BPF_XCHG = 0xe1, BPF_CMPXCHG = 0xf1 };

#define BPF_LD_IMM64 (BPF_CLASS_LD | BPF_SIZE_DW | BPF_MODE_IMM)

/* Bytes of a size field. */
static inline int bpf_size_bytes(int code)
{
	switch (BPF_SIZE(code)) {
	case BPF_SIZE_B:
		return 1;
	case BPF_SIZE_H:
		return 2;
	case BPF_SIZE_W:
		return 4;
	default:
		return 8;
	}
}

#endif

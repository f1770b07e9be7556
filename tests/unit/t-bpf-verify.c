/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verifier's rules: programs that must be refused, with words of the
 * reason, and programs like them that must be accepted.
 */
#include "bpf-test.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define R0 BPF_R0
#define R1 BPF_R1
#define R2 BPF_R2
#define R3 BPF_R3
#define R4 BPF_R4
#define R5 BPF_R5
#define R6 BPF_R6
#define R7 BPF_R7
#define R8 BPF_R8
#define R9 BPF_R9
#define FP BPF_FP

enum { HASH, ARRAY, RING, STACKS, SCRATCH };
static const struct bpf_map_def maps[] = {
	{"hash", BPF_MAP_HASH, 8, 16, 64},
	{"array", BPF_MAP_ARRAY, 4, 8, 4},
	{"ring", BPF_MAP_RINGBUF, 0, 0, 4096},
	{"stacks", BPF_MAP_STACK_TRACE, 4, 80, 16},
	{"scratch", BPF_MAP_PERCPU_ARRAY, 4, 4096, 1},
};

enum { CTX_SIZE = 64 };

struct rule {
	const char *name;
	const char *refused; /* words of the reason; NULL: accepted */
	struct bpf_insn insns[40];
};

/* r0 = lookup(map, a key on the stack): 6 instructions */
#define LOOKUP(map)                                                            \
	STORE_IMM(DW, FP, -8, 0), MAP(R1, map), MOV_REG(R2, FP),               \
		ALU64_IMM(ADD, R2, -8), CALL(map_lookup_elem)
#define DONE MOV_IMM(R0, 0), EXIT

static const struct rule rules[] = {
	/* registers */
	{"returns 0", NULL, {DONE}},
	{"nothing returned", "r0 is read but was not set", {EXIT}},
	{"unset register", "r3 is read but was not set",
	 {MOV_REG(R0, R3), EXIT}},
	{"set on one way only", "r6 is read but was not set",
	 {LOAD(DW, R2, R1, 0), JMP_IMM(JEQ, R2, 0, 1), MOV_IMM(R6, 1),
	  MOV_REG(R0, R6), EXIT}},
	{"set on both ways", NULL,
	 {LOAD(DW, R2, R1, 0), MOV_IMM(R6, 2), JMP_IMM(JEQ, R2, 0, 1),
	  MOV_IMM(R6, 1), MOV_REG(R0, R6), EXIT}},
	{"frame pointer written", "r10 cannot be written",
	 {MOV_IMM(FP, 0), DONE}},
	{"a pointer returned", "a pointer to the context where a number",
	 {MOV_REG(R0, R1), EXIT}},
	{"arguments after a call", "r1 is read but was not set",
	 {CALL(ktime_get_ns), MOV_REG(R0, R1), EXIT}},
	{"callee-saved after a call", NULL,
	 {MOV_IMM(R6, 7), CALL(ktime_get_ns), MOV_REG(R0, R6), EXIT}},
	{"r11", "only the registers r0 to r10", {MOV_REG(R0, 11), EXIT}},

	/* instructions */
	{"opcode e", "no such instruction", {I(0xe7, 0, 0, 0, 0), DONE}},
	{"alu offset", "reserved fields",
	 {I(BPF_CLASS_ALU64 | BPF_OP_ADD, 0, 0, 1, 0), DONE}},
	{"register and imm", "reserved fields",
	 {I(BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_ADD, 0, 0, 0, 5), DONE}},
	{"shift too far", "shifts by more",
	 {MOV_IMM(R0, 1), ALU64_IMM(LSH, R0, 64), EXIT}},
	{"32-bit shift too far", "shifts by more",
	 {MOV_IMM(R0, 1), ALU32_IMM(LSH, R0, 32), EXIT}},
	{"swap of 24 bits", "width of a byte swap",
	 {MOV_IMM(R0, 1), I(BPF_CLASS_ALU | BPF_OP_END, R0, 0, 0, 24), EXIT}},
	{"movsx of 24 bits", "reserved fields",
	 {MOV_IMM(R0, 1),
	  I(BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_MOV, R0, R0, 24, 0), EXIT}},
	{"old packet load", "old packet instructions",
	 {I(BPF_CLASS_LD | BPF_MODE_ABS | BPF_SIZE_W, 0, 0, 0, 0), DONE}},
	{"half a constant", "64-bit constant",
	 {MOV_IMM(R0, 0), EXIT, I(BPF_LD_IMM64, R0, 0, 0, 0)}},
	{"odd second half", "64-bit constant",
	 {I(BPF_LD_IMM64, R0, 0, 0, 0), I(7, 0, 0, 0, 0), DONE}},
	{"map by descriptor", "64-bit constant is not supported",
	 {IMM64(R1, 1, 3), DONE}},
	{"no such map", "no such map", {MAP(R1, 9), DONE}},
	{"no such helper", "no such helper",
	 {I(BPF_CLASS_JMP | BPF_OP_CALL, 0, 0, 0, 9999), DONE}},
	{"call of a kfunc", "not supported",
	 {I(BPF_CLASS_JMP | BPF_OP_CALL, 0, 2, 0, 1), DONE}},
	{"atomic minus", "no such atomic",
	 {STORE_IMM(DW, FP, -8, 0), MOV_IMM(R2, 1),
	  ATOMIC(DW, BPF_OP_SUB, FP, -8, R2), DONE}},
	{"atomic byte", "on 4 or 8 bytes",
	 {STORE_IMM(DW, FP, -8, 0), MOV_IMM(R2, 1),
	  ATOMIC(B, BPF_OP_ADD, FP, -8, R2), DONE}},
	{"sign extending load of 8", "no such instruction",
	 {LOAD_SX(DW, R0, R1, 0), EXIT}},

	/* where it goes */
	{"no end", "goes on behind its end", {MOV_IMM(R0, 0)}},
	{"ends with a jump's other way", "goes on behind its end",
	 {MOV_IMM(R0, 0), EXIT, JMP_IMM(JEQ, R0, 0, -2)}},
	{"jump out", "jumps out of the program",
	 {JUMP(5), DONE}},
	{"jump before", "jumps out of the program", {JUMP(-2), DONE}},
	{"jump into a constant", "jumps out of the program",
	 {JUMP(1), IMM64(R0, 0, 5), EXIT}},
	{"long jump", NULL, {JUMP_FAR(1), EXIT, DONE}},
	{"dead code", NULL, {DONE, MOV_IMM(R0, 0), EXIT}},
	{"jump to itself", "never end", {JUMP(-1), DONE}},
	{"endless", "never end",
	 {MOV_IMM(R0, 0), ALU64_IMM(AND, R0, 1), JUMP(-2), EXIT}},
	{"endless on a condition", "never end",
	 {LOAD(DW, R2, R1, 0), JMP_IMM(JEQ, R2, 0, -1), DONE}},
	{"endless re-read", "never end",
	 {LOAD(DW, R2, R1, 0), JMP_IMM(JNE, R2, 0, -2), DONE}},
	{"counts for ever", "too complex",
	 {MOV_IMM(R0, 0), ALU64_IMM(ADD, R0, 1), JUMP(-2), EXIT}},
	{"a loop of 1000", NULL,
	 {MOV_IMM(R0, 0), ALU64_IMM(ADD, R0, 1),
	  JMP_IMM(JLT, R0, 1000, -2), EXIT}},
	{"a loop of 100000", NULL,
	 {MOV_IMM(R0, 0), ALU64_IMM(ADD, R0, 1),
	  JMP_IMM(JLT, R0, 100000, -2), EXIT}},
	{"a loop bounded by a check", NULL,
	 {LOAD(DW, R2, R1, 0), JMP_IMM(JLE, R2, 16, 1), MOV_IMM(R2, 16),
	  MOV_IMM(R0, 0), JMP_REG(JGE, R0, R2, 2), ALU64_IMM(ADD, R0, 1),
	  JUMP(-3), EXIT}},
	{"a 32-bit loop", NULL,
	 {MOV_IMM(R0, 100), ALU32_IMM(SUB, R0, 1),
	  JMP32_IMM(JNE, R0, 0, -2), EXIT}},

	/* the context */
	{"context read", NULL, {LOAD(DW, R0, R1, 56), EXIT}},
	{"context read behind", "reads 8 bytes at offset 64",
	 {LOAD(DW, R0, R1, 64), EXIT}},
	{"context read before", "reads 1 bytes at offset -1",
	 {LOAD(B, R0, R1, -1), EXIT}},
	{"context unaligned", "not a multiple of the size",
	 {LOAD(DW, R0, R1, 4), EXIT}},
	{"context odd byte", NULL, {LOAD(B, R0, R1, 5), EXIT}},
	{"context written", "writes to a pointer to the context",
	 {STORE_IMM(DW, R1, 0, 0), DONE}},
	{"context counted up", "writes to a pointer to the context",
	 {MOV_IMM(R2, 1), ATOMIC(DW, BPF_OP_ADD, R1, 0, R2), DONE}},
	{"context by index", "not constant",
	 {LOAD(DW, R2, R1, 0), ALU64_IMM(AND, R2, 8), ALU64_REG(ADD, R1, R2),
	  LOAD(DW, R0, R1, 0), EXIT}},

	/* the stack */
	{"stack", NULL,
	 {STORE_IMM(DW, FP, -512, 1), LOAD(DW, R0, FP, -512), EXIT}},
	{"stack below", "at offset -520 of the stack",
	 {STORE_IMM(DW, FP, -520, 1), DONE}},
	{"stack above", "at offset 0 of the stack",
	 {STORE_IMM(DW, FP, 0, 1), DONE}},
	{"stack across the top", "at offset -4 of the stack",
	 {STORE_IMM(DW, FP, -4, 1), DONE}},
	{"stack unset", "was not written", {LOAD(DW, R0, FP, -8), EXIT}},
	{"stack half set", "was not written",
	 {STORE_IMM(W, FP, -8, 1), LOAD(DW, R0, FP, -8), EXIT}},
	{"stack set in halves", NULL,
	 {STORE_IMM(W, FP, -8, 1), STORE_IMM(W, FP, -4, 1),
	  LOAD(DW, R0, FP, -8), EXIT}},
	{"stack unaligned", NULL,
	 {STORE_IMM(DW, FP, -12, 1), LOAD(DW, R0, FP, -12), EXIT}},
	{"pointer kept", NULL,
	 {STORE(DW, FP, -8, R1), LOAD(DW, R2, FP, -8), LOAD(DW, R0, R2, 0),
	  EXIT}},
	{"pointer kept unaligned", "stores a pointer in part",
	 {STORE(DW, FP, -12, R1), DONE}},
	{"half a pointer kept", "stores a pointer in part",
	 {STORE(W, FP, -8, R1), DONE}},
	{"half a pointer read", "bytes of a pointer",
	 {STORE(DW, FP, -8, R1), LOAD(W, R0, FP, -8), EXIT}},
	{"pointer patched", "was not written",
	 {STORE(DW, FP, -8, R1), STORE_IMM(B, FP, -8, 1),
	  LOAD(DW, R2, FP, -8), DONE}},
	{"stack by index", NULL,
	 {STORE_IMM(DW, FP, -16, 0), STORE_IMM(DW, FP, -8, 0),
	  LOAD(DW, R2, R1, 0), ALU64_IMM(AND, R2, 8), MOV_REG(R3, FP),
	  ALU64_REG(ADD, R3, R2), LOAD(DW, R0, R3, -16), EXIT}},
	{"stack by index too far", "check the index",
	 {STORE_IMM(DW, FP, -16, 0), STORE_IMM(DW, FP, -8, 0),
	  LOAD(DW, R2, R1, 0), ALU64_IMM(AND, R2, 24), MOV_REG(R3, FP),
	  ALU64_REG(ADD, R3, R2), LOAD(DW, R0, R3, -16), EXIT}},
	{"stack by index unset", "was not written",
	 {STORE_IMM(DW, FP, -8, 0), LOAD(DW, R2, R1, 0),
	  ALU64_IMM(AND, R2, 8), MOV_REG(R3, FP), ALU64_REG(ADD, R3, R2),
	  LOAD(DW, R0, R3, -16), EXIT}},
	{"pointer overwritten by index", "was not written",
	 {STORE(DW, FP, -8, R1), STORE_IMM(DW, FP, -16, 0),
	  LOAD(DW, R2, R1, 0), ALU64_IMM(AND, R2, 8), MOV_REG(R3, FP),
	  ALU64_REG(ADD, R3, R2), STORE_IMM(DW, R3, -16, 7),
	  LOAD(DW, R2, FP, -8), DONE}},
	{"number overwritten by index is unknown", "without bounds",
	 {STORE_IMM(DW, FP, -8, 0), STORE_IMM(DW, FP, -16, 0),
	  LOAD(DW, R2, R1, 0), ALU64_IMM(AND, R2, 8), MOV_REG(R3, FP),
	  ALU64_REG(ADD, R3, R2), LOAD(W, R4, R1, 8),
	  STORE(DW, R3, -16, R4), LOAD(DW, R2, FP, -8),
	  ALU64_REG(ADD, R1, R2), MOV_REG(R3, FP), ALU64_REG(ADD, R3, R2),
	  LOAD(B, R0, R3, -16), EXIT}},

	/* arithmetic with pointers */
	{"pointer times 2", "cannot be done", {ALU64_IMM(MUL, R1, 2), DONE}},
	{"32-bit pointer sum", "cannot be done",
	 {ALU32_IMM(ADD, R1, 2), DONE}},
	{"pointer minus pointer", "cannot be done",
	 {ALU64_REG(SUB, R1, FP), DONE}},
	{"number minus pointer", "cannot be done",
	 {MOV_IMM(R2, 5), ALU64_REG(SUB, R2, R1), DONE}},
	{"half a pointer", "where a number is needed",
	 {ALU32_REG(MOV, R2, R1), DONE}},
	{"pointer negated", "where a number is needed",
	 {I(BPF_CLASS_ALU64 | BPF_OP_NEG, R1, 0, 0, 0), DONE}},
	{"unbounded sum", "without bounds",
	 {LOAD(DW, R2, R1, 0), MOV_REG(R3, FP), ALU64_REG(ADD, R3, R2), DONE}},
	{"far away", "too far",
	 {MOV_IMM(R2, 1 << 29), MOV_REG(R3, FP), ALU64_REG(ADD, R3, R2),
	  ALU64_REG(ADD, R3, R2), DONE}},
	{"map plus 8", "calculates with a map",
	 {MAP(R1, HASH), ALU64_IMM(ADD, R1, 8), DONE}},
	{"map read", "reads from memory at a map",
	 {MAP(R1, HASH), LOAD(DW, R0, R1, 0), EXIT}},
	{"number as pointer", "reads from memory at a number",
	 {MOV_IMM(R2, 4096), LOAD(DW, R0, R2, 0), EXIT}},
	{"compare half a pointer", "compares half",
	 {JMP32_IMM(JEQ, R1, 0, 0), DONE}},
	{"context is never 0", NULL,
	 {MOV_IMM(R0, 0), JMP_IMM(JNE, R1, 0, 1), LOAD(DW, R0, R3, 0), EXIT}},

	/* map values */
	{"looked up, not checked", "compare it with 0 first",
	 {LOOKUP(HASH), LOAD(DW, R0, R0, 0), EXIT}},
	{"looked up, checked", NULL,
	 {LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 2), LOAD(DW, R0, R0, 8), EXIT,
	  EXIT}},
	{"looked up, checked the other way", NULL,
	 {LOOKUP(HASH), JMP_IMM(JNE, R0, 0, 1), EXIT, LOAD(DW, R0, R0, 8),
	  EXIT}},
	{"the null way", "memory at a number",
	 {LOOKUP(HASH), JMP_IMM(JNE, R0, 0, 1), LOAD(DW, R0, R0, 0), DONE}},
	{"a copy is checked too", NULL,
	 {LOOKUP(HASH), MOV_REG(R6, R0), STORE(DW, FP, -16, R0),
	  JMP_IMM(JEQ, R0, 0, 3), LOAD(DW, R0, R6, 0), LOAD(DW, R1, FP, -16),
	  LOAD(DW, R0, R1, 0), MOV_IMM(R0, 0), EXIT}},
	{"two lookups are two", "compare it with 0 first",
	 {LOOKUP(HASH), MOV_REG(R6, R0), LOOKUP(HASH),
	  JMP_IMM(JEQ, R0, 0, 1), LOAD(DW, R0, R6, 0), DONE}},
	{"sum before the check", "compare it with 0 first",
	 {LOOKUP(HASH), ALU64_IMM(ADD, R0, 8), DONE}},
	{"value read behind", "at offset 16 of a map value",
	 {LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 1), LOAD(B, R0, R0, 16), DONE}},
	{"value written across the end", "at offset 12 of a map value",
	 {LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 1), STORE_IMM(DW, R0, 12, 0),
	  DONE}},
	{"value before", "at offset -1 of a map value",
	 {LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 1), LOAD(B, R0, R0, -1), DONE}},
	{"value by index", NULL,
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 4),
	  LOAD(W, R1, R6, 0), ALU64_IMM(AND, R1, 4088), ALU64_REG(ADD, R0, R1),
	  STORE_IMM(DW, R0, 0, 1), DONE}},
	{"value by compared index", NULL,
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 4),
	  LOAD(W, R1, R6, 0), JMP_IMM(JGE, R1, 4096, 2),
	  ALU64_REG(ADD, R0, R1), STORE_IMM(B, R0, 0, 1), DONE}},
	{"value by badly compared index", "check the index",
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 4),
	  LOAD(W, R1, R6, 0), JMP_IMM(JGT, R1, 4096, 2),
	  ALU64_REG(ADD, R0, R1), STORE_IMM(B, R0, 0, 1), DONE}},
	{"signed compare leaves the negative", "without bounds",
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 4),
	  LOAD(DW, R1, R6, 0), JMP_IMM(JSGT, R1, 100, 2),
	  ALU64_REG(ADD, R0, R1), STORE_IMM(B, R0, 0, 1), DONE}},
	{"32-bit compare of a 64-bit index", "without bounds",
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 4),
	  LOAD(DW, R1, R6, 0), JMP32_IMM(JGT, R1, 100, 2),
	  ALU64_REG(ADD, R0, R1), STORE_IMM(B, R0, 0, 1), DONE}},
	{"32-bit compare of a 32-bit index", NULL,
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 4),
	  LOAD(W, R1, R6, 0), JMP32_IMM(JGT, R1, 100, 2),
	  ALU64_REG(ADD, R0, R1), STORE_IMM(B, R0, 0, 1), DONE}},
	{"index compared with a register", NULL,
	 {MOV_REG(R6, R1), LOOKUP(SCRATCH), JMP_IMM(JEQ, R0, 0, 5),
	  LOAD(DW, R1, R6, 0), MOV_IMM(R2, 4000), JMP_REG(JGE, R1, R2, 2),
	  ALU64_REG(ADD, R0, R1), STORE_IMM(B, R0, 0, 1), DONE}},
	{"pointer in a map", "stores a pointer to the context in a map value",
	 {MOV_REG(R6, R1), LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 1),
	  STORE(DW, R0, 0, R6), DONE}},
	{"count in a map", NULL,
	 {LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 2), MOV_IMM(R1, 1),
	  ATOMIC(DW, BPF_OP_ADD, R0, 8, R1), DONE}},
	{"count unaligned", "not a multiple of its size",
	 {LOOKUP(HASH), JMP_IMM(JEQ, R0, 0, 2), MOV_IMM(R1, 1),
	  ATOMIC(DW, BPF_OP_ADD, R0, 4, R1), DONE}},
	{"exchange of unset stack", "was not written",
	 {MOV_IMM(R1, 1), ATOMIC(DW, BPF_XCHG, FP, -8, R1), DONE}},
	{"pointer exchanged", "where a number is needed",
	 {STORE_IMM(DW, FP, -8, 0), ATOMIC(DW, BPF_XCHG, FP, -8, R1), DONE}},
	{"pointer under an atomic", "bytes of a pointer",
	 {STORE(DW, FP, -8, R1), MOV_IMM(R2, 8),
	  ATOMIC(DW, BPF_OP_ADD, FP, -8, R2), DONE}},
	{"cmpxchg without r0", "r0 is read but",
	 {STORE_IMM(DW, FP, -8, 0), MOV_IMM(R2, 8),
	  ATOMIC(DW, BPF_CMPXCHG, FP, -8, R2), DONE}},

	/* helpers */
	{"update", NULL,
	 {STORE_IMM(DW, FP, -8, 0), STORE_IMM(DW, FP, -16, 0),
	  STORE_IMM(DW, FP, -24, 0), MAP(R1, HASH), MOV_REG(R2, FP),
	  ALU64_IMM(ADD, R2, -8), MOV_REG(R3, FP), ALU64_IMM(ADD, R3, -24),
	  MOV_IMM(R4, 0), CALL(map_update_elem), EXIT}},
	{"update with a short value", "was not written",
	 {STORE_IMM(DW, FP, -8, 0), STORE_IMM(DW, FP, -24, 0), MAP(R1, HASH),
	  MOV_REG(R2, FP), ALU64_IMM(ADD, R2, -8), MOV_REG(R3, FP),
	  ALU64_IMM(ADD, R3, -24), MOV_IMM(R4, 0), CALL(map_update_elem),
	  EXIT}},
	{"key across the end", "of the stack",
	 {STORE_IMM(DW, FP, -8, 0), MAP(R1, HASH), MOV_REG(R2, FP),
	  ALU64_IMM(ADD, R2, -4), CALL(map_lookup_elem), DONE}},
	{"key with a pointer in it", "bytes of a pointer",
	 {STORE(DW, FP, -8, R1), MAP(R1, HASH), MOV_REG(R2, FP),
	  ALU64_IMM(ADD, R2, -8), CALL(map_lookup_elem), DONE}},
	{"key that may be null", "compare it with 0 first",
	 {LOOKUP(HASH), MOV_REG(R2, R0), MAP(R1, HASH), CALL(map_lookup_elem),
	  DONE}},
	{"not a map", "where a map is needed",
	 {STORE_IMM(DW, FP, -8, 0), MOV_REG(R2, FP), ALU64_IMM(ADD, R2, -8),
	  CALL(map_lookup_elem), DONE}},
	{"lookup in a ring", "this kind of map",
	 {STORE_IMM(DW, FP, -8, 0), MAP(R1, RING), MOV_REG(R2, FP),
	  ALU64_IMM(ADD, R2, -8), CALL(map_lookup_elem), DONE}},
	{"output to a hash", "this kind of map",
	 {STORE_IMM(DW, FP, -8, 0), MAP(R1, HASH), MOV_REG(R2, FP),
	  ALU64_IMM(ADD, R2, -8), MOV_IMM(R3, 8), MOV_IMM(R4, 0),
	  CALL(ringbuf_output), DONE}},
	{"output", NULL,
	 {STORE_IMM(DW, FP, -8, 0), MAP(R1, RING), MOV_REG(R2, FP),
	  ALU64_IMM(ADD, R2, -8), MOV_IMM(R3, 8), MOV_IMM(R4, 0),
	  CALL(ringbuf_output), EXIT}},
	{"output of the context", NULL,
	 {MOV_REG(R2, R1), MAP(R1, RING), MOV_IMM(R3, CTX_SIZE),
	  MOV_IMM(R4, 0), CALL(ringbuf_output), EXIT}},
	{"output of unset stack", "was not written",
	 {MAP(R1, RING), MOV_REG(R2, FP), ALU64_IMM(ADD, R2, -8),
	  MOV_IMM(R3, 8), MOV_IMM(R4, 0), CALL(ringbuf_output), DONE}},
	{"stack id", NULL,
	 {MAP(R2, STACKS), MOV_IMM(R3, 0), CALL(get_stackid), EXIT}},
	{"stack id in a hash", "this kind of map",
	 {MAP(R2, HASH), MOV_IMM(R3, 0), CALL(get_stackid), EXIT}},
	{"stack id without the context", "where the context is needed",
	 {MOV_IMM(R1, 0), MAP(R2, STACKS), MOV_IMM(R3, 0), CALL(get_stackid),
	  EXIT}},
	{"stack id with part of it", "context's start",
	 {ALU64_IMM(ADD, R1, 8), MAP(R2, STACKS), MOV_IMM(R3, 0),
	  CALL(get_stackid), EXIT}},
	{"comm", NULL,
	 {MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -16), MOV_IMM(R2, 16),
	  CALL(get_current_comm), LOAD(DW, R0, FP, -8), EXIT}},
	{"comm too long", "of the stack",
	 {MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -16), MOV_IMM(R2, 17),
	  CALL(get_current_comm), DONE}},
	{"comm of no size", "may be 0",
	 {MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -16), MOV_IMM(R2, 0),
	  CALL(get_current_comm), DONE}},
	{"comm over a pointer", "was not written",
	 {STORE(DW, FP, -16, R1), MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -16),
	  MOV_IMM(R2, 4), CALL(get_current_comm), LOAD(DW, R1, FP, -16),
	  LOAD(DW, R0, R1, 0), EXIT}},
	{"comm in the context", "writes to a pointer to the context",
	 {MOV_IMM(R2, 16), CALL(get_current_comm), DONE}},
	{"read of a variable size", NULL,
	 {LOAD(W, R2, R1, 0), ALU64_IMM(AND, R2, 15), MOV_REG(R1, FP),
	  ALU64_IMM(ADD, R1, -16), MOV_IMM(R3, 0), CALL(probe_read_user),
	  EXIT}},
	{"what it may not have written", "was not written",
	 {LOAD(W, R2, R1, 0), ALU64_IMM(AND, R2, 15), MOV_REG(R1, FP),
	  ALU64_IMM(ADD, R1, -16), MOV_IMM(R3, 0), CALL(probe_read_user),
	  LOAD(B, R0, FP, -16), EXIT}},
	{"read of a size too large", "of the stack",
	 {LOAD(W, R2, R1, 0), ALU64_IMM(AND, R2, 31), MOV_REG(R1, FP),
	  ALU64_IMM(ADD, R1, -16), MOV_IMM(R3, 0), CALL(probe_read_user),
	  EXIT}},
	{"read of any size", "without bounds",
	 {LOAD(DW, R2, R1, 0), MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -16),
	  MOV_IMM(R3, 0), CALL(probe_read_user), EXIT}},
	{"read of nothing to nowhere", NULL,
	 {MOV_IMM(R1, 0), MOV_IMM(R2, 0), MOV_IMM(R3, 0),
	  CALL(probe_read_user), EXIT}},
	{"read to nowhere", "memory at a number",
	 {MOV_IMM(R1, 0), MOV_IMM(R2, 1), MOV_IMM(R3, 0),
	  CALL(probe_read_user), EXIT}},
	{"strncmp", NULL,
	 {STORE_IMM(DW, FP, -8, 0), STORE_IMM(DW, FP, -16, 0),
	  MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -8), MOV_IMM(R2, 8),
	  MOV_REG(R3, FP), ALU64_IMM(ADD, R3, -16), CALL(strncmp), EXIT}},
	{"strncmp with a short one", "of the stack",
	 {STORE_IMM(DW, FP, -8, 0), STORE_IMM(DW, FP, -16, 0),
	  MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -16), MOV_IMM(R2, 16),
	  MOV_REG(R3, FP), ALU64_IMM(ADD, R3, -8), CALL(strncmp), EXIT}},
	{"strncmp with a number", "memory at a number",
	 {STORE_IMM(DW, FP, -8, 0), MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -8),
	  MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(strncmp), EXIT}},
	{"a signal's number is none", "where a number is needed",
	 {CALL(send_signal), EXIT}},

	/* subprograms */
	{"subprogram", NULL,
	 {MOV_IMM(R1, 3), CALL_SUB(1), EXIT, MOV_REG(R0, R1),
	  ALU64_IMM(ADD, R0, 1), EXIT}},
	{"subprogram without result", "r0 is read but was not set",
	 {MOV_IMM(R0, 3), CALL_SUB(1), EXIT, EXIT}},
	{"subprogram reads r6", "r6 is read but was not set",
	 {MOV_IMM(R6, 3), CALL_SUB(1), EXIT, MOV_REG(R0, R6), EXIT}},
	{"r6 survives", NULL,
	 {MOV_IMM(R6, 3), CALL_SUB(2), MOV_REG(R0, R6), EXIT, MOV_IMM(R6, 9),
	  EXIT}},
	{"r1 does not", "r1 is read but was not set",
	 {MOV_IMM(R1, 3), CALL_SUB(2), MOV_REG(R0, R1), EXIT, MOV_IMM(R0, 9),
	  EXIT}},
	{"stack handed down", NULL,
	 {MOV_REG(R1, FP), ALU64_IMM(ADD, R1, -8), CALL_SUB(2),
	  LOAD(DW, R0, FP, -8), EXIT, STORE_IMM(DW, R1, 0, 5), EXIT}},
	{"own stack returned", "returns a pointer to its own stack",
	 {CALL_SUB(2), MOV_IMM(R0, 0), EXIT, MOV_REG(R0, FP), EXIT}},
	{"own stack left behind", "in the caller's stack",
	 {MOV_REG(R1, FP), CALL_SUB(2), MOV_IMM(R0, 0), EXIT,
	  STORE(DW, R1, -8, FP), EXIT}},
	{"caller's stack too far", "at offset -520 of the stack",
	 {MOV_REG(R1, FP), CALL_SUB(2), MOV_IMM(R0, 0), EXIT,
	  STORE_IMM(DW, R1, -520, 0), EXIT}},
	{"stack of a subprogram is new", "was not written",
	 {STORE_IMM(DW, FP, -8, 0), CALL_SUB(1), EXIT, LOAD(DW, R0, FP, -8),
	  EXIT}},
	{"recursion", "nested more than 8 deep", {CALL_SUB(-1), EXIT}},
	{"subprogram out of the program", "no such subprogram",
	 {CALL_SUB(100), EXIT}},
	{"value returned by a subprogram", NULL,
	 {CALL_SUB(3), JMP_IMM(JEQ, R0, 0, 0), MOV_IMM(R0, 0), EXIT,
	  LOOKUP(HASH), EXIT}},

	/* callbacks */
	{"loop", NULL,
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, DONE}},
	{"loop that returns 2", "must return 0 or 1",
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, MOV_IMM(R0, 2), EXIT}},
	{"loop that returns nothing", "r0 is read",
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, EXIT}},
	{"loop with a number", "where a function is needed",
	 {MOV_IMM(R1, 10), MOV_IMM(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), EXIT}},
	{"loop with a context of 1", "point to the stack or to a map value",
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 1), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, DONE}},
	{"function read", "memory at a function",
	 {FUNC(R2, 2), LOAD(DW, R0, R2, 0), EXIT, DONE}},
	{"loop counts on the stack", NULL,
	 {STORE_IMM(DW, FP, -8, 0), MOV_IMM(R1, 10), FUNC(R2, 6),
	  MOV_REG(R3, FP), MOV_IMM(R4, 0), CALL(loop), LOAD(DW, R0, FP, -8),
	  EXIT, LOAD(DW, R1, R2, -8), ALU64_IMM(ADD, R1, 1),
	  STORE(DW, R2, -8, R1), DONE}},
	/* The first round sees 0, the others do not. */
	{"loop's index on the stack", "without bounds",
	 {STORE_IMM(DW, FP, -8, 0), STORE_IMM(DW, FP, -16, 0),
	  MOV_IMM(R1, 10), FUNC(R2, 6), MOV_REG(R3, FP), MOV_IMM(R4, 0),
	  CALL(loop), LOAD(DW, R0, FP, -8), EXIT, LOAD(DW, R1, R2, -8),
	  MOV_REG(R3, R2), ALU64_REG(ADD, R3, R1), STORE_IMM(B, R3, -16, 0),
	  ALU64_IMM(ADD, R1, 8), STORE(DW, R2, -8, R1), DONE}},
	{"after the loop nothing is known", "without bounds",
	 {STORE_IMM(DW, FP, -8, 0), MOV_IMM(R1, 10), FUNC(R2, 9),
	  MOV_REG(R3, FP), MOV_IMM(R4, 0), CALL(loop), LOAD(DW, R1, FP, -8),
	  MOV_REG(R3, FP), ALU64_REG(ADD, R3, R1), DONE,
	  STORE_IMM(DW, R2, -8, 4000), DONE}},
	{"loop's pointer on the stack", NULL,
	 {STORE(DW, FP, -8, R1), MOV_IMM(R1, 10), FUNC(R2, 7),
	  MOV_REG(R3, FP), MOV_IMM(R4, 0), CALL(loop), LOAD(DW, R1, FP, -8),
	  LOAD(DW, R0, R1, 0), EXIT, LOAD(DW, R1, R2, -8),
	  LOAD(DW, R0, R1, 0), DONE}},
	{"loop spoils a pointer", "was not written",
	 {STORE(DW, FP, -8, R1), MOV_IMM(R1, 10), FUNC(R2, 7),
	  MOV_REG(R3, FP), MOV_IMM(R4, 0), CALL(loop), LOAD(DW, R1, FP, -8),
	  LOAD(DW, R0, R1, 0), EXIT, STORE_IMM(DW, R2, -8, 64), DONE}},
	{"loop spoils its own pointer", "was not written",
	 {STORE(DW, FP, -8, R1), MOV_IMM(R1, 10), FUNC(R2, 6),
	  MOV_REG(R3, FP), MOV_IMM(R4, 0), CALL(loop), MOV_IMM(R0, 0), EXIT,
	  LOAD(DW, R1, R2, -8), LOAD(DW, R0, R1, 0),
	  STORE_IMM(DW, R2, -8, 64), DONE}},
	{"set in the loop only", "was not written",
	 {MOV_IMM(R1, 10), FUNC(R2, 6), MOV_REG(R3, FP), MOV_IMM(R4, 0),
	  CALL(loop), LOAD(DW, R0, FP, -8), EXIT, STORE_IMM(DW, R2, -8, 4),
	  DONE}},
	{"loop in a loop", NULL,
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_REG(R3, FP), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, MOV_REG(R3, R2), MOV_IMM(R1, 10), FUNC(R2, 5),
	  MOV_IMM(R4, 0), CALL(loop), DONE, STORE_IMM(DW, R2, -16, 1), DONE}},
	{"loop in itself", "nested more than 8 deep",
	 {MOV_IMM(R1, 10), FUNC(R2, -2), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), DONE}},
	{"endless body", "never end",
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, MOV_IMM(R0, 0), JUMP(-2), EXIT}},
	{"endless round a loop", "never end",
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), JUMP(-7), DONE}},
	{"index of a loop is bounded", NULL,
	 {MOV_IMM(R1, 10), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(loop), EXIT, MOV_REG(R6, R1), LOOKUP(SCRATCH),
	  JMP_IMM(JEQ, R0, 0, 3), ALU64_IMM(AND, R6, 511),
	  ALU64_REG(ADD, R0, R6), STORE_IMM(DW, R0, 0, 1), DONE}},
	{"for each", NULL,
	 {MAP(R1, HASH), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(for_each_map_elem), EXIT, LOAD(DW, R0, R2, 0),
	  LOAD(DW, R0, R3, 8), STORE_IMM(DW, R3, 0, 0), DONE}},
	{"for each, key behind", "at offset 8 of a map key",
	 {MAP(R1, HASH), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(for_each_map_elem), EXIT, LOAD(B, R0, R2, 8), DONE}},
	{"for each, key written", "writes to a pointer to a map key",
	 {MAP(R1, HASH), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(for_each_map_elem), EXIT, STORE_IMM(DW, R2, 0, 0), DONE}},
	{"for each, value behind", "at offset 16 of a map value",
	 {MAP(R1, HASH), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(for_each_map_elem), EXIT, LOAD(B, R0, R3, 16), DONE}},
	{"for each of a ring", "this kind of map",
	 {MAP(R1, RING), FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	  CALL(for_each_map_elem), EXIT, DONE}},
};

static size_t length(const struct rule *r)
{
	size_t n = COUNT(r->insns);
	static const struct bpf_insn none;

	while (n && !memcmp(&r->insns[n - 1], &none, sizeof(none)))
		n--;
	/* The second half of a constant may be all zeroes. */
	if (n && r->insns[n - 1].code == BPF_LD_IMM64 && n > 3)
		n++;
	return n;
}

static int verify(const struct bpf_insn *insns, size_t n, struct err *err)
{
	struct bpf_verify_opts opts = {maps, COUNT(maps), CTX_SIZE};
	struct bpf_insn *copy = malloc(n * sizeof(*copy));
	struct bpf_prog p = {copy, n};
	int rc;

	/* Of its own size, so that reading behind it is noticed. */
	memcpy(copy, insns, n * sizeof(*copy));
	rc = bpf_verify(&p, &opts, err);
	free(copy);
	return rc;
}

START_TEST(rule)
{
	const struct rule *r = &rules[_i];
	struct err err = {0};
	int rc = verify(r->insns, length(r), &err);

	if (!r->refused) {
		ck_assert_msg(!rc, "%s: refused: %s", r->name, err.text);
		return;
	}
	ck_assert_msg(rc == ERR_REFUSED, "%s: %s", r->name,
		      rc ? "wrong error" : "accepted");
	ck_assert_msg(strstr(err.text, r->refused), "%s: says: %s", r->name,
		      err.text);
}
END_TEST

START_TEST(limits)
{
	struct bpf_insn *many = calloc(BPF_INSNS_MAX + 1, sizeof(*many));
	struct err err = {0};

	ck_assert_int_eq(verify(many, 0, &err), ERR_REFUSED);
	for (int i = 0; i < BPF_INSNS_MAX; i++)
		many[i] = MOV_IMM(R0, i);
	many[BPF_INSNS_MAX - 1] = EXIT;
	ck_assert_msg(verify(many, BPF_INSNS_MAX, &err) == 0, "%s", err.text);
	many[BPF_INSNS_MAX - 1] = MOV_IMM(R0, 0);
	many[BPF_INSNS_MAX] = EXIT;
	ck_assert_int_eq(verify(many, BPF_INSNS_MAX + 1, &err), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.text, "65537 instructions"));
	free(many);
}
END_TEST

/* 200 ifs in a row, each of which leaves another number on the stack: more
 * paths than could ever be followed one by one. */
START_TEST(many_branches)
{
	enum { IFS = 200 };
	struct bpf_insn *p = calloc(IFS * 4 + 3, sizeof(*p)), *at = p;
	struct err err = {0};

	*at++ = STORE_IMM(DW, FP, -8, 0);
	for (int i = 0; i < IFS; i++) {
		*at++ = LOAD(DW, R2, R1, 0);
		*at++ = JMP_IMM(JEQ, R2, i, 1);
		*at++ = STORE_IMM(DW, FP, -8 * (1 + i % 60), i);
		*at++ = MOV_IMM(R3, i);
	}
	*at++ = LOAD(DW, R0, FP, -8);
	*at++ = EXIT;
	ck_assert_msg(verify(p, (size_t)(at - p), &err) == 0, "%s", err.text);
	free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf-verify");
	TCase *tc = tcase_create("rules");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, rule, 0, (int)COUNT(rules));
	tcase_add_test(tc, limits);
	tcase_add_test(tc, many_branches);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

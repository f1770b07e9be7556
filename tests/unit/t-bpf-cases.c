/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small programs that must be refused, each next to one that differs little
 * and must be accepted. Those that are accepted are run, on memory of just the
 * size that was promised. What the sentences say is t-bpf-verify's.
 */
#include "bpf-cases.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct sample {
	enum { REFUSED, ACCEPTED } verdict;
	const struct bpf_insn *insns;
	size_t ninsns;
};

#define P(...)                                                   \
	(const struct bpf_insn[]){__VA_ARGS__},                  \
		sizeof((const struct bpf_insn[]){__VA_ARGS__}) / \
			sizeof(struct bpf_insn)
#define RET0 MOVI(0, 0), EXIT
/* r0 = &value of a map's key 0 or NULL; 6 or 7 instructions */
#define LOOKUP(map)                                                      \
	ST(DW, 10, -8, 0), ST(DW, 10, -16, 0), MAP(1, map), MOVR(2, 10), \
		ALUI(ADD, 2, -16), CALL(map_lookup_elem)
/* the same; ends the program where there is none: 10 instructions */
#define VALUE(map) LOOKUP(map), JI(JNE, 0, 0, 1), EXIT

static const struct sample shapes[] = {
	{REFUSED, P(EXIT, INSN(BPF_LD_IMM64, 0, 0, 0, 0))},
	{REFUSED, P(MOVI(0, 0), JA(3), EXIT)},
	{REFUSED, P(MOVI(0, 0), JI(JEQ, 0, 0, -3), EXIT)},
	{REFUSED, P(JA(1), LD64(0, 0, 1, 1), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_JMP32 | BPF_OP_JA, 0, 0, 0, 1), EXIT)},
	{REFUSED, P(CALL_AT(8), EXIT)},
	{REFUSED, P(FUNC(1, 8), RET0)},
	{REFUSED, P(INSN(0xff, 0, 0, 0, 0), EXIT)},
	{REFUSED, P(INSN(0x8d, 0, 0, 0, 1), EXIT)},
	{REFUSED, P(INSN(0x20, 0, 0, 0, 1), EXIT)},
	{REFUSED, P(LDSX(DW, 0, 10, -8), EXIT)},
	{REFUSED, P(INSN(0xd3, 10, 0, -8, 0), EXIT)},
	{REFUSED, P(INSN(0xdf, 0, 0, 0, 16), EXIT)},
	{REFUSED, P(INSN(0x8f, 0, 0, 0, 0), EXIT)},
	{REFUSED, P(MOVR(11, 1), EXIT)},
	{REFUSED, P(MOVR(0, 15), EXIT)},
	{REFUSED, P(MOVI(10, 0), EXIT)},
	{REFUSED, P(ALUI(ADD, 10, 8), EXIT)},
	{REFUSED, P(LDX(DW, 10, 1, 0), EXIT)},
	{REFUSED, P(LD64(10, 0, 0, 0), EXIT)},
	{REFUSED, P(ST(DW, 10, -8, 0), ATOMIC(DW, BPF_XCHG, 10, -8, 10), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_JMP | BPF_OP_EXIT, 0, 0, 0, 1), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_ALU64 | BPF_OP_MOV, 0, 1, 0, 1), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_ALU64 | BPF_OP_ADD, 0, 0, 1, 1), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_LDX | BPF_MODE_MEM, 0, 1, 0, 1), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_JMP | BPF_OP_JA, 1, 0, 0, 0), EXIT)},
	{REFUSED, P(LD64(0, BPF_PSEUDO_MAP_IDX, 0, 1), EXIT)},
	{REFUSED, P(INSN(BPF_LD_IMM64, 0, 0, 0, 0), MOVI(0, 0), EXIT)},
	{REFUSED, P(LD64(0, 1, 0, 0), EXIT)},
	{REFUSED, P(MAP(0, 6), EXIT)},
	{REFUSED, P(MAP(0, -1), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_JMP | BPF_OP_CALL, 0, 0, 0, 4242), EXIT)},
	{REFUSED, P(INSN(BPF_CLASS_JMP | BPF_OP_CALL, 0, 2, 0, 1), EXIT)},
	{REFUSED, P(MOVI(0, 0), ALUI(LSH, 0, 64), EXIT)},
	{REFUSED, P(MOVI(0, 0), ALUI32(RSH, 0, 32), EXIT)},
	{REFUSED, P(INSN(0xd4, 0, 0, 0, 8), EXIT)},
	{REFUSED, P(INSN(0xbf, 0, 1, 7, 0), EXIT)},
	{REFUSED, P(INSN(0xbc, 0, 1, 32, 0), EXIT)},
	{REFUSED, P(ATOMIC(DW, 2, 10, -8, 0), EXIT)},
	{REFUSED, P(MOVI(0, 0))},
	{REFUSED, P(EXIT, JI(JEQ, 0, 0, -2))},
	{REFUSED, P(EXIT, LD64(0, 0, 1, 1))},
	{ACCEPTED, P(RET0)},
	{ACCEPTED, P(JA(1), EXIT, MOVI(0, 1), JA(-3))},
	{ACCEPTED,
	 P(MOVI(0, 5), INSN(0xd4, 0, 0, 0, 16), INSN(0xdc, 0, 0, 0, 64),
	   INSN(0xd7, 0, 0, 0, 32), ALUI(NEG, 0, 0), EXIT)},
};

static const struct sample registers[] = {
	{REFUSED, P(EXIT)},
	{REFUSED, P(MOVR(0, 2), EXIT)},
	{REFUSED, P(ALUI(ADD, 0, 1), EXIT)},
	{REFUSED, P(JI(JEQ, 3, 0, 0), RET0)},
	{REFUSED, P(JR(JEQ, 1, 3, 0), RET0)},
	{REFUSED, P(CALL(ktime_get_ns), MOVR(0, 1), EXIT)},
	{REFUSED, P(CALL_AT(2), EXIT, EXIT, MOVR(0, 6), EXIT)},
	{REFUSED, /* set on one side only */
	 P(LDX(DW, 2, 1, 0), JI(JEQ, 2, 0, 1), MOVI(4, 1), MOVR(0, 4), EXIT)},
	{REFUSED, P(MOVI(2, 0), LDX(DW, 0, 2, 0), EXIT)},
	{REFUSED, P(MAP(2, 0), LDX(DW, 0, 2, 0), EXIT)},
	{REFUSED, P(MAP(2, 0), ALUI(ADD, 2, 8), RET0)},
	{REFUSED, /* half of a pointer is a number */
	 P(ALUR32(MOV, 2, 1), LDX(DW, 0, 2, 0), EXIT)},
	{REFUSED, P(ALUI(MUL, 1, 1), LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, P(ALUI32(ADD, 1, 0), LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, P(ALUR(SUB, 1, 10), LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, P(MOVI(2, 0), ALUR(SUB, 2, 1), LDX(DW, 0, 2, 0), EXIT)},
	{ACCEPTED, P(CALL(ktime_get_ns), MOVR(6, 0), CALL(ktime_get_ns),
		     ALUR(SUB, 0, 6), EXIT)},
	{ACCEPTED, P(MOVI(6, 8), ALUR(ADD, 6, 1), LDX(DW, 0, 6, 8), EXIT)},
};

static const struct sample context[] = {
	{REFUSED, P(LDX(DW, 0, 1, 168), EXIT)},
	{REFUSED, P(LDX(DW, 0, 1, -8), EXIT)},
	{REFUSED, P(LDX(DW, 0, 1, 4), EXIT)},
	{REFUSED, P(LDX(H, 0, 1, 1), EXIT)},
	{REFUSED, P(ST(DW, 1, 0, 0), RET0)},
	{REFUSED, P(MOVI(0, 1), ATOMIC(DW, BPF_OP_ADD, 1, 0, 0), EXIT)},
	{REFUSED, P(LDX(DW, 2, 1, 0), ALUR(ADD, 1, 2), LDX(B, 0, 1, 0), EXIT)},
	{REFUSED, P(LDX(DW, 2, 1, 0), ALUI(AND, 2, 7), ALUR(ADD, 1, 2),
		    LDX(W, 0, 1, 0), EXIT)},
	{ACCEPTED, P(LDX(DW, 0, 1, 160), EXIT)},
	{ACCEPTED, P(LDX(B, 0, 1, 167), EXIT)},
	{ACCEPTED, P(LDSX(W, 0, 1, 4), EXIT)},
	{REFUSED, P(LDX(DW, 2, 1, 0), ALUI(AND, 2, 8), ALUR(ADD, 1, 2),
		    LDX(W, 0, 1, 0), EXIT)},
};

static const struct sample stack[] = {
	{REFUSED, P(LDX(DW, 0, 10, -8), EXIT)},
	{REFUSED, P(ST(W, 10, -8, 0), LDX(DW, 0, 10, -8), EXIT)},
	{REFUSED, P(ST(DW, 10, -520, 0), RET0)},
	{REFUSED, P(ST(DW, 10, -4, 0), RET0)},
	{REFUSED, P(ST(B, 10, 0, 0), RET0)},
	{REFUSED, /* a pointer that was written over */
	 P(STX(DW, 10, -8, 1), ST(B, 10, -8, 0), LDX(DW, 1, 10, -8),
	   LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, /* or half of one */
	 P(STX(DW, 10, -8, 1), LDX(W, 1, 10, -8), LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, /* or over which something may be written */
	 P(STX(DW, 10, -8, 1), ST(DW, 10, -16, 0), LDX(DW, 2, 1, 0),
	   ALUI(AND, 2, 15), MOVR(3, 10), ALUI(SUB, 3, 16), ALUR(ADD, 3, 2),
	   ST(B, 3, 0, 1), LDX(DW, 1, 10, -8), LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, /* somewhere written is not set */
	 P(ST(DW, 10, -8, 0), LDX(DW, 2, 1, 0), ALUI(AND, 2, 15), MOVR(3, 10),
	   ALUI(SUB, 3, 16), ALUR(ADD, 3, 2), ST(B, 3, 0, 1),
	   LDX(DW, 0, 10, -16), EXIT)},
	{REFUSED, /* read somewhere */
	 P(ST(DW, 10, -8, 0), LDX(DW, 2, 1, 0), ALUI(AND, 2, 15), MOVR(3, 10),
	   ALUI(SUB, 3, 16), ALUR(ADD, 3, 2), LDX(B, 0, 3, 0), EXIT)},
	{REFUSED, P(LDX(DW, 2, 1, 0), ALUI(AND, 2, 15), MOVR(3, 10),
		    ALUI(SUB, 3, 8), ALUR(ADD, 3, 2), ST(B, 3, 0, 1), RET0)},
	{REFUSED, P(ST(DW, 10, -16, 0), ST(DW, 10, -8, 0), MOVI(0, 0),
		    ATOMIC(DW, BPF_OP_ADD, 10, -12, 0), EXIT)},
	{REFUSED, P(MOVI(0, 0), ATOMIC(DW, BPF_OP_ADD, 10, -8, 0), EXIT)},
	{REFUSED, P(ST(DW, 10, -8, 0), MOVI(2, 0),
		    ATOMIC(DW, BPF_CMPXCHG, 10, -8, 2), EXIT)},
	{REFUSED,
	 P(ST(DW, 10, -8, 0), ATOMIC(DW, BPF_OP_ADD, 10, -8, 5), RET0)},
	{REFUSED, P(STX(DW, 10, -8, 5), RET0)},
	{REFUSED, /* atomically changed */
	 P(STX(DW, 10, -8, 1), MOVI(0, 8), ATOMIC(DW, BPF_OP_ADD, 10, -8, 0),
	   LDX(DW, 1, 10, -8), LDX(DW, 0, 1, 0), EXIT)},
	{REFUSED, /* a pointer into a frame that is gone */
	 P(CALL_AT(2), LDX(DW, 0, 0, -8), EXIT, ST(DW, 10, -8, 1), MOVR(0, 10),
	   EXIT)},
	{REFUSED, /* the same by way of the caller's stack */
	 P(MOVR(1, 10), CALL_AT(3), LDX(DW, 0, 10, -8), LDX(DW, 0, 0, -8), EXIT,
	   ST(DW, 10, -8, 1), STX(DW, 1, -8, 10), RET0)},
	{ACCEPTED,
	 P(ST(W, 10, -8, 0), ST(W, 10, -4, 0), LDX(DW, 0, 10, -8), EXIT)},
	{ACCEPTED,
	 P(STX(DW, 10, -8, 1), LDX(DW, 2, 10, -8), LDX(DW, 0, 2, 0), EXIT)},
	{ACCEPTED,
	 P(STX(DW, 10, -512, 1), LDX(DW, 2, 10, -512), LDX(DW, 0, 2, 0), EXIT)},
	{ACCEPTED, P(MOVI(0, 1), ST(DW, 10, -8, 0),
		     ATOMIC(DW, BPF_OP_ADD | BPF_FETCH, 10, -8, 0), EXIT)},
	{ACCEPTED, /* a number survives on the stack */
	 P(ST(DW, 10, -16, 0), ST(DW, 10, -24, 0), LDX(DW, 2, 1, 0),
	   ALUI(AND, 2, 15), STX(DW, 10, -8, 2), LDX(DW, 3, 10, -8),
	   MOVR(4, 10), ALUI(SUB, 4, 24), ALUR(ADD, 4, 3), LDX(B, 0, 4, 0),
	   EXIT)},
	{ACCEPTED, /* a function reads its caller's stack */
	 P(ST(DW, 10, -8, 7), MOVR(1, 10), CALL_AT(1), EXIT, LDX(DW, 0, 1, -8),
	   EXIT)},
	{ACCEPTED, /* sets it */
	 P(MOVR(1, 10), CALL_AT(2), LDX(DW, 0, 10, -8), EXIT, ST(DW, 1, -8, 7),
	   RET0)},
};

static const struct sample values[] = {
	{REFUSED, P(LOOKUP(M_HASH), LDX(DW, 0, 0, 0), EXIT)},
	{REFUSED, P(LOOKUP(M_HASH), ALUI(ADD, 0, 8), RET0)},
	{REFUSED,
	 P(LOOKUP(M_HASH), JI(JEQ, 0, 0, 1), EXIT, LDX(DW, 0, 0, 0), EXIT)},
	{REFUSED, P(VALUE(M_HASH), LDX(DW, 0, 0, 16), EXIT)},
	{REFUSED, P(VALUE(M_HASH), LDX(DW, 0, 0, 9), EXIT)},
	{REFUSED, P(VALUE(M_HASH), LDX(B, 0, 0, -1), EXIT)},
	{REFUSED,
	 P(VALUE(M_HASH), MOVI(1, 1), ATOMIC(W, BPF_OP_ADD, 0, 2, 1), EXIT)},
	{REFUSED, /* one too many */
	 P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), JI(JGT, 2, 8, 4), ALUI(LSH, 2, 3),
	   ALUR(ADD, 0, 2), LDX(DW, 0, 0, 0), EXIT, RET0)},
	{REFUSED, /* signed comparison of an index only */
	 P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), JI(JSGE, 2, 8, 4), ALUI(LSH, 2, 3),
	   ALUR(ADD, 0, 2), LDX(DW, 0, 0, 0), EXIT, RET0)},
	{REFUSED, /* the wrong side of the comparison */
	 P(VALUE(M_ARRAY), LDX(W, 2, 0, 0), JI(JLT, 2, 8, 3), ALUR(ADD, 0, 2),
	   LDX(B, 0, 0, 0), EXIT, RET0)},
	{REFUSED, P(LOOKUP(M_RING), RET0)},
	{REFUSED, P(LOOKUP(M_STACKS), RET0)},
	{ACCEPTED, P(VALUE(M_HASH), LDX(DW, 0, 0, 8), EXIT)},
	{ACCEPTED, P(VALUE(M_HASH), ST(DW, 0, 3, 8), MOVI(0, 0), EXIT)},
	{ACCEPTED, P(VALUE(M_HASH), MOVI(1, 1), ATOMIC(DW, BPF_OP_ADD, 0, 8, 1),
		     MOVI(0, 0), EXIT)},
	{ACCEPTED, /* a copy is known with it */
	 P(LOOKUP(M_HASH), MOVR(6, 0), STX(DW, 10, -24, 0), JI(JEQ, 6, 0, 3),
	   LDX(DW, 1, 10, -24), LDX(DW, 0, 0, 0), LDX(DW, 0, 1, 0), RET0)},
	{ACCEPTED,
	 P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), JI(JGE, 2, 8, 4), ALUI(LSH, 2, 3),
	   ALUR(ADD, 0, 2), LDX(DW, 0, 0, 0), EXIT, RET0)},
	{ACCEPTED, P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), ALUI(AND, 2, 7),
		     ALUI(MUL, 2, 8), ALUR(ADD, 0, 2), MOVI(1, 1),
		     ATOMIC(DW, BPF_OP_ADD, 0, 0, 1), MOVI(0, 0), EXIT)},
	{ACCEPTED, P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), ALUI(MOD, 2, 57),
		     ALUR(ADD, 0, 2), LDX(DW, 0, 0, 0), EXIT)},
	{ACCEPTED,
	 P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), MOVI(3, 8), JR(JGE, 2, 3, 4),
	   ALUI(LSH, 2, 3), ALUR(ADD, 0, 2), LDX(DW, 0, 0, 0), EXIT, RET0)},
	{ACCEPTED,
	 P(VALUE(M_ARRAY), LDX(W, 2, 0, 0), JI32(JGE, 2, 8, 4), ALUI(LSH, 2, 3),
	   ALUR(ADD, 0, 2), LDX(DW, 0, 0, 0), EXIT, RET0)},
	{ACCEPTED, P(VALUE(M_ARRAY), LDX(DW, 2, 0, 0), JI(JSGE, 2, 8, 5),
		     JI(JSLT, 2, 0, 4), ALUI(LSH, 2, 3), ALUR(ADD, 0, 2),
		     LDX(DW, 0, 0, 0), EXIT, RET0)},
	{ACCEPTED, P(VALUE(M_SCRATCH), ST(DW, 0, 4088, 1), MOVI(0, 0), EXIT)},
};

#define KEY_AT(n) MOVR(2, 10), ALUI(ADD, 2, -(n))
static const struct sample helpers[] = {
	{REFUSED, P(CALL(get_prandom_u32), CALL(map_lookup_elem), EXIT)},
	{REFUSED, P(KEY_AT(8), CALL(map_lookup_elem), EXIT)},
	{REFUSED, P(MAP(1, M_HASH), KEY_AT(8), CALL(map_lookup_elem), EXIT)},
	{REFUSED, P(ST(DW, 10, -8, 0), MAP(1, M_BIG), KEY_AT(8),
		    CALL(map_lookup_elem), EXIT)},
	{REFUSED, P(MAP(1, M_HASH), MOVI(2, 0), CALL(map_lookup_elem), EXIT)},
	{REFUSED, /* the value */
	 P(ST(DW, 10, -8, 0), MAP(1, M_HASH), KEY_AT(8), MOVR(3, 10),
	   ALUI(ADD, 3, -24), MOVI(4, 0), CALL(map_update_elem), EXIT)},
	{REFUSED, P(ST(DW, 10, -8, 0), ST(DW, 10, -16, 0), MAP(1, M_HASH),
		    KEY_AT(8), MOVR(3, 10), ALUI(ADD, 3, -16), MOVR(4, 10),
		    CALL(map_update_elem), EXIT)},
	{REFUSED,
	 P(MOVI(1, 0), MAP(2, M_STACKS), MOVI(3, 0), CALL(get_stackid), EXIT)},
	{REFUSED, P(ALUI(ADD, 1, 8), MAP(2, M_STACKS), MOVI(3, 0),
		    CALL(get_stackid), EXIT)},
	{REFUSED, P(MAP(2, M_HASH), MOVI(3, 0), CALL(get_stackid), EXIT)},
	{REFUSED, P(ST(DW, 10, -8, 0), MAP(1, M_HASH), KEY_AT(8), MOVI(3, 8),
		    MOVI(4, 0), CALL(ringbuf_output), EXIT)},
	{REFUSED,
	 P(LDX(DW, 2, 1, 0), MOVR(1, 10), CALL(get_current_comm), EXIT)},
	{REFUSED, P(LDX(B, 2, 1, 0), MOVR(1, 10), ALUI(ADD, 1, -256),
		    CALL(get_current_comm), EXIT)},
	{REFUSED, P(MOVR(1, 10), ALUI(ADD, 1, -8), MOVI(2, 9),
		    CALL(get_current_comm), EXIT)},
	{REFUSED, P(MOVR(1, 10), CALL(get_current_comm), EXIT)},
	{REFUSED, P(MOVR(2, 10), MOVR(1, 10), CALL(get_current_comm), EXIT)},
	{REFUSED, P(MOVI(2, 8), CALL(get_current_comm), EXIT)},
	{REFUSED, P(LOOKUP(M_HASH), MOVR(1, 0), MOVI(2, 8),
		    CALL(get_current_comm), EXIT)},
	{REFUSED, /* perhaps nothing is read */
	 P(LDX(B, 2, 1, 0), MOVR(1, 10), ALUI(ADD, 1, -256), MOVI(3, 0),
	   CALL(probe_read_user), LDX(B, 0, 10, -256), EXIT)},
	{REFUSED, /* r3 of strncmp */
	 P(ST(DW, 10, -8, 0), MOVR(1, 10), ALUI(ADD, 1, -8), MOVI(2, 8),
	   MOVR(3, 10), ALUI(ADD, 3, -16), CALL(strncmp), EXIT)},
	{REFUSED, P(ST(DW, 10, -8, 0), MOVR(1, 10), ALUI(ADD, 1, -8),
		    MOVI(2, 8), MOVI(3, 0), CALL(strncmp), EXIT)},
	{REFUSED, /* ANY */
	 P(MOVI(2, 0), CALL(ktime_get_ns), MOVR(2, 10), MOVI(3, 0),
	   CALL(probe_write_user), EXIT)},
	{REFUSED, /* written to someone from the context */
	 P(MOVR(2, 1), MOVI(1, 0), MOVI(3, 169), CALL(probe_write_user), EXIT)},
	{REFUSED, /* the number of another lookup's pointer */
	 P(VALUE(M_HASH), MOVR(6, 0), LOOKUP(M_HASH), LDX(DW, 0, 0, 0), EXIT)},
	{ACCEPTED, P(ST(DW, 10, -8, 0), ST(DW, 10, -16, 0), MAP(1, M_HASH),
		     KEY_AT(8), MOVR(3, 10), ALUI(ADD, 3, -16), MOVI(4, 0),
		     CALL(map_update_elem), EXIT)},
	{ACCEPTED, /* key and value in another map's value */
	 P(VALUE(M_ARRAY), MOVR(2, 0), MOVR(3, 0), ALUI(ADD, 3, 48),
	   MAP(1, M_HASH), MOVI(4, 0), CALL(map_update_elem), EXIT)},
	{REFUSED, /* and one byte behind it */
	 P(VALUE(M_ARRAY), MOVR(2, 0), MOVR(3, 0), ALUI(ADD, 3, 49),
	   MAP(1, M_HASH), MOVI(4, 0), CALL(map_update_elem), EXIT)},
	{ACCEPTED, P(MOVR(1, 10), ALUI(ADD, 1, -16), MOVI(2, 16),
		     CALL(get_current_comm), LDX(DW, 0, 10, -16), EXIT)},
	{ACCEPTED,
	 P(LDX(DW, 3, 1, 0), MOVR(1, 10), ALUI(ADD, 1, -512), MOVR(2, 3),
	   ALUI(AND, 2, 511), CALL(probe_read_user_str), EXIT)},
	{ACCEPTED,
	 P(VALUE(M_SCRATCH), MOVR(1, 0), LDX(DW, 2, 0, 0), JI(JGT, 2, 4096, 2),
	   MOVI(3, 0), CALL(probe_read_user), RET0)},
	{ACCEPTED, P(MAP(2, M_STACKS), MOVI(3, 0), CALL(get_stackid), EXIT)},
	{ACCEPTED,
	 P(MAP(1, M_RING), MOVR(2, 10), ALUI(ADD, 2, -8), ST(DW, 10, -8, 1),
	   MOVI(3, 8), MOVI(4, 0), CALL(ringbuf_output), EXIT)},
	{ACCEPTED, P(ST(DW, 10, -8, 0), MOVR(1, 10), ALUI(ADD, 1, -8),
		     MOVI(2, 8), MOVR(3, 1), CALL(strncmp), EXIT)},
	{ACCEPTED, P(MOVI(1, 16), MOVR(2, 10), ALUI(ADD, 2, -8), MOVI(3, 8),
		     CALL(upd_comm_of), LDX(DW, 0, 10, -8), EXIT)},
	/* What is appended to is read, and what it was is forgotten. */
	{ACCEPTED, P(ST(DW, 10, -8, 65), MOVR(1, 10), ALUI(ADD, 1, -8),
		     MOVI(2, 8), MOVR(3, 1), MOVI(4, 8), CALL(upd_str_append),
		     LDX(DW, 0, 10, -8), EXIT)},
	{REFUSED, P(ST(DW, 10, -16, 65), MOVR(1, 10), ALUI(ADD, 1, -8),
		    MOVI(2, 8), MOVR(3, 10), ALUI(ADD, 3, -16), MOVI(4, 8),
		    CALL(upd_str_append), RET0)},
	{REFUSED, P(STX(DW, 10, -8, 10), MOVR(1, 10), ALUI(ADD, 1, -8),
		    MOVI(2, 8), ST(DW, 10, -16, 65), MOVR(3, 10),
		    ALUI(ADD, 3, -16), MOVI(4, 8), CALL(upd_str_append),
		    LDX(DW, 1, 10, -8), LDX(DW, 0, 1, -16), EXIT)},
	{ACCEPTED, P(MAP(1, M_HASH), MOVI(2, 1), MOVI(3, 2), MOVI(4, 3),
		     CALL(upd_print_map), EXIT)},
};

static const struct sample loops[] = {
	{REFUSED, P(JA(-1), EXIT)},
	{REFUSED, P(MOVI(0, 0), JA(-2), EXIT)},
	{REFUSED, P(LDX(DW, 2, 1, 0), JI(JNE, 2, 0, -2), RET0)},
	{REFUSED, P(MOVI(2, 0), ALUI(ADD, 2, 1), JA(-2), EXIT)},
	{REFUSED, P(CALL_AT(-1), EXIT)},
	{REFUSED, P(CALL_AT(1), EXIT, MOVI(0, 0), CALL_AT(-2), EXIT)},
	{ACCEPTED, P(MOVI(2, 0), ALUI(ADD, 2, 1), JI(JLT, 2, 100, -2), RET0)},
	{ACCEPTED, P(LDX(DW, 2, 1, 0), ALUI(AND, 2, 63), JI(JEQ, 2, 0, 2),
		     ALUI(SUB, 2, 1), JA(-3), RET0)},
	{ACCEPTED, P(CALL_AT(2), CALL_AT(1), EXIT, RET0)},
	{ACCEPTED,
	 P(CALL_AT(1), EXIT, CALL_AT(1), EXIT, CALL_AT(1), EXIT, CALL_AT(1),
	   EXIT, CALL_AT(1), EXIT, CALL_AT(1), EXIT, RET0)},
};

/* for (10 times) CALLBACK; r0 = *(r10 - 8): the callback is at 9. */
#define LOOP(ctx)                                                    \
	ST(DW, 10, -8, 0), MOVI(1, 10), FUNC(2, 6), ctx, MOVI(4, 0), \
		CALL(loop), LDX(DW, 0, 10, -8), EXIT
#define EACH(map, ctx)                                               \
	ST(DW, 10, -8, 0), MAP(1, map), FUNC(2, 5), ctx, MOVI(4, 0), \
		CALL(for_each_map_elem), EXIT
static const struct sample callbacks[] = {
	{REFUSED,
	 P(MOVI(1, 1), MOVI(2, 0), MOVI(3, 0), MOVI(4, 0), CALL(loop), EXIT)},
	{REFUSED, P(LOOP(MOVI(3, 1)), RET0)},
	{REFUSED, P(LOOP(MOVR(3, 1)), RET0)},
	{REFUSED, P(LOOP(MOVR(3, 10)), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), MOVR(0, 10), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), MOVR(0, 3), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), MOVR(0, 6), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), LDX(DW, 0, 2, -16), EXIT)},
	{REFUSED, /* its own */
	 P(LOOP(MOVR(3, 10)), LDX(DW, 0, 10, -8), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), ST(DW, 2, 0, 1), RET0)},
	{REFUSED, /* what the index counts to */
	 P(LOOP(MOVR(3, 10)), ALUR(SUB, 2, 1), ST(B, 2, -1, 1), RET0)},
	{REFUSED, /* 0 as context */
	 P(LOOP(MOVI(3, 0)), LDX(DW, 0, 2, 0), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), MOVI(1, 1), FUNC(2, -2), MOVI(3, 0),
		    MOVI(4, 0), CALL(loop), EXIT)},
	{REFUSED, P(LOOP(MOVR(3, 10)), JA(-1))},
	{REFUSED, P(LOOP(MOVR(3, 10)), MOVI(0, 0), JA(-2))},
	{REFUSED, P(EACH(M_HASH, MOVI(3, 0)), LDX(DW, 0, 2, 8), EXIT)},
	{REFUSED, P(EACH(M_HASH, MOVI(3, 0)), ST(DW, 2, 0, 0), RET0)},
	{REFUSED, P(EACH(M_HASH, MOVI(3, 0)), LDX(DW, 0, 3, 16), EXIT)},
	{REFUSED, P(EACH(M_RING, MOVI(3, 0)), RET0)},
	{ACCEPTED, P(LOOP(MOVR(3, 10)), LDX(DW, 0, 2, -8), ALUR(ADD, 0, 1),
		     STX(DW, 2, -8, 0), RET0)},
	{ACCEPTED, P(LOOP(MOVI(3, 0)), MOVR(0, 1), ALUI(AND, 0, 1), EXIT)},
	{ACCEPTED,
	 P(EACH(M_HASH, MOVR(3, 10)), LDX(DW, 0, 2, 0), LDX(DW, 1, 3, 8),
	   ALUR(ADD, 0, 1), STX(DW, 4, -8, 0), ST(DW, 3, 0, 1), RET0)},
	{ACCEPTED, /* an entry's key for another map */
	 P(EACH(M_HASH, MOVR(3, 10)), MAP(1, M_HASH), CALL(map_lookup_elem),
	   JI(JEQ, 0, 0, 1), ST(DW, 0, 8, 1), RET0)},
};

/* What a callback changes in its caller's frame, in all rounds. */
static const struct sample rounds[] = {
	{REFUSED, /* it writes over a pointer */
	 P(STX(DW, 10, -16, 1), ST(DW, 10, -8, 0), MOVI(1, 10), FUNC(2, 7),
	   MOVR(3, 10), MOVI(4, 0), CALL(loop), LDX(DW, 1, 10, -16),
	   LDX(DW, 0, 1, 0), EXIT, /* 11: */ ST(DW, 2, -16, 1), RET0)},
	{REFUSED, /* that it uses itself */
	 P(STX(DW, 10, -16, 1), ST(DW, 10, -8, 0), MOVI(1, 10), FUNC(2, 7),
	   MOVR(3, 10), MOVI(4, 0), CALL(loop), LDX(DW, 1, 10, -16), RET0,
	   /* 11: */ LDX(DW, 3, 2, -16), LDX(DW, 0, 3, 0), ST(DW, 2, -16, 1),
	   RET0)},
	{REFUSED, /* an index that every round adds to */
	 P(MOVR(6, 10), ALUI(ADD, 6, -8), ST(DW, 10, -8, 0), MOVI(1, 10),
	   FUNC(2, 8), MOVR(3, 10), MOVI(4, 0), CALL(loop), LDX(DW, 0, 10, -8),
	   ALUR(ADD, 6, 0), LDX(B, 0, 6, 0), EXIT, /* 13: */ LDX(DW, 0, 2, -8),
	   ALUI(ADD, 0, 1), STX(DW, 2, -8, 0), RET0)},
	{REFUSED, /* without any round */
	 P(ST(DW, 10, -8, 0), MOVI(1, 10), FUNC(2, 6), MOVR(3, 10), MOVI(4, 0),
	   CALL(loop), LDX(DW, 0, 10, -16), EXIT, /* 9: */ ST(DW, 2, -16, 1),
	   RET0)},
	{REFUSED, /* a loop whose counter a callback sets back */
	 P(ST(DW, 10, -8, 0), MOVI(1, 1), FUNC(2, 10), MOVR(3, 10), MOVI(4, 0),
	   CALL(loop), LDX(DW, 6, 10, -8), ALUI(ADD, 6, 1), STX(DW, 10, -8, 6),
	   JI(JLT, 6, 10, -10), RET0, /* 13: */ ST(DW, 2, -8, 0), RET0)},
	{ACCEPTED, /* the pointer remains when others are written */
	 P(STX(DW, 10, -16, 1), ST(DW, 10, -8, 0), MOVI(1, 10), FUNC(2, 7),
	   MOVR(3, 10), MOVI(4, 0), CALL(loop), LDX(DW, 1, 10, -16),
	   LDX(DW, 0, 1, 0), EXIT, /* 11: */ LDX(DW, 3, 2, -16),
	   LDX(DW, 0, 3, 0), STX(DW, 2, -8, 0), RET0)},
	{ACCEPTED, /* the index masked */
	 P(MOVR(6, 10), ALUI(ADD, 6, -8), ST(DW, 10, -8, 0), MOVI(1, 10),
	   FUNC(2, 9), MOVR(3, 10), MOVI(4, 0), CALL(loop), LDX(DW, 0, 10, -8),
	   ALUI(AND, 0, 7), ALUR(ADD, 6, 0), LDX(B, 0, 6, 0), EXIT,
	   /* 14: */ LDX(DW, 0, 2, -8), ALUI(ADD, 0, 1), STX(DW, 2, -8, 0),
	   RET0)},
	{ACCEPTED, /* one in the other, each round of which begins the same */
	 P(LOOP(MOVR(3, 10)), MOVR(6, 2), ST(DW, 2, -8, 0), MOVI(1, 5),
	   FUNC(2, 7), MOVR(3, 6), MOVI(4, 0), CALL(loop), ST(DW, 6, -8, 7),
	   RET0, /* 20: */ LDX(DW, 0, 2, -8), ALUI(ADD, 0, 1),
	   STX(DW, 2, -8, 0), RET0)},
	{ACCEPTED, /* a loop around it */
	 P(MOVI(6, 0), ST(DW, 10, -8, 0), MOVI(1, 9), FUNC(2, 8), MOVR(3, 10),
	   MOVI(4, 0), CALL(loop), ALUI(ADD, 6, 1), JI(JLT, 6, 10, -8), RET0,
	   /* 12: */ LDX(DW, 0, 2, -8), STX(DW, 2, -8, 1), RET0)},
};

static void run_samples(const struct sample *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_prog p = {(struct bpf_insn *)(uintptr_t)s[i].insns,
				     s[i].ninsns};
		struct err err = {0};
		int rc = bpf_verify(&p, &test_opts, &err);

		if (s[i].verdict == REFUSED) {
			ck_assert_msg(rc == ERR_REFUSED,
				      "sample %zu is accepted", i);
			ck_assert_int_eq(err.code, rc);
			continue;
		}
		ck_assert_msg(!rc, "sample %zu: %s", i, err.text);
		for (uint64_t seed = 0; seed < 8; seed++)
			test_run(&p, seed);
	}
}

#define SAMPLES(name)                                              \
	START_TEST(samples_##name)                                 \
	{                                                          \
		run_samples(name, sizeof(name) / sizeof(*(name))); \
	}                                                          \
	END_TEST

SAMPLES(shapes)
SAMPLES(registers)
SAMPLES(context)
SAMPLES(stack)
SAMPLES(values)
SAMPLES(helpers)
SAMPLES(loops)
SAMPLES(callbacks)
SAMPLES(rounds)

int main(void)
{
	Suite *s = suite_create("bpf-cases");
	TCase *t = tcase_create("cases");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, samples_shapes);
	tcase_add_test(t, samples_registers);
	tcase_add_test(t, samples_context);
	tcase_add_test(t, samples_stack);
	tcase_add_test(t, samples_values);
	tcase_add_test(t, samples_helpers);
	tcase_add_test(t, samples_loops);
	tcase_add_test(t, samples_callbacks);
	tcase_add_test(t, samples_rounds);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}

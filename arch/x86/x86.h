/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of arch/x86 alone: what is remembered of a decoded
 * instruction, and the two register files.
 */
#ifndef UPD_X86_H
#define UPD_X86_H

#include "arch.h"

/* What an instruction does, as far as slots and emulation care. Where there
 * are three of a kind (REL, REG, MEM), operands say which. */
enum x86_op {
	X86_COPY, /* runs anywhere, goes on behind itself */
	X86_NOP,
	X86_PUSH_REG,
	X86_PUSH_IMM,
	X86_PUSH_MEM,
	X86_POP_REG,
	X86_CALL_REL,
	X86_CALL_REG,
	X86_CALL_MEM,
	X86_JMP_REL,
	X86_JMP_REG,
	X86_JMP_MEM,
	X86_JCC,
	X86_LOOP, /* loopne, loope, loop, jrcxz: cc is opcode - 0xe0 */
	X86_RET,
	X86_LEAVE,
	X86_LEA,
	X86_MOV,
	X86_ADD,
	X86_SUB,
	X86_CMP,
	X86_AND,
	X86_OR,
	X86_XOR,
	X86_TEST,
	X86_INC,
	X86_DEC,
	X86_PUSHF,
	X86_SYSCALL, /* 64-bit: leaves the address behind it in rcx */
};

enum { X86_RSP = 4, X86_RBP = 5, X86_RCX = 1 };

/* Registers are numbered as in machine code; these are not registers. */
enum { X86_RIP = 16, X86_IMM = 17, X86_NONE = 18 };

enum { X86_SEG_FLAT, X86_SEG_FS, X86_SEG_GS };

enum {
	X86_REP = 1 << 0, /* repeats: stays where it is after one step */
};

struct x86_insn {
	uint8_t op;
	uint8_t word;  /* 8, 4: of the ABI */
	uint8_t size;  /* of the operand, bytes */
	uint8_t asize; /* of addresses and of loop's counter, bytes */
	uint8_t dst, src;
	uint8_t cc;
	uint8_t flags;
	uint8_t base, index, scale, seg; /* memory operand */
	uint8_t disp_off;  /* of the disp32 relative to the pc; 0: none */
	uint8_t modrm_off; /* of the ModRM byte of an indirect call */
	int64_t disp;
	uint64_t imm; /* immediate; target of a relative branch */
};

/* How the register set of an ABI lies in struct regs. */
struct x86_abi {
	uint8_t word;
	uint16_t gpr[16]; /* by machine number */
	uint16_t ip, flags, orig_ax;
};

enum {
	X86_64_REGS = 27 * 8,
	I386_REGS = 17 * 4,
};

/* Flags. */
enum {
	X86_CF = 1 << 0,
	X86_PF = 1 << 2,
	X86_AF = 1 << 4,
	X86_ZF = 1 << 6,
	X86_SF = 1 << 7,
	X86_TF = 1 << 8,
	X86_OF = 1 << 11,
};

const struct x86_abi *x86_abi(const struct regs *regs);
uint64_t x86_load(const void *bytes, size_t size);
void x86_store(void *bytes, size_t size, uint64_t value);

/* Whole registers, by their offset in the set. */
uint64_t x86_get(const struct regs *regs, uint16_t offset);
void x86_put(struct regs *regs, uint16_t offset, uint64_t value);

/* Part of general register n, written as the processor does: 32 bits clear
 * the upper half, 16 bits keep the rest. */
uint64_t x86_gpr(const struct regs *regs, unsigned n, size_t size);
void x86_set_gpr(struct regs *regs, unsigned n, size_t size, uint64_t value);

struct x86_insn x86_insn(const struct plan *plan);

int x86_plan(unsigned word, uint64_t addr, const uint8_t *bytes, size_t n,
	     struct plan *ret_plan, struct err *err);

/* The rest of struct arch: the same functions for both, which see in regs or
 * in the plan which it is. */
int x86_slot_build(const struct plan *plan, uint64_t slot_addr,
		   struct slot_code *ret_code, struct err *err);
int x86_slot_leave(const struct plan *plan, const struct slot_code *code,
		   uint64_t slot_addr, struct regs *regs,
		   const struct arch_mem *mem);
int x86_emulate(const struct plan *plan, struct regs *regs,
		const struct arch_mem *mem);
int x86_before_step(const struct plan *plan, uint64_t slot_addr,
		    struct regs *regs, const struct arch_mem *mem);
int x86_after_step(const struct plan *plan, uint64_t slot_addr,
		   struct regs *regs, const struct arch_mem *mem,
		   enum step_result *ret);
int x86_return_addr(const struct regs *entry, const struct arch_mem *mem,
		    uint64_t *ret_addr);
bool x86_has_returned(const struct regs *entry, const struct regs *now);
uint64_t x86_pc(const struct regs *regs);
void x86_set_pc(struct regs *regs, uint64_t pc);
uint64_t x86_sp(const struct regs *regs);
uint64_t x86_retval(const struct regs *regs);
bool x86_gadgets_find64(struct arch_gadgets *g, uint64_t addr,
			const uint8_t *text, size_t len);
bool x86_gadgets_find32(struct arch_gadgets *g, uint64_t addr,
			const uint8_t *text, size_t len);
int64_t x86_waiting_call(const struct regs *regs, int64_t before);
bool x86_frame_back(const struct arch_gadgets *g, const struct regs *regs,
		    const struct arch_mem *mem);
size_t x86_frame_build(const struct arch_gadgets *g,
		       const struct arch_state *state, uint64_t at,
		       uint8_t *out, size_t max, struct regs *ret_regs);
bool x86_in_syscall(const struct regs *regs);
bool x86_restart(struct regs *regs, bool ours, uint64_t nr_close);
void x86_flow(const struct plan *plan, struct arch_flow *ret);
void x86_skip_call(const struct plan *plan, struct regs *regs, int64_t result);
const char *x86_syscall_name64(int64_t nr);
const char *x86_syscall_name32(int64_t nr);

#endif

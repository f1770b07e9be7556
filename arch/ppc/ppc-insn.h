/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the files that know PowerPC instructions: how one is found in the
 * table, and what is remembered of it in a plan.
 */
#ifndef UPD_PPC_INSN_H
#define UPD_PPC_INSN_H

#include "ppc.h"

enum { PPC_TRAP_WORD = 0x7fe00008 }; /* tw 31,0,0: the breakpoint */

/* What an instruction does, as far as slots and emulation care. */
enum ppc_op {
	PPC_COPY,     /* runs anywhere, goes on behind itself */
	PPC_B,
	PPC_BC,
	PPC_BCLR,
	PPC_BCCTR,
	PPC_BCTAR,
	PPC_SC,
	PPC_LARX,     /* makes a reservation */
	PPC_ADDPCIS,  /* adds to its own address */
	/* Emulated, where every processor of the ABI has it; the table's argument says what exactly. */
	PPC_LOAD,
	PPC_STORE,
	PPC_MULTIPLE,
	PPC_ADD,
	PPC_LOGIC,
	PPC_UNARY,
	PPC_SHIFT,
	PPC_ROTATE,
	PPC_ROTATE64,
	PPC_CMP,
	PPC_MUL,
	PPC_DIV,
	PPC_ISEL,
	PPC_CRLOGIC,
	PPC_MCRF,
	PPC_MFCR,
	PPC_MTCRF,
	PPC_MFSPR,
	PPC_MTSPR,
	/* Not probed. */
	PPC_STCX,    /* needs a reservation */
	PPC_REFUSED, /* why is in the entry's form */
};

/* Arguments of PPC_ADD: what is added to RA, and what else. */
enum {
	ADD_RB = 0,
	ADD_SI,
	ADD_SI16, /* shifted left by 16 */
	ADD_ZERO,
	ADD_ONES,
	ADD_Y = 7,
	ADD_NOT = 1 << 3,   /* to the complement of RA */
	ADD_PLUS1 = 1 << 4,
	ADD_PLUSCA = 1 << 5,
	ADD_CA = 1 << 6,    /* carry is set */
	ADD_RA0 = 1 << 7,   /* RA 0 is the number 0 */
};

/* Of PPC_LOGIC, with UI or UI << 16 for RB. */
enum {
	LOGIC_AND,
	LOGIC_OR,
	LOGIC_XOR,
	LOGIC_NAND,
	LOGIC_NOR,
	LOGIC_EQV,
	LOGIC_ANDC,
	LOGIC_ORC,
	LOGIC_OP = 7,
	LOGIC_UI = 1 << 3,
	LOGIC_UI16 = 1 << 4,
};

enum {
	UNARY_EXTSB,
	UNARY_EXTSH,
	UNARY_EXTSW,
	UNARY_CNTLZW,
	UNARY_CNTLZD,
	UNARY_POPCNTB,
	UNARY_POPCNTW,
	UNARY_POPCNTD,
};

enum {
	SHIFT_LEFT,
	SHIFT_RIGHT,
	SHIFT_ALGEBRAIC,
	SHIFT_OP = 3,
	SHIFT_64 = 1 << 2,
	SHIFT_IMM = 1 << 3,
};

/* Of PPC_ROTATE (32 bits) and PPC_ROTATE64: the mask, and the amount. */
enum {
	ROTATE_IMI, /* insert under the mask */
	ROTATE_INM,
	ROTATE_NM, /* by RB */
	ROTATE_ICL,
	ROTATE_ICR,
	ROTATE_IC,
	ROTATE_CL, /* by RB */
	ROTATE_CR, /* by RB */
};

enum {
	CMP_LOGICAL = 1 << 0,
	CMP_IMM = 1 << 1,
};

enum {
	MUL_LI,
	MUL_LW,
	MUL_LD,
	MUL_HW,
	MUL_HWU,
	MUL_HD,
	MUL_HDU,
};

enum {
	DIV_UNSIGNED = 1 << 0,
	DIV_64 = 1 << 1,
};

/* Of PPC_LOAD, PPC_STORE and PPC_MULTIPLE: size, and how. */
enum {
	MEM_SIZE = 15,
	MEM_SIGNED = 1 << 4,
	MEM_UPDATE = 1 << 5,
	MEM_INDEXED = 1 << 6, /* by RB */
	MEM_REVERSED = 1 << 7,
	MEM_DS = 1 << 8, /* the displacement's last two bits are opcode */
	MEM_STORE = 1 << 9,
};

/* Of the whole entry. */
enum {
	PPC_RC = 1 << 0,	/* the last bit: CR0 is set, the name has a dot */
	PPC_RC_ALWAYS = 1 << 1, /* CR0 is set */
	PPC_OE = 1 << 2,	/* the OE bit: XER's overflow is set */
	PPC_ONLY64 = 1 << 3,	/* not emulated where words are 32 bits */
	PPC_ONLY32 = 1 << 4,	/* not emulated where they are 64: half of the
				 * result is undefined */
	PPC_LK = 1 << 5,	/* a branch, whose last bit sets LR */
	PPC_NEWER = 1 << 6,	/* only emulated where the ABI begins with
				 * POWER8: older ones may not have it */
};

/* The table is searched in its order: the first that fits is it. */
struct ppc_entry {
	uint32_t match, mask;
	uint8_t op;
	uint8_t flags;
	uint16_t arg;
	const char *name;
	const char *form; /* operands, see ppc-text.c; or why it's refused */
};

/* NULL: no known instruction. Of a prefixed one, the prefix and what follows
 * it; suffix is not looked at otherwise. */
const struct ppc_entry *ppc_find(uint32_t word, uint32_t suffix);
static inline bool ppc_is_prefix(uint32_t word)
{
	return word >> 26 == 1;
}

/* Of a load, a store or paddi with such a prefix: counted from itself. */
static inline bool ppc_is_pcrel(uint32_t prefix)
{
	return ppc_is_prefix(prefix) && !(prefix & 1 << 24) &&
	       prefix & 1 << 20;
}

/* What is in plan.priv. */
struct ppc_insn {
	uint32_t word;	 /* the instruction, or the prefix */
	uint32_t suffix; /* of a prefixed one */
	uint8_t op;
	uint8_t flags;
	uint16_t arg;
	uint8_t mode;
};

struct ppc_insn ppc_insn(const struct plan *plan);

/* Fields of five bits, by the number of their last bit from the right. */
static inline unsigned ppc_rt(uint32_t word)
{
	return word >> 21 & 31;
}

static inline unsigned ppc_ra(uint32_t word)
{
	return word >> 16 & 31;
}

static inline unsigned ppc_rb(uint32_t word)
{
	return word >> 11 & 31;
}

static inline int64_t ppc_si(uint32_t word)
{
	return (int16_t)(word & 0xffff);
}

/* The number of a special register has its halves swapped. */
static inline unsigned ppc_spr(uint32_t word)
{
	return (word >> 16 & 31) | (word >> 6 & 0x3e0);
}

/* The 34-bit immediate of a prefixed instruction. */
static inline int64_t ppc_si34(uint32_t prefix, uint32_t suffix)
{
	uint64_t value = (uint64_t)(prefix & 0x3ffff) << 16 | (suffix & 0xffff);

	return (int64_t)(value << 30) >> 30;
}

/* Addresses are cut to the ABI's word. */
static inline uint64_t ppc_wrap(unsigned mode, uint64_t addr)
{
	return mode & PPC_64 ? addr : (uint32_t)addr;
}

/* Target of a direct branch that lies at addr. */
uint64_t ppc_target(const struct ppc_insn *in, uint64_t addr);

/* The branch with its condition, whatever the target: "always" is none. */
enum { BO_ALWAYS = 20 };
static inline bool ppc_is_always(uint32_t word)
{
	return (ppc_rt(word) & BO_ALWAYS) == BO_ALWAYS;
}

static inline bool ppc_links(const struct ppc_insn *in)
{
	return in->flags & PPC_LK && in->word & 1;
}

/* Assembler text of an instruction; truncated to fit. */
void ppc_text(const struct ppc_entry *e, const struct ppc_insn *in,
	      uint64_t addr, char *text, size_t size);

/* One emulation under way: registers are changed last. */
struct ppc_emu {
	const struct plan *plan;
	struct ppc_insn in;
	struct regs *regs;
	const struct arch_mem *mem;
	struct regs now; /* what the registers become */
};

/* Sets register n, and CR0 where the instruction does that. Returns 0. */
int ppc_set_result(struct ppc_emu *e, unsigned n, uint64_t value);

/* Everything without memory or branches. 0 or ERR_UNSUPP. */
int ppc_emulate_alu(struct ppc_emu *e);
int ppc_emulate_mul(struct ppc_emu *e);
int ppc_emulate_cr(struct ppc_emu *e);

#endif

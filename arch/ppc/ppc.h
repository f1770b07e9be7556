/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of arch/ppc alone. The three ABIs differ, as far as
 * instructions and registers go, in the size of a word and the byte order:
 * that is a mode. A plan remembers its mode, and so all functions that are
 * given a plan serve all three; a register set alone tells its word, but not
 * its byte order.
 */
#ifndef UPD_PPC_H
#define UPD_PPC_H

#include "arch.h"

enum ppc_mode {
	PPC_64 = 1 << 0,
	PPC_BIG = 1 << 1,

	PPC_MODE_PPC = PPC_BIG,
	PPC_MODE_PPC64 = PPC_64 | PPC_BIG,
	PPC_MODE_PPC64LE = PPC_64,
};

/* The kernel's struct pt_regs of either word size, in words; general register
 * n is word n. NT_PRSTATUS has PPC_REGS of them. */
enum ppc_reg {
	PPC_NIP = 32,
	PPC_MSR = 33,
	PPC_ORIG_GPR3 = 34,
	PPC_CTR = 35,
	PPC_LINK = 36,
	PPC_XER = 37,
	PPC_CCR = 38,
	PPC_SOFTE = 39, /* ppc: mq */
	PPC_TRAP = 40,
	PPC_DAR = 41,
	PPC_DSISR = 42,
	PPC_RESULT = 43,
	PPC_REGS = 48,
};

static inline unsigned ppc_mode(const struct arch *arch)
{
	return (arch->word_size == 8 ? PPC_64 : 0) |
	       (arch->big_endian ? PPC_BIG : 0);
}

static inline size_t ppc_word(unsigned mode)
{
	return mode & PPC_64 ? 8 : 4;
}

/* Numbers of 1 to 8 bytes in the target's byte order, on any host. */
static inline uint64_t ppc_load(unsigned mode, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | p[mode & PPC_BIG ? i : size - 1 - i];
	return value;
}

static inline void ppc_store(unsigned mode, void *bytes, size_t size,
			     uint64_t value)
{
	uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++, value >>= 8)
		p[mode & PPC_BIG ? size - 1 - i : i] = (uint8_t)value;
}

/* Word `n` of the register set: 0 to 31, or an enum ppc_reg. */
static inline uint64_t ppc_get(unsigned mode, const struct regs *regs,
			       unsigned n)
{
	return ppc_load(mode, regs->raw + n * ppc_word(mode), ppc_word(mode));
}

static inline void ppc_put(unsigned mode, struct regs *regs, unsigned n,
			   uint64_t value)
{
	ppc_store(mode, regs->raw + n * ppc_word(mode), ppc_word(mode), value);
}

/* ---- the rest of struct arch --------------------------------------------- */

enum { PPC_AROUND = ARCH_AROUND_MAX }; /* arch.around_len */

int ppc_plan(const struct arch *arch, uint64_t addr, const uint8_t *bytes,
	     size_t n, struct plan *ret_plan, struct err *err);
int ppc_around(const struct arch *arch, uint64_t addr, const uint8_t *text,
	       uint64_t text_addr, size_t n, struct err *err);

/* For struct arch, whose functions are not told the arch. */
int ppc32_plan(uint64_t addr, const uint8_t *bytes, size_t n,
	       struct plan *ret_plan, struct err *err);
int ppc64_plan(uint64_t addr, const uint8_t *bytes, size_t n,
	       struct plan *ret_plan, struct err *err);
int ppc64le_plan(uint64_t addr, const uint8_t *bytes, size_t n,
		 struct plan *ret_plan, struct err *err);
int ppc32_around(uint64_t addr, const uint8_t *text, uint64_t text_addr,
		 size_t n, struct err *err);
int ppc64_around(uint64_t addr, const uint8_t *text, uint64_t text_addr,
		 size_t n, struct err *err);
int ppc64le_around(uint64_t addr, const uint8_t *text, uint64_t text_addr,
		   size_t n, struct err *err);

/* The same for all: the plan knows its mode.
 *
 * What the fallback handler must know of slots: a task at the breakpoint goes
 * on at offset 0 of its slot, but a branch that sets the link register (opcode
 * 16, 18 or 19, low bit set) cannot do that from a slot. For these the handler
 * does it, LR = addr + 4, before it goes to the slot, whose branch leaves LR
 * alone; of a bclrl (opcode 19, extended opcode 16), which is always taken
 * here, the old LR is the target, and the slot is not used. */
int ppc_slot_build(const struct plan *plan, uint64_t slot_addr,
		   struct slot_code *ret_code, struct err *err);
int ppc_slot_leave(const struct plan *plan, const struct slot_code *code,
		   uint64_t slot_addr, struct regs *regs,
		   const struct arch_mem *mem);
int ppc_emulate(const struct plan *plan, struct regs *regs,
		const struct arch_mem *mem);
int ppc_before_step(const struct plan *plan, uint64_t slot_addr,
		    struct regs *regs, const struct arch_mem *mem);
int ppc_after_step(const struct plan *plan, uint64_t slot_addr,
		   struct regs *regs, const struct arch_mem *mem,
		   enum step_result *ret);

#endif

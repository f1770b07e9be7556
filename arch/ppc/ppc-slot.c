/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Slots: the instruction, or a sequence that does the same, which goes on at
 * the original's successor by itself, without changing a register that the
 * original would not have changed. No register can be spared, CTR neither, so
 * all ways out are direct branches, and these reach 32 MiB, or the first and
 * the last 32 MiB of memory.
 *
 *   most            copy; b next
 *   addpcis         addpcis; addi (the rest of the distance); b next
 *   b               b target; far: as bl
 *   bc              bc 1f; b next; 1: b target
 *   bclr and such   copy; b next
 *   bl              b 1f; 1: b target
 *   bcl             as bc
 *   bclrl, bcctrl   bc 1f; b next; 1: blr or bctr
 *
 * The last three leave the link register alone: it could only be set to an
 * address in the slot. Whoever takes a task out of the slot, or sends it
 * there, sets it. A way out that is too long is a trap instead, never the first
 * word: such a slot is guarded.
 */
#include "ppc-insn.h"

#include <inttypes.h>
#include <string.h>

enum place {
	PLACE_BEFORE, /* nothing has been done */
	PLACE_NEXT,   /* all done, goes on behind the instruction */
	PLACE_TAKEN,  /* a branch, taken */
	PLACE_PCIS,   /* addpcis has a part of its result */
};

struct layout {
	uint64_t addr; /* of the slot */
	const struct plan *plan;
	struct ppc_insn in;
	struct slot_code code;
	unsigned n;
	bool lost; /* what the instruction refers to is out of reach */
	struct {
		uint8_t offset, place;
	} marks[4];
};

static uint64_t successor(const struct layout *l)
{
	return ppc_wrap(l->in.mode, l->plan->addr + l->plan->len);
}

static void mark(struct layout *l, enum place place)
{
	l->marks[l->n].offset = l->code.len;
	l->marks[l->n++].place = (uint8_t)place;
}

static void emit(struct layout *l, uint32_t word)
{
	ppc_store(l->in.mode, l->code.bytes + l->code.len, 4, word);
	l->code.len += 4;
	if (!l->code.copy_len)
		l->code.copy_len = l->code.len;
}

/* Signed distances wrap as addresses do. */
static int64_t distance(const struct layout *l, uint64_t from, uint64_t to)
{
	return l->in.mode & PPC_64 ? (int64_t)(to - from)
				   : (int32_t)(uint32_t)(to - from);
}

static bool fits(int64_t value, unsigned bits)
{
	int64_t limit = INT64_C(1) << (bits - 1);

	return value >= -limit && value < limit;
}

/* An unconditional branch from here, relative or absolute; 0: too far. */
static uint32_t branch_word(const struct layout *l, uint64_t target)
{
	int64_t d = distance(l, l->addr + l->code.len, target);
	int64_t a = distance(l, 0, target);

	if (fits(d, 26))
		return 0x48000000 | ((uint32_t)d & 0x03fffffc);
	if (fits(a, 26))
		return 0x48000002 | ((uint32_t)a & 0x03fffffc);
	return 0;
}

static void emit_branch(struct layout *l, uint64_t target)
{
	uint32_t word = branch_word(l, target);

	l->code.guarded |= !word;
	emit(l, word ? word : PPC_TRAP_WORD);
}

static void build_copy(struct layout *l)
{
	uint32_t word = l->in.word, suffix = l->in.suffix;
	int64_t d;

	if (ppc_is_pcrel(word)) {
		d = ppc_si34(word, suffix) +
		    distance(l, l->addr, l->plan->addr);
		l->lost |= !fits(d, 34);
		word = (word & ~UINT32_C(0x3ffff)) |
		       (uint32_t)(d >> 16 & 0x3ffff);
		suffix = (suffix & ~UINT32_C(0xffff)) | (uint32_t)(d & 0xffff);
	}
	emit(l, word);
	if (ppc_is_prefix(word)) {
		emit(l, suffix);
		l->code.copy_len = 8;
	}
	mark(l, PLACE_NEXT);
	emit_branch(l, successor(l));
}

/* The immediate of addpcis, which is shifted left by 16. */
static int64_t pcis_field(uint32_t w)
{
	return (int16_t)((w & 0xffc1) | ppc_ra(w) << 1);
}

static uint64_t pcis_result(const struct plan *plan, const struct ppc_insn *in)
{
	return ppc_wrap(in->mode, plan->addr + 4 +
				  (uint64_t)pcis_field(in->word) * 65536);
}

static void build_addpcis(struct layout *l)
{
	uint32_t w = l->in.word, rt = ppc_rt(w), d;
	int64_t rest = distance(l, l->addr + 4,
				pcis_result(l->plan, &l->in));
	int16_t low = (int16_t)(rest & 0xffff);
	int64_t high = (rest - low) >> 16;

	l->lost |= !fits(high, 16);
	d = (uint32_t)high;
	emit(l, (w & 0xffe0003e) | (d & 0xffc1) | (d >> 1 & 31) << 16);
	mark(l, PLACE_PCIS);
	if (!rt) { /* nothing can be added to r0 */
		l->code.guarded = true;
		emit(l, PPC_TRAP_WORD);
		return;
	}
	emit(l, (uint32_t)14 << 26 | rt << 21 | rt << 16 |
			(uint16_t)low); /* addi */
	mark(l, PLACE_NEXT);
	emit_branch(l, successor(l));
}

/* With the condition of the original, to the second word behind it. */
static void emit_condition(struct layout *l)
{
	emit(l, (uint32_t)16 << 26 | (l->in.word & 0x03ff0000) | 8);
	mark(l, PLACE_NEXT);
	emit_branch(l, successor(l));
	mark(l, PLACE_TAKEN);
}

static void build_direct(struct layout *l)
{
	uint64_t target = ppc_target(&l->in, l->plan->addr);

	if (l->in.op == PPC_BC) {
		emit_condition(l);
	} else if (ppc_links(&l->in) || !branch_word(l, target)) {
		emit(l, 0x48000004);
		mark(l, PLACE_TAKEN);
	}
	emit_branch(l, target);
}

static void build_indirect(struct layout *l)
{
	if (!ppc_links(&l->in)) {
		build_copy(l);
		return;
	}
	emit_condition(l);
	emit(l, (l->in.word & 0xfc0007fe) | BO_ALWAYS << 21);
}

static void build(struct layout *l, const struct plan *plan, uint64_t slot_addr)
{
	memset(l, 0, sizeof(*l));
	l->addr = slot_addr;
	l->plan = plan;
	l->in = ppc_insn(plan);
	mark(l, PLACE_BEFORE);
	switch (l->in.op) {
	case PPC_B:
	case PPC_BC:
		build_direct(l);
		break;
	case PPC_BCLR:
	case PPC_BCCTR:
	case PPC_BCTAR:
		build_indirect(l);
		break;
	case PPC_ADDPCIS:
		build_addpcis(l);
		break;
	default:
		build_copy(l);
	}
}

int ppc_slot_build(const struct plan *plan, uint64_t slot_addr,
		   struct slot_code *ret_code, struct err *err)
{
	struct layout l;

	build(&l, plan, slot_addr);
	if (l.lost)
		return err_set(err, ERR_REFUSED,
			       "a slot at 0x%" PRIx64
			       " is out of reach for 0x%" PRIx64 " (%s)",
			       slot_addr, plan->addr, plan->why);
	if (l.code.guarded && l.in.op == PPC_LARX)
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " (%s) has no room for its copy as "
			       "near as a branch back reaches, and a trap "
			       "instead would lose its reservation",
			       plan->addr, plan->why);
	*ret_code = l.code;
	return 0;
}

/* ---- leaving ------------------------------------------------------------- */

/* The place of a pc in the slot, or -1. */
static int place_of(const struct layout *l, uint64_t pc)
{
	for (unsigned i = 0; i < l->n; i++)
		if (ppc_wrap(l->in.mode, l->addr + l->marks[i].offset) == pc)
			return l->marks[i].place;
	return -1;
}

static uint64_t taken_target(const struct layout *l, const struct regs *regs)
{
	unsigned mode = l->in.mode;

	if (l->in.op == PPC_BCLR)
		return ppc_get(mode, regs, PPC_LINK) & ~UINT64_C(3);
	if (l->in.op == PPC_BCCTR)
		return ppc_get(mode, regs, PPC_CTR) & ~UINT64_C(3);
	return ppc_target(&l->in, l->plan->addr);
}

/* Registers at a place become those outside. */
static void leave(const struct layout *l, int place, struct regs *regs)
{
	unsigned mode = l->in.mode;
	uint64_t pc = successor(l);

	if (place == PLACE_BEFORE) {
		ppc_put(mode, regs, PPC_NIP, l->plan->addr);
		return;
	}
	if (place == PLACE_TAKEN)
		pc = taken_target(l, regs);
	if (place == PLACE_PCIS)
		ppc_put(mode, regs, ppc_rt(l->in.word),
			pcis_result(l->plan, &l->in));
	if (ppc_links(&l->in))
		ppc_put(mode, regs, PPC_LINK, successor(l));
	ppc_put(mode, regs, PPC_NIP, pc);
}

int ppc_slot_leave(const struct plan *plan, const struct slot_code *code,
		   uint64_t slot_addr, struct regs *regs,
		   const struct arch_mem *mem)
{
	struct layout l;
	int place;

	(void)code;
	(void)mem;
	build(&l, plan, slot_addr);
	place = place_of(&l, ppc_get(l.in.mode, regs, PPC_NIP));
	if (place < 0)
		return ERR_INVAL;
	leave(&l, place, regs);
	return 0;
}

/* ---- stepping ------------------------------------------------------------ */

int ppc_before_step(const struct plan *plan, uint64_t slot_addr,
		    struct regs *regs, const struct arch_mem *mem)
{
	(void)mem;
	ppc_put(ppc_insn(plan).mode, regs, PPC_NIP, slot_addr);
	return 0;
}

int ppc_after_step(const struct plan *plan, uint64_t slot_addr,
		   struct regs *regs, const struct arch_mem *mem,
		   enum step_result *ret)
{
	struct layout l;
	uint64_t pc;
	int place;

	(void)mem;
	*ret = STEP_DONE;
	if (slot_addr == plan->addr)
		return 0;
	build(&l, plan, slot_addr);
	pc = ppc_get(l.in.mode, regs, PPC_NIP);
	if (ppc_wrap(l.in.mode, pc - slot_addr) >= ARCH_SLOT_MAX)
		return 0;
	place = place_of(&l, pc);
	if (place < 0)
		return ERR_INVAL;
	if (place == PLACE_BEFORE)
		*ret = STEP_NOT_YET;
	else
		leave(&l, place, regs);
	return 0;
}

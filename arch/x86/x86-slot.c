/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Slots: the relocated instruction, or a sequence that does the same, which
 * goes on at the original's successor by itself, without changing a register,
 * a flag or a byte of the stack that the original would not have changed.
 *
 *   most          copy (pc-relative displacement mended); jmp next
 *   jcc, loop     the same with a short displacement over the first jump:
 *                 jcc 1f; jmp next; 1: jmp target
 *   call target   push literal; jmp target
 *   call *x       push literal; jmp *x
 *   syscall       syscall; lea next, %rcx; jmp next
 *
 * A jump is 5 bytes when its target is near enough, else 14 with its target
 * as a literal. Every place where a task can be found in between is marked
 * with what it means there, so that it can be taken out of the slot.
 *
 * What can still be told from the original: the x87 unit remembers the slot as
 * the place of its last instruction; a popf that sets the trap flag traps one
 * instruction early; an operand of an indirect call that lies below the stack
 * pointer, reached through another register; and with a shadow stack the
 * pushed return address isn't on it.
 */
#include "x86.h"

#include <inttypes.h>
#include <string.h>

enum { LITERAL = ARCH_SLOT_MAX - 8 }; /* return address to be pushed */

enum place {
	PLACE_BEFORE,	/* nothing has been done */
	PLACE_NEXT,	/* all done, goes on behind the instruction */
	PLACE_TARGET,	/* all done, goes on at the relative target */
	PLACE_PUSHED,	/* of an indirect call: the push alone */
	PLACE_SYSCALLED /* rcx to be mended */
};

struct layout {
	uint64_t addr; /* of the slot */
	uint64_t next; /* the original's successor */
	unsigned word;
	struct slot_code code;
	unsigned n;
	struct {
		uint8_t offset, place;
	} marks[4];
};

static uint64_t wrap(unsigned word, uint64_t addr)
{
	return word == 4 ? (uint32_t)addr : addr;
}

static uint64_t successor(const struct plan *plan, const struct x86_insn *x)
{
	return wrap(x->word, plan->addr + plan->len);
}

static void mark(struct layout *l, enum place place)
{
	l->marks[l->n].offset = l->code.len;
	l->marks[l->n++].place = place;
}

static void emit(struct layout *l, const void *bytes, size_t n)
{
	memcpy(l->code.bytes + l->code.len, bytes, n);
	l->code.len += n;
}

static void emit32(struct layout *l, uint64_t value)
{
	x86_store(l->code.bytes + l->code.len, 4, value);
	l->code.len += 4;
}

static bool fits32(int64_t value)
{
	return value == (int32_t)value;
}

/* From behind a field of 4 bytes at the end of what is there so far. */
static int64_t distance(const struct layout *l, uint64_t target)
{
	return (int64_t)(target - (l->addr + l->code.len + 4));
}

static void emit_jmp(struct layout *l, uint64_t target)
{
	l->code.bytes[l->code.len] = 0xe9;
	l->code.len++;
	if (l->word == 4 || fits32(distance(l, target))) {
		emit32(l, distance(l, target));
		return;
	}
	l->code.len--;
	emit(l, "\xff\x25\0\0\0\0", 6);
	x86_store(l->code.bytes + l->code.len, 8, target);
	l->code.len += 8;
}

/* Mends the displacement of the copy that starts at `at`. With 32-bit
 * addresses in 64-bit mode it wraps, and so reaches everything. */
static bool rebias(struct layout *l, const struct plan *plan,
		   const struct x86_insn *x, size_t at)
{
	uint8_t *field = l->code.bytes + at + x->disp_off;
	int64_t disp;

	if (!x->disp_off)
		return true;
	disp = (int32_t)x86_load(field, 4) +
	       (int64_t)(plan->addr - (l->addr + at));
	x86_store(field, 4, disp);
	return fits32(disp) || x->asize == 4;
}

static bool build_copy(struct layout *l, const struct plan *plan,
		       const struct x86_insn *x)
{
	emit(l, plan->insn, plan->len);
	l->code.copy_len = l->code.len;
	if (!rebias(l, plan, x, 0))
		return false;
	mark(l, x->op == X86_SYSCALL ? PLACE_SYSCALLED : PLACE_NEXT);
	if (x->op == X86_SYSCALL) {
		emit(l, "\x48\x8d\x0d", 3); /* lea next(%rip), %rcx */
		if (!fits32(distance(l, l->next)))
			return false;
		emit32(l, distance(l, l->next));
		mark(l, PLACE_NEXT);
	}
	emit_jmp(l, l->next);
	return true;
}

static bool build_cond(struct layout *l, const struct x86_insn *x)
{
	size_t over;

	if (x->op == X86_LOOP && x->asize != x->word)
		emit(l, "\x67", 1);
	emit(l, &(uint8_t){x->op == X86_LOOP ? 0xe0 + x->cc : 0x70 + x->cc}, 1);
	emit(l, "", 1);
	l->code.copy_len = over = l->code.len;
	mark(l, PLACE_NEXT);
	emit_jmp(l, l->next);
	l->code.bytes[over - 1] = l->code.len - over;
	mark(l, PLACE_TARGET);
	emit_jmp(l, x->imm);
	return true;
}

static void emit_push(struct layout *l)
{
	if (l->word == 4) {
		emit(l, "\x68", 1); /* push $next */
		emit32(l, l->next);
	} else {
		emit(l, "\xff\x35", 2); /* push literal(%rip) */
		emit32(l, LITERAL - (l->code.len + 4));
	}
	l->code.copy_len = l->code.len;
}

/* The operand of an indirect call, as a jump's, after a push: an address
 * relative to the stack pointer has moved by a word. */
static bool emit_indirect(struct layout *l, const struct plan *plan,
			  const struct x86_insn *x)
{
	uint8_t insn[ARCH_INSN_MAX + 4] = {0};
	uint8_t modrm = plan->insn[x->modrm_off], at = x->modrm_off + 2;
	int64_t disp = x->disp + x->word;
	size_t start = l->code.len;

	memcpy(insn, plan->insn, plan->len);
	insn[x->modrm_off] = (modrm & ~0x38) | 4 << 3; /* /2 becomes /4 */
	if (x->op != X86_CALL_MEM || x->base != X86_RSP) {
		emit(l, insn, plan->len);
		return rebias(l, plan, x, start);
	}
	if (!fits32(disp))
		return false;
	/* mod 2: a SIB byte, then disp32, which ends the instruction */
	insn[x->modrm_off] = 2 << 6 | 4 << 3 | 4;
	x86_store(insn + at, 4, disp);
	emit(l, insn, at + 4);
	return true;
}

static bool build_call(struct layout *l, const struct plan *plan,
		       const struct x86_insn *x)
{
	bool ok = true;

	emit_push(l);
	if (x->op == X86_CALL_REL) {
		mark(l, PLACE_TARGET);
		emit_jmp(l, x->imm);
	} else {
		mark(l, PLACE_PUSHED);
		ok = emit_indirect(l, plan, x);
	}
	if (l->word == 8) {
		x86_store(l->code.bytes + LITERAL, 8, l->next);
		l->code.len = LITERAL + 8;
	}
	return ok;
}

static bool build(struct layout *l, const struct plan *plan, uint64_t slot_addr)
{
	struct x86_insn x = x86_insn(plan);

	memset(l, 0, sizeof(*l));
	l->addr = slot_addr;
	l->next = successor(plan, &x);
	l->word = x.word;
	mark(l, PLACE_BEFORE);
	switch (x.op) {
	case X86_CALL_REL:
	case X86_CALL_REG:
	case X86_CALL_MEM:
		return build_call(l, plan, &x);
	case X86_JCC:
	case X86_LOOP:
		return build_cond(l, &x);
	case X86_JMP_REL:
		emit_jmp(l, x.imm);
		l->code.copy_len = l->code.len;
		return true;
	default:
		return build_copy(l, plan, &x);
	}
}

int x86_slot_build(const struct plan *plan, uint64_t slot_addr,
		   struct slot_code *ret_code, struct err *err)
{
	struct layout l;

	if (!build(&l, plan, slot_addr))
		return err_set(err, ERR_REFUSED,
			       "a slot at 0x%" PRIx64
			       " is out of reach for 0x%" PRIx64 " (%s)",
			       slot_addr, plan->addr, plan->why);
	*ret_code = l.code;
	return 0;
}

/* The place of a pc in the slot, or -1. */
static int place_of(const struct layout *l, uint64_t pc)
{
	for (unsigned i = 0; i < l->n; i++)
		if (wrap(l->word, l->addr + l->marks[i].offset) == pc)
			return l->marks[i].place;
	return -1;
}

/* Registers at a place become those outside. */
static void leave(const struct layout *l, int place, const struct plan *plan,
		  struct regs *regs)
{
	switch (place) {
	case PLACE_SYSCALLED:
		x86_set_gpr(regs, X86_RCX, 8, l->next);
		x86_set_pc(regs, l->next);
		break;
	case PLACE_NEXT:
		x86_set_pc(regs, l->next);
		break;
	case PLACE_TARGET:
		x86_set_pc(regs, x86_insn(plan).imm);
		break;
	case PLACE_PUSHED:
		x86_set_gpr(regs, X86_RSP, l->word, x86_sp(regs) + l->word);
		/* fall through */
	default:
		x86_set_pc(regs, plan->addr);
	}
}

int x86_slot_leave(const struct plan *plan, const struct slot_code *code,
		   uint64_t slot_addr, struct regs *regs,
		   const struct arch_mem *mem)
{
	struct layout l;
	int place;

	(void)code;
	(void)mem;
	build(&l, plan, slot_addr);
	place = place_of(&l, x86_pc(regs));
	if (place < 0)
		return ERR_INVAL;
	leave(&l, place, plan, regs);
	return 0;
}

/* ---- stepping ----------------------------------------------------------- */

int x86_before_step(const struct plan *plan, uint64_t slot_addr,
		    struct regs *regs, const struct arch_mem *mem)
{
	(void)plan;
	(void)mem;
	x86_set_pc(regs, slot_addr);
	return 0;
}

/* The flags that pushf left on the stack hold the trap flag of the step,
 * unless the program set one of its own: then the kernel shows it. */
static int mend_pushf(const struct regs *regs, const struct arch_mem *mem)
{
	uint64_t at = x86_sp(regs) + 1;
	uint8_t byte;
	int rc;

	if (x86_get(regs, x86_abi(regs)->flags) & X86_TF)
		return 0;
	rc = mem->read(mem->ctx, at, &byte, 1);
	if (rc < 0 || !(byte & X86_TF >> 8))
		return rc < 0 ? rc : 0;
	byte &= ~(X86_TF >> 8);
	rc = mem->write(mem->ctx, at, &byte, 1);
	return rc < 0 ? rc : 0;
}

/* In the slot, 0 is done and 1 is not yet. */
static int step_in_slot(const struct plan *plan, uint64_t slot_addr,
			struct regs *regs)
{
	struct layout l;
	int place;

	build(&l, plan, slot_addr);
	place = place_of(&l, x86_pc(regs));
	if (place < 0)
		return ERR_INVAL;
	if (place == PLACE_BEFORE || place == PLACE_PUSHED)
		return 1;
	leave(&l, place, plan, regs);
	return 0;
}

int x86_after_step(const struct plan *plan, uint64_t slot_addr,
		   struct regs *regs, const struct arch_mem *mem,
		   enum step_result *ret)
{
	struct x86_insn x = x86_insn(plan);
	uint64_t in_slot = wrap(x.word, x86_pc(regs) - slot_addr);
	int rc = 0;

	/* In place, still there: a rep, else a branch to itself. */
	if (slot_addr == plan->addr)
		rc = in_slot == 0 && x.op == X86_COPY && x.flags & X86_REP;
	else if (in_slot < ARCH_SLOT_MAX)
		rc = step_in_slot(plan, slot_addr, regs);
	if (rc < 0)
		return rc;
	if (rc == 0 && x.op == X86_PUSHF)
		rc = mend_pushf(regs, mem);
	if (rc < 0)
		return rc;
	*ret = rc ? STEP_NOT_YET : STEP_DONE;
	return 0;
}

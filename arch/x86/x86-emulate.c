/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Emulation: registers and memory after an instruction, computed. Memory is
 * written first and registers last, so that an error changes nothing. What
 * the processor would fault on is left to it: the slot is used then.
 */
#include "x86.h"

/* One emulation under way. */
struct emu {
	const struct plan *plan;
	struct x86_insn x;
	struct regs *regs;
	const struct arch_mem *mem;
	uint64_t next;
};

static uint64_t mask_of(size_t size)
{
	return size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
}

static int load(struct emu *e, uint64_t addr, size_t size, uint64_t *ret)
{
	uint8_t bytes[8];
	int rc = e->mem->read(e->mem->ctx, addr, bytes, size);

	if (rc < 0)
		return rc;
	*ret = x86_load(bytes, size);
	return 0;
}

static int store(struct emu *e, uint64_t addr, size_t size, uint64_t value)
{
	uint8_t bytes[8];
	int rc;

	x86_store(bytes, size, value);
	rc = e->mem->write(e->mem->ctx, addr, bytes, size);
	return rc < 0 ? rc : 0;
}

static uint64_t reg_or_pc(const struct emu *e, unsigned n)
{
	if (n == X86_NONE)
		return 0;
	return n == X86_RIP ? e->next : x86_gpr(e->regs, n, e->x.word);
}

static uint64_t address(const struct emu *e)
{
	uint64_t addr = reg_or_pc(e, e->x.base) +
			reg_or_pc(e, e->x.index) * e->x.scale + e->x.disp;

	addr &= mask_of(e->x.asize);
	if (e->x.seg == X86_SEG_FS)
		addr += x86_get(e->regs, 168);
	if (e->x.seg == X86_SEG_GS)
		addr += x86_get(e->regs, 176);
	return addr & mask_of(e->x.word);
}

static uint64_t source(const struct emu *e)
{
	return e->x.src == X86_IMM ? e->x.imm & mask_of(e->x.size)
				   : x86_gpr(e->regs, e->x.src, e->x.size);
}

static uint64_t below(const struct emu *e)
{
	return (x86_sp(e->regs) - e->x.size) & mask_of(e->x.word);
}

static void set_sp(struct emu *e, uint64_t sp)
{
	x86_set_gpr(e->regs, X86_RSP, e->x.word, sp);
}

static int go(struct emu *e, uint64_t pc)
{
	x86_set_pc(e->regs, pc);
	return 0;
}

/* A 64-bit branch out of the lower half faults at the branch, not at its
 * target: the processor's business. */
static bool is_far_off(const struct emu *e, uint64_t target)
{
	return e->x.word == 8 && target >> 47;
}

static int push(struct emu *e, uint64_t value)
{
	int rc = store(e, below(e), e->x.size, value);

	if (rc)
		return rc;
	set_sp(e, below(e));
	return go(e, e->next);
}

static int emulate_push_mem(struct emu *e)
{
	uint64_t value;
	int rc = load(e, address(e), e->x.size, &value);

	return rc ? rc : push(e, value);
}

static int emulate_pop(struct emu *e)
{
	uint64_t sp = x86_sp(e->regs), value;
	int rc = load(e, sp, e->x.size, &value);

	if (rc)
		return rc;
	set_sp(e, sp + e->x.size);
	x86_set_gpr(e->regs, e->x.dst, e->x.size, value);
	return go(e, e->next);
}

/* Where a call or jmp goes. */
static int target_of(struct emu *e, uint64_t *ret)
{
	int rc = 0;

	switch (e->x.op) {
	case X86_CALL_MEM:
	case X86_JMP_MEM:
		rc = load(e, address(e), e->x.word, ret);
		break;
	case X86_CALL_REG:
	case X86_JMP_REG:
		*ret = source(e);
		break;
	default:
		*ret = e->x.imm;
	}
	if (rc)
		return rc;
	return is_far_off(e, *ret) ? ERR_UNSUPP : 0;
}

static int emulate_call(struct emu *e)
{
	uint64_t target;
	int rc = target_of(e, &target);

	if (!rc)
		rc = push(e, e->next);
	return rc ? rc : go(e, target);
}

static int emulate_jmp(struct emu *e)
{
	uint64_t target;
	int rc = target_of(e, &target);

	return rc ? rc : go(e, target);
}

static bool is_true(uint64_t flags, unsigned cc)
{
	bool cf = flags & X86_CF, zf = flags & X86_ZF, sf = flags & X86_SF;
	bool of = flags & X86_OF, pf = flags & X86_PF, yes;

	switch (cc >> 1) {
	case 0:
		yes = of;
		break;
	case 1:
		yes = cf;
		break;
	case 2:
		yes = zf;
		break;
	case 3:
		yes = cf || zf;
		break;
	case 4:
		yes = sf;
		break;
	case 5:
		yes = pf;
		break;
	case 6:
		yes = sf != of;
		break;
	default:
		yes = zf || sf != of;
	}
	return yes != (cc & 1);
}

static uint64_t flags_of(const struct emu *e)
{
	return x86_get(e->regs, x86_abi(e->regs)->flags);
}

static int emulate_jcc(struct emu *e)
{
	return go(e, is_true(flags_of(e), e->x.cc) ? e->x.imm : e->next);
}

static int emulate_loop(struct emu *e)
{
	uint64_t count = x86_gpr(e->regs, X86_RCX, e->x.asize);
	bool zf = flags_of(e) & X86_ZF, taken;

	if (e->x.cc == 3) { /* jrcxz */
		taken = count == 0;
	} else {
		count = (count - 1) & mask_of(e->x.asize);
		x86_set_gpr(e->regs, X86_RCX, e->x.asize, count);
		taken = count != 0 && (e->x.cc == 2 || zf == (e->x.cc == 1));
	}
	return go(e, taken ? e->x.imm : e->next);
}

static int emulate_ret(struct emu *e)
{
	uint64_t sp = x86_sp(e->regs), target;
	int rc = load(e, sp, e->x.word, &target);

	if (rc)
		return rc;
	if (is_far_off(e, target))
		return ERR_UNSUPP;
	set_sp(e, sp + e->x.word + e->x.imm);
	return go(e, target);
}

static int emulate_leave(struct emu *e)
{
	uint64_t bp = x86_gpr(e->regs, X86_RBP, e->x.word), value;
	int rc = load(e, bp, e->x.word, &value);

	if (rc)
		return rc;
	set_sp(e, bp + e->x.word);
	x86_set_gpr(e->regs, X86_RBP, e->x.word, value);
	return go(e, e->next);
}

static int emulate_set(struct emu *e, uint64_t value)
{
	x86_set_gpr(e->regs, e->x.dst, e->x.size, value);
	return go(e, e->next);
}

/* ---- arithmetic --------------------------------------------------------- */

static uint64_t flags_of_result(uint64_t r, size_t size)
{
	uint64_t flags = 0;

	if (!__builtin_parity(r & 0xff))
		flags |= X86_PF;
	if (r == 0)
		flags |= X86_ZF;
	if (r >> (size * 8 - 1))
		flags |= X86_SF;
	return flags;
}

/* b is subtracted, or added, with the carry and overflow of the top bit. */
static uint64_t flags_of_sum(uint64_t a, uint64_t b, uint64_t r, bool sub,
			     size_t size)
{
	uint64_t overflow = sub ? (a ^ b) & (a ^ r) : ~(a ^ b) & (a ^ r);
	uint64_t flags = (a ^ b ^ r) & X86_AF;

	if (sub ? a < b : r < a)
		flags |= X86_CF;
	if (overflow >> (size * 8 - 1) & 1)
		flags |= X86_OF;
	return flags;
}

/* Of and, or, xor and test the auxiliary carry is officially undefined; all
 * processors clear it. */
static int emulate_alu(struct emu *e)
{
	enum x86_op op = e->x.op;
	size_t size = e->x.size;
	bool sub = op == X86_SUB || op == X86_CMP || op == X86_DEC;
	bool count = op == X86_INC || op == X86_DEC;
	uint64_t a = x86_gpr(e->regs, e->x.dst, size), b = source(e);
	uint64_t mask = X86_PF | X86_AF | X86_ZF | X86_SF | X86_OF, r, flags;

	if (op == X86_AND || op == X86_TEST) {
		r = a & b;
		flags = 0;
	} else if (op == X86_OR || op == X86_XOR) {
		r = op == X86_OR ? a | b : a ^ b;
		flags = 0;
	} else {
		r = (sub ? a - b : a + b) & mask_of(size);
		flags = flags_of_sum(a, b, r, sub, size);
	}
	flags |= flags_of_result(r, size);
	if (!count)
		mask |= X86_CF;
	x86_put(e->regs, x86_abi(e->regs)->flags,
		(flags_of(e) & ~mask) | (flags & mask));
	if (op != X86_CMP && op != X86_TEST)
		x86_set_gpr(e->regs, e->x.dst, size, r);
	return go(e, e->next);
}

/* ---- dispatch ----------------------------------------------------------- */

/* The selectors that Linux gives to 32-bit programs, under a 64-bit and a
 * 32-bit kernel; with others an address needs a base that isn't known. */
static bool is_flat(const struct regs *regs)
{
	uint64_t ss = x86_get(regs, 64), ds = x86_get(regs, 28);

	return regs->size != I386_REGS ||
	       ((ss == 0x2b || ss == 0x7b) && (ds == 0x2b || ds == 0x7b));
}

static int emulate_op(struct emu *e)
{
	switch (e->x.op) {
	case X86_NOP:
		return go(e, e->next);
	case X86_PUSH_REG:
	case X86_PUSH_IMM:
		return push(e, source(e));
	case X86_PUSH_MEM:
		return emulate_push_mem(e);
	case X86_POP_REG:
		return emulate_pop(e);
	case X86_CALL_REL:
	case X86_CALL_REG:
	case X86_CALL_MEM:
		return emulate_call(e);
	case X86_JMP_REL:
	case X86_JMP_REG:
	case X86_JMP_MEM:
		return emulate_jmp(e);
	case X86_JCC:
		return emulate_jcc(e);
	case X86_LOOP:
		return emulate_loop(e);
	case X86_RET:
		return emulate_ret(e);
	case X86_LEAVE:
		return emulate_leave(e);
	case X86_LEA:
		return emulate_set(e, address(e));
	case X86_MOV:
		return emulate_set(e, source(e));
	default:
		return emulate_alu(e);
	}
}

int x86_emulate(const struct plan *plan, struct regs *regs,
		const struct arch_mem *mem)
{
	struct emu e = {
		.plan = plan,
		.x = x86_insn(plan),
		.regs = regs,
		.mem = mem,
	};

	/* A trap flag of the program's own must trap. */
	if (!(plan->strategies & STRATEGY_EMULATE) || !is_flat(regs) ||
	    flags_of(&e) & X86_TF)
		return ERR_UNSUPP;
	e.next = (plan->addr + plan->len) & mask_of(e.x.word);
	return emulate_op(&e);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From bytes to a plan: what an instruction is, and which strategies are right
 * for it. Whatever isn't certain is refused here, when the probe is set, so
 * that nothing is discovered when it is hit.
 */
#include "x86-decoded.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct x86_insn) <= sizeof(((struct plan *)0)->priv),
	       "a decoded instruction fits the plan");

struct x86_insn x86_insn(const struct plan *plan)
{
	struct x86_insn x;

	memcpy(&x, plan->priv, sizeof(x));
	return x;
}

/* ---- operands ----------------------------------------------------------- */

static int gpr_number(ZydisRegister reg)
{
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_GPR16:
	case ZYDIS_REGCLASS_GPR32:
	case ZYDIS_REGCLASS_GPR64:
		return ZydisRegisterGetId(reg);
	case ZYDIS_REGCLASS_IP:
		return X86_RIP;
	default:
		return X86_NONE;
	}
}

static bool is_mem(const ZydisDecodedOperand *op)
{
	return op->type == ZYDIS_OPERAND_TYPE_MEMORY;
}

/* Can emulation compute this address? i386 doesn't tell segment bases. */
static bool set_mem(struct x86_insn *x, const ZydisDecodedOperand *op)
{
	x->base = gpr_number(op->mem.base);
	x->index = gpr_number(op->mem.index);
	x->scale = op->mem.scale;
	x->disp = op->mem.disp.has_displacement ? op->mem.disp.value : 0;
	if (op->mem.segment == ZYDIS_REGISTER_FS)
		x->seg = X86_SEG_FS;
	else if (op->mem.segment == ZYDIS_REGISTER_GS)
		x->seg = X86_SEG_GS;
	else
		x->seg = X86_SEG_FLAT;
	return (x->seg == X86_SEG_FLAT || x->word == 8) && x->asize >= 4;
}

/* Register or immediate, not the byte registers. */
static bool set_src(struct x86_insn *x, const ZydisDecodedOperand *op)
{
	if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		x->src = X86_IMM;
		x->imm = op->imm.is_signed ? (uint64_t)op->imm.value.s
					   : op->imm.value.u;
		return true;
	}
	if (op->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	x->src = gpr_number(op->reg.value);
	return x->src < X86_RIP;
}

static bool set_dst(struct x86_insn *x, const ZydisDecodedOperand *op)
{
	if (op->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	x->dst = gpr_number(op->reg.value);
	return x->dst < X86_RIP;
}

/* ---- classes: each says whether emulation can do it --------------------- */

static bool class_push(const struct x86_decoded *d, struct x86_insn *x)
{
	const ZydisDecodedOperand *op = &d->ops[0];

	if (is_mem(op)) {
		x->op = X86_PUSH_MEM;
		return set_mem(x, op);
	}
	if (!set_src(x, op))
		return false; /* a segment register */
	x->op = x->src == X86_IMM ? X86_PUSH_IMM : X86_PUSH_REG;
	return true;
}

static bool class_pop(const struct x86_decoded *d, struct x86_insn *x)
{
	x->op = X86_POP_REG;
	return set_dst(x, &d->ops[0]);
}

/* call and jmp; `rel` is the first of three */
static bool class_branch(const struct x86_decoded *d, struct x86_insn *x,
			 enum x86_op rel)
{
	const ZydisDecodedOperand *op = &d->ops[0];

	x->size = x->word;
	if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		x->op = rel;
		ZydisCalcAbsoluteAddress(&d->in, op, d->addr, &x->imm);
		return true;
	}
	x->modrm_off = d->in.raw.modrm.offset;
	if (is_mem(op)) {
		x->op = rel + 2;
		return set_mem(x, op);
	}
	x->op = rel + 1;
	return set_src(x, op);
}

static bool class_cond(const struct x86_decoded *d, struct x86_insn *x)
{
	uint8_t opcode = d->in.opcode;

	ZydisCalcAbsoluteAddress(&d->in, &d->ops[0], d->addr, &x->imm);
	if (opcode >= 0xe0 && opcode <= 0xe3) {
		x->op = X86_LOOP;
		x->cc = opcode & 3;
	} else {
		x->op = X86_JCC; /* 70+cc or 0f 80+cc */
		x->cc = opcode & 15;
	}
	return true;
}

static bool class_ret(const struct x86_decoded *d, struct x86_insn *x)
{
	x->op = X86_RET;
	x->size = x->word;
	x->imm = d->in.operand_count_visible ? d->ops[0].imm.value.u : 0;
	return true;
}

static bool class_lea(const struct x86_decoded *d, struct x86_insn *x)
{
	x->op = X86_LEA;
	set_mem(x, &d->ops[1]);
	x->seg = X86_SEG_FLAT;
	return set_dst(x, &d->ops[0]) && x->asize >= 4;
}

static const struct {
	ZydisMnemonic mnemonic;
	uint8_t op, operands;
} alu[] = {
	{ZYDIS_MNEMONIC_MOV, X86_MOV, 2}, {ZYDIS_MNEMONIC_ADD, X86_ADD, 2},
	{ZYDIS_MNEMONIC_SUB, X86_SUB, 2}, {ZYDIS_MNEMONIC_CMP, X86_CMP, 2},
	{ZYDIS_MNEMONIC_AND, X86_AND, 2}, {ZYDIS_MNEMONIC_OR, X86_OR, 2},
	{ZYDIS_MNEMONIC_XOR, X86_XOR, 2}, {ZYDIS_MNEMONIC_TEST, X86_TEST, 2},
	{ZYDIS_MNEMONIC_INC, X86_INC, 1}, {ZYDIS_MNEMONIC_DEC, X86_DEC, 1},
};

/* Between registers, or a register and an immediate; not of bytes. */
static bool class_alu(const struct x86_decoded *d, struct x86_insn *x)
{
	size_t i = 0;

	while (i < sizeof(alu) / sizeof(*alu) &&
	       alu[i].mnemonic != d->in.mnemonic)
		i++;
	if (i == sizeof(alu) / sizeof(*alu))
		return false;
	x->op = alu[i].op;
	x->src = X86_IMM;
	x->imm = 1;
	return x->size > 1 && set_dst(x, &d->ops[0]) &&
	       (alu[i].operands == 1 || set_src(x, &d->ops[1]));
}

/* prefetchw with a register: a nop to some processors, undefined to others. */
static bool is_prefetch_nop(const struct x86_decoded *d)
{
	return d->in.opcode_map == ZYDIS_OPCODE_MAP_0F &&
	       d->in.opcode == 0x0d && d->in.raw.modrm.mod == 3;
}

/* Sets the operation; true when emulation can do it. Operations that leave
 * their place must be set whether or not emulation can. */
static bool classify(const struct x86_decoded *d, struct x86_insn *x)
{
	switch (d->in.mnemonic) {
	case ZYDIS_MNEMONIC_NOP:
		if (is_prefetch_nop(d))
			return false;
		x->op = X86_NOP;
		return true;
	case ZYDIS_MNEMONIC_ENDBR32:
	case ZYDIS_MNEMONIC_ENDBR64:
	case ZYDIS_MNEMONIC_PAUSE:
		x->op = X86_NOP;
		return true;
	case ZYDIS_MNEMONIC_PUSH:
		return class_push(d, x);
	case ZYDIS_MNEMONIC_POP:
		return class_pop(d, x);
	case ZYDIS_MNEMONIC_CALL:
		return class_branch(d, x, X86_CALL_REL);
	case ZYDIS_MNEMONIC_JMP:
		return class_branch(d, x, X86_JMP_REL);
	case ZYDIS_MNEMONIC_RET:
		return class_ret(d, x);
	case ZYDIS_MNEMONIC_LEAVE:
		x->op = X86_LEAVE;
		return x->size == x->word;
	case ZYDIS_MNEMONIC_LEA:
		return class_lea(d, x);
	case ZYDIS_MNEMONIC_PUSHF:
	case ZYDIS_MNEMONIC_PUSHFD:
	case ZYDIS_MNEMONIC_PUSHFQ:
		x->op = X86_PUSHF;
		return false;
	case ZYDIS_MNEMONIC_SYSCALL:
		/* 32-bit: the kernel returns to its own landing place */
		x->op = x->word == 8 ? X86_SYSCALL : X86_COPY;
		return false;
	default:
		if (d->in.meta.category == ZYDIS_CATEGORY_COND_BR)
			return class_cond(d, x);
		return class_alu(d, x);
	}
}

/* Operations that emulation can't do, but which stay where they are. */
static bool is_plain(enum x86_op op)
{
	return (op < X86_CALL_REL || op > X86_RET) && op != X86_PUSHF &&
	       op != X86_SYSCALL;
}

/* ---- strategies --------------------------------------------------------- */

static const char *stepping_is_wrong(const struct x86_decoded *d)
{
	const ZydisDecodedOperand *op = &d->ops[0];

	switch (d->in.meta.category) {
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_INTERRUPT:
		return "a system call must not see the trap flag";
	default:
		break;
	}
	switch (d->in.mnemonic) {
	case ZYDIS_MNEMONIC_SGDT:
	case ZYDIS_MNEMONIC_SIDT:
	case ZYDIS_MNEMONIC_SLDT:
	case ZYDIS_MNEMONIC_SMSW:
	case ZYDIS_MNEMONIC_STR:
		return "the kernel emulates it, with no trap of a step";
	default:
		break;
	}
	if ((d->in.mnemonic == ZYDIS_MNEMONIC_MOV ||
	     d->in.mnemonic == ZYDIS_MNEMONIC_POP) &&
	    op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    op->reg.value == ZYDIS_REGISTER_SS)
		return "it holds back the trap of a step";
	return NULL;
}

/* Reading the operand after the push is the same as before, unless it lies
 * where the return address goes. */
static const char *slot_is_wrong(const struct x86_insn *x)
{
	if (x->op == X86_CALL_REG && x->src == X86_RSP)
		return "its target is the stack pointer";
	if (x->op == X86_CALL_MEM && x->base == X86_RSP &&
	    x->index == X86_NONE && x->disp < 0 && x->disp > -2 * x->word)
		return "its operand lies where the return address goes";
	return NULL;
}

static void find_disp(const struct x86_decoded *d, struct x86_insn *x)
{
	for (unsigned i = 0; i < d->in.operand_count; i++)
		if (is_mem(&d->ops[i]) &&
		    gpr_number(d->ops[i].mem.base) == X86_RIP)
			x->disp_off = d->in.raw.disp.offset;
}

static void fill(const struct x86_decoded *d, struct plan *plan,
		 struct x86_insn *x)
{
	bool emulate;

	*x = (struct x86_insn){
		.word = d->word,
		.size = d->in.operand_width / 8,
		.asize = d->in.address_width / 8,
		.dst = X86_NONE,
		.src = X86_NONE,
		.base = X86_NONE,
		.index = X86_NONE,
	};
	if (d->in.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
				ZYDIS_ATTRIB_HAS_REPNE))
		x->flags |= X86_REP;
	emulate = classify(d, x);
	if (!emulate && is_plain(x->op))
		x->op = X86_COPY;
	find_disp(d, x);
	plan->addr = d->addr;
	plan->len = d->in.length;
	memcpy(plan->insn, d->bytes, plan->len);
	plan->strategies = STRATEGY_BOOST;
	if (emulate)
		plan->strategies |= STRATEGY_EMULATE;
	if (!stepping_is_wrong(d))
		plan->strategies |= STRATEGY_XOL | STRATEGY_INPLACE;
}

/* ---- the plan ----------------------------------------------------------- */

static int refuse(const struct x86_decoded *d, const char *why, struct err *err)
{
	char text[96], bytes[64];

	x86_text(d, text, sizeof(text));
	x86_bytes_text(d->bytes, d->in.length, bytes, sizeof(bytes));
	return err_set(err, ERR_REFUSED,
		       "the instruction at 0x%" PRIx64
		       " (%s: %s) cannot be probed: %s",
		       d->addr, bytes, text, why);
}

static void explain(const struct x86_decoded *d, struct plan *plan)
{
	const char *why = stepping_is_wrong(d);
	size_t room = sizeof(plan->why), used;

	x86_text(d, plan->why, room);
	used = strlen(plan->why);
	if (why && used + 1 < room)
		snprintf(plan->why + used, room - used, "; not stepped: %s",
			 why);
}

int x86_plan(unsigned word, uint64_t addr, const uint8_t *bytes, size_t n,
	     struct plan *ret_plan, struct err *err)
{
	struct x86_decoded d = {.addr = addr, .bytes = bytes, .word = word};
	struct plan plan = {0};
	struct x86_insn x;
	ZydisDecoder decoder;
	const char *why;
	char text[64];

	if (n > ZYDIS_MAX_INSTRUCTION_LENGTH)
		n = ZYDIS_MAX_INSTRUCTION_LENGTH;
	ZydisDecoderInit(&decoder,
			 word == 8 ? ZYDIS_MACHINE_MODE_LONG_64
				   : ZYDIS_MACHINE_MODE_LEGACY_32,
			 word == 8 ? ZYDIS_STACK_WIDTH_64
				   : ZYDIS_STACK_WIDTH_32);
	if (!ZYAN_SUCCESS(
		    ZydisDecoderDecodeFull(&decoder, bytes, n, &d.in, d.ops))) {
		x86_bytes_text(bytes, n, text, sizeof(text));
		return err_set(err, ERR_REFUSED,
			       "the bytes at 0x%" PRIx64
			       " (%s) are no known instruction",
			       addr, n ? text : "none");
	}
	why = x86_refusal(&d);
	if (why)
		return refuse(&d, why, err);
	fill(&d, &plan, &x);
	why = slot_is_wrong(&x);
	if (why)
		return refuse(&d, why, err);
	explain(&d, &plan);
	memcpy(plan.priv, &x, sizeof(x));
	*ret_plan = plan;
	return 0;
}

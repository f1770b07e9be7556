/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Walking a stack: by the tables of the module that each pc is in, by frame
 * pointers where there is no table. It ends because every frame must lie above
 * the one before it (a signal's frame may not: few of those are followed),
 * and because of max.
 */
#include <config.h>

#include "abi.h"
#include "cfi.h"
#include "space-int.h"

#include <dwarf.h>
#include <string.h>

enum {
	STACK_MAX = 32, /* of the expressions in unwinding tables */
	STEPS_MAX = 64,
	SIGNALS_MAX = 32, /* signal frames in one stack */
	WINDOW = 2048,
};

struct frame {
	uint64_t regs[CFI_REGS];
	uint64_t known[(CFI_REGS + 63) / 64];
	uint64_t pc;
};

struct walker {
	struct space *space;
	const struct abi *abi;
	const struct arch *arch;
	const struct arch_mem *mem;
	uint64_t mask; /* of an address */
	bool exact;    /* pc is where the frame is, not behind a call */
	unsigned signals;
	/* A piece of the stack, read at once: a system call per word would
	 * cost more than all the rest. */
	uint64_t window;
	size_t window_len;
	uint8_t bytes[WINDOW];
};

static void set_reg(struct frame *f, unsigned reg, uint64_t v)
{
	f->regs[reg] = v;
	f->known[reg / 64] |= UINT64_C(1) << reg % 64;
}

static void lose_reg(struct frame *f, unsigned reg)
{
	f->known[reg / 64] &= ~(UINT64_C(1) << reg % 64);
}

static bool get_reg(const struct frame *f, uint64_t reg, uint64_t *ret)
{
	if (reg >= CFI_REGS || !(f->known[reg / 64] >> reg % 64 & 1))
		return false;
	*ret = f->regs[reg];
	return true;
}

static bool in_window(const struct walker *w, uint64_t addr, unsigned size)
{
	return addr >= w->window && addr - w->window <= w->window_len &&
	       w->window_len - (addr - w->window) >= size;
}

static int read_window(struct walker *w, uint64_t addr, size_t len)
{
	int rc = w->mem->read(w->mem->ctx, addr, w->bytes, len);

	w->window = addr;
	w->window_len = rc ? 0 : len;
	return rc;
}

/* The window goes upwards from here, as stacks are walked; at the end of the
 * mapping only up to the page's end. */
static bool need_window(struct walker *w, uint64_t addr, unsigned size)
{
	enum { PAGE = 4096 };
	size_t to_page = PAGE - addr % PAGE;

	if (in_window(w, addr, size) || !read_window(w, addr, WINDOW))
		return true;
	return !read_window(
		w, addr, to_page >= size && to_page < WINDOW ? to_page : size);
}

static bool read_size(struct walker *w, uint64_t addr, unsigned size,
		      uint64_t *ret)
{
	const uint8_t *b;
	uint64_t v = 0;

	addr &= w->mask;
	if (!size || size > 8 || !need_window(w, addr, size))
		return false;
	b = w->bytes + (addr - w->window);
	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)b[w->arch->big_endian ? size - 1 - i : i]
		     << 8 * i;
	*ret = v;
	return true;
}

static bool read_word(struct walker *w, uint64_t addr, uint64_t *ret)
{
	return read_size(w, addr, w->arch->word_size, ret);
}

/* ---- expressions ---- */

struct eval {
	struct walker *w;
	const struct frame *f;
	const uint64_t *cfa;
	uint64_t stack[STACK_MAX];
	size_t n;
	bool is_value; /* the result, not the address of it */
};

static bool push(struct eval *e, uint64_t v)
{
	if (e->n == STACK_MAX)
		return false;
	e->stack[e->n++] = v;
	return true;
}

static bool push_reg(struct eval *e, uint64_t reg, uint64_t offset)
{
	uint64_t v;

	return get_reg(e->f, reg, &v) && push(e, (v + offset) & e->w->mask);
}

static bool binary(struct eval *e, uint8_t atom)
{
	uint64_t b, a;

	if (e->n < 2)
		return false;
	b = e->stack[--e->n];
	a = e->stack[--e->n];
	switch (atom) {
	case DW_OP_plus:
		return push(e, a + b);
	case DW_OP_minus:
		return push(e, a - b);
	case DW_OP_mul:
		return push(e, a * b);
	case DW_OP_and:
		return push(e, a & b);
	case DW_OP_or:
		return push(e, a | b);
	case DW_OP_xor:
		return push(e, a ^ b);
	case DW_OP_shl:
		return push(e, b < 64 ? a << b : 0);
	case DW_OP_shr:
		return push(e, b < 64 ? a >> b : 0);
	case DW_OP_eq:
		return push(e, a == b);
	case DW_OP_ne:
		return push(e, a != b);
	case DW_OP_lt:
		return push(e, (int64_t)a < (int64_t)b);
	case DW_OP_le:
		return push(e, (int64_t)a <= (int64_t)b);
	case DW_OP_gt:
		return push(e, (int64_t)a > (int64_t)b);
	case DW_OP_ge:
		return push(e, (int64_t)a >= (int64_t)b);
	default:
		return false;
	}
}

static bool deref(struct eval *e, unsigned size)
{
	uint64_t v;

	return e->n && read_size(e->w, e->stack[e->n - 1], size, &v) &&
	       (e->stack[e->n - 1] = v, true);
}

static bool step_op(struct eval *e, const Dwarf_Op *op)
{
	uint8_t a = op->atom;

	if (a >= DW_OP_lit0 && a <= DW_OP_lit31)
		return push(e, a - DW_OP_lit0);
	if (a >= DW_OP_breg0 && a <= DW_OP_breg31)
		return push_reg(e, a - DW_OP_breg0, op->number);
	switch (a) {
	case DW_OP_bregx:
		return push_reg(e, op->number, op->number2);
	case DW_OP_call_frame_cfa:
		return e->cfa && push(e, *e->cfa);
	case DW_OP_addr:
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		return push(e, op->number);
	case DW_OP_plus_uconst:
		return e->n && (e->stack[e->n - 1] += op->number, true);
	case DW_OP_dup:
		return e->n && push(e, e->stack[e->n - 1]);
	case DW_OP_over:
		return e->n > 1 && push(e, e->stack[e->n - 2]);
	case DW_OP_pick:
		return op->number < e->n &&
		       push(e, e->stack[e->n - 1 - op->number]);
	case DW_OP_drop:
		return e->n && e->n--;
	case DW_OP_neg:
		return e->n && (e->stack[e->n - 1] = -e->stack[e->n - 1], true);
	case DW_OP_not:
		return e->n && (e->stack[e->n - 1] = ~e->stack[e->n - 1], true);
	case DW_OP_deref:
		return deref(e, e->w->arch->word_size);
	case DW_OP_deref_size:
		return deref(e, (unsigned)op->number);
	case DW_OP_stack_value:
		e->is_value = true;
		return true;
	case DW_OP_nop:
		return true;
	default:
		return binary(e, a);
	}
}

/* Expressions with branches are not followed: none is known in tables. */
static bool evaluate(struct eval *e, const Dwarf_Op *ops, size_t n,
		     uint64_t *ret)
{
	if (n > STEPS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!step_op(e, &ops[i]))
			return false;
	if (!e->n)
		return false;
	*ret = e->stack[e->n - 1] & e->w->mask;
	return true;
}

/* ---- one step up ---- */

static bool cfa_of(struct walker *w, const struct frame *f,
		   const struct frame_rules *r, uint64_t *ret)
{
	struct eval e = {.w = w, .f = f};
	uint64_t v;

	if (r->cfa_reg < 0)
		return evaluate(&e, r->cfa_ops, r->cfa_nops, ret);
	if (!get_reg(f, (unsigned)r->cfa_reg, &v))
		return false;
	*ret = (v + (uint64_t)r->cfa_offset) & w->mask;
	return true;
}

static bool apply(struct walker *w, const struct frame *old,
		  const struct rule *rule, uint64_t cfa, uint64_t *ret)
{
	struct eval e = {.w = w, .f = old, .cfa = &cfa};

	switch (rule->kind) {
	case RULE_AT_CFA:
		return read_word(w, cfa + (uint64_t)rule->offset, ret);
	case RULE_IS_CFA:
		*ret = (cfa + (uint64_t)rule->offset) & w->mask;
		return true;
	case RULE_IN_REG:
		return get_reg(old, (uint64_t)rule->offset, ret);
	case RULE_EXPR:
		return evaluate(&e, rule->ops, rule->nops, ret) &&
		       (e.is_value || read_word(w, *ret, ret));
	default:
		return false;
	}
}

static bool step_by_rules(struct walker *w, struct frame *f,
			  const struct frame_rules *r)
{
	struct frame old = *f;
	uint64_t cfa, v;

	if (!cfa_of(w, &old, r, &cfa))
		return false;
	set_reg(f, w->abi->sp, cfa);
	for (size_t i = 0; i < r->nrules; i++) {
		const struct rule *rule = &r->rules[i];

		if (apply(w, &old, rule, cfa, &v))
			set_reg(f, rule->reg, v);
		else
			lose_reg(f, rule->reg);
	}
	w->exact = r->signal;
	return get_reg(f, r->ra, &f->pc);
}

/* push fp; mov sp, fp: the caller's frame pointer and the return address
 * lie where it points. */
static bool step_by_fp(struct walker *w, struct frame *f)
{
	uint64_t fp, sp, next, pc, size = w->arch->word_size;

	if (!w->abi->ra_on_stack || !get_reg(f, w->abi->fp, &fp) ||
	    !get_reg(f, w->abi->sp, &sp) || fp < sp || fp % size ||
	    !read_word(w, fp, &next) || !read_word(w, fp + size, &pc))
		return false;
	set_reg(f, w->abi->fp, next);
	set_reg(f, w->abi->sp, (fp + 2 * size) & w->mask);
	f->pc = pc;
	w->exact = false;
	return true;
}

/* The chain of frames: from a function that has one and has saved its return
 * address, which is all that is left to hope without a table. */
static bool step_by_chain(struct walker *w, struct frame *f)
{
	uint64_t sp, next, pc;

	if (!w->abi->lr_save || !get_reg(f, w->abi->sp, &sp) ||
	    !read_word(w, sp, &next) || next <= sp ||
	    !read_word(w, next + (uint64_t)w->abi->lr_save, &pc))
		return false;
	set_reg(f, w->abi->sp, next);
	f->pc = pc;
	w->exact = false;
	return true;
}

/* A function's first instruction needs no table: assembly often has none. */
static bool step_at_entry(struct walker *w, struct frame *f,
			  const struct place *p)
{
	struct symbol sym;
	uint64_t sp, pc;

	if (!p || !w->exact ||
	    module_symbol_at(p->module, f->pc - p->bias, &sym) ||
	    sym.addr != f->pc - p->bias || !get_reg(f, w->abi->sp, &sp))
		return false;
	if (!w->abi->ra_on_stack) {
		w->exact = false;
		return get_reg(f, w->abi->pc, &f->pc);
	}
	if (!read_word(w, sp, &pc))
		return false;
	set_reg(f, w->abi->sp, sp + w->arch->word_size);
	f->pc = pc;
	w->exact = false;
	return true;
}

static bool step(struct walker *w, struct frame *f)
{
	const struct frame_rules *r = NULL;
	uint64_t before = 0, after = 0, at = w->exact ? f->pc : f->pc - 1;
	bool may_be_leaf = w->exact && !w->abi->ra_on_stack;
	const struct place *p = space_place_at(w->space, at);

	get_reg(f, w->abi->sp, &before);
	if (p)
		r = cfi_rules(p->module, at - p->bias);
	if (r && !r->none ? !step_by_rules(w, f, r)
			  : !step_at_entry(w, f, p) && !step_by_fp(w, f) &&
				    !step_by_chain(w, f))
		return false;
	get_reg(f, w->abi->sp, &after);
	if (after == before && may_be_leaf) /* a call alone takes no stack */
		return f->pc != 0;
	if (after <= before && (!w->exact || ++w->signals > SIGNALS_MAX))
		return false;
	return f->pc != 0;
}

static void learn_regs(struct space *s, const struct arch *arch)
{
	_Static_assert((int)SPACE_REGS == (int)CFI_REGS, "the same numbers");
	if (s->arch == arch)
		return;
	s->arch = arch;
	for (int i = 0; i < CFI_REGS; i++)
		s->by_dwarf[i] = arch_reg_dwarf(arch, i);
}

static void start(struct frame *f, const struct walker *w,
		  const struct regs *regs)
{
	const struct arch_reg *reg;

	memset(f, 0, sizeof(*f));
	learn_regs(w->space, w->arch);
	for (unsigned i = 0; i < CFI_REGS; i++) {
		reg = w->space->by_dwarf[i];
		if (reg)
			set_reg(f, i, arch_reg_get(w->arch, regs, reg));
	}
	f->pc = w->arch->pc(regs);
}

size_t space_unwind(struct space *s, const struct arch *arch,
		    const struct regs *regs, const struct arch_mem *mem,
		    uint64_t *ips, size_t max)
{
	struct walker w = {
		.space = s,
		.abi = abi_of(arch),
		.arch = arch,
		.mem = mem,
		.mask = arch->word_size == 8 ? UINT64_MAX : UINT32_MAX,
		.exact = true,
	};
	struct frame f;
	size_t n = 0;

	if (!max)
		return 0;
	if (!w.abi) {
		ips[0] = arch->pc(regs);
		return 1;
	}
	start(&f, &w, regs);
	do {
		ips[n++] = f.pc;
	} while (n < max && step(&w, &f));
	return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "cfi.h"

#include "dwarf-int.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEPT_MAX = 64 << 10, /* pcs */
	OPS_MAX = 64,	     /* of one expression */
};

struct cfi {
	Dwarf_CFI *eh;	  /* .eh_frame of the module itself */
	Dwarf_CFI *debug; /* .debug_frame; libdw's */
	bool debug_sought;
	struct htab kept; /* vaddr to its frame_rules */
};

static struct cfi *cfi_of(struct module *m)
{
	struct cfi *c = m->cfi;

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (c && elffile_elf(&m->file))
		c->eh = dwarf_getcfi_elf(elffile_elf(&m->file));
	m->cfi = c;
	return c;
}

static void free_rules(struct frame_rules *r)
{
	free(r->cfa_ops);
	for (size_t i = 0; i < r->nrules; i++)
		free(r->rules[i].ops);
	free(r);
}

static void forget(struct cfi *c)
{
	htab_for_each (slot, &c->kept)
		free_rules(slot->value);
	htab_release(&c->kept);
}

void cfi_free(struct cfi *c)
{
	if (!c)
		return;
	forget(c);
	if (c->eh)
		dwarf_cfi_end(c->eh);
	free(c);
}

static Dwarf_Frame *frame_at(struct module *m, uint64_t vaddr)
{
	struct cfi *c = cfi_of(m);
	Dwarf_Frame *frame = NULL;
	struct dwarf *d;

	if (!c)
		return NULL;
	if (c->eh && !dwarf_cfi_addrframe(c->eh, vaddr, &frame))
		return frame;
	if (!c->debug_sought) {
		c->debug_sought = true;
		d = module_dwarf(m);
		c->debug = d ? dwarf_getcfi(d->dbg) : NULL;
	}
	if (c->debug && !dwarf_cfi_addrframe(c->debug, vaddr, &frame))
		return frame;
	return NULL;
}

static Dwarf_Op *copy_ops(const Dwarf_Op *ops, size_t n)
{
	Dwarf_Op *copy;

	if (!n || n > OPS_MAX)
		return NULL;
	copy = malloc(n * sizeof(*copy));
	return copy ? memcpy(copy, ops, n * sizeof(*copy)) : NULL;
}

size_t cfi_cfa_ops(struct module *m, uint64_t vaddr, Dwarf_Op **ret)
{
	Dwarf_Frame *frame = frame_at(m, vaddr);
	Dwarf_Op *ops;
	size_t n = 0;

	if (!frame)
		return 0;
	if (dwarf_frame_cfa(frame, &ops, &n))
		n = 0;
	*ret = copy_ops(ops, n);
	free(frame);
	return *ret ? n : 0;
}

/* reg + offset, as nearly every CFA is. */
static bool plain_reg(const Dwarf_Op *op, int *ret_reg, int64_t *ret_offset)
{
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		*ret_reg = op->atom - DW_OP_breg0;
		*ret_offset = (int64_t)op->number;
		return true;
	}
	if (op->atom == DW_OP_bregx && op->number < CFI_REGS) {
		*ret_reg = (int)op->number;
		*ret_offset = (int64_t)op->number2;
		return true;
	}
	return false;
}

static bool set_cfa(struct frame_rules *r, Dwarf_Frame *frame)
{
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_frame_cfa(frame, &ops, &n) || !n)
		return false;
	if (n == 1 && plain_reg(ops, &r->cfa_reg, &r->cfa_offset))
		return true;
	r->cfa_reg = -1;
	r->cfa_ops = copy_ops(ops, n);
	r->cfa_nops = n;
	return r->cfa_ops;
}

static bool set_rule(struct rule *rule, bool is_ra, const Dwarf_Op *mem,
		     Dwarf_Op *ops, size_t n)
{
	if (!n) {
		/* libdw cannot tell "undefined" from "no rule" without an ABI
		 * backend; only for the return address does it matter: that
		 * is how the outermost frame is marked. */
		rule->kind = ops == mem && is_ra ? RULE_UNDEFINED : RULE_SAME;
		return true;
	}
	if (n <= 3 && ops[0].atom == DW_OP_call_frame_cfa) {
		size_t at = 1;

		rule->kind = RULE_AT_CFA;
		if (at < n && ops[at].atom == DW_OP_plus_uconst)
			rule->offset = (int64_t)ops[at++].number;
		if (at < n && ops[at].atom == DW_OP_stack_value) {
			rule->kind = RULE_IS_CFA;
			at++;
		}
		if (at == n)
			return true;
	}
	if (n == 1 && ops[0].atom == DW_OP_regx && ops[0].number < CFI_REGS) {
		rule->kind = RULE_IN_REG;
		rule->offset = (int64_t)ops[0].number;
		return true;
	}
	rule->kind = RULE_EXPR;
	rule->ops = copy_ops(ops, n);
	rule->nops = n;
	return rule->ops;
}

/* Vector registers and the like are left out: nothing is found through
 * them. */
static bool wanted(const struct arch *arch, int reg, int ra)
{
	return reg <= 16 || reg == ra || arch_reg_dwarf(arch, reg);
}

static bool set_rules(struct frame_rules *r, Dwarf_Frame *frame,
		      const struct arch *arch)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	for (int i = 0; i < CFI_REGS; i++) {
		struct rule *rule = &r->rules[r->nrules];

		if (!wanted(arch, i, r->ra))
			continue;
		ops = NULL;
		*rule = (struct rule){.reg = (uint8_t)i};
		if (dwarf_frame_register(frame, i, mem, &ops, &n))
			continue;
		if (!set_rule(rule, i == r->ra, mem, ops, n))
			return false;
		if (rule->kind != RULE_SAME)
			r->nrules++;
	}
	return true;
}

static struct frame_rules *make_rules(struct module *m, uint64_t vaddr)
{
	Dwarf_Frame *frame = frame_at(m, vaddr);
	struct frame_rules *r, *fit;
	int ra = -1;

	r = calloc(1, sizeof(*r) + CFI_REGS * sizeof(struct rule));
	if (!r) {
		free(frame);
		return NULL;
	}
	r->none = true;
	if (frame)
		ra = dwarf_frame_info(frame, NULL, NULL, &r->signal);
	if (ra >= 0 && ra < CFI_REGS) {
		r->ra = (uint8_t)ra;
		r->none = !set_cfa(r, frame) || !set_rules(r, frame, m->arch);
	}
	free(frame);
	fit = realloc(r, sizeof(*r) + r->nrules * sizeof(struct rule));
	return fit ? fit : r;
}

const struct frame_rules *cfi_rules(struct module *m, uint64_t vaddr)
{
	struct cfi *c = cfi_of(m);
	struct frame_rules *r = c ? htab_get(&c->kept, vaddr) : NULL;

	if (r || !c)
		return r;
	if (c->kept.used >= KEPT_MAX)
		forget(c);
	r = make_rules(m, vaddr);
	if (r && htab_put(&c->kept, vaddr, r)) {
		free_rules(r);
		r = NULL;
	}
	return r;
}

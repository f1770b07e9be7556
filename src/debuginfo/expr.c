/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "expr.h"

#include "abi.h"
#include "cfi.h"

#include <stdlib.h>
#include <string.h>

enum { NEST_MAX = 4 }; /* frame base in expression, entry value in it ... */

static int convert(const struct place_at *at, Dwarf_Attribute *attr,
		   const Dwarf_Op *ops, size_t n, struct loc *l,
		   unsigned depth);

bool loc_add(struct loc *l, enum loc_opcode code, uint64_t arg)
{
	if (l->nops == LOC_OPS_MAX)
		return false;
	l->ops[l->nops].code = code;
	l->ops[l->nops++].arg = arg;
	return true;
}

static int unsupported(const struct place_at *at, const char *why)
{
	return err_set(at->err, ERR_UNSUPP, "%s %s", at->name, why);
}

static int add(const struct place_at *at, struct loc *l, enum loc_opcode code,
	       uint64_t arg)
{
	return loc_add(l, code, arg)
		       ? 0
		       : unsupported(at, "has a location too long for upd");
}

static int add_reg(const struct place_at *at, struct loc *l, uint64_t reg,
		   int64_t offset)
{
	int rc;

	if (reg > INT16_MAX || !arch_reg_dwarf(at->m->arch, (int)reg))
		return unsupported(at, "is in a register that upd cannot read");
	rc = add(at, l, LOC_REG, reg);
	return rc || !offset ? rc
			     : add(at, l, LOC_PLUS_CONST, (uint64_t)offset);
}

/* ---- CFA and frame base ---- */

static int add_cfa(const struct place_at *at, struct loc *l, unsigned depth)
{
	const struct abi *abi = abi_of(at->m->arch);
	Dwarf_Op *ops = NULL;
	size_t n = cfi_cfa_ops(at->m, at->pc, &ops);
	int rc;

	if (n) {
		rc = convert(at, NULL, ops, n, l, depth + 1);
		free(ops);
		return rc;
	}
	/* At its first instruction a function's frame is known without. */
	if (at->at_entry && abi)
		return add_reg(at, l, abi->sp,
			       abi->ra_on_stack ? abi->word_size : 0);
	return unsupported(at, "is in a stack frame whose layout the file "
			       "does not tell (no unwinding table)");
}

static bool frame_base(const struct place_at *at, Dwarf_Attribute *attr,
		       Dwarf_Op **ops, size_t *n)
{
	return at->func &&
	       dwarf_attr_integrate(at->func, DW_AT_frame_base, attr) &&
	       dwarf_getlocation_addr(attr, at->pc, ops, n, 1) == 1 && *n;
}

static int add_frame_base(const struct place_at *at, struct loc *l,
			  unsigned depth)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t n;

	if (!frame_base(at, &attr, &ops, &n))
		return unsupported(at, "is in a stack frame that the debug "
				       "information does not locate");
	if (n == 1 && ops->atom >= DW_OP_reg0 && ops->atom <= DW_OP_reg31)
		return add_reg(at, l, ops->atom - DW_OP_reg0, 0);
	return convert(at, &attr, ops, n, l, depth + 1);
}

int expr_cfa(const struct place_at *at, int64_t offset, struct loc *ret)
{
	int rc;

	*ret = (struct loc){.kind = LOC_IN_MEMORY};
	rc = add_cfa(at, ret, 0);
	return rc || !offset ? rc
			     : add(at, ret, LOC_PLUS_CONST, (uint64_t)offset);
}

static bool is_static(Dwarf_Attribute *attr)
{
	switch (dwarf_whatform(attr)) {
	case DW_FORM_exprloc:
	case DW_FORM_block:
	case DW_FORM_block1:
	case DW_FORM_block2:
	case DW_FORM_block4:
		return true;
	default:
		return false;
	}
}

bool expr_is_frame_slot(const struct place_at *at, Dwarf_Attribute *attr,
			int64_t *ret_offset, bool *ret_is_cfa, bool *ret_by_ref)
{
	Dwarf_Attribute base;
	Dwarf_Op *ops, *bops;
	size_t n, bn;

	if (!is_static(attr) || dwarf_getlocation(attr, &ops, &n) || !n ||
	    n > 2 || ops[0].atom != DW_OP_fbreg ||
	    (n == 2 && ops[1].atom != DW_OP_deref) ||
	    !frame_base(at, &base, &bops, &bn))
		return false;
	*ret_offset = (int64_t)ops[0].number;
	*ret_is_cfa = bn == 1 && bops->atom == DW_OP_call_frame_cfa;
	*ret_by_ref = n == 2;
	return true;
}

/* ---- operations ---- */

static int add_address(const struct place_at *at, Dwarf_Attribute *attr,
		       const Dwarf_Op *op, struct loc *l)
{
	Dwarf_Attribute sub;
	Dwarf_Addr addr;

	if (!attr || dwarf_getlocation_attr(attr, op, &sub) ||
	    dwarf_formaddr(&sub, &addr))
		return unsupported(at, "has a location that upd cannot read");
	return add(at, l, LOC_MODADDR, addr);
}

/* What a register held when the function was entered is still there only at
 * its first instruction. */
static int add_entry_value(const struct place_at *at, Dwarf_Attribute *attr,
			   const Dwarf_Op *op, struct loc *l, unsigned depth)
{
	Dwarf_Attribute sub;
	Dwarf_Op *ops;
	size_t n;

	if (!at->at_entry)
		return unsupported(at, "was optimised out here: only its value "
				       "at the function's entry is described");
	if (!attr || dwarf_getlocation_attr(attr, op, &sub) ||
	    dwarf_getlocation(&sub, &ops, &n) || !n)
		return unsupported(at, "has a location that upd cannot read");
	if (n == 1 && ops->atom >= DW_OP_reg0 && ops->atom <= DW_OP_reg31)
		return add_reg(at, l, ops->atom - DW_OP_reg0, 0);
	return convert(at, &sub, ops, n, l, depth + 1);
}

/* To an integer of so many bytes; 0 is the machine's own type. */
static int add_convert(const struct place_at *at, Dwarf_Attribute *attr,
		       const Dwarf_Op *op, struct loc *l)
{
	uint64_t encoding = 0, size = 0, shift;
	Dwarf_Die type;
	int rc;

	if (!op->number)
		return 0;
	if (!attr || dwarf_getlocation_die(attr, op, &type) ||
	    !die_number(&type, DW_AT_encoding, &encoding) ||
	    !die_number(&type, DW_AT_byte_size, &size) || !size || size > 8 ||
	    encoding == DW_ATE_float || encoding == DW_ATE_complex_float)
		return unsupported(at, "has a location that upd cannot express "
				       "(a conversion that is not between "
				       "integers)");
	shift = 64 - 8 * size;
	if (!shift)
		return 0;
	rc = add(at, l, LOC_CONST, shift);
	if (!rc)
		rc = add(at, l, LOC_SHL, 0);
	if (!rc)
		rc = add(at, l, LOC_CONST, shift);
	if (rc)
		return rc;
	return add(at, l,
		   encoding == DW_ATE_signed || encoding == DW_ATE_signed_char
			   ? LOC_SAR
			   : LOC_SHR,
		   0);
}

/* Operations that are the same in both languages. */
static bool simple_op(const Dwarf_Op *op, unsigned word, enum loc_opcode *code,
		      uint64_t *arg)
{
	static const struct {
		uint8_t atom, code;
	} same[] = {
		{DW_OP_dup, LOC_DUP},	{DW_OP_drop, LOC_DROP},
		{DW_OP_swap, LOC_SWAP}, {DW_OP_over, LOC_OVER},
		{DW_OP_plus, LOC_ADD},	{DW_OP_minus, LOC_SUB},
		{DW_OP_mul, LOC_MUL},	{DW_OP_div, LOC_DIV},
		{DW_OP_mod, LOC_MOD},	{DW_OP_and, LOC_AND},
		{DW_OP_or, LOC_OR},	{DW_OP_xor, LOC_XOR},
		{DW_OP_shl, LOC_SHL},	{DW_OP_shr, LOC_SHR},
		{DW_OP_shra, LOC_SAR},	{DW_OP_neg, LOC_NEG},
		{DW_OP_not, LOC_NOT},	{DW_OP_eq, LOC_EQ},
		{DW_OP_ne, LOC_NE},	{DW_OP_lt, LOC_LT},
		{DW_OP_le, LOC_LE},	{DW_OP_gt, LOC_GT},
		{DW_OP_ge, LOC_GE},
	};

	*arg = op->number;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		if (same[i].atom != op->atom)
			continue;
		*code = same[i].code;
		*arg = 0;
		return true;
	}
	switch (op->atom) {
	case DW_OP_lit0 ... DW_OP_lit31:
		*code = LOC_CONST;
		*arg = op->atom - DW_OP_lit0;
		return true;
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
		*code = LOC_CONST;
		return true;
	case DW_OP_plus_uconst:
		*code = LOC_PLUS_CONST;
		return true;
	case DW_OP_deref:
		*code = LOC_DEREF;
		*arg = word;
		return true;
	case DW_OP_deref_size:
		*code = LOC_DEREF;
		return op->number >= 1 && op->number <= 8;
	case DW_OP_addr:
		*code = LOC_MODADDR;
		return true;
	case DW_OP_pick:
		*code = op->number ? LOC_OVER : LOC_DUP;
		return op->number < 2;
	default:
		return false;
	}
}

static int refuse_op(const struct place_at *at, uint8_t atom)
{
	switch (atom) {
	case DW_OP_piece:
	case DW_OP_bit_piece:
		return unsupported(at, "is split over several places here, "
				       "which upd cannot put together");
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		return unsupported(at, "is a thread-local variable, which upd "
				       "cannot locate yet");
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return unsupported(at, "was optimised out here: it points to "
				       "something that is not in memory");
	default:
		return unsupported(at, "has a location that upd cannot express "
				       "(DWARF operation not supported)");
	}
}

static int convert_op(const struct place_at *at, Dwarf_Attribute *attr,
		      const Dwarf_Op *op, struct loc *l, unsigned depth)
{
	enum loc_opcode code;
	uint64_t arg;
	int rc;

	if (simple_op(op, at->m->arch->word_size, &code, &arg))
		return add(at, l, code, arg);
	switch (op->atom) {
	case DW_OP_breg0 ... DW_OP_breg31:
		return add_reg(at, l, op->atom - DW_OP_breg0,
			       (int64_t)op->number);
	case DW_OP_bregx:
		return add_reg(at, l, op->number, (int64_t)op->number2);
	case DW_OP_fbreg:
		rc = add_frame_base(at, l, depth);
		return rc || !op->number
			       ? rc
			       : add(at, l, LOC_PLUS_CONST, op->number);
	case DW_OP_call_frame_cfa:
		return add_cfa(at, l, depth);
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
		return add_address(at, attr, op, l);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return add_entry_value(at, attr, op, l, depth);
	case DW_OP_convert:
	case DW_OP_GNU_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret:
		return add_convert(at, attr, op, l);
	case DW_OP_stack_value:
		l->kind = LOC_IN_VALUE;
		return 0;
	case DW_OP_nop:
		return 0;
	default:
		return refuse_op(at, op->atom);
	}
}

static int convert(const struct place_at *at, Dwarf_Attribute *attr,
		   const Dwarf_Op *ops, size_t n, struct loc *l, unsigned depth)
{
	int rc = 0;

	if (depth > NEST_MAX || n > LOC_OPS_MAX)
		return unsupported(at, "has a location too long for upd");
	for (size_t i = 0; !rc && i < n; i++)
		rc = convert_op(at, attr, &ops[i], l, depth);
	return rc;
}

/* ---- whole locations ---- */

static int in_register(const struct place_at *at, uint64_t reg, struct loc *ret)
{
	struct arch_vector v;

	if (reg <= UINT16_MAX && at->m->arch->vector((unsigned)reg, &v)) {
		*ret = (struct loc){.kind = LOC_IN_VECTOR,
				    .reg = (uint16_t)reg};
		return 0;
	}
	*ret = (struct loc){.kind = LOC_IN_VALUE};
	return add_reg(at, ret, reg, 0);
}

static bool is_register(const Dwarf_Op *op, uint64_t *ret)
{
	bool numbered = op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31;

	*ret = numbered ? (uint64_t)(op->atom - DW_OP_reg0) : op->number;
	return numbered || op->atom == DW_OP_regx;
}

/* A long long of 32-bit programs: two registers and nothing else, the one that
 * would lie first in memory first. */
static bool is_pair(const struct place_at *at, const Dwarf_Op *ops, size_t n,
		    uint64_t regs[2])
{
	const struct arch *arch = at->m->arch;
	struct arch_vector v;

	if (arch->word_size != 4 || n != 4)
		return false;
	for (int i = 0; i < 2; i++)
		if (!is_register(&ops[2 * i], &regs[i]) ||
		    ops[2 * i + 1].atom != DW_OP_piece ||
		    ops[2 * i + 1].number != 4 ||
		    regs[i] > UINT16_MAX || arch->vector((unsigned)regs[i], &v))
			return false;
	return true;
}

static int in_pair(const struct place_at *at, const uint64_t regs[2],
		   struct loc *ret)
{
	bool big = at->m->arch->big_endian;
	int rc;

	*ret = (struct loc){.kind = LOC_IN_VALUE};
	rc = add_reg(at, ret, regs[!big], 0);
	if (!rc)
		rc = add(at, ret, LOC_CONST, 32);
	if (!rc)
		rc = add(at, ret, LOC_SHL, 0);
	if (!rc)
		rc = add_reg(at, ret, regs[big], 0);
	return rc ? rc : add(at, ret, LOC_OR, 0);
}

static int implicit_value(const struct place_at *at, Dwarf_Attribute *attr,
			  const Dwarf_Op *op, struct loc *ret)
{
	bool big = at->m->arch->big_endian;
	Dwarf_Block block;
	uint64_t v = 0;

	if (dwarf_getlocation_implicit_value(attr, op, &block) ||
	    block.length > 8)
		return unsupported(at, "is a constant too large for upd");
	for (size_t i = 0; i < block.length; i++)
		v |= (uint64_t)block.data[big ? block.length - 1 - i : i]
		     << 8 * i;
	*ret = (struct loc){.kind = LOC_IN_VALUE};
	return add(at, ret, LOC_CONST, v);
}

static int locate(const struct place_at *at, Dwarf_Attribute *attr,
		  const Dwarf_Op *ops, size_t n, struct loc *ret)
{
	uint64_t regs[2];

	if (!n)
		return unsupported(at, "was optimised out");
	if (n == 1 && is_register(ops, &regs[0]))
		return in_register(at, regs[0], ret);
	if (is_pair(at, ops, n, regs))
		return in_pair(at, regs, ret);
	if (n == 1 && ops->atom == DW_OP_implicit_value)
		return implicit_value(at, attr, ops, ret);
	*ret = (struct loc){.kind = LOC_IN_MEMORY};
	for (size_t i = 0; i < n; i++)
		if (ops[i].atom == DW_OP_piece ||
		    ops[i].atom == DW_OP_bit_piece)
			return refuse_op(at, ops[i].atom);
	return convert(at, attr, ops, n, ret, 0);
}

int expr_locate(const struct place_at *at, Dwarf_Attribute *attr,
		struct loc *ret)
{
	struct loc l;
	Dwarf_Op *ops;
	size_t n;
	int count = dwarf_getlocation_addr(attr, at->pc, &ops, &n, 1), rc;

	if (count < 0)
		return err_set(at->err, ERR_FORMAT,
			       "%s: the debug information "
			       "of %s is damaged (%s)",
			       at->m->path, at->name, dwarf_errmsg(-1));
	if (!count)
		return unsupported(at, "was optimised out here");
	rc = locate(at, attr, ops, n, &l);
	if (!rc)
		*ret = l;
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Emulation of multiplications and divisions.
 */
#include "ppc-insn.h"

static uint64_t ra(const struct ppc_emu *e)
{
	return ppc_get(e->in.mode, e->regs, ppc_ra(e->in.word));
}

static uint64_t rb(const struct ppc_emu *e)
{
	return ppc_get(e->in.mode, e->regs, ppc_rb(e->in.word));
}

/* The upper half of a product of 64 bits; not all compilers have the type. */
static uint64_t mul_high(uint64_t a, uint64_t b)
{
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
	uint64_t low = al * bl, mid = ah * bl + (low >> 32);
	uint64_t mid2 = al * bh + (uint32_t)mid;

	return ah * bh + (mid >> 32) + (mid2 >> 32);
}

static uint64_t mul(const struct ppc_emu *e)
{
	uint64_t a = ra(e), b = rb(e);
	int64_t product = (int64_t)(int32_t)a * (int32_t)b;

	switch (e->in.arg) {
	case MUL_LI:
		return a * (uint64_t)ppc_si(e->in.word);
	case MUL_LW:
		return (uint64_t)product;
	case MUL_LD:
		return a * b;
	case MUL_HW:
		return (uint64_t)(product >> 32);
	case MUL_HWU:
		return (uint64_t)(uint32_t)a * (uint32_t)b >> 32;
	case MUL_HD:
		return mul_high(a, b) - ((int64_t)a < 0 ? b : 0) -
		       ((int64_t)b < 0 ? a : 0);
	default:
		return mul_high(a, b);
	}
}

static int emulate_div(struct ppc_emu *e)
{
	bool wide = e->in.arg & DIV_64;
	uint64_t a = ra(e), b = rb(e), r;
	int64_t sa = wide ? (int64_t)a : (int32_t)a;
	int64_t sb = wide ? (int64_t)b : (int32_t)b;

	if (b == 0)
		return ERR_UNSUPP;
	if (e->in.arg & DIV_UNSIGNED)
		r = a / b;
	else if (sb == -1 && sa == (wide ? INT64_MIN : INT32_MIN))
		return ERR_UNSUPP;
	else
		r = (uint64_t)(sa / sb);
	return ppc_set_result(e, ppc_rt(e->in.word), r);
}

int ppc_emulate_mul(struct ppc_emu *e)
{
	if (e->in.op == PPC_DIV)
		return emulate_div(e);
	return ppc_set_result(e, ppc_rt(e->in.word), mul(e));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Emulation: registers and memory after an instruction, computed. Memory is
 * written first and registers last, so that an error changes nothing. What
 * processors differ in, or leave undefined, is the processor's to do.
 */
#include "ppc-insn.h"

static uint64_t gpr(const struct ppc_emu *e, unsigned n)
{
	return ppc_get(e->in.mode, e->regs, n);
}

static void set(struct ppc_emu *e, unsigned n, uint64_t value)
{
	ppc_put(e->in.mode, &e->now, n, value);
}

/* ---- branches ------------------------------------------------------------ */

/* BO and BI; counts down CTR when they say so. */
static bool is_taken(struct ppc_emu *e)
{
	unsigned bo = ppc_rt(e->in.word), bi = ppc_ra(e->in.word);
	uint32_t cr = (uint32_t)gpr(e, PPC_CCR);
	bool cond = bo & 16 || (cr >> (31 - bi) & 1) == (bo >> 3 & 1);
	uint64_t ctr;

	if (bo & 4)
		return cond;
	ctr = ppc_wrap(e->in.mode, gpr(e, PPC_CTR) - 1);
	set(e, PPC_CTR, ctr);
	return cond && (ctr == 0) == (bo >> 1 & 1);
}

static int emulate_branch(struct ppc_emu *e)
{
	uint64_t target;
	bool taken = e->in.op == PPC_B || is_taken(e);

	if (e->in.op == PPC_BCLR)
		target = gpr(e, PPC_LINK) & ~UINT64_C(3);
	else if (e->in.op == PPC_BCCTR)
		target = gpr(e, PPC_CTR) & ~UINT64_C(3);
	else
		target = ppc_target(&e->in, e->plan->addr);
	if (ppc_links(&e->in))
		set(e, PPC_LINK, e->plan->addr + 4);
	if (taken)
		set(e, PPC_NIP, target);
	return 0;
}

/* ---- memory -------------------------------------------------------------- */

static uint64_t address(const struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	uint64_t base = ppc_ra(w) ? gpr(e, ppc_ra(w)) : 0, d;

	if (e->in.arg & MEM_INDEXED)
		d = gpr(e, ppc_rb(w));
	else
		d = (uint64_t)ppc_si(e->in.arg & MEM_DS ? w & ~UINT32_C(3) : w);
	return ppc_wrap(e->in.mode, base + d);
}

/* The order of bytes in memory. */
static unsigned order(const struct ppc_emu *e)
{
	return e->in.mode ^ (e->in.arg & MEM_REVERSED ? PPC_BIG : 0);
}

static int emulate_load(struct ppc_emu *e)
{
	size_t size = e->in.arg & MEM_SIZE;
	uint64_t at = address(e), value;
	uint8_t bytes[8];
	int rc = e->mem->read(e->mem->ctx, at, bytes, size);

	if (rc < 0)
		return rc;
	value = ppc_load(order(e), bytes, size);
	if (e->in.arg & MEM_SIGNED)
		value = (uint64_t)((int64_t)(value << (64 - 8 * size)) >>
				   (64 - 8 * size));
	if (e->in.arg & MEM_UPDATE)
		set(e, ppc_ra(e->in.word), at);
	set(e, ppc_rt(e->in.word), value);
	return 0;
}

static int emulate_store(struct ppc_emu *e)
{
	size_t size = e->in.arg & MEM_SIZE;
	uint64_t at = address(e);
	uint8_t bytes[8];
	int rc;

	ppc_store(order(e), bytes, size, gpr(e, ppc_rt(e->in.word)));
	rc = e->mem->write(e->mem->ctx, at, bytes, size);
	if (rc < 0)
		return rc;
	if (e->in.arg & MEM_UPDATE)
		set(e, ppc_ra(e->in.word), at);
	return 0;
}

/* lmw and stmw: registers RT to 31. */
static int emulate_multiple(struct ppc_emu *e)
{
	unsigned rt = ppc_rt(e->in.word), n = 32 - rt, mode = e->in.mode;
	uint64_t at = address(e);
	uint8_t bytes[32 * 4];
	int rc;

	if (!(e->in.arg & MEM_STORE)) {
		rc = e->mem->read(e->mem->ctx, at, bytes, 4 * n);
		for (unsigned i = 0; rc >= 0 && i < n; i++)
			set(e, rt + i, ppc_load(mode, bytes + 4 * i, 4));
		return rc < 0 ? rc : 0;
	}
	for (unsigned i = 0; i < n; i++)
		ppc_store(mode, bytes + 4 * i, 4, gpr(e, rt + i));
	rc = e->mem->write(e->mem->ctx, at, bytes, 4 * n);
	return rc < 0 ? rc : 0;
}

/* ---- dispatch ------------------------------------------------------------ */

static int emulate_op(struct ppc_emu *e)
{
	switch (e->in.op) {
	case PPC_B:
	case PPC_BC:
	case PPC_BCLR:
	case PPC_BCCTR:
		return emulate_branch(e);
	case PPC_LOAD:
		return emulate_load(e);
	case PPC_STORE:
		return emulate_store(e);
	case PPC_MULTIPLE:
		return emulate_multiple(e);
	case PPC_MUL:
	case PPC_DIV:
		return ppc_emulate_mul(e);
	case PPC_CRLOGIC:
	case PPC_MCRF:
	case PPC_MFCR:
	case PPC_MTCRF:
	case PPC_MFSPR:
	case PPC_MTSPR:
		return ppc_emulate_cr(e);
	default:
		return ppc_emulate_alu(e);
	}
}

int ppc_emulate(const struct plan *plan, struct regs *regs,
		const struct arch_mem *mem)
{
	struct ppc_emu e = {
		.plan = plan,
		.in = ppc_insn(plan),
		.regs = regs,
		.mem = mem,
		.now = *regs,
	};
	int rc;

	if (!(plan->strategies & STRATEGY_EMULATE))
		return ERR_UNSUPP;
	set(&e, PPC_NIP, plan->addr + plan->len);
	rc = emulate_op(&e);
	if (rc)
		return rc;
	*regs = e.now;
	return 0;
}

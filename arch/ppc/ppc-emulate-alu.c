/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Emulation of integer arithmetic, comparisons, logic, shifts and rotates, and
 * of what is done with the condition register.
 *
 * Processors since ISA 3.0 have the carry and the overflow of the lower 32
 * bits in XER too, older ones have no such bits there. Which one it is can't
 * be told, unless the bits are in use: an instruction that would set one is
 * left to the processor.
 */
#include "ppc-insn.h"

enum {
	XER_SO = UINT32_C(1) << 31,
	XER_OV = 1 << 30,
	XER_CA = 1 << 29,
	XER_OV32 = 1 << 19,
	XER_CA32 = 1 << 18,
	XER_COUNT = 0x7f, /* of lswx and stswx */
};

static uint64_t gpr(const struct ppc_emu *e, unsigned n)
{
	return ppc_get(e->in.mode, e->regs, n);
}

static void set(struct ppc_emu *e, unsigned n, uint64_t value)
{
	ppc_put(e->in.mode, &e->now, n, value);
}

static bool is64(const struct ppc_emu *e)
{
	return e->in.mode & PPC_64;
}

/* The fields from behind the opcode, as usual. */
static uint64_t ra(const struct ppc_emu *e)
{
	return gpr(e, ppc_ra(e->in.word));
}

static uint64_t rb(const struct ppc_emu *e)
{
	return gpr(e, ppc_rb(e->in.word));
}

static uint64_t rs(const struct ppc_emu *e)
{
	return gpr(e, ppc_rt(e->in.word));
}

/* ---- flags --------------------------------------------------------------- */

static void set_cr_field(struct ppc_emu *e, unsigned field, uint32_t bits)
{
	uint64_t cr = ppc_get(e->in.mode, &e->now, PPC_CCR);
	unsigned shift = 28 - 4 * field;

	set(e, PPC_CCR, (cr & ~(UINT64_C(15) << shift)) |
				(uint64_t)bits << shift);
}

/* less, greater, equal; and the summary overflow as it is then */
static void set_order(struct ppc_emu *e, unsigned field, bool less, bool equal)
{
	uint64_t xer = ppc_get(e->in.mode, &e->now, PPC_XER);

	set_cr_field(e, field,
		     (less ? 8u : equal ? 2u : 4u) | (xer & XER_SO ? 1u : 0u));
}

static void record(struct ppc_emu *e, uint64_t value)
{
	int64_t v = is64(e) ? (int64_t)value : (int32_t)(uint32_t)value;

	if (e->in.flags & PPC_RC_ALWAYS ||
	    (e->in.flags & PPC_RC && e->in.word & 1))
		set_order(e, 0, v < 0, v == 0);
}

/* One of the pairs of bits. ERR_UNSUPP: processors differ. */
static int set_flag(struct ppc_emu *e, uint32_t bit, bool value, uint32_t bit32,
		    bool value32)
{
	uint64_t was = gpr(e, PPC_XER);
	uint64_t xer = ppc_get(e->in.mode, &e->now, PPC_XER);

	if (value32 && !(was & (XER_OV32 | XER_CA32)))
		return ERR_UNSUPP;
	xer &= ~(uint64_t)(bit | bit32);
	xer |= (value ? bit : 0) | (value32 ? bit32 : 0);
	if (bit == XER_OV && value)
		xer |= XER_SO;
	set(e, PPC_XER, xer);
	return 0;
}

static int set_carry(struct ppc_emu *e, bool ca, bool ca32)
{
	return set_flag(e, XER_CA, ca, XER_CA32, ca32);
}

int ppc_set_result(struct ppc_emu *e, unsigned n, uint64_t value)
{
	set(e, n, value);
	record(e, value);
	return 0;
}

/* ---- sums ---------------------------------------------------------------- */

/* Carry out of the lower 32 bits, or of all. */
static bool carry(uint64_t a, uint64_t b, unsigned c, bool all)
{
	uint64_t sum = a + b;

	if (!all)
		return ((uint64_t)(uint32_t)a + (uint32_t)b + c) >> 32;
	return sum < a || sum + c < sum;
}

static bool overflow(uint64_t a, uint64_t b, uint64_t r, bool all)
{
	return ((a ^ r) & (b ^ r)) >> (all ? 63 : 31) & 1;
}

static uint64_t addend(const struct ppc_emu *e)
{
	switch (e->in.arg & ADD_Y) {
	case ADD_RB:
		return rb(e);
	case ADD_SI:
		return (uint64_t)ppc_si(e->in.word);
	case ADD_SI16:
		return (uint64_t)ppc_si(e->in.word) << 16;
	case ADD_ONES:
		return UINT64_MAX;
	default:
		return 0;
	}
}

static int emulate_add(struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	uint64_t a = ra(e), b = addend(e), r;
	unsigned arg = e->in.arg, c = arg & ADD_PLUS1 ? 1 : 0;
	int rc = 0;

	if (arg & ADD_RA0 && ppc_ra(w) == 0)
		a = 0;
	if (arg & ADD_NOT)
		a = ~a;
	if (arg & ADD_PLUSCA)
		c = gpr(e, PPC_XER) & XER_CA ? 1 : 0;
	r = a + b + c;
	if (arg & ADD_CA)
		rc = set_carry(e, carry(a, b, c, is64(e)),
			       carry(a, b, c, false));
	if (!rc && e->in.flags & PPC_OE && w & 1 << 10)
		rc = set_flag(e, XER_OV, overflow(a, b, r, is64(e)), XER_OV32,
			      overflow(a, b, r, false));
	return rc ? rc : ppc_set_result(e, ppc_rt(w), r);
}

/* ---- logic --------------------------------------------------------------- */

static uint64_t logic(unsigned op, uint64_t a, uint64_t b)
{
	switch (op) {
	case LOGIC_AND:
		return a & b;
	case LOGIC_OR:
		return a | b;
	case LOGIC_XOR:
		return a ^ b;
	case LOGIC_NAND:
		return ~(a & b);
	case LOGIC_NOR:
		return ~(a | b);
	case LOGIC_EQV:
		return ~(a ^ b);
	case LOGIC_ANDC:
		return a & ~b;
	default:
		return a | ~b;
	}
}

static int emulate_logic(struct ppc_emu *e)
{
	uint64_t b = rb(e);

	if (e->in.arg & (LOGIC_UI | LOGIC_UI16))
		b = e->in.word & 0xffff;
	if (e->in.arg & LOGIC_UI16)
		b <<= 16;
	return ppc_set_result(e, ppc_ra(e->in.word),
			  logic(e->in.arg & LOGIC_OP, rs(e), b));
}

/* In each group of so many bits. */
static uint64_t count_ones(uint64_t v, unsigned bits)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 64; i++)
		r += (v >> i & 1) << (i / bits * bits);
	return r;
}

static unsigned leading(uint64_t v, unsigned bits)
{
	unsigned n = 0;

	while (n < bits && !(v >> (bits - 1 - n) & 1))
		n++;
	return n;
}

static uint64_t unary(unsigned op, uint64_t v)
{
	switch (op) {
	case UNARY_EXTSB:
		return (uint64_t)(int8_t)v;
	case UNARY_EXTSH:
		return (uint64_t)(int16_t)v;
	case UNARY_EXTSW:
		return (uint64_t)(int32_t)v;
	case UNARY_CNTLZW:
		return leading(v, 32);
	case UNARY_CNTLZD:
		return leading(v, 64);
	case UNARY_POPCNTB:
		return count_ones(v, 8);
	case UNARY_POPCNTW:
		return count_ones(v, 32);
	default:
		return count_ones(v, 64);
	}
}

/* ---- shifts and rotates -------------------------------------------------- */

static unsigned sh6(uint32_t w)
{
	return ppc_rb(w) | (w & 2) << 4;
}

/* To the right, filled up with the sign; carry: a one of a negative number
 * has been lost. */
static int shift_algebraic(struct ppc_emu *e, int64_t v, unsigned n,
			   unsigned bits)
{
	uint64_t lost;
	bool ca;
	int rc;

	if (n >= bits) {
		n = bits - 1;
		lost = v < 0;
	} else {
		lost = (uint64_t)v & ((UINT64_C(1) << n) - 1);
	}
	ca = v < 0 && lost;
	rc = set_carry(e, ca, ca);
	return rc ? rc
		  : ppc_set_result(e, ppc_ra(e->in.word), (uint64_t)(v >> n));
}

static int emulate_shift(struct ppc_emu *e)
{
	unsigned bits = e->in.arg & SHIFT_64 ? 64 : 32, n;
	uint64_t v = rs(e), r;

	if (!(e->in.arg & SHIFT_IMM))
		n = (unsigned)rb(e) & (2 * bits - 1);
	else
		n = bits == 64 ? sh6(e->in.word) : ppc_rb(e->in.word);
	if ((e->in.arg & SHIFT_OP) == SHIFT_ALGEBRAIC)
		return shift_algebraic(e, bits == 64 ? (int64_t)v : (int32_t)v,
				       n, bits);
	if (bits == 32)
		v = (uint32_t)v;
	if (n >= bits)
		r = 0;
	else
		r = (e->in.arg & SHIFT_OP) == SHIFT_LEFT ? v << n : v >> n;
	if (bits == 32)
		r = (uint32_t)r;
	return ppc_set_result(e, ppc_ra(e->in.word), r);
}

/* Ones from bit mb to bit me, counted from the left, around the end when mb
 * comes after me. */
static uint64_t mask(unsigned mb, unsigned me)
{
	uint64_t from = UINT64_MAX >> mb, to = UINT64_MAX << (63 - me);

	return mb <= me ? from & to : from | to;
}

static uint64_t rotate(uint64_t v, unsigned n)
{
	return n ? v << n | v >> (64 - n) : v;
}

/* The lower word, rotated, is in both halves. */
static int emulate_rotate(struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	uint64_t v = (uint32_t)rs(e), m, r;
	unsigned n = e->in.arg == ROTATE_NM ? rb(e) & 31 : ppc_rb(w);

	m = mask((w >> 6 & 31) + 32, (w >> 1 & 31) + 32);
	r = rotate(v | v << 32, n) & m;
	if (e->in.arg == ROTATE_IMI)
		r |= ra(e) & ~m;
	return ppc_set_result(e, ppc_ra(w), r);
}

static int emulate_rotate64(struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	unsigned mb = (w >> 6 & 31) | (w & 32), n = sh6(w);
	uint64_t m;

	switch (e->in.arg) {
	case ROTATE_CL:
	case ROTATE_CR:
		n = rb(e) & 63;
		m = e->in.arg == ROTATE_CL ? mask(mb, 63) : mask(0, mb);
		break;
	case ROTATE_ICL:
		m = mask(mb, 63);
		break;
	case ROTATE_ICR:
		m = mask(0, mb);
		break;
	default:
		m = mask(mb, 63 - n);
	}
	return ppc_set_result(e, ppc_ra(w),
			  (rotate(rs(e), n) & m) |
				  (e->in.arg == ROTATE_IMI ? ra(e) & ~m : 0));
}

/* ---- comparisons --------------------------------------------------------- */

static int emulate_cmp(struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	bool wide = w & 1 << 21;
	uint64_t a = ra(e), b = rb(e);

	if (e->in.arg & CMP_IMM)
		b = e->in.arg & CMP_LOGICAL ? w & 0xffff
					    : (uint64_t)ppc_si(w);
	if (!wide && e->in.arg & CMP_LOGICAL) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	} else if (!wide) {
		a = (uint64_t)(int32_t)a;
		b = (uint64_t)(int32_t)b;
	}
	set_order(e, ppc_rt(w) >> 2,
		  e->in.arg & CMP_LOGICAL ? a < b : (int64_t)a < (int64_t)b,
		  a == b);
	return 0;
}

static bool cr_bit(const struct ppc_emu *e, unsigned n)
{
	return gpr(e, PPC_CCR) >> (31 - n) & 1;
}

static int emulate_isel(struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	uint64_t a = ppc_ra(w) ? ra(e) : 0;

	set(e, ppc_rt(w), cr_bit(e, w >> 6 & 31) ? a : rb(e));
	return 0;
}

int ppc_emulate_alu(struct ppc_emu *e)
{
	switch (e->in.op) {
	case PPC_ADD:
		return emulate_add(e);
	case PPC_LOGIC:
		return emulate_logic(e);
	case PPC_UNARY:
		return ppc_set_result(e, ppc_ra(e->in.word),
				  unary(e->in.arg, rs(e)));
	case PPC_SHIFT:
		return emulate_shift(e);
	case PPC_ROTATE:
		return emulate_rotate(e);
	case PPC_ROTATE64:
		return emulate_rotate64(e);
	case PPC_CMP:
		return emulate_cmp(e);
	case PPC_ISEL:
		return emulate_isel(e);
	default:
		return ERR_UNSUPP;
	}
}

/* ---- the condition register, and special ones ---------------------------- */

static int emulate_mtspr(struct ppc_emu *e)
{
	unsigned spr = ppc_spr(e->in.word);
	uint64_t value = rs(e);

	if (spr == 8 || spr == 9) {
		set(e, spr == 8 ? PPC_LINK : PPC_CTR, value);
		return 0;
	}
	/* which of the others are kept depends on the processor */
	if (value & ~(uint64_t)(XER_SO | XER_OV | XER_CA | XER_COUNT))
		return ERR_UNSUPP;
	set(e, PPC_XER, value);
	return 0;
}

static int emulate_mtcrf(struct ppc_emu *e)
{
	for (unsigned i = 0; i < 8; i++)
		if (e->in.word >> (19 - i) & 1)
			set_cr_field(e, i, rs(e) >> (28 - 4 * i) & 15);
	return 0;
}

int ppc_emulate_cr(struct ppc_emu *e)
{
	uint32_t w = e->in.word;
	unsigned bit = ppc_rt(w), spr = ppc_spr(w);
	uint64_t cr = gpr(e, PPC_CCR), r;

	switch (e->in.op) {
	case PPC_MCRF:
		set_cr_field(e, bit >> 2, cr >> (28 - (ppc_ra(w) & 28)) & 15);
		return 0;
	case PPC_MFCR:
		set(e, bit, (uint32_t)cr);
		return 0;
	case PPC_MTCRF:
		return emulate_mtcrf(e);
	case PPC_MFSPR:
		set(e, bit, gpr(e, spr == 8   ? PPC_LINK
				   : spr == 9 ? PPC_CTR
					      : PPC_XER));
		return 0;
	case PPC_MTSPR:
		return emulate_mtspr(e);
	default:
		r = logic(e->in.arg, cr_bit(e, ppc_ra(w)),
			  cr_bit(e, ppc_rb(w)));
		set(e, PPC_CCR, (cr & ~(UINT64_C(1) << (31 - bit))) |
					(r & 1) << (31 - bit));
		return 0;
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of numbers: making them, comparing them, arithmetic on them.
 */
#include "scalar.h"

#include "bpf-op.h"

#define SIGN (UINT64_C(1) << 63)

struct scalar scalar_any(void)
{
	return (struct scalar){.umax = UINT64_MAX,
			       .smin = INT64_MIN,
			       .smax = INT64_MAX,
			       .unknown = UINT64_MAX};
}

struct scalar scalar_const(uint64_t v)
{
	return (struct scalar){v, v, (int64_t)v, (int64_t)v, v, 0};
}

struct scalar scalar_range(uint64_t umin, uint64_t umax)
{
	struct scalar s = scalar_any();

	s.umin = umin;
	s.umax = umax;
	scalar_settle(&s);
	return s;
}

struct scalar scalar_signed_range(int64_t smin, int64_t smax)
{
	struct scalar s = scalar_any();

	s.smin = smin;
	s.smax = smax;
	scalar_settle(&s);
	return s;
}

bool scalar_has(const struct scalar *s, uint64_t v)
{
	return v >= s->umin && v <= s->umax && (int64_t)v >= s->smin &&
	       (int64_t)v <= s->smax && (v & ~s->unknown) == s->bits;
}

bool scalar_covers(const struct scalar *outer, const struct scalar *inner)
{
	return outer->umin <= inner->umin && outer->umax >= inner->umax &&
	       outer->smin <= inner->smin && outer->smax >= inner->smax &&
	       !(inner->unknown & ~outer->unknown) &&
	       (inner->bits & ~outer->unknown) == outer->bits;
}

struct scalar scalar_join(const struct scalar *a, const struct scalar *b)
{
	uint64_t unknown = a->unknown | b->unknown | (a->bits ^ b->bits);

	return (struct scalar){a->umin < b->umin ? a->umin : b->umin,
			       a->umax > b->umax ? a->umax : b->umax,
			       a->smin < b->smin ? a->smin : b->smin,
			       a->smax > b->smax ? a->smax : b->smax,
			       a->bits & ~unknown,
			       unknown};
}

/* ---- agreement of bounds and bits ---- */

static void raise_u(struct scalar *s, uint64_t umin, uint64_t umax)
{
	if (umin > s->umin)
		s->umin = umin;
	if (umax < s->umax)
		s->umax = umax;
}

static void raise_s(struct scalar *s, int64_t smin, int64_t smax)
{
	if (smin > s->smin)
		s->smin = smin;
	if (smax < s->smax)
		s->smax = smax;
}

/* The bits in front of the first one in which the unsigned bounds differ are
 * those of all members. */
static bool bits_from_bounds(struct scalar *s)
{
	uint64_t differ = s->umin ^ s->umax, known = UINT64_MAX;

	if (differ) {
		int n = 64 - __builtin_clzll(differ);

		known = n == 64 ? 0 : UINT64_MAX << n;
	}
	if ((s->bits ^ s->umin) & known & ~s->unknown)
		return false;
	s->bits |= s->umin & known;
	s->unknown &= ~known;
	return true;
}

bool scalar_settle(struct scalar *s)
{
	for (int round = 0; round < 2; round++) {
		raise_u(s, s->bits, s->bits | s->unknown);
		raise_s(s, (int64_t)(s->bits | (s->unknown & SIGN)),
			(int64_t)(s->bits | (s->unknown & ~SIGN)));
		/* Within one half of the circle both orders are the same. */
		if ((int64_t)s->umin <= (int64_t)s->umax)
			raise_s(s, (int64_t)s->umin, (int64_t)s->umax);
		if (s->smin >= 0 || s->smax < 0)
			raise_u(s, (uint64_t)s->smin, (uint64_t)s->smax);
		if (s->umin > s->umax || s->smin > s->smax ||
		    !bits_from_bounds(s))
			return false;
	}
	return true;
}

/* From bits alone. */
static struct scalar of_bits(uint64_t bits, uint64_t unknown)
{
	struct scalar s = scalar_any();

	s.bits = bits;
	s.unknown = unknown;
	scalar_settle(&s);
	return s;
}

struct scalar scalar_zext(const struct scalar *s, int width)
{
	uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
	struct scalar r;

	if (s->umax <= mask)
		return *s;
	r = of_bits(s->bits & mask, s->unknown & mask);
	/* No wrap between the bounds: the low parts are bounds. */
	if ((s->umin & ~mask) == (s->umax & ~mask))
		raise_u(&r, s->umin & mask, s->umax & mask);
	scalar_settle(&r);
	return r;
}

struct scalar scalar_sext(const struct scalar *s, int width)
{
	struct scalar low = scalar_zext(s, width), r;
	uint64_t sign = UINT64_C(1) << (width - 1);
	uint64_t high = ~(sign | (sign - 1));

	if (width == 64 || low.umax < sign)
		return low;
	if (low.umin < sign) { /* either sign */
		r = of_bits(low.bits & (sign - 1), low.unknown | sign | high);
		raise_s(&r, -(int64_t)sign, (int64_t)sign - 1);
	} else {
		r = of_bits(low.bits | high, low.unknown & ~high);
		raise_u(&r, low.umin | high, low.umax | high);
	}
	scalar_settle(&r);
	return r;
}

/* ---- arithmetic, 64 bits ---- */

static struct scalar add(const struct scalar *a, const struct scalar *b)
{
	uint64_t known = a->bits + b->bits;
	/* Every carry that may or may not be makes its bit unknown. */
	uint64_t carries = known ^ (known + a->unknown + b->unknown);
	uint64_t unknown = carries | a->unknown | b->unknown;
	struct scalar r = of_bits(known & ~unknown, unknown);
	uint64_t umin = a->umin + b->umin, umax;
	int64_t smin, smax;

	if (!__builtin_add_overflow(a->umax, b->umax, &umax))
		raise_u(&r, umin, umax);
	if (!__builtin_add_overflow(a->smin, b->smin, &smin) &&
	    !__builtin_add_overflow(a->smax, b->smax, &smax))
		raise_s(&r, smin, smax);
	return r;
}

static struct scalar sub(const struct scalar *a, const struct scalar *b)
{
	uint64_t known = a->bits - b->bits;
	uint64_t borrows = (known + a->unknown) ^ (known - b->unknown);
	uint64_t unknown = borrows | a->unknown | b->unknown;
	struct scalar r = of_bits(known & ~unknown, unknown);
	int64_t smin, smax;

	if (a->umin >= b->umax)
		raise_u(&r, a->umin - b->umax, a->umax - b->umin);
	if (!__builtin_sub_overflow(a->smin, b->smax, &smin) &&
	    !__builtin_sub_overflow(a->smax, b->smin, &smax))
		raise_s(&r, smin, smax);
	return r;
}

static int low_zeroes(const struct scalar *s)
{
	uint64_t maybe = s->bits | s->unknown;

	return maybe ? __builtin_ctzll(maybe) : 64;
}

static struct scalar mul(const struct scalar *a, const struct scalar *b)
{
	int zeroes = low_zeroes(a) + low_zeroes(b);
	struct scalar r;
	uint64_t umax;

	if (zeroes >= 64)
		return scalar_const(0);
	r = of_bits(0, UINT64_MAX << zeroes);
	if (scalar_is_const(a) && scalar_is_const(b))
		return scalar_const(a->umin * b->umin);
	if (!__builtin_mul_overflow(a->umax, b->umax, &umax))
		raise_u(&r, a->umin * b->umin, umax);
	return r;
}

/* A division by 0 gives 0; the remainder is then the dividend. */
static struct scalar divide(const struct scalar *a, const struct scalar *b)
{
	if (b->umin)
		return scalar_range(a->umin / b->umax, a->umax / b->umin);
	return scalar_range(0, a->umax);
}

static struct scalar modulo(const struct scalar *a, const struct scalar *b)
{
	if (b->umin > a->umax)
		return *a;
	if (b->umin && b->umax - 1 < a->umax)
		return scalar_range(0, b->umax - 1);
	return scalar_range(0, a->umax);
}

static uint64_t signed_const(int op, int64_t a, int64_t b)
{
	if (!b)
		return op == BPF_OP_DIV ? 0 : (uint64_t)a;
	if (b == -1)
		return op == BPF_OP_DIV ? 0 - (uint64_t)a : 0;
	return (uint64_t)(op == BPF_OP_DIV ? a / b : a % b);
}

static struct scalar divide_signed(int op, const struct scalar *a,
				   const struct scalar *b)
{
	if (scalar_is_const(a) && scalar_is_const(b))
		return scalar_const(signed_const(op, a->smin, b->smin));
	if (a->smin >= 0 && b->smin >= 0)
		return op == BPF_OP_DIV ? divide(a, b) : modulo(a, b);
	return scalar_any();
}

static struct scalar and_(const struct scalar *a, const struct scalar *b)
{
	uint64_t bits = a->bits & b->bits;
	uint64_t maybe = (a->bits | a->unknown) & (b->bits | b->unknown);
	struct scalar r = of_bits(bits, maybe & ~bits);

	raise_u(&r, 0, a->umax < b->umax ? a->umax : b->umax);
	return r;
}

static struct scalar or_(const struct scalar *a, const struct scalar *b)
{
	uint64_t bits = a->bits | b->bits;
	struct scalar r = of_bits(bits, (a->unknown | b->unknown) & ~bits);

	raise_u(&r, a->umin > b->umin ? a->umin : b->umin, UINT64_MAX);
	return r;
}

static struct scalar xor_(const struct scalar *a, const struct scalar *b)
{
	uint64_t unknown = a->unknown | b->unknown;

	return of_bits((a->bits ^ b->bits) & ~unknown, unknown);
}

static struct scalar shift_left(const struct scalar *a, int n)
{
	struct scalar r = of_bits(a->bits << n, a->unknown << n);

	if (a->umax <= UINT64_MAX >> n)
		raise_u(&r, a->umin << n, a->umax << n);
	return r;
}

static struct scalar shift_right(const struct scalar *a, int n)
{
	struct scalar r = of_bits(a->bits >> n, a->unknown >> n);

	raise_u(&r, a->umin >> n, a->umax >> n);
	return r;
}

static struct scalar shift_signed(const struct scalar *a, int n)
{
	uint64_t unknown = (uint64_t)((int64_t)a->unknown >> n);
	uint64_t bits = (uint64_t)((int64_t)a->bits >> n);
	struct scalar r = of_bits(bits & ~unknown, unknown);

	raise_s(&r, a->smin >> n, a->smax >> n);
	return r;
}

/* By what is not known: only that a right shift makes nothing larger. */
static struct scalar shift_unknown(int op, const struct scalar *a)
{
	if (op == BPF_OP_RSH)
		return scalar_range(0, a->umax);
	if (op == BPF_OP_ARSH)
		return scalar_signed_range(a->smin < 0 ? a->smin : 0,
					   a->smax >= 0 ? a->smax : -1);
	return scalar_any();
}

static struct scalar shift(int op, int width, const struct scalar *a,
			   const struct scalar *b)
{
	int n = (int)(b->umin & (uint64_t)(width - 1));

	if (!scalar_is_const(b))
		return shift_unknown(op, a);
	if (op == BPF_OP_LSH)
		return shift_left(a, n);
	return op == BPF_OP_RSH ? shift_right(a, n) : shift_signed(a, n);
}

static struct scalar alu64(int op, int width, bool is_signed,
			   const struct scalar *a, const struct scalar *b)
{
	switch (op) {
	case BPF_OP_ADD:
		return add(a, b);
	case BPF_OP_SUB:
		return sub(a, b);
	case BPF_OP_MUL:
		return mul(a, b);
	case BPF_OP_DIV:
		return is_signed ? divide_signed(op, a, b) : divide(a, b);
	case BPF_OP_MOD:
		return is_signed ? divide_signed(op, a, b) : modulo(a, b);
	case BPF_OP_AND:
		return and_(a, b);
	case BPF_OP_OR:
		return or_(a, b);
	case BPF_OP_XOR:
		return xor_(a, b);
	case BPF_OP_LSH:
	case BPF_OP_RSH:
	case BPF_OP_ARSH:
		return shift(op, width, a, b);
	case BPF_OP_MOV:
		return *b;
	default:
		return scalar_any();
	}
}

struct scalar scalar_alu(int op, bool wide, bool is_signed,
			 const struct scalar *a, const struct scalar *b)
{
	struct scalar x = *a, y = *b, r;

	if (!wide && (is_signed || op == BPF_OP_ARSH)) {
		x = scalar_sext(a, 32);
		y = scalar_sext(b, 32);
	} else if (!wide) {
		x = scalar_zext(a, 32);
		y = scalar_zext(b, 32);
	}
	r = alu64(op, wide ? 64 : 32, is_signed, &x, &y);
	if (!scalar_settle(&r)) /* cannot be; knowing nothing is never wrong */
		r = scalar_any();
	return wide ? r : scalar_zext(&r, 32);
}

struct scalar scalar_swap(const struct scalar *s, int width)
{
	int shift_out = 64 - width;

	return of_bits(__builtin_bswap64(s->bits << shift_out),
		       __builtin_bswap64(s->unknown << shift_out));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of numbers and arithmetic on them. Whatever the operation, the result
 * contains every number that it can give; t-bpf-verify tries that.
 */
#include "verify-int.h"

const struct scalar scalar_unknown = {0,	  UINT64_MAX, 0,
				      UINT64_MAX, INT64_MIN,  INT64_MAX};

struct scalar scalar_const(uint64_t v)
{
	return (struct scalar){v, 0, v, v, (int64_t)v, (int64_t)v};
}

bool scalar_is_const(const struct scalar *s)
{
	return !s->unk;
}

/* ---- from one form to the others ---- */

/* All ones from the highest bit of v down. */
static uint64_t fill(uint64_t v)
{
	return v ? UINT64_MAX >> __builtin_clzll(v) : 0;
}

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

/* Bits that the bounds have in common are known. */
static bool bits_from_bounds(struct scalar *s)
{
	uint64_t unk = fill(s->umin ^ s->umax), val = s->umin & ~unk;

	if ((val ^ s->val) & ~unk & ~s->unk)
		return false;
	s->val |= val;
	s->unk &= unk;
	s->val &= ~s->unk;
	return true;
}

static bool settle_once(struct scalar *s)
{
	uint64_t sign = UINT64_C(1) << 63;

	raise_u(s, s->val, s->val | s->unk);
	raise_s(s, (int64_t)(s->val | (s->unk & sign)),
		(int64_t)(s->val | (s->unk & ~sign)));
	if (s->umin > s->umax || s->smin > s->smax)
		return false;
	/* On one side of the sign both orders are the same. */
	if ((s->smin < 0) == (s->smax < 0))
		raise_u(s, (uint64_t)s->smin, (uint64_t)s->smax);
	if ((s->umin & sign) == (s->umax & sign))
		raise_s(s, (int64_t)s->umin, (int64_t)s->umax);
	if (s->umin > s->umax || s->smin > s->smax)
		return false;
	return bits_from_bounds(s);
}

bool scalar_settle(struct scalar *s)
{
	return settle_once(s) && settle_once(s) && settle_once(s);
}

struct scalar scalar_range(uint64_t umin, uint64_t umax)
{
	struct scalar s = scalar_unknown;

	s.umin = umin;
	s.umax = umax;
	scalar_settle(&s);
	return s;
}

static struct scalar signed_range(int64_t smin, int64_t smax)
{
	struct scalar s = scalar_unknown;

	s.smin = smin;
	s.smax = smax;
	scalar_settle(&s);
	return s;
}

bool scalar_within(const struct scalar *a, const struct scalar *outer)
{
	return a->umin >= outer->umin && a->umax <= outer->umax &&
	       a->smin >= outer->smin && a->smax <= outer->smax &&
	       !(a->unk & ~outer->unk) &&
	       !((a->val ^ outer->val) & ~outer->unk);
}

struct scalar scalar_join(const struct scalar *a, const struct scalar *b)
{
	struct scalar s;

	s.unk = a->unk | b->unk | (a->val ^ b->val);
	s.val = a->val & ~s.unk;
	s.umin = a->umin < b->umin ? a->umin : b->umin;
	s.umax = a->umax > b->umax ? a->umax : b->umax;
	s.smin = a->smin < b->smin ? a->smin : b->smin;
	s.smax = a->smax > b->smax ? a->smax : b->smax;
	return s;
}

struct scalar scalar_low(struct scalar a, int bytes)
{
	uint64_t all;
	struct scalar s = scalar_unknown;

	if (bytes == 8)
		return a;
	all = (UINT64_C(1) << (bytes * 8)) - 1;
	if (a.umax <= all)
		return a;
	s.val = a.val & all;
	s.unk = a.unk & all;
	/* The same above: the order stays below. */
	if ((a.umin & ~all) == (a.umax & ~all)) {
		s.umin = a.umin & all;
		s.umax = a.umax & all;
	}
	scalar_settle(&s);
	return s;
}

/* ---- arithmetic ---- */

/* Sums without any carry and with every possible one: where they differ, and
 * where an operand is unknown, the sum is. */
static void add_bits(struct scalar *s, const struct scalar *a,
		     const struct scalar *b)
{
	uint64_t low = a->val + b->val, high = low + a->unk + b->unk;

	s->unk = (low ^ high) | a->unk | b->unk;
	s->val = low & ~s->unk;
}

static struct scalar add(struct scalar a, struct scalar b)
{
	struct scalar s = scalar_unknown;

	add_bits(&s, &a, &b);
	if (__builtin_add_overflow(a.smin, b.smin, &s.smin) ||
	    __builtin_add_overflow(a.smax, b.smax, &s.smax)) {
		s.smin = INT64_MIN;
		s.smax = INT64_MAX;
	}
	/* Both ends overflow or none does: else the set wraps. */
	if (__builtin_add_overflow(a.umin, b.umin, &s.umin) !=
	    __builtin_add_overflow(a.umax, b.umax, &s.umax)) {
		s.umin = 0;
		s.umax = UINT64_MAX;
	}
	scalar_settle(&s);
	return s;
}

static struct scalar sub(struct scalar a, struct scalar b)
{
	struct scalar s = scalar_unknown;
	uint64_t mid = a.val - b.val;

	s.unk = ((mid - b.unk) ^ (mid + a.unk)) | a.unk | b.unk;
	s.val = mid & ~s.unk;
	if (__builtin_sub_overflow(a.smin, b.smax, &s.smin) ||
	    __builtin_sub_overflow(a.smax, b.smin, &s.smax)) {
		s.smin = INT64_MIN;
		s.smax = INT64_MAX;
	}
	if (__builtin_sub_overflow(a.umin, b.umax, &s.umin) !=
	    __builtin_sub_overflow(a.umax, b.umin, &s.umax)) {
		s.umin = 0;
		s.umax = UINT64_MAX;
	}
	scalar_settle(&s);
	return s;
}

static int zeros_below(const struct scalar *a)
{
	uint64_t may = a->val | a->unk;

	return may ? __builtin_ctzll(may) : 64;
}

static struct scalar mul(struct scalar a, struct scalar b)
{
	struct scalar s = scalar_unknown;
	int zeros = zeros_below(&a) + zeros_below(&b);

	if (zeros > 63)
		return scalar_const(0);
	s.unk = UINT64_MAX << zeros;
	if (!__builtin_mul_overflow(a.umax, b.umax, &s.umax)) {
		s.umin = a.umin * b.umin;
	} else {
		s.umax = UINT64_MAX;
		/* small times negative, as in x * -8 */
		int64_t p[4];
		bool over = __builtin_mul_overflow(a.smin, b.smin, &p[0]) |
			    __builtin_mul_overflow(a.smin, b.smax, &p[1]) |
			    __builtin_mul_overflow(a.smax, b.smin, &p[2]) |
			    __builtin_mul_overflow(a.smax, b.smax, &p[3]);

		if (!over) {
			s.smin = s.smax = p[0];
			for (int i = 1; i < 4; i++) {
				s.smin = p[i] < s.smin ? p[i] : s.smin;
				s.smax = p[i] > s.smax ? p[i] : s.smax;
			}
		}
	}
	scalar_settle(&s);
	return s;
}

static struct scalar bits(int op, struct scalar a, struct scalar b)
{
	struct scalar s = scalar_unknown;
	uint64_t a1 = a.val | a.unk, b1 = b.val | b.unk; /* may be set */

	if (op == BPF_OP_AND) {
		s.val = a.val & b.val;
		s.unk = (a1 & b1) & ~s.val;
		s.umax = a.umax < b.umax ? a.umax : b.umax;
	} else if (op == BPF_OP_OR) {
		s.val = a.val | b.val;
		s.unk = (a1 | b1) & ~s.val;
		s.umin = a.umin > b.umin ? a.umin : b.umin;
		s.umax = fill(a.umax | b.umax);
	} else {
		s.unk = a.unk | b.unk;
		s.val = (a.val ^ b.val) & ~s.unk;
		s.umax = fill(a.umax | b.umax);
	}
	scalar_settle(&s);
	return s;
}

/* The distance of a shift in a word of `width` bits: the low bits count. */
static struct scalar distance(struct scalar b, unsigned width)
{
	return b.umax < width ? b
			      : bits(BPF_OP_AND, b, scalar_const(width - 1));
}

static struct scalar lsh(struct scalar a, struct scalar n)
{
	struct scalar s = scalar_unknown;
	int low = zeros_below(&a) + (int)n.umin;

	if (scalar_is_const(&n)) {
		s.val = a.val << n.val;
		s.unk = a.unk << n.val;
	} else {
		s.unk = low > 63 ? 0 : UINT64_MAX << low;
	}
	if (a.umax << n.umax >> n.umax == a.umax) {
		s.umin = a.umin << n.umin;
		s.umax = a.umax << n.umax;
	} else if (scalar_is_const(&n) && a.smin >= INT64_MIN >> n.val &&
		   a.smax <= INT64_MAX >> n.val) {
		s.smin = (int64_t)((uint64_t)a.smin << n.val);
		s.smax = (int64_t)((uint64_t)a.smax << n.val);
	}
	scalar_settle(&s);
	return s;
}

static struct scalar rsh(struct scalar a, struct scalar n)
{
	struct scalar s = scalar_range(a.umin >> n.umax, a.umax >> n.umin);

	if (scalar_is_const(&n)) {
		s.val = a.val >> n.val;
		s.unk = a.unk >> n.val;
		scalar_settle(&s);
	}
	return s;
}

static struct scalar arsh(struct scalar a, struct scalar n)
{
	struct scalar s =
		signed_range(a.smin >> (a.smin < 0 ? n.umin : n.umax),
			     a.smax >> (a.smax < 0 ? n.umax : n.umin));

	if (scalar_is_const(&n)) {
		/* The sign bit spreads, known or not. */
		s.unk = (uint64_t)((int64_t)a.unk >> n.val);
		s.val = (uint64_t)((int64_t)a.val >> n.val) & ~s.unk;
		scalar_settle(&s);
	}
	return s;
}

struct scalar scalar_extend(struct scalar a, int width)
{
	struct scalar n = scalar_const((uint64_t)(64 - width));

	return arsh(lsh(a, n), n);
}

/* By zero it is 0. */
static struct scalar divide(struct scalar a, struct scalar b)
{
	if (!b.umin)
		return scalar_range(0, a.umax);
	return scalar_range(a.umin / b.umax, a.umax / b.umin);
}

/* By zero it is what it was. */
static struct scalar modulo(struct scalar a, struct scalar b)
{
	if (!b.umin)
		return scalar_range(0, a.umax);
	if (a.umax < b.umin)
		return a;
	return scalar_range(0, a.umax < b.umax ? a.umax : b.umax - 1);
}

/* Signed ones: only what indexing by a remainder wants. */
static struct scalar signed_modulo(struct scalar a, struct scalar b)
{
	int64_t by = (int64_t)b.val, top;

	if (!scalar_is_const(&b) || !by || by == INT64_MIN)
		return scalar_unknown;
	top = (by < 0 ? -by : by) - 1;
	return signed_range(a.smin >= 0 ? 0 : -top, a.smax <= 0 ? 0 : top);
}

static struct scalar signed_divide(struct scalar a, struct scalar b)
{
	int64_t by = (int64_t)b.val;

	if (!scalar_is_const(&b) || by <= 0)
		return scalar_unknown;
	return signed_range(a.smin / by, a.smax / by);
}

static struct scalar swap(const struct bpf_insn *i, struct scalar a)
{
	bool little =
		BPF_CLASS(i->code) == BPF_CLASS_ALU && !(i->code & BPF_SRC_REG);

	if (little && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		return scalar_low(a, i->imm / 8);
	return scalar_low(scalar_unknown, i->imm / 8);
}

static struct scalar alu(const struct bpf_insn *i, struct scalar a,
			 struct scalar b, unsigned width)
{
	switch (BPF_OP(i->code)) {
	case BPF_OP_ADD:
		return add(a, b);
	case BPF_OP_SUB:
		return sub(a, b);
	case BPF_OP_MUL:
		return mul(a, b);
	case BPF_OP_DIV:
		return i->off ? signed_divide(a, b) : divide(a, b);
	case BPF_OP_MOD:
		return i->off ? signed_modulo(a, b) : modulo(a, b);
	case BPF_OP_NEG:
		return sub(scalar_const(0), a);
	case BPF_OP_MOV:
		return i->off ? scalar_extend(b, i->off) : b;
	case BPF_OP_LSH:
		return lsh(a, distance(b, width));
	case BPF_OP_RSH:
		return rsh(a, distance(b, width));
	case BPF_OP_ARSH:
		return arsh(a, distance(b, width));
	default:
		return bits(BPF_OP(i->code), a, b);
	}
}

struct scalar scalar_alu(const struct bpf_insn *i, struct scalar a,
			 struct scalar b)
{
	int op = BPF_OP(i->code);
	bool is_signed = op == BPF_OP_ARSH || (op == BPF_OP_DIV && i->off) ||
			 (op == BPF_OP_MOD && i->off);

	if (op == BPF_OP_END)
		return swap(i, a);
	if (BPF_CLASS(i->code) == BPF_CLASS_ALU64)
		return alu(i, a, b, 64);
	a = scalar_low(a, 4);
	b = scalar_low(b, 4);
	if (is_signed) {
		a = scalar_extend(a, 32);
		b = op == BPF_OP_ARSH ? b : scalar_extend(b, 32);
	}
	return scalar_low(alu(i, a, b, 32), 4);
}

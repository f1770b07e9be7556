/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of numbers at conditional jumps: which way it goes, and what is known
 * afterwards.
 */
#include "scalar.h"

#include "bpf-op.h"

static bool is_signed(int op)
{
	return op == BPF_OP_JSGT || op == BPF_OP_JSGE || op == BPF_OP_JSLT ||
	       op == BPF_OP_JSLE;
}

static int equal(const struct scalar *a, const struct scalar *b)
{
	if (scalar_is_const(a) && scalar_is_const(b))
		return a->umin == b->umin;
	if (a->umax < b->umin || b->umax < a->umin || a->smax < b->smin ||
	    b->smax < a->smin)
		return 0;
	if ((a->bits ^ b->bits) & ~a->unknown & ~b->unknown)
		return 0;
	return -1;
}

static int negate(int result)
{
	return result < 0 ? -1 : !result;
}

static int greater(const struct scalar *a, const struct scalar *b)
{
	if (a->umin > b->umax)
		return 1;
	return a->umax <= b->umin ? 0 : -1;
}

static int greater_signed(const struct scalar *a, const struct scalar *b)
{
	if (a->smin > b->smax)
		return 1;
	return a->smax <= b->smin ? 0 : -1;
}

static int any_bit(const struct scalar *a, const struct scalar *b)
{
	if (a->bits & b->bits)
		return 1;
	return (a->bits | a->unknown) & (b->bits | b->unknown) ? -1 : 0;
}

int scalar_compare(int op, bool wide, const struct scalar *a,
		   const struct scalar *b)
{
	struct scalar x = *a, y = *b;

	if (!wide) {
		x = is_signed(op) ? scalar_sext(a, 32) : scalar_zext(a, 32);
		y = is_signed(op) ? scalar_sext(b, 32) : scalar_zext(b, 32);
	}
	switch (op) {
	case BPF_OP_JEQ:
		return equal(&x, &y);
	case BPF_OP_JNE:
		return negate(equal(&x, &y));
	case BPF_OP_JGT:
		return greater(&x, &y);
	case BPF_OP_JLE:
		return negate(greater(&x, &y));
	case BPF_OP_JLT:
		return greater(&y, &x);
	case BPF_OP_JGE:
		return negate(greater(&y, &x));
	case BPF_OP_JSGT:
		return greater_signed(&x, &y);
	case BPF_OP_JSLE:
		return negate(greater_signed(&x, &y));
	case BPF_OP_JSLT:
		return greater_signed(&y, &x);
	case BPF_OP_JSGE:
		return negate(greater_signed(&y, &x));
	case BPF_OP_JSET:
		return any_bit(&x, &y);
	default:
		return -1;
	}
}

/* ---- what a branch tells ---- */

static bool meet(struct scalar *a, struct scalar *b)
{
	struct scalar r = *a;

	if ((a->bits ^ b->bits) & ~a->unknown & ~b->unknown)
		return false;
	r.umin = a->umin > b->umin ? a->umin : b->umin;
	r.umax = a->umax < b->umax ? a->umax : b->umax;
	r.smin = a->smin > b->smin ? a->smin : b->smin;
	r.smax = a->smax < b->smax ? a->smax : b->smax;
	r.bits = a->bits | b->bits;
	r.unknown = a->unknown & b->unknown;
	if (r.umin > r.umax || r.smin > r.smax || !scalar_settle(&r))
		return false;
	*a = *b = r;
	return true;
}

/* Only the ends of a range can be cut off. */
static bool without(struct scalar *a, uint64_t v)
{
	if (scalar_is_const(a))
		return a->umin != v;
	if (a->umin == v)
		a->umin++;
	if (a->umax == v)
		a->umax--;
	if (a->smin == (int64_t)v && a->smin < a->smax)
		a->smin++;
	if (a->smax == (int64_t)v && a->smin < a->smax)
		a->smax--;
	return scalar_settle(a);
}

/* a > b, or a >= b */
static bool above(struct scalar *a, struct scalar *b, uint64_t gap)
{
	if (gap && (b->umin == UINT64_MAX || a->umax == 0))
		return false;
	if (a->umin < b->umin + gap)
		a->umin = b->umin + gap;
	if (b->umax > a->umax - gap)
		b->umax = a->umax - gap;
	return a->umin <= a->umax && b->umin <= b->umax && scalar_settle(a) &&
	       scalar_settle(b);
}

static bool above_signed(struct scalar *a, struct scalar *b, int64_t gap)
{
	if (gap && (b->smin == INT64_MAX || a->smax == INT64_MIN))
		return false;
	if (a->smin < b->smin + gap)
		a->smin = b->smin + gap;
	if (b->smax > a->smax - gap)
		b->smax = a->smax - gap;
	return a->smin <= a->smax && b->smin <= b->smax && scalar_settle(a) &&
	       scalar_settle(b);
}

static bool with_bits(struct scalar *a, const struct scalar *b, bool some)
{
	if (!scalar_is_const(b))
		return true;
	if (some) {
		if (!b->umin || (b->umin & (b->umin - 1)))
			return true;
		if (!((a->bits | a->unknown) & b->umin))
			return false;
		a->bits |= b->umin;
	} else {
		if (a->bits & b->umin)
			return false;
	}
	a->unknown &= ~b->umin;
	return scalar_settle(a);
}

static bool assume_unequal(struct scalar *a, struct scalar *b)
{
	if (scalar_is_const(b) && !without(a, b->umin))
		return false;
	return !scalar_is_const(a) || without(b, a->umin);
}

static bool assume(int op, bool holds, struct scalar *a, struct scalar *b)
{
	switch (op) {
	case BPF_OP_JEQ:
		return holds ? meet(a, b) : assume_unequal(a, b);
	case BPF_OP_JNE:
		return holds ? assume_unequal(a, b) : meet(a, b);
	case BPF_OP_JGT:
		return holds ? above(a, b, 1) : above(b, a, 0);
	case BPF_OP_JGE:
		return holds ? above(a, b, 0) : above(b, a, 1);
	case BPF_OP_JLT:
		return holds ? above(b, a, 1) : above(a, b, 0);
	case BPF_OP_JLE:
		return holds ? above(b, a, 0) : above(a, b, 1);
	case BPF_OP_JSGT:
		return holds ? above_signed(a, b, 1) : above_signed(b, a, 0);
	case BPF_OP_JSGE:
		return holds ? above_signed(a, b, 0) : above_signed(b, a, 1);
	case BPF_OP_JSLT:
		return holds ? above_signed(b, a, 1) : above_signed(a, b, 0);
	case BPF_OP_JSLE:
		return holds ? above_signed(b, a, 0) : above_signed(a, b, 1);
	case BPF_OP_JSET:
		return with_bits(a, b, holds);
	default:
		return true;
	}
}

bool scalar_assume(int op, bool wide, bool holds, struct scalar *a,
		   struct scalar *b)
{
	/* A comparison of the low halves tells something about the whole
	 * only where that is nothing else. */
	uint64_t most = is_signed(op) ? INT32_MAX : UINT32_MAX;

	if (!wide && (a->umax > most || b->umax > most))
		return true;
	return assume(op, holds, a, b);
}

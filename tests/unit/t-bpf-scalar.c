/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verifier's arithmetic on sets: whatever members one takes, what the
 * instruction makes of them is a member of the result, and what a branch
 * removes could not have gone that way.
 */
#include "bpf-ref.h"
#include "bpf-test.h"
#include "scalar.h"

#include <check.h>
#include <string.h>

static uint64_t state = 1;

static uint64_t number(void)
{
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Small, large, near powers of two, of either sign. */
static uint64_t edgy(void)
{
	uint64_t v = number() >> (number() & 63);

	switch (number() & 3) {
	case 0:
		return (UINT64_C(1) << (number() & 63)) + (v & 3) - 1;
	case 1:
		return 0 - v;
	default:
		return v;
	}
}

/* A set around the member, by some of what can be known of a set. */
static struct scalar around(uint64_t member)
{
	struct scalar s = scalar_any();
	uint64_t unknown = number() & number(), lo, hi;

	if (number() % 8 == 0)
		return scalar_const(member);
	if (number() & 1) {
		s.bits = member & ~unknown;
		s.unknown = unknown;
	}
	lo = number() >> (number() & 63);
	hi = number() >> (number() & 63);
	if (number() & 1) {
		s.umin = member > lo ? member - lo : 0;
		s.umax = member + hi < member ? UINT64_MAX : member + hi;
	}
	lo >>= 1;
	hi >>= 1;
	if (number() & 1) {
		if (__builtin_sub_overflow((int64_t)member, (int64_t)lo,
					   &s.smin))
			s.smin = INT64_MIN;
		if (__builtin_add_overflow((int64_t)member, (int64_t)hi,
					   &s.smax))
			s.smax = INT64_MAX;
	}
	ck_assert(scalar_settle(&s));
	ck_assert(scalar_has(&s, member));
	return s;
}

/* What the reference machine makes of a and b. */
static uint64_t really(struct bpf_insn i, uint64_t a, uint64_t b)
{
	uint64_t args[5] = {a, b};
	struct bpf_insn insns[] = {MOV_REG(0, 1), i, EXIT};
	struct bpf_prog p = {insns, COUNT(insns)};
	static struct ref m;

	memset(&m, 0, offsetof(struct ref, stack));
	m.p = &p;
	m.max_steps = 10;
	m.fault = NULL;
	return ref_run(&m, 0, args);
}

START_TEST(arithmetic)
{
	static const int ops[] = {BPF_OP_ADD, BPF_OP_SUB, BPF_OP_MUL,
				  BPF_OP_DIV, BPF_OP_OR,  BPF_OP_AND,
				  BPF_OP_LSH, BPF_OP_RSH, BPF_OP_MOD,
				  BPF_OP_XOR, BPF_OP_MOV, BPF_OP_ARSH};
	int op = ops[_i];

	for (int n = 0; n < 60000; n++) {
		bool wide = number() & 1;
		bool sign =
			(op == BPF_OP_DIV || op == BPF_OP_MOD) && number() & 1;
		uint64_t a = edgy(), b = edgy(), r;
		struct scalar x = around(a), y = around(b), z;

		z = scalar_alu(op, wide, sign, &x, &y);
		r = really(I((wide ? BPF_CLASS_ALU64 : BPF_CLASS_ALU) |
				     BPF_SRC_REG | op,
			     0, 2, sign, 0),
			   a, b);
		ck_assert_msg(scalar_has(&z, r),
			      "op %#x wide %d signed %d: %#llx, %#llx: %#llx",
			      op, wide, sign, (unsigned long long)a,
			      (unsigned long long)b, (unsigned long long)r);
	}
}
END_TEST

START_TEST(branches)
{
	static const int ops[] = {BPF_OP_JEQ,  BPF_OP_JGT, BPF_OP_JGE,
				  BPF_OP_JSET, BPF_OP_JNE, BPF_OP_JSGT,
				  BPF_OP_JSGE, BPF_OP_JLT, BPF_OP_JLE,
				  BPF_OP_JSLT, BPF_OP_JSLE};
	int op = ops[_i];

	for (int n = 0; n < 60000; n++) {
		bool wide = number() & 1, holds;
		uint64_t a = edgy(), b = number() & 7 ? edgy() : a;
		struct scalar x = around(a), y = around(b);
		struct scalar ca = scalar_const(a), cb = scalar_const(b);
		int known = scalar_compare(op, wide, &x, &y), exact;

		exact = scalar_compare(op, wide, &ca, &cb);
		ck_assert_int_ge(exact, 0);
		holds = exact;
		ck_assert_msg(known < 0 || known == holds,
			      "op %#x wide %d: %#llx, %#llx", op, wide,
			      (unsigned long long)a, (unsigned long long)b);
		ck_assert(scalar_assume(op, wide, holds, &x, &y));
		ck_assert_msg(scalar_has(&x, a) && scalar_has(&y, b),
			      "op %#x wide %d %d: %#llx, %#llx", op, wide,
			      holds, (unsigned long long)a,
			      (unsigned long long)b);
	}
}
END_TEST

START_TEST(widths)
{
	for (int n = 0; n < 100000; n++) {
		int width = 8 << (number() & 3);
		uint64_t a = edgy(), b = edgy(), low, high;
		struct scalar x = around(a), y = around(b), r;

		low = a << (64 - width) >> (64 - width);
		high = (uint64_t)((int64_t)(a << (64 - width)) >> (64 - width));
		r = scalar_zext(&x, width);
		ck_assert(scalar_has(&r, low));
		r = scalar_sext(&x, width);
		ck_assert(scalar_has(&r, high));
		r = scalar_swap(&x, width);
		ck_assert(scalar_has(&r, __builtin_bswap64(a << (64 - width))));
		r = scalar_join(&x, &y);
		ck_assert(scalar_has(&r, a) && scalar_has(&r, b));
		ck_assert(scalar_covers(&r, &x) && scalar_covers(&r, &y));
	}
}
END_TEST

/* Not only right, but of use: what verifying real programs needs. */
START_TEST(exactness)
{
	struct scalar any = scalar_any(), seven = scalar_const(7), r, s;

	r = scalar_alu(BPF_OP_AND, true, false, &any, &seven);
	ck_assert(r.umin == 0 && r.umax == 7 && r.smin == 0 && r.smax == 7);
	r = scalar_alu(BPF_OP_MOD, true, false, &any, &seven);
	ck_assert_uint_eq(r.umax, 6);
	r = any;
	s = seven;
	ck_assert(scalar_assume(BPF_OP_JLT, true, true, &r, &s));
	ck_assert(r.umax == 6 && r.smin == 0);
	s = scalar_const(3);
	r = scalar_alu(BPF_OP_LSH, true, false, &r, &s);
	ck_assert(r.umax == 48 && !((r.bits | r.unknown) & 7));
	r = scalar_range(1, 5);
	ck_assert_int_eq(scalar_compare(BPF_OP_JEQ, true, &r, &seven), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf-scalar");
	TCase *tc = tcase_create("scalar");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, arithmetic, 0, 12);
	tcase_add_loop_test(tc, branches, 0, 11);
	tcase_add_test(tc, widths);
	tcase_add_test(tc, exactness);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

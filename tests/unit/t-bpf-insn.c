/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every instruction on edge operands: the interpreter against known results
 * and against the reference machine. Each program passes the verifier first.
 */
#include "bpf-test.h"
#include "bpf-ref.h"

#include <check.h>
#include <string.h>

static const uint64_t edges[] = {0,
				 1,
				 2,
				 7,
				 31,
				 32,
				 33,
				 63,
				 64,
				 0x7f,
				 0x80,
				 0xff,
				 0x7fff,
				 0x8000,
				 0xffff,
				 0x10000,
				 0x7fffffff,
				 0x80000000,
				 0xffffffff,
				 0x100000000,
				 0x123456789abcdef0,
				 0x7fffffffffffffff,
				 0x8000000000000000,
				 0x8000000000000001,
				 0xfffffffffffffffe,
				 0xffffffffffffffff,
				 0xffffffff80000000,
				 0xffffffff7fffffff,
				 0xaaaaaaaa55555555};

static const int alu_ops[] = {BPF_OP_ADD, BPF_OP_SUB, BPF_OP_MUL, BPF_OP_DIV,
			      BPF_OP_OR,  BPF_OP_AND, BPF_OP_LSH, BPF_OP_RSH,
			      BPF_OP_MOD, BPF_OP_XOR, BPF_OP_MOV, BPF_OP_ARSH};
static const int jump_ops[] = {BPF_OP_JEQ,  BPF_OP_JGT, BPF_OP_JGE,
			       BPF_OP_JSET, BPF_OP_JNE, BPF_OP_JSGT,
			       BPF_OP_JSGE, BPF_OP_JLT, BPF_OP_JLE,
			       BPF_OP_JSLT, BPF_OP_JSLE};

/* What every program here is given. */
struct context {
	uint64_t a, b;
};

static uint64_t run(struct bpf_insn *insns, size_t n, struct context ctx)
{
	struct bpf_verify_opts opts = {.ctx_size = sizeof(ctx)};
	struct bpf_prog p = {insns, n};
	struct bpf_host host = {0};
	struct ref ref = {.p = &p, .host = &host, .max_steps = 1000};
	uint64_t args[5] = {(uintptr_t)&ctx}, got, want;
	struct bpf_code *code;
	struct err err = {0};
	struct buf text;

	buf_init(&text);
	bpf_dump(&p, NULL, 0, &text);
	ck_assert_msg(!bpf_verify(&p, &opts, &err), "%s\n%s", err.text,
		      buf_str(&text));
	ck_assert_int_eq(bpf_bind(&p, &host, &code, &err), 0);
	got = bpf_run(code, &host, &ctx);
	bpf_code_free(code);
	ref.regions[ref.nregions++] =
		(struct ref_region){(uint8_t *)&ctx, sizeof(ctx), false};
	want = ref_run(&ref, 0, args);
	ck_assert_msg(!ref.fault, "%s\n%s", ref.fault, buf_str(&text));
	ck_assert_msg(got == want, "a %#llx b %#llx: %#llx, want %#llx\n%s",
		      (unsigned long long)ctx.a, (unsigned long long)ctx.b,
		      (unsigned long long)got, (unsigned long long)want,
		      buf_str(&text));
	buf_release(&text);
	return got;
}

/* r0 = a, r2 = b, the instruction, exit */
static uint64_t run_one(struct bpf_insn i, uint64_t a, uint64_t b)
{
	struct bpf_insn p[] = {LOAD(DW, 0, 1, 0), LOAD(DW, 2, 1, 8), i, EXIT};

	return run(p, COUNT(p), (struct context){a, b});
}

static bool is_shift(int op)
{
	return op == BPF_OP_LSH || op == BPF_OP_RSH || op == BPF_OP_ARSH;
}

static void all_forms(int class, int op, int off, uint64_t a, uint64_t b)
{
	uint64_t width = class == BPF_CLASS_ALU64 ? 64 : 32;

	run_one(I(class | BPF_SRC_REG | op, 0, 2, off, 0), a, b);
	run_one(I(class | BPF_SRC_REG | op, 0, 0, off, 0), a, b);
	if (!is_shift(op) || (uint32_t)b < width)
		run_one(I(class | op, 0, 0, off, b), a, b);
}

START_TEST(arithmetic)
{
	int op = alu_ops[_i];

	for (size_t i = 0; i < COUNT(edges); i++) {
		for (size_t j = 0; j < COUNT(edges); j++) {
			all_forms(BPF_CLASS_ALU64, op, 0, edges[i], edges[j]);
			all_forms(BPF_CLASS_ALU, op, 0, edges[i], edges[j]);
			if (op != BPF_OP_DIV && op != BPF_OP_MOD)
				continue;
			all_forms(BPF_CLASS_ALU64, op, 1, edges[i], edges[j]);
			all_forms(BPF_CLASS_ALU, op, 1, edges[i], edges[j]);
		}
	}
}
END_TEST

START_TEST(one_operand)
{
	static const int widths[] = {16, 32, 64};

	for (size_t i = 0; i < COUNT(edges); i++) {
		uint64_t a = edges[i];

		run_one(I(BPF_CLASS_ALU64 | BPF_OP_NEG, 0, 0, 0, 0), a, 0);
		run_one(I(BPF_CLASS_ALU | BPF_OP_NEG, 0, 0, 0, 0), a, 0);
		for (int w = 0; w < 3; w++) {
			int n = widths[w], end = BPF_OP_END;

			run_one(I(BPF_CLASS_ALU | end, 0, 0, 0, n), a, 0);
			run_one(I(BPF_CLASS_ALU | end | BPF_SRC_REG, 0, 0, 0,
				  n),
				a, 0);
			run_one(I(BPF_CLASS_ALU64 | end, 0, 0, 0, n), a, 0);
		}
		for (int n = 8; n <= 32; n *= 2) {
			int mov = BPF_OP_MOV | BPF_SRC_REG;

			run_one(I(BPF_CLASS_ALU64 | mov, 0, 2, n, 0), 0, a);
			if (n < 32)
				run_one(I(BPF_CLASS_ALU | mov, 0, 2, n, 0), 0,
					a);
		}
	}
}
END_TEST

static void jump_on(int class, int op, uint64_t a, uint64_t b)
{
	struct bpf_insn reg[] = {
		LOAD(DW, 3, 1, 0), LOAD(DW, 2, 1, 8),
		MOV_IMM(0, 1),	   I(class | BPF_SRC_REG | op, 3, 2, 1, 0),
		MOV_IMM(0, 0),	   EXIT};
	struct bpf_insn imm[] = {LOAD(DW, 3, 1, 0), MOV_IMM(0, 1),
				 I(class | op, 3, 0, 1, b), MOV_IMM(0, 0),
				 EXIT};

	run(reg, COUNT(reg), (struct context){a, b});
	run(imm, COUNT(imm), (struct context){a, b});
}

START_TEST(jumps)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		for (size_t j = 0; j < COUNT(edges); j++) {
			jump_on(BPF_CLASS_JMP, jump_ops[_i], edges[i],
				edges[j]);
			jump_on(BPF_CLASS_JMP32, jump_ops[_i], edges[i],
				edges[j]);
		}
	}
}
END_TEST

static const int sizes[] = {BPF_SIZE_B, BPF_SIZE_H, BPF_SIZE_W, BPF_SIZE_DW};

/* Writes b over a part of a on the stack, then reads a part of that. */
static void store_and_load(int store, int load, int at, uint64_t a, uint64_t b)
{
	int stx = BPF_CLASS_STX | BPF_MODE_MEM,
	    st = BPF_CLASS_ST | BPF_MODE_MEM;
	struct bpf_insn reg[] = {LOAD(DW, 0, 1, 0),
				 LOAD(DW, 2, 1, 8),
				 STORE(DW, 10, -8, 0),
				 STORE(DW, 10, -16, 0),
				 I(stx | store, 10, 2, -16 + at, 0),
				 I(BPF_CLASS_LDX | load, 0, 10, -16, 0),
				 EXIT};
	struct bpf_insn imm[] = {LOAD(DW, 0, 1, 0),
				 STORE(DW, 10, -8, 0),
				 STORE(DW, 10, -16, 0),
				 I(st | store, 10, 0, -16 + at, b),
				 I(BPF_CLASS_LDX | load, 0, 10, -16, 0),
				 EXIT};

	run(reg, COUNT(reg), (struct context){a, b});
	run(imm, COUNT(imm), (struct context){a, b});
}

START_TEST(loads_and_stores)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		for (int s = 0; s < 16; s++) {
			uint64_t a = 0x1122334455667788, b = edges[i];
			int load = sizes[s / 4] | BPF_MODE_MEM;

			store_and_load(sizes[s % 4], load, 0, a, b);
			store_and_load(sizes[s % 4], load, 3, b, a);
			if (s / 4 < 3)
				store_and_load(sizes[s % 4],
					       sizes[s / 4] | BPF_MODE_MEMSX, 0,
					       a, b);
		}
	}
}
END_TEST

/* The register and the memory afterwards, mixed into one number. */
static void atomic_on(int size, int op, uint64_t a, uint64_t b)
{
	struct bpf_insn p[] = {
		LOAD(DW, 0, 1, 0),
		LOAD(DW, 2, 1, 8),
		STORE(DW, 10, -8, 0),
		I(BPF_CLASS_STX | BPF_MODE_ATOMIC | size, 10, 2, -8, op),
		LOAD(DW, 3, 10, -8),
		ALU64_IMM(MUL, 2, 3),
		ALU64_IMM(MUL, 3, 5),
		ALU64_REG(ADD, 0, 2),
		ALU64_REG(ADD, 0, 3),
		EXIT};

	run(p, COUNT(p), (struct context){a, b});
	p[2] = STORE(DW, 10, -8, 2); /* cmpxchg: r0 differs */
	run(p, COUNT(p), (struct context){a, b});
}

START_TEST(atomics)
{
	static const int ops[] = {BPF_OP_ADD,
				  BPF_OP_OR,
				  BPF_OP_AND,
				  BPF_OP_XOR,
				  BPF_OP_ADD | BPF_FETCH,
				  BPF_OP_OR | BPF_FETCH,
				  BPF_OP_AND | BPF_FETCH,
				  BPF_OP_XOR | BPF_FETCH,
				  BPF_XCHG,
				  BPF_CMPXCHG};

	for (size_t i = 0; i < COUNT(edges); i++) {
		for (size_t j = 0; j < COUNT(edges); j++) {
			atomic_on(BPF_SIZE_W, ops[_i], edges[i], edges[j]);
			atomic_on(BPF_SIZE_DW, ops[_i], edges[i], edges[j]);
		}
	}
}
END_TEST

/* Results written down by hand, so that both machines cannot err alike. */
START_TEST(by_hand)
{
	static const struct {
		int code, off;
		uint64_t a, b, want;
	} rows[] = {
		{0x3f, 0, 7, 0, 0},			/* / 0 */
		{0x9f, 0, 7, 0, 7},			/* % 0 */
		{0x9c, 0, UINT64_C(0x500000007), 0, 7}, /* 32-bit % 0 */
		{0x3f, 1, UINT64_C(1) << 63, UINT64_MAX, UINT64_C(1) << 63},
		{0x9f, 1, UINT64_C(1) << 63, UINT64_MAX, 0},
		{0x3c, 1, 0x80000000, 0xffffffff, 0x80000000},
		{0x9c, 1, 0x80000000, 0xffffffff, 0},
		{0x3f, 1, (uint64_t)-7, 2, (uint64_t)-3},
		{0x9f, 1, (uint64_t)-7, 2, (uint64_t)-1},
		{0x9f, 1, 7, (uint64_t)-2, 1},
		{0x3f, 0, (uint64_t)-7, 2, 0x7ffffffffffffffc},
		{0x6f, 0, 1, 65, 2}, /* << masked */
		{0x6c, 0, 1, 33, 2},
		{0xcc, 0, 0x80000000, 31, 0xffffffff}, /* 32-bit s>> */
		{0xcf, 0, UINT64_C(1) << 63, 63, UINT64_MAX},
		{0x0c, 0, 0xffffffff, 1, 0}, /* zero extension */
		{0xbc, 0, 0, UINT64_MAX, 0xffffffff},
		{0xbf, 8, 0, 0x80, (uint64_t)-128},
		{0xbc, 8, 0, 0x80, 0xffffff80},
		{0xbf, 32, 0, 0x80000000, 0xffffffff80000000},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_uint_eq(run_one(I(rows[i].code, 0, 2, rows[i].off, 0),
					  rows[i].a, rows[i].b),
				  rows[i].want);
	ck_assert_uint_eq(run_one(I(0xd7, 0, 0, 0, 32), 0x1122334455667788, 0),
			  0x88776655);
}
END_TEST

START_TEST(calls)
{
	struct bpf_insn p[] = {LOAD(DW, 6, 1, 0), MOV_REG(1, 6), CALL_SUB(3),
			       ALU64_REG(ADD, 0, 6), EXIT,
			       /* not reached */
			       JUMP(0), MOV_REG(6, 1), ALU64_IMM(MUL, 6, 10),
			       MOV_REG(0, 6), EXIT};

	ck_assert_uint_eq(run(p, COUNT(p), (struct context){4, 0}), 44);
}
END_TEST

START_TEST(far_jump)
{
	struct bpf_insn p[] = {MOV_IMM(0, 1), JUMP_FAR(1), EXIT,
			       IMM64(0, 0, UINT64_C(0x1122334455667788)), EXIT};

	ck_assert_uint_eq(run(p, COUNT(p), (struct context){0}),
			  0x1122334455667788);
}
END_TEST

/* A loop that the verifier would never let pass is cut short. */
START_TEST(budget)
{
	struct bpf_insn p[] = {MOV_IMM(0, 1), JUMP(-2), EXIT};
	struct bpf_host host = {.insn_budget = 100000};
	struct bpf_prog prog = {p, COUNT(p)};
	struct bpf_code *code;

	ck_assert_int_eq(bpf_bind(&prog, &host, &code, NULL), 0);
	ck_assert_uint_eq(bpf_run(code, &host, NULL), 0);
	ck_assert(host.ended);
	bpf_code_free(code);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf-insn");
	TCase *tc = tcase_create("insn");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, arithmetic, 0, (int)COUNT(alu_ops));
	tcase_add_test(tc, one_operand);
	tcase_add_loop_test(tc, jumps, 0, (int)COUNT(jump_ops));
	tcase_add_test(tc, loads_and_stores);
	tcase_add_loop_test(tc, atomics, 0, 10);
	tcase_add_test(tc, by_hand);
	tcase_add_test(tc, calls);
	tcase_add_test(tc, far_jump);
	tcase_add_test(tc, budget);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs as text, and what the builder makes.
 */
#include "bpf-cases.h"

#include <check.h>
#include <stdlib.h>

static void check_dump(const struct bpf_prog *p, const char *expected)
{
	struct buf out;

	buf_init(&out);
	bpf_dump(p, test_maps, M_COUNT, &out);
	ck_assert_str_eq(buf_str(&out), expected);
	buf_release(&out);
}

static void check_insns(const struct bpf_insn *insns, size_t n,
			const char *expected)
{
	struct bpf_prog p = {(struct bpf_insn *)(uintptr_t)insns, n};

	check_dump(&p, expected);
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

START_TEST(arithmetic)
{
	const struct bpf_insn p[] = {
		MOVR(1, 2),
		MOVI(0, -1),
		ALUI(ADD, 3, 4),
		ALUR32(SUB, 3, 4),
		ALUI32(MUL, 3, 2147483647),
		ALUR(DIV, 1, 2),
		INSN(0x3f, 1, 2, 1, 0),
		INSN(0x97, 1, 0, 1, 3),
		ALUR(OR, 1, 2),
		ALUI(AND, 1, 255),
		ALUI(LSH, 1, 3),
		ALUI(RSH, 1, 3),
		ALUI(ARSH, 1, 3),
		ALUR(XOR, 1, 1),
		INSN(0x87, 5, 0, 0, 0),
		INSN(0x84, 5, 0, 0, 0),
		INSN(0xbf, 1, 2, 8, 0),
		INSN(0xbc, 1, 2, 16, 0),
		INSN(0xd4, 1, 0, 0, 16),
		INSN(0xdc, 1, 0, 0, 32),
		INSN(0xd7, 1, 0, 0, 64),
	};

	check_insns(p, COUNT(p),
		    "   0: r1 = r2\n"
		    "   1: r0 = -1\n"
		    "   2: r3 += 4\n"
		    "   3: w3 -= w4\n"
		    "   4: w3 *= 2147483647\n"
		    "   5: r1 /= r2\n"
		    "   6: r1 s/= r2\n"
		    "   7: r1 s%= 3\n"
		    "   8: r1 |= r2\n"
		    "   9: r1 &= 255\n"
		    "  10: r1 <<= 3\n"
		    "  11: r1 >>= 3\n"
		    "  12: r1 s>>= 3\n"
		    "  13: r1 ^= r1\n"
		    "  14: r5 = -r5\n"
		    "  15: w5 = -w5\n"
		    "  16: r1 = (s8)r2\n"
		    "  17: w1 = (s16)w2\n"
		    "  18: r1 = le16 r1\n"
		    "  19: r1 = be32 r1\n"
		    "  20: r1 = bswap64 r1\n");
}
END_TEST

START_TEST(jumps)
{
	const struct bpf_insn p[] = {
		JA(3),
		INSN(BPF_CLASS_JMP32 | BPF_OP_JA, 0, 0, 0, -2),
		JI(JEQ, 1, 0, 2),
		JR(JNE, 1, 2, -1),
		JI(JSGT, 1, -5, 0),
		JR32(JLT, 1, 2, 0),
		JI32(JSLE, 1, 7, 0),
		JI(JSET, 1, 4, 0),
		CALL(map_lookup_elem),
		CALL(upd_print_map),
		INSN(BPF_CLASS_JMP | BPF_OP_CALL, 0, 0, 0, 9999),
		CALL_AT(-2),
		EXIT,
	};

	check_insns(p, COUNT(p),
		    "   0: goto 4\n"
		    "   1: goto 0\n"
		    "   2: if r1 == 0 goto 5\n"
		    "   3: if r1 != r2 goto 3\n"
		    "   4: if r1 s> -5 goto 5\n"
		    "   5: if w1 < w2 goto 6\n"
		    "   6: if w1 s<= 7 goto 7\n"
		    "   7: if r1 & 4 goto 8\n"
		    "   8: call map_lookup_elem\n"
		    "   9: call upd_print_map\n"
		    "  10: call helper 9999\n"
		    "  11: call 10\n"
		    "  12: exit\n");
}
END_TEST

START_TEST(memory)
{
	const struct bpf_insn p[] = {
		LDX(DW, 1, 10, -8),
		LDX(B, 1, 2, 0),
		LDSX(H, 1, 2, 32767),
		STX(W, 10, -512, 3),
		ST(DW, 1, -32768, -7),
		ATOMIC(DW, BPF_OP_ADD, 1, 8, 2),
		ATOMIC(W, BPF_OP_AND | BPF_FETCH, 1, 8, 2),
		ATOMIC(DW, BPF_XCHG, 1, 0, 2),
		ATOMIC(DW, BPF_CMPXCHG, 1, 0, 2),
		LD64(1, 0, -1, 0x12345678),
		MAP(1, M_SCRATCH),
		MAP(1, 77),
		FUNC(1, 1),
		INSN(BPF_LD_IMM64, 1, 0, 0, 5),
	};

	check_insns(p, COUNT(p),
		    "   0: r1 = *(u64 *)(r10 - 8)\n"
		    "   1: r1 = *(u8 *)(r2 + 0)\n"
		    "   2: r1 = (signed) *(u16 *)(r2 + 32767)\n"
		    "   3: *(u32 *)(r10 - 512) = r3\n"
		    "   4: *(u64 *)(r1 - 32768) = -7\n"
		    "   5: lock *(u64 *)(r1 + 8) += r2\n"
		    "   6: r2 = fetch lock *(u32 *)(r1 + 8) &= r2\n"
		    "   7: r2 = xchg(*(u64 *)(r1 + 0), r2)\n"
		    "   8: r0 = cmpxchg(*(u64 *)(r1 + 0), r0, r2)\n"
		    "   9: r1 = 0x12345678ffffffff ll\n"
		    "  11: r1 = map 2 (scratch)\n"
		    "  13: r1 = map 77 (?)\n"
		    "  15: r1 = function 17\n"
		    "  17: r1 = 0x5 ll\n");
}
END_TEST

/* No program, but there must be a text for whatever is refused. */
START_TEST(nonsense)
{
	struct bpf_prog p;
	struct bpf_insn i = {0};
	struct buf out;

	buf_init(&out);
	for (int n = 0; n < 256 * 4; n++) {
		i.code = (uint8_t)n;
		i.dst = n & 15;
		i.src = 15;
		i.off = (int16_t)(n / 256);
		i.imm = n / 256 == 3 ? INT32_MIN : (n / 256) * 0x75;
		p = (struct bpf_prog){&i, 1};
		buf_clear(&out);
		bpf_dump(&p, NULL, 0, &out);
		ck_assert(out.len > 7 && out.data[out.len - 1] == '\n');
	}
	buf_release(&out);
}
END_TEST

START_TEST(builder)
{
	struct bpf_build b;
	struct bpf_prog p;
	struct err err;
	bpf_label body, end;

	bpf_build_init(&b);
	body = bpf_label_new(&b);
	end = bpf_label_new(&b);
	bpf_mov_reg(&b, 6, 6);
	bpf_mov_imm(&b, 1, -1);
	bpf_mov_imm(&b, 1, UINT32_MAX);
	bpf_mov_imm(&b, 1, INT64_MIN);
	bpf_load_map(&b, 2, 1);
	bpf_load_func(&b, 3, body);
	bpf_call_local(&b, body);
	bpf_jump_imm(&b, BPF_OP_JEQ, 0, 3, end);
	bpf_jump_reg(&b, BPF_OP_JLT, 0, 1, end);
	bpf_jump(&b, end);
	bpf_label_here(&b, body);
	bpf_movsx(&b, 1, 2, 32);
	bpf_sdiv(&b, 1, 2);
	bpf_smod(&b, 1, 2);
	bpf_load_signed(&b, 4, 1, 2, 0);
	bpf_load_signed(&b, 8, 1, 2, 0);
	bpf_store_imm(&b, 2, 10, -2, 3);
	bpf_atomic_add(&b, 4, 10, -4, 1);
	bpf_call(&b, BPF_HELPER_loop);
	bpf_label_here(&b, end);
	bpf_exit(&b);
	ck_assert_int_eq(bpf_build_end(&b, &p, &err), 0);
	check_dump(&p, "   0: r1 = -1\n"
		       "   1: w1 = -1\n"
		       "   2: r1 = 0x8000000000000000 ll\n"
		       "   4: r2 = map 1 (array)\n"
		       "   6: r3 = function 12\n"
		       "   8: call 12\n"
		       "   9: if r0 == 3 goto 20\n"
		       "  10: if r0 < r1 goto 20\n"
		       "  11: goto 20\n"
		       "  12: r1 = (s32)r2\n"
		       "  13: r1 s/= r2\n"
		       "  14: r1 s%= r2\n"
		       "  15: r1 = (signed) *(u32 *)(r2 + 0)\n"
		       "  16: r1 = *(u64 *)(r2 + 0)\n"
		       "  17: *(u16 *)(r10 - 2) = 3\n"
		       "  18: lock *(u32 *)(r10 - 4) += r1\n"
		       "  19: call loop\n"
		       "  20: exit\n");
	bpf_prog_release(&p);
	bpf_build_release(&b);
}
END_TEST

/* A plain jump gets its long form, others cannot go that far. */
START_TEST(far_jumps)
{
	for (int conditional = 0; conditional < 2; conditional++) {
		struct bpf_build b;
		struct bpf_prog p;
		struct err err;
		bpf_label end;
		int rc;

		bpf_build_init(&b);
		end = bpf_label_new(&b);
		if (conditional)
			bpf_jump_imm(&b, BPF_OP_JEQ, 1, 0, end);
		else
			bpf_jump(&b, end);
		for (int i = 0; i < 40000; i++)
			bpf_mov_imm(&b, 0, i);
		bpf_label_here(&b, end);
		bpf_exit(&b);
		rc = bpf_build_end(&b, &p, &err);
		if (conditional) {
			ck_assert_int_eq(rc, ERR_LIMIT);
		} else {
			ck_assert_int_eq(rc, 0);
			ck_assert_uint_eq(p.insns[0].code,
					  BPF_CLASS_JMP32 | BPF_OP_JA);
			ck_assert_int_eq(p.insns[0].imm, 40000);
			bpf_prog_release(&p);
		}
		bpf_build_release(&b);
	}
}
END_TEST

START_TEST(label_nowhere)
{
	struct bpf_build b;
	struct bpf_prog p;
	struct err err;

	bpf_build_init(&b);
	bpf_jump(&b, bpf_label_new(&b));
	bpf_exit(&b);
	ck_assert_int_ne(bpf_build_end(&b, &p, &err), 0);
	bpf_build_release(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf-dump");
	TCase *t = tcase_create("dump");
	SRunner *r;
	int failed;

	tcase_add_test(t, arithmetic);
	tcase_add_test(t, jumps);
	tcase_add_test(t, memory);
	tcase_add_test(t, nonsense);
	tcase_add_test(t, builder);
	tcase_add_test(t, far_jumps);
	tcase_add_test(t, label_nowhere);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random programs, those that the verifier accepts in the world of bpf-world.h.
 * Seeds are fixed: UPD_FUZZ_SEED and UPD_FUZZ_COUNT try others.
 */
#include "bpf-test.h"
#include "bpf-world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSNS = 96 };

/* ---- programs ---- */

struct gen {
	struct bpf_insn insns[INSNS + 64];
	size_t n;
	uint64_t seed;
	int callbacks[4], nfixups; /* FUNC constants to point to the end */
};

static unsigned pick(struct gen *g, unsigned n)
{
	return (unsigned)(bpf_world_random(&g->seed) % n);
}

static void put(struct gen *g, struct bpf_insn i)
{
	if (g->n < COUNT(g->insns))
		g->insns[g->n++] = i;
}

#define PUT(...)                                              \
	do {                                                  \
		const struct bpf_insn put_[] = {__VA_ARGS__}; \
		for (size_t k_ = 0; k_ < COUNT(put_); k_++)   \
			put(g, put_[k_]);                     \
	} while (0)

/* Mostly one that calls leave alone. */
static unsigned any_reg(struct gen *g)
{
	return pick(g, 12) ? 6 + pick(g, 4) : pick(g, 10);
}

static int64_t any_number(struct gen *g)
{
	static const int32_t some[] = {0,  1,	-1,   7,	 8,	   15,
				       16, 31,	63,   64,	 255,	   512,
				       -8, -16, -512, INT32_MAX, INT32_MIN};

	return pick(g, 3) ? some[pick(g, COUNT(some))]
			  : (int32_t)bpf_world_random(&g->seed);
}

static int any_stack(struct gen *g)
{
	return pick(g, 20) ? -8 * (1 + (int)pick(g, 5)) : -(int)pick(g, 530);
}

static void gen_alu(struct gen *g)
{
	static const int ops[] = {
		BPF_OP_ADD, BPF_OP_SUB,	 BPF_OP_MUL, BPF_OP_DIV, BPF_OP_OR,
		BPF_OP_AND, BPF_OP_LSH,	 BPF_OP_RSH, BPF_OP_MOD, BPF_OP_XOR,
		BPF_OP_MOV, BPF_OP_ARSH, BPF_OP_ADD, BPF_OP_AND, BPF_OP_MOV};
	int op = ops[pick(g, COUNT(ops))];
	int class = pick(g, 3) ? BPF_CLASS_ALU64 : BPF_CLASS_ALU;
	bool is_div = op == BPF_OP_DIV || op == BPF_OP_MOD;
	bool is_shift =
		op == BPF_OP_LSH || op == BPF_OP_RSH || op == BPF_OP_ARSH;
	int off = is_div && pick(g, 2);
	unsigned dst = pick(g, 6) ? 6 + pick(g, 2) : any_reg(g);
	unsigned src = pick(g, 6) ? 6 + pick(g, 2) : any_reg(g);

	if (op == BPF_OP_MOV && !pick(g, 4))
		put(g,
		    I(class | op | BPF_SRC_REG, dst, src, 8 << pick(g, 2), 0));
	else if (pick(g, 2))
		put(g, I(class | op | BPF_SRC_REG, dst, src, off, 0));
	else
		put(g, I(class | op, dst, 0, off,
			 is_shift ? pick(g, 32) : any_number(g)));
}

static void gen_jump(struct gen *g)
{
	static const int ops[] = {BPF_OP_JEQ,  BPF_OP_JNE,  BPF_OP_JGT,
				  BPF_OP_JGE,  BPF_OP_JLT,  BPF_OP_JLE,
				  BPF_OP_JSGT, BPF_OP_JSGE, BPF_OP_JSLT,
				  BPF_OP_JSLE, BPF_OP_JSET};
	int class = pick(g, 3) ? BPF_CLASS_JMP : BPF_CLASS_JMP32;
	int op = ops[pick(g, COUNT(ops))];
	int to = pick(g, 20) ? (int)pick(g, 3) : -1 - (int)pick(g, 8);

	if (pick(g, 3))
		put(g, I(class | op, any_reg(g), 0, to, any_number(g)));
	else
		put(g,
		    I(class | op | BPF_SRC_REG, any_reg(g), any_reg(g), to, 0));
}

static int any_size(struct gen *g)
{
	static const int sizes[] = {BPF_SIZE_B, BPF_SIZE_H, BPF_SIZE_W,
				    BPF_SIZE_DW, BPF_SIZE_DW};

	return sizes[pick(g, COUNT(sizes))];
}

static void gen_memory(struct gen *g)
{
	unsigned r = pick(g, 6) ? BPF_FP : pick(g, 4) ? 8 : any_reg(g);
	unsigned v = pick(g, 4) ? 6 + pick(g, 2) : any_reg(g);
	int off = r == BPF_FP || r == 8 ? any_stack(g) : (int)pick(g, 40) - 2;

	switch (pick(g, 6)) {
	case 0:
		put(g, I(BPF_CLASS_ST | BPF_MODE_MEM | any_size(g), r, 0, off,
			 any_number(g)));
		break;
	case 1:
	case 2:
		put(g, I(BPF_CLASS_STX | BPF_MODE_MEM | any_size(g), r, v, off,
			 0));
		break;
	case 3:
		put(g, I(BPF_CLASS_STX | BPF_MODE_ATOMIC |
				 (pick(g, 2) ? BPF_SIZE_W : BPF_SIZE_DW),
			 r, v, off,
			 pick(g, 3)   ? BPF_OP_ADD | (int)pick(g, 2)
			 : pick(g, 2) ? BPF_XCHG
				      : BPF_CMPXCHG));
		break;
	default:
		put(g, I(BPF_CLASS_LDX |
				 (pick(g, 5) ? BPF_MODE_MEM : BPF_MODE_MEMSX) |
				 any_size(g),
			 pick(g, 3) ? v : any_reg(g), r, off, 0));
	}
}

/* A pointer and an index that is sometimes bounded well. */
static void gen_index(struct gen *g)
{
	unsigned p = 6 + pick(g, 4), i = 2 + pick(g, 3);
	int most = (int)pick(g, 40);

	if (pick(g, 3) == 0)
		PUT(MOV_REG(p, BPF_FP));
	PUT(LOAD(W, i, 9, 8 * (int)pick(g, 4)));
	switch (pick(g, 4)) {
	case 0:
		PUT(ALU64_IMM(AND, i, pick(g, 2) ? most : 24));
		break;
	case 1:
		PUT(JMP_IMM(JGT, i, most, 2));
		break;
	case 2:
		PUT(ALU32_IMM(MOD, i, most));
		break;
	default:
		PUT(JMP_IMM(JSGT, i, most, 2));
	}
	PUT(ALU64_REG(ADD, p, i));
	PUT(STORE_IMM(B, p, pick(g, 2) ? -(int)pick(g, 60) : (int)pick(g, 20),
		      5));
}

static void gen_lookup(struct gen *g)
{
	int at = any_stack(g);
	unsigned r = 6 + pick(g, 3);

	PUT(STORE_IMM(DW, BPF_FP, at, 0), MAP(1, pick(g, 2)),
	    MOV_REG(2, BPF_FP), ALU64_IMM(ADD, 2, at), CALL(map_lookup_elem));
	if (pick(g, 2))
		PUT(MOV_REG(r, 0));
	if (pick(g, 5))
		PUT(pick(g, 4) ? JMP_IMM(JEQ, 0, 0, (int)pick(g, 5))
			       : JMP_IMM(JNE, 0, 0, (int)pick(g, 3)));
	PUT(LOAD(DW, 2, pick(g, 4) ? 0 : r, 8 * (int)pick(g, 3)));
	if (pick(g, 2))
		PUT(STORE(DW, BPF_FP, any_stack(g), r));
}

static void gen_helper(struct gen *g)
{
	int at = any_stack(g);

	PUT(MOV_REG(1, BPF_FP), ALU64_IMM(ADD, 1, at));
	if (pick(g, 2)) {
		PUT(MOV_IMM(2, (int)pick(g, 24)));
	} else {
		PUT(LOAD(W, 2, 9, 0), ALU64_IMM(AND, 2, (int)pick(g, 32)));
	}
	switch (pick(g, 4)) {
	case 0:
		PUT(MOV_IMM(3, 0), CALL(probe_read_user));
		break;
	case 1:
		PUT(CALL(get_current_comm));
		break;
	case 2:
		PUT(MOV_REG(3, BPF_FP), ALU64_IMM(ADD, 3, any_stack(g)),
		    CALL(strncmp));
		break;
	default:
		PUT(MOV_REG(3, 2), MOV_REG(2, 1), MAP(1, RING), MOV_IMM(4, 0),
		    CALL(ringbuf_output));
	}
}

static void gen_callback(struct gen *g)
{
	bool each = pick(g, 3) == 0;

	if (g->nfixups == 4)
		return;
	if (each)
		PUT(MAP(1, pick(g, 2)));
	else
		PUT(MOV_IMM(1, LOOPS - 1));
	g->callbacks[g->nfixups++] = (int)g->n;
	PUT(FUNC(2, 0), pick(g, 4) ? MOV_REG(3, BPF_FP) : MOV_IMM(3, 0),
	    MOV_IMM(4, 0));
	PUT(each ? CALL(for_each_map_elem) : CALL(loop));
}

static void gen_some(struct gen *g, size_t until)
{
	while (g->n < until) {
		switch (pick(g, 16)) {
		case 0:
		case 1:
		case 2:
			gen_alu(g);
			break;
		case 3:
			gen_jump(g);
			break;
		case 4:
		case 5:
		case 6:
		case 7:
			gen_memory(g);
			break;
		case 8:
		case 9:
			gen_lookup(g);
			break;
		case 10:
			gen_helper(g);
			break;
		case 11:
			gen_callback(g);
			break;
		case 12:
			gen_index(g);
			break;
		case 13:
			PUT(STORE(DW, BPF_FP, any_stack(g), 9),
			    LOAD(DW, any_reg(g), BPF_FP, any_stack(g)));
			break;
		default:
			PUT(MOV_IMM(any_reg(g), any_number(g)));
		}
	}
}

/* Something in every register and in the first of the stack, or most
 * programs would be refused at once. */
static void prologue(struct gen *g, unsigned ctx)
{
	PUT(MOV_REG(9, ctx), MOV_REG(8, BPF_FP), MOV_IMM(0, 0), MOV_IMM(7, 8),
	    MOV_IMM(6, 0));
	for (int i = 1; i <= 5; i++)
		PUT(STORE_IMM(DW, BPF_FP, -8 * i, i));
}

static void callback(struct gen *g)
{
	size_t start = g->n;

	for (int i = 0; i < g->nfixups; i++)
		g->insns[g->callbacks[i]].imm =
			(int32_t)start - g->callbacks[i] - 1;
	g->nfixups = 4; /* no more of them */
	PUT(MOV_REG(9, 2), MOV_REG(8, 2), MOV_IMM(7, 1), MOV_IMM(6, 2),
	    MOV_IMM(0, 0), STORE_IMM(DW, BPF_FP, -8, 1));
	for (unsigned i = 0, n = 1 + pick(g, 4); i < n; i++) {
		int at = any_stack(g);

		PUT(LOAD(DW, 3, 9, at));
		if (pick(g, 2))
			PUT(ALU64_IMM(ADD, 3, (int)any_number(g)));
		if (pick(g, 3))
			PUT(STORE(DW, 9, pick(g, 2) ? at : any_stack(g), 3));
	}
	if (pick(g, 2))
		gen_some(g, g->n + 1 + pick(g, 6));
	PUT(MOV_IMM(0, (int)pick(g, 2)), EXIT);
}

static void generate(struct gen *g, uint64_t seed)
{
	*g = (struct gen){.seed = seed};
	prologue(g, BPF_R1);
	gen_some(g, 12 + pick(g, pick(g, 2) ? 16 : INSNS / 2));
	PUT(MOV_IMM(0, 0), EXIT);
	callback(g);
}

/* ---- running them ---- */

static void run_accepted(const struct bpf_prog *p, uint64_t seed)
{
	for (uint64_t round = 0; round < 4; round++) {
		size_t at;
		const char *fault = bpf_world_run(p, seed + round, &at);
		struct buf text;

		if (!fault)
			continue;
		buf_init(&text);
		bpf_dump(p, bpf_world_maps, BPF_WORLD_MAPS, &text);
		ck_abort_msg("seed %llu round %llu: instruction %zu %s\n%s",
			     (unsigned long long)seed,
			     (unsigned long long)round, at, fault,
			     buf_str(&text));
	}
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

START_TEST(random_programs)
{
	struct bpf_verify_opts opts = {bpf_world_maps, BPF_WORLD_MAPS,
				       BPF_WORLD_CTX};
	uint64_t n = from_env("UPD_FUZZ_COUNT", 20000), accepted = 0;
	uint64_t seed = from_env("UPD_FUZZ_SEED", 1);
	bool tell = getenv("UPD_FUZZ_TELL");
	struct gen g;

	for (uint64_t i = 0; i < n; i++) {
		struct bpf_prog p = {g.insns, 0};
		struct err err = {0};

		generate(&g, seed + i);
		p.ninsns = g.n;
		if (bpf_verify(&p, &opts, &err)) {
			if (tell)
				puts(strstr(err.text, "): ")
					     ? strstr(err.text, "): ") + 3
					     : err.text);
			continue;
		}
		accepted++;
		run_accepted(&p, seed + i);
	}
	if (tell)
		printf("accepted %llu\n", (unsigned long long)accepted);
	/* Else this tests nothing. */
	ck_assert_msg(accepted >= n / 50, "only %llu of %llu were accepted",
		      (unsigned long long)accepted, (unsigned long long)n);
}
END_TEST

/* Bytes that are no program: the verifier must only say no. */
START_TEST(random_bytes)
{
	struct bpf_verify_opts opts = {bpf_world_maps, BPF_WORLD_MAPS,
				       BPF_WORLD_CTX};
	uint64_t seed = from_env("UPD_FUZZ_SEED", 1);
	struct err err;
	struct gen g;

	for (uint64_t i = 0; i < 20000; i++) {
		size_t flips;

		generate(&g, seed + i);
		flips = 1 + pick(&g, 4);
		for (size_t f = 0; f < flips; f++) {
			size_t at = pick(&g, (unsigned)(g.n * 8));

			((uint8_t *)g.insns)[at] ^= (uint8_t)(1 << pick(&g, 8));
		}
		struct bpf_insn *copy = malloc(g.n * sizeof(*copy));
		struct bpf_prog p = {copy, g.n};

		memcpy(copy, g.insns, g.n * sizeof(*copy));
		if (!bpf_verify(&p, &opts, &err))
			run_accepted(&p, seed + i);
		free(copy);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf-fuzz");
	TCase *tc = tcase_create("fuzz");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, random_programs);
	tcase_add_test(tc, random_bytes);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

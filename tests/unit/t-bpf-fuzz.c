/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random programs. What the verifier accepts runs on the reference machine,
 * which notices every access to memory that a program has not, every byte
 * read that was not written, and programs that do not end; then on the
 * interpreter. Seeds are fixed: UPD_FUZZ_SEED and UPD_FUZZ_COUNT try others.
 */
#include "bpf-test.h"
#include "bpf-ref.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CTX_SIZE = 64, INSNS = 96, ENTRIES = 4, LOOPS = 5 };
enum { HASH, ARRAY, RING };

static const struct bpf_map_def maps[] = {
	{"hash", BPF_MAP_HASH, 8, 32, ENTRIES},
	{"array", BPF_MAP_ARRAY, 4, 16, ENTRIES},
	{"ring", BPF_MAP_RINGBUF, 0, 0, 4096},
};

struct fuzz_map {
	uint8_t keys[ENTRIES][8], values[ENTRIES][32];
};

struct world {
	struct bpf_host host; /* first: helpers are given its address */
	struct fuzz_map maps[COUNT(maps)];
	void *map_ptrs[COUNT(maps)];
	struct ref *ref; /* NULL: the interpreter runs */
	uint64_t random;
	uint8_t ctx[CTX_SIZE];
};

static uint64_t next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* ---- helpers: what they are told is checked as well ---- */

static struct world *of(struct bpf_host *host)
{
	return (struct world *)host;
}

static void need(struct world *w, uint64_t at, uint64_t size, bool write)
{
	if (w->ref && !w->ref->fault && !ref_check(w->ref, at, size, write))
		w->ref->fault = "a helper was given bad memory";
}

static const struct bpf_map_def *def_of(struct world *w, uint64_t map)
{
	return &maps[(struct fuzz_map *)(uintptr_t)map - w->maps];
}

#define HELPER(name)                                                          \
	static uint64_t name(struct bpf_host *host, uint64_t a1, uint64_t a2, \
			     uint64_t a3, uint64_t a4, uint64_t a5)

HELPER(lookup)
{
	struct world *w = of(host);
	struct fuzz_map *m = (struct fuzz_map *)(uintptr_t)a1;
	uint64_t r = next(&w->random);

	(void)a3, (void)a4, (void)a5;
	need(w, a2, def_of(w, a1)->key_size, false);
	return r & 1 ? (uintptr_t)m->values[r >> 1 & (ENTRIES - 1)] : 0;
}

HELPER(update)
{
	struct world *w = of(host);

	(void)a4, (void)a5;
	need(w, a2, def_of(w, a1)->key_size, false);
	need(w, a3, def_of(w, a1)->value_size, false);
	return 0;
}

HELPER(number)
{
	(void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
	return next(&of(host)->random);
}

/* Memory of a target: as many bytes as were asked for. */
HELPER(fill)
{
	struct world *w = of(host);

	(void)a3, (void)a4, (void)a5;
	need(w, a1, a2, true);
	if (!w->ref || !w->ref->fault)
		for (uint64_t i = 0; i < a2; i++)
			((uint8_t *)(uintptr_t)a1)[i] =
				(uint8_t)next(&w->random);
	return 0;
}

HELPER(output)
{
	(void)a1, (void)a4, (void)a5;
	need(of(host), a2, a3, false);
	return 0;
}

HELPER(compare)
{
	(void)a4, (void)a5;
	need(of(host), a1, a2, false);
	need(of(host), a3, a2, false);
	return 0;
}

static uint64_t call_back(struct world *w, uint64_t func, uint64_t a1,
			  uint64_t a2, uint64_t a3, uint64_t a4)
{
	uint64_t args[5] = {a1, a2, a3, a4, 0xdeadbeef};

	if (w->ref)
		return w->ref->fault ? 1 : ref_run(w->ref, func, args);
	return bpf_callback(&w->host, func, a1, a2, a3, a4);
}

HELPER(loop)
{
	uint64_t n = (uint32_t)a1 % LOOPS;

	(void)a4, (void)a5;
	for (uint64_t i = 0; i < n; i++)
		if (call_back(of(host), a2, i, a3, 0xdeadbeef, 0xdeadbeef))
			return i + 1;
	return n;
}

HELPER(for_each)
{
	struct fuzz_map *m = (struct fuzz_map *)(uintptr_t)a1;

	(void)a4, (void)a5;
	for (uint64_t i = 0; i < ENTRIES; i++)
		if (call_back(of(host), a2, a1, (uintptr_t)m->keys[i],
			      (uintptr_t)m->values[i], a3))
			return i + 1;
	return ENTRIES;
}

static bpf_helper_fn *helper(int32_t nr)
{
	switch (nr) {
	case BPF_HELPER_map_lookup_elem:
		return lookup;
	case BPF_HELPER_map_update_elem:
		return update;
	case BPF_HELPER_probe_read_user:
	case BPF_HELPER_get_current_comm:
		return fill;
	case BPF_HELPER_ringbuf_output:
		return output;
	case BPF_HELPER_strncmp:
		return compare;
	case BPF_HELPER_loop:
		return loop;
	case BPF_HELPER_for_each_map_elem:
		return for_each;
	default:
		return number;
	}
}

/* ---- programs ---- */

struct gen {
	struct bpf_insn insns[INSNS + 64];
	size_t n;
	uint64_t seed;
	int callbacks[4], nfixups; /* FUNC constants to point to the end */
};

static unsigned pick(struct gen *g, unsigned n)
{
	return (unsigned)(next(&g->seed) % n);
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
			  : (int32_t)next(&g->seed);
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

static void world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->random = seed;
	for (size_t i = 0; i < COUNT(maps); i++)
		w->map_ptrs[i] = &w->maps[i];
	for (size_t i = 0; i < sizeof(w->ctx); i++)
		w->ctx[i] =
			(uint8_t)(next(&w->random) >> (next(&w->random) & 63));
	w->host = (struct bpf_host){.helper = helper,
				    .maps = w->map_ptrs,
				    .nmaps = COUNT(maps),
				    .insn_budget = 10000000};
}

static void add_region(struct ref *m, void *at, size_t size, bool writable)
{
	m->regions[m->nregions++] = (struct ref_region){at, size, writable};
}

static void ref_world(struct world *w, const struct bpf_prog *p, struct ref *m)
{
	memset(m, 0, sizeof(*m));
	m->p = p;
	m->host = &w->host;
	m->max_steps = 10000000;
	w->ref = m;
	add_region(m, w->ctx, CTX_SIZE, false);
	for (size_t i = 0; i < 2; i++) {
		for (size_t e = 0; e < ENTRIES; e++) {
			add_region(m, w->maps[i].keys[e], maps[i].key_size,
				   false);
			add_region(m, w->maps[i].values[e], maps[i].value_size,
				   true);
		}
	}
}

static void run_accepted(const struct bpf_prog *p, uint64_t seed)
{
	static struct ref m;
	struct bpf_code *code;
	struct world w;
	uint64_t args[5] = {0};

	for (uint64_t round = 0; round < 4; round++) {
		struct buf text;

		world_init(&w, seed + round);
		ref_world(&w, p, &m);
		args[0] = (uintptr_t)w.ctx;
		ref_run(&m, 0, args);
		if (m.fault) {
			buf_init(&text);
			bpf_dump(p, maps, COUNT(maps), &text);
			ck_abort_msg("seed %llu round %llu: instruction %zu "
				     "%s\n%s",
				     (unsigned long long)seed,
				     (unsigned long long)round, m.fault_at,
				     m.fault, buf_str(&text));
		}
		world_init(&w, seed + round);
		ck_assert_int_eq(bpf_bind(p, &w.host, &code, NULL), 0);
		bpf_run(code, &w.host, w.ctx);
		bpf_code_free(code);
	}
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

START_TEST(random_programs)
{
	struct bpf_verify_opts opts = {maps, COUNT(maps), CTX_SIZE};
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
	struct bpf_verify_opts opts = {maps, COUNT(maps), CTX_SIZE};
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

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Speed of the interpreter: instructions per second, and against the same
 * loop in C (compiled here without optimisation, as programs are).
 */
#include "bpf-op.h"
#include "bpf.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 2000, TURNS = 20000, BODY = 8 };

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* r0 goes through BODY - 2 operations, r2 counts down. */
static int build(struct bpf_prog *ret, struct err *err)
{
	struct bpf_build b;
	bpf_label top;
	int rc;

	bpf_build_init(&b);
	top = bpf_label_new(&b);
	bpf_mov_imm(&b, BPF_R0, 1);
	bpf_mov_imm(&b, BPF_R2, TURNS);
	bpf_label_here(&b, top);
	bpf_alu64_imm(&b, BPF_OP_ADD, BPF_R0, 7);
	bpf_alu64_reg(&b, BPF_OP_XOR, BPF_R0, BPF_R2);
	bpf_mov_reg(&b, BPF_R3, BPF_R0);
	bpf_alu64_imm(&b, BPF_OP_LSH, BPF_R3, 3);
	bpf_alu64_reg(&b, BPF_OP_SUB, BPF_R3, BPF_R0);
	bpf_alu64_reg(&b, BPF_OP_OR, BPF_R0, BPF_R3);
	bpf_alu64_imm(&b, BPF_OP_SUB, BPF_R2, 1);
	bpf_jump_imm(&b, BPF_OP_JNE, BPF_R2, 0, top);
	bpf_exit(&b);
	rc = bpf_build_end(&b, ret, err);
	bpf_build_release(&b);
	return rc;
}

__attribute__((noinline, optimize("O0"))) static uint64_t same_in_c(void)
{
	uint64_t r0 = 1, r2 = TURNS, r3;

	do {
		r0 += 7;
		r0 ^= r2;
		r3 = r0;
		r3 <<= 3;
		r3 -= r0;
		r0 |= r3;
		r2 -= 1;
	} while (r2 != 0);
	return r0;
}

static int measure(struct bpf_prog *p, struct err *err)
{
	struct bpf_verify_opts opts = {.ctx_size = 8};
	struct bpf_host host = {.insn_budget = UINT64_MAX};
	double start = now(), verify, interp, c;
	volatile uint64_t sum = 0;
	struct bpf_code *code;
	uint64_t ctx = 0;
	int rc;

	rc = bpf_verify(p, &opts, err);
	verify = now() - start;
	if (!rc)
		rc = bpf_bind(p, &host, &code, err);
	if (rc)
		return rc;
	start = now();
	for (int i = 0; i < ROUNDS; i++)
		sum += bpf_run(code, &host, &ctx);
	interp = now() - start;
	start = now();
	for (int i = 0; i < ROUNDS; i++)
		sum -= same_in_c();
	c = now() - start;
	bpf_code_free(code);
	printf("interpreter: %.0f million instructions/s, %.2f times the time "
	       "of unoptimised C%s\n",
	       (double)ROUNDS * TURNS * BODY / interp / 1e6, interp / c,
	       sum ? " (RESULTS DIFFER)" : "");
	printf("verifier: %.1f ms for a loop of %d instructions\n", verify * 1e3,
	       TURNS * BODY);
	return sum != 0;
}

int main(void)
{
	struct bpf_prog p;
	struct err err = {0};
	int rc = build(&p, &err);

	if (!rc) {
		rc = measure(&p, &err);
		bpf_prog_release(&p);
	}
	if (rc && err.code)
		fprintf(stderr, "bench-bpf: %s\n", err.text);
	return rc != 0;
}

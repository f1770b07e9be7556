/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the source of a script of 20 lines to verified programs, and what an
 * update of a map costs: by itself, and as a program's statement.
 */
#include "lang.h"
#include "rt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CTX_SIZE = 27 * 8, COMPILES = 200, UPDATES = 2000000, RUNS = 500000 };

static const char source[] =
	"struct req { int id; char *name; long size; };\n"
	"BEGIN { printf(\"tracing\\n\"); @start = nsecs; }\n"
	"uprobe:/bin/a:open /comm == \"server\"/ {\n"
	"	@begin[tid] = nsecs;\n"
	"	@name[tid] = str(arg0);\n"
	"	@opens[str(arg0), pid] = count();\n"
	"}\n"
	"uretprobe:/bin/a:open /@begin[tid]/ {\n"
	"	$took = nsecs - @begin[tid];\n"
	"	if ($took > 1000000) {\n"
	"		printf(\"%s took %d us\\n\", @name[tid], $took / "
	"1000);\n"
	"	}\n"
	"	@ns = hist($took);\n"
	"	@by[comm] = stats($took);\n"
	"	delete(@begin, tid); delete(@name, tid);\n"
	"}\n"
	"uprobe:/bin/a:request {\n"
	"	@sizes[((struct req *)arg0)->id % 8] = sum(arg1);\n"
	"}\n"
	"interval:s:10 { print(@by); clear(@by); }\n"
	"END { clear(@begin); clear(@name); }\n";

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- compiling ---- */

static bool no_reg(const char *name, int dwarf, struct lang_reg *ret)
{
	(void)name, (void)dwarf, (void)ret;
	return false;
}

static const struct lang_abi abi = {
	.word_size = 8,
	.ctx_size = CTX_SIZE,
	.nargs = 2,
	.args = {{14 * 8, 8}, {13 * 8, 8}},
	.retval = {10 * 8, 8},
	.pc = {16 * 8, 8},
	.sp = {19 * 8, 8},
	.reg = no_reg,
	.stack_args = 8,
};

static int verify(struct lang *l, unsigned point, struct buf *diag,
		  struct err *err)
{
	struct bpf_map_def defs[64];
	struct bpf_verify_opts opts = {defs, lang_nmaps(l), CTX_SIZE};
	struct bpf_prog prog;
	int rc = lang_generate(l, point, &prog, diag, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < opts.nmaps; i++)
		defs[i] = lang_map(l, i)->def;
	rc = bpf_verify(&prog, &opts, err);
	bpf_prog_release(&prog);
	return rc;
}

static int build(struct lang *l, struct ctypes *types, struct buf *diag,
		 struct err *err)
{
	struct lang_env env = {.types = types};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < lang_nspecs(l); i++) {
		const struct lang_spec *s = lang_spec(l, i);
		struct lang_point pt = {s->text, s->func, &abi, 0};

		rc = lang_add_point(l, i, &pt, err);
	}
	if (rc >= 0)
		rc = lang_check(l, &env, diag, err);
	for (unsigned i = 0; !rc && i < lang_npoints(l); i++)
		rc = verify(l, i, diag, err);
	return rc;
}

static int compile(struct err *err)
{
	struct lang_opts opts = {.name = "bench"};
	struct ctypes *types = ctypes_new();
	struct lang *l;
	struct buf diag;
	int rc;

	buf_init(&diag);
	rc = lang_parse(source, sizeof(source) - 1, &opts, &l, &diag, err);
	if (!rc) {
		rc = build(l, types, &diag, err);
		lang_free(l);
	}
	if (rc)
		fprintf(stderr, "%s", buf_str(&diag));
	buf_release(&diag);
	ctypes_free(types);
	return rc;
}

/* ---- updating ---- */

static uint64_t update(struct bpf_host *host, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)host, (void)a5;
	return (uint64_t)rt_update((void *)(uintptr_t)a1, (void *)(uintptr_t)a2,
				   (void *)(uintptr_t)a3, a4);
}

static bpf_helper_fn *helper(int32_t nr)
{
	return nr == BPF_HELPER_map_update_elem ? update : NULL;
}

static double by_itself(struct rt_map *m)
{
	double start = now();

	for (uint64_t i = 0; i < UPDATES; i++) {
		uint64_t key = i & 1023;

		rt_update(m, &key, &i, RT_ANY);
	}
	return (now() - start) / UPDATES;
}

/* @m[0] = 1 */
static int by_program(struct rt_map *m, double *ret, struct err *err)
{
	void *const maps[] = {m};
	struct bpf_host host = {.helper = helper, .maps = maps, .nmaps = 1};
	struct bpf_code *code;
	struct bpf_build b;
	struct bpf_prog p;
	double start;
	int rc;

	bpf_build_init(&b);
	bpf_store_imm(&b, 8, BPF_FP, -8, 1);
	bpf_store_imm(&b, 8, BPF_FP, -16, 0);
	bpf_load_map(&b, BPF_R1, 0);
	bpf_mov_reg(&b, BPF_R2, BPF_FP);
	bpf_alu64_imm(&b, 0, BPF_R2, -16);
	bpf_mov_reg(&b, BPF_R3, BPF_FP);
	bpf_alu64_imm(&b, 0, BPF_R3, -8);
	bpf_mov_imm(&b, BPF_R4, 0);
	bpf_call(&b, BPF_HELPER_map_update_elem);
	bpf_exit(&b);
	rc = bpf_build_end(&b, &p, err);
	bpf_build_release(&b);
	if (rc)
		return rc;
	rc = bpf_bind(&p, &host, &code, err);
	bpf_prog_release(&p);
	if (rc)
		return rc;
	start = now();
	for (int i = 0; i < RUNS; i++)
		bpf_run(code, &host, NULL);
	*ret = (now() - start) / RUNS;
	bpf_code_free(code);
	return 0;
}

static int updates(struct err *err)
{
	static const struct rt_map_def def = {RT_HASH, 8, 8, 4096};
	uint64_t size = rt_size(&def, 1, 1, UINT64_C(1) << 30);
	void *mem = calloc(1, size);
	double itself, program;
	static struct rt rt;
	int rc;

	if (!mem || rt_init(mem, size, &def, 1, 1) ||
	    rt_attach(&rt, mem, size, 0))
		return err_set(err, ERR_NOMEM, "no map");
	itself = by_itself(rt_map(&rt, 0));
	rc = by_program(rt_map(&rt, 0), &program, err);
	if (!rc)
		printf("map update: %.0f ns, %.0f ns as a program's\n",
		       itself * 1e9, program * 1e9);
	free(mem);
	return rc;
}

int main(void)
{
	struct err err = {0};
	double start, best = 1e9;
	int rc = 0;

	for (int i = 0; !rc && i < COMPILES; i++) {
		start = now();
		rc = compile(&err);
		if (now() - start < best)
			best = now() - start;
	}
	if (!rc) {
		printf("source to verified programs: %.2f ms for 20 lines\n",
		       best * 1e3);
		rc = updates(&err);
	}
	if (rc)
		fprintf(stderr, "bench-lang: %s\n", err.text);
	return rc != 0;
}

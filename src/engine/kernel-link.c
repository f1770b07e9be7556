/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-link.h"
#include "bpf-op.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

/* Frame of the subprograms. */
enum { KEY = -8, SAVED = -16, RECORD = -48 };

enum shim { SHIM_EXIT, SHIM_WARN, SHIM_RING, SHIMS };
enum { ENTRY = SHIMS, PARTS }; /* in front of the program */

static const int32_t shim_nr[SHIMS] = {
	[SHIM_EXIT] = BPF_HELPER_upd_exit,
	[SHIM_WARN] = BPF_HELPER_upd_warn,
	[SHIM_RING] = BPF_HELPER_ringbuf_output,
};

/* r0 = the map's value for the u32 key at KEY. */
static void lookup(struct bpf_build *b, unsigned map, bpf_label none)
{
	bpf_load_map(b, BPF_R1, map);
	bpf_mov_reg(b, BPF_R2, BPF_FP);
	bpf_alu64_imm(b, BPF_OP_ADD, BPF_R2, KEY);
	bpf_call(b, BPF_HELPER_map_lookup_elem);
	bpf_jump_imm(b, BPF_OP_JEQ, BPF_R0, 0, none);
}

/* upd_exit(code) */
static void build_exit(struct bpf_build *b, const struct kernel_link_maps *maps)
{
	bpf_label out = bpf_label_new(b);

	bpf_store(b, 8, BPF_FP, SAVED, BPF_R1);
	bpf_store_imm(b, 4, BPF_FP, KEY, 0);
	lookup(b, maps->exit, out);
	bpf_load(b, 8, BPF_R1, BPF_FP, SAVED);
	bpf_store(b, 8, BPF_R0, 8, BPF_R1);
	bpf_mov_imm(b, BPF_R1, 1);
	bpf_store(b, 8, BPF_R0, 0, BPF_R1);
	bpf_label_here(b, out);
	bpf_mov_imm(b, BPF_R0, 0);
	bpf_exit(b);
}

/* The event of a first warning: r6 action << 32 | point, r7 code. */
static void build_warning_event(struct bpf_build *b, unsigned ring)
{
	const int action = RECORD + (int)offsetof(struct event_record, action);
	const int point = RECORD + (int)offsetof(struct event_record, point);
	const int pid = RECORD + (int)offsetof(struct event_record, pid);
	const int tid = RECORD + (int)offsetof(struct event_record, tid);
	const int code = RECORD + (int)offsetof(struct event_warning, code);

	bpf_store(b, 4, BPF_FP, point, BPF_R6);
	bpf_alu64_imm(b, BPF_OP_RSH, BPF_R6, 32);
	bpf_store(b, 4, BPF_FP, action, BPF_R6);
	bpf_call(b, BPF_HELPER_get_current_pid_tgid);
	bpf_store(b, 4, BPF_FP, tid, BPF_R0);
	bpf_alu64_imm(b, BPF_OP_RSH, BPF_R0, 32);
	bpf_store(b, 4, BPF_FP, pid, BPF_R0);
	bpf_store(b, 8, BPF_FP, code, BPF_R7);
	bpf_load_map(b, BPF_R1, ring);
	bpf_mov_reg(b, BPF_R2, BPF_FP);
	bpf_alu64_imm(b, BPF_OP_ADD, BPF_R2, RECORD);
	bpf_mov_imm(b, BPF_R3, sizeof(struct event_warning));
	bpf_mov_imm(b, BPF_R4, 0);
	bpf_call(b, BPF_HELPER_ringbuf_output);
}

/* upd_warn(action << 32 | point, code): counted, the first one told. */
static void build_warn(struct bpf_build *b, const struct kernel_link_maps *maps)
{
	bpf_label out = bpf_label_new(b);

	bpf_mov_reg(b, BPF_R6, BPF_R1);
	bpf_mov_reg(b, BPF_R7, BPF_R2);
	bpf_mov_reg(b, BPF_R1, BPF_R6);
	bpf_alu64_imm(b, BPF_OP_RSH, BPF_R1, 32);
	bpf_store(b, 4, BPF_FP, KEY, BPF_R1);
	lookup(b, maps->warned, out);
	bpf_mov_imm(b, BPF_R1, 1);
	if (maps->ring < 0) {
		bpf_atomic_add(b, 8, BPF_R0, 0, BPF_R1);
	} else {
		bpf_atomic(b, 8, BPF_OP_ADD | BPF_FETCH, BPF_R0, 0, BPF_R1);
		bpf_jump_imm(b, BPF_OP_JNE, BPF_R1, 0, out);
		build_warning_event(b, (unsigned)maps->ring);
	}
	bpf_label_here(b, out);
	bpf_mov_imm(b, BPF_R0, 0);
	bpf_exit(b);
}

/* ringbuf_output(ring, record, size, flags): what is lost is counted. */
static void build_ring(struct bpf_build *b, const struct kernel_link_maps *maps)
{
	const int point = (int)offsetof(struct event_record, point);
	bpf_label out = bpf_label_new(b);

	bpf_mov_reg(b, BPF_R6, BPF_R2);
	bpf_call(b, BPF_HELPER_ringbuf_output);
	bpf_jump_imm(b, BPF_OP_JEQ, BPF_R0, 0, out);
	bpf_load(b, 4, BPF_R1, BPF_R6, point);
	bpf_store(b, 4, BPF_FP, KEY, BPF_R1);
	lookup(b, maps->lost, out);
	bpf_mov_imm(b, BPF_R1, 1);
	bpf_atomic_add(b, 8, BPF_R0, 0, BPF_R1);
	bpf_label_here(b, out);
	bpf_mov_imm(b, BPF_R0, 0);
	bpf_exit(b);
}

/* Where exit() has been called the program, which is a subprogram then, does
 * not run any more. */
static void build_entry(struct bpf_build *b,
			const struct kernel_link_maps *maps)
{
	bpf_label run = bpf_label_new(b), out = bpf_label_new(b),
		  program = bpf_label_new(b);

	bpf_mov_reg(b, BPF_R6, BPF_R1);
	bpf_store_imm(b, 4, BPF_FP, KEY, 0);
	lookup(b, maps->exit, run);
	bpf_load(b, 8, BPF_R1, BPF_R0, 0);
	bpf_jump_imm(b, BPF_OP_JNE, BPF_R1, 0, out);
	bpf_label_here(b, run);
	bpf_mov_reg(b, BPF_R1, BPF_R6);
	bpf_call_local(b, program);
	bpf_label_here(b, out);
	bpf_mov_imm(b, BPF_R0, 0);
	bpf_exit(b);
	bpf_label_here(b, program);
}

static int build_shim(int shim, const struct kernel_link_maps *maps,
		      struct bpf_prog *ret, struct err *err)
{
	struct bpf_build b;
	int rc;

	bpf_build_init(&b);
	if (shim == SHIM_EXIT)
		build_exit(&b, maps);
	else if (shim == SHIM_WARN)
		build_warn(&b, maps);
	else if (shim == ENTRY)
		build_entry(&b, maps);
	else
		build_ring(&b, maps);
	rc = bpf_build_end(&b, ret, err);
	bpf_build_release(&b);
	return rc;
}

/* ---- linking ------------------------------------------------------------ */

/* A constant of 64 bits takes the room of two. */
static size_t next_insn(const struct bpf_prog *p, size_t i)
{
	return i + (p->insns[i].code == BPF_LD_IMM64 ? 2 : 1);
}

static bool is_helper_call(const struct bpf_insn *in)
{
	return in->code == (BPF_CLASS_JMP | BPF_OP_CALL) &&
	       in->src == BPF_CALL_HELPER;
}

static int shim_of(int32_t nr)
{
	for (int i = 0; i < SHIMS; i++)
		if (shim_nr[i] == nr)
			return i;
	return -1;
}

/* What people know the helper by. */
static int refuse(int32_t nr, struct err *err)
{
	static const struct {
		int32_t nr;
		const char *what;
	} known[] = {
		{BPF_HELPER_upd_mod_bias, "a static variable of the program"},
		{BPF_HELPER_upd_print_map, "print() of a map at a probe (do "
					   "that in an interval or in END)"},
		{BPF_HELPER_upd_clear_map, "clear() at a probe"},
		{BPF_HELPER_upd_zero_map, "zero() at a probe"},
		{BPF_HELPER_upd_map_len, "len() of a map"},
		{BPF_HELPER_upd_merged, "reading an aggregation at a probe"},
		{BPF_HELPER_upd_ppid, "ppid"},
		{BPF_HELPER_upd_vector, "a floating point or vector register"},
		{BPF_HELPER_upd_float_int, "numbers of floating point"},
	};
	const struct bpf_helper_sig *sig = bpf_helper_sig(nr);
	const char *what = sig ? sig->name : "an unknown helper";

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].nr == nr)
			what = known[i].what;
	return err_set(err, ERR_UNSUPP,
		       "the kernel's engine cannot do this: %s; "
		       "--engine=ptrace can",
		       what);
}

static int find_shims(const struct bpf_prog *p, bool used[SHIMS],
		      struct err *err)
{
	for (size_t i = 0; i < p->ninsns; i = next_insn(p, i)) {
		const struct bpf_insn *in = &p->insns[i];
		int shim;

		if (!is_helper_call(in))
			continue;
		shim = shim_of(in->imm);
		if (shim >= 0)
			used[shim] = true;
		else if (in->imm >= 0x10000)
			return refuse(in->imm, err);
	}
	return 0;
}

bool kernel_link_exits(const struct bpf_prog *prog)
{
	bool used[SHIMS] = {0};
	struct err err;

	return !find_shims(prog, used, &err) && used[SHIM_EXIT];
}

/* Calls of the program, which begins at `from`, go to the shims. */
static void redirect(struct bpf_prog *p, size_t from, size_t end,
		     const size_t at[PARTS])
{
	for (size_t i = from; i < end; i = next_insn(p, i)) {
		struct bpf_insn *in = &p->insns[i];
		int shim;

		if (!is_helper_call(in))
			continue;
		shim = shim_of(in->imm);
		if (shim < 0)
			continue;
		in->src = BPF_CALL_LOCAL;
		in->imm = (int32_t)(at[shim] - i - 1);
	}
}

static void copy(struct bpf_prog *to, size_t at, const struct bpf_prog *from)
{
	if (from->ninsns)
		memcpy(to->insns + at, from->insns,
		       from->ninsns * sizeof(*to->insns));
}

static int join(const struct bpf_prog *prog, const struct bpf_prog parts[PARTS],
		struct bpf_prog *ret, struct err *err)
{
	size_t from = parts[ENTRY].ninsns, at[PARTS] = {0};
	struct bpf_prog all = {.ninsns = from + prog->ninsns};

	for (int i = 0; i < SHIMS; i++) {
		at[i] = all.ninsns;
		all.ninsns += parts[i].ninsns;
	}
	all.insns = calloc(all.ninsns + 1, sizeof(*all.insns));
	if (!all.insns)
		return err_set(err, ERR_NOMEM, "out of memory");
	copy(&all, from, prog);
	for (int i = 0; i < PARTS; i++)
		copy(&all, at[i], &parts[i]);
	redirect(&all, from, from + prog->ninsns, at);
	*ret = all;
	return 0;
}

int kernel_link(const struct bpf_prog *prog,
		const struct kernel_link_maps *maps, struct bpf_prog *ret,
		struct err *err)
{
	struct bpf_prog parts[PARTS] = {{0}};
	bool used[PARTS] = {[ENTRY] = maps->exits};
	int rc = find_shims(prog, used, err);

	for (int i = 0; !rc && i < PARTS; i++)
		if (used[i])
			rc = build_shim(i, maps, &parts[i], err);
	if (!rc)
		rc = join(prog, parts, ret, err);
	for (int i = 0; i < PARTS; i++)
		bpf_prog_release(&parts[i]);
	return rc;
}

/* ---- functions ---------------------------------------------------------- */

/* The instruction that a call or a callback's address leads to; 0: none. */
static size_t leads_to(const struct bpf_prog *p, size_t i)
{
	const struct bpf_insn *in = &p->insns[i];
	bool call = in->code == (BPF_CLASS_JMP | BPF_OP_CALL) &&
		    in->src == BPF_CALL_LOCAL;
	bool addr = in->code == BPF_LD_IMM64 && in->src == BPF_PSEUDO_FUNC;
	int64_t to = (int64_t)i + 1 + in->imm;

	return (call || addr) && to > 0 && to < (int64_t)p->ninsns ? (size_t)to
								   : 0;
}

int kernel_functions(const struct bpf_prog *prog, uint32_t **ret, size_t *ret_n,
		     struct err *err)
{
	bool *begins = calloc(prog->ninsns + 1, sizeof(*begins));
	uint32_t *list = calloc(prog->ninsns + 1, sizeof(*list));
	size_t n = 0;

	if (!begins || !list) {
		free(begins);
		free(list);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < prog->ninsns; i = next_insn(prog, i))
		begins[leads_to(prog, i)] = true;
	begins[0] = true;
	for (size_t i = 0; i < prog->ninsns; i++)
		if (begins[i])
			list[n++] = (uint32_t)i;
	free(begins);
	*ret = list;
	*ret_n = n;
	return 0;
}

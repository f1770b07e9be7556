/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The builder: appends instructions, resolves labels at the end.
 */
#include "bpf-op.h"
#include "bpf.h"

#include <stdlib.h>
#include <string.h>

struct fixup {
	uint32_t insn;
	bpf_label label;
	bool in_imm; /* calls and functions: the distance is in imm */
};

void bpf_build_init(struct bpf_build *b)
{
	buf_init(&b->code);
	buf_init(&b->labels);
	buf_init(&b->fixups);
	b->failed = false;
}

void bpf_build_release(struct bpf_build *b)
{
	buf_release(&b->code);
	buf_release(&b->labels);
	buf_release(&b->fixups);
}

static uint32_t here(const struct bpf_build *b)
{
	return (uint32_t)(b->code.len / sizeof(struct bpf_insn));
}

static void emit(struct bpf_build *b, int code, int dst, int src, int off,
		 int32_t imm)
{
	struct bpf_insn insn = {.code = (uint8_t)code,
				.dst = (uint8_t)(dst & 15),
				.src = (uint8_t)(src & 15),
				.off = (int16_t)off,
				.imm = imm};

	if (off < INT16_MIN || off > INT16_MAX)
		b->failed = true;
	buf_add(&b->code, &insn, sizeof(insn));
}

void bpf_alu64_reg(struct bpf_build *b, int op, int dst, int src)
{
	emit(b, BPF_CLASS_ALU64 | BPF_SRC_REG | op, dst, src, 0, 0);
}

void bpf_alu64_imm(struct bpf_build *b, int op, int dst, int32_t imm)
{
	emit(b, BPF_CLASS_ALU64 | op, dst, 0, 0, imm);
}

void bpf_alu32_reg(struct bpf_build *b, int op, int dst, int src)
{
	emit(b, BPF_CLASS_ALU | BPF_SRC_REG | op, dst, src, 0, 0);
}

void bpf_alu32_imm(struct bpf_build *b, int op, int dst, int32_t imm)
{
	emit(b, BPF_CLASS_ALU | op, dst, 0, 0, imm);
}

void bpf_mov_reg(struct bpf_build *b, int dst, int src)
{
	if (dst != src)
		bpf_alu64_reg(b, BPF_OP_MOV, dst, src);
}

static void load_imm64(struct bpf_build *b, int dst, int src, uint64_t imm)
{
	emit(b, BPF_LD_IMM64, dst, src, 0, (int32_t)imm);
	emit(b, 0, 0, 0, 0, (int32_t)(imm >> 32));
}

void bpf_mov_imm(struct bpf_build *b, int dst, int64_t imm)
{
	if (imm == (int32_t)imm)
		bpf_alu64_imm(b, BPF_OP_MOV, dst, (int32_t)imm);
	else if ((uint64_t)imm == (uint32_t)imm)
		bpf_alu32_imm(b, BPF_OP_MOV, dst, (int32_t)imm);
	else
		load_imm64(b, dst, BPF_PSEUDO_NONE, (uint64_t)imm);
}

void bpf_movsx(struct bpf_build *b, int dst, int src, int bits)
{
	emit(b, BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_MOV, dst, src, bits, 0);
}

void bpf_sdiv(struct bpf_build *b, int dst, int src)
{
	emit(b, BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_DIV, dst, src, 1, 0);
}

void bpf_smod(struct bpf_build *b, int dst, int src)
{
	emit(b, BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_MOD, dst, src, 1, 0);
}

static int size_code(int size)
{
	switch (size) {
	case 1:
		return BPF_SIZE_B;
	case 2:
		return BPF_SIZE_H;
	case 4:
		return BPF_SIZE_W;
	default:
		return BPF_SIZE_DW;
	}
}

void bpf_load(struct bpf_build *b, int size, int dst, int src, int off)
{
	emit(b, BPF_CLASS_LDX | BPF_MODE_MEM | size_code(size), dst, src, off,
	     0);
}

void bpf_load_signed(struct bpf_build *b, int size, int dst, int src, int off)
{
	if (size == 8)
		bpf_load(b, size, dst, src, off);
	else
		emit(b, BPF_CLASS_LDX | BPF_MODE_MEMSX | size_code(size), dst,
		     src, off, 0);
}

void bpf_store(struct bpf_build *b, int size, int dst, int off, int src)
{
	emit(b, BPF_CLASS_STX | BPF_MODE_MEM | size_code(size), dst, src, off,
	     0);
}

void bpf_store_imm(struct bpf_build *b, int size, int dst, int off, int32_t imm)
{
	emit(b, BPF_CLASS_ST | BPF_MODE_MEM | size_code(size), dst, 0, off,
	     imm);
}

void bpf_atomic(struct bpf_build *b, int size, int op, int dst, int off,
		int src)
{
	emit(b, BPF_CLASS_STX | BPF_MODE_ATOMIC | size_code(size), dst, src,
	     off, op);
}

void bpf_atomic_add(struct bpf_build *b, int size, int dst, int off, int src)
{
	bpf_atomic(b, size, BPF_OP_ADD, dst, off, src);
}

void bpf_load_map(struct bpf_build *b, int dst, unsigned map_index)
{
	load_imm64(b, dst, BPF_PSEUDO_MAP_IDX, map_index);
}

void bpf_call(struct bpf_build *b, enum bpf_helper helper)
{
	emit(b, BPF_CLASS_JMP | BPF_OP_CALL, 0, BPF_CALL_HELPER, 0,
	     (int32_t)helper);
}

void bpf_exit(struct bpf_build *b)
{
	emit(b, BPF_CLASS_JMP | BPF_OP_EXIT, 0, 0, 0, 0);
}

/* ---- labels ---- */

bpf_label bpf_label_new(struct bpf_build *b)
{
	uint32_t nowhere = UINT32_MAX;

	buf_add(&b->labels, &nowhere, sizeof(nowhere));
	return (bpf_label)(b->labels.len / sizeof(nowhere)) - 1;
}

void bpf_label_here(struct bpf_build *b, bpf_label l)
{
	uint32_t at = here(b);

	if (!buf_failed(&b->labels))
		memcpy(b->labels.data + (size_t)l * sizeof(at), &at,
		       sizeof(at));
}

static void fix_later(struct bpf_build *b, bpf_label l, bool in_imm)
{
	struct fixup f = {here(b), l, in_imm};

	buf_add(&b->fixups, &f, sizeof(f));
}

void bpf_jump(struct bpf_build *b, bpf_label to)
{
	fix_later(b, to, false);
	emit(b, BPF_CLASS_JMP | BPF_OP_JA, 0, 0, 0, 0);
}

void bpf_jump_imm(struct bpf_build *b, int op, int dst, int32_t imm,
		  bpf_label to)
{
	fix_later(b, to, false);
	emit(b, BPF_CLASS_JMP | op, dst, 0, 0, imm);
}

void bpf_jump_reg(struct bpf_build *b, int op, int dst, int src, bpf_label to)
{
	fix_later(b, to, false);
	emit(b, BPF_CLASS_JMP | BPF_SRC_REG | op, dst, src, 0, 0);
}

void bpf_load_func(struct bpf_build *b, int dst, bpf_label l)
{
	fix_later(b, l, true);
	load_imm64(b, dst, BPF_PSEUDO_FUNC, 0);
}

void bpf_call_local(struct bpf_build *b, bpf_label l)
{
	fix_later(b, l, true);
	emit(b, BPF_CLASS_JMP | BPF_OP_CALL, 0, BPF_CALL_LOCAL, 0, 0);
}

/* A plain jump that is too far for 16 bits becomes the long form (JA32). */
static bool resolve(struct bpf_build *b, const struct fixup *f)
{
	struct bpf_insn *insn = (struct bpf_insn *)(void *)b->code.data +
				f->insn;
	uint32_t at;
	int64_t distance;

	memcpy(&at, b->labels.data + (size_t)f->label * sizeof(at), sizeof(at));
	if (at == UINT32_MAX)
		return false;
	distance = (int64_t)at - f->insn - 1;
	if (f->in_imm) {
		insn->imm = (int32_t)distance;
	} else if (distance == (int16_t)distance) {
		insn->off = (int16_t)distance;
	} else if (insn->code == (BPF_CLASS_JMP | BPF_OP_JA)) {
		insn->code = BPF_CLASS_JMP32 | BPF_OP_JA;
		insn->imm = (int32_t)distance;
	} else {
		return false;
	}
	return true;
}

/* ---- what is never run ---- */

struct prune {
	uint32_t target; /* of a jump, call or function address */
	uint32_t todo;	 /* a stack, through all of them */
	uint32_t index;	 /* in the pruned program */
	bool live;
};

static uint32_t label_at(const struct bpf_build *b, size_t l)
{
	uint32_t at;

	memcpy(&at, b->labels.data + l * sizeof(at), sizeof(at));
	return at;
}

static void find_targets(const struct bpf_build *b, struct prune *p, size_t n)
{
	const struct fixup *f = (const void *)b->fixups.data;

	for (size_t i = 0; i < n; i++)
		p[i].target = UINT32_MAX;
	for (size_t i = 0; i < b->fixups.len / sizeof(*f); i++)
		p[f[i].insn].target = label_at(b, f[i].label);
}

static void reach(struct prune *p, size_t n, size_t i, size_t *ntodo)
{
	if (i >= n || p[i].live)
		return;
	p[i].live = true;
	p[(*ntodo)++].todo = (uint32_t)i;
}

static void mark(const struct bpf_insn *insns, struct prune *p, size_t n)
{
	size_t ntodo = 0;

	reach(p, n, 0, &ntodo);
	while (ntodo) {
		size_t i = p[--ntodo].todo;
		uint8_t code = insns[i].code, class = code & 7;
		bool is_jump = class == BPF_CLASS_JMP ||
			       class == BPF_CLASS_JMP32;

		reach(p, n, p[i].target, &ntodo);
		if (code == BPF_LD_IMM64 && i + 1 < n) {
			p[i + 1].live = true; /* its second half */
			i++;
		}
		if (!is_jump || ((code & 0xf0) != BPF_OP_JA &&
				 (code & 0xf0) != BPF_OP_EXIT))
			reach(p, n, i + 1, &ntodo);
	}
}

static void compact(struct bpf_build *b, struct prune *p, size_t n)
{
	struct bpf_insn *insns = (void *)b->code.data;
	struct fixup *f = (void *)b->fixups.data;
	size_t nfixups = b->fixups.len / sizeof(*f), kept = 0;
	uint32_t to = 0, *labels = (void *)b->labels.data;

	for (size_t i = 0; i < n; i++) {
		p[i].index = to;
		if (p[i].live)
			insns[to++] = insns[i];
	}
	for (size_t i = 0; i < b->labels.len / sizeof(*labels); i++)
		if (labels[i] != UINT32_MAX)
			labels[i] = labels[i] < n ? p[labels[i]].index : to;
	for (size_t i = 0; i < nfixups; i++)
		if (p[f[i].insn].live) {
			f[kept] = f[i];
			f[kept++].insn = p[f[i].insn].index;
		}
	b->code.len = to * sizeof(*insns);
	b->fixups.len = kept * sizeof(*f);
}

void bpf_build_prune(struct bpf_build *b)
{
	size_t n = here(b);
	struct prune *p;

	if (!n || buf_failed(&b->code) || buf_failed(&b->labels) ||
	    buf_failed(&b->fixups))
		return;
	p = calloc(n, sizeof(*p));
	if (!p) {
		b->code.failed = true;
		return;
	}
	find_targets(b, p, n);
	mark((const void *)b->code.data, p, n);
	compact(b, p, n);
	free(p);
}

int bpf_build_end(struct bpf_build *b, struct bpf_prog *ret_prog,
		  struct err *err)
{
	size_t nfixups = b->fixups.len / sizeof(struct fixup), n = here(b);

	if (buf_failed(&b->code) || buf_failed(&b->labels) ||
	    buf_failed(&b->fixups))
		return err_set(err, ERR_NOMEM, "out of memory");
	if (n > BPF_INSNS_MAX)
		return err_set(err, ERR_LIMIT, "the program is too long: %zu "
			       "instructions, %d at most", n, BPF_INSNS_MAX);
	for (size_t i = 0; i < nfixups; i++) {
		struct fixup f;

		memcpy(&f, b->fixups.data + i * sizeof(f), sizeof(f));
		if (!resolve(b, &f))
			b->failed = true;
	}
	if (b->failed)
		return err_set(err, ERR_LIMIT, "the program has a jump or an "
			       "offset that is too far");
	ret_prog->insns = (struct bpf_insn *)(void *)b->code.data;
	ret_prog->ninsns = n;
	buf_init(&b->code);
	return 0;
}

void bpf_prog_release(struct bpf_prog *p)
{
	free(p->insns);
	*p = (struct bpf_prog){0};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From instructions to the operations of the interpreter.
 */
#include "interp.h"

#include <stdlib.h>

static bool is_known(unsigned code)
{
	switch (code) {
#define X(code, label) case code:
		CODE_LIST(X)
#undef X
		return true;
	default:
		return false;
	}
}

static uint16_t decode_swap(const struct bpf_insn *i)
{
	bool swap = BPF_CLASS(i->code) == BPF_CLASS_ALU64 ||
		    ((i->code & BPF_SRC_REG) != 0) ==
			    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	switch (i->imm) {
	case 16:
		return swap ? OP_SWAP16 : OP_ZEXT16;
	case 32:
		return swap ? OP_SWAP32 : OP_ZEXT32;
	case 64:
		return swap ? OP_SWAP64 : OP_NOP64;
	default:
		return 0;
	}
}

static uint16_t decode_signed(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;
	bool imm = !(i->code & BPF_SRC_REG), mod;

	mod = BPF_OP(i->code) == BPF_OP_MOD;
	return (uint16_t)((wide ? OP_SDIV64_REG : OP_SDIV32_REG) +
			  (mod ? 2 : 0) + (imm ? 1 : 0));
}

static uint16_t decode_movsx(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;

	switch (i->off) {
	case 8:
		return wide ? OP_MOVSX64_8 : OP_MOVSX32_8;
	case 16:
		return wide ? OP_MOVSX64_16 : OP_MOVSX32_16;
	case 32:
		return wide ? OP_MOVSX64_32 : 0;
	default:
		return 0;
	}
}

static uint16_t decode_alu(const struct bpf_insn *i)
{
	int op = BPF_OP(i->code);

	if (op == BPF_OP_END)
		return decode_swap(i);
	if (op == BPF_OP_MOV && i->off)
		return decode_movsx(i);
	if ((op == BPF_OP_DIV || op == BPF_OP_MOD) && i->off == 1)
		return decode_signed(i);
	return i->code;
}

static int decode_call(const struct bpf_insn *i, size_t at, struct op *o,
		       const struct bpf_host *host, struct err *err)
{
	if (i->src == BPF_CALL_LOCAL) {
		o->code = OP_CALL_LOCAL;
		o->off = (int32_t)at + 1 + i->imm;
		return 0;
	}
	o->code = OP_CALL_HELPER;
	o->helper = host->helper ? host->helper(i->imm) : NULL;
	if (!o->helper)
		return err_set(err, ERR_UNSUPP, "helper %d is not there",
			       i->imm);
	return 0;
}

static int decode_jump(const struct bpf_insn *i, size_t at, struct op *o,
		       const struct bpf_host *host, struct err *err)
{
	int op = BPF_OP(i->code);

	if (op == BPF_OP_CALL)
		return decode_call(i, at, o, host, err);
	o->off = (int32_t)at + 1 + i->off;
	if (op == BPF_OP_JA) {
		o->code = OP_JUMP;
		if (BPF_CLASS(i->code) == BPF_CLASS_JMP32)
			o->off = (int32_t)at + 1 + i->imm;
	}
	return 0;
}

static int decode_imm64(const struct bpf_insn *i, size_t at, struct op *o,
			const struct bpf_host *host, struct err *err)
{
	o->code = OP_IMM64;
	o->imm = (int64_t)((uint64_t)(uint32_t)i[1].imm << 32 |
			   (uint32_t)i->imm);
	if (i->src == BPF_PSEUDO_FUNC) {
		o->imm = (int64_t)at + 1 + i->imm;
	} else if (i->src == BPF_PSEUDO_MAP_IDX) {
		if ((uint32_t)i->imm >= host->nmaps)
			return err_set(err, ERR_INVAL, "map %d is not there",
				       i->imm);
		o->imm = (int64_t)(uintptr_t)host->maps[(uint32_t)i->imm];
	}
	return 0;
}

static int decode(const struct bpf_insn *i, size_t at, struct op *o,
		  const struct bpf_host *host, struct err *err)
{
	*o = (struct op){.code = i->code,
			 .dst = i->dst,
			 .src = i->src,
			 .off = i->off,
			 .imm = i->imm};
	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		o->code = decode_alu(i);
		return 0;
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		return decode_jump(i, at, o, host, err);
	case BPF_CLASS_STX:
		if (BPF_MODE(i->code) != BPF_MODE_ATOMIC)
			return 0;
		o->code = OP_ATOMIC;
		o->imm = i->imm | (BPF_SIZE(i->code) == BPF_SIZE_DW ? 256 : 0);
		return 0;
	case BPF_CLASS_LD:
		return decode_imm64(i, at, o, host, err);
	default:
		return 0;
	}
}

int bpf_bind(const struct bpf_prog *p, const struct bpf_host *host,
	     struct bpf_code **ret_code, struct err *err)
{
	struct bpf_code *code =
		calloc(1, sizeof(*code) + p->ninsns * sizeof(struct op));
	int rc;

	if (!code)
		return err_set(err, ERR_NOMEM, "out of memory");
	code->nops = p->ninsns;
	for (size_t i = 0; i < p->ninsns; i++) {
		rc = decode(&p->insns[i], i, &code->ops[i], host, err);
		if (!rc && !is_known(code->ops[i].code))
			rc = err_set(err, ERR_INVAL,
				     "instruction %zu is unknown", i);
		if (rc) {
			free(code);
			return rc;
		}
		i += p->insns[i].code == BPF_LD_IMM64;
	}
	*ret_code = code;
	return 0;
}

void bpf_code_free(struct bpf_code *code)
{
	free(code);
}

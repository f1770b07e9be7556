/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs as text.
 */
#include "bpf-op.h"
#include "verify.h"

static const char *const alu_text[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=",
	NULL, "%=", "^=", "=",	"s>>=", NULL, NULL, NULL};
static const char *const jump_text[16] = {
	NULL, "==",  ">",  ">=", "&",  "!=", "s>", "s>=",
	NULL, NULL,  "<",  "<=", "s<", "s<=", NULL, NULL};

static const char *size_text(int code)
{
	switch (BPF_SIZE(code)) {
	case BPF_SIZE_B:
		return "u8";
	case BPF_SIZE_H:
		return "u16";
	case BPF_SIZE_W:
		return "u32";
	default:
		return "u64";
	}
}

static void place(const struct bpf_insn *i, int reg, struct buf *out)
{
	buf_printf(out, "*(%s *)(r%d %c %d)", size_text(i->code), reg,
		   i->off < 0 ? '-' : '+', i->off < 0 ? -i->off : i->off);
}

static void operand(const struct bpf_insn *i, char reg, struct buf *out)
{
	if (i->code & BPF_SRC_REG)
		buf_printf(out, "%c%d", reg, i->src);
	else
		buf_printf(out, "%d", i->imm);
}

static void dump_alu(const struct bpf_insn *i, struct buf *out)
{
	char reg = BPF_CLASS(i->code) == BPF_CLASS_ALU ? 'w' : 'r';
	int op = BPF_OP(i->code);

	if (op == BPF_OP_NEG) {
		buf_printf(out, "%c%d = -%c%d", reg, i->dst, reg, i->dst);
	} else if (op == BPF_OP_END) {
		buf_printf(out, "r%d = %s%d r%d", i->dst,
			   reg == 'r'			? "bswap"
			   : i->code & BPF_SRC_REG ? "be"
							: "le",
			   i->imm, i->dst);
	} else if (op == BPF_OP_MOV && i->off) {
		buf_printf(out, "%c%d = (s%d)%c%d", reg, i->dst, i->off, reg,
			   i->src);
	} else {
		buf_printf(out, "%c%d %s%s ", reg, i->dst,
			   i->off == 1 ? "s" : "",
			   alu_text[op >> 4] ? alu_text[op >> 4] : "??");
		operand(i, reg, out);
	}
}

static void dump_call(const struct bpf_insn *i, size_t at, struct buf *out)
{
	const struct bpf_helper_sig *sig = bpf_helper_sig(i->imm);

	if (i->src == BPF_CALL_LOCAL)
		buf_printf(out, "call %zd", (ptrdiff_t)at + 1 + i->imm);
	else if (sig)
		buf_printf(out, "call %s", sig->name);
	else
		buf_printf(out, "call helper %d", i->imm);
}

static void dump_jump(const struct bpf_insn *i, size_t at, struct buf *out)
{
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_JMP32;
	int op = BPF_OP(i->code);
	ptrdiff_t to = (ptrdiff_t)at + 1 +
		       (op == BPF_OP_JA && wide ? i->imm : i->off);

	if (op == BPF_OP_EXIT) {
		buf_add_str(out, "exit");
	} else if (op == BPF_OP_CALL) {
		dump_call(i, at, out);
	} else if (op == BPF_OP_JA) {
		buf_printf(out, "goto %td", to);
	} else {
		buf_printf(out, "if %c%d %s ", wide ? 'w' : 'r', i->dst,
			   jump_text[op >> 4] ? jump_text[op >> 4] : "??");
		operand(i, wide ? 'w' : 'r', out);
		buf_printf(out, " goto %td", to);
	}
}

static void dump_atomic(const struct bpf_insn *i, struct buf *out)
{
	if (i->imm == BPF_XCHG) {
		buf_printf(out, "r%d = xchg(", i->src);
		place(i, i->dst, out);
		buf_printf(out, ", r%d)", i->src);
	} else if (i->imm == BPF_CMPXCHG) {
		buf_add_str(out, "r0 = cmpxchg(");
		place(i, i->dst, out);
		buf_printf(out, ", r0, r%d)", i->src);
	} else {
		if (i->imm & BPF_FETCH)
			buf_printf(out, "r%d = fetch ", i->src);
		buf_add_str(out, "lock ");
		place(i, i->dst, out);
		buf_printf(out, " %s r%d",
			   alu_text[(i->imm >> 4) & 15]
				   ? alu_text[(i->imm >> 4) & 15]
				   : "??",
			   i->src);
	}
}

static void dump_imm64(const struct bpf_insn *i, size_t at, size_t left,
		       const struct bpf_map_def *maps, size_t nmaps,
		       struct buf *out)
{
	uint64_t imm = (uint32_t)i->imm;

	if (left > 1)
		imm |= (uint64_t)(uint32_t)i[1].imm << 32;
	buf_printf(out, "r%d = ", i->dst);
	if (i->src == BPF_PSEUDO_MAP_IDX)
		buf_printf(out, "map %llu (%s)", (unsigned long long)imm,
			   imm < nmaps ? maps[imm].name : "?");
	else if (i->src == BPF_PSEUDO_FUNC)
		buf_printf(out, "function %td", (ptrdiff_t)at + 1 + i->imm);
	else
		buf_printf(out, "0x%llx ll", (unsigned long long)imm);
}

void bpf_dump_insn(const struct bpf_prog *p, size_t at,
		   const struct bpf_map_def *maps, size_t nmaps,
		   struct buf *out)
{
	const struct bpf_insn *i = &p->insns[at];

	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		dump_alu(i, out);
		break;
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		dump_jump(i, at, out);
		break;
	case BPF_CLASS_LDX:
		buf_printf(out, "r%d = %s", i->dst,
			   BPF_MODE(i->code) == BPF_MODE_MEMSX ? "(signed) "
							       : "");
		place(i, i->src, out);
		break;
	case BPF_CLASS_ST:
		place(i, i->dst, out);
		buf_printf(out, " = %d", i->imm);
		break;
	case BPF_CLASS_STX:
		if (BPF_MODE(i->code) == BPF_MODE_ATOMIC) {
			dump_atomic(i, out);
			break;
		}
		place(i, i->dst, out);
		buf_printf(out, " = r%d", i->src);
		break;
	default:
		if (i->code == BPF_LD_IMM64)
			dump_imm64(i, at, p->ninsns - at, maps, nmaps, out);
		else
			buf_printf(out, "?? 0x%02x", i->code);
	}
}

void bpf_dump(const struct bpf_prog *p, const struct bpf_map_def *maps,
	      size_t nmaps, struct buf *out)
{
	for (size_t i = 0; i < p->ninsns; i++) {
		buf_printf(out, "%4zu: ", i);
		bpf_dump_insn(p, i, maps, nmaps, out);
		buf_add_char(out, '\n');
		i += p->insns[i].code == BPF_LD_IMM64;
	}
}

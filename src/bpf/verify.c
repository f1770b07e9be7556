/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verifier: walks all paths of a program. See verify-int.h for the idea
 * and bpf.h for the promise.
 */
#include "verify-int.h"

#include <stdlib.h>
#include <string.h>

/* ---- sentences ---- */

static int refuse(struct verifier *v, size_t at, const char *fmt, va_list ap)
{
	struct buf text;

	if (!v->err)
		return ERR_REFUSED;
	buf_init(&text);
	bpf_dump_insn(v->p, at, v->opts->maps, v->opts->nmaps, &text);
	err_vset(v->err, ERR_REFUSED, fmt, ap);
	err_prefix(v->err, "instruction %zu (%s)", at, buf_str(&text));
	buf_release(&text);
	return ERR_REFUSED;
}

int verify_refuse_at(struct verifier *v, size_t at, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = refuse(v, at, fmt, ap);
	va_end(ap);
	return rc;
}

int verify_refuse(struct verifier *v, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = refuse(v, v->cur.pc, fmt, ap);
	va_end(ap);
	return rc;
}

/* ---- arithmetic ---- */

/* Of a pointer and a number a pointer, where it can be one. */
static int offset_pointer(struct verifier *v, const struct bpf_insn *i,
			  struct vreg *p, const struct vreg *by)
{
	if (p->kind == V_VALUE_OR_NULL)
		return verify_refuse(v, "this pointer may be NULL");
	if (p->kind == V_MAP || p->kind == V_FUNC)
		return verify_refuse(v, "a map or a function cannot be "
					"calculated with");
	p->s = scalar_alu(i, p->s, by->s);
	return 0;
}

/* Everything else makes a number of it. */
static int alu_pointer(struct verifier *v, const struct bpf_insn *i,
		       const struct vreg *b)
{
	struct vreg *a = verify_reg(v, i->dst), sum = *b;
	int op = BPF_OP(i->code), rc;
	bool wide = BPF_CLASS(i->code) == BPF_CLASS_ALU64;

	if (wide && (op == BPF_OP_ADD || op == BPF_OP_SUB) &&
	    a->kind != V_SCALAR && b->kind == V_SCALAR)
		return offset_pointer(v, i, a, b);
	if (wide && op == BPF_OP_ADD && a->kind == V_SCALAR) {
		rc = offset_pointer(v, i, &sum, a);
		if (!rc)
			*a = sum;
		return rc;
	}
	*a = vreg_scalar(scalar_low(scalar_unknown, wide ? 8 : 4));
	return 0;
}

static bool is_plain_move(const struct bpf_insn *i)
{
	return i->code == (BPF_CLASS_ALU64 | BPF_SRC_REG | BPF_OP_MOV) &&
	       !i->off;
}

static bool reads_dst(const struct bpf_insn *i)
{
	return BPF_OP(i->code) != BPF_OP_MOV;
}

static int verify_alu(struct verifier *v, const struct bpf_insn *i)
{
	struct vreg b = vreg_scalar(scalar_const((uint64_t)(int64_t)i->imm));
	struct vreg *a = verify_reg(v, i->dst);
	bool one =
		BPF_OP(i->code) == BPF_OP_NEG || BPF_OP(i->code) == BPF_OP_END;

	if ((i->code & BPF_SRC_REG) && !one)
		b = *verify_reg(v, i->src);
	if (!b.kind)
		return verify_refuse(v, "r%d was never set", i->src);
	if (reads_dst(i) && !a->kind)
		return verify_refuse(v, "r%d was never set", i->dst);
	if (is_plain_move(i)) {
		*a = b;
		return 0;
	}
	if (!reads_dst(i))
		*a = vreg_scalar(scalar_const(0));
	if (a->kind != V_SCALAR || b.kind != V_SCALAR)
		return alu_pointer(v, i, &b);
	*a = vreg_scalar(scalar_alu(i, a->s, b.s));
	return 0;
}

static void verify_imm64(struct verifier *v, const struct bpf_insn *i)
{
	uint64_t number = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm;
	struct vreg *r = verify_reg(v, i->dst);

	if (i->src == BPF_PSEUDO_MAP_IDX)
		*r = vreg_pointer(V_MAP, (uint32_t)i->imm);
	else if (i->src == BPF_PSEUDO_FUNC)
		*r = vreg_pointer(V_FUNC,
				  (uint32_t)((int64_t)v->cur.pc + 1 + i->imm));
	else
		*r = vreg_scalar(scalar_const(number));
	v->cur.pc += 2;
}

/* ---- the walk ---- */

static int verify_jump(struct verifier *v, const struct bpf_insn *i)
{
	int64_t next = (int64_t)v->cur.pc + 1;

	switch (BPF_OP(i->code)) {
	case BPF_OP_JA:
		next += BPF_CLASS(i->code) == BPF_CLASS_JMP32 ? i->imm : i->off;
		v->cur.pc = (uint32_t)next;
		return 0;
	case BPF_OP_CALL:
		return verify_call(v, i);
	case BPF_OP_EXIT:
		return verify_exit(v);
	default:
		return verify_branch(v, i);
	}
}

static int verify_insn(struct verifier *v, const struct bpf_insn *i)
{
	int rc;

	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		return verify_jump(v, i);
	case BPF_CLASS_LD:
		verify_imm64(v, i);
		return 0;
	case BPF_CLASS_LDX:
		rc = verify_load(v, i);
		break;
	case BPF_CLASS_ST:
	case BPF_CLASS_STX:
		rc = BPF_CLASS(i->code) == BPF_CLASS_STX &&
				     BPF_MODE(i->code) == BPF_MODE_ATOMIC
			     ? verify_atomic(v, i)
			     : verify_store(v, i);
		break;
	default:
		rc = verify_alu(v, i);
	}
	v->cur.pc += !rc;
	return rc;
}

/* From the current state until the path ends. */
static int walk(struct verifier *v)
{
	int rc;

	v->ended = false;
	while (!v->ended) {
		if (v->at[v->cur.pc] & AT_TARGET) {
			rc = verify_visit(v);
			if (rc || v->ended)
				return rc;
		}
		if (v->walked++ == VERIFY_INSNS_MAX)
			return verify_refuse(v,
					     "the program has too many paths "
					     "or never ends");
		v->cur.since++;
		rc = verify_insn(v, &v->p->insns[v->cur.pc]);
		if (rc)
			return rc;
	}
	return 0;
}

static void begin(struct verifier *v)
{
	struct vframe *f = &v->cur.frames[0];

	v->cur.nframes = 1;
	f->r[BPF_FP] = vreg_pointer(V_STACK, 0);
	f->r[BPF_R1] = vreg_pointer(V_CTX, 0);
}

static int walk_all(struct verifier *v)
{
	int rc;

	begin(v);
	rc = walk(v);
	while (!rc && v->pending) {
		struct vsnap *next = v->pending;

		v->pending = next->below;
		v->npending--;
		verify_unsnap(v, next);
		rc = walk(v);
	}
	return rc;
}

static void verifier_free(struct verifier *v)
{
	for (struct vsnap *s = v->pending, *below; s; s = below) {
		below = s->below;
		free(s);
	}
	for (size_t at = 0; v->nodes && at < v->p->ninsns; at++) {
		for (struct vnode *n = v->nodes[at], *next; n; n = next) {
			next = n->next;
			free(n->snap);
			free(n);
		}
	}
	free(v->nodes);
	free(v->at);
	free(v);
}

int bpf_verify(const struct bpf_prog *p, const struct bpf_verify_opts *opts,
	       struct err *err)
{
	struct verifier *v;
	int rc;

	if (!p->ninsns || p->ninsns > BPF_INSNS_MAX)
		return err_set(err, ERR_REFUSED,
			       "a program has 1 to %d instructions, this one "
			       "%zu",
			       BPF_INSNS_MAX, p->ninsns);
	v = calloc(1, sizeof(*v));
	if (!v)
		return err_set(err, ERR_NOMEM, "out of memory");
	v->p = p;
	v->opts = opts;
	v->err = err;
	v->at = calloc(p->ninsns, 1);
	v->nodes = calloc(p->ninsns, sizeof(struct vnode *));
	if (!v->at || !v->nodes)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	else
		rc = verify_shape(v);
	if (!rc)
		rc = walk_all(v);
	verifier_free(v);
	return rc;
}

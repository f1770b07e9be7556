/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loads, stores, atomic operations, 64-bit constants; and the memory that
 * helpers are given.
 */
#include "verify.h"

#include "bpf-op.h"

static const struct bpf_map_def *map_of(const struct verifier *v,
					const struct reg *r)
{
	return &v->opts->maps[r->ref];
}

static int cannot_access(struct verifier *v, const struct reg *r, bool write)
{
	const char *verb = write ? "writes to" : "reads from";

	if (r->kind == REG_VALUE_OR_NULL)
		return refuse(v,
			      "%s what map_lookup_elem returned: compare "
			      "it with 0 first",
			      verb);
	return refuse(v, "%s memory at %s", verb, reg_text(r));
}

/* Where the memory behind a pointer begins and ends. */
static int extent(struct verifier *v, const struct reg *r, bool write,
		  int64_t *lo, int64_t *hi)
{
	*lo = 0;
	switch ((enum reg_kind)r->kind) {
	case REG_STACK:
		*lo = -BPF_STACK_MAX;
		*hi = 0;
		return 0;
	case REG_VALUE:
		*hi = map_of(v, r)->value_size;
		return 0;
	case REG_KEY:
		*hi = map_of(v, r)->key_size;
		break;
	case REG_CTX:
		*hi = v->opts->ctx_size;
		break;
	default:
		return cannot_access(v, r, write);
	}
	return write ? refuse(v, "writes to %s", reg_text(r)) : 0;
}

/* off: the offsets at which the accesses of up to `size` bytes begin */
static int check_bounds(struct verifier *v, const struct reg *r,
			const struct scalar *off, uint64_t size, bool write)
{
	int64_t lo = 0, hi = 0;
	int rc = extent(v, r, write, &lo, &hi);

	if (rc)
		return rc;
	if (off->smin >= lo && off->smax + (int64_t)size <= hi)
		return 0;
	if (scalar_is_const(off))
		return refuse(v,
			      "%s %llu bytes at offset %lld of %s, which "
			      "has the offsets %lld to %lld",
			      write ? "writes" : "reads",
			      (unsigned long long)size, (long long)off->smin,
			      reg_text(r) + sizeof("a pointer to"),
			      (long long)lo, (long long)hi);
	return refuse(v,
		      "%s %llu bytes anywhere at offsets %lld to %lld of %s, "
		      "which has the offsets %lld to %lld: check the "
		      "index first",
		      write ? "writes" : "reads", (unsigned long long)size,
		      (long long)off->smin, (long long)off->smax,
		      reg_text(r) + sizeof("a pointer to"), (long long)lo,
		      (long long)hi);
}

static struct scalar offset_of(const struct reg *r, int off)
{
	struct scalar by = scalar_const((uint64_t)(int64_t)off);

	return scalar_alu(BPF_OP_ADD, true, false, &r->s, &by);
}

static bool is_aligned(const struct scalar *off, int size)
{
	return !((off->bits | off->unknown) & (uint64_t)(size - 1));
}

/* A register as base: its offset and whether it will do. */
static int base(struct verifier *v, int nr, int off, int size, bool write,
		struct scalar *ret)
{
	struct reg *r = reg_of(v, nr);
	int rc = need_set(v, nr);

	if (rc)
		return rc;
	*ret = is_pointer(r) ? offset_of(r, off) : scalar_any();
	rc = check_bounds(v, r, ret, (uint64_t)size, write);
	if (rc || r->kind != REG_CTX)
		return rc;
	if (!scalar_is_const(ret))
		return refuse(v, "reads the context at an offset that is not "
				 "constant");
	if (!is_aligned(ret, size))
		return refuse(v, "reads the context at an offset that is not "
				 "a multiple of the size");
	return 0;
}

static struct reg loaded(const struct bpf_insn *i, int size)
{
	struct scalar any = scalar_any();

	return reg_scalar(BPF_MODE(i->code) == BPF_MODE_MEMSX
				  ? scalar_sext(&any, size * 8)
				  : scalar_zext(&any, size * 8));
}

static int step_load(struct verifier *v, const struct bpf_insn *i)
{
	int size = bpf_size_bytes(i->code);
	struct reg *from = reg_of(v, i->src), value = loaded(i, size);
	struct scalar off;
	int rc;

	rc = base(v, i->src, i->off, size, false, &off);
	if (!rc && from->kind == REG_STACK) {
		rc = stack_read(v, &v->cur->frames[from->frame], &off, size,
				&value);
		if (!rc && BPF_MODE(i->code) == BPF_MODE_MEMSX)
			value.s = scalar_sext(&value.s, size * 8);
	}
	if (!rc)
		*reg_of(v, i->dst) = value;
	return rc;
}

/* A pointer may be kept on the stack only, and no longer than it is good. */
static int check_stored(struct verifier *v, const struct reg *to,
			const struct reg *value)
{
	if (!is_pointer(value))
		return 0;
	if (to->kind != REG_STACK)
		return refuse(v, "stores %s in %s", reg_text(value),
			      reg_text(to) + sizeof("a pointer to"));
	if (value->kind == REG_STACK && value->frame > to->frame)
		return refuse(v, "stores a pointer to the stack in the "
				 "caller's stack");
	return 0;
}

static int step_store(struct verifier *v, const struct bpf_insn *i)
{
	struct reg value = reg_scalar(scalar_const((uint64_t)(int64_t)i->imm));
	struct reg *to = reg_of(v, i->dst);
	int size = bpf_size_bytes(i->code), rc;
	struct scalar off;

	if (BPF_CLASS(i->code) == BPF_CLASS_STX) {
		rc = need_set(v, i->src);
		if (rc)
			return rc;
		value = *reg_of(v, i->src);
	}
	rc = base(v, i->dst, i->off, size, true, &off);
	if (!rc)
		rc = check_stored(v, to, &value);
	if (!rc && to->kind == REG_STACK)
		rc = stack_write(v, &v->cur->frames[to->frame], &off, size,
				 &value);
	return rc;
}

static int atomic_on_stack(struct verifier *v, const struct reg *to,
			   const struct scalar *off, int size)
{
	struct frame *f = &v->cur->frames[to->frame];
	struct reg any = reg_scalar(scalar_any());
	int rc;

	rc = stack_need_bytes(v, f, off->smin, off->smax + size);
	return rc ? rc : stack_write(v, f, off, size, &any);
}

static int step_atomic(struct verifier *v, const struct bpf_insn *i)
{
	struct scalar off, any = scalar_any();
	int size = bpf_size_bytes(i->code), rc;

	rc = need_scalar(v, i->src);
	if (!rc && i->imm == BPF_CMPXCHG)
		rc = need_scalar(v, BPF_R0);
	if (!rc)
		rc = base(v, i->dst, i->off, size, true, &off);
	if (rc)
		return rc;
	if (!is_aligned(&off, size))
		return refuse(v, "an atomic operation at an offset that is "
				 "not a multiple of its size");
	if (reg_of(v, i->dst)->kind == REG_STACK)
		rc = atomic_on_stack(v, reg_of(v, i->dst), &off, size);
	if (!rc && i->imm & BPF_FETCH)
		*reg_of(v, i->imm == BPF_CMPXCHG ? BPF_R0 : i->src) =
			reg_scalar(scalar_zext(&any, size * 8));
	return rc;
}

static int step_imm64(struct verifier *v, const struct bpf_insn *i)
{
	uint64_t imm = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm;
	struct reg *to = reg_of(v, i->dst);

	if (i->src == BPF_PSEUDO_MAP_IDX)
		*to = reg_pointer(REG_MAP, (uint32_t)i->imm);
	else if (i->src == BPF_PSEUDO_FUNC)
		*to = reg_pointer(REG_FUNC, v->cur->pc + 1 + (uint32_t)i->imm);
	else
		*to = reg_scalar(scalar_const(imm));
	v->cur->pc++; /* over the second half */
	return 0;
}

int step_memory(struct verifier *v, const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_LD:
		return step_imm64(v, i);
	case BPF_CLASS_LDX:
		return step_load(v, i);
	case BPF_CLASS_STX:
		if (BPF_MODE(i->code) == BPF_MODE_ATOMIC)
			return step_atomic(v, i);
		break;
	default:
		break;
	}
	return step_store(v, i);
}

/* Which bytes a helper writes is certain only where the place is constant,
 * and only as many as it is given at least. */
static void written_by_helper(struct frame *f, const struct scalar *off,
			      const struct scalar *size)
{
	stack_clobber(f, off->smin, off->smax + (int64_t)size->umax, false);
	if (scalar_is_const(off))
		stack_clobber(f, off->smin, off->smin + (int64_t)size->umin,
			      true);
}

int check_helper_memory(struct verifier *v, int nr, const struct scalar *size,
			bool write)
{
	struct reg *r = reg_of(v, nr);
	struct frame *f;
	int rc = need_set(v, nr);

	if (rc)
		return rc;
	if (size->umax == 0 && r->kind == REG_SCALAR &&
	    scalar_is_const(&r->s) && !r->s.umin)
		return 0;
	rc = check_bounds(v, r, &r->s, size->umax, write);
	if (rc || r->kind != REG_STACK)
		return rc;
	f = &v->cur->frames[r->frame];
	if (!write)
		return stack_need_bytes(v, f, r->s.smin,
					r->s.smax + (int64_t)size->umax);
	written_by_helper(f, &r->s, size);
	return 0;
}

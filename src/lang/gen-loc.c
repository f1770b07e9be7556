/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Registers, and locations that debug information gives (struct loc),
 * compiled.
 */
#include "gen.h"

#include <string.h>

void gen_ctx(struct gen *g, int reg)
{
	bpf_mov_reg(&g->b, reg, GEN_CTX);
}

void gen_reg(struct gen *g, int dst, struct lang_reg r)
{
	bpf_load(&g->b, r.size, dst, GEN_CTX, r.offset);
}

/* ---- the stack machine: the top is in r0, the rest in temporaries ---- */

struct machine {
	struct gen *g;
	struct range at;
	struct place slots[LOC_OPS_MAX];
	size_t depth;
};

static void push(struct machine *m)
{
	if (m->depth >= LOC_OPS_MAX)
		gen_fail(m->g, m->at, "its location is too complicated");
	if (m->depth) {
		if (!m->slots[m->depth - 1].reg)
			m->slots[m->depth - 1] = gen_temp(m->g, 8);
		gen_store(m->g, m->slots[m->depth - 1], BPF_R0);
	}
	m->depth++;
}

static void need(struct machine *m, size_t n)
{
	if (m->depth < n)
		gen_fail(m->g, m->at,
			 "the debug information of its location "
			 "is damaged");
}

/* r1 = the top, r0 = what is below; one less */
static void pop(struct machine *m)
{
	need(m, 2);
	bpf_mov_reg(&m->g->b, BPF_R1, BPF_R0);
	gen_load(m->g, BPF_R0, m->slots[m->depth - 2]);
	m->depth--;
}

static void op_reg(struct machine *m, uint64_t number)
{
	struct lang_reg r;

	push(m);
	if (!m->g->abi || number > INT32_MAX ||
	    !m->g->abi->reg(NULL, (int)number, &r))
		gen_fail(m->g, m->at,
			 "it is in a register (DWARF number %llu) "
			 "that programs cannot read",
			 (unsigned long long)number);
	gen_reg(m->g, BPF_R0, r);
}

static void op_modaddr(struct machine *m, uint64_t addr)
{
	push(m);
	gen_ctx(m->g, BPF_R1);
	bpf_call(&m->g->b, BPF_HELPER_upd_mod_bias);
	bpf_mov_imm(&m->g->b, BPF_R1, (int64_t)addr);
	bpf_alu64_reg(&m->g->b, BPF_OP_ADD, BPF_R0, BPF_R1);
}

static void op_compare(struct machine *m, int jump)
{
	struct bpf_build *b = &m->g->b;
	bpf_label yes = bpf_label_new(b), done = bpf_label_new(b);

	pop(m);
	bpf_jump_reg(b, jump, BPF_R0, BPF_R1, yes);
	bpf_mov_imm(b, BPF_R0, 0);
	bpf_jump(b, done);
	bpf_label_here(b, yes);
	bpf_mov_imm(b, BPF_R0, 1);
	bpf_label_here(b, done);
}

static void op_swap(struct machine *m)
{
	need(m, 2);
	gen_load(m->g, BPF_R1, m->slots[m->depth - 2]);
	gen_store(m->g, m->slots[m->depth - 2], BPF_R0);
	bpf_mov_reg(&m->g->b, BPF_R0, BPF_R1);
}

static void op_alu(struct machine *m, enum token_kind op, bool is_signed)
{
	pop(m);
	gen_binary(m->g, op, is_signed);
}

static void op_stack(struct machine *m, enum loc_opcode code)
{
	need(m, 1);
	if (code == LOC_DUP) {
		push(m);
	} else if (code == LOC_SWAP) {
		op_swap(m);
	} else if (code == LOC_OVER) {
		need(m, 2);
		push(m);
		gen_load(m->g, BPF_R0, m->slots[m->depth - 3]);
	} else { /* drop */
		if (m->depth > 1)
			gen_load(m->g, BPF_R0, m->slots[m->depth - 2]);
		m->depth--;
	}
}

static void op_unary(struct machine *m, enum loc_opcode code, uint64_t arg)
{
	struct bpf_build *b = &m->g->b;

	need(m, 1);
	switch (code) {
	case LOC_DEREF:
		if (arg != 1 && arg != 2 && arg != 4 && arg != 8)
			gen_fail(m->g, m->at,
				 "the debug information of its "
				 "location is damaged");
		gen_read_user(m->g, (unsigned)arg, false);
		break;
	case LOC_PLUS_CONST:
		bpf_mov_imm(b, BPF_R1, (int64_t)arg);
		bpf_alu64_reg(b, BPF_OP_ADD, BPF_R0, BPF_R1);
		break;
	case LOC_NEG:
		bpf_mov_reg(b, BPF_R1, BPF_R0);
		bpf_mov_imm(b, BPF_R0, 0);
		bpf_alu64_reg(b, BPF_OP_SUB, BPF_R0, BPF_R1);
		break;
	default: /* LOC_NOT */
		bpf_alu64_imm(b, BPF_OP_XOR, BPF_R0, -1);
	}
}

static void op_binary(struct machine *m, enum loc_opcode code)
{
	static const struct {
		enum loc_opcode code;
		enum token_kind op;
		bool is_signed;
	} alu[] = {
		{LOC_ADD, T_ADD},	{LOC_SUB, T_SUB},
		{LOC_MUL, T_MUL},	{LOC_DIV, T_DIV, true},
		{LOC_MOD, T_MOD},	{LOC_AND, T_AND},
		{LOC_OR, T_OR},		{LOC_XOR, T_XOR},
		{LOC_SHL, T_SHL},	{LOC_SHR, T_SHR},
		{LOC_SAR, T_SHR, true},
	};
	static const struct {
		enum loc_opcode code;
		int jump;
	} compares[] = {
		{LOC_EQ, BPF_OP_JEQ},  {LOC_NE, BPF_OP_JNE},
		{LOC_LT, BPF_OP_JSLT}, {LOC_LE, BPF_OP_JSLE},
		{LOC_GT, BPF_OP_JSGT}, {LOC_GE, BPF_OP_JSGE},
	};

	for (size_t i = 0; i < sizeof(alu) / sizeof(*alu); i++)
		if (alu[i].code == code)
			op_alu(m, alu[i].op, alu[i].is_signed);
	for (size_t i = 0; i < sizeof(compares) / sizeof(*compares); i++)
		if (compares[i].code == code)
			op_compare(m, compares[i].jump);
}

static void one_op(struct machine *m, enum loc_opcode code, uint64_t arg)
{
	switch (code) {
	case LOC_CONST:
		push(m);
		bpf_mov_imm(&m->g->b, BPF_R0, (int64_t)arg);
		break;
	case LOC_REG:
		op_reg(m, arg);
		break;
	case LOC_MODADDR:
		op_modaddr(m, arg);
		break;
	case LOC_DEREF:
	case LOC_PLUS_CONST:
	case LOC_NEG:
	case LOC_NOT:
		op_unary(m, code, arg);
		break;
	case LOC_DUP:
	case LOC_DROP:
	case LOC_SWAP:
	case LOC_OVER:
		op_stack(m, code);
		break;
	default:
		op_binary(m, code);
	}
}

/* r0 = the address or the value */
static void gen_location(struct gen *g, const struct loc *loc, struct range at)
{
	struct machine m = {.g = g, .at = at};
	struct gen_mark mark = gen_mark(g);

	if (loc->kind == LOC_IN_VECTOR)
		gen_fail(g, at,
			 "it is in a floating point or vector register, and "
			 "of another type here");
	for (size_t i = 0; i < loc->nops && i < LOC_OPS_MAX; i++)
		one_op(&m, loc->ops[i].code, loc->ops[i].arg);
	need(&m, 1);
	gen_release(g, mark);
}

/* ---- what programs name ---- */

static void find_arg(struct gen *g, struct expr *e, const struct ctype **type,
		     struct loc *loc)
{
	struct err err = {0};

	if (!g->pt) {
		/* Nothing will run: anything will do. */
		*type = NULL;
		*loc = (struct loc){.kind = LOC_IN_VALUE, .nops = 1};
		loc->ops[0].code = LOC_CONST;
		return;
	}
	if (!g->env->var || g->env->var(g->env->ctx, g->pt->pt.cookie, e->name,
					type, loc, &err))
		gen_fail(g, e->at, "%s: args.%s: %s", g->pt->pt.probe_text,
			 e->name, err.text[0] ? err.text : "it is not known");
}

static unsigned scalar_size(const struct gen *g, const struct ctype *c,
			    const struct vtype *t)
{
	unsigned size = c && (c->kind == CTYPE_INT || c->kind == CTYPE_ENUM ||
			      c->kind == CTYPE_PTR)
				? (unsigned)c->size
				: t->size;

	if (t->kind == V_PTR && !(c && c->kind == CTYPE_PTR))
		size = g->l->word_size;
	return size == 1 || size == 2 || size == 4 ? size : 8;
}

enum { VECTOR_BYTES = 16 };

/* What of a floating point or vector register `size` bytes of memory would
 * hold; room has 8 bytes of slack. */
static void from_vector(struct gen *g, const struct loc *loc, uint32_t size,
			struct range at, struct place room)
{
	if (size > VECTOR_BYTES)
		gen_fail(g, at,
			 "it is in a vector register of which only the first "
			 "%d bytes can be read",
			 VECTOR_BYTES);
	gen_zero(g, room, (size + 7) & ~7u);
	bpf_mov_imm(&g->b, BPF_R1, loc->reg);
	gen_lea(g, BPF_R2, room);
	bpf_mov_imm(&g->b, BPF_R3, size);
	bpf_call(&g->b, BPF_HELPER_upd_vector);
}

/* Of floating point, or a vector: the bytes that it has in memory. */
static void load_bytes(struct gen *g, const struct loc *loc,
		       const struct ctype *c, const struct vtype *t,
		       struct range at, struct place to)
{
	bool same = !c || (t->kind == V_FLOAT ? c->kind == CTYPE_FLOAT
					      : c->kind == CTYPE_ARRAY);

	if (!same || (c && c->size != t->size))
		gen_fail(g, at, "it has another type than at the probe's first "
				"place");
	if (loc->kind == LOC_IN_VECTOR) {
		from_vector(g, loc, t->size, at, to);
		return;
	}
	gen_location(g, loc, at);
	if (loc->kind == LOC_IN_MEMORY) {
		gen_read_value(g, t, to);
		return;
	}
	if (t->size > 8)
		gen_fail(g, at,
			 "it is spread over several registers, which "
			 "cannot be read yet");
	bpf_store_imm(&g->b, 8, to.reg, to.off, 0);
	bpf_store(&g->b, t->size == 4 ? 4 : 8, to.reg, to.off, BPF_R0);
}

/* Into r0, or to `to`. */
static void load_located(struct gen *g, const struct loc *loc,
			 const struct ctype *c, const struct vtype *t,
			 struct range at, const struct place *to)
{
	unsigned size = scalar_size(g, c, t);
	bool is_signed = c ? c->is_signed : t->is_signed;

	if (t->kind == V_FLOAT || t->kind == V_ARRAY) {
		load_bytes(g, loc, c, t, at, *to);
		return;
	}
	gen_location(g, loc, at);
	if (vt_is_scalar(t)) {
		if (loc->kind == LOC_IN_MEMORY)
			gen_read_user(g, size, is_signed);
		else
			gen_extend(g, size, is_signed);
		gen_extend(g, t->kind == V_PTR ? 8 : t->size, t->is_signed);
		return;
	}
	if (loc->kind == LOC_IN_MEMORY) {
		gen_read_value(g, t, *to);
		return;
	}
	/* A struct in a register. */
	if (t->size > 8)
		gen_fail(g, at,
			 "it is spread over several registers, which "
			 "cannot be read yet");
	gen_store(g, *to, BPF_R0);
}

void gen_arg_field(struct gen *g, struct expr *e, const struct place *to)
{
	const struct ctype *type = NULL;
	struct loc loc;

	find_arg(g, e, &type, &loc);
	load_located(g, &loc, type, e->type, e->at, to);
}

/* One of all parameters, as it lies in memory. */
void gen_param(struct gen *g, struct expr *e, const struct cfield *f,
	       struct place to)
{
	struct expr named = {.at = e->at, .name = f->name};
	uint32_t size = (uint32_t)f->type->size;
	struct gen_mark m = gen_mark(g);
	struct vtype bytes = {.kind = V_ARRAY, .size = size};
	const struct ctype *type = NULL;
	struct place whole;
	struct loc loc;

	if (!f->name || !size)
		return;
	find_arg(g, &named, &type, &loc);
	if (loc.kind != LOC_IN_VECTOR)
		gen_location(g, &loc, e->at);
	if (loc.kind == LOC_IN_VALUE && size > 8)
		gen_fail(g, e->at,
			 "args.%s is spread over several registers, which "
			 "cannot be read yet",
			 f->name);
	if (loc.kind == LOC_IN_VALUE &&
	    (size == 1 || size == 2 || size == 4 || size == 8)) {
		bpf_store(&g->b, (int)size, to.reg, to.off, BPF_R0);
		return;
	}
	/* By way of room of its own: what lies around it stays. */
	whole = gen_room(g, &bytes);
	if (loc.kind == LOC_IN_MEMORY)
		gen_read_value(g, &bytes, whole);
	else if (loc.kind == LOC_IN_VECTOR)
		from_vector(g, &loc, size, e->at, whole);
	else
		gen_store(g, whole, BPF_R0);
	for (uint32_t i = 0; i < size; i++) {
		bpf_load(&g->b, 1, BPF_R0, whole.reg, whole.off + (int)i);
		bpf_store(&g->b, 1, to.reg, to.off + (int)i, BPF_R0);
	}
	gen_release(g, m);
}

void gen_arg_address(struct gen *g, struct expr *e)
{
	const struct ctype *type;
	struct loc loc;

	find_arg(g, e, &type, &loc);
	if (loc.kind != LOC_IN_MEMORY)
		gen_fail(g, e->at,
			 "args.%s is in a register: it has no "
			 "address",
			 e->name);
	gen_location(g, &loc, e->at);
}

static const struct ctype *find_retval(struct gen *g, struct loc *loc)
{
	*loc = (struct loc){.kind = LOC_IN_VALUE};
	return g->pt && g->env->ret
		       ? g->env->ret(g->env->ctx, g->pt->pt.cookie, loc)
		       : NULL;
}

/* r0 = the returned number; false: it is in the register of numbers. */
bool gen_retval_number(struct gen *g, struct expr *e)
{
	struct loc loc;

	find_retval(g, &loc);
	if (loc.kind != LOC_IN_VALUE || !loc.nops)
		return false;
	gen_location(g, &loc, e->at);
	return true;
}

/* What is no number. */
void gen_retval_bytes(struct gen *g, struct expr *e, struct place to)
{
	struct loc loc;
	const struct ctype *type = find_retval(g, &loc);

	if (g->pt && loc.kind != LOC_IN_VECTOR)
		gen_fail(g, e->at, "%s: it has another type than at the "
				   "probe's first place",
			 g->pt->pt.probe_text);
	if (loc.kind == LOC_IN_VECTOR)
		load_bytes(g, &loc, type, e->type, e->at, to);
	else
		gen_zero(g, to, vt_slot(e->type));
}

void gen_usdt_arg(struct gen *g, struct expr *e, int n, const struct place *to)
{
	const struct ctype *type = NULL;
	struct err err = {0};
	struct loc loc;
	int argc;

	if (!g->pt) {
		if (vt_is_scalar(e->type))
			bpf_mov_imm(&g->b, BPF_R0, 0);
		else
			gen_zero(g, *to, vt_slot(e->type));
		return;
	}
	if (!g->env->usdt_arg || g->env->usdt_arg(g->env->ctx, g->pt->pt.cookie,
						  n, &type, &loc, &argc, &err))
		gen_fail(g, e->at, "%s: arg%d: %s", g->pt->pt.probe_text, n,
			 err.text[0] ? err.text : "it is not known");
	load_located(g, &loc, type, e->type, e->at, to);
}

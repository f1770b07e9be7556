/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strings and buffers.
 */
#include "call-int.h"

#include <string.h>

/* ---- str ---- */

/* How many bytes are wanted at most: the constant, or the setting. */
static uint64_t length_arg(struct check *c, struct expr *e, bool *ok)
{
	uint64_t max = c->l->config.max_strlen;

	*ok = true;
	if (e->nargs < 2)
		return max;
	*ok = check_number(c, e->args[1], false);
	if (e->args[1]->kind != E_INT)
		return max;
	if (!e->args[1]->num) {
		check_error(c, e->args[1]->at, "a length of 0 leaves nothing");
		*ok = false;
	}
	return e->args[1]->num < max ? e->args[1]->num : max;
}

/* str("literal") and str(a string) are what they are; str($1) is the
 * parameter's text. */
const struct vtype *check_str(struct check *c, struct expr *e)
{
	struct expr *a = e->args[0];
	bool ok;
	uint64_t n = length_arg(c, e, &ok);

	if (!ok)
		return &vt_none;
	if (a->kind == E_INT && a->name) { /* $1 that looks like a number */
		a->kind = E_STRING;
		a->type = vt_string(c->l, (uint32_t)a->len + 1);
	}
	if (a->type->kind == V_STRING)
		return a->type;
	if (!call_is_address(c, a))
		return &vt_none;
	return vt_string(c->l, (uint32_t)n);
}

/* r0 = at most the constant length, from the argument: the number read into
 * r0 limited to max */
static void limited(struct gen *g, struct expr *e, uint64_t max)
{
	bpf_label fits = bpf_label_new(&g->b);

	gen_scalar(g, e);
	bpf_jump_imm(&g->b, BPF_OP_JLE, BPF_R0, (int32_t)max, fits);
	bpf_mov_imm(&g->b, BPF_R0, (int64_t)max);
	bpf_label_here(&g->b, fits);
}

void gen_str(struct gen *g, struct expr *e, const struct place *to)
{
	uint32_t max = e->type->size;
	struct gen_mark m = gen_mark(g);
	struct place len;

	if (e->args[0]->type->kind == V_STRING) {
		gen_into(g, e->args[0], e->type, *to);
		return;
	}
	if (e->nargs < 2) { /* one more than is kept: see gen_read_str */
		gen_scalar(g, e->args[0]);
		gen_read_str(g, *to, max);
		return;
	}
	/* n includes the NUL, so nothing counts as cut. */
	len = gen_temp(g, 16);
	limited(g, e->args[1], max);
	gen_store(g, len, BPF_R0);
	gen_scalar(g, e->args[0]);
	gen_to_address(g);
	gen_store(g, place_at(len, 8), BPF_R0);
	gen_zero(g, *to, (max + 7) & ~7u);
	gen_load(g, BPF_R3, place_at(len, 8));
	gen_load(g, BPF_R2, len);
	gen_lea(g, BPF_R1, *to);
	/* Said once more, for verifiers that forget what was stored. */
	bpf_label fits = bpf_label_new(&g->b);
	bpf_jump_imm(&g->b, BPF_OP_JLE, BPF_R2, (int32_t)max, fits);
	bpf_mov_imm(&g->b, BPF_R2, max);
	bpf_label_here(&g->b, fits);
	bpf_call(&g->b, BPF_HELPER_probe_read_user_str);
	gen_warn_read(g, "probe_read_user_str");
	gen_release(g, m);
}

/* ---- buf ---- */

/* What can be taken byte by byte. */
static bool has_bytes(const struct vtype *t)
{
	return t->kind == V_ARRAY || t->kind == V_STRING || t->kind == V_STRUCT;
}

/* Of what has bytes: all of them, where nothing else is said. */
const struct vtype *check_buf(struct check *c, struct expr *e)
{
	struct expr *a = e->args[0];
	bool ok, is_array = has_bytes(a->type);
	uint64_t n = length_arg(c, e, &ok);

	if (!ok || (!is_array && !call_is_address(c, a)))
		return &vt_none;
	if (is_array && (e->nargs < 2 || n > a->type->size))
		n = a->type->size;
	return vt_buffer(c->l, (uint32_t)n);
}

/* Of a value of our own: the bytes go one by one, as a buffer's begin where no
 * word does. */
static void buf_of_value(struct gen *g, struct expr *e, const struct place *to)
{
	uint32_t max = e->type->size - 4;
	struct gen_mark m = gen_mark(g);
	struct place from = gen_value(g, e->args[0]);

	if (e->nargs > 1)
		limited(g, e->args[1], max);
	else
		bpf_mov_imm(&g->b, BPF_R0, max);
	gen_zero(g, *to, vt_slot(e->type));
	bpf_store(&g->b, 4, to->reg, to->off, BPF_R0);
	for (uint32_t i = 0; i < max; i++) {
		bpf_load(&g->b, 1, BPF_R0, from.reg, from.off + (int)i);
		bpf_store(&g->b, 1, to->reg, to->off + 4 + (int)i, BPF_R0);
	}
	gen_release(g, m);
}

void gen_buf(struct gen *g, struct expr *e, const struct place *to)
{
	uint32_t max = e->type->size - 4;
	struct gen_mark m = gen_mark(g);
	bpf_label fits = bpf_label_new(&g->b);
	struct place tmp;

	if (has_bytes(e->args[0]->type) && !expr_is_target(e->args[0])) {
		buf_of_value(g, e, to);
		return;
	}
	tmp = gen_temp(g, 16);
	if (e->nargs > 1)
		limited(g, e->args[1], max);
	else
		bpf_mov_imm(&g->b, BPF_R0, max);
	gen_store(g, tmp, BPF_R0);
	if (vt_is_scalar(e->args[0]->type))
		gen_scalar(g, e->args[0]);
	else
		gen_address(g, e->args[0]);
	gen_to_address(g);
	gen_store(g, place_at(tmp, 8), BPF_R0);
	gen_zero(g, *to, vt_slot(e->type));
	gen_load(g, BPF_R2, tmp);
	bpf_jump_imm(&g->b, BPF_OP_JLE, BPF_R2, (int32_t)max, fits);
	bpf_mov_imm(&g->b, BPF_R2, max);
	bpf_label_here(&g->b, fits);
	bpf_store(&g->b, 4, to->reg, to->off, BPF_R2);
	gen_load(g, BPF_R3, place_at(tmp, 8));
	gen_lea(g, BPF_R1, place_at(*to, 4));
	bpf_call(&g->b, BPF_HELPER_probe_read_user);
	gen_warn_read(g, "probe_read_user");
	gen_release(g, m);
}

/* ---- strings ---- */

/* An address stands for the string that is there. */
static bool as_string(struct check *c, struct expr *e, size_t arg)
{
	struct expr *a = e->args[arg], *call;

	if (a->type->kind == V_PTR) {
		call = arena_alloc(&c->l->arena, sizeof(*call));
		call->kind = E_CALL;
		call->name = "str";
		call->at = a->at;
		call->nargs = 1;
		call->args = arena_alloc(&c->l->arena, sizeof(*call->args));
		call->args[0] = a;
		call->action = -1;
		call->is_prefix = true; /* ours: see check_strcap */
		e->args[arg] = a = call;
		check_expr(c, a);
	}
	if (a->type->kind == V_STRING)
		return true;
	if (a->type->kind != V_NONE)
		check_error(c, a->at, "expected a string, this is %s",
			    vt_text(c->l, a->type));
	return false;
}

/* r1, r2: a value's place and size */
static void memory_args(struct gen *g, int reg, struct place p, uint32_t size)
{
	gen_lea(g, reg, p);
	bpf_mov_imm(&g->b, reg + 1, size);
}

/* A constant number of bytes or characters to look at. */
static bool count_arg(struct check *c, struct expr *e, size_t arg)
{
	int64_t n;

	if (!check_constant(c, e->args[arg], &n))
		return false;
	if (n >= 1 && n <= LANG_VALUE_MAX)
		return true;
	check_error(c, e->args[arg]->at, "1 to %d can be compared",
		    LANG_VALUE_MAX);
	return false;
}

const struct vtype *check_strncmp(struct check *c, struct expr *e)
{
	return as_string(c, e, 0) && as_string(c, e, 1) && count_arg(c, e, 2)
		       ? &vt_u64
		       : &vt_none;
}

void gen_strncmp(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_str_equal(g, e->args[0], e->args[1], (uint32_t)e->args[2]->num);
	bpf_alu64_imm(&g->b, BPF_OP_XOR, BPF_R0, 1);
}

const struct vtype *check_strlen(struct check *c, struct expr *e)
{
	return as_string(c, e, 0) ? &vt_u64 : &vt_none;
}

void gen_strlen(struct gen *g, struct expr *e, const struct place *to)
{
	struct gen_mark m = gen_mark(g);

	(void)to;
	memory_args(g, BPF_R1, gen_value(g, e->args[0]),
		    e->args[0]->type->size);
	bpf_call(&g->b, BPF_HELPER_upd_strlen);
	gen_release(g, m);
}

/* How long a string can get; of what is in the traced program, how long it
 * is. */
const struct vtype *check_strcap(struct check *c, struct expr *e)
{
	if (!as_string(c, e, 0))
		return &vt_none;
	e->is_prefix = e->args[0]->is_prefix;
	e->num = e->args[0]->type->size;
	return &vt_i64;
}

void gen_strcap(struct gen *g, struct expr *e, const struct place *to)
{
	if (e->is_prefix)
		gen_strlen(g, e, to);
	else
		bpf_mov_imm(&g->b, BPF_R0, (int64_t)e->num);
}

const struct vtype *check_strstr(struct check *c, struct expr *e)
{
	return as_string(c, e, 0) && as_string(c, e, 1) ? &vt_i64 : &vt_none;
}

void gen_strstr(struct gen *g, struct expr *e, const struct place *to)
{
	struct gen_mark m = gen_mark(g);
	struct place hay, needle;

	(void)to;
	hay = gen_value(g, e->args[0]);
	needle = gen_value(g, e->args[1]);
	memory_args(g, BPF_R1, hay, e->args[0]->type->size);
	memory_args(g, BPF_R3, needle, e->args[1]->type->size);
	bpf_call(&g->b, BPF_HELPER_upd_strstr);
	gen_release(g, m);
}

const struct vtype *check_strcontains(struct check *c, struct expr *e)
{
	return check_strstr(c, e)->kind == V_NONE ? &vt_none : &vt_bool;
}

void gen_strcontains(struct gen *g, struct expr *e, const struct place *to)
{
	gen_strstr(g, e, to);
	/* Not negative: the sign bit, turned. */
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 63);
	bpf_alu64_imm(&g->b, BPF_OP_XOR, BPF_R0, 1);
}

const struct vtype *check_str_concat(struct check *c, struct expr *e)
{
	uint64_t size, max = c->l->config.max_strlen;

	if (!as_string(c, e, 0) || !as_string(c, e, 1))
		return &vt_none;
	size = (uint64_t)e->args[0]->type->size + e->args[1]->type->size - 1;
	return vt_string(c->l, (uint32_t)(size < max ? size : max));
}

void gen_str_concat(struct gen *g, struct expr *e, const struct place *to)
{
	struct gen_mark m = gen_mark(g);
	struct place a = gen_value(g, e->args[0]), b;
	uint32_t slot = vt_slot(e->type);

	b = gen_value(g, e->args[1]);
	gen_zero(g, *to, slot);
	gen_copy(g, *to, a,
		 vt_slot(e->args[0]->type) < slot ? vt_slot(e->args[0]->type)
						  : slot);
	memory_args(g, BPF_R1, *to, e->type->size);
	memory_args(g, BPF_R3, b, e->args[1]->type->size);
	bpf_call(&g->b, BPF_HELPER_upd_str_append);
	gen_release(g, m);
}

/* ---- memcmp ---- */

/* What can be compared byte by byte: values in memory, and what pointers
 * point to. */
static bool is_bytes(struct check *c, struct expr *e, int64_t n)
{
	const struct vtype *t = e->type;
	bool in_memory = t->kind == V_STRING || t->kind == V_ARRAY ||
			 t->kind == V_STRUCT || t->kind == V_BUFFER;

	if (t->kind == V_PTR)
		return true;
	if (!in_memory) {
		check_error(c, e->at,
			    "expected memory or a pointer, this is %s",
			    vt_text(c->l, t));
		return false;
	}
	if ((int64_t)t->size - (t->kind == V_BUFFER ? 4 : 0) >= n)
		return true;
	check_error(c, e->at, "%s has no %lld bytes", vt_text(c->l, t),
		    (long long)n);
	return false;
}

const struct vtype *check_memcmp(struct check *c, struct expr *e)
{
	int64_t n;

	if (!count_arg(c, e, 2))
		return &vt_none;
	n = (int64_t)e->args[2]->num;
	return is_bytes(c, e->args[0], n) && is_bytes(c, e->args[1], n)
		       ? &vt_i64
		       : &vt_none;
}

static struct place bytes_of(struct gen *g, struct expr *e, uint32_t n)
{
	struct vtype bytes = {.kind = V_ARRAY, .size = n};
	struct place p;

	if (e->type->kind != V_PTR) {
		p = gen_value(g, e);
		return e->type->kind == V_BUFFER ? place_at(p, 4) : p;
	}
	p = gen_room(g, &bytes);
	gen_scalar(g, e);
	gen_read_value(g, &bytes, p);
	return p;
}

void gen_memcmp(struct gen *g, struct expr *e, const struct place *to)
{
	uint32_t n = (uint32_t)e->args[2]->num;
	struct gen_mark m = gen_mark(g);
	struct place a = bytes_of(g, e->args[0], n);
	struct place b = bytes_of(g, e->args[1], n);

	(void)to;
	memory_args(g, BPF_R1, a, n);
	gen_lea(g, BPF_R3, b);
	bpf_call(&g->b, BPF_HELPER_upd_memcmp);
	gen_release(g, m);
}

/* ---- write_user(ADDRESS, VALUE, SIZE) ---- */

const struct vtype *check_write_user(struct check *c, struct expr *e)
{
	int64_t n;

	if (!(has_bytes(e->args[0]->type) && expr_is_target(e->args[0])) &&
	    !call_is_address(c, e->args[0]))
		return &vt_none;
	if (!count_arg(c, e, 2))
		return &vt_none;
	n = (int64_t)e->args[2]->num;
	if (!vt_is_number(e->args[1]->type))
		is_bytes(c, e->args[1], n);
	else if (n > 8)
		check_error(c, e->args[2]->at, "a number has 8 bytes");
	return &vt_none;
}

/* The first n bytes of a number, as the program has it in memory. */
static struct place number_bytes(struct gen *g, struct expr *e, uint32_t n)
{
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct place p = gen_temp(g, 8);

	gen_scalar(g, e);
	gen_store(g, p, BPF_R0);
	return place_at(p, big ? 8 - (int)n : 0);
}

void gen_write_user(struct gen *g, struct expr *e, const struct place *to)
{
	uint32_t n = (uint32_t)e->args[2]->num;
	struct gen_mark m = gen_mark(g);
	struct place from;

	(void)to;
	from = vt_is_number(e->args[1]->type) ? number_bytes(g, e->args[1], n)
					      : bytes_of(g, e->args[1], n);
	if (has_bytes(e->args[0]->type))
		gen_address(g, e->args[0]);
	else
		gen_scalar(g, e->args[0]);
	gen_to_address(g);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	gen_lea(g, BPF_R2, from);
	bpf_mov_imm(&g->b, BPF_R3, n);
	bpf_call(&g->b, BPF_HELPER_probe_write_user);
	gen_warn_unless(g, BPF_OP_JEQ, 0, "probe_write_user",
			"the traced program has no memory there that could "
			"be written");
	gen_release(g, m);
}

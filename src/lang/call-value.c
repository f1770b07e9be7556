/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Functions that make values.
 */
#define _GNU_SOURCE
#include "call-value.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static bool is_address(struct check *c, struct expr *e)
{
	if (e->type->kind == V_INT || e->type->kind == V_PTR ||
	    e->type->kind == V_ENUM)
		return true;
	check_error(c, e->at, "expected an address, this is %s",
		    vt_text(c->l, e->type));
	return false;
}

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
	if (!is_address(c, a))
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

const struct vtype *check_buf(struct check *c, struct expr *e)
{
	bool ok;
	uint64_t n = length_arg(c, e, &ok);

	if (!ok || !is_address(c, e->args[0]))
		return &vt_none;
	return vt_buffer(c->l, (uint32_t)n);
}

void gen_buf(struct gen *g, struct expr *e, const struct place *to)
{
	uint32_t max = e->type->size - 4;
	struct gen_mark m = gen_mark(g);
	bpf_label fits = bpf_label_new(&g->b);
	struct place tmp = gen_temp(g, 16);

	if (e->nargs > 1)
		limited(g, e->args[1], max);
	else
		bpf_mov_imm(&g->b, BPF_R0, max);
	gen_store(g, tmp, BPF_R0);
	gen_scalar(g, e->args[0]);
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

/* ---- symbols, registers ---- */

const struct vtype *check_usym(struct check *c, struct expr *e)
{
	return is_address(c, e->args[0]) ? vt_kind(c->l, V_USYM) : &vt_none;
}

void gen_usym(struct gen *g, struct expr *e, const struct place *to)
{
	gen_scalar(g, e->args[0]);
	gen_store(g, *to, BPF_R0);
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
	gen_store(g, place_at(*to, 8), BPF_R0);
}

static const char *literal(struct check *c, struct expr *e)
{
	if (e->args[0]->kind == E_STRING)
		return e->args[0]->name;
	check_error(c, e->args[0]->at, "%s() expects a literal name", e->name);
	return NULL;
}

const struct vtype *check_reg(struct check *c, struct expr *e)
{
	const char *name = literal(c, e);
	struct lang_reg r;

	if (!name)
		return &vt_none;
	if (c->point && c->point->pt.abi &&
	    !c->point->pt.abi->reg(name, -1, &r)) {
		check_error(c, e->args[0]->at, "there is no register '%s'",
			    name);
		return &vt_none;
	}
	return &vt_u64;
}

void gen_reg_call(struct gen *g, struct expr *e, const struct place *to)
{
	struct lang_reg r;

	(void)to;
	if (!g->abi) {
		bpf_mov_imm(&g->b, BPF_R0, 0);
		return;
	}
	if (!g->abi->reg(e->args[0]->name, -1, &r))
		gen_fail(g, e->at, "%s: there is no register '%s'",
			 g->pt->pt.probe_text, e->args[0]->name);
	gen_reg(g, BPF_R0, r);
}

const struct vtype *check_uaddr(struct check *c, struct expr *e)
{
	const char *name = literal(c, e);
	uint64_t addr, size = 8;
	struct err err = {0};
	const struct ctype *to;

	if (!name)
		return &vt_none;
	if (c->point &&
	    (!c->env->uaddr || c->env->uaddr(c->env->ctx, c->point->pt.cookie,
					     name, &addr, &size, &err))) {
		check_error(c, e->at, "uaddr(\"%s\"): %s", name, err.text);
		return &vt_none;
	}
	to = ctype_int(c->l->ctypes,
		       size == 1 || size == 2 || size == 4 ? (unsigned)size : 8,
		       false);
	return vt_ptr(c->l, to);
}

void gen_uaddr(struct gen *g, struct expr *e, const struct place *to)
{
	uint64_t addr = 0, size;
	struct err err = {0};

	(void)to;
	if (g->pt && g->env->uaddr(g->env->ctx, g->pt->pt.cookie,
				   e->args[0]->name, &addr, &size, &err))
		gen_fail(g, e->at, "%s: uaddr(\"%s\"): %s",
			 g->pt->pt.probe_text, e->args[0]->name, err.text);
	bpf_mov_imm(&g->b, BPF_R0, (int64_t)addr);
}

/* ---- strings ---- */

const struct vtype *check_strncmp(struct check *c, struct expr *e)
{
	int64_t n;

	for (int i = 0; i < 2; i++)
		if (e->args[i]->type->kind != V_STRING) {
			check_error(c, e->args[i]->at,
				    "expected a string, this is %s",
				    vt_text(c->l, e->args[i]->type));
			return &vt_none;
		}
	if (!check_constant(c, e->args[2], &n))
		return &vt_none;
	if (n < 1 || n > LANG_VALUE_MAX) {
		check_error(c, e->args[2]->at,
			    "1 to %d characters can be "
			    "compared",
			    LANG_VALUE_MAX);
		return &vt_none;
	}
	return &vt_u64;
}

void gen_strncmp(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_str_equal(g, e->args[0], e->args[1], (uint32_t)e->args[2]->num);
	bpf_alu64_imm(&g->b, BPF_OP_XOR, BPF_R0, 1);
}

/* ---- values with a format of their own ---- */

const struct vtype *check_strftime(struct check *c, struct expr *e)
{
	if (!literal(c, e) || !check_number(c, e->args[1], false))
		return &vt_none;
	if (c->final)
		e->num = lang_add_string(c->l, e->args[0]->name);
	return vt_kind(c->l, V_TIMESTAMP);
}

void gen_strftime(struct gen *g, struct expr *e, const struct place *to)
{
	gen_scalar(g, e->args[1]);
	gen_store(g, *to, BPF_R0);
	gen_store_imm(g, place_at(*to, 8), (int64_t)e->num);
}

const struct vtype *check_uptr(struct check *c, struct expr *e)
{
	return is_address(c, e->args[0]) ? e->args[0]->type : &vt_none;
}

void gen_uptr(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_scalar(g, e->args[0]);
}

/* ntop(4 or 16 bytes, or a number), ntop(FAMILY, ...) */
const struct vtype *check_ntop(struct check *c, struct expr *e)
{
	struct expr *a = e->args[e->nargs - 1];
	const struct vtype *t = a->type;

	if (e->nargs == 2 && !check_number(c, e->args[0], false))
		return &vt_none;
	if (!vt_is_number(t) && !((t->kind == V_ARRAY || t->kind == V_STRING) &&
				  (t->size == 4 || t->size == 16))) {
		check_error(c, a->at,
			    "expected an address of 4 or 16 bytes, "
			    "this is %s",
			    vt_text(c->l, t));
		return &vt_none;
	}
	return vt_kind(c->l, V_INET);
}

void gen_ntop(struct gen *g, struct expr *e, const struct place *to)
{
	struct expr *a = e->args[e->nargs - 1];
	struct gen_mark m = gen_mark(g);
	struct place from;

	gen_zero(g, *to, 24);
	if (e->nargs == 2) {
		gen_scalar(g, e->args[0]);
		gen_store(g, *to, BPF_R0);
	} else {
		gen_store_imm(g, *to, a->type->size == 16 ? AF_INET6 : AF_INET);
	}
	if (vt_is_scalar(a->type)) {
		gen_scalar(g, a);
		bpf_store(&g->b, 4, to->reg, to->off + 8, BPF_R0);
	} else {
		from = gen_value(g, a);
		gen_copy(g, place_at(*to, 8), from, (a->type->size + 7) & ~7u);
	}
	gen_release(g, m);
}

const struct vtype *check_macaddr(struct check *c, struct expr *e)
{
	const struct vtype *t = e->args[0]->type;

	if ((t->kind == V_ARRAY || t->kind == V_STRING) && t->size == 6)
		return vt_kind(c->l, V_MAC);
	check_error(c, e->args[0]->at,
		    "expected an array of 6 bytes, this is "
		    "%s",
		    vt_text(c->l, t));
	return &vt_none;
}

void gen_macaddr(struct gen *g, struct expr *e, const struct place *to)
{
	struct gen_mark m = gen_mark(g);

	gen_copy(g, *to, gen_value(g, e->args[0]), 8);
	gen_release(g, m);
}

static const struct vtype *named_number(struct check *c, struct expr *e,
					enum vkind kind)
{
	return check_number(c, e->args[0], false) ? vt_kind(c->l, kind)
						  : &vt_none;
}

const struct vtype *check_strerror(struct check *c, struct expr *e)
{
	return named_number(c, e, V_STRERROR);
}

const struct vtype *check_signal_name(struct check *c, struct expr *e)
{
	return named_number(c, e, V_SIGNAME);
}

const struct vtype *check_syscall_name(struct check *c, struct expr *e)
{
	return named_number(c, e, V_SYSCALL);
}

void gen_number_call(struct gen *g, struct expr *e, const struct place *to)
{
	gen_scalar(g, e->args[0]);
	gen_store(g, *to, BPF_R0);
}

/* ---- bswap ---- */

const struct vtype *check_bswap(struct check *c, struct expr *e)
{
	if (!check_number(c, e->args[0], false))
		return &vt_none;
	return vt_int(e->args[0]->type->size, false);
}

/* Byte by byte: there is one byte order too few that the builder could
 * name. */
void gen_bswap(struct gen *g, struct expr *e, const struct place *to)
{
	int size = (int)e->type->size;

	(void)to;
	gen_scalar(g, e->args[0]);
	bpf_mov_imm(&g->b, BPF_R1, 0);
	for (int i = 0; i < size; i++) {
		bpf_alu64_imm(&g->b, BPF_OP_LSH, BPF_R1, 8);
		bpf_mov_reg(&g->b, BPF_R2, BPF_R0);
		bpf_alu64_imm(&g->b, BPF_OP_AND, BPF_R2, 255);
		bpf_alu64_reg(&g->b, BPF_OP_OR, BPF_R1, BPF_R2);
		bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 8);
	}
	bpf_mov_reg(&g->b, BPF_R0, BPF_R1);
}

/* ---- signal ---- */

const struct vtype *check_signal(struct check *c, struct expr *e)
{
	struct expr *a = e->args[0];

	if (a->kind == E_STRING) {
		const char *name = a->name;

		if (!strncmp(name, "SIG", 3))
			name += 3;
		for (int i = 1; i < 32; i++)
			if (sigabbrev_np(i) && !strcmp(sigabbrev_np(i), name)) {
				expr_set_int(a, (uint64_t)i, &vt_i64);
				return &vt_none;
			}
		check_error(c, a->at, "there is no signal '%s'", a->name);
	} else {
		check_number(c, a, false);
	}
	return &vt_none;
}

void gen_signal(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_scalar(g, e->args[0]);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	bpf_call(&g->b, BPF_HELPER_send_signal);
	gen_warn_unless(g, BPF_OP_JEQ, 0, "send_signal",
			"the signal could not be sent");
}

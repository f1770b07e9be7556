/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has a name or a form of its own: symbols, registers, moments, signals.
 */
#define _GNU_SOURCE
#include "call-int.h"

#include <signal.h>
#include <string.h>

bool call_is_address(struct check *c, struct expr *e)
{
	if (e->type->kind == V_INT || e->type->kind == V_PTR ||
	    e->type->kind == V_ENUM)
		return true;
	check_error(c, e->at, "expected an address, this is %s",
		    vt_text(c->l, e->type));
	return false;
}

/* ---- symbols, registers ---- */

const struct vtype *check_usym(struct check *c, struct expr *e)
{
	return call_is_address(c, e->args[0]) ? vt_kind(c->l, V_USYM)
					      : &vt_none;
}

void gen_usym(struct gen *g, struct expr *e, const struct place *to)
{
	gen_scalar(g, e->args[0]);
	gen_to_address(g);
	gen_store(g, *to, BPF_R0);
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
	bpf_store(&g->b, 4, to->reg, to->off + 8, BPF_R0);
	bpf_store_imm(&g->b, 4, to->reg, to->off + 12, 0);
}

const char *call_literal(struct check *c, struct expr *e, size_t arg)
{
	if (e->args[arg]->kind == E_STRING)
		return e->args[arg]->name;
	check_error(c, e->args[arg]->at, "%s() expects a literal here",
		    e->name);
	return NULL;
}

const struct vtype *check_reg(struct check *c, struct expr *e)
{
	const char *name = call_literal(c, e, 0);
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
	const char *name = call_literal(c, e, 0);
	struct lang_object object = {.size = 8};
	struct err err = {0};
	const struct ctype *to;
	uint64_t size;

	if (!name)
		return &vt_none;
	if (c->point &&
	    (!c->env->uaddr || c->env->uaddr(c->env->ctx, c->point->pt.cookie,
					     name, &object, &err))) {
		check_error(c, e->at, "uaddr(\"%s\"): %s", name, err.text);
		return &vt_none;
	}
	size = object.size;
	to = ctype_int(c->l->ctypes,
		       size == 1 || size == 2 || size == 4 ? (unsigned)size : 8,
		       false);
	return vt_ptr(c->l, to);
}

void gen_uaddr(struct gen *g, struct expr *e, const struct place *to)
{
	struct lang_object object = {0};
	struct err err = {0};
	struct lang_reg pc;

	(void)to;
	if (g->pt && g->env->uaddr(g->env->ctx, g->pt->pt.cookie,
				   e->args[0]->name, &object, &err))
		gen_fail(g, e->at, "%s: uaddr(\"%s\"): %s",
			 g->pt->pt.probe_text, e->args[0]->name, err.text);
	bpf_mov_imm(&g->b, BPF_R1, (int64_t)object.addr);
	if (object.from_pc && g->abi && g->abi->reg("pc", -1, &pc))
		gen_reg(g, BPF_R0, pc);
	else
		bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_alu64_reg(&g->b, BPF_OP_ADD, BPF_R0, BPF_R1);
}

/* ---- values with a format of their own ---- */

const struct vtype *check_strftime(struct check *c, struct expr *e)
{
	if (!call_literal(c, e, 0) || !check_number(c, e->args[1], false))
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
	return call_is_address(c, e->args[0]) ? e->args[0]->type : &vt_none;
}

void gen_uptr(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	gen_scalar(g, e->args[0]);
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

static void send_signal(struct gen *g, struct expr *e, enum bpf_helper helper,
			const char *name)
{
	gen_scalar(g, e->args[0]);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	bpf_call(&g->b, helper);
	gen_warn_unless(g, BPF_OP_JEQ, 0, name, "the signal could not be sent");
}

void gen_signal(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	send_signal(g, e, BPF_HELPER_send_signal, "send_signal");
}

void gen_signal_thread(struct gen *g, struct expr *e, const struct place *to)
{
	(void)to;
	send_signal(g, e, BPF_HELPER_send_signal_thread, "send_signal_thread");
}

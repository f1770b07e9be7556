/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values larger than a number: made where they are wanted.
 */
#include "builtin.h"
#include "checker.h"
#include "gen-expr.h"

#include <string.h>

/* A value that lies in memory already, as what it is to be stored as. */
static bool in_place(struct gen *g, struct expr *e, struct place *ret)
{
	struct place p;

	switch (e->kind) {
	case E_VAR:
		*ret = gen_var_place(g, e->var);
		return true;
	case E_ELEMENT:
		p = gen_value(g, e->a);
		*ret = place_at(p, (int)e->a->type->fields[e->num].offset);
		return true;
	case E_FIELD:
		if (builtin_is_args(e->a->builtin))
			return false;
		if (e->a->type->kind == V_RECORD) {
			p = gen_value(g, e->a);
			*ret = place_at(
				p, (int)e->a->type->fields[e->offset].offset);
			return true;
		}
		return false;
	default:
		return false;
	}
}

struct place gen_value(struct gen *g, struct expr *e)
{
	struct place p;

	if (in_place(g, e, &p))
		return p;
	p = gen_room(g, e->type);
	gen_into(g, e, e->type, p);
	return p;
}

static void gen_tuple(struct gen *g, struct expr *e, const struct vtype *t,
		      struct place to)
{
	if (!e->nargs)
		gen_zero(g, to, vt_slot(t));
	for (size_t i = 0; i < e->nargs; i++)
		gen_into(g, e->args[i], t->fields[i].type,
			 place_at(to, (int)t->fields[i].offset));
}

/* A part of a struct read whole that is no number: bytes moved one by one
 * where they are not aligned. */
static void copy_part(struct gen *g, struct expr *e, struct place to)
{
	struct place from = place_at(gen_value(g, e->a), (int)e->offset);
	uint32_t size = e->type->size;

	gen_zero(g, to, vt_slot(e->type));
	for (uint32_t i = 0; i < size; i++) {
		bpf_load(&g->b, 1, BPF_R0, from.reg, from.off + (int)i);
		bpf_store(&g->b, 1, to.reg, to.off + (int)i, BPF_R0);
	}
}

static void target_into(struct gen *g, struct expr *e, struct place to)
{
	gen_address(g, e);
	gen_read_value(g, e->type, to);
}

static void cast_into(struct gen *g, struct expr *e, const struct vtype *t,
		      struct place to)
{
	struct expr *a = e->a;

	if (e->type->kind == V_ARRAY && vt_is_scalar(a->type)) {
		gen_scalar(g, a);
		gen_store(g, to, BPF_R0);
	} else {
		gen_into(g, a, t, to);
	}
}

static void value_into(struct gen *g, struct expr *e, const struct vtype *t,
		       struct place to)
{
	switch (e->kind) {
	case E_STRING:
		gen_bytes(g, to, e->name, (uint32_t)strlen(e->name),
			  vt_slot(t));
		break;
	case E_MAP:
		gen_map_into(g, e, to);
		break;
	case E_NAME:
	case E_CALL:
		gen_call(g, e, &to);
		break;
	case E_TUPLE:
	case E_RECORD:
		gen_tuple(g, e, t, to);
		break;
	case E_TERNARY:
	case E_IF:
		gen_choice(g, e, t, &to);
		break;
	case E_CAST:
		cast_into(g, e, t, to);
		break;
	case E_BLOCK:
		gen_block(g, e->body);
		if (e->a)
			gen_into(g, e->a, t, to);
		break;
	case E_FIELD:
		if (builtin_is_args(e->a->builtin)) {
			gen_arg_field(g, e, &to);
			break;
		}
		/* fall through */
	default:
		if (expr_is_target(e))
			target_into(g, e, to);
		else if (e->kind == E_INDEX)
			gen_array_element_into(g, e, to);
		else
			copy_part(g, e, to);
	}
}

/* From a narrower string (tuple ...) in memory to a wider one. */
static void widen(struct gen *g, struct place to, const struct vtype *t,
		  struct place from, const struct vtype *have)
{
	if (t->kind == V_TUPLE || t->kind == V_RECORD) {
		for (uint32_t i = 0; i < t->nfields; i++)
			widen(g, place_at(to, (int)t->fields[i].offset),
			      t->fields[i].type,
			      place_at(from, (int)have->fields[i].offset),
			      have->fields[i].type);
		return;
	}
	if (t->kind == V_INT && have->kind == V_BOOL) {
		bpf_load(&g->b, 1, BPF_R1, from.reg, from.off);
		gen_store(g, to, BPF_R1);
		return;
	}
	if (vt_slot(have) >= vt_slot(t)) {
		gen_copy(g, to, from, vt_slot(t));
		return;
	}
	gen_copy(g, to, from, vt_slot(have));
	gen_zero(g, place_at(to, (int)vt_slot(have)),
		 vt_slot(t) - vt_slot(have));
}

static bool makes_itself(const struct expr *e)
{
	return e->kind == E_STRING || e->kind == E_TUPLE ||
	       e->kind == E_RECORD || e->kind == E_TERNARY || e->kind == E_IF ||
	       e->kind == E_BLOCK;
}

static void scalar_into(struct gen *g, struct expr *e, const struct vtype *t,
			struct place to)
{
	if (e->kind == E_INT && t->kind != V_BOOL) {
		gen_store_imm(g, to, (int64_t)e->num);
		return;
	}
	gen_scalar(g, e);
	gen_convert(g, e->type, t);
	if (t->kind == V_BOOL) { /* one byte, then padding */
		bpf_store_imm(&g->b, 8, to.reg, to.off, 0);
		bpf_store(&g->b, 1, to.reg, to.off, BPF_R0);
	} else {
		gen_store(g, to, BPF_R0);
	}
}

void gen_into(struct gen *g, struct expr *e, const struct vtype *t,
	      struct place to)
{
	struct gen_mark m = gen_mark(g);
	struct range outer = g->at;
	struct place from;

	g->at = e->at;
	if (vt_is_scalar(e->type) && vt_is_scalar(t)) {
		scalar_into(g, e, t, to);
	} else if (in_place(g, e, &from)) {
		widen(g, to, t, from, e->type);
	} else if (makes_itself(e) || vt_equal(t, e->type)) {
		value_into(g, e, t, to);
	} else {
		from = gen_room(g, e->type);
		value_into(g, e, e->type, from);
		widen(g, to, t, from, e->type);
	}
	g->at = outer;
	gen_release(g, m);
}

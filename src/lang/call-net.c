/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses of networks, and byte order.
 */
#include "call-int.h"

#include <arpa/inet.h>
#include <string.h>

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

/* pton("127.0.0.1"): the bytes, as an array. */
const struct vtype *check_pton(struct check *c, struct expr *e)
{
	const char *text = call_literal(c, e, 0);
	uint8_t bytes[16];
	unsigned n;

	if (!text)
		return &vt_none;
	n = inet_pton(AF_INET, text, bytes) == 1    ? 4
	    : inet_pton(AF_INET6, text, bytes) == 1 ? 16
						    : 0;
	if (!n) {
		check_error(c, e->args[0]->at,
			    "'%s' is no address of IPv4 or IPv6", text);
		return &vt_none;
	}
	return vt_of_ctype(c->l,
			   ctype_array(c->l->ctypes,
				       ctype_int(c->l->ctypes, 1, false), n));
}

void gen_pton(struct gen *g, struct expr *e, const struct place *to)
{
	uint8_t bytes[16] = {0};
	uint32_t n = e->type->size;

	inet_pton(n == 4 ? AF_INET : AF_INET6, e->args[0]->name, bytes);
	gen_bytes(g, *to, bytes, n, vt_slot(e->type));
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

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of registers.
 */
#include "verify.h"

struct reg reg_scalar(struct scalar s)
{
	return (struct reg){.kind = REG_SCALAR, .s = s};
}

struct reg reg_pointer(enum reg_kind kind, uint32_t ref)
{
	return (struct reg){
		.kind = (uint8_t)kind, .ref = ref, .s = scalar_const(0)};
}

const char *reg_text(const struct reg *r)
{
	switch ((enum reg_kind)r->kind) {
	case REG_UNSET:
		break;
	case REG_SCALAR:
		return "a number";
	case REG_CTX:
		return "a pointer to the context";
	case REG_STACK:
		return "a pointer to the stack";
	case REG_VALUE:
		return "a pointer to a map value";
	case REG_VALUE_OR_NULL:
		return "a pointer that may be 0";
	case REG_KEY:
		return "a pointer to a map key";
	case REG_MAP:
		return "a map";
	case REG_FUNC:
		return "a function";
	}
	return "nothing";
}

int need_set(struct verifier *v, int nr)
{
	if (reg_of(v, nr)->kind != REG_UNSET)
		return 0;
	return refuse(v, "r%d is read but was not set on every way here", nr);
}

int need_scalar(struct verifier *v, int nr)
{
	int rc = need_set(v, nr);

	if (!rc && reg_of(v, nr)->kind != REG_SCALAR)
		rc = refuse(v, "r%d is %s where a number is needed", nr,
			    reg_text(reg_of(v, nr)));
	return rc;
}

void forget_regs(struct frame *f, int first, int last)
{
	for (int i = first; i <= last; i++)
		f->regs[i] = (struct reg){0};
}

static void settle_reg(struct reg *r, uint32_t id, bool null)
{
	if (r->kind != REG_VALUE_OR_NULL || r->id != id)
		return;
	r->id = 0;
	if (null)
		*r = reg_scalar(scalar_const(0));
	else
		r->kind = REG_VALUE;
}

void settle_null(struct state *s, uint32_t id, bool null)
{
	for (uint32_t n = 0; n < s->nframes; n++) {
		struct frame *f = &s->frames[n];

		for (int i = 0; i < BPF_NREGS; i++)
			settle_reg(&f->regs[i], id, null);
		for (uint32_t i = 0; i < f->nslots; i++)
			settle_reg(&f->slots[i].reg, id, null);
	}
}

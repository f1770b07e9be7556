/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fold.h"
#include "parse.h"

static uint64_t divide(bool is_signed, bool modulo, uint64_t a, uint64_t b)
{
	if (!b)
		return 1;
	if (!is_signed)
		return modulo ? a % b : a / b;
	if (b == UINT64_MAX) /* INT64_MIN / -1 */
		return modulo ? 0 : -a;
	return (uint64_t)(modulo ? (int64_t)a % (int64_t)b
				 : (int64_t)a / (int64_t)b);
}

static bool compare(enum token_kind op, bool is_signed, uint64_t a, uint64_t b)
{
	bool less = is_signed ? (int64_t)a < (int64_t)b : a < b;

	switch (op) {
	case T_LT:
		return less;
	case T_LE:
		return less || a == b;
	case T_GT:
		return !less && a != b;
	default:
		return !less;
	}
}

bool fold_binary(enum token_kind op, bool is_signed, uint64_t a, uint64_t b,
		 uint64_t *ret)
{
	switch (op) {
	case T_ADD:
		*ret = a + b;
		return true;
	case T_SUB:
		*ret = a - b;
		return true;
	case T_MUL:
		*ret = a * b;
		return true;
	case T_DIV:
	case T_MOD:
		*ret = divide(is_signed, op == T_MOD, a, b);
		return true;
	case T_AND:
		*ret = a & b;
		return true;
	case T_OR:
		*ret = a | b;
		return true;
	case T_XOR:
		*ret = a ^ b;
		return true;
	case T_SHL:
		*ret = a << (b & 63);
		return true;
	case T_SHR:
		*ret = is_signed ? (uint64_t)((int64_t)a >> (b & 63))
				 : a >> (b & 63);
		return true;
	case T_EQ:
		*ret = a == b;
		return true;
	case T_NE:
		*ret = a != b;
		return true;
	case T_LT:
	case T_LE:
	case T_GT:
	case T_GE:
		*ret = compare(op, is_signed, a, b);
		return true;
	case T_LAND:
		*ret = a && b;
		return true;
	case T_LOR:
		*ret = a || b;
		return true;
	default:
		return false;
	}
}

static bool fold_unary(enum token_kind op, int64_t v, int64_t *ret)
{
	switch (op) {
	case T_SUB:
		*ret = (int64_t) - (uint64_t)v;
		return true;
	case T_ADD:
		*ret = v;
		return true;
	case T_NOT:
		*ret = ~v;
		return true;
	case T_LNOT:
		*ret = !v;
		return true;
	default:
		return false;
	}
}

bool fold_constant(const struct lang *l, const struct expr *e, int64_t *ret)
{
	const struct cdecl_name *d;
	int64_t a, b;
	uint64_t v;

	switch (e->kind) {
	case E_INT:
	case E_BOOL:
		*ret = (int64_t)e->num;
		return true;
	case E_NAME:
		d = cdecl_find(l, e->name);
		if (!d || !d->is_constant)
			return false;
		*ret = d->value;
		return true;
	case E_UNARY:
		return fold_constant(l, e->a, &a) && fold_unary(e->op, a, ret);
	case E_BINARY:
		if (!fold_constant(l, e->a, &a) ||
		    !fold_constant(l, e->b, &b) ||
		    !fold_binary(e->op, true, (uint64_t)a, (uint64_t)b, &v))
			return false;
		*ret = (int64_t)v;
		return true;
	default:
		return false;
	}
}

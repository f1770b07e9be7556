/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vtypes.h"

#include <string.h>

const struct vtype vt_none = {.kind = V_NONE};
const struct vtype vt_bool = {.kind = V_BOOL, .size = 1};

static const struct vtype ints[2][4] = {
	{{.kind = V_INT, .size = 1},
	 {.kind = V_INT, .size = 2},
	 {.kind = V_INT, .size = 4},
	 {.kind = V_INT, .size = 8}},
	{{.kind = V_INT, .size = 1, .is_signed = true},
	 {.kind = V_INT, .size = 2, .is_signed = true},
	 {.kind = V_INT, .size = 4, .is_signed = true},
	 {.kind = V_INT, .size = 8, .is_signed = true}},
};
const struct vtype vt_i64 = {.kind = V_INT, .size = 8, .is_signed = true};
const struct vtype vt_u64 = {.kind = V_INT, .size = 8};
const struct vtype vt_i32 = {.kind = V_INT, .size = 4, .is_signed = true};
const struct vtype vt_u32 = {.kind = V_INT, .size = 4};

const struct vtype vt_f32 = {.kind = V_FLOAT, .size = 4};
const struct vtype vt_f64 = {.kind = V_FLOAT, .size = 8};

const struct vtype *vt_int(unsigned size, bool is_signed)
{
	int log = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;

	return &ints[is_signed][log];
}

static struct vtype *make(struct lang *l, enum vkind kind, uint32_t size)
{
	struct vtype *t = arena_alloc(&l->arena, sizeof(*t));

	t->kind = kind;
	t->size = size;
	return t;
}

const struct vtype *vt_string(struct lang *l, uint32_t size)
{
	return make(l, V_STRING, size);
}

const struct vtype *vt_buffer(struct lang *l, uint32_t len)
{
	return make(l, V_BUFFER, len + 4);
}

const struct vtype *vt_ptr(struct lang *l, const struct ctype *to)
{
	struct vtype *t = make(l, V_PTR, 8);

	t->c = to;
	return t;
}

const struct vtype *vt_kind(struct lang *l, enum vkind kind)
{
	static const uint32_t sizes[] = {
		[V_USYM] = sizeof(struct v_sym),
		[V_USTACK] = sizeof(struct v_stack),
		[V_TIMESTAMP] = sizeof(struct v_time),
		[V_INET] = 24,
		[V_MAC] = 8,
		[V_STRERROR] = 8,
		[V_SIGNAME] = 8,
		[V_SYSCALL] = 8,
		[V_USERNAME] = 8,
		[V_COUNT] = 8,
		[V_SUM] = 8,
		[V_MIN] = 16,
		[V_MAX] = 16,
		[V_AVG] = 16,
		[V_STATS] = 16,
	};

	return make(l, kind, kind <= V_STATS ? sizes[kind] : 0);
}

const struct vtype *vt_stack(struct lang *l, enum v_stack_mode mode,
			     unsigned limit)
{
	struct vtype *t = make(l, V_USTACK, sizeof(struct v_stack));

	t->stack.mode = mode;
	t->stack.limit = limit;
	return t;
}

const struct vtype *vt_tuple(struct lang *l, const struct vtype *const *types,
			     const char *const *names, size_t n)
{
	struct vtype *t = make(l, names ? V_RECORD : V_TUPLE, 0);
	struct vfield *fields = arena_alloc(&l->arena, n * sizeof(*fields));

	for (size_t i = 0; i < n; i++) {
		fields[i].name = names ? names[i] : NULL;
		fields[i].type = vt_storage(l, types[i]);
		fields[i].offset = t->size;
		if (vt_slot(fields[i].type) > LANG_VALUE_MAX - t->size)
			return &vt_none;
		t->size += vt_slot(fields[i].type);
	}
	if (!n)
		t->size = 8; /* nothing has no size, and maps need one */
	t->fields = fields;
	t->nfields = (uint32_t)n;
	return t;
}

static const struct vtype *of_array(struct lang *l, const struct ctype *c)
{
	struct vtype *t;

	if (c->size > LANG_VALUE_MAX || c->count > LANG_VALUE_MAX)
		return &vt_none;
	if (c->to->kind == CTYPE_INT && c->to->is_char && c->count &&
	    !c->is_vector)
		return vt_string(l, (uint32_t)c->count);
	t = make(l, V_ARRAY, (uint32_t)c->size);
	t->elem = vt_of_ctype(l, c->to);
	t->count = (uint32_t)c->count;
	t->c = c;
	return t->elem->kind == V_NONE ? &vt_none : t;
}

const struct vtype *vt_of_ctype(struct lang *l, const struct ctype *c)
{
	struct vtype *t;

	switch (c->kind) {
	case CTYPE_INT:
		if (c->is_bool)
			return &vt_bool;
		if (c->size != 1 && c->size != 2 && c->size != 4 &&
		    c->size != 8)
			return &vt_none;
		return vt_int((unsigned)c->size, c->is_signed);
	case CTYPE_ENUM:
		if (c->size != 1 && c->size != 2 && c->size != 4 &&
		    c->size != 8)
			return &vt_none;
		t = make(l, V_ENUM, (uint32_t)c->size);
		t->is_signed = c->is_signed;
		t->c = c;
		return t;
	case CTYPE_FLOAT:
		return c->size == 4   ? &vt_f32
		       : c->size == 8 ? &vt_f64
				      : &vt_none;
	case CTYPE_PTR:
		return vt_ptr(l, c->to);
	case CTYPE_ARRAY:
		return of_array(l, c);
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		if (c->size > LANG_VALUE_MAX)
			return &vt_none;
		t = make(l, V_STRUCT, (uint32_t)c->size);
		t->c = c;
		return t;
	default:
		return &vt_none;
	}
}

const struct vtype *vt_storage(struct lang *l, const struct vtype *t)
{
	struct vtype *s;

	if (t->kind == V_INT)
		return vt_int(8, t->is_signed);
	if (t->kind != V_ENUM || t->size == 8)
		return t;
	s = make(l, V_ENUM, 8);
	s->is_signed = t->is_signed;
	s->c = t->c;
	return s;
}

bool vt_is_agg(const struct vtype *t)
{
	return t->kind >= V_COUNT && t->kind <= V_TSERIES;
}

static bool same_ctype(const struct ctype *a, const struct ctype *b,
		       unsigned depth);

/* Without names (a function's parameters, say): what they are made of tells. */
static bool same_members(const struct ctype *a, const struct ctype *b,
			 unsigned depth)
{
	if (a->size != b->size || a->nfields != b->nfields)
		return false;
	for (size_t i = 0; i < a->nfields; i++) {
		const struct cfield *x = &a->fields[i], *y = &b->fields[i];

		if (x->offset != y->offset || x->bit_size != y->bit_size ||
		    !x->name != !y->name ||
		    (x->name && strcmp(x->name, y->name)) ||
		    !same_ctype(x->type, y->type, depth + 1))
			return false;
	}
	return true;
}

static bool same_ctype(const struct ctype *a, const struct ctype *b,
		       unsigned depth)
{
	if (a == b)
		return true;
	if (!a || !b || a->kind != b->kind || depth > 8)
		return false;
	if (a->kind == CTYPE_PTR)
		return same_ctype(a->to, b->to, depth + 1);
	if (a->kind == CTYPE_INT)
		return a->size == b->size;
	if (a->name && b->name)
		return !strcmp(a->name, b->name);
	if (a->kind == CTYPE_STRUCT || a->kind == CTYPE_UNION)
		return !a->name && !b->name && same_members(a, b, depth);
	return a->size == b->size;
}

static bool same_fields(const struct vtype *a, const struct vtype *b)
{
	if (a->nfields != b->nfields)
		return false;
	for (uint32_t i = 0; i < a->nfields; i++) {
		const char *x = a->fields[i].name, *y = b->fields[i].name;

		if ((x || y) && (!x || !y || strcmp(x, y)))
			return false;
	}
	return true;
}

bool vt_equal(const struct vtype *a, const struct vtype *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->size != b->size ||
	    a->is_signed != b->is_signed || !same_ctype(a->c, b->c, 0))
		return false;
	switch (a->kind) {
	case V_HIST:
		return a->hist_bits == b->hist_bits;
	case V_LHIST:
		return a->lhist.min == b->lhist.min &&
		       a->lhist.max == b->lhist.max &&
		       a->lhist.step == b->lhist.step;
	case V_USTACK:
		return a->stack.mode == b->stack.mode &&
		       a->stack.limit == b->stack.limit;
	case V_ARRAY:
		return a->count == b->count && vt_equal(a->elem, b->elem);
	case V_TUPLE:
	case V_RECORD:
		if (!same_fields(a, b))
			return false;
		for (uint32_t i = 0; i < a->nfields; i++)
			if (!vt_equal(a->fields[i].type, b->fields[i].type))
				return false;
		return true;
	default:
		return true;
	}
}

static const struct vtype *merge_fields(struct lang *l, const struct vtype *a,
					const struct vtype *b)
{
	const struct vtype **types;
	const char **names;

	if (!same_fields(a, b))
		return NULL;
	types = arena_alloc(&l->arena, a->nfields * sizeof(*types));
	names = arena_alloc(&l->arena, a->nfields * sizeof(*names));
	for (uint32_t i = 0; i < a->nfields; i++) {
		names[i] = a->fields[i].name;
		types[i] = vt_merge(l, a->fields[i].type, false,
				    b->fields[i].type, false);
		if (!types[i])
			return NULL;
	}
	return vt_tuple(l, types, a->kind == V_RECORD ? names : NULL,
			a->nfields);
}

static const struct vtype *merge_numbers(const struct vtype *a, bool a_literal,
					 const struct vtype *b, bool b_literal)
{
	if (a->kind == V_BOOL && b->kind == V_BOOL)
		return &vt_bool;
	if (a->kind == V_ENUM && b->kind == V_ENUM && same_ctype(a->c, b->c, 0))
		return a->size == 8 ? a : b;
	if (a_literal && !b_literal)
		return vt_int(8, b->is_signed);
	if (b_literal && !a_literal)
		return vt_int(8, a->is_signed);
	return vt_int(8, a->is_signed || b->is_signed);
}

const struct vtype *vt_merge(struct lang *l, const struct vtype *a,
			     bool a_literal, const struct vtype *b,
			     bool b_literal)
{
	a = vt_storage(l, a);
	b = vt_storage(l, b);
	if (vt_equal(a, b))
		return a;
	if (vt_is_number(a) && vt_is_number(b))
		return merge_numbers(a, a_literal, b, b_literal);
	/* Whether arg0 or retval is a number or a pointer depends on what debug
	 * information there is: both are addresses. */
	if (a->kind == V_PTR && (b_literal || vt_is_number(b)))
		return a;
	if (b->kind == V_PTR && (a_literal || vt_is_number(a)))
		return b;
	if (a->kind != b->kind)
		return NULL;
	switch (a->kind) {
	case V_STRING:
	case V_BUFFER:
		return a->size > b->size ? a : b;
	case V_PTR:
		return !a->c || a->c->kind == CTYPE_VOID   ? b
		       : !b->c || b->c->kind == CTYPE_VOID ? a
							   : NULL;
	case V_TUPLE:
	case V_RECORD:
		return merge_fields(l, a, b);
	case V_SUM:
	case V_MIN:
	case V_MAX:
	case V_AVG:
	case V_STATS:
		return a->is_signed ? a : b;
	default:
		return NULL;
	}
}

const char *vt_ctype_text(struct lang *l, const struct ctype *c)
{
	if (!c)
		return "void";
	switch (c->kind) {
	case CTYPE_PTR:
		return arena_printf(&l->arena, "%s *", vt_ctype_text(l, c->to));
	case CTYPE_ARRAY:
		return arena_printf(&l->arena, "%s[%llu]",
				    vt_ctype_text(l, c->to),
				    (unsigned long long)c->count);
	case CTYPE_STRUCT:
		return arena_printf(&l->arena, "struct %s",
				    c->name ? c->name : "{...}");
	case CTYPE_UNION:
		return arena_printf(&l->arena, "union %s",
				    c->name ? c->name : "{...}");
	case CTYPE_ENUM:
		return arena_printf(&l->arena, "enum %s",
				    c->name ? c->name : "{...}");
	case CTYPE_FUNC:
		return "function";
	default:
		return c->name ? c->name
			       : arena_printf(&l->arena, "%sint%u",
					      c->is_signed ? "" : "u",
					      (unsigned)c->size * 8);
	}
}

static const char *fields_text(struct lang *l, const struct vtype *t)
{
	const char *s = "(";

	for (uint32_t i = 0; i < t->nfields; i++)
		s = arena_printf(&l->arena, "%s%s%s", s, i ? ", " : "",
				 vt_text(l, t->fields[i].type));
	return arena_printf(&l->arena, "%s)", s);
}

const char *vt_text(struct lang *l, const struct vtype *t)
{
	static const char *const names[] = {
		[V_NONE] = "nothing",	     [V_BOOL] = "bool",
		[V_USTACK] = "ustack",	     [V_USYM] = "usym",
		[V_TIMESTAMP] = "timestamp", [V_INET] = "inet",
		[V_MAC] = "mac address",     [V_STRERROR] = "strerror",
		[V_SIGNAME] = "signal name", [V_SYSCALL] = "system call name",
		[V_USERNAME] = "username",   [V_COUNT] = "count()",
		[V_SUM] = "sum()",	     [V_MIN] = "min()",
		[V_MAX] = "max()",	     [V_AVG] = "avg()",
		[V_STATS] = "stats()",	     [V_HIST] = "hist()",
		[V_LHIST] = "lhist()",	     [V_TSERIES] = "tseries()",
	};

	switch (t->kind) {
	case V_INT:
		return arena_printf(&l->arena, "%sint%u",
				    t->is_signed ? "" : "u", t->size * 8);
	case V_FLOAT:
		return t->size == 4 ? "float" : "double";
	case V_STRING:
		return arena_printf(&l->arena, "string[%u]", t->size);
	case V_BUFFER:
		return arena_printf(&l->arena, "buffer[%u]", t->size - 4);
	case V_PTR:
		return arena_printf(&l->arena, "%s *", vt_ctype_text(l, t->c));
	case V_ENUM:
	case V_STRUCT:
		return vt_ctype_text(l, t->c);
	case V_ARRAY:
		return arena_printf(&l->arena, "%s[%u]", vt_text(l, t->elem),
				    t->count);
	case V_TUPLE:
	case V_RECORD:
		return fields_text(l, t);
	default:
		return names[t->kind];
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making and comparing the types of values. An expression's type is what C
 * would say (int8 .. uint64, ...); its storage type is how it lies in
 * variables, keys, map values and records: numbers take 8 bytes there, and
 * every element begins at a multiple of 8.
 */
#ifndef UPD_VTYPES_H
#define UPD_VTYPES_H

#include "lang-int.h"

extern const struct vtype vt_none; /* unknown, or no value */
extern const struct vtype vt_bool, vt_i64, vt_u64, vt_i32, vt_u32, vt_f32, vt_f64;

const struct vtype *vt_int(unsigned size, bool is_signed);
const struct vtype *vt_string(struct lang *l, uint32_t size);
const struct vtype *vt_buffer(struct lang *l, uint32_t len);
const struct vtype *vt_ptr(struct lang *l, const struct ctype *to);
/* One of the kinds that need no more than a size. */
const struct vtype *vt_kind(struct lang *l, enum vkind kind);
const struct vtype *vt_stack(struct lang *l, enum v_stack_mode mode,
			     unsigned limit);
/* Of values of these types, stored; names NULL: a tuple. */
const struct vtype *vt_tuple(struct lang *l, const struct vtype *const *types,
			     const char *const *names, size_t n);
/* What reading a C object yields; &vt_none: nothing can be made of it. */
const struct vtype *vt_of_ctype(struct lang *l, const struct ctype *c);

const struct vtype *vt_storage(struct lang *l, const struct vtype *t);

/* Room in keys, values, records. */
static inline uint32_t vt_slot(const struct vtype *t)
{
	return (t->size + 7) & ~7u;
}

static inline bool vt_is_scalar(const struct vtype *t)
{
	return t->kind == V_INT || t->kind == V_BOOL || t->kind == V_PTR ||
	       t->kind == V_ENUM;
}

static inline bool vt_is_number(const struct vtype *t)
{
	return t->kind == V_INT || t->kind == V_BOOL || t->kind == V_ENUM;
}

/* Compared as the bytes that it is made of. */
static inline bool vt_has_bytes(const struct vtype *t)
{
	return t->kind == V_TUPLE || t->kind == V_RECORD ||
	       t->kind == V_ARRAY || t->kind == V_STRUCT ||
	       t->kind == V_INET || t->kind == V_MAC;
}

bool vt_is_agg(const struct vtype *t);
bool vt_equal(const struct vtype *a, const struct vtype *b);
/* The storage type that holds both; NULL: there is none. Of a literal number
 * the other's sign is taken. */
const struct vtype *vt_merge(struct lang *l, const struct vtype *a,
			     bool a_literal, const struct vtype *b,
			     bool b_literal);
/* For messages: "uint64", "string[64]", "struct foo *". */
const char *vt_text(struct lang *l, const struct vtype *t);
const char *vt_ctype_text(struct lang *l, const struct ctype *c);

#endif

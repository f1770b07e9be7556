/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checker: gives every expression its static type, every map and variable
 * the widest type of its uses, and says what is wrong. It goes over the
 * program until no type changes any more, and then once more to report.
 */
#ifndef UPD_CHECKER_H
#define UPD_CHECKER_H

#include "lang-int.h"
#include "vtypes.h"

struct check {
	struct lang *l;
	const struct lang_env *env;
	struct probe *probe;
	enum lang_probe_kind kind;
	const struct point *point; /* the probe's first; NULL: has none */
	struct block *block;
	unsigned cond_depth; /* what may not be executed */
	unsigned loop_depth;
	bool changed; /* a type, in this round */
	bool final;   /* report */
};

void check_error(struct check *c, struct range at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_warn(struct check *c, struct range at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_hint(struct check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* check-expr.c: sets and returns e->type, &vt_none after an error. */
const struct vtype *check_expr(struct check *c, struct expr *e);
/* The same, and it must be a number (a pointer will do if `ptr_too`). */
bool check_number(struct check *c, struct expr *e, bool ptr_too);
/* A number known now. */
/* What can be done with one of floating point where a number is wanted. */
void check_float_hint(struct check *c, const struct vtype *t);
bool check_constant(struct check *c, struct expr *e, int64_t *ret);
/* Turns e into a number. */
void expr_set_int(struct expr *e, uint64_t v, const struct vtype *type);
/* A plain number: takes the sign of what it meets. */
bool expr_is_literal(const struct expr *e);
/* A value in the traced program's memory, which gen_address() can tell. */
bool expr_is_target(const struct expr *e);

/* check-binary.c */
const struct vtype *check_binary(struct check *c, struct expr *e);

/* check-type.c */
/* The C type of a type name; NULL after an error. */
const struct ctype *check_ctype(struct check *c, const struct type_name *t);
const struct vtype *check_type_name(struct check *c, const struct type_name *t);
/* Its definition, where it was only declared so far. */
const struct ctype *check_complete(struct check *c, const struct ctype *t);
const struct vtype *check_field(struct check *c, struct expr *e);
const struct vtype *check_offsetof(struct check *c, struct expr *e);
const struct vtype *check_sizeof(struct check *c, struct expr *e);
unsigned check_word_size(const struct check *c);

/* check-map.c */
struct map *check_map(struct check *c, struct expr *e);
void check_map_keys(struct check *c, struct expr *e);
const struct vtype *check_map_read(struct check *c, struct expr *e);
void check_map_assign(struct check *c, struct expr *e, struct expr *value);
void check_map_update(struct check *c, struct expr *e, const struct vtype *type,
		      bool literal);
/* What reading a map's value yields: aggregations as numbers. */
const struct vtype *map_value_type(struct lang *l, const struct map *m);
void check_maps_finish(struct check *c);

/* check-stmt.c, check.c */
void check_block(struct check *c, struct block *b);
/* $v = a value of this type */
void check_assign_var(struct check *c, struct expr *e, const struct vtype *t,
		      bool literal);
struct var *check_find_var(struct check *c, const char *name);
int check_script(struct lang *l, void *arg);

/* call-meta.c: parameters that were given and nobody asked for */
void check_options(struct check *c);

/* check-call.c */
const struct vtype *check_call(struct check *c, struct expr *e);

/* An event that a call makes; its index. */
int check_action(struct check *c, struct expr *e, enum lang_action_kind kind,
		 const char *fmt, struct expr **args, size_t n);

/* near.c: the name of the list (NULL-terminated names through next()) that is
 * closest to `name`, or NULL. */
const char *near_name(const char *name, const char *(*next)(size_t i));

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the generators of expressions have among themselves.
 */
#ifndef UPD_GEN_EXPR_H
#define UPD_GEN_EXPR_H

#include "gen.h"

/* gen-number.c; all results in r0 */
/* A constant or variable, into any register. */
void gen_simple(struct gen *g, int reg, const struct expr *e);
bool gen_fits_imm(const struct expr *e);
uint64_t gen_pointee_size(const struct vtype *t);
void gen_scale(struct gen *g, int reg, uint64_t by);
void gen_float_int(struct gen *g, struct expr *e);
void gen_arithmetic(struct gen *g, struct expr *e);
void gen_truth(struct gen *g, struct expr *e);
bool gen_is_condition(const struct expr *e);
void gen_unary(struct gen *g, struct expr *e);
void gen_incdec(struct gen *g, struct expr *e);

/* gen-target.c */
/* Bytes that a value takes in the traced program. */
unsigned gen_target_size(const struct gen *g, const struct vtype *t);
void gen_target(struct gen *g, struct expr *e);
void gen_part(struct gen *g, struct expr *e);
void gen_array_element(struct gen *g, struct expr *e);
void gen_array_element_into(struct gen *g, struct expr *e, struct place to);

/* gen-expr.c: to r0, or `to` where it is larger */
void gen_choice(struct gen *g, struct expr *e, const struct vtype *t,
		const struct place *to);
void gen_call(struct gen *g, struct expr *e, const struct place *to);

#endif

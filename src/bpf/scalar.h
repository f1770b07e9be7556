/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of 64-bit numbers, as the verifier knows them: what a register may
 * hold. A set is described by unsigned bounds, signed bounds and the bits
 * that all members share. Every operation yields a superset of the exact
 * result.
 */
#ifndef UPD_SCALAR_H
#define UPD_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

struct scalar {
	uint64_t umin, umax;
	int64_t smin, smax;
	uint64_t bits;	  /* known to be 1 */
	uint64_t unknown; /* bits that may be either; disjoint from `bits` */
};

struct scalar scalar_any(void);
struct scalar scalar_const(uint64_t v);
struct scalar scalar_range(uint64_t umin, uint64_t umax);
struct scalar scalar_signed_range(int64_t smin, int64_t smax);

static inline bool scalar_is_const(const struct scalar *s)
{
	return s->umin == s->umax;
}

bool scalar_has(const struct scalar *s, uint64_t v);
/* Is every member of `inner` one of `outer`? May say no when it is so. */
bool scalar_covers(const struct scalar *outer, const struct scalar *inner);
/* A set with the members of both. */
struct scalar scalar_join(const struct scalar *a, const struct scalar *b);

/* Makes bounds and bits agree; false: the set is empty. */
bool scalar_settle(struct scalar *s);

/* Zero-extended and sign-extended low bits (8, 16, 32, 64). */
struct scalar scalar_zext(const struct scalar *s, int width);
struct scalar scalar_sext(const struct scalar *s, int width);

/* op: BPF_OP_ADD ... BPF_OP_ARSH; wide: 64 bits, else 32 bits and the result
 * zero-extended; is_signed: of DIV and MOD. */
struct scalar scalar_alu(int op, bool wide, bool is_signed,
			 const struct scalar *a, const struct scalar *b);
/* The bytes of the low `width` bits reversed. */
struct scalar scalar_swap(const struct scalar *s, int width);

/* Is `a op b` (BPF_OP_JEQ ...) so for all members: 1, for none: 0; else -1. */
int scalar_compare(int op, bool wide, const struct scalar *a,
		   const struct scalar *b);
/* Removes the members for which `a op b` is not `holds`; false: none are
 * left. */
bool scalar_assume(int op, bool wide, bool holds, struct scalar *a,
		   struct scalar *b);

#endif

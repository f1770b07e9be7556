/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values in floating point and vector registers.
 */
#include "arch.h"

#include <math.h>
#include <string.h>

enum { EXTENDED_BIAS = 16383, EXTENDED_SPECIAL = 0x7fff };

/* Intel SDM, volume 1, 4.2.2: 64 bits of significand, whose first is explicit,
 * 15 of exponent, the sign. Rounded to a double, as a store would be. */
static double extended(const uint8_t *bytes)
{
	uint64_t significand = 0;
	int exponent = (bytes[9] & 0x7f) << 8 | bytes[8];
	double v;

	for (int i = 7; i >= 0; i--)
		significand = significand << 8 | bytes[i];
	if (exponent == EXTENDED_SPECIAL)
		v = significand << 1 ? (double)NAN : (double)INFINITY;
	else
		v = ldexp((double)significand, exponent - EXTENDED_BIAS - 63);
	return bytes[9] & 0x80 ? -v : v;
}

static int number(const struct arch *arch, double v, void *to, size_t size)
{
	uint64_t bits = 0;

	if (size == 8) {
		memcpy(&bits, &v, 8);
	} else if (size == 4) {
		float narrow = (float)v;
		uint32_t word;

		memcpy(&word, &narrow, 4);
		bits = word;
	} else {
		return ERR_UNSUPP;
	}
	arch_store(arch, to, size, bits);
	return 0;
}

int arch_vector_get(const struct arch *arch, const struct arch_vector *v,
		    const uint8_t *set, size_t len, void *to, size_t size)
{
	const uint8_t *reg = set + v->offset;
	uint64_t bits;
	double d;

	if (v->offset > len || len - v->offset < v->size)
		return ERR_UNSUPP;
	if (size == v->size || v->form == ARCH_VECTOR_BYTES) {
		if (size > v->size)
			return ERR_UNSUPP;
		memcpy(to, reg, size);
		return 0;
	}
	if (v->form == ARCH_VECTOR_EXTENDED)
		return number(arch, extended(reg), to, size);
	bits = arch_load(arch, reg, 8);
	memcpy(&d, &bits, 8);
	return number(arch, d, to, size);
}

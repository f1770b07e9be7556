/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes of a traced program by their C type. Types come from debug information
 * that nobody vouches for: every member is checked to lie within the bytes at
 * hand, and nesting has an end.
 */
#include "format-int.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, ELEMENTS_MAX = 1 << 16 };

const char *enumerator(const struct ctype *c, uint64_t v, bool is_signed)
{
	unsigned unused = 64;

	if (!c)
		return NULL;
	/* Compared in the enum's width: -1 may be stored as 0xffffffff. */
	if (c->size && c->size < 8 && !is_signed)
		unused = 64 - 8 * (unsigned)c->size;
	for (size_t i = 0; i < c->nvalues; i++) {
		uint64_t have = (uint64_t)c->values[i].value;

		if (have == v || (unused < 64 && have << unused == v << unused))
			return c->values[i].name;
	}
	return NULL;
}

static void write_null(struct fmt *f)
{
	buf_add_str(f->out, "null");
}

bool load_float(const void *data, size_t size, double *ret)
{
	float narrow;

	if (size == 4) {
		memcpy(&narrow, data, 4);
		*ret = (double)narrow;
	} else if (size == 8) {
		memcpy(ret, data, 8);
	}
	return size == 4 || size == 8;
}

/* With no more digits than tell it from its neighbours. */
void write_float(struct fmt *f, const void *data, size_t size)
{
	int digits = size == 4 ? 6 : 15, enough = size == 4 ? 9 : 17;
	char text[32];
	double v;

	if (!load_float(data, size, &v) ||
	    (f->mode == FORMAT_JSON && !isfinite(v))) {
		write_null(f);
		return;
	}
	do {
		snprintf(text, sizeof(text), "%.*g", digits, v);
	} while (digits++ < enough &&
		 (size == 4 ? (double)strtof(text, NULL) != v
			    : strtod(text, NULL) != v));
	buf_add_str(f->out, text);
}

static void write_scalar(struct fmt *f, const struct ctype *c, uint64_t v)
{
	const char *name;

	if (c->is_bool) {
		buf_add_str(f->out, v ? "true" : "false");
	} else if (c->kind == CTYPE_PTR) {
		if (f->mode == FORMAT_JSON)
			json_u64(f->out, v);
		else
			buf_printf(f->out, "0x%" PRIx64, v);
	} else if (c->kind == CTYPE_ENUM && f->mode == FORMAT_TEXT &&
		   (name = enumerator(c, v, c->is_signed))) {
		buf_add_str(f->out, name);
	} else {
		write_number(f, v, c->is_signed);
	}
}

static bool is_word(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static void write_array(struct fmt *f, const struct ctype *c, const void *data,
			size_t size)
{
	const struct ctype *to = c->to;
	uint64_t n = c->count;

	if (to && to->kind == CTYPE_INT && to->is_char && to->size == 1) {
		const struct vtype text = {.kind = V_STRING,
					   .size = (uint32_t)size};
		bool cut;
		size_t len = string_len(&text, data, &cut);

		/* All bytes in use is no sign of having been cut here. */
		if (f->mode == FORMAT_JSON)
			json_string(f->out, data, len);
		else
			buf_add(f->out, data, len);
		return;
	}
	if (!to || !to->size)
		n = 0;
	else if (n > size / to->size)
		n = size / to->size;
	buf_add_char(f->out, '[');
	for (uint64_t i = 0; i < n && i < ELEMENTS_MAX; i++) {
		if (i)
			buf_add_char(f->out, ',');
		write_ctype(f, to, (const uint8_t *)data + i * to->size,
			    to->size);
	}
	buf_add_char(f->out, ']');
}

/* ---- members ----------------------------------------------------------------
 */

/* The byte of that weight in a number of `unit` bytes, of this machine's
 * order. */
static unsigned byte_of(unsigned weight, unsigned unit)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one || weight >= unit ? weight
							: unit - 1 - weight;
}

/* bit_offset counts from the least significant bit of the storage unit at the
 * member's offset. */
static void write_bits(struct fmt *f, const struct cfield *m, const void *data,
		       size_t size)
{
	unsigned used = m->bit_offset + m->bit_size, bytes = (used + 7) / 8;
	unsigned unused = 64 - m->bit_size, unit = (unsigned)m->type->size;
	uint64_t v = 0;

	if (!m->bit_size || m->bit_size > 64 || used > 64 || bytes > size ||
	    byte_of(0, unit) >= size) {
		write_null(f);
		return;
	}
	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)((const uint8_t *)data)[byte_of(i, unit)]
		     << (8 * i);
	v = v >> m->bit_offset << unused;
	v = m->type->is_signed ? (uint64_t)((int64_t)v >> unused) : v >> unused;
	write_scalar(f, m->type, v);
}

static void write_name(struct fmt *f, const char *name, bool first)
{
	if (!first)
		buf_add_str(f->out, f->tight ? "," : ", ");
	if (f->mode == FORMAT_JSON) {
		json_string(f->out, name, strlen(name));
		buf_add_str(f->out, ": ");
	} else {
		buf_printf(f->out, f->tight ? ".%s=" : ".%s = ", name);
	}
}

/* The members, those of anonymous structs and unions among them. */
static void write_members(struct fmt *f, const struct ctype *c,
			  const uint8_t *data, size_t size, bool *first)
{
	if (++f->depth > DEPTH_MAX) {
		f->depth--;
		return;
	}
	for (size_t i = 0; i < c->nfields; i++) {
		const struct cfield *m = &c->fields[i];
		size_t room;

		if (!m->type || m->offset > size)
			continue;
		room = size - m->offset;
		if (!m->name && !m->bit_size) {
			write_members(f, m->type, data + m->offset, room,
				      first);
			continue;
		}
		if (!m->name)
			continue; /* unnamed bits are padding */
		write_name(f, m->name, *first);
		*first = false;
		if (m->bit_size)
			write_bits(f, m, data + m->offset, room);
		else
			write_ctype(f, m->type, data + m->offset, room);
	}
	f->depth--;
}

static void write_struct(struct fmt *f, const struct ctype *c, const void *data,
			 size_t size)
{
	bool padded = f->mode == FORMAT_TEXT && !f->tight && c->nfields;
	bool first = true;

	buf_add_str(f->out, padded ? "{ " : "{");
	write_members(f, c, data, size, &first);
	buf_add_str(f->out, padded ? " }" : "}");
}

/* size: bytes at hand; a type that needs more is not shown. */
void write_ctype(struct fmt *f, const struct ctype *c, const void *data,
		 size_t size)
{
	if (!c || c->incomplete || c->size > size || f->depth > DEPTH_MAX) {
		write_null(f);
		return;
	}
	f->depth++;
	switch (c->kind) {
	case CTYPE_INT:
	case CTYPE_PTR:
	case CTYPE_ENUM:
		if (is_word(c->size))
			write_scalar(
				f, c,
				c->is_signed
					? (uint64_t)load_int(data,
							     (unsigned)c->size)
					: load_uint(data, (unsigned)c->size));
		else
			write_null(f);
		break;
	case CTYPE_FLOAT:
		write_float(f, data, c->size);
		break;
	case CTYPE_ARRAY:
		write_array(f, c, data, c->size);
		break;
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		write_struct(f, c, data, c->size);
		break;
	default:
		write_null(f);
	}
	f->depth--;
}

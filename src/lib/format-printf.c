/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * printf: C's conversions with the language's rules. Without a length modifier
 * numbers are cut to 32 bits, as C would; %s takes any value and prints it as
 * print() does; %r is for buffers. A precision holds for numbers of floating
 * point; elsewhere it is read and ignored.
 */
#include "format-int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH_MAX = 4096, PRECISION_MAX = 1100 };

/* One conversion, taken apart. */
struct conv {
	char flags[6]; /* each of "-+ #0" at most once */
	int width, precision; /* -1: none given */
	unsigned bits; /* 8, 16, 32, 64 */
	char letter;   /* 0: there is none */
	char sub;      /* %rx, %rh */
};

static const char *parse_number(const char *p, int *ret)
{
	for (*ret = 0; *p >= '0' && *p <= '9'; p++)
		if (*ret < WIDTH_MAX)
			*ret = *ret * 10 + (*p - '0');
	if (*ret > WIDTH_MAX)
		*ret = WIDTH_MAX;
	return p;
}

static const char *parse_length(const char *p, unsigned *bits)
{
	*bits = 32;
	if (*p == 'h') {
		*bits = 16;
		if (*++p == 'h') {
			*bits = 8;
			p++;
		}
	} else {
		for (; *p && strchr("lqjzt", *p); p++)
			*bits = 64;
	}
	return p;
}

/* From behind the '%'; returns what follows the conversion. */
static const char *parse(const char *p, struct conv *c)
{
	memset(c, 0, sizeof(*c));
	c->precision = -1;
	for (; *p && strchr("-+ #0", *p); p++)
		if (!strchr(c->flags, *p))
			c->flags[strlen(c->flags)] = *p;
	p = parse_number(p, &c->width);
	if (*p == '.')
		p = parse_number(p + 1, &c->precision);
	p = parse_length(p, &c->bits);
	c->letter = *p;
	if (!*p)
		return p;
	p++;
	if (c->letter == 'r' && (*p == 'x' || *p == 'h'))
		c->sub = *p++;
	return p;
}

static uint64_t cut(uint64_t v, unsigned bits, bool is_signed)
{
	unsigned unused = 64 - bits;

	v <<= unused;
	return is_signed ? (uint64_t)((int64_t)v >> unused) : v >> unused;
}

static void write_padded(struct buf *out, const struct conv *c,
			 const void *text, size_t len)
{
	bool left = strchr(c->flags, '-') != NULL;
	int pad = len < (size_t)c->width ? c->width - (int)len : 0;

	buf_printf(out, "%*s", left ? 0 : pad, "");
	buf_add(out, text, len);
	buf_printf(out, "%*s", left ? pad : 0, "");
}

/* The format is made of checked parts: flags and a letter from our own sets,
 * the length that uint64_t has. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void write_integer(struct buf *out, const struct conv *c, uint64_t v)
{
	char spec[24];

	snprintf(spec, sizeof(spec), "%%%s*j%c", c->flags, c->letter);
	buf_printf(out, spec, c->width, (uintmax_t)v);
}

static void write_float_conv(struct buf *out, const struct conv *c, double v)
{
	int precision =
		c->precision < PRECISION_MAX ? c->precision : PRECISION_MAX;
	char spec[24];

	snprintf(spec, sizeof(spec), "%%%s*.*%c", c->flags, c->letter);
	buf_printf(out, spec, c->width, precision, v);
}
#pragma GCC diagnostic pop

static void write_pointer(struct buf *out, const struct conv *c, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "0x%" PRIx64, v);

	write_padded(out, c, text, (size_t)n);
}

static void write_bytes(struct buf *out, const struct conv *c,
			const struct vtype *type, const void *data)
{
	const uint8_t *p;
	size_t n = buffer_bytes(type, data, &p);

	for (size_t i = 0; i < n; i++) {
		if (c->sub == 'h')
			buf_printf(out, "%s%02x", i ? " " : "", p[i]);
		else if (c->sub == 'x' || p[i] < 0x20 || p[i] > 0x7e)
			buf_printf(out, "\\x%02x", p[i]);
		else
			buf_add_char(out, (char)p[i]);
	}
}

static void write_default(const struct format_env *env, struct buf *out,
			  const struct conv *c, const struct vtype *type,
			  const void *data)
{
	struct buf text;

	buf_init(&text);
	format_value(env, FORMAT_TEXT, type, data, &text);
	write_padded(out, c, text.data, text.len);
	buf_release(&text);
}

static void write_conv(const struct format_env *env, struct buf *out,
		       const struct conv *c, const struct vtype *type,
		       const void *data)
{
	bool is_signed = c->letter == 'd' || c->letter == 'i';
	bool number = strchr("diuxXoc", c->letter) != NULL;
	double f;
	uint64_t v;

	if (type->kind == V_FLOAT && strchr("fFeEgG", c->letter) &&
	    load_float(data, type->size, &f)) {
		write_float_conv(out, c, f);
	} else if (c->letter == 'r' && type->kind == V_BUFFER) {
		write_bytes(out, c, type, data);
	} else if ((!number && c->letter != 'p') ||
		   !integer_of(type, data, &v)) {
		write_default(env, out, c, type, data);
	} else if (c->letter == 'c') {
		char byte = (char)v;

		write_padded(out, c, &byte, 1);
	} else if (c->letter == 'p') {
		write_pointer(out, c, v);
	} else {
		write_integer(out, c, cut(v, c->bits, is_signed));
	}
}

void format_printf(const struct format_env *env, const char *fmt,
		   const struct vfield *fields, size_t nfields,
		   const void *record, struct buf *out)
{
	size_t next = 0;

	for (const char *p = fmt; *p;) {
		size_t plain = strcspn(p, "%");
		struct conv c;

		buf_add(out, p, plain);
		p += plain;
		if (!*p)
			break;
		p = parse(p + 1, &c);
		if (c.letter == '%') {
			buf_add_char(out, '%');
		} else if (c.letter && next < nfields) {
			write_conv(env, out, &c, fields[next].type,
				   (const uint8_t *)record +
					   fields[next].offset);
			next++;
		}
	}
}

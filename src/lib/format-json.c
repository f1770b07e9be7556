/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format-int.h"

#include <inttypes.h>

/* Length of the valid UTF-8 sequence at p, or 0: overlong forms, surrogates
 * and what is beyond U+10FFFF are not valid. */
static size_t utf8_len(const uint8_t *p, size_t room)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	uint32_t code;

	if (*p < 0x80)
		return 1;
	if (*p < 0xc2 || *p > 0xf4 || n > room)
		return 0;
	code = *p & (0xff >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return n;
}

static void escape(struct buf *out, uint8_t c)
{
	switch (c) {
	case '\n':
		buf_add_str(out, "\\n");
		break;
	case '\r':
		buf_add_str(out, "\\r");
		break;
	case '\t':
		buf_add_str(out, "\\t");
		break;
	case '"':
	case '\\':
		buf_printf(out, "\\%c", c);
		break;
	default:
		buf_printf(out, "\\u%04x", c);
	}
}

/* Bytes that are no UTF-8 become the code point of the same number: the output
 * is always valid JSON and no byte is lost. */
void json_string(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	buf_add_char(out, '"');
	for (size_t i = 0; i < len;) {
		size_t n = utf8_len(p + i, len - i);

		if (!n || p[i] < 0x20 || p[i] == '"' || p[i] == '\\') {
			escape(out, p[i]);
			n = 1;
		} else {
			buf_add(out, p + i, n);
		}
		i += n;
	}
	buf_add_char(out, '"');
}

/* Whether a double, with 53 bits, holds it exactly. */
static bool is_exact(uint64_t v)
{
	while (v && !(v & 1))
		v >>= 1;
	return v < UINT64_C(1) << 53;
}

void json_u64(struct buf *out, uint64_t v)
{
	const char *quote = is_exact(v) ? "" : "\"";

	buf_printf(out, "%s%" PRIu64 "%s", quote, v, quote);
}

void json_i64(struct buf *out, int64_t v)
{
	uint64_t abs = v < 0 ? -(uint64_t)v : (uint64_t)v;
	const char *quote = is_exact(abs) ? "" : "\"";

	buf_printf(out, "%s%" PRId64 "%s", quote, v, quote);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fields of payloads: one tag byte, then the value, little endian. A field of
 * another kind than the reader expects is a failure, so two ends that disagree
 * about a message's fields never misread one for another.
 */
#include "proto.h"

#include <string.h>

enum tag { TAG_U32 = 1, TAG_U64, TAG_BYTES, TAG_STR, TAG_NULL };

const char *proto_msg_name(unsigned type)
{
	switch (type) {
#define PROTO_CASE(name, number) \
	case number:             \
		return #name;
		PROTO_MSG_LIST(PROTO_CASE)
#undef PROTO_CASE
	default:
		return "?";
	}
}

static void put_number(struct buf *b, uint64_t v, unsigned size)
{
	uint8_t raw[8];

	for (unsigned i = 0; i < size; i++)
		raw[i] = v >> (8 * i);
	buf_add(b, raw, size);
}

void put_u32(struct buf *b, uint32_t v)
{
	buf_add_char(b, TAG_U32);
	put_number(b, v, 4);
}

void put_u64(struct buf *b, uint64_t v)
{
	buf_add_char(b, TAG_U64);
	put_number(b, v, 8);
}

static void put_sized(struct buf *b, enum tag tag, const void *data, size_t len)
{
	if (len > PROTO_PAYLOAD_MAX) {
		b->failed = true;
		return;
	}
	buf_add_char(b, tag);
	put_number(b, len, 4);
	buf_add(b, data, len);
}

void put_bytes(struct buf *b, const void *data, size_t len)
{
	put_sized(b, TAG_BYTES, data, len);
}

void put_str(struct buf *b, const char *s)
{
	if (s)
		put_sized(b, TAG_STR, s, strlen(s) + 1);
	else
		buf_add_char(b, TAG_NULL);
}

/* The next n bytes, or NULL and the reader has failed. */
static const uint8_t *take(struct proto_in *in, size_t n)
{
	const uint8_t *p = in->p;

	if (in->failed || (size_t)(in->end - p) < n) {
		in->failed = true;
		return NULL;
	}
	in->p += n;
	return p;
}

static void take_tag(struct proto_in *in, enum tag tag)
{
	const uint8_t *p = take(in, 1);

	if (p && *p != tag)
		in->failed = true;
}

static uint64_t take_number(struct proto_in *in, unsigned size)
{
	const uint8_t *p = take(in, size);
	uint64_t v = 0;

	if (!p)
		return 0;
	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint32_t get_u32(struct proto_in *in)
{
	take_tag(in, TAG_U32);
	return take_number(in, 4);
}

uint64_t get_u64(struct proto_in *in)
{
	take_tag(in, TAG_U64);
	return take_number(in, 8);
}

const void *get_bytes(struct proto_in *in, size_t *len)
{
	const void *p;
	size_t n;

	take_tag(in, TAG_BYTES);
	n = take_number(in, 4);
	p = take(in, n);
	*len = p ? n : 0;
	return p;
}

const char *get_str(struct proto_in *in)
{
	const uint8_t *p;
	size_t n;

	if (!in->failed && in->p < in->end && *in->p == TAG_NULL) {
		in->p++;
		return NULL;
	}
	take_tag(in, TAG_STR);
	n = take_number(in, 4);
	p = take(in, n);
	if (!p)
		return NULL;
	if (!n || memchr(p, '\0', n) != p + n - 1) {
		in->failed = true;
		return NULL;
	}
	return (const char *)p;
}

int get_end(struct proto_in *in, struct err *err)
{
	if (in->failed)
		return err_set(err, ERR_PROTO,
			       "a message is cut short or malformed");
	if (in->p != in->end)
		return err_set(err, ERR_PROTO,
			       "a message is longer than its contents");
	return 0;
}

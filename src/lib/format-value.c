/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values as text and as JSON, one function per kind.
 */
#include "format-int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

uint64_t load_uint(const void *p, unsigned size)
{
	union {
		uint8_t b;
		uint16_t h;
		uint32_t w;
		uint64_t d;
	} v = {0};

	switch (size) {
	case 1:
		memcpy(&v.b, p, 1);
		return v.b;
	case 2:
		memcpy(&v.h, p, 2);
		return v.h;
	case 4:
		memcpy(&v.w, p, 4);
		return v.w;
	case 8:
		memcpy(&v.d, p, 8);
		return v.d;
	default:
		return 0;
	}
}

int64_t load_int(const void *p, unsigned size)
{
	uint64_t v = load_uint(p, size);
	unsigned unused = size && size < 8 ? 64 - 8 * size : 0;

	return (int64_t)(v << unused) >> unused;
}

const char *trunc_trailer(const struct format_env *env)
{
	const struct lang_config *c = env->lang ? lang_config(env->lang) : NULL;

	return c && c->str_trunc_trailer ? c->str_trunc_trailer : "..";
}

void write_text(struct fmt *f, const char *s)
{
	if (f->mode == FORMAT_JSON)
		json_string(f->out, s, strlen(s));
	else
		buf_add_str(f->out, s);
}

void write_number(struct fmt *f, uint64_t v, bool is_signed)
{
	if (f->mode == FORMAT_JSON && is_signed)
		json_i64(f->out, (int64_t)v);
	else if (f->mode == FORMAT_JSON)
		json_u64(f->out, v);
	else if (is_signed)
		buf_printf(f->out, "%" PRId64, (int64_t)v);
	else
		buf_printf(f->out, "%" PRIu64, v);
}

bool integer_of(const struct vtype *type, const void *data, uint64_t *ret)
{
	struct agg a;

	switch (type->kind) {
	case V_INT:
	case V_ENUM:
		*ret = type->is_signed ? (uint64_t)load_int(data, type->size)
				       : load_uint(data, type->size);
		return true;
	case V_BOOL:
	case V_PTR:
		*ret = load_uint(data, type->size);
		return true;
	case V_STRERROR:
	case V_SIGNAME:
	case V_SYSCALL:
	case V_USERNAME:
	case V_USYM: /* the address comes first */
		*ret = load_uint(data, 8);
		return true;
	default:
		if (!is_agg(type->kind) || is_hist(type->kind))
			return false;
		agg_merge(&a, type, data, 1, type->size);
		*ret = agg_number(&a);
		return true;
	}
}

/* ---- kinds ----------------------------------------------------------------
 */

size_t string_len(const struct vtype *type, const void *data, bool *ret_cut)
{
	size_t len = strnlen(data, type->size);

	*ret_cut = type->size && len == type->size;
	return len;
}

static void write_string(struct fmt *f, const struct vtype *type,
			 const void *data)
{
	struct buf whole;
	bool cut;

	buf_init(&whole);
	buf_add(&whole, data, string_len(type, data, &cut));
	if (cut)
		buf_add_str(&whole, trunc_trailer(f->env));
	if (f->mode == FORMAT_JSON)
		json_string(f->out, whole.data, whole.len);
	else
		buf_add(f->out, whole.data, whole.len);
	buf_release(&whole);
}

size_t buffer_bytes(const struct vtype *type, const void *data,
		    const uint8_t **ret)
{
	size_t room = type->size < 4 ? 0 : type->size - 4;
	size_t len = room ? load_uint(data, 4) : 0;

	*ret = (const uint8_t *)data + 4;
	return len < room ? len : room;
}

static void write_buffer(struct fmt *f, const struct vtype *type,
			 const void *data)
{
	const uint8_t *p;
	size_t len = buffer_bytes(type, data, &p);

	if (f->mode == FORMAT_JSON)
		buf_add_char(f->out, '[');
	for (size_t i = 0; i < len; i++) {
		if (f->mode == FORMAT_JSON)
			buf_printf(f->out, "%s%u", i ? "," : "", p[i]);
		else if (p[i] >= 0x20 && p[i] < 0x7f)
			buf_add_char(f->out, (char)p[i]);
		else
			buf_printf(f->out, "\\x%02x", p[i]);
	}
	if (f->mode == FORMAT_JSON)
		buf_add_char(f->out, ']');
}

static void write_pointer(struct fmt *f, const struct vtype *type,
			  const void *data)
{
	uint64_t v = load_uint(data, type->size);

	if (f->mode == FORMAT_JSON)
		json_u64(f->out, v);
	else
		buf_printf(f->out, "0x%" PRIx64, v);
}

static void write_enum(struct fmt *f, const struct vtype *type,
		       const void *data)
{
	uint64_t v = type->is_signed ? (uint64_t)load_int(data, type->size)
				     : load_uint(data, type->size);
	const char *name = enumerator(type->c, v, type->is_signed);

	if (name && f->mode == FORMAT_TEXT)
		buf_add_str(f->out, name);
	else
		write_number(f, v, type->is_signed);
}

static void write_array(struct fmt *f, const struct vtype *type,
			const void *data)
{
	const struct vtype *elem = type->elem;
	size_t n = type->count;

	if (elem && elem->size && n > type->size / elem->size)
		n = type->size / elem->size;
	buf_add_char(f->out, '[');
	for (size_t i = 0; elem && i < n; i++) {
		if (i)
			buf_add_char(f->out, ',');
		write_value(f, elem, (const uint8_t *)data + i * elem->size);
	}
	buf_add_char(f->out, ']');
}

static void write_fields(struct fmt *f, const struct vtype *type,
			 const void *data, const char *between)
{
	for (uint32_t i = 0; i < type->nfields; i++) {
		const struct vfield *field = &type->fields[i];

		if (i)
			buf_add_str(f->out, between);
		if (field->name && f->mode == FORMAT_JSON) {
			json_string(f->out, field->name, strlen(field->name));
			buf_add_str(f->out, ": ");
		} else if (field->name) {
			buf_printf(f->out,
				   f->tight ? ".%s=" : ".%s = ", field->name);
		}
		write_value(f, field->type,
			    (const uint8_t *)data + field->offset);
	}
}

static void write_tuple(struct fmt *f, const struct vtype *type,
			const void *data)
{
	bool json = f->mode == FORMAT_JSON;

	buf_add_char(f->out, json ? '[' : '(');
	write_fields(f, type, data, json || f->tight ? "," : ", ");
	buf_add_char(f->out, json ? ']' : ')');
}

static void write_record(struct fmt *f, const struct vtype *type,
			 const void *data)
{
	bool padded = f->mode == FORMAT_TEXT && !f->tight && type->nfields;

	buf_add_str(f->out, padded ? "{ " : "{");
	write_fields(f, type, data, f->tight ? "," : ", ");
	buf_add_str(f->out, padded ? " }" : "}");
}

static void write_histogram(struct fmt *f, const struct vtype *type,
			    const void *data)
{
	uint64_t *slots = calloc(hist_slots(type) + 1, sizeof(*slots));
	struct agg a;

	if (!slots) {
		f->out->failed = true;
		return;
	}
	agg_merge_slots(&a, type, data, 1, type->size, slots);
	write_hist(f, &a, 1);
	free(slots);
}

static void write_aggregation(struct fmt *f, const struct vtype *type,
			      const void *data)
{
	struct agg a;

	agg_merge(&a, type, data, 1, type->size);
	write_agg(f, &a, 1);
}

static void write_word(struct fmt *f, const struct vtype *type,
		       const void *data)
{
	write_number(f,
		     type->is_signed ? (uint64_t)load_int(data, type->size)
				     : load_uint(data, type->size),
		     type->is_signed);
}

void write_value(struct fmt *f, const struct vtype *type, const void *data)
{
	switch (type->kind) {
	case V_NONE:
		buf_add_str(f->out, "null");
		return;
	case V_INT:
		write_word(f, type, data);
		return;
	case V_BOOL:
		buf_add_str(f->out, load_uint(data, 1) ? "true" : "false");
		return;
	case V_FLOAT:
		write_float(f, data, type->size);
		return;
	case V_STRING:
		write_string(f, type, data);
		return;
	case V_BUFFER:
		write_buffer(f, type, data);
		return;
	case V_PTR:
		write_pointer(f, type, data);
		return;
	case V_ENUM:
		write_enum(f, type, data);
		return;
	case V_STRUCT:
		write_ctype(f, type->c, data, type->size);
		return;
	case V_ARRAY:
		write_array(f, type, data);
		return;
	case V_TUPLE:
		write_tuple(f, type, data);
		return;
	case V_RECORD:
		write_record(f, type, data);
		return;
	case V_USTACK:
		write_stack(f, type, data);
		return;
	case V_USYM:
		write_usym(f, data);
		return;
	case V_TIMESTAMP:
		write_timestamp(f, data);
		return;
	case V_INET:
		write_inet(f, data);
		return;
	case V_MAC:
		write_mac(f, data);
		return;
	case V_STRERROR:
		write_strerror(f, data);
		return;
	case V_SIGNAME:
		write_signame(f, data);
		return;
	case V_USERNAME:
		write_username(f, data);
		return;
	case V_SYSCALL:
		write_syscall(f, data);
		return;
	case V_HIST:
	case V_LHIST:
		write_histogram(f, type, data);
		return;
	default:
		write_aggregation(f, type, data);
		return;
	}
}

void write_key(struct fmt *f, const struct vtype *type, const void *key)
{
	if (type->kind == V_TUPLE)
		write_fields(f, type, key, f->tight ? "," : ", ");
	else
		write_value(f, type, key);
}

void format_value(const struct format_env *env, enum format_mode mode,
		  const struct vtype *type, const void *data, struct buf *out)
{
	struct fmt f = {.env = env, .out = out, .mode = mode};

	write_value(&f, type, data);
}

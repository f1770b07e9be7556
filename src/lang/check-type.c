/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * C types: names to types, members, sizes.
 */
#include "builtin.h"
#include "checker.h"
#include "parse.h"

#include <string.h>

unsigned check_word_size(const struct check *c)
{
	return c->l->word_size;
}

static const char *tag_word(enum ctype_kind kind)
{
	switch (kind) {
	case CTYPE_STRUCT:
		return "struct";
	case CTYPE_UNION:
		return "union";
	default:
		return "enum";
	}
}

static const struct ctype *lookup(struct check *c, const char *name)
{
	const struct cdecl_name *d = cdecl_find(c->l, name);
	const struct ctype *t = NULL;

	if (d && !d->is_constant && !d->type->incomplete)
		return d->type;
	if (c->env->type && !c->env->type(c->env->ctx, name, &t, NULL) && t) {
		cdecl_add(c->l, name, t);
		return t;
	}
	return d && !d->is_constant ? d->type : NULL;
}

const struct ctype *check_complete(struct check *c, const struct ctype *t)
{
	const struct ctype *full;

	if (!t || !t->incomplete || !t->name)
		return t;
	full = lookup(c, arena_printf(&c->l->arena, "%s %s", tag_word(t->kind),
				      t->name));
	return full ? full : t;
}

static const struct ctype *base_type(struct check *c, const struct type_name *t)
{
	const struct ctype *type = cdecl_basic(c->l, t->name);

	if (!type)
		type = lookup(c, t->name);
	if (!type) {
		check_error(c, t->at,
			    "there is no type '%s', neither in the "
			    "script nor in the debug information of what is "
			    "traced",
			    t->name);
		return NULL;
	}
	return type;
}

const struct ctype *check_ctype(struct check *c, const struct type_name *t)
{
	const struct ctype *type;

	if (t->typeof_) {
		const struct vtype *v = check_expr(c, t->typeof_);

		if (v->kind == V_PTR) {
			type = ctype_ptr(c->l->ctypes, v->c, c->l->word_size);
		} else if (v->c) {
			type = v->c;
		} else if (vt_is_number(v)) {
			type = ctype_int(c->l->ctypes, v->size, v->is_signed);
		} else {
			check_error(c, t->at, "%s is not a C type",
				    vt_text(c->l, v));
			return NULL;
		}
	} else {
		type = base_type(c, t);
		if (!type)
			return NULL;
	}
	for (unsigned i = 0; type && i < t->pointers; i++)
		type = ctype_ptr(c->l->ctypes, type, c->l->word_size);
	if (type && t->has_count) {
		if (t->count > LANG_VALUE_MAX || !type->size ||
		    type->size * t->count > LANG_VALUE_MAX) {
			check_error(c, t->at, "the array is too large");
			return NULL;
		}
		type = ctype_array(c->l->ctypes, type, t->count);
	}
	if (!type)
		check_error(c, t->at, "this type cannot be had");
	return type;
}

const struct vtype *check_type_name(struct check *c, const struct type_name *t)
{
	bool is_string = t->name && !strcmp(t->name, "string");
	bool is_buffer = t->name && !strcmp(t->name, "buffer");
	uint64_t size = t->has_count ? t->count : c->l->config.max_strlen;
	const struct ctype *type;
	const struct vtype *v;

	if ((is_string || is_buffer) && !t->pointers) {
		if (!size || size > LANG_VALUE_MAX) {
			check_error(c, t->at, "1 to %d bytes", LANG_VALUE_MAX);
			return &vt_none;
		}
		return is_string ? vt_string(c->l, (uint32_t)size)
				 : vt_buffer(c->l, (uint32_t)size);
	}
	type = check_ctype(c, t);
	if (!type)
		return &vt_none;
	type = check_complete(c, type);
	v = vt_of_ctype(c->l, type);
	if (v->kind == V_NONE || (type->incomplete && !t->pointers))
		check_error(c, t->at, "a value of type %s cannot be had",
			    vt_ctype_text(c->l, type));
	return v;
}

/* ---- members ---- */

static const char *list_fields(struct lang *l, const struct ctype *t)
{
	const char *s = "";

	for (size_t i = 0; i < t->nfields; i++)
		s = arena_printf(&l->arena, "%s%s%s", s, i ? ", " : "",
				 t->fields[i].name ? t->fields[i].name
						   : "(unnamed)");
	return s;
}

static const struct vtype *known_field(struct check *c, const struct expr *e,
				       const char *what)
{
	const struct ctype *type = e->field->type;
	const struct vtype *v = vt_of_ctype(c->l, check_complete(c, type));

	if (v->kind == V_NONE)
		check_error(c, e->at,
			    "%s '%s' has type %s, of which upd makes nothing "
			    "yet",
			    what, e->name, vt_ctype_text(c->l, type));
	return v;
}

static const struct vtype *args_field(struct check *c, struct expr *e)
{
	const struct ctype *args = e->a->type->c;

	if (!args) /* no attach point: nothing will run */
		return &vt_i64;
	e->field = ctype_field(args, e->name, &e->offset);
	if (!e->field) {
		check_error(c, e->at, "the function has no parameter '%s'",
			    e->name);
		if (args->nfields)
			check_hint(c, "it has %s", list_fields(c->l, args));
		return &vt_none;
	}
	return known_field(c, e, "parameter");
}

static const struct vtype *record_field(struct check *c, struct expr *e,
					const struct vtype *t)
{
	for (uint32_t i = 0; i < t->nfields; i++)
		if (t->fields[i].name && !strcmp(t->fields[i].name, e->name)) {
			e->offset = i;
			return t->fields[i].type;
		}
	check_error(c, e->at, "there is no field '%s' in %s", e->name,
		    vt_text(c->l, t));
	return &vt_none;
}

const struct vtype *check_field(struct check *c, struct expr *e)
{
	const struct vtype *t = check_expr(c, e->a);
	const struct ctype *type = t->c;

	if (t->kind == V_NONE)
		return t;
	if (builtin_is_args(e->a->builtin))
		return args_field(c, e);
	if (t->kind == V_RECORD)
		return record_field(c, e, t);
	if (t->kind != V_STRUCT &&
	    !(t->kind == V_PTR && type &&
	      (type->kind == CTYPE_STRUCT || type->kind == CTYPE_UNION))) {
		check_error(c, e->at, "a value of type %s has no field '%s'",
			    vt_text(c->l, t), e->name);
		if (t->kind == V_INT)
			check_hint(c, "cast it: ((struct NAME *)%.*s)->%s",
				   (int)(e->a->at.end - e->a->at.begin),
				   c->l->text + e->a->at.begin, e->name);
		return &vt_none;
	}
	type = check_complete(c, type);
	if (type->incomplete) {
		check_error(c, e->at, "nothing is known of %s but its name",
			    vt_ctype_text(c->l, type));
		check_hint(c, "declare it in the script, or install debug "
			      "information");
		return &vt_none;
	}
	e->field = ctype_field(type, e->name, &e->offset);
	if (!e->field) {
		check_error(c, e->at, "%s has no field '%s'",
			    vt_ctype_text(c->l, type), e->name);
		return &vt_none;
	}
	return known_field(c, e, "field");
}

/* ---- sizeof, offsetof ---- */

const struct vtype *check_sizeof(struct check *c, struct expr *e)
{
	const struct ctype *type;
	uint64_t size;

	if (e->tname && e->tname->name && strcmp(e->tname->name, "string") &&
	    strcmp(e->tname->name, "buffer")) {
		type = check_ctype(c, e->tname);
		if (!type)
			return &vt_none;
		size = check_complete(c, type)->size;
	} else {
		size = (e->tname ? check_type_name(c, e->tname)
				 : check_expr(c, e->a))
			       ->size;
		if (e->a && e->a->type->kind == V_PTR)
			size = check_word_size(c);
	}
	expr_set_int(e, size, &vt_u64);
	e->is_literal = true;
	return e->type;
}

const struct vtype *check_offsetof(struct check *c, struct expr *e)
{
	const struct ctype *type;
	const char *path = e->name;
	uint64_t total = 0, offset;

	if (e->tname) {
		type = check_ctype(c, e->tname);
	} else {
		type = check_expr(c, e->a)->c;
		if (!type && e->a->type->kind != V_NONE)
			check_error(c, e->a->at, "this is not a struct");
	}
	while (type && *path) {
		size_t n = strcspn(path, ".");
		char *name = arena_strndup(&c->l->arena, path, n);
		const struct cfield *f;

		type = check_complete(c, type);
		f = ctype_field(type, name, &offset);
		if (!f) {
			check_error(c, e->at, "%s has no field '%s'",
				    vt_ctype_text(c->l, type), name);
			return &vt_none;
		}
		total += offset;
		type = f->type;
		path += n + (path[n] == '.');
	}
	if (!type)
		return &vt_none;
	expr_set_int(e, total, &vt_u64);
	e->is_literal = true;
	return e->type;
}

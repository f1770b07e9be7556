/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Maps: found by name, typed by their uses.
 */
#include "call.h"
#include "checker.h"

#include <stdio.h>
#include <string.h>

struct map *check_map(struct check *c, struct expr *e)
{
	struct lang *l = c->l;
	struct map *m, **place;

	if (e->map)
		return e->map;
	for (size_t i = 0; i < l->nuser_maps; i++)
		if (!strcmp(l->user_maps[i]->name, e->name))
			return e->map = l->user_maps[i];
	if (l->nuser_maps >= LANG_MAPS_MAX) {
		check_error(c, e->at, "more than %d maps", LANG_MAPS_MAX);
		longjmp(l->arena.fail, 1);
	}
	m = arena_alloc(&l->arena, sizeof(*m));
	m->name = e->name;
	m->at = e->at;
	m->literal = m->key_literal = true;
	place = arena_push(&l->arena, &l->user_maps, &l->nuser_maps,
			   sizeof(*place));
	*place = m;
	return e->map = m;
}

static const struct vtype *key_type(struct check *c, struct expr *e)
{
	const struct vtype **types;
	bool known = true;

	types = arena_alloc(&c->l->arena, e->nargs * sizeof(*types));
	for (size_t i = 0; i < e->nargs; i++) {
		types[i] = check_expr(c, e->args[i]);
		known &= types[i]->kind != V_NONE;
		if (vt_is_agg(types[i])) {
			check_error(c, e->args[i]->at, "%s cannot be a key",
				    vt_text(c->l, types[i]));
			known = false;
		}
	}
	if (!known)
		return &vt_none;
	if (e->nargs == 1)
		return vt_storage(c->l, types[0]);
	return vt_tuple(c->l, types, NULL, e->nargs);
}

void check_map_keys(struct check *c, struct expr *e)
{
	struct map *m = check_map(c, e);
	const struct vtype *t, *merged;
	bool literal;

	m->keyed |= e->has_keys;
	m->scalar |= !e->has_keys;
	if (m->keyed && m->scalar) {
		check_error(c, e->at,
			    e->has_keys ? "%s is used without a key elsewhere"
					: "%s is used with a key elsewhere",
			    m->name);
		return;
	}
	if (!e->has_keys)
		return;
	t = key_type(c, e);
	if (t->kind == V_NONE)
		return;
	literal = e->nargs == 1 && expr_is_literal(e->args[0]);
	if (!m->key) {
		m->key = t;
		m->key_literal = literal;
		c->changed = true;
		return;
	}
	merged = vt_merge(c->l, m->key, m->key_literal, t, literal);
	if (!merged) {
		check_error(c, e->at, "the key of %s is %s here, %s elsewhere",
			    m->name, vt_text(c->l, t), vt_text(c->l, m->key));
		return;
	}
	if (!vt_equal(merged, m->key) || (m->key_literal && !literal))
		c->changed = true;
	m->key = merged;
	m->key_literal &= literal;
}

const struct vtype *map_value_type(struct lang *l, const struct map *m)
{
	(void)l;
	if (!m->value)
		return &vt_none;
	switch (m->value->kind) {
	case V_COUNT:
		return &vt_u64;
	case V_SUM:
	case V_MIN:
	case V_MAX:
	case V_AVG:
		return vt_int(8, m->value->is_signed);
	default:
		return m->value;
	}
}

const struct vtype *check_map_read(struct check *c, struct expr *e)
{
	const struct vtype *t;

	check_map_keys(c, e);
	t = map_value_type(c->l, e->map);
	if (t->kind == V_NONE)
		check_error(c, e->at, "nothing is ever assigned to %s",
			    e->name);
	if (vt_is_agg(t)) {
		check_error(c, e->at,
			    "%s has no value that could be "
			    "computed with",
			    vt_text(c->l, t));
		return &vt_none;
	}
	return t;
}

void check_map_update(struct check *c, struct expr *e, const struct vtype *type,
		      bool literal)
{
	struct map *m = check_map(c, e);
	const struct vtype *merged;

	if (type->kind == V_NONE)
		return;
	type = vt_storage(c->l, type);
	if (!m->value) {
		m->value = type;
		m->literal = literal;
		c->changed = true;
		return;
	}
	merged = vt_merge(c->l, m->value, m->literal, type, literal);
	if (!merged || (vt_is_agg(m->value) && !vt_is_agg(type))) {
		check_error(c, e->at, "%s holds %s here, %s elsewhere", m->name,
			    vt_text(c->l, type), vt_text(c->l, m->value));
		return;
	}
	if (!vt_equal(merged, m->value) || (m->literal && !literal))
		c->changed = true;
	m->value = merged;
	m->literal &= literal;
}

void check_map_assign(struct check *c, struct expr *e, struct expr *value)
{
	const struct vtype *t;

	check_map_keys(c, e);
	value->is_assigned = true;
	t = check_expr(c, value);
	check_map_update(c, e, t, expr_is_literal(value));
}

static enum bpf_map_kind map_kind(const struct map *m)
{
	bool percpu = m->value && vt_is_agg(m->value);
	bool lru = m->kind && strstr(m->kind, "lru");

	/* The declared kind says what happens when it is full; whether each
	 * writer has its own value follows from what the map holds. */
	if (percpu)
		return lru ? BPF_MAP_LRU_PERCPU_HASH : BPF_MAP_PERCPU_HASH;
	return lru ? BPF_MAP_LRU_HASH : BPF_MAP_HASH;
}

static void define_map(struct check *c, struct map *m, struct lang_map *ret)
{
	uint64_t max = c->l->config.max_map_keys;

	if (m->max_entries)
		max = m->max_entries;
	if (!m->keyed)
		max = 1;
	ret->name = m->name;
	ret->key = m->keyed ? m->key : NULL;
	ret->value = m->value;
	snprintf(ret->def.name, sizeof(ret->def.name), "%s", m->name);
	ret->def.kind = map_kind(m);
	ret->def.key_size = m->keyed ? vt_slot(m->key) : 8;
	ret->def.value_size = vt_slot(m->value);
	ret->def.max_entries = (uint32_t)max;
}

/* After the last round: the list of maps. */
void check_maps_finish(struct check *c)
{
	struct lang *l = c->l;

	for (size_t i = 0; i < l->nuser_maps; i++) {
		struct map *m = l->user_maps[i];
		struct lang_map *place;

		if (!m->value && !m->keyed && !m->scalar)
			m->value = &vt_i64; /* declared, not used */
		if (!m->value || (m->keyed && !m->key)) {
			check_error(c, m->at, "nothing is ever assigned to %s",
				    m->name);
			continue;
		}
		if (vt_slot(m->value) + (m->key ? vt_slot(m->key) : 0) >
		    LANG_VALUE_MAX) {
			check_error(c, m->at,
				    "key and value of %s are larger "
				    "than %d bytes",
				    m->name, LANG_VALUE_MAX);
			continue;
		}
		m->index = (int)l->nmaps;
		place = arena_push(&l->arena, &l->maps, &l->nmaps,
				   sizeof(*place));
		define_map(c, m, place);
		if (vt_is_agg(m->value) && vt_slot(m->value) > l->zero_size)
			l->zero_size = vt_slot(m->value);
	}
}

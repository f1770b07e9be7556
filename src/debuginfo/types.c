/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A type refers to others in circles, so each is made twice: first as a shell
 * with its kind, name and size, which others may point to; then its contents
 * are filled in from a queue. Recursion is left only where one type holds
 * another by value (typedefs, qualifiers, arrays), and has a limit.
 */
#include <config.h>

#include "types.h"

#include <stdlib.h>
#include <string.h>

enum {
	BY_VALUE_MAX = 64,  /* typedefs of arrays of typedefs ... */
	TYPES_MAX = 200000, /* made for one request */
	DIMENSIONS_MAX = 16,
};

/* Where finished types are, as long as the caller uses the same arena. */
struct types {
	const struct ctypes *ts;
	struct htab made; /* an entry's address to its type */
};

static const struct ctype *get(struct maker *k, Dwarf_Die *die, unsigned depth,
			       unsigned hops);

void types_free(struct types *t)
{
	if (!t)
		return;
	htab_release(&t->made);
	free(t);
}

void *maker_fail(struct maker *k, int rc)
{
	if (!k->rc)
		k->rc = rc;
	return NULL;
}

/* ---- shells ---- */

static struct ctype *shell(struct maker *k, Dwarf_Die *die,
			   enum ctype_kind kind, uint64_t size)
{
	struct ctype *t;

	if (++k->count > TYPES_MAX)
		return maker_fail(k, ERR_LIMIT);
	if (size >> TYPE_SIZE_BITS)
		size = 0;
	t = ctype_make(k->ts, kind, die ? dwarf_diename(die) : NULL, size);
	if (!t || (die && htab_put(k->made, (uintptr_t)die->addr, t)))
		return maker_fail(k, ERR_NOMEM);
	return t;
}

static bool later(struct maker *k, Dwarf_Die *die, struct ctype *t,
		  unsigned hops)
{
	size_t cap = k->cap ? k->cap * 2 : 64;
	struct job *queue;

	if (k->n == k->cap) {
		queue = realloc(k->queue, cap * sizeof(*queue));
		if (!queue)
			return maker_fail(k, ERR_NOMEM);
		k->queue = queue;
		k->cap = cap;
	}
	k->queue[k->n++] = (struct job){*die, t, hops};
	return true;
}

uint64_t type_byte_size(Dwarf_Die *die, uint64_t otherwise)
{
	uint64_t size;

	return die_number(die, DW_AT_byte_size, &size) ? size : otherwise;
}

static const struct ctype *make_void(struct maker *k)
{
	const struct ctype *t = htab_get(k->made, 0);

	if (t)
		return t;
	t = ctype_make(k->ts, CTYPE_VOID, NULL, 0);
	if (!t || htab_put(k->made, 0, (void *)(uintptr_t)t))
		return maker_fail(k, ERR_NOMEM);
	return t;
}

const struct ctype *maker_target(struct maker *k, Dwarf_Die *die,
				 unsigned depth, unsigned hops)
{
	Dwarf_Die to;

	return die_ref(die, DW_AT_type, &to) ? get(k, &to, depth + 1, hops)
					     : make_void(k);
}

static const struct ctype *make_base(struct maker *k, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	uint64_t encoding = DW_ATE_unsigned, size = type_byte_size(die, 0);
	const struct ctype *half;
	struct ctype *t;

	die_number(die, DW_AT_encoding, &encoding);
	if (encoding == DW_ATE_complex_float) {
		half = ctype_make(k->ts, CTYPE_FLOAT, NULL, size / 2);
		t = half ? shell(k, die, CTYPE_ARRAY, size) : NULL;
		if (t) {
			t->to = half;
			t->count = 2;
		}
		return t;
	}
	t = shell(k, die, encoding == DW_ATE_float ? CTYPE_FLOAT : CTYPE_INT,
		  size);
	if (!t)
		return NULL;
	t->is_signed =
		encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	t->is_bool = encoding == DW_ATE_boolean;
	/* Only plain char is text: int8_t and uint8_t are numbers. */
	t->is_char = size == 1 && name && !strcmp(name, "char");
	return t;
}

static const struct ctype *make_pointer(struct maker *k, Dwarf_Die *die,
					unsigned hops)
{
	struct ctype *t = shell(k, die, CTYPE_PTR,
				type_byte_size(die, k->m->arch->word_size));

	return t && later(k, die, t, hops + 1) ? t : NULL;
}

/* To a datum: an offset; to a function: two words (Itanium C++ ABI, 2.3). */
static const struct ctype *make_member_pointer(struct maker *k, Dwarf_Die *die)
{
	unsigned word = k->m->arch->word_size;
	Dwarf_Die to;

	if (die_ref(die, DW_AT_type, &to) &&
	    dwarf_tag(&to) == DW_TAG_subroutine_type)
		return shell(k, die, CTYPE_STRUCT,
			     type_byte_size(die, 2 * word));
	return shell(k, die, CTYPE_INT, type_byte_size(die, word));
}

/* ---- arrays ---- */

static uint64_t dimension(Dwarf_Die *range)
{
	uint64_t n, lower = 0;

	if (die_number(range, DW_AT_count, &n))
		return n;
	if (!die_number(range, DW_AT_upper_bound, &n))
		return 0; /* flexible, or known at run time only */
	die_number(range, DW_AT_lower_bound, &lower);
	return n - lower + 1;
}

struct dimensions {
	uint64_t list[DIMENSIONS_MAX];
	size_t n;
};

static enum die_step add_dimension(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct dimensions *dims = ctx;

	(void)depth;
	if (dwarf_tag(die) != DW_TAG_subrange_type &&
	    dwarf_tag(die) != DW_TAG_enumeration_type)
		return DIE_NEXT;
	if (dims->n == DIMENSIONS_MAX)
		return DIE_STOP;
	dims->list[dims->n++] = dimension(die);
	return DIE_NEXT;
}

static const struct ctype *vector_of(struct maker *k, const struct ctype *array)
{
	struct ctype *t = ctype_make(k->ts, CTYPE_ARRAY, NULL, array->size);

	if (!t)
		return maker_fail(k, ERR_NOMEM);
	t->to = array->to;
	t->count = array->count;
	t->is_vector = true;
	return t;
}

static const struct ctype *make_array(struct maker *k, Dwarf_Die *die,
				      unsigned depth, unsigned hops)
{
	const struct ctype *t = maker_target(k, die, depth, hops);
	struct dimensions dims = {.n = 0};

	die_walk(die, add_dimension, &dims);
	if (!dims.n)
		dims.n = 1;
	while (t && dims.n-- > 0) {
		/* An absurd count is worth as much as none. */
		uint64_t n = dims.list[dims.n];

		if (n >> 32 || (t->size && n * t->size >> TYPE_SIZE_BITS))
			n = 0;
		t = ctype_array(k->ts, t, n);
		if (!t)
			maker_fail(k, ERR_NOMEM);
	}
	if (t && die_flag(die, DW_AT_GNU_vector))
		t = vector_of(k, t);
	if (t && htab_put(k->made, (uintptr_t)die->addr, (void *)(uintptr_t)t))
		return maker_fail(k, ERR_NOMEM);
	return t;
}

/* ---- structs, unions, enums ---- */

/* A declaration only tells the name. The definition may be in another unit;
 * looking for it reads all of them, so that is done only for what a variable
 * itself points to. */
static const struct ctype *make_declared(struct maker *k, Dwarf_Die *die,
					 enum ctype_kind kind, unsigned depth,
					 unsigned hops)
{
	const char *name = dwarf_diename(die);
	const struct ctype *t;
	struct ctype *opaque;
	Dwarf_Die def;

	if (die_ref(die, DW_AT_signature, &def) ||
	    (hops <= 1 && name &&
	     types_find(k->d, dwarf_tag(die), name, &def))) {
		if (def.addr != die->addr && !die_flag(&def, DW_AT_declaration))
			t = get(k, &def, depth + 1, hops);
		else
			t = NULL;
		if (t || k->rc)
			return t;
	}
	opaque = shell(k, die, kind, 0);
	if (opaque)
		opaque->incomplete = true;
	return opaque;
}

static const struct ctype *make_aggregate(struct maker *k, Dwarf_Die *die,
					  enum ctype_kind kind, unsigned depth,
					  unsigned hops)
{
	struct ctype *t;

	if (die_flag(die, DW_AT_declaration) ||
	    dwarf_hasattr(die, DW_AT_signature))
		return make_declared(k, die, kind, depth, hops);
	t = shell(k, die, kind, type_byte_size(die, 0));
	return t && later(k, die, t, hops) ? t : NULL;
}

static const struct ctype *make_enum(struct maker *k, Dwarf_Die *die,
				     unsigned depth, unsigned hops)
{
	Dwarf_Die base;
	uint64_t encoding = DW_ATE_unsigned, size = 4;
	struct ctype *t;

	if (die_flag(die, DW_AT_declaration))
		return make_declared(k, die, CTYPE_ENUM, depth, hops);
	if (die_ref(die, DW_AT_type, &base)) {
		die_number(&base, DW_AT_encoding, &encoding);
		size = type_byte_size(&base, 4);
	}
	t = shell(k, die, CTYPE_ENUM, type_byte_size(die, size));
	if (!t || !later(k, die, t, hops))
		return NULL;
	t->is_signed =
		encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	return t;
}

static const struct ctype *make(struct maker *k, Dwarf_Die *die, unsigned depth,
				unsigned hops)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		return make_base(k, die);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return make_pointer(k, die, hops);
	case DW_TAG_ptr_to_member_type:
		return make_member_pointer(k, die);
	case DW_TAG_array_type:
		return make_array(k, die, depth, hops);
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
		return make_aggregate(k, die, CTYPE_STRUCT, depth, hops);
	case DW_TAG_union_type:
		return make_aggregate(k, die, CTYPE_UNION, depth, hops);
	case DW_TAG_enumeration_type:
		return make_enum(k, die, depth, hops);
	case DW_TAG_subroutine_type:
		return shell(k, die, CTYPE_FUNC, 0);
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_immutable_type:
	case DW_TAG_packed_type:
	case DW_TAG_shared_type:
	case DW_TAG_subrange_type:
	case DW_TAG_template_alias:
		return maker_target(k, die, depth, hops);
	default:
		return make_void(k);
	}
}

static const struct ctype *get(struct maker *k, Dwarf_Die *die, unsigned depth,
			       unsigned hops)
{
	const struct ctype *t = htab_get(k->made, (uintptr_t)die->addr);

	if (t || k->rc)
		return k->rc ? NULL : t;
	if (depth > BY_VALUE_MAX)
		return maker_fail(k, ERR_LIMIT);
	return make(k, die, depth, hops);
}

/* ---- the whole ---- */

static struct htab *made_for(struct dwarf *d, const struct ctypes *ts)
{
	if (!d->types)
		d->types = calloc(1, sizeof(*d->types));
	if (!d->types)
		return NULL;
	if (d->types->ts != ts) {
		htab_release(&d->types->made);
		d->types->ts = ts;
	}
	return &d->types->made;
}

static int failed(struct maker *k, struct err *err)
{
	/* Half of what was made may be shells. */
	htab_release(k->made);
	if (k->rc == ERR_LIMIT)
		return err_set(err, k->rc,
			       "%s: its debug information "
			       "describes types too large or too deep to "
			       "follow",
			       k->m->path);
	return err_set(err, k->rc, "out of memory");
}

static int run(struct maker *k, Dwarf_Die *die, bool of_attr,
	       const struct ctype **ret, struct err *err)
{
	const struct ctype *t;

	k->made = made_for(k->d, k->ts);
	if (!k->made)
		return err_set(err, ERR_NOMEM, "out of memory");
	t = of_attr ? maker_target(k, die, 0, 0) : get(k, die, 0, 0);
	while (!k->rc && k->done < k->n)
		type_fill(k, k->queue[k->done++]);
	free(k->queue);
	if (k->rc || !t)
		return failed(k, err);
	*ret = t;
	return 0;
}

int types_of(struct module *m, Dwarf_Die *die, struct ctypes *ts,
	     const struct ctype **ret, struct err *err)
{
	struct maker k = {.m = m, .d = module_dwarf(m), .ts = ts};

	return run(&k, die, true, ret, err);
}

int types_make(struct module *m, Dwarf_Die *die, struct ctypes *ts,
	       const struct ctype **ret, struct err *err)
{
	struct maker k = {.m = m, .d = module_dwarf(m), .ts = ts};

	return run(&k, die, false, ret, err);
}

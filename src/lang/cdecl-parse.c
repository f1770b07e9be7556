/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * C declarations in a script: struct, union, enum, typedef. Laid out as the C
 * compiler of the traced program's ABI would.
 */
#define _GNU_SOURCE
#include "fold.h"
#include "parse.h"

#include <string.h>

enum { FIELDS_MAX = 4096, TYPE_SIZE_MAX = 1 << 24 };

static const struct ctype *parse_ctype(struct parser *p);

/* A struct by its tag: known, or known from now on. */
static struct ctype *tagged(struct parser *p, enum ctype_kind kind,
			    const char *word, const char *tag)
{
	struct lang *l = p->l;
	const char *name;
	const struct cdecl_name *d;
	struct ctype *t;

	if (!tag)
		return cdecl_need(l, ctype_make(l->ctypes, kind, NULL, 0));
	name = arena_printf(&l->arena, "%s %s", word, tag);
	d = cdecl_find(l, name);
	if (d && d->type->kind == kind)
		return (struct ctype *)d->type; /* ours: made here */
	t = cdecl_need(l, ctype_make(l->ctypes, kind, tag, 0));
	t->incomplete = true;
	cdecl_add(l, name, t);
	return t;
}

static uint64_t align_of(const struct lang *l, const struct ctype *t,
			 unsigned depth)
{
	uint64_t max = 1, a;

	if (depth > 32)
		return 1;
	switch (t->kind) {
	case CTYPE_ARRAY:
		return align_of(l, t->to, depth + 1);
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		for (size_t i = 0; i < t->nfields; i++) {
			a = align_of(l, t->fields[i].type, depth + 1);
			max = a > max ? a : max;
		}
		return max;
	default:
		/* i386 aligns what is longer than a word to a word. */
		return !t->size			? 1
		       : t->size > l->word_size ? l->word_size
						: t->size;
	}
}

struct layout {
	struct ctype *type;
	uint64_t bits; /* used so far */
	uint64_t align;
	bool packed;
	size_t nfields;
};

static bool place_bits(struct lang *l, struct layout *lay, struct cfield *f,
		       uint64_t width)
{
	uint64_t unit = f->type->size * 8;

	if (f->type->kind != CTYPE_INT && f->type->kind != CTYPE_ENUM)
		return false;
	if (width > unit)
		return false;
	if (!width) {
		lay->bits = (lay->bits + unit - 1) / unit * unit;
		return true;
	}
	if (lay->type->kind == CTYPE_UNION)
		lay->bits = 0;
	if (!lay->packed && lay->bits / unit != (lay->bits + width - 1) / unit)
		lay->bits = (lay->bits + unit - 1) / unit * unit;
	f->offset = lay->bits / unit * f->type->size;
	f->bit_offset = (uint16_t)(lay->bits % unit);
	/* Big endian machines fill a unit from its most significant bit. */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ &&
	    f->bit_offset + width <= unit)
		f->bit_offset = (uint16_t)(unit - f->bit_offset - width);
	f->bit_size = (uint16_t)width;
	lay->bits += width;
	(void)l;
	return true;
}

static void place_field(struct lang *l, struct layout *lay, struct cfield *f)
{
	uint64_t align = lay->packed ? 8 : align_of(l, f->type, 0) * 8;

	if (lay->type->kind == CTYPE_UNION) {
		if (f->type->size * 8 > lay->bits)
			lay->bits = f->type->size * 8;
		return;
	}
	lay->bits = (lay->bits + align - 1) / align * align;
	f->offset = lay->bits / 8;
	lay->bits += f->type->size * 8;
}

static void add_field(struct parser *p, struct layout *lay, const char *name,
		      const struct ctype *type, bool is_bits, uint64_t width,
		      struct range at)
{
	struct cfield f = {name, type, 0, 0, 0}, *place;
	uint64_t align;

	if (!type->size && type->kind != CTYPE_ARRAY) {
		parse_error(p, at,
			    "the size of this field's type is not "
			    "known");
		return;
	}
	if (lay->nfields >= FIELDS_MAX || lay->bits / 8 > TYPE_SIZE_MAX ||
	    type->size > TYPE_SIZE_MAX) {
		parse_error(p, at, "the type is too large");
		return;
	}
	if (is_bits && !place_bits(p->l, lay, &f, width)) {
		parse_error(p, at, "such a bit-field cannot be");
		return;
	}
	if (!is_bits)
		place_field(p->l, lay, &f);
	if (lay->packed)
		align = 1;
	else
		align = align_of(p->l, type, 0);
	if (align > lay->align)
		lay->align = align;
	if (is_bits && !name)
		return;
	place = arena_push(&p->l->arena, &lay->type->fields, &lay->nfields,
			   sizeof(*place));
	*place = f;
	lay->type->nfields = lay->nfields;
}

static bool parse_const(struct parser *p, int64_t *ret)
{
	struct expr *e = parse_expr(p);

	if (p->failed)
		return false;
	if (fold_constant(p->l, e, ret))
		return true;
	parse_error(p, e->at, "this is not a constant");
	return false;
}

/* [N][M] behind a name: the first is the outermost. */
static const struct ctype *parse_dimensions(struct parser *p,
					    const struct ctype *of)
{
	int64_t n = 0;

	if (!parse_accept(p, T_LBRACKET))
		return of;
	if (p->tok.kind != T_RBRACKET && !parse_const(p, &n))
		return of;
	if (!parse_expect(p, T_RBRACKET))
		return of;
	if (n < 0 || n > TYPE_SIZE_MAX || !parse_enter(p)) {
		parse_error(p, parse_range(p, p->last_end),
			    "the array is "
			    "too large");
		return of;
	}
	of = parse_dimensions(p, of);
	parse_leave(p);
	if (of->size && (uint64_t)n > TYPE_SIZE_MAX / of->size) {
		parse_error(p, parse_range(p, p->last_end),
			    "the array is "
			    "too large");
		return of;
	}
	return cdecl_need(p->l,
			  (void *)ctype_array(p->l->ctypes, of, (uint64_t)n));
}

static const struct ctype *pointer_to(struct parser *p, const struct ctype *t)
{
	return cdecl_need(p->l,
			  (void *)ctype_ptr(p->l->ctypes, t, p->l->word_size));
}

static void skip_parens(struct parser *p)
{
	unsigned depth = 0;

	do {
		depth += p->tok.kind == T_LPAREN;
		depth -= p->tok.kind == T_RPAREN;
		parse_next(p);
	} while (depth && p->tok.kind != T_EOF);
}

/* *name[N], (*name)(...); the name in ret. */
static const struct ctype *parse_declarator(struct parser *p,
					    const struct ctype *t,
					    const char **ret)
{
	*ret = NULL;
	while (p->tok.kind == T_MUL || parse_is_word(p, "const") ||
	       parse_is_word(p, "volatile")) {
		if (p->tok.kind == T_MUL)
			t = pointer_to(p, t);
		parse_next(p);
	}
	if (parse_accept(p, T_LPAREN)) {
		t = pointer_to(
			p, cdecl_need(p->l, ctype_make(p->l->ctypes, CTYPE_FUNC,
						       NULL, 0)));
		parse_expect(p, T_MUL);
		*ret = p->tok.str;
		parse_expect(p, T_IDENT);
		parse_expect(p, T_RPAREN);
		if (p->tok.kind == T_LPAREN)
			skip_parens(p);
		return t;
	}
	if (p->tok.kind == T_IDENT) {
		*ret = p->tok.str;
		parse_next(p);
	}
	return parse_dimensions(p, t);
}

static void parse_fields(struct parser *p, struct layout *lay)
{
	const struct ctype *base = parse_ctype(p), *t;
	uint32_t begin = p->tok.begin;
	const char *name;
	bool is_bits;
	int64_t width;

	/* struct { ... }; without a name: its members are ours. */
	if (!p->failed && p->tok.kind == T_SEMI)
		add_field(p, lay, NULL, base, false, 0, parse_range(p, begin));
	while (!p->failed && p->tok.kind != T_SEMI) {
		begin = p->tok.begin;
		width = 0;
		t = parse_declarator(p, base, &name);
		is_bits = parse_accept(p, T_COLON);
		if (is_bits && (!parse_const(p, &width) || width < 0))
			return;
		if (!is_bits && !name)
			parse_expect(p, T_IDENT);
		if (!p->failed)
			add_field(p, lay, name, t, is_bits, (uint64_t)width,
				  parse_range(p, begin));
		if (!parse_accept(p, T_COMMA))
			break;
	}
	if (!p->failed)
		parse_expect(p, T_SEMI);
}

static bool parse_attribute(struct parser *p)
{
	bool packed = false;

	while (parse_accept_word(p, "__attribute__")) {
		uint32_t begin = p->tok.begin;

		if (p->tok.kind != T_LPAREN)
			return packed;
		skip_parens(p);
		packed |= memmem(p->l->text + begin, p->last_end - begin,
				 "packed", 6) != NULL;
	}
	return packed;
}

static bool packed_behind(const struct parser *p)
{
	struct parser ahead = *p;
	struct buf *diag = p->l->diag;
	unsigned depth = 0, n = p->l->nerrors;
	bool packed;

	p->l->diag = NULL;
	do {
		depth += ahead.tok.kind == T_LBRACE;
		depth -= ahead.tok.kind == T_RBRACE;
		parse_next(&ahead);
	} while (depth && ahead.tok.kind != T_EOF);
	packed = parse_attribute(&ahead);
	p->l->diag = diag;
	p->l->nerrors = n;
	return packed;
}

static const struct ctype *parse_struct(struct parser *p, const char *word,
					enum ctype_kind kind)
{
	struct layout lay = {.align = 1};
	const char *tag = NULL;
	struct range at = {p->tok.begin, p->tok.end};

	lay.packed = parse_attribute(p);
	if (p->tok.kind == T_IDENT) {
		tag = p->tok.str;
		parse_next(p);
	}
	lay.type = tagged(p, kind, word, tag);
	if (p->tok.kind != T_LBRACE)
		return lay.type;
	if (tag && !lay.type->incomplete) {
		parse_error(p, at, "%s %s is declared twice", word, tag);
		return lay.type;
	}
	lay.packed |= packed_behind(p);
	if (!parse_enter(p))
		return lay.type;
	parse_next(p);
	while (!p->failed && p->tok.kind != T_RBRACE && p->tok.kind != T_EOF)
		parse_fields(p, &lay);
	parse_expect(p, T_RBRACE);
	parse_leave(p);
	parse_attribute(p);
	lay.type->incomplete = false;
	lay.type->size =
		((lay.bits + 7) / 8 + lay.align - 1) / lay.align * lay.align;
	return lay.type;
}

static const struct ctype *parse_enum(struct parser *p)
{
	const char *tag = NULL;
	struct ctype *t;
	struct cvalue *v;
	int64_t next = 0;
	size_t n = 0;

	if (p->tok.kind == T_IDENT) {
		tag = p->tok.str;
		parse_next(p);
	}
	t = tagged(p, CTYPE_ENUM, "enum", tag);
	t->size = 4;
	if (!parse_accept(p, T_LBRACE))
		return t;
	t->incomplete = false;
	while (!p->failed && p->tok.kind == T_IDENT) {
		v = arena_push(&p->l->arena, &t->values, &n, sizeof(*v));
		v->name = p->tok.str;
		parse_next(p);
		if (parse_accept(p, T_ASSIGN))
			parse_const(p, &next);
		v->value = next;
		t->is_signed |= next < 0;
		if (next < INT32_MIN || next > UINT32_MAX)
			t->size = 8;
		cdecl_new(p->l, v->name)->type = t;
		p->l->decls->is_constant = true;
		p->l->decls->value = next;
		next = (int64_t)((uint64_t)next + 1);
		t->nvalues = n;
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RBRACE);
	return t;
}

static bool is_base_word(const struct parser *p)
{
	static const char *const words[] = {"unsigned", "signed", "char",
					    "short",	"int",	  "long"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (parse_is_word(p, words[i]))
			return true;
	return false;
}

static const struct ctype *parse_ctype(struct parser *p)
{
	struct range at = {p->tok.begin, p->tok.end};
	const char *name = p->tok.str;
	const struct ctype *t;
	const struct cdecl_name *d;

	while (parse_accept_word(p, "const") ||
	       parse_accept_word(p, "volatile"))
		name = p->tok.str;
	if (parse_accept_word(p, "struct"))
		return parse_struct(p, "struct", CTYPE_STRUCT);
	if (parse_accept_word(p, "union"))
		return parse_struct(p, "union", CTYPE_UNION);
	if (parse_accept_word(p, "enum"))
		return parse_enum(p);
	at = (struct range){p->tok.begin, p->tok.end};
	if (!parse_expect(p, T_IDENT))
		return cdecl_basic(p->l, "int");
	if (cdecl_basic(p->l, name))
		while (is_base_word(p)) {
			name = arena_printf(&p->l->arena, "%s %s", name,
					    p->tok.str);
			parse_next(p);
		}
	while (parse_accept_word(p, "const"))
		;
	d = cdecl_find(p->l, name);
	if (d && !d->is_constant)
		return d->type;
	t = cdecl_basic(p->l, name);
	if (!t) {
		parse_error(p, at, "there is no type '%s'", name);
		return cdecl_basic(p->l, "int");
	}
	return t;
}

void parse_declaration(struct parser *p)
{
	bool is_typedef = parse_accept_word(p, "typedef");
	const struct ctype *t = parse_ctype(p);
	const char *name;

	if (is_typedef && !p->failed) {
		t = parse_declarator(p, t, &name);
		if (name)
			cdecl_add(p->l, name, t);
		else
			parse_expect(p, T_IDENT);
	}
	/* Behind a '}' of its own, many a published script has none. */
	while (p->in_header && !p->failed && p->tok.kind != T_SEMI &&
	       p->tok.kind != T_EOF && p->tok.kind != T_LBRACE)
		parse_next(p); /* struct foo *function(int); */
	if (!p->failed && (is_typedef || p->l->text[p->last_end - 1] != '}'))
		parse_expect(p, T_SEMI);
	else if (!p->failed)
		parse_accept(p, T_SEMI);
}

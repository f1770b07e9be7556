/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diag.h"
#include "lang-int.h"
#include "token.h"

#include <string.h>

static const struct punct {
	const char *text;
	uint8_t len;
	enum token_kind kind;
} puncts[] = {
#define PUNCT_ROW(name, text) {text, sizeof(text) - 1, T_##name},
	PUNCT_LIST(PUNCT_ROW)
#undef PUNCT_ROW
};

const char *token_text(enum token_kind kind)
{
	switch (kind) {
	case T_EOF:
		return "the end of the program";
	case T_IDENT:
		return "a name";
	case T_INT:
		return "a number";
	case T_STRING:
		return "a string";
	case T_VAR:
		return "a variable";
	case T_MAP:
		return "a map";
	case T_PARAM:
	case T_PARAM_COUNT:
		return "a positional parameter";
	case T_INCLUDE:
	case T_DEFINE:
		return "a preprocessor line";
#define PUNCT_TEXT(name, text) \
	case T_##name:         \
		return "'" text "'";
		PUNCT_LIST(PUNCT_TEXT)
#undef PUNCT_TEXT
	}
	return "?";
}

static int at(const struct lexer *x, uint32_t ahead)
{
	return ahead < x->end - x->pos
		       ? (unsigned char)x->l->text[x->pos + ahead]
		       : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(int c)
{
	return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct range range_from(const struct lexer *x, uint32_t begin)
{
	return (struct range){begin, x->pos};
}

static void skip_block_comment(struct lexer *x)
{
	uint32_t begin = x->pos;

	for (x->pos += 2; at(x, 0) >= 0; x->pos++)
		if (at(x, 0) == '*' && at(x, 1) == '/') {
			x->pos += 2;
			return;
		}
	diag_error(x->l, (struct range){begin, begin + 2},
		   "this comment does not end");
}

void lex_space(struct lexer *x)
{
	for (;;) {
		while (is_space(at(x, 0)) ||
		       (at(x, 0) == '\\' && at(x, 1) == '\n'))
			x->pos++;
		if (at(x, 0) != '/')
			return;
		if (at(x, 1) == '/')
			while (at(x, 0) >= 0 && at(x, 0) != '\n')
				x->pos++;
		else if (at(x, 1) == '*')
			skip_block_comment(x);
		else
			return;
	}
}

/* ---- numbers ---- */

static const struct {
	const char *text;
	uint64_t ns;
} units[] = {
	{"ns", 1},
	{"us", 1000},
	{"ms", 1000000},
	{"s", 1000000000},
	{"m", 60000000000},
	{"h", 3600000000000},
	{"d", 86400000000000},
};

static int digit_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool read_digits(struct lexer *x, unsigned base, uint64_t *ret)
{
	bool fits = true;
	uint64_t v = 0;

	for (;; x->pos++) {
		int c = at(x, 0);

		if (c == '_' && is_word(at(x, 1)))
			continue;
		if (c < 0 || digit_value(c) >= (int)base)
			break;
		fits &= !__builtin_mul_overflow(v, (uint64_t)base, &v) &&
			!__builtin_add_overflow(v, (uint64_t)digit_value(c),
						&v);
	}
	*ret = v;
	return fits;
}

/* 1e6: a whole number all the same. */
static bool read_exponent(struct lexer *x, uint64_t *v)
{
	bool fits = true;
	uint64_t e;

	if (at(x, 0) != 'e' || !is_digit(at(x, 1)))
		return true;
	x->pos++;
	fits = read_digits(x, 10, &e) && e < 20;
	for (; fits && e; e--)
		fits = !__builtin_mul_overflow(*v, UINT64_C(10), v);
	return fits;
}

static bool apply_suffix(const char *s, size_t n, uint64_t *v, bool *known)
{
	size_t i = 0;

	*known = true;
	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strlen(units[i].text) == n && !memcmp(units[i].text, s, n))
			return !__builtin_mul_overflow(*v, units[i].ns, v);
	for (i = 0; i < n; i++)
		if (!strchr("uUlL", s[i]))
			*known = false;
	return true;
}

static struct token lex_number(struct lexer *x)
{
	struct token t = {.kind = T_INT, .begin = x->pos};
	unsigned base = 10;
	uint32_t suffix, digits;
	bool fits, known;

	if (at(x, 0) == '0' && (at(x, 1) == 'x' || at(x, 1) == 'X')) {
		x->pos += 2;
		base = 16;
	} else if (at(x, 0) == '0' && is_digit(at(x, 1))) {
		base = 8;
	}
	digits = x->pos;
	fits = read_digits(x, base, &t.num);
	digits = x->pos - digits;
	if (base == 10)
		fits &= read_exponent(x, &t.num);
	suffix = x->pos;
	while (is_word(at(x, 0)))
		x->pos++;
	fits &= apply_suffix(x->l->text + suffix, x->pos - suffix, &t.num,
			     &known);
	t.end = x->pos;
	t.is_unsigned = t.num > INT64_MAX;
	if (!known || !digits)
		diag_error(x->l, range_from(x, t.begin),
			   "'%.*s' is not a "
			   "number",
			   (int)(x->pos - t.begin), x->l->text + t.begin);
	else if (!fits)
		diag_error(x->l, range_from(x, t.begin),
			   "the number does not fit in 64 bits");
	return t;
}

/* ---- strings ---- */

static int escape_number(struct lexer *x, unsigned base, unsigned max)
{
	int v = 0;

	for (unsigned n = 0; n < max; n++) {
		int c = at(x, 0);

		if (c < 0 || digit_value(c) >= (int)base)
			break;
		v = v * (int)base + digit_value(c);
		x->pos++;
	}
	return v & 0xff;
}

/* Behind a backslash. */
static int lex_escape(struct lexer *x)
{
	int c = at(x, 0);

	if (c >= '0' && c <= '7')
		return escape_number(x, 8, 3);
	x->pos++;
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'a':
		return '\a';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'v':
		return '\v';
	case 'e':
		return '\033';
	case '"':
	case '\\':
	case '\'':
	case '?':
		return c;
	case 'x':
		return escape_number(x, 16, 2);
	default:
		diag_error(x->l, (struct range){x->pos - 2, x->pos},
			   "there is no such escape in a string");
		return c;
	}
}

static struct token lex_string(struct lexer *x)
{
	struct token t = {.kind = T_STRING, .begin = x->pos};
	uint32_t close = x->pos + 1;
	char *s;

	while (close < x->end && x->l->text[close] != '"' &&
	       x->l->text[close] != '\n')
		close += x->l->text[close] == '\\' ? 2 : 1;
	if (close >= x->end || x->l->text[close] != '"') {
		x->pos = close < x->end ? close : x->end;
		diag_error(x->l, range_from(x, t.begin),
			   "this string does not end");
		t.str = "";
		t.end = x->pos;
		return t;
	}
	s = arena_alloc(&x->l->arena, close - x->pos + 1);
	t.str = s;
	for (x->pos++; x->pos < close;) {
		int c = at(x, 0);

		x->pos++;
		s[t.len++] = (char)(c == '\\' ? lex_escape(x) : c);
	}
	x->pos = close + 1;
	t.end = x->pos;
	return t;
}

/* ---- the rest ---- */

static struct token lex_word(struct lexer *x, enum token_kind kind)
{
	struct token t = {.kind = kind, .begin = x->pos};
	uint32_t begin;

	if (kind != T_IDENT)
		x->pos++;
	begin = x->pos;
	while (is_word(at(x, 0)))
		x->pos++;
	t.end = x->pos;
	t.len = x->pos - begin;
	t.str = arena_strndup(&x->l->arena, x->l->text + begin, t.len);
	return t;
}

static struct token lex_dollar(struct lexer *x)
{
	struct token t = {.kind = T_PARAM, .begin = x->pos};
	bool fits;

	if (at(x, 1) == '#') {
		x->pos += 2;
		t.kind = T_PARAM_COUNT;
		t.end = x->pos;
		return t;
	}
	if (!is_digit(at(x, 1)))
		return lex_word(x, T_VAR);
	x->pos++;
	fits = read_digits(x, 10, &t.num);
	if (!fits || t.num > 1000000)
		diag_error(x->l, range_from(x, t.begin),
			   "there is no such parameter");
	t.end = x->pos;
	return t;
}

/* A line that starts with #. */
static struct token lex_hash(struct lexer *x)
{
	struct token t = {.kind = T_DEFINE, .begin = x->pos};
	const char *line = x->l->text + x->pos;
	size_t n = 0, skip = 1;

	while (x->pos + n < x->end &&
	       (line[n] != '\n' || line[n - 1] == '\\'))
		n++;
	x->pos += (uint32_t)n;
	t.end = x->pos;
	while (skip < n && is_space((unsigned char)line[skip]))
		skip++;
	t.str = arena_strndup(&x->l->arena, line + skip, n - skip);
	t.len = n - skip;
	if (!strncmp(t.str, "include", 7))
		t.kind = T_INCLUDE;
	return t;
}

static bool lex_punct(struct lexer *x, struct token *t)
{
	size_t left = x->end - x->pos;

	for (size_t i = 0; i < sizeof(puncts) / sizeof(*puncts); i++) {
		const struct punct *p = &puncts[i];

		if (p->len > left ||
		    memcmp(x->l->text + x->pos, p->text, p->len))
			continue;
		*t = (struct token){.kind = p->kind,
				    .begin = x->pos,
				    .end = x->pos + p->len};
		x->pos += p->len;
		return true;
	}
	return false;
}

struct token lex(struct lexer *x)
{
	struct token t;

	for (;;) {
		int c;

		lex_space(x);
		c = at(x, 0);
		if (c < 0)
			return (struct token){T_EOF, x->end, x->end, "",
					      0,     0,	     false};
		if (is_digit(c))
			return lex_number(x);
		if (is_word(c))
			return lex_word(x, T_IDENT);
		if (c == '"')
			return lex_string(x);
		if (c == '@')
			return lex_word(x, T_MAP);
		if (c == '$')
			return lex_dollar(x);
		if (c == '#')
			return lex_hash(x);
		if (lex_punct(x, &t))
			return t;
		x->pos++;
		diag_error(x->l, range_from(x, x->pos - 1),
			   "there is no place for this character here");
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tokens and the lexer. A lexer is a small value: copy it to look ahead, copy
 * it back to return.
 */
#ifndef UPD_TOKEN_H
#define UPD_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lang;

/* Punctuation: longest first, so that the first match is the right one. */
#define PUNCT_LIST(X)        \
	X(SHL_ASSIGN, "<<=") \
	X(SHR_ASSIGN, ">>=") \
	X(ELLIPSIS, "...")   \
	X(ARROW, "->")       \
	X(INC, "++")         \
	X(DEC, "--")         \
	X(SHL, "<<")         \
	X(SHR, ">>")         \
	X(LE, "<=")          \
	X(GE, ">=")          \
	X(EQ, "==")          \
	X(NE, "!=")          \
	X(LAND, "&&")        \
	X(LOR, "||")         \
	X(ADD_ASSIGN, "+=")  \
	X(SUB_ASSIGN, "-=")  \
	X(MUL_ASSIGN, "*=")  \
	X(DIV_ASSIGN, "/=")  \
	X(MOD_ASSIGN, "%=")  \
	X(AND_ASSIGN, "&=")  \
	X(OR_ASSIGN, "|=")   \
	X(XOR_ASSIGN, "^=")  \
	X(RANGE, "..")       \
	X(ASSIGN, "=")       \
	X(LT, "<")           \
	X(GT, ">")           \
	X(ADD, "+")          \
	X(SUB, "-")          \
	X(MUL, "*")          \
	X(DIV, "/")          \
	X(MOD, "%")          \
	X(AND, "&")          \
	X(OR, "|")           \
	X(XOR, "^")          \
	X(NOT, "~")          \
	X(LNOT, "!")         \
	X(DOT, ".")          \
	X(COMMA, ",")        \
	X(SEMI, ";")         \
	X(COLON, ":")        \
	X(QUESTION, "?")     \
	X(LPAREN, "(")       \
	X(RPAREN, ")")       \
	X(LBRACE, "{")       \
	X(RBRACE, "}")       \
	X(LBRACKET, "[")     \
	X(RBRACKET, "]")

enum token_kind {
	T_EOF,
	T_IDENT,
	T_INT,
	T_STRING,
	T_VAR,	       /* $name, name without the $ */
	T_MAP,	       /* @name, name without the @ */
	T_PARAM,       /* $1: num */
	T_PARAM_COUNT, /* $# */
	T_INCLUDE,     /* str: what is included; num: 1: <...> */
	T_DEFINE,      /* #define: str: the rest of the line */
#define PUNCT_ENUM(name, text) T_##name,
	PUNCT_LIST(PUNCT_ENUM)
#undef PUNCT_ENUM
};

struct token {
	enum token_kind kind;
	uint32_t begin, end; /* in the source */
	const char *str;     /* arena-owned, NUL-terminated */
	size_t len;
	uint64_t num;
	bool is_unsigned; /* T_INT above INT64_MAX */
};

struct lexer {
	struct lang *l;
	uint32_t pos, end;
};

/* The next token. Malformed ones are reported and passed over. */
struct token lex(struct lexer *x);
/* Passes white space and comments. */
void lex_space(struct lexer *x);
/* "';'", "a string", ... */
const char *token_text(enum token_kind kind);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parser, recursive descent with one token of look-ahead (the lexer is
 * copied where more is needed). Errors are reported where they are found; the
 * parser then goes on behind the next ';' or '}'.
 */
#ifndef UPD_PARSE_H
#define UPD_PARSE_H

#include "ast.h"
#include "lang-int.h"
#include "token.h"

struct parser {
	struct lang *l;
	struct lexer lexer;
	struct token tok;  /* the current one */
	uint32_t last_end; /* of the token before */
	unsigned depth;
	bool failed;  /* in this statement: further errors are echoes */
	struct frame *frame; /* of the macro whose text this is, or NULL */
	bool in_header; /* what is no type is passed over */
	bool in_pred; /* a '/' before a '{' ends the expression */
};

/* parse.c: tools */
void parse_next(struct parser *p);
bool parse_accept(struct parser *p, enum token_kind kind);
bool parse_expect(struct parser *p, enum token_kind kind);
bool parse_is_word(const struct parser *p, const char *word);
bool parse_accept_word(struct parser *p, const char *word);
struct token parse_peek(const struct parser *p);
void parse_error(struct parser *p, struct range at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool parse_enter(struct parser *p); /* nesting; false: too deep */
void parse_leave(struct parser *p);
struct range parse_range(const struct parser *p, uint32_t begin);
/* "..." of the current token. */
const char *parse_current(struct parser *p);

int parse_program(struct lang *l, void *arg);
/* One of its texts; of a header only the declarations. */
void parse_source(struct lang *l, struct range at, bool header);
/* Only the C declarations, of a program that has been parsed before. */
void parse_declarations(struct lang *l);

/* parse-expr.c */
struct expr *parse_expr(struct parser *p);
struct expr *expr_new(struct parser *p, enum expr_kind kind, struct range at);
struct expr *expr_here(struct parser *p, enum expr_kind kind);
/* e has this child: its tree is that much deeper. */
void expr_deepen(struct parser *p, struct expr *e, const struct expr *child);

/* parse-primary.c */
struct expr *parse_primary(struct parser *p);
/* { STATEMENTS; VALUE } */
struct expr *parse_block_expr(struct parser *p);
/* A variable's name, as the current token has it. */
const char *parse_var_name(struct parser *p);

/* param.c: $1 and $# */
struct expr *parse_param(struct parser *p);
/* str($1 + 2): its text from the third character on. */
void param_offset(struct expr *str);

/* macro.c */
void parse_macro(struct parser *p);
/* Names in a macro: what a parameter stands for (NULL: no parameter). */
struct expr *macro_param(struct parser *p);
const char *macro_var(struct parser *p, const char *name);
const char *macro_map(struct parser *p, const char *name, struct range at);
/* A name or call: it may be a macro's that is defined further down. */
void macro_note(struct parser *p, struct expr *e);
/* Puts the macros' text in place of their names. */
void macros_expand(struct lang *l);

/* parse-stmt.c: { ... } */
struct block *parse_block(struct parser *p);

/* parse-type.c: NULL: there is no type name here (nothing is consumed). */
struct type_name *parse_type_name(struct parser *p);
bool parse_at_cast(struct parser *p);
/* struct, union, enum, typedef, #define at top level */
void parse_declaration(struct parser *p);
void parse_define(struct parser *p);

/* spec.c: attach points up to the predicate or the body */
void parse_specs(struct parser *p, struct probe *probe, unsigned index);

/* cdecl.c: the script's own C types */
const struct cdecl_name *cdecl_find(const struct lang *l, const char *name);
void cdecl_add(struct lang *l, const char *name, const struct ctype *type);
void cdecl_add_constant(struct lang *l, const char *name, int64_t value);
struct cdecl_name *cdecl_new(struct lang *l, const char *name);
/* p, or the end of it all where that is NULL. */
void *cdecl_need(struct lang *l, void *p);
/* "int", "unsigned long", "uint8_t" ...; NULL: not a basic type. */
const struct ctype *cdecl_basic(struct lang *l, const char *name);

#endif

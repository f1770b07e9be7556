/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The syntax tree. Made by the parser, given types by the checker, read by the
 * generator. Nodes live in the script's arena.
 */
#ifndef UPD_AST_H
#define UPD_AST_H

#include "ctype.h"
#include "diag.h"
#include "token.h"
#include "vtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct expr;
struct stmt;
struct block;
struct builtin;
struct call_def;
struct frame;

/* A type as written: "struct foo *", "uint8[4]", "string[64]". */
struct type_name {
	struct range at;
	const char *name; /* "struct foo", "int", "uint64", "string" ... */
	unsigned pointers;
	bool has_count;
	uint64_t count;	      /* of an array or a string */
	struct expr *typeof_; /* typeof(EXPR) */
};

enum expr_kind {
	E_INT,	    /* num */
	E_STRING,   /* name, len */
	E_BOOL,	    /* num */
	E_VAR,	    /* name -> var */
	E_MAP,	    /* name -> map; args: keys */
	E_NAME,	    /* name: builtin, enumerator or constant */
	E_CALL,	    /* name, args */
	E_UNARY,    /* op: SUB LNOT NOT MUL (deref) AND (address of) */
	E_INCDEC,   /* op: INC DEC; is_prefix */
	E_BINARY,   /* op: arithmetic, comparison, LAND, LOR */
	E_TERNARY,  /* a ? b : c; b NULL: a ?: c */
	E_CAST,	    /* tname, a */
	E_FIELD,    /* a . name (-> is the same) */
	E_INDEX,    /* a [ b ] */
	E_TUPLE,    /* args */
	E_RECORD,   /* args, names */
	E_ELEMENT,  /* a . num */
	E_SIZEOF,   /* a or tname */
	E_OFFSETOF, /* tname or a, name */
	E_BLOCK,    /* body; its value is a */
	E_IF,	    /* a: condition; b, c: blocks */
};

struct expr {
	enum expr_kind kind;
	enum token_kind op;
	struct range at;
	struct expr *a, *b, *c;
	struct expr **args;
	size_t nargs;
	const char *name;
	size_t len;
	uint64_t num;
	const char **names; /* E_RECORD */
	struct type_name *tname;
	struct block *body;
	bool is_prefix, has_keys, was_call;
	bool is_stmt; /* E_IF: as a block's last statement, maybe no value */
	struct frame *frame; /* E_NAME, E_CALL: the macro it stands in */
	unsigned depth; /* of the tree below */

	/* The checker's. */
	const struct vtype *type;
	struct var *var;
	struct map *map;
	const struct builtin *builtin;
	const struct call_def *call;
	const struct cfield *field; /* E_FIELD of a C type */
	uint64_t offset;	    /* of the field */
	int action;		    /* of calls that make events */
	bool is_literal;	    /* a number without a sign of its own */
	bool is_discarded;	    /* a statement: needs no value */
	bool is_assigned;	    /* to a map: may be an aggregation */
};

enum stmt_kind {
	S_DISCARD,   /* _ = e */
	S_EXPR,	     /* e */
	S_ASSIGN,    /* e op= value */
	S_LET,	     /* e: E_VAR; tname or NULL; value or NULL */
	S_IF,	     /* e, body, orelse */
	S_WHILE,     /* e, body */
	S_UNROLL,    /* e, body */
	S_FOR_MAP,   /* e: E_VAR, value: E_MAP, body */
	S_FOR_RANGE, /* e: E_VAR, value .. limit, body */
	S_RETURN,    /* value or NULL */
	S_BREAK,
	S_CONTINUE,
	S_BLOCK, /* body */
};

struct stmt {
	enum stmt_kind kind;
	enum token_kind op; /* S_ASSIGN: T_ASSIGN, T_ADD_ASSIGN ... */
	struct range at;
	struct expr *e, *value, *limit;
	struct type_name *tname;
	struct block *body, *orelse;
};

struct block {
	struct stmt **stmts;
	size_t nstmts;
	struct range at;
	/* The checker's: variables declared here. */
	struct block *parent;
	struct var *vars;
};

struct var {
	struct var *next;
	const char *name;
	struct range at;
	const struct vtype *type; /* NULL: not known yet */
	/* let $x : type; as it is stored, and as declared */
	const struct vtype *fixed, *declared;
	struct block *scope;
	bool literal; /* assigned nothing but plain numbers */
	bool assigned;
	bool needs_init; /* may be read before it is set */
	bool in_loop;	 /* loop variable: cannot be assigned */
	/* The generator's. */
	bool in_scratch, placed;
	int offset;
};

/* A map, with what its uses say of its types. */
struct map {
	const char *name; /* with the @ */
	struct range at;  /* first use */
	int index;	  /* among the program's maps */
	bool keyed, scalar;
	bool literal, key_literal;
	const struct vtype *key, *value; /* key NULL for scalars */
	const char *kind;		 /* let @m = KIND(N) */
	uint64_t max_entries;
};

struct probe {
	struct range at; /* of its attach points */
	struct expr *pred;
	struct block *body;
	size_t first_spec, nspecs;
	struct var **vars; /* of every block */
	size_t nvars;
	bool needs_scratch;
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Macros: macro NAME(PARAMETERS) { ... }, whose text is read anew for each
 * use, with what its parameters stand for; and #define NAME(PARAMETERS) TEXT.
 *
 * A parameter `x` stands for any expression, read anew wherever it is named;
 * $x for a variable and @x for a map of the caller's. Other variables of a
 * macro are its own, different ones in each use; other maps it cannot name.
 * Of a #define none of this holds: it sees what its user sees.
 *
 * A macro may be defined behind its use. So the parser only notes names that
 * may be one, and they are replaced when the whole program has been read.
 */
#include "macro.h"
#include "parse.h"

#include <string.h>

enum {
	PARAMS_MAX = 64,
	FRAMES_MAX = 16,	  /* macros within macros */
	HEIGHT_MAX = 1000,	  /* of the tree, at a use */
	EXPANDED_MAX = 256 << 10, /* bytes read over and over */
};

struct macro_param {
	enum token_kind kind; /* T_IDENT, T_VAR, T_MAP */
	const char *name;
};

struct macro {
	struct macro *next;
	const char *name;
	struct range body;
	struct macro_param *params;
	size_t nparams;
	bool is_define, has_parens;
};

/* One use of a macro. args is NULL while the definition itself is read. */
struct frame {
	const struct macro *macro;
	struct expr **args;
	struct frame *caller; /* in which the arguments are read */
	unsigned id, depth;
};

static const struct macro *find(const struct lang *l, const char *name)
{
	for (const struct macro *m = l->macros; m; m = m->next)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

bool macro_is_defined(const struct lang *l, const char *name)
{
	return find(l, name);
}

void macro_undefine(struct lang *l, const char *name)
{
	for (struct macro **m = &l->macros; *m; m = &(*m)->next)
		if ((*m)->is_define && !strcmp((*m)->name, name)) {
			*m = (*m)->next;
			return;
		}
}

/* ---- names within a macro ---- */

static int param_index(const struct macro *m, enum token_kind kind,
		       const char *name)
{
	for (size_t i = 0; i < m->nparams; i++)
		if (m->params[i].kind == kind &&
		    !strcmp(m->params[i].name, name))
			return (int)i;
	return -1;
}

/* Reads a piece of the source again, as it stands in `frame`. */
static struct parser reader(struct lang *l, struct range at,
			    struct frame *frame, unsigned depth)
{
	struct parser p = {.l = l,
			   .lexer = {.l = l, .pos = at.begin, .end = at.end},
			   .frame = frame,
			   .depth = depth};

	l->expanded += at.end - at.begin;
	parse_next(&p);
	return p;
}

static bool is_too_long(struct parser *p, struct range at)
{
	if (p->l->expanded <= EXPANDED_MAX)
		return false;
	if (!p->l->macros_too_long) /* said once */
		parse_error(p, at,
			    "the macros make more than %d bytes of program",
			    EXPANDED_MAX);
	p->failed = p->l->macros_too_long = true;
	return true;
}

struct expr *macro_param(struct parser *p)
{
	struct frame *f = p->frame;
	struct range at = {p->tok.begin, p->tok.end};
	struct parser arg;
	struct expr *e;
	int i;

	if (!f || (i = param_index(f->macro, T_IDENT, p->tok.str)) < 0)
		return NULL;
	if (!f->args || is_too_long(p, at)) {
		e = expr_here(p, E_VAR); /* anything */
		e->name = p->tok.str;
		parse_next(p);
		return e;
	}
	arg = reader(p->l, f->args[i]->at, f->caller, p->depth);
	e = parse_expr(&arg);
	e->at = at;
	p->failed |= arg.failed;
	parse_next(p);
	return e;
}

/* Where a name is looked up: #define has no names of its own. */
static struct frame *scope_of(struct parser *p)
{
	struct frame *f = p->frame;

	while (f && f->macro->is_define)
		f = f->caller;
	return f;
}

const char *macro_var(struct parser *p, const char *name)
{
	struct frame *f = scope_of(p);
	int i;

	if (!f || p->tok.kind != T_VAR || !*name)
		return name;
	i = param_index(f->macro, T_VAR, name);
	if (i >= 0)
		return f->args ? f->args[i]->name : name;
	return arena_printf(&p->l->arena, "%s (%s %u)", name, f->macro->name,
			    f->id);
}

const char *macro_map(struct parser *p, const char *name, struct range at)
{
	struct frame *f = scope_of(p);
	int i;

	name = arena_printf(&p->l->arena, "@%s", name);
	if (!f)
		return name;
	i = param_index(f->macro, T_MAP, name + 1);
	if (i >= 0)
		return f->args ? f->args[i]->name : name;
	if (!f->args) {
		parse_error(p, at, "%s is no parameter of the macro %s", name,
			    f->macro->name);
		diag_hint(p->l,
			  "a macro sees the maps that it is given: "
			  "macro %s(%s)",
			  f->macro->name, name);
	}
	return name;
}

/* ---- definitions ---- */

static bool parse_params(struct parser *p, struct macro *m)
{
	struct macro_param *param;
	enum token_kind kind;

	while (p->tok.kind != T_RPAREN) {
		kind = p->tok.kind;
		if (kind != T_IDENT && kind != T_VAR && kind != T_MAP)
			return parse_expect(p, T_IDENT);
		if (param_index(m, kind, p->tok.str) >= 0 ||
		    m->nparams >= PARAMS_MAX) {
			parse_error(p, (struct range){p->tok.begin, p->tok.end},
				    "one parameter too many");
			return false;
		}
		param = arena_push(&p->l->arena, &m->params, &m->nparams,
				   sizeof(*param));
		*param = (struct macro_param){kind, p->tok.str};
		parse_next(p);
		if (!parse_accept(p, T_COMMA))
			break;
	}
	return parse_expect(p, T_RPAREN);
}

static struct macro *new_macro(struct parser *p, const char *name)
{
	struct macro *m = arena_alloc(&p->l->arena, sizeof(*m));

	m->name = name;
	return m;
}

static void define(struct parser *p, struct macro *m, struct range at)
{
	if (find(p->l, m->name)) {
		diag_error(p->l, at, "%s is defined already", m->name);
		return;
	}
	m->next = p->l->macros;
	p->l->macros = m;
}

/* macro NAME(PARAMETERS) { ... }: read once for its errors alone. */
void parse_macro(struct parser *p)
{
	struct range at = {p->tok.begin, p->tok.end};
	size_t nuses = p->l->nuses;
	struct frame frame = {0};
	struct macro *m;

	parse_next(p);
	at = (struct range){p->tok.begin, p->tok.end};
	m = new_macro(p, p->tok.str);
	if (!parse_expect(p, T_IDENT) || !parse_expect(p, T_LPAREN) ||
	    !parse_params(p, m))
		return;
	m->has_parens = true;
	frame.macro = m;
	p->frame = &frame;
	m->body.begin = p->tok.begin;
	parse_block_expr(p);
	m->body.end = p->last_end;
	p->frame = NULL;
	p->l->nuses = nuses;
	if (!p->failed)
		define(p, m, at);
}

void macro_define(struct parser *p, struct parser *line, const char *name,
		  struct range at)
{
	struct macro *m = new_macro(p, name);

	m->is_define = true;
	/* A parenthesis that touches the name begins parameters. */
	if (line->tok.kind == T_LPAREN && line->tok.begin == line->last_end) {
		m->has_parens = true;
		parse_next(line);
		if (!parse_params(line, m))
			return;
	}
	m->body = (struct range){line->tok.begin, line->lexer.end};
	macro_undefine(p->l, name);
	define(p, m, at);
}

/* ---- uses ---- */

void macro_note(struct parser *p, struct expr *e)
{
	struct macro_use *use;

	e->frame = p->frame;
	use = arena_push(&p->l->arena, &p->l->uses, &p->l->nuses, sizeof(*use));
	*use = (struct macro_use){e, p->depth, 0};
}

static const char *const param_kinds[] = {
	[T_VAR] = "a variable", [T_MAP] = "a map without a key"};

static bool args_fit(struct lang *l, const struct macro *m,
		     const struct expr *e)
{
	if (e->nargs != m->nparams) {
		diag_error(l, e->at, "%s() takes %zu argument%s, not %zu",
			   m->name, m->nparams, m->nparams == 1 ? "" : "s",
			   e->nargs);
		return false;
	}
	for (size_t i = 0; i < m->nparams; i++) {
		enum token_kind kind = m->params[i].kind;
		const struct expr *a = e->args[i];

		if (kind == T_IDENT || (kind == T_VAR && a->kind == E_VAR) ||
		    (kind == T_MAP && a->kind == E_MAP && !a->has_keys))
			continue;
		diag_error(l, a->at, "%s() expects %s here", m->name,
			   param_kinds[kind]);
		return false;
	}
	return true;
}

static struct frame *enter(struct lang *l, const struct macro *m,
			   const struct expr *e)
{
	struct frame *f;

	for (f = e->frame; f; f = f->caller)
		if (f->macro == m) {
			diag_error(l, e->at, "the macro %s uses itself",
				   m->name);
			return NULL;
		}
	if (e->frame && e->frame->depth >= FRAMES_MAX) {
		diag_error(l, e->at, "macros are nested too deep");
		return NULL;
	}
	f = arena_alloc(&l->arena, sizeof(*f));
	f->macro = m;
	f->args = arena_alloc(&l->arena, (e->nargs + 1) * sizeof(*f->args));
	for (size_t i = 0; i < e->nargs; i++)
		f->args[i] = e->args[i];
	f->caller = e->frame;
	f->depth = e->frame ? e->frame->depth + 1 : 1;
	f->id = ++l->nexpansions;
	return f;
}

/* The arguments as they were first read: they are read anew. */
static void forget_args(struct lang *l, const struct expr *e)
{
	for (; l->nuses; l->nuses--) {
		const struct expr *a = l->uses[l->nuses - 1].e;

		if (a->frame != e->frame || a->at.begin < e->at.begin ||
		    a->at.end > e->at.end)
			return;
	}
}

static void expand(struct lang *l, const struct macro *m,
		   const struct macro_use *use)
{
	struct expr *e = use->e, *new;
	struct range at = e->at;
	unsigned nerrors = l->nerrors;
	size_t nuses;
	struct frame *f;
	struct parser p;

	forget_args(l, e);
	nuses = l->nuses;
	if (!args_fit(l, m, e) || !(f = enter(l, m, e)))
		return;
	if (use->height > HEIGHT_MAX) {
		diag_error(l, at, "nested too deep");
		return;
	}
	p = reader(l, m->body, f, use->depth);
	if (is_too_long(&p, at))
		return;
	new = m->is_define ? parse_expr(&p) : parse_block_expr(&p);
	if (l->nerrors != nerrors || p.failed) {
		l->nuses = nuses; /* no echoes */
		return;
	}
	if (p.tok.kind != T_EOF) {
		diag_error(l, at, "%s is not defined as a value", m->name);
		return;
	}
	for (size_t i = nuses; i < l->nuses; i++)
		l->uses[i].height = use->height + new->depth + 1;
	*e = *new;
	e->at = at;
}

/* Calls come behind their arguments in the list, so it is gone through from
 * its end. */
void macros_expand(struct lang *l)
{
	while (l->nuses && l->nerrors < DIAG_ERRORS_MAX &&
	       !l->macros_too_long) {
		struct macro_use use = l->uses[--l->nuses];
		const struct macro *m = find(l, use.e->name);

		if (m && (use.e->was_call || !m->nparams))
			expand(l, m, &use);
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Builtins about the probe that was hit: where it is, its arguments, the
 * stack.
 */
#include "builtin-int.h"
#include "config-int.h"

#include <stdlib.h>
#include <string.h>

enum { STACK_FRAMES_DEFAULT = 127, STACK_FRAMES_MAX = 1024 };

/* ---- arguments ---- */

/* Numbers are int64, whatever their size, but for those of floating point. */
static const struct vtype *usdt_type(struct check *c, int n)
{
	const struct ctype *type = NULL;
	struct err err = {0};
	struct loc loc;
	int argc;

	if (!c->point || !c->env->usdt_arg ||
	    c->env->usdt_arg(c->env->ctx, c->point->pt.cookie, n, &type, &loc,
			     &argc, &err) ||
	    type->kind != CTYPE_FLOAT)
		return &vt_i64;
	return vt_of_ctype(c->l, type);
}

const struct vtype *check_arg(struct check *c, struct expr *e)
{
	const struct lang_abi *abi = c->point ? c->point->pt.abi : NULL;
	unsigned long n = strtoul(e->name + 3, NULL, 10);

	e->num = n;
	if (c->kind == LANG_USDT)
		return usdt_type(c, (int)n);
	if (c->kind != LANG_UPROBE) {
		check_error(c, e->at,
			    "%s is known where a function begins: "
			    "in a uprobe or usdt probe",
			    e->name);
		if (c->kind == LANG_URETPROBE)
			check_hint(c,
				   "keep it: in the uprobe, "
				   "@%s[tid] = %s",
				   e->name, e->name);
		return &vt_none;
	}
	if (abi && n >= abi->nargs && !abi->stack_args) {
		check_error(c, e->at,
			    "there are arguments arg0 to arg%zu in "
			    "registers",
			    abi->nargs - 1);
		check_hint(c, "the stack can be read: *(reg(\"sp\") + %lu)",
			   8 * (n - abi->nargs + 1));
		return &vt_none;
	}
	return &vt_i64;
}

void gen_arg(struct gen *g, struct expr *e, const struct place *to)
{
	const struct lang_abi *abi = g->abi;
	unsigned n = (unsigned)e->num;

	if (gen_kind(g) == LANG_USDT) {
		gen_usdt_arg(g, e, (int)n, to);
	} else if (!abi) {
		bpf_mov_imm(&g->b, BPF_R0, 0);
	} else if (n < abi->nargs) {
		gen_reg(g, BPF_R0, abi->args[n]);
		gen_extend(g, abi->args[n].size, true);
	} else {
		gen_reg(g, BPF_R0, abi->sp);
		bpf_alu64_imm(&g->b, BPF_OP_ADD, BPF_R0,
			      abi->stack_args +
				      (int)(n - abi->nargs) * abi->word_size);
		gen_read_user(g, abi->word_size, true);
	}
}

const struct vtype *check_args(struct check *c, struct expr *e)
{
	struct vtype *t = arena_alloc(&c->l->arena, sizeof(*t));
	struct err err = {0};

	t->kind = V_STRUCT;
	if (c->kind != LANG_UPROBE && c->kind != LANG_SYSCALL_ENTER &&
	    c->kind != LANG_SYSCALL_EXIT) {
		check_error(c, e->at,
			    "args are known where a function begins,"
			    " in a uprobe, and in tracepoints");
		return &vt_none;
	}
	if (!c->point)
		return t;
	if (!c->env->args ||
	    c->env->args(c->env->ctx, c->point->pt.cookie, &t->c, &err)) {
		check_error(c, e->at, "%s: its parameters are not known: %s",
			    c->point->pt.probe_text, err.text);
		check_hint(c, "arg0, arg1 ... need no debug information");
		return &vt_none;
	}
	t->size = (uint32_t)t->c->size;
	if (t->c->size <= LANG_VALUE_MAX)
		return t;
	check_error(c, e->at, "the parameters are larger than %d bytes",
		    LANG_VALUE_MAX);
	return &vt_none;
}

/* Whether a parameter lies in the struct of all where another point has it. */
static bool same_params(const struct ctype *a, const struct ctype *b)
{
	if (a == b)
		return true;
	if (a->size != b->size || a->nfields != b->nfields)
		return false;
	for (size_t i = 0; i < a->nfields; i++)
		if (a->fields[i].offset != b->fields[i].offset ||
		    a->fields[i].type->size != b->fields[i].type->size)
			return false;
	return true;
}

/* All parameters, as the struct that check_args made of them. */
void gen_args(struct gen *g, struct expr *e, const struct place *to)
{
	const struct ctype *here = NULL, *args = e->type->c;
	struct err err = {0};

	gen_zero(g, *to, vt_slot(e->type));
	if (!g->pt)
		return;
	if (!g->env->args ||
	    g->env->args(g->env->ctx, g->pt->pt.cookie, &here, &err))
		gen_fail(g, e->at, "%s: its parameters are not known: %s",
			 g->pt->pt.probe_text, err.text);
	if (!same_params(here, args))
		gen_fail(g, e->at,
			 "%s has other parameters than the probe's first "
			 "function: name one, args.NAME",
			 g->pt->pt.probe_text);
	for (size_t i = 0; i < here->nfields; i++)
		gen_param(g, e, &here->fields[i],
			  place_at(*to, (int)here->fields[i].offset));
}

const struct vtype *check_retval(struct check *c, struct expr *e)
{
	const struct ctype *type = NULL;
	const struct vtype *t;
	struct loc loc = {.kind = LOC_IN_VALUE};

	if (c->kind != LANG_URETPROBE) {
		check_error(c, e->at, "retval is known in a uretprobe only");
		return &vt_none;
	}
	if (c->point && c->env->ret)
		type = c->env->ret(c->env->ctx, c->point->pt.cookie, &loc);
	/* The register of numbers has what it happens to hold. */
	if (type && (type->kind == CTYPE_FLOAT || type->kind == CTYPE_ARRAY)) {
		t = vt_of_ctype(c->l, type);
		if (loc.kind == LOC_IN_VECTOR && t->kind != V_NONE)
			return t;
		check_error(c, e->at,
			    "the function returns %s, of which upd makes "
			    "nothing yet",
			    vt_ctype_text(c->l, type));
		return &vt_none;
	}
	/* A pointer can be followed; numbers stay what they always were. */
	if (type && type->kind == CTYPE_PTR)
		return vt_ptr(c->l, type->to);
	return &vt_u64;
}

void gen_retval(struct gen *g, struct expr *e, const struct place *to)
{
	if (!vt_is_scalar(e->type))
		gen_retval_bytes(g, e, *to);
	else if (!g->abi)
		bpf_mov_imm(&g->b, BPF_R0, 0);
	else if (!gen_retval_number(g, e))
		gen_reg(g, BPF_R0, g->abi->retval);
}

/* ---- where ---- */

/* Each attach point has its own text: there must be room for the longest. */
static const struct vtype *point_string(struct check *c, bool func)
{
	const struct probe *p = c->probe;
	size_t max = 63, n;

	for (size_t i = 0; i < c->l->npoints; i++) {
		const struct point *pt = &c->l->points[i];
		const char *text = func ? pt->pt.func : pt->pt.probe_text;

		if (pt->spec < p->first_spec ||
		    pt->spec >= p->first_spec + p->nspecs || !text)
			continue;
		n = strlen(text);
		max = n > max && n < 4096 ? n : max;
	}
	return vt_string(c->l, (uint32_t)(max + 8) & ~7u);
}

const struct vtype *check_func(struct check *c, struct expr *e)
{
	(void)c, (void)e;
	return point_string(c, true);
}

const struct vtype *check_probe_text(struct check *c, struct expr *e)
{
	(void)c, (void)e;
	return point_string(c, false);
}

static void constant_string(struct gen *g, const struct expr *e, const char *s,
			    struct place to)
{
	size_t n = strlen(s ? s : "");

	if (n >= e->type->size)
		n = e->type->size - 1;
	gen_bytes(g, to, s, (uint32_t)n, vt_slot(e->type));
}

void gen_func(struct gen *g, struct expr *e, const struct place *to)
{
	constant_string(g, e, g->pt ? g->pt->pt.func : "", *to);
}

void gen_probe(struct gen *g, struct expr *e, const struct place *to)
{
	constant_string(g, e, g->pt ? g->pt->pt.probe_text : "", *to);
}

static const char *const kind_names[] = {
	[LANG_BEGIN] = "special",
	[LANG_END] = "special",
	[LANG_UPROBE] = "uprobe",
	[LANG_URETPROBE] = "uretprobe",
	[LANG_USDT] = "usdt",
	[LANG_INTERVAL] = "interval",
	[LANG_PROFILE] = "profile",
	[LANG_WATCHPOINT] = "watchpoint",
	[LANG_SIGNAL] = "self",
	[LANG_SYSCALL_ENTER] = "tracepoint",
	[LANG_SYSCALL_EXIT] = "tracepoint",
};

const struct vtype *check_probetype(struct check *c, struct expr *e)
{
	(void)c, (void)e;
	return vt_string(c->l, 16);
}

void gen_probetype(struct gen *g, struct expr *e, const struct place *to)
{
	constant_string(g, e, kind_names[gen_kind(g)], *to);
}

/* ustack, ustack(MODE), ustack(LIMIT), ustack(MODE, LIMIT) */
const struct vtype *check_ustack(struct check *c, struct expr *e)
{
	int mode = (int)c->l->config.stack_mode, found;
	int64_t limit = STACK_FRAMES_DEFAULT;

	if (e->nargs > 2) {
		check_error(c, e->at, "ustack(MODE, LIMIT)");
		return &vt_none;
	}
	for (size_t i = 0; i < e->nargs; i++) {
		struct expr *a = e->args[i];

		found = a->kind == E_NAME ? config_stack_mode(a->name) : -1;
		if (found >= 0)
			mode = found;
		else if (a->kind == E_NAME)
			check_error(c, a->at,
				    "a stack's mode is bpftrace, "
				    "perf, raw or build_id");
		else if (!check_constant(c, a, &limit))
			return &vt_none;
	}
	if (limit < 1 || limit > STACK_FRAMES_MAX) {
		check_error(c, e->at, "a stack has 1 to %d frames",
			    STACK_FRAMES_MAX);
		return &vt_none;
	}
	c->l->uses_stack = true;
	if (limit > c->l->stack_limit)
		c->l->stack_limit = (unsigned)limit;
	return vt_stack(c->l, (enum v_stack_mode)mode, (unsigned)limit);
}

void gen_ustack(struct gen *g, struct expr *e, const struct place *to)
{
	enum { USER_STACK = 256 }; /* BPF_F_USER_STACK */
	bool is_return = gen_kind(g) == LANG_URETPROBE;

	(void)e;
	gen_ctx(g, BPF_R1);
	gen_load_map(g, BPF_R2, g->l->stack_map);
	bpf_mov_imm(&g->b, BPF_R3, USER_STACK);
	bpf_call(&g->b, BPF_HELPER_get_stackid);
	gen_store(g, *to, BPF_R0);
	gen_warn_unless(g, BPF_OP_JNE, -7 /* E2BIG */, "get_stackid",
			"there is no room for another stack");
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
	bpf_store(&g->b, 4, to->reg, to->off + 8, BPF_R0);
	bpf_store_imm(&g->b, 4, to->reg, to->off + 12, is_return);
}

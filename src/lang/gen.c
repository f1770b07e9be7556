/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A probe's action as one program: what stands around it, and the entry
 * points.
 */
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GEN_FAILED = 2 }; /* what its longjmp says */

void gen_fail(struct gen *g, struct range at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(g->l, at, "%s", text);
	err_set(g->l->err, ERR_SYNTAX, "%s", text);
	longjmp(g->l->arena.fail, GEN_FAILED);
}

enum lang_probe_kind gen_kind(const struct gen *g)
{
	return g->l->specs[g->pt ? g->pt->spec : g->probe->first_spec].kind;
}

void gen_load_map(struct gen *g, int reg, int index)
{
	bpf_load_map(&g->b, reg, (unsigned)index);
}

/* ---- variables ---- */

static void place_vars(struct gen *g)
{
	size_t on_stack = 0;

	for (size_t i = 0; i < g->probe->nvars; i++) {
		struct var *v = g->probe->vars[i];
		struct place p;

		if (!v->type)
			continue;
		v->in_scratch =
			!vt_is_scalar(v->type) || on_stack >= GEN_STACK_VARS;
		if (v->in_scratch) {
			p = gen_scratch(g, vt_slot(v->type));
		} else {
			p = gen_temp(g, 8);
			on_stack++;
		}
		v->offset = p.off;
	}
}

static void init_vars(struct gen *g)
{
	for (size_t i = 0; i < g->probe->nvars; i++) {
		const struct var *v = g->probe->vars[i];

		if (v->type && v->needs_init)
			gen_zero(g, gen_var_place(g, v), vt_slot(v->type));
	}
}

struct place gen_var_place(struct gen *g, const struct var *v)
{
	return (struct place){v->in_scratch ? GEN_SCRATCH : g->base, v->offset};
}

/* ---- around the action ---- */

static void load_scratch(struct gen *g, bpf_label none)
{
	struct gen_mark m = gen_mark(g);
	struct place key = gen_temp(g, 8);

	bpf_store_imm(&g->b, 4, key.reg, key.off, 0);
	gen_load_map(g, BPF_R1, g->l->scratch_map);
	gen_lea(g, BPF_R2, key);
	bpf_call(&g->b, BPF_HELPER_map_lookup_elem);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	bpf_mov_reg(&g->b, GEN_SCRATCH, BPF_R0);
	gen_release(g, m);
}

static void action(struct gen *g)
{
	bpf_mov_reg(&g->b, GEN_CTX, BPF_R1);
	if (g->ctx_slot) /* for callbacks */
		bpf_store(&g->b, 8, BPF_FP, g->ctx_slot, GEN_CTX);
	if (g->return_slot)
		bpf_store_imm(&g->b, 8, BPF_FP, g->return_slot, 0);
	if (g->probe->needs_scratch)
		load_scratch(g, g->exit);
	init_vars(g);
	if (g->probe->pred)
		gen_branch(g, g->probe->pred, false, g->exit);
	gen_block(g, g->probe->body);
	bpf_label_here(&g->b, g->exit);
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_exit(&g->b);
	gen_callbacks(g);
}

static bool block_loops(const struct block *b);

static bool expr_loops(const struct expr *e)
{
	if (!e)
		return false;
	if (e->body && block_loops(e->body))
		return true;
	for (size_t i = 0; i < e->nargs; i++)
		if (expr_loops(e->args[i]))
			return true;
	return expr_loops(e->a) || expr_loops(e->b) || expr_loops(e->c);
}

static bool block_loops(const struct block *b)
{
	for (size_t i = 0; b && i < b->nstmts; i++) {
		const struct stmt *s = b->stmts[i];

		if (s->kind == S_WHILE || s->kind == S_FOR_MAP ||
		    s->kind == S_FOR_RANGE || block_loops(s->body) ||
		    block_loops(s->orelse) || expr_loops(s->e) ||
		    expr_loops(s->value))
			return true;
	}
	return false;
}

static void run(struct gen *g)
{
	g->base = BPF_FP;
	g->last = &g->first;
	g->exit = bpf_label_new(&g->b);
	if (block_loops(g->probe->body) || expr_loops(g->probe->pred)) {
		g->ctx_slot = gen_temp(g, 8).off;
		g->return_slot = gen_temp(g, 8).off;
	}
	place_vars(g);
	action(g);
}

static int run_guarded(struct gen *g)
{
	switch (setjmp(g->l->arena.fail)) {
	case 0:
		run(g);
		return 0;
	case GEN_FAILED:
		return ERR_SYNTAX;
	default:
		return err_set(g->l->err, ERR_NOMEM, "out of memory");
	}
}

/* Into g->b, which is the caller's only on success. */
static int generate(struct gen *g)
{
	jmp_buf outer;
	int rc;

	memcpy(&outer, &g->l->arena.fail, sizeof(outer));
	bpf_build_init(&g->b);
	rc = run_guarded(g);
	if (rc)
		bpf_build_release(&g->b);
	memcpy(&g->l->arena.fail, &outer, sizeof(outer));
	return rc;
}

static struct gen gen_init(struct lang *l, struct probe *p,
			   const struct point *pt)
{
	return (struct gen){.l = l,
			    .env = l->env,
			    .probe = p,
			    .pt = pt,
			    .abi = pt ? pt->pt.abi : NULL,
			    .point_id = pt ? (unsigned)(pt - l->points) : 0};
}

int gen_measure(struct lang *l, struct probe *p, const struct point *pt)
{
	struct gen g = gen_init(l, p, pt);
	int rc = generate(&g);

	if (rc)
		return rc;
	bpf_build_release(&g.b);
	p->needs_scratch = g.uses_scratch;
	if (g.scratch_max > l->scratch_size)
		l->scratch_size = g.scratch_max;
	return 0;
}

static int finish(struct gen *g, struct bpf_prog *ret, struct err *err)
{
	int rc;

	bpf_build_prune(&g->b);
	rc = bpf_build_end(&g->b, ret, err);
	bpf_build_release(&g->b);
	if (rc)
		return rc;
	if (ret->ninsns > BPF_INSNS_MAX) {
		bpf_prog_release(ret);
		return err_set(err, ERR_LIMIT, "%s: the action is too large",
			       g->l->specs[g->probe->first_spec].text);
	}
	return 0;
}

int lang_generate(struct lang *l, unsigned point, struct bpf_prog *ret,
		  struct buf *diag, struct err *err)
{
	const struct point *pt;
	struct gen g;
	int rc;

	if (!l->checked || point >= l->npoints)
		return err_set(err, ERR_INVAL, "there is no attach point %u",
			       point);
	pt = &l->points[point];
	l->diag = diag;
	l->err = err;
	l->nerrors = 0;
	g = gen_init(l, l->probes[l->specs[pt->spec].probe], pt);
	rc = generate(&g);
	if (rc)
		return rc;
	if (g.uses_scratch &&
	    (!g.probe->needs_scratch || g.scratch_max > l->scratch_size)) {
		bpf_build_release(&g.b);
		return err_set(err, ERR_INTERNAL,
			       "%s needs more memory than "
			       "its probe's first attach point",
			       pt->pt.probe_text);
	}
	return finish(&g, ret, err);
}

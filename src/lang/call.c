/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions that print or are about maps, and the table of all. Those
 * that make values are in call-value.c.
 */
#include "call.h"
#include "call-value.h"
#include "check-printf.h"
#include "gen.h"

#include <string.h>

#define CHECK(name) \
	static const struct vtype *name(struct check *c, struct expr *e)
#define GEN(name) \
	static void name(struct gen *g, struct expr *e, const struct place *to)
#define UNUSED_CHECK ((void)c, (void)e)
#define UNUSED_GEN   ((void)g, (void)e, (void)to)

/* ---- printing ---- */

static const struct vtype *printing(struct check *c, struct expr *e,
				    enum lang_action_kind kind)
{
	if (check_format(c, e))
		check_action(c, e, kind, e->args[0]->name, e->args + 1,
			     e->nargs - 1);
	return &vt_none;
}

CHECK(check_printf)
{
	return printing(c, e, LANG_ACT_PRINTF);
}

CHECK(check_errorf)
{
	return printing(c, e, LANG_ACT_ERROR);
}

CHECK(check_warnf)
{
	return printing(c, e, LANG_ACT_WARN);
}

CHECK(check_cat)
{
	return printing(c, e, LANG_ACT_CAT);
}

CHECK(check_system)
{
	return printing(c, e, LANG_ACT_SYSTEM);
}

GEN(gen_printf)
{
	UNUSED_GEN;
	gen_event(g, e, e->args + 1, e->nargs - 1);
}

CHECK(check_time)
{
	const char *fmt = "%H:%M:%S\n";

	if (e->nargs && e->args[0]->kind != E_STRING) {
		check_error(c, e->args[0]->at,
			    "time() expects a literal format");
		return &vt_none;
	}
	if (e->nargs)
		fmt = e->args[0]->name;
	if (!e->c) { /* the moment goes with the record */
		e->c = arena_alloc(&c->l->arena, sizeof(*e->c));
		e->c->kind = E_NAME;
		e->c->name = "nsecs";
		e->c->at = e->at;
	}
	check_expr(c, e->c);
	check_action(c, e, LANG_ACT_TIME, fmt, &e->c, 1);
	return &vt_none;
}

GEN(gen_time)
{
	UNUSED_GEN;
	gen_event(g, e, &e->c, 1);
}

static bool map_count_args(struct check *c, struct expr *e, int64_t *top,
			   int64_t *div)
{
	*top = *div = 0;
	if (e->nargs > 1 && !check_constant(c, e->args[1], top))
		return false;
	if (e->nargs > 2 && !check_constant(c, e->args[2], div))
		return false;
	if (*top < 0 || *div < 0 || *top > INT32_MAX || *div > INT32_MAX) {
		check_error(c, e->at,
			    "print(@map, TOP, DIV) expects small "
			    "numbers above 0");
		return false;
	}
	return true;
}

static const struct vtype *print_map(struct check *c, struct expr *e)
{
	struct map *m = check_map(c, e->args[0]);
	int64_t top, div;

	if (!map_count_args(c, e, &top, &div))
		return &vt_none;
	if (c->final && !m->value) {
		check_error(c, e->args[0]->at, "nothing is ever assigned to %s",
			    m->name);
		return &vt_none;
	}
	check_action(c, e, LANG_ACT_PRINT_MAP, NULL, NULL, 0);
	return &vt_none;
}

CHECK(check_print)
{
	struct expr *a = e->args[0];

	if (a->kind == E_MAP && !a->has_keys)
		return print_map(c, e);
	if (e->nargs > 1) {
		check_error(c, e->at, "only a whole map has a TOP and a DIV");
		return &vt_none;
	}
	if (check_expr(c, a)->kind == V_NONE)
		return &vt_none;
	check_action(c, e, LANG_ACT_PRINT, NULL, e->args, 1);
	return &vt_none;
}

GEN(gen_print)
{
	struct expr *a = e->args[0];

	UNUSED_GEN;
	if (a->kind != E_MAP || a->has_keys) {
		gen_event(g, e, e->args, 1);
		return;
	}
	g->l->actions[e->action].map = a->map->index;
	gen_print_map(g, e, a->map, e->nargs > 1 ? e->args[1]->num : 0,
		      e->nargs > 2 ? e->args[2]->num : 0);
}

/* ---- maps ---- */

static bool whole_map(struct check *c, struct expr *e)
{
	if (!e->args[0]->has_keys)
		return true;
	check_error(c, e->args[0]->at, "%s() is of a whole map", e->name);
	return false;
}

CHECK(check_clear)
{
	whole_map(c, e);
	return &vt_none;
}

static void on_map(struct gen *g, struct expr *e, enum bpf_helper helper)
{
	gen_load_map(g, BPF_R1, e->args[0]->map->index);
	bpf_call(&g->b, helper);
}

GEN(gen_clear)
{
	UNUSED_GEN;
	on_map(g, e, BPF_HELPER_upd_clear_map);
}

GEN(gen_zero_map)
{
	UNUSED_GEN;
	on_map(g, e, BPF_HELPER_upd_zero_map);
}

/* f(@m, k) becomes f(@m[k]). */
static void fold_key(struct expr *e)
{
	struct expr *m = e->args[0];

	if (e->nargs < 2 || m->has_keys)
		return;
	m->has_keys = true;
	if (e->args[1]->kind == E_TUPLE) {
		m->args = e->args[1]->args;
		m->nargs = e->args[1]->nargs;
	} else {
		m->args = e->args + 1;
		m->nargs = e->nargs - 1;
	}
	e->nargs = 1;
}

CHECK(check_delete)
{
	if (e->args[0]->kind != E_MAP) {
		check_error(c, e->args[0]->at, "delete() expects a map");
		return &vt_none;
	}
	fold_key(e);
	check_map_keys(c, e->args[0]);
	return &vt_bool;
}

/* Whether there was such a key. */
GEN(gen_delete)
{
	bpf_label ok = bpf_label_new(&g->b), done = bpf_label_new(&g->b);
	struct place key = gen_key(g, e->args[0]);

	UNUSED_GEN;
	gen_load_map(g, BPF_R1, e->args[0]->map->index);
	gen_lea(g, BPF_R2, key);
	bpf_call(&g->b, BPF_HELPER_map_delete_elem);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, ok);
	if (g->unused == e)
		gen_warn(g, "map_delete_elem",
			 "there is no such key to delete");
	bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_jump(&g->b, done);
	bpf_label_here(&g->b, ok);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_label_here(&g->b, done);
}

CHECK(check_has_key)
{
	if (e->args[0]->kind != E_MAP) {
		check_error(c, e->args[0]->at, "has_key() expects a map");
		return &vt_none;
	}
	fold_key(e);
	if (!e->args[0]->has_keys) {
		check_error(c, e->at, "has_key(@map, KEY)");
		return &vt_none;
	}
	check_map_keys(c, e->args[0]);
	return &vt_bool;
}

GEN(gen_has_key)
{
	bpf_label none = bpf_label_new(&g->b);

	UNUSED_GEN;
	gen_lookup(g, e->args[0]->map, gen_key(g, e->args[0]));
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	bpf_mov_imm(&g->b, BPF_R0, 1);
	bpf_label_here(&g->b, none);
}

CHECK(check_len)
{
	struct map *m;

	if (e->args[0]->kind != E_MAP) {
		check_error(c, e->args[0]->at, "len() expects a map");
		return &vt_none;
	}
	m = check_map(c, e->args[0]);
	if (whole_map(c, e) && m->scalar)
		check_error(c, e->at, "%s has no keys to count", m->name);
	return &vt_u64;
}

GEN(gen_len)
{
	UNUSED_GEN;
	on_map(g, e, BPF_HELPER_upd_map_len);
}

/* ---- ending ---- */

CHECK(check_exit)
{
	if (e->nargs)
		check_number(c, e->args[0], false);
	return &vt_none;
}

GEN(gen_exit)
{
	UNUSED_GEN;
	if (e->nargs)
		gen_scalar(g, e->args[0]);
	else
		bpf_mov_imm(&g->b, BPF_R0, 0);
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	bpf_call(&g->b, BPF_HELPER_upd_exit);
	gen_leave(g);
}

/* ---- aggregations: gen-agg.c does the work ---- */

static const struct vtype *agg(struct check *c, struct expr *e, enum vkind kind)
{
	struct vtype *t;

	if (e->nargs && !check_number(c, e->args[0], true))
		return &vt_none;
	t = (struct vtype *)vt_kind(c->l, kind); /* new, ours */
	t->is_signed = e->nargs && e->args[0]->type->is_signed;
	return t;
}

CHECK(check_count)
{
	return agg(c, e, V_COUNT);
}

CHECK(check_sum)
{
	return agg(c, e, V_SUM);
}

CHECK(check_min)
{
	return agg(c, e, V_MIN);
}

CHECK(check_max)
{
	return agg(c, e, V_MAX);
}

CHECK(check_avg)
{
	return agg(c, e, V_AVG);
}

CHECK(check_stats)
{
	return agg(c, e, V_STATS);
}

CHECK(check_hist)
{
	struct vtype *t = (struct vtype *)agg(c, e, V_HIST);
	int64_t bits = 0;

	if (t->kind == V_NONE)
		return t;
	if (e->nargs > 1 && !check_constant(c, e->args[1], &bits))
		return &vt_none;
	if (bits < 0 || bits > 5) {
		check_error(c, e->args[1]->at,
			    "hist() divides powers of two "
			    "by 2^0 to 2^5");
		return &vt_none;
	}
	t->is_signed = false; /* the buckets are the same */
	t->hist_bits = (unsigned)bits;
	t->size = 8 * V_HIST_BUCKETS((uint32_t)bits);
	return t;
}

CHECK(check_lhist)
{
	struct vtype *t = (struct vtype *)agg(c, e, V_LHIST);
	int64_t min, max, step;

	if (t->kind == V_NONE || !check_constant(c, e->args[1], &min) ||
	    !check_constant(c, e->args[2], &max) ||
	    !check_constant(c, e->args[3], &step))
		return &vt_none;
	if (step <= 0 || min >= max || max > INT64_MAX / 4 ||
	    min < INT64_MIN / 4 || (max - min) / step < 1 ||
	    (max - min) / step > 1000) {
		check_error(c, e->at,
			    "lhist(VALUE, MIN, MAX, STEP) expects "
			    "MIN < MAX, with 1 to 1000 steps between them");
		return &vt_none;
	}
	t->is_signed = false;
	t->lhist.min = min;
	t->lhist.max = max;
	t->lhist.step = step;
	t->size = 8 * (uint32_t)((max - min) / step + 2);
	return t;
}

/* ---- the table ---- */

#define LATER  CALL_LATER, NULL, NULL
#define KERNEL CALL_KERNEL, NULL, NULL
#define PRINT  CALL_STATEMENT

static const struct call_def calls[] = {
	/* printing */
	{"printf", 1, 255, PRINT, check_printf, gen_printf},
	{"print", 1, 3, PRINT | CALL_RAW, check_print, gen_print},
	{"errorf", 1, 255, PRINT, check_errorf, gen_printf},
	{"warnf", 1, 255, PRINT, check_warnf, gen_printf},
	{"time", 0, 1, PRINT, check_time, gen_time},
	{"cat", 1, 255, PRINT, check_cat, gen_printf},
	{"system", 1, 255, PRINT | CALL_UNSAFE, check_system, gen_printf},
	{"exit", 0, 1, PRINT, check_exit, gen_exit},
	/* maps */
	{"clear", 1, 1, PRINT | CALL_MAP, check_clear, gen_clear},
	{"zero", 1, 1, PRINT | CALL_MAP, check_clear, gen_zero_map},
	{"delete", 1, 255, CALL_RAW, check_delete, gen_delete},
	{"has_key", 1, 255, CALL_RAW, check_has_key, gen_has_key},
	{"len", 1, 1, CALL_RAW, check_len, gen_len},
	/* aggregations */
	{"count", 0, 0, CALL_AGG, check_count, NULL},
	{"sum", 1, 1, CALL_AGG, check_sum, NULL},
	{"min", 1, 1, CALL_AGG, check_min, NULL},
	{"max", 1, 1, CALL_AGG, check_max, NULL},
	{"avg", 1, 1, CALL_AGG, check_avg, NULL},
	{"stats", 1, 1, CALL_AGG, check_stats, NULL},
	{"hist", 1, 2, CALL_AGG, check_hist, NULL},
	{"lhist", 4, 4, CALL_AGG, check_lhist, NULL},
	/* values */
	{"str", 1, 2, 0, check_str, gen_str},
	{"buf", 1, 2, 0, check_buf, gen_buf},
	{"usym", 1, 1, 0, check_usym, gen_usym},
	{"reg", 1, 1, CALL_TASK, check_reg, gen_reg_call},
	{"uaddr", 1, 1, CALL_TASK, check_uaddr, gen_uaddr},
	{"strncmp", 3, 3, 0, check_strncmp, gen_strncmp},
	{"strftime", 2, 2, 0, check_strftime, gen_strftime},
	{"uptr", 1, 1, 0, check_uptr, gen_uptr},
	{"ntop", 1, 2, 0, check_ntop, gen_ntop},
	{"macaddr", 1, 1, 0, check_macaddr, gen_macaddr},
	{"strerror", 1, 1, 0, check_strerror, gen_number_call},
	{"signal_name", 1, 1, 0, check_signal_name, gen_number_call},
	{"syscall_name", 1, 1, 0, check_syscall_name, gen_number_call},
	{"bswap", 1, 1, 0, check_bswap, gen_bswap},
	{"signal", 1, 1, PRINT | CALL_UNSAFE | CALL_TASK, check_signal,
	 gen_signal},
	/* not yet */
	{"assert", 0, 255, LATER},
	{"comptime", 0, 255, LATER},
	{"container_of", 0, 255, LATER},
	{"fail", 0, 255, LATER},
	{"find", 0, 255, LATER},
	{"getopt", 0, 255, LATER},
	{"is_array", 0, 255, LATER},
	{"is_integer", 0, 255, LATER},
	{"is_ptr", 0, 255, LATER},
	{"is_str", 0, 255, LATER},
	{"join", 0, 255, LATER},
	{"memcmp", 0, 255, LATER},
	{"pton", 0, 255, LATER},
	{"signal_thread", 0, 255, LATER},
	{"static_assert", 0, 255, LATER},
	{"str_concat", 0, 255, LATER},
	{"strcap", 0, 255, LATER},
	{"strcontains", 0, 255, LATER},
	{"strlen", 0, 255, LATER},
	{"strstr", 0, 255, LATER},
	{"tseries", 0, 255, LATER},
	{"typeinfo", 0, 255, LATER},
	{"unwatch", 0, 255, LATER},
	{"write_user", 0, 255, LATER},
	/* the kernel's */
	{"cgroup_path", 0, 255, KERNEL},
	{"cgroupid", 0, 255, KERNEL},
	{"debugf", 0, 255, KERNEL},
	{"is_err", 0, 255, KERNEL},
	{"kaddr", 0, 255, KERNEL},
	{"kfunc_allowed", 0, 255, KERNEL},
	{"kfunc_exist", 0, 255, KERNEL},
	{"kptr", 0, 255, KERNEL},
	{"kstack", 0, 255, KERNEL},
	{"ksym", 0, 255, KERNEL},
	{"override", 0, 255, KERNEL},
	{"path", 0, 255, KERNEL},
	{"percpu_kaddr", 0, 255, KERNEL},
	{"skboutput", 0, 255, KERNEL},
	{"socket_cookie", 0, 255, KERNEL},
};

const struct call_def *call_find(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return NULL;
}

const char *call_name(size_t i)
{
	return i < sizeof(calls) / sizeof(*calls) ? calls[i].name : NULL;
}

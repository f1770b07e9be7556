/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builtin.h"
#include "checker.h"
#include "config-int.h"
#include "gen.h"

#include <stdlib.h>
#include <string.h>

enum { STACK_FRAMES_DEFAULT = 127, STACK_FRAMES_MAX = 1024 };

#define CHECK(name) \
	static const struct vtype *name(struct check *c, struct expr *e)
#define GEN(name) \
	static void name(struct gen *g, struct expr *e, const struct place *to)
#define UNUSED_CHECK ((void)c, (void)e)
#define UNUSED_GEN   ((void)g, (void)e, (void)to)

/* ---- identity ---- */

GEN(gen_pid)
{
	UNUSED_GEN;
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
}

/* r0 = its low 32 bits */
static void low_half(struct gen *g)
{
	gen_extend(g, 4, false);
}

GEN(gen_tid)
{
	UNUSED_GEN;
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	low_half(g);
}

GEN(gen_uid)
{
	UNUSED_GEN;
	bpf_call(&g->b, BPF_HELPER_get_current_uid_gid);
	low_half(g);
}

GEN(gen_gid)
{
	UNUSED_GEN;
	bpf_call(&g->b, BPF_HELPER_get_current_uid_gid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
}

CHECK(check_comm)
{
	UNUSED_CHECK;
	return vt_string(c->l, 16);
}

GEN(gen_comm)
{
	UNUSED_GEN;
	gen_zero(g, *to, 16);
	gen_lea(g, BPF_R1, *to);
	bpf_mov_imm(&g->b, BPF_R2, 16);
	bpf_call(&g->b, BPF_HELPER_get_current_comm);
}

GEN(gen_cpu)
{
	UNUSED_GEN;
	bpf_call(&g->b, BPF_HELPER_get_smp_processor_id);
}

GEN(gen_rand)
{
	UNUSED_GEN;
	bpf_call(&g->b, BPF_HELPER_get_prandom_u32);
}

GEN(gen_cpid)
{
	UNUSED_GEN;
	bpf_mov_imm(&g->b, BPF_R0, g->env->cpid);
}

CHECK(check_cpid)
{
	if (!c->env->cpid)
		check_warn(c, e->at, "there is no cpid without -c: it is 0");
	return &vt_u32;
}

GEN(gen_has_cpid)
{
	UNUSED_GEN;
	bpf_mov_imm(&g->b, BPF_R0, g->env->cpid != 0);
}

GEN(gen_usermode)
{
	enum lang_probe_kind kind = gen_kind(g);

	UNUSED_GEN;
	bpf_mov_imm(&g->b, BPF_R0, kind != LANG_BEGIN && kind != LANG_END);
}

/* ---- time ---- */

CHECK(check_nsecs)
{
	static const char *const names[] = {"boot", "monotonic", "tai", NULL};

	e->num = 0;
	if (!e->nargs)
		return &vt_u64;
	for (size_t i = 0; names[i]; i++)
		if (e->args[0]->kind == E_NAME &&
		    !strcmp(e->args[0]->name, names[i])) {
			e->num = i;
			return &vt_u64;
		}
	check_error(c, e->args[0]->at, "nsecs reads boot, monotonic or tai");
	return &vt_none;
}

GEN(gen_nsecs)
{
	UNUSED_GEN;
	bpf_call(&g->b, e->num == 0   ? BPF_HELPER_ktime_get_boot_ns
			: e->num == 1 ? BPF_HELPER_ktime_get_ns
				      : BPF_HELPER_ktime_get_tai_ns);
}

CHECK(check_elapsed)
{
	UNUSED_CHECK;
	c->l->uses_start = true;
	return &vt_u64;
}

/* Now, less what the host has put in the map when it began. */
GEN(gen_elapsed)
{
	bpf_label none = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place key = gen_temp(g, 8), start = gen_temp(g, 8);

	UNUSED_GEN;
	bpf_store_imm(&g->b, 8, key.reg, key.off, 0);
	bpf_store_imm(&g->b, 8, start.reg, start.off, 0);
	gen_load_map(g, BPF_R1, g->l->start_map);
	gen_lea(g, BPF_R2, key);
	bpf_call(&g->b, BPF_HELPER_map_lookup_elem);
	bpf_jump_imm(&g->b, BPF_OP_JEQ, BPF_R0, 0, none);
	bpf_load(&g->b, 8, BPF_R1, BPF_R0, 0);
	gen_store(g, start, BPF_R1);
	bpf_label_here(&g->b, none);
	bpf_call(&g->b, BPF_HELPER_ktime_get_boot_ns);
	gen_load(g, BPF_R1, start);
	bpf_alu64_reg(&g->b, BPF_OP_SUB, BPF_R0, BPF_R1);
	gen_release(g, m);
}

/* ---- arguments ---- */

CHECK(check_arg)
{
	const struct lang_abi *abi = c->point ? c->point->pt.abi : NULL;
	unsigned long n = strtoul(e->name + 3, NULL, 10);

	e->num = n;
	if (c->kind == LANG_USDT)
		return &vt_i64;
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

GEN(gen_arg)
{
	const struct lang_abi *abi = g->abi;
	unsigned n = (unsigned)e->num;

	UNUSED_GEN;
	if (gen_kind(g) == LANG_USDT) {
		gen_usdt_arg(g, e, (int)n);
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

CHECK(check_args)
{
	struct vtype *t = arena_alloc(&c->l->arena, sizeof(*t));
	struct err err = {0};

	t->kind = V_STRUCT;
	if (c->kind != LANG_UPROBE) {
		check_error(c, e->at,
			    "args are known where a function begins:"
			    " in a uprobe");
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
	return t;
}

GEN(gen_args)
{
	(void)to;
	gen_fail(g, e->at,
		 "args as a whole cannot be used yet: name the "
		 "parameter, args.NAME");
}

CHECK(check_retval)
{
	const struct ctype *type = NULL;

	if (c->kind != LANG_URETPROBE) {
		check_error(c, e->at, "retval is known in a uretprobe only");
		return &vt_none;
	}
	if (c->point && c->env->ret)
		type = c->env->ret(c->env->ctx, c->point->pt.cookie);
	/* A pointer can be followed; numbers stay what they always were. */
	if (type && type->kind == CTYPE_PTR)
		return vt_ptr(c->l, type->to);
	return &vt_u64;
}

GEN(gen_retval)
{
	UNUSED_GEN;
	if (!g->abi)
		bpf_mov_imm(&g->b, BPF_R0, 0);
	else
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

CHECK(check_func)
{
	UNUSED_CHECK;
	return point_string(c, true);
}

CHECK(check_probe_text)
{
	UNUSED_CHECK;
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

GEN(gen_func)
{
	constant_string(g, e, g->pt ? g->pt->pt.func : "", *to);
}

GEN(gen_probe)
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

CHECK(check_probetype)
{
	UNUSED_CHECK;
	return vt_string(c->l, 16);
}

GEN(gen_probetype)
{
	constant_string(g, e, kind_names[gen_kind(g)], *to);
}

/* ustack, ustack(MODE), ustack(LIMIT), ustack(MODE, LIMIT) */
CHECK(check_ustack)
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

GEN(gen_ustack)
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

/* ---- the table ---- */

#define TASK   BUILTIN_TASK
#define KERNEL BUILTIN_KERNEL, NULL, NULL, NULL
#define LATER  BUILTIN_LATER, NULL, NULL, NULL

static const struct builtin builtins[] = {
	{"args", TASK, NULL, check_args, gen_args},
	{"comm", 0, NULL, check_comm, gen_comm},
	{"cpid", 0, NULL, check_cpid, gen_cpid},
	{"cpu", 0, &vt_u32, NULL, gen_cpu},
	{"elapsed", 0, NULL, check_elapsed, gen_elapsed},
	{"func", TASK, NULL, check_func, gen_func},
	{"gid", 0, &vt_u32, NULL, gen_gid},
	{"has_cpid", 0, &vt_bool, NULL, gen_has_cpid},
	{"nsecs", BUILTIN_CALL, NULL, check_nsecs, gen_nsecs},
	{"pid", 0, &vt_u32, NULL, gen_pid},
	{"probe", 0, NULL, check_probe_text, gen_probe},
	{"probetype", 0, NULL, check_probetype, gen_probetype},
	{"rand", 0, &vt_u32, NULL, gen_rand},
	{"retval", TASK, NULL, check_retval, gen_retval},
	{"tid", 0, &vt_u32, NULL, gen_tid},
	{"uid", 0, &vt_u32, NULL, gen_uid},
	{"usermode", 0, &vt_u32, NULL, gen_usermode},
	{"ustack", TASK | BUILTIN_CALL, NULL, check_ustack, gen_ustack},
	/* not yet */
	{"config", LATER},
	{"dw_ustack", LATER},
	{"leader_comm", LATER},
	{"leader_tid", LATER},
	{"ncpus", LATER},
	{"pcomm", LATER},
	{"ppid", LATER},
	{"username", LATER},
	/* the kernel's */
	{"cgroup", KERNEL},
	{"ctx", KERNEL},
	{"curtask", KERNEL},
	{"jiffies", KERNEL},
	{"kstack", KERNEL},
	{"numaid", KERNEL},
};

static const struct builtin arg_builtin = {"arg", TASK, NULL, check_arg,
					   gen_arg};

static bool is_arg(const char *name)
{
	size_t digits = strspn(name + 3, "0123456789");

	return digits && digits < 4 && !name[3 + digits];
}

const struct builtin *builtin_find(const char *name)
{
	if (!strncmp(name, "arg", 3) && is_arg(name))
		return &arg_builtin;
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

const char *builtin_name(size_t i)
{
	return i < sizeof(builtins) / sizeof(*builtins) ? builtins[i].name
							: NULL;
}

bool builtin_is_args(const struct builtin *b)
{
	return b == &builtins[0];
}

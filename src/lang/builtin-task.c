/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Builtins about the thread that hit a probe, the time and the session.
 */
#include "builtin-int.h"
#include "config-int.h"

#include <string.h>
#include <unistd.h>

/* ---- identity ---- */

/* pid, pid(curr_ns): as the tracer sees it */
const struct vtype *check_pid(struct check *c, struct expr *e)
{
	const struct expr *a = e->nargs ? e->args[0] : NULL;

	if (e->nargs > 1 ||
	    (a && (a->kind != E_NAME || strcmp(a->name, "curr_ns")))) {
		check_error(c, e->at,
			    "%s is known in the pid namespace that "
			    "upd runs in: %s(curr_ns)",
			    e->name, e->name);
		return &vt_none;
	}
	return &vt_u32;
}

void gen_pid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
}

/* r0 = its low 32 bits */
static void low_half(struct gen *g)
{
	gen_extend(g, 4, false);
}

void gen_tid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_current_pid_tgid);
	low_half(g);
}

void gen_uid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_current_uid_gid);
	low_half(g);
}

void gen_gid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_current_uid_gid);
	bpf_alu64_imm(&g->b, BPF_OP_RSH, BPF_R0, 32);
}

/* comm; comm(PID): of another process */
const struct vtype *check_comm(struct check *c, struct expr *e)
{
	if (e->nargs > 1)
		check_error(c, e->at, "comm or comm(PID)");
	else if (!e->nargs || check_number(c, e->args[0], false))
		return vt_string(c->l, 16);
	return &vt_none;
}

/* The name of the process whose number is in r0. */
static void comm_of(struct gen *g, const struct place *to)
{
	bpf_mov_reg(&g->b, BPF_R1, BPF_R0);
	gen_lea(g, BPF_R2, *to);
	bpf_mov_imm(&g->b, BPF_R3, 16);
	bpf_call(&g->b, BPF_HELPER_upd_comm_of);
}

void gen_comm(struct gen *g, struct expr *e, const struct place *to)
{
	if (e->nargs) {
		gen_scalar(g, e->args[0]);
		comm_of(g, to);
		return;
	}
	gen_zero(g, *to, 16);
	gen_lea(g, BPF_R1, *to);
	bpf_mov_imm(&g->b, BPF_R2, 16);
	bpf_call(&g->b, BPF_HELPER_get_current_comm);
}

void gen_cpu(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_smp_processor_id);
}

void gen_rand(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_prandom_u32);
}

void gen_cpid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_mov_imm(&g->b, BPF_R0, g->env->cpid);
}

const struct vtype *check_cpid(struct check *c, struct expr *e)
{
	if (!c->env->cpid)
		check_warn(c, e->at, "there is no cpid without -c: it is 0");
	return &vt_u32;
}

void gen_has_cpid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_mov_imm(&g->b, BPF_R0, g->env->cpid != 0);
}

void gen_usermode(struct gen *g, struct expr *e, const struct place *to)
{
	enum lang_probe_kind kind = gen_kind(g);

	(void)g, (void)e, (void)to;
	bpf_mov_imm(&g->b, BPF_R0, kind != LANG_BEGIN && kind != LANG_END);
}

void gen_ppid(struct gen *g, struct expr *e, const struct place *to)
{
	(void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_upd_ppid);
}

void gen_pcomm(struct gen *g, struct expr *e, const struct place *to)
{
	(void)e;
	bpf_call(&g->b, BPF_HELPER_upd_ppid);
	comm_of(g, to);
}

void gen_leader_comm(struct gen *g, struct expr *e, const struct place *to)
{
	gen_pid(g, e, to);
	comm_of(g, to);
}

const struct vtype *check_username(struct check *c, struct expr *e)
{
	(void)e;
	return vt_kind(c->l, V_USERNAME);
}

void gen_username(struct gen *g, struct expr *e, const struct place *to)
{
	gen_uid(g, e, to);
	gen_store(g, *to, BPF_R0);
}

void gen_ncpus(struct gen *g, struct expr *e, const struct place *to)
{
	(void)e, (void)to;
	bpf_mov_imm(&g->b, BPF_R0, sysconf(_SC_NPROCESSORS_CONF));
}

void gen_cgroup(struct gen *g, struct expr *e, const struct place *to)
{
	(void)e, (void)to;
	bpf_call(&g->b, BPF_HELPER_get_current_cgroup_id);
}

/* ---- the script's settings ---- */

/* A record of constants. */
static struct expr *config_record(struct lang *l, struct range at)
{
	const struct lang_config *cf = &l->config;
	const struct {
		const char *name, *text;
		uint64_t num;
		bool is_bool;
	} values[] = {
		{"max_strlen", NULL, cf->max_strlen},
		{"max_map_keys", NULL, cf->max_map_keys},
		{"max_probes", NULL, cf->max_probes},
		{"max_cat_bytes", NULL, cf->max_cat_bytes},
		{"str_trunc_trailer", cf->str_trunc_trailer, 0},
		{"cpp_demangle", NULL, cf->cpp_demangle, true},
		{"print_maps_on_exit", NULL, cf->print_maps_on_exit, true},
		{"show_debug_info", NULL, cf->show_debug_info, true},
	};
	enum { N = sizeof(values) / sizeof(*values) };
	struct expr *e = arena_alloc(&l->arena, sizeof(*e));

	e->kind = E_RECORD;
	e->at = at;
	e->nargs = N;
	e->args = arena_alloc(&l->arena, N * sizeof(*e->args));
	e->names = arena_alloc(&l->arena, N * sizeof(*e->names));
	for (size_t i = 0; i < N; i++) {
		struct expr *v = arena_alloc(&l->arena, sizeof(*v));

		v->kind = values[i].text      ? E_STRING
			  : values[i].is_bool ? E_BOOL
					      : E_INT;
		v->name = values[i].text;
		v->num = values[i].num;
		v->at = at;
		e->args[i] = v;
		e->names[i] = values[i].name;
	}
	return e;
}

const struct vtype *check_config(struct check *c, struct expr *e)
{
	if (!e->c)
		e->c = config_record(c->l, e->at);
	return check_expr(c, e->c);
}

void gen_config(struct gen *g, struct expr *e, const struct place *to)
{
	gen_into(g, e->c, e->type, *to);
}

/* ---- time ---- */

const struct vtype *check_nsecs(struct check *c, struct expr *e)
{
	static const char *const names[] = {"boot", "monotonic", "tai",
					    "sw_tai", NULL};

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

void gen_nsecs(struct gen *g, struct expr *e, const struct place *to)
{
	(void)g, (void)e, (void)to;
	bpf_call(&g->b, e->num == 0   ? BPF_HELPER_ktime_get_boot_ns
			: e->num == 1 ? BPF_HELPER_ktime_get_ns
				      : BPF_HELPER_ktime_get_tai_ns);
}

const struct vtype *check_elapsed(struct check *c, struct expr *e)
{
	(void)c, (void)e;
	c->l->uses_start = true;
	return &vt_u64;
}

/* Now, less what the host has put in the map when it began. */
void gen_elapsed(struct gen *g, struct expr *e, const struct place *to)
{
	bpf_label none = bpf_label_new(&g->b);
	struct gen_mark m = gen_mark(g);
	struct place key = gen_temp(g, 8), start = gen_temp(g, 8);

	(void)g, (void)e, (void)to;
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

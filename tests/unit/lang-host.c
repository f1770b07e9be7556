/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lang-host.h"
#include "format.h"
#include "rt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not check's: fuzz targets use this file too. */
#define must(condition)                                                  \
	do {                                                             \
		if (!(condition)) {                                      \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #condition);                   \
			abort();                                         \
		}                                                        \
	} while (0)

enum { MEMORY = 0x10000, CTX_SIZE = 17 * 8, PID = 1000, TID = 1001,
       BIG = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

/* ---- the target ---- */

struct node { /* as the debug information below says */
	int32_t value;
	char name[16];
	uint32_t lo : 3, hi : 5;
	uint64_t next;
	int16_t list[4];
};

struct world {
	struct bpf_host host; /* first: helpers get a pointer to it */
	const struct host_run *run;
	struct lang *lang;
	struct ctypes *types;
	struct ctype *node;
	uint8_t memory[MEMORY];
	uint64_t regs[CTX_SIZE / 8];
	void *shared;
	struct rt rt;
	void *maps[RT_MAPS_MAX];
	uint64_t clock;
	bool exited;
	int exit_code;
	struct buf *out;
	struct format_sym sym;
};

static void fill_memory(struct world *w)
{
	/* static: nothing undefined in their padding, which is read, too */
	static const struct node a = {-5, "first", 5, 17, 0x1200, {1, -2, 3, 4}};
	static const struct node b = {70000, "second", 1, 2, 0, {9, 8, 7, 6}};

	memcpy(w->memory + 0x1000, "hello", 6);
	memcpy(w->memory + 0x1010, "a longer string than that", 26);
	memcpy(w->memory + 0x1040,
	       "\x01\x02"
	       "ab\xff",
	       5);
	memcpy(w->memory + 0x1100, &a, sizeof(a));
	memcpy(w->memory + 0x1200, &b, sizeof(b));
	/* an argv: two strings, then NULL */
	memcpy(w->memory + 0x1300, &(uint64_t[]){0x1000, 0x1010, 0}, 24);
	memcpy(w->memory + 0x1400, &(float[]){1.5F, 0.1F}, 8);
	memcpy(w->memory + 0x1408, &(double[]){-2.25, 0.1, 1e300}, 24);
	/* stack: two words behind the return address */
	for (unsigned i = 0; i < 64; i++)
		w->memory[0x2000 + i] = (uint8_t)i;
}

static bool find_reg(const char *name, int dwarf, struct lang_reg *ret)
{
	static const char *const names[] = {
		"ax", "dx",  "cx",  "bx",  "si",  "di",	 "bp",	"sp", "r8",
		"r9", "r10", "r11", "r12", "r13", "r14", "r15", "ip"};

	for (int i = 0; i < 17; i++)
		if (name ? !strcmp(names[i], name) : i == dwarf) {
			*ret = (struct lang_reg){(uint16_t)(i * 8), 8};
			return true;
		}
	return false;
}

static const struct lang_abi abi64 = {
	.word_size = 8,
	.ctx_size = CTX_SIZE,
	.nargs = 6,
	.args = {{5 * 8, 8},
		 {4 * 8, 8},
		 {1 * 8, 8},
		 {2 * 8, 8},
		 {8 * 8, 8},
		 {9 * 8, 8}},
	.retval = {0, 8},
	.pc = {16 * 8, 8},
	.sp = {7 * 8, 8},
	.reg = find_reg,
	.stack_args = 8,
};

static const struct lang_abi abi32 = {
	.word_size = 4,
	.ctx_size = CTX_SIZE,
	/* the low halves */
	.retval = {4 * BIG, 4},
	.pc = {16 * 8 + 4 * BIG, 4},
	.sp = {7 * 8 + 4 * BIG, 4},
	.reg = find_reg,
	.stack_args = 4,
};

/* ---- its debug information ---- */

static void make_types(struct world *w)
{
	struct cfield *f = ctypes_alloc(w->types, 6 * sizeof(*f));
	struct ctype *chr = ctype_make(w->types, CTYPE_INT, "char", 1);

	chr->is_char = chr->is_signed = true;
	w->node =
		ctype_make(w->types, CTYPE_STRUCT, "node", sizeof(struct node));
	f[0] = (struct cfield){"value", ctype_int(w->types, 4, true), 0, 0, 0};
	f[1] = (struct cfield){"name", ctype_array(w->types, chr, 16), 4, 0, 0};
	f[2] = (struct cfield){"lo", ctype_int(w->types, 4, false), 20,
			       BIG ? 29 : 0, 3};
	f[3] = (struct cfield){"hi", ctype_int(w->types, 4, false), 20,
			       BIG ? 24 : 3, 5};
	f[4] = (struct cfield){"next", ctype_ptr(w->types, w->node, 8), 24, 0,
			       0};
	f[5] = (struct cfield){
		"list", ctype_array(w->types, ctype_int(w->types, 2, true), 4),
		32, 0, 0};
	w->node->fields = f;
	w->node->nfields = 6;
}

/* void f(int n, char *s, struct node *p, struct node v) */
static int env_args(void *ctx, uint64_t cookie, const struct ctype **ret,
		    struct err *err)
{
	struct world *w = ctx;
	struct cfield *f = ctypes_alloc(w->types, 4 * sizeof(*f));
	struct ctype *args = ctype_make(w->types, CTYPE_STRUCT, NULL, 64);
	struct ctype *chr = ctype_make(w->types, CTYPE_INT, "char", 1);

	(void)cookie;
	(void)err;
	chr->is_char = chr->is_signed = true;
	f[0] = (struct cfield){"n", ctype_int(w->types, 4, true), 0, 0, 0};
	f[1] = (struct cfield){"s", ctype_ptr(w->types, chr, 8), 8, 0, 0};
	f[2] = (struct cfield){"p", ctype_ptr(w->types, w->node, 8), 16, 0, 0};
	f[3] = (struct cfield){"v", w->node, 24, 0, 0};
	args->fields = f;
	args->nfields = 4;
	*ret = args;
	return 0;
}

static int env_var(void *ctx, uint64_t cookie, const char *name,
		   const struct ctype **ret_type, struct loc *ret,
		   struct err *err)
{
	const struct ctype *args;
	const struct cfield *f;
	uint64_t offset;

	must(env_args(ctx, cookie, &args, err) == 0);
	f = ctype_field(args, name, &offset);
	if (!f)
		return err_set(err, ERR_NOENT, "no such variable");
	*ret_type = f->type;
	*ret = (struct loc){.kind = LOC_IN_VALUE, .nops = 1};
	ret->ops[0].code = LOC_REG;
	ret->ops[0].arg = *name == 'n' ? 5 : *name == 's' ? 4 : 1;
	if (*name == 'v') { /* in the static memory of the module */
		ret->kind = LOC_IN_MEMORY;
		ret->nops = 2;
		ret->ops[0].code = LOC_MODADDR;
		ret->ops[0].arg = 0x1000;
		ret->ops[1].code = LOC_PLUS_CONST;
		ret->ops[1].arg = 0x100;
	}
	return 0;
}

static int env_usdt_arg(void *ctx, uint64_t cookie, int n,
			const struct ctype **ret_type, struct loc *ret,
			int *ret_n, struct err *err)
{
	struct world *w = ctx;

	(void)cookie;
	*ret_n = 2;
	if (n > 1)
		return err_set(err, ERR_NOENT, "there are 2 arguments");
	*ret_type = ctype_int(w->types, n ? 1 : 4, true);
	/* -4@%edi, -1@8(%rsp), or 11 on a big endian machine */
	*ret = (struct loc){.kind = n ? LOC_IN_MEMORY : LOC_IN_VALUE,
			    .nops = n ? 2 : 1};
	ret->ops[0].code = LOC_REG;
	ret->ops[0].arg = n ? 7 : 5;
	ret->ops[1].code = LOC_PLUS_CONST;
	ret->ops[1].arg = BIG ? 11 : 8;
	return 0;
}

static int env_type(void *ctx, const char *name, const struct ctype **ret,
		    struct err *err)
{
	struct world *w = ctx;

	if (strcmp(name, "struct node") && strcmp(name, "node_t"))
		return err_set(err, ERR_NOENT, "no such type");
	*ret = w->node;
	return 0;
}

static int env_uaddr(void *ctx, uint64_t cookie, const char *name,
		     struct lang_object *ret, struct err *err)
{
	(void)ctx;
	(void)cookie;
	if (strcmp(name, "counter"))
		return err_set(err, ERR_NOENT, "no such symbol");
	*ret = (struct lang_object){0x1100, 4, false};
	return 0;
}

/* ---- helpers ---- */

#define HELPER(name)                                                    \
	static uint64_t h_##name(struct bpf_host *host, uint64_t a1,    \
				 uint64_t a2, uint64_t a3, uint64_t a4, \
				 uint64_t a5)
#define W                                       \
	struct world *w = (struct world *)host; \
	(void)w, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5
#define PTR(a) ((void *)(uintptr_t)(a))

HELPER(map_lookup_elem)
{
	W;
	return (uintptr_t)rt_lookup(PTR(a1), PTR(a2));
}

HELPER(map_update_elem)
{
	W;
	return (uint64_t)rt_update(PTR(a1), PTR(a2), PTR(a3), a4);
}

HELPER(map_delete_elem)
{
	W;
	return (uint64_t)rt_delete(PTR(a1), PTR(a2));
}

HELPER(for_each_map_elem)
{
	struct rt_map *m = PTR(a1);
	uint64_t cursor = 0, n = 0;
	const void *key;
	void *values;

	W;
	while (rt_next(m, &cursor, &key, &values)) {
		n++;
		if (bpf_callback(host, a2, a1, (uintptr_t)key,
				 (uintptr_t)values, a3))
			break;
	}
	return n;
}

HELPER(loop)
{
	W;
	for (uint64_t i = 0; i < a1; i++)
		if (bpf_callback(host, a2, i, a3, 0, 0))
			return i + 1;
	return a1;
}

HELPER(clock)
{
	W;
	return w->clock += 1000;
}

HELPER(get_prandom_u32)
{
	W;
	return 4;
}

HELPER(get_smp_processor_id)
{
	W;
	return 3;
}

HELPER(get_current_pid_tgid)
{
	W;
	return (uint64_t)PID << 32 | TID;
}

HELPER(get_current_uid_gid)
{
	W;
	return UINT64_C(600) << 32 | 500;
}

HELPER(get_current_comm)
{
	W;
	strncpy(PTR(a1), "victim", a2);
	return 0;
}

HELPER(get_stackid)
{
	uint64_t ips[] = {0x401010, 0x402020};

	W;
	return (uint64_t)rt_stack_put(PTR(a2), ips, 2);
}

HELPER(probe_read_user)
{
	W;
	memset(PTR(a1), 0, a2);
	if (a3 < 0x1000 || a3 > MEMORY || a2 > MEMORY - a3)
		return (uint64_t)-EFAULT;
	memcpy(PTR(a1), w->memory + a3, a2);
	return 0;
}

HELPER(probe_write_user)
{
	W;
	if (a1 < 0x1000 || a1 > MEMORY || a3 > MEMORY - a1)
		return (uint64_t)-EFAULT;
	memcpy(w->memory + a1, PTR(a2), a3);
	return 0;
}

HELPER(probe_read_user_str)
{
	char *to = PTR(a1);
	size_t n;

	W;
	if (!a2)
		return 0;
	if (a3 < 0x1000 || a3 >= MEMORY) {
		memset(to, 0, a2);
		return (uint64_t)-EFAULT;
	}
	n = strnlen((char *)w->memory + a3, MEMORY - a3);
	n = n < a2 ? n : a2 - 1;
	memcpy(to, w->memory + a3, n);
	to[n] = '\0';
	return n + 1;
}

HELPER(ringbuf_output)
{
	W;
	return (uint64_t)rt_ring_output(PTR(a1), PTR(a2), (uint32_t)a3);
}

HELPER(upd_mod_bias)
{
	W;
	return 0;
}

HELPER(upd_exit)
{
	W;
	w->exited = true;
	w->exit_code = (uint8_t)a1; /* as the shell sees it */
	return 0;
}

static struct format_env format_env_of(struct world *w);
static void show_map(struct world *w, size_t i, uint64_t top, uint64_t div);
static void drain(struct world *w);

HELPER(upd_print_map)
{
	W;
	drain(w);
	for (size_t i = 0; i < lang_nmaps(w->lang); i++)
		if (w->maps[i] == PTR(a1)) {
			const struct lang_action *a =
				lang_action(w->lang, a2 >> 32);

			must(a->kind == LANG_ACT_PRINT_MAP);
			must(a->map == (int)i);
			show_map(w, i, a3 >> 32, (uint32_t)a3);
		}
	return 0;
}

HELPER(upd_clear_map)
{
	W;
	rt_clear(PTR(a1));
	return 0;
}

HELPER(upd_zero_map)
{
	W;
	rt_zero(PTR(a1));
	return 0;
}

HELPER(upd_map_len)
{
	W;
	return rt_len(PTR(a1));
}

HELPER(upd_merged)
{
	W;
	rt_merge(PTR(a1), PTR(a2), (enum rt_merge_how)a3, PTR(a4),
		 (uint32_t)a5);
	return 0;
}

HELPER(upd_warn)
{
	struct event_warning warning = {
		.head = {(uint32_t)(a1 >> 32), (uint32_t)a1, PID, TID},
		.code = (int64_t)a2};

	W;
	return (uint64_t)rt_ring_output(w->maps[lang_ring_map(w->lang)],
					&warning, sizeof(warning));
}

HELPER(upd_stack_len)
{
	uint64_t ips[16];

	W;
	return rt_stack(PTR(a1), a2, ips, 16);
}

HELPER(upd_ppid)
{
	W;
	return 999;
}

HELPER(upd_comm_of)
{
	W;
	memset(PTR(a2), 0, a3);
	snprintf(PTR(a2), a3, "comm-%u", (unsigned)a1);
	return 0;
}

HELPER(get_current_cgroup_id)
{
	W;
	return 4711;
}

HELPER(send_signal_thread)
{
	W;
	buf_printf(w->out, "signal %d to the thread\n", (int)a1);
	return 0;
}

/* Those that need no world: the engine's own. */
bpf_helper_fn helper_upd_strlen, helper_upd_strstr, helper_upd_memcmp,
	helper_upd_str_append, helper_upd_float_int;

HELPER(send_signal)
{
	W;
	buf_printf(w->out, "signal %d\n", (int)a1);
	return 0;
}

static bpf_helper_fn *helper(int32_t nr)
{
	switch (nr) {
#define ROW(name)               \
	case BPF_HELPER_##name: \
		return h_##name
		ROW(map_lookup_elem);
		ROW(map_update_elem);
		ROW(map_delete_elem);
		ROW(for_each_map_elem);
		ROW(loop);
		ROW(get_prandom_u32);
		ROW(get_smp_processor_id);
		ROW(get_current_pid_tgid);
		ROW(get_current_uid_gid);
		ROW(get_current_comm);
		ROW(get_stackid);
		ROW(probe_read_user);
		ROW(probe_read_user_str);
		ROW(probe_write_user);
		ROW(ringbuf_output);
		ROW(send_signal);
		ROW(upd_mod_bias);
		ROW(upd_exit);
		ROW(upd_print_map);
		ROW(upd_clear_map);
		ROW(upd_zero_map);
		ROW(upd_map_len);
		ROW(upd_merged);
		ROW(upd_stack_len);
		ROW(upd_ppid);
		ROW(upd_comm_of);
		ROW(get_current_cgroup_id);
		ROW(send_signal_thread);
		ROW(upd_warn);
#undef ROW
#define ROW(name)               \
	case BPF_HELPER_##name: \
		return helper_##name
		ROW(upd_strlen);
		ROW(upd_strstr);
		ROW(upd_memcmp);
		ROW(upd_str_append);
		ROW(upd_float_int);
#undef ROW
	case BPF_HELPER_ktime_get_ns:
	case BPF_HELPER_ktime_get_boot_ns:
	case BPF_HELPER_ktime_get_tai_ns:
		return h_clock;
	default:
		return NULL;
	}
}

/* ---- output ---- */

static size_t env_stack(void *ctx, const struct v_stack *s, uint64_t *ips,
			size_t max)
{
	struct world *w = ctx;
	int map = lang_stack_map(w->lang);

	return s->id < 0 ? 0
			 : rt_stack(w->maps[map], (uint64_t)s->id, ips,
				    (uint32_t)max);
}

static struct format_sym *env_sym(void *ctx, uint32_t pid, uint64_t addr)
{
	struct world *w = ctx;

	if (pid != PID || addr < 0x400000)
		return NULL;
	w->sym = (struct format_sym){.name = addr < 0x402000 ? "leaf" : "main",
				     .module = "/bin/a",
				     .offset = addr & 0xfff};
	return &w->sym;
}

static uint64_t env_wall(void *ctx, uint64_t boot_ns)
{
	(void)ctx;
	return boot_ns;
}

static int env_system(void *ctx, const char *command, struct buf *out,
		      struct err *err)
{
	(void)ctx;
	(void)err;
	buf_printf(out, "system: %s\n", command);
	return 0;
}

static struct format_env format_env_of(struct world *w)
{
	return (struct format_env){.ctx = w,
				   .stack = env_stack,
				   .sym = env_sym,
				   .wall = env_wall,
				   .system = env_system,
				   .lang = w->lang};
}

static void show_map(struct world *w, size_t i, uint64_t top, uint64_t div)
{
	const struct lang_map *map = lang_map(w->lang, i);
	struct format_env env = format_env_of(w);
	struct rt_map *m = w->maps[i];
	struct format_entry entries[256];
	uint64_t cursor = 0;
	const void *key;
	void *values;
	size_t n = 0;

	while (n < 256 && rt_next(m, &cursor, &key, &values))
		entries[n++] = (struct format_entry){key, values};
	if (n)
		must(format_map(&env, FORMAT_TEXT, map, entries, n,
				rt_copies(m), m->stride, top, div,
				w->out) == 0);
}

static void drain(struct world *w)
{
	struct format_env env = format_env_of(w);
	int ring = lang_ring_map(w->lang);
	static uint64_t record[16384];
	int64_t n;

	if (ring < 0)
		return;
	while ((n = rt_ring_read(w->maps[ring], record, sizeof(record))) > 0)
		must(format_record(&env, FORMAT_TEXT, record, (size_t)n, w->out,
				   w->out) == 0);
	must(n == 0);
}

/* ---- running ---- */

/* Each spec with a '*' has two points, the others one. */
static int add_points(struct world *w, struct err *err)
{
	const struct lang_abi *abi = w->run->word_size == 4 ? &abi32 : &abi64;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < lang_nspecs(w->lang); i++) {
		const struct lang_spec *s = lang_spec(w->lang, i);
		bool wild = s->func && strchr(s->func, '*');
		struct lang_point pt = {s->text, s->func, abi, 0};

		if (wild) {
			pt.probe_text = "uprobe:/bin/a:first";
			pt.func = "first";
			rc = lang_add_point(w->lang, i, &pt, err);
			pt.probe_text = "uprobe:/bin/a:second_one";
			pt.func = "second_one";
		}
		if (rc >= 0)
			rc = lang_add_point(w->lang, i, &pt, err);
	}
	return rc < 0 ? rc : 0;
}

static void make_maps(struct world *w)
{
	struct rt_map_def defs[RT_MAPS_MAX];
	uint32_t n = (uint32_t)lang_nmaps(w->lang);
	uint64_t size;

	for (uint32_t i = 0; i < n; i++) {
		const struct bpf_map_def *d = &lang_map(w->lang, i)->def;

		defs[i] = (struct rt_map_def){d->kind, d->key_size,
					      d->value_size, d->max_entries};
	}
	size = rt_size(defs, n, 2, UINT64_C(1) << 32);
	must(size != 0);
	w->shared = calloc(1, size);
	must(w->shared != NULL);
	must(rt_init(w->shared, size, defs, n, 2) == 0);
	must(rt_attach(&w->rt, w->shared, size, 0) == 0);
	for (uint32_t i = 0; i < n; i++)
		w->maps[i] = rt_map(&w->rt, i);
	w->host.helper = helper;
	w->host.maps = w->maps;
	w->host.nmaps = n;
	if (lang_start_map(w->lang) >= 0) {
		uint64_t start = 500;
		uint32_t zero = 0;

		rt_update(w->maps[lang_start_map(w->lang)], &zero, &start, 0);
	}
}

static int verify(struct world *w, const struct bpf_prog *prog, struct err *err)
{
	struct bpf_map_def defs[RT_MAPS_MAX];
	struct bpf_verify_opts opts = {defs, lang_nmaps(w->lang), CTX_SIZE};

	for (size_t i = 0; i < opts.nmaps; i++)
		defs[i] = lang_map(w->lang, i)->def;
	return bpf_verify(prog, &opts, err);
}

static int load(struct world *w, unsigned point, struct bpf_code **ret,
		struct err *err)
{
	struct bpf_prog prog;
	int rc = lang_generate(w->lang, point, &prog, w->out, err);

	if (rc)
		return rc;
	rc = verify(w, &prog, err);
	if (rc && w->run->ret_refused)
		*w->run->ret_refused = true;
	if (rc)
		buf_printf(w->out, "verifier: %s\n", err->text);
	else
		rc = bpf_bind(&prog, &w->host, ret, err);
	bpf_prog_release(&prog);
	return rc;
}

static void run_kind(struct world *w, struct bpf_code **codes, size_t n,
		     int begin_or_end)
{
	size_t point = 0;

	for (size_t i = 0; i < lang_nspecs(w->lang); i++) {
		const struct lang_spec *s = lang_spec(w->lang, i);
		size_t points = s->func && strchr(s->func, '*') ? 2 : 1;
		int kind = s->kind == LANG_BEGIN ? 0
			   : s->kind == LANG_END ? 1
						 : 2;

		for (size_t j = 0; j < points && point < n; j++, point++) {
			if (kind != begin_or_end || (w->exited && kind != 1))
				continue;
			bpf_run(codes[point], &w->host, w->regs);
			drain(w);
		}
	}
}

static void set_regs(struct world *w, const struct host_hit *hit)
{
	uint32_t word;

	for (size_t i = 0; i < hit->nargs; i++) {
		w->regs[abi64.args[i < 6 ? i : 5].offset / 8] = hit->args[i];
		word = (uint32_t)hit->args[i];
		memcpy(w->memory + 0x2004 + 4 * i, &word, 4);
	}
	w->regs[0] = hit->nargs ? hit->args[0] : 0;
	w->regs[7] = 0x2000;
	w->regs[16] = 0x401010;
}

static void show_maps(struct world *w)
{
	const char *last = NULL;

	for (;;) {
		const char *best = NULL;
		size_t at = 0;

		for (size_t i = 0; i < lang_nmaps(w->lang); i++) {
			const char *name = lang_map(w->lang, i)->name;

			if (!name || (last && strcmp(name, last) <= 0) ||
			    (best && strcmp(name, best) >= 0))
				continue;
			best = name;
			at = i;
		}
		if (!best)
			return;
		show_map(w, at, 0, 0);
		last = best;
	}
}

static void run_all(struct world *w, struct bpf_code **codes, size_t n)
{
	fill_memory(w);
	run_kind(w, codes, n, 0);
	for (size_t i = 0; i < w->run->nhits && !w->exited; i++) {
		set_regs(w, &w->run->hits[i]);
		run_kind(w, codes, n, 2);
	}
	run_kind(w, codes, n, 1);
	show_maps(w);
}

static size_t npoints(const struct lang *l)
{
	size_t n = 0;

	for (size_t i = 0; i < lang_nspecs(l); i++) {
		const struct lang_spec *s = lang_spec(l, i);

		n += s->func && strchr(s->func, '*') ? 2 : 1;
	}
	return n;
}

static int run_checked(struct world *w, struct err *err)
{
	size_t n = npoints(w->lang);
	struct bpf_code **codes = calloc(n, sizeof(*codes));
	int rc = 0;

	make_maps(w);
	for (size_t i = 0; !rc && i < n; i++)
		rc = load(w, (unsigned)i, &codes[i], err);
	if (!rc) {
		run_all(w, codes, n);
		rc = w->exit_code;
	}
	for (size_t i = 0; i < n; i++)
		bpf_code_free(codes[i]);
	free(codes);
	free(w->shared);
	return rc;
}

static int run_parsed(struct world *w, struct err *err)
{
	struct lang_env env = {.ctx = w,
			       .types = w->types,
			       .args = env_args,
			       .var = env_var,
			       .usdt_arg = env_usdt_arg,
			       .type = env_type,
			       .uaddr = env_uaddr,
			       .cpid = 77};
	int rc;

	if (w->run->dump && !strcmp(w->run->dump, "ast"))
		return lang_dump(w->lang, "ast", w->out);
	rc = add_points(w, err);
	if (!rc)
		rc = lang_check(w->lang, &env, w->out, err);
	if (rc)
		return rc;
	if (w->run->dump)
		return lang_dump(w->lang, w->run->dump, w->out);
	return run_checked(w, err);
}

int host_run(const struct host_run *run, struct buf *out)
{
	struct world *w = calloc(1, sizeof(*w));
	static const char *const include_dir = "import/include";
	struct lang_opts opts = {.name = run->name,
				 .params = run->params,
				 .nparams = run->nparams,
				 .named = run->named,
				 .nnamed = run->nnamed,
				 .environ = run->environ,
				 .cwd = run->cwd,
				 .include_dirs = &include_dir,
				 .ninclude_dirs = 1,
				 .unsafe = run->unsafe};
	struct err err = {0};
	int rc;

	w->run = run;
	w->out = out;
	w->types = ctypes_new();
	make_types(w);
	rc = lang_parse(run->prog, strlen(run->prog), &opts, &w->lang, out,
			&err);
	if (!rc) {
		rc = run_parsed(w, &err);
		lang_free(w->lang);
	}
	if (rc < 0)
		must(err.text[0] || run->dump); /* a sentence */
	ctypes_free(w->types);
	free(w);
	return rc;
}

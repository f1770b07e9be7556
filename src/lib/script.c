/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a script: parse, build, share, run what runs here.
 */
#include "script-int.h"
#include "clock.h"
#include "list.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int script_new(const char *text, size_t len, const struct script_opts *opts,
	       struct script **ret, struct buf *diag, struct err *err)
{
	struct script *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->opts = *opts;
	s->fd = -1;
	s->wall_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	s->types = ctypes_new();
	if (!s->types) {
		free(s);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	rc = lang_parse(text, len, &opts->lang, &s->lang, diag, err);
	if (rc) {
		s->lang = NULL;
		script_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

static void free_points(struct script *s)
{
	for (size_t i = 0; i < s->npoints; i++) {
		struct attach *a = s->points[i];

		free(a->text);
		free(a->func);
		free(a->usdt_args);
		free(a);
	}
	free(s->points);
	free(s->planted);
	free(s->timers);
}

static void target_release_spaces(struct script_target *t)
{
	space_free(t->space);
	for (int i = 0; i < SCRIPT_EXECS; i++)
		space_free(t->before[i]);
}

void script_free(struct script *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nprograms; i++) {
		if (s->codes)
			bpf_code_free(s->codes[i]);
		bpf_prog_release(&s->programs[i]);
	}
	free(s->codes);
	free(s->programs);
	free_points(s);
	for (size_t i = 0; i < s->nfiles; i++)
		module_close(s->files[i].module);
	free(s->files);
	for (size_t i = 0; i < s->ntargets; i++)
		target_release_spaces(&s->targets[i]);
	free(s->targets);
	kernel_free(s->kernel);
	host_close(&s->host);
	if (s->fd >= 0)
		close(s->fd);
	free(s->defs);
	free(s->record);
	lang_free(s->lang);
	ctypes_free(s->types);
	free(s);
}

void *script_grow(void *array_ptr, size_t *n, size_t size)
{
	void **array = array_ptr;
	char *grown, *element;

	/* Room doubles whenever n is a power of two. */
	if (!(*n & (*n - 1))) {
		grown = reallocarray(*array, *n ? *n * 2 : 1, size);
		if (!grown)
			return NULL;
		*array = grown;
	}
	element = (char *)*array + *n * size;
	memset(element, 0, size);
	++*n;
	return element;
}

static bool is_user_probe(enum lang_probe_kind kind)
{
	return kind == LANG_UPROBE || kind == LANG_URETPROBE ||
	       kind == LANG_USDT || kind == LANG_PROFILE ||
	       kind == LANG_SYSCALL_ENTER || kind == LANG_SYSCALL_EXIT;
}

bool script_needs_target(const struct script *s)
{
	for (size_t i = 0; i < lang_nspecs(s->lang); i++)
		if (is_user_probe(lang_spec(s->lang, i)->kind))
			return true;
	return false;
}

bool script_has_events(const struct script *s)
{
	for (size_t i = 0; i < lang_nspecs(s->lang); i++) {
		enum lang_probe_kind kind = lang_spec(s->lang, i)->kind;

		if (kind != LANG_BEGIN && kind != LANG_END)
			return true;
	}
	return false;
}

/* ---- targets ---- */

static struct script_target *find_target(struct script *s, pid_t pid)
{
	for (size_t i = 0; i < s->ntargets; i++)
		if (s->targets[i].pid == pid)
			return &s->targets[i];
	return NULL;
}

struct space *script_space(struct script *s, pid_t pid)
{
	struct script_target *t = find_target(s, pid);

	return t ? t->space : NULL;
}

static void exec_space(struct script_target *t, struct space *space)
{
	space_free(t->before[SCRIPT_EXECS - 1]);
	memmove(t->before + 1, t->before,
		(SCRIPT_EXECS - 1) * sizeof(*t->before));
	t->before[0] = t->space;
	t->space = space;
}

/* Programs are mostly mapped in different places, so that an address that is
 * nowhere now was in one of those before. */
int script_describe(struct script *s, pid_t pid, uint64_t addr,
		    struct frame_text *ret)
{
	const struct lang_config *config = lang_config(s->lang);
	const struct script_target *t = find_target(s, pid);
	int rc = ERR_NOENT;

	if (!t)
		return ERR_NOENT;
	for (int i = -1; rc && i < SCRIPT_EXECS; i++) {
		struct space *space = i < 0 ? t->space : t->before[i];

		if (!space)
			break;
		*ret = (struct frame_text){0};
		rc = space_describe(space, addr, config->cpp_demangle,
				    config->show_debug_info, ret);
		if (ret->module) /* that much is known */
			rc = 0;
	}
	return rc;
}

int script_add_target(struct script *s, pid_t pid, struct err *err)
{
	struct script_target *t = find_target(s, pid);
	struct space *space;
	int rc;

	if (s->ntargets >= SCRIPT_TARGETS_MAX)
		return err_set(err, ERR_LIMIT, "a session may trace %d "
			       "processes at most", SCRIPT_TARGETS_MAX);
	rc = space_new(pid, s->opts.debug_dirs, &space, err);
	if (rc)
		return rc;
	if (t) { /* a new program in the same process */
		exec_space(t, space);
		return 0;
	}
	t = script_grow(&s->targets, &s->ntargets, sizeof(*t));
	if (!t) {
		space_free(space);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	*t = (struct script_target){.pid = pid, .space = space};
	return 0;
}

void script_target_mapped(struct script *s, pid_t pid, const char *maps_text)
{
	struct space *space = script_space(s, pid);

	if (space && maps_text)
		space_set_maps(space, maps_text, NULL);
	else if (space)
		space_refresh(space, NULL);
}

/* ---- build ---- */

static bool same_prog(const struct bpf_prog *a, const struct bpf_prog *b)
{
	return a->ninsns == b->ninsns &&
	       !memcmp(a->insns, b->insns, a->ninsns * sizeof(*a->insns));
}

/* Points of one wildcard mostly have the same program as their neighbour. */
static int generate(struct script *s, struct attach *a, struct buf *diag,
		    struct err *err)
{
	struct bpf_prog prog, *slot;
	int rc = lang_generate(s->lang, a->pub.id, &prog, diag, err);

	if (rc)
		return rc;
	if (s->nprograms && same_prog(&prog, &s->programs[s->nprograms - 1])) {
		bpf_prog_release(&prog);
		a->pub.program = (uint32_t)s->nprograms - 1;
		return 0;
	}
	slot = script_grow(&s->programs, &s->nprograms, sizeof(*slot));
	if (!slot) {
		bpf_prog_release(&prog);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	*slot = prog;
	a->pub.program = (uint32_t)s->nprograms - 1;
	return 0;
}

static int sort_point(struct script *s, struct attach *a, struct err *err)
{
	const struct lang_spec *spec = lang_spec(s->lang, a->spec);
	struct script_timer *timer;
	struct script_point **planted;

	if (is_user_probe(spec->kind)) {
		planted = script_grow(&s->planted, &s->nplanted,
				      sizeof(*planted));
		if (!planted)
			return err_set(err, ERR_NOMEM, "out of memory");
		*planted = &a->pub;
	} else if (spec->kind == LANG_INTERVAL) {
		timer = script_grow(&s->timers, &s->ntimers, sizeof(*timer));
		if (!timer)
			return err_set(err, ERR_NOMEM, "out of memory");
		timer->id = a->pub.id;
		timer->period_ns = spec->interval_ns;
	}
	return 0;
}

static int copy_defs(struct script *s, struct err *err)
{
	s->ndefs = lang_nmaps(s->lang);
	s->defs = calloc(s->ndefs + 1, sizeof(*s->defs));
	if (!s->defs)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < s->ndefs; i++)
		s->defs[i] = lang_map(s->lang, i)->def;
	return 0;
}

int script_build(struct script *s, struct buf *diag, struct err *err)
{
	struct lang_env env;
	int rc = script_resolve(s, diag, err);

	if (rc)
		return rc;
	script_env(s, &env);
	rc = lang_check(s->lang, &env, diag, err);
	for (size_t i = 0; !rc && i < s->npoints; i++) {
		rc = generate(s, s->points[i], diag, err);
		if (!rc)
			rc = sort_point(s, s->points[i], err);
	}
	return rc ? rc : copy_defs(s, err);
}

static int bind_program(struct script *s, uint32_t program, uint32_t ctx_size,
			struct err *err)
{
	struct bpf_verify_opts opts = {s->defs, s->ndefs, ctx_size};
	int rc;

	if (s->codes[program])
		return 0;
	rc = bpf_verify(&s->programs[program], &opts, err);
	return rc ? rc
		  : bpf_bind(&s->programs[program], &s->host.bpf,
			     &s->codes[program], err);
}

/* What `elapsed` counts from. */
static void set_start(struct script *s)
{
	int map = lang_start_map(s->lang);
	uint64_t now = clock_ns(CLOCK_BOOTTIME);
	uint32_t key = 0;

	if (map >= 0)
		rt_update(s->host.maps[map], &key, &now, RT_ANY);
}

int script_share(struct script *s, uint32_t nwriters, int doorbell, int *ret_fd,
		 struct err *err)
{
	struct host_sizes sizes = {s->defs, s->ndefs, nwriters,
				   (uint32_t)s->npoints,
				   (uint32_t)lang_nactions(s->lang)};
	int rc = host_create(&sizes, &s->fd, err);

	if (rc)
		return rc;
	rc = host_open(&s->host, s->fd, 0, doorbell, err);
	if (rc)
		return rc;
	s->codes = calloc(s->nprograms + 1, sizeof(*s->codes));
	if (!s->codes)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < s->npoints; i++) {
		struct attach *a = s->points[i];

		if (!is_user_probe(lang_spec(s->lang, a->spec)->kind))
			rc = bind_program(s, a->pub.program, a->pub.ctx_size,
					  err);
	}
	if (!rc)
		*ret_fd = s->fd;
	set_start(s);
	return rc;
}

void script_writer_died(struct script *s, uint32_t writer)
{
	if (s->host.map_base)
		rt_writer_died(&s->host.rt, writer);
}

/* ---- accessors ---- */

size_t script_npoints(const struct script *s)
{
	return s->nplanted;
}

const struct script_point *script_point(const struct script *s, size_t i)
{
	return s->planted[i];
}

uint32_t script_max_id(const struct script *s)
{
	uint32_t max = 0;

	for (size_t i = 0; i < s->nplanted; i++)
		if (s->planted[i]->id > max)
			max = s->planted[i]->id;
	return max;
}

static unsigned probe_of(const struct script *s, const struct script_point *sp)
{
	const struct attach *a = container_of(sp, struct attach, pub);

	return lang_spec(s->lang, a->spec)->probe;
}

void script_point_filter(const struct script *s, const struct script_point *sp,
			 struct lang_filter *ret)
{
	lang_filter(s->lang, probe_of(s, sp), ret);
}

bool script_same_filter(const struct script *s, const struct script_point *a,
			const struct script_point *b)
{
	return probe_of(s, a) == probe_of(s, b);
}

bool script_point_is_library(const struct script_point *sp)
{
	const char *base = strrchr(sp->path, '/');
	const char *so = strstr(base ? base : sp->path, ".so");

	return so && (!so[3] || so[3] == '.');
}

size_t script_nprograms(const struct script *s)
{
	return s->nprograms;
}

const struct bpf_prog *script_program(const struct script *s, size_t i)
{
	return &s->programs[i];
}

const struct lang *script_lang(const struct script *s)
{
	return s->lang;
}

const struct bpf_map_def *script_maps(const struct script *s, size_t *ret_n)
{
	*ret_n = s->ndefs;
	return s->defs;
}

size_t script_count(const struct script *s)
{
	return s->npoints - s->ntwins;
}

size_t script_ntimers(const struct script *s)
{
	return s->ntimers;
}

const struct script_timer *script_timer(const struct script *s, size_t i)
{
	return &s->timers[i];
}

int script_dump(struct script *s, const char *stage, struct buf *out)
{
	return lang_dump(s->lang, stage, out);
}

/* ---- running ---- */

static void run_point(struct script *s, const struct attach *a)
{
	static const struct regs none = {.size = 0};

	if (s->kernel)
		kernel_fetch_maps(s->kernel);
	host_run(&s->host, s->codes[a->pub.program], none.raw, a->pub.id);
	if (s->kernel)
		kernel_put_maps(s->kernel, &s->programs[a->pub.program]);
}

void script_run_timer(struct script *s, size_t i)
{
	if (!host_stopped(&s->host))
		run_point(s, s->points[s->timers[i].id]);
}

/* END runs although everything has been stopped; a BEGIN after one that
 * called exit() does not. */
void script_run_kind(struct script *s, enum lang_probe_kind kind, int signo)
{
	for (size_t i = 0; i < s->npoints; i++) {
		const struct lang_spec *spec =
			lang_spec(s->lang, s->points[i]->spec);

		if (spec->kind != kind || spec->signo != signo)
			continue;
		if (kind != LANG_END && host_stopped(&s->host))
			break;
		run_point(s, s->points[i]);
	}
}

bool script_exited(const struct script *s, int *ret_code)
{
	if (!host_stopped(&s->host))
		return false;
	*ret_code = atomic_load(&s->host.shared->exit_code);
	return true;
}

void script_stop(struct script *s)
{
	if (s->kernel)
		kernel_detach(s->kernel);
	if (s->host.shared)
		atomic_store(&s->host.shared->stopped, 1);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Settings: defaults, then the script's config block, then the environment
 * (BPFTRACE_NAME), which wins.
 */
#include "config-int.h"
#include "parse.h"

#include <stdlib.h>
#include <string.h>

enum setting_kind {
	SET_NUMBER,
	SET_BOOL,
	SET_TEXT,
	SET_STACK,
	SET_MISSING,
	SET_IGNORED, /* of the kernel's ways: accepted, means nothing here */
};

static const struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;
	uint64_t min, max;
} settings[] = {
#define AT(field) offsetof(struct lang_config, field)
	{"max_strlen", SET_NUMBER, AT(max_strlen), 1, 32 << 10},
	{"strlen", SET_NUMBER, AT(max_strlen), 1, 32 << 10},
	{"max_map_keys", SET_NUMBER, AT(max_map_keys), 1, 1 << 24},
	{"map_keys_max", SET_NUMBER, AT(max_map_keys), 1, 1 << 24},
	{"max_probes", SET_NUMBER, AT(max_probes), 1, 1 << 20},
	{"max_cat_bytes", SET_NUMBER, AT(max_cat_bytes), 1, 1 << 24},
	{"cat_bytes_max", SET_NUMBER, AT(max_cat_bytes), 1, 1 << 24},
	{"str_trunc_trailer", SET_TEXT, AT(str_trunc_trailer), 0, 64},
	{"stack_mode", SET_STACK, AT(stack_mode), 0, 0},
	{"cpp_demangle", SET_BOOL, AT(cpp_demangle), 1, 0},
	{"no_cpp_demangle", SET_BOOL, AT(cpp_demangle), 0, 0},
	{"print_maps_on_exit", SET_BOOL, AT(print_maps_on_exit), 1, 0},
	{"show_debug_info", SET_BOOL, AT(show_debug_info), 1, 0},
	{"missing_probes", SET_MISSING, AT(missing_probes), 0, 0},
	{"lazy_symbolication", SET_IGNORED, 0, 0, 0},
	{"cache_user_symbols", SET_IGNORED, 0, 0, 0},
	{"log_size", SET_IGNORED, 0, 0, 0},
	{"max_bpf_progs", SET_IGNORED, 0, 0, 0},
	{"max_type_res_iterations", SET_IGNORED, 0, 0, 0},
	{"on_stack_limit", SET_IGNORED, 0, 0, 0},
	{"perf_rb_pages", SET_IGNORED, 0, 0, 0},
	{"license", SET_IGNORED, 0, 0, 0},
	{"use_blazesym", SET_IGNORED, 0, 0, 0},
	{"probe_inline", SET_IGNORED, 0, 0, 0},
	{"print_maps_on_sigusr1", SET_IGNORED, 0, 0, 0},
#undef AT
};

void config_init(struct lang_config *c)
{
	*c = (struct lang_config){
		.max_strlen = 1024,
		.max_map_keys = 4096,
		.max_probes = 1024,
		.max_cat_bytes = 10240,
		.str_trunc_trailer = "..",
		.stack_mode = V_STACK_BPFTRACE,
		.cpp_demangle = true,
		.print_maps_on_exit = true,
		.show_debug_info = true,
		.missing_probes = LANG_MISSING_ERROR,
	};
}

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	return NULL;
}

/* BPFTRACE_MAX_STRLEN is max_strlen. */
static const struct setting *find_any(struct arena *a, const char *name)
{
	char *lower = arena_strdup(a, name);

	for (char *c = lower; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? *c + 32 : *c;
	return find(lower + (strncmp(lower, "bpftrace_", 9) ? 0 : 9));
}

int config_stack_mode(const char *name)
{
	static const char *const names[] = {"bpftrace", "perf", "raw",
					    "build_id"};

	for (int i = 0; i < 4; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static int missing_mode(const char *name)
{
	static const char *const names[] = {"error", "warn", "ignore"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static const char *set_number(void *field, const struct setting *s,
			      const char *text, struct arena *a)
{
	char *end;
	uint64_t v = strtoull(text, &end, 0);

	if (!*text || *end || *text == '-')
		return "expects a number";
	if (v < s->min || v > s->max)
		return arena_printf(a, "is from %llu to %llu",
				    (unsigned long long)s->min,
				    (unsigned long long)s->max);
	*(uint64_t *)field = v;
	return NULL;
}

static const char *set_bool(bool *field, bool positive, const char *text)
{
	bool v = !strcmp(text, "1") || !strcmp(text, "true");

	if (!v && strcmp(text, "0") && strcmp(text, "false"))
		return "expects true or false";
	*field = v == positive;
	return NULL;
}

/* NULL, or what is wrong. */
static const char *set(struct lang *l, const struct setting *s,
		       const char *text)
{
	void *field = (char *)&l->config + s->offset;
	int mode;

	switch (s->kind) {
	case SET_NUMBER:
		return set_number(field, s, text, &l->arena);
	case SET_BOOL:
		return set_bool(field, s->min != 0, text);
	case SET_TEXT:
		if (strlen(text) > s->max)
			return "is too long";
		*(const char **)field = arena_strdup(&l->arena, text);
		return NULL;
	case SET_STACK:
		mode = config_stack_mode(text);
		if (mode < 0)
			return "is one of bpftrace, perf, raw, build_id";
		l->config.stack_mode = (enum v_stack_mode)mode;
		return NULL;
	case SET_MISSING:
		mode = missing_mode(text);
		if (mode < 0)
			return "is one of error, warn, ignore";
		l->config.missing_probes = mode;
		return NULL;
	case SET_IGNORED:
		break;
	}
	return NULL;
}

/* BPFTRACE_MAX_STRLEN=64: a bad one is no reason to stop. */
void config_environ(struct lang *l)
{
	static const char prefix[] = "BPFTRACE_";
	const char *const *env = l->opts.environ;

	for (; env && *env; env++) {
		const char *eq = strchr(*env, '='), *why;
		char name[64] = "";
		const struct setting *s;

		if (strncmp(*env, prefix, sizeof(prefix) - 1) || !eq)
			continue;
		for (size_t i = 0; i < sizeof(name) - 1; i++) {
			const char *c = *env + sizeof(prefix) - 1 + i;

			if (c >= eq)
				break;
			name[i] = *c >= 'A' && *c <= 'Z' ? *c + 32 : *c;
		}
		s = find(name);
		why = s ? set(l, s, eq + 1) : NULL;
		if (why && l->diag)
			buf_printf(l->diag, "WARNING: %.*s %s; it is ignored\n",
				   (int)(eq - *env), *env, why);
	}
}

/* NAME = VALUE */
static void parse_setting(struct parser *p)
{
	const char *name = p->tok.str, *text, *why;
	uint32_t begin = p->tok.begin;
	const struct setting *s;

	if (!parse_expect(p, T_IDENT) || !parse_expect(p, T_ASSIGN))
		return;
	text = p->tok.kind == T_INT
		       ? arena_printf(&p->l->arena, "%llu",
				      (unsigned long long)p->tok.num)
		       : p->tok.str;
	if (p->tok.kind != T_INT && p->tok.kind != T_STRING &&
	    p->tok.kind != T_IDENT) {
		parse_error(p, (struct range){p->tok.begin, p->tok.end},
			    "expected a value before %s", parse_current(p));
		return;
	}
	parse_next(p);
	s = find_any(&p->l->arena, name);
	if (!s && !strncmp(name, "unstable_", 9))
		return;
	why = s ? set(p->l, s, text) : NULL;
	if (!s)
		diag_error(p->l, parse_range(p, begin),
			   "there is no setting '%s'", name);
	else if (why)
		diag_error(p->l, parse_range(p, begin), "%s %s", name, why);
}

/* config = { NAME = VALUE; ... } */
void parse_config(struct parser *p)
{
	parse_next(p);
	parse_expect(p, T_ASSIGN);
	parse_expect(p, T_LBRACE);
	while (!p->failed && p->tok.kind != T_RBRACE) {
		parse_setting(p);
		if (!parse_accept(p, T_SEMI) && !parse_accept(p, T_COMMA))
			break;
	}
	if (!p->failed)
		parse_expect(p, T_RBRACE);
}

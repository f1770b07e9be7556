/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checker's rounds over the whole program, and its messages.
 */
#include "checker.h"
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS_MAX = 32 };

/* ---- messages: only in the last round ---- */

typedef void diag_fn(struct lang *l, struct range at, const char *fmt, ...);

static void say(struct check *c, diag_fn *fn, struct range at, const char *fmt,
		va_list ap)
{
	char text[512];

	c->l->diag_shown = false;
	if (!c->final)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	fn(c->l, at, "%s", text);
}

void check_error(struct check *c, struct range at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, diag_error, at, fmt, ap);
	va_end(ap);
}

void check_warn(struct check *c, struct range at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, diag_warn, at, fmt, ap);
	va_end(ap);
}

void check_hint(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!c->final)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_hint(c->l, "%s", text);
}

/* ---- rounds ---- */

/* The first attach point of one of these specs. */
static const struct point *first_point(struct lang *l, size_t first, size_t n)
{
	for (size_t i = 0; i < l->npoints; i++)
		if (l->points[i].spec >= first && l->points[i].spec < first + n)
			return &l->points[i];
	return NULL;
}

static void check_as(struct check *c, struct probe *p, size_t spec)
{
	c->probe = p;
	c->kind = c->l->specs[spec].kind;
	c->point = first_point(c->l, spec, 1);
	c->block = NULL;
	c->cond_depth = c->loop_depth = 0;
	for (size_t i = 0; i < p->nvars; i++)
		p->vars[i]->assigned = p->vars[i]->needs_init = false;
	if (p->pred)
		check_number(c, p->pred, true);
	check_block(c, p->body);
}

/* What a probe can name depends on its kind, and it may have several; what is
 * wrong for all of them is said once. */
static void check_probe(struct check *c, struct probe *p)
{
	unsigned errors = c->l->nerrors;
	bool no_warnings = c->l->opts.no_warnings;
	unsigned seen = 0;

	for (size_t i = 0; i < p->nspecs && c->l->nerrors == errors; i++) {
		unsigned bit = 1u << c->l->specs[p->first_spec + i].kind;

		if (seen & bit)
			continue;
		seen |= bit;
		check_as(c, p, p->first_spec + i);
		c->l->opts.no_warnings = true;
	}
	c->l->opts.no_warnings = no_warnings;
}

static void check_round(struct check *c)
{
	c->changed = false;
	for (size_t i = 0; i < c->l->nprobes; i++)
		check_probe(c, c->l->probes[i]);
}

static int add_internal(struct lang *l, const char *name,
			enum bpf_map_kind kind, uint32_t key_size,
			uint32_t value_size, uint32_t max)
{
	struct lang_map *m =
		arena_push(&l->arena, &l->maps, &l->nmaps, sizeof(*m));

	snprintf(m->def.name, sizeof(m->def.name), "%s", name);
	m->def.kind = kind;
	m->def.key_size = key_size;
	m->def.value_size = value_size;
	m->def.max_entries = max;
	return (int)l->nmaps - 1;
}

/* The scratch map is the last: how large it must be is known only when all
 * programs have been generated once. */
static int size_scratch(struct lang *l)
{
	int rc;

	l->scratch_map = (int)l->nmaps;
	for (size_t i = 0; i < l->nprobes; i++) {
		rc = gen_measure(l, l->probes[i],
				 first_point(l, l->probes[i]->first_spec,
					     l->probes[i]->nspecs));
		if (rc)
			return rc;
	}
	if (!l->scratch_size) {
		l->scratch_map = -1;
		return 0;
	}
	l->scratch_size = (l->scratch_size + 63) & ~63u;
	add_internal(l, "scratch", BPF_MAP_PERCPU_ARRAY, 4,
		     l->scratch_size + l->zero_size, 1);
	return 0;
}

static void add_internals(struct lang *l)
{
	/* Whatever a program does, there may be a warning to send. */
	l->ring_map =
		add_internal(l, "ring", BPF_MAP_RINGBUF, 0, 0, LANG_RING_SIZE);
	if (l->uses_stack)
		l->stack_map = add_internal(l, "stacks", BPF_MAP_STACK_TRACE, 4,
					    8 * l->stack_limit, 16384);
	if (l->uses_start)
		l->start_map = add_internal(l, "start", BPF_MAP_ARRAY, 4, 8, 1);
}

static void find_word_size(struct lang *l)
{
	for (size_t i = 0; i < l->npoints; i++) {
		enum lang_probe_kind kind = l->specs[l->points[i].spec].kind;
		const struct lang_abi *abi = l->points[i].pt.abi;

		if (abi && kind != LANG_BEGIN && kind != LANG_END &&
		    kind != LANG_INTERVAL && kind != LANG_SIGNAL) {
			l->word_size = abi->word_size;
			return;
		}
	}
}

int check_script(struct lang *l, void *arg)
{
	struct check c = {.l = l, .env = l->env};
	unsigned rounds = 0;

	(void)arg;
	find_word_size(l);
	if (l->word_size != 8)
		lang_redeclare(l);
	do
		check_round(&c);
	while (c.changed && ++rounds < ROUNDS_MAX);
	c.final = true;
	check_round(&c);
	check_options(&c);
	if (l->nerrors)
		return ERR_SYNTAX;
	check_maps_finish(&c);
	if (l->nerrors)
		return ERR_SYNTAX;
	add_internals(l);
	return size_scratch(l);
}

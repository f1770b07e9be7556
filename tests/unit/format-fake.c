/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format-fake.h"

struct lang fake_lang = {
	.config = {.max_cat_bytes = 16, .str_trunc_trailer = ".."}};

const struct lang_config *lang_config(const struct lang *l)
{
	return &l->config;
}

size_t lang_nmaps(const struct lang *l)
{
	return l->nmaps;
}

const struct lang_map *lang_map(const struct lang *l, size_t i)
{
	return &l->maps[i];
}

size_t lang_nactions(const struct lang *l)
{
	return l->nactions;
}

const struct lang_action *lang_action(const struct lang *l, size_t i)
{
	return &l->actions[i];
}

const char *lang_string(const struct lang *l, uint64_t index)
{
	return index < l->nstrings ? l->strings[index] : NULL;
}

const char *lang_point_text(const struct lang *l, unsigned point)
{
	(void)l;
	return point < 2 ? "uprobe:/bin/x:f" : NULL;
}

void lang_point_range(const struct lang *l, unsigned point,
		      uint32_t *ret_begin, uint32_t *ret_end)
{
	(void)l;
	*ret_begin = 100 * point;
	*ret_end = *ret_begin + 15;
}

struct lang_place lang_place(const struct lang *l, uint32_t begin, uint32_t end)
{
	(void)l;
	return (struct lang_place){"stdin", begin / 100 + 1, begin % 100 + 1,
				   begin % 100 + 1 + (end - begin)};
}

void lang_complain(const struct lang *l, uint32_t begin, uint32_t end,
		   const char *what, const char *text, struct buf *out)
{
	struct lang_place at = lang_place(l, begin, end);

	buf_printf(out, "%s:%u:%u-%u: %s: %s\n", at.file, at.line, at.col,
		   at.end_col, what, text);
}

static size_t stack(void *ctx, const struct v_stack *s, uint64_t *ips,
		    size_t max)
{
	static const uint64_t frames[] = {0x1004, 0x2000, 0x7fff12345678};
	size_t n = 0;

	(void)ctx;
	for (; s->id == 7 && n < 3 && n < max; n++)
		ips[n] = frames[n];
	return n;
}

static struct format_sym *sym(void *ctx, uint32_t pid, uint64_t addr)
{
	static struct format_sym func = {"func", "/bin/prog", NULL, 0, 0};
	static struct format_sym line = {"f2", "/bin/prog", "dir/a.c", 0, 12};

	(void)ctx;
	(void)pid;
	if (addr == 0x2000)
		return &line;
	if (addr < 0x1000 || addr > 0x1fff)
		return NULL;
	func.offset = addr - 0x1000;
	return &func;
}

static uint64_t wall(void *ctx, uint64_t boot_ns)
{
	(void)ctx;
	return boot_ns + UINT64_C(86400000000000);
}

const struct format_env fake_env = {
	.stack = stack, .sym = sym, .wall = wall, .lang = &fake_lang};

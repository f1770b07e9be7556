/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runtime addresses in words, remembered: the same few addresses come up again
 * and again in stacks.
 */
#include <config.h>

#include "space-int.h"

#include <stdlib.h>

enum { REMEMBERED_MAX = 256 << 10 };

static const char *demangled(struct space *s, const char *name)
{
	uint64_t key = (uintptr_t)name;
	char *text;

	if (name[0] != '_' || name[1] != 'Z')
		return name;
	text = htab_get(&s->demangled, key);
	if (text)
		return text;
	text = symbol_demangle(name);
	if (text && htab_put(&s->demangled, key, text)) {
		free(text);
		text = NULL;
	}
	return text ? text : name;
}

/* A call that never returns may be the last instruction of its function: its
 * return address is just behind it. */
static int function_at(struct module *m, uint64_t vaddr, struct symbol *ret)
{
	int rc = module_symbol_at(m, vaddr, ret);

	return rc && vaddr ? module_symbol_at(m, vaddr - 1, ret) : rc;
}

static struct frame_text describe(struct space *s, uint64_t addr, bool demangle,
				  bool lines)
{
	struct frame_text t = {0};
	struct module *m;
	struct symbol sym;
	uint64_t vaddr;

	if (space_module_at(s, addr, &m, &vaddr))
		return t;
	t.module = module_path(m);
	if (!function_at(m, vaddr, &sym)) {
		t.name = demangle ? demangled(s, sym.name) : sym.name;
		t.offset = vaddr - sym.addr;
	}
	if (lines && module_line_at(m, vaddr, &t.file, &t.line))
		t.file = NULL;
	return t;
}

static void remember(struct htab *h, uint64_t addr, const struct frame_text *t)
{
	struct frame_text *copy;

	if (h->used >= REMEMBERED_MAX)
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return;
	*copy = *t;
	if (htab_put(h, addr, copy))
		free(copy);
}

int space_describe(struct space *s, uint64_t addr, bool demangle, bool lines,
		   struct frame_text *ret)
{
	struct htab *h = &s->described[demangle + 2 * lines];
	const struct frame_text *known = htab_get(h, addr);

	if (known) {
		*ret = *known;
	} else {
		*ret = describe(s, addr, demangle, lines);
		remember(h, addr, ret);
	}
	return ret->name ? 0 : ERR_NOENT;
}

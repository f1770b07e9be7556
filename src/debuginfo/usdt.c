/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * USDT notes (.note.stapsdt): where the probes of <sys/sdt.h> are.
 */
#include <config.h>

#include "module-int.h"

#include <string.h>

enum { NT_STAPSDT = 3 };

struct search {
	struct module *m;
	usdt_fn *fn;
	void *ctx;
	uint64_t base; /* of .stapsdt.base in this file; 0: none */
};

static bool next_string(const char **p, const char *end, const char **ret)
{
	const char *nul = memchr(*p, 0, (size_t)(end - *p));

	if (!nul)
		return false;
	*ret = *p;
	*p = nul + 1;
	return true;
}

/* {pc, address of .stapsdt.base at link time, semaphore}, then provider, name
 * and arguments. prelink moves the addresses but not the notes: what
 * .stapsdt.base has moved by is added. */
static int on_note(void *ctx, uint32_t type, const char *owner,
		   size_t owner_len, const uint8_t *desc, size_t desc_len)
{
	struct search *s = ctx;
	const struct elffile *f = &s->m->file;
	size_t word = f->is64 ? 8 : 4;
	const char *p, *end = (const char *)desc + desc_len;
	struct usdt_note note;
	uint64_t base, moved;

	if (type != NT_STAPSDT || owner_len != 8 ||
	    memcmp(owner, "stapsdt", 8) || desc_len < 3 * word)
		return 0;
	note.pc = elf_word(f, desc);
	base = elf_word(f, desc + word);
	note.semaphore = elf_word(f, desc + 2 * word);
	p = (const char *)desc + 3 * word;
	if (!next_string(&p, end, &note.provider) ||
	    !next_string(&p, end, &note.name) ||
	    !next_string(&p, end, &note.args))
		return 0;
	moved = s->base && base ? s->base - base : 0;
	note.pc += moved;
	if (note.semaphore)
		note.semaphore += moved;
	if (!f->is64) {
		note.pc = (uint32_t)note.pc;
		note.semaphore = (uint32_t)note.semaphore;
	}
	if (!module_is_text(s->m, note.pc))
		return 0;
	return s->fn(s->ctx, &note);
}

int module_usdt(struct module *m, usdt_fn *fn, void *ctx)
{
	struct search s = {.m = m, .fn = fn, .ctx = ctx};
	const struct elffile *f = &m->file;
	const struct section *base = elffile_section(f, ".stapsdt.base");
	const uint8_t *data;
	size_t len;
	int rc = 0;

	s.base = base ? base->addr : 0;
	for (size_t i = 0; !rc && i < f->nsecs; i++) {
		if (strcmp(f->secs[i].name, ".note.stapsdt"))
			continue;
		data = elffile_bytes(f, &f->secs[i], &len);
		if (data)
			rc = elf_notes(f, data, len, on_note, &s);
	}
	return rc;
}

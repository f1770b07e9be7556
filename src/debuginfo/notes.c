/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Notes: the build id, and what usdt.c looks for.
 */
#include <config.h>

#include "module-int.h"

#include <elf.h>
#include <string.h>

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~UINT64_C(3);
}

/* Names and descriptions are padded to 4 bytes. (PT_NOTE segments aligned to
 * 8, .note.gnu.property, hold notes whose sizes are multiples of both.) */
int elf_notes(const struct elffile *f, const uint8_t *data, size_t len,
	      note_fn *fn, void *ctx)
{
	uint64_t namesz, descsz, body;
	uint32_t type;
	int rc = 0;

	while (!rc && len >= 12) {
		namesz = elf_u32(f, data);
		descsz = elf_u32(f, data + 4);
		type = elf_u32(f, data + 8);
		body = 12 + align4(namesz);
		if (!in_range(body, descsz, len))
			return 0;
		rc = fn(ctx, type, (const char *)data + 12, namesz, data + body,
			descsz);
		body += align4(descsz);
		if (body >= len)
			break;
		data += body;
		len -= body;
	}
	return rc;
}

struct id_search {
	const uint8_t *id;
	size_t len;
};

static int on_note(void *ctx, uint32_t type, const char *owner,
		   size_t owner_len, const uint8_t *desc, size_t desc_len)
{
	struct id_search *s = ctx;

	if (type != NT_GNU_BUILD_ID || owner_len != 4 ||
	    memcmp(owner, "GNU", 4) || desc_len < 2 || desc_len > 64)
		return 0;
	s->id = desc;
	s->len = desc_len;
	return 1;
}

size_t build_id_of(const struct elffile *f, const uint8_t **ret)
{
	struct id_search s = {0};
	const uint8_t *data;
	size_t len;

	for (size_t i = 0; !s.id && i < f->nsecs; i++) {
		data = elffile_bytes(f, &f->secs[i], &len);
		if (data && f->secs[i].type == SHT_NOTE)
			elf_notes(f, data, len, on_note, &s);
	}
	for (size_t i = 0; !s.id && i < f->nsegs; i++) {
		const struct segment *seg = &f->segs[i];

		if (seg->type == PT_NOTE &&
		    in_range(seg->offset, seg->filesz, f->size))
			elf_notes(f, f->data + seg->offset, seg->filesz,
				  on_note, &s);
	}
	*ret = s.id;
	return s.len;
}

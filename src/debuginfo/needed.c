/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The libraries that a file asks for: DT_NEEDED of its dynamic section.
 */
#include "module-int.h"

#include <elf.h>
#include <string.h>

static const uint8_t *dynamic_strings(const struct elffile *f,
				      const struct section *dynamic,
				      size_t *ret_size)
{
	*ret_size = 0;
	return dynamic && dynamic->link < f->nsecs
		       ? elffile_bytes(f, &f->secs[dynamic->link], ret_size)
		       : NULL;
}

size_t module_needed(struct module *m, const char **ret, size_t max)
{
	const struct elffile *f = &m->file;
	const struct section *dynamic = elffile_section_type(f, SHT_DYNAMIC);
	size_t word = f->is64 ? 8 : 4, size = 0, room, n = 0;
	const uint8_t *strings = dynamic_strings(f, dynamic, &room);
	const uint8_t *p = dynamic ? elffile_bytes(f, dynamic, &size) : NULL;

	for (; strings && size >= 2 * word && n < max;
	     p += 2 * word, size -= 2 * word) {
		uint64_t tag = elf_word(f, p), at = elf_word(f, p + word);

		if (tag == DT_NULL)
			break;
		if (tag == DT_NEEDED && at < room &&
		    memchr(strings + at, 0, room - at))
			ret[n++] = (const char *)strings + at;
	}
	return n;
}

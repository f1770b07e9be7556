/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes of one ELF file: mapped, its header, segments and sections
 * checked and decoded once. Whatever elffile_parse() let through lies inside
 * the file, so that the readers above index it without fear. Both classes and
 * byte orders. (Private to debuginfo.)
 */
#ifndef UPD_ELFFILE_H
#define UPD_ELFFILE_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz, align;
};

struct section {
	const char *name;
	uint32_t type, link, info;
	uint64_t flags, addr, offset, size, entsize;
};

struct elffile {
	const uint8_t *data;
	size_t size;
	bool mapped; /* by mmap, else by malloc */
	bool is64, big_endian, swap;
	uint16_t type, machine;
	uint64_t entry;
	struct segment *segs;
	struct section *secs;
	size_t nsegs, nsecs;
	void *elf; /* libelf's view of the same bytes, made when asked */
};

/* Takes over the bytes, also on failure: elffile_release() frees them. Code
 * with a sentence without the file's name: "is not an ELF file". */
must_check int elffile_parse(struct elffile *f, const void *data, size_t size,
			     bool mapped, struct err *err);
void elffile_release(struct elffile *f);

/* Maps an open regular file. */
must_check int elffile_map(struct elffile *f, int fd, uint64_t size,
			   struct err *err);

/* NULL when there is none of that name with contents in the file. */
const struct section *elffile_section(const struct elffile *f,
				      const char *name);
const struct section *elffile_section_type(const struct elffile *f,
					   uint32_t type);

/* A section's bytes; those of a section without any are NULL, 0. */
const uint8_t *elffile_bytes(const struct elffile *f, const struct section *s,
			     size_t *ret_size);

/* libelf's handle (an Elf *), or NULL. */
void *elffile_elf(struct elffile *f);

/* Is [off, off + len) inside size bytes? */
static inline bool in_range(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

/* Unaligned numbers in the file's byte order; the caller has checked that
 * they are inside. */
static inline uint16_t elf_u16(const struct elffile *f, const uint8_t *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return f->swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t elf_u32(const struct elffile *f, const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return f->swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t elf_u64(const struct elffile *f, const uint8_t *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return f->swap ? __builtin_bswap64(v) : v;
}

/* A word of the file's class. */
static inline uint64_t elf_word(const struct elffile *f, const uint8_t *p)
{
	return f->is64 ? elf_u64(f, p) : elf_u32(f, p);
}

#endif

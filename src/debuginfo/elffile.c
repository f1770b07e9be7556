/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "elffile.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	SEGMENTS_MAX = 65536,
	SECTIONS_MAX = 65536,
};

static int not_elf(const struct elffile *f, struct err *err)
{
	if (f->size >= 2 && !memcmp(f->data, "#!", 2))
		return err_set(err, ERR_FORMAT,
			       "is a script, not an ELF file: "
			       "probe the interpreter that runs it");
	return err_set(err, ERR_FORMAT, "is not an ELF file");
}

static int truncated(struct err *err, const char *what)
{
	return err_set(err, ERR_FORMAT,
		       "is truncated or damaged: its %s lie "
		       "beyond the end of the file",
		       what);
}

static int check_ident(struct elffile *f, struct err *err)
{
	const uint8_t *id = f->data;

	if (f->size < EI_NIDENT || memcmp(id, ELFMAG, SELFMAG))
		return not_elf(f, err);
	if ((id[EI_CLASS] != ELFCLASS32 && id[EI_CLASS] != ELFCLASS64) ||
	    (id[EI_DATA] != ELFDATA2LSB && id[EI_DATA] != ELFDATA2MSB) ||
	    id[EI_VERSION] != EV_CURRENT)
		return err_set(err, ERR_FORMAT,
			       "has an ELF header that makes "
			       "no sense (class %u, data %u, version %u)",
			       id[EI_CLASS], id[EI_DATA], id[EI_VERSION]);
	f->is64 = id[EI_CLASS] == ELFCLASS64;
	f->big_endian = id[EI_DATA] == ELFDATA2MSB;
	f->swap = f->big_endian != (BYTE_ORDER == BIG_ENDIAN);
	if (f->size < (f->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return err_set(err, ERR_FORMAT,
			       "is truncated inside its ELF header");
	return 0;
}

#define FIELD(f, p, member)                        \
	((f)->is64 ? (p) + offsetof(HDR64, member) \
		   : (p) + offsetof(HDR32, member))

static void read_section(const struct elffile *f, const uint8_t *p,
			 struct section *s, uint32_t *ret_name)
{
#define HDR64 Elf64_Shdr
#define HDR32 Elf32_Shdr
	*ret_name = elf_u32(f, FIELD(f, p, sh_name));
	s->type = elf_u32(f, FIELD(f, p, sh_type));
	s->flags = elf_word(f, FIELD(f, p, sh_flags));
	s->addr = elf_word(f, FIELD(f, p, sh_addr));
	s->offset = elf_word(f, FIELD(f, p, sh_offset));
	s->size = elf_word(f, FIELD(f, p, sh_size));
	s->link = elf_u32(f, FIELD(f, p, sh_link));
	s->info = elf_u32(f, FIELD(f, p, sh_info));
	s->entsize = elf_word(f, FIELD(f, p, sh_entsize));
#undef HDR64
#undef HDR32
}

static void read_segment(const struct elffile *f, const uint8_t *p,
			 struct segment *s)
{
#define HDR64 Elf64_Phdr
#define HDR32 Elf32_Phdr
	s->type = elf_u32(f, FIELD(f, p, p_type));
	s->flags = elf_u32(f, FIELD(f, p, p_flags));
	s->offset = elf_word(f, FIELD(f, p, p_offset));
	s->vaddr = elf_word(f, FIELD(f, p, p_vaddr));
	s->filesz = elf_word(f, FIELD(f, p, p_filesz));
	s->memsz = elf_word(f, FIELD(f, p, p_memsz));
	s->align = elf_word(f, FIELD(f, p, p_align));
#undef HDR64
#undef HDR32
}

struct counts {
	uint64_t phoff, shoff;
	size_t phnum, shnum, shstrndx, shsize, phsize;
};

/* Numbers that do not fit the header's 16 bits are in section 0 (gABI). */
static int read_counts(struct elffile *f, struct counts *c, struct err *err)
{
	struct section zero;
	uint32_t name;

#define HDR64 Elf64_Ehdr
#define HDR32 Elf32_Ehdr
	f->type = elf_u16(f, FIELD(f, f->data, e_type));
	f->machine = elf_u16(f, FIELD(f, f->data, e_machine));
	f->entry = elf_word(f, FIELD(f, f->data, e_entry));
	c->phoff = elf_word(f, FIELD(f, f->data, e_phoff));
	c->shoff = elf_word(f, FIELD(f, f->data, e_shoff));
	c->phnum = elf_u16(f, FIELD(f, f->data, e_phnum));
	c->shnum = elf_u16(f, FIELD(f, f->data, e_shnum));
	c->shstrndx = elf_u16(f, FIELD(f, f->data, e_shstrndx));
#undef HDR64
#undef HDR32
	c->shsize = f->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	c->phsize = f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	if (!c->shoff)
		c->shnum = 0;
	if (!c->shoff ||
	    (c->shnum && c->phnum != PN_XNUM && c->shstrndx != SHN_XINDEX))
		return 0;
	if (!in_range(c->shoff, c->shsize, f->size))
		return truncated(err, "section headers");
	read_section(f, f->data + c->shoff, &zero, &name);
	if (!c->shnum)
		c->shnum = zero.size <= SECTIONS_MAX ? zero.size
						     : SECTIONS_MAX + 1;
	if (c->phnum == PN_XNUM)
		c->phnum = zero.info;
	if (c->shstrndx == SHN_XINDEX)
		c->shstrndx = zero.link;
	return 0;
}

static int parse_segments(struct elffile *f, const struct counts *c,
			  struct err *err)
{
	if (!c->phnum)
		return 0;
	if (c->phnum > SEGMENTS_MAX)
		return err_set(err, ERR_FORMAT, "claims to have %zu segments",
			       c->phnum);
	if (!in_range(c->phoff, c->phnum * c->phsize, f->size))
		return truncated(err, "program headers");
	f->segs = calloc(c->phnum, sizeof(*f->segs));
	if (!f->segs)
		return err_set(err, ERR_NOMEM, "out of memory");
	f->nsegs = c->phnum;
	for (size_t i = 0; i < f->nsegs; i++)
		read_segment(f, f->data + c->phoff + i * c->phsize,
			     &f->segs[i]);
	return 0;
}

static int check_section(const struct elffile *f, const struct section *s,
			 struct err *err)
{
	if (s->type == SHT_NOBITS || s->type == SHT_NULL)
		return 0;
	if (!in_range(s->offset, s->size, f->size))
		return truncated(err, "sections");
	return 0;
}

/* Names end inside the string table: a table whose last byte is not NUL
 * loses its last name. */
static const char *section_name(const struct elffile *f,
				const struct section *strs, uint32_t off)
{
	const char *base = (const char *)f->data + strs->offset;

	if (strs->type == SHT_NOBITS || strs->type == SHT_NULL ||
	    off >= strs->size || !memchr(base + off, 0, strs->size - off))
		return "";
	return base + off;
}

static int parse_sections(struct elffile *f, const struct counts *c,
			  struct err *err)
{
	uint32_t name;
	int rc;

	if (!c->shnum)
		return 0;
	if (c->shnum > SECTIONS_MAX)
		return err_set(err, ERR_FORMAT,
			       "claims to have more than %d "
			       "sections",
			       SECTIONS_MAX);
	if (!in_range(c->shoff, c->shnum * c->shsize, f->size))
		return truncated(err, "section headers");
	f->secs = calloc(c->shnum, sizeof(*f->secs));
	if (!f->secs)
		return err_set(err, ERR_NOMEM, "out of memory");
	f->nsecs = c->shnum;
	for (size_t i = 0; i < f->nsecs; i++) {
		read_section(f, f->data + c->shoff + i * c->shsize, &f->secs[i],
			     &name);
		f->secs[i].name = "";
		rc = check_section(f, &f->secs[i], err);
		if (rc)
			return rc;
	}
	if (c->shstrndx >= f->nsecs)
		return 0;
	for (size_t i = 0; i < f->nsecs; i++) {
		name = elf_u32(f, f->data + c->shoff + i * c->shsize);
		f->secs[i].name = section_name(f, &f->secs[c->shstrndx], name);
	}
	return 0;
}

int elffile_parse(struct elffile *f, const void *data, size_t size, bool mapped,
		  struct err *err)
{
	struct counts c;
	int rc;

	*f = (struct elffile){.data = data, .size = size, .mapped = mapped};
	if (!data || !size)
		return not_elf(f, err);
	rc = check_ident(f, err);
	if (!rc)
		rc = read_counts(f, &c, err);
	if (!rc)
		rc = parse_segments(f, &c, err);
	if (!rc)
		rc = parse_sections(f, &c, err);
	return rc;
}

/* Mapped, not read: only what is looked at is loaded. Whoever truncates the
 * file in place takes the pages away from under us (SIGBUS), but also from
 * under the program that runs it. */
int elffile_map(struct elffile *f, int fd, uint64_t size, struct err *err)
{
	void *data;

	*f = (struct elffile){0};
	if (!size)
		return not_elf(f, err);
	if ((size_t)size != size)
		return err_set(err, ERR_LIMIT,
			       "is larger than a 32-bit upd can map");
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_errno(err, errno, "cannot be mapped");
	return elffile_parse(f, data, size, true, err);
}

void elffile_release(struct elffile *f)
{
	if (f->elf)
		elf_end(f->elf);
	free(f->segs);
	free(f->secs);
	if (f->mapped && f->data)
		munmap((void *)(uintptr_t)f->data, f->size);
	else
		free((void *)(uintptr_t)f->data);
	*f = (struct elffile){0};
}

const struct section *elffile_section(const struct elffile *f, const char *name)
{
	for (size_t i = 0; i < f->nsecs; i++)
		if (!strcmp(f->secs[i].name, name) &&
		    f->secs[i].type != SHT_NOBITS)
			return &f->secs[i];
	return NULL;
}

const struct section *elffile_section_type(const struct elffile *f,
					   uint32_t type)
{
	for (size_t i = 0; i < f->nsecs; i++)
		if (f->secs[i].type == type)
			return &f->secs[i];
	return NULL;
}

const uint8_t *elffile_bytes(const struct elffile *f, const struct section *s,
			     size_t *ret_size)
{
	if (!s || s->type == SHT_NOBITS || s->type == SHT_NULL || !s->size) {
		*ret_size = 0;
		return NULL;
	}
	*ret_size = s->size;
	return f->data + s->offset;
}

/* libelf writes into the section headers when it unpacks compressed debug
 * sections, where they lie: our private copy of those pages, never the file.
 * Whatever was checked has been copied out of them before. */
void *elffile_elf(struct elffile *f)
{
	if (f->elf || elf_version(EV_CURRENT) == EV_NONE)
		return f->elf;
	if (f->mapped && mprotect((void *)(uintptr_t)f->data, f->size,
				  PROT_READ | PROT_WRITE))
		return NULL;
	f->elf = elf_memory((char *)(uintptr_t)f->data, f->size);
	return f->elf;
}

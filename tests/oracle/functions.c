/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "functions.h"

#include <Zydis/Zydis.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
	const uint8_t *bytes;
	size_t len;
};

static bool image_open(const char *path, struct image *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st))
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	ret->bytes = map;
	ret->len = (size_t)st.st_size;
	return true;
}

static const Elf64_Phdr *phdr(const struct image *im, unsigned i)
{
	const Elf64_Ehdr *e = (const void *)im->bytes;

	if (i >= e->e_phnum)
		return NULL;
	return (const Elf64_Phdr *)(const void *)(im->bytes + e->e_phoff) + i;
}

/* The offset in the file of an address; 0 when it is not there. */
static uint64_t to_offset(const struct image *im, uint64_t addr)
{
	const Elf64_Phdr *p;

	for (unsigned i = 0; (p = phdr(im, i)); i++)
		if (p->p_type == PT_LOAD && addr >= p->p_vaddr &&
		    addr < p->p_vaddr + p->p_filesz)
			return addr - p->p_vaddr + p->p_offset;
	return 0;
}

static int32_t s4(const struct image *im, uint64_t offset)
{
	int32_t v = 0;

	if (offset + 4 <= im->len)
		memcpy(&v, im->bytes + offset, 4);
	return v;
}

/* The table (LSB, 10.6.2): a version, three encodings, then the address of
 * .eh_frame, the number of entries, and for each its function and its FDE.
 * Linkers write it with offsets of 4 bytes from its own start, and the FDEs
 * with ones from where they stand. */
enum { HDR_ENCODINGS = 0x3b031b01, FDE_RANGE = 12 };

static bool functions_list(const struct image *im, struct functions *f)
{
	const Elf64_Phdr *p;
	uint64_t hdr;
	unsigned i;

	for (i = 0; (p = phdr(im, i)); i++)
		if (p->p_type == PT_GNU_EH_FRAME)
			break;
	if (!p || s4(im, p->p_offset) != HDR_ENCODINGS)
		return false;
	hdr = p->p_vaddr;
	f->count = (uint32_t)s4(im, p->p_offset + 8);
	f->list = calloc(f->count, sizeof(*f->list));
	for (i = 0; f->list && i < f->count; i++) {
		uint64_t entry = p->p_offset + 12 + i * 8;
		uint64_t fde = to_offset(
			im, hdr + (uint64_t)(int64_t)s4(im, entry + 4));

		f->list[i].offset =
			to_offset(im, hdr + (uint64_t)(int64_t)s4(im, entry));
		f->list[i].len = (uint32_t)s4(im, fde + FDE_RANGE);
	}
	return f->list && f->count;
}

static bool is_rep(const ZydisDecodedInstruction *insn)
{
	return insn->attributes &
	       (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
		ZYDIS_ATTRIB_HAS_REPNE);
}

/* Ends early where something is no instruction; what was executed behind it
 * rules the function out later. */
static void disassemble(const struct image *im, struct functions *f,
			uint32_t index)
{
	struct function *fn = &f->list[index];
	uint64_t at = fn->offset, end = fn->offset + fn->len;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	fn->first = f->insn_count;
	while (at < end && end <= im->len) {
		ZydisDecodedInstruction insn;

		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(
			    &decoder, NULL, im->bytes + at, end - at, &insn)))
			break;
		f->insns[f->insn_count++] = (struct insn){
			.offset = at, .function = index, .rep = is_rep(&insn)};
		at += insn.length;
	}
	fn->insns = f->insn_count - fn->first;
}

bool functions_of(const char *path, struct functions *ret)
{
	struct functions f = {0};
	struct image im;
	size_t bytes = 0;

	if (!image_open(path, &im))
		return false;
	if (functions_list(&im, &f)) {
		for (size_t i = 0; i < f.count; i++)
			bytes += f.list[i].len;
		f.insns = calloc(bytes, sizeof(*f.insns));
	}
	for (uint32_t i = 0; f.insns && i < f.count; i++)
		disassemble(&im, &f, i);
	munmap((void *)(uintptr_t)im.bytes, im.len);
	if (!f.insns) {
		free(f.list);
		return false;
	}
	*ret = f;
	return true;
}

void functions_release(struct functions *f)
{
	free(f->list);
	free(f->insns);
}

/* All that was executed in it, or 0 when it is not to be probed. */
static uint64_t executed(const struct functions *f, const struct function *fn,
			 const struct counts *c)
{
	uint64_t sum = 0, all = 0;

	for (size_t i = count_from(c, fn->offset);
	     i < c->used && c->places[i].offset < fn->offset + fn->len; i++) {
		if (c->places[i].early)
			return 0;
		all += c->places[i].count;
	}
	for (size_t i = 0; all && i < fn->insns; i++)
		sum += count_at(c, f->insns[fn->first + i].offset);
	return sum == all ? sum : 0;
}

size_t functions_compare(struct functions *f, const struct counts *a,
			 const struct counts *b)
{
	size_t n = 0;

	for (size_t i = 0; i < f->insn_count; i++) {
		struct function *fn = &f->list[f->insns[i].function];
		uint64_t at = f->insns[i].offset;

		if (fn->varies || count_at(a, at) == count_at(b, at))
			continue;
		fn->varies = true;
		n++;
	}
	return n;
}

static int hotter(const void *a, const void *b)
{
	const struct function *f = a, *g = b;

	return (f->executed < g->executed) - (f->executed > g->executed);
}

size_t functions_hot(struct functions *f, const struct counts *c, uint64_t hits)
{
	uint64_t planned = 0;
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		f->list[i].executed =
			f->list[i].varies ? 0 : executed(f, &f->list[i], c);
	qsort(f->list, f->count, sizeof(*f->list), hotter);
	for (size_t i = 0; i < f->count; i++) {
		struct function fn = f->list[i];

		if (!fn.executed || fn.executed > hits / 3 ||
		    planned + fn.executed > hits)
			continue;
		planned += fn.executed;
		f->list[i] = f->list[n];
		f->list[n++] = fn;
	}
	return n;
}

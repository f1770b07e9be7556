/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Function bounds by the binary search table of .eh_frame_hdr: the only ones
 * that a stripped file has. (LSB Core, "Exception Frames"; the bytes are read
 * here, not by libdw, which tells no FDE's extent.)
 */
#include <config.h>

#include "symbols.h"

#include <elf.h>

/* DW_EH_PE_*: how a pointer is written, and what it is relative to. */
enum {
	PE_ABSPTR = 0x00,
	PE_UDATA2 = 0x02,
	PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04,
	PE_SDATA2 = 0x0a,
	PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_FORM = 0x0f,
	PE_PCREL = 0x10,
	PE_DATAREL = 0x30,
	PE_BASE = 0x70,
	PE_OMIT = 0xff,
};

/* A place in the file that knows its virtual address. */
struct cursor {
	const struct elffile *file;
	const uint8_t *p, *end;
	uint64_t vaddr;	    /* of p */
	uint64_t data_base; /* of PE_DATAREL */
	bool failed;
};

static bool take(struct cursor *c, size_t n, const uint8_t **ret)
{
	if (c->failed || (size_t)(c->end - c->p) < n) {
		c->failed = true;
		return false;
	}
	*ret = c->p;
	c->p += n;
	c->vaddr += n;
	return true;
}

static uint8_t take_u8(struct cursor *c)
{
	const uint8_t *p;

	return take(c, 1, &p) ? *p : 0;
}

static uint32_t take_u32(struct cursor *c)
{
	const uint8_t *p;

	return take(c, 4, &p) ? elf_u32(c->file, p) : 0;
}

static void skip_leb(struct cursor *c)
{
	while (take_u8(c) & 0x80)
		;
}

static uint64_t take_form(struct cursor *c, uint8_t form)
{
	const struct elffile *f = c->file;
	const uint8_t *p;
	size_t n = form == PE_UDATA2 || form == PE_SDATA2   ? 2
		   : form == PE_UDATA4 || form == PE_SDATA4 ? 4
		   : form == PE_UDATA8 || form == PE_SDATA8 ? 8
		   : form != PE_ABSPTR			    ? SIZE_MAX
		   : f->is64				    ? 8
							    : 4;

	if (!take(c, n, &p))
		return 0;
	switch (form) {
	case PE_UDATA2:
		return elf_u16(f, p);
	case PE_SDATA2:
		return (uint64_t)(int16_t)elf_u16(f, p);
	case PE_SDATA4:
		return (uint64_t)(int32_t)elf_u32(f, p);
	default:
		return n == 8 ? elf_u64(f, p) : elf_u32(f, p);
	}
}

static uint64_t take_pointer(struct cursor *c, uint8_t enc)
{
	uint64_t at = c->vaddr, v;

	v = take_form(c, enc & PE_FORM);
	switch (enc & PE_BASE) {
	case 0:
		break;
	case PE_PCREL:
		v += at;
		break;
	case PE_DATAREL:
		v += c->data_base;
		break;
	default:
		c->failed = true;
	}
	return c->file->is64 ? v : (uint32_t)v;
}

static bool cursor_at(const struct elffile *f, uint64_t vaddr,
		      struct cursor *ret)
{
	for (size_t i = 0; i < f->nsegs; i++) {
		const struct segment *s = &f->segs[i];

		if (s->type != PT_LOAD || vaddr < s->vaddr ||
		    vaddr - s->vaddr >= s->filesz ||
		    !in_range(s->offset, s->filesz, f->size))
			continue;
		*ret = (struct cursor){
			.file = f,
			.p = f->data + s->offset + (vaddr - s->vaddr),
			.end = f->data + s->offset + s->filesz,
			.vaddr = vaddr,
		};
		return true;
	}
	return false;
}

/* How the CIE at c says that its FDEs write addresses; PE_OMIT: unknown. */
static uint8_t fde_encoding(struct cursor *c)
{
	char aug[16];
	size_t n = 0;
	uint32_t length = take_u32(c);

	if (length < 8 || length == UINT32_MAX || take_u32(c))
		return PE_OMIT;
	if (take_u8(c) > 1) /* version 1; 3 has a wider register number */
		return PE_OMIT;
	do {
		aug[n] = (char)take_u8(c);
	} while (aug[n] && ++n < sizeof(aug));
	if (n == sizeof(aug) || aug[0] != 'z')
		return n ? PE_OMIT : PE_ABSPTR;
	skip_leb(c); /* code alignment */
	skip_leb(c); /* data alignment */
	take_u8(c);  /* return address column */
	skip_leb(c); /* augmentation length */
	for (size_t i = 1; i < n; i++) {
		if (aug[i] == 'R')
			return take_u8(c);
		if (aug[i] == 'P')
			take_pointer(c, take_u8(c));
		else if (aug[i] == 'L')
			take_u8(c);
	}
	return PE_ABSPTR;
}

static bool fde_at(const struct elffile *f, uint64_t fde, uint64_t vaddr,
		   uint64_t *ret_lo, uint64_t *ret_hi)
{
	struct cursor c, cie;
	uint64_t cie_at, lo, len;
	uint32_t length, back;
	uint8_t enc;

	if (!cursor_at(f, fde, &c))
		return false;
	length = take_u32(&c);
	cie_at = c.vaddr;
	back = take_u32(&c);
	if (c.failed || length < 8 || length == UINT32_MAX || !back ||
	    !cursor_at(f, cie_at - back, &cie))
		return false;
	enc = fde_encoding(&cie);
	if (cie.failed || enc == PE_OMIT)
		return false;
	lo = take_pointer(&c, enc);
	len = take_form(&c, enc & PE_FORM);
	if (c.failed || vaddr < lo || vaddr - lo >= len)
		return false;
	*ret_lo = lo;
	*ret_hi = lo + len;
	return true;
}

/* The table's pairs {function, FDE}, sorted, as everybody writes them: two
 * 32-bit numbers relative to the header. */
static bool search(struct cursor *c, uint64_t vaddr, uint64_t count,
		   uint64_t *ret_fde)
{
	const struct elffile *f = c->file;
	size_t lo = 0, hi = (size_t)(c->end - c->p) / 8;

	if (count < hi)
		hi = count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		uint64_t at = c->data_base +
			      (uint64_t)(int32_t)elf_u32(f, c->p + mid * 8);

		if ((f->is64 ? at : (uint32_t)at) <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	*ret_fde = c->data_base +
		   (uint64_t)(int32_t)elf_u32(f, c->p + (lo - 1) * 8 + 4);
	if (!f->is64)
		*ret_fde = (uint32_t)*ret_fde;
	return true;
}

bool fde_bounds(struct module *m, uint64_t vaddr, uint64_t *ret_lo,
		uint64_t *ret_hi)
{
	const struct elffile *f = &m->file;
	const struct segment *hdr = NULL;
	uint8_t version, eh_enc, count_enc, table_enc;
	struct cursor c;
	uint64_t count, fde;

	for (size_t i = 0; i < f->nsegs; i++)
		if (f->segs[i].type == PT_GNU_EH_FRAME)
			hdr = &f->segs[i];
	if (!hdr || !cursor_at(f, hdr->vaddr, &c))
		return false;
	if (hdr->filesz < (uint64_t)(c.end - c.p))
		c.end = c.p + hdr->filesz;
	c.data_base = hdr->vaddr;
	version = take_u8(&c);
	eh_enc = take_u8(&c);
	count_enc = take_u8(&c);
	table_enc = take_u8(&c);
	if (version != 1 || table_enc != (PE_DATAREL | PE_SDATA4))
		return false;
	take_pointer(&c, eh_enc);
	count = take_pointer(&c, count_enc);
	return !c.failed && search(&c, vaddr, count, &fde) &&
	       fde_at(f, fde, vaddr, ret_lo, ret_hi);
}

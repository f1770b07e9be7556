/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words for instructions. An entry's form is a list of operands, a letter
 * each; where assemblers have a simpler name for the most common case of an
 * instruction (mr, mflr, blr, beq, ...) that is used.
 */
#include "ppc-insn.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out {
	char *text;
	size_t size, used;
};

static void __attribute__((format(printf, 2, 3))) put(struct out *o,
						      const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->text + o->used, o->size - o->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->used += (size_t)n;
	if (o->used >= o->size)
		o->used = o->size - 1;
}

/* ---- operands ------------------------------------------------------------ */

static void put_displacement(struct out *o, uint32_t w, unsigned low)
{
	int64_t d = ppc_si(w & ~(uint32_t)low);

	if (ppc_ra(w))
		put(o, "%" PRId64 "(r%u)", d, ppc_ra(w));
	else
		put(o, "%" PRId64 "(0)", d);
}

static void put_spr(struct out *o, uint32_t w)
{
	static const struct {
		uint16_t n;
		const char *name;
	} names[] = {
		{1, "xer"},   {3, "dscr"},  {8, "lr"},     {9, "ctr"},
		{13, "amr"},  {256, "vrsave"}, {259, "sprg3"}, {268, "tb"},
		{269, "tbu"}, {815, "tar"}, {896, "ppr"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].n == ppc_spr(w)) {
			put(o, "%s", names[i].name);
			return;
		}
	put(o, "spr%u", ppc_spr(w));
}

static unsigned sh6(uint32_t w)
{
	return ppc_rb(w) | (w & 2) << 4;
}

static unsigned mb6(uint32_t w)
{
	return (w >> 6 & 31) | (w & 32);
}

static void put_operand(struct out *o, char c, const struct ppc_insn *in,
			uint64_t addr)
{
	uint32_t w = in->word;
	unsigned rt = ppc_rt(w), ra = ppc_ra(w), rb = ppc_rb(w);

	switch (c) {
	case 't':
		put(o, "r%u", rt);
		break;
	case 'a':
		put(o, "r%u", ra);
		break;
	case 'b':
		put(o, "r%u", rb);
		break;
	case 'z':
		put(o, ra ? "r%u" : "%u", ra);
		break;
	case 'f':
		put(o, "f%u", rt);
		break;
	case 'r':
		put(o, "v%u", rt);
		break;
	case 'v':
		put(o, "vs%u", rt | (w & 1) << 5);
		break;
	case 'X':
		put(o, "vs%u", rt | (w & 8) << 2);
		break;
	case 'i':
		put(o, "%" PRId64, ppc_si(w));
		break;
	case 'u':
		put(o, "%u", w & 0xffff);
		break;
	case 'm':
		put_displacement(o, w, 0);
		break;
	case 'd':
		put_displacement(o, w, 3);
		break;
	case 'q':
		put_displacement(o, w, 15);
		break;
	case 'h':
	case '5':
	case '3':
		put(o, "%u", rb);
		break;
	case 'H':
		put(o, "%u", sh6(w));
		break;
	case 'x':
	case '4':
		put(o, "%u", w >> 6 & 31);
		break;
	case 'y':
		put(o, "%u", w >> 1 & 31);
		break;
	case 'M':
		put(o, "%u", mb6(w));
		break;
	case '1':
		put(o, "%u", rt);
		break;
	case '2':
		put(o, "%u", ra);
		break;
	case 'c':
		put(o, "cr%u", rt >> 2);
		break;
	case 'C':
		put(o, "cr%u", ra >> 2);
		break;
	case 'p':
		put(o, "0x%02x", w >> 12 & 0xff);
		break;
	case 'S':
		put_spr(o, w);
		break;
	case 'L':
		put(o, "%u", rt & 7);
		break;
	case 'V':
		put(o, "%u", w >> 5 & 127);
		break;
	case 'n':
		put(o, "%d", (int)(int16_t)((w & 0xffc1) | (ra << 1)));
		break;
	case 'o':
		put(o, "%u,%u", rt, ra);
		break;
	case 'j':
	case 'k':
		put(o, "0x%" PRIx64, ppc_target(in, addr));
		break;
	default:
		put(o, "0x%08x", w);
	}
}

/* ---- branches ------------------------------------------------------------ */

/* The condition in words: "eq", and whether CTR counts: "dnz". False: it has
 * none of the simple names. */
static bool condition(const struct ppc_insn *in, struct out *o)
{
	static const char *const yes[] = {"lt", "gt", "eq", "so"};
	static const char *const no[] = {"ge", "le", "ne", "ns"};
	unsigned bo = ppc_rt(in->word), bi = ppc_ra(in->word);

	if (ppc_is_always(in->word))
		return true;
	if ((bo & 0x14) == 0x10) {
		put(o, bo & 2 ? "dz" : "dnz");
		return true;
	}
	if (!(bo & 4))
		return false;
	put(o, "%s", bo & 8 ? yes[bi & 3] : no[bi & 3]);
	return true;
}

static void put_branch(struct out *o, const struct ppc_insn *in, uint64_t addr)
{
	static const char *const to[] = {
		[PPC_B] = "",	    [PPC_BC] = "",	[PPC_BCLR] = "lr",
		[PPC_BCCTR] = "ctr", [PPC_BCTAR] = "tar",
	};
	bool direct = in->op == PPC_B || in->op == PPC_BC, simple = true;
	unsigned bo = ppc_rt(in->word), bi = ppc_ra(in->word);

	put(o, "b");
	if (in->op != PPC_B)
		simple = condition(in, o);
	if (!simple)
		put(o, "c");
	put(o, "%s%s%s ", to[in->op], ppc_links(in) ? "l" : "",
	    direct && in->word & 2 ? "a" : "");
	if (!simple)
		put(o, "%u,%u", bo, bi);
	else if (in->op != PPC_B && (bo & 0x14) == 4 && bi >> 2)
		put(o, "cr%u", bi >> 2);
	if (direct)
		put(o, "%s0x%" PRIx64, o->text[o->used - 1] == ' ' ? "" : ",",
		    ppc_target(in, addr));
	if (o->text[o->used - 1] == ' ')
		o->text[--o->used] = '\0';
}

/* ---- simpler names ------------------------------------------------------- */

static bool put_simple(struct out *o, const struct ppc_insn *in)
{
	uint32_t w = in->word;
	unsigned rt = ppc_rt(w), ra = ppc_ra(w);
	bool mf = in->op == PPC_MFSPR;

	if (in->op == PPC_LOGIC && in->arg == LOGIC_OR && rt == ppc_rb(w)) {
		put(o, "mr%s r%u,r%u", w & 1 ? "." : "", ra, rt);
		return true;
	}
	if ((mf || in->op == PPC_MTSPR) &&
	    (ppc_spr(w) == 1 || ppc_spr(w) == 8 || ppc_spr(w) == 9)) {
		put(o, mf ? "mf" : "mt");
		put_spr(o, w);
		put(o, " r%u", rt);
		return true;
	}
	return false;
}

static void put_prefixed(struct out *o, const char *name,
			 const struct ppc_insn *in)
{
	int64_t d = ppc_si34(in->word, in->suffix);
	unsigned ra = ppc_ra(in->suffix);
	bool pcrel = in->word & 1 << 20;

	put(o, "%s", name);
	if (!*name || !strcmp(name, "pnop") || !strcmp(name, "prefixed vsx"))
		return;
	put(o, " %u,%" PRId64 "(%s%.0u)%s", ppc_rt(in->suffix), d,
	    ra ? "r" : "0", ra, pcrel ? ",1" : "");
}

void ppc_text(const struct ppc_entry *e, const struct ppc_insn *in,
	      uint64_t addr, char *text, size_t size)
{
	struct out o = {text, size, 0};
	bool refused = e->op == PPC_REFUSED;

	*text = '\0';
	if (ppc_is_prefix(in->word)) {
		put_prefixed(&o, e->name, in);
		return;
	}
	if (e->flags & PPC_LK) {
		put_branch(&o, in, addr);
		return;
	}
	if (put_simple(&o, in))
		return;
	put(&o, "%s", e->name);
	if (e->flags & PPC_OE && in->word & 1 << 10)
		put(&o, "o");
	if (e->flags & PPC_RC && in->word & 1)
		put(&o, ".");
	if (refused)
		return;
	put(&o, " ");
	for (const char *c = e->form; *c; c++) {
		if (*c == ',' || (*c == 'c' && c[1] && ppc_rt(in->word) < 4))
			continue; /* cr0 goes without saying */
		put_operand(&o, *c, in, addr);
		if (c[1])
			put(&o, ",");
	}
	if (o.text[o.used - 1] == ' ')
		o.text[--o.used] = '\0';
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans: what an instruction is, which strategies are right for it, what must
 * not be probed, by itself or for what is around it.
 */
#include "ppc-insn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct ppc_insn ppc_insn(const struct plan *plan)
{
	struct ppc_insn in;

	memcpy(&in, plan->priv, sizeof(in));
	return in;
}

uint64_t ppc_target(const struct ppc_insn *in, uint64_t addr)
{
	uint32_t w = in->word;
	int64_t d;

	if (w >> 26 == 18)
		d = (int32_t)((w & 0x03fffffc) << 6) >> 6;
	else
		d = (int16_t)(w & 0xfffc);
	return ppc_wrap(in->mode, w & 2 ? (uint64_t)d : addr + (uint64_t)d);
}

/* ---- what is emulated ---------------------------------------------------- */

/* Through other registers than the stack pointer another thread may look on,
 * to whom a word must not appear by halves, as it could when we copy it. The
 * forms in which RA is changed but can't be are left to the processor. */
static bool memory_emulated(const struct ppc_insn *in)
{
	unsigned ra = ppc_ra(in->word), rt = ppc_rt(in->word);

	if (ra != 1)
		return false;
	if (in->op == PPC_MULTIPLE)
		return in->mode & PPC_BIG &&
		       (in->arg & MEM_STORE || rt > ra);
	return !(in->op == PPC_LOAD && in->arg & MEM_UPDATE && rt == ra);
}

static bool spr_emulated(unsigned spr)
{
	return spr == 1 || spr == 8 || spr == 9;
}

static bool is_emulated(const struct ppc_insn *in)
{
	uint32_t fields = in->word >> 12 & 0xff;

	if (in->flags & (in->mode & PPC_64 ? PPC_ONLY32 : PPC_ONLY64))
		return false;
	if (in->flags & PPC_NEWER && in->mode != PPC_MODE_PPC64LE)
		return false;
	switch (in->op) {
	case PPC_COPY:
	case PPC_SC:
	case PPC_LARX:
	case PPC_BCTAR:
	case PPC_ADDPCIS:
		return false;
	case PPC_LOAD:
	case PPC_STORE:
	case PPC_MULTIPLE:
		return memory_emulated(in);
	case PPC_MUL:
	case PPC_DIV:
		return !(in->flags & PPC_OE && in->word & 1 << 10);
	case PPC_MFSPR:
	case PPC_MTSPR:
		return spr_emulated(ppc_spr(in->word));
	case PPC_MTCRF: /* mtocrf with other than one field is undefined */
		return !(in->word & 1 << 20) ||
		       (fields && !(fields & (fields - 1)));
	default:
		return true;
	}
}

/* ---- what is refused ----------------------------------------------------- */

static const char *branch_refusal(const struct ppc_insn *in)
{
	uint32_t w = in->word;

	if (in->op == PPC_BCCTR && !(ppc_rt(w) & 4))
		return "it counts down the register it branches to";
	if (!ppc_links(in))
		return NULL;
	if (in->op == PPC_BCTAR)
		return "its target is in a register that is not seen";
	if (in->op == PPC_BCLR && !ppc_is_always(w))
		return "it may or may not exchange the link register";
	return NULL;
}

static const char *refusal(const struct ppc_entry *e, const struct ppc_insn *in,
			   uint64_t addr)
{
	switch (e->op) {
	case PPC_REFUSED:
		return e->form;
	case PPC_STCX:
		return "a trap makes it fail each time";
	case PPC_MFSPR:
	case PPC_MTSPR:
		if (ppc_spr(in->word) & 16)
			return "it is privileged";
		break;
	case PPC_BCLR:
	case PPC_BCCTR:
	case PPC_BCTAR:
		return branch_refusal(in);
	}
	if (ppc_is_prefix(in->word) && addr % 64 == 60)
		return "it lies across 64 bytes, where none can be";
	return NULL;
}

/* ---- the plan ------------------------------------------------------------ */

static int refuse(const struct ppc_entry *e, const struct ppc_insn *in,
		  uint64_t addr, const char *why, struct err *err)
{
	char text[96], bytes[24];

	ppc_text(e, in, addr, text, sizeof(text));
	snprintf(bytes, sizeof(bytes),
		 ppc_is_prefix(in->word) ? "%08" PRIx32 " %08" PRIx32
					 : "%08" PRIx32,
		 in->word, in->suffix);
	return err_set(err, ERR_REFUSED,
		       "the instruction at 0x%" PRIx64
		       " (%s: %s) cannot be probed: %s",
		       addr, bytes, text, why);
}

/* Strategies that are missing, and the words for that. */
static unsigned missing(const struct ppc_insn *in, const char **why)
{
	*why = NULL;
	if (in->op == PPC_SC) {
		*why = "not stepped: a step over a system call may end later";
		return STRATEGY_XOL | STRATEGY_INPLACE;
	}
	if (in->op == PPC_LARX) {
		*why = "not stepped: the trap would lose its reservation";
		return STRATEGY_XOL | STRATEGY_INPLACE;
	}
	if (ppc_links(in)) {
		*why = "not boosted: a slot cannot set the link register";
		return STRATEGY_BOOST;
	}
	if (in->op == PPC_ADDPCIS && ppc_rt(in->word) == 0) {
		*why = "not boosted: nothing can be added to r0";
		return STRATEGY_BOOST;
	}
	return 0;
}

static void fill(const struct ppc_entry *e, const struct ppc_insn *in,
		 struct plan *plan)
{
	size_t room = sizeof(plan->why), used;
	const char *why;

	plan->strategies = STRATEGY_BOOST | STRATEGY_XOL | STRATEGY_INPLACE;
	plan->strategies &= ~missing(in, &why);
	if (is_emulated(in))
		plan->strategies |= STRATEGY_EMULATE;
	ppc_text(e, in, plan->addr, plan->why, room);
	used = strlen(plan->why);
	if (why && used + 1 < room)
		snprintf(plan->why + used, room - used, "; %s", why);
	memcpy(plan->priv, in, sizeof(*in));
}

static int unknown(unsigned mode, uint64_t addr, const uint8_t *bytes, size_t n,
		   struct err *err)
{
	char text[24] = "none";
	size_t len = n < 4 ? n : 4;

	if (n >= 8 && ppc_is_prefix((uint32_t)ppc_load(mode, bytes, 4)))
		len = 8;
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return err_set(err, ERR_REFUSED,
		       "the bytes at 0x%" PRIx64
		       " (%s) are no known instruction",
		       addr, text);
}

static int plan_mode(unsigned mode, uint64_t addr, const uint8_t *bytes,
		     size_t n, struct plan *ret_plan, struct err *err)
{
	struct plan plan = {.addr = addr, .len = 4};
	const struct ppc_entry *e = NULL;
	struct ppc_insn in = {.mode = (uint8_t)mode};
	const char *why;

	if (n >= 4)
		in.word = (uint32_t)ppc_load(mode, bytes, 4);
	if (ppc_is_prefix(in.word))
		plan.len = 8;
	if (n >= plan.len && plan.len == 8)
		in.suffix = (uint32_t)ppc_load(mode, bytes + 4, 4);
	if (n >= plan.len)
		e = ppc_find(in.word, in.suffix);
	if (!e)
		return unknown(mode, addr, bytes, n, err);
	in.op = e->op;
	in.arg = e->arg;
	in.flags = plan.len == 8 ? 0 : e->flags;
	why = refusal(e, &in, addr);
	if (why)
		return refuse(e, &in, addr, why, err);
	memcpy(plan.insn, bytes, plan.len);
	fill(e, &in, &plan);
	*ret_plan = plan;
	return 0;
}

/* ---- what is around it --------------------------------------------------- */

enum { WINDOW = 2 * PPC_AROUND / 4 + 1 };

/* A stretch of text, by words, and what can be reached from where in it. */
struct window {
	unsigned mode;
	uint64_t addr; /* of the first word */
	size_t n;
	uint32_t words[WINDOW];
	bool reserved[WINDOW]; /* there may be a reservation before this */
	bool wanted[WINDOW];   /* a store-conditional may come, this included */
};

enum around { AROUND_OTHER, AROUND_BEGINS, AROUND_ENDS };

/* Reservations; and what lies between copy and paste. */
static enum around around_kind(uint32_t word)
{
	const struct ppc_entry *e;

	if (word >> 26 != 31)
		return AROUND_OTHER;
	e = ppc_find(word, 0);
	if (!e)
		return AROUND_OTHER;
	if (e->op == PPC_LARX || !strcmp(e->name, "copy"))
		return AROUND_BEGINS;
	if (e->op == PPC_STCX || !strcmp(e->name, "paste."))
		return AROUND_ENDS;
	return AROUND_OTHER;
}

/* Where word i goes on: the next one, and the target of a direct branch in
 * the window (else -1). A call comes back. */
static void successors(const struct window *w, size_t i, ssize_t to[2])
{
	struct ppc_insn in = {.word = w->words[i], .mode = (uint8_t)w->mode};
	const struct ppc_entry *e = ppc_find(in.word, 0);
	uint64_t at;

	to[0] = i + 1 < w->n ? (ssize_t)i + 1 : -1;
	to[1] = -1;
	if (!e || !(e->flags & PPC_LK) || ppc_is_prefix(in.word))
		return;
	if (!(in.word & 1) && (e->op == PPC_B || ppc_is_always(in.word)))
		to[0] = -1;
	if (e->op != PPC_B && e->op != PPC_BC)
		return;
	at = ppc_wrap(w->mode, ppc_target(&in, w->addr + 4 * i) - w->addr) / 4;
	if (at < w->n)
		to[1] = (ssize_t)at;
}

static bool spread(struct window *w, size_t i)
{
	enum around kind = around_kind(w->words[i]);
	bool reserved = kind == AROUND_BEGINS ||
			(kind == AROUND_OTHER && w->reserved[i]);
	bool wanted = kind == AROUND_ENDS, changed = false;
	ssize_t to[2];

	successors(w, i, to);
	for (int k = 0; k < 2; k++) {
		if (to[k] < 0)
			continue;
		if (reserved && !w->reserved[to[k]])
			changed = w->reserved[to[k]] = true;
		if (kind == AROUND_OTHER && w->wanted[to[k]])
			wanted = true;
	}
	if (wanted && !w->wanted[i])
		changed = w->wanted[i] = true;
	return changed;
}

/* Is word i between a load-reserve and its store-conditional, on any way? */
static bool is_between(struct window *w, size_t i)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t k = 0; k < w->n; k++)
			changed |= spread(w, k);
	}
	return w->reserved[i] && w->wanted[i];
}

static int around_mode(unsigned mode, uint64_t addr, const uint8_t *text,
		       uint64_t text_addr, size_t n, struct err *err)
{
	struct window w = {.mode = mode};
	uint64_t skip = -text_addr & 3, first = addr - PPC_AROUND, i;

	if (addr < PPC_AROUND || first < text_addr)
		first = text_addr + skip;
	if (addr % 4 || addr < first || addr - text_addr >= n)
		return err_set(err, ERR_INVAL,
			       "0x%" PRIx64 " is not in the text around it",
			       addr);
	w.addr = first;
	for (; w.n < WINDOW && first - text_addr + 4 * w.n + 4 <= n; w.n++)
		w.words[w.n] = (uint32_t)ppc_load(
			mode, text + (first - text_addr) + 4 * w.n, 4);
	i = (addr - first) / 4;
	if (i > 0 && ppc_is_prefix(w.words[i - 1]) &&
	    ppc_find(w.words[i - 1], w.words[i]))
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " is the second half of a prefixed "
			       "instruction",
			       addr);
	if (i < w.n && is_between(&w, i))
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " lies between a load-reserve and "
			       "its store-conditional: a trap there would make "
			       "the program try for ever; probe the first of "
			       "the two, or what is before or behind them",
			       addr);
	return 0;
}

/* ---- for struct arch ----------------------------------------------------- */

int ppc_plan(const struct arch *arch, uint64_t addr, const uint8_t *bytes,
	     size_t n, struct plan *ret_plan, struct err *err)
{
	return plan_mode(ppc_mode(arch), addr, bytes, n, ret_plan, err);
}

int ppc_around(const struct arch *arch, uint64_t addr, const uint8_t *text,
	       uint64_t text_addr, size_t n, struct err *err)
{
	return around_mode(ppc_mode(arch), addr, text, text_addr, n, err);
}

#define FOR_ABI(abi, mode)                                                     \
	int abi##_plan(uint64_t addr, const uint8_t *bytes, size_t n,          \
		       struct plan *ret_plan, struct err *err)                 \
	{                                                                      \
		return plan_mode(mode, addr, bytes, n, ret_plan, err);         \
	}                                                                      \
	int abi##_around(uint64_t addr, const uint8_t *text,                   \
			 uint64_t text_addr, size_t n, struct err *err)        \
	{                                                                      \
		return around_mode(mode, addr, text, text_addr, n, err);       \
	}

FOR_ABI(ppc32, PPC_MODE_PPC)
FOR_ABI(ppc64, PPC_MODE_PPC64)
FOR_ABI(ppc64le, PPC_MODE_PPC64LE)

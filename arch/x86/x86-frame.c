/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signal frames from which a task returns to a given state all by itself, and
 * the code that it needs for that: "system call; return" and "call
 * rt_sigreturn", which are in the C library, the dynamic linker or the vDSO.
 *
 * The frame lies as the kernel would have put it for a handler that has just
 * returned. Layouts: struct rt_sigframe (arch/x86/include/asm/sigframe.h) and
 * struct sigcontext (uapi) of Linux.
 */
#define _GNU_SOURCE
#include "x86.h"

#include <errno.h>
#include <string.h>

enum {
	NR_RT_SIGRETURN64 = 15,
	NR_RT_SIGRETURN32 = 173,
	NR_RESTART64 = 219,
	NR_RESTART32 = 0,
	RESTART_RESTARTBLOCK = 516,
	/* struct ucontext of x86_64; sigcontext's registers, in its order */
	UC64_STACK_FLAGS = 24,
	UC64_REGS = 40,
	UC64_CS = UC64_REGS + 144,
	UC64_SS = UC64_CS + 6,
	UC64_FP = UC64_REGS + 184,
	UC64_MASK = 296,
	UC64_SIZE = 304,
	UC_FLAGS = 7, /* extended state; ss is there; and is to be used */
	/* i386: the frame from its second word on */
	UC32 = 3 * 4 + 128,
	UC32_STACK_FLAGS = UC32 + 12,
	UC32_REGS = UC32 + 20,
	UC32_FP = UC32_REGS + 76,
	UC32_MASK = UC32_REGS + 88,
	UC32_SIZE = UC32_MASK + 8,
	/* "not SS_ONSTACK nor SS_DISABLE": sigaltstack stays as it is */
	NO_ALTSTACK = 0x7f,
	/* struct _fpx_sw_bytes, where fxsave leaves room */
	FX_SIZE = 512,
	SW_AT = 464,
	XSTATE_HEADER = 64,
	FSAVE_SIZE = 112,
	TILE_DATA = 18,
	TILE_DATA_AT = 2816,
};

#define MAGIC1 0x46505853
#define MAGIC2 0x46505845

/* ---- gadgets ------------------------------------------------------------ */

struct pattern {
	const char *bytes;
	uint8_t len, pops;
	bool back_pops;
};

static const uint8_t *find(const uint8_t *text, size_t len,
			   const struct pattern *p)
{
	return memmem(text, len, p->bytes, p->len);
}

static bool find_call(struct arch_gadgets *g, uint64_t addr,
		      const uint8_t *text, size_t len, const struct pattern *p)
{
	const uint8_t *at = g->call ? NULL : find(text, len, p);

	if (!at)
		return g->call != 0;
	g->call = addr + (uint64_t)(at - text);
	g->call_len = 2;
	g->pops = p->pops;
	g->code_len = p->len;
	memcpy(g->code, p->bytes, p->len);
	return true;
}

static bool find_back(struct arch_gadgets *g, uint64_t addr,
		      const uint8_t *text, size_t len, const struct pattern *p)
{
	bool has = g->back && (!g->back_pops || p->back_pops);
	const uint8_t *at = has ? NULL : find(text, len, p);

	if (!at)
		return g->back != 0;
	g->back = addr + (uint64_t)(at - text);
	g->back_pops = p->back_pops;
	g->back_len = p->len;
	memcpy(g->back_code, p->bytes, p->len);
	return true;
}

static const struct pattern pop_ax = {"\x58\xc3", 2, 0, true};

bool x86_gadgets_find64(struct arch_gadgets *g, uint64_t addr,
			const uint8_t *text, size_t len)
{
	static const struct pattern call = {"\x0f\x05\xc3", 3, 0, false};
	static const struct pattern libc = {"\x48\xc7\xc0\x0f\0\0\0\x0f\x05", 9,
					    0, false};
	static const struct pattern other = {"\xb8\x0f\0\0\0\x0f\x05", 7, 0,
					     false};
	bool found = find_call(g, addr, text, len, &call);

	find_back(g, addr, text, len, &libc);
	find_back(g, addr, text, len, &other);
	return find_back(g, addr, text, len, &pop_ax) && found;
}

bool x86_gadgets_find32(struct arch_gadgets *g, uint64_t addr,
			const uint8_t *text, size_t len)
{
	static const struct pattern call = {"\xcd\x80\xc3", 3, 0, false};
	static const struct pattern vdso = {"\xcd\x80\x5d\x5a\x59\xc3", 6, 3,
					    false};
	static const struct pattern libc = {"\xb8\xad\0\0\0\xcd\x80", 7, 0,
					    false};
	bool found;

	find_call(g, addr, text, len, &call);
	found = find_call(g, addr, text, len, &vdso);
	find_back(g, addr, text, len, &libc);
	return find_back(g, addr, text, len, &pop_ax) && found;
}

/* The return address shows it. */
bool x86_frame_back(const struct arch_gadgets *g, const struct regs *regs,
		    const struct arch_mem *mem)
{
	size_t word = x86_abi(regs)->word;
	uint64_t sp = x86_sp(regs);
	uint8_t bytes[8];

	for (unsigned i = 0; i <= g->pops; i++)
		if (!mem->read(mem->ctx, sp + i * word, bytes, word) &&
		    x86_load(bytes, word) == g->back)
			return true;
	return false;
}

/* ---- floating point and vector registers --------------------------------- */

/* What is at out becomes what the kernel itself puts in a frame: the same
 * bytes as in the register set, with its own note in them. 0: no room. */
static size_t put_xstate(uint8_t *out, size_t max, const uint8_t *ext,
			 size_t len, size_t before)
{
	uint64_t features;

	if (len < FX_SIZE + XSTATE_HEADER || len > max)
		return 0;
	features = x86_load(ext + SW_AT, 8);
	/* 8 KiB that nobody uses, and that the task may have no right to */
	if (len > TILE_DATA_AT && features >> TILE_DATA & 1 &&
	    !(x86_load(ext + FX_SIZE, 8) >> TILE_DATA & 1)) {
		len = TILE_DATA_AT;
		features &= ~(UINT64_C(1) << TILE_DATA);
	}
	if (len + 4 > max)
		return 0;
	memcpy(out, ext, len);
	memset(out + SW_AT, 0, FX_SIZE - SW_AT);
	x86_store(out + SW_AT, 4, MAGIC1);
	x86_store(out + SW_AT + 4, 4, len + 4 + before);
	x86_store(out + SW_AT + 8, 8, features);
	x86_store(out + SW_AT + 16, 4, len);
	x86_store(out + len, 4, MAGIC2);
	return len + 4;
}

/* ---- frames -------------------------------------------------------------- */

int64_t x86_waiting_call(const struct regs *regs, int64_t before)
{
	const struct x86_abi *abi = x86_abi(regs);
	uint64_t ax = x86_get(regs, abi->gpr[0]);
	uint64_t orig = x86_get(regs, abi->orig_ax);
	bool is64 = abi->word == 8;

	if ((is64 ? -ax : (uint32_t)-ax) != RESTART_RESTARTBLOCK ||
	    orig >> (is64 ? 63 : 31))
		return -1;
	return orig == (is64 ? NR_RESTART64 : NR_RESTART32) ? before
							    : (int64_t)orig;
}

/* As the kernel would on the way back, were there no signal; but rt_sigreturn
 * makes it forget the time that was left. */
static struct regs restarted(const struct arch_state *state)
{
	const struct x86_abi *abi = x86_abi(state->regs);
	struct regs r = *state->regs;
	int64_t waiting = x86_waiting_call(&r, state->waiting);

	x86_restart(&r, false, UINT64_MAX);
	if (waiting >= 0) {
		x86_put(&r, abi->gpr[0], (uint64_t)waiting);
		x86_put(&r, abi->ip, x86_get(&r, abi->ip) - 2);
	}
	return r;
}

static void put_uc64(uint8_t *uc, const struct regs *r, uint64_t mask,
		     uint64_t fp)
{
	/* r8 ... r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags */
	static const uint8_t order[] = {72,  64, 56, 48, 24, 16, 8,   0,   112,
					104, 32, 40, 96, 80, 88, 152, 128, 144};

	x86_store(uc, 8, UC_FLAGS);
	x86_store(uc + UC64_STACK_FLAGS, 4, NO_ALTSTACK);
	for (size_t i = 0; i < sizeof(order); i++)
		memcpy(uc + UC64_REGS + i * 8, r->raw + order[i], 8);
	memcpy(uc + UC64_CS, r->raw + 136, 2);
	memcpy(uc + UC64_SS, r->raw + 160, 2);
	x86_store(uc + UC64_FP, 8, fp);
	x86_store(uc + UC64_MASK, 8, mask);
}

static void put_uc32(uint8_t *frame, const struct regs *r, uint64_t mask,
		     uint64_t fp)
{
	/* gs fs es ds, di si bp sp, bx dx cx ax, - - ip cs, flags sp ss */
	static const uint8_t order[] = {40, 36, 32, 28, 16, 12, 20, 60, 0, 8,
					4,  24, 0,  0,	48, 52, 56, 60, 64};

	x86_store(frame + UC32, 4, 1);
	x86_store(frame + UC32_STACK_FLAGS, 4, NO_ALTSTACK);
	for (size_t i = 0; i < sizeof(order); i++)
		memcpy(frame + UC32_REGS + i * 4, r->raw + order[i], 4);
	x86_store(frame + UC32_FP, 4, fp);
	x86_store(frame + UC32_MASK, 8, mask);
}

/* The words that are popped on the way; returns their size. */
static size_t put_chain(const struct arch_gadgets *g, unsigned word,
			uint8_t *out)
{
	size_t n = (size_t)g->pops * word;

	x86_store(out + n, word, g->back);
	n += word;
	if (g->back_pops) {
		x86_store(out + n, word,
			  word == 8 ? NR_RT_SIGRETURN64 : NR_RT_SIGRETURN32);
		x86_store(out + n + word, word, g->call);
		n += 2 * word;
	}
	return n;
}

size_t x86_frame_build(const struct arch_gadgets *g,
		       const struct arch_state *state, uint64_t at,
		       uint8_t *out, size_t max, struct regs *ret_regs)
{
	const struct x86_abi *abi = x86_abi(state->regs);
	const struct arch_set *fp_set = &state->sets[1];
	struct regs r = restarted(state);
	bool is64 = abi->word == 8;
	size_t before = is64 ? 0 : FSAVE_SIZE, n, fp, size;

	if (max < 1024 || !fp_set->len ||
	    (!is64 && fp_set->len > FSAVE_SIZE - 4))
		return 0;
	memset(out, 0, max);
	n = put_chain(g, abi->word, out);
	fp = n + (is64 ? UC64_SIZE : UC32_SIZE) + before;
	fp += -(at + fp) & 63;
	if (fp >= max)
		return 0;
	size = put_xstate(out + fp, max - fp, state->sets[0].bytes,
			  state->sets[0].len, before);
	if (!size)
		return 0;
	if (is64) {
		put_uc64(out + n, &r, state->mask, at + fp);
	} else {
		memcpy(out + fp - before, fp_set->bytes, fp_set->len);
		put_uc32(out + n, &r, state->mask, at + fp - before);
	}
	*ret_regs = *state->regs;
	x86_put(ret_regs, abi->ip, g->call + g->call_len);
	x86_put(ret_regs, abi->gpr[X86_RSP], at);
	x86_put(ret_regs, abi->orig_ax, UINT64_MAX);
	return fp + size;
}

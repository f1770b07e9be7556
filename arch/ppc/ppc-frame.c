/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signal frames from which a task returns to a given state all by itself, and
 * the code that it needs for that: "system call; return", which C libraries
 * have for calls that cannot fail (getuid() and others; perhaps with a small
 * frame of its own), and "call rt_sigreturn", which the vDSO has since the
 * kernel returns from handlers through it.
 *
 * The link register has the return address. Layouts: struct rt_sigframe of
 * arch/powerpc/kernel/signal_64.c and signal_32.c, struct sigcontext and struct
 * mcontext (uapi) of Linux.
 */
#include "ppc-abi.h"

#include <string.h>

enum {
	INSN_SC = 0x44000002,
	INSN_BLR = 0x4e800020,
	INSN_BNSLR = 0x4c830020,   /* on success, return ... */
	BRANCH_HINTS = 0x00600000, /* ... whatever is thought likely */
	INSN_NEG = 0x7c6300d0,	   /* neg r3, r3 */
	INSN_LD = 0xe8010000,	   /* ld r?, ?(r1) */
	INSN_ADDI_SP = 0x38210000, /* addi r1, r1, ? */
	NR_RT_SIGRETURN = 172,
	INSN_LI_SIGRETURN = 0x38000000 | NR_RT_SIGRETURN, /* li r0, ... */

	RESTART_RESTARTBLOCK = 516,
	NR_RESTART = 0,

	MSR_VEC = 1 << 25,
	MSR_VSX = 1 << 23,
	FPREGS = 33 * 8,
	VMX_REGS = 34 * 16,
	VSX_REGS = 32 * 8,

	/* struct ucontext of 64 bits, which r1 points at */
	UC64_STACK_FLAGS = 24,
	UC64_MASK = 40,
	UC64_CONTEXT = 168,
	UC64_GPREGS = UC64_CONTEXT + 64,
	UC64_FPREGS = UC64_GPREGS + PPC_REGS * 8,
	UC64_VREGS = UC64_FPREGS + FPREGS, /* a pointer */
	UC64_VECTORS = UC64_CONTEXT + 728, /* 16-byte aligned, as uc is */
	UC64_SIZE = UC64_VECTORS + VMX_REGS + VSX_REGS,

	/* of 32 bits: behind a stack frame, a gap and a siginfo */
	UC32 = 64 + 16 + 128,
	UC32_STACK_FLAGS = UC32 + 12,
	UC32_REGS = UC32 + 48, /* a pointer */
	UC32_MASK = UC32 + 52,
	UC32_CONTEXT = UC32 + 192,
	UC32_FPREGS = UC32_CONTEXT + PPC_REGS * 4,
	UC32_VECTORS = UC32_FPREGS + FPREGS + 8,
	/* vrsave shares the vector of vscr, which uses its last word alone */
	UC32_VRSAVE = UC32_VECTORS + 32 * 16,
	UC32_VSX = UC32_VECTORS + 33 * 16,
	UC32_SIZE = UC32_VSX + VSX_REGS + 56 * 4,

	/* neither SS_ONSTACK nor SS_DISABLE: sigaltstack stays as it is */
	NO_ALTSTACK = 0x7f,
};

/* ---- gadgets ------------------------------------------------------------ */

/* Loads one register from its frame of at most 256 bytes, and leaves that. */
static bool leaves_frame(const uint32_t *insn)
{
	return (insn[0] & 0xfc1f0003) == INSN_LD && (insn[0] & 0xffff) < 256 &&
	       (insn[1] & 0xffff0000) == INSN_ADDI_SP &&
	       (insn[1] & 0xffff) <= 256 && insn[1] % 16 == 0 &&
	       (insn[0] & 0xffff) + 8 <= (insn[1] & 0xffff);
}

/* Its length at p, where `left` words are; 0: it's not there. */
static size_t call_at(unsigned mode, const uint8_t *p, size_t left,
		      size_t *ret_frame)
{
	uint32_t insn[4] = {0};

	*ret_frame = 0;
	for (size_t i = 0; i < 4 && i < left; i++)
		insn[i] = (uint32_t)ppc_load(mode, p + 4 * i, 4);
	if (insn[0] != INSN_SC)
		return 0;
	if (insn[1] == INSN_BLR)
		return 8;
	if (mode & PPC_64 && leaves_frame(insn + 1) && insn[3] == INSN_BLR) {
		*ret_frame = insn[2] & 0xffff;
		return 16;
	}
	return (insn[1] & ~BRANCH_HINTS) == (INSN_BNSLR & ~BRANCH_HINTS) &&
			       insn[2] == INSN_NEG && insn[3] == INSN_BLR
		       ? 16
		       : 0;
}

static bool back_at(unsigned mode, const uint8_t *p, size_t left)
{
	return left >= 2 && ppc_load(mode, p, 4) == INSN_LI_SIGRETURN &&
	       ppc_load(mode, p + 4, 4) == INSN_SC;
}

bool ppc_gadgets_find(unsigned mode, struct arch_gadgets *g, uint64_t addr,
		      const uint8_t *text, size_t len)
{
	for (size_t i = 0; i + 4 <= len && !(g->call && g->back); i += 4) {
		size_t left = (len - i) / 4, frame;
		size_t n = g->call ? 0 : call_at(mode, text + i, left, &frame);

		if (n) {
			g->pops = (uint8_t)(frame / ppc_word(mode));
			g->call = addr + i;
			g->call_len = 4;
			g->code_len = (uint8_t)n;
			memcpy(g->code, text + i, n);
		}
		if (!g->back && back_at(mode, text + i, left)) {
			g->back = addr + i;
			g->back_len = 8;
			memcpy(g->back_code, text + i, 8);
		}
	}
	return g->call && g->back;
}

bool ppc_frame_back(unsigned mode, const struct arch_gadgets *g,
		    const struct regs *regs)
{
	return ppc_get(mode, regs, PPC_LINK) == g->back;
}

/* ---- frames -------------------------------------------------------------- */

int64_t ppc_waiting_call(unsigned mode, const struct regs *regs, int64_t before)
{
	uint64_t nr = ppc_get(mode, regs, 0);

	if (!ppc_in_syscall(mode, regs) ||
	    ppc_syscall_result(mode, regs) != -RESTART_RESTARTBLOCK)
		return -1;
	return nr == NR_RESTART ? before : (int64_t)nr;
}

/* As the kernel would on the way back, were there no signal; but rt_sigreturn
 * makes it forget the time that was left. */
static struct regs restarted(unsigned mode, const struct arch_state *state)
{
	struct regs r = *state->regs;
	int64_t waiting = ppc_waiting_call(mode, &r, state->waiting);

	ppc_syscall_restart(mode, &r, false);
	if (waiting >= 0) {
		ppc_put(mode, &r, 0, (uint64_t)waiting);
		ppc_put(mode, &r, 3, ppc_get(mode, &r, PPC_ORIG_GPR3));
		ppc_put(mode, &r, PPC_NIP, ppc_get(mode, &r, PPC_NIP) - 4);
	}
	ppc_put(mode, &r, PPC_TRAP, 0);
	return r;
}

/* The register sets of arch.frame_sets. The kernel reads those from the frame
 * that its MSR has. */
struct sets {
	const uint8_t *fp, *vmx, *vsx; /* NULL: the machine has none */
};

static bool take_sets(unsigned mode, const struct arch_state *state,
		      struct sets *s, struct regs *r)
{
	const struct arch_set *set = state->sets;
	uint64_t msr = ppc_get(mode, r, PPC_MSR);

	*s = (struct sets){
		.fp = set[0].len == FPREGS ? set[0].bytes : NULL,
		.vmx = set[1].len >= 33 * 16 + 4 ? set[1].bytes : NULL,
		.vsx = set[2].len == VSX_REGS ? set[2].bytes : NULL,
	};
	msr &= ~(uint64_t)(MSR_VEC | MSR_VSX);
	msr |= (s->vmx ? MSR_VEC : 0) | (s->vsx ? MSR_VSX : 0);
	ppc_put(mode, r, PPC_MSR, msr);
	return s->fp != NULL;
}

static size_t put64(unsigned mode, const struct arch_state *state, uint64_t at,
		    uint8_t *out)
{
	struct regs r = restarted(mode, state);
	struct sets s;

	if (!take_sets(mode, state, &s, &r))
		return 0;
	ppc_store(mode, out + UC64_STACK_FLAGS, 4, NO_ALTSTACK);
	ppc_store(mode, out + UC64_MASK, 8, state->mask);
	memcpy(out + UC64_GPREGS, r.raw, PPC_REGS * 8);
	memcpy(out + UC64_FPREGS, s.fp, FPREGS);
	ppc_store(mode, out + UC64_VREGS, 8, at + UC64_VECTORS);
	if (s.vmx)
		memcpy(out + UC64_VECTORS, s.vmx, 33 * 16 + 4);
	if (s.vsx)
		memcpy(out + UC64_VECTORS + VMX_REGS, s.vsx, VSX_REGS);
	return UC64_SIZE;
}

static size_t put32(unsigned mode, const struct arch_state *state, uint64_t at,
		    uint8_t *out)
{
	struct regs r = restarted(mode, state);
	struct sets s;

	if (!take_sets(mode, state, &s, &r))
		return 0;
	ppc_store(mode, out + UC32_STACK_FLAGS, 4, NO_ALTSTACK);
	ppc_store(mode, out + UC32_REGS, 4, at + UC32_CONTEXT);
	/* two words, the low one first */
	ppc_store(mode, out + UC32_MASK, 4, state->mask);
	ppc_store(mode, out + UC32_MASK + 4, 4, state->mask >> 32);
	memcpy(out + UC32_CONTEXT, r.raw, PPC_REGS * 4);
	memcpy(out + UC32_FPREGS, s.fp, FPREGS);
	if (s.vmx) {
		memcpy(out + UC32_VECTORS, s.vmx, 33 * 16);
		memcpy(out + UC32_VRSAVE, s.vmx + 33 * 16, 4);
	}
	if (s.vsx)
		memcpy(out + UC32_VSX, s.vsx, VSX_REGS);
	return UC32_SIZE;
}

size_t ppc_frame_build(unsigned mode, const struct arch_gadgets *g,
		       const struct arch_state *state, uint64_t at,
		       uint8_t *out, size_t max, struct regs *ret_regs)
{
	size_t pops = g->pops * ppc_word(mode), size;

	if (max < pops + UC64_SIZE || max < pops + UC32_SIZE || at & 15)
		return 0;
	memset(out, 0, max);
	if (mode & PPC_64)
		size = put64(mode, state, at + pops, out + pops);
	else
		size = put32(mode, state, at + pops, out + pops);
	if (!size)
		return 0;
	*ret_regs = *state->regs;
	ppc_put(mode, ret_regs, PPC_NIP, g->call + g->call_len);
	ppc_put(mode, ret_regs, PPC_LINK, g->back);
	ppc_put(mode, ret_regs, 1, at);
	ppc_put(mode, ret_regs, PPC_TRAP, 0);
	return pops + size;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "oracle-cpu.h"

#include "ppc.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>

static struct cpu *now, home;
static enum { OUTSIDE, INSIDE } where;

#ifdef __powerpc64__
#define GREGS(uc) ((uint8_t *)(uc)->uc_mcontext.gp_regs)
#define FPREGS(uc) ((uint8_t *)(uc)->uc_mcontext.fp_regs)
#define VMX(uc) ((uint8_t *)(uc)->uc_mcontext.v_regs)
#else
#define GREGS(uc) ((uint8_t *)(uc)->uc_mcontext.uc_regs->gregs)
#define FPREGS(uc) ((uint8_t *)&(uc)->uc_mcontext.uc_regs->fpregs)
#define VMX(uc) ((uint8_t *)&(uc)->uc_mcontext.uc_regs->vrregs)
#endif

enum { WORD = sizeof(long), HAS_ALTIVEC = 0x10000000 };

/* Without them, that part of a frame is whatever was on the stack. */
static bool has_vectors;

static void copy(void *to, const void *from, size_t n)
{
	volatile uint8_t *t = to;
	const volatile uint8_t *f = from;

	while (n--)
		*t++ = *f++;
}

/* Of the general registers those that instructions know. */
static void gregs(uint8_t *to, const uint8_t *from)
{
	copy(to, from, PPC_MSR * WORD);
	copy(to + PPC_CTR * WORD, from + PPC_CTR * WORD,
	     (PPC_CCR - PPC_CTR + 1) * WORD);
}

static void put_in(ucontext_t *uc, const struct cpu *c)
{
	gregs(GREGS(uc), c->regs.raw);
	copy(FPREGS(uc), c->fp, CPU_FP);
	if (has_vectors)
		copy(VMX(uc), c->vmx, CPU_VMX);
}

static void take_out(struct cpu *c, ucontext_t *uc)
{
	gregs(c->regs.raw, GREGS(uc));
	copy(c->fp, FPREGS(uc), CPU_FP);
	if (has_vectors)
		copy(c->vmx, VMX(uc), CPU_VMX);
}

/* It may run with any thread pointer: nothing of the C library here. */
static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	unsigned long nip;

	(void)si;
	if (where == OUTSIDE) {
		take_out(&home, ctx);
		put_in(ctx, now);
		where = INSIDE;
		return;
	}
	take_out(now, ctx);
	now->sig = sig;
	put_in(ctx, &home);
	copy(&nip, home.regs.raw + PPC_NIP * WORD, WORD);
	nip += 4;
	copy(GREGS((ucontext_t *)ctx) + PPC_NIP * WORD, &nip, WORD);
	where = OUTSIDE;
}

void cpu_start(void)
{
	static const int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
	struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_size = 1 << 20};

	has_vectors = getauxval(AT_HWCAP) & HAS_ALTIVEC;
	stack.ss_sp = malloc(stack.ss_size);
	sigaltstack(&stack, NULL);
	sa.sa_sigaction = on_signal;
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
}

__attribute__((noinline)) void cpu_run(struct cpu *cpu)
{
	now = cpu;
	__asm__ volatile(".long 0x7fe00008" ::: "memory");
}

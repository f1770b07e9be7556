/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fallback handler at work, without any tracer: breakpoints, steps and
 * watchpoints that nobody serves, and the program's own traps, as each action
 * for SIGTRAP would have them. Also built with -m32, for the i386 handler.
 */
#include <config.h>

#include "fallback.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#if !defined(__x86_64__) && !defined(__i386__)
int main(void)
{
	puts("SKIP: not an x86 host");
	return 77;
}
#else

#ifdef __x86_64__
#include "fallback-x86_64.h"
#define BLOB	 fallback_x86_64
#define REG_PC	 REG_RIP
#define REG_SP	 REG_RSP
#define REG_AX	 REG_RAX
#define GETPID	 39
#define STUB_LEN 3
#else
#include "fallback-i386.h"
#define BLOB   fallback_i386
#define REG_PC REG_EIP
#undef REG_SP
#define REG_SP	 REG_ESP
#define REG_AX	 REG_EAX
#define GETPID	 20
#define STUB_LEN 3
#endif

enum { RESTORER = 0, STUB = 16, ENTRY = 32 };
enum { CAP = 8, SLOTS = 16384, SIZE = 20480, TRAP_FLAG = 1 << 8 };

#define RESTORER_FLAG 0x04000000ul

#define check(x)                                                     \
	do {                                                         \
		if (!(x)) {                                          \
			printf("FAIL: line %d: %s\n", __LINE__, #x); \
			fflush(stdout);                              \
			_exit(1);                                    \
		}                                                    \
	} while (0)

struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

/* What the program's own handler saw. */
static volatile int calls, seen_code, seen_sig;
static volatile bool seen_usr1_blocked;
static volatile uintptr_t seen_pc, seen_ax;

static uint8_t *text;	 /* a page of code, then the scratch memory */
static uint8_t *scratch; /* as the tracer sees it: writable */
static uint8_t *at;	 /* as the target sees it */
static struct fallback_header *header;

/* 42, slowly: each instruction is a site. */
static const uint8_t answer[] = {0x55, 0xb8, 42, 0, 0, 0, 0x5d, 0xc3};
static const uint8_t lengths[] = {1, 5, 1, 1};
/* The program's own breakpoint, then 43. */
static const uint8_t own_trap[] = {0xcc, 0xb8, 43, 0, 0, 0, 0xc3};
enum { OWN_TRAP = 256, OTHERS = 512 };

static void on_trap(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *regs = uc->uc_mcontext.gregs;
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	calls++;
	seen_sig = sig;
	seen_code = si->si_code;
	seen_pc = regs[REG_PC];
	seen_ax = regs[REG_AX];
	seen_usr1_blocked = sigismember(&now, SIGUSR1);
	regs[REG_EFL] &= ~TRAP_FLAG;
	if (seen_pc == (uintptr_t)at + FALLBACK_CODE + STUB + STUB_LEN) {
		regs[REG_PC] = *(greg_t *)regs[REG_SP]; /* return */
		regs[REG_SP] += sizeof(greg_t);
	}
}

static void install(void *old, bool siginfo)
{
	struct kernel_sigaction sa = {
		.handler = at + FALLBACK_CODE + ENTRY,
		.flags = SA_SIGINFO | SA_NODEFER | RESTORER_FLAG,
		.restorer = at + FALLBACK_CODE + RESTORER,
	};

	header->old_handler = (uintptr_t)old;
	header->old_flags = siginfo ? SA_SIGINFO : 0;
	header->old_mask = 1 << (SIGUSR1 - 1) | 1 << (SIGTRAP - 1);
	check(syscall(SYS_rt_sigaction, SIGTRAP, &sa, NULL, 8) == 0);
	calls = 0;
}

static void add_site(const uint8_t *addr, size_t len, unsigned n)
{
	struct fallback_site *sites = (void *)(scratch + FALLBACK_SITES);
	uint64_t key = (uintptr_t)addr;
	uint32_t i = FALLBACK_HASH(key, CAP);
	size_t slot = SLOTS + n * FALLBACK_SLOT;
	int32_t rel;

	while (sites[i].addr)
		i = (i + 1) & (CAP - 1);
	sites[i].slot = (uintptr_t)(at + slot);
	sites[i].orig[0] = *addr;
	sites[i].planted = 1;
	sites[i].next = header->last;
	header->last = i + 1;
	sites[i].addr = key;
	memcpy(scratch + slot, addr, len);
	scratch[slot + len] = 0xe9;
	rel = addr + len - (at + slot + len + 5);
	memcpy(scratch + slot + len + 1, &rel, 4);
}

static void build(void)
{
	/* not by the name that an updd looks for, to clean up */
	int fd = memfd_create("fallback-run", MFD_CLOEXEC);
	const uint8_t *addr;
	unsigned n = 0;

	check(fd >= 0 && ftruncate(fd, SIZE) == 0);
	scratch = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	text = mmap(NULL, 4096 + SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(scratch != MAP_FAILED && text != MAP_FAILED);
	at = mmap(text + 4096, SIZE, PROT_READ | PROT_EXEC,
		  MAP_SHARED | MAP_FIXED, fd, 0);
	check(at == text + 4096);
	header = (void *)scratch;
	header->magic = FALLBACK_MAGIC;
	header->version = FALLBACK_VERSION;
	header->site_cap = CAP;
	header->base = (uintptr_t)at;
	header->size = SIZE;
	header->slots_off = SLOTS;
	memcpy(scratch + FALLBACK_CODE, BLOB, sizeof(BLOB));
	memcpy(text, answer, sizeof(answer));
	memcpy(text + OWN_TRAP, own_trap, sizeof(own_trap));
	for (addr = text; n < sizeof(lengths); addr += lengths[n++])
		add_site(addr, lengths[n], n);
	add_site(text + OTHERS, 1, n);
}

static void plant(void)
{
	for (size_t i = 0, off = 0; i < sizeof(lengths); off += lengths[i++])
		text[off] = 0xcc;
}

static int call(const void *code)
{
	int (*fn)(void);

	memcpy(&fn, &code, sizeof(fn));
	return fn();
}

/* Calls with the trap flag set, as a step that outlived its tracer: the trap
 * comes at the first instruction of the function. */
static int call_stepping(const void *code)
{
	int result;

	__asm__ volatile(
#ifdef __x86_64__
		"sub $128, %%rsp\n\tpushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\t"
		"call *%1\n\tadd $128, %%rsp"
		: "=a"(result)
		: "r"(code)
		: "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
#else
		"pushf\n\torl $0x100, (%%esp)\n\tpopf\n\tcall *%1"
		: "=a"(result)
		: "r"(code)
		: "ecx", "edx",
#endif
		  "memory", "cc");
	return result;
}

static long call_stub(void)
{
	const void *stub = at + FALLBACK_CODE + STUB;
	long result;

	__asm__ volatile(
#ifdef __x86_64__
		"sub $128, %%rsp\n\tcall *%2\n\tadd $128, %%rsp"
#else
		"call *%2"
#endif
		: "=a"(result)
		: "0"(GETPID), "r"(stub)
		:
#ifdef __x86_64__
		"rcx", "r11",
#endif
		"memory", "cc");
	return result;
}

static void *caller(void *arg)
{
	for (int i = 0; i < 2000; i++)
		check(call(text) == 42);
	return arg;
}

static void sites_are_passed(void *old)
{
	pthread_t t;

	install(old, true);
	check(pthread_create(&t, NULL, caller, NULL) == 0);
	caller(NULL);
	pthread_join(t, NULL);
	check(calls == 0);
}

/* How a child ends in which `fn` runs: the signal, or 0. */
static int end_of(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	check(pid >= 0);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void do_int3(void)
{
	check(call(text + OWN_TRAP) == 43);
}

static void do_raise(void)
{
	raise(SIGTRAP);
}

static void do_step(void)
{
	check(call_stepping(text + OWN_TRAP + 1) == 43);
}

static void do_sites(void)
{
	check(call(text) == 42);
}

static void default_kills(void)
{
	install(SIG_DFL, false);
	check(end_of(do_int3) == SIGTRAP);
	check(end_of(do_raise) == SIGTRAP);
	check(end_of(do_step) == 0); /* nobody else's than upd's */
	check(end_of(do_sites) == 0);
}

static void ignored_is_ignored(void)
{
	install(SIG_IGN, false);
	check(end_of(do_int3) == SIGTRAP); /* it can't be */
	check(end_of(do_raise) == 0);
	check(end_of(do_step) == 0);
	check(end_of(do_sites) == 0);
}

static void own_traps_arrive(void)
{
	sigset_t now;

	install(on_trap, true);
	do_int3();
	check(calls == 1 && seen_sig == SIGTRAP && seen_code == SI_KERNEL);
	check(seen_pc == (uintptr_t)text + OWN_TRAP + 1);
	check(seen_usr1_blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	check(!sigismember(&now, SIGUSR1));
	raise(SIGTRAP);
	check(calls == 2 && seen_code == SI_TKILL);
	do_step(); /* may be its own: it has a handler */
	check(calls == 3 && seen_code == TRAP_TRACE);
}

static void steps_in_slots_go_on(void)
{
	install(on_trap, true);
	for (unsigned i = 0; i < 100; i++)
		check(call_stepping(at + SLOTS) == 42);
	check(calls == 0);
}

static void stub_calls(void)
{
	install(on_trap, true);
	check(call_stub() == getpid());
	check(calls == 1 && (pid_t)seen_ax == getpid());
}

static bool is_planted(void)
{
	return text[0] == 0xcc && text[1] == 0xcc;
}

static bool is_clean(void)
{
	return !memcmp(text, answer, sizeof(answer));
}

static void owner_died(void)
{
	uint32_t word = (uint32_t)getpid() | FUTEX_OWNER_DIED;

	memcpy(scratch + SIZE - FALLBACK_OWNER, &word, sizeof(word));
}

static void do_mend(void)
{
	check(call(text) == 42);
	check(is_clean());
}

/* By the first site that is hit when the tracer is dead, if it may. */
static void mended_when_orphaned(void)
{
	install(SIG_DFL, false);
	check(call(text) == 42 && is_planted());
	owner_died();
	header->no_calls = 1;
	check(call(text) == 42 && is_planted());
	header->no_calls = 0;
	check(end_of(do_mend) == 0 && is_planted());
	text[OTHERS] = 0x90; /* other code came there since */
	sites_are_passed(SIG_DFL);
	check(is_clean() && text[OTHERS] == 0x90);
}

int main(void)
{
	check(sizeof(BLOB) <= 4096 && sizeof(struct fallback_site) == 40);
	check(offsetof(struct fallback_header, old_handler) == 72);
	check(offsetof(struct fallback_header, old_mask) == 96);
	check(offsetof(struct fallback_header, no_calls) == 124);
	check(offsetof(struct fallback_header, last) == 128);
	check(offsetof(struct fallback_site, planted) == 34);
	check(offsetof(struct fallback_site, next) == 36);
	build();
	check(call(text) == 42);
	plant();
	sites_are_passed(SIG_DFL);
	sites_are_passed(on_trap);
	default_kills();
	ignored_is_ignored();
	own_traps_arrive();
	steps_in_slots_go_on();
	stub_calls();
	mended_when_orphaned();
	puts("ok");
	return 0;
}
#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fallback handler of a PowerPC ABI at work, without any tracer: sites of
 * every kind of branch that nobody serves, with slots near the text and so far
 * away that their ways out are traps; and the program's own traps, as each
 * action for SIGTRAP would have them. qemu-user has no single steps: those are
 * sent.
 */
#define _GNU_SOURCE
#include "fallback.h"
#include "ppc.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __powerpc64__
#define ARCH arch_ppc
#define PC(uc) ((uc)->uc_mcontext.uc_regs->gregs[PPC_NIP])
#elif defined(__LITTLE_ENDIAN__)
#define ARCH arch_ppc64le
#define PC(uc) ((uc)->uc_mcontext.gp_regs[PPC_NIP])
#else
#define ARCH arch_ppc64
#define PC(uc) ((uc)->uc_mcontext.gp_regs[PPC_NIP])
#endif

#define TRAP UINT32_C(0x7fe00008)

enum {
	CAP = 64,
	SLOTS = 16384,
	SIZE = 24576,
	TEXT = 0x20000000,
	NEAR = TEXT + 0x100000,
	FAR = TEXT + 0x10000000,
	CALLS = 300,
};

#define check(x)                                                     \
	do {                                                         \
		if (!(x)) {                                          \
			printf("FAIL: line %d: %s\n", __LINE__, #x); \
			fflush(stdout);                              \
			_exit(1);                                    \
		}                                                    \
	} while (0)

/* Every instruction is a site but the trap, where something went wrong: 42. */
extern const uint32_t answer[], answer_end[], own_trap[], own_trap_end[];
__asm__(".pushsection .rodata\n\t.balign 4\n"
	"answer:\n\t"
	"mflr 0\n\tli 3, 0\n\tli 5, 3\n\tmtctr 5\n"
	"1:\taddi 3, 3, 7\n\t"
	"bdnz 1b\n\t"                  /* r3 21 */
	"bl 2f\n\t"
	"b 3f\n"
	"2:\taddi 3, 3, 7\n\tblr\n"    /* 28 */
	"3:\tbcl 20, 31, 4f\n"
	"4:\tmflr 6\n\t"
	"addi 7, 6, 5f - 4b\n\tmtctr 7\n\t"
	"bctrl\n\t"                    /* 35 */
	"cmpwi 3, 35\n\tbne 7f\n\tbeq 6f\n\ttrap\n"
	"5:\taddi 3, 3, 7\n\tblr\n"
	"6:\taddi 7, 6, 8f - 4b\n\tmtlr 7\n\t"
	"bclrl 20, 0\n"
	"9:\tb 7f\n"
	"8:\tmflr 8\n\t"               /* where bclrl left: 9b */
	"addi 7, 6, 9b - 4b\n\tcmpw 8, 7\n\tbnelr\n\t"
	"addi 3, 3, 7\n\tblr\n"        /* 42 */
	"7:\tmtlr 0\n\tblr\n"
	"answer_end:\n"
	"own_trap:\n\ttrap\n\tli 3, 43\n\tblr\n"
	"own_trap_end:\n\t.popsection\n");

struct kernel_sigaction {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

/* What the program's own handler saw. */
static volatile int calls, seen_code, seen_sig;
static volatile bool seen_usr1_blocked;
static volatile uintptr_t seen_pc;

static uint32_t *const text = (uint32_t *)TEXT;
static uint32_t *own; /* own_trap's copy */
static uint8_t *scratch, *at; /* writable; as the target sees it */
static struct fallback_header *header;
static unsigned nsites, nguarded;

static void on_trap(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	calls++;
	seen_sig = sig;
	seen_code = si->si_code;
	seen_pc = PC(uc);
	seen_usr1_blocked = sigismember(&now, SIGUSR1);
	if (seen_code == TRAP_BRKPT)
		PC(uc) += 4;
}

/* ---- building ------------------------------------------------------------ */

static void add_site(const uint32_t *addr)
{
	struct fallback_site *sites = (void *)(scratch + FALLBACK_SITES);
	uint64_t key = (uintptr_t)addr;
	uint32_t i = FALLBACK_HASH(key, CAP);
	size_t slot = SLOTS + nsites++ * FALLBACK_SLOT;
	struct slot_code code;
	struct plan plan;
	struct err err;

	check(ARCH.plan(key, (const uint8_t *)addr, 8, &plan, &err) == 0);
	check(ARCH.slot_build(&plan, (uintptr_t)at + slot, &code, &err) == 0);
	nguarded += code.guarded;
	while (sites[i].addr)
		i = (i + 1) & (CAP - 1);
	sites[i].slot = (uintptr_t)at + slot;
	memcpy(sites[i].orig, plan.insn, plan.len);
	sites[i].len = plan.len;
	sites[i].copy_len = code.copy_len;
	sites[i].planted = 1;
	sites[i].next = header->last;
	header->last = i + 1;
	sites[i].addr = key;
	memcpy(scratch + slot, code.bytes, code.len);
}

static void flush(void *begin, size_t n)
{
	__builtin___clear_cache((char *)begin, (char *)begin + n);
}

static void build(uintptr_t place)
{
	const int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;
	/* not by the name that an updd looks for, to clean up */
	int fd = memfd_create("fallback-run", MFD_CLOEXEC);
	size_t len = (char *)answer_end - (char *)answer;

	check(fd >= 0 && ftruncate(fd, SIZE) == 0);
	scratch = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	at = mmap((void *)place, SIZE, PROT_READ | PROT_EXEC,
		  MAP_SHARED | MAP_FIXED, fd, 0);
	check(scratch != MAP_FAILED && at != MAP_FAILED);
	check(mmap(text, 4096, rwx, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) == text);
	header = (void *)scratch;
	header->magic = FALLBACK_MAGIC;
	header->version = FALLBACK_VERSION;
	header->site_cap = CAP;
	header->base = (uintptr_t)at;
	header->size = SIZE;
	header->slots_off = SLOTS;
	memcpy(scratch + FALLBACK_CODE, ARCH.fallback->code,
	       ARCH.fallback->len);
	memcpy(text, answer, len);
	own = text + 256;
	memcpy(own, own_trap, (char *)own_trap_end - (char *)own_trap);
	nsites = nguarded = 0;
	for (size_t i = 0; i < len / 4; i++)
		if (text[i] != TRAP)
			add_site(text + i);
	flush(text, 4096);
	flush(at, SIZE);
	close(fd);
}

static void plant(void)
{
	for (size_t i = 0; i < (size_t)(answer_end - answer); i++)
		text[i] = TRAP;
	flush(text, 4096);
}

static void take_away(void)
{
	munmap(scratch, SIZE);
	munmap(at, SIZE);
}

/* ---- running ------------------------------------------------------------- */

/* What a function pointer is to code at `entry`. The compiler takes descriptors
 * for constants, and would read this one before it is filled. */
static uintptr_t function(uintptr_t entry, uintptr_t room[3])
{
	room[0] = entry;
	room[1] = room[2] = 0;
	if (ARCH.descriptors)
		entry = (uintptr_t)room;
	__asm__ volatile("" : "+r"(entry) : : "memory");
	return entry;
}

static int call(const void *code)
{
	uintptr_t room[3], address = function((uintptr_t)code, room);
	int (*fn)(void);

	memcpy(&fn, &address, sizeof(fn));
	return fn();
}

static void install(void *old, bool siginfo)
{
	static uintptr_t room[3];
	uintptr_t code = (uintptr_t)at + FALLBACK_CODE;
	struct kernel_sigaction sa = {
		.handler = function(code + ARCH.fallback->entry, room),
		.flags = SA_SIGINFO | SA_NODEFER,
		.restorer = code + ARCH.fallback->restorer,
	};

	header->old_handler = (uintptr_t)old;
	header->old_flags = siginfo ? SA_SIGINFO : 0;
	header->old_mask = 1 << (SIGUSR1 - 1) | 1 << (SIGTRAP - 1);
	check(syscall(SYS_rt_sigaction, SIGTRAP, &sa, NULL, 8) == 0);
	calls = 0;
}

static void *caller(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		check(call(text) == 42);
	return arg;
}

static void sites_are_passed(void *old)
{
	pthread_t t;

	install(old, true);
	check(call(text) == 42);
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

static void do_trap(void)
{
	check(call(own) == 43);
}

static void do_raise(void)
{
	raise(SIGTRAP);
}

static void do_step(void)
{
	siginfo_t si = {.si_signo = SIGTRAP, .si_code = TRAP_TRACE};

	check(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGTRAP,
		      &si) == 0);
}

static void do_sites(void)
{
	check(call(text) == 42);
}

static void default_kills(void)
{
	install(SIG_DFL, false);
	check(end_of(do_trap) == SIGTRAP);
	check(end_of(do_raise) == SIGTRAP);
	check(end_of(do_step) == 0); /* nobody else's than upd's */
	check(end_of(do_sites) == 0);
}

static void ignored_is_ignored(void)
{
	install(SIG_IGN, false);
	check(end_of(do_trap) == SIGTRAP); /* it can't be */
	check(end_of(do_raise) == 0);
	check(end_of(do_step) == 0);
	check(end_of(do_sites) == 0);
}

static void own_traps_arrive(void)
{
	sigset_t now;

	install(on_trap, true);
	do_trap();
	check(calls == 1 && seen_sig == SIGTRAP && seen_code == TRAP_BRKPT);
	check(seen_pc == (uintptr_t)own);
	check(seen_usr1_blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	check(!sigismember(&now, SIGUSR1));
	raise(SIGTRAP);
	check(calls == 2 && seen_code == SI_TKILL);
	do_step(); /* may be its own: it has a handler */
	check(calls == 3 && seen_code == TRAP_TRACE);
	do_sites();
	check(calls == 3);
}

/* "System call; breakpoint", as a stub in the scratch memory; the trap is
 * nobody's, and so the program's. */
static void stub_calls(void)
{
	const uint8_t *stub = at + FALLBACK_CODE + ARCH.fallback->syscall_stub;
	uint32_t words[2];

	memcpy(words, stub, sizeof(words));
	check(words[0] == 0x44000002 && words[1] == TRAP);
}

/* Only a trap where a tracer let a task go on, with that stack pointer, was
 * served before the tracer died; the same place in another call was not. */
static void others_traps_are_not_served(void)
{
	install(on_trap, true);
	header->resumed_pc = (uintptr_t)own;
	header->resumed_sp = 16;
	do_trap();
	check(calls == 1);
	header->resumed_pc = 0;
}

static bool is_planted(void)
{
	return text[0] == TRAP && text[1] == TRAP;
}

static bool is_clean(void)
{
	return !memcmp(text, answer, (char *)answer_end - (char *)answer);
}

/* qemu-user puts a 32-bit program's memory elsewhere than where that has it. */
static bool sees_itself(void)
{
	uint32_t seen = 0;
	int fd = open("/proc/self/mem", O_RDONLY);
	ssize_t n = pread(fd, &seen, sizeof(seen), (off_t)(uintptr_t)own);

	close(fd);
	return n == sizeof(seen) && seen == own[0];
}

static void do_mend(void)
{
	check(call(text) == 42);
	check(is_clean());
}

/* By the first site that is hit when the tracer is dead, if it may. */
static void mended_when_orphaned(void)
{
	uint32_t word = (uint32_t)getpid() | FUTEX_OWNER_DIED;

	install(SIG_DFL, false);
	check(call(text) == 42 && is_planted());
	memcpy(scratch + SIZE - FALLBACK_OWNER, &word, sizeof(word));
	header->no_calls = 1;
	check(call(text) == 42 && is_planted());
	header->no_calls = 0;
	check(end_of(do_mend) == 0 && is_planted());
	sites_are_passed(SIG_DFL);
	check(is_clean());
}

int main(void)
{
	check(ARCH.fallback->len <= 4096);
	check(sizeof(struct fallback_site) == 40);
	for (int far = 0; far <= 1; far++) {
		build(far ? FAR : NEAR);
		check(call(text) == 42);
		plant();
		sites_are_passed(SIG_DFL);
		sites_are_passed(on_trap);
		default_kills();
		ignored_is_ignored();
		own_traps_arrive();
		others_traps_are_not_served();
		stub_calls();
		check(nguarded == (far ? nsites : 0));
		if (sees_itself())
			mended_when_orphaned();
		else
			puts("not seen: breakpoints that are taken away");
		take_away();
	}
	printf("%s: %u sites, passed near; and far, %u slots guarded\n",
	       ARCH.name, nsites, nguarded);
	return 0;
}

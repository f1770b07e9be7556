/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#ifdef __x86_64__

#include "native-child.h"

#include <cpuid.h>
#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASK_END 0x7ffffffff000ULL /* above it: vsyscall */

static pid_t child;
static struct user_regs_struct template;
static uint8_t template_fp[XSTATE_MAX];
static size_t xstate_size;
static int runs;
static uint64_t seed = 88172645463325252ULL;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void *shared(uintptr_t at, size_t size)
{
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != (void *)at)
		die("mmap");
	return p;
}

static void get_xstate(uint8_t *x)
{
	struct iovec iov = {x, XSTATE_MAX};

	memset(x, 0, XSTATE_MAX);
	if (ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &iov))
		die("PTRACE_GETREGSET");
	xstate_size = iov.iov_len;
}

static void put_xstate(const uint8_t *x)
{
	struct iovec iov = {(void *)x, xstate_size};

	if (ptrace(PTRACE_SETREGSET, child, NT_X86_XSTATE, &iov))
		die("PTRACE_SETREGSET");
}

static void start(void)
{
	int status;

	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(1);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		die("waitpid");
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
	if (ptrace(PTRACE_GETREGS, child, 0, &template))
		die("PTRACE_GETREGS");
	get_xstate(template_fp);
}

/* ---- nothing else is mapped in the child ---------------------------------- */

/* rseq's area is where the thread pointer points: the kernel writes to it. */
static bool is_needed(uint64_t start, uint64_t end)
{
	static const uint64_t ours[] = {
		BASE, SLOT_NEAR & ~0xfffUL, SLOT_FAR & ~0xfffUL, DATA_AT,
		STACK_AT,
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (start == ours[i])
			return true;
	return template.fs_base >= start && template.fs_base < end;
}

static void child_munmap(uint64_t start, uint64_t end)
{
	struct user_regs_struct regs = template;

	regs.rip = TEXT_AT;
	regs.rax = SYS_munmap, regs.orig_rax = UINT64_MAX;
	regs.rdi = start, regs.rsi = end - start;
	child_put_regs(&regs);
	if (child_resume(PTRACE_SINGLESTEP) != SIGTRAP)
		die("munmap");
}

/* An address that a form makes of random registers is nobody's: a library
 * there, or the shadow of a sanitizer, would be read natively, but not by
 * what emulates, which knows our memory only. */
static void child_unmap_others(void)
{
	static const uint8_t syscall_insn[] = {0x0f, 0x05};
	unsigned long long start, end;
	char path[64], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)child);
	f = fopen(path, "re");
	if (!f)
		die(path);
	memcpy((void *)TEXT_AT, syscall_insn, sizeof(syscall_insn));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx-%llx", &start, &end) == 2 &&
		    end <= TASK_END && !is_needed(start, end))
			child_munmap(start, end);
	fclose(f);
}

/* ---- states ------------------------------------------------------------- */

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Words that are addresses of int3, so that calls through memory end well;
 * and that are flags without the trap flag. */
static void fill(uint8_t *p, size_t size, unsigned word)
{
	for (size_t i = 0; i < size; i += word) {
		uint64_t value = BASE + (rnd() & 0xeff);

		memcpy(p + i, &value, word);
	}
}

static uint64_t interesting(void)
{
	static const uint64_t values[] = {
		0,	    1,		0xff,	    0x80,	0x7fff,
		0x8000,	    0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX,
		1ULL << 63, ~0ULL >> 1, 0x10,	    0x0f,
	};

	return rnd() % 3 ? rnd()
			 : values[rnd() % (sizeof(values) / sizeof(*values))];
}

/* Upper halves, masks and the further registers, where there are any. */
static void fill_vectors(uint8_t *x)
{
	uint64_t has, *used = (uint64_t *)(x + XSTATE_HEADER);

	memcpy(&has, x + 464, sizeof(has)); /* the kernel's, XCR0 */
	*used |= has & 0xe7;
	for (unsigned i = 2; i < 8; i++) {
		unsigned a, b, c, d;

		if (!(has & 0xe7 & 1ULL << i))
			continue;
		__cpuid_count(0xd, i, a, b, c, d);
		for (unsigned k = 0; b + a <= XSTATE_MAX && k < a; k++)
			x[b + k] = (uint8_t)rnd();
	}
}

/* Four of the x87 registers hold a number. */
static void fill_xstate(struct state *s)
{
	memcpy(s->xstate, template_fp, sizeof(s->xstate));
	for (int i = 0; i < 64; i++)
		s->fp.xmm_space[i] = (uint32_t)rnd();
	for (int i = 0; i < 4; i++) {
		s->fp.st_space[4 * i] = (uint32_t)rnd();
		s->fp.st_space[4 * i + 1] = 1U << 31 | (uint32_t)rnd();
		s->fp.st_space[4 * i + 2] = 0x3ffc + i * 2;
	}
	s->fp.ftw = 0x0f;
	fill_vectors(s->xstate);
}

void child_make_state(struct state *s, unsigned word, unsigned syscall_nr)
{
	struct user_regs_struct *r = &s->regs;
	uint64_t flags = rnd() & 0x8d5;

	memset(s, 0, sizeof(*s));
	*r = template;
	r->rax = syscall_nr ? syscall_nr : BASE + rnd() % 0x1000;
	r->rdx = interesting();
	r->rcx = rnd() % 4 ? rnd() % 9 : 0;
	r->rbx = DATA_AT + 0x800;
	r->rsi = DATA_AT + 0x900;
	r->rdi = DATA_AT + 0xa00;
	r->rbp = STACK_AT + 0x1100;
	r->rsp = STACK_AT + 0x1000;
	r->r8 = interesting();
	r->r9 = interesting();
	r->r10 = interesting();
	r->r11 = interesting();
	r->r12 = DATA_AT + 0xb00;
	r->r13 = DATA_AT + 0xc00;
	r->r14 = BASE + rnd() % 0x1000;
	r->r15 = interesting();
	r->orig_rax = -1;
	r->eflags = 0x202 | flags;
	r->fs_base = DATA_AT;
	r->gs_base = DATA_AT + 0x1000;
	if (word == 4) {
		r->cs = 0x23;
		r->ss = r->ds = r->es = 0x2b;
		r->rdx = (uint32_t)r->rdx;
		r->r8 = r->r9 = r->r10 = r->r11 = r->r12 = 0;
		r->r13 = r->r14 = r->r15 = r->fs_base = r->gs_base = 0;
	}
	fill(s->mem.text_data, sizeof(s->mem.text_data), word);
	fill(s->mem.data, sizeof(s->mem.data), word);
	fill(s->mem.stack, sizeof(s->mem.stack), word);
	fill_xstate(s);
}

void child_put_memory(const struct memory *m)
{
	memcpy((void *)TEXT_DATA, m->text_data, sizeof(m->text_data));
	memcpy((void *)DATA_AT, m->data, AREA_SIZE);
	memcpy((void *)STACK_AT, m->stack, AREA_SIZE);
}

void child_get_memory(struct memory *m)
{
	memcpy(m->text_data, (void *)TEXT_DATA, sizeof(m->text_data));
	memcpy(m->data, (void *)DATA_AT, AREA_SIZE);
	memcpy(m->stack, (void *)STACK_AT, AREA_SIZE);
}

void child_put_regs(const struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_SETREGS, child, 0, regs))
		die("PTRACE_SETREGS");
}

void child_enter(const struct state *s, uint64_t pc)
{
	struct user_regs_struct regs = s->regs;

	regs.rip = pc;
	child_put_memory(&s->mem);
	child_put_regs(&regs);
	put_xstate(s->xstate);
}

int child_resume(int request)
{
	int status;

	runs++;
	if (ptrace(request, child, 0, 0) || waitpid(child, &status, 0) != child)
		die("resume");
	if (!WIFSTOPPED(status)) {
		fprintf(stderr, "the child died, status %#x\n", status);
		exit(99);
	}
	return WSTOPSIG(status);
}

void child_get_regs(struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_GETREGS, child, 0, regs))
		die("PTRACE_GETREGS");
}

void child_get_state(struct state *s, int sig)
{
	child_get_regs(&s->regs);
	get_xstate(s->xstate);
	child_get_memory(&s->mem);
	s->sig = sig;
}

/* To the next int3 or fault. */
void child_run(struct state *s)
{
	child_get_state(s, child_resume(PTRACE_CONT));
	if (s->sig == SIGTRAP)
		s->regs.rip--;
}

int child_runs(void)
{
	return runs;
}

void child_start(void)
{
	cpu_set_t one;

	/* cpuid and the like tell the processor */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	shared(BASE, 0x3000);
	shared(SLOT_NEAR & ~0xfffUL, 0x1000);
	shared(SLOT_FAR & ~0xfffUL, 0x1000);
	shared(DATA_AT, AREA_SIZE);
	shared(STACK_AT, AREA_SIZE);
	/* what jumps there faults, and does not run random bytes */
	mprotect((void *)DATA_AT, AREA_SIZE, PROT_READ | PROT_WRITE);
	mprotect((void *)STACK_AT, AREA_SIZE, PROT_READ | PROT_WRITE);
	start();
	child_unmap_others();
}

void child_end(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

#endif

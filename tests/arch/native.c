/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor as oracle: every form is executed in a child process as it
 * is, and by each strategy, with the same registers and memory; what comes out
 * must be the same: general registers, flags, vector registers, memory, signal.
 * The child's memory is shared; all around the form is int3, which ends it.
 * 32-bit code runs in the same child, through the 32-bit code segment.
 */
#include <config.h>

#include "arch.h"
#include "forms-x86.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void)
{
	puts("SKIP: not an x86_64 host");
	return 77;
}
#else

#define RECORD(kind, text)                             \
	"	.byte " kind ", 2f - 1f\n1:	" text \
	"\n2:	.org 1b + 16, 0\n"
#define F(text)	  RECORD("0", text)
#define S(text)	  RECORD("1", text)

struct form {
	uint8_t is_syscall, len, bytes[16];
};

__asm__(".pushsection .rodata\n"
	"forms64: " FORMS_64 "forms64_end:\n"
	".code32\n"
	"forms32: " FORMS_32 "forms32_end:\n"
	".code64\n.popsection\n");
extern const struct form forms64[], forms64_end[], forms32[], forms32_end[];

/* One mapping; the places in it. Two slots: near, and 1.9 GiB away. */
enum {
	BASE = 0x10000000,
	TEXT_AT = BASE + 0x1000,
	TEXT_SIZE = 0x2000,	   /* int3 around the form, then data */
	TEXT_DATA = BASE + 0x2000, /* 0x1000 behind the form */
	DATA_AT = 0x30000000,
	STACK_AT = 0x31000000,
	AREA_SIZE = 0x2000,
	SEEDS = 12,
	STEPS_MAX = 1000,
};
#define SLOT_FAR  0x7e001000UL
#define SLOT_NEAR 0x20001000UL

struct memory {
	uint8_t text_data[0x1000], data[AREA_SIZE], stack[AREA_SIZE];
};

struct state {
	struct user_regs_struct regs;
	struct user_fpregs_struct fp;
	struct memory mem;
	int sig;
};

static pid_t child;
static struct user_regs_struct template;
static struct user_fpregs_struct template_fp;
static int failures, runs;

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

static void start_child(void)
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
	if (ptrace(PTRACE_GETREGS, child, 0, &template) ||
	    ptrace(PTRACE_GETFPREGS, child, 0, &template_fp))
		die("PTRACE_GETREGS");
}

/* ---- states ------------------------------------------------------------- */

static uint64_t seed;

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

/* getpid: of the 64-bit call and, in either mode, of the 32-bit ones. */
static uint64_t getpid_number(const struct form *f)
{
	return f->bytes[0] == 0x0f && f->bytes[1] == 0x05 ? 39 : 20;
}

static void make_state(struct state *s, unsigned word, const struct form *f)
{
	struct user_regs_struct *r = &s->regs;
	uint64_t flags = rnd() & 0x8d5;

	memset(s, 0, sizeof(*s));
	*r = template;
	r->rax = f->is_syscall ? getpid_number(f) : BASE + rnd() % 0x1000;
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
	s->fp = template_fp;
	for (int i = 0; i < 64; i++)
		s->fp.xmm_space[i] = (uint32_t)rnd();
}

static void put_memory(const struct memory *m)
{
	memcpy((void *)TEXT_DATA, m->text_data, sizeof(m->text_data));
	memcpy((void *)DATA_AT, m->data, AREA_SIZE);
	memcpy((void *)STACK_AT, m->stack, AREA_SIZE);
}

static void get_memory(struct memory *m)
{
	memcpy(m->text_data, (void *)TEXT_DATA, sizeof(m->text_data));
	memcpy(m->data, (void *)DATA_AT, AREA_SIZE);
	memcpy(m->stack, (void *)STACK_AT, AREA_SIZE);
}

static void put_regs(const struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_SETREGS, child, 0, regs))
		die("PTRACE_SETREGS");
}

static void enter(const struct state *s, uint64_t pc)
{
	struct user_regs_struct regs = s->regs;

	regs.rip = pc;
	put_memory(&s->mem);
	put_regs(&regs);
	if (ptrace(PTRACE_SETFPREGS, child, 0, &s->fp))
		die("PTRACE_SETFPREGS");
}

static int resume(int request)
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

static void get_regs(struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_GETREGS, child, 0, regs))
		die("PTRACE_GETREGS");
}

static void get_state(struct state *s, int sig)
{
	get_regs(&s->regs);
	if (ptrace(PTRACE_GETFPREGS, child, 0, &s->fp))
		die("PTRACE_GETFPREGS");
	get_memory(&s->mem);
	s->sig = sig;
}

/* To the next int3 or fault. */
static void run(struct state *s)
{
	get_state(s, resume(PTRACE_CONT));
	if (s->sig == SIGTRAP)
		s->regs.rip--;
}

static void set_text(const struct form *f)
{
	memset((void *)BASE, 0xcc, TEXT_SIZE - 0x1000);
	memset((void *)(BASE + 0x1000), 0xcc, 0x1000);
	if (f)
		memcpy((void *)TEXT_AT, f->bytes, f->len);
}

/* ---- registers as arch has them ----------------------------------------- */

static void to_arch(const struct user_regs_struct *u, unsigned word,
		    struct regs *r)
{
	uint32_t v[17] = {
		u->rbx, u->rcx, u->rdx,	   u->rsi, u->rdi, u->rbp,
		u->rax, u->ds,	u->es,	   u->fs,  u->gs,  u->orig_rax,
		u->rip, u->cs,	u->eflags, u->rsp, u->ss,
	};

	memset(r, 0, sizeof(*r));
	r->size = word == 8 ? sizeof(*u) : sizeof(v);
	memcpy(r->raw, word == 8 ? (const void *)u : v, r->size);
}

static void from_arch(const struct regs *r, struct user_regs_struct *u)
{
	uint32_t v[17];

	if (r->size == sizeof(*u)) {
		memcpy(u, r->raw, sizeof(*u));
		return;
	}
	memcpy(v, r->raw, sizeof(v));
	u->rbx = v[0], u->rcx = v[1], u->rdx = v[2], u->rsi = v[3];
	u->rdi = v[4], u->rbp = v[5], u->rax = v[6];
	u->rip = v[12], u->eflags = v[14], u->rsp = v[15];
}

static bool is_mapped(uint64_t addr, size_t len)
{
	static const uint64_t areas[][2] = {
		{BASE, BASE + 0x3000},
		{DATA_AT, DATA_AT + AREA_SIZE},
		{STACK_AT, STACK_AT + AREA_SIZE},
	};

	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++)
		if (addr >= areas[i][0] && addr < areas[i][1] &&
		    len <= areas[i][1] - addr)
			return true;
	return false;
}

static int mem_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	if (!is_mapped(addr, len))
		return ERR_IO;
	memcpy(buf, (void *)addr, len);
	return 0;
}

static int mem_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
	(void)ctx;
	if (!is_mapped(addr, len))
		return ERR_IO;
	memcpy((void *)addr, buf, len);
	return 0;
}

static const struct arch_mem mem = {mem_read, mem_write, NULL};

/* ---- comparison --------------------------------------------------------- */

struct test {
	const struct arch *arch;
	const struct form *form;
	struct plan plan;
	struct slot_code slot;
	uint64_t slot_addr;
	struct state before, native;
};

static void complain(const struct test *t, const char *how, const char *what)
{
	if (failures++ < 40)
		printf("FAIL: %s %s, %s, slot %#lx: %s\n", t->arch->name,
		       t->plan.why, how, (unsigned long)t->slot_addr, what);
}

static void compare_regs(const struct test *t, const char *how,
			 const struct state *s)
{
	const unsigned long long *a = (const void *)&t->native.regs;
	const unsigned long long *b = (const void *)&s->regs;
	char text[96];

	for (size_t i = 0; i < sizeof(s->regs) / 8; i++) {
		/* the resume flag; orig_rax */
		uint64_t ignore = i == 18 ? 1 << 16 : i == 15 ? UINT64_MAX : 0;

		if (((a[i] ^ b[i]) & ~ignore) == 0)
			continue;
		snprintf(text, sizeof(text), "register %zu is %llx, not %llx",
			 i, b[i], a[i]);
		complain(t, how, text);
	}
}

static void compare(const struct test *t, const char *how, struct state *s)
{
	/* the place of the last x87 instruction is the slot's: known */
	s->fp.rip = t->native.fp.rip;
	s->fp.rdp = t->native.fp.rdp;
	compare_regs(t, how, s);
	if (s->sig != t->native.sig)
		complain(t, how, "another signal");
	if (memcmp(&s->mem, &t->native.mem, sizeof(s->mem)))
		complain(t, how, "memory differs");
	if (memcmp(&s->fp, &t->native.fp, sizeof(s->fp)))
		complain(t, how, "floating point differs");
}

/* ---- ways --------------------------------------------------------------- */

static bool in_slot(const struct test *t, const struct user_regs_struct *r)
{
	return r->rip >= t->slot_addr && r->rip < t->slot_addr + ARCH_SLOT_MAX;
}

static void take_out(const struct test *t, const char *how,
		     struct user_regs_struct *u)
{
	struct regs r;

	to_arch(u, t->arch->word_size, &r);
	if (t->arch->slot_leave(&t->plan, &t->slot, t->slot_addr, &r, &mem))
		complain(t, how, "slot_leave failed");
	from_arch(&r, u);
}

/* The bytes below the stack pointer are free where a signal's frame goes. */
static void forget_push(const struct test *t, struct state *s)
{
	size_t at = s->regs.rsp - STACK_AT - t->arch->word_size;

	if (s->sig != SIGTRAP && at < AREA_SIZE)
		memcpy(s->mem.stack + at, t->native.mem.stack + at,
		       t->arch->word_size);
}

static void by_slot(const struct test *t)
{
	struct state s;

	enter(&t->before, t->slot_addr);
	run(&s);
	if (in_slot(t, &s.regs)) {
		take_out(t, "boost", &s.regs);
		forget_push(t, &s);
	}
	compare(t, "boost", &s);
}

static void by_emulation(const struct test *t)
{
	struct state s = t->before;
	struct regs r, old;

	put_memory(&s.mem);
	s.regs.rip = TEXT_AT;
	to_arch(&s.regs, t->arch->word_size, &r);
	old = r;
	if (t->arch->emulate(&t->plan, &r, &mem)) {
		if (memcmp(&r, &old, sizeof(r)))
			complain(t, "emulate", "failed, but changed registers");
		get_memory(&s.mem);
		if (memcmp(&s.mem, &t->before.mem, sizeof(s.mem)))
			complain(t, "emulate", "failed, but changed memory");
		/* must not be the usual case */
		if (t->native.sig == SIGTRAP &&
		    is_mapped(t->native.regs.rip, 1))
			complain(t, "emulate", "failed without need");
		return;
	}
	from_arch(&r, &s.regs);
	get_memory(&s.mem);
	/* the trap, or fault, is the next instruction's */
	s.sig = t->native.sig;
	compare(t, "emulate", &s);
}

static void by_steps(const struct test *t, const char *how, uint64_t at)
{
	enum step_result result = STEP_NOT_YET;
	struct state s;
	struct regs r;

	enter(&t->before, t->before.regs.rip);
	to_arch(&t->before.regs, t->arch->word_size, &r);
	s.regs = t->before.regs;
	t->arch->before_step(&t->plan, at, &r, &mem);
	from_arch(&r, &s.regs);
	put_regs(&s.regs);
	for (int i = 0; result == STEP_NOT_YET && i < STEPS_MAX; i++) {
		get_state(&s, resume(PTRACE_SINGLESTEP));
		if (s.sig != SIGTRAP) {
			if (in_slot(t, &s.regs))
				take_out(t, how, &s.regs);
			forget_push(t, &s);
			compare(t, how, &s);
			return;
		}
		to_arch(&s.regs, t->arch->word_size, &r);
		if (t->arch->after_step(&t->plan, at, &r, &mem, &result)) {
			complain(t, how, "after_step failed");
			return;
		}
		if (result == STEP_DONE)
			from_arch(&r, &s.regs);
	}
	if (result != STEP_DONE)
		complain(t, how, "never done");
	get_memory(&s.mem);
	s.sig = t->native.sig;
	compare(t, how, &s);
}

/* After each number of steps, out of the slot, on in the text. */
static void by_leaving(const struct test *t)
{
	char how[32];

	for (int n = 0; n < STEPS_MAX; n++) {
		struct state s;
		int sig = SIGTRAP;

		enter(&t->before, t->slot_addr);
		s.regs = t->before.regs;
		s.regs.rip = t->slot_addr;
		for (int i = 0; i < n && sig == SIGTRAP; i++)
			sig = resume(PTRACE_SINGLESTEP);
		get_regs(&s.regs);
		if (sig != SIGTRAP || !in_slot(t, &s.regs))
			return;
		snprintf(how, sizeof(how), "leaving after %d steps", n);
		take_out(t, how, &s.regs);
		set_text(t->form);
		put_regs(&s.regs);
		run(&s);
		set_text(NULL);
		forget_push(t, &s);
		compare(t, how, &s);
	}
}

static void run_ways(struct test *t)
{
	struct err err;

	if (t->arch->slot_build(&t->plan, t->slot_addr, &t->slot, &err)) {
		complain(t, "slot", err.text);
		return;
	}
	memset((void *)t->slot_addr, 0xcc, ARCH_SLOT_MAX);
	memcpy((void *)t->slot_addr, t->slot.bytes, t->slot.len);
	set_text(NULL);
	by_slot(t);
	if (t->plan.strategies & STRATEGY_EMULATE)
		by_emulation(t);
	if (!(t->plan.strategies & STRATEGY_XOL))
		return;
	by_steps(t, "xol", t->slot_addr);
	if (strncmp(t->plan.why, "pushf", 5) != 0)
		by_leaving(t);
	set_text(t->form);
	by_steps(t, "inplace", TEXT_AT);
}

static void run_form(const struct arch *arch, const struct form *form)
{
	struct test t = {.arch = arch, .form = form};
	struct err err;

	if (arch->plan(TEXT_AT, form->bytes, form->len, &t.plan, &err)) {
		complain(&t, "plan", err.text);
		return;
	}
	if (t.plan.len != form->len)
		complain(&t, "plan", "wrong length");
	for (int i = 0; i < SEEDS; i++) {
		make_state(&t.before, arch->word_size, form);
		set_text(form);
		enter(&t.before, TEXT_AT);
		run(&t.native);
		t.slot_addr = i & 1 ? SLOT_FAR : SLOT_NEAR;
		run_ways(&t);
	}
}

int main(void)
{
	cpu_set_t one;
	size_t n = 0;

	/* cpuid and the like tell the processor */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	shared(BASE, 0x3000);
	shared(SLOT_NEAR & ~0xfffUL, 0x1000);
	shared(SLOT_FAR & ~0xfffUL, 0x1000);
	shared(DATA_AT, AREA_SIZE);
	shared(STACK_AT, AREA_SIZE);
	start_child();
	seed = 88172645463325252ULL;
	for (const struct form *f = forms64; f < forms64_end; f++, n++)
		run_form(&arch_x86_64, f);
	for (const struct form *f = forms32; f < forms32_end; f++, n++)
		run_form(&arch_i386, f);
	kill(child, SIGKILL);
	printf("%zu forms, %d runs, %d failures\n", n, runs, failures);
	return failures != 0;
}
#endif

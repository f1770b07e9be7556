/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stacks: every instruction of whole programs is stepped through with a list
 * of the return addresses that its calls really pushed, and the unwinder must
 * find exactly those; and our own stack, signal frames included, against what
 * glibc's backtrace() says. Spaces: maps, and processes that are gone.
 */
#include <config.h>

#include "di-proc.h"

#include <elf.h>
#include <errno.h>
#include <execinfo.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- stepping ---- */

enum { SHADOW_MAX = 1024, STEPS_MAX = 400000 };

struct stepper {
	struct di_proc p;
	uint64_t shadow[SHADOW_MAX]; /* return addresses, innermost last */
	size_t depth;
	uint64_t code_lo, code_hi; /* only pcs here are compared */
	size_t compared, wrong;
};

static uint64_t word_at(struct stepper *s, uint64_t addr)
{
	uint64_t v = 0;

	if (di_read(&s->p.pid, addr, &v, s->p.arch->word_size))
		return 0;
	return v;
}

/* Start-up code in assembly has no tables, except for "ends here". In its
 * middle nothing can be known. */
static bool is_tableless(const struct stepper *s, const struct frame_text *t)
{
	static const char *const names[] = {"_start",
					    "_init",
					    "_fini",
					    "register_tm_clones",
					    "deregister_tm_clones",
					    "__do_global_dtors_aux",
					    "frame_dummy",
					    "__x86.get_pc_thunk.bx",
					    "__x86.get_pc_thunk.dx"};

	if (!t->name)
		return true;
	/* Of i386: pushes a register and its table does not say so. */
	if (s->p.arch == &arch_i386 && !strcmp(t->name, "memcpy"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(t->name, names[i]))
			return t->offset != 0 || !i;
	return false;
}

/* Compares, and says where the first few differences are. */
static void compare(struct stepper *s)
{
	uint64_t ips[SHADOW_MAX], pc = s->p.arch->pc(&s->p.regs);
	size_t n = space_unwind(s->p.space, s->p.arch, &s->p.regs, &s->p.mem,
				ips, SHADOW_MAX);
	struct frame_text t;

	ck_assert_uint_ge(n, 1);
	ck_assert_uint_eq(ips[0], pc);
	space_describe(s->p.space, pc, false, false, &t);
	if (is_tableless(s, &t))
		return;
	s->compared++;
	for (size_t i = 0; i < s->depth; i++) {
		if (i + 1 < n && ips[i + 1] == s->shadow[s->depth - 1 - i]) {
			space_describe(s->p.space, ips[i + 1], false, false,
				       &t);
			if (is_tableless(s, &t))
				return;
			continue;
		}
		if (s->wrong++ < 5)
			printf("at %" PRIx64 " %s+%" PRIu64
			       ": frame %zu of %zu is %" PRIx64
			       ", should be %" PRIx64 "\n",
			       pc, t.name ? t.name : "?", t.offset, i + 1,
			       s->depth, i + 1 < n ? ips[i + 1] : 0,
			       s->shadow[s->depth - 1 - i]);
		return;
	}
}

static bool is_return(struct stepper *s, uint64_t pc)
{
	uint8_t b[2] = {0};

	if (di_read(&s->p.pid, pc, b, 2))
		return false;
	if (b[0] == 0xf3 || b[0] == 0xf2)
		return b[1] == 0xc3;
	return b[0] == 0xc3 || b[0] == 0xc2;
}

/* One instruction; false: the program has ended. */
static bool step(struct stepper *s)
{
	uint64_t old_pc = s->p.arch->pc(&s->p.regs),
		 old_sp = s->p.arch->sp(&s->p.regs);
	uint64_t pc, sp, top;
	bool ret = is_return(s, old_pc);
	int status;

	ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, s->p.pid, 0, 0), 0);
	ck_assert_int_eq(waitpid(s->p.pid, &status, 0), s->p.pid);
	if (!WIFSTOPPED(status))
		return false;
	di_get_regs(&s->p);
	pc = s->p.arch->pc(&s->p.regs);
	sp = s->p.arch->sp(&s->p.regs);
	/* The dynamic linker on i386 jumps to what it bound with a ret. */
	if (ret) {
		s->depth -= s->depth && s->shadow[s->depth - 1] == pc;
		return true;
	}
	top = word_at(s, sp);
	if (sp == old_sp - s->p.arch->word_size && top > old_pc &&
	    top - old_pc <= 8 && pc != top && s->depth < SHADOW_MAX)
		s->shadow[s->depth++] = top;
	return true;
}

static void step_through(const char *name)
{
	struct stepper *s;
	size_t steps = 0;

	if (access(victim(name), X_OK)) {
		printf("skipped: %s was not built\n", name);
		return;
	}
	s = calloc(1, sizeof(*s));
	di_start(&s->p, name);
	do
		compare(s);
	while (++steps < STEPS_MAX && step(s));
	printf("%s: %zu stacks, %zu wrong\n", name, s->compared, s->wrong);
	ck_assert_msg(!s->wrong, "%s: %zu of %zu stacks are wrong", name,
		      s->wrong, s->compared);
	/* The 32-bit linker of a 64-bit system has no names, and what has none
	 * is not compared: there only the victim itself counts. */
	ck_assert_uint_gt(s->compared, s->p.arch->word_size == 8 ? 500 : 250);
	kill(s->p.pid, SIGKILL);
	waitpid(s->p.pid, NULL, 0);
	space_free(s->p.space);
	free(s);
}

START_TEST(every_instruction_O0)
{
	step_through("di-O0");
}
END_TEST

START_TEST(every_instruction_O2)
{
	step_through("di-O2");
	step_through("di-bare");
	step_through("di-static");
}
END_TEST

START_TEST(every_instruction_clang)
{
	step_through("di-clang");
	step_through("di-clang-O2");
}
END_TEST

START_TEST(every_instruction_m32)
{
	step_through("di-m32");
	step_through("di-m32-O2");
}
END_TEST

/* Its tables are in .debug_frame only. */
START_TEST(every_instruction_debug_frame)
{
	step_through("di-dframe");
}
END_TEST

/* ---- our own stack ---- */

struct capture {
	void *bt[64];
	uint64_t ips[64];
	int nbt;
	size_t nips;
};

static void regs_of(const ucontext_t *uc, struct regs *regs)
{
#ifdef __x86_64__
	static const struct {
		const char *name;
		int index;
	} map[] = {
		{"ax", REG_RAX},  {"dx", REG_RDX},  {"cx", REG_RCX},
		{"bx", REG_RBX},  {"si", REG_RSI},  {"di", REG_RDI},
		{"bp", REG_RBP},  {"sp", REG_RSP},  {"r8", REG_R8},
		{"r9", REG_R9},	  {"r10", REG_R10}, {"r11", REG_R11},
		{"r12", REG_R12}, {"r13", REG_R13}, {"r14", REG_R14},
		{"r15", REG_R15}, {"ip", REG_RIP},
	};

	memset(regs, 0, sizeof(*regs));
	regs->size = arch_x86_64.regs_size;
	for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++)
		memcpy(regs->raw + arch_reg(&arch_x86_64, map[i].name)->offset,
		       &uc->uc_mcontext.gregs[map[i].index], 8);
#else
	(void)uc;
	(void)regs;
#endif
}

static __attribute__((noinline)) void capture(struct capture *c)
{
	pid_t pid = getpid();
	struct arch_mem mem = {.read = di_read, .ctx = &pid};
	struct space *s;
	struct regs regs;
	ucontext_t uc;

	ck_assert_int_eq(space_new(pid, NULL, &s, NULL), 0);
	c->nbt = backtrace(c->bt, 64);
	getcontext(&uc);
	regs_of(&uc, &regs);
	c->nips = space_unwind(s, &arch_x86_64, &regs, &mem, c->ips, 64);
	space_free(s);
}

/* A sanitizer's own backtrace() is one more frame. */
static void same_stack(const struct capture *c)
{
	int extra = c->nbt - (int)c->nips;

	ck_assert_int_gt(c->nbt, 3);
	ck_assert(extra == 0 || extra == 1);
	for (int i = 1; i < (int)c->nips; i++)
		ck_assert_uint_eq(c->ips[i], (uintptr_t)c->bt[i + extra]);
}

static struct capture captured;

static int compare_ints(const void *a, const void *b)
{
	if (!captured.nbt)
		capture(&captured);
	return *(const int *)a - *(const int *)b;
}

START_TEST(like_backtrace)
{
	int list[] = {3, 1, 2};

#ifndef __x86_64__
	return;
#endif
	captured.nbt = 0;
	qsort(list, 3, sizeof(*list), compare_ints);
	same_stack(&captured);
}
END_TEST

static void on_signal(int sig)
{
	(void)sig;
	capture(&captured);
}

START_TEST(through_signals)
{
	static char other[256 << 10];
	stack_t alt = {.ss_sp = other, .ss_size = sizeof(other)};
	struct sigaction sa = {.sa_handler = on_signal};

#ifndef __x86_64__
	return;
#endif
	for (int i = 0; i < 2; i++) {
		captured.nbt = 0;
		sa.sa_flags = i ? SA_ONSTACK : 0;
		ck_assert_int_eq(sigaltstack(&alt, NULL), 0);
		ck_assert_int_eq(sigaction(SIGUSR1, &sa, NULL), 0);
		raise(SIGUSR1);
		same_stack(&captured);
	}
}
END_TEST

/* Stacks that go nowhere, in circles and back. */
START_TEST(broken_stacks)
{
	pid_t pid = getpid();
	struct arch_mem mem = {.read = di_read, .ctx = &pid};
	struct regs regs = {.size = arch_x86_64.regs_size};
	uint64_t stack[64], ips[16], *bp, *sp;
	struct space *s;

	ck_assert_int_eq(space_new(0, NULL, &s, NULL), 0);
	bp = (uint64_t *)(void *)(regs.raw +
				  arch_reg(&arch_x86_64, "bp")->offset);
	sp = (uint64_t *)(void *)(regs.raw +
				  arch_reg(&arch_x86_64, "sp")->offset);
	ck_assert_uint_eq(space_unwind(s, &arch_x86_64, &regs, &mem, ips, 16),
			  1);
	*sp = *bp = (uintptr_t)&stack[4];
	stack[4] = (uintptr_t)&stack[4];
	stack[5] = 0x1234;
	ck_assert_uint_eq(space_unwind(s, &arch_x86_64, &regs, &mem, ips, 16),
			  2);
	stack[4] = (uintptr_t)&stack[0];
	ck_assert_uint_eq(space_unwind(s, &arch_x86_64, &regs, &mem, ips, 16),
			  2);
	for (int i = 0; i < 62; i += 2) {
		stack[i] = (uintptr_t)&stack[i + 2];
		stack[i + 1] = 0x1000 + i;
	}
	ck_assert_uint_eq(space_unwind(s, &arch_x86_64, &regs, &mem, ips, 16),
			  16);
	ck_assert_uint_eq(space_unwind(s, &arch_x86_64, &regs, &mem, ips, 1),
			  1);
	ck_assert_uint_eq(space_unwind(s, &arch_x86_64, &regs, &mem, ips, 0),
			  0);
	space_free(s);
}
END_TEST

/* ---- spaces ---- */

static int count_module(void *ctx, struct module *m, uint64_t bias)
{
	(void)m;
	(void)bias;
	++*(size_t *)ctx;
	return 0;
}

START_TEST(survives_death)
{
	struct stepper *st = calloc(1, sizeof(*st));
	struct frame_text t;
	struct err err;
	uint64_t main_at;
	size_t before = 0, after = 0;

	di_start(&st->p, "di-O2");
	space_modules(st->p.space, count_module, &before);
	ck_assert_uint_ge(before, 3); /* program, libc, ld.so */
	main_at = st->p.arch->pc(&st->p.regs);
	kill(st->p.pid, SIGKILL);
	waitpid(st->p.pid, NULL, 0);
	ck_assert_int_eq(space_refresh(st->p.space, &err), ERR_GONE);
	space_modules(st->p.space, count_module, &after);
	ck_assert_uint_eq(before, after);
	ck_assert_int_eq(space_describe(st->p.space, main_at, true, true, &t),
			 0);
	ck_assert_str_eq(t.name, "_start");
	ck_assert_uint_eq(t.offset, 0);
	ck_assert_int_eq(space_describe(st->p.space, 0, true, true, &t),
			 ERR_NOENT);
	ck_assert_int_eq(
		space_describe(st->p.space, UINT64_MAX, true, true, &t),
		ERR_NOENT);
	space_free(st->p.space);
	ck_assert_int_eq(space_new(0x3ffffff, NULL, &st->p.space, &err),
			 ERR_GONE);
	free(st);
}
END_TEST

/* Described with names, lines and offsets, and the second time as well. */
START_TEST(described)
{
	struct space *s;
	struct frame_text t;
	uint64_t addr = (uintptr_t)compare_ints;
	char *slash;

	ck_assert_int_eq(space_new(getpid(), NULL, &s, NULL), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(space_describe(s, addr + 3, true, true, &t),
				 0);
		ck_assert_str_eq(t.name, "compare_ints");
		ck_assert_uint_eq(t.offset, 3);
		ck_assert_ptr_nonnull(t.file);
		slash = strrchr(t.file, '/');
		ck_assert_str_eq(slash ? slash + 1 : t.file,
				 "t-debuginfo-unwind.c");
		ck_assert_int_gt(t.line, 100);
	}
	ck_assert_int_eq(
		space_describe(s, (uintptr_t)malloc + 1, true, false, &t), 0);
	ck_assert_ptr_nonnull(strstr(t.name, "malloc"));
	space_free(s);
}
END_TEST

/* Maps as text: biases of a program whose segments lie as the loader put
 * them, and lines that make no sense. */
START_TEST(maps_text)
{
	struct module *m = open_victim("di-O0"), *found;
	uint64_t six = function_of(m, "six"), vaddr, off;
	char text[4096];
	struct space *s;

	module_vaddr_to_offset(m, six, &off);
	ck_assert_int_eq(space_new(0, NULL, &s, NULL), 0);
	snprintf(text, sizeof(text),
		 "rubbish\n1000-0 r-xp 0 00:00 0\n"
		 "555500000000-555500001000 r-xp %08" PRIx64
		 " 00:00 %llu        %s\n"
		 "7fff00000000-7fff00001000 rw-p 00000000 00:00 0\n",
		 off & ~UINT64_C(0xfff), (unsigned long long)module_ino(m),
		 victim("di-O0"));
	ck_assert_int_eq(space_set_maps(s, text, NULL), 0);
	ck_assert_int_eq(space_module_at(s, 0x555500000000 + (off & 0xfff),
					 &found, &vaddr),
			 0);
	ck_assert_uint_eq(vaddr, six);
	ck_assert_int_eq(space_module_at(s, 0x555500001000, &found, &vaddr),
			 ERR_NOENT);
	ck_assert_int_eq(space_module_at(s, 0x7fff00000000, &found, &vaddr),
			 ERR_NOENT);
	ck_assert_int_eq(space_set_maps(s, "", NULL), 0);
	ck_assert_int_eq(space_module_at(s, 0x555500000000, &found, &vaddr),
			 ERR_NOENT);
	space_free(s);
	module_close(m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_instruction_O0,
		every_instruction_O2,
		every_instruction_clang,
		every_instruction_m32,
		every_instruction_debug_frame,
		like_backtrace,
		through_signals,
		broken_stacks,
		survives_death,
		described,
		maps_text,
	};

	return di_run("debuginfo-unwind", tests,
		      sizeof(tests) / sizeof(*tests));
}

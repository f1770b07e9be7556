/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Executes a form in the child as it is, and by each strategy, with the same
 * registers and memory, and compares what comes out.
 */
#include <config.h>

#ifdef __x86_64__

#include "native-run.h"

#include "native-child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_MAX = 1000, SEEDS_MAX = 1000 };

static int failures;

static void set_text(const struct form *f)
{
	memset((void *)BASE, 0xcc, TEXT_SIZE);
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
	if (failures++ < 400)
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
	/* the place of the last x87 instruction is the slot's: known; and
	 * whether a component is in its initial state is nobody's business */
	s->fp.rip = t->native.fp.rip;
	s->fp.rdp = t->native.fp.rdp;
	compare_regs(t, how, s);
	if (s->sig != t->native.sig)
		complain(t, how, "another signal");
	if (memcmp(&s->mem, &t->native.mem, sizeof(s->mem)))
		complain(t, how, "memory differs");
	memcpy(s->xstate + XSTATE_HEADER, t->native.xstate + XSTATE_HEADER, 64);
	if (memcmp(s->xstate, t->native.xstate, sizeof(s->xstate)))
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

	child_enter(&t->before, t->slot_addr);
	child_run(&s);
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

	child_put_memory(&s.mem);
	s.regs.rip = TEXT_AT;
	to_arch(&s.regs, t->arch->word_size, &r);
	old = r;
	if (t->arch->emulate(&t->plan, &r, &mem)) {
		if (memcmp(&r, &old, sizeof(r)))
			complain(t, "emulate", "failed, but changed registers");
		child_get_memory(&s.mem);
		if (memcmp(&s.mem, &t->before.mem, sizeof(s.mem)))
			complain(t, "emulate", "failed, but changed memory");
		/* must not be the usual case */
		if (t->native.sig == SIGTRAP &&
		    is_mapped(t->native.regs.rip, 1))
			complain(t, "emulate", "failed without need");
		return;
	}
	from_arch(&r, &s.regs);
	child_get_memory(&s.mem);
	/* the trap, or fault, is the next instruction's */
	s.sig = t->native.sig;
	compare(t, "emulate", &s);
}

static void by_steps(const struct test *t, const char *how, uint64_t at)
{
	enum step_result result = STEP_NOT_YET;
	struct state s;
	struct regs r;

	child_enter(&t->before, t->before.regs.rip);
	to_arch(&t->before.regs, t->arch->word_size, &r);
	s.regs = t->before.regs;
	t->arch->before_step(&t->plan, at, &r, &mem);
	from_arch(&r, &s.regs);
	child_put_regs(&s.regs);
	for (int i = 0; result == STEP_NOT_YET && i < STEPS_MAX; i++) {
		child_get_state(&s, child_resume(PTRACE_SINGLESTEP));
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
	child_get_memory(&s.mem);
	s.sig = t->native.sig;
	compare(t, how, &s);
}

/* ptrace sets no base in the kernel's half, and no null selector but 0. */
static bool can_set(const struct user_regs_struct *r)
{
	const uint64_t segments[] = {r->ds, r->es, r->fs, r->gs, r->ss};

	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++)
		if (segments[i] && (segments[i] < 4 || (segments[i] & 3) != 3))
			return false;
	return !((r->fs_base | r->gs_base) >> 47);
}

/* After each number of steps, out of the slot, on in the text. */
static void by_leaving(const struct test *t)
{
	char how[32];

	for (int n = 0; n < STEPS_MAX; n++) {
		struct state s;
		int sig = SIGTRAP;

		child_enter(&t->before, t->slot_addr);
		s.regs = t->before.regs;
		s.regs.rip = t->slot_addr;
		for (int i = 0; i < n && sig == SIGTRAP; i++)
			sig = child_resume(PTRACE_SINGLESTEP);
		child_get_regs(&s.regs);
		if (sig != SIGTRAP || !in_slot(t, &s.regs))
			return;
		snprintf(how, sizeof(how), "leaving after %d steps", n);
		take_out(t, how, &s.regs);
		if (!can_set(&s.regs))
			return;
		set_text(t->form);
		child_put_regs(&s.regs);
		child_run(&s);
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
	set_text(NULL);
	by_steps(t, "xol", t->slot_addr);
	if (strncmp(t->plan.why, "pushf", 5) != 0)
		by_leaving(t);
	set_text(t->form);
	by_steps(t, "inplace", TEXT_AT);
}

/* ---- branches ----------------------------------------------------------- */

enum { TAKEN = 1, NOT_TAKEN = 2 };

static bool is_conditional(const struct plan *p)
{
	const char *text = strncmp(p->why, "bnd ", 4) ? p->why : p->why + 4;

	return (*text == 'j' && strncmp(text, "jmp", 3) != 0) ||
	       !strncmp(text, "loop", 4);
}

static unsigned way_gone(const struct test *t)
{
	uint64_t next = TEXT_AT + t->plan.len;

	return t->native.regs.rip == next ? NOT_TAKEN : TAKEN;
}

/* getpid: of the 64-bit call and, in either mode, of the 32-bit ones. */
static unsigned getpid_number(const struct form *f)
{
	if (!f->is_syscall)
		return 0;
	return f->bytes[0] == 0x0f && f->bytes[1] == 0x05 ? 39 : 20;
}

int native_form(const struct arch *arch, const struct form *form, int seeds,
		struct plan *ret_plan, struct err *err)
{
	struct test t = {.arch = arch, .form = form};
	unsigned want, seen = 0;
	int rc = arch->plan(TEXT_AT, form->bytes, form->len, &t.plan, err);

	if (rc)
		return rc;
	*ret_plan = t.plan;
	if (t.plan.len != form->len)
		complain(&t, "plan", "wrong length");
	want = is_conditional(&t.plan) ? TAKEN | NOT_TAKEN : 0;
	for (int i = 0; i < seeds || (seen & want) != want; i++) {
		if (i == SEEDS_MAX) {
			complain(&t, "native", "never went both ways");
			break;
		}
		child_make_state(&t.before, arch->word_size,
				 getpid_number(form));
		set_text(form);
		child_enter(&t.before, TEXT_AT);
		child_run(&t.native);
		seen |= way_gone(&t);
		t.slot_addr = i & 1 ? SLOT_FAR : SLOT_NEAR;
		run_ways(&t);
	}
	return 0;
}

int native_failures(void)
{
	return failures;
}
#endif

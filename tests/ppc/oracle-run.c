/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor as oracle, for PowerPC: every form is executed as it is, and
 * by each strategy, with the same registers and memory; what comes out must be
 * the same: registers, memory, signal. All around the form, and behind what is
 * stepped in a slot, are trap words, which end it. After the forms come words
 * of every opcode with all other bits at random, as many as the argument says:
 * those that plan() accepts. Runs natively or under qemu-user; oracle (the
 * script) does it for all ABIs.
 */
#define _GNU_SOURCE
#include "arch.h"
#include "oracle-cpu.h"
#include "oracle-forms.h"
#include "ppc.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	LOW = 0x1000000, /* what absolute branches reach */
	TEXT = 0x20000000,
	SLOTS = 0x20100000,
	FAR_SLOTS = 0x50000000, /* no branch reaches */
	DATA = 0x30000000,
	AREA = 0x10000,
	AT = TEXT + 0x8000,
	ROOM = 0x1000,
	SEEDS = 24,
	TRAP = 0x7fe00008,
};

#ifdef __powerpc64__
#define WORD_FORMS FORMS_ALU64 FORMS_MEM64 FORMS_VSX FORMS_PREFIXED
#ifdef __LITTLE_ENDIAN__
#define ARCH arch_ppc64le
#define ORDER_FORMS
#else
#define ARCH arch_ppc64
#define ORDER_FORMS FORMS_MULTIPLE
#endif
#else
#define ARCH arch_ppc
#define WORD_FORMS
#define ORDER_FORMS FORMS_MULTIPLE
#endif

struct form {
	uint32_t kind, mask, len, pad;
	uint8_t code[48];
};

/* A prefixed instruction must not lie across 64 bytes, here neither. */
#define F(kind, mask, text)                                                    \
	"	.balign 64\n	.long " kind ", " mask ", 2f - 1f, 0\n1:	" \
	text "\n2:	.balign 64, 0\n"

__asm__(".pushsection .rodata\n.machine push\n.machine power10\n"
	"	.balign 64\nforms: " FORMS_ALU FORMS_MEM FORMS_BRANCH FORMS_FLOAT
	ORDER_FORMS WORD_FORMS
	"forms_end:\n.machine pop\n.popsection\n");
extern const struct form forms[], forms_end[];

enum { WORDS = 20000 }; /* at random, unless the argument says */

static struct {
	size_t forms, words, runs, emulated, boosted, stepped, linked, guarded;
	size_t failures;
} count;
static bool isa3; /* XER has the carry of 32 bits */
static uint64_t random_state = 88172645463325252;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* ---- one run ------------------------------------------------------------- */

struct run {
	const struct form *form;
	uint8_t code[sizeof(((struct form *)0)->code)];
	struct plan plan;
	unsigned mode;
	uint64_t slot; /* its address */
	struct cpu seed, want;
	uint8_t data[ROOM], want_data[ROOM]; /* before and after */
	const char *how;
};

static uint64_t get(const struct run *r, const struct cpu *c, unsigned n)
{
	return ppc_get(r->mode, &c->regs, n);
}

static void put(const struct run *r, struct cpu *c, unsigned n, uint64_t value)
{
	ppc_put(r->mode, &c->regs, n, value);
}

static uint64_t interesting(void)
{
	static const uint64_t values[] = {
		0, 1, UINT64_MAX, 0x7fffffff, 0x80000000, 0xffffffff,
		INT64_MAX, UINT64_C(1) << 63, 0xffffffff80000000, 31, 32, 63,
		64, 0x100000000,
	};
	uint64_t x = random64();

	switch (x >> 32 & 3) {
	case 0:
		return values[x % (sizeof(values) / sizeof(*values))];
	case 1:
		return (uint64_t)(int64_t)(int8_t)x;
	case 2:
		return (uint32_t)random64();
	default:
		return random64();
	}
}

static uint64_t data_pointer(uint64_t middle)
{
	uint64_t x = random64();

	return DATA + middle + (x & 0xf0) + (x & 0x300 ? 0 : x >> 16 & 15);
}

static uint64_t text_pointer(void)
{
	return TEXT + random64() % (AREA - 64);
}

static void make_seed(struct run *r)
{
	uint64_t xer = random64() & 0xe000007f;
	struct cpu *c = &r->seed;

	memset(c, 0, sizeof(*c));
	c->regs.size = ARCH.regs_size;
	for (unsigned i = 0; i < 32; i++)
		put(r, c, i, interesting());
	put(r, c, 1, data_pointer(0x800));
	put(r, c, 4, data_pointer(0x400));
	put(r, c, 5, data_pointer(0xb00));
	put(r, c, 6, random64() % 129 - 64);
	put(r, c, PPC_CTR, random64() & 1 ? random64() % 3 : interesting());
	if (r->form->kind == FORM_TARGET ||
	    (r->form->kind == FORM_WORD && random64() & 1))
		put(r, c, PPC_CTR, text_pointer());
	put(r, c, PPC_LINK, text_pointer());
	put(r, c, PPC_CCR, (uint32_t)random64());
	if (isa3)
		xer |= random64() & 0xc0000;
	put(r, c, PPC_XER, xer);
	for (size_t i = 0; i < CPU_FP - 8; i++)
		c->fp[i] = (uint8_t)random64();
	for (size_t i = 0; i < CPU_VMX; i++)
		c->vmx[i] = i < 32 * 16 || i >= 34 * 16 ? (uint8_t)random64()
							: 0;
	for (size_t i = 0; i < ROOM; i++)
		r->data[i] = (uint8_t)random64();
}

static void make_code(struct run *r)
{
	const struct form *f = r->form;
	uint32_t word, bits = (uint32_t)random64();

	memcpy(r->code, f->code, sizeof(r->code));
	memcpy(&word, f->code, 4);
	if (f->kind == FORM_RT)
		bits = (uint32_t)(7 + random64() % 25) << 21;
	word = (word & ~f->mask) | (bits & f->mask);
	memcpy(r->code, &word, 4);
}

static void fill_with_traps(void *at, size_t n)
{
	static const uint32_t trap = TRAP;

	for (size_t i = 0; i < n; i += 4)
		memcpy((char *)at + i, &trap, 4);
}

static void put_code(uint64_t at, const void *code, size_t n)
{
	char *p = (char *)(uintptr_t)at;

	fill_with_traps(p, ARCH_SLOT_MAX);
	memcpy(p, code, n);
	__builtin___clear_cache(p, p + ARCH_SLOT_MAX);
}

static void run_at(struct run *r, struct cpu *c, uint64_t at)
{
	put(r, c, PPC_NIP, at);
	memcpy((void *)DATA, r->data, ROOM);
	cpu_run(c);
}

/* ---- comparing ----------------------------------------------------------- */

static void complain(const struct run *r, const char *what)
{
	uint32_t word;

	memcpy(&word, r->code, 4);
	if (count.failures++ < 40)
		printf("FAIL: %08x %s: %s: %s\n", (unsigned)word, r->plan.why,
		       r->how, what);
}

/* A branch to where nothing is: done, the fault is another instruction's. */
static bool faults_later(const struct run *r)
{
	return r->want.sig == SIGSEGV && get(r, &r->want, PPC_NIP) != AT;
}

static void compare(const struct run *r, const struct cpu *got)
{
	char text[128];

	if (got->sig != r->want.sig &&
	    !(got->sig == SIGTRAP && faults_later(r))) {
		snprintf(text, sizeof(text), "signal %d, not %d", got->sig,
			 r->want.sig);
		complain(r, text);
	}
	for (unsigned i = 0; i <= PPC_CCR; i++) {
		uint64_t a = get(r, &r->want, i), b = get(r, got, i);

		if (a == b || i == PPC_MSR || i == PPC_ORIG_GPR3)
			continue;
		snprintf(text, sizeof(text),
			 "word %u is %" PRIx64 ", not %" PRIx64 " (was %" PRIx64
			 ", xer %" PRIx64 ")",
			 i, b, a, get(r, &r->seed, i),
			 get(r, &r->seed, PPC_XER));
		complain(r, text);
	}
	if (memcmp(got->fp, r->want.fp, CPU_FP))
		complain(r, "floating point registers");
	if (memcmp(got->vmx, r->want.vmx, CPU_VMX))
		complain(r, "vector registers");
	if (memcmp((void *)DATA, r->want_data, ROOM))
		complain(r, "memory");
}

/* ---- strategies ---------------------------------------------------------- */

static bool in_data(uint64_t addr, size_t len)
{
	return addr >= DATA && addr + len <= DATA + ROOM;
}

static int mem_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	if (!in_data(addr, len))
		return ERR_IO;
	memcpy(buf, (void *)(uintptr_t)addr, len);
	return 0;
}

static int mem_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
	(void)ctx;
	if (!in_data(addr, len))
		return ERR_IO;
	memcpy((void *)(uintptr_t)addr, buf, len);
	return 0;
}

static const struct arch_mem memory = {mem_read, mem_write, NULL};

/* True when it could be emulated. */
static bool try_emulate(struct run *r)
{
	struct cpu c = r->seed;

	r->how = "emulated";
	put(r, &c, PPC_NIP, AT);
	memcpy((void *)DATA, r->data, ROOM);
	if (ARCH.emulate(&r->plan, &c.regs, &memory)) {
		put(r, &r->seed, PPC_NIP, AT);
		if (memcmp(&c.regs, &r->seed.regs, sizeof(c.regs)) ||
		    memcmp((void *)DATA, r->data, ROOM))
			complain(r, "failed, but changed something");
		return false;
	}
	c.sig = SIGTRAP;
	compare(r, &c);
	count.emulated++;
	return true;
}

static bool in_slot(const struct run *r, const struct cpu *c)
{
	return get(r, c, PPC_NIP) - r->slot < ARCH_SLOT_MAX;
}

static void try_slot(struct run *r, const struct slot_code *slot)
{
	struct cpu c = r->seed;

	r->how = slot->guarded ? "in a guarded slot" : "in a slot";
	put_code(r->slot, slot->bytes, slot->len);
	run_at(r, &c, r->slot);
	if ((c.sig != SIGTRAP || slot->guarded) && in_slot(r, &c)) {
		count.guarded += c.sig == SIGTRAP;
		if (ARCH.slot_leave(&r->plan, slot, r->slot, &c.regs, &memory))
			complain(r, "cannot leave");
	}
	compare(r, &c);
	count.boosted++;
}

/* As the handler does that survives the tracer. */
static void try_linked(struct run *r, const struct slot_code *slot)
{
	struct cpu c = r->seed;

	r->how = "in a slot, linked before";
	put(r, &c, PPC_LINK, AT + 4);
	put_code(r->slot, slot->bytes, slot->len);
	run_at(r, &c, r->slot);
	compare(r, &c);
	count.linked++;
}

/* The step ends on a trap behind the first instruction. */
static void try_step(struct run *r, const struct slot_code *slot)
{
	struct cpu c = r->seed;
	enum step_result result;

	r->how = slot->guarded ? "stepped in a guarded slot" : "stepped";
	ARCH.before_step(&r->plan, r->slot, &c.regs, &memory);
	if (get(r, &c, PPC_NIP) != r->slot)
		complain(r, "does not begin at its start");
	put_code(r->slot, slot->bytes, slot->copy_len);
	run_at(r, &c, r->slot);
	if (c.sig == SIGTRAP) {
		if (ARCH.after_step(&r->plan, r->slot, &c.regs, &memory,
				    &result) ||
		    result != STEP_DONE)
			complain(r, "not done");
	} else if (in_slot(r, &c) &&
		   ARCH.slot_leave(&r->plan, slot, r->slot, &c.regs,
				   &memory)) {
		complain(r, "cannot leave");
	}
	compare(r, &c);
	count.stepped++;
}

static bool links(const struct run *r)
{
	uint32_t word = (uint32_t)ppc_load(r->mode, r->code, 4);
	unsigned op = word >> 26, xo = word >> 1 & 1023;

	return word & 1 && (op == 16 || op == 18 || (op == 19 && xo == 528));
}

/* Older processors' carry and overflow are left to them when they are set. */
static bool may_be_left(const struct run *r)
{
	return r->want.sig != SIGTRAP ||
	       (!isa3 && get(r, &r->want, PPC_XER) & 0x60000000);
}

/* What has no guarded slot: a reservation that the trap would lose, and what is
 * too far from there. */
static bool may_be_lost(const struct run *r)
{
	return r->form->kind == FORM_WORD ||
	       (r->slot > FAR_SLOTS && (strstr(r->plan.why, "reservation") ||
					strstr(r->plan.why, "addpcis")));
}

static void run_slot(struct run *r, uint64_t at)
{
	struct slot_code slot;
	struct err err;

	r->slot = at;
	r->how = "slot";
	if (ARCH.slot_build(&r->plan, at, &slot, &err)) {
		if (!may_be_lost(r))
			complain(r, err.text);
		return;
	}
	if (r->plan.strategies & STRATEGY_BOOST)
		try_slot(r, &slot);
	if (r->plan.strategies & STRATEGY_XOL)
		try_step(r, &slot);
	if (links(r) && !slot.guarded)
		try_linked(r, &slot);
}

static void run_once(struct run *r, bool *emulated)
{
	make_seed(r);
	put_code(AT, r->code, r->form->len);
	r->want = r->seed;
	run_at(r, &r->want, AT);
	memcpy(r->want_data, (void *)DATA, ROOM);
	count.runs++;
	if (r->plan.strategies & STRATEGY_EMULATE)
		*emulated |= try_emulate(r) || may_be_left(r);
	run_slot(r, SLOTS + 0x40);
	run_slot(r, FAR_SLOTS + 0x40);
}

static bool make_plan(struct run *r)
{
	struct err err;

	r->how = "in place";
	if (!ARCH.plan(AT, r->code, r->form->len, &r->plan, &err))
		return true;
	snprintf(r->plan.why, sizeof(r->plan.why), "%s", "?");
	complain(r, err.text);
	return false;
}

static void run_form(const struct form *f)
{
	static struct run r;
	bool emulated = false;

	r.form = f;
	r.mode = ppc_mode(&ARCH);
	for (int i = 0; i < SEEDS; i++) {
		make_code(&r);
		if (make_plan(&r))
			run_once(&r, &emulated);
	}
	r.how = "emulated";
	if (r.plan.strategies & STRATEGY_EMULATE && !emulated)
		complain(&r, "never");
	count.forms++;
}

/* Interrupts that qemu-user does not make signals of, but ends: alignment of
 * several words in little endian order, and a facility that is not there. */
static bool is_beyond_qemu(const struct arch *arch, unsigned op, unsigned xo)
{
	bool several = op == 46 || op == 47 ||
		       (op == 31 && (xo == 533 || xo == 597 || xo == 661 ||
				     xo == 725));

	return (several && !arch->big_endian) ||
	       (op == 60 && arch->word_size == 4);
}

/* What is another time each time, waits, or calls the kernel. */
static bool is_not_tried(uint32_t word)
{
	unsigned op = word >> 26, xo = word >> 1 & 1023;

	if (op == 17 || is_beyond_qemu(&ARCH, op, xo))
		return true;
	return op == 31 && (xo == 339 || xo == 371 || xo == 755 || xo == 30 ||
			    xo == 62);
}

static void run_words(size_t n)
{
	static struct form f = {.kind = FORM_WORD, .len = 8};
	static struct run r;
	bool emulated;

	r.form = &f;
	r.mode = ppc_mode(&ARCH);
	while (n--) {
		uint32_t word = (uint32_t)random64(), next = TRAP;

		if (word >> 26 == 1)
			next = (uint32_t)random64();
		ppc_store(r.mode, r.code, 4, word);
		ppc_store(r.mode, r.code + 4, 4, next);
		if (is_not_tried(word) ||
		    ARCH.plan(AT, r.code, f.len, &r.plan, NULL))
			continue;
		run_once(&r, &emulated);
		count.words++;
	}
}

/* ---- setting up ---------------------------------------------------------- */

static void map(uint64_t at, size_t size)
{
	void *p = mmap((void *)(uintptr_t)at, size,
		       PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(99);
	}
	fill_with_traps(p, size);
	__builtin___clear_cache((char *)p, (char *)p + size);
}

/* Does a carry set the second bit too? */
static bool is_isa3(void)
{
	static const uint32_t addic = 0x30640001; /* addic r3,r4,1 */
	static struct run r;

	r.mode = ppc_mode(&ARCH);
	r.form = forms;
	make_seed(&r);
	put(&r, &r.seed, 4, UINT64_MAX);
	put(&r, &r.seed, PPC_XER, 0);
	put_code(AT, &addic, 4);
	run_at(&r, &r.seed, AT);
	return get(&r, &r.seed, PPC_XER) & 0x40000;
}

int main(int argc, char **argv)
{
	map(LOW, AREA);
	map(TEXT, AREA);
	map(SLOTS, AREA);
	map(FAR_SLOTS, AREA);
	map(DATA, AREA);
	cpu_start();
	isa3 = is_isa3();
	for (const struct form *f = forms; f < forms_end; f++)
		run_form(f);
	run_words(argc > 1 ? strtoul(argv[1], NULL, 0) : WORDS);
	printf("%s, ISA %s: %zu forms, %zu words, %zu runs; %zu emulated, %zu "
	       "in slots, %zu stepped, %zu linked, %zu out at a guard; %zu "
	       "failures\n",
	       ARCH.name, isa3 ? "3" : "2", count.forms, count.words,
	       count.runs, count.emulated, count.boosted, count.stepped,
	       count.linked, count.guarded, count.failures);
	return count.failures != 0 || count.forms < 200 ||
	       count.guarded < count.forms;
}

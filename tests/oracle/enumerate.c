/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Instruction forms by enumeration: every opcode of every map, under sets of
 * prefixes, with each addressing mode, as far as plan() takes them; each is
 * executed as it is and by every strategy, and must do the same, faults
 * included. System calls and what differs from run to run (clocks, random
 * numbers) are left to forms-x86.h.
 */
#include <config.h>

#include "native-run.h"

#include <stdio.h>
#include <string.h>

#ifndef __x86_64__
int main(void)
{
	puts("SKIP (machine): not an x86_64 host");
	return 77;
}
#else

#include "native-child.h"

enum { SEEDS = 2 };

#define N(a) (sizeof(a) / sizeof(*(a)))

struct bytes {
	uint8_t len, b[6];
};

/* The head is all before the opcode: prefixes and the map's escape. */
static const struct bytes heads[] = {
	/* one byte */
	{0, {0}},
	{1, {0x66}},
	{1, {0xf2}},
	{1, {0xf3}},
	{1, {0xf0}},
	{1, {0x67}},
	{1, {0x64}},
	{1, {0x2e}},
	{1, {0x48}},
	{1, {0x45}},
	{2, {0xf0, 0x48}},
	{2, {0xf3, 0x48}},
	{3, {0x66, 0x66, 0x2e}},
	/* 0f */
	{1, {0x0f}},
	{2, {0x66, 0x0f}},
	{2, {0xf2, 0x0f}},
	{2, {0xf3, 0x0f}},
	{2, {0xf0, 0x0f}},
	{2, {0x48, 0x0f}},
	{2, {0x67, 0x0f}},
	{2, {0x65, 0x0f}},
	{3, {0xf0, 0x48, 0x0f}},
	{3, {0x66, 0x45, 0x0f}},
	/* 0f38, 0f3a */
	{2, {0x0f, 0x38}},
	{3, {0x66, 0x0f, 0x38}},
	{3, {0xf2, 0x0f, 0x38}},
	{3, {0xf3, 0x0f, 0x38}},
	{3, {0x48, 0x0f, 0x38}},
	{2, {0x0f, 0x3a}},
	{3, {0x66, 0x0f, 0x3a}},
	{4, {0x66, 0x48, 0x0f, 0x3a}},
	/* VEX: map 1 to 3, W, L, pp; vvvv is register 1 or none */
	{2, {0xc5, 0xf0}},
	{2, {0xc5, 0xf8}},
	{2, {0xc5, 0xf1}},
	{2, {0xc5, 0xf9}},
	{2, {0xc5, 0xf5}},
	{2, {0xc5, 0xfd}},
	{2, {0xc5, 0xf2}},
	{2, {0xc5, 0xf3}},
	{3, {0xc4, 0xe2, 0x70}},
	{3, {0xc4, 0xe2, 0x71}},
	{3, {0xc4, 0xe2, 0x79}},
	{3, {0xc4, 0xe2, 0x7d}},
	{3, {0xc4, 0xe2, 0xf5}},
	{3, {0xc4, 0xe2, 0x72}},
	{3, {0xc4, 0xe2, 0xf3}},
	{3, {0xc4, 0xe3, 0x71}},
	{3, {0xc4, 0xe3, 0x7d}},
	{3, {0xc4, 0xe3, 0xfd}},
	{3, {0xc4, 0xe3, 0x7b}},
	/* EVEX: the same, 128 to 512 bits, masked and broadcast */
	{4, {0x62, 0xf1, 0x7c, 0x48}},
	{4, {0x62, 0xf1, 0x75, 0x48}},
	{4, {0x62, 0xf1, 0xfd, 0x29}},
	{4, {0x62, 0xf1, 0x7e, 0x08}},
	{4, {0x62, 0xf1, 0xff, 0x48}},
	{4, {0x62, 0xf2, 0x75, 0x48}},
	{4, {0x62, 0xf2, 0x7d, 0x48}},
	{4, {0x62, 0xf2, 0xf5, 0x59}},
	{4, {0x62, 0xf2, 0x7e, 0x28}},
	{4, {0x62, 0xf3, 0x75, 0x48}},
	{4, {0x62, 0xf3, 0xfd, 0x29}},
};

/* ModRM, SIB and displacement; the first is relative to the pc in 64-bit
 * mode, absolute in 32-bit mode. 0x28: another operation of a group. */
static const struct bytes operands[] = {
	{5, {0x05, 0x00, 0x18, 0x00, 0x00}},
	{5, {0x0d, 0x00, 0x18, 0x00, 0x00}},
	{5, {0x35, 0x00, 0x18, 0x00, 0x00}},
	{1, {0x13}},
	{1, {0x1e}},
	{3, {0x64, 0x4b, 0x10}},
	{6, {0xac, 0x8b, 0x40, 0x00, 0x00, 0x00}},
	{1, {0x3b}},
	{1, {0xc1}},
	{1, {0xca}},
	{1, {0xd3}},
	{1, {0xdd}},
	{1, {0xe6}},
	{1, {0xec}},
	{1, {0xf9}},
	{1, {0xff}},
};

/* Differ from run to run, or are system calls, or wait. */
static const char *const unsteady[] = {
	"rdtsc", "rdrand",   "rdseed", "rdpmc",	 "rdpid",   "syscall",
	"int ",	 "sysenter", "mwait",  "tpause", "monitor",
};

struct counts {
	unsigned long forms, refused, emulate, boost, xol, inplace;
};

static bool is_unsteady(const char *text)
{
	for (size_t i = 0; i < N(unsteady); i++)
		if (strstr(text, unsteady[i]))
			return true;
	return false;
}

static void count(struct counts *c, unsigned strategies)
{
	c->forms++;
	c->emulate += !!(strategies & STRATEGY_EMULATE);
	c->boost += !!(strategies & STRATEGY_BOOST);
	c->xol += !!(strategies & STRATEGY_XOL);
	c->inplace += !!(strategies & STRATEGY_INPLACE);
}

static void put(struct form *f, const void *bytes, size_t n)
{
	n = n < sizeof(f->bytes) - f->len ? n : sizeof(f->bytes) - f->len;
	memcpy(f->bytes + f->len, bytes, n);
	f->len += n;
}

static void try_form(const struct arch *arch, struct form *f, struct counts *c)
{
	struct plan plan;
	struct err err;

	if (arch->plan(TEXT_AT, f->bytes, f->len, &plan, &err)) {
		c->refused += !strstr(err.text, "known");
		return;
	}
	f->len = plan.len;
	if (is_unsteady(plan.why))
		return;
	count(c, plan.strategies);
	if (native_form(arch, f, SEEDS, &plan, &err))
		printf("FAIL: planned, then refused: %s\n", err.text);
}

static void fill_operand(const struct arch *arch, const struct bytes *o,
			 struct form *f)
{
	static const uint8_t imm[8] = {0x05};
	uint32_t at = TEXT_AT + 0x1800;

	put(f, o->b, o->len);
	if (arch->word_size == 4 && (o->b[0] & 0xc7) == 0x05)
		memcpy(f->bytes + f->len - 4, &at, sizeof(at));
	put(f, imm, sizeof(imm));
}

/* Prefixes and escapes: there are heads for those. */
static bool is_opcode(const struct arch *arch, const struct bytes *head,
		      uint8_t op)
{
	static const uint8_t not [] = {0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64,
				       0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
	const uint8_t *b = head->b, *end = b + head->len;
	bool mapped =
		memchr(b, 0x0f, head->len) || (b<end && * b> 0xc3 && *b < 0xc6);

	if (head->len && *b == 0x62)
		return true;
	if (mapped)
		return end[-1] != 0x0f || (op != 0x38 && op != 0x3a);
	if (arch->word_size == 8 &&
	    ((op & 0xf0) == 0x40 || op == 0x62 || op == 0xc4 || op == 0xc5))
		return false;
	return !memchr(not, op, sizeof(not ));
}

/* Immediates only? Small ones, then: a branch stays among the int3. */
static bool run_immediate(const struct arch *arch, const struct form *start,
			  struct counts *c)
{
	static const uint8_t imm[12] = {0x05};
	struct form f = *start;
	struct plan plan;
	struct err err;

	put(&f, imm, sizeof(imm));
	if (arch->plan(TEXT_AT, f.bytes, f.len, &plan, &err) ||
	    plan.len > start->len + 4)
		return false;
	try_form(arch, &f, c);
	return true;
}

static void run_opcode(const struct arch *arch, const struct bytes *head,
		       uint8_t op, struct counts *c)
{
	struct form start = {0};

	put(&start, head->b, head->len);
	put(&start, &op, 1);
	if (run_immediate(arch, &start, c))
		return;
	for (size_t i = 0; i < N(operands); i++) {
		struct form f = start;

		fill_operand(arch, &operands[i], &f);
		try_form(arch, &f, c);
	}
}

static void run_arch(const struct arch *arch)
{
	struct counts c = {0};

	for (size_t h = 0; h < N(heads); h++)
		for (unsigned op = 0; op < 256; op++)
			if (is_opcode(arch, &heads[h], (uint8_t)op))
				run_opcode(arch, &heads[h], (uint8_t)op, &c);
	printf("%s: %lu forms: emulate %lu, boost %lu, xol %lu, inplace %lu; "
	       "%lu refused\n",
	       arch->name, c.forms, c.emulate, c.boost, c.xol, c.inplace,
	       c.refused);
	fflush(stdout);
}

int main(void)
{
	child_start();
	run_arch(&arch_x86_64);
	run_arch(&arch_i386);
	child_end();
	printf("%d runs, %d failures\n", child_runs(), native_failures());
	return native_failures() != 0;
}
#endif

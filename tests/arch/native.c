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

#include <stdio.h>

#ifndef __x86_64__
int main(void)
{
	puts("SKIP (machine): not an x86_64 host");
	return 77;
}
#else

#include "native-child.h"
#include "native-run.h"

#define RECORD(kind, text)                             \
	"	.byte " kind ", 2f - 1f\n1:	" text \
	"\n2:	.org 1b + 16, 0\n"
#define F(text) RECORD("0", text)
#define S(text) RECORD("1", text)

__asm__(".pushsection .rodata\n"
	"forms64: " FORMS_64 "forms64_end:\n"
	".code32\n"
	"forms32: " FORMS_32 "forms32_end:\n"
	".code64\n.popsection\n");
extern const struct form forms64[], forms64_end[], forms32[], forms32_end[];

enum { SEEDS = 12 };

static void run(const struct arch *arch, const struct form *form, int *refused)
{
	struct plan plan;
	struct err err;

	if (native_form(arch, form, SEEDS, &plan, &err)) {
		printf("FAIL: %s\n", err.text);
		++*refused;
	}
}

int main(void)
{
	int refused = 0;
	size_t n = 0;

	child_start();
	for (const struct form *f = forms64; f < forms64_end; f++, n++)
		run(&arch_x86_64, f, &refused);
	for (const struct form *f = forms32; f < forms32_end; f++, n++)
		run(&arch_i386, f, &refused);
	child_end();
	printf("%zu forms, %d runs, %d failures\n", n, child_runs(),
	       native_failures() + refused);
	return native_failures() + refused != 0;
}
#endif

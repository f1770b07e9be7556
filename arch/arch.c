/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list of instruction sets, and what is the same for all of them.
 */
#include "arch.h"

#include <string.h>

const struct arch *const arch_all[] = {&arch_x86_64, &arch_i386, &arch_ppc64le,
				       &arch_ppc64,  &arch_ppc,	 NULL};

/* ELF's own numbers; <elf.h> is not needed for two of them. */
enum { CLASS32 = 1, CLASS64 = 2 };

const struct arch *arch_by_elf(uint16_t e_machine, uint8_t elf_class,
			       bool big_endian)
{
	uint8_t word = elf_class == CLASS64 ? 8 : elf_class == CLASS32 ? 4 : 0;

	for (const struct arch *const *a = arch_all; *a; a++)
		if ((*a)->e_machine == e_machine && (*a)->word_size == word &&
		    (*a)->big_endian == big_endian)
			return *a;
	return NULL;
}

enum { HOST_BIG = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

const struct arch *arch_by_regs(const struct regs *regs)
{
	const struct arch *found = NULL;

	for (const struct arch *const *a = arch_all; *a; a++)
		if ((*a)->regs_size == regs->size &&
		    (!found || (*a)->big_endian == HOST_BIG))
			found = *a;
	return found;
}

const struct arch *arch_host(void)
{
#if defined(__powerpc__)
	enum { HOST_MACHINE = sizeof(long) == 8 ? 21 : 20 };
#else
	enum { HOST_MACHINE = sizeof(long) == 8 ? 62 : 3 };
#endif
	const struct arch *host = arch_by_elf(
		HOST_MACHINE, sizeof(long) == 8 ? CLASS64 : CLASS32, HOST_BIG);

	return host ? host : arch_all[0];
}

const struct arch *arch_compat(void)
{
	const struct arch *host = arch_host();

	return host == &arch_x86_64 ? &arch_i386
	       : host == &arch_ppc64 ? &arch_ppc
				     : NULL;
}

const struct arch_reg *arch_reg(const struct arch *arch, const char *name)
{
	for (size_t i = 0; i < arch->nregs; i++)
		if (strcmp(arch->regs[i].name, name) == 0)
			return &arch->regs[i];
	return NULL;
}

const struct arch_reg *arch_reg_dwarf(const struct arch *arch, int dwarf)
{
	if (dwarf < 0)
		return NULL;
	for (size_t i = 0; i < arch->nregs; i++)
		if (arch->regs[i].dwarf == dwarf)
			return &arch->regs[i];
	return NULL;
}

uint64_t arch_load(const struct arch *arch, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | p[arch->big_endian ? i : size - 1 - i];
	return value;
}

void arch_store(const struct arch *arch, void *bytes, size_t size,
		uint64_t value)
{
	uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++, value >>= 8)
		p[arch->big_endian ? size - 1 - i : i] = (uint8_t)value;
}

uint64_t arch_reg_get(const struct arch *arch, const struct regs *regs,
		      const struct arch_reg *reg)
{
	return arch_load(arch, regs->raw + reg->offset, reg->size);
}

void arch_reg_set(const struct arch *arch, struct regs *regs,
		  const struct arch_reg *reg, uint64_t value)
{
	arch_store(arch, regs->raw + reg->offset, reg->size, value);
}

bool arch_same_place(const struct arch *arch, const struct regs *a,
		     const struct regs *b)
{
	for (size_t i = 0; i < arch->nregs; i++) {
		const struct arch_reg *r = &arch->regs[i];

		if (!r->fixed && (arch_reg_get(arch, a, r) ^
				  arch_reg_get(arch, b, r)) &
					 ~r->passing)
			return false;
	}
	return a->size == b->size;
}

static const struct {
	enum strategy strategy;
	const char *name;
} strategies[] = {
	{STRATEGY_EMULATE, "emulate"},
	{STRATEGY_BOOST, "boost"},
	{STRATEGY_XOL, "xol"},
	{STRATEGY_INPLACE, "inplace"},
};

const char *strategy_name(enum strategy s)
{
	for (size_t i = 0; i < sizeof(strategies) / sizeof(*strategies); i++)
		if (strategies[i].strategy == s)
			return strategies[i].name;
	return "none";
}

unsigned strategy_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(strategies) / sizeof(*strategies); i++)
		if (strcmp(strategies[i].name, name) == 0)
			return strategies[i].strategy;
	return 0;
}

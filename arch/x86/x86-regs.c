/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two x86 register sets: where each register lies, and reading and writing
 * them as the processor does. Independent of the host's byte order.
 */
#include "x86.h"

#include <errno.h>

static const struct x86_abi abi64 = {
	.word = 8,
	.gpr = {80, 88, 96, 40, 152, 32, 104, 112, 72, 64, 56, 48, 24, 16, 8,
		0},
	.ip = 128,
	.flags = 144,
	.orig_ax = 120,
};

static const struct x86_abi abi32 = {
	.word = 4,
	.gpr = {24, 4, 8, 0, 60, 20, 12, 16},
	.ip = 48,
	.flags = 56,
	.orig_ax = 44,
};

const struct x86_abi *x86_abi(const struct regs *regs)
{
	return regs->size == I386_REGS ? &abi32 : &abi64;
}

uint64_t x86_load(const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint64_t value = 0;

	while (size-- > 0)
		value = value << 8 | p[size];
	return value;
}

void x86_store(void *bytes, size_t size, uint64_t value)
{
	uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++, value >>= 8)
		p[i] = (uint8_t)value;
}

uint64_t x86_get(const struct regs *regs, uint16_t offset)
{
	return x86_load(regs->raw + offset, x86_abi(regs)->word);
}

void x86_put(struct regs *regs, uint16_t offset, uint64_t value)
{
	x86_store(regs->raw + offset, x86_abi(regs)->word, value);
}

uint64_t x86_gpr(const struct regs *regs, unsigned n, size_t size)
{
	return x86_load(regs->raw + x86_abi(regs)->gpr[n & 15], size);
}

void x86_set_gpr(struct regs *regs, unsigned n, size_t size, uint64_t value)
{
	const struct x86_abi *abi = x86_abi(regs);

	if (size == 4) {
		value = (uint32_t)value;
		size = abi->word;
	}
	x86_store(regs->raw + abi->gpr[n & 15], size, value);
}

uint64_t x86_pc(const struct regs *regs)
{
	return x86_get(regs, x86_abi(regs)->ip);
}

void x86_set_pc(struct regs *regs, uint64_t pc)
{
	x86_put(regs, x86_abi(regs)->ip, pc);
}

uint64_t x86_sp(const struct regs *regs)
{
	return x86_get(regs, x86_abi(regs)->gpr[X86_RSP]);
}

uint64_t x86_retval(const struct regs *regs)
{
	return x86_get(regs, x86_abi(regs)->gpr[0]);
}

int x86_return_addr(const struct regs *entry, const struct arch_mem *mem,
		    uint64_t *ret_addr)
{
	uint8_t bytes[8];
	size_t word = x86_abi(entry)->word;
	int rc = mem->read(mem->ctx, x86_sp(entry), bytes, word);

	if (rc < 0)
		return rc;
	*ret_addr = x86_load(bytes, word);
	return 0;
}

/* At its first instruction the return address is what sp points at; only the
 * return of that call, or of one further up, takes it off the stack. */
bool x86_has_returned(const struct regs *entry, const struct regs *now)
{
	return x86_sp(now) > x86_sp(entry);
}

/* The kernel's codes for a call to be made again; they never reach a program.
 * Their numbers are the same on all architectures. */
enum { RESTARTSYS = 512, RESTARTNOINTR = 513, RESTARTNOHAND = 514 };

bool x86_in_syscall(const struct regs *regs)
{
	const struct x86_abi *abi = x86_abi(regs);

	return !(x86_get(regs, abi->orig_ax) >> (abi->word * 8 - 1));
}

bool x86_restart(struct regs *regs, bool ours, uint64_t nr_close)
{
	const struct x86_abi *abi = x86_abi(regs);
	uint64_t orig = x86_get(regs, abi->orig_ax);
	uint64_t ax = x86_get(regs, abi->gpr[0]);
	unsigned sign = abi->word * 8 - 1;
	uint64_t mask = UINT64_MAX >> (63 - sign);
	uint64_t error = -ax & mask;

	if (orig >> sign)
		return false; /* not in a system call */
	if (error != RESTARTSYS && error != RESTARTNOINTR &&
	    error != RESTARTNOHAND &&
	    !(error == EINTR && ours && orig != nr_close))
		return false;
	x86_put(regs, abi->gpr[0], orig);
	x86_put(regs, abi->ip, x86_get(regs, abi->ip) - 2);
	x86_put(regs, abi->orig_ax, mask);
	return true;
}

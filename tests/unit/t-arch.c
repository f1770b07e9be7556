/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of the ABIs besides their instructions: names, registers,
 * calls, returns, system calls.
 */
#include "arch.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct regs new_regs(const struct arch *arch)
{
	struct regs r;

	memset(&r, 0, sizeof(r));
	r.size = arch->regs_size;
	return r;
}

static void set(const struct arch *arch, struct regs *r, const char *name,
		uint64_t value)
{
	const struct arch_reg *reg = arch_reg(arch, name);

	ck_assert_msg(reg != NULL, "%s", name);
	arch_reg_set(arch, r, reg, value);
}

static uint64_t get(const struct arch *arch, const struct regs *r,
		    const char *name)
{
	const struct arch_reg *reg = arch_reg(arch, name);

	ck_assert_msg(reg != NULL, "%s", name);
	return arch_reg_get(arch, r, reg);
}

START_TEST(places)
{
	struct regs a = new_regs(&arch_x86_64), b = a;

	set(&arch_x86_64, &a, "flags", 0x10202); /* a fault's resume flag */
	set(&arch_x86_64, &b, "flags", 0x202);
	ck_assert(arch_same_place(&arch_x86_64, &a, &b));
	set(&arch_x86_64, &b, "flags", 0x203);
	ck_assert(!arch_same_place(&arch_x86_64, &a, &b));
	set(&arch_x86_64, &b, "flags", 0x202);
	set(&arch_x86_64, &b, "fs_base", 1);
	ck_assert(arch_same_place(&arch_x86_64, &a, &b));
	set(&arch_x86_64, &b, "r15", 1);
	ck_assert(!arch_same_place(&arch_x86_64, &a, &b));
}
END_TEST

START_TEST(lookup)
{
	struct regs r = new_regs(&arch_i386);

	ck_assert_ptr_eq(arch_by_elf(62, 2, false), &arch_x86_64);
	ck_assert_ptr_eq(arch_by_elf(3, 1, false), &arch_i386);
	ck_assert_ptr_null(arch_by_elf(62, 1, false)); /* x32 */
	ck_assert_ptr_null(arch_by_elf(62, 2, true));
	ck_assert_ptr_null(arch_by_elf(8, 1, true));
	ck_assert_ptr_eq(arch_by_elf(20, 1, true), &arch_ppc);
	ck_assert_ptr_eq(arch_by_elf(21, 2, true), &arch_ppc64);
	ck_assert_ptr_eq(arch_by_elf(21, 2, false), &arch_ppc64le);
	ck_assert_ptr_null(arch_by_elf(20, 1, false));
	ck_assert_ptr_eq(arch_by_regs(&r), &arch_i386);
	r.size = arch_host()->regs_size;
	ck_assert_ptr_eq(arch_by_regs(&r), arch_host());
	r.size = 4;
	ck_assert_ptr_null(arch_by_regs(&r));
	ck_assert_str_eq(strategy_name(STRATEGY_BOOST), "boost");
	ck_assert_uint_eq(strategy_by_name("xol"), STRATEGY_XOL);
	ck_assert_uint_eq(strategy_by_name("slow"), 0);
}
END_TEST

/* Another name of a register before it: "pc", "sp". */
static bool is_other_name(const struct arch *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a->regs[i].offset == a->regs[n].offset &&
		    a->regs[i].size == a->regs[n].size)
			return true;
	return false;
}

/* Every register has its own place in the set. */
START_TEST(registers)
{
	for (const struct arch *const *p = arch_all; *p; p++) {
		const struct arch *a = *p;
		uint8_t used[ARCH_REGS_MAX] = {0};

		for (size_t i = 0; i < a->nregs; i++) {
			const struct arch_reg *reg = &a->regs[i];

			ck_assert_ptr_eq(arch_reg(a, reg->name), reg);
			if (reg->dwarf >= 0)
				ck_assert_ptr_eq(arch_reg_dwarf(a, reg->dwarf),
						 reg);
			ck_assert_uint_le(reg->offset + reg->size,
					  a->regs_size);
			if (is_other_name(a, i))
				continue;
			for (int k = 0; k < reg->size; k++)
				ck_assert_uint_eq(used[reg->offset + k]++, 0);
		}
		ck_assert_ptr_null(arch_reg(a, "nothing"));
		ck_assert_ptr_null(arch_reg_dwarf(a, -1));
		for (size_t i = 0; i < a->nargs; i++)
			ck_assert_ptr_nonnull(arch_reg(a, a->arg_regs[i]));
		ck_assert_ptr_nonnull(arch_reg(a, a->ret_reg));
		ck_assert_ptr_nonnull(arch_reg(a, a->sp_reg));
		ck_assert_ptr_nonnull(arch_reg(a, a->pc_reg));
		ck_assert_ptr_nonnull(arch_reg(a, a->syscall_nr_reg));
		ck_assert_ptr_nonnull(arch_reg_dwarf(a, a->syscall_ret_dwarf));
		ck_assert_uint_le(a->fallback->len, 4096);
	}
}
END_TEST

START_TEST(access)
{
	for (const struct arch *const *p = arch_all; *p; p++) {
		const struct arch *a = *p;
		struct regs r = new_regs(a);
		uint64_t top = a->word_size == 8 ? 0xffff0000 : 0;

		a->set_pc(&r, top << 32 | 0x80401000);
		set(a, &r, "sp", top << 32 | 0x80002000);
		set(a, &r, a->ret_reg, 0x80000003);
		ck_assert_uint_eq(a->pc(&r), top << 32 | 0x80401000);
		ck_assert_uint_eq(get(a, &r, "pc"), a->pc(&r));
		ck_assert_uint_eq(a->sp(&r), top << 32 | 0x80002000);
		ck_assert_uint_eq(get(a, &r, a->sp_reg), a->sp(&r));
		ck_assert_uint_eq(a->retval(&r), 0x80000003);
	}
}
END_TEST

/* Memory of one word, at 0x2000. */
static int read_word(void *ctx, uint64_t addr, void *buf, size_t len)
{
	if (addr != 0x2000)
		return ERR_IO;
	memcpy(buf, ctx, len);
	return 0;
}

START_TEST(returns)
{
	uint8_t word[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
	struct arch_mem mem = {read_word, NULL, word};

	for (int i = 0; i < 2; i++) {
		const struct arch *a = i ? &arch_i386 : &arch_x86_64;
		struct regs entry = new_regs(a), now = new_regs(a);
		uint64_t addr = 0;

		set(a, &entry, "sp", 0x2000);
		ck_assert_int_eq(a->return_addr(&entry, &mem, &addr), 0);
		ck_assert_uint_eq(addr, a->word_size == 8 ? 0x8877665544332211
							  : 0x44332211);
		set(a, &now, "sp", 0x2000 + a->word_size);
		ck_assert(a->has_returned(&entry, &now));
		/* an inner call has: the same return address, further down */
		set(a, &now, "sp", 0x2000);
		ck_assert(!a->has_returned(&entry, &now));
		set(a, &entry, "sp", 0x3000);
		ck_assert_int_eq(a->return_addr(&entry, &mem, &addr), ERR_IO);
	}
}
END_TEST

START_TEST(syscalls)
{
	static const char *const names[][7] = {
		{"ax", "di", "si", "dx", "r10", "r8", "r9"},
		{"ax", "bx", "cx", "dx", "si", "di", "bp"},
	};
	struct arch_syscall call = {9, {1, 2, 3, 4, 5, 6}};

	for (int i = 0; i < 2; i++) {
		const struct arch *a = i ? &arch_i386 : &arch_x86_64;
		const char *orig = i ? "orig_eax" : "orig_rax";
		struct regs r = new_regs(a);
		uint8_t bytes[ARCH_INSN_MAX];

		a->syscall_setup(&r, 0x5000, &call);
		ck_assert_uint_eq(a->pc(&r), 0x5000);
		ck_assert_uint_eq(get(a, &r, names[i][0]), 9);
		for (int k = 0; k < 6; k++)
			ck_assert_uint_eq(get(a, &r, names[i][k + 1]), k + 1);
		ck_assert_uint_eq(get(a, &r, orig),
				  i ? UINT32_MAX : UINT64_MAX);
		set(a, &r, "ax", -ENOSYS);
		ck_assert_int_eq(a->syscall_result(&r), -ENOSYS);
		set(a, &r, "ax", 0xf7000000);
		ck_assert_int_eq(a->syscall_result(&r), 0xf7000000);
		ck_assert_uint_eq(a->syscall_bytes(bytes), 3);
		ck_assert_uint_eq(bytes[2], 0xcc);
		ck_assert(memcmp(bytes,
				 a->fallback->code + a->fallback->syscall_stub,
				 3) == 0);
	}
}
END_TEST

/* A read (0, 3) or close (3, 6) that ended with `error`. */
static bool restarts(const struct arch *a, uint64_t nr, int error, bool ours)
{
	bool is64 = a == &arch_x86_64;
	const char *orig = is64 ? "orig_rax" : "orig_eax";
	struct regs r = new_regs(a), old;

	set(a, &r, orig, nr);
	set(a, &r, "ax", -(int64_t)error);
	a->set_pc(&r, 0x5002);
	old = r;
	if (!a->syscall_restart(&r, ours)) {
		ck_assert(memcmp(&r, &old, sizeof(r)) == 0);
		return false;
	}
	ck_assert_uint_eq(a->pc(&r), 0x5000);
	ck_assert_uint_eq(get(a, &r, "ax"), nr);
	ck_assert_uint_eq(get(a, &r, orig), is64 ? UINT64_MAX : UINT32_MAX);
	return true;
}

START_TEST(restart)
{
	for (int i = 0; i < 2; i++) {
		const struct arch *a = i ? &arch_i386 : &arch_x86_64;
		uint64_t nr_read = i ? 3 : 0, nr_close = i ? 6 : 3;

		ck_assert(restarts(a, nr_read, 512, false));
		ck_assert(restarts(a, nr_read, 513, false));
		ck_assert(restarts(a, nr_read, 514, false));
		ck_assert(!restarts(a, nr_read, 516, true));
		ck_assert(!restarts(a, nr_read, EINTR, false));
		ck_assert(restarts(a, nr_read, EINTR, true));
		ck_assert(!restarts(a, nr_close, EINTR, true));
		ck_assert(!restarts(a, nr_read, EAGAIN, true));
		ck_assert(!restarts(a, nr_read, 0, true));
		/* not in a system call: ax is the program's own */
		ck_assert(!restarts(a, UINT64_MAX, 512, true));
	}
}
END_TEST

/* ---- PowerPC ---- */

static const struct arch *const ppcs[] = {&arch_ppc, &arch_ppc64,
					  &arch_ppc64le};
enum { NPPCS = 3, SC = 0xc00, SCV = 0x3000, SO = 0x10000000 };

START_TEST(ppc_returns)
{
	for (int i = 0; i < NPPCS; i++) {
		const struct arch *a = ppcs[i];
		struct regs entry = new_regs(a), now = new_regs(a);
		uint64_t addr = 0;

		set(a, &entry, "sp", 0x2000);
		set(a, &entry, "link", 0x10004568);
		ck_assert_int_eq(a->return_addr(&entry, NULL, &addr), 0);
		ck_assert_uint_eq(addr, 0x10004568);
		set(a, &now, "sp", 0x2000);
		ck_assert(a->has_returned(&entry, &now));
		set(a, &now, "sp", 0x1ff0);
		ck_assert(!a->has_returned(&entry, &now));
	}
}
END_TEST

/* The numbers of compilers, and what lies below the stack pointer: on 32 bits
 * nothing; on 64 the 288 bytes of the ABI and what the kernel leaves, 512. */
START_TEST(ppc_dwarf)
{
	static const struct {
		int number;
		const char *name;
	} rows[] = {{0, "r0"},    {1, "sp"},   {3, "r3"},    {13, "r13"},
		    {31, "r31"},  {64, "ccr"}, {65, "link"}, {66, "ctr"},
		    {70, "ccr"},  {76, "xer"}, {108, "link"}, {109, "ctr"}};

	for (int i = 0; i < NPPCS; i++) {
		const struct arch *a = ppcs[i];
		struct regs r = new_regs(a);

		for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
			const struct arch_reg *reg =
				arch_reg_dwarf(a, rows[k].number);

			ck_assert_ptr_nonnull(reg);
			set(a, &r, rows[k].name, 0x1000 + k);
			ck_assert_uint_eq(get(a, &r, reg->name), 0x1000 + k);
		}
		ck_assert_ptr_null(arch_reg_dwarf(a, 32)); /* f0 */
		ck_assert_ptr_null(arch_reg_dwarf(a, 110));
		ck_assert_uint_eq(a->red_zone, a == &arch_ppc ? 0 : 512);
	}
}
END_TEST

START_TEST(ppc_syscalls)
{
	static const char *const names[] = {"r3", "r4", "r5", "r6", "r7", "r8"};
	struct arch_syscall call = {90, {1, 2, 3, 4, 5, 6}};

	for (int i = 0; i < NPPCS; i++) {
		const struct arch *a = ppcs[i];
		uint8_t bytes[ARCH_INSN_MAX];
		struct regs r = new_regs(a);

		set(a, &r, "trap", SC);
		a->syscall_setup(&r, 0x5000, &call);
		ck_assert_uint_eq(a->pc(&r), 0x5000);
		ck_assert_uint_eq(get(a, &r, "r0"), 90);
		for (int k = 0; k < 6; k++)
			ck_assert_uint_eq(get(a, &r, names[k]), k + 1);
		ck_assert(!a->in_syscall(&r));
		/* sc: an error by cr0 */
		set(a, &r, "trap", SC | 1);
		set(a, &r, "r3", ENOSYS);
		ck_assert_int_eq(a->syscall_result(&r), ENOSYS);
		set(a, &r, "ccr", SO);
		ck_assert_int_eq(a->syscall_result(&r), -ENOSYS);
		ck_assert(a->in_syscall(&r));
		/* scv: by a negative number */
		set(a, &r, "trap", SCV);
		if (a->word_size == 8)
			set(a, &r, "r3", (uint64_t)-ENOSYS);
		ck_assert_int_eq(a->syscall_result(&r),
				 a->word_size == 8 ? -ENOSYS : ENOSYS);
		ck_assert(a->in_syscall(&r));
		ck_assert_uint_eq(a->syscall_bytes(bytes), 8);
		ck_assert(memcmp(bytes + 4, a->bp, a->bp_len) == 0);
		ck_assert(memcmp(bytes,
				 a->fallback->code + a->fallback->syscall_stub,
				 8) == 0);
		ck_assert_str_eq(a->syscall_name(90), "mmap");
		ck_assert_ptr_null(a->syscall_name(100000));
		ck_assert_ptr_null(a->syscall_name(-1));
	}
}
END_TEST

/* A read (3) or close (6) whose second half found `error`. */
static bool ppc_restarts(const struct arch *a, uint64_t trap, uint64_t nr,
			 int error, bool ours)
{
	struct regs r = new_regs(a), old;

	set(a, &r, "trap", trap);
	set(a, &r, "r0", nr);
	set(a, &r, "orig_gpr3", 42);
	set(a, &r, "r3", trap == SCV ? (uint64_t)-error : (uint64_t)error);
	set(a, &r, "ccr", trap == SCV ? 0 : SO);
	a->set_pc(&r, 0x5004);
	old = r;
	if (!a->syscall_restart(&r, ours)) {
		ck_assert(memcmp(&r, &old, sizeof(r)) == 0);
		return false;
	}
	ck_assert_uint_eq(a->pc(&r), 0x5000);
	ck_assert_uint_eq(get(a, &r, "r0"), nr);
	ck_assert_uint_eq(get(a, &r, "r3"), 42);
	ck_assert_uint_eq(get(a, &r, "trap"), 0);
	return true;
}

START_TEST(ppc_restart)
{
	for (int i = 0; i < 2 * NPPCS; i++) {
		const struct arch *a = ppcs[i / 2];
		uint64_t trap = i & 1 && a->word_size == 8 ? SCV : SC;

		ck_assert(ppc_restarts(a, trap, 3, 512, false));
		ck_assert(ppc_restarts(a, trap, 3, 513, false));
		ck_assert(ppc_restarts(a, trap, 3, 514, false));
		ck_assert(!ppc_restarts(a, trap, 3, 516, true));
		ck_assert(!ppc_restarts(a, trap, 3, EINTR, false));
		ck_assert(ppc_restarts(a, trap, 3, EINTR, true));
		ck_assert(!ppc_restarts(a, trap, 6, EINTR, true));
		ck_assert(!ppc_restarts(a, trap, 3, EAGAIN, true));
		/* a timer's interrupt: r3 and cr0 are the program's own */
		ck_assert(!ppc_restarts(a, 0x900, 3, 512, true));
	}
}
END_TEST

/* Numbers as they lie in the target's memory. */
static void put(const struct arch *a, uint8_t *at, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++, value >>= 8)
		at[a->big_endian ? size - 1 - i : i] = (uint8_t)value;
}

static uint64_t number(const struct arch *a, const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[a->big_endian ? i : size - 1 - i];
	return value;
}

START_TEST(ppc_gadgets)
{
	static const uint32_t plain[] = {0x60000000, 0x44000002, 0x4e800020,
					 0x380000ac, 0x44000002, 0x60000000};
	/* as getuid() of glibc has it: ld r31, 32(r1); addi r1, r1, 48 */
	static const uint32_t framed[] = {0x44000002, 0xebe10020, 0x38210030,
					  0x4e800020, 0x380000ac, 0x44000002};
	/* a frame that is smaller than what is loaded from it */
	static const uint32_t odd[] = {0x44000002, 0xebe10030, 0x38210030,
				       0x4e800020, 0x380000ac, 0x44000002};
	const uint32_t *const texts[] = {plain, framed, odd};

	for (int i = 0; i < NPPCS * 3; i++) {
		const struct arch *a = ppcs[i / 3];
		const uint32_t *text = texts[i % 3];
		bool is64 = a->word_size == 8, found;
		struct arch_gadgets g = {0};
		uint8_t bytes[24];

		for (int k = 0; k < 6; k++)
			put(a, bytes + 4 * k, 4, text[k]);
		found = a->gadgets_find(&g, 0x7000, bytes, sizeof(bytes));
		ck_assert_uint_eq(found,
				  text == plain || (is64 && text == framed));
		if (!found)
			continue;
		ck_assert_uint_eq(g.call, text == plain ? 0x7004 : 0x7000);
		ck_assert_uint_eq(g.back, text == plain ? 0x700c : 0x7010);
		ck_assert_uint_eq(g.pops, text == plain ? 0 : 6);
		ck_assert_uint_eq(g.code_len, text == plain ? 8 : 16);
	}
}
END_TEST

/* What the kernel will read: struct ucontext of each word size. */
START_TEST(ppc_frame)
{
	static uint8_t fp[33 * 8], vmx[34 * 16], vsx[32 * 8], out[8192];

	for (int i = 0; i < NPPCS; i++) {
		const struct arch *a = ppcs[i];
		struct arch_gadgets g = {.call = 0x7000, .call_len = 4,
					 .back = 0x7100, .pops = 2};
		struct regs r = new_regs(a), way;
		struct arch_state state = {&r, 0x123456789, {{fp, sizeof(fp)}},
					   -1};
		const bool is64 = a->word_size == 8;
		const size_t w = a->word_size, uc = 2 * w + (is64 ? 0 : 208);
		const size_t gp = uc + (is64 ? 232 : 192);
		size_t n;

		state.sets[1] = (struct arch_set){vmx, sizeof(vmx)};
		state.sets[2] = (struct arch_set){vsx, sizeof(vsx)};
		memset(fp, 0xf1, sizeof(fp));
		memset(vmx, 0xe1, sizeof(vmx));
		memset(vsx, 0xd1, sizeof(vsx));
		/* a sleep whose rest would be forgotten: made again */
		set(a, &r, "trap", SC);
		set(a, &r, "r0", 162);
		set(a, &r, "r3", 516);
		set(a, &r, "orig_gpr3", 0x1234);
		set(a, &r, "ccr", SO);
		set(a, &r, "nip", 0x5004);
		set(a, &r, "r31", 0x31313131);
		n = a->frame_build(&g, &state, 0x9000, out, sizeof(out), &way);
		ck_assert_uint_gt(n, gp + 48 * w + sizeof(fp));
		ck_assert_uint_eq(get(a, &way, "nip"), 0x7004);
		ck_assert_uint_eq(get(a, &way, "link"), 0x7100);
		ck_assert_uint_eq(get(a, &way, "sp"), 0x9000);
		ck_assert_uint_eq(number(a, out + gp + 31 * w, w), 0x31313131);
		ck_assert_uint_eq(number(a, out + gp + 32 * w, w), 0x5000);
		ck_assert_uint_eq(number(a, out + gp + 3 * w, w), 0x1234);
		ck_assert_uint_eq(number(a, out + gp, w), 162);
		ck_assert_uint_eq(number(a, out + gp + 33 * w, w) >> 23 & 5, 5);
		ck_assert_uint_eq(out[gp + 48 * w], 0xf1);
		ck_assert_uint_eq(out[gp + 48 * w + sizeof(fp) - 1], 0xf1);
		if (is64) {
			size_t v = number(a, out + uc + 880, 8) - 0x9000;

			ck_assert_uint_eq(number(a, out + uc + 40, 8),
					  state.mask);
			ck_assert_uint_eq(out[v], 0xe1);
			ck_assert_uint_eq(out[v + 34 * 16], 0xd1);
			ck_assert_uint_eq(v % 16, 0);
		} else {
			ck_assert_uint_eq(number(a, out + uc + 48, 4),
					  0x9000 + gp);
			ck_assert_uint_eq(number(a, out + uc + 52, 4),
					  0x23456789);
			ck_assert_uint_eq(number(a, out + uc + 56, 4), 1);
			ck_assert_uint_eq(out[gp + 464], 0xe1);
			ck_assert_uint_eq(out[gp + 464 + 33 * 16], 0xd1);
		}
		state.sets[0].len = 0; /* without FPU: not known */
		ck_assert_uint_eq(a->frame_build(&g, &state, 0x9000, out,
						 sizeof(out), &way), 0);
	}
}
END_TEST

/* A slot out of reach of a pc-relative operand is refused; others are not. */
START_TEST(reach)
{
	static const uint8_t load[] = {0x8b, 0x05, 0, 0x10, 0, 0};
	static const uint8_t push[] = {0x55}, call[] = {0xe8, 0, 0x10, 0, 0};
	const uint64_t text = 0x555555554000, slot = 0x7ffff7000000;
	const struct arch *a = &arch_x86_64;
	struct slot_code code;
	struct plan plan;
	struct err err;

	ck_assert_int_eq(a->plan(text, load, sizeof(load), &plan, &err), 0);
	ck_assert_int_eq(a->slot_build(&plan, slot, &code, &err), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.text, "0x555555554000"));
	ck_assert_int_eq(a->plan(text, push, sizeof(push), &plan, &err), 0);
	ck_assert_int_eq(a->slot_build(&plan, slot, &code, &err), 0);
	ck_assert_uint_le(code.len, ARCH_SLOT_MAX);
	ck_assert_int_eq(a->plan(text, call, sizeof(call), &plan, &err), 0);
	ck_assert_int_eq(a->slot_build(&plan, slot, &code, &err), 0);
}
END_TEST

/* The processor's own business: a trap flag that the program has set, odd
 * segments, a branch to where no code can be. */
START_TEST(not_emulated)
{
	static const uint8_t push[] = {0x55}, jump[] = {0xff, 0xe0};
	struct arch_mem mem = {read_word, NULL, NULL};
	struct regs r = new_regs(&arch_x86_64), r32 = new_regs(&arch_i386);
	struct plan plan;

	arch_x86_64.plan(0x1000, push, 1, &plan, NULL);
	set(&arch_x86_64, &r, "flags", 0x102);
	ck_assert_int_eq(arch_x86_64.emulate(&plan, &r, &mem), ERR_UNSUPP);
	set(&arch_x86_64, &r, "flags", 0x2);
	set(&arch_x86_64, &r, "ax", 0x8000000000000000);
	arch_x86_64.plan(0x1000, jump, 2, &plan, NULL);
	ck_assert_int_eq(arch_x86_64.emulate(&plan, &r, &mem), ERR_UNSUPP);
	set(&arch_x86_64, &r, "ax", 0x7fffffff0000);
	ck_assert_int_eq(arch_x86_64.emulate(&plan, &r, &mem), 0);
	arch_i386.plan(0x1000, jump, 2, &plan, NULL);
	set(&arch_i386, &r32, "ss", 0x17);
	set(&arch_i386, &r32, "ds", 0x2b);
	ck_assert_int_eq(arch_i386.emulate(&plan, &r32, &mem), ERR_UNSUPP);
	set(&arch_i386, &r32, "ss", 0x2b);
	ck_assert_int_eq(arch_i386.emulate(&plan, &r32, &mem), 0);
}
END_TEST

/* All memory is of one byte; writes are lost. */
static int read_any(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)addr;
	memset(buf, *(uint8_t *)ctx, len);
	return 0;
}

static int write_any(void *ctx, uint64_t addr, const void *buf, size_t len)
{
	(void)ctx;
	(void)addr;
	(void)buf;
	(void)len;
	return 0;
}

static uint8_t random_byte(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1;
	return *seed >> 56;
}

/* With registers of the seed: whatever comes out, but none out of bounds. */
static void use_plan(const struct arch *a, const struct plan *plan,
		     uint64_t *seed)
{
	uint8_t byte = random_byte(seed);
	struct arch_mem mem = {read_any, write_any, &byte};
	struct regs r = new_regs(a), r2;
	enum step_result result;
	struct slot_code code;

	ck_assert(plan->strategies & (STRATEGY_BOOST | STRATEGY_XOL));
	for (size_t i = 0; i < r.size; i++)
		r.raw[i] = random_byte(seed);
	r2 = r;
	(void)a->emulate(plan, &r2, &mem);
	if (a->slot_build(plan, 0x501000, &code, NULL))
		return;
	ck_assert_uint_le(code.len, ARCH_SLOT_MAX);
	ck_assert_uint_le(code.copy_len, code.len);
	a->set_pc(&r, 0x501000 + byte % ARCH_SLOT_MAX);
	r2 = r;
	(void)a->slot_leave(plan, &code, 0x501000, &r2, &mem);
	(void)a->after_step(plan, 0x501000, &r, &mem, &result);
}

enum { N_ARCHS = 5 };

/* Hostile bytes, just as many as there are. Emulated machines have no time for
 * so many rounds: UPD_ROUNDS is how many. */
START_TEST(any_bytes)
{
	const char *asked = getenv("UPD_ROUNDS");
	int rounds = asked ? atoi(asked) : 500000;
	uint64_t seed = 1;

	ck_assert_int_gt(rounds, 0);
	ck_assert_ptr_null(arch_all[N_ARCHS]);
	for (int i = 0; i < rounds; i++) {
		const struct arch *a = arch_all[i % N_ARCHS];
		size_t n = random_byte(&seed) % (ARCH_INSN_MAX + 1);
		uint8_t *bytes = malloc(n ? n : 1);
		struct plan plan;
		struct err err;

		for (size_t k = 0; k < n; k++)
			bytes[k] = random_byte(&seed);
		if (a->plan(0x401000, bytes, n, &plan, &err) == 0) {
			ck_assert_uint_le(plan.len, n);
			use_plan(a, &plan, &seed);
		}
		if (a->around)
			(void)a->around(0x401000 + seed % 4 * 4, bytes,
					0x401000, n, &err);
		free(bytes);
	}
}
END_TEST

/* ---- calls that the program makes ---------------------------------------- */

enum { CODE = 0x10000 };

static uint8_t code[128]; /* what is at CODE */

static int read_code(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	if (addr - CODE > sizeof(code))
		return ERR_INVAL;
	memset(buf, 0, len);
	if (len > sizeof(code) - (addr - CODE))
		len = sizeof(code) - (addr - CODE);
	memcpy(buf, code + (addr - CODE), len);
	return 0;
}

static const struct arch_mem code_mem = {read_code, NULL, NULL};

START_TEST(ppc_calls)
{
	static const uint32_t insns[] = {
		/* 00 */ 0x48000009, /* bl 08 */
		/* 04 */ 0x4e800020, /* blr */
		/* 08 */ 0x38000001, /* li r0,1 */
		/* 0c */ 0x44000002, /* sc: another call */
		/* 10 */ 0x380000ad, /* li r0,173 */
		/* 14 */ 0x41820010, /* beq 24 */
		/* 18 */ 0x44000001, /* scv 0 */
		/* 1c */ 0x4e800020, /* blr */
		/* 20 */ 0x44000002, /* sc: not reached */
		/* 24 */ 0x44000002, /* sc */
		/* 28 */ 0x44000002, /* sc: a third one */
	};
	const struct arch *a = ppcs[_i];
	uint64_t calls[ARCH_CALL_WAYS_MAX];
	struct regs r = new_regs(a);
	struct plan plan;

	memset(code, 0, sizeof(code));
	for (size_t i = 0; i < sizeof(insns) / sizeof(*insns); i++)
		put(a, code + 4 * i, 4, insns[i]);
	ck_assert_uint_eq(arch_find_calls(a, CODE, &code_mem, 173, calls), 2);
	ck_assert_uint_eq(calls[0], CODE + 0x18);
	ck_assert_uint_eq(calls[1], CODE + 0x24);
	ck_assert_uint_eq(arch_find_calls(a, CODE, &code_mem, 174, calls), 0);

	ck_assert(!a->plan(CODE + 0x18, code + 0x18, 16, &plan, NULL));
	a->skip_call(&plan, &r, -EFAULT);
	ck_assert_uint_eq(a->pc(&r), CODE + 0x1c);
	ck_assert_int_eq((int32_t)get(a, &r, "r3"), -EFAULT);
	ck_assert_uint_eq(get(a, &r, "ccr"), 0);

	ck_assert(!a->plan(CODE + 0x24, code + 0x24, 16, &plan, NULL));
	a->skip_call(&plan, &r, -EFAULT);
	ck_assert_uint_eq(a->pc(&r), CODE + 0x28);
	ck_assert_uint_eq(get(a, &r, "r3"), EFAULT);
	ck_assert_uint_eq(get(a, &r, "ccr"), 0x10000000);
	a->skip_call(&plan, &r, 0);
	ck_assert_uint_eq(get(a, &r, "r3"), 0);
	ck_assert_uint_eq(get(a, &r, "ccr"), 0);
}
END_TEST

static double number_in(const struct arch *arch, unsigned dwarf,
			const uint8_t *set, size_t len, size_t size)
{
	struct arch_vector v;
	uint8_t bytes[8] = {0};
	uint64_t bits;
	uint32_t word;
	float narrow;
	double d;

	ck_assert_msg(arch->vector(dwarf, &v), "%u", dwarf);
	ck_assert_int_eq(arch_vector_get(arch, &v, set, len, bytes, size), 0);
	bits = arch_load(arch, bytes, size);
	word = (uint32_t)bits;
	memcpy(&narrow, &word, 4);
	memcpy(&d, &bits, 8);
	return size == 4 ? (double)narrow : d;
}

/* What fld, or a load of 80 bits, leaves in a register. */
static void put_extended(uint8_t *at, uint64_t significand, uint16_t sign_exp)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(significand >> 8 * i);
	at[8] = (uint8_t)sign_exp;
	at[9] = (uint8_t)(sign_exp >> 8);
}

START_TEST(x86_vectors)
{
	uint8_t set[512] = {0}, bytes[32];
	struct arch_vector v;

	arch_store(&arch_x86_64, set + 160 + 16 * 3, 8, 0xc004000000000000);
	ck_assert(number_in(&arch_x86_64, 17 + 3, set, 416, 8) == -2.5);
	ck_assert(number_in(&arch_i386, 21 + 3, set, 416, 8) == -2.5);
	arch_store(&arch_x86_64, set + 160, 4, 0x40600000);
	ck_assert(number_in(&arch_x86_64, 17, set, 416, 4) == 3.5);

	put_extended(set + 32, UINT64_C(3) << 62, 16383 + 1);
	ck_assert(number_in(&arch_i386, 11, set, 416, 8) == 3);
	ck_assert(number_in(&arch_i386, 11, set, 416, 4) == 3);
	ck_assert(number_in(&arch_x86_64, 33, set, 416, 8) == 3);
	/* rounded to the nearest, to even */
	put_extended(set + 48, UINT64_C(1) << 63 | 0x400, 0x8000 | 16383);
	ck_assert(number_in(&arch_i386, 12, set, 416, 8) == -1);
	put_extended(set + 48, UINT64_C(1) << 63 | 0xc00, 16383);
	ck_assert(number_in(&arch_i386, 12, set, 416, 8) == 1 + 0x1p-51);
	put_extended(set + 48, 0, 0x8000);
	ck_assert(1 / number_in(&arch_i386, 12, set, 416, 8) < -1e300);
	put_extended(set + 48, UINT64_C(1) << 63, 0xffff);
	ck_assert(number_in(&arch_i386, 12, set, 416, 8) < -1.7e308);
	put_extended(set + 48, UINT64_C(3) << 62, 0x7fff);
	ck_assert(number_in(&arch_i386, 12, set, 416, 8) !=
		  number_in(&arch_i386, 12, set, 416, 8));
	put_extended(set + 48, UINT64_C(1) << 63, 16383 + 1024);
	ck_assert(number_in(&arch_i386, 12, set, 416, 8) > 1.7e308);

	ck_assert(arch_x86_64.vector(32, &v));
	ck_assert_int_eq(arch_vector_get(&arch_x86_64, &v, set, 416, bytes, 16),
			 0);
	ck_assert_int_eq(arch_vector_get(&arch_x86_64, &v, set, 416, bytes, 32),
			 ERR_UNSUPP);
	ck_assert_int_eq(arch_vector_get(&arch_x86_64, &v, set, 415, bytes, 16),
			 ERR_UNSUPP);
	ck_assert(!arch_x86_64.vector(16, &v) && !arch_x86_64.vector(41, &v));
	ck_assert(!arch_i386.vector(10, &v) && !arch_i386.vector(19, &v));
	ck_assert(!arch_i386.vector(20, &v) && !arch_i386.vector(29, &v));
}
END_TEST

START_TEST(ppc_vectors)
{
	static const struct arch *const all[] = {&arch_ppc, &arch_ppc64,
						 &arch_ppc64le};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const struct arch *arch = all[i];
		uint8_t set[544], bytes[16];
		struct arch_vector v;

		for (size_t k = 0; k < sizeof(set); k++)
			set[k] = (uint8_t)k;
		arch_store(arch, set + 8, 8, 0xc004000000000000);
		ck_assert(number_in(arch, 33, set, 264, 8) == -2.5);
		ck_assert(number_in(arch, 33, set, 264, 4) == -2.5);
		ck_assert(arch->vector(1124 + 31, &v));
		ck_assert_int_eq(arch_vector_get(arch, &v, set, 544, bytes, 16),
				 0);
		ck_assert_mem_eq(bytes, set + 16 * 31, 16);
		ck_assert(!arch->vector(31, &v) && !arch->vector(64, &v));
		ck_assert(!arch->vector(1123, &v) && !arch->vector(1156, &v));
		ck_assert(arch->vector(77 + 31, &v));
		ck_assert_uint_eq(v.offset, 16 * 31);
		ck_assert(!arch->vector(76, &v) && !arch->vector(109, &v));
	}
}
END_TEST

START_TEST(x86_calls)
{
	static const uint8_t bytes[] = {
		0xb8, 0x01, 0, 0, 0, /* 00 mov $1,%eax */
		0x0f, 0x05,	     /* 05 syscall: another one */
		0x74, 0x03,	     /* 07 je 0c */
		0xc3,		     /* 09 ret */
		0x0f, 0x05,	     /* 0a syscall: not reached */
		0xb8, 0x0d, 0, 0, 0, /* 0c mov $13,%eax */
		0x0f, 0x05,	     /* 11 syscall */
		0x0f, 0x05,	     /* 13 */
	};
	uint64_t calls[ARCH_CALL_WAYS_MAX];

	memset(code, 0, sizeof(code));
	memcpy(code, bytes, sizeof(bytes));
	ck_assert_uint_eq(
		arch_find_calls(&arch_x86_64, CODE, &code_mem, 13, calls), 1);
	ck_assert_uint_eq(calls[0], CODE + 0x11);
	ck_assert_uint_eq(
		arch_find_calls(&arch_x86_64, CODE, &code_mem, 14, calls), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arch");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, places);
	tcase_add_test(tc, lookup);
	tcase_add_test(tc, registers);
	tcase_add_test(tc, access);
	tcase_add_test(tc, returns);
	tcase_add_test(tc, syscalls);
	tcase_add_test(tc, restart);
	tcase_add_test(tc, ppc_returns);
	tcase_add_test(tc, ppc_dwarf);
	tcase_add_test(tc, ppc_syscalls);
	tcase_add_test(tc, ppc_restart);
	tcase_add_test(tc, ppc_gadgets);
	tcase_add_test(tc, ppc_frame);
	tcase_add_test(tc, reach);
	tcase_add_test(tc, not_emulated);
	tcase_add_test(tc, any_bytes);
	tcase_add_loop_test(tc, ppc_calls, 0, 3);
	tcase_add_test(tc, x86_calls);
	tcase_add_test(tc, x86_vectors);
	tcase_add_test(tc, ppc_vectors);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

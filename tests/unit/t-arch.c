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
	for (int i = 0; i < reg->size; i++)
		r->raw[reg->offset + i] = value >> (8 * i);
}

static uint64_t get(const struct arch *arch, const struct regs *r,
		    const char *name)
{
	const struct arch_reg *reg = arch_reg(arch, name);

	ck_assert_msg(reg != NULL, "%s", name);
	return arch_reg_get(arch, r, reg);
}

START_TEST(lookup)
{
	struct regs r = new_regs(&arch_i386);

	ck_assert_ptr_eq(arch_by_elf(62, 2, false), &arch_x86_64);
	ck_assert_ptr_eq(arch_by_elf(3, 1, false), &arch_i386);
	ck_assert_ptr_null(arch_by_elf(62, 1, false)); /* x32 */
	ck_assert_ptr_null(arch_by_elf(62, 2, true));
	ck_assert_ptr_null(arch_by_elf(8, 1, true));
	ck_assert_ptr_eq(arch_by_regs(&r), &arch_i386);
	r.size = 4;
	ck_assert_ptr_null(arch_by_regs(&r));
	ck_assert_str_eq(strategy_name(STRATEGY_BOOST), "boost");
	ck_assert_uint_eq(strategy_by_name("xol"), STRATEGY_XOL);
	ck_assert_uint_eq(strategy_by_name("slow"), 0);
}
END_TEST

/* Every register has its own place in the set, but for pc, which is ip. */
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
			if (strcmp(reg->name, "pc") != 0)
				ck_assert_uint_eq(used[reg->offset]++, 0);
		}
		ck_assert_ptr_null(arch_reg(a, "nothing"));
		ck_assert_ptr_null(arch_reg_dwarf(a, -1));
		for (size_t i = 0; i < a->nargs; i++)
			ck_assert_ptr_nonnull(arch_reg(a, a->arg_regs[i]));
		ck_assert_ptr_nonnull(arch_reg(a, a->ret_reg));
		ck_assert_ptr_nonnull(arch_reg(a, a->sp_reg));
		ck_assert_ptr_nonnull(arch_reg(a, a->pc_reg));
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
		set(a, &r, "ax", 0x80000003);
		ck_assert_uint_eq(a->pc(&r), top << 32 | 0x80401000);
		ck_assert_uint_eq(get(a, &r, "pc"), a->pc(&r));
		ck_assert_uint_eq(a->sp(&r), top << 32 | 0x80002000);
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

	for (const struct arch *const *p = arch_all; *p; p++) {
		const struct arch *a = *p;
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

	ck_assert(plan->strategies & STRATEGY_BOOST);
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

/* Hostile bytes, just as many as there are. */
START_TEST(any_bytes)
{
	uint64_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		const struct arch *a = i & 1 ? &arch_i386 : &arch_x86_64;
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
		free(bytes);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arch");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, lookup);
	tcase_add_test(tc, registers);
	tcase_add_test(tc, access);
	tcase_add_test(tc, returns);
	tcase_add_test(tc, syscalls);
	tcase_add_test(tc, restart);
	tcase_add_test(tc, reach);
	tcase_add_test(tc, not_emulated);
	tcase_add_test(tc, any_bytes);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

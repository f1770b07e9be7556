/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two ABIs, x86_64 and i386, as the rest of upd sees them: names and
 * places of registers, numbers of system calls, and the table of functions.
 */
#include "fallback-i386.h"
#include "fallback-x86_64.h"
#include "x86.h"

#include <string.h>

enum { MACHINE_386 = 3, MACHINE_X86_64 = 62 }; /* ELF's */
enum { TRAP_BY_KERNEL = 0x80 };		       /* SI_KERNEL */
/* A fault sets the resume flag: on the slot's page, say, which is not there
 * yet. An interrupt between two rounds of a repeated instruction does, too. */
enum { RESUME_FLAG = 1 << 16 };
enum { NT_FPREGS = 2, NT_XSTATE = 0x202 };

/* In the order of user_regs_struct: r15 first. */
static const struct arch_reg regs64[] = {
	{"r15", 0, 8, 15},
	{"r14", 8, 8, 14},
	{"r13", 16, 8, 13},
	{"r12", 24, 8, 12},
	{"bp", 32, 8, 6},
	{"bx", 40, 8, 3},
	{"r11", 48, 8, 11},
	{"r10", 56, 8, 10},
	{"r9", 64, 8, 9},
	{"r8", 72, 8, 8},
	{"ax", 80, 8, 0},
	{"cx", 88, 8, 2},
	{"dx", 96, 8, 1},
	{"si", 104, 8, 4},
	{"di", 112, 8, 5},
	{"orig_rax", 120, 8, -1, true},
	{"ip", 128, 8, 16},
	{"cs", 136, 8, 51, true},
	{"flags", 144, 8, 49, false, RESUME_FLAG},
	{"sp", 152, 8, 7},
	{"ss", 160, 8, 52, true},
	{"fs_base", 168, 8, 58, true},
	{"gs_base", 176, 8, 59, true},
	{"ds", 184, 8, 53, true},
	{"es", 192, 8, 50, true},
	{"fs", 200, 8, 54, true},
	{"gs", 208, 8, 55, true},
	{"pc", 128, 8, -1},
};

static const struct arch_reg regs32[] = {
	{"bx", 0, 4, 3},	 {"cx", 4, 4, 1},
	{"dx", 8, 4, 2},	 {"si", 12, 4, 6},
	{"di", 16, 4, 7},	 {"bp", 20, 4, 5},
	{"ax", 24, 4, 0},	 {"ds", 28, 4, 43, true},
	{"es", 32, 4, 40, true}, {"fs", 36, 4, 44, true},
	{"gs", 40, 4, 45, true}, {"orig_eax", 44, 4, -1, true},
	{"ip", 48, 4, 8},	 {"cs", 52, 4, 41, true},
	{"flags", 56, 4, 9, false, RESUME_FLAG},
	{"sp", 60, 4, 4},	 {"ss", 64, 4, 42, true},
	{"pc", 48, 4, -1},
};

/* di, si, dx, r10, r8, r9; bx, cx, dx, si, di, bp */
static const int8_t call_args64[] = {5, 4, 1, 10, 8, 9};
static const int8_t call_args32[] = {3, 1, 2, 6, 7, 5};

static const char *const args64[] = {"di", "si", "dx", "cx", "r8", "r9"};

static const int64_t sysno64[ARCH_SYSNO_COUNT] = {
	[ARCH_SYS_MMAP] = 9,	      [ARCH_SYS_MUNMAP] = 11,
	[ARCH_SYS_MPROTECT] = 10,     [ARCH_SYS_OPENAT] = 257,
	[ARCH_SYS_CLOSE] = 3,	      [ARCH_SYS_MEMFD_CREATE] = 319,
	[ARCH_SYS_FTRUNCATE] = 77,    [ARCH_SYS_RT_SIGACTION] = 13,
	[ARCH_SYS_RT_SIGRETURN] = 15, [ARCH_SYS_RESTART] = 219,
	[ARCH_SYS_RT_SIGPROCMASK] = 14, [ARCH_SYS_PRCTL] = 157,
};

/* ftruncate is ftruncate64, whose length is two words: low, high. */
static const int64_t sysno32[ARCH_SYSNO_COUNT] = {
	[ARCH_SYS_MMAP] = 192,	       [ARCH_SYS_MUNMAP] = 91,
	[ARCH_SYS_MPROTECT] = 125,     [ARCH_SYS_OPENAT] = 295,
	[ARCH_SYS_CLOSE] = 6,	       [ARCH_SYS_MEMFD_CREATE] = 356,
	[ARCH_SYS_FTRUNCATE] = 194,    [ARCH_SYS_RT_SIGACTION] = 174,
	[ARCH_SYS_RT_SIGRETURN] = 173, [ARCH_SYS_RESTART] = 0,
	[ARCH_SYS_RT_SIGPROCMASK] = 175, [ARCH_SYS_PRCTL] = 172,
};

static void put_all(struct regs *regs, const uint16_t *offsets, uint64_t stub,
		    const struct arch_syscall *call)
{
	const struct x86_abi *abi = x86_abi(regs);

	x86_put(regs, abi->gpr[0], call->nr);
	for (int i = 0; i < 6; i++)
		x86_put(regs, offsets[i], call->args[i]);
	x86_put(regs, abi->orig_ax, UINT64_MAX);
	x86_put(regs, abi->ip, stub);
}

static void setup64(struct regs *regs, uint64_t stub,
		    const struct arch_syscall *call)
{
	/* di si dx r10 r8 r9 */
	static const uint16_t offsets[6] = {112, 104, 96, 56, 72, 64};

	put_all(regs, offsets, stub, call);
}

static void setup32(struct regs *regs, uint64_t stub,
		    const struct arch_syscall *call)
{
	/* bx cx dx si di bp */
	static const uint16_t offsets[6] = {0, 4, 8, 12, 16, 20};

	put_all(regs, offsets, stub, call);
}

static int64_t result64(const struct regs *regs)
{
	return (int64_t)x86_retval(regs);
}

/* An address above 2 GiB is no error. */
static int64_t result32(const struct regs *regs)
{
	uint32_t ax = (uint32_t)x86_retval(regs);

	return ax > (uint32_t)-4096 ? (int32_t)ax : (int64_t)ax;
}

static size_t syscall_bytes64(uint8_t out[ARCH_INSN_MAX])
{
	memcpy(out, "\x0f\x05\xcc", 3);
	return 3;
}

static size_t syscall_bytes32(uint8_t out[ARCH_INSN_MAX])
{
	memcpy(out, "\xcd\x80\xcc", 3);
	return 3;
}

static bool restart64(struct regs *regs, bool ours)
{
	return x86_restart(regs, ours, sysno64[ARCH_SYS_CLOSE]);
}

static bool restart32(struct regs *regs, bool ours)
{
	return x86_restart(regs, ours, sysno32[ARCH_SYS_CLOSE]);
}

static int plan64(uint64_t addr, const uint8_t *bytes, size_t n,
		  struct plan *ret_plan, struct err *err)
{
	return x86_plan(8, addr, bytes, n, ret_plan, err);
}

static int plan32(uint64_t addr, const uint8_t *bytes, size_t n,
		  struct plan *ret_plan, struct err *err)
{
	return x86_plan(4, addr, bytes, n, ret_plan, err);
}

/* Offsets: the sources, arch/x86/fallback-*.S, put them there. */
static const struct arch_blob blob64 = {
	.code = fallback_x86_64,
	.len = sizeof(fallback_x86_64),
	.restorer = 0,
	.syscall_stub = 16,
	.entry = 32,
};

static const struct arch_blob blob32 = {
	.code = fallback_i386,
	.len = sizeof(fallback_i386),
	.restorer = 0,
	.syscall_stub = 16,
	.entry = 32,
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define X86_COMMON                                                            \
	.bp = {0xcc}, .bp_len = 1, .bp_advance = 1,                           \
	.bp_si_code = TRAP_BY_KERNEL, .rseq_sig = {0x53, 0x30, 0x05, 0x53},   \
	.insn_align = 1, .debug_control = 7, .debug_write4 = 0xd0001,         \
	.ret_reg = "ax", .pc_reg = "ip", .sp_reg = "sp",                      \
	.slot_build = x86_slot_build, .emulate = x86_emulate,                 \
	.before_step = x86_before_step, .after_step = x86_after_step,         \
	.slot_leave = x86_slot_leave, .return_addr = x86_return_addr,         \
	.has_returned = x86_has_returned, .ret_on_stack = true, .pc = x86_pc, .set_pc = x86_set_pc, \
	.sp = x86_sp, .retval = x86_retval

/* What XSAVE writes begins with what FXSAVE does (Intel SDM, volume 1, 10.5):
 * st0 to st7, 16 bytes each, at 32, xmm0 to xmm15 at 160. */
static bool st_or_xmm(unsigned st, unsigned xmm, struct arch_vector *ret)
{
	*ret = (struct arch_vector){.set = NT_XSTATE};
	if (st < 8) {
		ret->offset = (uint16_t)(32 + 16 * st);
		ret->size = 10;
		ret->form = ARCH_VECTOR_EXTENDED;
	} else {
		ret->offset = (uint16_t)(160 + 16 * xmm);
		ret->size = 16;
		ret->form = ARCH_VECTOR_BYTES;
	}
	return st < 8 || xmm < 16;
}

static bool vector64(unsigned dwarf, struct arch_vector *ret)
{
	return st_or_xmm(dwarf - 33, dwarf - 17, ret);
}

/* i386: eight of each */
static bool vector32(unsigned dwarf, struct arch_vector *ret)
{
	return dwarf < 29 && st_or_xmm(dwarf - 11, dwarf - 21, ret);
}

const struct arch arch_x86_64 = {
	X86_COMMON,
	.name = "x86_64",
	.e_machine = MACHINE_X86_64,
	.word_size = 8,
	.regs_size = X86_64_REGS,
	.pt_regs_size = 21 * 8,
	.red_zone = 128,
	/* A displacement reaches 2 GiB from behind the instruction; what an
	 * operand points at may be that far from the text as well, so nearer
	 * is better and slot_build has the last word. */
	.slot_reach = UINT64_C(0x7fff0000),
	.debug_regs = 848,
	.regs = regs64,
	.nregs = COUNT(regs64),
	.sysno = sysno64,
	.fallback = &blob64,
	.arg_regs = args64,
	.nargs = COUNT(args64),
	.stack_args = 8,
	.syscall_nr_reg = "orig_rax",
	.syscall_args_dwarf = call_args64,
	.in_syscall = x86_in_syscall,
	.plan = plan64,
	.flow = x86_flow,
	.call_ways = 1,
	.skip_call = x86_skip_call,
	.syscall_setup = setup64,
	.syscall_result = result64,
	.syscall_bytes = syscall_bytes64,
	.syscall_restart = restart64,
	.syscall_name = x86_syscall_name64,
	.gadgets_find = x86_gadgets_find64,
	.vector = vector64,
	.frame_build = x86_frame_build,
	.frame_sets = {NT_XSTATE, NT_FPREGS},
	.frame_back = x86_frame_back,
	.waiting_call = x86_waiting_call,
};

const struct arch arch_i386 = {
	X86_COMMON,
	.name = "i386",
	.e_machine = MACHINE_386,
	.word_size = 4,
	.regs_size = I386_REGS,
	.pt_regs_size = I386_REGS,
	.slot_reach = UINT64_C(0xffffffff),
	.debug_regs = 252,
	.regs = regs32,
	.nregs = COUNT(regs32),
	.sysno = sysno32,
	.fallback = &blob32,
	.stack_args = 4,
	.syscall_nr_reg = "orig_eax",
	.syscall_args_dwarf = call_args32,
	.in_syscall = x86_in_syscall,
	.plan = plan32,
	.flow = x86_flow,
	.call_ways = 2 /* glibc: where the old action is asked for, and not */,
	.skip_call = x86_skip_call,
	.syscall_setup = setup32,
	.syscall_result = result32,
	.syscall_bytes = syscall_bytes32,
	.syscall_restart = restart32,
	.syscall_name = x86_syscall_name32,
	.gadgets_find = x86_gadgets_find32,
	.vector = vector32,
	.frame_build = x86_frame_build,
	.frame_sets = {NT_XSTATE, NT_FPREGS},
	.frame_back = x86_frame_back,
	.waiting_call = x86_waiting_call,
};

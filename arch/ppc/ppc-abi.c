/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The three ABIs, ppc (32-bit SysV, big endian), ppc64 (ELFv1, big endian) and
 * ppc64le (ELFv2), as the rest of upd sees them: names and places of
 * registers, numbers of system calls, and the table of functions.
 */
#include "fallback-ppc.h"
#include "fallback-ppc64.h"
#include "fallback-ppc64le.h"
#include "ppc-abi.h"

/* ELF's. */
enum { MACHINE_PPC = 20, MACHINE_PPC64 = 21 };
enum { NT_FPREGS = 2, NT_VMX = 0x100, NT_VSX = 0x102 };

/* struct pt_regs. The link register has two numbers of DWARF, 65 in .eh_frame
 * and 108 in .debug_info, and so has ctr, 66 and 109; the condition register is 64 or, all
 * of it in the place of its field cr2, 70. The thread pointer, which no program
 * changes, is r13 of 64 bits, r2 of 32. */
#define THREAD(W, OF) ((W) == (OF) ? UINT64_MAX : 0)
#define PPC_REGISTERS(W, SOFTE)                                         \
	{"r0", 0 * (W), (W), 0, false, 0}, {"r1", 1 * (W), (W), 1, false, 0}, \
		{"r2", 2 * (W), (W), 2, false, THREAD(W, 4)},              \
		{"r3", 3 * (W), (W), 3, false, 0},                         \
		{"r4", 4 * (W), (W), 4, false, 0},                         \
		{"r5", 5 * (W), (W), 5, false, 0},                         \
		{"r6", 6 * (W), (W), 6, false, 0},                         \
		{"r7", 7 * (W), (W), 7, false, 0},                         \
		{"r8", 8 * (W), (W), 8, false, 0},                         \
		{"r9", 9 * (W), (W), 9, false, 0},                         \
		{"r10", 10 * (W), (W), 10, false, 0},                      \
		{"r11", 11 * (W), (W), 11, false, 0},                      \
		{"r12", 12 * (W), (W), 12, false, 0},                      \
		{"r13", 13 * (W), (W), 13, false, THREAD(W, 8)},           \
		{"r14", 14 * (W), (W), 14, false, 0},                      \
		{"r15", 15 * (W), (W), 15, false, 0},                      \
		{"r16", 16 * (W), (W), 16, false, 0},                      \
		{"r17", 17 * (W), (W), 17, false, 0},                      \
		{"r18", 18 * (W), (W), 18, false, 0},                      \
		{"r19", 19 * (W), (W), 19, false, 0},                      \
		{"r20", 20 * (W), (W), 20, false, 0},                      \
		{"r21", 21 * (W), (W), 21, false, 0},                      \
		{"r22", 22 * (W), (W), 22, false, 0},                      \
		{"r23", 23 * (W), (W), 23, false, 0},                      \
		{"r24", 24 * (W), (W), 24, false, 0},                      \
		{"r25", 25 * (W), (W), 25, false, 0},                      \
		{"r26", 26 * (W), (W), 26, false, 0},                      \
		{"r27", 27 * (W), (W), 27, false, 0},                      \
		{"r28", 28 * (W), (W), 28, false, 0},                      \
		{"r29", 29 * (W), (W), 29, false, 0},                      \
		{"r30", 30 * (W), (W), 30, false, 0},                      \
		{"r31", 31 * (W), (W), 31, false, 0},                      \
		{"nip", 32 * (W), (W), -1, false, 0},                      \
		{"msr", 33 * (W), (W), -1, true, 0},                       \
		{"orig_gpr3", 34 * (W), (W), -1, true, 0},                 \
		{"ctr", 35 * (W), (W), 66, false, 0},                      \
		{"link", 36 * (W), (W), 65, false, 0},                     \
		{"xer", 37 * (W), (W), 76, false, 0},                      \
		{"ccr", 38 * (W), (W), 64, false, 0},                      \
		{SOFTE, 39 * (W), (W), -1, true, 0},                       \
		{"trap", 40 * (W), (W), -1, true, 0},                      \
		{"dar", 41 * (W), (W), -1, true, 0},                       \
		{"dsisr", 42 * (W), (W), -1, true, 0},                     \
		{"result", 43 * (W), (W), -1, true, 0},                    \
		{"pc", 32 * (W), (W), -1, false, 0},                       \
		{"sp", 1 * (W), (W), -1, false, 0},                        \
		{"lr", 36 * (W), (W), 108, false, 0},                      \
		{"cr", 38 * (W), (W), 70, false, 0},                       \
		{"count", 35 * (W), (W), 109, false, 0},

static const struct arch_reg regs64[] = {PPC_REGISTERS(8, "softe")};
static const struct arch_reg regs32[] = {PPC_REGISTERS(4, "mq")};

static const int8_t call_args[PPC_SC_NARGS] = {3, 4, 5, 6, 7, 8};

static const char *const args[PPC_NARGS] = {"r3", "r4", "r5", "r6",
					    "r7", "r8", "r9", "r10"};

static const int64_t sysno64[ARCH_SYSNO_COUNT] = {
	[ARCH_SYS_MMAP] = 90,
	[ARCH_SYS_MUNMAP] = 91,
	[ARCH_SYS_MPROTECT] = 125,
	[ARCH_SYS_OPENAT] = 286,
	[ARCH_SYS_CLOSE] = PPC_NR_CLOSE,
	[ARCH_SYS_MEMFD_CREATE] = 360,
	[ARCH_SYS_FTRUNCATE] = 93,
	[ARCH_SYS_RT_SIGACTION] = 173,
	[ARCH_SYS_RT_SIGPROCMASK] = 174,
	[ARCH_SYS_RT_SIGRETURN] = 172,
	[ARCH_SYS_PRCTL] = 171,
	[ARCH_SYS_RESTART] = 0,
};

/* ftruncate64 would want its length in r5 and r6. */
static const int64_t sysno32[ARCH_SYSNO_COUNT] = {
	[ARCH_SYS_MMAP] = 192,		 [ARCH_SYS_MUNMAP] = 91,
	[ARCH_SYS_MPROTECT] = 125,	 [ARCH_SYS_OPENAT] = 286,
	[ARCH_SYS_CLOSE] = PPC_NR_CLOSE, [ARCH_SYS_MEMFD_CREATE] = 360,
	[ARCH_SYS_FTRUNCATE] = 93,	 [ARCH_SYS_RT_SIGACTION] = 173,
	[ARCH_SYS_RT_SIGPROCMASK] = 174, [ARCH_SYS_RT_SIGRETURN] = 172,
	[ARCH_SYS_PRCTL] = 171,		 [ARCH_SYS_RESTART] = 0,
};

/* Offsets: the source, fallback-ppc.S, puts them there. */
#define PPC_BLOB(bytes)                                             \
	{                                                           \
		.code = bytes, .len = sizeof(bytes), .restorer = 0, \
		.syscall_stub = 16, .entry = 32,                    \
	}

static const struct arch_blob blob32 = PPC_BLOB(fallback_ppc);
static const struct arch_blob blob64 = PPC_BLOB(fallback_ppc64);
static const struct arch_blob blob64le = PPC_BLOB(fallback_ppc64le);

/* The functions of one ABI, which know its mode. */
#define PPC_FUNCTIONS(abi, mode)                                              \
	static int abi##_return_addr(const struct regs *entry,                \
				     const struct arch_mem *mem,              \
				     uint64_t *ret_addr)                      \
	{                                                                     \
		(void)mem;                                                    \
		return ppc_return_addr(mode, entry, ret_addr);                \
	}                                                                     \
	static bool abi##_has_returned(const struct regs *entry,              \
				       const struct regs *now)                \
	{                                                                     \
		return ppc_has_returned(mode, entry, now);                    \
	}                                                                     \
	static uint64_t abi##_pc(const struct regs *regs)                     \
	{                                                                     \
		return ppc_get(mode, regs, PPC_NIP);                          \
	}                                                                     \
	static void abi##_set_pc(struct regs *regs, uint64_t pc)              \
	{                                                                     \
		ppc_set_pc(mode, regs, pc);                                   \
	}                                                                     \
	static uint64_t abi##_sp(const struct regs *regs)                     \
	{                                                                     \
		return ppc_get(mode, regs, 1);                                \
	}                                                                     \
	static uint64_t abi##_retval(const struct regs *regs)                 \
	{                                                                     \
		return ppc_get(mode, regs, 3);                                \
	}                                                                     \
	static void abi##_syscall_setup(struct regs *regs, uint64_t stub,     \
					const struct arch_syscall *call)      \
	{                                                                     \
		ppc_syscall_setup(mode, regs, stub, call);                    \
	}                                                                     \
	static int64_t abi##_syscall_result(const struct regs *regs)          \
	{                                                                     \
		return ppc_syscall_result(mode, regs);                        \
	}                                                                     \
	static bool abi##_in_syscall(const struct regs *regs)                 \
	{                                                                     \
		return ppc_in_syscall(mode, regs);                            \
	}                                                                     \
	static bool abi##_at_trap(const struct regs *regs)                    \
	{                                                                     \
		return ppc_at_trap(mode, regs);                               \
	}                                                                     \
	static size_t abi##_syscall_bytes(uint8_t out[ARCH_INSN_MAX])         \
	{                                                                     \
		return ppc_syscall_bytes(mode, out);                          \
	}                                                                     \
	static bool abi##_gadgets_find(struct arch_gadgets *g, uint64_t addr, \
				       const uint8_t *text, size_t len)       \
	{                                                                     \
		return ppc_gadgets_find(mode, g, addr, text, len);            \
	}                                                                     \
	static bool abi##_frame_back(const struct arch_gadgets *g,            \
				     const struct regs *regs,                 \
				     const struct arch_mem *mem)              \
	{                                                                     \
		(void)mem;                                                    \
		return ppc_frame_back(mode, g, regs);                         \
	}                                                                     \
	static size_t abi##_frame_build(                                      \
		const struct arch_gadgets *g, const struct arch_state *state, \
		uint64_t at, uint8_t *out, size_t max, struct regs *ret_regs) \
	{                                                                     \
		return ppc_frame_build(mode, g, state, at, out, max,          \
				       ret_regs);                             \
	}                                                                     \
	static int64_t abi##_waiting_call(const struct regs *regs,            \
					  int64_t before)                     \
	{                                                                     \
		return ppc_waiting_call(mode, regs, before);                  \
	}                                                                     \
	/* who is past an instruction is not at its trap any more */          \
	static int abi##_emulate(const struct plan *plan, struct regs *regs,  \
				 const struct arch_mem *mem)                  \
	{                                                                     \
		int rc = ppc_emulate(plan, regs, mem);                        \
		if (!rc)                                                      \
			ppc_put(mode, regs, PPC_TRAP, 0);                     \
		return rc;                                                    \
	}                                                                     \
	static bool abi##_syscall_restart(struct regs *regs, bool ours)       \
	{                                                                     \
		return ppc_syscall_restart(mode, regs, ours);                 \
	}

PPC_FUNCTIONS(ppc32, PPC_MODE_PPC)
PPC_FUNCTIONS(ppc64, PPC_MODE_PPC64)
PPC_FUNCTIONS(ppc64le, PPC_MODE_PPC64LE)

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ELFv2 ABI 3.4.1: the top three bits, 2 to 6, are a power of two, in bytes;
 * with 0 and 1 the two entry points are one. */
static unsigned entry_offset(uint8_t st_other)
{
	unsigned n = st_other >> 5;

	return n >= 2 && n <= 6 ? 1u << n : 0;
}

/* f0 to f31 are 32 to 63; v0 to v31 are 77 to 108 (ELFv2 ABI 2.4; gcc), or 1124
 * to 1155 (the 32-bit supplement). */
static bool vector(unsigned dwarf, struct arch_vector *ret)
{
	unsigned v = dwarf >= 1124 ? dwarf - 1124 : dwarf - 77;

	if (dwarf - 32 < 32) {
		*ret = (struct arch_vector){
			.set = NT_FPREGS,
			.offset = (uint16_t)(8 * (dwarf - 32)),
			.size = 8,
			.form = ARCH_VECTOR_DOUBLE,
		};
		return true;
	}
	*ret = (struct arch_vector){
		.set = NT_VMX,
		.offset = (uint16_t)(16 * v),
		.size = 16,
		.form = ARCH_VECTOR_BYTES,
	};
	return v < 32;
}

/* An I-form branch reaches 32 MiB. */
#define PPC_COMMON(abi)                                                       \
	.bp_len = 4, .bp_advance = 0, .insn_align = 4,                        \
	.bp_si_code = 1 /* TRAP_BRKPT */, .at_trap = abi##_at_trap,           \
	.slot_reach = 32 << 20, .arg_regs = args, .nargs = COUNT(args),       \
	.ret_reg = "r3", .pc_reg = "nip", .sp_reg = "r1",                     \
	.syscall_nr_reg = "r0", .syscall_args_dwarf = call_args,              \
	.syscall_ret_dwarf = 3, .plan = abi##_plan, .around = abi##_around,   \
	.around_len = PPC_AROUND, .slot_build = ppc_slot_build,               \
	.emulate = abi##_emulate, .before_step = ppc_before_step,             \
	.after_step = ppc_after_step, .slot_leave = ppc_slot_leave,           \
	.return_addr = abi##_return_addr, .has_returned = abi##_has_returned, \
	.pc = abi##_pc, .set_pc = abi##_set_pc, .sp = abi##_sp,               \
	.retval = abi##_retval, .syscall_setup = abi##_syscall_setup,         \
	.syscall_result = abi##_syscall_result,                               \
	.in_syscall = abi##_in_syscall, .syscall_bytes = abi##_syscall_bytes, \
	.syscall_restart = abi##_syscall_restart, .flow = ppc_flow,           \
	.call_ways = 2 /* sc and scv */, .skip_call = ppc_skip_call,          \
	.gadgets_find = abi##_gadgets_find, .frame_back = abi##_frame_back,   \
	.frame_build = abi##_frame_build, .vector = vector,                   \
	.frame_sets = {NT_FPREGS, NT_VMX, NT_VSX},                            \
	.waiting_call = abi##_waiting_call

/* struct pt_regs has 44 words; NT_PRSTATUS is filled up with zeroes. Nearly all
 * that addpcis may refer to is within its 2 GiB of a guarded slot, too. */
#define PPC64_COMMON                                                           \
	.e_machine = MACHINE_PPC64, .word_size = 8, .regs_size = PPC_REGS * 8, \
	.pt_regs_size = 44 * 8, .regs = regs64, .nregs = COUNT(regs64),        \
	.slot_far = 0x7fff0000,                                                \
	.sysno = sysno64, .syscall_name = ppc64_syscall_name

const struct arch arch_ppc = {
	PPC_COMMON(ppc32),
	.name = "ppc",
	.e_machine = MACHINE_PPC,
	.word_size = 4,
	.big_endian = true,
	.regs_size = PPC_REGS * 4,
	.pt_regs_size = 44 * 4,
	.slot_far = 0xffffffff,
	.bp = {0x7f, 0xe0, 0x00, 0x08},
	.rseq_sig = {0x0f, 0xe5, 0x00, 0x0b},
	.regs = regs32,
	.nregs = COUNT(regs32),
	.sysno = sysno32,
	.syscall_name = ppc32_syscall_name,
	.fallback = &blob32,
	/* back chain and the callee's room for the link register */
	.stack_args = 8,
};

/* A function may use 288 bytes below the stack pointer, and the kernel takes
 * care of 512. Behind a frame's header lies room for all arguments, those in
 * registers, too. */
const struct arch arch_ppc64 = {
	PPC_COMMON(ppc64),
	PPC64_COMMON,
	.name = "ppc64",
	.big_endian = true,
	.bp = {0x7f, 0xe0, 0x00, 0x08},
	.rseq_sig = {0x0f, 0xe5, 0x00, 0x0b},
	.red_zone = 512,
	.fallback = &blob64,
	.descriptors = true,
	.stack_args = 48 + PPC_NARGS * 8,
};

const struct arch arch_ppc64le = {
	PPC_COMMON(ppc64le),
	PPC64_COMMON,
	.name = "ppc64le",
	.bp = {0x08, 0x00, 0xe0, 0x7f},
	.rseq_sig = {0x0b, 0x00, 0xe5, 0x0f},
	.red_zone = 512,
	.fallback = &blob64le,
	.entry_offset = entry_offset,
	.stack_args = 32 + PPC_NARGS * 8,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The contract between upd and an instruction set. All knowledge of machine
 * code, registers, calling conventions and system calls is behind one const
 * `struct arch` per ABI. Everything here is pure: bytes and registers in,
 * bytes and registers out; the caller does the ptrace. All backends are
 * compiled on every host and chosen at run time; target addresses are
 * uint64_t, never pointers.
 */
#ifndef UPD_ARCH_H
#define UPD_ARCH_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ARCH_INSN_MAX = 16, /* longest instruction */
	ARCH_SLOT_MAX = 64, /* room of one slot, code and literals */
	ARCH_REGS_MAX = 512, /* largest general register set */
	ARCH_BP_MAX = 4,
	ARCH_AROUND_MAX = 128, /* text before and behind a site */
	ARCH_VECTOR_SET = 512, /* what `vector` tells of lies within these */
};

/* A general register set, byte for byte as PTRACE_GETREGSET NT_PRSTATUS gives
 * it for the task's ABI. It begins with the kernel's struct pt_regs of that
 * ABI (checked where it doesn't), so it is also the context of a program. */
struct regs {
	uint32_t size; /* bytes in use; tells the ABI (i386 from x86_64) */
	_Alignas(16) uint8_t raw[ARCH_REGS_MAX];
};

/* The strategies of getting past a breakpoint, as a mask; the order is the
 * order of preference. */
enum strategy {
	STRATEGY_EMULATE = 1 << 0,
	STRATEGY_BOOST = 1 << 1,
	STRATEGY_XOL = 1 << 2,
	STRATEGY_INPLACE = 1 << 3,
};

/* Memory of the target, for emulation and fix-up. 0 or a negative code. */
struct arch_mem {
	int (*read)(void *ctx, uint64_t addr, void *buf, size_t len);
	int (*write)(void *ctx, uint64_t addr, const void *buf, size_t len);
	void *ctx;
};

/* What is known of one instruction: made once, when a site is planted. The
 * arch-private part says how to emulate, relocate and fix up. */
struct plan {
	uint64_t addr;               /* of the instruction */
	uint8_t insn[ARCH_INSN_MAX]; /* original bytes */
	uint8_t len;                 /* of the instruction */
	uint8_t strategies;          /* mask: those that are right here */
	char why[96]; /* for people: the instruction's text, and why a
		       * strategy is missing, e.g. "push %rbp" */
	uint64_t priv[8]; /* the backend's own */
};

/* One slot's contents, built for its address. A slot is a sequence that by
 * itself does all that the original does and goes on where that would. It may
 * hold literals: the target must be able to read it. */
struct slot_code {
	uint8_t bytes[ARCH_SLOT_MAX];
	uint8_t len; /* bytes in use */
	/* Length of the first instruction: at offset 0 nothing has been done
	 * yet. What the places behind it mean only slot_leave() knows. */
	uint8_t copy_len;
	/* A way out is too far for a branch, and is a breakpoint instead:
	 * a task is stepped here, or taken out by slot_leave() when it gets
	 * there. */
	bool guarded;
};

/* What has become of a single step in a slot or in place. */
enum step_result {
	STEP_DONE,     /* registers now as after the original instruction */
	STEP_NOT_YET,  /* a rep iteration, or a slot of several instructions
			* that isn't through: step again, from where it is */
};

/* A remote system call to be made by a task. */
struct arch_syscall {
	uint64_t nr;
	uint64_t args[6];
};

/* Code of the program's own through which a task makes a system call for us
 * and then returns, by itself, to where it was. */
struct arch_gadgets {
	uint64_t call;	  /* a system call instruction ... */
	uint8_t call_len; /* ... its length ... */
	uint8_t pops;	  /* ... and the words taken off before its return */
	uint8_t code[16]; /* what was found there, to compare */
	uint8_t back_code[12], code_len, back_len;
	uint64_t back; /* makes the call that returns from a signal; or, when
			* back_pops, takes that call's number off the stack */
	bool back_pops;
};

/* One of arch.frame_sets, as PTRACE_GETREGSET gives it; len 0: the machine does
 * not have it. */
struct arch_set {
	const uint8_t *bytes;
	size_t len;
};

enum { ARCH_FRAME_SETS = 3 };

/* What such a frame is made of: registers, signal mask, and the floating point
 * and vector registers. */
struct arch_state {
	const struct regs *regs;
	uint64_t mask;
	struct arch_set sets[ARCH_FRAME_SETS];
	int64_t waiting; /* what waiting_call found before */
};

/* Portable names of the calls that upd injects, and of what the kernel goes on
 * with after an interruption. */
enum arch_sysno {
	ARCH_SYS_MMAP, /* i386: mmap2, whose offset is in pages */
	ARCH_SYS_MUNMAP,
	ARCH_SYS_MPROTECT,
	ARCH_SYS_OPENAT,
	ARCH_SYS_CLOSE,
	ARCH_SYS_MEMFD_CREATE,
	ARCH_SYS_FTRUNCATE,
	ARCH_SYS_RT_SIGACTION,
	ARCH_SYS_RT_SIGPROCMASK,
	ARCH_SYS_RT_SIGRETURN,
	ARCH_SYS_PRCTL,
	ARCH_SYS_RESTART,
	ARCH_SYSNO_COUNT,
};

/* The fallback handler: position-independent code that survives the tracer
 * (DESIGN.md section 2). It is copied to the start of the code memfd; the
 * table it reads lies behind it. See arch/fallback.h for the table's layout. */
struct arch_blob {
	const uint8_t *code;
	size_t len;
	size_t entry;    /* offset of the signal handler */
	size_t restorer; /* offset of the sa_restorer stub */
	size_t syscall_stub; /* offset of "system call; breakpoint" for
			      * injecting system calls */
};

/* What an instruction does, for those who follow a function's code. */
struct arch_flow {
	bool branches; /* goes on at target, or may, or calls what is there */
	bool ends;     /* what is behind it is not reached from it */
	bool calls_kernel;
	bool has_number; /* loads what says which system call is made */
	uint64_t target;
	int64_t number;
};

enum { ARCH_CALL_WAYS_MAX = 2 };

struct arch_reg {
	const char *name;  /* the language's reg("...") name */
	uint16_t offset;   /* in struct regs.raw, and so in the context */
	uint8_t size;      /* bytes */
	int16_t dwarf;     /* DWARF number, -1: none */
	bool fixed;        /* not to be set: the kernel may not accept it */
	uint64_t passing;  /* bits that the processor sets and clears by
			    * itself, or that are the thread's, whatever the
			    * program does */
};

/* What narrower values look like in a floating point or vector register. */
enum arch_vector_form {
	ARCH_VECTOR_BYTES,    /* as in memory, at its beginning */
	ARCH_VECTOR_DOUBLE,   /* numbers alone, all in the form of a double */
	ARCH_VECTOR_EXTENDED, /* numbers alone, in the 80 bits of the x87 */
};

/* Where such a register is in what PTRACE_GETREGSET gives. */
struct arch_vector {
	uint16_t set;	 /* note type */
	uint16_t offset; /* in the set */
	uint8_t size;
	enum arch_vector_form form;
};

struct arch {
	const char *name; /* "x86_64", "i386", "ppc64le" ... */
	uint16_t e_machine;
	uint8_t word_size; /* 4, 8 */
	bool big_endian;
	/* A function's address is that of a descriptor: three words, the first
	 * its code's address, the second that of its module's data (ELFv1). */
	bool descriptors;
	uint16_t regs_size; /* NT_PRSTATUS length */
	uint16_t pt_regs_size; /* of the context a program may read */
	uint8_t bp[ARCH_BP_MAX]; /* the breakpoint instruction */
	uint8_t bp_len;
	uint8_t bp_advance; /* how far the pc is behind the breakpoint's start
			     * when its trap is reported: x86 1, ppc 0 */
	int32_t bp_si_code; /* of its SIGTRAP: SI_KERNEL, TRAP_BRKPT */
	uint8_t rseq_sig[4]; /* librseq's RSEQ_SIG, as it lies in memory */
	uint8_t insn_align;  /* 1, 4 */
	uint16_t red_zone; /* bytes below sp that leaf functions use */
	uint64_t slot_reach; /* how far a slot may be from its text */
	uint64_t slot_far;   /* ... and how far one that may be guarded, where
			      * there is no room nearer; 0: no farther */
	/* Debug registers among what PTRACE_POKEUSER writes, words: where the
	 * first is (0: there are none of that kind), which controls them, and
	 * what makes it watch four bytes at the first's address for writes. */
	uint16_t debug_regs, debug_control;
	uint32_t debug_write4;
	const struct arch_reg *regs; /* all registers by name */
	size_t nregs;
	const int64_t *sysno; /* [ARCH_SYSNO_COUNT] */
	const struct arch_blob *fallback; /* NULL: none for this ABI yet */
	/* The calling convention, by names in regs. */
	const char *const *arg_regs; /* integer arguments in registers */
	size_t nargs;		     /* how many */
	const char *ret_reg, *pc_reg, *sp_reg;
	/* System calls: the register that has the number, also at the end of
	 * the call; DWARF numbers of their arguments, of the result, and of
	 * where a program puts the number. */
	const char *syscall_nr_reg;
	const int8_t *syscall_args_dwarf; /* [6] */
	int8_t syscall_ret_dwarf, syscall_nr_dwarf;
	bool ret_on_stack; /* return_addr reads it from there */
	int stack_args; /* at a function's first instruction, argument N
			 * (counted from 0 after those in registers) is at
			 * sp + stack_args + N * word_size */

	/* Decodes the instruction at addr (`n` bytes available, which may be
	 * less than ARCH_INSN_MAX at the end of a mapping) and fills the plan.
	 * ERR_REFUSED with a sentence naming bytes and address when it must
	 * not be probed, or cannot be decoded for certain. */
	int (*plan)(uint64_t addr, const uint8_t *bytes, size_t n,
		    struct plan *ret_plan, struct err *err);

	/* Is addr a place that must not be probed because of what is around it
	 * (a trap between a load-reserve and its store-conditional would make
	 * that fail for ever)? `text` is what lies from text_addr on: around_len
	 * bytes before and behind addr, less where the mapping begins or ends.
	 * 0 or ERR_REFUSED with a sentence. NULL: there is no such place. */
	int (*around)(uint64_t addr, const uint8_t *text, uint64_t text_addr,
		      size_t n, struct err *err);
	uint16_t around_len;

	/* Builds the slot of a planned instruction for slot_addr: the
	 * relocated instruction (or an equivalent sequence) that goes on at
	 * the original's successor by itself, unless it is guarded.
	 * ERR_REFUSED when out of reach. */
	int (*slot_build)(const struct plan *plan, uint64_t slot_addr,
			  struct slot_code *ret_code, struct err *err);

	/* STRATEGY_EMULATE: regs (pc at the instruction) become those after it.
	 * Memory is written first; any error means that nothing was changed
	 * and the slot must be used instead (a fault is then the target's own,
	 * and what emulation does not do, a trap flag of the program's own or
	 * an odd segment, is done by the processor). */
	int (*emulate)(const struct plan *plan, struct regs *regs,
		       const struct arch_mem *mem);

	/* Before the first, and after each, single step of the copy at
	 * slot_addr. When after_step says STEP_DONE, regs and memory are those
	 * that the original would have left. STRATEGY_INPLACE: with slot_addr
	 * the instruction's own address. */
	int (*before_step)(const struct plan *plan, uint64_t slot_addr,
			   struct regs *regs, const struct arch_mem *mem);
	int (*after_step)(const struct plan *plan, uint64_t slot_addr,
			  struct regs *regs, const struct arch_mem *mem,
			  enum step_result *ret);

	/* A task whose pc lies in the slot must be seen elsewhere (a signal is
	 * to be delivered, detach, fork, core): moves regs to the equivalent
	 * state in the original text: the instruction itself when the copy has
	 * not run, its successor when it has. 0, or ERR_AGAIN when the state
	 * has no equivalent (the caller steps once and asks again). */
	int (*slot_leave)(const struct plan *plan, const struct slot_code *code,
			  uint64_t slot_addr, struct regs *regs,
			  const struct arch_mem *mem);

	/* How far behind its symbol a function begins for every caller, by the
	 * symbol's st_other: a caller in the same module of ELFv2 enters at the
	 * local entry point, behind what sets up r2. NULL: at the symbol. */
	unsigned (*entry_offset)(uint8_t st_other);

	/* Is the pc at a return instruction's target for a call that was made
	 * with `entry` registers? Where a function's return address is at its
	 * first instruction. */
	int (*return_addr)(const struct regs *entry, const struct arch_mem *mem,
			   uint64_t *ret_addr);
	/* At the return address: has the frame of that call been left? */
	bool (*has_returned)(const struct regs *entry, const struct regs *now);

	/* Do the registers say that an instruction that traps was reached, and
	 * not a step's end or a signal that was sent? NULL: they can't. */
	bool (*at_trap)(const struct regs *regs);

	/* The floating point or vector register of that DWARF number; false:
	 * it is none. */
	bool (*vector)(unsigned dwarf, struct arch_vector *ret);

	/* Register access. */
	uint64_t (*pc)(const struct regs *regs);
	void (*set_pc)(struct regs *regs, uint64_t pc);
	uint64_t (*sp)(const struct regs *regs);
	uint64_t (*retval)(const struct regs *regs);

	/* Remote system calls. stub is the address of a system call
	 * instruction (arch_gadgets.call, or syscall_bytes written somewhere).
	 * syscall_setup changes regs so that resuming makes the call, with
	 * restart of an interrupted call suppressed; syscall_result reads the
	 * value afterwards (negative errno on failure). */
	void (*syscall_setup)(struct regs *regs, uint64_t stub,
			      const struct arch_syscall *call);
	int64_t (*syscall_result)(const struct regs *regs);
	/* For arch_find_calls, NULL: nothing is found. ret comes zeroed. A C
	 * library has this many ways into the kernel, of which it takes one. */
	void (*flow)(const struct plan *plan, struct arch_flow *ret);
	uint8_t call_ways;
	/* The pc is at an instruction that calls the kernel: registers as after
	 * the call, had it given this result (negative errno on failure). */
	void (*skip_call)(const struct plan *plan, struct regs *regs,
			  int64_t result);
	/* Is the task in a system call, or just back from it? */
	bool (*in_syscall)(const struct regs *regs);
	/* Bytes of a "system call; breakpoint" pair, for targets in which no
	 * gadget is found. Returns the length. */
	size_t (*syscall_bytes)(uint8_t out[ARCH_INSN_MAX]);
	/* For tasks that must find back without us (both may be NULL). Looks
	 * for gadgets in a text that lies at addr; true when all are there. */
	bool (*gadgets_find)(struct arch_gadgets *g, uint64_t addr,
			     const uint8_t *text, size_t len);
	/* Builds at address `at` what a task with `ret_regs` (which have not
	 * made a call yet: use syscall_setup on them, with stub g->call) will
	 * find on its stack, and that brings it back to `state`; a call that
	 * was interrupted is made again. Number of bytes, 0: no room. */
	size_t (*frame_build)(const struct arch_gadgets *g,
			      const struct arch_state *state, uint64_t at,
			      uint8_t *out, size_t max, struct regs *ret_regs);
	/* What a frame needs besides: note types, 0: no more. */
	uint16_t frame_sets[ARCH_FRAME_SETS];
	/* A task stands in the call gadget: is it one that will return through
	 * such a frame? */
	bool (*frame_back)(const struct arch_gadgets *g,
			   const struct regs *regs, const struct arch_mem *mem);
	/* The number of the interrupted call that the kernel will go on with
	 * (-ERESTART_RESTARTBLOCK); `before` where it does so not for the
	 * first time: then registers no longer tell. -1: none, or unknown. */
	int64_t (*waiting_call)(const struct regs *regs, int64_t before);
	/* The registers of a task that INTERRUPT took out of a system call:
	 * makes them such that the call is made again when they are written
	 * back, whatever is injected meanwhile. Returns true when it changed
	 * them. `ours`: the stop is ours alone, no signal waits: then a call
	 * that gave up with -EINTR is made again too (a relative timeout
	 * starts anew), but for close(), which has done its work by then.
	 * -ERESTART_RESTARTBLOCK is left alone: written back as they were,
	 * orig_rax included, the registers make the kernel go on with the
	 * time that is left. Injected calls must not sleep, they would take
	 * the place of what the kernel remembers for that. */
	bool (*syscall_restart)(struct regs *regs, bool ours);
	/* The name of a system call; NULL: there is none of that number. */
	const char *(*syscall_name)(int64_t nr);
};

extern const struct arch arch_x86_64, arch_i386;
extern const struct arch arch_ppc, arch_ppc64, arch_ppc64le;

/* All backends; NULL-terminated. */
extern const struct arch *const arch_all[];

/* By ELF header fields; NULL when there is no backend. */
const struct arch *arch_by_elf(uint16_t e_machine, uint8_t elf_class,
			       bool big_endian);
/* By the size of a task's general register set, where two have the same the
 * one of this host's byte order: only a task on this host has registers. */
const struct arch *arch_by_regs(const struct regs *regs);
/* That of the programs which this one was built like; where it has no backend,
 * some other. */
const struct arch *arch_host(void);

/* The 32-bit programs that a kernel of the host's kind runs, too; NULL: none. */
const struct arch *arch_compat(void);
/* In the function at entry, or those that it jumps to or calls, the
 * instructions that make system call nr, each of which is a way of its own to
 * do so; their number, at most arch->call_ways. */
size_t arch_find_calls(const struct arch *arch, uint64_t entry,
		       const struct arch_mem *mem, int64_t nr,
		       uint64_t ret[ARCH_CALL_WAYS_MAX]);

/* The register of that name, NULL when unknown. */
const struct arch_reg *arch_reg(const struct arch *arch, const char *name);
const struct arch_reg *arch_reg_dwarf(const struct arch *arch, int dwarf);
/* Numbers of 1 to 8 bytes in the target's byte order. */
uint64_t arch_load(const struct arch *arch, const void *bytes, size_t size);
void arch_store(const struct arch *arch, void *bytes, size_t size,
		uint64_t value);
/* Reads a register's value, zero-extended. */
uint64_t arch_reg_get(const struct arch *arch, const struct regs *regs,
		      const struct arch_reg *reg);
void arch_reg_set(const struct arch *arch, struct regs *regs,
		  const struct arch_reg *reg, uint64_t value);

/* The value of `size` bytes that register v holds, as it would lie in the
 * target's memory; `set` is the register set that v names, of which there are
 * `len` bytes. ERR_UNSUPP: it holds nothing of that size. */
int arch_vector_get(const struct arch *arch, const struct arch_vector *v,
		    const uint8_t *set, size_t len, void *to, size_t size);

/* Do two tasks, or one at two times, have the same registers? Those that a
 * program cannot set without the kernel are left out, they belong to the
 * thread, or to what it was stopped by; so are passing bits. */
bool arch_same_place(const struct arch *arch, const struct regs *a,
		     const struct regs *b);

/* "emulate", "boost", "xol", "inplace"; and the strategy of a name, 0: none. */
const char *strategy_name(enum strategy s);
unsigned strategy_by_name(const char *name);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child in which native.c executes instructions: its memory is shared and
 * lies at fixed addresses, its registers are set and read with ptrace. Ends
 * the program with status 99 when something is wrong with the test itself.
 */
#ifndef UPD_NATIVE_CHILD_H
#define UPD_NATIVE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/user.h>

/* Where things are. Two slots: near, and 1.9 GiB away. */
enum {
	BASE = 0x10000000,
	TEXT_AT = BASE + 0x1000,
	TEXT_SIZE = 0x2000,	   /* int3 around the form, then data */
	TEXT_DATA = BASE + 0x2000, /* 0x1000 behind the form */
	DATA_AT = 0x30000000,
	STACK_AT = 0x31000000,
	AREA_SIZE = 0x2000,
	XSTATE_MAX = 4096, /* x87, SSE, AVX, AVX-512 ... */
	XSTATE_HEADER = 512,
};
#define SLOT_FAR  0x7e001000UL
#define SLOT_NEAR 0x20001000UL

struct memory {
	uint8_t text_data[0x1000], data[AREA_SIZE], stack[AREA_SIZE];
};

struct state {
	struct user_regs_struct regs;
	union { /* the first is how the second begins */
		struct user_fpregs_struct fp;
		uint8_t xstate[XSTATE_MAX];
	};
	struct memory mem;
	int sig;
};

/* Maps everything and starts the child. Pairs with child_end. */
void child_start(void);
void child_end(void);

/* Random registers and memory, the same in each run; syscall_nr: the number
 * that the accumulator holds, 0: an address. */
void child_make_state(struct state *s, unsigned word, unsigned syscall_nr);

/* The state, with another pc. */
void child_enter(const struct state *s, uint64_t pc);
void child_put_memory(const struct memory *m);
void child_get_memory(struct memory *m);
void child_put_regs(const struct user_regs_struct *regs);
void child_get_regs(struct user_regs_struct *regs);
/* All, and the signal that stopped it. */
void child_get_state(struct state *s, int sig);

/* PTRACE_CONT or PTRACE_SINGLESTEP; the signal that stops it. */
int child_resume(int request);
/* To the next int3, where the pc is put, or fault. */
void child_run(struct state *s);
/* How often it was resumed. */
int child_runs(void);

#endif

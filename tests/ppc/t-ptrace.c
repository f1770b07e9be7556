/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What upd stands on, without upd: a trap word at a function of a child is hit
 * exactly as often as the function is called, each hit leaves the program
 * counter at the trap, and the child computes what it would without it.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <asm/ptrace.h>

enum { CALLS = 1000, TRAP = 0x7fe00008 };

#define CHECK(cond)                                                     \
	do {                                                            \
		if (!(cond)) {                                          \
			printf("line %d: not so: %s (%s)\n", __LINE__,  \
			       #cond, strerror(errno));                 \
			exit(1);                                        \
		}                                                       \
	} while (0)

static volatile unsigned sum;

__attribute__((noinline, noclone)) static void probed(unsigned i)
{
	sum += i;
}

/*
 * Called through a pointer: a direct call of ELFv2 enters at the local entry
 * point, behind where the symbol is.
 */
static void (*volatile call)(unsigned) = probed;

/* ELFv1's function pointers are those of descriptors. */
static unsigned long entry_of(void (*f)(unsigned))
{
#if defined(__powerpc64__) && _CALL_ELF != 2
	return *(unsigned long *)(uintptr_t)f;
#else
	return (uintptr_t)f;
#endif
}

static void child(void)
{
	unsigned i;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	for (i = 0; i < CALLS; i++)
		call(i);
	_exit(sum == CALLS * (CALLS - 1) / 2 ? 42 : 1);
}

static uint32_t swap_word(pid_t pid, unsigned long at, uint32_t word)
{
	unsigned long aligned = at & ~(sizeof(long) - 1);
	long data = ptrace(PTRACE_PEEKTEXT, pid, (void *)aligned, NULL);
	uint32_t old;

	memcpy(&old, (char *)&data + (at - aligned), sizeof(old));
	memcpy((char *)&data + (at - aligned), &word, sizeof(word));
	CHECK(ptrace(PTRACE_POKETEXT, pid, (void *)aligned,
		     (void *)data) == 0);
	return old;
}

static unsigned long pc_of(pid_t pid)
{
	struct pt_regs regs;
	struct iovec iov = { &regs, sizeof(regs) };

	CHECK(ptrace(PTRACE_GETREGSET, pid, (void *)(long)NT_PRSTATUS,
		     &iov) == 0);
	return regs.nip;
}

static void expect_trap(pid_t pid, int code)
{
	siginfo_t info;
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	CHECK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0);
	CHECK(info.si_code == code);
}

int main(void)
{
	unsigned long at = entry_of(probed);
	unsigned hits;
	uint32_t word;
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		child();
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	word = swap_word(pid, at, TRAP);
	for (hits = 0; hits < CALLS; hits++) {
		CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
		expect_trap(pid, TRAP_BRKPT);
		CHECK(pc_of(pid) == at);
		CHECK(swap_word(pid, at, word) == TRAP);
		CHECK(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
		expect_trap(pid, TRAP_TRACE);
		CHECK(pc_of(pid) == at + 4);
		CHECK(swap_word(pid, at, TRAP) == word);
	}
	CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	printf("%u hits\n", hits);
	return 0;
}

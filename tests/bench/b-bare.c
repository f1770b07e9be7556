/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The least that a ptrace breakpoint can cost: a trap over a nop of its length
 * at ADDRESS in process PID; for each hit wait, GETREGS, POKEUSER of the pc,
 * CONT. With -s what it costs where the instruction has to be stepped: GETREGS,
 * POKEUSER, the instruction put back, SINGLESTEP, wait, the trap put back, CONT.
 * Says "Attached 1 probe"; SIGINT or the end of the process ends it.
 *
 * usage: b-bare [-s] PID ADDRESS
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pc of a stop at the trap, and where it goes on: x86's trap is over then,
 * PowerPC's is not. */
#ifdef __powerpc__
#include <asm/ptrace.h>
typedef struct pt_regs regs_t;
static const uint32_t trap = 0x7fe00008, nop = 0x60000000;
#define PC(regs) (regs).nip
enum { AT_STOP = 0, PC_OFFSET = PT_NIP * sizeof(long) };
#else
typedef struct user_regs_struct regs_t;
static const unsigned char trap = 0xcc, nop = 0x90;
#define PC(regs) (regs).rip
enum { AT_STOP = 1, PC_OFFSET = offsetof(struct user_regs_struct, rip) };
#endif

static volatile sig_atomic_t stop;

static void on_int(int signo)
{
	(void)signo;
	stop = 1;
}

static int mem = -1;

static void poke(uint64_t addr, const void *insn)
{
	if (pwrite(mem, insn, sizeof(trap), (off_t)addr) != sizeof(trap)) {
		perror("/proc/PID/mem");
		exit(1);
	}
}

static void set_pc(pid_t pid, uint64_t pc)
{
	ptrace(PTRACE_POKEUSER, pid, (void *)(uintptr_t)PC_OFFSET,
	       (void *)(uintptr_t)pc);
}

/* Waits for the target to stop; false when it is gone. */
static int wait_stop(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR || stop)
			return 0;
	return WIFSTOPPED(status);
}

static void step(pid_t pid, uint64_t addr)
{
	set_pc(pid, addr);
	poke(addr, &nop);
	ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
	if (wait_stop(pid))
		poke(addr, &trap);
}

static unsigned long serve(pid_t pid, uint64_t addr, int steps)
{
	regs_t regs;
	unsigned long hits = 0;

	while (!stop && wait_stop(pid)) {
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
			break;
		hits += PC(regs) == addr + AT_STOP;
		if (steps)
			step(pid, addr);
		else
			set_pc(pid, addr + sizeof(trap));
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	return hits;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_int};
	uint64_t addr;
	unsigned long hits;
	char path[64];
	int steps;
	pid_t pid;

	steps = argc == 4 && !strcmp(argv[1], "-s");
	argv += steps;
	if (argc - steps != 3)
		return 2;
	pid = (pid_t)strtol(argv[1], NULL, 10);
	addr = strtoull(argv[2], NULL, 16);
	sigaction(SIGINT, &sa, NULL);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0) {
		perror("ptrace");
		return 1;
	}
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	if (!wait_stop(pid))
		return 1;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_WRONLY | O_CLOEXEC);
	poke(addr, &trap);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	fputs("Attached 1 probe\n", stderr);
	hits = serve(pid, addr, steps);
	printf("@: %lu\n", hits);
	if (stop && ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0) {
		stop = 0;
		if (wait_stop(pid))
			poke(addr, &nop);
	}
	return 0;
}

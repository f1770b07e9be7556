/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The least that a ptrace breakpoint can cost: an int3 over a one-byte nop at
 * ADDRESS in process PID; for each hit wait, GETREGS, POKEUSER of the pc,
 * CONT. Says "Attached 1 probe"; SIGINT or the end of the process ends it.
 *
 * usage: b-bare PID ADDRESS
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_int(int signo)
{
	(void)signo;
	stop = 1;
}

static void poke_byte(pid_t pid, uint64_t addr, unsigned char byte)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &byte, 1, (off_t)addr) != 1) {
		perror(path);
		exit(1);
	}
	close(fd);
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

static unsigned long serve(pid_t pid, uint64_t addr)
{
	struct user_regs_struct regs;
	unsigned long hits = 0;

	while (!stop && wait_stop(pid)) {
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
			break;
		hits += regs.rip == addr + 1;
		ptrace(PTRACE_POKEUSER, pid,
		       offsetof(struct user_regs_struct, rip), regs.rip);
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	return hits;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_int};
	uint64_t addr;
	unsigned long hits;
	pid_t pid;

	if (argc != 3)
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
	poke_byte(pid, addr, 0xcc);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	fputs("Attached 1 probe\n", stderr);
	hits = serve(pid, addr);
	printf("@: %lu\n", hits);
	if (stop && ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0) {
		stop = 0;
		if (wait_stop(pid))
			poke_byte(pid, addr, 0x90);
	}
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim of t-confined, `v-confined MODE`: confines itself as the mode says
 * (strict, filter, mdwe; late: a filter, once it has read its line), reads a
 * line, calls v_step, and says what came out.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

uint64_t v_step(uint64_t x);

__attribute__((noinline, noclone)) uint64_t v_step(uint64_t x)
{
	__asm__ volatile("");
	return x * 31 + 7;
}

/* All that it needs; anything else kills. */
static int set_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int confine(const char *mode)
{
	if (!strcmp(mode, "strict"))
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	if (!strcmp(mode, "filter"))
		return set_filter();
	if (!strcmp(mode, "mdwe"))
		return prctl(PR_SET_MDWE, 1L, 0L, 0L, 0L);
	return 0;
}

static int say(const char *format, uint64_t value)
{
	char line[64];
	int n = snprintf(line, sizeof(line), format, value);

	return write(1, line, (size_t)n) != n;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	uint64_t x = 1;
	char line[16];

	if (confine(mode) || say("ready %" PRIx64 "\n", (uintptr_t)v_step) ||
	    read(0, line, sizeof(line)) <= 0)
		return 2;
	if (!strcmp(mode, "late") && set_filter())
		return 2;
	for (int i = 0; i < 1000; i++)
		x = v_step(x);
	say("%" PRIu64 "\n", x);
	syscall(SYS_exit, 3);
}

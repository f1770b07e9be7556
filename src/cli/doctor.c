/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd doctor: what this machine allows, and what to do about the rest. Looks
 * only; nothing is changed.
 */
#define _GNU_SOURCE
#include <config.h>

#include "arch.h"
#include "cli.h"
#include "debuginfo.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAP_SYS_PTRACE_BIT = 19, CAP_PERFMON_BIT = 38, CAP_BPF_BIT = 39 };

/* A line of the report: "ok" or "--", what, and what it means. */
static void say(bool ok, const char *what, const char *detail)
{
	printf("%s %-22s %s\n", ok ? "ok" : "--", what, detail);
}

/* The first number in a file of the kernel's; -1: there is none. */
static long number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = -1;
		fclose(f);
	}
	return n;
}

static unsigned long long status_field(const char *name, int base)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long value = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			value = strtoull(line + strlen(name) + 1, NULL, base);
	if (f)
		fclose(f);
	return value;
}

static bool has_cap(int bit)
{
	return status_field("CapEff", 16) >> bit & 1;
}

static void look_at_ptrace(void)
{
	long scope = number_in("/proc/sys/kernel/yama/ptrace_scope");
	bool cap = has_cap(CAP_SYS_PTRACE_BIT);

	if (cap)
		say(true, "other processes",
		    "all may be traced (CAP_SYS_PTRACE)");
	else if (scope <= 0)
		say(true, "other processes", "your own may be traced");
	else if (scope == 1)
		say(false, "other processes",
		    "Yama allows children only: use -c COMMAND, or let root "
		    "set kernel.yama.ptrace_scope to 0");
	else
		say(false, "other processes",
		    "Yama allows root only (kernel.yama.ptrace_scope)");
	if (status_field("Seccomp", 10))
		say(false, "seccomp",
		    "upd itself is confined: a container may "
		    "forbid ptrace");
	else
		say(true, "seccomp", "nothing confines upd");
}

static void look_at_kernel_engine(void)
{
	bool uprobes =
		!access("/sys/bus/event_source/devices/uprobe/type", R_OK);
	bool caps = has_cap(CAP_PERFMON_BIT) && has_cap(CAP_BPF_BIT);

#ifdef HAVE_LIBBPF
	say(true, "libbpf", "upd was built with --engine=kernel");
#else
	say(false, "libbpf",
	    "built without --engine=kernel: install "
	    "libbpf-dev and build upd again");
#endif
	say(uprobes, "uprobes",
	    uprobes ? "the kernel has them"
		    : "the kernel has none, or /sys is not mounted");
	say(caps, "BPF in the kernel",
	    caps ? "programs may be loaded"
		 : "needs root, or the capabilities BPF and PERFMON; "
		   "--engine=ptrace needs neither");
}

/* A child sets a breakpoint register on its own code: some virtual machines
 * take the value and never fire. */
static bool debug_registers_fire(void)
{
	static volatile int watched;
	const struct arch *arch = arch_host();
	unsigned long dr = arch->debug_regs;
	int status = 0;
	bool fires;
	pid_t pid;

	if (!dr)
		return false;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0L, 0L);
		raise(SIGSTOP);
		watched = 1;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	ptrace(PTRACE_POKEUSER, pid, dr, &watched);
	ptrace(PTRACE_POKEUSER, pid,
	       dr + (unsigned long)arch->debug_control * arch->word_size,
	       (unsigned long)arch->debug_write4);
	ptrace(PTRACE_CONT, pid, 0L, 0L);
	waitpid(pid, &status, 0);
	fires = WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return fires;
}

static void look_at_debuginfo(void)
{
	struct module *m;
	char path[4096];
	bool found;

	if (library_find("libc", 0, path, sizeof(path), NULL) ||
	    module_open(path, NULL, NULL, &m, NULL)) {
		say(false, "debug information", "there is no libc to look at");
		return;
	}
	found = module_has_dwarf(m);
	module_close(m);
	say(found, "debug information",
	    found ? "libc's is there: args.NAME, types and lines work"
		  : "libc's is not there: apt-get install libc6-dbg, or give "
		    "--debuginfo; arg0, arg1 ... work without");
}

static int doctor_main(struct cli *cli)
{
	bool fire = debug_registers_fire();
	long autogroup = number_in("/proc/sys/kernel/sched_autogroup_enabled");

	(void)cli;
	look_at_ptrace();
	look_at_debuginfo();
	say(autogroup == 1, "following the CPU",
	    autogroup == 1
		    ? "autogroup scheduling is on: a hit costs one wake-up less"
		    : "kernel.sched_autogroup_enabled is off: a hit that "
		      "crosses CPUs costs several times more");
	say(fire, "debug registers",
	    fire ? "they fire"
		 : "they never fire here, as on some virtual machines: "
		   "watchpoints will not work");
	look_at_kernel_engine();
	return 0;
}

const struct action action_doctor = {"doctor", doctor_main};

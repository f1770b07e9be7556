/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "di-proc.h"

#include <elf.h>
#include <limits.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int di_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct iovec local = {buf, len};
	struct iovec remote = {(void *)(uintptr_t)addr, len};

	return process_vm_readv(*(pid_t *)ctx, &local, 1, &remote, 1, 0) ==
			       (ssize_t)len
		       ? 0
		       : ERR_IO;
}

void di_get_regs(struct di_proc *p)
{
	struct iovec iov = {p->regs.raw, sizeof(p->regs.raw)};

	ck_assert_int_eq(ptrace(PTRACE_GETREGSET, p->pid, NT_PRSTATUS, &iov),
			 0);
	p->regs.size = (uint32_t)iov.iov_len;
}

void di_run_to(struct di_proc *p, uint64_t addr)
{
	struct iovec iov = {p->regs.raw, 0};
	int status;
	void *at = (void *)(uintptr_t)addr;
	long old;

	if (p->arch->pc(&p->regs) == addr) {
		ck_assert(!ptrace(PTRACE_SINGLESTEP, p->pid, 0, 0));
		waitpid(p->pid, NULL, 0);
	}
	old = ptrace(PTRACE_PEEKTEXT, p->pid, at, 0);
	ptrace(PTRACE_POKETEXT, p->pid, at, (old & ~0xffL) | 0xcc);
	ck_assert_int_eq(ptrace(PTRACE_CONT, p->pid, 0, 0), 0);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	ptrace(PTRACE_POKETEXT, p->pid, at, old);
	di_get_regs(p);
	memcpy(p->regs.raw + arch_reg(p->arch, "ip")->offset, &addr,
	       p->arch->word_size);
	iov.iov_len = p->regs.size;
	ck_assert_int_eq(ptrace(PTRACE_SETREGSET, p->pid, NT_PRSTATUS, &iov),
			 0);
}

struct found {
	uint64_t bias, entry;
};

static int is_victim(void *ctx, struct module *m, uint64_t bias)
{
	struct found *f = ctx;
	const char *path = victim("");

	if (strncmp(module_path(m), path, strlen(path)))
		return 0;
	f->bias = bias;
	f->entry = module_entry(m) + bias;
	return 1;
}

void di_start(struct di_proc *p, const char *name)
{
	struct found f = {0};
	char path[PATH_MAX];
	struct err err;
	int status;

	snprintf(path, sizeof(path), "%s", victim(name));
	p->pid = fork();
	if (!p->pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	ck_assert(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, p->pid, 0, PTRACE_O_EXITKILL);
	p->mem = (struct arch_mem){.read = di_read, .ctx = &p->pid};
	di_get_regs(p);
	p->arch = p->regs.size == 68 ? &arch_i386 : &arch_x86_64;
	ck_assert_msg(!space_new(p->pid, NULL, &p->space, &err), "%s",
		      err.text);
	space_modules(p->space, is_victim, &f);
	ck_assert_uint_ne(f.entry, 0);
	p->bias = f.bias;
	if (p->arch->pc(&p->regs) != f.entry)
		di_run_to(p, f.entry);
	ck_assert_int_eq(space_refresh(p->space, &err), 0);
}

void di_end(struct di_proc *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	space_free(p->space);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arch.h"
#include "x86-syscalls.h"

static const char *const names64[] = {
#define X(nr, name) [nr] = #name,
	SYSCALLS_X86_64(X)
#undef X
};

static const char *const names32[] = {
#define X(nr, name) [nr] = #name,
	SYSCALLS_X86_32(X)
#undef X
};

const char *arch_syscall_name(const struct arch *arch, int64_t nr)
{
	const char *const *names = arch == &arch_x86_64 ? names64
				   : arch == &arch_i386 ? names32
							: NULL;
	size_t n = names == names64   ? sizeof(names64) / sizeof(*names)
		   : names == names32 ? sizeof(names32) / sizeof(*names)
				      : 0;

	return nr >= 0 && (uint64_t)nr < n ? names[nr] : NULL;
}

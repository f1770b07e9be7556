/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "x86-syscalls.h"
#include "x86.h"

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

const char *x86_syscall_name64(int64_t nr)
{
	const int64_t n = sizeof(names64) / sizeof(*names64);

	return nr >= 0 && nr < n ? names64[nr] : NULL;
}

const char *x86_syscall_name32(int64_t nr)
{
	const int64_t n = sizeof(names32) / sizeof(*names32);

	return nr >= 0 && nr < n ? names32[nr] : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ppc-abi.h"
#include "ppc-syscalls.h"

static const char *const names64[] = {
#define X(nr, name) [nr] = #name,
	SYSCALLS_PPC_64(X)
#undef X
};

static const char *const names32[] = {
#define X(nr, name) [nr] = #name,
	SYSCALLS_PPC_32(X)
#undef X
};

static const char *name_of(const char *const *names, size_t n, int64_t nr)
{
	return nr >= 0 && (uint64_t)nr < n ? names[nr] : NULL;
}

const char *ppc64_syscall_name(int64_t nr)
{
	return name_of(names64, sizeof(names64) / sizeof(*names64), nr);
}

const char *ppc32_syscall_name(int64_t nr)
{
	return name_of(names32, sizeof(names32) / sizeof(*names32), nr);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builtin-int.h"

#include <string.h>

#define TASK   BUILTIN_TASK
#define KERNEL BUILTIN_KERNEL, NULL, NULL, NULL

static const struct builtin builtins[] = {
	{"args", TASK, NULL, check_args, gen_args},
	{"cgroup", 0, &vt_u64, NULL, gen_cgroup},
	{"comm", BUILTIN_CALL, NULL, check_comm, gen_comm},
	{"config", 0, NULL, check_config, gen_config},
	{"cpid", 0, NULL, check_cpid, gen_cpid},
	{"cpu", 0, &vt_u32, NULL, gen_cpu},
	{"dw_ustack", TASK | BUILTIN_CALL, NULL, check_ustack, gen_ustack},
	{"elapsed", 0, NULL, check_elapsed, gen_elapsed},
	{"func", TASK, NULL, check_func, gen_func},
	{"gid", 0, &vt_u32, NULL, gen_gid},
	{"has_cpid", 0, &vt_bool, NULL, gen_has_cpid},
	{"leader_comm", 0, NULL, check_comm, gen_leader_comm},
	{"leader_tid", 0, &vt_u32, NULL, gen_pid},
	{"ncpus", 0, &vt_u64, NULL, gen_ncpus},
	{"nsecs", BUILTIN_CALL, NULL, check_nsecs, gen_nsecs},
	{"pcomm", 0, NULL, check_comm, gen_pcomm},
	{"pid", BUILTIN_CALL, NULL, check_pid, gen_pid},
	{"ppid", 0, &vt_u32, NULL, gen_ppid},
	{"probe", 0, NULL, check_probe_text, gen_probe},
	{"probetype", 0, NULL, check_probetype, gen_probetype},
	{"rand", 0, &vt_u32, NULL, gen_rand},
	{"retval", TASK, NULL, check_retval, gen_retval},
	{"tid", BUILTIN_CALL, NULL, check_pid, gen_tid},
	{"uid", 0, &vt_u32, NULL, gen_uid},
	{"username", 0, NULL, check_username, gen_username},
	{"usermode", 0, &vt_u32, NULL, gen_usermode},
	{"ustack", TASK | BUILTIN_CALL, NULL, check_ustack, gen_ustack},
	/* the kernel's */
	{"ctx", KERNEL},
	{"curtask", KERNEL},
	{"jiffies", KERNEL},
	{"kstack", KERNEL},
	{"numaid", KERNEL},
};

static const struct builtin arg_builtin = {"arg", TASK, NULL, check_arg,
					   gen_arg};

static bool is_arg(const char *name)
{
	size_t digits = strspn(name + 3, "0123456789");

	return digits && digits < 4 && !name[3 + digits];
}

const struct builtin *builtin_find(const char *name)
{
	if (!strncmp(name, "arg", 3) && is_arg(name))
		return &arg_builtin;
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

const char *builtin_name(size_t i)
{
	return i < sizeof(builtins) / sizeof(*builtins) ? builtins[i].name
							: NULL;
}

bool builtin_is_args(const struct builtin *b)
{
	return b == &builtins[0];
}

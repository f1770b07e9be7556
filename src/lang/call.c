/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of functions.
 */
#include "call-int.h"

#include <string.h>

#define LATER  CALL_LATER, NULL, NULL
#define KERNEL CALL_KERNEL, NULL, NULL
#define PRINT  CALL_STATEMENT

static const struct call_def calls[] = {
	/* printing */
	{"printf", 1, 255, PRINT, check_printf, gen_printf},
	{"print", 1, 3, PRINT | CALL_RAW, check_print, gen_print},
	{"errorf", 1, 255, PRINT, check_errorf, gen_printf},
	{"warnf", 1, 255, PRINT, check_warnf, gen_printf},
	{"time", 0, 1, PRINT, check_time, gen_time},
	{"cat", 1, 255, PRINT, check_cat, gen_printf},
	{"system", 1, 255, PRINT | CALL_UNSAFE, check_system, gen_printf},
	{"join", 1, 2, PRINT, check_join, gen_join},
	{"assert", 1, 2, PRINT, check_assert, gen_assert},
	{"exit", 0, 1, PRINT, check_exit, gen_exit},
	/* maps */
	{"clear", 1, 1, PRINT | CALL_MAP, check_clear, gen_clear},
	{"zero", 1, 1, PRINT | CALL_MAP, check_clear, gen_zero_map},
	{"delete", 1, 255, CALL_RAW, check_delete, gen_delete},
	{"has_key", 1, 255, CALL_RAW, check_has_key, gen_has_key},
	{"find", 3, 3, CALL_RAW, check_find, gen_find},
	{"len", 1, 1, CALL_RAW, check_len, gen_len},
	/* aggregations */
	{"count", 0, 0, CALL_AGG, check_count, NULL},
	{"sum", 1, 1, CALL_AGG, check_sum, NULL},
	{"min", 1, 1, CALL_AGG, check_min, NULL},
	{"max", 1, 1, CALL_AGG, check_max, NULL},
	{"avg", 1, 1, CALL_AGG, check_avg, NULL},
	{"stats", 1, 1, CALL_AGG, check_stats, NULL},
	{"hist", 1, 2, CALL_AGG, check_hist, NULL},
	{"lhist", 4, 4, CALL_AGG, check_lhist, NULL},
	/* values */
	{"str", 1, 2, 0, check_str, gen_str},
	{"buf", 1, 2, 0, check_buf, gen_buf},
	{"usym", 1, 1, 0, check_usym, gen_usym},
	{"reg", 1, 1, CALL_TASK, check_reg, gen_reg_call},
	{"uaddr", 1, 1, CALL_TASK, check_uaddr, gen_uaddr},
	{"strncmp", 3, 3, 0, check_strncmp, gen_strncmp},
	{"strlen", 1, 1, 0, check_strlen, gen_strlen},
	{"strcap", 1, 1, 0, check_strcap, gen_strcap},
	{"strstr", 2, 2, 0, check_strstr, gen_strstr},
	{"strcontains", 2, 2, 0, check_strcontains, gen_strcontains},
	{"str_concat", 2, 2, 0, check_str_concat, gen_str_concat},
	{"memcmp", 3, 3, 0, check_memcmp, gen_memcmp},
	{"strftime", 2, 2, 0, check_strftime, gen_strftime},
	{"uptr", 1, 1, 0, check_uptr, gen_uptr},
	{"ntop", 1, 2, 0, check_ntop, gen_ntop},
	{"pton", 1, 1, 0, check_pton, gen_pton},
	{"macaddr", 1, 1, 0, check_macaddr, gen_macaddr},
	{"strerror", 1, 1, 0, check_strerror, gen_number_call},
	{"signal_name", 1, 1, 0, check_signal_name, gen_number_call},
	{"syscall_name", 1, 1, 0, check_syscall_name, gen_number_call},
	{"bswap", 1, 1, 0, check_bswap, gen_bswap},
	{"signal", 1, 1, PRINT | CALL_UNSAFE | CALL_TASK, check_signal,
	 gen_signal},
	{"signal_thread", 1, 1, PRINT | CALL_UNSAFE | CALL_TASK, check_signal,
	 gen_signal_thread},
	{"write_user", 3, 3, PRINT | CALL_UNSAFE | CALL_TASK, check_write_user,
	 gen_write_user},
	/* known before it runs */
	{"is_str", 1, 1, 0, check_is_str, gen_constant},
	{"is_ptr", 1, 1, 0, check_is_ptr, gen_constant},
	{"is_array", 1, 1, 0, check_is_array, gen_constant},
	{"is_integer", 1, 1, 0, check_is_integer, gen_constant},
	{"typeinfo", 1, 1, 0, check_typeinfo, gen_typeinfo},
	{"getopt", 1, 3, 0, check_getopt, gen_nothing},
	{"static_assert", 1, 2, PRINT, check_static_assert, gen_nothing},
	{"fail", 1, 1, PRINT, check_fail, gen_nothing},
	{"comptime", 1, 1, 0, check_comptime, gen_constant},
	/* not yet */
	{"tseries", 0, 255, LATER},
	{"unwatch", 0, 255, LATER},
	/* the kernel's */
	{"cgroup_path", 0, 255, KERNEL},
	{"cgroupid", 0, 255, KERNEL},
	{"debugf", 0, 255, KERNEL},
	{"is_err", 0, 255, KERNEL},
	{"kaddr", 0, 255, KERNEL},
	{"kfunc_allowed", 0, 255, KERNEL},
	{"kfunc_exist", 0, 255, KERNEL},
	{"kptr", 0, 255, KERNEL},
	{"kstack", 0, 255, KERNEL},
	{"ksym", 0, 255, KERNEL},
	{"override", 0, 255, KERNEL},
	{"path", 0, 255, KERNEL},
	{"percpu_kaddr", 0, 255, KERNEL},
	{"skboutput", 0, 255, KERNEL},
	{"socket_cookie", 0, 255, KERNEL},
};

const struct call_def *call_find(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return NULL;
}

const char *call_name(size_t i)
{
	return i < sizeof(calls) / sizeof(*calls) ? calls[i].name : NULL;
}

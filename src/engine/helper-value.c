/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clocks, chance, strings.
 */
#define _GNU_SOURCE
#include "helper-int.h"
#include "clock.h"

#include <string.h>
#include <sys/random.h>

HELPER(ktime_get_ns)
{
	return clock_ns(CLOCK_MONOTONIC);
}

HELPER(ktime_get_boot_ns)
{
	return clock_ns(CLOCK_BOOTTIME);
}

HELPER(ktime_get_tai_ns)
{
	return clock_ns(CLOCK_TAI);
}

HELPER(get_prandom_u32)
{
	uint32_t v = 0;

	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != sizeof(v))
		v = (uint32_t)clock_ns(CLOCK_MONOTONIC) * 2654435761u;
	return v;
}

/* Towards zero; the nearest there is for what is larger, 0 for no number. */
HELPER(upd_float_int)
{
	double v = 0;
	float narrow;

	if (a2 == sizeof(v)) {
		memcpy(&v, ptr(a1), sizeof(v));
	} else if (a2 == sizeof(narrow)) {
		memcpy(&narrow, ptr(a1), sizeof(narrow));
		v = (double)narrow;
	}
	if (v != v)
		return 0;
	if (v >= 0x1p63)
		return INT64_MAX;
	return v <= -0x1p63 ? (uint64_t)INT64_MIN : (uint64_t)(int64_t)v;
}

/* ---- strings ---- */

HELPER(strncmp)
{
	return (uint64_t)(int64_t)strncmp(ptr(a1), ptr(a3), a2);
}

HELPER(upd_strlen)
{
	return strnlen(ptr(a1), a2);
}

/* upd_strstr(in, size, what, size) */
HELPER(upd_strstr)
{
	const char *in = ptr(a1), *what = ptr(a3), *at;
	size_t n = strnlen(what, a4);

	at = memmem(in, strnlen(in, a2), what, n);
	return (uint64_t)(at ? at - in : -1);
}

HELPER(upd_memcmp)
{
	return (uint64_t)(int64_t)memcmp(ptr(a1), ptr(a3), a2);
}

/* upd_str_append(to, size, what, size): what does not fit is left out, and the
 * rest is zero. */
HELPER(upd_str_append)
{
	size_t n = strnlen(ptr(a1), a2), room = a2 - n;
	size_t len = strnlen(ptr(a3), a4);
	char *end = (char *)ptr(a1) + n;

	memcpy(end, ptr(a3), len < room ? len : room);
	if (len < room)
		memset(end + len, 0, room - len);
	return n + len;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions, for the table in call.c: by what they are about, a file
 * each.
 */
#ifndef UPD_CALL_INT_H
#define UPD_CALL_INT_H

#include "call.h"
#include "checker.h"
#include "gen.h"

#define X_CHECK(name) \
	const struct vtype *check_##name(struct check *, struct expr *);
#define X_GEN(name) \
	void gen_##name(struct gen *, struct expr *, const struct place *);
#define X_BOTH(name) X_CHECK(name) X_GEN(name)

/* call-print.c */
X_BOTH(printf)
X_CHECK(errorf)
X_CHECK(warnf)
X_CHECK(cat)
X_CHECK(system)
X_BOTH(time)
X_BOTH(print)
X_BOTH(join)
X_BOTH(exit)
X_BOTH(assert)

/* call-map.c */
X_BOTH(clear)
X_GEN(zero_map)
X_BOTH(delete)
X_BOTH(has_key)
X_BOTH(find)
X_BOTH(len)

/* call-agg.c */
X_CHECK(count)
X_CHECK(sum)
X_CHECK(min)
X_CHECK(max)
X_CHECK(avg)
X_CHECK(stats)
X_CHECK(hist)
X_CHECK(lhist)

/* call-string.c */
X_BOTH(str)
X_BOTH(buf)
X_BOTH(strncmp)
X_BOTH(strlen)
X_BOTH(strcap)
X_BOTH(strstr)
X_BOTH(strcontains)
X_BOTH(str_concat)
X_BOTH(memcmp)
X_BOTH(write_user)

/* call-name.c */
X_BOTH(usym)
X_CHECK(reg)
X_GEN(reg_call)
X_BOTH(uaddr)
X_BOTH(strftime)
X_BOTH(uptr)
X_CHECK(strerror)
X_CHECK(signal_name)
X_CHECK(syscall_name)
X_GEN(number_call)
X_BOTH(signal)
X_GEN(signal_thread)

/* call-net.c */
X_BOTH(ntop)
X_BOTH(pton)
X_BOTH(macaddr)
X_BOTH(bswap)

/* call-meta.c */
X_CHECK(is_str)
X_CHECK(is_ptr)
X_CHECK(is_array)
X_CHECK(is_integer)
X_GEN(constant)
X_BOTH(typeinfo)
X_CHECK(static_assert)
X_CHECK(comptime)
X_CHECK(fail)
X_GEN(nothing)
X_CHECK(getopt)

#undef X_BOTH
#undef X_GEN
#undef X_CHECK

/* A number that may be an address; says so if not. */
bool call_is_address(struct check *c, struct expr *e);
/* The text of a literal argument; says so if it is none. */
const char *call_literal(struct check *c, struct expr *e, size_t arg);

#endif

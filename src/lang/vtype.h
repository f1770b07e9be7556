/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The types of values in a program, and their exact representation in map
 * keys, map values and event records. The compiler lays values out so, the
 * formatter reads them so; nothing else connects the two. Padding is zero:
 * keys are compared as bytes. Integers are in the tracer's (host) byte order.
 */
#ifndef UPD_VTYPE_H
#define UPD_VTYPE_H

#include "ctype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vkind {
	V_NONE,
	V_INT,	     /* size 1, 2, 4, 8; is_signed */
	V_BOOL,	     /* size 1 */
	V_STRING,    /* size bytes, NUL-terminated unless all are used, the
		      * rest zero. The last byte non-zero: was cut */
	V_BUFFER,    /* u32 length, then size - 4 bytes */
	V_PTR,	     /* size 8; c: the pointee, NULL: unknown */
	V_ENUM,	     /* as V_INT; c: the enum */
	V_FLOAT,     /* size 4, 8: C's float, double */
	V_STRUCT,    /* size bytes of target memory; c: struct or union */
	V_ARRAY,     /* count times elem */
	V_TUPLE,     /* fields, without names */
	V_RECORD,    /* fields, with names */
	V_USTACK,    /* struct v_stack */
	V_USYM,	     /* struct v_sym */
	V_TIMESTAMP, /* strftime(): struct v_time; fmt: format string */
	V_INET,	     /* u64 family (2: v4, 10: v6), 16 bytes of address */
	V_MAC,	     /* 6 bytes, padded to 8 */
	V_STRERROR,  /* i64 errno; printed as its text */
	V_SIGNAME,   /* i64 signal number; "SIGINT" */
	V_SYSCALL,   /* i64 system call number of the target's ABI */
	V_USERNAME,  /* u64 uid; the user's name */
	/* Aggregations: map values only. Per-CPU: the reader merges writers. */
	V_COUNT, /* u64; merged by adding */
	V_SUM,	 /* 8 bytes, is_signed; adding */
	V_MIN,	 /* { u64 value; u64 is_set } */
	V_MAX,	 /* the same */
	V_AVG,	 /* { i64 total; u64 count } */
	V_STATS, /* the same */
	V_HIST,	 /* u64[V_HIST_BUCKETS(bits)]: see v_hist_range */
	V_LHIST, /* u64[(max - min) / step + 2]: below min, steps, from max */
	V_TSERIES, /* later */
};

/* hist(n, k): with K = 1 << k: bucket 0 holds negatives, buckets 1 .. K the
 * values 0 .. K-1 exactly (for k = 0: bucket 1 holds 0, bucket 2 holds 1), and
 * then every power of two from K up is split in K equal buckets. */
#define V_HIST_BUCKETS(k) (2 + (64 - (k)) * (1u << (k)) + (1u << (k)))

struct v_stack {
	int64_t id; /* in the program's stack map; < 0: none */
	uint32_t pid;
	uint32_t flags; /* 1: return probe (frame 0 is the caller) */
};

struct v_sym {
	uint64_t addr;
	uint32_t pid, pad;
};

struct v_time {
	uint64_t ns;	/* of the clock that nsecs reads (boot) */
	uint64_t fmt; /* index in the script's list of strings */
};

enum v_stack_mode { V_STACK_BPFTRACE, V_STACK_PERF, V_STACK_RAW, V_STACK_BUILD_ID };

struct vtype;

struct vfield {
	const char *name; /* NULL in tuples */
	const struct vtype *type;
	uint32_t offset;
};

struct vtype {
	enum vkind kind;
	uint32_t size;
	bool is_signed;
	const struct ctype *c;
	const struct vtype *elem; /* V_ARRAY */
	uint32_t count;
	const struct vfield *fields; /* V_TUPLE, V_RECORD */
	uint32_t nfields;
	union {
		unsigned hist_bits;
		struct {
			int64_t min, max, step;
		} lhist;
		struct {
			enum v_stack_mode mode;
			unsigned limit;
		} stack;
	};
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The code memfd: layout shared by the tracer, the fallback handler that runs
 * inside the target, and whoever cleans up an orphan. Freestanding: included
 * by code that has no libc.
 *
 *   0         struct fallback_header
 *   4096      the handler's code (arch_blob), then up to
 *   8192      struct fallback_site[site_cap], sorted by nothing: an open
 *             hash table by address (FALLBACK_HASH), orig_addr 0 = free
 *   then      struct fallback_masked[masked_cap], in no order
 *   slots_off slots, FALLBACK_SLOT bytes each
 *   the last FALLBACK_OWNER bytes: a word with the tracer's thread id, in
 *             which the kernel sets FUTEX_OWNER_DIED when that ends
 *
 * The tracer writes through its own mapping; the target maps it readable and
 * executable only. A site's entry is written before its breakpoint is planted,
 * its address last, and stays after it is lifted (a task may still be on its
 * way). At least one entry is left free.
 *
 * The handler is installed with SA_SIGINFO, SA_NODEFER (a program's handler to
 * which a trap was passed may contain sites), SA_RESTORER with the blob's
 * restorer, of the old action's flags SA_ONSTACK and SA_RESTART, and an empty
 * mask. It does:
 *   breakpoint (SI_KERNEL) of a site: on in the site's slot; when the tracer
 *   is dead, and unless no_calls is set, it first takes all breakpoints away,
 *   by /proc/self/mem: the kernel kills a task that hits one while it blocks
 *   SIGTRAP, and now nobody watches over that;
 *   single step (TRAP_BRKPT, TRAP_TRACE) or watchpoint (TRAP_HWBKPT) with the
 *   pc in the slots, or anywhere when the program handles no SIGTRAP: on where
 *   it is, without the trap flag;
 *   everything else: the old action, in the same signal frame, with old_mask
 *   blocked, but never SIGTRAP; the default action kills where the trap was.
 * Not done: SA_RESETHAND of the old action; on i386 the old-style frame of
 * handlers without SA_SIGINFO.
 */
#ifndef UPD_FALLBACK_H
#define UPD_FALLBACK_H

#include <stdint.h>

#define FALLBACK_MAGIC	 UINT64_C(0x315f627261647075) /* "updarb_1" */
#define FALLBACK_VERSION 3
#define FALLBACK_CODE	 4096
#define FALLBACK_SITES	 8192
#define FALLBACK_SLOT	 64
#define FALLBACK_OWNER	 16

struct fallback_site {
	uint64_t addr;	    /* of the instruction in the text; 0: free */
	uint64_t slot;	    /* address of its slot in the target */
	uint8_t orig[16];   /* original bytes */
	uint8_t len;	    /* instruction length */
	uint8_t copy_len;   /* of the copy in the slot */
	uint8_t planted;    /* the breakpoint is in the text now */
	uint8_t pad;
	uint32_t next; /* index + 1 of the one entered before; 0: none */
};

/* A task that had SIGTRAP blocked, and must get that back. Not known to the
 * handler. */
struct fallback_masked {
	uint32_t tid; /* 0: free */
	uint32_t pad;
	uint64_t start_time; /* the task's, /proc/TID/stat field 22 */
	uint64_t open_mask;  /* what was left to it; else it has set another */
};

struct fallback_header {
	uint64_t magic;
	uint32_t version;
	uint32_t site_cap; /* power of two */
	uint64_t base;	   /* where the target maps this memfd */
	uint64_t size;	   /* bytes */
	uint64_t slots_off;
	uint64_t start_time; /* the target's, /proc/PID/stat field 22 */
	uint8_t boot_id[16];
	uint32_t tracer_pid;
	uint32_t target_pid;
	/* The target's own SIGTRAP action when upd came, in the kernel's
	 * layout of the target's ABI (x86_64: handler, flags, restorer,
	 * mask). Traps that are not upd's are passed to it. */
	uint64_t old_handler, old_flags, old_restorer, old_mask;
	/* Where the task whose trap was served last goes on, pc and stack
	 * pointer: set before its registers are, cleared once it runs. A trap
	 * with that pc and sp has been served by a tracer that then died. */
	uint64_t resumed_pc, resumed_sp;
	uint32_t masked_cap;
	uint32_t no_calls; /* there may be a seccomp filter by now */
	uint32_t last;	   /* index + 1 of the site that was entered last */
	uint32_t pad;
	uint64_t opened; /* signals whose handlers want SIGTRAP blocked */
};

/* Index of an address's first candidate; probe linearly from there. */
#define FALLBACK_HASH(addr, cap)                                               \
	((uint32_t)(((addr) * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & ((cap) - 1))

#endif

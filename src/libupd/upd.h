/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libupd: breakpoint assistance for other programs. Attaches to live processes
 * with ptrace, plants breakpoints, calls back at each hit with the registers
 * as the program sees them, and gets past the instruction (by emulating it or
 * by running a copy of it elsewhere in the process) without ever taking the
 * breakpoint away. The process behaves as if it were not looked at, also when
 * the program that uses libupd is killed.
 *
 *	struct upd *u;
 *	struct upd_process *p;
 *
 *	upd_new(&u);
 *	upd_attach(u, pid, &p);
 *	upd_probe(p, "libc", "malloc", 0, on_malloc, NULL, NULL);
 *	upd_run(u);
 *	upd_free(u);
 *
 * Functions return 0, or one of the negative codes below; what went wrong is
 * then told by upd_error() in a sentence for people. Results are written
 * through pointers on success alone, and such a pointer may be NULL where the
 * result isn't wanted.
 *
 * A struct upd and all that comes from it belong to the thread that made it:
 * the kernel binds a traced process to the thread that attached. Only
 * upd_stop() may be called from elsewhere, and from signal handlers. Several
 * threads may have a struct upd each.
 *
 * libupd waits for any child of the calling process with WNOWAIT, and reaps
 * those that it traces. It uses one real-time signal that nobody handles.
 */
#ifndef UPD_H
#define UPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct upd;	    /* one thread's tracing */
struct upd_process; /* a traced process, as one user of it sees it */
struct upd_probe;   /* a place that calls back */
struct upd_hit;	    /* a task at a probe; valid during the callback */

/* Numbers never change; more may come. */
enum upd_code {
	UPD_OK = 0,
	UPD_NOMEM = -1,	   /* out of memory */
	UPD_INVAL = -2,	   /* a wrong argument, or the wrong thread */
	UPD_NOENT = -3,	   /* no such process, file, function, register */
	UPD_PERM = -4,	   /* the kernel does not permit it */
	UPD_GONE = -5,	   /* the process has ended */
	UPD_BUSY = -6,	   /* somebody else traces it */
	UPD_UNSUPP = -7,   /* not on this machine, not for this program */
	UPD_REFUSED = -8,  /* a probe there could harm the process */
	UPD_LIMIT = -9,	   /* too many of something */
	UPD_FORMAT = -10,  /* a malformed file */
	UPD_IO = -11,	   /* input or output failed */
	UPD_INTR = -14,	   /* upd_stop() was called */
	UPD_INTERNAL = -16 /* a defect of libupd */
};

/* ---- tracing ------------------------------------------------------------ */

int upd_new(struct upd **ret);
/* Lifts every probe and lets every process go. NULL is allowed. */
void upd_free(struct upd *u);
/* Why the last call on this struct upd failed; valid until the next call. */
const char *upd_error(const struct upd *u);

/* Serves until no process is left (0) or upd_stop() (UPD_INTR). */
int upd_run(struct upd *u);
/* Makes upd_run() return soon. Async-signal-safe; from any thread. */
void upd_stop(struct upd *u);

/* The share of time, in percent, in which processes may be held up; when it is
 * passed, the hottest probes are lifted for a while, and their calls back are
 * fewer than their hits. 0, as at first: no limit. */
int upd_set_max_overhead(struct upd *u, unsigned percent);

/* For event loops: a descriptor that is readable when upd_dispatch() has
 * something to do; negative on failure. Owned by u. It costs a thread, and at
 * each hit a wake-up more than upd_run() does. */
int upd_fd(struct upd *u);
/* Serves what there is, without waiting. UPD_GONE when no process is left. */
int upd_dispatch(struct upd *u);

/* ---- processes ---------------------------------------------------------- */

/* Attaches to a live process, all of its tasks. Several may attach to one
 * process through the same struct upd: each has probes of its own, and the
 * process is let go with the last. */
int upd_attach(struct upd *u, pid_t pid, struct upd_process **ret);
/* Starts a program (argv[0] is looked for in $PATH) and holds it at its first
 * instruction, so that probes can be planted before anything has run; then
 * upd_release(). */
int upd_spawn(struct upd *u, char *const argv[], struct upd_process **ret);
int upd_release(struct upd_process *p);
/* Lifts this user's probes, and lets the process go when he was the last; it
 * is then as it was. Not from a callback on a hit: there it happens as soon
 * as the callback is over. */
void upd_detach(struct upd_process *p);

pid_t upd_pid(const struct upd_process *p);

enum upd_event {
	UPD_EXITED, /* value: status as waitpid() gives it. p is invalid after
		     * the callback: do not detach it. */
	UPD_EXECED, /* another program: probes by file are planted in it when
		     * it maps that file, those at addresses are gone */
	UPD_FORKED, /* value: the child's pid. It runs untraced and clean. */
	UPD_MAPPED, /* libraries have come or gone */
	UPD_LOST,   /* a probe had to be given up; upd_error() says why */
	UPD_LEFT    /* the process goes on untraced: it became a program that
		     * cannot be, or the kernel refused a request for it;
		     * upd_error() says why. p is invalid after the callback. */
};
typedef void upd_event_fn(struct upd_process *p, enum upd_event event,
			  long value, void *data);
void upd_on_event(struct upd_process *p, upd_event_fn *fn, void *data);

/* Bytes moved, less at an unmapped page, or a negative code. Breakpoints are
 * invisible to upd_read(). */
ssize_t upd_read(struct upd_process *p, uint64_t addr, void *buf, size_t len);
ssize_t upd_write(struct upd_process *p, uint64_t addr, const void *buf,
		  size_t len);
/* Reads a string, always terminated, cut at size - 1; its length. */
ssize_t upd_read_string(struct upd_process *p, uint64_t addr, char *buf,
			size_t size);

/* ---- probes ------------------------------------------------------------- */

typedef void upd_hit_fn(struct upd_hit *hit, void *data);

/* At function + offset of a file: a path, a library's name ("libc",
 * "libssl.so.3"), or NULL for the program itself. Also in a library that is
 * mapped later. `function` may hold '*' for any text, and the probe is then at
 * every function that matches and can be probed. UPD_REFUSED where the
 * instruction cannot be got past safely. */
int upd_probe(struct upd_process *p, const char *file, const char *function,
	      uint64_t offset, upd_hit_fn *fn, void *data,
	      struct upd_probe **ret);
/* When a function returns. The stack is not touched: exceptions, longjmp and
 * unwinders see nothing of it. Calls in flight are not seen. */
int upd_probe_return(struct upd_process *p, const char *file,
		     const char *function, upd_hit_fn *fn, void *data,
		     struct upd_probe **ret);
/* At an address of the process, which must be an instruction's first byte. */
int upd_probe_addr(struct upd_process *p, uint64_t addr, upd_hit_fn *fn,
		   void *data, struct upd_probe **ret);
/* Takes a probe away; allowed in a callback, its own included. Also forgets
 * its calls in flight. */
void upd_lift(struct upd_probe *probe);
/* Only these strategies for probes that are made from now on, by their names
 * with commas ("emulate,boost"); NULL: all. */
int upd_set_strategies(struct upd_process *p, const char *names);

/* Between these the process stands still: many probes are planted much faster
 * so. */
int upd_begin(struct upd_process *p);
void upd_end(struct upd_process *p);

/* ---- a hit -------------------------------------------------------------- */

struct upd_process *upd_hit_process(const struct upd_hit *hit);
pid_t upd_hit_tid(const struct upd_hit *hit);
/* Where the probe is; at a return: where the call returns to. */
uint64_t upd_hit_addr(const struct upd_hit *hit);
/* The stack pointer: tells one call in flight from another. */
uint64_t upd_hit_sp(const struct upd_hit *hit);

/* Integer or pointer argument n (from 0), by the calling convention, at a
 * function's first instruction. */
int upd_hit_arg(const struct upd_hit *hit, unsigned n, uint64_t *ret);
/* The integer or pointer that a function returned. */
uint64_t upd_hit_retval(const struct upd_hit *hit);
/* The same of those of floating point, which are counted by themselves. `size`:
 * of C's float (4) or double (8), as the function has it. UPD_UNSUPP: argument n
 * comes in no register (i386 has none for them). */
int upd_hit_float_arg(const struct upd_hit *hit, unsigned n, size_t size,
		      double *ret);
int upd_hit_float_retval(const struct upd_hit *hit, size_t size, double *ret);

/* A register by the name that the kernel's pt_regs has for it ("ax", "di",
 * "ip", "sp" on x86, 32 bits or 64). Setting the pc elsewhere skips the
 * instruction under the probe. Segments cannot be set. */
int upd_hit_reg(const struct upd_hit *hit, const char *name, uint64_t *ret);
int upd_hit_set_reg(struct upd_hit *hit, const char *name, uint64_t value);

/* The call stack: ips[0] is the probe's address, the others are return
 * addresses. The number of entries, at most max. */
size_t upd_hit_stack(const struct upd_hit *hit, uint64_t *ips, size_t max);

/* "malloc+4" for an address of the process, "0x7f..." where nothing is known.
 * The text's length, cut to fit. */
size_t upd_symbol(struct upd_process *p, uint64_t addr, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif

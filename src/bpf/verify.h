/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside the verifier: it runs a program over sets of values, along every
 * path. A path ends at the main program's exit, or where its state is covered
 * by one that was already followed to the end from there. What is common to
 * its files is here; verify.c tells the whole story.
 */
#ifndef UPD_VERIFY_H
#define UPD_VERIFY_H

#include "bpf.h"
#include "scalar.h"

enum {
	SLOTS = BPF_STACK_MAX / 8,
	OFFSET_MAX = 1 << 29, /* how far a pointer may stray from its base */
	LOOPS_MAX = 1 << 23,  /* of the helper `loop` */
	STATES_PER_INSN = 64,
	STEPS_FIRST = 1 << 14,
	STEPS_MAX = 1000000,
	COMPLEX = 1, /* gave up: too many steps or too much memory */
	PATH_END = 2,
};

enum reg_kind {
	REG_UNSET, /* or not known what: must not be read */
	REG_SCALAR,
	REG_CTX,
	REG_STACK,	   /* offset from the frame pointer of `frame` */
	REG_VALUE,	   /* into a value of map `ref` */
	REG_VALUE_OR_NULL, /* the same, or 0; equal ids: the same lookup */
	REG_KEY,	   /* into a key of map `ref`: read only */
	REG_MAP,	   /* map `ref` itself */
	REG_FUNC,	   /* the subprogram at instruction `ref` */
};

struct reg {
	struct scalar s; /* the number, or a pointer's offset */
	uint32_t ref, id;
	uint8_t kind, frame;
};

/* Eight bytes of stack: a register stored whole (init is 0xff then), or bytes
 * of which some were written. */
struct slot {
	struct reg reg;
	uint8_t init;
};

/* A call of a helper that calls back. `entry` is what is known of the
 * caller whenever the callback begins (and when the helper returns). */
struct activation {
	struct snapshot *entry;
	struct reg args[5];
	uint32_t func;
	struct activation *next;
};

struct frame {
	struct reg regs[BPF_NREGS];
	struct slot slots[SLOTS]; /* the first is at the frame pointer - 8 */
	uint32_t nslots;	  /* those behind are all unset */
	uint32_t back;		  /* the caller's instruction that called */
	struct activation *activation; /* a callback's; else NULL */
};

struct state {
	uint32_t pc, nframes;
	struct frame frames[BPF_CALL_DEPTH];
};

/* A state, packed; see snapshot.c. */
struct snapshot;

/* A state that was met at an instruction where paths meet. Open: paths from
 * there are still to be followed. */
struct visit {
	struct visit *next;
	struct snapshot *snap;
	bool open;
};

struct insn_info {
	struct visit *visits;
	uint32_t nvisits;
	uint16_t live; /* registers read before they are written again */
	bool second;   /* half of LD_IMM64 */
	bool join;     /* several ways lead here */
	bool loop;     /* perhaps in a loop */
	bool entry;    /* of a subprogram */
};

struct verifier {
	const struct bpf_prog *p;
	const struct bpf_verify_opts *opts;
	struct insn_info *info;
	struct err *err;
	struct state *cur;
	struct buf pending; /* struct snapshot *[]: paths to follow yet */
	struct buf opened;  /* struct opened[]: open visits, oldest first */
	struct activation *activations;
	uint64_t steps, compared,
		max_steps; /* compared: work aside from steps */
	uint64_t bytes;	   /* of all snapshots */
	uint32_t last_id;
	bool has_loops; /* jumps back, that is */
	bool widen;	/* join states outside of loops */
	bool ordered;	/* the path furthest back comes first */
	bool taken;	/* the current path just began to be followed */
};

struct opened {
	struct visit *visit;
	size_t depth; /* pending paths that are not its own */
};

/* verify.c */
int refuse(struct verifier *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* verify-paths.c */
/* Another path, to be followed later, that begins with the state as it is now;
 * 0, COMPLEX or an error. */
must_check int fork_path(struct verifier *v);
/* The next path becomes the current one; false: there is none. */
bool take_path(struct verifier *v);
/* Where paths meet: 0, PATH_END if there is nothing new about this one,
 * COMPLEX or an error. */
must_check int paths_meet(struct verifier *v);
void forget_paths(struct verifier *v);

/* verify-static.c: everything that needs no state; fills v->info. */
must_check int check_program(struct verifier *v);
/* The registers that an instruction reads and writes, as masks. */
uint32_t insn_uses(const struct bpf_insn *i);
uint32_t insn_defines(const struct bpf_insn *i);

/* verify-reg.c */
static inline struct frame *top_frame(struct state *s)
{
	return &s->frames[s->nframes - 1];
}

static inline struct reg *reg_of(struct verifier *v, int nr)
{
	return &top_frame(v->cur)->regs[nr];
}

static inline bool is_pointer(const struct reg *r)
{
	return r->kind > REG_SCALAR;
}

struct reg reg_scalar(struct scalar s);
struct reg reg_pointer(enum reg_kind kind, uint32_t ref);
const char *reg_text(const struct reg *r); /* "a pointer to the stack" */
must_check int need_set(struct verifier *v, int nr);
must_check int need_scalar(struct verifier *v, int nr);
void forget_regs(struct frame *f, int first, int last);
/* All copies of the lookup `id` become pointers, or 0. */
void settle_null(struct state *s, uint32_t id, bool null);

/* verify-alu.c, verify-jump.c: one instruction */
must_check int step_alu(struct verifier *v, const struct bpf_insn *i);
must_check int step_jump(struct verifier *v, const struct bpf_insn *i);

/* verify-mem.c */
must_check int step_memory(struct verifier *v, const struct bpf_insn *i);
/* A helper reads or writes `size` bytes at register nr. */
must_check int check_helper_memory(struct verifier *v, int nr,
				   const struct scalar *size, bool write);

/* verify-stack.c: offsets from the frame pointer, known to be in bounds */
must_check int stack_read(struct verifier *v, const struct frame *f,
			  const struct scalar *off, int size, struct reg *ret);
must_check int stack_write(struct verifier *v, struct frame *f,
			   const struct scalar *off, int size,
			   const struct reg *value);
/* All bytes of [lo, hi) must be set and none be part of a pointer. */
must_check int stack_need_bytes(struct verifier *v, const struct frame *f,
				int64_t lo, int64_t hi);
/* Something was written within [lo, hi): all of it, or nobody knows where. */
void stack_clobber(struct frame *f, int64_t lo, int64_t hi, bool all);
/* Somebody else may have written numbers anywhere. */
void stack_forget_numbers(struct frame *f);

/* verify-call.c */
must_check int step_call(struct verifier *v, const struct bpf_insn *i);
must_check int step_exit(struct verifier *v);
/* verify-callback.c */
must_check int enter_callback(struct verifier *v, int32_t helper,
			      const struct reg args[5]);
must_check int leave_callback(struct verifier *v);

/* snapshot.c */
struct snapshot *snapshot_take(struct verifier *v, const struct state *s);
void snapshot_free(struct verifier *v, struct snapshot *snap);
void snapshot_restore(const struct snapshot *snap, struct state *s);
/* Whatever `s` allows, `snap` allows as well. */
bool snapshot_covers(struct verifier *v, const struct snapshot *snap,
		     const struct state *s);
/* Is it further back, or in a deeper call? */
bool snapshot_before(const struct snapshot *a, const struct snapshot *b);
/* The same state, in the same calls. */
bool snapshot_same(struct verifier *v, const struct snapshot *snap,
		   const struct state *s);
/* Makes s allow what either allows; false: they are not at the same place. */
bool snapshot_join(struct verifier *v, const struct snapshot *snap,
		   struct state *s);

/* dump.c: one instruction as text */
void bpf_dump_insn(const struct bpf_prog *p, size_t at,
		   const struct bpf_map_def *maps, size_t nmaps,
		   struct buf *out);

#endif

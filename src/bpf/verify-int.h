/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the verifier share.
 *
 * The verifier walks every path of a program with sets of values in place of
 * values. The order between them: what was never set stands for everything
 * (it may not be used), an unknown number stands for every set value, also
 * for pointers (a pointer may be printed, it may not be made from a number).
 * A state that stands for all that another stands for makes it superfluous.
 */
#ifndef UPD_VERIFY_INT_H
#define UPD_VERIFY_INT_H

#include "bpf-op.h"
#include "bpf.h"

enum {
	VERIFY_INSNS_MAX = 1000000,   /* looked at, over all paths */
	VERIFY_PENDING_MAX = 65536,   /* paths not yet walked */
	VERIFY_BYTES_MAX = 256 << 20, /* of remembered states */
	VERIFY_SLOTS = BPF_STACK_MAX / 8,
	VERIFY_EXACT = 8,	/* states of a point before they are joined */
	VERIFY_LOOPS = 1 << 23, /* of the helper loop */
};

/* A set of numbers: those between both pairs of bounds whose bits outside
 * `unk` are those of `val`. */
struct scalar {
	uint64_t val, unk;
	uint64_t umin, umax;
	int64_t smin, smax;
};

enum vkind {
	V_NOTINIT,
	V_SCALAR,
	V_STACK, /* of `frame`, counted from its frame pointer */
	V_CTX,
	V_VALUE, /* of map `index`; lent to a callback: of `frame` only */
	V_VALUE_OR_NULL, /* no offset; those with one id are NULL together */
	V_KEY,		 /* the same, not to be written */
	V_MAP,		 /* map `index` itself */
	V_FUNC,		 /* at instruction `index` */
};

/* All its bytes count when states are compared: always written whole. */
struct vreg {
	uint8_t kind, frame;
	uint16_t pad;
	uint32_t index;
	uint64_t id;
	struct scalar s; /* the number; of pointers the offset */
};

enum vbyte { B_NONE, B_MISC, B_ZERO, B_SPILL };

/* Eight bytes of stack, kept together as `reg` when all are B_SPILL (either
 * all or none are). */
struct vslot {
	uint8_t byte[8];
	struct vreg reg;
};

struct vnode;

struct vframe {
	struct vreg r[BPF_NREGS];
	uint32_t back;	 /* where to go on; of callbacks the call itself */
	uint16_t nslots; /* in use, from the frame pointer down */
	bool callback;
	struct vnode *loop; /* of callbacks: the state that called */
	struct vslot slots[VERIFY_SLOTS];
};

struct vstate {
	struct vnode *parent; /* the last remembered state on this path */
	uint32_t pc, nframes;
	uint32_t since; /* instructions since that state */
	struct vframe frames[BPF_CALL_DEPTH];
};

/* A copy without the unused slots. */
struct vsnap {
	struct vnode *parent;
	struct vsnap *below; /* in the stack of pending paths */
	size_t bytes;
	uint32_t pc, nframes, since;
	struct vframe *frames[BPF_CALL_DEPTH];
};

/* A remembered state: all that follows from it is fine once `branches`, the
 * paths from here that were not walked to their end, is 0. */
struct vnode {
	struct vsnap *snap;
	struct vnode *next; /* at the same instruction */
	struct vnode *parent;
	struct vnode *before; /* callers of callbacks: a round earlier */
	struct vnode *first;  /* the round before all others, or itself */
	uint32_t branches, round;
	bool is_call;
};

enum { AT_START = 1, AT_TARGET = 2, AT_BACK = 4 };

struct verifier {
	const struct bpf_prog *p;
	const struct bpf_verify_opts *opts;
	struct err *err;
	uint8_t *at;	      /* AT_ of each instruction */
	struct vnode **nodes; /* by instruction */
	struct vsnap *pending;
	size_t npending, bytes, walked;
	uint64_t last_id;
	bool loops; /* some jump goes back */
	bool ended; /* the path that is walked has come to its end */
	struct vstate cur;
};

/* ---- verify-scalar.c: sets of numbers ---- */

extern const struct scalar scalar_unknown;

struct scalar scalar_const(uint64_t v);
struct scalar scalar_range(uint64_t umin, uint64_t umax);
bool scalar_is_const(const struct scalar *s);
/* Lets each of its three forms profit from the others; false: empty. */
bool scalar_settle(struct scalar *s);
/* The low `bytes` bytes, zero-extended. */
struct scalar scalar_low(struct scalar a, int bytes);
struct scalar scalar_extend(struct scalar a, int bits);
bool scalar_within(const struct scalar *a, const struct scalar *outer);
struct scalar scalar_join(const struct scalar *a, const struct scalar *b);
/* a OP b, as the instruction does it. */
struct scalar scalar_alu(const struct bpf_insn *i, struct scalar a,
			 struct scalar b);

/* ---- verify-branch.c ---- */

/* What is left of a and b where `a OP b` is `taken`; false: it never is. */
bool scalar_branch(int op, bool taken, struct scalar *a, struct scalar *b);
must_check int verify_branch(struct verifier *v, const struct bpf_insn *i);

/* ---- verify-shape.c: what can be seen without walking ---- */

must_check int verify_shape(struct verifier *v);

/* ---- verify-state.c ---- */

struct vreg vreg_scalar(struct scalar s);
struct vreg vreg_pointer(enum vkind kind, uint32_t index);
struct vsnap *verify_snap(struct verifier *v);
void verify_unsnap(struct verifier *v, struct vsnap *s);
void verify_drop(struct verifier *v, struct vsnap *s);
bool verify_covers(const struct vsnap *s, const struct vstate *cur);
bool verify_same(const struct vsnap *s, const struct vstate *cur);
bool verify_alike(const struct vsnap *s, const struct vstate *cur);
/* The current state, to stand for s as well. */
void verify_join(struct verifier *v, const struct vsnap *s, bool widen);
/* Slot as a register, where its bytes are all set. */
bool vslot_value(const struct vslot *slot, struct vreg *ret_reg);

/* ---- verify-path.c: remembering, forking, ending ---- */

must_check int verify_fork(struct verifier *v);
void verify_end_path(struct verifier *v);
must_check int verify_visit(struct verifier *v);
/* A callback is about to be called, once more if `before`. */
must_check int verify_round(struct verifier *v, struct vnode *before,
			    struct vnode **ret_node);

/* ---- verify-mem.c ---- */

must_check int verify_load(struct verifier *v, const struct bpf_insn *i);
must_check int verify_store(struct verifier *v, const struct bpf_insn *i);
must_check int verify_atomic(struct verifier *v, const struct bpf_insn *i);
/* `size` bytes behind register `reg`, for a helper that reads or writes. */
must_check int verify_mem(struct verifier *v, int reg, uint64_t min,
			  uint64_t max, bool write);
void verify_forget_frame(struct verifier *v, unsigned frame);

/* ---- verify-call.c ---- */

must_check int verify_call(struct verifier *v, const struct bpf_insn *i);
must_check int verify_exit(struct verifier *v);

/* ---- verify.c ---- */

int verify_refuse(struct verifier *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int verify_refuse_at(struct verifier *v, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static inline struct vframe *verify_frame(struct verifier *v)
{
	return &v->cur.frames[v->cur.nframes - 1];
}

static inline struct vreg *verify_reg(struct verifier *v, int reg)
{
	return &verify_frame(v)->r[reg];
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The generator. Numbers and pointers are computed in r0; other values have a
 * place in memory, where whoever wants them says. r1 to r5 are anybody's.
 *
 *   r6  the context (registers of the thread); in loops' callbacks read back
 *       from the main program's stack
 *   r7  short-lived, never across the generation of an expression
 *   r8  in callbacks: the frame pointer of the main program
 *   r9  the scratch memory, if the program needs any
 *
 * The stack holds the numeric variables (of the main program's frame) and
 * temporaries (of each frame); larger things are in the scratch memory.
 */
#ifndef UPD_GEN_H
#define UPD_GEN_H

#include "bpf-op.h"
#include "bpf.h"
#include "lang-int.h"
#include "vtypes.h"

#include <setjmp.h>

enum {
	GEN_CTX = BPF_R6,
	GEN_TMP = BPF_R7,
	GEN_FRAME = BPF_R8,
	GEN_SCRATCH = BPF_R9,
	GEN_STACK_VARS = 24,  /* variables on the stack, at most */
	GEN_STACK_VALUE = 64, /* larger temporaries go to the scratch */
	GEN_LOOPS_MAX = 1 << 20,
};

struct place {
	int reg, off;
};

/* Where break and continue go. */
struct gen_loop {
	struct gen_loop *outer;
	bpf_label on_break, on_continue;
	bool callback; /* the body is a subprogram */
};

/* A loop's body, to be generated behind the main program. */
struct gen_callback {
	struct gen_callback *next;
	bpf_label entry;
	struct stmt *s;
	uint32_t scratch; /* in use where the loop is */
	int frames;	  /* bytes of stack in use above */
	int state;	  /* place of the loop's counter, in the main frame */
};

struct gen {
	struct lang *l;
	const struct lang_env *env;
	const struct point *pt; /* NULL: only measuring, no attach point */
	unsigned point_id;
	struct probe *probe;
	const struct lang_abi *abi;
	struct bpf_build b;
	int base; /* register that holds the main program's frame pointer */
	bool in_callback;
	int temp, temp_max; /* bytes of this frame */
	int frames;	    /* of those above */
	uint32_t scratch, scratch_max;
	bool uses_scratch;
	int ctx_slot, return_slot; /* in the main frame; 0: none */
	bpf_label exit;
	const struct expr *unused; /* its value goes nowhere */
	struct range at; /* what is being computed: for warnings at run time */
	struct gen_loop *loop;
	struct gen_callback *first, **last;
	int rc;
};

/* gen.c */
/* Generates once, to learn how much scratch memory is needed. */
int gen_measure(struct lang *l, struct probe *p, const struct point *pt);
/* Reports and gives up. */
void gen_fail(struct gen *g, struct range at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* gen-mem.c: places and temporaries */
struct gen_mark {
	int temp;
	uint32_t scratch;
};
struct gen_mark gen_mark(const struct gen *g);
void gen_release(struct gen *g, struct gen_mark m);
struct place gen_temp(struct gen *g, unsigned size);	/* stack */
struct place gen_scratch(struct gen *g, uint32_t size); /* scratch */
/* For a value of that type: small ones on the stack. */
struct place gen_room(struct gen *g, const struct vtype *t);
struct place place_at(struct place p, int off);
void gen_lea(struct gen *g, int reg, struct place p);
void gen_load(struct gen *g, int reg, struct place p); /* 8 bytes */
void gen_store(struct gen *g, struct place p, int reg);
void gen_store_imm(struct gen *g, struct place p, int64_t v);
void gen_zero(struct gen *g, struct place p, uint32_t size);
void gen_copy(struct gen *g, struct place to, struct place from, uint32_t size);
void gen_bytes(struct gen *g, struct place to, const void *data, uint32_t len,
	       uint32_t size);
void gen_to_address(struct gen *g);
/* r0 = address in the target -> r0 = the number there */
void gen_read_user(struct gen *g, unsigned size, bool is_signed);
/* r0 = address in the target -> size bytes at `to` (8 more may be touched) */
void gen_read_value(struct gen *g, const struct vtype *t, struct place to);
/* r0 (string address), up to `size` chars of the slot at `to` */
void gen_read_str(struct gen *g, struct place to, uint32_t size);
void gen_warn_read(struct gen *g, const char *helper);
/* Sign or zero extension of r0 to 64 bits. */
void gen_extend(struct gen *g, unsigned size, bool is_signed);

/* gen-expr.c */
void gen_scalar(struct gen *g, struct expr *e); /* r0 */
void gen_into(struct gen *g, struct expr *e, const struct vtype *t,
	      struct place to);
/* A larger value, where it lies anyway or in new room. */
struct place gen_value(struct gen *g, struct expr *e);
/* Jumps to `to` when e is false (or true). */
void gen_branch(struct gen *g, struct expr *e, bool when, bpf_label to);
/* r0 = the address of a target value */
void gen_address(struct gen *g, struct expr *e);
/* The number in r0, of type t, as one of type `to` */
void gen_convert(struct gen *g, const struct vtype *t, const struct vtype *to);
/* Two values: the first stays in r0, the second in r1. */
void gen_pair(struct gen *g, struct expr *a, struct expr *b);
struct place gen_var_place(struct gen *g, const struct var *v);

/* gen-string.c: r0 = whether the first n characters (0: all) are equal */
void gen_str_equal(struct gen *g, struct expr *a, struct expr *b, uint32_t n);

void gen_bytes_equal(struct gen *g, struct expr *a, struct expr *b);

/* gen-map.c */
/* The key of a map expression, in new room. */
struct place gen_key(struct gen *g, struct expr *e);
void gen_update(struct gen *g, const struct map *m, struct place key,
		struct place value, int flags);
void gen_warn_full(struct gen *g);
void gen_merged(struct gen *g, const struct map *m, struct place key);
/* r0 = the value of the key at `key`, or 0 */
void gen_lookup(struct gen *g, const struct map *m, struct place key);
void gen_map_scalar(struct gen *g, struct expr *e);
void gen_map_into(struct gen *g, struct expr *e, struct place to);
void gen_map_assign(struct gen *g, struct expr *e, struct expr *value);
/* @x op= r0-producing value; fetch: r0 = 1 the old, 2 the new value */
void gen_map_add(struct gen *g, struct expr *e, struct expr *value,
		 int64_t constant, int fetch);
void gen_map_compound(struct gen *g, struct stmt *s);
/* Of the attach point that the program is for. */
enum lang_probe_kind gen_kind(const struct gen *g);
void gen_load_map(struct gen *g, int reg, int index);

/* gen-agg.c */
void gen_agg(struct gen *g, struct expr *map, struct expr *call);

/* gen-stmt.c, gen-loop.c */
void gen_block(struct gen *g, struct block *b);
void gen_while(struct gen *g, struct stmt *s);
void gen_for(struct gen *g, struct stmt *s);
void gen_unroll(struct gen *g, struct stmt *s);
void gen_callbacks(struct gen *g);
void gen_leave(struct gen *g); /* return: from wherever we are */
void gen_binary(struct gen *g, enum token_kind op, bool is_signed); /* r0, r1 */
enum token_kind gen_plain_op(enum token_kind op); /* += to + */

/* gen-event.c */
void gen_event(struct gen *g, struct expr *e, struct expr **args, size_t n);
/* The record at `rec`, whose fields are there. */
void gen_event_send(struct gen *g, struct place rec, int action);
/* A warning, while the program runs, of what is being computed (g->at). r0 is
 * the number that it gives, as the helper (NULL: none) returned it. Spends r0
 * to r5. */
void gen_warn(struct gen *g, const char *helper, const char *text);
/* The same, unless r0 is so (BPF_OP_J...). */
void gen_warn_unless(struct gen *g, int op, int32_t than, const char *helper,
		     const char *text);
void gen_print_map(struct gen *g, struct expr *e, const struct map *m,
		   uint64_t top, uint64_t div);

/* gen-loc.c: args.NAME, USDT arguments */
void gen_arg_field(struct gen *g, struct expr *e, const struct place *to);
void gen_param(struct gen *g, struct expr *e, const struct cfield *f,
	       struct place to);
void gen_arg_address(struct gen *g, struct expr *e);
void gen_usdt_arg(struct gen *g, struct expr *e, int n, const struct place *to);
bool gen_retval_number(struct gen *g, struct expr *e);
void gen_retval_bytes(struct gen *g, struct expr *e, struct place to);
void gen_reg(struct gen *g, int dst, struct lang_reg r);
void gen_ctx(struct gen *g, int reg);

#endif

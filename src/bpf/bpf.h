/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * eBPF (RFC 9669): instructions, programs, builder, verifier, interpreter,
 * disassembler. No process knowledge: memory of a target, maps and output are
 * reached through helpers that the host of a program supplies.
 *
 * One program runs here and in the kernel: opcode encoding, helper numbers,
 * map reference forms and calling convention are the kernel's. Helpers of our
 * own start at 0x10000.
 */
#ifndef UPD_BPF_H
#define UPD_BPF_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_insn {
	uint8_t code;
	uint8_t dst : 4, src : 4; /* little-endian host order; see bpf_regs */
	int16_t off;
	int32_t imm;
};

enum { BPF_R0, BPF_R1, BPF_R2, BPF_R3, BPF_R4, BPF_R5, BPF_R6, BPF_R7, BPF_R8,
       BPF_R9, BPF_FP, BPF_NREGS };

enum { BPF_STACK_MAX = 512, BPF_INSNS_MAX = 65536, BPF_CALL_DEPTH = 8 };

/* src field of LD_IMM64: what the immediate stands for. A map is named by its
 * index in the program's map list (BPF_PSEUDO_MAP_IDX); whoever loads into the
 * kernel turns that into descriptors. */
enum { BPF_PSEUDO_NONE = 0, BPF_PSEUDO_MAP_IDX = 5, BPF_PSEUDO_FUNC = 4 };
/* src field of CALL */
enum { BPF_CALL_HELPER = 0, BPF_CALL_LOCAL = 1 };

/* Map types, numbered as in linux/bpf.h. */
enum bpf_map_kind {
	BPF_MAP_HASH = 1,
	BPF_MAP_ARRAY = 2,
	BPF_MAP_PERCPU_HASH = 5,
	BPF_MAP_PERCPU_ARRAY = 6,
	BPF_MAP_STACK_TRACE = 7,
	BPF_MAP_LRU_HASH = 9,
	BPF_MAP_LRU_PERCPU_HASH = 10,
	BPF_MAP_RINGBUF = 27,
};

struct bpf_map_def {
	char name[32];
	enum bpf_map_kind kind;
	uint32_t key_size, value_size, max_entries; /* ringbuf: max_entries bytes */
};

/* Argument and result kinds of helpers, for the verifier. */
enum bpf_arg {
	BPF_ARG_NONE,
	BPF_ARG_ANY,	   /* any initialised scalar or pointer */
	BPF_ARG_SCALAR,
	BPF_ARG_CTX,
	BPF_ARG_MAP,	   /* a map reference */
	BPF_ARG_KEY,	   /* readable, the map's key_size bytes */
	BPF_ARG_VALUE,	   /* readable, the map's value_size bytes */
	BPF_ARG_MEM_READ,  /* readable; its length is the next argument */
	BPF_ARG_MEM_WRITE, /* writable, need not be initialised; likewise */
	BPF_ARG_MEM_BOTH,  /* readable, and written */
	BPF_ARG_SIZE,	   /* scalar > 0 known in bounds; of the MEM before */
	BPF_ARG_SIZE0,	   /* the same, may be 0 */
	BPF_ARG_FUNC,	   /* a callback subprogram (BPF_PSEUDO_FUNC) */
	BPF_ARG_CALLBACK_CTX, /* pointer to stack or map value, or 0 */
	BPF_ARG_MEM_SAME, /* readable, as long as the MEM and SIZE before */
};

enum bpf_ret { BPF_RET_SCALAR, BPF_RET_VALUE_OR_NULL, BPF_RET_VOID };

/* The helpers: name, number, result, five arguments. Kernel numbers below
 * 0x10000. The one list: names for dumps, signatures for the verifier. */
#define BPF_HELPER_LIST(X)                                                     \
	X(map_lookup_elem, 1, VALUE_OR_NULL, MAP, KEY, NONE, NONE, NONE)       \
	X(map_update_elem, 2, SCALAR, MAP, KEY, VALUE, SCALAR, NONE)           \
	X(map_delete_elem, 3, SCALAR, MAP, KEY, NONE, NONE, NONE)              \
	X(ktime_get_ns, 5, SCALAR, NONE, NONE, NONE, NONE, NONE)               \
	X(get_prandom_u32, 7, SCALAR, NONE, NONE, NONE, NONE, NONE)            \
	X(get_smp_processor_id, 8, SCALAR, NONE, NONE, NONE, NONE, NONE)       \
	X(get_current_pid_tgid, 14, SCALAR, NONE, NONE, NONE, NONE, NONE)      \
	X(get_current_uid_gid, 15, SCALAR, NONE, NONE, NONE, NONE, NONE)       \
	X(get_current_comm, 16, SCALAR, MEM_WRITE, SIZE, NONE, NONE, NONE)     \
	X(get_stackid, 27, SCALAR, CTX, MAP, SCALAR, NONE, NONE)               \
	X(probe_write_user, 36, SCALAR, ANY, MEM_READ, SIZE, NONE, NONE)       \
	X(get_stack, 67, SCALAR, CTX, MEM_WRITE, SIZE0, SCALAR, NONE)          \
	X(send_signal, 109, SCALAR, SCALAR, NONE, NONE, NONE, NONE)            \
	X(get_current_cgroup_id, 80, SCALAR, NONE, NONE, NONE, NONE, NONE)     \
	X(probe_read_user, 112, SCALAR, MEM_WRITE, SIZE0, ANY, NONE, NONE)     \
	X(probe_read_user_str, 114, SCALAR, MEM_WRITE, SIZE0, ANY, NONE, NONE) \
	X(send_signal_thread, 117, SCALAR, SCALAR, NONE, NONE, NONE, NONE)     \
	X(ktime_get_boot_ns, 125, SCALAR, NONE, NONE, NONE, NONE, NONE)        \
	X(ringbuf_output, 130, SCALAR, MAP, MEM_READ, SIZE0, SCALAR, NONE)     \
	X(for_each_map_elem, 164, SCALAR, MAP, FUNC, CALLBACK_CTX, SCALAR, NONE) \
	X(loop, 181, SCALAR, SCALAR, FUNC, CALLBACK_CTX, SCALAR, NONE)         \
	X(strncmp, 182, SCALAR, MEM_READ, SIZE, MEM_SAME, NONE, NONE)          \
	X(ktime_get_tai_ns, 208, SCALAR, NONE, NONE, NONE, NONE, NONE)         \
	/* Ours. */                                                            \
	/* load bias of the module of probe site, for static variables */      \
	X(upd_mod_bias, 0x10000, SCALAR, CTX, NONE, NONE, NONE, NONE)          \
	/* exit(code): ends the session after this program */                  \
	X(upd_exit, 0x10001, SCALAR, SCALAR, NONE, NONE, NONE, NONE)           \
	/* writes a record (action id, then a serialised snapshot of the       \
	 * map) to the ring: map, action id, top, div */                       \
	X(upd_print_map, 0x10002, SCALAR, MAP, SCALAR, SCALAR, SCALAR, NONE)   \
	X(upd_clear_map, 0x10003, SCALAR, MAP, NONE, NONE, NONE, NONE)         \
	X(upd_zero_map, 0x10004, SCALAR, MAP, NONE, NONE, NONE, NONE)          \
	X(upd_map_len, 0x10005, SCALAR, MAP, NONE, NONE, NONE, NONE)           \
	/* says that something failed: action << 32 | point, code. Sent the     \
	 * first time, counted then */                                          \
	X(upd_warn, 0x10007, SCALAR, SCALAR, SCALAR, NONE, NONE, NONE)         \
	/* the value of a key, of all writers together: map, key, how          \
	 * (enum bpf_merge), where to; not 0: there is none */                 \
	X(upd_merged, 0x10008, SCALAR, MAP, KEY, SCALAR, MEM_WRITE, SIZE)      \
	/* of strings and bytes: the length up to a NUL; where the second       \
	 * begins in the first, or -1; as memcmp(); the second, behind the      \
	 * first */                                                             \
	X(upd_strlen, 0x10009, SCALAR, MEM_READ, SIZE, NONE, NONE, NONE)       \
	X(upd_strstr, 0x1000a, SCALAR, MEM_READ, SIZE, MEM_READ, SIZE, NONE)   \
	X(upd_memcmp, 0x1000b, SCALAR, MEM_READ, SIZE, MEM_SAME, NONE, NONE)   \
	X(upd_str_append, 0x1000c, SCALAR, MEM_BOTH, SIZE, MEM_READ, SIZE,     \
	  NONE)                                                                \
	/* frames of the stack of this id */                                   \
	X(upd_stack_len, 0x1000d, SCALAR, MAP, SCALAR, NONE, NONE, NONE)       \
	/* the parent of the process; the name of the first thread of one */   \
	X(upd_ppid, 0x1000e, SCALAR, NONE, NONE, NONE, NONE, NONE)             \
	X(upd_comm_of, 0x1000f, SCALAR, SCALAR, MEM_WRITE, SIZE, NONE, NONE)   \
	/* what a floating point or vector register holds: its DWARF number */ \
	X(upd_vector, 0x10010, SCALAR, SCALAR, MEM_WRITE, SIZE, NONE, NONE)    \
	/* a float or double, without its fraction */                          \
	X(upd_float_int, 0x10011, SCALAR, MEM_READ, SIZE, NONE, NONE, NONE)

enum bpf_helper {
#define BPF_HELPER_ENUM(name, nr, ...) BPF_HELPER_##name = nr,
	BPF_HELPER_LIST(BPF_HELPER_ENUM)
#undef BPF_HELPER_ENUM
};

/* How upd_merged makes one value out of those of all writers: by adding its
 * 64-bit words, or as the smallest or largest of those that are set (second
 * word). */
enum bpf_merge {
	BPF_MERGE_ADD, BPF_MERGE_MIN, BPF_MERGE_MAX, BPF_MERGE_MIN_SIGNED,
	BPF_MERGE_MAX_SIGNED,
};

struct bpf_helper_sig {
	const char *name;
	int32_t nr;
	enum bpf_ret ret;
	enum bpf_arg args[5];
};

const struct bpf_helper_sig *bpf_helper_sig(int32_t nr);

/* A program: instructions plus the maps it may name. Owned by whoever made
 * it; immutable after verification. */
struct bpf_prog {
	struct bpf_insn *insns;
	size_t ninsns;
};

/* ---- builder ---------------------------------------------------------- */

/* Appends instructions; labels are resolved at bpf_build_end. Sticky failure,
 * as struct buf. */
struct bpf_build {
	struct buf code; /* struct bpf_insn[] */
	struct buf labels, fixups;
	bool failed;
};

typedef int bpf_label;

void bpf_build_init(struct bpf_build *b);
void bpf_build_release(struct bpf_build *b);

/* ALU: op is one of the BPF_OP_ names in bpf-op.h. */
void bpf_alu64_reg(struct bpf_build *b, int op, int dst, int src);
void bpf_alu64_imm(struct bpf_build *b, int op, int dst, int32_t imm);
void bpf_alu32_reg(struct bpf_build *b, int op, int dst, int src);
void bpf_alu32_imm(struct bpf_build *b, int op, int dst, int32_t imm);
void bpf_mov_reg(struct bpf_build *b, int dst, int src);
/* Any 64-bit constant, in the shortest form. */
void bpf_mov_imm(struct bpf_build *b, int dst, int64_t imm);
/* dst = sign-extended low `bits` (8, 16, 32) of src */
void bpf_movsx(struct bpf_build *b, int dst, int src, int bits);
void bpf_sdiv(struct bpf_build *b, int dst, int src);
void bpf_smod(struct bpf_build *b, int dst, int src);
/* size: 1, 2, 4, 8 bytes */
void bpf_load(struct bpf_build *b, int size, int dst, int src, int off);
void bpf_load_signed(struct bpf_build *b, int size, int dst, int src, int off);
void bpf_store(struct bpf_build *b, int size, int dst, int off, int src);
void bpf_store_imm(struct bpf_build *b, int size, int dst, int off, int32_t imm);
/* *(dst+off) += src, atomically; size 4 or 8 */
void bpf_atomic_add(struct bpf_build *b, int size, int dst, int off, int src);
/* The general atomic: op as in RFC 9669 (BPF_ADD|BPF_FETCH, BPF_CMPXCHG..). */
void bpf_atomic(struct bpf_build *b, int size, int op, int dst, int off, int src);
void bpf_load_map(struct bpf_build *b, int dst, unsigned map_index);
void bpf_call(struct bpf_build *b, enum bpf_helper helper);
void bpf_exit(struct bpf_build *b);

bpf_label bpf_label_new(struct bpf_build *b);
void bpf_label_here(struct bpf_build *b, bpf_label l);
void bpf_jump(struct bpf_build *b, bpf_label to);
/* op: BPF_OP_JEQ ... in bpf-op.h, 64-bit comparison */
void bpf_jump_imm(struct bpf_build *b, int op, int dst, int32_t imm, bpf_label to);
void bpf_jump_reg(struct bpf_build *b, int op, int dst, int src, bpf_label to);
/* dst = pointer to the subprogram that starts at l (callbacks) */
void bpf_load_func(struct bpf_build *b, int dst, bpf_label l);
void bpf_call_local(struct bpf_build *b, bpf_label l);

/* Leaves out what no path leads to, which the kernel refuses. All jumps must
 * be to labels. */
void bpf_build_prune(struct bpf_build *b);
/* Resolves labels; the program is the caller's (bpf_prog_release). */
must_check int bpf_build_end(struct bpf_build *b, struct bpf_prog *ret_prog,
			     struct err *err);
void bpf_prog_release(struct bpf_prog *p);

/* ---- verifier --------------------------------------------------------- */

struct bpf_verify_opts {
	const struct bpf_map_def *maps;
	size_t nmaps;
	uint32_t ctx_size; /* bytes of context that may be read (never written) */
};

/* Refuses (ERR_REFUSED, sentence with the instruction's index and text)
 * whatever could read or write out of bounds, use what was never set, call a
 * helper wrongly, or not end. `p` comes from anywhere: it is hostile. */
must_check int bpf_verify(const struct bpf_prog *p,
			  const struct bpf_verify_opts *opts, struct err *err);

/* ---- interpreter ------------------------------------------------------ */

struct bpf_host;

typedef uint64_t bpf_helper_fn(struct bpf_host *host, uint64_t a1, uint64_t a2,
			       uint64_t a3, uint64_t a4, uint64_t a5);

/* Who runs programs fills one of these (usually embedded in its own struct):
 * a function per helper, and the object that LD_IMM64 of map i yields.
 * Helpers get native pointers: the verifier has proved their bounds. */
struct bpf_host {
	bpf_helper_fn *(*helper)(int32_t nr); /* NULL: refused at bind time */
	void *const *maps;
	size_t nmaps;
	uint64_t insn_budget; /* end a run after about so many instructions
			       * (looked at where it jumps back); 0: none */
	/* Atomic operations on 8 bytes (op is that of the instruction, with
	 * BPF_FETCH or without; CMPXCHG stores if it is `expected`): what was
	 * there before. Asked only where processors have no instruction for it;
	 * NULL: nobody else has the memory. */
	uint64_t (*atomic64)(struct bpf_host *host, uint64_t *p, int op,
			     uint64_t v, uint64_t expected);
	bool ended; /* the last run was ended by its budget */
	struct bpf_machine *machine; /* the interpreter's own */
};

/* A verified program made ready to run for one host: helpers and maps bound,
 * decoded for speed. */
struct bpf_code;

must_check int bpf_bind(const struct bpf_prog *p, const struct bpf_host *host,
			struct bpf_code **ret_code, struct err *err);
void bpf_code_free(struct bpf_code *code);

/* Runs it. ctx must have the verified ctx_size bytes. Returns r0; sets
 * host->ended. No allocation, no system call of its own; reentrant. */
uint64_t bpf_run(const struct bpf_code *code, struct bpf_host *host,
		 const void *ctx);

/* For helpers loop and for_each_map_elem: calls the subprogram that a
 * BPF_ARG_FUNC argument names, on the running program's machine. */
uint64_t bpf_callback(struct bpf_host *host, uint64_t func, uint64_t a1,
		      uint64_t a2, uint64_t a3, uint64_t a4);

/* ---- text ------------------------------------------------------------- */

/* One line per instruction, "  12: r1 = *(u64 *)(r10 - 8)". */
void bpf_dump(const struct bpf_prog *p, const struct bpf_map_def *maps,
	      size_t nmaps, struct buf *out);

/* The text of one, without its number and the end of the line. */
void bpf_dump_insn(const struct bpf_prog *p, size_t at,
		   const struct bpf_map_def *maps, size_t nmaps,
		   struct buf *out);

#endif

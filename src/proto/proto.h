/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages between upd, updd, session workers and tracers: framing, version,
 * (de)serialisation. Everything received is hostile: lengths are checked
 * before use, unknown types and versions refused with a sentence.
 *
 * A message: u32 length of the payload, u16 type, u16 version, payload of
 * tagged fields in a fixed order per type (little endian). Numbers of retired
 * messages are never used again. Descriptors travel as SCM_RIGHTS with the
 * first byte of their message. This header, and the layout of HELLO and ERROR,
 * are the same in every version, so that any two versions can tell each other
 * that they don't match.
 */
#ifndef UPD_PROTO_H
#define UPD_PROTO_H

#include "buf.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROTO_VERSION = 1,
	PROTO_PAYLOAD_MAX = 16 << 20,
	PROTO_FDS_MAX = 4,
	PROTO_QUEUE_MAX = 2 * PROTO_PAYLOAD_MAX, /* unsent bytes of one end */
	PROTO_STRINGS_MAX = 4096, /* elements of any list in a message */
};

/* name, number, direction for the reader */
#define PROTO_MSG_LIST(X)                                                      \
	/* client -> broker/session worker */                                  \
	X(HELLO, 1)	/* str client_version */                               \
	X(RUN, 2)	/* struct run_request: script, options, targets */     \
	X(INTERRUPT, 3) /* Ctrl-C: END, print maps, leave */                   \
	X(SIGNAL, 4)	/* u32 signo: self:signal probes */                    \
	/* -> client */                                                        \
	X(WELCOME, 32)	/* str server_version, u32 server_pid */               \
	X(OUTPUT, 33)	/* bytes for the output */                             \
	X(DIAG, 34)	/* u32 level, str text: for stderr */                  \
	X(ATTACHED, 35) /* u32 probes: the banner */                           \
	X(HELD, 36)	/* the -c child may exec now */                        \
	X(DONE, 37)	/* u32 exit status */                                  \
	X(ERROR, 38)	/* u32 code, str sentence; ends the session */         \
	/* session worker <-> broker */                                        \
	X(WANT_TRACER, 64) /* u32 pid */                                       \
	X(TRACER, 65)	/* u32 pid; fd: socket to its tracer */                \
	X(NO_TRACER, 66) /* u32 pid, u32 code, str: why there is none */       \
	X(TRACER_DIED, 67) /* u32 pid, u32 code, str: not by itself */         \
	/* session worker -> tracer */                                         \
	X(T_OPEN, 96)	/* struct topen: attach */                             \
	X(T_PROBE, 97)	/* struct trap_probe_spec: plant */                    \
	X(T_ARM, 98)	/* all probes sent: let go */                          \
	X(T_CLOSE, 99)	/* lift this session's probes */                       \
	X(T_SHARE, 100) /* struct tshare; fds: the maps' memory, doorbell */   \
	X(T_PROG, 101)	/* u32 context size, instructions */                   \
	X(T_DROP, 102)	/* u32 pid: let that process go */                     \
	/* tracer -> session worker */                                         \
	X(T_READY, 128) /* attached */                                         \
	X(T_PLANTED, 129) /* u32 id, u32 sites */                              \
	X(T_REFUSED, 130) /* u32 id, u32 code, str sentence */                 \
	X(T_ARMED, 131)                                                        \
	X(T_EXEC, 132)                                                         \
	X(T_MAPPED, 133)  /* u32 pid, str: /proc/PID/maps, or empty */          \
	X(T_EXITING, 134) /* u32 pid, str: its last /proc/PID/maps */          \
	X(T_EXITED, 135) /* u32 pid, i32 status */                             \
	X(T_FORKED, 136) /* u32 child pid, u32 followed */                     \
	X(T_LEFT, 137)	/* u32 pid, u32 0: let go, it runs on */              \
	X(T_ERROR, 138) /* u32 code, str */                                    \
	X(T_STATS, 140) /* per probe: u32 id, u64 hits, left, unwatched */          \
	X(T_WARNING, 142) /* str sentence: what this target lacks */           \
	X(T_CLOSED, 141)                                                       \
	/* broker <-> tracer, on the tracer's control socket */                \
	X(B_SESSION, 160) /* fd: the tracer's end of a new session's socket */ \
	X(B_IDLE, 161)	/* tracer: u32 sessions received: I have none left */ \
	X(B_QUIT, 162)	/* broker: nobody else comes, leave. Not sent when a   \
			 * B_SESSION is under way */                           \
	/* sweeper -> broker */                                                \
	X(B_LEFT, 163)	/* u32 pid, u32 uid, u32 gid: something is left there */

enum proto_msg {
#define PROTO_ENUM(name, number) MSG_##name = number,
	PROTO_MSG_LIST(PROTO_ENUM)
#undef PROTO_ENUM
};

const char *proto_msg_name(unsigned type); /* "?": unknown */

/* ---- payloads ----------------------------------------------------------- */

void put_u32(struct buf *b, uint32_t v);
void put_u64(struct buf *b, uint64_t v);
void put_bytes(struct buf *b, const void *data, size_t len);
void put_str(struct buf *b, const char *s); /* NULL is kept apart from "" */

/* A reader over one payload: sticky failure, checked once at the end. */
struct proto_in {
	const uint8_t *p, *end;
	bool failed;
};

uint32_t get_u32(struct proto_in *in);
uint64_t get_u64(struct proto_in *in);
/* Points into the payload; *len. */
const void *get_bytes(struct proto_in *in, size_t *len);
/* NUL-terminated inside the payload; NULL: was NULL, or failed. */
const char *get_str(struct proto_in *in);
/* 0 when everything was read and nothing failed; else ERR_PROTO. */
must_check int get_end(struct proto_in *in, struct err *err);

/* ---- connections --------------------------------------------------------- */

struct msg {
	unsigned type;
	struct proto_in in; /* the payload: valid until the next receive */
	int fds[PROTO_FDS_MAX]; /* the receiver's to close; -1: none */
	size_t nfds;
};

/* One end of a stream socket, with its buffers. */
struct conn;

struct conn *conn_new(int fd); /* takes fd over, also when it returns NULL */
void conn_free(struct conn *c);
int conn_fd(const struct conn *c);
/* Frees the connection but keeps its descriptor open: the caller's. Nothing
 * beyond the last message received was read from it; what is still queued is
 * dropped. */
int conn_detach(struct conn *c);
/* Closes the descriptors of a message that nobody took (set them to -1 to
 * take them). */
void msg_release(struct msg *m);
/* Queues a message (payload may be NULL) and tries to send. Limits what may be
 * queued: ERR_LIMIT beyond. fds are duplicated. */
int conn_send(struct conn *c, unsigned type, const struct buf *payload,
	      const int *fds, size_t nfds, struct err *err);
/* True while something is queued: poll for POLLOUT and call conn_flush. */
bool conn_pending(const struct conn *c);
int conn_flush(struct conn *c, struct err *err);
/* Bytes that are queued. */
size_t conn_queued(const struct conn *c);
/* Blocking send of all that is queued. */
int conn_drain(struct conn *c, struct err *err);
/* The next message: 1, 0 when none is complete yet, ERR_GONE at end of file,
 * ERR_PROTO. Never blocks. */
int conn_recv(struct conn *c, struct msg *ret, struct err *err);
/* Waits for it. */
int conn_wait(struct conn *c, struct msg *ret, struct err *err);

/* ---- the RUN request ------------------------------------------------------ */

enum { RUN_VERBOSE = 1, RUN_QUIET = 2, RUN_JSON = 4, RUN_UNSAFE = 8,
       RUN_NO_WARNINGS = 16, RUN_DRY = 32, RUN_COLOR = 64, RUN_FOLLOW = 128,
       RUN_ALL = 256, RUN_WARN_HELPERS = 512, RUN_KERNEL = 1024 };

struct run_request {
	const char *script, *script_name;
	uint32_t flags;
	uint32_t steps; /* strategy mask, 0: all */
	uint32_t max_overhead; /* percent, 0: no limit */
	const uint32_t *pids;
	size_t npids;
	uint32_t cmd_pid; /* the -c child, 0: none */
	const char *const *params;
	size_t nparams;
	const char *const *named; /* after -- */
	size_t nnamed;
	const char *const *environ;
	size_t nenviron;
	const char *const *include_dirs; /* -I */
	size_t ninclude_dirs;
	const char *const *includes; /* --include */
	size_t nincludes;
	const char *cwd, *debug_dirs, *dump; /* dump: -d STAGE */
};

void run_put(struct buf *b, const struct run_request *r);
/* Strings point into the message; arrays are allocated: run_release. */
must_check int run_get(struct proto_in *in, struct run_request *ret,
		       struct err *err);
/* Frees the arrays of a request that run_get filled. */
void run_release(struct run_request *r);

#endif

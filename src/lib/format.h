/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Output: values, maps and events as text or JSON, as the language's manual
 * gives them (../../man/upd.5). Appends to a buffer; prints nothing itself.
 */
#ifndef UPD_FORMAT_H
#define UPD_FORMAT_H

#include "buf.h"
#include "lang.h"

#include <stdint.h>

enum format_mode { FORMAT_TEXT, FORMAT_JSON };

/* What formatting must ask: names of addresses, time. */
struct format_env {
	void *ctx;
	/* Stack id -> addresses; the number. */
	size_t (*stack)(void *ctx, const struct v_stack *s, uint64_t *ips,
			size_t max);
	/* One frame or symbol of a process; false: unknown. Pieces for each
	 * mode; strings valid until the next call. */
	struct format_sym {
		const char *name, *module, *file;
		uint64_t offset;
		int line;
	} * (*sym)(void *ctx, uint32_t pid, uint64_t addr);
	/* The build id of the file at an address, and the offset in it; 0:
	 * there is none. */
	size_t (*build_id)(void *ctx, uint32_t pid, uint64_t addr,
			   const uint8_t **ret, uint64_t *ret_offset);
	/* The name of a system call; NULL: it has none. */
	const char *(*syscall)(void *ctx, int64_t number);
	/* boot clock ns -> wall clock ns since the epoch */
	uint64_t (*wall)(void *ctx, uint64_t boot_ns);
	/* Runs a command, appends what it writes; NULL: none is run. */
	int (*system)(void *ctx, const char *command, struct buf *out,
		      struct err *err);
	const char *cwd; /* where cat()'s relative paths start; NULL: here */
	/* warnings (bad format, wrong bucket ...) */
	const struct lang *lang;
};

/* One value as it stands in a key, a map value (merged already) or a record. */
void format_value(const struct format_env *env, enum format_mode mode,
		  const struct vtype *type, const void *data, struct buf *out);

/* One map entry: key bytes and nwriters values, stride apart. */
struct format_entry {
	const void *key;
	const void *values;
};
/* A whole map in output order, top 0: all; div 0: 1. Merges writers. */
int format_map(const struct format_env *env, enum format_mode mode,
	       const struct lang_map *map, struct format_entry *entries,
	       size_t n, uint32_t nwriters, uint32_t stride, uint64_t top,
	       uint64_t div, struct buf *out);

/* printf(fmt) with fields of a record. */
void format_printf(const struct format_env *env, const char *fmt,
		   const struct vfield *fields, size_t nfields,
		   const void *record, struct buf *out);

/* A whole event record (all action kinds but SYSTEM), JSON wrapping included.
 * ERR_FORMAT when it contradicts its action. */
int format_record(const struct format_env *env, enum format_mode mode,
		  const void *record, size_t len, struct buf *out,
		  struct buf *err_out);

/* Something failed while a program ran. */
struct format_failure {
	const char *text;
	const char *helper; /* NULL: none */
	int64_t code;	    /* that it returned */
	uint32_t begin, end; /* in the source */
	uint64_t count; /* of all, when it is over; 0: it has just happened */
};
void format_failure(const struct format_env *env, enum format_mode mode,
		    const struct format_failure *f, struct buf *out,
		    struct buf *err_out);
#define FORMAT_ENDED \
	"%s: its action was ended, it took too many instructions"

/* {"type": "attached_probes", ...} / "Attached N probes" */
void format_attached(enum format_mode mode, size_t n, struct buf *out);
/* Events of a probe that there was no room for. */
void format_lost(enum format_mode mode, uint64_t n, const char *probe,
		 struct buf *out);

#endif

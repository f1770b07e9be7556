/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The formatter's own parts. A struct fmt is handed down while one value is
 * written; every function stays within the bytes that its type (or `size`)
 * says are there.
 */
#ifndef UPD_FORMAT_INT_H
#define UPD_FORMAT_INT_H

#include "format.h"

#include <stdbool.h>

struct fmt {
	const struct format_env *env;
	struct buf *out;
	enum format_mode mode;
	bool tight;	/* no spaces: the text of a JSON object's key */
	unsigned depth; /* of C types, which may be cyclic where they lie */
};

/* ---- format-json.c ---- */
void json_string(struct buf *out, const void *bytes, size_t len);
/* Numbers that a double does not hold exactly become strings. */
void json_u64(struct buf *out, uint64_t v);
void json_i64(struct buf *out, int64_t v);

/* ---- format-value.c ---- */
uint64_t load_uint(const void *p, unsigned size);
int64_t load_int(const void *p, unsigned size);
void write_value(struct fmt *f, const struct vtype *type, const void *data);
void write_number(struct fmt *f, uint64_t v, bool is_signed);
/* Text that is a string in JSON. */
void write_text(struct fmt *f, const char *s);
/* True and the value when the type is at heart an integer; sign-extended. */
bool integer_of(const struct vtype *type, const void *data, uint64_t *ret);
void write_key(struct fmt *f, const struct vtype *type, const void *key);
const char *trunc_trailer(const struct format_env *env);
/* The used bytes of a V_STRING; *ret_cut: the trailer follows. */
size_t string_len(const struct vtype *type, const void *data, bool *ret_cut);
/* Usable bytes of a V_BUFFER; *ret points at them. */
size_t buffer_bytes(const struct vtype *type, const void *data,
		    const uint8_t **ret);

/* ---- format-ctype.c ---- */
void write_ctype(struct fmt *f, const struct ctype *c, const void *data,
		 size_t size);
bool load_float(const void *data, size_t size, double *ret);
/* C's float (size 4) or double (8). */
void write_float(struct fmt *f, const void *data, size_t size);
/* The enumerator's name, or NULL. */
const char *enumerator(const struct ctype *c, uint64_t v, bool is_signed);

/* ---- format-names.c: what names or the clock stand behind ---- */
void write_stack(struct fmt *f, const struct vtype *type, const void *data);
void write_usym(struct fmt *f, const void *data);
void write_timestamp(struct fmt *f, const void *data);
void write_inet(struct fmt *f, const void *data);
void write_mac(struct fmt *f, const void *data);
void write_strerror(struct fmt *f, const void *data);
void write_syscall(struct fmt *f, const void *data);
void write_username(struct fmt *f, const void *data);
void write_signame(struct fmt *f, const void *data);
void time_text(struct buf *out, const char *format, uint64_t wall_ns);
uint64_t wall_now(void);

/* ---- format-agg.c: aggregations ---- */

/* An aggregation's copies of all writers, merged. */
struct agg {
	const struct vtype *type;
	uint64_t value;	 /* count, sum, min, max; total of avg and stats */
	uint64_t count;	 /* avg, stats; all buckets of a histogram */
	bool is_set;	 /* min, max */
	uint64_t *slots; /* histograms: the buckets, or NULL */
};

bool is_agg(enum vkind kind);
bool is_hist(enum vkind kind);
/* Buckets of a histogram type; 0: the type makes no sense. */
size_t hist_slots(const struct vtype *type);
void agg_merge(struct agg *a, const struct vtype *type, const void *values,
	       uint32_t nwriters, size_t stride);
/* A histogram, with its buckets: slots has room for hist_slots(type). */
void agg_merge_slots(struct agg *a, const struct vtype *type,
		     const void *values, uint32_t nwriters, size_t stride,
		     uint64_t *slots);
/* What it is as one number: the average for avg and stats. */
uint64_t agg_number(const struct agg *a);
/* All but histograms. */
void write_agg(struct fmt *f, const struct agg *a, uint64_t div);
void write_hist(struct fmt *f, const struct agg *a, uint64_t div);
uint64_t divide(uint64_t v, bool is_signed, uint64_t div);

#endif

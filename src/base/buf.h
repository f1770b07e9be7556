/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growable byte buffers. Failure to grow is sticky: append freely, ask once
 * at the end with buf_failed().
 */
#ifndef UPD_BUF_H
#define UPD_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t len, cap;
	bool failed;
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_clear(struct buf *b);

static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}

/* Room for n more bytes: a pointer to them (len unchanged) or NULL. */
void *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);

/* The contents as a NUL-terminated string, owned by the buffer ("" when it
 * failed). */
const char *buf_str(struct buf *b);

/* The same, handed over to the caller (free()); NULL when it failed. The
 * buffer is empty afterwards. */
char *buf_steal(struct buf *b);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors: a negative code for the program, a sentence for the person.
 *
 * Every function that can fail returns 0 (or a count) or one of the negative
 * codes below, and takes a caller-owned `struct err *` (may be NULL) into
 * which it writes what failed, on what, why, and what to do next. Results go
 * through ret_x pointers, written only on success.
 */
#ifndef UPD_ERR_H
#define UPD_ERR_H

#include <stdarg.h>

/* The one list of codes. Numbers are part of the wire format and of upd.h:
 * never reused, only appended. */
#define ERR_LIST(X)                                                            \
	X(NOMEM, -1, "out of memory")                                          \
	X(INVAL, -2, "invalid request")                                        \
	X(NOENT, -3, "not found")                                              \
	X(PERM, -4, "not permitted")                                           \
	X(GONE, -5, "the process is gone")                                     \
	X(BUSY, -6, "already traced or in use")                                \
	X(UNSUPP, -7, "not supported")                                         \
	X(REFUSED, -8, "refused for safety")                                   \
	X(LIMIT, -9, "a limit was reached")                                    \
	X(FORMAT, -10, "malformed data")                                       \
	X(IO, -11, "input/output error")                                       \
	X(SYNTAX, -12, "error in the program text")                            \
	X(PROTO, -13, "protocol error")                                        \
	X(INTR, -14, "interrupted")                                            \
	X(AGAIN, -15, "try again")                                             \
	X(INTERNAL, -16, "internal error")

enum err_code {
	ERR_OK = 0,
#define ERR_ENUM(name, number, text) ERR_##name = number,
	ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

enum { ERR_TEXT_MAX = 1024 };

struct err {
	int code;
	char text[ERR_TEXT_MAX];
};

#define must_check __attribute__((warn_unused_result))

/* Writes code and sentence (truncated to fit) into err, if there is one.
 * Returns code, so that `return err_set(...)` reads well. */
int err_set(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, int code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* As err_set, with ": " and strerror(errnum) appended and the code taken from
 * errnum (ENOMEM, EPERM/EACCES, ESRCH, ENOENT ... else ERR_IO). */
int err_errno(struct err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "WORDS: " in front of the sentence that is already there. */
int err_prefix(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The short generic text of a code. */
const char *err_text(int code);

#endif

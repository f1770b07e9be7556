/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_vset(struct err *err, int code, const char *fmt, va_list ap)
{
	if (err) {
		err->code = code;
		vsnprintf(err->text, sizeof(err->text), fmt, ap);
	}
	return code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, code, fmt, ap);
	va_end(ap);
	return code;
}

static int code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOMEM:
		return ERR_NOMEM;
	case EPERM:
	case EACCES:
		return ERR_PERM;
	case ESRCH:
		return ERR_GONE;
	case ENOENT:
		return ERR_NOENT;
	case EINTR:
		return ERR_INTR;
	case EAGAIN:
		return ERR_AGAIN;
	case EBUSY:
		return ERR_BUSY;
	default:
		return ERR_IO;
	}
}

int err_errno(struct err *err, int errnum, const char *fmt, ...)
{
	int code = code_of_errno(errnum);
	size_t used;
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	err_vset(err, code, fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s",
		 strerror(errnum));
	return code;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char head[ERR_TEXT_MAX], joined[2 * ERR_TEXT_MAX + 2];
	va_list ap;

	if (!err)
		return ERR_INTERNAL;
	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	snprintf(joined, sizeof(joined), "%s: %s", head, err->text);
	joined[ERR_TEXT_MAX - 1] = '\0';
	memcpy(err->text, joined, ERR_TEXT_MAX);
	return err->code;
}

const char *err_text(int code)
{
	switch (code) {
#define ERR_CASE(name, number, text)                                           \
	case ERR_##name:                                                       \
		return text;
		ERR_LIST(ERR_CASE)
#undef ERR_CASE
	default:
		return "success";
	}
}

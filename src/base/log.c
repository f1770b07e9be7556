/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
	log_fn *fn;
	void *ctx;
	enum log_level max;
} hook;

void log_hook(log_fn *fn, void *ctx, enum log_level max)
{
	hook.fn = fn;
	hook.ctx = ctx;
	hook.max = max;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!hook.fn || level > hook.max)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	hook.fn(hook.ctx, level, line);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one log hook. Library, tracer and daemon never print: they log, and the
 * program that hosts them decides where a line goes. Without a hook lines are
 * dropped.
 */
#ifndef UPD_LOG_H
#define UPD_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

typedef void log_fn(void *ctx, enum log_level level, const char *line);

/* Installs the hook for lines up to `max` (the more verbose are dropped before
 * they are formatted). Call it before threads start. */
void log_hook(log_fn *fn, void *ctx, enum log_level max);

void log_write(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the program's output goes: standard output or -o's file, buffered as
 * -B says. A reader that is slow or stopped never keeps upd from seeing a
 * signal.
 */
#ifndef UPD_SINK_H
#define UPD_SINK_H

#include "buf.h"
#include "cli.h"

struct sink {
	int fd;
	enum out_mode mode;
	struct buf held; /* not written yet, as the mode wants it */
	int signal_fd;	 /* looked at while writing must wait; -1: none */
	/* A signal is there: true to give up writing. */
	bool (*on_signal)(void *ctx);
	void *ctx;
};

must_check int sink_open(struct sink *o, const char *path, enum out_mode mode,
			 struct err *err);
/* ERR_GONE: nobody reads any more. ERR_INTR: on_signal gave up. */
must_check int sink_write(struct sink *o, const void *data, size_t len,
			  struct err *err);
must_check int sink_flush(struct sink *o, struct err *err);
void sink_close(struct sink *o);

#endif

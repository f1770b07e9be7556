/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { FULL_SIZE = 64 << 10 };

int sink_open(struct sink *o, const char *path, enum out_mode mode,
	      struct err *err)
{
	*o = (struct sink){.fd = STDOUT_FILENO, .mode = mode, .signal_fd = -1};
	buf_init(&o->held);
	if (!path)
		return 0;
	o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->fd < 0)
		return err_errno(err, errno, "cannot write to %s", path);
	return 0;
}

void sink_close(struct sink *o)
{
	if (o->fd > STDOUT_FILENO)
		close(o->fd);
	buf_release(&o->held);
}

/* Until there is room; a signal may end the waiting. */
static int wait_room(struct sink *o, struct err *err)
{
	struct pollfd p[2] = {{.fd = o->fd, .events = POLLOUT},
			      {.fd = o->signal_fd, .events = POLLIN}};

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_errno(err, errno, "cannot wait for output");
		if ((p[1].revents & POLLIN) && o->on_signal(o->ctx))
			return err_set(err, ERR_INTR, "interrupted");
		if (p[0].revents)
			return 0;
	}
}

/* In pieces that a pipe with room takes whole, so that write never blocks. */
static int write_out(struct sink *o, const uint8_t *p, size_t len,
		     struct err *err)
{
	while (len) {
		int rc = wait_room(o, err);
		ssize_t n;

		if (rc)
			return rc;
		n = write(o->fd, p, len < PIPE_BUF ? len : PIPE_BUF);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0 && errno == EPIPE)
			return err_set(err, ERR_GONE,
				       "nobody reads the output");
		if (n < 0)
			return err_errno(err, errno, "cannot write the output");
		p += n;
		len -= n;
	}
	return 0;
}

/* How much of what is held the mode lets go now. */
static size_t ready_len(const struct sink *o)
{
	const uint8_t *nl;

	switch (o->mode) {
	case OUT_FULL:
		return o->held.len >= FULL_SIZE ? o->held.len : 0;
	case OUT_LINE:
		nl = o->held.len ? memrchr(o->held.data, '\n', o->held.len)
				 : NULL;
		return nl ? (size_t)(nl + 1 - o->held.data) : 0;
	default:
		return o->held.len;
	}
}

static int held_write(struct sink *o, size_t len, struct err *err)
{
	int rc = write_out(o, o->held.data, len, err);

	buf_consume(&o->held, len);
	return rc;
}

int sink_write(struct sink *o, const void *data, size_t len, struct err *err)
{
	size_t ready;

	buf_add(&o->held, data, len);
	if (buf_failed(&o->held))
		return err_set(err, ERR_NOMEM, "no memory for output");
	ready = ready_len(o);
	return ready ? held_write(o, ready, err) : 0;
}

int sink_flush(struct sink *o, struct err *err)
{
	return o->held.len ? held_write(o, o->held.len, err) : 0;
}

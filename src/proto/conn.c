/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One end of a stream socket that carries messages. Reading takes exactly one
 * message at a time off the socket, so a descriptor that arrives belongs to
 * the message being read, and a socket can be handed to another process
 * between two messages. Memory grows with what has arrived, not with what a
 * header promises.
 */
#include <config.h>

#include "proto.h"

#include "list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 8, STEP = 64 << 10 };

/* Bytes to send, with descriptors that go with the first of them. */
struct frame {
	struct list link;
	struct buf data;
	size_t sent;
	int fds[PROTO_FDS_MAX];
	size_t nfds;
};

struct conn {
	int fd;
	struct list out; /* of struct frame */
	size_t queued;
	/* The message that is being read. */
	uint8_t header[HEADER];
	size_t have; /* bytes of header and payload so far */
	struct buf in;
	int fds[PROTO_FDS_MAX];
	size_t nfds;
};

static void close_all(int *fds, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*n = 0;
}

static void frame_free(struct frame *f)
{
	list_remove(&f->link);
	close_all(f->fds, &f->nfds);
	buf_release(&f->data);
	free(f);
}

struct conn *conn_new(int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	list_init(&c->out);
	buf_init(&c->in);
	return c;
}

static void drop_output(struct conn *c)
{
	list_for_each_safe (pos, &c->out)
		frame_free(container_of(pos, struct frame, link));
	c->queued = 0;
}

int conn_detach(struct conn *c)
{
	int fd = c->fd;

	drop_output(c);
	close_all(c->fds, &c->nfds);
	buf_release(&c->in);
	free(c);
	return fd;
}

void conn_free(struct conn *c)
{
	if (c)
		close(conn_detach(c));
}

int conn_fd(const struct conn *c)
{
	return c->fd;
}

size_t conn_queued(const struct conn *c)
{
	return c->queued;
}

bool conn_pending(const struct conn *c)
{
	return !list_empty(&c->out);
}

void msg_release(struct msg *m)
{
	close_all(m->fds, &m->nfds);
}

/* ---- sending --------------------------------------------------------- */

/* The frame that the next message goes into: the last one, unless the message
 * brings descriptors, whose place is with the first byte of a frame. */
static struct frame *frame_for(struct conn *c, const int *fds, size_t nfds)
{
	struct frame *f;

	if (!nfds && !list_empty(&c->out)) {
		f = container_of(c->out.prev, struct frame, link);
		if (f->data.len < STEP)
			return f;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	list_push(&c->out, &f->link);
	buf_init(&f->data);
	for (; f->nfds < nfds; f->nfds++) {
		int fd = fcntl(fds[f->nfds], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			frame_free(f);
			return NULL;
		}
		f->fds[f->nfds] = fd;
	}
	return f;
}

static void header_put(uint8_t *h, size_t len, unsigned type)
{
	for (int i = 0; i < 4; i++)
		h[i] = len >> (8 * i);
	h[4] = type;
	h[5] = type >> 8;
	h[6] = PROTO_VERSION & 0xff;
	h[7] = PROTO_VERSION >> 8;
}

int conn_send(struct conn *c, unsigned type, const struct buf *payload,
	      const int *fds, size_t nfds, struct err *err)
{
	size_t len = payload ? payload->len : 0, before;
	uint8_t header[HEADER];
	struct frame *f;

	if (payload && buf_failed(payload))
		return err_set(err, ERR_NOMEM, "no memory for a %s message",
			       proto_msg_name(type));
	if (len > PROTO_PAYLOAD_MAX || nfds > PROTO_FDS_MAX)
		return err_set(err, ERR_LIMIT,
			       "a %s message of %zu bytes is too long (limit "
			       "%d)",
			       proto_msg_name(type), len, PROTO_PAYLOAD_MAX);
	if (c->queued + len + HEADER > PROTO_QUEUE_MAX)
		return err_set(err, ERR_LIMIT,
			       "the other end reads too slowly: %zu bytes are "
			       "waiting",
			       c->queued);
	f = frame_for(c, fds, nfds);
	if (!f)
		return err_set(err, ERR_NOMEM,
			       "no memory or descriptors for a %s message",
			       proto_msg_name(type));
	before = f->data.len;
	header_put(header, len, type);
	buf_add(&f->data, header, sizeof(header));
	if (len)
		buf_add(&f->data, payload->data, len);
	if (buf_failed(&f->data)) {
		/* Whole messages or nothing. */
		f->data.failed = false;
		f->data.len = before;
		if (!before)
			frame_free(f);
		return err_set(err, ERR_NOMEM, "no memory for a %s message",
			       proto_msg_name(type));
	}
	c->queued += HEADER + len;
	return conn_flush(c, err);
}

static ssize_t frame_send(int fd, const struct frame *f)
{
	union {
		struct cmsghdr align;
		char raw[CMSG_SPACE(sizeof(int) * PROTO_FDS_MAX)];
	} control;
	struct iovec iov = {f->data.data + f->sent, f->data.len - f->sent};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cm;

	if (f->nfds && !f->sent) {
		memset(&control, 0, sizeof(control));
		m.msg_control = control.raw;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * f->nfds);
		cm = CMSG_FIRSTHDR(&m);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * f->nfds);
		memcpy(CMSG_DATA(cm), f->fds, sizeof(int) * f->nfds);
	}
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int conn_flush(struct conn *c, struct err *err)
{
	while (!list_empty(&c->out)) {
		struct frame *f = container_of(c->out.next, struct frame, link);
		ssize_t n = frame_send(c->fd, f);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return err_set(err, ERR_GONE,
				       "the other end has closed the "
				       "connection");
		if (n < 0)
			return err_errno(err, errno, "cannot send a message");
		f->sent += n;
		c->queued -= n;
		if (f->sent == f->data.len)
			frame_free(f);
	}
	return 0;
}

static int conn_poll(struct conn *c, short events, struct err *err)
{
	struct pollfd p = {.fd = c->fd, .events = events};

	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return err_errno(err, errno, "cannot wait for a message");
	return 0;
}

int conn_drain(struct conn *c, struct err *err)
{
	int rc = conn_flush(c, err);

	while (!rc && conn_pending(c)) {
		rc = conn_poll(c, POLLOUT, err);
		if (!rc)
			rc = conn_flush(c, err);
	}
	return rc;
}

/* ---- receiving ------------------------------------------------------- */

static size_t header_len(const struct conn *c)
{
	const uint8_t *h = c->header;

	return h[0] | h[1] << 8 | h[2] << 16 | (size_t)h[3] << 24;
}

static unsigned header_type(const struct conn *c)
{
	return c->header[4] | c->header[5] << 8;
}

static unsigned header_version(const struct conn *c)
{
	return c->header[6] | c->header[7] << 8;
}

static int header_check(const struct conn *c, struct err *err)
{
	const char *name = proto_msg_name(header_type(c));

	if (header_len(c) > PROTO_PAYLOAD_MAX)
		return err_set(err, ERR_PROTO,
			       "a message of %zu bytes is announced (limit "
			       "%d): this is not upd's protocol",
			       header_len(c), PROTO_PAYLOAD_MAX);
	if (header_version(c) != PROTO_VERSION && header_type(c) != MSG_ERROR)
		return err_set(err, ERR_PROTO,
			       "upd and updd are of different releases "
			       "(protocol %u meets %d); an idle updd leaves by "
			       "itself, then try again",
			       header_version(c), PROTO_VERSION);
	if (*name == '?')
		return err_set(err, ERR_PROTO, "unknown message type %u",
			       header_type(c));
	return 0;
}

/* Takes the descriptors of one recvmsg: more than we take, or cut off by the
 * kernel, is a failure; none is leaked. */
static int take_fds(struct conn *c, struct msghdr *m, struct err *err)
{
	bool surplus = m->msg_flags & MSG_CTRUNC;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(m); cm;
	     cm = CMSG_NXTHDR(m, cm)) {
		size_t n = 0;

		if (cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS)
			n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int),
			       sizeof(int));
			if (c->nfds < PROTO_FDS_MAX) {
				c->fds[c->nfds++] = fd;
			} else {
				close(fd);
				surplus = true;
			}
		}
	}
	if (surplus)
		return err_set(err, ERR_PROTO,
			       "a message brings more than %d descriptors",
			       PROTO_FDS_MAX);
	return 0;
}

/* Reads up to n bytes: 1 some, 0 none there, ERR_GONE, ... */
static int recv_some(struct conn *c, void *to, size_t n, size_t *ret,
		     struct err *err)
{
	union {
		struct cmsghdr align;
		char raw[CMSG_SPACE(sizeof(int) * PROTO_FDS_MAX)];
	} control;
	struct iovec iov = {to, n};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.raw,
			   .msg_controllen = sizeof(control.raw)};
	ssize_t got;
	int rc;

	do
		got = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return err_set(err, ERR_GONE,
			       c->have ? "the connection ended in the middle "
					 "of a message"
				       : "the connection was closed");
	if (got < 0)
		return err_errno(err, errno, "cannot receive a message");
	rc = take_fds(c, &m, err);
	if (rc)
		return rc;
	*ret = got;
	return 1;
}

/* Reads towards the end of the header, then of the payload. 1: some. */
static int recv_step(struct conn *c, struct err *err)
{
	size_t n, got = 0;
	void *to;
	int rc;

	if (c->have < HEADER) {
		rc = recv_some(c, c->header + c->have, HEADER - c->have, &got,
			       err);
		c->have += got;
		if (rc == 1 && c->have == HEADER)
			rc = header_check(c, err) ?: 1;
		return rc;
	}
	n = header_len(c) - c->in.len;
	if (n > STEP)
		n = STEP;
	to = buf_reserve(&c->in, n);
	if (!to)
		return err_set(err, ERR_NOMEM, "no memory for a message");
	rc = recv_some(c, to, n, &got, err);
	c->in.len += got;
	c->have += got;
	return rc;
}

/* Forgets the message that the last conn_recv returned. */
static void next_message(struct conn *c)
{
	if (c->in.cap > STEP)
		buf_release(&c->in);
	buf_clear(&c->in);
}

int conn_recv(struct conn *c, struct msg *ret, struct err *err)
{
	if (!c->have)
		next_message(c);
	while (c->have < HEADER || c->in.len < header_len(c)) {
		int rc = recv_step(c, err);

		if (rc <= 0)
			return rc;
	}
	*ret = (struct msg){.type = header_type(c), .nfds = c->nfds};
	for (size_t i = 0; i < PROTO_FDS_MAX; i++)
		ret->fds[i] = i < c->nfds ? c->fds[i] : -1;
	c->nfds = 0;
	c->have = 0;
	ret->in.p = c->in.data;
	ret->in.end = c->in.data ? c->in.data + c->in.len : NULL;
	return 1;
}

int conn_wait(struct conn *c, struct msg *ret, struct err *err)
{
	for (;;) {
		int rc = conn_recv(c, ret, err);

		if (rc)
			return rc;
		rc = conn_poll(c, conn_pending(c) ? POLLIN | POLLOUT : POLLIN,
			       err);
		if (rc)
			return rc;
		/* Gone for writing: what it said before is still to be read,
		 * and reading will find the end. */
		rc = conn_pending(c) ? conn_flush(c, err) : 0;
		if (rc == ERR_GONE)
			drop_output(c);
		else if (rc)
			return rc;
	}
}

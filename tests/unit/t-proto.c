/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "proto.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- payloads ---------------------------------------------------------- */

static struct proto_in reader(const struct buf *b, size_t len)
{
	return (struct proto_in){.p = b->data, .end = b->data + len};
}

static void sample_put(struct buf *b)
{
	buf_init(b);
	put_u32(b, 0xfedcba98);
	put_u64(b, UINT64_C(0x1122334455667788));
	put_str(b, "word");
	put_str(b, "");
	put_str(b, NULL);
	put_bytes(b, "\0\1\2", 3);
	put_bytes(b, NULL, 0);
	ck_assert(!buf_failed(b));
}

static int sample_get(struct proto_in *in)
{
	size_t len, empty;
	const char *word, *nothing, *null;
	const void *bytes;
	uint32_t a = get_u32(in);
	uint64_t b = get_u64(in);
	struct err err;
	int rc;

	word = get_str(in);
	nothing = get_str(in);
	null = get_str(in);
	bytes = get_bytes(in, &len);
	get_bytes(in, &empty);
	rc = get_end(in, &err);
	if (rc)
		return rc;
	ck_assert_uint_eq(a, 0xfedcba98);
	ck_assert_uint_eq(b, UINT64_C(0x1122334455667788));
	ck_assert_str_eq(word, "word");
	ck_assert_str_eq(nothing, "");
	ck_assert_ptr_null(null);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(bytes, "\0\1\2", 3);
	ck_assert_uint_eq(empty, 0);
	return 0;
}

START_TEST(payload_round_trip)
{
	struct buf b;
	struct proto_in in;

	sample_put(&b);
	in = reader(&b, b.len);
	ck_assert_int_eq(sample_get(&in), 0);
	buf_release(&b);
}
END_TEST

START_TEST(payload_cut_anywhere_or_too_long)
{
	struct buf b;

	sample_put(&b);
	for (size_t len = 0; len < b.len; len++) {
		/* In its own block, so that a sanitizer sees any overrun. */
		uint8_t *copy = malloc(len ? len : 1);
		struct proto_in in = {copy, copy + len, false};

		memcpy(copy, b.data, len);
		ck_assert_int_eq(sample_get(&in), ERR_PROTO);
		free(copy);
	}
	buf_add_char(&b, 0);
	struct proto_in in = reader(&b, b.len);
	ck_assert_int_eq(sample_get(&in), ERR_PROTO);
	buf_release(&b);
}
END_TEST

START_TEST(strings_end_where_they_say)
{
	static const char inner[] = "\4\4\0\0\0a\0b"; /* NUL inside */
	static const char none[] = "\4\2\0\0\0ab";    /* no NUL */
	static const char empty[] = "\4\0\0\0\0";     /* not even one byte */
	const struct {
		const char *raw;
		size_t len;
	} cases[] = {{inner, 9}, {none, 7}, {empty, 5}};

	for (size_t i = 0; i < 3; i++) {
		const uint8_t *p = (const uint8_t *)cases[i].raw;
		struct proto_in in = {p, p + cases[i].len, false};

		ck_assert_ptr_null(get_str(&in));
		ck_assert_int_eq(get_end(&in, NULL), ERR_PROTO);
	}
}
END_TEST

/* ---- RUN ----------------------------------------------------------------- */

static void run_sample(struct buf *b)
{
	static const char *const two[] = {"one", "two"};
	static const uint32_t pids[] = {1, 4194304};
	struct run_request r = {
		.script = "BEGIN { }",
		.script_name = "stdin",
		.flags = RUN_JSON | RUN_QUIET,
		.steps = 5,
		.max_overhead = 30,
		.pids = pids,
		.npids = 2,
		.cmd_pid = 77,
		.params = two,
		.nparams = 2,
		.named = two,
		.nnamed = 1,
		.include_dirs = two,
		.ninclude_dirs = 2,
		.cwd = "/",
		.dump = "ast",
	};

	buf_init(b);
	run_put(b, &r);
}

START_TEST(run_round_trip)
{
	struct run_request r;
	struct proto_in in;
	struct buf b;
	struct err err;

	run_sample(&b);
	in = reader(&b, b.len);
	ck_assert_int_eq(run_get(&in, &r, &err), 0);
	ck_assert_str_eq(r.script, "BEGIN { }");
	ck_assert_str_eq(r.script_name, "stdin");
	ck_assert_uint_eq(r.flags, RUN_JSON | RUN_QUIET);
	ck_assert_uint_eq(r.steps, 5);
	ck_assert_uint_eq(r.max_overhead, 30);
	ck_assert_uint_eq(r.npids, 2);
	ck_assert_uint_eq(r.pids[1], 4194304);
	ck_assert_uint_eq(r.cmd_pid, 77);
	ck_assert_uint_eq(r.nparams, 2);
	ck_assert_str_eq(r.params[1], "two");
	ck_assert_uint_eq(r.nnamed, 1);
	ck_assert_uint_eq(r.nenviron, 0);
	ck_assert_uint_eq(r.ninclude_dirs, 2);
	ck_assert_str_eq(r.include_dirs[0], "one");
	ck_assert_uint_eq(r.nincludes, 0);
	ck_assert_str_eq(r.cwd, "/");
	ck_assert_ptr_null(r.debug_dirs);
	ck_assert_str_eq(r.dump, "ast");
	run_release(&r);
	buf_release(&b);
}
END_TEST

START_TEST(run_cut_anywhere)
{
	struct run_request r;
	struct err err;
	struct buf b;

	run_sample(&b);
	for (size_t len = 0; len < b.len; len++) {
		struct proto_in in = reader(&b, len);

		ck_assert_int_eq(run_get(&in, &r, &err), ERR_PROTO);
	}
	buf_release(&b);
}
END_TEST

START_TEST(run_random_bytes)
{
	struct buf good;
	struct err err;

	run_sample(&good);
	srand(1);
	for (int i = 0; i < 200000; i++) {
		uint8_t raw[512];
		struct run_request r;
		struct proto_in in = {raw, raw + good.len, false};

		memcpy(raw, good.data, good.len);
		for (int k = rand() % 4; k >= 0; k--)
			raw[rand() % good.len] = rand();
		if (!run_get(&in, &r, &err))
			run_release(&r);
	}
	buf_release(&good);
}
END_TEST

START_TEST(run_list_limit)
{
	struct run_request r;
	struct proto_in in;
	struct buf b;

	buf_init(&b);
	put_str(&b, "x");
	put_str(&b, "x");
	put_u32(&b, 0);
	put_u32(&b, 0);
	put_u32(&b, 0xffffffff); /* so many pids */
	in = reader(&b, b.len);
	ck_assert_int_eq(run_get(&in, &r, NULL), ERR_PROTO);
	buf_release(&b);
}
END_TEST

/* ---- connections -----------------------------------------------------------
 */

struct ends {
	struct conn *a, *b;
};

static struct ends ends_open(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	return (struct ends){conn_new(pair[0]), conn_new(pair[1])};
}

static void ends_close(struct ends *e)
{
	conn_free(e->a);
	conn_free(e->b);
}

START_TEST(messages_and_descriptors_in_order)
{
	struct ends e = ends_open();
	int pipes[2], fds[2];
	struct buf p;
	struct err err;
	struct msg m;

	ck_assert_int_eq(pipe(pipes), 0);
	fds[0] = pipes[1];
	fds[1] = pipes[0];
	buf_init(&p);
	put_u32(&p, 7);
	ck_assert_int_eq(conn_recv(e.b, &m, &err), 0);
	ck_assert_int_eq(conn_send(e.a, MSG_SIGNAL, &p, NULL, 0, &err), 0);
	ck_assert_int_eq(conn_send(e.a, MSG_TRACER, &p, fds, 2, &err), 0);
	ck_assert_int_eq(conn_send(e.a, MSG_INTERRUPT, NULL, NULL, 0, &err), 0);

	ck_assert_int_eq(conn_wait(e.b, &m, &err), 1);
	ck_assert_uint_eq(m.type, MSG_SIGNAL);
	ck_assert_uint_eq(m.nfds, 0);
	ck_assert_uint_eq(get_u32(&m.in), 7);
	ck_assert_int_eq(get_end(&m.in, &err), 0);

	ck_assert_int_eq(conn_wait(e.b, &m, &err), 1);
	ck_assert_uint_eq(m.type, MSG_TRACER);
	ck_assert_uint_eq(m.nfds, 2);
	ck_assert_int_eq(write(m.fds[0], "!", 1), 1);
	char c = 0;
	ck_assert_int_eq(read(m.fds[1], &c, 1), 1);
	ck_assert_int_eq(c, '!');
	ck_assert(fcntl(m.fds[0], F_GETFD) & FD_CLOEXEC);
	msg_release(&m);

	ck_assert_int_eq(conn_wait(e.b, &m, &err), 1);
	ck_assert_uint_eq(m.type, MSG_INTERRUPT);
	ck_assert_uint_eq(m.nfds, 0);
	ck_assert_int_eq(get_end(&m.in, &err), 0);

	close(pipes[0]);
	close(pipes[1]);
	buf_release(&p);
	ends_close(&e);
}
END_TEST

/* The largest message, one byte more, and a reader that does not read. */
START_TEST(limits_of_size_and_queue)
{
	struct ends e = ends_open();
	struct err err;
	struct buf p;
	struct msg m;
	int rc;

	buf_init(&p);
	ck_assert_ptr_nonnull(buf_reserve(&p, PROTO_PAYLOAD_MAX + 1));
	p.len = PROTO_PAYLOAD_MAX + 1;
	memset(p.data, 'x', p.len);
	ck_assert_int_eq(conn_send(e.a, MSG_OUTPUT, &p, NULL, 0, &err),
			 ERR_LIMIT);
	p.len--;
	ck_assert_int_eq(conn_send(e.a, MSG_OUTPUT, &p, NULL, 0, &err), 0);
	ck_assert(conn_pending(e.a));
	for (;;) {
		rc = conn_recv(e.b, &m, &err);
		ck_assert_int_ge(rc, 0);
		if (rc)
			break;
		ck_assert_int_eq(conn_flush(e.a, &err), 0);
	}
	ck_assert_uint_eq(m.in.end - m.in.p, PROTO_PAYLOAD_MAX);
	ck_assert_mem_eq(m.in.p, p.data, p.len);

	p.len = 1 << 20;
	rc = 0;
	for (int i = 0; i < 100 && !rc; i++)
		rc = conn_send(e.a, MSG_OUTPUT, &p, NULL, 0, &err);
	ck_assert_int_eq(rc, ERR_LIMIT);
	buf_release(&p);
	ends_close(&e);
}
END_TEST

static int receive_raw(const void *raw, size_t len, struct err *err)
{
	struct ends e = ends_open();
	struct msg m;
	int rc;

	ck_assert_int_eq(write(conn_fd(e.a), raw, len), (ssize_t)len);
	shutdown(conn_fd(e.a), SHUT_WR);
	rc = conn_wait(e.b, &m, err);
	ends_close(&e);
	return rc;
}

START_TEST(hostile_headers)
{
	struct err err;

	ck_assert_int_eq(receive_raw("", 0, &err), ERR_GONE);
	ck_assert_int_eq(receive_raw("\1\0", 2, &err), ERR_GONE);
	ck_assert_ptr_nonnull(strstr(err.text, "middle of a message"));
	ck_assert_int_eq(receive_raw("\1\0\0\0\3\0\1\0", 8, &err), ERR_GONE);
	ck_assert_int_eq(receive_raw("\0\0\0\0\3\0\1\0", 8, &err), 1);
	ck_assert_int_eq(receive_raw("GET / HTTP/1.1\r\n", 16, &err),
			 ERR_PROTO);
	ck_assert_int_eq(receive_raw("\1\0\0\1\3\0\1\0", 8, &err), ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "limit"));
	/* Another version: refused, but what ERROR says is heard. */
	ck_assert_int_eq(receive_raw("\0\0\0\0\1\0\2\0", 8, &err), ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "protocol 2"));
	ck_assert_int_eq(receive_raw("\0\0\0\0\46\0\2\0", 8, &err), 1);
	/* Unknown type. */
	ck_assert_int_eq(receive_raw("\0\0\0\0\x1f\x27\1\0", 8, &err),
			 ERR_PROTO);
}
END_TEST

START_TEST(random_streams)
{
	srand(2);
	for (int i = 0; i < 2000; i++) {
		uint8_t raw[64];
		size_t len = rand() % sizeof(raw);
		struct err err;

		for (size_t k = 0; k < len; k++)
			raw[k] = rand();
		if (i % 2 && len >= 8) { /* past the header */
			raw[1] = raw[2] = raw[3] = 0;
			memcpy(raw + 4, "\1\0\1\0", 4);
		}
		receive_raw(raw, len, &err);
	}
}
END_TEST

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Six descriptors by hand: refused, none kept. */
START_TEST(too_many_descriptors)
{
	struct ends e = ends_open();
	union {
		struct cmsghdr align;
		char raw[CMSG_SPACE(6 * sizeof(int))];
	} control = {0};
	struct iovec iov = {"\0\0\0\0\3\0\1\0", 8};
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.raw,
			   .msg_controllen = sizeof(control.raw)};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
	int fds[6] = {0, 0, 0, 0, 0, 0};
	size_t before = open_fds();
	struct err err;
	struct msg m;

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(cm), fds, sizeof(fds));
	ck_assert_int_eq(sendmsg(conn_fd(e.a), &h, 0), 8);
	ck_assert_int_eq(conn_wait(e.b, &m, &err), ERR_PROTO);
	ends_close(&e);
	ck_assert_uint_eq(open_fds(), before - 2);
}
END_TEST

START_TEST(end_of_the_other)
{
	struct ends e = ends_open();
	struct err err;
	struct msg m;

	ck_assert_int_eq(conn_send(e.b, MSG_INTERRUPT, NULL, NULL, 0, &err), 0);
	conn_free(e.b);
	e.b = NULL;
	ck_assert_int_eq(conn_send(e.a, MSG_INTERRUPT, NULL, NULL, 0, &err),
			 ERR_GONE);
	/* What it said before is still heard. */
	ck_assert_int_eq(conn_wait(e.a, &m, &err), 1);
	ck_assert_uint_eq(m.type, MSG_INTERRUPT);
	ck_assert_int_eq(conn_wait(e.a, &m, &err), ERR_GONE);
	ends_close(&e);
}
END_TEST

/* A socket handed over between two messages loses nothing. */
START_TEST(detach_keeps_what_was_not_read)
{
	struct ends e = ends_open();
	struct err err;
	struct msg m;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
			conn_send(e.a, MSG_INTERRUPT, NULL, NULL, 0, &err), 0);
	ck_assert_int_eq(conn_wait(e.b, &m, &err), 1);
	e.b = conn_new(conn_detach(e.b));
	ck_assert_int_eq(conn_recv(e.b, &m, &err), 1);
	ck_assert_int_eq(conn_recv(e.b, &m, &err), 1);
	ck_assert_int_eq(conn_recv(e.b, &m, &err), 0);
	ends_close(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("proto");
	TCase *t = tcase_create("payload");

	tcase_add_test(t, payload_round_trip);
	tcase_add_test(t, payload_cut_anywhere_or_too_long);
	tcase_add_test(t, strings_end_where_they_say);
	tcase_add_test(t, run_round_trip);
	tcase_add_test(t, run_cut_anywhere);
	tcase_add_test(t, run_random_bytes);
	tcase_add_test(t, run_list_limit);
	suite_add_tcase(s, t);
	t = tcase_create("conn");
	tcase_add_test(t, messages_and_descriptors_in_order);
	tcase_add_test(t, limits_of_size_and_queue);
	tcase_add_test(t, hostile_headers);
	tcase_add_test(t, random_streams);
	tcase_add_test(t, too_many_descriptors);
	tcase_add_test(t, end_of_the_other);
	tcase_add_test(t, detach_keeps_what_was_not_read);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

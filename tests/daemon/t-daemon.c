/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The real broker and the real client, with workers made for the test.
 */
#include <config.h>

#include "proto.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[64], sock[96], upd[PATH_MAX], updd[PATH_MAX];
static pid_t server;

/* ---- processes
 * ------------------------------------------------------------------ */

/* A program with its output in a pipe (both streams). */
struct prog {
	pid_t pid;
	int fd;
	char text[4096];
	size_t len;
};

static struct prog prog_start(uid_t uid, const char *path, ...)
{
	struct prog p = {0};
	char *argv[16] = {(char *)path};
	int pipes[2], n = 1;
	va_list ap;

	va_start(ap, path);
	while (n < 15 && (argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	p.pid = fork();
	if (p.pid == 0) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		if (uid) {
			gid_t g[] = {uid, 4242};

			if (setgroups(2, g) || setgid(uid) || setuid(uid))
				_exit(126);
		}
		execv(path, argv);
		_exit(127);
	}
	close(pipes[1]);
	p.fd = pipes[0];
	return p;
}

#define UPD(...) prog_start(0, upd, "-S", sock, __VA_ARGS__, NULL)

/* Reads until the text holds `what` (NULL: to the end). */
static void prog_read(struct prog *p, const char *what)
{
	while (!what || !strstr(p->text, what)) {
		ssize_t n = read(p->fd, p->text + p->len,
				 sizeof(p->text) - 1 - p->len);

		if (n <= 0)
			break;
		p->len += (size_t)n;
		p->text[p->len] = '\0';
	}
	if (what)
		ck_assert_msg(strstr(p->text, what) != NULL, "no %s in: %s",
			      what, p->text);
}

static int prog_end(struct prog *p)
{
	int status;

	prog_read(p, NULL);
	close(p->fd);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Ends and asserts what was said. */
static void expect(struct prog p, int status, const char *text)
{
	int got = prog_end(&p);

	ck_assert_msg(got == status, "status %d: %s", got, p.text);
	ck_assert_msg(strstr(p.text, text) != NULL, "want %s, got %s", text,
		      p.text);
}

static struct prog server_log;

/* 0 and a connection, or the error number. */
static int try_connect(int *ret)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	*ret = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(a.sun_path, sock);
	if (connect(*ret, (struct sockaddr *)&a, sizeof(a)) == 0)
		return 0;
	close(*ret);
	return errno;
}

/* A foreground server; back when it listens. */
static void server_start(const char *idle, const char *more)
{
	int fd;

	server_log = prog_start(0, updd, "-f", "-S", sock, idle, more, NULL);
	server = server_log.pid;
	while (try_connect(&fd)) {
		ck_assert_int_eq(waitpid(server, NULL, WNOHANG), 0);
		poll(NULL, 0, 1);
	}
	close(fd);
}

/* Blocks until no server holds the place. */
static void await_no_server(void)
{
	char lock[128];
	int fd;

	snprintf(lock, sizeof(lock), "%s.lock", sock);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	close(fd);
}

static void setup(void)
{
	strcpy(dir, "/tmp/upd-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(sock, sizeof(sock), "%s/s", dir);
	setenv("UPD_UPDD", updd, 1);
	unsetenv("UPD_SOCKET");
	server = 0;
}

static void teardown(void)
{
	char command[128];

	if (server) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
		close(server_log.fd);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* ---- starting and leaving
 * ----------------------------------------------------------- */

START_TEST(clients_at_once_start_one_server)
{
	struct prog p[8];
	char first[sizeof(p->text)];
	pid_t pid;

	for (int i = 0; i < 8; i++)
		p[i] = UPD("-e", "broker");
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(prog_end(&p[i]), 0);
		if (!i)
			strcpy(first, p[0].text);
		ck_assert_str_eq(p[i].text, first);
	}
	pid = atoi(first);
	ck_assert_int_gt(pid, 1);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	await_no_server();
}
END_TEST

START_TEST(leaves_when_idle)
{
	int status;

	server_start("--idle=0.05", NULL);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	server = 0;
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_lt(access(sock, F_OK), 0);
}
END_TEST

/* A client that is there keeps it from leaving. */
START_TEST(stays_while_somebody_is_there)
{
	struct prog p;
	int status;

	server_start("--idle=0.05", NULL);
	p = UPD("-e", "wait");
	prog_read(&p, "waiting");
	poll(NULL, 0, 200);
	ck_assert_int_eq(waitpid(server, NULL, WNOHANG), 0);
	kill(p.pid, SIGINT);
	expect(p, 3, "INTERRUPT");
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	server = 0;
}
END_TEST

START_TEST(one_server_for_a_place)
{
	server_start("--idle=0", NULL);
	expect(prog_start(0, updd, "-S", sock, NULL), 1, "serves");
	expect(UPD("-e", "broker"), 0, "");
}
END_TEST

START_TEST(stale_socket_is_replaced)
{
	struct prog p;

	server_start("--idle=0", NULL);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	server = 0;
	p = UPD("-e", "broker");
	ck_assert_int_eq(prog_end(&p), 0);
	ck_assert_int_eq(kill(atoi(p.text), SIGTERM), 0);
	await_no_server();
}
END_TEST

START_TEST(a_file_in_the_place_is_left_alone)
{
	int fd = open(sock, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_eq(write(fd, "mine", 4), 4);
	close(fd);
	expect(UPD("-e", "broker"), 1, "upd: updd did not start");
	ck_assert_int_eq(access(sock, F_OK), 0);
}
END_TEST

START_TEST(server_killed_under_a_session)
{
	struct prog p;

	server_start("--idle=0", NULL);
	p = UPD("-e", "wait");
	prog_read(&p, "waiting");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	server = 0;
	expect(p, 0, "the broker is gone");
}
END_TEST

START_TEST(server_stopped_under_a_session)
{
	struct prog p;
	int status;

	server_start("--idle=0", NULL);
	p = UPD("-e", "wait");
	prog_read(&p, "waiting");
	kill(server, SIGTERM);
	expect(p, 0, "the broker is gone");
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	server = 0;
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

/* ---- the place
 * ------------------------------------------------------------------------- */

static struct prog upd_in(const char *runtime)
{
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	return prog_start(0, upd, "-e", "broker", NULL);
}

START_TEST(runtime_directory_is_private)
{
	char own[96];
	struct stat st;
	struct prog p = upd_in(dir);

	ck_assert_int_eq(prog_end(&p), 0);
	kill(atoi(p.text), SIGTERM);
	snprintf(own, sizeof(own), "%s/upd", dir);
	ck_assert_int_eq(stat(own, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	snprintf(sock, sizeof(sock), "%s/upd/updd.sock", dir);
	await_no_server();

	ck_assert_int_eq(chmod(own, 0755), 0);
	expect(upd_in(dir), 1, "open to others");
	ck_assert_int_eq(chmod(own, 0700), 0);
	if (getuid() == 0) {
		ck_assert_int_eq(chown(own, 12345, 0), 0);
		expect(upd_in(dir), 1, "belongs to uid 12345");
	}
}
END_TEST

START_TEST(a_link_for_a_directory_is_refused)
{
	char own[96], real[96];

	snprintf(own, sizeof(own), "%s/upd", dir);
	snprintf(real, sizeof(real), "%s/real", dir);
	ck_assert_int_eq(mkdir(real, 0700), 0);
	ck_assert_int_eq(symlink(real, own), 0);
	expect(upd_in(dir), 1, "is not a directory");
}
END_TEST

START_TEST(long_path_is_a_sentence)
{
	char path[256];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[255] = '\0';
	expect(prog_start(0, upd, "-S", path, "-e", "x", NULL), 1,
	       "longer than");
}
END_TEST

/* ---- the protocol
 * -------------------------------------------------------------------------- */

static int raw_connect(void)
{
	int fd;

	ck_assert_int_eq(try_connect(&fd), 0);
	return fd;
}

/* Sends bytes; the sentence of the ERROR that answers. */
static void refused(const void *bytes, size_t len, const char *sentence)
{
	struct conn *c = conn_new(raw_connect());
	const char *text;
	struct err err;
	struct msg m;
	int rc;

	ck_assert_int_eq(send(conn_fd(c), bytes, len, MSG_NOSIGNAL),
			 (ssize_t)len);
	rc = conn_wait(c, &m, &err);
	ck_assert_msg(rc == 1, "%s", err.text);
	ck_assert_uint_eq(m.type, MSG_ERROR);
	get_u32(&m.in);
	text = get_str(&m.in);
	ck_assert_msg(text && strstr(text, sentence), "%s", text);
	ck_assert_int_eq(conn_wait(c, &m, &err), ERR_GONE);
	conn_free(c);
}

START_TEST(strangers_are_refused_with_a_sentence)
{
	server_start("--idle=0", NULL);
	refused("\0\0\0\0\1\0\2\0", 8, "protocol 2 meets 1");
	refused("GET / HTTP/1.0\r\n\r\n", 18, "protocol");
	refused("\0\0\0\0\2\0\1\0", 8, "RUN where HELLO is due");
	refused("\1\0\0\0\1\0\1\0\7", 9, "malformed");
	refused("\xff\xff\xff\xff\1\0\1\0", 8, "protocol");
	expect(UPD("-e", "broker"), 0, "");
}
END_TEST

START_TEST(random_bytes_harm_nobody)
{
	server_start("--idle=0", NULL);
	srand(4);
	for (int i = 0; i < 300; i++) {
		char raw[64];
		int fd = raw_connect();

		for (size_t k = 0; k < sizeof(raw); k++)
			raw[k] = (char)rand();
		if (i % 2)
			memcpy(raw, "\20\0\0\0\1\0\1\0", 8);
		send(fd, raw, (size_t)rand() % sizeof(raw), MSG_NOSIGNAL);
		close(fd);
	}
	expect(UPD("-e", "broker"), 0, "");
}
END_TEST

START_TEST(clients_have_a_limit)
{
	int fds[64], status;

	server_start("--idle=0", NULL);
	for (int i = 0; i < 64; i++)
		fds[i] = raw_connect();
	expect(UPD("-e", "broker"), 1, "its limit");
	for (int i = 0; i < 64; i++)
		close(fds[i]);
	do { /* until the broker has heard of every end */
		struct prog p = UPD("-e", "broker");

		status = prog_end(&p);
	} while (status);
}
END_TEST

/* ---- workers
 * ----------------------------------------------------------------------------------
 */

START_TEST(worker_killed)
{
	server_start("--idle=0", NULL);
	expect(UPD("-e", "crash"), 1, "was killed by signal 9");
	expect(UPD("-e", "broker"), 0, "");
}
END_TEST

START_TEST(tracer_killed)
{
	char script[32];

	server_start("--idle=0", NULL);
	snprintf(script, sizeof(script), "kill-tracer %d", (int)getpid());
	expect(UPD("-e", script), 0, "was killed by signal 9");
	/* The one that cleans up after it has come and gone, or serves. */
	expect(UPD("-e", script), 0, "was killed by signal 9");
}
END_TEST

START_TEST(sessions_share_a_tracer)
{
	char script[32];
	struct prog a, b;

	server_start("--idle=0.05", NULL);
	snprintf(script, sizeof(script), "tracer %d", (int)getpid());
	a = UPD("-e", script);
	prog_read(&a, "\n");
	b = UPD("-e", script);
	prog_read(&b, "\n");
	ck_assert_str_eq(a.text, b.text);
	kill(a.pid, SIGINT);
	kill(b.pid, SIGINT);
	ck_assert_int_eq(prog_end(&a), 0);
	ck_assert_int_eq(prog_end(&b), 0);
	/* The tracer leaves too, or the server would stay. */
	ck_assert_int_eq(waitpid(server, NULL, 0), server);
	server = 0;
	ck_assert_int_lt(kill(atoi(a.text), 0), 0);
}
END_TEST

START_TEST(updd_does_not_trace_itself)
{
	char script[32];

	server_start("--idle=0", NULL);
	snprintf(script, sizeof(script), "tracer %d", (int)server);
	expect(UPD("-e", script), 1, "part of the updd");
	expect(UPD("-e", "tracer 0"), 1, "not a process id");
}
END_TEST

START_TEST(workers_hold_only_their_own_descriptors)
{
	server_start("--idle=0", NULL);
	expect(UPD("-e", "fds"), 0, "0 1 2 3 4 \n");
}
END_TEST

START_TEST(workers_become_the_client)
{
	char path[128];

	if (getuid() != 0)
		return; /* only root's daemon serves others */
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s", sock);
	server_start("--idle=0", "--system");
	expect(prog_start(4321, upd, "-S", path, "-e", "ids", NULL), 0,
	       "uid 4321 gid 4321 groups 4242 4321\n");
	expect(UPD("-e", "ids"), 0, "uid 0 gid 0");
}
END_TEST

START_TEST(private_server_serves_its_user_only)
{
	if (getuid() != 0)
		return;
	ck_assert_int_eq(chmod(dir, 0755), 0);
	server_start("--idle=0", NULL);
	expect(prog_start(4321, upd, "-S", sock, "-e", "ids", NULL), 1,
	       "Permission denied");
}
END_TEST

/* ---- the client
 * -----------------------------------------------------------------------------------
 */

/* Two within 100 ms are one. */
static void interrupt_until_gone(pid_t pid)
{
	const struct timespec nap = {0, 20000000};
	siginfo_t si = {0};

	do {
		kill(pid, SIGINT);
		nanosleep(&nap, NULL);
		ck_assert_int_eq(waitid(P_PID, (id_t)pid, &si,
					WEXITED | WNOHANG | WNOWAIT),
				 0);
	} while (!si.si_pid);
}

START_TEST(second_interrupt_leaves_at_once)
{
	struct prog p;

	server_start("--idle=0", NULL);
	p = UPD("-e", "stubborn");
	prog_read(&p, "waiting");
	kill(p.pid, SIGINT);
	prog_read(&p, "INTERRUPT");
	interrupt_until_gone(p.pid);
	expect(p, 130, "");
}
END_TEST

/* timeout(1) sends its signal to upd and then to upd's process group. */
START_TEST(double_interrupt_is_one)
{
	struct prog p;

	server_start("--idle=0", NULL);
	p = UPD("-e", "wait");
	prog_read(&p, "waiting");
	kill(p.pid, SIGINT);
	kill(p.pid, SIGINT);
	expect(p, 3, "INTERRUPT");
}
END_TEST

START_TEST(signals_are_forwarded)
{
	struct prog p;

	server_start("--idle=0", NULL);
	p = UPD("-e", "wait");
	prog_read(&p, "waiting");
	kill(p.pid, SIGUSR1);
	expect(p, 3, "SIGNAL");
}
END_TEST

START_TEST(command_is_held_until_it_may_go)
{
	struct prog p;

	server_start("--idle=0", NULL);
	p = UPD("-e", "hold", "-c", "/bin/echo 'two words' a\\ b \"c d\"");
	ck_assert_int_eq(prog_end(&p), 0);
	ck_assert_ptr_nonnull(strstr(p.text, "held as upd\n"));
	ck_assert_ptr_nonnull(strstr(p.text, "two words a b c d\n"));
}
END_TEST

START_TEST(command_ends_with_the_session)
{
	server_start("--idle=0", NULL);
	/* Not before a minute is over, if SIGTERM does not come. */
	expect(UPD("-e", "hold 1", "-c", "/bin/sleep 60"), 0, "held");
}
END_TEST

START_TEST(command_that_cannot_run)
{
	char path[96];
	int fd;

	server_start("--idle=0", NULL);
	expect(UPD("-e", "hold", "-c", "/nonexistent/x"), 1,
	       "upd: -c: cannot run /nonexistent/x: No such file");
	expect(UPD("-e", "hold", "-c", "no-such-command-here"), 1,
	       "not found in PATH");
	expect(UPD("-e", "hold", "-c", "'open"), 1, "a quote is not closed");
	expect(UPD("-e", "hold", "-c", " "), 1, "there is no command");
	/* Found, but exec fails: an interpreter that is not there. */
	snprintf(path, sizeof(path), "%s/script", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0755);
	ck_assert_int_eq(write(fd, "#!/nonexistent\n", 15), 15);
	close(fd);
	expect(UPD("-e", "hold", "-c", path), 1, "No such file");
}
END_TEST

/* head(1)'s case: quiet, and the session ends. */
START_TEST(nobody_reads_the_output)
{
	struct prog p;
	int status;

	server_start("--idle=0.05", NULL);
	p = UPD("-e", "flood");
	prog_read(&p, "xxx");
	close(p.fd);
	ck_assert_int_eq(waitpid(p.pid, &status, 0), p.pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(waitpid(server, NULL, 0), server);
	server = 0;
}
END_TEST

/* A reader that has stopped reading does not make upd deaf. */
START_TEST(stuck_output_can_be_interrupted)
{
	struct prog p;
	int status;

	server_start("--idle=0", NULL);
	p = UPD("-e", "flood");
	prog_read(&p, "xxx");
	kill(p.pid, SIGINT);
	kill(p.pid, SIGTERM);
	ck_assert_int_eq(waitpid(p.pid, &status, 0), p.pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 130);
	close(p.fd);
}
END_TEST

START_TEST(command_lines)
{
	const struct {
		const char *a, *b;
		const char *says;
	} bad[] = {
		{"-z", NULL, "-z is not an option"},
		{"--zz", NULL, "--zz is not an option"},
		{"-e", NULL, "-e needs an argument"},
		{"-p", "12,x", "-p 12,x: not a process id"},
		{"-p", "0", "not a process id"},
		{"-p", "4194305", "not a process id"},
		{"-f", "xml", "it is text or json"},
		{"-B", "some", "none, line or full"},
		{"--step=jump", NULL, "emulate, boost"},
		{"--aot=x", NULL, "--aot is not supported"},
		{"/nonexistent", NULL, "cannot open /nonexistent"},
		{"-q", NULL, "there is no program"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(prog_start(0, upd, bad[i].a, bad[i].b, NULL), 1,
		       bad[i].says);
	expect(prog_start(0, upd, "-p", "1", "-c", "x", "-e", "x", NULL), 1,
	       "can't be used together");
	expect(prog_start(0, upd, "-V", NULL), 0, "upd " PACKAGE_VERSION);
}
END_TEST

/* ---- all
 * ---------------------------------------------------------------------------------------------
 */

static void find_programs(void)
{
	const char *build = getenv("top_builddir");

	snprintf(upd, sizeof(upd), "%s/upd", build ? build : ".");
	snprintf(updd, sizeof(updd), "%s/tests/daemon/fake-updd",
		 build ? build : ".");
}

static TCase *group(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = group(s, "life");

	tcase_add_test(t, clients_at_once_start_one_server);
	tcase_add_test(t, leaves_when_idle);
	tcase_add_test(t, stays_while_somebody_is_there);
	tcase_add_test(t, one_server_for_a_place);
	tcase_add_test(t, stale_socket_is_replaced);
	tcase_add_test(t, a_file_in_the_place_is_left_alone);
	tcase_add_test(t, server_killed_under_a_session);
	tcase_add_test(t, server_stopped_under_a_session);
	t = group(s, "place");
	tcase_add_test(t, runtime_directory_is_private);
	tcase_add_test(t, a_link_for_a_directory_is_refused);
	tcase_add_test(t, long_path_is_a_sentence);
	t = group(s, "protocol");
	tcase_add_test(t, strangers_are_refused_with_a_sentence);
	tcase_add_test(t, random_bytes_harm_nobody);
	tcase_add_test(t, clients_have_a_limit);
	t = group(s, "workers");
	tcase_add_test(t, worker_killed);
	tcase_add_test(t, tracer_killed);
	tcase_add_test(t, sessions_share_a_tracer);
	tcase_add_test(t, updd_does_not_trace_itself);
	tcase_add_test(t, workers_hold_only_their_own_descriptors);
	tcase_add_test(t, workers_become_the_client);
	tcase_add_test(t, private_server_serves_its_user_only);
	t = group(s, "client");
	tcase_add_test(t, second_interrupt_leaves_at_once);
	tcase_add_test(t, double_interrupt_is_one);
	tcase_add_test(t, signals_are_forwarded);
	tcase_add_test(t, command_is_held_until_it_may_go);
	tcase_add_test(t, command_ends_with_the_session);
	tcase_add_test(t, command_that_cannot_run);
	tcase_add_test(t, nobody_reads_the_output);
	tcase_add_test(t, stuck_output_can_be_interrupted);
	tcase_add_test(t, command_lines);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	find_programs();
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

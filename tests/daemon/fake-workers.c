/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * updd with workers that do what a test's "script" says, one word and maybe a
 * number, instead of tracing: the broker and the client are the real ones.
 */
#include <config.h>

#include "main.h"
#include "proto.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- the session -----------------------------------------------------------
 */

struct job {
	struct conn *client, *broker;
	struct run_request run;
	long number; /* behind the script's first word */
};

static void say(struct conn *c, unsigned type, const char *fmt, long n,
		const char *text)
{
	char line[600];
	struct buf p;

	snprintf(line, sizeof(line), fmt, n, text);
	buf_init(&p);
	if (type == MSG_OUTPUT)
		put_bytes(&p, line, strlen(line));
	else
		put_u32(&p, (uint32_t)n);
	conn_send(c, type, &p, NULL, 0, NULL);
	conn_drain(c, NULL);
	buf_release(&p);
}

#define OUT(j, fmt, n, text) say((j)->client, MSG_OUTPUT, fmt, n, text)

/* The broker's answer to "a tracer for PID". NULL: refused, and said so. */
static struct conn *get_tracer(struct job *j)
{
	struct buf p;
	struct msg m;

	buf_init(&p);
	put_u32(&p, (uint32_t)j->number);
	conn_send(j->broker, MSG_WANT_TRACER, &p, NULL, 0, NULL);
	buf_release(&p);
	if (conn_wait(j->broker, &m, NULL) != 1)
		return NULL;
	get_u32(&m.in);
	if (m.type == MSG_TRACER && m.nfds == 1)
		return conn_new(m.fds[0]);
	get_u32(&m.in);
	OUT(j, "%.0ldrefused: %s\n", 0, get_str(&m.in));
	return NULL;
}

/* "PID of the tracer"; kept until the client interrupts. */
static int do_tracer(struct job *j)
{
	struct conn *t = get_tracer(j);
	struct msg m;

	if (!t)
		return 1;
	conn_send(t, MSG_T_OPEN, NULL, NULL, 0, NULL);
	if (conn_wait(t, &m, NULL) != 1 || m.type != MSG_T_READY)
		return 2;
	OUT(j, "%ld\n", get_u32(&m.in), "");
	conn_wait(j->client, &m, NULL);
	conn_free(t);
	return 0;
}

static int do_kill_tracer(struct job *j)
{
	struct conn *t = get_tracer(j);
	struct msg m;

	if (!t)
		return 1;
	conn_send(t, MSG_T_ARM, NULL, NULL, 0, NULL); /* it dies of that */
	if (conn_wait(t, &m, NULL) != ERR_GONE)
		return 2;
	if (conn_wait(j->broker, &m, NULL) != 1 || m.type != MSG_TRACER_DIED)
		return 3;
	if (get_u32(&m.in) != (uint32_t)j->number)
		return 4;
	get_u32(&m.in);
	OUT(j, "%.0ld%s\n", 0, get_str(&m.in));
	return 0;
}

static int do_broker(struct job *j)
{
	OUT(j, "%ld\n", getppid(), "");
	return 0;
}

static int do_crash(struct job *j)
{
	(void)j;
	kill(getpid(), SIGKILL);
	return 0;
}

/* Until the client interrupts, or goes, or the broker does. */
static int do_wait(struct job *j)
{
	struct pollfd p[2] = {{.fd = conn_fd(j->client), .events = POLLIN},
			      {.fd = conn_fd(j->broker), .events = POLLIN}};
	struct msg m;

	OUT(j, "waiting\n", 0, "");
	poll(p, 2, -1);
	if (p[1].revents) {
		OUT(j, "the broker is gone\n", 0, "");
		return 0;
	}
	if (conn_wait(j->client, &m, NULL) != 1)
		return 0;
	OUT(j, "%.0ld%s\n", 0, proto_msg_name(m.type));
	return 3;
}

/* Does not end for an interrupt; only when the client has gone. */
static int do_stubborn(struct job *j)
{
	struct msg m;

	OUT(j, "waiting\n", 0, "");
	while (conn_wait(j->client, &m, NULL) == 1)
		OUT(j, "%.0ld%s\n", 0, proto_msg_name(m.type));
	return 0;
}

static int do_fds(struct job *j)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			OUT(j, "%ld ", fd, "");
	OUT(j, "\n", 0, "");
	return 0;
}

static int do_ids(struct job *j)
{
	gid_t groups[64];
	int n = getgroups(64, groups);

	OUT(j, "uid %ld", getuid(), "");
	OUT(j, " gid %ld groups", getgid(), "");
	for (int i = 0; i < n; i++)
		OUT(j, " %ld", groups[i], "");
	OUT(j, "\n", 0, "");
	return 0;
}

/* Of the -c child before it may go on, then lets it, and waits for its end. */
static int do_hold(struct job *j)
{
	struct pollfd p = {.events = POLLIN};
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", j->run.cmd_pid);
	f = fopen(path, "r");
	if (!f || !fgets(comm, sizeof(comm), f))
		return 1;
	fclose(f);
	OUT(j, "%.0ldheld as %s", 0, comm);
	p.fd = (int)syscall(SYS_pidfd_open, j->run.cmd_pid, 0);
	conn_send(j->client, MSG_HELD, NULL, NULL, 0, NULL);
	if (j->number) /* leave before the child does */
		return 0;
	poll(&p, 1, -1);
	return 0;
}

static int do_flood(struct job *j)
{
	static char line[1 << 16];
	struct buf p;
	int rc = 0;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	buf_init(&p);
	put_bytes(&p, line, sizeof(line));
	while (!rc) {
		rc = conn_send(j->client, MSG_OUTPUT, &p, NULL, 0, NULL);
		if (!rc)
			rc = conn_drain(j->client, NULL);
	}
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct job *j);
} words[] = {
	{"tracer", do_tracer}, {"kill-tracer", do_kill_tracer},
	{"broker", do_broker}, {"crash", do_crash},
	{"wait", do_wait},     {"stubborn", do_stubborn},
	{"fds", do_fds},       {"ids", do_ids},
	{"hold", do_hold},     {"flood", do_flood},
};

static int session(int client_fd, int broker_fd, const struct peer *peer)
{
	struct job j = {conn_new(client_fd), conn_new(broker_fd)};
	struct msg m;
	int status = 99;

	(void)peer;
	if (conn_wait(j.client, &m, NULL) != 1)
		return 0;
	if (m.type != MSG_RUN || run_get(&m.in, &j.run, NULL))
		return 1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(j.run.script, words[i].word, len))
			continue;
		if (j.run.script[len] && j.run.script[len] != ' ')
			continue;
		j.number = atol(j.run.script + len);
		status = words[i].run(&j);
	}
	say(j.client, MSG_DONE, "", status, "");
	return 0;
}

/* ---- the tracer
 * --------------------------------------------------------------- */

enum { SESSIONS = 16 };

/* One session's message or end. False: it has ended. */
static bool serve(struct conn *c)
{
	struct msg m;
	int rc = conn_recv(c, &m, NULL);

	if (rc < 0)
		return false;
	if (rc && m.type == MSG_T_ARM)
		kill(getpid(), SIGKILL);
	if (rc && m.type == MSG_T_OPEN)
		say(c, MSG_T_READY, "", getpid(), "");
	return true;
}

static int tracer(int broker_fd, const struct peer *peer, pid_t target)
{
	struct conn *broker = conn_new(broker_fd), *s[SESSIONS] = {0};
	struct pollfd p[SESSIONS + 1];
	uint32_t seen = 0, open = 0;
	struct msg m;

	(void)peer;
	(void)target;
	for (;;) {
		p[SESSIONS] = (struct pollfd){broker_fd, POLLIN, 0};
		for (int i = 0; i < SESSIONS; i++)
			p[i] = (struct pollfd){s[i] ? conn_fd(s[i]) : -1,
					       POLLIN, 0};
		if (!open)
			say(broker, MSG_B_IDLE, "", seen, "");
		poll(p, SESSIONS + 1, -1);
		for (int i = 0; i < SESSIONS; i++) {
			if (!p[i].revents || serve(s[i]))
				continue;
			conn_free(s[i]);
			s[i] = NULL;
			open--;
		}
		if (!p[SESSIONS].revents)
			continue;
		if (conn_recv(broker, &m, NULL) < 0 || m.type == MSG_B_QUIT)
			return 0;
		if (m.type != MSG_B_SESSION || m.nfds != 1)
			return 1;
		s[seen++ % SESSIONS] = conn_new(m.fds[0]);
		open++;
	}
}

static int sweep(int broker_fd)
{
	close(broker_fd);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct worker_table table = {session, tracer, sweep};

	return updd_main(argc, argv, &table);
}

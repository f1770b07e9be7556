/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running a program: the request, then messages and signals until it is DONE.
 * Everything that traces is elsewhere; closing the connection ends it, so this
 * process may die at any time.
 */
#include <config.h>

#include "child.h"
#include "clock.h"
#include "cli.h"
#include "format.h"
#include "sink.h"
#include "input.h"
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

extern char **environ;

struct run {
	struct cli *cli;
	struct conn *conn;
	struct sink out;
	struct child child;
	int signal_fd;
	sigset_t old_mask;
	unsigned interrupts;
	int64_t interrupted; /* when last, and by which signal */
	uint32_t interrupted_by;
	bool done;
	int status;
};

/* ---- signals --------------------------------------------------------------
 */

static int signals_open(struct run *r, struct err *err)
{
	static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue; /* nohup */
		sigaddset(&set, all[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, &r->old_mask);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd < 0)
		return err_errno(err, errno, "cannot watch signals");
	return 0;
}

static void forward_signal(struct run *r, uint32_t signo)
{
	struct buf p;

	buf_init(&p);
	put_u32(&p, signo);
	conn_send(r->conn, MSG_SIGNAL, &p, NULL, 0, NULL);
	buf_release(&p);
}

/* timeout(1) sends its signal twice, to upd and to upd's process group: what
 * comes on the heels of the first interrupt is the same one. */
static void on_interrupt(struct run *r, uint32_t signo)
{
	enum { SAME_MS = 100 };
	int64_t now = clock_ms();

	if (signo == r->interrupted_by && now - r->interrupted < SAME_MS)
		return;
	r->interrupted = now;
	r->interrupted_by = signo;
	if (!r->interrupts++)
		conn_send(r->conn, MSG_INTERRUPT, NULL, NULL, 0, NULL);
}

/* The first interrupt asks for an orderly end: END probes, maps. The second
 * does not wait for it. True: leave now. */
static bool on_signal(void *ctx)
{
	struct run *r = ctx;
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGUSR1 || si.ssi_signo == SIGUSR2)
			forward_signal(r, si.ssi_signo);
		else
			on_interrupt(r, si.ssi_signo);
	}
	return r->interrupts > 1;
}

/* ---- messages -------------------------------------------------------------
 */

/* What ends the run: status and, in err, the sentence, if there is one. */
static int ends_badly(struct run *r, int rc, const struct err *err)
{
	r->done = true;
	if (rc == ERR_GONE) /* head(1) has seen enough */
		r->status = 0;
	else if (rc == ERR_INTR)
		r->status = 128 + SIGINT;
	else
		r->status = complain(err);
	return rc;
}

static int write_output(struct run *r, const void *data, size_t len)
{
	struct err err;
	int rc = sink_write(&r->out, data, len, &err);

	return rc ? ends_badly(r, rc, &err) : 0;
}

static void on_output(struct run *r, struct proto_in *in)
{
	size_t len;
	const void *data = get_bytes(in, &len);

	if (!in->failed)
		write_output(r, data, len);
}

static void on_diag(struct run *r, struct proto_in *in)
{
	const char *text;

	(void)r;
	get_u32(in);
	text = get_str(in);
	if (text)
		fputs(text, stderr);
}

static void on_attached(struct run *r, struct proto_in *in)
{
	uint32_t n = get_u32(in);
	struct buf text;

	if (in->failed || (r->cli->flags & RUN_QUIET))
		return;
	buf_init(&text);
	if (r->cli->flags & RUN_JSON) {
		format_attached(FORMAT_JSON, n, &text);
		write_output(r, text.data, text.len);
	} else {
		format_attached(FORMAT_TEXT, n, &text);
		fputs(buf_str(&text), stderr);
	}
	buf_release(&text);
}

static void on_held(struct run *r, struct proto_in *in)
{
	(void)in;
	if (r->child.pid)
		child_go(&r->child);
}

static void on_done(struct run *r, struct proto_in *in)
{
	r->status = (int)get_u32(in);
	r->done = true;
}

static void on_error(struct run *r, struct proto_in *in)
{
	const char *text;

	get_u32(in);
	text = get_str(in);
	if (in->failed)
		return;
	if (!text || *text) /* else all has been said */
		fprintf(stderr, "upd: %s\n",
			text ? text : "it failed without a reason");
	r->status = 1;
	r->done = true;
}

static const struct {
	unsigned type;
	void (*handle)(struct run *r, struct proto_in *in);
} handlers[] = {
	{MSG_OUTPUT, on_output},     {MSG_DIAG, on_diag},
	{MSG_ATTACHED, on_attached}, {MSG_HELD, on_held},
	{MSG_DONE, on_done},	     {MSG_ERROR, on_error},
};

static int handle(struct run *r, struct msg *m, struct err *err)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].type != m->type)
			continue;
		handlers[i].handle(r, &m->in);
		return r->done ? 0 : get_end(&m->in, err);
	}
	return err_set(err, ERR_PROTO, "updd says %s, which is not for clients",
		       proto_msg_name(m->type));
}

/* All messages that are there. */
static int on_readable(struct run *r, struct err *err)
{
	while (!r->done) {
		struct msg m;
		int rc = conn_recv(r->conn, &m, err);

		if (!rc)
			return 0;
		if (rc == ERR_GONE)
			return err_set(err, ERR_PROTO,
				       "updd went away; what it had attached "
				       "is lifted");
		if (rc < 0)
			return rc;
		rc = handle(r, &m, err);
		msg_release(&m);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- the loop ---------------------------------------------------------------
 */

/* The descriptor on which exec's failure would be heard, once it is due. */
static int exec_fd(const struct run *r)
{
	return r->child.pid && r->child.go_fd < 0 ? r->child.result_fd : -1;
}

static int step(struct run *r, struct err *err)
{
	struct pollfd p[3] = {
		{.fd = conn_fd(r->conn), .events = POLLIN},
		{.fd = r->signal_fd, .events = POLLIN},
		{.fd = exec_fd(r), .events = POLLIN},
	};

	if (conn_pending(r->conn))
		p[0].events |= POLLOUT;
	if (poll(p, 3, -1) < 0)
		return errno == EINTR ? 0
				      : err_errno(err, errno, "cannot wait");
	if (p[1].revents && on_signal(r))
		return ends_badly(r, ERR_INTR, NULL);
	if (p[2].revents) {
		int rc = child_result(&r->child, r->cli->cmd, err);

		if (rc)
			return rc;
	}
	if (p[0].revents & POLLOUT)
		conn_flush(r->conn, NULL); /* reading finds out what failed */
	return p[0].revents ? on_readable(r, err) : 0;
}

/* A command that could not be run ends, and so the session: the news of the
 * end may have come first. */
static void late_exec_failure(struct run *r)
{
	struct pollfd p = {.fd = exec_fd(r), .events = POLLIN};
	struct err err;

	if (p.fd >= 0 && poll(&p, 1, 0) == 1 &&
	    child_result(&r->child, r->cli->cmd, &err))
		r->status = complain(&err);
}

static void loop(struct run *r)
{
	struct err err;
	int rc = 0;

	while (!r->done && !rc)
		rc = step(r, &err);
	if (!r->done)
		r->status = complain(&err);
	rc = r->interrupts > 1 ? 0 : sink_flush(&r->out, &err);
	if (rc && rc != ERR_GONE && rc != ERR_INTR && !r->status)
		r->status = complain(&err);
	late_exec_failure(r);
}

/* ---- the request ------------------------------------------------------------
 */

/* What a session may want of our environment: settings of the language, time
 * zone, and what a command that it runs needs. Not all of it: it is none of a
 * system-wide daemon's business. */
static bool env_wanted(const char *entry)
{
	static const char *const wanted[] = {
		"BPFTRACE_", "UPD_",  "TZ=", "PATH=",
		"HOME=",     "LANG=", "LC_", "DEBUGINFOD_",
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strncmp(entry, wanted[i], strlen(wanted[i])))
			return true;
	return false;
}

static int env_pick(const char ***ret, size_t *ret_n, struct err *err)
{
	size_t n = 0, all = 0;
	const char **list;

	while (environ[all])
		all++;
	list = calloc(all + 1, sizeof(*list));
	if (!list)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < all && n < PROTO_STRINGS_MAX; i++)
		if (env_wanted(environ[i]))
			list[n++] = environ[i];
	*ret = list;
	*ret_n = n;
	return 0;
}

static int send_run(struct run *r, const char *script, const char *name,
		    struct err *err)
{
	struct cli *cli = r->cli;
	struct run_request q = {
		.script = script,
		.script_name = name,
		.flags = cli->flags,
		.steps = cli->steps,
		.max_overhead = cli->max_overhead,
		.pids = cli->pids,
		.npids = cli->npids,
		.cmd_pid = r->child.pid,
		.params = cli->params.w,
		.nparams = cli->params.n,
		.named = cli->named.w,
		.nnamed = cli->named.n,
		.include_dirs = cli->include_dirs.w,
		.ninclude_dirs = cli->include_dirs.n,
		.includes = cli->includes.w,
		.nincludes = cli->includes.n,
		.debug_dirs = cli->debug_dirs,
		.dump = cli->dump,
	};
	const char **env = NULL;
	char *cwd;
	struct buf p;
	int rc = env_pick(&env, &q.nenviron, err);

	if (rc)
		return rc;
	cwd = getcwd(NULL, 0);
	q.environ = env;
	q.cwd = cwd ? cwd : "/";
	if (isatty(STDERR_FILENO) && !getenv("NO_COLOR"))
		q.flags |= RUN_COLOR;
	buf_init(&p);
	run_put(&p, &q);
	rc = conn_send(r->conn, MSG_RUN, &p, NULL, 0, err);
	if (rc == ERR_GONE) /* the loop hears why */
		rc = 0;
	buf_release(&p);
	free(cwd);
	free(env);
	return rc;
}

static int start(struct run *r, struct buf *text, struct err *err)
{
	const char *name = "stdin", *script = r->cli->expr;
	int rc = 0;

	if (!script) {
		rc = script_read(r->cli->file, text, &name, err);
		script = buf_str(text);
	}
	if (!rc)
		rc = server_connect(r->cli->socket, &r->conn, err);
	if (!rc)
		rc = signals_open(r, err);
	if (!rc && r->cli->cmd)
		rc = child_fork(r->cli->cmd, &r->old_mask, &r->child, err);
	return rc ? rc : send_run(r, script, name, err);
}

static int run_main(struct cli *cli)
{
	struct run r = {.cli = cli, .signal_fd = -1};
	struct err err;
	struct buf text;
	int rc = sink_open(&r.out, cli->out_path, cli->out_mode, &err);

	buf_init(&text);
	if (!rc)
		rc = start(&r, &text, &err);
	r.out.signal_fd = r.signal_fd;
	r.out.on_signal = on_signal;
	r.out.ctx = &r;
	if (rc)
		r.status = complain(&err);
	else
		loop(&r);
	conn_free(r.conn);
	child_end(&r.child);
	if (r.signal_fd >= 0)
		close(r.signal_fd);
	sink_close(&r.out);
	buf_release(&text);
	return r.status;
}

const struct action action_run = {"run", run_main};

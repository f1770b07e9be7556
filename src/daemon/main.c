/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * updd's options, its socket, going to the background; broker.c does the work.
 */
#include <config.h>

#include "main.h"

#include "broker.h"
#include "log.h"
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum {
	IDLE_MS = 10000,
	HELLO_MS = 5000,
	LOCK_TRIES = 200,
	LOCK_WAIT_MS = 25,
	ACTIVATED_FD = 3,
};

#define SYSTEM_DIR    RUNSTATEDIR "/upd"
#define SYSTEM_SOCKET SYSTEM_DIR "/updd.sock"

struct options {
	bool foreground, system, verbose, done;
	const char *socket;
	int64_t idle_ms; /* -2: not given */
};

struct option_def {
	struct option o; /* val: the letter, or a number above any */
	int (*apply)(struct options *opts, const char *arg);
	const char *help;
};

static int opt_foreground(struct options *o, const char *arg)
{
	(void)arg;
	o->foreground = true;
	return 0;
}

static int opt_socket(struct options *o, const char *arg)
{
	o->socket = arg;
	return 0;
}

static int opt_verbose(struct options *o, const char *arg)
{
	(void)arg;
	o->verbose = true;
	return 0;
}

static int opt_system(struct options *o, const char *arg)
{
	(void)arg;
	o->system = true;
	return 0;
}

static int opt_idle(struct options *o, const char *arg)
{
	char *end;
	double s = strtod(arg, &end);

	if (*end || end == arg || !(s >= 0 && s <= 1e9)) {
		fprintf(stderr, "updd: --idle=%s is not a time in seconds\n",
			arg);
		return -1;
	}
	o->idle_ms = s > 0 ? (int64_t)(s * 1000) : -1;
	return 0;
}

static int opt_version(struct options *o, const char *arg)
{
	(void)arg;
	o->done = true;
	puts("updd " PACKAGE_VERSION);
	return 0;
}

static int opt_help(struct options *o, const char *arg);

static const struct option_def option_defs[] = {
	{{"foreground", no_argument, NULL, 'f'},
	 opt_foreground,
	 "stay in the foreground, log to standard error"},
	{{"socket", required_argument, NULL, 'S'},
	 opt_socket,
	 "listen at this path"},
	{{"verbose", no_argument, NULL, 'v'}, opt_verbose, "log more"},
	{{"system", no_argument, NULL, 'y'},
	 opt_system,
	 "serve all users, from " SYSTEM_SOCKET " (as root)"},
	{{"idle", required_argument, NULL, 'i'},
	 opt_idle,
	 "leave after so many seconds without clients (10; 0: never)"},
	{{"version", no_argument, NULL, 'V'}, opt_version, "print the version"},
	{{"help", no_argument, NULL, 'h'}, opt_help, "print this"},
};

enum { NOPTIONS = sizeof(option_defs) / sizeof(option_defs[0]) };

static int opt_help(struct options *o, const char *arg)
{
	(void)arg;
	o->done = true;
	puts("updd serves upd's clients; upd starts it by itself.\n");
	for (int i = 0; i < NOPTIONS; i++) {
		const struct option *p = &option_defs[i].o;

		printf("  -%c, --%s%s\n\t%s\n", p->val, p->name,
		       p->has_arg ? "=ARG" : "", option_defs[i].help);
	}
	return 0;
}

static int options_parse(int argc, char **argv, struct options *o)
{
	struct option longs[NOPTIONS + 1] = {0};
	char shorts[2 * NOPTIONS + 1] = "";
	int c;

	for (int i = 0; i < NOPTIONS; i++) {
		const struct option *p = &option_defs[i].o;
		char letter[3] = {p->val, p->has_arg ? ':' : 0, 0};

		longs[i] = *p;
		strcat(shorts, letter);
	}
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int i = 0;

		while (i < NOPTIONS && option_defs[i].o.val != c)
			i++;
		if (i == NOPTIONS || option_defs[i].apply(o, optarg) < 0)
			return -1;
	}
	if (optind < argc) {
		fprintf(stderr, "updd: it takes no argument: %s\n",
			argv[optind]);
		return -1;
	}
	return 0;
}

/* ---- log ---------------------------------------------------------------- */

static void log_stderr(void *ctx, enum log_level level, const char *line)
{
	char text[1100];
	int n;

	(void)ctx;
	(void)level;
	/* One write, so that lines of several processes don't mix. */
	n = snprintf(text, sizeof(text), "updd[%d]: %s\n", (int)getpid(), line);
	if (n > 0 && write(STDERR_FILENO, text, n) < 0)
		return;
}

static void log_syslog(void *ctx, enum log_level level, const char *line)
{
	static const int priority[] = {LOG_ERR, LOG_WARNING, LOG_INFO,
				       LOG_DEBUG};

	(void)ctx;
	syslog(priority[level], "%s", line);
}

static void log_open(const struct options *o)
{
	enum log_level max = o->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN;

	if (o->foreground) {
		log_hook(log_stderr, NULL, max);
		return;
	}
	openlog("updd", LOG_PID, LOG_DAEMON);
	log_hook(log_syslog, NULL, max);
}

/* ---- the socket -----------------------------------------------------------
 */

/* The lock of the one server at this place. One that is about to leave, or
 * that is just starting, is given a moment. */
static int lock_take(const struct rundir *dir, int *ret, struct err *err)
{
	for (int i = 0;; i++) {
		int rc = rundir_lock(dir->lock, false, ret, err), fd;

		if (rc != ERR_BUSY || i == LOCK_TRIES)
			return rc;
		if (!rundir_connect(dir, &fd, NULL)) {
			close(fd);
			return err_set(err, ERR_BUSY,
				       "an updd serves %s already",
				       dir->addr.sun_path);
		}
		poll(NULL, 0, LOCK_WAIT_MS);
	}
}

/* A socket that systemd opened for us: sd_listen_fds(3)'s protocol. */
static bool activated(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	bool yes = pid && n && atol(pid) == (long)getpid() && atoi(n) == 1;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return yes;
}

static int listen_activated(int *ret_fd, struct err *err)
{
	if (fcntl(ACTIVATED_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(ACTIVATED_FD, F_SETFL, O_NONBLOCK) < 0)
		return err_errno(err, errno,
				 "cannot use the socket that was "
				 "handed over");
	*ret_fd = ACTIVATED_FD;
	return 0;
}

struct place {
	struct rundir dir;
	int listen_fd, lock_fd;
	bool bound; /* by us: ours to remove */
};

static int place_open(const struct options *o, struct place *p, struct err *err)
{
	const char *path = o->socket;
	int rc;

	if (activated())
		return listen_activated(&p->listen_fd, err);
	if (o->system && geteuid() != 0)
		return err_set(err, ERR_PERM, "--system is for root");
	if (o->system && !path) {
		path = SYSTEM_SOCKET;
		if (mkdir(SYSTEM_DIR, 0755) < 0 && errno != EEXIST)
			return err_errno(err, errno, "cannot make %s",
					 SYSTEM_DIR);
	}
	rc = rundir_find(path, &p->dir, err);
	if (!rc)
		rc = lock_take(&p->dir, &p->lock_fd, err);
	if (!rc)
		rc = rundir_listen(&p->dir, o->system ? 0666 : 0600,
				   &p->listen_fd, err);
	p->bound = !rc;
	return rc;
}

/* The socket goes while the lock is held; the lock file stays. */
static void place_close(struct place *p)
{
	if (p->bound)
		unlink(p->dir.addr.sun_path);
	if (p->listen_fd >= 0)
		close(p->listen_fd);
	if (p->lock_fd >= 0)
		close(p->lock_fd);
}

/* ---- foreground and background ---------------------------------------------
 */

/* Says how starting went, on a line: the parent's last words. Empty: well. */
static void tell_parent(int fd, const char *text)
{
	if (fd < 0)
		return;
	if (dprintf(fd, "%s\n", text) < 0)
		log_error("cannot tell how starting went");
	close(fd);
}

/* The parent: its exit status, once the child listens or has failed. */
static int await_child(int fd)
{
	char text[ERR_TEXT_MAX];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 &&
	       ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0 ||
		(n < 0 && errno == EINTR)))
		len += n > 0 ? n : 0;
	if (!len || text[len - 1] != '\n') {
		fputs("updd: it died while it started\n", stderr);
		return 1;
	}
	text[len - 1] = '\0';
	if (!*text)
		return 0;
	fprintf(stderr, "updd: %s\n", text);
	return 1;
}

/* In the child returns the descriptor for tell_parent; the parent exits. */
static int background(void)
{
	int pair[2], null;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		perror("updd: cannot go to the background");
		exit(1);
	}
	if (pid > 0) {
		close(pair[1]);
		exit(await_child(pair[0]));
	}
	close(pair[0]);
	setsid();
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(1);
	if (null > 2)
		close(null);
	return pair[1];
}

static void raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static int run(const struct options *o, const struct worker_table *workers,
	       int parent_fd)
{
	struct place place = {.listen_fd = -1, .lock_fd = -1};
	struct broker_opts b = {.workers = workers,
				.idle_ms = o->idle_ms,
				.hello_ms = HELLO_MS};
	struct err err;
	int rc;

	if (b.idle_ms == -2)
		b.idle_ms = o->system ? -1 : IDLE_MS;
	rc = place_open(o, &place, &err);
	if (!rc && !o->foreground && chdir("/") < 0)
		rc = err_errno(&err, errno, "cannot go to /");
	if (rc) {
		if (o->foreground)
			log_error("%s", err.text);
		tell_parent(parent_fd, err.text);
		place_close(&place);
		return 1;
	}
	tell_parent(parent_fd, "");
	b.listen_fd = place.listen_fd;
	rc = broker_run(&b, &err);
	if (rc)
		log_error("%s", err.text);
	place_close(&place);
	return rc ? 1 : 0;
}

int updd_main(int argc, char **argv, const struct worker_table *workers)
{
	struct options o = {.idle_ms = -2};
	int parent_fd = -1;

	if (options_parse(argc, argv, &o) < 0)
		return 1;
	if (o.done)
		return 0;
	raise_limits();
	umask(077);
	if (!o.foreground)
		parent_fd = background();
	log_open(&o);
	return run(&o, workers, parent_fd);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	t-requests [KIND [FROM [TO]]]
 *
 * A process of several threads is attached to, probed, hit and left, beside
 * another one that is probed all the time; and something happens at the
 * tracer's Nth ptrace request, for each N until there is none left.
 *
 * ptrace-gone: the process is killed just before. The client must be told of
 * that end wherever it then is, must not hang, and goes on with the other
 * process: hits, answers, text and exit status are as if nothing had been.
 *
 * ptrace-seize: the kernel refuses to attach the Nth thread. The client is told
 * in a sentence, and both processes go on as if nothing had been.
 *
 * ptrace-refused: the kernel refuses any other request. Either it can be done
 * without, or the client is told that the process is let go; both go on as if
 * nothing had been, and nothing stays in them. Once more with all in place,
 * where nothing in the process could help: every third request, or every one
 * with $UPD_FAULTS_ALL.
 */
#define _GNU_SOURCE
#include "fail.h"
#include "upd.h"
#include "victim.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PASSED, FAILED, NOT_REACHED, SERVED /* passed, and has answered */ };
enum { ONES, TWOS, RETURNS, PROBES };

static enum fail_kind kind;
static bool in_place;
static unsigned nth;
static int failures;

static void wrong(const char *what, long value)
{
	failures++;
	printf("FAIL: %s %u: %s (%ld)\n", fail_names[kind], nth, what, value);
	fflush(stdout);
}

/* ---- the client ---------------------------------------------------------- */

struct client {
	struct upd *upd;
	struct victim *victim;
	struct upd_process *process;
	struct upd_probe *probes[PROBES];
	unsigned hits[PROBES];
	bool serving, exited, left, asked;
	long status;
};

static void on_one(struct upd_hit *hit, void *data)
{
	struct client *c = data;
	uint64_t arg;

	upd_hit_arg(hit, 0, &arg);
	c->hits[ONES]++;
}

static void on_two(struct upd_hit *hit, void *data)
{
	struct client *c = data;

	(void)hit;
	c->hits[TWOS]++;
}

static void on_return(struct upd_hit *hit, void *data)
{
	struct client *c = data;

	(void)hit;
	c->hits[RETURNS]++;
}

static void on_event(struct upd_process *p, enum upd_event event, long value,
		     void *data)
{
	struct client *c = data;

	(void)p;
	c->left |= event == UPD_LEFT;
	if (event != UPD_EXITED)
		return;
	c->exited = true;
	c->status = value;
	if (c->serving)
		upd_stop(c->upd);
}

static int begin(struct client *c)
{
	int rc = upd_attach(c->upd, c->victim->pid, &c->process);

	if (rc)
		return rc;
	upd_on_event(c->process, on_event, c);
	if (in_place)
		rc = upd_set_strategies(c->process, "inplace");
	if (!rc)
		rc = upd_probe(c->process, NULL, "v_one", 0, on_one, c,
			       &c->probes[ONES]);
	if (!rc && !in_place)
		rc = upd_set_strategies(c->process, "xol");
	if (!rc)
		rc = upd_probe_return(c->process, NULL, "v_two", on_return, c,
				      &c->probes[RETURNS]);
	if (!rc)
		rc = upd_probe(c->process, NULL, "v_two", 0, on_two, c,
			       &c->probes[TWOS]);
	return rc;
}

/* Ends upd_run() when the answer is there. Where there will be none, the
 * process's end does that. */
static void *wait_for_answer(void *arg)
{
	struct client *c = arg;
	struct pollfd p = {.fd = c->victim->out, .events = POLLIN};

	if (poll(&p, 1, -1) == 1 && p.revents & POLLIN)
		upd_stop(c->upd);
	return NULL;
}

static int serve(struct client *c)
{
	pthread_t thread;
	int rc;

	if (pthread_create(&thread, NULL, wait_for_answer, c))
		exit(99);
	if (!victim_ask(c->victim) && !fail_happened())
		wrong("the process does not read", 0);
	c->serving = c->asked = true;
	rc = c->exited ? UPD_INTR : upd_run(c->upd);
	c->serving = false;
	pthread_join(thread, NULL);
	return rc;
}

static bool counts_are_right(const struct client *c)
{
	unsigned calls = VICTIM_CALLS * (VICTIM_THREADS + 1);

	return c->hits[ONES] == 2 * calls && c->hits[TWOS] == calls &&
	       c->hits[RETURNS] == calls;
}

/* The one that nothing happens to, unless a stop of it that came late is what
 * the refused request was for. */
static void use_other(struct client *c)
{
	int rc = serve(c);

	if (c->left && kind == FAIL_REFUSED) {
		if (!victim_answers(c->victim, 1))
			wrong("another sum in the other process", 0);
		return;
	}
	if (rc != UPD_INTR)
		wrong("the other process cannot be served", rc);
	if (c->exited || !counts_are_right(c))
		wrong("another number of hits in the other process",
		      c->hits[ONES]);
	if (!victim_answers(c->victim, 1))
		wrong("another sum in the other process", 0);
	upd_detach(c->process);
}

/* What the client does with the process; false: it met its end. */
static bool use(struct client *c)
{
	int rc = begin(c);

	if (rc) {
		const char *text = upd_error(c->upd);

		if (!fail_happened() ||
		    (rc == UPD_GONE) != (kind == FAIL_GONE) ||
		    (kind == FAIL_REFUSED && rc != UPD_IO))
			wrong("an error that is not what has happened", rc);
		if (!text || !*text || !strcmp(text, "no error"))
			wrong("an error without a sentence", rc);
		else if (getenv("UPD_FAULTS_SHOW"))
			printf("  %s %u: %d, %s\n", fail_names[kind], nth, rc,
			       text);
		return false;
	}
	rc = serve(c);
	if (c->exited) {
		if (!WIFSIGNALED((int)c->status) ||
		    WTERMSIG((int)c->status) != SIGKILL)
			wrong("another end is told", c->status);
		return false;
	}
	if (rc != UPD_INTR)
		wrong("serving ends", rc);
	if (c->left && (kind != FAIL_REFUSED || !fail_happened()))
		wrong("it is let go without a reason", 0);
	if (!c->left && !counts_are_right(c))
		wrong("another number of hits", c->hits[ONES]);
	if (!victim_answers(c->victim, 1))
		wrong("another sum", 0);
	if (c->left)
		return true;
	upd_lift(c->probes[ONES]);
	upd_detach(c->process);
	return true;
}

static int tracer(struct victim *victim, struct victim *other)
{
	struct client c = {.victim = victim}, o = {.victim = other};
	bool happened;

	failures = 0; /* this round's */
	if (upd_new(&c.upd))
		exit(99);
	o.upd = c.upd;
	if (begin(&o))
		exit(99);
	fail_kills(victim->pid);
	fail_nth(kind, nth);
	use(&c);
	happened = fail_happened();
	if (getenv("UPD_FAULTS_SHOW"))
		printf("  %s %u: of %u requests\n", fail_names[kind], nth,
		       fail_calls());
	fail_nth(FAIL_NOTHING, 0);
	use_other(&o);
	upd_free(c.upd);
	fflush(stdout);
	return failures	  ? FAILED
	       : !happened ? NOT_REACHED
	       : c.asked   ? SERVED
			   : PASSED;
}

/* ---- who looks at it ----------------------------------------------------- */

static int wait_for_tracer(pid_t pid)
{
	int status;

	if (!wait_for(pid, &status)) {
		wrong("the tracer hangs", 0);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return FAILED;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) > SERVED) {
		wrong("the tracer died, wait status", status);
		return FAILED;
	}
	if (WEXITSTATUS(status) == FAILED)
		failures++;
	return WEXITSTATUS(status);
}

/* Untraced again, it goes on as ever. */
static void finish(struct victim *v, unsigned answers)
{
	int status;

	if (!victim_is_clean(v))
		wrong("a breakpoint stays", 0);
	if (!victim_ask(v) || !victim_answers(v, answers + 1))
		wrong("another sum afterwards", 0);
	status = victim_end(v);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != VICTIM_STATUS)
		wrong("another wait status", status);
}

static void expect_killed(struct victim *v)
{
	int status = victim_end(v);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		wrong("the killed process has another wait status", status);
}

static int round_of(void)
{
	struct victim victim, other;
	int result;
	pid_t pid;

	victim_start(&victim);
	victim_start(&other);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(tracer(&victim, &other));
	result = wait_for_tracer(pid);
	if (kind == FAIL_GONE && result == NOT_REACHED)
		kill(victim.pid, SIGKILL);
	if (result == FAILED) { /* says no more, whatever they do */
		kill(victim.pid, SIGKILL);
		kill(other.pid, SIGKILL);
		victim_end(&other);
		victim_end(&victim);
		return result;
	}
	if (kind == FAIL_GONE)
		expect_killed(&victim);
	else
		finish(&victim, result == NOT_REACHED || result == SERVED);
	finish(&other, 1);
	return result;
}

static void all_of(unsigned from, unsigned to, unsigned step)
{
	unsigned passed = 0;
	int result = PASSED;

	for (nth = from; nth <= to && result != NOT_REACHED;
	     nth += step) {
		result = round_of();
		passed += result == PASSED || result == SERVED;
	}
	printf("%s%s: up to the %uth request: %u times got over\n",
	       fail_names[kind], in_place ? " in place" : "", nth, passed);
	fflush(stdout);
	if (to == UINT32_MAX && !passed)
		wrong("nothing ever failed", 0);
}

int main(int argc, char **argv)
{
	unsigned from = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	unsigned to = argc > 3 ? (unsigned)atoi(argv[3]) : UINT32_MAX;

	if (argc > 1 && !strcmp(argv[1], "VICTIM"))
		return victim_main();
	signal(SIGPIPE, SIG_IGN);
	for (kind = FAIL_GONE; kind < FAIL_KINDS; kind++)
		if (argc < 2 || !strcmp(argv[1], fail_names[kind]))
			all_of(from, to, 1);
	in_place = true;
	kind = FAIL_REFUSED;
	if (argc < 2 || !strcmp(argv[1], "in-place"))
		all_of(from, to, getenv("UPD_FAULTS_ALL") ? 1 : 3);
	return failures != 0;
}

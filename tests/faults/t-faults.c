/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	t-faults [KIND [FROM [TO]]]
 *
 * A process is attached to, probed in three ways, hit, read and left, with the
 * Nth allocation or file operation of the tracer failing, for each N until there
 * is none left to fail. Whatever fails: we do not crash, we
 * say what is wrong or get over it, the process ends as it does without us, and
 * no breakpoint stays in it.
 *
 * UPD_FAULTS=all: each N; else, behind the first ones, some.
 */
#define _GNU_SOURCE
#include "fail.h"
#include "upd.h"
#include "victim.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 40, EACH = 150 };
enum { FINE, SAID_SO, SILENT, NOT_REACHED, ASKED = 8 /* besides */ };

/* ---- the victim --------------------------------------------------------- */

/* For each byte that comes: calls, and the sum so far. */
static int victim(void)
{
	unsigned sum = 0;
	char c;

	if (write(STDOUT_FILENO, &sum, sizeof(sum)) != sizeof(sum))
		return 98;
	while (read(STDIN_FILENO, &c, 1) == 1) {
		for (unsigned i = 0; i < CALLS; i++)
			sum += v_two(i);
		if (write(STDOUT_FILENO, &sum, sizeof(sum)) != sizeof(sum))
			return 98;
	}
	return 33;
}

struct process {
	pid_t pid;
	int in, out; /* its standard input and output */
};

static void start(const char *self, struct process *p)
{
	int in[2], out[2];
	unsigned zero;

	if (pipe2(in, 0) || pipe2(out, 0))
		exit(99);
	p->pid = fork();
	if (p->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(self, self, "VICTIM", NULL);
		_exit(99);
	}
	close(in[0]);
	close(out[1]);
	p->in = in[1];
	p->out = out[0];
	if (read(p->out, &zero, sizeof(zero)) != sizeof(zero))
		exit(99);
}

/* ---- the tracer ---------------------------------------------------------- */

struct tracing {
	struct upd *upd;
	struct process *victim;
	unsigned hits;
	bool asked;
};

static void on_hit(struct upd_hit *hit, void *data)
{
	struct tracing *t = data;
	uint64_t ips[8], arg;
	char name[64], stack[64];

	t->hits++;
	upd_hit_arg(hit, 0, &arg);
	if (t->hits % 8 == 0) {
		upd_read(upd_hit_process(hit), upd_hit_sp(hit), stack,
			 sizeof(stack));
		upd_hit_stack(hit, ips, 8);
		upd_symbol(upd_hit_process(hit), upd_hit_addr(hit), name,
			   sizeof(name));
	}
	if (t->hits == CALLS * 2)
		upd_stop(t->upd);
}

static int serve(struct tracing *t)
{
	struct pollfd p = {.fd = t->victim->out, .events = POLLIN};
	int rc = upd_run(t->upd);

	(void)poll(&p, 1, 0);
	return rc == UPD_INTR ? 0 : rc;
}

static int trace(struct tracing *t)
{
	struct upd_probe *probe = NULL;
	struct upd_process *p;
	int rc = upd_attach(t->upd, t->victim->pid, &p);

	if (rc)
		return rc;
	rc = upd_probe(p, NULL, "v_one", 0, on_hit, t, &probe);
	if (!rc)
		rc = upd_probe_return(p, NULL, "v_two", on_hit, t, &probe);
	if (!rc)
		rc = upd_set_strategies(p, "xol");
	if (!rc)
		rc = upd_probe(p, NULL, "v_two", 0, on_hit, t, &probe);
	if (!rc && write(t->victim->in, "x", 1) != 1)
		exit(99);
	t->asked = !rc;
	if (!rc)
		rc = serve(t);
	if (!rc)
		upd_lift(probe);
	return rc;
}

static int tracer(struct process *victim, enum fail_kind kind, unsigned n)
{
	struct tracing t = {.victim = victim};
	const char *text;
	bool said;
	int rc;

	fail_nth(kind, n);
	rc = upd_new(&t.upd);
	if (rc)
		return SAID_SO; /* the code says it */
	rc = trace(&t);
	text = upd_error(t.upd);
	said = text && *text && strcmp(text, "no error") != 0;
	if (rc)
		fprintf(stderr, "  %s %u: %d, %s\n", fail_names[kind], n, rc,
			text ? text : "(nothing)");
	upd_free(t.upd);
	return (t.asked ? ASKED : 0) | (!fail_happened() ? NOT_REACHED
					: !rc		 ? FINE
					: said		 ? SAID_SO
							 : SILENT);
}

/* ---- what must be so ------------------------------------------------------ */

static int failures;

static void wrong(enum fail_kind kind, unsigned n, const char *what, long value)
{
	failures++;
	printf("FAIL: %s %u: %s (%ld)\n", fail_names[kind], n, what, value);
}

/* The victim runs this very program: its code must be ours. */
static bool is_clean(pid_t pid)
{
	uint8_t ours[64], theirs[64];
	char path[64], line[512];
	unsigned long start_ours = 0, start_theirs = 0;
	FILE *f;
	bool same;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/maps",
			 i ? (int)pid : (int)getpid());
		f = fopen(path, "re");
		if (!f || !fgets(line, sizeof(line), f))
			return false;
		sscanf(line, "%lx", i ? &start_theirs : &start_ours);
		fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	same = true;
	for (int i = 0; i < 2; i++) {
		const uint8_t *code = i ? (void *)v_one : (void *)v_two;

		memcpy(ours, code, sizeof(ours));
		fseek(f, (long)((uintptr_t)code - start_ours + start_theirs),
		      SEEK_SET);
		same = same &&
		       fread(theirs, 1, sizeof(theirs), f) == sizeof(theirs) &&
		       !memcmp(ours, theirs, sizeof(ours));
	}
	fclose(f);
	return same;
}

/* It goes on, as often as it was asked to. */
static void finish(struct process *v, enum fail_kind kind, unsigned n,
		   bool asked)
{
	unsigned want = 0, sum = 0;
	int status;

	for (unsigned i = 0; i < CALLS; i++)
		want += v_two(i);
	if (asked && read(v->out, &sum, sizeof(sum)) != sizeof(sum))
		wrong(kind, n, "the victim does not answer", 0);
	if (asked && sum != want)
		wrong(kind, n, "another sum", (long)sum - want);
	if (write(v->in, "x", 1) != 1 ||
	    read(v->out, &sum, sizeof(sum)) != sizeof(sum))
		wrong(kind, n, "the victim does not go on", 0);
	else if (sum != want * (asked ? 2 : 1))
		wrong(kind, n, "another sum afterwards", (long)sum);
	close(v->in);
	close(v->out);
	if (waitpid(v->pid, &status, 0) != v->pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 33)
		wrong(kind, n, "the victim's status", status);
}

static int round_of(const char *self, enum fail_kind kind, unsigned n)
{
	struct process v;
	int status, result;
	bool asked;
	pid_t pid;

	start(self, &v);
	pid = fork();
	if (pid == 0)
		_exit(tracer(&v, kind, n));
	if (!wait_for(pid, &status)) {
		wrong(kind, n, "the tracer hangs", 0);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		kill(v.pid, SIGKILL);
		waitpid(v.pid, &status, 0);
		return SILENT;
	}
	if (!WIFEXITED(status) ||
	    (WEXITSTATUS(status) & ~ASKED) > NOT_REACHED) {
		wrong(kind, n, "the tracer died, wait status", status);
		kill(v.pid, SIGKILL);
		waitpid(v.pid, &status, 0);
		return SILENT;
	}
	result = WEXITSTATUS(status) & ~ASKED;
	asked = WEXITSTATUS(status) & ASKED;
	if (result == SILENT)
		wrong(kind, n, "an error without a sentence", 0);
	if (!is_clean(v.pid))
		wrong(kind, n, "a breakpoint stays", 0);
	finish(&v, kind, n, asked);
	return result;
}

static void all_of(const char *self, enum fail_kind kind, unsigned from,
		   unsigned to)
{
	const char *mode = getenv("UPD_FAULTS");
	bool each = mode && !strcmp(mode, "all");
	unsigned count[NOT_REACHED + 1] = {0}, n;
	int result = FINE;

	for (n = from; n <= to && result != NOT_REACHED;
	     n += each || n < EACH ? 1 : 1 + n / 16) {
		result = round_of(self, kind, n);
		count[result]++;
	}
	printf("%s: up to the %uth call: %u times got over, %u times said\n",
	       fail_names[kind], n, count[FINE], count[SAID_SO]);
	fflush(stdout);
	if (to == UINT32_MAX && (!count[FINE] && !count[SAID_SO]))
		wrong(kind, 0, "nothing ever failed", 0);
}

int main(int argc, char **argv)
{
	unsigned from = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	unsigned to = argc > 3 ? (unsigned)atoi(argv[3]) : UINT32_MAX;

	if (argc > 1 && !strcmp(argv[1], "VICTIM"))
		return victim();
	signal(SIGPIPE, SIG_IGN);
	for (int kind = FAIL_MEMORY; kind <= FAIL_FILES; kind++)
		if (argc < 2 || !strcmp(argv[1], fail_names[kind]))
			all_of("/proc/self/exe", (enum fail_kind)kind, from,
			       to);
	return failures != 0;
}

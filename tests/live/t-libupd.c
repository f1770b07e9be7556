/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public library, through upd.h alone: exact counts, arguments, registers
 * and memory, several users, event loops, errors. The victim is this very
 * program, started with a mode.
 */
#include "upd.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 500, DEPTH = 20 };

/* ---- the victim --------------------------------------------------------- */

int v_work(int a, int b);
int v_deep(int n);
size_t v_string(const char *s);
double v_float(double x, int n, float y);

/* A pointer to a function is one to its descriptor on big endian ppc64. */
static uint64_t code_of(int (*fn)(int, int))
{
#if defined(__powerpc64__) && _CALL_ELF != 2
	return *(const uint64_t *)(uintptr_t)fn;
#else
	return (uintptr_t)fn;
#endif
}

static char v_text[32] = "twenty characters...";

__attribute__((noinline, noclone)) int v_work(int a, int b)
{
	__asm__ volatile("" : "+r"(a), "+r"(b) : : "memory");
	return a + b;
}

__attribute__((noinline, noclone)) int v_deep(int n)
{
	int below = n ? v_deep(n - 1) : 0;

	__asm__ volatile("" : "+r"(below));
	return below + 1;
}

__attribute__((noinline, noclone)) size_t v_string(const char *s)
{
	__asm__ volatile("" : "+r"(s) : : "memory");
	return strlen(s);
}

__attribute__((noinline, noclone)) double v_float(double x, int n, float y)
{
	__asm__ volatile("" : "+r"(n) : : "memory");
	return x * n + (double)y;
}

static int victim(const char *mode)
{
	int sum = 0;
	char c;

	if (strcmp(mode, "wait") == 0 && read(STDIN_FILENO, &c, 1) < 0)
		return 100;
	if (strcmp(mode, "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(v_work(3, 4));
		waitpid(pid, &sum, 0);
		return WEXITSTATUS(sum);
	}
	if (strcmp(mode, "exec") == 0) {
		v_work(1, 1);
		execl("/proc/self/exe", "victim", "VICTIM", "calls", NULL);
		return 101;
	}
	if (strcmp(mode, "deep") == 0)
		return v_deep(DEPTH);
	if (strcmp(mode, "string") == 0)
		return (int)v_string(v_text);
	if (strcmp(mode, "float") == 0)
		return (int)v_float(-2.5, -4, 0.75F);
	for (int i = 0; i < CALLS; i++)
		sum = v_work(sum, 3) & 63;
	return sum;
}

enum { SUM = CALLS * 3 & 63 };

/* ---- what the callbacks see --------------------------------------------- */

struct seen {
	unsigned hits, wrong, exited, execed, forked, lost;
	int status;
	uint64_t sum;
	struct upd *u;
	struct upd_process *p;
	struct upd_probe *probe;
};

static void on_hit(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;
	uint64_t b;

	seen->hits++;
	seen->wrong += upd_hit_arg(hit, 1, &b) || (int)b != 3;
}

static void on_event(struct upd_process *p, enum upd_event event, long value,
		     void *data)
{
	struct seen *seen = data;

	(void)p;
	seen->exited += event == UPD_EXITED;
	seen->execed += event == UPD_EXECED;
	seen->forked += event == UPD_FORKED;
	seen->lost += event == UPD_LOST;
	if (event == UPD_EXITED)
		seen->status = (int)value;
}

#define ok(u, call)                                                     \
	do {                                                            \
		int rc_ = (call);                                       \
		ck_assert_msg(rc_ >= 0, "%s: %s", #call, upd_error(u)); \
	} while (0)

static struct upd_process *spawn(struct upd *u, const char *mode,
				 struct seen *seen)
{
	char *argv[] = {"/proc/self/exe", "VICTIM", strdup(mode), NULL};
	struct upd_process *p = NULL;

	ok(u, upd_spawn(u, argv, &p));
	free(argv[2]);
	seen->status = -1;
	seen->u = u;
	seen->p = p;
	upd_on_event(p, on_event, seen);
	return p;
}

static void expect_end(const struct seen *seen, int status)
{
	ck_assert_uint_eq(seen->exited, 1);
	ck_assert(WIFEXITED(seen->status));
	ck_assert_int_eq(WEXITSTATUS(seen->status), status);
}

/* ---- tests -------------------------------------------------------------- */

static const char *const strategies[] = {NULL, "emulate,boost", "xol",
					 "inplace"};

START_TEST(test_counts)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &seen);
	ok(u, upd_set_strategies(p, strategies[_i]));
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, CALLS);
	ck_assert_uint_eq(seen.wrong, 0);
	expect_end(&seen, SUM);
	upd_free(u);
}
END_TEST

static void on_float(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;
	double x = 0, y = 0;

	seen->hits++;
#ifdef __i386__
	seen->wrong += upd_hit_float_arg(hit, 0, 8, &x) != UPD_UNSUPP;
	(void)y;
#else
	seen->wrong += upd_hit_float_arg(hit, 0, 8, &x) || x != -2.5 ||
		       upd_hit_float_arg(hit, 1, 4, &y) || y != 0.75 ||
		       upd_hit_float_arg(hit, 13, 8, &x) != UPD_UNSUPP;
#endif
	seen->wrong += upd_hit_float_arg(hit, 0, 2, &x) >= 0;
}

static void on_float_return(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;
	double x = 0;

	seen->hits++;
	seen->wrong += upd_hit_float_retval(hit, 8, &x) || x != 10.75;
}

START_TEST(test_floats)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "float", &seen);
	ok(u, upd_probe(p, NULL, "v_float", 0, on_float, &seen, NULL));
	ok(u, upd_probe_return(p, NULL, "v_float", on_float_return, &seen,
			       NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, 2);
	ck_assert_uint_eq(seen.wrong, 0);
	expect_end(&seen, 10);
	upd_free(u);
}
END_TEST

static void on_return(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;

	seen->hits++;
	seen->sum += upd_hit_retval(hit);
}

START_TEST(test_returns)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "deep", &seen);
	ok(u, upd_probe_return(p, NULL, "v_deep", on_return, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, DEPTH + 1);
	ck_assert_uint_eq(seen.sum, (DEPTH + 1) * (DEPTH + 2) / 2);
	expect_end(&seen, DEPTH + 1);
	upd_free(u);
}
END_TEST

/* In a register, or on the stack behind the return address and the first. */
static int set_second(struct upd_hit *hit)
{
#ifdef __i386__
	int five = 5;

	return upd_hit_set_reg(hit, "dx", 5) ||
	       upd_write(upd_hit_process(hit), upd_hit_sp(hit) + 8, &five,
			 sizeof(five)) != sizeof(five);
#elif defined(__powerpc__)
	return upd_hit_set_reg(hit, "r4", 5);
#else
	return upd_hit_set_reg(hit, "si", 5);
#endif
}

/* One that no program may set. */
#ifdef __powerpc__
#define LOCKED "msr"
#else
#define LOCKED "cs"
#endif

/* The second argument becomes 5 in each call. */
static void on_hit_set(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;

	seen->hits++;
	seen->wrong += set_second(hit) != 0;
	seen->wrong += upd_hit_set_reg(hit, LOCKED, 5) != UPD_REFUSED;
	seen->wrong += upd_hit_set_reg(hit, "none", 5) != UPD_NOENT;
}

START_TEST(test_set_register)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &seen);
	ok(u, upd_set_strategies(p, strategies[_i]));
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit_set, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, CALLS);
	ck_assert_uint_eq(seen.wrong, 0);
	expect_end(&seen, CALLS * 5 & 63);
	upd_free(u);
}
END_TEST

/* Returns 1 in the function's place, which then never runs. */
static void on_hit_skip(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;
#ifdef __powerpc__
	uint64_t ret = 0;

	seen->hits++;
	seen->wrong += upd_hit_reg(hit, "lr", &ret) != 0;
	seen->wrong += upd_hit_set_reg(hit, "r3", 1) ||
		       upd_hit_set_reg(hit, "pc", ret);
#else
	uint64_t sp = upd_hit_sp(hit);
	unsigned long ret = 0;

	seen->hits++;
	seen->wrong += upd_read(upd_hit_process(hit), sp, &ret, sizeof(ret)) !=
		       sizeof(ret);
	seen->wrong += upd_hit_set_reg(hit, "ax", 1) ||
		       upd_hit_set_reg(hit, "sp", sp + sizeof(ret)) ||
		       upd_hit_set_reg(hit, "ip", ret);
#endif
}

START_TEST(test_skip)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &seen);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit_skip, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, CALLS);
	ck_assert_uint_eq(seen.wrong, 0);
	expect_end(&seen, 1);
	upd_free(u);
}
END_TEST

static void on_string(struct upd_hit *hit, void *data)
{
	struct upd_process *p = upd_hit_process(hit);
	struct seen *seen = data;
	char text[32], small[5], name[32];
	uint64_t addr;

	seen->hits++;
	seen->wrong += upd_hit_arg(hit, 0, &addr) != 0;
	seen->wrong += upd_read_string(p, addr, text, sizeof(text)) != 20;
	seen->wrong += strcmp(text, "twenty characters...") != 0;
	seen->wrong += upd_read_string(p, addr, small, sizeof(small)) != 4;
	seen->wrong += strcmp(small, "twen") != 0;
	seen->wrong += upd_write(p, addr, "seven..", 8) != 8;
	seen->wrong += upd_read(p, 16, text, 8) > 0;
	upd_symbol(p, upd_hit_addr(hit), name, sizeof(name));
	seen->wrong += strcmp(name, "v_string") != 0;
}

START_TEST(test_memory)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "string", &seen);
	ok(u, upd_probe(p, NULL, "v_string", 0, on_string, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, 1);
	ck_assert_uint_eq(seen.wrong, 0);
	expect_end(&seen, 7);
	upd_free(u);
}
END_TEST

static void on_deep(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;
	uint64_t ips[DEPTH + 16];
	char name[32] = "";
	size_t n = upd_hit_stack(hit, ips, DEPTH + 16);

	if (n > 1)
		upd_symbol(upd_hit_process(hit), ips[1], name, sizeof(name));
	if (seen->hits++)
		seen->wrong += strncmp(name, "v_deep+", 7) != 0;
	else
		seen->sum = n;
	seen->wrong += n != seen->sum + seen->hits - 1;
}

START_TEST(test_stack)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "deep", &seen);
	ok(u, upd_probe(p, NULL, "v_deep", 0, on_deep, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, DEPTH + 1);
	ck_assert_uint_eq(seen.wrong, 0);
	upd_free(u);
}
END_TEST

/* A user who leaves in the middle, from his own callback. */
static void on_hit_leave(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;

	if (++seen->hits == CALLS / 2)
		upd_detach(upd_hit_process(hit));
}

static void on_hit_lift(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;

	(void)hit;
	if (++seen->hits == CALLS / 5)
		upd_lift(seen->probe);
}

START_TEST(test_several_users)
{
	struct seen stays = {0}, leaves = {0}, lifts = {0};
	struct upd_process *p, *other;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &stays);
	ok(u, upd_attach(u, upd_pid(p), &other));
	ck_assert_ptr_ne(p, other);
	ok(u, upd_probe(other, NULL, "v_work", 0, on_hit_leave, &leaves, NULL));
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &stays, NULL));
	ok(u,
	   upd_probe(p, NULL, "v_work", 0, on_hit_lift, &lifts, &lifts.probe));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(stays.hits, CALLS);
	ck_assert_uint_eq(leaves.hits, CALLS / 2);
	ck_assert_uint_eq(lifts.hits, CALLS / 5);
	expect_end(&stays, SUM);
	upd_free(u);
}
END_TEST

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* A victim that waits for a byte in in[1], with so many threads more. */
static pid_t start(int in[2], int threads)
{
	pid_t pid;

	ck_assert_int_eq(pipe(in), 0);
	pid = fork();
	if (pid == 0) {
		pthread_t thread;

		dup2(in[0], STDIN_FILENO);
		close(in[1]);
		for (int i = 0; i < threads; i++)
			pthread_create(&thread, NULL, idle, NULL);
		_exit(victim("wait"));
	}
	close(in[0]);
	return pid;
}

/* A process that was running before, and goes on afterwards. */
/* Its wait status. */
static int hit_until_left(struct seen *seen, int threads, upd_hit_fn *handler)
{
	struct upd_process *p;
	int in[2], status;
	struct upd *u;
	pid_t pid;

	pid = start(in, threads);
	ck_assert_int_eq(upd_new(&u), 0);
	ok(u, upd_attach(u, pid, &p));
	seen->u = u;
	ok(u, upd_probe_addr(p, code_of(v_work), handler, seen, NULL));
	ck_assert_int_eq(write(in[1], "!", 1), 1);
	ok(u, upd_run(u));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(in[1]);
	upd_free(u);
	return status;
}

START_TEST(test_attach)
{
	struct seen seen = {0};
	int status = hit_until_left(&seen, 0, on_hit_leave);

	ck_assert_uint_eq(seen.hits, CALLS / 2);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), SUM);
}
END_TEST

static void on_hit_leave_dying(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;

	if (seen->hits == CALLS / 2 - 1)
		kill(upd_pid(upd_hit_process(hit)), SIGKILL);
	on_hit_leave(hit, data);
}

/* What ends while it is let go: its end is there for who waits, and no thread
 * of it holds that back. */
START_TEST(test_leave_dying)
{
	struct seen seen = {0};
	int status = hit_until_left(&seen, 3, on_hit_leave_dying);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

START_TEST(test_event_loop)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct pollfd pfd;
	struct upd *u;
	int rc;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &seen);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	pfd = (struct pollfd){.fd = upd_fd(u), .events = POLLIN};
	ck_assert_int_ge(pfd.fd, 0);
	ck_assert_int_eq(upd_fd(u), pfd.fd);
	ok(u, upd_release(p));
	do {
		ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		rc = upd_dispatch(u);
	} while (rc == 0);
	ck_assert_int_eq(rc, UPD_GONE);
	ck_assert_uint_eq(seen.hits, CALLS);
	expect_end(&seen, SUM);
	upd_free(u);
}
END_TEST

static void on_hit_stop(struct upd_hit *hit, void *data)
{
	struct seen *seen = data;

	(void)hit;
	if (++seen->hits == 10)
		upd_stop(seen->u);
}

START_TEST(test_stop)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;
	int status;
	pid_t pid;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &seen);
	pid = upd_pid(p);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit_stop, &seen, NULL));
	ok(u, upd_release(p));
	ck_assert_int_eq(upd_run(u), UPD_INTR);
	ck_assert_uint_ge(seen.hits, 10);
	upd_free(u);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), SUM);
}
END_TEST

START_TEST(test_fork)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "fork", &seen);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.forked, 1);
	ck_assert_uint_eq(seen.hits, 0);
	expect_end(&seen, 7);
	upd_free(u);
}
END_TEST

START_TEST(test_exec)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "exec", &seen);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.execed, 1);
	ck_assert_uint_eq(seen.hits, CALLS + 1);
	ck_assert_uint_eq(seen.wrong, 1);
	expect_end(&seen, SUM);
	upd_free(u);
}
END_TEST

static void *another_thread(void *arg)
{
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_attach(arg, 1, &p), UPD_INVAL);
	ck_assert_int_eq(upd_new(&u), 0);
	p = spawn(u, "calls", &seen);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, CALLS);
	expect_end(&seen, SUM);
	upd_free(u);
	return NULL;
}

START_TEST(test_threads)
{
	struct seen seen = {0};
	struct upd_process *p;
	pthread_t thread[2];
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
			pthread_create(&thread[i], NULL, another_thread, u), 0);
	p = spawn(u, "calls", &seen);
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, CALLS);
	expect_end(&seen, SUM);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	upd_free(u);
}
END_TEST

static void says(struct upd *u, int rc, int want, const char *words)
{
	ck_assert_int_eq(rc, want);
	ck_assert_msg(strstr(upd_error(u), words) != NULL,
		      "\"%s\" lacks \"%s\"", upd_error(u), words);
}

START_TEST(test_errors)
{
	char *argv[] = {"/does/not/exist", NULL};
	struct seen seen = {0};
	struct upd_process *p;
	struct upd *u;

	ck_assert_int_eq(upd_new(&u), 0);
	says(u, upd_attach(u, 0x3fffffff, &p), UPD_GONE, "no process");
	says(u, upd_attach(u, getpid(), &p), UPD_INVAL, "itself");
	says(u, upd_spawn(u, argv, &p), UPD_NOENT, "/does/not/exist");
	p = spawn(u, "calls", &seen);
	says(u, upd_probe(p, NULL, "v_wrk", 0, on_hit, &seen, NULL), UPD_NOENT,
	     "did you mean v_work?");
	says(u, upd_probe(p, "/does/not", "f", 0, on_hit, &seen, NULL),
	     UPD_NOENT, "/does/not");
	says(u, upd_probe(p, NULL, "v_work", 1 << 30, on_hit, &seen, NULL),
	     UPD_INVAL, "not in the code");
	says(u, upd_probe(p, NULL, "v_*", 1, on_hit, &seen, NULL), UPD_INVAL,
	     "pattern");
	says(u, upd_probe(p, NULL, NULL, 0, on_hit, &seen, NULL), UPD_INVAL,
	     "function's name");
	ck_assert_int_lt(upd_probe_addr(p, 64, on_hit, &seen, NULL), 0);
	says(u, upd_set_strategies(p, "emulate,guess"), UPD_INVAL, "guess");
	ok(u, upd_probe(p, NULL, "v_work", 0, on_hit, &seen, NULL));
	ok(u, upd_release(p));
	ok(u, upd_run(u));
	ck_assert_uint_eq(seen.hits, CALLS);
	expect_end(&seen, SUM);
	upd_free(u);
	upd_free(NULL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("libupd");
	TCase *t = tcase_create("libupd");
	const int n = sizeof(strategies) / sizeof(*strategies);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_counts, 0, n);
	tcase_add_test(t, test_returns);
	tcase_add_loop_test(t, test_set_register, 0, n);
	tcase_add_test(t, test_skip);
	tcase_add_test(t, test_memory);
	tcase_add_test(t, test_stack);
	tcase_add_test(t, test_several_users);
	tcase_add_test(t, test_attach);
	tcase_add_test(t, test_leave_dying);
	tcase_add_test(t, test_event_loop);
	tcase_add_test(t, test_floats);
	tcase_add_test(t, test_stop);
	tcase_add_test(t, test_fork);
	tcase_add_test(t, test_exec);
	tcase_add_test(t, test_threads);
	tcase_add_test(t, test_errors);
	suite_add_tcase(s, t);
	return s;
}

int main(int argc, char **argv)
{
	SRunner *sr;
	int failed;

	if (argc == 3 && strcmp(argv[1], "VICTIM") == 0)
		return victim(argv[2]);
	sr = srunner_create(suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-handlers KIND
 *
 * Victim: what programs do with signals. h_call() is called in all of them, and
 * the faults are those of functions of one instruction each (f_load ...), so
 * that a probe on a function is one on the instruction that faults.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile unsigned long calls, handled, sum;
static sigjmp_buf back;

unsigned long h_call(unsigned long i);

__attribute__((noinline, noclone, noipa)) unsigned long h_call(unsigned long i)
{
	return i * 3 + 1;
}

static void call(void)
{
	calls++;
	sum += h_call(calls) % 5;
}

static void on(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = {.sa_sigaction = handler,
			       .sa_flags = SA_SIGINFO | flags};

	sigaction(sig, &sa, NULL);
}

static void tick_every(long us)
{
	struct itimerval t = {{0, us}, {0, us}};

	setitimer(ITIMER_REAL, &t, NULL);
}

/* ---- handlers that do things -------------------------------------------- */

static void calls_too(int sig, siginfo_t *si, void *context)
{
	(void)sig, (void)si, (void)context;
	h_call(__atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED));
}

/* On a stack of their own, and on top of each other. */
static int nested(void)
{
	static char stack[256 * 1024];
	stack_t alt = {.ss_sp = stack, .ss_size = sizeof(stack)};

	sigaltstack(&alt, NULL);
	on(SIGALRM, calls_too, SA_ONSTACK | SA_NODEFER);
	tick_every(300);
	for (int i = 0; i < 20000; i++)
		call();
	tick_every(0);
	printf("sum %lu\n", sum);
	fprintf(stderr, "calls %lu\n", calls + handled);
	return 0;
}

static void leaps(int sig, siginfo_t *si, void *context)
{
	(void)sig, (void)si, (void)context;
	handled++;
	siglongjmp(back, 1);
}

/* Each round makes its calls in one go, or is begun again. */
static int leaping(void)
{
	static volatile int round;
	static volatile unsigned long begun;

	on(SIGALRM, leaps, 0);
	tick_every(2000);
	for (round = 0; round < 300; round++) {
		sigsetjmp(back, 1);
		for (int i = 0; i < 20; i++) {
			begun++;
			h_call((unsigned long)i);
		}
	}
	tick_every(0);
	printf("rounds %d\n", round);
	fprintf(stderr, "begun %lu\njumps %lu\n", begun, handled);
	return 0;
}

/* ---- faults -------------------------------------------------------------- */

#if defined(__x86_64__) || defined(__i386__)

void f_load(const void *p);
void f_store(void *p);
void f_divide(long by);
void f_illegal(void);
void f_trap(void);
void f_jump(void (*to)(void));
void f_privileged(void);

#define NAKED(name, text)                                      \
	__asm__(".pushsection .text\n.globl " name "\n.type "  \
		name ", @function\n" name ":\n" text "\nret\n" \
		".size " name ", . - " name "\n.popsection")
#ifdef __x86_64__
NAKED("f_load", "mov (%rdi), %rax");
NAKED("f_store", "movl $1, (%rdi)");
NAKED("f_divide", "idivq %rdi");
NAKED("f_jump", "jmp *%rdi");
#define ARG(v)
#define IP REG_RIP
#else
NAKED("f_load", "mov (%eax), %eax");
NAKED("f_store", "movl $1, (%eax)");
NAKED("f_divide", "idivl %eax");
NAKED("f_jump", "jmp *%eax");
#define IP REG_EIP
#endif
NAKED("f_illegal", "ud2");
NAKED("f_trap", "int3");
NAKED("f_privileged", "out %al, $0x80");

static const char *place(uintptr_t at)
{
	static char text[2][64];
	static int i;
	Dl_info info;

	i = !i;
	if (dladdr((void *)at, &info) && info.dli_sname)
		snprintf(text[i], sizeof(text[i]), "%s+%lu", info.dli_sname,
			 (unsigned long)(at - (uintptr_t)info.dli_saddr));
	else
		snprintf(text[i], sizeof(text[i]), "%#lx", (unsigned long)at);
	return text[i];
}

/* What the program is told, and what an unwinder makes of it. */
static void says(int sig, siginfo_t *si, void *context)
{
	const ucontext_t *uc = context;
	uintptr_t pc = (uintptr_t)uc->uc_mcontext.gregs[IP];
	void *frames[16];
	/* from where there is no code an unwinder crashes by itself */
	int n = pc > 4096 ? backtrace(frames, 16) : 0;

	printf("signal %d, code %d, at %s, addr %s:", sig, si->si_code,
	       place(pc), place((uintptr_t)si->si_addr));
	for (int i = 1; i < n; i++) {
		const char *at = place((uintptr_t)frames[i]);

		if (!strchr(at, '+'))
			continue;
		printf(" %s", at);
		if (!strncmp(at, "main+", 5))
			break;
	}
	putchar('\n');
	siglongjmp(back, 1);
}

#ifdef __x86_64__
#define WITH(fn, v) fn(v)
#else /* the argument in eax */
#define WITH(fn, v) ((void (*__attribute__((regparm(1))))(typeof(v)))(fn))(v)
#endif

static void one_fault(int which, char *file)
{
	void *const bad = (void *)0x10; /* nothing is there */

	switch (which) {
	case 0:
		WITH(f_load, bad);
		break;
	case 1:
		WITH(f_store, bad);
		break;
	case 2:
		WITH(f_load, (void *)(file + 8192)); /* beyond its end */
		break;
	case 3:
		WITH(f_divide, (long)0);
		break;
	case 4:
		f_illegal();
		break;
	case 5:
		f_trap();
		break;
	case 6:
		WITH(f_jump, (void (*)(void))bad);
		break;
	default:
		f_privileged();
	}
}

static int faults(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	int fd = memfd_create("short", 0);
	char *file;
	void *warm[1];

	if (ftruncate(fd, 100))
		return 99;
	file = mmap((void *)0x20000000, 16384, PROT_READ,
		    MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0);
	backtrace(warm, 1); /* loads libgcc */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		on(signals[i], says, 0);
	for (volatile int round = 0; round < 3; round++)
		for (volatile int i = 0; i < 8; i++)
			if (!sigsetjmp(back, 1))
				one_fault(i, file);
	return 0;
}
#else
static int faults(void)
{
	return 77;
}
#endif

/* ---- system calls ---------------------------------------------------------- */

static int fds[2];

static void writes(int sig, siginfo_t *si, void *context)
{
	(void)si, (void)context;
	handled++;
	h_call(handled);
	if (sig == SIGUSR1 && write(fds[1], "x", 1) != 1)
		_exit(98);
}

static volatile int reading = -1; /* of 40, the one that comes next */

/* A signal that came before the read would not interrupt it. */
static void until_it_reads(int i)
{
	char path[64], stat[256], *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	do {
		FILE *f = fopen(path, "r");

		if (!f || !fgets(stat, sizeof(stat), f))
			_exit(97);
		fclose(f);
		state = strrchr(stat, ')');
	} while (reading != i || !state || state[2] != 'S');
}

static void *sender(void *arg)
{
	pthread_t to = *(pthread_t *)arg;

	for (int i = 0; i < 40; i++) {
		until_it_reads(i);
		pthread_kill(to, i % 2 ? SIGUSR1 : SIGUSR2);
	}
	return NULL;
}

/* Reads that start again, or are interrupted, as they should. */
static int restarts(void)
{
	pthread_t self = pthread_self(), t;
	unsigned long read_ok = 0, interrupted = 0, other = 0;
	char c;

	if (pipe(fds))
		return 99;
	on(SIGUSR1, writes, SA_RESTART); /* brings what is waited for */
	on(SIGUSR2, writes, 0);
	pthread_create(&t, NULL, sender, &self);
	for (int i = 0; i < 40; i++) {
		ssize_t n;

		reading = i;
		n = read(fds[0], &c, 1);
		reading = -1;
		call();
		if (n == 1)
			read_ok++;
		else if (n < 0 && errno == EINTR)
			interrupted++;
		else
			other++;
	}
	pthread_join(t, NULL);
	printf("read %lu, interrupted %lu, other %lu\n", read_ok, interrupted,
	       other);
	fprintf(stderr, "calls %lu\n", calls + handled);
	return 0;
}

/* ---- waits with a timeout -------------------------------------------------- */

/* Signals that are handled with SA_RESTART: what the kernel starts again
 * with the time that is left, and what it does not. */
static int waits(void)
{
	struct pollfd none = {-1, 0, 0};
	struct timespec t = {0, 60000000};
	int word = 0;
	int naps = 0, polls = 0, futexes = 0;

	on(SIGALRM, calls_too, SA_RESTART);
	tick_every(7000);
	for (int i = 0; i < 3; i++) {
		naps += clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL) == EINTR;
		call();
		polls += poll(&none, 0, 60) < 0 && errno == EINTR;
		call();
		futexes += syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, NULL,
				   0) < 0 &&
			   errno == EINTR;
		call();
	}
	tick_every(0);
	printf("interrupted: sleeps %d, polls %d, futexes %d\n", naps, polls,
	       futexes);
	fprintf(stderr, "calls %lu\n", calls + handled);
	return 0;
}

/* ---- stops ----------------------------------------------------------------- */

/* A child that is stopped and goes on; its parent sees each. */
static int stops(void)
{
	int status, seen = 0, go[2];
	char c;
	pid_t pid;

	if (pipe(go))
		return 99;
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		while (read(go[0], &c, 1) == 1)
			for (int i = 0; i < 500; i++)
				call();
		fprintf(stderr, "calls %lu\n", calls);
		_exit(6);
	}
	close(go[0]);
	for (int i = 0; i < 20; i++) {
		if (write(go[1], "x", 1) != 1)
			return 98;
		usleep((unsigned)(i * 50));
		kill(pid, i % 2 ? SIGSTOP : SIGTSTP);
		if (waitpid(pid, &status, WUNTRACED) == pid &&
		    WIFSTOPPED(status))
			seen += WSTOPSIG(status) == (i % 2 ? SIGSTOP : SIGTSTP);
		kill(pid, SIGCONT);
		if (waitpid(pid, &status, WCONTINUED) == pid &&
		    WIFCONTINUED(status))
			seen++;
	}
	close(go[1]);
	waitpid(pid, &status, 0);
	printf("stops and goings on %d, then %#x\n", seen, status);
	return 0;
}

/* ---- SIGTRAP is the program's own ------------------------------------------ */

static void counts_trap(int sig, siginfo_t *si, void *context)
{
	(void)sig, (void)context;
	handled += si->si_code <= 0 ? 1 : 1000;
}

/* Handlers come and go while it is traced. */
static int traps(void)
{
	struct sigaction sa;

	for (int i = 0; i < 50; i++) {
		on(SIGTRAP, counts_trap, i % 2 ? SA_NODEFER : 0);
		call();
		raise(SIGTRAP);
		call();
		sigaction(SIGTRAP, NULL, &sa);
		if (sa.sa_sigaction != counts_trap)
			puts("another handler");
	}
	printf("traps %lu\n", handled);
	fprintf(stderr, "calls %lu\n", calls);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} kinds[] = {
		{"nested", nested},	{"leaping", leaping},
		{"faults", faults},	{"restarts", restarts},
		{"waits", waits},	{"stops", stops},
		{"traps", traps},
	};

	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(argv[1], kinds[i].name)) {
			int rc = kinds[i].run();

			return rc ? rc : 9;
		}
	return 2;
}

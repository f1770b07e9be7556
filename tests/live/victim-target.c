/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim of the libtarget tests: `victim-target MODE N THREADS`. Says where
 * its functions are, waits for a line, does what the mode says, and prints
 * what it has counted itself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <linux/futex.h>

extern char **environ;

/* With the times that libc has here. */
#ifndef SYS_futex_time64
#define SYS_futex_time64 SYS_futex
#endif

/* Sites of every kind, with results that show whether each was right. */
typedef unsigned long word;
word v_push(word x), v_boost(word x), v_call(word x);
word v_rip(word x), v_jcc(word x), v_rep(word x);
word v_nop(word x), v_div(word x), v_pushf(word x);
extern const char v_call_site[], v_jcc_site[], v_rep_site[], v_div_site[],
	v_pushf_site[];

#ifdef __x86_64__
enum { PC_REG = REG_RIP, CX_REG = REG_RCX };
__asm__(".text\n"
	".type v_push, @function\n"
	"v_push:\n"
	"	push %rbx\n"
	"	lea 1(%rdi), %rbx\n"
	"	mov %rbx, %rax\n"
	"	pop %rbx\n"
	"	ret\n"
	".type v_boost, @function\n"
	"v_boost:\n"
	"	movzbl %dil, %eax\n"
	"	lea 1(%rdi), %rax\n"
	"	ret\n"
	".type v_call, @function\n"
	"v_call:\n"
	"	push %rbx\n"
	"v_call_site:\n"
	"	call v_boost\n"
	"	pop %rbx\n"
	"	ret\n"
	".type v_rip, @function\n"
	"v_rip:\n"
	"	mov v_one(%rip), %rax\n"
	"	add %rdi, %rax\n"
	"	ret\n"
	".type v_jcc, @function\n"
	"v_jcc:\n"
	"	mov %rdi, %rax\n"
	"	test $1, %dil\n"
	"v_jcc_site:\n"
	"	jz 1f\n"
	"	add $1, %rax\n"
	"	ret\n"
	"1:	inc %rax\n"
	"	ret\n"
	".type v_rep, @function\n"
	"v_rep:\n"
	"	mov %rdi, %rdx\n"
	"	sub $128, %rsp\n"
	"	mov %rsp, %rdi\n"
	"	mov $100, %ecx\n"
	"	mov $1, %al\n"
	"v_rep_site:\n"
	"	rep stosb\n"
	"	movzbl 99(%rsp), %eax\n"
	"	add %rcx, %rax\n"
	"	add %rdx, %rax\n"
	"	add $128, %rsp\n"
	"	ret\n"
	".type v_nop, @function\n"
	"v_nop:\n"
	"	nopl 0(%rax, %rax)\n"
	"	lea 1(%rdi), %rax\n"
	"	ret\n"
	".type v_div, @function\n"
	"v_div:\n"
	"	lea 1(%rdi), %rax\n"
	"	xor %edx, %edx\n"
	"	mov $1, %ecx\n"
	"v_div_site:\n"
	"	div %rcx\n"
	"	ret\n"
	".type v_pushf, @function\n"
	"v_pushf:\n"
	"	lea 1(%rdi), %rax\n"
	"v_pushf_site:\n"
	"	pushfq\n"
	"	pop %rcx\n"
	"	and $0x100, %ecx\n" /* the trap flag leaks? */
	"	add %rcx, %rax\n"
	"	ret\n"
	".data\n"
	".balign 8\n"
	"v_one: .quad 1\n"
	".text\n");
#elif defined(__i386__)
/* v_rip: code that is told where it is by a call, as PIEs do it. */
enum { PC_REG = REG_EIP, CX_REG = REG_ECX };
__asm__(".text\n"
	".type v_push, @function\n"
	"v_push:\n"
	"	push %ebx\n"
	"	mov 8(%esp), %ebx\n"
	"	lea 1(%ebx), %eax\n"
	"	pop %ebx\n"
	"	ret\n"
	".type v_boost, @function\n"
	"v_boost:\n"
	"	mov 4(%esp), %eax\n"
	"	lea 1(%eax), %eax\n"
	"	ret\n"
	".type v_call, @function\n"
	"v_call:\n"
	"	pushl 4(%esp)\n"
	"v_call_site:\n"
	"	call v_boost\n"
	"	pop %ecx\n"
	"	ret\n"
	"v_thunk:\n"
	"	mov (%esp), %eax\n"
	"	ret\n"
	".type v_rip, @function\n"
	"v_rip:\n"
	"	call v_thunk\n"
	"1:	mov v_one - 1b(%eax), %eax\n"
	"	add 4(%esp), %eax\n"
	"	ret\n"
	".type v_jcc, @function\n"
	"v_jcc:\n"
	"	mov 4(%esp), %eax\n"
	"	test $1, %al\n"
	"v_jcc_site:\n"
	"	jz 1f\n"
	"	add $1, %eax\n"
	"	ret\n"
	"1:	inc %eax\n"
	"	ret\n"
	".type v_rep, @function\n"
	"v_rep:\n"
	"	push %edi\n"
	"	sub $128, %esp\n"
	"	mov %esp, %edi\n"
	"	mov $100, %ecx\n"
	"	mov $1, %al\n"
	"v_rep_site:\n"
	"	rep stosb\n"
	"	movzbl 99(%esp), %eax\n"
	"	add %ecx, %eax\n"
	"	add $128, %esp\n"
	"	pop %edi\n"
	"	add 4(%esp), %eax\n"
	"	ret\n"
	".type v_nop, @function\n"
	"v_nop:\n"
	"	nopl 0(%eax, %eax)\n"
	"	mov 4(%esp), %eax\n"
	"	inc %eax\n"
	"	ret\n"
	".type v_div, @function\n"
	"v_div:\n"
	"	mov 4(%esp), %eax\n"
	"	inc %eax\n"
	"	xor %edx, %edx\n"
	"	mov $1, %ecx\n"
	"v_div_site:\n"
	"	div %ecx\n"
	"	ret\n"
	".type v_pushf, @function\n"
	"v_pushf:\n"
	"	mov 4(%esp), %eax\n"
	"	inc %eax\n"
	"v_pushf_site:\n"
	"	pushfl\n"
	"	pop %ecx\n"
	"	and $0x100, %ecx\n" /* the trap flag leaks? */
	"	add %ecx, %eax\n"
	"	ret\n"
	".data\n"
	".balign 4\n"
	"v_one: .long 1\n"
	".text\n");
#endif

/* Elsewhere the compiler's, with the instruction for the site where the function
 * begins, if the processor has such a one. */
#if defined(__x86_64__) || defined(__i386__)
#define SITE(name) v_##name##_site
#else
#define SITE(name) (const void *)v_##name
#define SITE_FUNCTION                                                          \
	__attribute__((noinline, noclone, noipa)) word

static word one = 1;

SITE_FUNCTION plus_one(word x)
{
	return x + 1;
}

SITE_FUNCTION v_boost(word x)
{
	return x + 1;
}

/* Has a frame. */
SITE_FUNCTION v_push(word x)
{
	word y = plus_one(x);

	__asm__ volatile("" : "+r"(y));
	return y;
}

SITE_FUNCTION v_call(word x)
{
	word y = plus_one(x);

	return v_boost(y) - 1;
}

/* Loads relative to what its entry has set up. */
SITE_FUNCTION v_rip(word x)
{
	return x + *(volatile word *)&one;
}

SITE_FUNCTION v_jcc(word x)
{
	return x ? plus_one(x) : 1;
}

SITE_FUNCTION v_rep(word x)
{
	char from[64], to[64];

	memset(from, (int)x, sizeof(from));
	__asm__ volatile("" : : "r"(from) : "memory");
	memcpy(to, from, sizeof(to));
	__asm__ volatile("" : : "r"(to) : "memory");
	return x + (to[63] == (char)x);
}

SITE_FUNCTION v_nop(word x)
{
	__asm__ volatile("nop");
	return x + 1;
}

SITE_FUNCTION v_div(word x)
{
	return (x + 1) / *(volatile word *)&one;
}

SITE_FUNCTION v_pushf(word x)
{
	return x + 1;
}
#endif

/* Where every call passes. A pointer to a function is one to its descriptor on
 * big endian ppc64; on little endian calls from this file enter behind "addis r2,
 * r12", "addi r2, r2". */
static uint64_t code_of(const void *function)
{
#if defined(__powerpc64__) && _CALL_ELF != 2
	return *(const uint64_t *)function;
#elif defined(__powerpc64__)
	bool two = *(const uint32_t *)function >> 16 == 0x3c4c;

	return (uintptr_t)function + (two ? 8 : 0);
#else
	return (uintptr_t)function;
#endif
}

static word (*const all[])(word) = {
	v_push, v_boost, v_call, v_rip, v_jcc, v_rep, v_nop, v_div, v_pushf,
};
enum { ALL = sizeof(all) / sizeof(*all) };

static unsigned long n, nthreads;
static uint64_t low, high; /* of all text that is the program's own */

static void say_ready(void)
{
	char line[16];
	const void *sites[] = {
		(void *)v_push, (void *)v_boost, SITE(call),
		(void *)v_rip,	SITE(jcc),	 SITE(rep),
		(void *)v_nop,	SITE(div),	 SITE(pushf),
	};

	printf("ready");
	for (int i = 0; i < ALL; i++)
		printf(" %" PRIx64, code_of(sites[i]));
	printf("\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(2);
}

/* ---- calls --------------------------------------------------------------- */

static uint64_t do_calls(unsigned long times)
{
	uint64_t x = 0;

	for (unsigned long i = 0; i < times; i++)
		for (int f = 0; f < ALL; f++)
			x = all[f](x);
	return x;
}

static int calls(void)
{
	printf("%" PRIu64 "\n", do_calls(n));
	return 3;
}

static void *thread_calls(void *arg)
{
	uint64_t *x = arg;

	*x = do_calls(n);
	return NULL;
}

/* With all signals blocked, as most daemons' workers. */
static int run_threads(bool block)
{
	pthread_t threads[256];
	uint64_t results[256] = {0}, sum = 0;
	sigset_t set, old;

	sigfillset(&set);
	if (block)
		pthread_sigmask(SIG_SETMASK, &set, &old);
	for (unsigned long i = 0; i < nthreads; i++)
		pthread_create(&threads[i], NULL, thread_calls, &results[i]);
	if (block)
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	for (unsigned long i = 0; i < nthreads; i++) {
		pthread_join(threads[i], NULL);
		sum += results[i];
	}
	printf("%" PRIu64 "\n", sum);
	return 3;
}

static volatile bool enough;
static unsigned long at_work;

static void *thread_busy(void *arg)
{
	uint64_t *bad = arg;

	__atomic_add_fetch(&at_work, 1, __ATOMIC_RELAXED);
	while (!enough)
		if (do_calls(10) != 10 * ALL)
			++*bad;
	return NULL;
}

/* Calls all the time until a line comes. The workers block all signals, as most
 * daemons' do, and are at work before anybody attaches. */
static int busy(bool workers)
{
	pthread_t threads[256];
	uint64_t bad[256] = {0}, sum = 0;
	sigset_t set, old;
	char line[16];

	if (!workers)
		say_ready();
	sigfillset(&set);
	if (workers)
		pthread_sigmask(SIG_SETMASK, &set, &old);
	for (unsigned long i = 0; i < nthreads; i++)
		pthread_create(&threads[i], NULL, thread_busy, &bad[i]);
	if (workers)
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	while (__atomic_load_n(&at_work, __ATOMIC_RELAXED) < nthreads)
		sched_yield();
	if (workers)
		say_ready();
	else if (!fgets(line, sizeof(line), stdin))
		return 2;
	enough = true;
	for (unsigned long i = 0; i < nthreads; i++) {
		pthread_join(threads[i], NULL);
		sum += bad[i];
	}
	printf("%" PRIu64 "\n", sum);
	return 3;
}

/* ---- signals ------------------------------------------------------------- */

#if defined(__x86_64__) || defined(__i386__)
enum { TICK = 500 }; /* us */
#define PC(uc) ((uc)->uc_mcontext.gregs[PC_REG])
#else
enum { TICK = 20000 }; /* a machine may be emulated */
#ifdef __powerpc64__
#define PC(uc) ((uc)->uc_mcontext.gp_regs[32])
#else
#define PC(uc) ((uc)->uc_mcontext.uc_regs->gregs[32])
#endif
#endif

static volatile sig_atomic_t strange;
static volatile unsigned long ticks;

static void on_tick(int signo, siginfo_t *si, void *arg)
{
	ucontext_t *uc = arg;
	uint64_t pc = (word)PC(uc);

	(void)signo;
	(void)si;
	__atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
	/* anywhere but in what a tracer may have added */
	if (pc >= low && pc < high)
		strange = 1;
	v_push(1);
}

static void note_scratch(void)
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "memfd:upd"))
			sscanf(line, "%" SCNx64 "-%" SCNx64, &low, &high);
	if (f)
		fclose(f);
}

static int storm(void)
{
	struct sigaction sa = {.sa_sigaction = on_tick,
			       .sa_flags = SA_SIGINFO | SA_RESTART};
	struct itimerval fast = {{0, TICK}, {0, TICK}};
	int rc;

	note_scratch();
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	setitimer(ITIMER_PROF, &fast, NULL);
	rc = nthreads ? run_threads(false) : calls();
	memset(&fast, 0, sizeof(fast));
	setitimer(ITIMER_REAL, &fast, NULL);
	setitimer(ITIMER_PROF, &fast, NULL);
	printf("%lu %s\n", ticks, low ? "scratch" : "no scratch");
	return strange ? 4 : rc;
}

/* On x86: they look at registers. */
#if defined(__x86_64__) || defined(__i386__)
static volatile unsigned long faults, wrong;

static void on_fpe(int signo, siginfo_t *si, void *arg)
{
	ucontext_t *uc = arg;

	(void)signo;
	faults++;
	if (si->si_addr != (void *)v_div_site ||
	    uc->uc_mcontext.gregs[PC_REG] != (greg_t)(uintptr_t)v_div_site)
		wrong++;
	uc->uc_mcontext.gregs[CX_REG] = 1; /* try again with this */
}

/* Divides by zero, mends it, and goes on. */
static word bad_div(void)
{
	word result;

	__asm__ volatile("xor %%edx, %%edx; mov $5, %%eax; xor %%ecx, %%ecx;"
			 "call v_div_site"
			 : "=a"(result)
			 :
			 : "ecx", "edx", "memory", "cc");
	return result;
}

static int fault(void)
{
	struct sigaction sa = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
	uint64_t sum = 0;

	sigaction(SIGFPE, &sa, NULL);
	for (unsigned long i = 0; i < n; i++)
		sum += bad_div();
	printf("%" PRIu64 " %lu %lu\n", sum, faults, wrong);
	return wrong ? 4 : 3;
}

static volatile unsigned long traps;

static void on_trap(int signo, siginfo_t *si, void *arg)
{
	(void)signo;
	(void)arg;
	if (si->si_code == SI_KERNEL)
		traps++;
	else if (si->si_code == SI_TKILL || si->si_code == SI_USER)
		traps += 1000;
}

/* Breakpoints and SIGTRAPs of the program's own. */
static int own_traps(void)
{
	struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	uint64_t x = 0;

	sigaction(SIGTRAP, &sa, NULL);
	say_ready();
	for (unsigned long i = 0; i < n; i++) {
		x = v_push(x);
		__asm__ volatile("int3");
		raise(SIGTRAP);
	}
	printf("%" PRIu64 " %lu\n", x, traps);
	return 3;
}

#endif

/* ---- waiting ------------------------------------------------------------- */

static int futex_word;

static void *in_nanosleep(void *arg)
{
	struct timespec t = {(time_t)n, 0};

	*(int *)arg = nanosleep(&t, NULL) ? errno : 0;
	return NULL;
}

static void *in_poll(void *arg)
{
	*(int *)arg = poll(NULL, 0, (int)n * 1000) < 0 ? errno : 0;
	return NULL;
}

static void *in_futex(void *arg)
{
	struct timespec t = {(time_t)n, 0};
	long rc = syscall(SYS_futex_time64, &futex_word, FUTEX_WAIT, 0, &t, NULL, 0);

	*(int *)arg = rc < 0 && errno != ETIMEDOUT ? errno : 0;
	return NULL;
}

static int wait_pipe[2];

static void *in_read(void *arg)
{
	char c;

	*(int *)arg = read(wait_pipe[0], &c, 1) != 1 ? errno : 0;
	return NULL;
}

static void *in_epoll(void *arg)
{
	int fd = epoll_create1(0);
	struct epoll_event ev;

	*(int *)arg = epoll_wait(fd, &ev, 1, 300) < 0 ? errno : 0;
	close(fd);
	return NULL;
}

/* Any EINTR would be news to this program. */
static int waiting(void)
{
	void *(*const fns[])(void *) = {in_nanosleep, in_poll, in_futex,
					in_read, in_epoll};
	enum { N = sizeof(fns) / sizeof(*fns) };
	pthread_t threads[N];
	struct timespec before, after;
	int errors[N] = {0}, bad = 0;

	if (pipe(wait_pipe))
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (int i = 0; i < N; i++)
		pthread_create(&threads[i], NULL, fns[i], &errors[i]);
	for (int i = 0; i < N; i++) {
		if (i == 3 && write(wait_pipe[1], "x", 1) != 1)
			return 2;
		pthread_join(threads[i], NULL);
		bad |= errors[i];
		printf("%d ", errors[i]);
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	printf("%ld\n", (long)(after.tv_sec - before.tv_sec -
			       (after.tv_nsec < before.tv_nsec)));
	return bad ? 4 : 3;
}

static _Noreturn void spin(void)
{
	volatile uint64_t x = 0;

	for (;;)
		x = v_push(x);
}

/* ---- processes ----------------------------------------------------------- */

static int forks(void)
{
	volatile unsigned long good = 0;

	for (volatile unsigned long i = 0; i < n; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			note_scratch();
			_exit(do_calls(10) == 10 * ALL ? 7 : 8);
		}
		v_push(1);
		if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 7)
			good++;
	}
	printf("%lu\n", good);
	return 3;
}

static int vforks(void)
{
	volatile unsigned long good = 0;

	for (volatile unsigned long i = 0; i < n; i++) {
		pid_t pid = vfork();
		int status;

		if (pid == 0) {
			v_push(1);
			execlp("true", "true", NULL);
			_exit(9);
		}
		v_push(1);
		if (waitpid(pid, &status, 0) == pid && status == 0)
			good++;
	}
	printf("%lu\n", good);
	return 3;
}

static void *exec_self(void *arg)
{
	char *argv[] = {arg, (char *)"calls", (char *)"20", (char *)"0", NULL};

	execve("/proc/self/exe", argv, environ);
	_exit(9);
}

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

/* From a thread that isn't the leader. */
static int execs(char *name)
{
	pthread_t t, other;

	pthread_create(&other, NULL, sleeper, NULL);
	if (nthreads) {
		pthread_create(&t, NULL, exec_self, name);
		pthread_join(t, NULL);
	}
	exec_self(name);
	return 9;
}

static int born(void)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		pthread_t t;
		uint64_t x = 0;
		unsigned long keep = n;

		n = 3;
		pthread_create(&t, NULL, thread_calls, &x);
		pthread_join(t, NULL);
		n = keep;
		sum += x;
	}
	printf("%" PRIu64 "\n", sum);
	return 3;
}

/* ---- returns ------------------------------------------------------------- */

static jmp_buf jump;

word v_fact(uint64_t x);
void v_leap(int depth);

static void (*volatile leap)(int) = v_leap;
static word (*volatile fact)(uint64_t) = v_fact;

__attribute__((noinline, noclone)) word v_fact(uint64_t x)
{
	return x < 2 ? 1 : (word)x * fact(x - 1);
}

__attribute__((noinline, noclone)) void v_leap(int depth)
{
	if (depth <= 0)
		longjmp(jump, 1);
	leap(depth - 1);
	__asm__ volatile("" ::: "memory");
}

static void *returns_thread(void *arg)
{
	uint64_t *x = arg;

	for (unsigned long i = 0; i < n; i++)
		*x += fact(10);
	return NULL;
}

static int returns(void)
{
	pthread_t threads[4];
	uint64_t results[4] = {0};
	volatile uint64_t sum = 0;

	printf("more %" PRIx64 " %" PRIx64 "\n", code_of((void *)v_fact),
	       code_of((void *)v_leap));
	say_ready();
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, returns_thread, &results[i]);
	for (volatile unsigned long i = 0; i < n; i++)
		if (!setjmp(jump))
			v_leap(5);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		sum += results[i];
	}
	printf("%" PRIu64 "\n", sum);
	return 3;
}

/* A library that comes and goes. */
static int libs(void)
{
	double sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		void *lib = dlopen("libm.so.6", RTLD_NOW);
		double (*fn)(double);

		if (!lib)
			return 2;
		*(void **)&fn = dlsym(lib, "cbrt");
		sum += fn(27);
		dlclose(lib);
	}
	printf("%.0f\n", sum);
	return 3;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	n = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	nthreads = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	if (nthreads > 256)
		return 2;
	/* the program that we become must find its line */
	setvbuf(stdin, NULL, _IONBF, 0);
#if defined(__x86_64__) || defined(__i386__)
	if (!strcmp(mode, "traps"))
		return own_traps();
#endif
	if (!strcmp(mode, "returns"))
		return returns();
	if (!strcmp(mode, "busy"))
		return busy(false);
	if (!strcmp(mode, "workers"))
		return busy(true);
	say_ready();
	if (!strcmp(mode, "calls"))
		return calls();
	if (!strcmp(mode, "threads"))
		return run_threads(false);
	if (!strcmp(mode, "blocked"))
		return run_threads(true);
	if (!strcmp(mode, "storm"))
		return storm();
#if defined(__x86_64__) || defined(__i386__)
	if (!strcmp(mode, "fault"))
		return fault();
#endif
	if (!strcmp(mode, "waiting"))
		return waiting();
	if (!strcmp(mode, "spin"))
		spin();
	if (!strcmp(mode, "forks"))
		return forks();
	if (!strcmp(mode, "vforks"))
		return vforks();
	if (!strcmp(mode, "execs"))
		return execs(argv[0]);
	if (!strcmp(mode, "born"))
		return born();
	if (!strcmp(mode, "libs"))
		return libs();
	return 2;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *	v-memory made | drops HOW | dies HOW
 *
 * Victim: what a program does with its memory, and how it ends with a core file.
 * m_call() is called in all of them. "made" calls it from code that it has made
 * itself; "drops" takes the memory away that it does not know (a sandbox may
 * do so), waits for a line, and looks whether what it put there is still
 * there.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { THREADS = 3, CALLS = 300 };

static unsigned long sum;

unsigned long m_call(unsigned long i);

__attribute__((noinline, noclone, noipa)) unsigned long m_call(unsigned long i)
{
	return i * 3 + 1;
}

static void *many(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < CALLS; i++)
		__atomic_add_fetch(&sum, m_call(i), __ATOMIC_RELAXED);
	return NULL;
}

/* push %rax; movabs $m_call, %rax; call *%rax; pop %rdx; ret */
static int made(void)
{
#ifdef __x86_64__
	unsigned char code[] = "\x50\x48\xb8........\xff\xd0\x5a\xc3";
	unsigned long (*fn)(unsigned long) = m_call;
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return 99;
	memcpy(code + 3, &fn, sizeof(fn));
	memcpy(at, code, sizeof(code));
	for (unsigned long i = 0; i < CALLS; i++)
		sum += ((unsigned long (*)(unsigned long))at)(i);
	many(NULL);
	printf("%lu\n", sum);
	return 3;
#else
	return 77;
#endif
}

static unsigned char *dropped[8];
static size_t sizes[8], ndropped;

static void drop(unsigned char *at, size_t size, const char *how)
{
	if (!strcmp(how, "unmaps")) {
		munmap(at, size);
	} else if (!strcmp(how, "protects")) {
		mprotect(at, size, PROT_READ);
	} else {
		mmap(at, size, PROT_READ | PROT_WRITE,
		     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(at, 7, size);
		dropped[ndropped] = at;
		sizes[ndropped++] = size;
	}
}

static int drop_all(const char *how)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "/memfd:") && n < 8 &&
		    sscanf(line, "%lx-%lx", &start, &end) == 2) {
			drop((unsigned char *)start, end - start, how);
			n++;
		}
	if (f)
		fclose(f);
	return n;
}

static int drops(const char *how)
{
	pthread_t t[THREADS];
	int others = 0;

	puts("ready");
	if (getchar() == EOF)
		return 98;
	many(NULL);
	fprintf(stderr, "dropped %d\n", drop_all(how));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, many, NULL);
	many(NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	puts("dropped");
	if (getchar() == EOF)
		return 98;
	many(NULL);
	for (size_t i = 0; i < ndropped; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			others += dropped[i][j] != 7;
	printf("%lu, %d\n", sum, others);
	return 3;
}

static int dies(const char *how)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &all);
	many(NULL);
	switch (*how) {
	case 's': /* segfault */
		*(volatile int *)(uintptr_t)sum = 1;
		break;
	case 'a': /* abort */
		abort();
	case 't': /* trap */
		__builtin_trap();
	case 'b': /* breakpoint */
		raise(SIGTRAP);
		break;
	default:
		raise(SIGQUIT);
	}
	return 97;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "made"))
		return made();
	if (argc > 2 && !strcmp(argv[1], "drops"))
		return drops(argv[2]);
	return argc > 2 ? dies(argv[2]) : 2;
}

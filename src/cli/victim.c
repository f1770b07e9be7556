/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd-victim: what `upd bench` and `upd compare` run when no command is given.
 *
 *	upd-victim FUNCTION COUNT [FILE]
 *		calls it COUNT times; nanoseconds per call into FILE
 *	upd-victim
 *		calls each of its functions 1,000 times
 *	upd-victim --mark FIFO WORDS
 *		opens FIFO, writes the time there and becomes the command whose
 *		words, each with its NUL, are in the file WORDS (tracing
 *		programs differ in how they read quotes): who reads FIFO sees
 *		when it began, and by its end when it ended
 *
 * Each function begins with an instruction of a known kind, so that one knows
 * what a probe there has to do.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* In the dynamic symbols too (-rdynamic), which outlive strip. */
#define SEEN __attribute__((visibility("default"), noinline, noclone))

SEEN int victim_return(int x);

int victim_return(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

#ifdef __x86_64__
int victim_push(int x), victim_mul(int x), victim_nop5(int x);

/* Naked, and not plain assembly: perf looks for it in the DWARF. */
#define FUNCTION(name, body)                                   \
	__attribute__((naked, noclone, aligned(64))) int name( \
		__attribute__((unused)) int x)                 \
	{                                                      \
		__asm__(body "	ret\n");                       \
	}

/* Computed by whoever looks: no copy runs. */
FUNCTION(victim_push, "	push %rbp\n	lea 1(%rdi), %eax\n	pop %rbp\n")
/* Nobody computes it: a copy runs. */
FUNCTION(victim_mul, "	imul $3, %edi, %eax\n")
/* Linux 6.18 makes a call of it, which does without a trap. */
FUNCTION(victim_nop5, "	.byte 0x0f, 0x1f, 0x44, 0, 0\n"
		      "	lea 1(%rdi), %eax\n")
#else
SEEN int victim_plain(int x);

int victim_plain(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}
#endif

static const struct function {
	const char *name;
	int (*call)(int);
} functions[] = {
#ifdef __x86_64__
	{"victim_push", victim_push},
	{"victim_mul", victim_mul},
	{"victim_nop5", victim_nop5},
#else
	{"victim_plain", victim_plain},
#endif
	{"victim_return", victim_return},
};

enum { NFUNCTIONS = sizeof(functions) / sizeof(functions[0]), EACH = 1000 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void calls(const struct function *f, uint64_t n)
{
	volatile int sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum = f->call((int)i);
	(void)sum;
}

/* The first calls pay for what is made once: pages, a copy of the
 * instruction. They are counted, and not measured. */
static int run(const char *name, uint64_t count, const char *path)
{
	const uint64_t warm = count / 10;
	double start;
	FILE *f;

	for (size_t i = 0; i < NFUNCTIONS; i++) {
		if (strcmp(functions[i].name, name) != 0)
			continue;
		calls(&functions[i], warm);
		start = now();
		calls(&functions[i], count - warm);
		start = (now() - start) / (double)(count - warm);
		f = path ? fopen(path, "we") : stdout;
		if (!f || fprintf(f, "%.3f\n", start) < 0 || fclose(f) != 0) {
			perror(path);
			return 1;
		}
		return 0;
	}
	fprintf(stderr, "upd-victim: there is no function %s\n", name);
	return 2;
}

/* The words of a file; they live as long as we do. */
static char **read_words(const char *path)
{
	static char text[16384];
	static char *words[sizeof(text) / 2 + 1];
	FILE *f = fopen(path, "re");
	size_t len, n = 0;

	if (!f)
		return NULL;
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	for (char *p = text; p < text + len; p += strlen(p) + 1)
		words[n++] = p;
	return n ? words : NULL;
}

static int become(const char *fifo, const char *path)
{
	int fd = open(fifo, O_WRONLY); /* stays open in the command */
	char **words = read_words(path);
	double start;

	if (fd < 0 || !words) {
		perror(fd < 0 ? fifo : path);
		return 1;
	}
	start = now();
	if (write(fd, &start, sizeof(start)) == sizeof(start))
		execvp(words[0], words);
	perror(words[0]);
	return 127;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--mark"))
		return become(argv[2], argv[3]);
	if (argc == 3 || argc == 4) {
		uint64_t count = strtoull(argv[2], NULL, 10);

		if (count)
			return run(argv[1], count, argv[3]);
	}
	if (argc != 1) {
		fputs("usage: upd-victim [FUNCTION COUNT [FILE]]\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < NFUNCTIONS; i++)
		calls(&functions[i], EACH);
	return 0;
}

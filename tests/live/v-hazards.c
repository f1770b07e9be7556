/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What uprobes are known to do wrong, one case after the other: each prints
 * what an untraced program sees. The probed instruction of case NAME is at the
 * symbol at_NAME. x86_64 only; elsewhere, or where the CPU has no such
 * instruction, it ends with 77.
 *
 * usage: v-hazards CASE
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
enum { TIMES = 10, TF = 0x100 };

uint64_t h_memory[8] = {1, 2, 3, 4, 5, 6, 7, 8};
uint64_t h_lock(void), h_evex(uint64_t *to), h_pushf(void);
uint64_t h_syscall(uint64_t number), h_rep(void *to, uint64_t count);
uint64_t h_red(uint64_t x);

#define AT(name) \
	".globl at_" name "\n.type at_" name ",@function\nat_" name ":\n"
#define FUNCTION(name, body)                                             \
	__asm__(".text\n.globl h_" name "\n.type h_" name ",@function\n" \
		"h_" name ":\n" body "	ret\n")

FUNCTION("lock", AT("lock") "	lock incq h_memory(%rip)\n"
			    "	mov h_memory(%rip), %rax\n");
FUNCTION("evex", AT("evex") "	vmovdqu64 h_memory(%rip), %zmm0\n"
			    "	vmovdqu64 %zmm0, (%rdi)\n"
			    "	vzeroupper\n	xor %eax, %eax\n");
FUNCTION("pushf", AT("pushf") "	pushfq\n	pop %rax\n");
/* How far the return address that the kernel leaves is from the right one. */
FUNCTION("syscall",
	 "	mov %rdi, %rax\n	xor %edi, %edi\n" AT(
		 "syscall") "	syscall\n"
			    "1:	lea 1b(%rip), %rdx\n"
			    "	sub %rdx, %rcx\n	mov %rcx, %rax\n");
FUNCTION("rep", "	mov %rsi, %rcx\n	mov $7, %eax\n" AT(
			"rep") "	rep stosb\n	mov %rcx, %rax\n");
FUNCTION("red",
	 "	mov %rdi, -8(%rsp)\n	mov %rdi, -64(%rsp)\n" AT(
		 "red") "	.byte 0x0f, 0x1f, 0x44, 0, 0\n"
			"	mov -8(%rsp), %rax\n	xor -64(%rsp), %rax\n"
			"	sub -8(%rsp), %rdi\n	or %rdi, %rax\n");

static void do_lock(void)
{
	uint64_t last = 0;

	for (int i = 0; i < TIMES; i++)
		last = h_lock();
	printf("%lu\n", (unsigned long)last);
}

static void do_evex(void)
{
	uint64_t to[8], sum = 0;

	for (int i = 0; i < TIMES; i++) {
		h_evex(to);
		for (int k = 0; k < 8; k++)
			sum += to[k];
	}
	printf("%lu\n", (unsigned long)sum);
}

static void do_pushf(void)
{
	unsigned traps = 0;

	for (int i = 0; i < TIMES; i++)
		traps += (h_pushf() & TF) != 0;
	printf("%u with the trap flag\n", traps);
}

static void do_syscall(void)
{
	unsigned wrong = 0;

	for (int i = 0; i < TIMES; i++)
		wrong += h_syscall(39 /* getpid */) != 0;
	printf("%u wrong in rcx\n", wrong);
}

static void do_fork(void)
{
	pid_t self = getpid();
	int status = -1;

	h_syscall(57 /* fork */);
	if (getpid() != self)
		_exit(7);
	wait(&status);
	printf("child: %d\n", status);
}

static void do_rep(void)
{
	char to[100];
	unsigned sum = 0;

	h_rep(to, sizeof(to));
	for (size_t i = 0; i < sizeof(to); i++)
		sum += to[i];
	printf("%u\n", sum);
}

static void do_red(void)
{
	unsigned wrong = 0;

	for (int i = 0; i < TIMES; i++)
		wrong += h_red(0x1234567890abcdef) != 0;
	printf("%u with a changed red zone\n", wrong);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"lock", do_lock},	 {"evex", do_evex}, {"pushf", do_pushf},
	{"syscall", do_syscall}, {"fork", do_fork}, {"rep", do_rep},
	{"red", do_red},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(cases) / sizeof(cases[0]);
	     i++) {
		if (strcmp(cases[i].name, argv[1]) != 0)
			continue;
		if (cases[i].run == do_evex &&
		    !__builtin_cpu_supports("avx512f"))
			return 77;
		cases[i].run();
		return 0;
	}
	return 2;
}
#else
int main(void)
{
	return 77;
}
#endif

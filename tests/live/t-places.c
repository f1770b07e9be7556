/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Places that must not be probed, through upd.h alone: the vDSO, the vsyscall
 * page, code that the program has made, code in huge pages, shared code. Each is
 * refused with a reason, and the program, which then runs what is there, never
 * notices.
 */
#define _GNU_SOURCE
#include "upd.h"

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HUGE_SIZE = 2 << 20 };

#define RETURN_7 "\xb8\x07\x00\x00\x00\xc3" /* mov $7, %eax; ret */

struct place {
	const char *name, *reason;
	uint64_t addr;
	bool runs;
};

static struct place places[] = {
	{"vDSO", "not the text of a file", 0, false},
	{"vsyscall", "not the text of a file", 0, false},
	{"anonymous", "not the text of a file", 0, true},
	{"writable", "writable", 0, true},
	{"shared", "shared", 0, true},
	{"huge", "huge", 0, true},
	{"unmapped", "nothing is mapped", 16, false},
	{"data", "not executable", 0, false},
};
enum { VDSO, VSYSCALL, ANONYMOUS, WRITABLE, SHARED, HUGE_PAGE, UNMAPPED, DATA };

static void *map(size_t size, int flags, int fd)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, flags,
			fd, 0);

	if (at == MAP_FAILED)
		return NULL;
	memcpy(at, RETURN_7, sizeof(RETURN_7));
	return at;
}

static void *map_file(size_t size, unsigned flags, int map_flags)
{
	int fd = memfd_create("places", flags);

	if (fd < 0 || ftruncate(fd, (off_t)size) || !map(size, MAP_SHARED, fd))
		return NULL;
	return map(size, map_flags, fd);
}

static uint64_t find_vsyscall(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[vsyscall]"))
			sscanf(line, "%lx", &start);
	if (f)
		fclose(f);
	return start;
}

static uint64_t vdso_entry(void)
{
	uint64_t base = getauxval(AT_SYSINFO_EHDR);

	return base ? base + ((Elf64_Ehdr *)(uintptr_t)base)->e_entry : 0;
}

static void make_places(void)
{
	void *at[] = {[ANONYMOUS] = map(4096, MAP_PRIVATE | MAP_ANONYMOUS, -1),
		      [WRITABLE] = map_file(4096, 0, MAP_PRIVATE),
		      [SHARED] = map_file(4096, 0, MAP_SHARED),
		      [HUGE_PAGE] = map_file(HUGE_SIZE, MFD_HUGETLB,
					     MAP_PRIVATE)};

	for (int i = ANONYMOUS; i <= HUGE_PAGE; i++) {
		places[i].addr = (uint64_t)(uintptr_t)at[i];
		if (at[i] && i != WRITABLE)
			mprotect(at[i], i == HUGE_PAGE ? HUGE_SIZE : 4096,
				 PROT_READ | PROT_EXEC);
	}
	places[VDSO].addr = vdso_entry();
	places[VSYSCALL].addr = find_vsyscall();
	places[DATA].addr = (uint64_t)(uintptr_t)&places;
}

/* The victim: a copy of this process, which has the same places. */
static int victim(int fd)
{
	struct timespec t;
	int sum = 0;
	char c;

	if (read(fd, &c, 1) != 1)
		return 1;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i].runs && places[i].addr)
			sum += ((int (*)(void))(uintptr_t)places[i].addr)();
	if (places[VSYSCALL].addr) /* time() */
		sum += ((long (*)(long *))(uintptr_t)(places[VSYSCALL].addr +
						      0x400))(NULL) <= 0;
	sum += clock_gettime(CLOCK_MONOTONIC, &t);
	return sum;
}

static void never(struct upd_hit *hit, void *data)
{
	(void)hit;
	printf("FAIL: a hit at %s\n", (const char *)data);
	exit(1);
}

static int try(struct upd *u, struct upd_process *p, struct place *place)
{
	struct upd_probe *probe;

	if (!place->addr) {
		printf("%s: not on this machine\n", place->name);
		return 0;
	}
	if (!upd_probe_addr(p, place->addr, never, (void *)place->name,
			    &probe)) {
		printf("FAIL: %s was probed\n", place->name);
		return 1;
	}
	printf("%s: %s\n", place->name, upd_error(u));
	if (strstr(upd_error(u), place->reason))
		return 0;
	printf("FAIL: expected: %s\n", place->reason);
	return 1;
}

int main(void)
{
	int fds[2], status, failures = 0, expected = 0;
	struct upd_process *p;
	struct upd *u;
	pid_t pid;

#ifndef __x86_64__
	puts("SKIP (machine): the code of the places is x86_64's");
	return 77;
#endif
	make_places();
	if (pipe(fds))
		return 99;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(victim(fds[0]));
	if (upd_new(&u) || upd_attach(u, pid, &p)) {
		puts("FAIL: cannot attach");
		return 1;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		failures += try(u, p, &places[i]);
		expected += places[i].runs && places[i].addr ? 7 : 0;
	}
	if (write(fds[1], "x", 1) != 1)
		return 99;
	upd_free(u);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != expected) {
		printf("FAIL: status %x, expected %d\n", (unsigned)status,
		       expected);
		failures++;
	}
	return failures ? 1 : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "count.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES_MAX = 1 << 20, ENV_MAX = 30 };

#define VALGRIND "/usr/bin/valgrind", "--tool=callgrind", "-q"

static int by_offset(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return (p->offset > q->offset) - (p->offset < q->offset);
}

/* The functions of a place are listed one by one, as often as it has callers
 * that are told apart: their counts belong together. */
static void merge(struct counts *c)
{
	size_t n = 0;

	qsort(c->places, c->used, sizeof(*c->places), by_offset);
	for (size_t i = 0; i < c->used; i++) {
		if (n && c->places[n - 1].offset == c->places[i].offset)
			c->places[n - 1].count += c->places[i].count;
		else
			c->places[n++] = c->places[i];
	}
	c->used = n;
}

/* Of the file, as its segments say. Valgrind gives the address that it has
 * without being moved. */
static bool to_offsets(struct counts *c)
{
	FILE *f = fopen(c->object, "re");
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (!f || fread(&e, sizeof(e), 1, f) != 1)
		return false;
	fseek(f, (long)e.e_phoff, SEEK_SET);
	for (unsigned i = 0; i < e.e_phnum; i++) {
		if (fread(&p, sizeof(p), 1, f) != 1)
			break;
		if (p.p_type == PT_LOAD && p.p_flags & PF_X)
			break;
	}
	fclose(f);
	for (size_t i = 0; i < c->used; i++)
		c->places[i].offset += p.p_offset - p.p_vaddr;
	return p.p_type == PT_LOAD;
}

/* "ob=" names the file of the lines that follow, "0xADDR N" an instruction and
 * how often it ran; the line behind a "calls=" is about what was called. */
static bool read_profile(FILE *f, const char *object, struct counts *c)
{
	bool wanted = false, skip = false;
	uint64_t addr, count;
	char line[8192];

	while (c->used < PLACES_MAX && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "calls=", 6)) {
			skip = true;
		} else if (!strncmp(line, "ob=", 3)) {
			wanted = strstr(line + 3, object);
			if (wanted)
				snprintf(c->object, sizeof(c->object), "%.*s",
					 (int)sizeof(c->object) - 1, line + 3);
		} else if (!strncmp(line, "summary: ", 9)) {
			c->total = strtoull(line + 9, NULL, 10);
		} else if (sscanf(line, "0x%" SCNx64 " %" SCNu64, &addr,
				  &count) == 2) {
			if (wanted && !skip)
				c->places[c->used++] = (struct place){
					.offset = addr, .count = count};
			skip = false;
		}
	}
	return c->used && c->used < PLACES_MAX;
}

bool count_callgrind(const struct command *cmd, const char *object,
		     uint64_t base, struct counts *ret)
{
	char file[64], option[128], where[64];
	char *args[32] = {VALGRIND,
			  option,
			  where,
			  "--dump-instr=yes",
			  "--dump-line=no",
			  "--compress-pos=no",
			  "--compress-strings=no",
			  "--skip-plt=no"};
	struct command valgrind = *cmd;
	struct counts c = {0};
	bool ok;
	FILE *f;

	snprintf(file, sizeof(file), "/tmp/upd-whole-%d.cg", (int)getpid());
	snprintf(option, sizeof(option), "--callgrind-out-file=%s", file);
	snprintf(where, sizeof(where), "--aspace-minaddr=0x%" PRIx64,
		 base ? base : UINT64_C(0x1000));
	for (size_t n = 10, i = 0; cmd->argv[i] && n < 31; i++)
		args[n++] = cmd->argv[i];
	c.places = calloc(PLACES_MAX, sizeof(*c.places));
	if (!c.places)
		return false;
	valgrind.argv = args;
	c.status = count_nothing(&valgrind);
	f = fopen(file, "re");
	ok = f && read_profile(f, object, &c) && to_offsets(&c);
	if (f)
		fclose(f);
	unlink(file);
	if (!ok) {
		free(c.places);
		return false;
	}
	merge(&c);
	*ret = c;
	return true;
}

bool count_has_valgrind(void)
{
	return !access("/usr/bin/valgrind", X_OK);
}

char **count_environment(void)
{
	/* No seeds from getrandom: hash tables are walked in the same order.
	 * libcrypto chooses its code by what the processor has, which under
	 * valgrind is another one: it is told what both of them have. */
	static char *const before[] = {
		"PATH=/usr/bin:/bin",  "LC_ALL=C",
		"PERL_HASH_SEED=0",    "PYTHONHASHSEED=0",
		"OPENSSL_ia32cap=0:0", NULL};
	char *const args[] = {VALGRIND, "--callgrind-out-file=/dev/null",
			      "/usr/bin/env", NULL};
	struct command cmd = {.argv = args, .env = before};
	char **env = calloc(ENV_MAX + 1, sizeof(*env));
	char file[64], line[4096];
	size_t n = 0;
	FILE *f;

	snprintf(file, sizeof(file), "/tmp/upd-whole-%d.env", (int)getpid());
	cmd.out = file;
	f = env && !count_nothing(&cmd) ? fopen(file, "re") : NULL;
	while (f && n < ENV_MAX && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		env[n++] = strdup(line);
	}
	if (f)
		fclose(f);
	unlink(file);
	for (; env && !count_has_valgrind() && before[n]; n++)
		env[n] = before[n];
	return env;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Damaged files: real ones cut short and with bits flipped at many places,
 * asked for everything. Any answer will do, except for a crash, a hang or a
 * wild access. DI_SEED and DI_ROUNDS choose other damage, and more of it.
 */
#include <config.h>

#include "di-test.h"

#include "cfi.h"

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t rng_state;

static uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static long setting(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s ? atol(s) : otherwise;
}

struct asked {
	struct module *m;
	struct ctypes *ts;
	size_t n;
};

static int ask_function(void *ctx, const struct symbol *sym)
{
	static const char *const names[] = {"a", "local",	   "n",
					    "d", "global_counter", "nosuch"};
	struct asked *a = ctx;
	const struct ctype *t, *ret;
	const char *file;
	struct symbol at;
	struct err err;
	struct loc l;
	char *text;
	int line;

	if (a->n++ > 12)
		return 1;
	text = symbol_demangle(sym->name);
	free(text);
	module_symbol_at(a->m, sym->addr + sym->size / 2, &at);
	module_line_at(a->m, sym->addr, &file, &line);
	module_func_args(a->m, sym->addr, a->ts, &t, &ret, &err);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		module_var_loc(a->m, sym->addr + i * 4, names[i], a->ts, &t, &l,
			       &err);
	for (uint64_t i = 0; i < 32; i++)
		cfi_rules(a->m, sym->addr + i);
	return 0;
}

static int ask_note(void *ctx, const struct usdt_note *note)
{
	struct usdt_arg args[USDT_ARGS_MAX];
	struct asked *a = ctx;
	struct err err;
	size_t n;

	usdt_parse_args(a->m, note->args, args, &n, &err);
	return 0;
}

static void ask(const uint8_t *bytes, size_t len)
{
	struct asked a = {.ts = ctypes_new()};
	const struct ctype *t;
	const char *near[3];
	uint64_t addrs[16];
	struct symbol sym;
	struct err err;
	size_t n;
	int line;

	if (!module_open_image("damaged", bytes, len, &a.m, &err)) {
		module_match_funcs(a.m, "*", ask_function, &a);
		a.n = 0;
		module_match_funcs(a.m, "six", ask_function, &a);
		module_symbol(a.m, "main", &sym);
		module_near(a.m, "sxi", near, 3);
		module_type(a.m, "struct node", a.ts, &t, &err);
		module_type(a.m, "struct nosuch", a.ts, &t, &err);
		module_line_addrs(a.m, "di-victim.c", 60, 0, addrs, 16, &n,
				  &line, &err);
		module_usdt(a.m, ask_note, &a);
		cfi_rules(a.m, module_entry(a.m));
		module_close(a.m);
	}
	ctypes_free(a.ts);
}

/* Damage in a copy: mostly flipped bits, sometimes numbers that like to do
 * harm; sometimes only in the first bytes, where the headers are. */
static void damage(uint8_t *bytes, size_t len)
{
	static const uint32_t nasty[] = {
		0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 0x10000};
	size_t count = 1 + rng() % 8, area = rng() % 4 ? len : 1024;
	size_t at;

	if (area > len)
		area = len;
	for (size_t i = 0; i < count; i++) {
		at = rng() % area;
		if (rng() % 3 || at + 4 > len)
			bytes[at] ^= (uint8_t)(1u << rng() % 8);
		else
			memcpy(bytes + at, &nasty[rng() % 7], 4);
	}
}

static void each_damage(const char *name, long rounds)
{
	size_t len;
	uint8_t *bytes, *copy;

	if (access(victim(name), R_OK)) {
		printf("skipped: %s was not built\n", name);
		return;
	}
	bytes = read_file(victim(name), &len);
	copy = malloc(len);
	ck_assert_ptr_nonnull(copy);
	ask(bytes, len);
	for (long i = 0; i < rounds; i++) {
		rng_state = (uint64_t)setting("DI_SEED", 1) * 1000003 +
			    (uint64_t)i * 7919 + len;
		for (int j = 0; j < 4; j++)
			rng();
		memcpy(copy, bytes, len);
		damage(copy, len);
		if (getenv("DI_VERBOSE")) {
			fprintf(stderr, "%s round %ld\n", name, i);
			write_file(victim("damaged.tmp"), copy, len);
		}
		ask(copy, len);
	}
	for (long i = 0; i < rounds / 4; i++)
		ask(bytes, len * (size_t)i / (size_t)(rounds / 4));
	free(copy);
	free(bytes);
}

START_TEST(unoptimised)
{
	each_damage("di-O0", setting("DI_ROUNDS", 400));
}
END_TEST

START_TEST(optimised)
{
	each_damage("di-O2", setting("DI_ROUNDS", 400));
	each_damage("di-O2-dwarf4", setting("DI_ROUNDS", 400));
	each_damage("di-zdebug", setting("DI_ROUNDS", 400));
}
END_TEST

START_TEST(clang)
{
	each_damage("di-clang-O2", setting("DI_ROUNDS", 400));
}
END_TEST

START_TEST(m32)
{
	each_damage("di-m32", setting("DI_ROUNDS", 400));
}
END_TEST

START_TEST(cxx)
{
	each_damage("di-cxx", setting("DI_ROUNDS", 200));
}
END_TEST

START_TEST(packed)
{
	each_damage("di-mini", setting("DI_ROUNDS", 400));
	each_damage("di-dframe", setting("DI_ROUNDS", 200));
}
END_TEST

/* ld.so's cache and maps from text are parsed elsewhere; names are ours. */
START_TEST(maps_text)
{
	static const char good[] =
		"55d0c0000000-55d0c0001000 r-xp 00001000 08:01 42   /bin/x\n"
		"7f0000000000-7f0000002000 rw-p 00000000 00:00 0    [heap]\n"
		"7f0000002000-7f0000003000 r--s 00000000 00:05 7    /x "
		"(deleted)\n";
	char text[sizeof(good)];
	struct space *s;
	struct frame_text t;

	for (long i = 0; i < 20000; i++) {
		rng_state = (uint64_t)i * 2654435761 + 1;
		memcpy(text, good, sizeof(text));
		for (int j = 0; j < 3; j++)
			text[rng() % (sizeof(text) - 1)] =
				(char)(1 + rng() % 255);
		ck_assert_int_eq(space_new(0, NULL, &s, NULL), 0);
		space_set_maps(s, text, NULL);
		space_describe(s, 0x55d0c0000010, true, true, &t);
		space_free(s);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		unoptimised, optimised, clang, m32, cxx, packed, maps_text,
	};

	return di_run("debuginfo-hostile", tests,
		      sizeof(tests) / sizeof(*tests));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "di-test.h"

#include <limits.h>
#include <unistd.h>

int di_run(const char *suite, const TTest *const *tests, size_t n)
{
	Suite *s = suite_create(suite);
	TCase *tc = tcase_create(suite);
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

const char *victim(const char *name)
{
	static char ring[4][PATH_MAX];
	static unsigned next;
	const char *dir = getenv("top_builddir");
	char *path = ring[next++ % 4], base[PATH_MAX - 256];

	if (dir)
		snprintf(base, sizeof(base), "%s", dir);
	else
		ck_assert_ptr_nonnull(getcwd(base, sizeof(base)));
	snprintf(path, PATH_MAX, "%s/tests/unit/di/%s", base, name);
	return path;
}

static struct module *open_path(const char *path)
{
	struct module *m = NULL;
	char dirs[PATH_MAX];
	struct err err = {0};

	snprintf(dirs, sizeof(dirs), "/usr/lib/debug:%s", victim("di-debug"));
	ck_assert_msg(!module_open(path, NULL, dirs, &m, &err), "%s", err.text);
	return m;
}

struct module *open_victim(const char *name)
{
	return open_path(victim(name));
}

struct module *open_victim_maybe(const char *name)
{
	if (access(victim(name), R_OK)) {
		printf("skipped: %s was not built\n", name);
		return NULL;
	}
	return open_victim(name);
}

uint8_t *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long len;

	ck_assert_msg(f, "%s", path);
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	data = malloc((size_t)len + 1);
	ck_assert_ptr_nonnull(data);
	*ret_len = fread(data, 1, (size_t)len, f);
	fclose(f);
	return data;
}

void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_msg(f, "%s", path);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	fclose(f);
}

uint64_t function_of(struct module *m, const char *name)
{
	struct symbol sym;

	ck_assert_msg(!module_symbol(m, name, &sym), "%s: no %s",
		      module_path(m), name);
	return sym.addr;
}

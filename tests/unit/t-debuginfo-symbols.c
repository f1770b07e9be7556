/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Modules and their symbols, on victims compiled in many ways and on the
 * machine's own libc.
 */
#include <config.h>

#include "di-test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

struct collected {
	struct symbol list[4096];
	size_t n;
};

static int collect(void *ctx, const struct symbol *sym)
{
	struct collected *c = ctx;

	ck_assert_ptr_nonnull(sym->name);
	ck_assert(sym->is_func);
	if (c->n)
		ck_assert_uint_lt(c->list[c->n - 1].addr, sym->addr);
	if (c->n < 4096)
		c->list[c->n++] = *sym;
	return 0;
}

static struct collected *match(struct module *m, const char *pattern)
{
	static struct collected c;

	c.n = 0;
	ck_assert_int_eq(module_match_funcs(m, pattern, collect, &c), 0);
	return &c;
}

static void refused(const char *path, int code, const char *words)
{
	struct module *m = NULL;
	struct err err = {0};
	int rc = module_open(path, NULL, NULL, &m, &err);

	ck_assert_msg(rc == code, "%s: %d (%s)", path, rc, err.text);
	ck_assert_msg(strstr(err.text, words), "%s", err.text);
	ck_assert_msg(!strncmp(err.text, path, strlen(path)), "%s", err.text);
	ck_assert_ptr_null(m);
}

START_TEST(refusals)
{
	char path[PATH_MAX];
	int fd;

	refused("/nonexistent/x", ERR_NOENT, "no such file");
	refused("/", ERR_INVAL, "is a directory");
	refused("/dev/null", ERR_INVAL, "is not a regular file");
	refused(victim("di-object"), ERR_UNSUPP, "relocatable");
	snprintf(path, sizeof(path), "%s", victim("di-text.tmp"));
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	refused(path, ERR_FORMAT, "is not an ELF file");
	ck_assert_int_eq(write(fd, "hello, not an ELF file", 22), 22);
	refused(path, ERR_FORMAT, "is not an ELF file");
	ck_assert_int_eq(pwrite(fd, "#!/bin/sh\n", 10, 0), 10);
	refused(path, ERR_FORMAT, "is a script");
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(truncated_and_foreign)
{
	size_t len;
	uint8_t *bytes = read_file(victim("di-O0"), &len);
	struct module *m = NULL;
	struct err err;

	ck_assert_int_eq(module_open_image("x", bytes, len - 1, &m, &err),
			 ERR_FORMAT);
	ck_assert_msg(strstr(err.text, "truncated"), "%s", err.text);
	ck_assert_int_eq(module_open_image("x", bytes, 40, &m, &err),
			 ERR_FORMAT);
	bytes[18] = 183;
	ck_assert_int_eq(module_open_image("x", bytes, len, &m, &err),
			 ERR_UNSUPP);
	ck_assert_msg(strstr(err.text, "AArch64"), "%s", err.text);
	free(bytes);
}
END_TEST

START_TEST(segments)
{
	struct module *m = open_victim("di-O0");
	struct symbol sym;
	uint64_t off, vaddr;
	uint8_t code[4], raw[4];
	size_t len;
	uint8_t *bytes = read_file(victim("di-O0"), &len);

	ck_assert(module_is_pie(m));
	ck_assert_ptr_eq(module_arch(m), arch_host());
	ck_assert_int_eq(module_symbol(m, "six", &sym), 0);
	ck_assert(sym.is_func && sym.size_known && sym.is_global);
	ck_assert(module_is_text(m, sym.addr));
	ck_assert_int_eq(module_vaddr_to_offset(m, sym.addr, &off), 0);
	ck_assert_int_eq(module_offset_to_vaddr(m, off, &vaddr), 0);
	ck_assert_uint_eq(vaddr, sym.addr);
	ck_assert_uint_eq(module_read(m, sym.addr, code, 4), 4);
	memcpy(raw, bytes + off, 4);
	ck_assert_mem_eq(code, raw, 4);
	ck_assert_int_eq(module_symbol(m, "global_counter", &sym), 0);
	ck_assert(!sym.is_func && sym.size == 4);
	ck_assert(!module_is_text(m, sym.addr));
	ck_assert_int_eq(module_symbol(m, "global_count", &sym), ERR_NOENT);
	ck_assert_int_eq(module_vaddr_to_offset(m, UINT64_MAX, &off),
			 ERR_NOENT);
	ck_assert_uint_eq(module_read(m, UINT64_MAX - 1, code, 4), 0);
	module_close(m);
	m = open_victim("di-nopie");
	ck_assert(!module_is_pie(m));
	module_close(m);
	free(bytes);
}
END_TEST

START_TEST(by_name_and_address)
{
	static const char *const names[] = {"di-O0",	 "di-O2",  "di-nopie",
					    "di-linked", "di-id",  "di-mini",
					    "di-static", "di-m32", "di-clang"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct module *m = open_victim_maybe(names[i]);
		struct symbol sym, at;
		struct collected *c;

		if (!m)
			continue;
		c = match(m, "use_node");
		ck_assert_msg(c->n == 1, "%s: %zu", names[i], c->n);
		sym = c->list[0];
		ck_assert_uint_gt(sym.size, 4);
		ck_assert_int_eq(module_symbol_at(m, sym.addr, &at), 0);
		ck_assert_str_eq(at.name, "use_node");
		ck_assert_int_eq(
			module_symbol_at(m, sym.addr + sym.size - 1, &at), 0);
		ck_assert_str_eq(at.name, "use_node");
		if (!module_symbol_at(m, sym.addr + sym.size, &at))
			ck_assert_str_ne(at.name, "use_node");
		ck_assert_uint_eq(match(m, "use_nod")->n, 0);
		ck_assert_uint_eq(match(m, "us*_node")->n, 1);
		ck_assert_uint_ge(match(m, "*i*")->n, 3);
		ck_assert_uint_eq(match(m, "")->n, 0);
		module_close(m);
	}
}
END_TEST

START_TEST(stripped)
{
	struct module *m = open_victim("di-bare");
	struct symbol sym;
	const uint8_t *id;

	ck_assert(!module_has_symbols(m));
	ck_assert(!module_has_dwarf(m));
	ck_assert_uint_eq(module_build_id(m, &id), 0);
	ck_assert_int_eq(module_symbol_at(m, module_entry(m), &sym), ERR_NOENT);
	module_close(m);
	m = open_victim("di-id");
	ck_assert_uint_eq(module_build_id(m, &id), 20);
	ck_assert_uint_eq(id[0], 0x01);
	ck_assert(module_has_dwarf(m));
	module_close(m);
}
END_TEST

START_TEST(wrong_debug_file)
{
	struct module *m;
	size_t len;
	uint8_t *bytes = read_file(victim("di-linked.debug"), &len);
	const char *path = victim("di-linked.debug");

	/* One byte of the link's target is another: the checksum tells. */
	bytes[len / 2] ^= 1;
	write_file(path, bytes, len);
	m = open_victim("di-linked");
	ck_assert(!module_has_dwarf(m));
	module_close(m);
	bytes[len / 2] ^= 1;
	write_file(victim("di-linked.debug"), bytes, len);
	m = open_victim("di-linked");
	ck_assert(module_has_dwarf(m));
	module_close(m);
	free(bytes);
}
END_TEST

START_TEST(cxx_names)
{
	struct module *m = open_victim_maybe("di-cxx");
	struct collected *c;
	char *text;

	if (!m)
		return;
	c = match(m, "shop::crate::total");
	ck_assert_uint_eq(c->n, 2);
	text = symbol_demangle(c->list[0].name);
	ck_assert_ptr_nonnull(strstr(text, "shop::crate::total("));
	free(text);
	c = match(m, "shop::crate::total(int) const");
	ck_assert_uint_eq(c->n, 1);
	ck_assert_str_eq(c->list[0].name, "_ZNK4shop5crate5totalEi");
	ck_assert_uint_eq(match(m, "_ZNK4shop5crate5totalEi")->n, 1);
	ck_assert_uint_eq(match(m, "total")->n, 0);
	ck_assert_uint_eq(match(m, "shop::crate::operator()")->n, 1);
	ck_assert_uint_eq(match(m, "shop::twice<int>")->n, 1);
	ck_assert_uint_eq(match(m, "shop::twice<*")->n, 2);
	ck_assert_uint_eq(match(m, "free_function")->n, 1);
	ck_assert_uint_ge(match(m, "shop::crate::*")->n, 4);
	ck_assert_uint_eq(match(m, "main")->n, 1);
	module_close(m);
}
END_TEST

static bool offered(const char *const *near, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(near[i], name))
			return true;
	return false;
}

START_TEST(near_names)
{
	struct module *m = open_victim("di-O0");
	const char *near[3];
	size_t n = module_near(m, "use_nide", near, 3);

	ck_assert(offered(near, n, "use_node"));
	n = module_near(m, "get_txet", near, 3);
	ck_assert(n >= 1 && !strcmp(near[0], "get_text"));
	n = module_near(m, "node", near, 3);
	ck_assert(offered(near, n, "use_node"));
	ck_assert_uint_eq(module_near(m, "zzzzzzzzzzzzzz", near, 3), 0);
	ck_assert_uint_eq(module_near(m, "", near, 3), 0);
	module_close(m);
	m = open_victim_maybe("di-cxx");
	n = m ? module_near(m, "crate::total", near, 3) : 0;
	ck_assert(!m || offered(near, n, "shop::crate::total"));
	module_close(m);
}
END_TEST

/* The libc that this very program runs: addresses are known. */
START_TEST(libc)
{
	char path[PATH_MAX];
	struct err err;
	struct module *m;
	struct symbol sym;
	struct collected *c;
	uint64_t first;

	ck_assert_int_eq(library_find("libc", 0, path, sizeof(path), &err), 0);
	ck_assert_int_eq(module_open(path, NULL, NULL, &m, &err), 0);
	c = match(m, "malloc");
	ck_assert_uint_eq(c->n, 1);
	ck_assert_str_eq(c->list[0].name, "malloc");
	c = match(m, "memcpy");
	ck_assert_uint_eq(c->n, 1);
	ck_assert_str_eq(c->list[0].name, "memcpy");
	ck_assert(c->list[0].is_ifunc);
	first = c->list[0].addr;
	ck_assert_int_eq(module_symbol(m, "memcpy", &sym), 0);
	ck_assert_uint_eq(sym.addr, first);
	ck_assert_uint_gt(match(m, "*")->n, 2000);
	c = match(m, "__libc_mallo*");
	ck_assert_uint_ge(c->n, 1);
	module_close(m);
}
END_TEST

static void is_mapped_library(const char *name)
{
	char path[PATH_MAX];
	struct err err = {0};

	ck_assert_msg(!library_find(name, getpid(), path, sizeof(path), &err),
		      "%s: %s", name, err.text);
	ck_assert_msg(strstr(path, "/libc.so.6"), "%s: %s", name, path);
}

START_TEST(libraries)
{
	char path[PATH_MAX];
	struct err err;

	is_mapped_library("c");
	is_mapped_library("libc");
	is_mapped_library("libc.so");
	is_mapped_library("libc.so.6");
	ck_assert_int_eq(library_find("c.so.6", 0, path, sizeof(path), &err),
			 ERR_NOENT);
	ck_assert_int_eq(
		library_find("libnothere", 0, path, sizeof(path), &err),
		ERR_NOENT);
	ck_assert_msg(strstr(err.text, "libnothere"), "%s", err.text);
	ck_assert_int_eq(library_find("", 0, path, sizeof(path), &err),
			 ERR_INVAL);
	ck_assert_int_eq(library_find("libc", getpid(), path, 4, &err),
			 ERR_LIMIT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		refusals,  truncated_and_foreign,
		segments,  by_name_and_address,
		stripped,  wrong_debug_file,
		cxx_names, near_names,
		libc,	   libraries,
	};

	return di_run("debuginfo-symbols", tests,
		      sizeof(tests) / sizeof(*tests));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "syscalls.h"
#include "files.h"
#include "syscall-args.h"

#include <stdio.h>
#include <string.h>

enum { NR_MAX = 600, ARGS_MAX = 6, NAME_MAX_LEN = 40, WORD = 8 };

static const struct syscall {
	const char *name, *args;
} syscalls[] = {
#define ROW(name, args) {#name, args},
	SYSCALL_ARGS(ROW) SYSCALL_ARGS_32(ROW)
#undef ROW
};

/* Some tracepoints are named after the kernel's function, not after the call.
 */
static const struct {
	const char *tracepoint, *name;
	bool only_64; /* 32-bit programs have both */
} other_names[] = {
	{"newstat", "stat"},   {"newlstat", "lstat"},
	{"newfstat", "fstat"}, {"newuname", "uname"},
	{"umount", "umount2"}, {"sendfile64", "sendfile", true},
};

static const char *call_name(const struct arch *arch, const char *tracepoint)
{
	for (size_t i = 0; i < sizeof(other_names) / sizeof(*other_names); i++)
		if (!strcmp(other_names[i].tracepoint, tracepoint) &&
		    !(other_names[i].only_64 && arch->word_size == 4))
			return other_names[i].name;
	return tracepoint;
}

static int64_t number(const struct arch *arch, const char *tracepoint)
{
	const char *wanted = call_name(arch, tracepoint), *name;

	for (int64_t nr = 0; nr < NR_MAX; nr++) {
		name = arch->syscall_name(nr);
		if (name && !strcmp(name, wanted))
			return nr;
	}
	return -1;
}

bool syscalls_has(const struct arch *arch, const char *name)
{
	return number(arch, name) >= 0;
}

int syscalls_match(const struct arch *arch, const char *pattern, syscall_fn *fn,
		   void *ctx)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(syscalls) / sizeof(*syscalls);
	     i++) {
		int64_t nr;

		if (!pattern_match(pattern, syscalls[i].name))
			continue;
		nr = number(arch, syscalls[i].name);
		if (nr >= 0)
			rc = fn(ctx, syscalls[i].name, nr);
	}
	return rc;
}

/* ---- arguments ---------------------------------------------------------- */

struct arg {
	char name[NAME_MAX_LEN];
	bool is_pointer, is_signed;
};

/* "-fd *buf count"; of an exit there is one thing to tell. */
static size_t parse_args(const char *name, bool at_exit, struct arg *ret)
{
	const char *text = at_exit ? "-ret" : "";
	size_t n = 0;

	for (size_t i = 0;
	     name && !at_exit && i < sizeof(syscalls) / sizeof(*syscalls); i++)
		if (!strcmp(syscalls[i].name, name))
			text = syscalls[i].args;
	while (*text && n < ARGS_MAX) {
		size_t len = strcspn(text, " ");
		bool marked = *text == '*' || *text == '-';

		ret[n].is_pointer = *text == '*';
		ret[n].is_signed = *text == '-';
		snprintf(ret[n].name, sizeof(ret[n].name), "%.*s",
			 (int)(len - marked), text + marked);
		n++;
		text += len + (text[len] == ' ');
	}
	return n;
}

static const struct ctype *type_of(const struct arg *a, struct ctypes *ts)
{
	const struct ctype *byte;

	if (!a->is_pointer)
		return ctype_int(ts, WORD, a->is_signed);
	byte = ctype_int(ts, 1, true);
	return byte ? ctype_ptr(ts, byte, WORD) : NULL;
}

/* The kernel has its number first. */
static struct arg number_arg(const char *name)
{
	struct arg arg = {.is_signed = true};

	strcpy(arg.name, name ? "__syscall_nr" : "id");
	return arg;
}

int syscall_args(const char *name, bool at_exit, struct ctypes *ts,
		 const struct ctype **ret, struct err *err)
{
	struct arg args[1 + ARGS_MAX] = {number_arg(name)};
	size_t n = 1 + parse_args(name, at_exit, args + 1);
	struct ctype *type = ctype_make(ts, CTYPE_STRUCT, NULL, n * WORD);
	struct cfield *fields = ctypes_alloc(ts, (n + 1) * sizeof(*fields));

	if (!type || !fields)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		fields[i] = (struct cfield){
			.name = ctypes_strdup(ts, args[i].name),
			.type = type_of(&args[i], ts),
			.offset = i * WORD,
		};
		if (!fields[i].name || !fields[i].type)
			return err_set(err, ERR_NOMEM, "out of memory");
	}
	type->fields = fields;
	type->nfields = n;
	*ret = type;
	return 0;
}

static int no_such(const char *member, const struct arg *args, size_t n,
		   struct err *err)
{
	char list[ARGS_MAX * (NAME_MAX_LEN + 2)] = "";

	for (size_t i = 0; i < n; i++) {
		strcat(list, i ? ", " : "");
		strcat(list, args[i].name);
	}
	return err_set(err, ERR_NOENT,
		       "there is no args.%s; there is %s%s__syscall_nr", member,
		       list, n ? " and " : "");
}

/* In 64 bits, as the kernel tells them: of a narrower register, the sign is to
 * be spread. */
static void widen(const struct arch *arch, const struct arg *a, struct loc *loc)
{
	uint64_t unused = 64 - 8 * (uint64_t)arch->word_size;

	if (!a->is_signed || !unused)
		return;
	for (int i = 0; i < 2; i++) {
		loc->ops[loc->nops].code = LOC_CONST;
		loc->ops[loc->nops++].arg = unused;
		loc->ops[loc->nops++].code = i ? LOC_SAR : LOC_SHL;
	}
}

int syscall_arg(const struct arch *arch, const char *name, int64_t nr,
		bool at_exit, const char *member, struct ctypes *ts,
		const struct ctype **ret_type, struct loc *ret, struct err *err)
{
	struct arg args[ARGS_MAX], first = number_arg(name);
	size_t n = parse_args(name, at_exit, args), i = 0;

	*ret = (struct loc){.kind = LOC_IN_VALUE, .nops = 1};
	if (!strcmp(member, first.name)) {
		ret->ops[0].code = name ? LOC_CONST : LOC_REG;
		ret->ops[0].arg = name ? (uint64_t)nr : ABI_DWARF_CALL;
		*ret_type = type_of(&first, ts);
	} else {
		while (i < n && strcmp(args[i].name, member))
			i++;
		if (i == n)
			return no_such(member, args, n, err);
		ret->ops[0].code = LOC_REG;
		ret->ops[0].arg =
			(uint64_t)(at_exit ? arch->syscall_ret_dwarf
					   : arch->syscall_args_dwarf[i]);
		*ret_type = type_of(&args[i], ts);
		widen(arch, &args[i], ret);
	}
	return *ret_type ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

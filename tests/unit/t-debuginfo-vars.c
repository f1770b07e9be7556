/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arguments and variables: victims compiled in many ways are stopped, and
 * what the locations say must be the values that the program really passed.
 * Types and lines as they are in the victims' source.
 */
#include <config.h>

#include "di-proc.h"

#include <elf.h>
#include <limits.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

/* ---- a tiny interpreter of struct loc ---- */

static uint64_t reg_value(struct di_proc *p, uint64_t dwarf)
{
	const struct arch_reg *reg = arch_reg_dwarf(p->arch, (int)dwarf);

	ck_assert_ptr_nonnull(reg);
	return arch_reg_get(p->arch, &p->regs, reg);
}

static uint64_t evaluate(struct di_proc *p, const struct loc *l)
{
	uint64_t st[LOC_OPS_MAX + 2], v;
	size_t n = 0;

	for (size_t i = 0; i < l->nops; i++) {
		uint64_t arg = l->ops[i].arg;

		switch (l->ops[i].code) {
		case LOC_CONST:
			st[n++] = arg;
			break;
		case LOC_REG:
			st[n++] = reg_value(p, arg);
			break;
		case LOC_MODADDR:
			st[n++] = arg + p->bias;
			break;
		case LOC_PLUS_CONST:
			ck_assert_uint_ge(n, 1);
			st[n - 1] += arg;
			break;
		case LOC_ADD:
			ck_assert_uint_ge(n, 2);
			n--;
			st[n - 1] += st[n];
			break;
		case LOC_MUL:
			ck_assert_uint_ge(n, 2);
			n--;
			st[n - 1] *= st[n];
			break;
		case LOC_AND:
			ck_assert_uint_ge(n, 2);
			n--;
			st[n - 1] &= st[n];
			break;
		case LOC_SHL:
			ck_assert_uint_ge(n, 2);
			n--;
			st[n - 1] <<= st[n];
			break;
		case LOC_SHR:
			ck_assert_uint_ge(n, 2);
			n--;
			st[n - 1] >>= st[n];
			break;
		case LOC_DEREF:
			ck_assert_uint_ge(n, 1);
			v = 0;
			ck_assert(!di_read(&p->pid, st[n - 1], &v, arg));
			st[n - 1] = v;
			break;
		default:
			ck_abort_msg("operation %d", (int)l->ops[i].code);
		}
	}
	ck_assert_uint_eq(n, 1);
	return p->arch->word_size == 8 ? st[0] : (uint32_t)st[0];
}

static void read_vector(struct di_proc *p, unsigned n, void *buf, size_t len)
{
	struct user_fpregs_struct fp;
	struct iovec iov = {&fp, sizeof(fp)};

	ck_assert(!ptrace(PTRACE_GETREGSET, p->pid, NT_PRFPREG, &iov));
	memcpy(buf, (char *)fp.xmm_space + 16 * n, len);
}

/* The bytes of a variable at the current pc. */
static const struct ctype *fetch(struct di_proc *p, struct module *m,
				 struct ctypes *ts, const char *name, void *buf,
				 size_t size)
{
	const struct ctype *type = NULL;
	struct err err = {0};
	struct loc l;
	uint64_t v;
	int rc = module_var_loc(m, p->arch->pc(&p->regs) - p->bias, name, ts,
				&type, &l, &err);

	ck_assert_msg(!rc, "%s: %s: %s", module_path(m), name, err.text);
	memset(buf, 0, size);
	if (type->size < size)
		size = type->size;
	switch (l.kind) {
	case LOC_IN_MEMORY:
		v = evaluate(p, &l);
		ck_assert_msg(!di_read(&p->pid, v, buf, size), "%s: at %lx",
			      name, (long)v);
		break;
	case LOC_IN_VALUE:
		v = evaluate(p, &l);
		ck_assert_uint_le(size, 8);
		memcpy(buf, &v, size);
		break;
	case LOC_IN_VECTOR:
		read_vector(p, l.reg - 17u, buf, size);
		break;
	}
	return type;
}

static int64_t fetch_int(struct di_proc *p, struct module *m, struct ctypes *ts,
			 const char *name)
{
	int64_t v = 0;
	const struct ctype *t = fetch(p, m, ts, name, &v, sizeof(v));
	unsigned bits = 64 - 8 * (unsigned)t->size;

	ck_assert(t->size >= 1 && t->size <= 8);
	return t->is_signed ? (int64_t)((uint64_t)v << bits) >> bits
			    : (int64_t)((uint64_t)v << bits >> bits);
}

static void expect(struct di_proc *p, struct module *m, struct ctypes *ts,
		   const char *name, int64_t want)
{
	int64_t v = fetch_int(p, m, ts, name);

	ck_assert_msg(v == want, "%s: %s is %lld, should be %lld",
		      module_path(m), name, (long long)v, (long long)want);
}

static void enter(struct di_proc *p, struct module *m, const char *func)
{
	di_run_to(p, function_of(m, func) + p->bias);
}

/* Which line of the victims' source has this text. */
static int victim_line(const char *text)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX], line[512];
	int no = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/unit/di-victim.c",
		 top ? top : "..");
	f = fopen(path, "r");
	ck_assert_msg(f, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		no++;
		if (!strstr(line, text))
			continue;
		fclose(f);
		return no;
	}
	ck_abort_msg("no line has %s", text);
	return 0;
}

/* ---- at a function's first instruction ---- */

static void in_make_big(struct di_proc *p, struct module *m, struct ctypes *ts)
{
	enter(p, m, "make_big");
	expect(p, m, ts, "n", 77);
	expect(p, m, ts, "m", 78);
}

static void in_six(struct di_proc *p, struct module *m, struct ctypes *ts)
{
	enter(p, m, "six");
	expect(p, m, ts, "a", 1);
	expect(p, m, ts, "b", 2);
	expect(p, m, ts, "c", 3);
	expect(p, m, ts, "d", 4);
	expect(p, m, ts, "e", 5);
	expect(p, m, ts, "f", 6);
	expect(p, m, ts, "global_counter", 42);
	expect(p, m, ts, "static_counter", 7);
}

static void in_nine(struct di_proc *p, struct module *m, struct ctypes *ts)
{
	char name[2] = "a";

	enter(p, m, "nine");
	for (int i = 1; i <= 9; i++, name[0]++)
		expect(p, m, ts, name, i);
}

/* A double that a function returns: not in the register of numbers. */
static void floats_back(struct module *m, struct ctypes *ts)
{
	const struct ctype *args, *ret;
	struct arch_vector v;
	struct symbol sym;
	struct err err;
	struct loc loc;

	ck_assert_int_eq(module_symbol(m, "floats", &sym), 0);
	ck_assert_int_eq(module_func_args(m, sym.addr, ts, &args, &ret, &err),
			 0);
	ck_assert(module_return_loc(m, ret, &loc));
	ck_assert_int_eq(loc.kind, LOC_IN_VECTOR);
	ck_assert(module_arch(m)->vector(loc.reg, &v));
	ck_assert(!module_return_loc(m, args, &loc));
}

static void in_floats(struct di_proc *p, struct module *m, struct ctypes *ts)
{
	const struct ctype *t;
	double d;
	float f;
	long double ld = 0;

	enter(p, m, "floats");
	expect(p, m, ts, "n", 1);
	t = fetch(p, m, ts, "d", &d, sizeof(d));
	ck_assert(t->kind == CTYPE_FLOAT && t->size == 8);
	ck_assert(d == 2);
	t = fetch(p, m, ts, "f", &f, sizeof(f));
	ck_assert(t->kind == CTYPE_FLOAT && t->size == 4);
	ck_assert(f == 3);
	t = fetch(p, m, ts, "ld", &ld, 10);
	ck_assert(t->kind == CTYPE_FLOAT);
	ck_assert(ld == 4);
	fetch(p, m, ts, "e", &d, sizeof(d));
	ck_assert(d == 5);
}

static void in_structs(struct di_proc *p, struct module *m, struct ctypes *ts)
{
	const struct ctype *t;
	const char *name = module_path(m);
	long pair[2], big[5];
	int32_t pair32[2], big32[5];
	struct err err;
	struct loc l;
	int rc;

	enter(p, m, "structs");
	if (p->arch->word_size == 4) {
		fetch(p, m, ts, "p", pair32, sizeof(pair32));
		ck_assert(pair32[0] == 1 && pair32[1] == 2);
		fetch(p, m, ts, "b", big32, sizeof(big32));
		ck_assert(big32[0] == 1 && big32[4] == 5);
	} else {
		t = fetch(p, m, ts, "b", big, sizeof(big));
		ck_assert_uint_eq(t->size, 40);
		ck_assert(big[0] == 1 && big[4] == 5);
		/* In rdi and rsi: no one place. */
		rc = module_var_loc(m, p->arch->pc(&p->regs) - p->bias, "p", ts,
				    &t, &l, &err);
		ck_assert_msg(rc == ERR_UNSUPP, "%s: %d", name, rc);
		ck_assert_msg(strstr(err.text, "p "), "%s", err.text);
		(void)pair;
	}
	expect(p, m, ts, "tail", 9);
}

static void in_use_node(struct di_proc *p, struct module *m, struct ctypes *ts)
{
	const struct ctype *t;
	uint64_t v = 0;

	enter(p, m, "use_node");
	t = fetch(p, m, ts, "n", &v, 8);
	ck_assert(t->kind == CTYPE_PTR && t->to->kind == CTYPE_STRUCT);
	ck_assert_str_eq(t->to->name, "node");
	ck_assert_uint_eq(v, function_of(m, "global_node") + p->bias);
	expect(p, m, ts, "c", 2);
	expect(p, m, ts, "yes", 1);
}

static void all_arguments(const char *name)
{
	struct module *m = open_victim_maybe(name);
	struct ctypes *ts = ctypes_new();
	struct di_proc p;

	if (!m)
		return;
	di_start(&p, name);
	in_make_big(&p, m, ts);
	in_six(&p, m, ts);
	in_nine(&p, m, ts);
	if (p.arch->word_size == 8)
		in_floats(&p, m, ts);
	floats_back(m, ts);
	in_structs(&p, m, ts);
	in_use_node(&p, m, ts);
	di_end(&p);
	module_close(m);
	ctypes_free(ts);
}

START_TEST(arguments_unoptimised)
{
	all_arguments("di-O0");
	all_arguments("di-O0-dwarf4");
}
END_TEST

START_TEST(arguments_optimised)
{
	all_arguments("di-O2");
	all_arguments("di-O2-dwarf4");
	all_arguments("di-nopie");
	all_arguments("di-dframe");
	all_arguments("di-zdebug");
}
END_TEST

START_TEST(arguments_clang)
{
	all_arguments("di-clang");
	all_arguments("di-clang-O2");
}
END_TEST

START_TEST(arguments_m32)
{
	all_arguments("di-m32");
	all_arguments("di-m32-O2");
}
END_TEST

START_TEST(arguments_cxx)
{
	struct module *m = open_victim_maybe("di-cxx");
	struct ctypes *ts = ctypes_new();
	uint64_t string[4];
	struct di_proc p;
	char text[4];

	if (!m)
		return;
	di_start(&p, "di-cxx");
	enter(&p, m, "_Z10make_ownerPil");
	expect(&p, m, ts, "n", 99);
	enter(&p, m,
	      "_Z8by_valueiNSt7__cxx1112basic_stringIcSt11char_traitsIc"
	      "ESaIcEEEi");
	expect(&p, m, ts, "before", 5);
	expect(&p, m, ts, "after", 6);
	fetch(&p, m, ts, "s", string, sizeof(string));
	ck_assert_uint_eq(string[1], 3); /* length */
	ck_assert(!di_read(&p.pid, string[0], text, 4));
	ck_assert_str_eq(text, "abc");
	di_end(&p);
	module_close(m);
	ctypes_free(ts);
}
END_TEST

/* Every instruction of the prologue gives the same arguments. */
START_TEST(arguments_in_prologue)
{
	static const char *const names[] = {"di-O0", "di-clang", "di-m32"};
	int body = victim_line("return a + b * c");
	uint64_t from, line = 0;
	struct di_proc p;
	size_t n;
	int no;

	for (size_t i = 0; i < 3; i++) {
		struct module *m = open_victim_maybe(names[i]);
		struct ctypes *ts = ctypes_new();

		if (!m)
			continue;
		di_start(&p, names[i]);
		enter(&p, m, "six");
		from = p.arch->pc(&p.regs) - p.bias;
		ck_assert(!module_line_addrs(m, "di-victim.c", body, 0, &line,
					     1, &n, &no, NULL));
		ck_assert_uint_gt(line, from);
		for (uint64_t pc = from; pc != line;
		     pc = p.arch->pc(&p.regs) - p.bias) {
			if (pc >= from && pc < line) {
				expect(&p, m, ts, "a", 1);
				expect(&p, m, ts, "f", 6);
			}
			ck_assert(!ptrace(PTRACE_SINGLESTEP, p.pid, 0, 0));
			waitpid(p.pid, NULL, 0);
			di_get_regs(&p);
		}
		expect(&p, m, ts, "a", 1);
		expect(&p, m, ts, "f", 6);
		di_end(&p);
		module_close(m);
		ctypes_free(ts);
	}
}
END_TEST

static uint64_t line_addr(struct module *m, const char *text)
{
	struct err err = {0};
	int want = victim_line(text), got = 0;
	uint64_t addr;
	size_t n = 0;

	ck_assert_msg(!module_line_addrs(m, "di-victim.c", want, 0, &addr, 1,
					 &n, &got, &err),
		      "%s", err.text);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(got, want);
	return addr;
}

/* In the middle of a function: what is stored, also in inner scopes. */
START_TEST(locals)
{
	static const char *const names[] = {"di-O0", "di-O0-dwarf4", "di-clang",
					    "di-m32"};

	for (size_t i = 0; i < 4; i++) {
		struct module *m = open_victim_maybe(names[i]);
		struct ctypes *ts = ctypes_new();
		struct di_proc p;
		struct err err;
		const struct ctype *t;
		struct loc l;

		if (!m)
			continue;
		di_start(&p, names[i]);
		enter(&p, m, "use_node");
		di_run_to(&p, line_addr(m, "local += (int)inner") + p.bias);
		expect(&p, m, ts, "local", 2);
		expect(&p, m, ts, "i", 0);
		expect(&p, m, ts, "inner", 4);
		expect(&p, m, ts, "yes", 1);
		di_run_to(&p, line_addr(m, "local += (int)inner") + p.bias);
		expect(&p, m, ts, "local", 7);
		expect(&p, m, ts, "i", 1);
		expect(&p, m, ts, "inner", 14);
		di_run_to(&p, line_addr(m, "return local + static") + p.bias);
		ck_assert_int_eq(module_var_loc(m, p.arch->pc(&p.regs) - p.bias,
						"inner", ts, &t, &l, &err),
				 ERR_NOENT);
		ck_assert_msg(strstr(err.text, "use_node") &&
				      strstr(err.text, "local"),
			      "%s", err.text);
		di_end(&p);
		module_close(m);
		ctypes_free(ts);
	}
}
END_TEST

START_TEST(refused_variables)
{
	struct module *m = open_victim("di-O2"), *bare = open_victim("di-bare");
	struct ctypes *ts = ctypes_new();
	const struct ctype *t, *ret;
	struct err err;
	struct loc l;
	uint64_t six = function_of(m, "six");

	ck_assert_int_eq(
		module_var_loc(m, six, "thread_counter", ts, &t, &l, &err),
		ERR_UNSUPP);
	ck_assert_msg(strstr(err.text, "thread-local"), "%s", err.text);
	ck_assert_int_eq(
		module_var_loc(m, module_entry(m), "a", ts, &t, &l, &err),
		ERR_NOENT);
	ck_assert_msg(strstr(err.text, "_start"), "%s", err.text);
	ck_assert_int_eq(
		module_func_args(bare, module_entry(bare), ts, &t, &ret, &err),
		ERR_NOENT);
	ck_assert_msg(strstr(err.text, "no debug information"), "%s", err.text);
	module_close(m);
	module_close(bare);
	m = open_victim_maybe("di-split");
	if (m) {
		six = function_of(m, "six");
		ck_assert_int_eq(module_func_args(m, six, ts, &t, &ret, &err),
				 ERR_UNSUPP);
		ck_assert_msg(strstr(err.text, ".dwo"), "%s", err.text);
		module_close(m);
	}
	ctypes_free(ts);
}
END_TEST

/* ---- types ---- */

static const struct cfield *field(const struct ctype *t, const char *name,
				  uint64_t *off)
{
	const struct cfield *f = ctype_field(t, name, off);

	ck_assert_msg(f, "no field %s", name);
	return f;
}

static void check_node(const struct ctype *t, unsigned word)
{
	const struct cfield *f;
	uint64_t off;

	ck_assert_int_eq(t->kind, CTYPE_STRUCT);
	ck_assert_str_eq(t->name, "node");
	f = field(t, "next", &off);
	ck_assert_uint_eq(off, 0);
	ck_assert(f->type->kind == CTYPE_PTR && f->type->to == t);
	f = field(t, "name", &off);
	ck_assert_uint_eq(off, 2 * word);
	ck_assert(f->type->kind == CTYPE_ARRAY && f->type->count == 16 &&
		  f->type->to->is_char);
	f = field(t, "grid", &off);
	ck_assert(f->type->kind == CTYPE_ARRAY && f->type->count == 3);
	ck_assert(f->type->to->kind == CTYPE_ARRAY && f->type->to->count == 4);
	ck_assert_uint_eq(f->type->size, 48);
	f = field(t, "flag_a", &off);
	ck_assert_uint_eq(off, 2 * word + 64);
	ck_assert(f->bit_size == 1 && f->bit_offset == 0);
	f = field(t, "flag_b", &off);
	ck_assert(f->bit_size == 3 && f->bit_offset == 1 &&
		  off == 2 * word + 64);
	f = field(t, "wide", &off);
	ck_assert(f->bit_size == 20 && f->bit_offset == 4 &&
		  f->type->is_signed);
	f = field(t, "f", &off);
	ck_assert(f->type->kind == CTYPE_FLOAT && off == 2 * word + 68);
	f = field(t, "point", &off);
	ck_assert(f->type->kind == CTYPE_STRUCT && f->type->nfields == 2 &&
		  !f->type->fields[0].type->is_char);
	f = field(t, "colour", &off);
	ck_assert(f->type->kind == CTYPE_ENUM && f->type->nvalues == 3);
	ck_assert_str_eq(f->type->values[2].name, "BLUE");
	ck_assert_int_eq(f->type->values[2].value, -5);
	ck_assert(f->type->is_signed);
	f = field(t, "call", &off);
	ck_assert(f->type->kind == CTYPE_PTR &&
		  f->type->to->kind == CTYPE_FUNC);
	f = field(t, "text", &off);
	ck_assert(f->type->to->is_char);
	f = field(t, "unknown", &off);
	ck_assert(f->type->to->incomplete);
	ck_assert_ptr_null(ctype_field(t, "nosuch", &off));
}

START_TEST(types)
{
	static const char *const names[] = {
		"di-O0",  "di-O0-dwarf4", "di-O2", "di-clang",
		"di-m32", "di-linked",	  "di-id"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct module *m = open_victim_maybe(names[i]);
		struct ctypes *ts = ctypes_new();
		const struct ctype *t, *again;
		struct err err = {0};
		unsigned word;

		if (!m)
			continue;
		word = module_arch(m)->word_size;
		ck_assert_msg(!module_type(m, "struct node", ts, &t, &err),
			      "%s", err.text);
		check_node(t, word);
		ck_assert(!module_type(m, "struct node", ts, &again, &err));
		ck_assert_ptr_eq(t, again);
		ck_assert(!module_type(m, "word_t", ts, &t, &err));
		ck_assert(t->kind == CTYPE_INT && t->size == word &&
			  !t->is_signed);
		ck_assert(!module_type(m, "enum colour", ts, &t, &err));
		ck_assert(!module_type(m, "int", ts, &t, &err));
		ck_assert(t->size == 4 && t->is_signed);
		ck_assert_int_eq(module_type(m, "struct nosuch", ts, &t, &err),
				 ERR_NOENT);
		ck_assert_msg(strstr(err.text, "struct nosuch"), "%s",
			      err.text);
		module_close(m);
		ctypes_free(ts);
	}
}
END_TEST

static int first_symbol(void *ctx, const struct symbol *sym)
{
	*(struct symbol *)ctx = *sym;
	return 1;
}

START_TEST(signatures)
{
	static const char *const names[] = {"di-O0", "di-O2", "di-clang",
					    "di-linked"};
	const struct ctype *args, *ret;
	struct symbol sym = {0};
	struct err err = {0};

	for (size_t i = 0; i < 4; i++) {
		struct module *m = open_victim_maybe(names[i]);
		struct ctypes *ts = ctypes_new();

		if (!m)
			continue;
		module_match_funcs(m, "use_node", first_symbol, &sym);
		ck_assert_msg(
			!module_func_args(m, sym.addr, ts, &args, &ret, &err),
			"%s", err.text);
		ck_assert_uint_eq(args->nfields, 4);
		ck_assert_str_eq(args->fields[0].name, "n");
		ck_assert_str_eq(args->fields[3].name, "fn");
		ck_assert_uint_eq(args->fields[1].offset, 8);
		ck_assert_uint_eq(args->fields[2].offset, 12);
		ck_assert(args->fields[2].type->is_bool);
		ck_assert_uint_eq(args->fields[3].offset, 16);
		ck_assert(ret->kind == CTYPE_INT && ret->size == 4);
		module_close(m);
		ctypes_free(ts);
	}
}
END_TEST

START_TEST(cxx_types)
{
	struct module *m = open_victim_maybe("di-cxx");
	struct ctypes *ts = ctypes_new();
	const struct ctype *args, *ret, *crate;
	struct err err = {0};
	struct symbol sym = {0};
	uint64_t off;

	if (!m)
		return;
	module_match_funcs(m, "shop::crate::total(int) const", first_symbol,
			   &sym);
	ck_assert_msg(!module_func_args(m, sym.addr, ts, &args, &ret, &err),
		      "%s", err.text);
	ck_assert_uint_eq(args->nfields, 2);
	ck_assert_str_eq(args->fields[0].name, "this");
	ck_assert_str_eq(args->fields[1].name, "factor");
	crate = args->fields[0].type->to;
	ck_assert_str_eq(crate->name, "crate");
	field(crate, "price", &off);
	ck_assert_uint_eq(off, 8); /* behind the vtable, in the base */
	field(crate, "count", &off);
	ck_assert_uint_eq(off, 12);
	module_match_funcs(m, "free_function", first_symbol, &sym);
	ck_assert(!module_func_args(m, sym.addr, ts, &args, &ret, &err));
	ck_assert_int_eq(args->fields[0].type->kind, CTYPE_PTR);
	module_close(m);
	ctypes_free(ts);
}
END_TEST

/* ---- lines ---- */

START_TEST(lines)
{
	static const char *const names[] = {"di-O0",	    "di-O2",
					    "di-O0-dwarf4", "di-clang",
					    "di-m32",	    "di-linked"};
	int want = victim_line("return \"text\"");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct module *m = open_victim_maybe(names[i]);
		const char *file;
		uint64_t addr = 0;
		struct symbol sym;
		struct err err = {0};
		size_t n;
		int line = 0;

		if (!m)
			continue;
		ck_assert_msg(!module_line_addrs(m, "unit/di-victim.c", want, 0,
						 &addr, 1, &n, &line, &err),
			      "%s: %s", names[i], err.text);
		ck_assert_int_eq(line, want);
		ck_assert_int_eq(module_line_at(m, addr, &file, &line), 0);
		ck_assert_int_eq(line, want);
		ck_assert_msg(strstr(file, "di-victim.c"), "%s", file);
		if (!module_symbol_at(m, addr, &sym))
			ck_assert_str_eq(sym.name, "get_text");
		/* A comment: the next line that has code. */
		ck_assert(!module_line_addrs(m, "di-victim.c", 3, 0, &addr, 1,
					     &n, &line, &err));
		ck_assert_int_gt(line, 40);
		ck_assert_int_eq(module_line_addrs(m, "di-victim.c", 100000, 0,
						   &addr, 1, &n, &line, &err),
				 ERR_NOENT);
		ck_assert_int_eq(module_line_addrs(m, "victim.c", want, 0,
						   &addr, 1, &n, &line, &err),
				 ERR_NOENT);
		ck_assert_msg(strstr(err.text, "victim.c"), "%s", err.text);
		ck_assert_int_eq(module_line_at(m, module_entry(m) ^ 0x7000000,
						&file, &line),
				 ERR_NOENT);
		module_close(m);
	}
}
END_TEST

/* ---- USDT ---- */

struct notes {
	char text[4096];
	size_t n;
	uint64_t pc[8], sema[8];
};

static int add_note(void *ctx, const struct usdt_note *note)
{
	struct notes *ns = ctx;

	ck_assert_uint_lt(ns->n, 8);
	ns->pc[ns->n] = note->pc;
	ns->sema[ns->n++] = note->semaphore;
	strcat(ns->text, note->provider);
	strcat(ns->text, ":");
	strcat(ns->text, note->name);
	strcat(ns->text, "(");
	strcat(ns->text, note->args);
	strcat(ns->text, ") ");
	return 0;
}

START_TEST(usdt_notes)
{
	static const char *const names[] = {"di-O0",  "di-O2",	 "di-nopie",
					    "di-m32", "di-bare", "di-static"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct module *m = open_victim_maybe(names[i]);
		struct notes ns = {.n = 0};
		struct symbol sym;
		uint64_t off;
		uint8_t code = 0;

		if (!m)
			continue;
		ck_assert_int_eq(module_usdt(m, add_note, &ns), 0);
		ck_assert_msg(strstr(ns.text, "shop:sale(-4@%edi 8@$5) "
					      "shop:return() "),
			      "%s: %s", names[i], ns.text);
		for (size_t j = 0; j < 2; j++) {
			module_read(m, ns.pc[j], &code, 1);
			ck_assert_uint_eq(code, 0x90);
			if (!module_symbol_at(m, ns.pc[j], &sym))
				ck_assert_str_eq(sym.name, "probed");
			if (!module_symbol(m, "sema", &sym))
				ck_assert_uint_eq(ns.sema[j], sym.addr);
			ck_assert_int_eq(
				module_vaddr_to_offset(m, ns.sema[j], &off), 0);
		}
		module_close(m);
	}
}
END_TEST

static void loc_text(const struct usdt_arg *a, char *out, size_t size)
{
	static const char *const ops[] = {
#define NAME(name) #name,
		LOC_OP_LIST(NAME)
#undef NAME
	};
	size_t n = (size_t)snprintf(out, size, "%s%d%s %s",
				    a->is_signed ? "-" : "", a->size,
				    a->is_float ? "f" : "",
				    a->loc.kind == LOC_IN_MEMORY   ? "mem"
				    : a->loc.kind == LOC_IN_VECTOR ? "vec"
								   : "val");

	for (size_t i = 0; i < a->loc.nops; i++)
		n += (size_t)snprintf(out + n, size - n, " %s:%lld",
				      ops[a->loc.ops[i].code],
				      (long long)a->loc.ops[i].arg);
}

START_TEST(usdt_specs)
{
	static const struct {
		const char *spec, *text;
	} cases[] = {
		{"-4@%edi", "-4 val REG:5"},
		{"8@$5", "8 val CONST:5"},
		{"-4@$-1", "-4 val CONST:-1"},
		{"8@-16(%rbp)", "8 mem CONST:-16 REG:6 ADD:0"},
		{"8@(%rax,%rbx,8)",
		 "8 mem CONST:0 REG:0 ADD:0 REG:3 CONST:8 MUL:0 ADD:0"},
		{"4@12(,%r9,4)", "4 mem CONST:12 REG:9 CONST:4 MUL:0 ADD:0"},
		{"1@%ah", "1 val REG:0 CONST:8 SHR:0"},
		{"1@%sil", "1 val REG:4"},
		{"2@%r10w", "2 val REG:10"},
		{"4@%r15d", "4 val REG:15"},
		{"8@%rsp", "8 val REG:7"},
		{"8f@%xmm3", "8f vec"},
		{"%rdx", "8 val REG:1"},
		{"8@0x10(%rsp)", "8 mem CONST:16 REG:7 ADD:0"},
	};
	static const char *const bad[] = {"4@",
					  "4@%zax",
					  "3@%eax",
					  "@%eax",
					  "4@(%rax",
					  "4@(%rax,2)",
					  "4@8(%rip)",
					  "4@$foo",
					  "4@%eax,x",
					  "4@(%rax,%rbx,3)",
					  "4@nosuch(%rip)",
					  "x@%eax",
					  "4@()",
					  "99999999999999999999@%eax",
					  "4@(%xmm0)"};
	struct module *m = open_victim("di-O0");
	struct usdt_arg args[USDT_ARGS_MAX];
	char text[512], sym[64];
	struct err err = {0};
	size_t n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_msg(
			!usdt_parse_args(m, cases[i].spec, args, &n, &err),
			"%s", err.text);
		ck_assert_uint_eq(n, 1);
		loc_text(args, text, sizeof(text));
		ck_assert_str_eq(text, cases[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err.text[0] = 0;
		ck_assert_msg(usdt_parse_args(m, bad[i], args, &n, &err) < 0,
			      "%s", bad[i]);
		ck_assert_msg(strstr(err.text, bad[i]), "%s", err.text);
	}
	ck_assert_int_eq(usdt_parse_args(m, "4@global_counter+4(%rip) 8@%rdi",
					 args, &n, &err),
			 0);
	ck_assert_uint_eq(n, 2);
	loc_text(args, text, sizeof(text));
	snprintf(sym, sizeof(sym), "4 mem MODADDR:%lld",
		 (long long)function_of(m, "global_counter") + 4);
	ck_assert_str_eq(text, sym);
	ck_assert_int_eq(usdt_parse_args(m, "", args, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	module_close(m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		arguments_unoptimised,
		arguments_optimised,
		arguments_clang,
		arguments_m32,
		arguments_in_prologue,
		arguments_cxx,
		locals,
		refused_variables,
		types,
		signatures,
		cxx_types,
		lines,
		usdt_notes,
		usdt_specs,
	};

	return di_run("debuginfo-vars", tests, sizeof(tests) / sizeof(*tests));
}

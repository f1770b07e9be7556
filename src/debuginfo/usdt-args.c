/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The argument specs of USDT notes, which are assembler operands:
 *
 *   [-]SIZE[f]@OPERAND ...
 *
 *   $5  %edi  -16(%rbp)  (%rax,%rbx,8)  sym(%rip)  sym+8(%rip)  8(,%rcx,4)
 *
 * (that is x86; for PowerPC see usdt-ppc.c)
 *
 * A size is missing in some old notes: then it is the machine word.
 */
#include <config.h>

#include "usdt-int.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int usdt_bad(struct usdt_parser *s, int code, const char *why)
{
	return err_set(s->err, code, "the USDT argument \"%.*s\" %s",
		       (int)(s->end - s->start), s->start, why);
}

/* ---- registers ---- */

struct reg {
	uint8_t dwarf, size;
	uint8_t shift; /* of %ah: 8 */
	bool vector;
};

/* The 16 general registers by DWARF number; %r8 and up differ by suffix. */
static bool legacy_reg(const char *name, size_t len, bool is64, struct reg *r)
{
	static const struct {
		char name[3];
		uint8_t dwarf64, dwarf32;
	} regs[] = {
		{"ax", 0, 0}, {"dx", 1, 2}, {"cx", 2, 1}, {"bx", 3, 3},
		{"si", 4, 6}, {"di", 5, 7}, {"bp", 6, 5}, {"sp", 7, 4},
	};

	for (size_t i = 0; i < 8; i++) {
		const char *n = regs[i].name;

		r->dwarf = is64 ? regs[i].dwarf64 : regs[i].dwarf32;
		r->shift = 0;
		r->size = 0;
		if (len == 2 && !memcmp(name, n, 2))
			r->size = 2;
		else if (len == 3 && !memcmp(name + 1, n, 2))
			r->size = name[0] == 'r' && is64 ? 8
				  : name[0] == 'e'	 ? 4
							 : 0;
		else if (len == 3 && !memcmp(name, n, 2) && name[2] == 'l')
			r->size = 1; /* %sil */
		else if (i < 4 && len == 2 && name[0] == n[0] &&
			 (name[1] == 'l' || name[1] == 'h'))
			r->size = 1;
		if (!r->size)
			continue;
		if (i < 4 && r->size == 1 && name[1] == 'h')
			r->shift = 8;
		return true;
	}
	return false;
}

static bool numbered_reg(const char *name, size_t len, struct reg *r)
{
	char *end, text[8] = {0};
	unsigned long no;

	if (len < 2 || len > 4 || name[0] != 'r')
		return false;
	memcpy(text, name + 1, len - 1);
	no = strtoul(text, &end, 10);
	if (end == text || no < 8 || no > 15)
		return false;
	*r = (struct reg){.dwarf = (uint8_t)no};
	r->size = !*end					   ? 8
		  : !strcmp(end, "d")			   ? 4
		  : !strcmp(end, "w")			   ? 2
		  : !strcmp(end, "b") || !strcmp(end, "l") ? 1
							   : 0;
	return r->size;
}

static bool vector_reg(const char *name, size_t len, const struct abi *abi,
		       struct reg *r)
{
	char text[4] = {0}, *end;
	unsigned long no;

	if (len < 4 || len > 5 || memcmp(name, "xmm", 3))
		return false;
	memcpy(text, name + 3, len - 3);
	no = strtoul(text, &end, 10);
	if (*end || end == text || abi->vec_first + no > abi->vec_last)
		return false;
	*r = (struct reg){.dwarf = (uint8_t)(abi->vec_first + no),
			  .size = 16,
			  .vector = true};
	return true;
}

/* At '%'. */
static bool parse_reg(struct usdt_parser *s, struct reg *ret)
{
	bool is64 = s->abi->word_size == 8;
	const char *name;
	size_t len = 0;

	if (s->p == s->end || *s->p != '%')
		return false;
	name = ++s->p;
	while (s->p < s->end && ((*s->p >= 'a' && *s->p <= 'z') ||
				 (*s->p >= '0' && *s->p <= '9'))) {
		s->p++;
		len++;
	}
	*ret = (struct reg){0};
	if (legacy_reg(name, len, is64, ret) ||
	    (is64 && numbered_reg(name, len, ret)) ||
	    vector_reg(name, len, s->abi, ret))
		return true;
	if (is64 && len == 3 && !memcmp(name, "rip", 3)) {
		*ret = (struct reg){.dwarf = s->abi->pc, .size = 8};
		return true;
	}
	return false;
}

/* ---- numbers and symbols ---- */

bool usdt_number(struct usdt_parser *s, int64_t *ret)
{
	char text[32], *end;
	size_t len = 0;
	unsigned long long v;
	bool minus = false;

	if (s->p < s->end && (*s->p == '-' || *s->p == '+'))
		minus = *s->p++ == '-';
	while (s->p + len < s->end && len < sizeof(text) - 1 &&
	       strchr("0123456789abcdefABCDEFx", s->p[len])) {
		text[len] = s->p[len];
		len++;
	}
	text[len] = 0;
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno)
		return false;
	s->p += end - text;
	*ret = (int64_t)(minus ? 0 - v : v);
	return true;
}

static bool is_symbol_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '$';
}

static int parse_symbol(struct usdt_parser *s, uint64_t *ret)
{
	char name[256];
	size_t len = 0;
	struct symbol sym;

	while (s->p + len < s->end && is_symbol_char(s->p[len]))
		len++;
	if (!len || len >= sizeof(name))
		return usdt_bad(s, ERR_FORMAT, "makes no sense");
	memcpy(name, s->p, len);
	name[len] = 0;
	s->p += len;
	if (module_symbol(s->m, name, &sym))
		return usdt_bad(s, ERR_NOENT,
				"refers to a symbol that the file "
				"does not have (stripped?)");
	*ret = sym.addr;
	return 0;
}

/* ---- operands ---- */

bool usdt_add(struct loc *l, enum loc_opcode code, uint64_t arg)
{
	if (l->nops == LOC_OPS_MAX)
		return false;
	l->ops[l->nops].code = code;
	l->ops[l->nops++].arg = arg;
	return true;
}

static int from_register(struct usdt_parser *s)
{
	struct loc *l = &s->arg->loc;
	struct reg r;

	if (!parse_reg(s, &r))
		return usdt_bad(s, ERR_UNSUPP,
				"names a register that upd does not "
				"know");
	if (r.vector) {
		l->kind = LOC_IN_VECTOR;
		l->reg = r.dwarf;
		s->arg->is_float = true;
		return 0;
	}
	l->kind = LOC_IN_VALUE;
	usdt_add(l, LOC_REG, r.dwarf);
	if (r.shift) {
		usdt_add(l, LOC_CONST, r.shift);
		usdt_add(l, LOC_SHR, 0);
	}
	return 0;
}

/* (base,index,scale) behind the displacement; base and index may be missing. */
static int parse_sib(struct usdt_parser *s, struct reg *base, struct reg *index,
		     int64_t *scale)
{
	*base = *index = (struct reg){0};
	*scale = 1;
	s->p++;
	if (s->p < s->end && *s->p == '%' && !parse_reg(s, base))
		return usdt_bad(s, ERR_UNSUPP,
				"names a register that upd does not "
				"know");
	if (s->p < s->end && *s->p == ',') {
		s->p++;
		if (!parse_reg(s, index) || index->vector)
			return usdt_bad(s, ERR_FORMAT, "makes no sense");
		if (s->p < s->end && *s->p == ',') {
			s->p++;
			if (!usdt_number(s, scale))
				return usdt_bad(s, ERR_FORMAT,
						"makes no sense");
		}
	}
	if (s->p >= s->end || *s->p++ != ')' || base->vector ||
	    (!base->size && !index->size) ||
	    (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8))
		return usdt_bad(s, ERR_FORMAT, "makes no sense");
	return 0;
}

/* A symbol is an address of the module; with (%rip) it still is, the
 * assembler's way of writing it. */
static int memory_operand(struct usdt_parser *s)
{
	struct loc *l = &s->arg->loc;
	struct reg base = {0}, index = {0};
	bool has_symbol = false, relative;
	uint64_t symbol = 0;
	int64_t disp = 0, scale = 1;
	int rc = 0;

	if (*s->p != '(' && !usdt_number(s, &disp)) {
		has_symbol = true;
		rc = parse_symbol(s, &symbol);
		if (!rc && s->p < s->end && (*s->p == '+' || *s->p == '-') &&
		    !usdt_number(s, &disp))
			rc = usdt_bad(s, ERR_FORMAT, "makes no sense");
	} else if (s->p < s->end && *s->p == '+') {
		s->p++;
		has_symbol = true;
		rc = parse_symbol(s, &symbol);
	}
	if (!rc && s->p < s->end && *s->p == '(')
		rc = parse_sib(s, &base, &index, &scale);
	if (rc)
		return rc;
	relative =
		base.size && base.dwarf == s->abi->pc && s->abi->word_size == 8;
	if (relative && !has_symbol)
		return usdt_bad(s, ERR_UNSUPP,
				"is relative to the program counter "
				"without saying where");
	l->kind = LOC_IN_MEMORY;
	if (has_symbol)
		usdt_add(l, LOC_MODADDR, symbol + (uint64_t)disp);
	else
		usdt_add(l, LOC_CONST, (uint64_t)disp);
	if (base.size && !relative) {
		usdt_add(l, LOC_REG, base.dwarf);
		usdt_add(l, LOC_ADD, 0);
	}
	if (index.size) {
		usdt_add(l, LOC_REG, index.dwarf);
		usdt_add(l, LOC_CONST, (uint64_t)scale);
		usdt_add(l, LOC_MUL, 0);
		usdt_add(l, LOC_ADD, 0);
	}
	return 0;
}

static int operand(struct usdt_parser *s)
{
	int64_t v;

	if (s->p == s->end)
		return usdt_bad(s, ERR_FORMAT, "is empty");
	if (*s->p == '%')
		return from_register(s);
	if (*s->p != '$')
		return memory_operand(s);
	s->p++;
	if (!usdt_number(s, &v))
		return usdt_bad(s, ERR_UNSUPP,
				"is a constant that only the linker "
				"knew");
	s->arg->loc.kind = LOC_IN_VALUE;
	usdt_add(&s->arg->loc, LOC_CONST, (uint64_t)v);
	return 0;
}

static int argument(struct usdt_parser *s)
{
	const char *at = memchr(s->p, '@', (size_t)(s->end - s->p));
	int64_t size = s->abi->word_size;
	int rc;

	*s->arg = (struct usdt_arg){0};
	if (at) {
		if (!usdt_number(s, &size))
			return usdt_bad(s, ERR_FORMAT, "has no size");
		if (s->p < at && *s->p == 'f') {
			s->arg->is_float = true;
			s->p++;
		}
		if (s->p != at)
			return usdt_bad(s, ERR_FORMAT, "has no size");
		s->p++;
	}
	s->arg->is_signed = size < 0;
	size = size < 0 ? -size : size;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return usdt_bad(s, ERR_UNSUPP, "is not of 1, 2, 4 or 8 bytes");
	s->arg->size = (uint8_t)size;
	rc = s->abi->machine == EM_PPC || s->abi->machine == EM_PPC64
		     ? usdt_ppc_operand(s)
		     : operand(s);
	if (rc)
		return rc;
	return s->p == s->end ? 0 : usdt_bad(s, ERR_FORMAT, "makes no sense");
}

int usdt_parse_args(struct module *m, const char *spec, struct usdt_arg *args,
		    size_t *ret_n, struct err *err)
{
	struct usdt_parser s = {.m = m, .abi = abi_of(m->arch), .err = err};
	size_t n = 0;
	int rc = 0;

	if (!s.abi)
		return err_set(err, ERR_UNSUPP,
			       "upd cannot read USDT "
			       "arguments of %s yet",
			       m->arch->name);
	for (spec += strspn(spec, " "); !rc && *spec;
	     spec += strspn(spec, " ")) {
		if (n == USDT_ARGS_MAX)
			return err_set(err, ERR_LIMIT,
				       "a USDT probe with more "
				       "than %d arguments",
				       USDT_ARGS_MAX);
		s.start = s.p = spec;
		spec += strcspn(spec, " ");
		s.end = spec;
		s.arg = &args[n++];
		rc = argument(&s);
	}
	if (!rc)
		*ret_n = n;
	return rc;
}

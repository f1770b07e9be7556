/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parameters and variables: which there are, of what type, and where at one
 * pc.
 */
#include <config.h>

#include "abi.h"
#include "buf.h"
#include "callconv.h"
#include "types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 256 };

static int no_dwarf(const struct module *m, struct err *err)
{
	return err_set(err, ERR_NOENT,
		       "%s has no debug information (DWARF): "
		       "install its debug symbols package, or compile it with "
		       "-g",
		       m->path);
}

/* The function around pc. */
static int function_at(struct module *m, uint64_t pc, Dwarf_Die *ret_func,
		       Dwarf_Die *ret_unit, struct err *err)
{
	struct dwarf *d = module_dwarf(m);
	struct symbol sym;

	if (!d)
		return no_dwarf(m, err);
	if (dwarf_function_at(d, pc, ret_func, ret_unit))
		return 0;
	if (dwarf_unit_at(d, pc, ret_unit) && unit_is_split(ret_unit))
		return err_set(err, ERR_UNSUPP,
			       "%s: the debug information of "
			       "this code is in a .dwo file (-gsplit-dwarf), "
			       "which upd does not read",
			       m->path);
	if (!module_symbol_at(m, pc, &sym))
		return err_set(err, ERR_NOENT,
			       "%s: the debug information does "
			       "not cover %s (assembly, or compiled without "
			       "-g)",
			       m->path, sym.name);
	return err_set(err, ERR_NOENT,
		       "%s: the debug information does not "
		       "cover address 0x%llx",
		       m->path, (unsigned long long)pc);
}

/* ---- parameters ---- */

struct params {
	Dwarf_Die list[PARAMS_MAX];
	size_t n;
};

static enum die_step add_param(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct params *p = ctx;

	(void)depth;
	if (dwarf_tag(die) != DW_TAG_formal_parameter)
		return DIE_NEXT;
	if (p->n == PARAMS_MAX)
		return DIE_STOP;
	p->list[p->n++] = *die;
	return DIE_NEXT;
}

static int return_type(struct module *m, Dwarf_Die *func, struct ctypes *ts,
		       const struct ctype **ret, struct err *err)
{
	Dwarf_Die type;

	*ret = NULL;
	if (!die_ref(func, DW_AT_type, &type))
		return 0;
	return types_make(m, &type, ts, ret, err);
}

/* Each behind the other, as a struct would hold them; the whole word of a
 * smaller one is not counted. */
static void lay_out(struct ctype *t, unsigned word)
{
	uint64_t at = 0, align;

	for (size_t i = 0; i < t->nfields; i++) {
		align = t->fields[i].type->size;
		align = align >= 8 ? word : align >= 4 ? 4 : align ? align : 1;
		at = (at + align - 1) / align * align;
		t->fields[i].offset = at;
		at += t->fields[i].type->size;
	}
	t->size = (at + word - 1) / word * word;
}

static int args_struct(struct module *m, struct params *p, struct ctypes *ts,
		       struct ctype **ret, struct err *err)
{
	struct ctype *t = ctype_make(ts, CTYPE_STRUCT, NULL, 0);
	const char *name;
	char number[32];
	int rc = 0;

	if (t && p->n)
		t->fields = ctypes_alloc(ts, p->n * sizeof(*t->fields));
	if (!t || (p->n && !t->fields))
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !rc && i < p->n; i++) {
		name = die_name(&p->list[i]);
		snprintf(number, sizeof(number), "arg%zu", i);
		t->fields[i].name = ctypes_strdup(ts, name ? name : number);
		if (!t->fields[i].name)
			return err_set(err, ERR_NOMEM, "out of memory");
		rc = types_of(m, &p->list[i], ts, &t->fields[i].type, err);
		t->nfields = i + 1;
	}
	if (rc)
		return rc;
	lay_out(t, m->arch->word_size);
	*ret = t;
	return 0;
}

int module_func_args(struct module *m, uint64_t vaddr, struct ctypes *ts,
		     const struct ctype **ret_args,
		     const struct ctype **ret_ret, struct err *err)
{
	struct params *p = calloc(1, sizeof(*p));
	const struct ctype *ret = NULL;
	Dwarf_Die func, unit;
	struct ctype *args = NULL;
	int rc = p ? function_at(m, vaddr, &func, &unit, err)
		   : err_set(err, ERR_NOMEM, "out of memory");

	if (!rc) {
		die_walk(&func, add_param, p);
		rc = args_struct(m, p, ts, &args, err);
	}
	if (!rc)
		rc = return_type(m, &func, ts, &ret, err);
	free(p);
	if (rc)
		return rc;
	*ret_args = args;
	*ret_ret = ret;
	return 0;
}

bool module_return_loc(const struct module *m, const struct ctype *type,
		       struct loc *ret)
{
	return callconv_returned(m->arch, type, ret);
}

/* ---- by name ---- */

struct name_search {
	const char *name;
	uint64_t pc;
	bool at_entry;
	bool found;
	unsigned depth; /* of the scope it was found in */
	Dwarf_Die die;
	struct buf names; /* all that were met, for the message */
	size_t nnames;
};

static void met(struct name_search *s, const char *name)
{
	enum { NAMES_MAX = 12 };

	if (s->nnames >= NAMES_MAX)
		return;
	buf_printf(&s->names, "%s%s", s->nnames++ ? ", " : "", name);
}

static enum die_step look_in_scope(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct name_search *s = ctx;
	const char *name;

	switch (dwarf_tag(die)) {
	case DW_TAG_lexical_block:
	case DW_TAG_inlined_subroutine:
		return dwarf_haspc(die, s->pc) > 0 ? DIE_INTO : DIE_NEXT;
	case DW_TAG_formal_parameter:
	case DW_TAG_variable:
		break;
	default:
		return DIE_NEXT;
	}
	name = die_name(die);
	if (!name)
		return DIE_NEXT;
	if (strcmp(name, s->name)) {
		met(s, name);
		return DIE_NEXT;
	}
	/* Inner scopes hide outer ones; but at the entry it is the parameter
	 * that is meant. */
	if (s->found && (s->at_entry || depth < s->depth))
		return DIE_NEXT;
	s->found = true;
	s->depth = depth;
	s->die = *die;
	return DIE_NEXT;
}

static enum die_step look_in_unit(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct name_search *s = ctx;
	const char *name;

	(void)depth;
	if (dwarf_tag(die) == DW_TAG_namespace)
		return DIE_INTO;
	if (dwarf_tag(die) != DW_TAG_variable ||
	    dwarf_hasattr(die, DW_AT_declaration))
		return DIE_NEXT;
	name = die_name(die);
	if (!name || strcmp(name, s->name))
		return DIE_NEXT;
	s->found = true;
	s->die = *die;
	return DIE_STOP;
}

static int look_in_any_unit(void *ctx, Dwarf_Die *unit)
{
	return die_walk(unit, look_in_unit, ctx);
}

static int no_variable(struct module *m, uint64_t pc, struct name_search *s,
		       struct err *err)
{
	struct symbol sym;
	bool named = !module_symbol_at(m, pc, &sym);

	return err_set(err, ERR_NOENT,
		       "%s has no parameter or variable %s "
		       "here%s%s",
		       named ? sym.name : m->path, s->name,
		       s->nnames ? "; it has " : "", buf_str(&s->names));
}

static int find_variable(struct module *m, const struct place_at *at,
			 Dwarf_Die *unit, Dwarf_Die *ret)
{
	struct name_search s = {
		.name = at->name, .pc = at->pc, .at_entry = at->at_entry};
	int rc = 0;

	buf_init(&s.names);
	if (at->func)
		die_walk(at->func, look_in_scope, &s);
	if (!s.found && unit)
		die_walk(unit, look_in_unit, &s);
	if (!s.found)
		dwarf_each_unit(module_dwarf(m), look_in_any_unit, &s);
	if (s.found)
		*ret = s.die;
	else
		rc = no_variable(m, at->pc, &s, at->err);
	buf_release(&s.names);
	return rc;
}

/* ---- before the prologue is done ---- */

/* Unoptimised code stores its register parameters in the prologue; until then
 * the slots that DWARF tells of hold rubbish. */
static bool in_prologue(const struct place_at *at)
{
	Dwarf_Addr *after = NULL;
	bool before = false;

	if (at->at_entry)
		return true;
	if (dwarf_entry_breakpoints(at->func, &after) > 0)
		before = at->pc < after[0];
	free(after);
	return before;
}

/* C++: classes that are not trivial to copy travel by address. gcc does not
 * say which they are: a destructor of their own, or of a part, tells. */
struct triviality {
	unsigned budget;
	bool trivial;
};

static void check_trivial(struct triviality *t, Dwarf_Die *holder);

static enum die_step check_member(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct triviality *t = ctx;
	const char *name;
	uint64_t v;

	(void)depth;
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		name = dwarf_diename(die);
		if (name && name[0] == '~' &&
		    !dwarf_hasattr(die, DW_AT_artificial) &&
		    !(die_number(die, DW_AT_defaulted, &v) &&
		      v == DW_DEFAULTED_in_class))
			t->trivial = false;
		break;
	case DW_TAG_member:
		if (!dwarf_hasattr(die, DW_AT_external) &&
		    !dwarf_hasattr(die, DW_AT_declaration))
			check_trivial(t, die);
		break;
	case DW_TAG_inheritance:
		check_trivial(t, die);
		break;
	default:
		break;
	}
	return t->trivial ? DIE_NEXT : DIE_STOP;
}

/* Of the type of a parameter, member, base or function. */
static void check_trivial(struct triviality *t, Dwarf_Die *holder)
{
	Dwarf_Die type = *holder;
	uint64_t cc;

	while (t->budget && t->budget--) {
		if (!die_ref(&type, DW_AT_type, &type))
			return;
		switch (dwarf_tag(&type)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_array_type:
			continue;
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
			if (die_number(&type, DW_AT_calling_convention, &cc))
				t->trivial = cc != DW_CC_pass_by_reference;
			else
				die_walk(&type, check_member, t);
			return;
		default:
			return;
		}
	}
}

static bool by_reference(Dwarf_Die *holder)
{
	enum { BUDGET = 256 };
	struct triviality t = {BUDGET, true};

	check_trivial(&t, holder);
	return !t.trivial;
}

/* What the parameter's own location says of it. */
static bool slot_holds_address(const struct place_at *at, Dwarf_Die *param)
{
	Dwarf_Attribute attr;
	int64_t offset;
	bool is_cfa, by_ref;

	return dwarf_attr_integrate(param, DW_AT_location, &attr) &&
	       expr_is_frame_slot(at, &attr, &offset, &is_cfa, &by_ref) &&
	       by_ref;
}

static int by_convention(struct module *m, const struct place_at *at,
			 Dwarf_Die *param, struct ctypes *ts, struct loc *ret)
{
	struct params *p = calloc(1, sizeof(*p));
	struct parameter *list = calloc(PARAMS_MAX, sizeof(*list));
	const struct ctype *ret_type = NULL;
	size_t index = 0;
	int rc = p && list ? return_type(m, at->func, ts, &ret_type, at->err)
			   : err_set(at->err, ERR_NOMEM, "out of memory");

	if (!rc)
		die_walk(at->func, add_param, p);
	for (size_t i = 0; !rc && i < p->n; i++) {
		rc = types_of(m, &p->list[i], ts, &list[i].type, at->err);
		list[i].by_ref = slot_holds_address(at, &p->list[i]);
		if (p->list[i].addr == param->addr)
			index = i;
	}
	if (!rc)
		rc = callconv_locate(at, list, index, ret_type,
				     by_reference(at->func), ret);
	free(list);
	free(p);
	return rc;
}

static bool needs_convention(const struct place_at *at, Dwarf_Die *die,
			     Dwarf_Attribute *attr)
{
	const struct abi *abi = abi_of(at->m->arch);
	int64_t offset;
	bool is_cfa, by_ref;

	return at->func && abi && dwarf_tag(die) == DW_TAG_formal_parameter &&
	       expr_is_frame_slot(at, attr, &offset, &is_cfa, &by_ref) &&
	       (abi->has_homes || !is_cfa || offset < 0) && in_prologue(at);
}

/* ---- where ---- */

static int constant(const struct place_at *at, Dwarf_Attribute *attr,
		    struct loc *ret)
{
	Dwarf_Block block;
	Dwarf_Sword s;
	uint64_t v = 0;
	bool big = at->m->arch->big_endian;

	if (!dwarf_formsdata(attr, &s)) {
		v = (uint64_t)s;
	} else if (!dwarf_formblock(attr, &block) && block.length <= 8) {
		for (size_t i = 0; i < block.length; i++)
			v |= (uint64_t)
				     block.data[big ? block.length - 1 - i : i]
			     << 8 * i;
	} else {
		return err_set(at->err, ERR_UNSUPP,
			       "%s is a constant too "
			       "large for upd",
			       at->name);
	}
	*ret = (struct loc){.kind = LOC_IN_VALUE};
	loc_add(ret, LOC_CONST, v);
	return 0;
}

static int locate(struct module *m, const struct place_at *at, Dwarf_Die *die,
		  struct ctypes *ts, struct loc *ret)
{
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(die, DW_AT_location, &attr)) {
		if (needs_convention(at, die, &attr))
			return by_convention(m, at, die, ts, ret);
		return expr_locate(at, &attr, ret);
	}
	if (dwarf_attr_integrate(die, DW_AT_const_value, &attr))
		return constant(at, &attr, ret);
	return err_set(at->err, ERR_UNSUPP, "%s was optimised out", at->name);
}

int module_var_loc(struct module *m, uint64_t pc, const char *name,
		   struct ctypes *ts, const struct ctype **ret_type,
		   struct loc *ret_loc, struct err *err)
{
	struct place_at at = {.m = m, .pc = pc, .name = name, .err = err};
	const struct ctype *type;
	Dwarf_Die func, unit, die;
	uint64_t entry;
	int rc = function_at(m, pc, &func, &unit, err);

	if (rc)
		return rc;
	at.func = &func;
	at.at_entry = die_entry(&func, &entry) &&
		      (entry == pc || module_code_of(m, entry) == pc);
	rc = find_variable(m, &at, &unit, &die);
	if (!rc)
		rc = types_of(m, &die, ts, &type, err);
	if (!rc)
		rc = locate(m, &at, &die, ts, ret_loc);
	if (!rc)
		*ret_type = type;
	return rc;
}

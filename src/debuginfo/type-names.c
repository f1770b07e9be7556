/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Types by name: units are read one after the other until one defines it.
 */
#include <config.h>

#include "types.h"

#include <string.h>

struct search {
	int tag; /* 0: typedef or base type */
	const char *name;
	Dwarf_Die found;
};

static bool right_tag(int wanted, int tag)
{
	switch (wanted) {
	case 0:
		return tag == DW_TAG_typedef || tag == DW_TAG_base_type;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
		return tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
	default:
		return tag == wanted;
	}
}

static enum die_step look(void *ctx, Dwarf_Die *die, unsigned depth)
{
	struct search *s = ctx;
	int tag = dwarf_tag(die);
	const char *name;

	(void)depth;
	if (tag == DW_TAG_namespace)
		return DIE_INTO;
	if (!right_tag(s->tag, tag))
		return DIE_NEXT;
	name = dwarf_diename(die);
	if (!name || strcmp(name, s->name) ||
	    dwarf_hasattr(die, DW_AT_declaration))
		return DIE_NEXT;
	s->found = *die;
	return DIE_STOP;
}

static bool look_in_file(Dwarf *dbg, struct search *s)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	uint8_t type;

	while (!dwarf_get_units(dbg, cu, &cu, NULL, &type, &unit, NULL))
		if (die_walk(&unit, look, s))
			return true;
	return false;
}

bool types_find(struct dwarf *d, int tag, const char *name, Dwarf_Die *ret)
{
	struct search s = {.tag = tag, .name = name};

	if (!look_in_file(d->dbg, &s) && !(d->alt && look_in_file(d->alt, &s)))
		return false;
	*ret = s.found;
	return true;
}

static const char *split_name(const char *name, int *ret_tag)
{
	static const struct {
		const char *word;
		int tag;
	} words[] = {
		{"struct ", DW_TAG_structure_type},
		{"class ", DW_TAG_class_type},
		{"union ", DW_TAG_union_type},
		{"enum ", DW_TAG_enumeration_type},
	};

	*ret_tag = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(name, words[i].word, len))
			continue;
		*ret_tag = words[i].tag;
		return name + len + strspn(name + len, " ");
	}
	return name;
}

/* C++ types are known without "struct", too. */
static bool find(struct dwarf *d, int tag, const char *name, Dwarf_Die *ret)
{
	static const int others[] = {DW_TAG_structure_type, DW_TAG_union_type,
				     DW_TAG_enumeration_type};

	if (types_find(d, tag, name, ret))
		return true;
	for (size_t i = 0; !tag && i < 3; i++)
		if (types_find(d, others[i], name, ret))
			return true;
	return false;
}

int module_type(struct module *m, const char *name, struct ctypes *ts,
		const struct ctype **ret, struct err *err)
{
	struct dwarf *d = module_dwarf(m);
	Dwarf_Die die;
	int tag;
	const char *base = split_name(name, &tag);

	if (!d)
		return err_set(err, ERR_NOENT,
			       "%s has no debug information "
			       "(DWARF) that would define %s",
			       m->path, name);
	if (!find(d, tag, base, &die))
		return err_set(err, ERR_NOENT,
			       "the debug information of %s "
			       "does not define %s",
			       m->path, name);
	return types_make(m, &die, ts, ret, err);
}

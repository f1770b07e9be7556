/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attach points between their two halves: spec.c takes them apart at the
 * colons, spec-kind.c knows what the parts mean for each type of probe.
 */
#ifndef UPD_SPEC_H
#define UPD_SPEC_H

#include "parse.h"

enum { PARTS_MAX = 8 };

struct part {
	const char *text;
	struct range at;
	bool quoted;
};

struct parts {
	struct part part[PARTS_MAX];
	size_t n;
	struct range at;
};

typedef bool spec_fn(struct parser *p, struct parts *parts,
		     struct lang_spec *spec);

struct spec_type {
	const char *name, *alias;
	enum lang_probe_kind kind;
	spec_fn *fn; /* NULL: kernel only */
	bool has_path;
};

const struct spec_type *spec_type_find(const char *name);
const char *spec_type_name(size_t i); /* NULL behind the last */

#endif

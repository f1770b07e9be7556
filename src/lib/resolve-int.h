/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a probe to its attach points, between the files that do it.
 */
#ifndef UPD_RESOLVE_INT_H
#define UPD_RESOLVE_INT_H

#include "files.h"

struct resolve {
	struct script *s;
	size_t spec_index;
	const struct lang_spec *spec;
	struct module *module; /* of the file being looked at */
	size_t found;	       /* points of this spec */
	struct buf *diag;
	struct err *err;
};

/* Adds a point of the probe, for programs of one instruction set; its texts are
 * taken over, also when it fails. */
must_check int resolve_point(struct resolve *r, char *text, char *func,
			     const struct arch *arch, struct attach **ret);

/* resolve-calls.c: system calls, samples. */
must_check int resolve_calls(struct resolve *r);
must_check int resolve_samples(struct resolve *r);

/* What the language calls this kind of probe. */
const char *resolve_type(enum lang_probe_kind kind);

/* Nothing was found: says so, and who has it or what is close. ERR_NOENT. */
int resolve_missing(struct resolve *r);

#endif

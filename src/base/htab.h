/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hash table from a 64-bit number (an address, a thread id) to a pointer.
 * Open addressing; the table owns its slots, never the values.
 */
#ifndef UPD_HTAB_H
#define UPD_HTAB_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

struct htab_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

struct htab {
	struct htab_slot *slots;
	size_t cap, used;
};

void htab_init(struct htab *h);
void htab_release(struct htab *h);

/* The value of key, or NULL. */
void *htab_get(const struct htab *h, uint64_t key);

/* Sets key to value (not NULL); 0 or ERR_NOMEM. */
must_check int htab_put(struct htab *h, uint64_t key, void *value);

/* Removes key, returns its value or NULL. Not inside htab_for_each. */
void *htab_remove(struct htab *h, uint64_t key);

/* Visits every entry; `s` is a struct htab_slot *. No insertion or removal
 * inside the loop. */
#define htab_for_each(s, h)                                                    \
	for (struct htab_slot *s = (h)->slots; s < (h)->slots + (h)->cap; s++) \
		if (s->value)

#endif

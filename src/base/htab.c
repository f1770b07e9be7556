/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "htab.h"

#include <stdlib.h>

void htab_init(struct htab *h)
{
	*h = (struct htab){0};
}

void htab_release(struct htab *h)
{
	free(h->slots);
	htab_init(h);
}

/* Fibonacci hashing: the multiplier spreads aligned addresses. */
static size_t home(const struct htab *h, uint64_t key)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
	       (h->cap - 1);
}

static size_t probe(const struct htab *h, uint64_t key)
{
	size_t i = home(h, key);

	while (h->slots[i].value && h->slots[i].key != key)
		i = (i + 1) & (h->cap - 1);
	return i;
}

void *htab_get(const struct htab *h, uint64_t key)
{
	return h->cap ? h->slots[probe(h, key)].value : NULL;
}

static int grow(struct htab *h)
{
	struct htab bigger = {.cap = h->cap ? h->cap * 2 : 16,
			      .used = h->used};

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return ERR_NOMEM;
	htab_for_each (s, h)
		bigger.slots[probe(&bigger, s->key)] = *s;
	free(h->slots);
	*h = bigger;
	return 0;
}

int htab_put(struct htab *h, uint64_t key, void *value)
{
	size_t i;

	if ((h->used + 1) * 4 > h->cap * 3 && grow(h))
		return ERR_NOMEM;
	i = probe(h, key);
	if (!h->slots[i].value)
		h->used++;
	h->slots[i] = (struct htab_slot){key, value};
	return 0;
}

void *htab_remove(struct htab *h, uint64_t key)
{
	size_t hole, i, want, mask = h->cap - 1;
	void *value;

	if (!h->cap)
		return NULL;
	hole = probe(h, key);
	value = h->slots[hole].value;
	if (!value)
		return NULL;
	/* Backward shift: close the hole so that no tombstones are needed. */
	for (i = (hole + 1) & mask; h->slots[i].value; i = (i + 1) & mask) {
		want = home(h, h->slots[i].key);
		if (((i - want) & mask) >= ((i - hole) & mask)) {
			h->slots[hole] = h->slots[i];
			hole = i;
		}
	}
	h->slots[hole].value = NULL;
	h->used--;
	return value;
}

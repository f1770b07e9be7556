/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stacks by content: an open hash table whose index is the stack's id.
 */
#include "rt-int.h"

enum { STACK_EMPTY, STACK_WRITING, STACK_READY };

struct rt_stack_elem {
	uint32_t state_hash; /* state in the low two bits, hash above */
	uint32_t n;
	uint64_t ips[];
};

static struct rt_stack_elem *stack_at(const struct rt_map *m, uint32_t i)
{
	return (struct rt_stack_elem *)(void *)(m->elems + m->elem_size * i);
}

/* Who writes an element needs a few hundred stores at the most. One that was
 * killed on the way leaves its element unused for ever. */
static uint32_t settled(struct rt_stack_elem *e)
{
	enum { SPINS_MAX = 100000 };
	uint32_t word = rt_load(&e->state_hash);

	for (int spins = 0; (word & 3) == STACK_WRITING && spins < SPINS_MAX;
	     spins++)
		word = rt_load(&e->state_hash);
	return word;
}

static bool claim(struct rt_stack_elem *e, uint32_t hash, const uint64_t *ips,
		  uint32_t n)
{
	uint32_t empty = STACK_EMPTY;

	if (!rt_cas(&e->state_hash, &empty, hash | STACK_WRITING))
		return false;
	rt_copy(e->ips, ips, (uint64_t)n * 8);
	e->n = n;
	rt_store(&e->state_hash, hash | STACK_READY);
	return true;
}

int64_t rt_stack_put(struct rt_map *m, const uint64_t *ips, uint32_t n)
{
	uint32_t max = m->def.value_size / 8, hash, word;

	if (m->def.kind != RT_STACK_TRACE || !n)
		return -RT_EINVAL;
	if (n > max)
		n = max;
	hash = rt_hash(ips, n * 8) & ~3u;
	for (uint32_t k = 0; k < m->def.max_entries; k++) {
		uint32_t i = (hash / 4 + k) % m->def.max_entries;
		struct rt_stack_elem *e = stack_at(m, i);

		word = settled(e);
		if ((word & 3) == STACK_EMPTY) {
			if (claim(e, hash, ips, n))
				return i;
			word = settled(e);
		}
		if (word == (hash | STACK_READY) && rt_load(&e->n) == n &&
		    rt_same(e->ips, ips, (uint64_t)n * 8))
			return i;
	}
	rt_add8(m->rt, &m->state->full, 1);
	return -RT_E2BIG;
}

uint32_t rt_stack(struct rt_map *m, uint64_t id, uint64_t *ips, uint32_t max)
{
	struct rt_stack_elem *e;
	uint32_t n;

	if (m->def.kind != RT_STACK_TRACE || id >= m->def.max_entries)
		return 0;
	e = stack_at(m, (uint32_t)id);
	if ((rt_load(&e->state_hash) & 3) != STACK_READY)
		return 0;
	n = rt_load(&e->n);
	if (n > m->def.value_size / 8)
		n = m->def.value_size / 8;
	if (n > max)
		n = max;
	rt_copy(ips, e->ips, (uint64_t)n * 8);
	return n;
}

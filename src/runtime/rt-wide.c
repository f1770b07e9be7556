/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes of numbers of 8 bytes, for processors that have no instructions for
 * it: under one lock for the whole shared memory, which like the others names
 * its owner and is taken from one that is dead.
 *
 * A number is written as two halves, and its writer may be killed between
 * them. So it says first what it is about to write and where, and whoever gets
 * the lock next writes that once more; to write it twice does no harm, as
 * nobody has changed the number in between. Counts behind the runtime's part
 * of the memory have no such care: half a carry is all they could lose.
 *
 * What isn't covered: who reads or stores a map's value without this (programs'
 * plain loads and stores) may see a new half beside an old one, as on all
 * 32-bit processors. That takes a number that crosses 2^32 just then.
 */
#include "rt-atomic.h"
#include "rt-int.h"

static void store_halves(uint64_t *p, uint64_t v)
{
	volatile uint32_t *half = (volatile uint32_t *)(void *)p;
	uint32_t halves[2];

	__builtin_memcpy(halves, &v, 8);
	half[0] = halves[0];
	half[1] = halves[1];
}

static uint64_t load_halves(const uint64_t *p)
{
	const volatile uint32_t *half = (const volatile uint32_t *)(void *)p;
	uint32_t halves[2] = {half[0], half[1]};
	uint64_t v;

	__builtin_memcpy(&v, halves, 8);
	return v;
}

/* What a holder before us has begun and died over. The memory may be spoilt by
 * someone hostile: then it may be spoilt further, but nothing outside it. */
static void finish_begun(const struct rt *rt)
{
	struct rt_shared *s = rt->shared;
	uint64_t at;

	if (!rt_load(&s->wide_armed))
		return;
	at = load_halves(&s->wide_at);
	if (at % 8 == 0 && at <= rt->size - 8)
		store_halves((uint64_t *)(void *)((char *)s + at),
			     load_halves(&s->wide_value));
	rt_store(&s->wide_armed, 0);
}

static void store(const struct rt *rt, uint64_t *p, uint64_t v)
{
	struct rt_shared *s = rt->shared;
	uint64_t at = (uintptr_t)p - (uintptr_t)s;

	if ((uintptr_t)p < (uintptr_t)s || at > rt->size - 8) {
		store_halves(p, v);
		return;
	}
	store_halves(&s->wide_at, at);
	store_halves(&s->wide_value, v);
	rt_store(&s->wide_armed, 1);
	/* A store behind a release may pass it: not this one. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	store_halves(p, v);
	rt_store(&s->wide_armed, 0);
}

uint64_t rt_wide(const struct rt *rt, uint64_t *p, enum rt_wide_op op,
		 uint64_t v, uint64_t expected)
{
	uint64_t old, new = v;

	rt_lock(rt, &rt->shared->wide_lock);
	finish_begun(rt);
	old = load_halves(p);
	switch (op) {
	case RT_WIDE_ADD:
		new = old + v;
		break;
	case RT_WIDE_OR:
		new = old | v;
		break;
	case RT_WIDE_AND:
		new = old & v;
		break;
	case RT_WIDE_XOR:
		new = old ^ v;
		break;
	case RT_WIDE_READ:
		new = old;
		break;
	case RT_WIDE_SWAP_IF:
		new = old == expected ? v : old;
		break;
	case RT_WIDE_SWAP:
		break;
	}
	if (new != old)
		store(rt, p, new);
	rt_unlock(&rt->shared->wide_lock);
	return old;
}

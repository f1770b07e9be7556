/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Atomic access to numbers of 4 and 8 bytes in shared memory. This file has all
 * that the runtime knows of processors; those of 8 bytes ask for the view of
 * the memory, as there are three ways to have them:
 *
 * - instructions of the processor, which most have;
 * - i386: cmpxchg8b, the one for 8 bytes that needs no vector register. It
 *   always writes, so memory that is read must be writable, too. (Compilers
 *   would call a library, which the runtime has not.)
 * - RT_WIDE_LOCK, where there are none of 8 bytes (32-bit PowerPC) or when it
 *   is defined, for tests: under a lock in the shared memory, see rt-wide.c.
 */
#ifndef UPD_RT_ATOMIC_H
#define UPD_RT_ATOMIC_H

#include "rt.h"

#if !defined(__i386__) && __GCC_ATOMIC_LLONG_LOCK_FREE != 2 &&                 \
	!defined(RT_WIDE_LOCK)
#define RT_WIDE_LOCK 1
#endif

#ifdef RT_WIDE_LOCK

static inline uint64_t rt_load8(const struct rt *rt, const uint64_t *p)
{
	return rt_wide(rt, (uint64_t *)p, RT_WIDE_READ, 0, 0);
}

static inline bool rt_cas8(const struct rt *rt, uint64_t *p, uint64_t *old,
			   uint64_t new)
{
	uint64_t was = rt_wide(rt, p, RT_WIDE_SWAP_IF, new, *old);
	bool same = was == *old;

	*old = was;
	return same;
}

static inline void rt_store8(const struct rt *rt, uint64_t *p, uint64_t v)
{
	rt_wide(rt, p, RT_WIDE_SWAP, v, 0);
}

static inline uint64_t rt_add8(const struct rt *rt, uint64_t *p, uint64_t v)
{
	return rt_wide(rt, p, RT_WIDE_ADD, v, 0);
}

#elif defined(__i386__)

static inline uint64_t rt_load8(const struct rt *rt, const uint64_t *p)
{
	(void)rt;
	return __sync_val_compare_and_swap((uint64_t *)p, 0, 0);
}

static inline bool rt_cas8(const struct rt *rt, uint64_t *p, uint64_t *old,
			   uint64_t new)
{
	uint64_t was = __sync_val_compare_and_swap(p, *old, new);
	bool same = was == *old;

	(void)rt;
	*old = was;
	return same;
}

/* The first guess may be torn; that costs one more turn. */
static inline void rt_store8(const struct rt *rt, uint64_t *p, uint64_t v)
{
	uint64_t old = *(volatile uint64_t *)p;

	while (!rt_cas8(rt, p, &old, v))
		;
}

static inline uint64_t rt_add8(const struct rt *rt, uint64_t *p, uint64_t v)
{
	uint64_t old = *(volatile uint64_t *)p;

	while (!rt_cas8(rt, p, &old, old + v))
		;
	return old;
}

#else

static inline uint64_t rt_load8(const struct rt *rt, const uint64_t *p)
{
	(void)rt;
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool rt_cas8(const struct rt *rt, uint64_t *p, uint64_t *old,
			   uint64_t new)
{
	(void)rt;
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static inline void rt_store8(const struct rt *rt, uint64_t *p, uint64_t v)
{
	(void)rt;
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint64_t rt_add8(const struct rt *rt, uint64_t *p, uint64_t v)
{
	(void)rt;
	return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}

#endif

/* Waiting for another thread: the other half of the core may have this one. */
static inline void rt_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__powerpc__)
	__asm__ volatile("or 1,1,1\n\tor 2,2,2" ::: "memory");
#endif
}

static inline uint32_t rt_load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool rt_cas(uint32_t *p, uint32_t *old, uint32_t new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static inline void rt_store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint32_t rt_add(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}

static inline uint32_t rt_or(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL);
}

static inline uint32_t rt_relaxed(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

#endif

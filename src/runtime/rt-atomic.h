/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Atomic access to numbers of 4 and 8 bytes in shared memory. Memory that is
 * read must be writable, too: i386 has one instruction for 8 bytes that needs
 * no vector register, cmpxchg8b, and that one always writes. (Compilers would
 * call a library, which the runtime has not.) This file has all that the
 * runtime knows of processors.
 */
#ifndef UPD_RT_ATOMIC_H
#define UPD_RT_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __i386__

static inline uint64_t rt_load8(const uint64_t *p)
{
	return __sync_val_compare_and_swap((uint64_t *)p, 0, 0);
}

static inline bool rt_cas8(uint64_t *p, uint64_t *old, uint64_t new)
{
	uint64_t was = __sync_val_compare_and_swap(p, *old, new);
	bool same = was == *old;

	*old = was;
	return same;
}

/* The first guess may be torn; that costs one more turn. */
static inline void rt_store8(uint64_t *p, uint64_t v)
{
	uint64_t old = *(volatile uint64_t *)p;

	while (!rt_cas8(p, &old, v))
		;
}

static inline uint64_t rt_add8(uint64_t *p, uint64_t v)
{
	uint64_t old = *(volatile uint64_t *)p;

	while (!rt_cas8(p, &old, old + v))
		;
	return old;
}

static inline uint64_t rt_or8(uint64_t *p, uint64_t v)
{
	uint64_t old = *(volatile uint64_t *)p;

	while (!rt_cas8(p, &old, old | v))
		;
	return old;
}

#else

static inline uint64_t rt_load8(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool rt_cas8(uint64_t *p, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static inline void rt_store8(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint64_t rt_add8(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}

static inline uint64_t rt_or8(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL);
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

static inline uint32_t rt_load4(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline bool rt_cas4(uint32_t *p, uint32_t *old, uint32_t new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static inline void rt_store4(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint32_t rt_add4(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}

static inline uint32_t rt_relaxed(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Of a number of either size. */
#define rt_sized(name, p)                                                      \
	_Generic((p), uint64_t *: name##8, const uint64_t *: name##8,          \
		 uint32_t *: name##4, const uint32_t *: name##4)

#define rt_load(p)	    rt_sized(rt_load, p)(p)
#define rt_store(p, v)	    rt_sized(rt_store, p)(p, v)
#define rt_add(p, v)	    rt_sized(rt_add, p)(p, v)
#define rt_cas(p, old, new) rt_sized(rt_cas, p)(p, old, new)

#endif

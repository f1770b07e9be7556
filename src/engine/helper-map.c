/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Maps, and loops over them.
 */
#include "helper-int.h"

#include <errno.h>
#include <string.h>

HELPER(map_lookup_elem)
{
	return (uintptr_t)rt_lookup(map_of(a1), ptr(a2));
}

HELPER(map_update_elem)
{
	return (uint64_t)(int64_t)rt_update(map_of(a1), ptr(a2), ptr(a3), a4);
}

HELPER(map_delete_elem)
{
	return (uint64_t)(int64_t)rt_delete(map_of(a1), ptr(a2));
}

HELPER(upd_clear_map)
{
	rt_clear(map_of(a1));
	return 0;
}

HELPER(upd_zero_map)
{
	rt_zero(map_of(a1));
	return 0;
}

HELPER(upd_map_len)
{
	return rt_len(map_of(a1));
}

/* upd_merged(map, key, how, to, size) */
HELPER(upd_merged)
{
	bool found = rt_merge(map_of(a1), ptr(a2), (enum rt_merge_how)a3,
			      ptr(a4), (uint32_t)a5 & ~7u);

	memset((char *)ptr(a4) + (a5 & ~7ull), 0, a5 & 7);
	return (uint64_t)(found ? 0 : -ENOENT);
}

HELPER(for_each_map_elem)
{
	struct rt_map *m = map_of(a1);
	uint64_t cursor = 0, n = 0;
	const void *key;
	void *values;

	while (rt_next(m, &cursor, &key, &values)) {
		uint32_t writer = rt_is_percpu(m) ? m->writer : 0;
		void *mine = (char *)values + (size_t)writer * m->stride;

		n++;
		if (bpf_callback(host, a2, a1, (uintptr_t)key, (uintptr_t)mine,
				 a3))
			break;
	}
	return n;
}

HELPER(loop)
{
	enum { LOOPS_MAX = 1 << 23 };
	uint64_t i;

	if (a4)
		return (uint64_t)-EINVAL;
	if ((uint32_t)a1 > LOOPS_MAX)
		return (uint64_t)-E2BIG;
	for (i = 0; i < (uint32_t)a1; i++)
		if (bpf_callback(host, a2, i, a3, 0, 0))
			return i + 1;
	return i;
}

HELPER(upd_stack_len)
{
	uint64_t ips[1024];

	return rt_stack(map_of(a1), a2, ips, 1024);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a function of the program's makes a system call, the same for all
 * instruction sets: the function's code is followed, through its branches and
 * calls, to an instruction that calls the kernel with that number.
 */
#include "arch.h"

#include <string.h>

enum {
	STARTS_MAX = 32, /* of pieces of code */
	INSNS_MAX = 768, /* looked at in all */
};

struct start {
	uint64_t addr;
	bool numbered; /* the call's number has been loaded by then */
};

struct search {
	const struct arch *arch;
	const struct arch_mem *mem;
	int64_t nr;
	struct start starts[STARTS_MAX];
	size_t n;
	unsigned left;
	uint64_t *ret;
	size_t nret;
};

static void add(struct search *s, uint64_t addr, bool numbered)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->starts[i].addr == addr)
			return;
	if (s->n < STARTS_MAX)
		s->starts[s->n++] = (struct start){addr, numbered};
}

static void found(struct search *s, uint64_t addr)
{
	for (size_t i = 0; i < s->nret; i++)
		if (s->ret[i] == addr)
			return;
	s->ret[s->nret++] = addr;
}

/* From one start to a jump or return. The other ways of making the same call
 * branch off before the first: behind that nothing is followed. */
static void look_from(struct search *s, struct start from)
{
	while (s->left && s->nret < s->arch->call_ways) {
		uint8_t bytes[ARCH_INSN_MAX];
		struct arch_flow flow;
		struct plan plan;

		s->left--;
		if (s->mem->read(s->mem->ctx, from.addr, bytes,
				 sizeof(bytes)) ||
		    s->arch->plan(from.addr, bytes, sizeof(bytes), &plan, NULL))
			return;
		memset(&flow, 0, sizeof(flow));
		s->arch->flow(&plan, &flow);
		if (flow.has_number)
			from.numbered = flow.number == s->nr;
		if (flow.calls_kernel && from.numbered) {
			found(s, from.addr);
			return;
		}
		if (flow.branches && !s->nret)
			add(s, flow.target, from.numbered);
		if (flow.ends)
			return;
		from.addr += plan.len;
	}
}

size_t arch_find_calls(const struct arch *arch, uint64_t entry,
		       const struct arch_mem *mem, int64_t nr,
		       uint64_t ret[ARCH_CALL_WAYS_MAX])
{
	struct search s = {
		.arch = arch,
		.mem = mem,
		.nr = nr,
		.left = INSNS_MAX,
		.ret = ret,
	};

	if (!arch->flow)
		return 0;
	add(&s, entry, false);
	for (size_t i = 0; i < s.n; i++)
		look_from(&s, s.starts[i]);
	return s.nret;
}

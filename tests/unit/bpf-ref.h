/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second machine for eBPF, written from RFC 9669 for tests: slow, plain, and
 * trusting nobody. It checks every access against the memory that a program
 * has, and that nothing is read which was not written.
 */
#ifndef UPD_BPF_REF_H
#define UPD_BPF_REF_H

#include "bpf.h"

enum { REF_REGIONS = 32 };

struct ref_region {
	uint8_t *at;
	size_t size;
	bool writable;
};

struct ref {
	const struct bpf_prog *p;
	struct bpf_host *host;
	struct ref_region regions[REF_REGIONS];
	size_t nregions;
	uint64_t steps, max_steps;
	unsigned depth;
	/* The stacks, and which of their bytes were written. */
	_Alignas(16) uint8_t stack[BPF_CALL_DEPTH][BPF_STACK_MAX];
	uint8_t written[BPF_CALL_DEPTH][BPF_STACK_MAX];
	const char *fault; /* what went wrong; NULL: nothing */
	size_t fault_at;
};

/* Runs from instruction `start`; r1 to r5 are given. */
uint64_t ref_run(struct ref *m, size_t start, const uint64_t args[5]);

/* For helpers: is the memory there, was it written? They mark what they
 * write. */
bool ref_check(struct ref *m, uint64_t at, uint64_t size, bool write);

#endif

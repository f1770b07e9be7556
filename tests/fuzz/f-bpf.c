/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes as a program. One that the verifier accepts must neither read nor
 * write what is not its own, and must end.
 */
#include "bpf-world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_verify_opts opts = {bpf_world_maps, BPF_WORLD_MAPS,
				       BPF_WORLD_CTX};
	struct bpf_prog p = {.ninsns = size / sizeof(struct bpf_insn)};
	const char *fault = NULL;
	struct err err;
	size_t at = 0;

	p.insns = malloc(p.ninsns * sizeof(*p.insns) + 1);
	if (!p.insns)
		return 0;
	memcpy(p.insns, data, p.ninsns * sizeof(*p.insns));
	if (!bpf_verify(&p, &opts, &err))
		for (uint64_t seed = 0; !fault && seed < 3; seed++)
			fault = bpf_world_run(&p, seed, &at);
	free(p.insns);
	if (fault) {
		fprintf(stderr, "instruction %zu %s\n", at, fault);
		abort();
	}
	return 0;
}

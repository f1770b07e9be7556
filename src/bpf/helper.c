/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpf.h"

static const struct bpf_helper_sig sigs[] = {
#define SIG(name_, nr_, ret_, a, b, c, d, e)                                   \
	{#name_, nr_, BPF_RET_##ret_,                                          \
	 {BPF_ARG_##a, BPF_ARG_##b, BPF_ARG_##c, BPF_ARG_##d, BPF_ARG_##e}},
	BPF_HELPER_LIST(SIG)
#undef SIG
};

const struct bpf_helper_sig *bpf_helper_sig(int32_t nr)
{
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		if (sigs[i].nr == nr)
			return &sigs[i];
	return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers.h"
#include "helper-int.h"

bpf_helper_fn *helper_lookup(int32_t nr)
{
	switch (nr) {
#define X(name, nr, ...) \
	case nr:         \
		return helper_##name;
		BPF_HELPER_LIST(X)
#undef X
	default:
		return NULL;
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The helpers of struct host by number.
 */
#ifndef UPD_HELPERS_H
#define UPD_HELPERS_H

#include "bpf.h"

/* NULL: no such helper in user space. */
bpf_helper_fn *helper_lookup(int32_t nr);

#endif

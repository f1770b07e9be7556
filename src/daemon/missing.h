/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Workers that refuse: in place until the session worker and the tracer are
 * linked in.
 */
#ifndef UPD_MISSING_H
#define UPD_MISSING_H

#include "worker.h"

extern const struct worker_table missing_workers;

#endif

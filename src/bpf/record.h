/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs write into the event ring: made by generated code and by the
 * helper upd_print_map, read by the formatter.
 */
#ifndef UPD_RECORD_H
#define UPD_RECORD_H

#include <stdint.h>

/* Every record starts with this. */
struct event_record {
	uint32_t action; /* index in the script's list of actions */
	uint32_t point;	 /* id of the attach point */
	uint32_t pid, tid;
};

/* A map as it was at one instant; follows struct event_record. Then `count`
 * entries: the key, padded to 8 bytes, and nwriters values, each padded to 8
 * bytes. */
struct event_snapshot {
	uint32_t map, count, nwriters, top, div, pad;
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs write into the event ring: made by generated code and by
 * helpers, read by the formatter.
 */
#ifndef UPD_RECORD_H
#define UPD_RECORD_H

#include <stdint.h>

/* Every record starts with this. */
struct event_record {
	uint32_t action; /* index in the script's list of actions, or: */
	uint32_t point;	 /* id of the attach point */
	uint32_t pid, tid;
};

/* The host's own records, where an action's index would be. */
enum {
	EVENT_ENDED = 0xfffffff0, /* the point's program ran for too long and
				   * was ended: no more than the header */
};

/* upd_warn(): the program's number that says what failed. */
struct event_warning {
	struct event_record head;
	int64_t code;
};

/* A map as it was at one instant; follows struct event_record. Then `count`
 * entries: the key, padded to 8 bytes, and nwriters values, each padded to 8
 * bytes. */
struct event_snapshot {
	uint32_t map, count, nwriters, top, div, pad;
};

#endif

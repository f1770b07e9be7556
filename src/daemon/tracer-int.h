/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tracer process from the inside: shared by tracer.c (the process),
 * tracer-events.c (what its target does) and tracer-session.c (what session
 * workers want).
 */
#ifndef UPD_TRACER_INT_H
#define UPD_TRACER_INT_H

#include "list.h"
#include "proto.h"
#include "trap.h"

#include <time.h>

struct session { /* a session worker at the other end of a socket */
	struct list node;
	struct conn *conn;
	struct tracer *tracer;
	struct trap_session *trap;
	bool opened, wants_stacks, over;
	bool holds; /* its command, which has not begun */
};

struct process {
	struct tracer *tracer;
	struct target *target; /* NULL: not attached yet, or gone */
	pid_t pid;
	struct conn *broker;
	timer_t alarm; /* for samples: raises SIGIO */
	struct list sessions;
	bool over, idle_sent;
	uint32_t received; /* sessions so far */
	uint32_t lost;	   /* sites that could not be planted later on */
	uint32_t budget;   /* percent, 0: none */
};

/* ---- tracer-events.c ---- */

extern const struct tracer_events process_events;

void tsession_send(struct session *s, unsigned type, const struct buf *b);
void tsession_send_u32s(struct session *s, unsigned type, uint32_t a,
			uint32_t b);
void tsession_send_error(struct session *s, unsigned type, uint32_t id,
			 const struct err *err);
void process_tell_all(struct process *p, unsigned type, uint32_t a, uint32_t b);
/* The target's modules, for stacks; fresh: it is another program. */
void process_renew_space(struct target *t, bool fresh);
/* Everything of this target is lifted, and nothing of it is known any more. */
void process_forget_target(struct process *p, struct target *t);
/* The samples that are due; and an alarm for the next. */
void process_sample(struct process *p);

/* ---- tracer-session.c ---- */

/* All that has come from this worker. */
void tsession_serve(struct process *p, struct session *s);
/* Lifts its probes. */
void tsession_close(struct process *p, struct session *s);
/* Lets the target, and the children that were followed, go. */
void process_detach(struct process *p);

#endif

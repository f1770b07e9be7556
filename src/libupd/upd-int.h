/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of libupd alone.
 *
 * Callbacks may detach, lift and plant. What they free is put aside until the
 * outermost callback is over, since the caller still stands on it.
 */
#ifndef UPD_INT_H
#define UPD_INT_H

#include "upd.h"

#include "debuginfo.h"
#include "err.h"
#include "list.h"
#include "target.h"

/* A traced process, once, for all its users. */
struct shared {
	struct list node; /* upd->shared */
	struct upd *u;
	struct target *target;
	struct space *space; /* NULL until an address is to be told */
	bool space_stale;
	struct list users; /* struct upd_process */
};

struct upd_process {
	struct list node;      /* shared->users, or upd->put_aside */
	struct shared *shared; /* NULL: over */
	struct list probes;
	unsigned strategies;
	upd_event_fn *fn;
	void *data;
};

struct upd_probe {
	struct list node; /* process->probes, or upd->put_aside_probes */
	struct upd_process *process; /* NULL: lifted */
	struct point **points;
	size_t npoints, cap;
	upd_hit_fn *fn;
	void *data;
	bool at_return, at_address;
};

struct upd_hit {
	struct task *task;
	struct upd_process *process;
	const struct regs *regs;
};

struct waiter; /* see upd-wait.c */

struct upd {
	struct tracer *tracer;
	pid_t tid;
	struct err err;
	struct list shared;
	unsigned depth; /* of callbacks */
	struct list put_aside, put_aside_probes;
	struct list files; /* struct file */
	struct waiter *waiter;
	/* of upd_spawn() */
	struct shared *spawning;
	bool spawned;
	int spawn_status;
};

/* True when the calling thread may use u; clears the last error. */
bool api_enter(struct upd *u);
bool api_enter_process(struct upd_process *p);
int api_fail(struct upd *u, int code, const char *sentence);
void api_leave_callback(struct upd *u);

/* upd.c; a new process without a user is let go again */
int api_attach(struct upd *u, pid_t pid, struct shared **ret);
int api_user_new(struct shared *s, struct upd_process **ret);

/* upd-probe.c */
void probe_free_later(struct upd_probe *probe);
void probes_free(struct list *probes);
void probe_hit(void *ctx, struct task *task, void *cookie,
	       const struct regs *regs);
void probe_returned(void *ctx, struct task *task, void *cookie,
		    const struct regs *regs);

/* upd-file.c */
int file_open(struct upd_process *p, const char *name, struct module **ret,
	      struct err *err);
void files_free(struct list *files);

/* upd-wait.c */
void waiter_free(struct waiter *w);

#endif

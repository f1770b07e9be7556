/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session that names a program but no process: every process that maps it
 * and that this user may trace, those that start later too. Nothing tells an
 * ordinary user of new processes, so that /proc is looked through now and then:
 * new numbers often, what was seen before seldom (it may exec or dlopen).
 * Children of traced processes are followed by the tracer that has the parent,
 * so that nothing of theirs is missed; one that becomes another program is let
 * go when that one is not looked for.
 */
#define _GNU_SOURCE
#include "session-int.h"
#include "clock.h"
#include "htab.h"
#include "procs.h"

#include <stdlib.h>

enum {
	LOOK_MS = 100, /* between two looks */
	YOUNG = 10,    /* looks at a new process */
	SELDOM = 20,   /* every so many looks at an old one */
	PATIENCE = 3,  /* looks */
};

struct search {
	struct htab seen; /* pid -> struct seen */
	uint32_t round;
	uint64_t looked; /* when, in ms */
	int maps_fd;
	bool full; /* was told */
};

struct seen {
	uint32_t first, last; /* rounds */
	bool tried;	      /* attached, or refused: once is enough */
	struct tracee *by;    /* whose tracer has it */
	uint32_t execed;      /* round, 0: looked at since */
};

/* ---- what is looked for ------------------------------------------------- */

static bool matches(const struct worker *w, const struct script_point *sp,
		    pid_t pid)
{
	struct proc_file file = {sp->dev, sp->ino};
	struct lang_filter f;

	script_point_filter(w->script, sp, &f);
	if (f.has_pid && f.pid != (uint64_t)pid)
		return false;
	if (f.has_tid && !proc_has_task(pid, f.tid))
		return false;
	if (f.has_comm && !proc_has_comm(pid, f.comm))
		return false;
	return proc_maps_file(pid, &file);
}

/* Neighbours are mostly in the same file, under the same condition. */
static bool is_wanted(const struct worker *w, pid_t pid)
{
	const struct script_point *last = NULL;

	for (size_t i = 0; i < script_npoints(w->script); i++) {
		const struct script_point *sp = script_point(w->script, i);

		if (last && last->dev == sp->dev && last->ino == sp->ino &&
		    script_same_filter(w->script, last, sp))
			continue;
		if (matches(w, sp, pid))
			return true;
		last = sp;
	}
	return false;
}

int session_search_check(struct worker *w, struct err *err)
{
	for (size_t i = 0; i < script_npoints(w->script); i++) {
		const struct script_point *sp = script_point(w->script, i);
		struct lang_filter f;

		if (!sp->path)
			return err_set(err, ERR_INVAL,
				       "%s: of which process? Name one with "
				       "-p PID, or run one with -c COMMAND",
				       sp->text);
		script_point_filter(w->script, sp, &f);
		if (w->run.flags & RUN_ALL || f.has_pid || f.has_tid ||
		    f.has_comm || !script_point_is_library(sp))
			continue;
		return err_set(err, ERR_INVAL,
			       "%s: half the machine maps this library. Say "
			       "which process: -p PID, -c COMMAND, or a "
			       "condition such as /comm == \"nginx\"/ or "
			       "/pid == 1234/; or --all, if you mean them all",
			       sp->text);
	}
	return 0;
}

/* ---- attaching ---------------------------------------------------------- */

/* A place in the list is a writer of the shared memory; that of a process
 * which has ended in an orderly way can be had again. */
static struct tracee *free_place(struct worker *w)
{
	for (size_t i = 0; i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (!t->closed || t->told)
			continue;
		conn_free(t->conn);
		return t;
	}
	if (w->ntracees < RT_WRITERS_MAX - 1)
		return &w->tracees[w->ntracees++];
	return NULL;
}

static void attach(struct worker *w, struct seen *seen, pid_t pid)
{
	struct search *s = w->search;
	struct tracee *t = free_place(w);
	struct err err;

	if (!t) {
		if (!s->full)
			buf_printf(&w->errs,
				   "WARNING: a session traces %d processes at "
				   "once at most; process %d and others are "
				   "left out\n",
				   RT_WRITERS_MAX - 1, (int)pid);
		s->full = true;
		return;
	}
	seen->by = t;
	if (!session_open_one(w, t, pid, s->maps_fd, &err))
		return;
	seen->by = NULL;
	if (err.code != ERR_GONE && err.text[0]) /* else it has just ended */
		buf_printf(&w->errs, "WARNING: process %d is not traced: %s\n",
			   (int)pid, err.text);
	t->closed = true;
}

static struct seen *seen_of(struct search *s, pid_t pid)
{
	struct seen *seen = htab_get(&s->seen, (uint64_t)pid);

	if (seen)
		return seen;
	seen = calloc(1, sizeof(*seen));
	if (!seen || htab_put(&s->seen, (uint64_t)pid, seen)) {
		free(seen);
		return NULL;
	}
	seen->first = s->round;
	return seen;
}

static bool has_turn(const struct search *s, const struct seen *seen, pid_t pid)
{
	if (seen->tried)
		return false;
	return s->round - seen->first < YOUNG ||
	       (s->round + (uint32_t)pid) % SELDOM == 0;
}

/* It has become another program a while ago: is that one wanted, too? */
static void look_at_traced(struct worker *w, struct seen *seen, pid_t pid)
{
	struct buf b;

	if (!seen->by->conn || seen->by->closed) {
		seen->by = NULL;
		return;
	}
	if (!seen->execed || w->search->round < seen->execed + 2)
		return;
	seen->execed = 0;
	if (is_wanted(w, pid))
		return;
	buf_init(&b);
	put_u32(&b, (uint32_t)pid);
	if (conn_send(seen->by->conn, MSG_T_DROP, &b, NULL, 0, NULL))
		session_tracer_lost(w, seen->by);
	buf_release(&b);
}

static int look_at(void *ctx, pid_t pid)
{
	struct worker *w = ctx;
	struct seen *seen;
	pid_t tracer;

	if (pid == 1) /* nothing runs without it: only if it is named */
		return 0;
	seen = seen_of(w->search, pid);
	if (!seen)
		return ERR_NOMEM;
	seen->last = w->search->round;
	if (w->client_gone || w->interrupted)
		return ERR_INTR;
	if (seen->by)
		look_at_traced(w, seen, pid);
	if (!has_turn(w->search, seen, pid) || !is_wanted(w, pid) ||
	    proc_is_ours(pid))
		return 0;
	/* Traced by ours: a fork that we'll hear of, or another session's,
	 * which we join. */
	tracer = proc_tracer(pid);
	if (tracer && w->search->round - seen->first < PATIENCE &&
	    proc_is_ours(tracer))
		return 0;
	seen->tried = true;
	attach(w, seen, pid);
	return 0;
}

/* Numbers that are gone may come again as other processes. */
static void forget_gone(struct search *s)
{
	bool found;

	do {
		found = false;
		htab_for_each (slot, &s->seen) {
			struct seen *seen = slot->value;

			if (seen->last == s->round)
				continue;
			htab_remove(&s->seen, slot->key);
			free(seen);
			found = true;
			break;
		}
	} while (found);
}

/* Their tracers have nothing left, and may leave. */
static void close_ended(struct worker *w)
{
	for (size_t i = 0; i < w->ntracees; i++) {
		struct tracee *t = &w->tracees[i];

		if (!t->closed || !t->conn)
			continue;
		conn_free(t->conn);
		t->conn = NULL;
	}
}

void session_search_forked(struct worker *w, struct tracee *t, pid_t pid)
{
	struct seen *seen = seen_of(w->search, pid);

	t->live++;
	if (!seen)
		return;
	seen->last = w->search->round;
	seen->tried = true;
	seen->by = t;
}

void session_search_execed(struct worker *w, pid_t pid)
{
	struct seen *seen = htab_get(&w->search->seen, (uint64_t)pid);

	if (seen)
		seen->execed = w->search->round;
}

/* Or was let go. */
void session_search_exited(struct worker *w, struct tracee *t, pid_t pid)
{
	struct seen *seen = htab_get(&w->search->seen, (uint64_t)pid);

	if (seen && seen->by == t) {
		seen->by = NULL;
		seen->tried = false;
		seen->first = w->search->round;
	}
	if (t->live && !--t->live && t->conn &&
	    conn_send(t->conn, MSG_T_CLOSE, NULL, NULL, 0, NULL))
		session_tracer_lost(w, t);
}

void session_search_look(struct worker *w)
{
	struct search *s = w->search;
	uint64_t now = (uint64_t)clock_ms();

	if (s->looked && now - s->looked < LOOK_MS)
		return;
	s->looked = now;

	s->round++;
	close_ended(w);
	if (!procs_each(look_at, w))
		forget_gone(s);
}

int session_search_timeout(void)
{
	return LOOK_MS;
}

int session_search_start(struct worker *w, int maps_fd, struct err *err)
{
	w->search = calloc(1, sizeof(*w->search));
	if (!w->search)
		return err_set(err, ERR_NOMEM, "out of memory");
	htab_init(&w->search->seen);
	w->search->maps_fd = maps_fd;
	session_search_look(w);
	return 0;
}

void session_search_free(struct search *s)
{
	if (!s)
		return;
	htab_for_each (slot, &s->seen)
		free(slot->value);
	htab_release(&s->seen);
	free(s);
}

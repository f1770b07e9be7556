/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints the calls of a program's functions as they come and go:
 *
 *	calls [-l LIBRARY] PATTERN COMMAND [ARGUMENT...]
 *
 * such as: calls -l libsqlite3 'sqlite3_*' sqlite3 a.db. To build it:
 *
 *	cc -o calls calls.c $(pkg-config --cflags --libs upd)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <upd.h>

enum { DEEPEST = 256, TASKS = 64, NAME = 128 };

/* What a task is in: one entry for each call in flight. */
static struct stack {
	pid_t tid;
	size_t depth;
	struct call {
		uint64_t sp;
		char name[NAME];
	} call[DEEPEST];
} stacks[TASKS];

static int status;

static struct stack *stack_of(pid_t tid)
{
	for (size_t i = 0; i < TASKS; i++) {
		if (!stacks[i].tid)
			stacks[i].tid = tid;
		if (stacks[i].tid == tid)
			return &stacks[i];
	}
	return NULL;
}

static void indent(const struct upd_hit *hit, size_t depth)
{
	printf("[%d] %*s", (int)upd_hit_tid(hit), (int)(2 * depth), "");
}

/* Calls deeper in the stack than where the task is now have been left, by
 * longjmp or an exception. */
static void drop_left(struct stack *s, uint64_t sp, size_t keep)
{
	while (s->depth > keep && s->call[s->depth - 1 - keep].sp < sp)
		s->depth--;
}

static void on_call(struct upd_hit *hit, void *data)
{
	struct stack *s = stack_of(upd_hit_tid(hit));
	uint64_t arg[2] = {0};
	struct call *c;

	(void)data;
	if (!s)
		return;
	drop_left(s, upd_hit_sp(hit) + 1, 0);
	if (s->depth == DEEPEST)
		return;
	c = &s->call[s->depth];
	c->sp = upd_hit_sp(hit);
	upd_symbol(upd_hit_process(hit), upd_hit_addr(hit), c->name,
		   sizeof(c->name));
	upd_hit_arg(hit, 0, &arg[0]);
	upd_hit_arg(hit, 1, &arg[1]);
	indent(hit, s->depth++);
	printf("%s(%#llx, %#llx, ...)\n", c->name, (unsigned long long)arg[0],
	       (unsigned long long)arg[1]);
}

static void on_return(struct upd_hit *hit, void *data)
{
	struct stack *s = stack_of(upd_hit_tid(hit));

	(void)data;
	if (!s)
		return;
	drop_left(s, upd_hit_sp(hit), 1);
	if (!s->depth)
		return;
	s->depth--;
	indent(hit, s->depth);
	printf("%s = %#llx\n", s->call[s->depth].name,
	       (unsigned long long)upd_hit_retval(hit));
}

static void on_event(struct upd_process *p, enum upd_event event, long value,
		     void *data)
{
	(void)p;
	(void)data;
	if (event == UPD_EXITED)
		status = (int)value;
}

static void check(const struct upd *u, int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "calls: %s\n", upd_error(u));
	exit(1);
}

int main(int argc, char **argv)
{
	const char *library = NULL;
	struct upd_process *p;
	struct upd *u = NULL;
	int option;

	while ((option = getopt(argc, argv, "+l:")) == 'l')
		library = optarg;
	if (option != -1 || argc - optind < 2) {
		fputs("usage: calls [-l LIBRARY] PATTERN COMMAND...\n", stderr);
		return 2;
	}
	check(u, upd_new(&u));
	check(u, upd_spawn(u, argv + optind + 1, &p));
	upd_on_event(p, on_event, NULL);
	/* A return that leads to a call's site is told first in this order. */
	check(u, upd_probe_return(p, library, argv[optind], on_return, NULL,
				  NULL));
	check(u, upd_probe(p, library, argv[optind], 0, on_call, NULL, NULL));
	check(u, upd_release(p));
	check(u, upd_run(u));
	upd_free(u);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 128 + WTERMSIG(status);
}

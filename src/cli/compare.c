/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upd compare: one script, one command, both engines: where do the outputs
 * differ? Nowhere, but in what is a matter of time. The command runs at the
 * same addresses each time, so that addresses and stacks compare too.
 */
#define _GNU_SOURCE
#include <config.h>

#include "bench.h"
#include "compare.h"
#include "input.h"
#include "proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

enum { SAME, DIFFERENT, CANNOT }; /* the exit status */

struct outcome {
	struct buf output;  /* of the script */
	struct buf command; /* of the command itself */
	struct lines lines;
};

struct compare {
	struct cli *cli;
	struct bench b;
	struct varying varying;
	struct buf script;
	struct outcome by[2];
};

static const char *const engines[2] = {"ptrace", "kernel"};

static void words_of(struct trial *t, const struct cli *cli, const char *engine)
{
	trial_word(t, "%s", t->bench->upd);
	trial_word(t, "-q");
	trial_word(t, "-S");
	trial_word(t, "%s", bench_file(t->bench, "sock").p);
	trial_word(t, "--max-overhead=0");
	trial_word(t, "--engine=%s", engine);
	trial_word(t, "-o");
	trial_word(t, "%s", bench_file(t->bench, "tool.txt").p);
	for (size_t i = 0; i < cli->include_dirs.n; i++)
		trial_word(t, "-I%s", cli->include_dirs.w[i]);
	trial_word(t, "-c");
	trial_word(t, "%s", cli->cmd ? cli->cmd : t->bench->victim);
	for (size_t i = 0; i < cli->params.n; i++)
		trial_word(t, "%s", cli->params.w[i]);
	if (cli->named.n)
		trial_word(t, "--");
	for (size_t i = 0; i < cli->named.n; i++)
		trial_word(t, "--%s", cli->named.w[i]);
}

static int run_by(struct compare *c, int i, struct err *err)
{
	struct trial *t = calloc(1, sizeof(*t));
	struct outcome *o = &c->by[i];
	struct err why;
	int rc;

	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	t->bench = &c->b;
	t->place = PLACE_FREE;
	words_of(t, c->cli, engines[i]);
	rc = trial_helper(t, &why);
	free(t);
	if (rc)
		return err_set(err, rc, "--engine=%s: %.800s", engines[i],
			       why.text);
	bench_read(&c->b, "tool.txt", &o->output);
	bench_read(&c->b, "tool.out", &o->command);
	lines_of(&c->varying, buf_str(&o->output), &o->lines);
	if (o->lines.failed || buf_failed(&o->output))
		return err_set(err, ERR_NOMEM, "out of memory");
	return 0;
}

/* Sorted lines, as diff(1) shows them; how many are not in both. */
static size_t show_differences(const struct lines *a, const struct lines *b)
{
	size_t i = 0, k = 0, n = 0;

	while (i < a->n || k < b->n) {
		int order = i == a->n	? 1
			    : k == b->n ? -1
					: strcmp(a->line[i], b->line[k]);

		if (order < 0)
			printf("ptrace: %s\n", a->line[i]);
		if (order > 0)
			printf("kernel: %s\n", b->line[k]);
		n += order != 0;
		i += order <= 0;
		k += order >= 0;
	}
	return n;
}

static void tell_varying(const struct varying *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const char *name = v->of[i].name;

		if (*name == '$')
			continue;
		printf("Not compared, a matter of time or chance: %s%s\n",
		       v->of[i].how == VARIES_ALL ? "all of "
		       : v->of[i].how == VARIES_VALUE
			       ? "numbers in "
			       : "numbers in the keys of ",
		       *name ? name : "what is printed");
	}
}

static int judge(struct compare *c)
{
	struct outcome *a = &c->by[0], *b = &c->by[1];
	size_t n = show_differences(&a->lines, &b->lines);
	bool own = strcmp(buf_str(&a->command), buf_str(&b->command)) != 0;

	tell_varying(&c->varying);
	if (own)
		puts("The command itself has not printed the same.");
	if (n)
		printf("Lines of output that differ: %zu.\n", n);
	if (!n && !own)
		printf("Both engines have printed the same; lines compared: "
		       "%zu.\n",
		       a->lines.n);
	return n || own ? DIFFERENT : SAME;
}

static int get_script(struct compare *c, struct err *err)
{
	const struct cli *cli = c->cli;
	const char *name;

	if (cli->npids)
		return err_set(err, ERR_UNSUPP,
			       "upd compare runs its command twice: give -c "
			       "COMMAND, not -p");
	if (!cli->params.n || !strcmp(cli->params.w[0], "-"))
		return err_set(err, ERR_INVAL,
			       "upd compare reads its script twice: give a "
			       "FILE");
	return script_read(cli->params.w[0], &c->script, &name, err);
}

static int compare_do(struct compare *c, struct err *err)
{
	int rc = get_script(c, err);

	if (!rc)
		rc = varying_find(buf_str(&c->script), &c->varying, err);
	if (!rc)
		rc = victim_find(c->b.upd, c->b.victim, err);
	if (!rc)
		rc = bench_open(&c->b, err);
	if (rc)
		return rc;
	personality(ADDR_NO_RANDOMIZE);
	for (int i = 0; !rc && i < 2; i++)
		rc = run_by(c, i, err);
	bench_close(&c->b);
	return rc;
}

static int compare_main(struct cli *cli)
{
	struct compare *c = calloc(1, sizeof(*c));
	struct err err;
	int status = CANNOT;

	if (!c)
		return CANNOT;
	c->cli = cli;
	c->b.cli = cli;
	c->b.guard_fd = -1;
	if (compare_do(c, &err))
		complain(&err);
	else
		status = judge(c);
	for (int i = 0; i < 2; i++) {
		buf_release(&c->by[i].output);
		buf_release(&c->by[i].command);
		lines_release(&c->by[i].lines);
	}
	buf_release(&c->script);
	free(c);
	return status;
}

const struct action action_compare = {"compare", compare_main};

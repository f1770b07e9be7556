/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The figures of upd bench for machines: one object.
 */
#include <config.h>

#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			printf("\\u%04x", (unsigned char)*s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void put_field(const char *name, const char *value)
{
	printf("\"%s\": ", name);
	put_string(value);
	printf(", ");
}

static void put_cell(const struct bench *b, enum place p, size_t s, size_t m)
{
	const struct cell *c = &b->cells[p][s][m];
	struct bench_path room;
	int k = cell_kernel(b, p, s);

	printf("{");
	put_field("where", place_name(b, p, &room));
	put_field("function", b->subjects[s].function);
	put_field("at", b->subjects[s].ret ? "return" : "entry");
	put_field("by", b->methods[m].label);
	if (!c->n) {
		printf("\"why_not\": ");
		put_string(c->why);
		printf("}");
		return;
	}
	printf("\"%s\": %.1f, \"run_ns\": [",
	       b->pid ? "between_hits_ns" : "cost_ns", cell_cost(b, p, s, m));
	for (unsigned i = 0; i < c->n; i++)
		printf("%s%.1f", i ? ", " : "", c->ns[i]);
	printf("], ");
	if (m && k >= 0 && cell_cost(b, p, s, k) > 0)
		printf("\"to_kernel\": %.3f, ",
		       cell_cost(b, p, s, m) / cell_cost(b, p, s, k));
	printf("\"made\": %" PRIu64 ", \"counted\": %" PRIu64 "}", c->made,
	       c->counted);
}

void bench_print_json(const struct bench *b)
{
	struct utsname u;
	const char *comma = "";
	char model[128];

	uname(&u);
	cpu_model(model, sizeof(model));
	printf("{");
	put_field("cpu", model);
	printf("\"cpus\": %ld, ", sysconf(_SC_NPROCESSORS_ONLN));
	put_field("kernel", u.release);
	put_field("machine", u.machine);
	if (b->cli->cmd)
		put_field("command", b->cli->cmd);
	if (b->pid)
		printf("\"pid\": %u, ", b->pid);
	printf("\"rounds\": %u, \"cells\": [\n", b->rounds);
	for (int p = b->from; p < PLACES; p++)
		for (size_t s = 0; s < b->nsubjects; s++)
			for (size_t m = 0; m < b->nmethods; m++) {
				printf("%s", comma);
				put_cell(b, p, s, m);
				comma = ",\n";
			}
	printf("\n]}\n");
}

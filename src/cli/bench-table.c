/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What upd bench prints: the machine, a table for each place, and a line for
 * each thing that was not measured.
 */
#include <config.h>

#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double cell_median(const struct cell *c)
{
	double sorted[BENCH_ROUNDS];

	if (!c->n)
		return 0;
	memcpy(sorted, c->ns, c->n * sizeof(*sorted));
	qsort(sorted, c->n, sizeof(*sorted), compare);
	return (sorted[(c->n - 1) / 2] + sorted[c->n / 2]) / 2;
}

void cell_range(const struct cell *c, double *ret_min, double *ret_max)
{
	double min = c->ns[0], max = c->ns[0];

	for (unsigned i = 1; i < c->n; i++) {
		min = c->ns[i] < min ? c->ns[i] : min;
		max = c->ns[i] > max ? c->ns[i] : max;
	}
	*ret_min = min;
	*ret_max = max;
}

/* Hits of one run that t->ns stands for: the victim tells the time of one. */
static double per_run(const struct bench *b, const struct cell *c)
{
	return b->cli->cmd && c->counted ? (double)c->counted / (double)c->n
					 : 1;
}

double cell_cost(const struct bench *b, enum place place, size_t subject,
		 size_t method)
{
	const struct cell *row = b->cells[place][subject];
	double over = cell_median(&row[method]) - cell_median(&row[0]);

	if (b->pid)
		return cell_median(&row[method]);
	if (!method)
		return 0;
	return over > 0 ? over / per_run(b, &row[method]) : 0;
}

int cell_kernel(const struct bench *b, enum place place, size_t subject)
{
	for (size_t m = 0; m < b->nmethods; m++)
		if (b->methods[m].engine &&
		    !strcmp(b->methods[m].engine, "kernel") &&
		    b->cells[place][subject][m].n)
			return (int)m;
	return -1;
}

const char *place_name(const struct bench *b, enum place place,
		       struct bench_path *room)
{
	if (place == PLACE_FREE)
		return "on any CPU";
	snprintf(room->p, sizeof(room->p), "all on CPU %d", b->cpu);
	return room->p;
}

void cpu_model(char *ret, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256], *model = NULL;

	while (!model && f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "model name", 10) ||
		    !strncmp(line, "cpu\t", 4))
			model = strstr(line, ": ");
	if (f)
		fclose(f);
	snprintf(ret, size, "%.*s", model ? (int)strcspn(model + 2, "\n") : 14,
		 model ? model + 2 : "an unknown CPU");
}

static void print_machine(const struct bench *b)
{
	struct utsname u;
	char model[128];

	cpu_model(model, sizeof(model));
	uname(&u);
	printf("Machine: %s, %ld CPUs, %s %s %s\n", model,
	       sysconf(_SC_NPROCESSORS_ONLN), u.sysname, u.release, u.machine);
	if (b->pid)
		printf("Process %u, for %d ms each, %u rounds, interleaved; "
		       "what it did without a probe is not known\n",
		       b->pid, BENCH_WINDOW, b->rounds);
	else if (b->cli->cmd)
		printf("Command: %s; %u rounds, interleaved\n", b->cli->cmd,
		       b->rounds);
	else
		printf("%" PRIu64 " hits each (a 20th by those that are slow), "
		       "%u rounds, interleaved\n",
		       b->hits, b->rounds);
}

static void print_live(const struct bench *b, enum place p, size_t s, size_t m,
		       const char *ratio)
{
	const struct cell *c = &b->cells[p][s][m];
	char spread[48];
	double min, max;

	cell_range(c, &min, &max);
	snprintf(spread, sizeof(spread), "%.3f-%.3f", min / 1e3, max / 1e3);
	printf("  %-25s %10.3f %19s %9s %10s %10" PRIu64 "\n",
	       b->methods[m].label, cell_median(c) / 1e3, spread, ratio, "-",
	       c->counted);
}

static void print_row(const struct bench *b, enum place p, size_t s, size_t m)
{
	const struct cell *row = b->cells[p][s], *c = &row[m];
	int k = cell_kernel(b, p, s);
	double min, max, cost = cell_cost(b, p, s, m), kernel = 0;
	double bare = cell_median(&row[0]), runs = per_run(b, c);
	char ratio[32] = "-", spread[48];

	if (!c->n) {
		printf("  %-25s -\n", b->methods[m].label);
		return;
	}
	cell_range(c, &min, &max);
	if (k >= 0)
		kernel = cell_cost(b, p, s, k);
	if (m && kernel > 0)
		snprintf(ratio, sizeof(ratio), "%.2f", cost / kernel);
	if (b->pid) {
		print_live(b, p, s, m, ratio);
		return;
	}
	if (!m) {
		printf("  %-25s %10s %19s %9s %10s %10s %6s\n",
		       b->methods[m].label, "-", "-", "-", "1.0", "-", "-");
		return;
	}
	min = min > bare ? (min - bare) / runs : 0;
	max = max > bare ? (max - bare) / runs : 0;
	snprintf(spread, sizeof(spread), "%.3f-%.3f", min / 1e3, max / 1e3);
	printf("  %-25s %10.3f %19s %9s %10.1f %10" PRIu64 " %6" PRId64 "\n",
	       b->methods[m].label, cost / 1e3, spread, ratio,
	       bare > 0 ? cell_median(c) / bare : 0, c->counted,
	       (int64_t)(c->made - c->counted));
}

static void print_subject(const struct bench *b, enum place p, size_t s)
{
	double bare = cell_median(&b->cells[p][s][0]);

	printf("\n%s (%s)", b->subjects[s].function, b->subjects[s].what);
	if (!b->pid)
		printf(", %.*f %s without a probe", b->cli->cmd ? 3 : 1,
		       b->cli->cmd ? bare / 1e6 : bare,
		       b->cli->cmd ? "ms" : "ns");
	printf("\n  %-25s %10s %19s %9s %10s %10s %6s\n", "",
	       b->pid ? "us to next" : "us per hit", "from-to", "to kernel",
	       "slow-down", "counted", b->pid ? "" : "lost");
	for (size_t m = 0; m < b->nmethods; m++)
		print_row(b, p, s, m);
}

/* What is said of one method and one reason is said once. */
static bool said(const struct bench *b, size_t upto, size_t m, const char *why)
{
	for (size_t s = 0; s < upto; s++)
		if (!strcmp(b->cells[b->from][s][m].why, why))
			return true;
	return false;
}

static void print_reasons(const struct bench *b)
{
	for (size_t m = 0; m < b->nmethods; m++)
		for (size_t s = 0; s < b->nsubjects; s++) {
			const char *why = b->cells[b->from][s][m].why;

			if (!*why)
				why = b->cells[1][s][m].why;
			if (*why && !said(b, s, m, why))
				printf("%s of %s: %s\n", b->methods[m].label,
				       b->subjects[s].function, why);
		}
}

void bench_print(const struct bench *b)
{
	struct bench_path room;

	print_machine(b);
	for (int p = b->from; p < PLACES; p++) {
		printf("\nTarget and tracer %s\n", place_name(b, p, &room));
		for (size_t s = 0; s < b->nsubjects; s++)
			print_subject(b, p, s);
	}
	puts("");
	print_reasons(b);
}

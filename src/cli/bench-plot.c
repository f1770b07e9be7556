/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The figures of upd bench as a picture: SVG, bars on a logarithmic scale of
 * microseconds per hit, with the spread as a line over each. Lengths are in
 * SVG's units.
 */
#include <config.h>

#include "bench.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	LEFT = 190,
	WIDTH = 640,
	ROW = 18,
	HEAD = 30,
	FOOT = 40,
	RIGHT = 90,
	DECADES = 6 /* from 10 ns */
};

static double place_x(double ns)
{
	double x = ns > 10 ? log10(ns / 10) : 0;

	return LEFT + (x < DECADES ? x : DECADES) * WIDTH / DECADES;
}

static void put_text(FILE *f, double x, double y, const char *anchor,
		     const char *text)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
		anchor);
	for (; *text; text++) {
		if (*text == '<' || *text == '>' || *text == '&')
			fprintf(f, "&#%d;", *text);
		else
			putc(*text, f);
	}
	fputs("</text>\n", f);
}

static void put_bar(FILE *f, const struct bench *b, enum place p, size_t s,
		    size_t m, double y)
{
	const struct cell *c = &b->cells[p][s][m];
	double cost = cell_cost(b, p, s, m), min, max, over, scale;
	char text[32];

	over = cell_median(c) - cell_median(&b->cells[p][s][0]);
	scale = over > 0 ? cost / over : 0;
	cell_range(c, &min, &max);
	min -= cell_median(&b->cells[p][s][0]);
	max -= cell_median(&b->cells[p][s][0]);
	put_text(f, LEFT - 6, y + ROW - 6, "end", b->methods[m].label);
	fprintf(f,
		"<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" "
		"fill=\"%s\"/>\n",
		LEFT, y + 3, place_x(cost) - LEFT, ROW - 6,
		b->methods[m].engine ? "#4477aa" : "#bbbbbb");
	fprintf(f,
		"<path d=\"M%.1f %.1fH%.1f\" stroke=\"black\" "
		"stroke-width=\"2\"/>\n",
		place_x(min * scale), y + ROW / 2.0, place_x(max * scale));
	snprintf(text, sizeof(text), "%.2f us", cost / 1e3);
	put_text(f, place_x(max * scale) + 6, y + ROW - 6, "start", text);
}

static void put_scale(FILE *f, double height)
{
	static const char *const marks[DECADES + 1] = {
		"10 ns", "100 ns", "1 us", "10 us", "100 us", "1 ms", "10 ms"};

	for (int i = 0; i <= DECADES; i++) {
		double x = LEFT + (double)i * WIDTH / DECADES;

		fprintf(f, "<path d=\"M%.1f %dV%.1f\" stroke=\"#dddddd\"/>\n",
			x, HEAD, height - FOOT + 6);
		put_text(f, x, height - FOOT + 22, "middle", marks[i]);
	}
}

/* The bars, or only (f: NULL) their number of rows, titles included. */
static unsigned put_bars(FILE *f, const struct bench *b)
{
	unsigned row = 0;
	struct bench_path room;
	char title[512];

	for (int p = b->from; p < PLACES; p++)
		for (size_t s = 0; s < b->nsubjects; s++) {
			snprintf(title, sizeof(title), "%s, %s",
				 b->subjects[s].function,
				 place_name(b, p, &room));
			if (f)
				put_text(f, LEFT, HEAD + row * ROW + 13,
					 "start", title);
			row++;
			for (size_t m = 1; m < b->nmethods; m++) {
				if (!b->cells[p][s][m].n)
					continue;
				if (f)
					put_bar(f, b, p, s, m,
						HEAD + row * ROW);
				row++;
			}
		}
	return row;
}

int bench_plot(const struct bench *b, const char *path, struct err *err)
{
	double height = HEAD + FOOT + put_bars(NULL, b) * (double)ROW;
	FILE *f = fopen(path, "we");
	int failed;

	if (!f)
		return err_errno(err, errno, "cannot write %s", path);
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%.0f\" font-family=\"sans-serif\" "
		"font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		LEFT + WIDTH + RIGHT, height);
	put_text(f, LEFT, 18, "start",
		 b->pid ? "From one hit of a probe to the next (median; line: "
			  "from-to)"
			: "What one hit of a probe costs (median; line: "
			  "from-to)");
	put_scale(f, height);
	put_bars(f, b);
	fputs("</svg>\n", f);
	failed = ferror(f);
	if (fclose(f) != 0 || failed)
		return err_errno(err, errno, "cannot write %s", path);
	return 0;
}

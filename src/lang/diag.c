/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diag.h"
#include "lang-int.h"
#include "source.h"

#include <stdarg.h>
#include <string.h>

enum { LINE_SHOWN_MAX = 512 };

struct place_in_text {
	uint32_t line, col; /* from 1 */
	uint32_t line_begin, line_end;
	const char *file;
};

static struct place_in_text locate(const struct lang *l, uint32_t pos)
{
	const struct source *s = source_at(l, pos);
	struct place_in_text p = {1, 1, s->at.begin, 0, s->name};

	if (pos > s->at.end)
		pos = s->at.end;
	for (uint32_t i = s->at.begin; i < pos; i++)
		if (l->text[i] == '\n') {
			p.line++;
			p.line_begin = i + 1;
		}
	p.col = pos - p.line_begin + 1;
	p.line_end = p.line_begin;
	while (p.line_end < s->at.end && l->text[p.line_end] != '\n')
		p.line_end++;
	return p;
}

static void color(struct lang *l, const char *code)
{
	if (l->opts.color)
		buf_printf(l->diag, "\033[%sm", code);
}

/* Control characters would tear the picture apart (and the terminal's
 * settings with it). */
static void show_line(struct lang *l, uint32_t begin, uint32_t end)
{
	for (uint32_t i = begin; i < end; i++) {
		unsigned char c = (unsigned char)l->text[i];

		buf_add_char(l->diag, c == '\t' || c >= 32 ? (char)c : '?');
	}
	buf_add_char(l->diag, '\n');
}

static void underline(struct lang *l, const struct place_in_text *at,
		      uint32_t begin, uint32_t end)
{
	for (uint32_t i = at->line_begin; i < begin; i++)
		buf_add_char(l->diag, l->text[i] == '\t' ? '\t' : ' ');
	color(l, "31");
	for (uint32_t i = begin; i < end || i == begin; i++)
		buf_add_char(l->diag, i == begin ? '^' : '~');
	color(l, "0");
	buf_add_char(l->diag, '\n');
}

static void show(struct lang *l, struct range r, const char *what,
		 const char *col, const char *fmt, va_list ap)
{
	struct place_in_text at = locate(l, r.begin);
	uint32_t end = r.end, line_end = at.line_end;

	if (end > at.line_end)
		end = at.line_end;
	if (end <= r.begin)
		end = r.begin + 1;
	buf_printf(l->diag, "%s:%u:%u-%u: ", at.file, at.line, at.col,
		   at.col + (end - r.begin));
	color(l, col);
	buf_printf(l->diag, "%s: ", what);
	color(l, "0");
	buf_vprintf(l->diag, fmt, ap);
	buf_add_char(l->diag, '\n');
	if (line_end - at.line_begin > LINE_SHOWN_MAX) {
		if (r.begin - at.line_begin > LINE_SHOWN_MAX / 2)
			at.line_begin = r.begin - LINE_SHOWN_MAX / 2;
		if (line_end - at.line_begin > LINE_SHOWN_MAX)
			line_end = at.line_begin + LINE_SHOWN_MAX;
		if (end > line_end)
			end = line_end;
	}
	show_line(l, at.line_begin, line_end);
	underline(l, &at, r.begin, end);
}

static void show_text(struct lang *l, struct range r, const char *what,
		      const char *col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	show(l, r, what, col, fmt, ap);
	va_end(ap);
}

void lang_complain(const struct lang *l, uint32_t begin, uint32_t end,
		   const char *what, const char *text, struct buf *out)
{
	struct lang view = *l;

	view.diag = out;
	show_text(&view, (struct range){begin, end}, what,
		  *what == 'E' ? "1;31" : "1;33", "%s", text);
}

struct lang_place lang_place(const struct lang *l, uint32_t begin, uint32_t end)
{
	struct place_in_text at = locate(l, begin);

	if (end > at.line_end)
		end = at.line_end;
	if (end <= begin)
		end = begin + 1;
	return (struct lang_place){at.file, at.line, at.col,
				   at.col + (end - begin)};
}

void diag_error(struct lang *l, struct range r, const char *fmt, ...)
{
	va_list ap;

	l->diag_shown = false;
	if (l->nerrors >= DIAG_ERRORS_MAX || !l->diag) {
		l->nerrors++;
		return;
	}
	/* What a macro's argument has wrong is wrong at each of its uses. */
	for (unsigned i = 0; i < l->nerrors; i++)
		if (l->errors[i].begin == r.begin && l->errors[i].end == r.end)
			return;
	l->errors[l->nerrors++] = r;
	va_start(ap, fmt);
	show(l, r, "ERROR", "1;31", fmt, ap);
	va_end(ap);
	l->diag_shown = true;
	if (l->nerrors == DIAG_ERRORS_MAX)
		buf_printf(l->diag,
			   "%s: too many errors, the rest is not "
			   "shown\n",
			   l->opts.name);
}

void diag_warn(struct lang *l, struct range r, const char *fmt, ...)
{
	va_list ap;

	l->diag_shown = false;
	if (l->opts.no_warnings || !l->diag || l->nwarnings >= DIAG_ERRORS_MAX)
		return;
	l->nwarnings++;
	va_start(ap, fmt);
	show(l, r, "WARNING", "1;33", fmt, ap);
	va_end(ap);
	l->diag_shown = true;
}

void diag_hint(struct lang *l, const char *fmt, ...)
{
	va_list ap;

	if (!l->diag_shown)
		return;
	va_start(ap, fmt);
	buf_add_str(l->diag, "HINT: ");
	buf_vprintf(l->diag, fmt, ap);
	buf_add_char(l->diag, '\n');
	va_end(ap);
}

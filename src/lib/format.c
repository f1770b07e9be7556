/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whole event records. What lies in a record may have been written by the
 * traced program: every field is checked to lie inside before it is read, and
 * what contradicts its action is refused.
 */
#include "format-int.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One record being formatted. */
struct event {
	const struct format_env *env;
	enum format_mode mode;
	const struct lang_action *action;
	const uint8_t *record;
	size_t len;
	struct buf *out, *err_out;
};

/* {"type": TYPE, "data": TEXT} or the text itself. */
static void emit(struct event *e, const char *type, struct buf *text)
{
	if (e->mode == FORMAT_JSON) {
		buf_printf(e->out, "{\"type\": \"%s\", \"data\": ", type);
		json_string(e->out, text->data, text->len);
		buf_add_str(e->out, "}\n");
	} else {
		buf_add(e->out, text->data, text->len);
	}
	if (buf_failed(text))
		e->out->failed = true;
}

static void format_text(struct event *e, struct buf *text)
{
	format_printf(e->env, e->action->fmt ? e->action->fmt : "",
		      e->action->fields, e->action->nfields, e->record, text);
}

static int on_printf(struct event *e, struct buf *text)
{
	format_text(e, text);
	emit(e, "printf", text);
	return 0;
}

static int on_print(struct event *e, struct buf *text)
{
	struct fmt f = {.env = e->env, .out = e->out, .mode = e->mode};
	const struct vfield *field = e->action->fields;

	(void)text;
	if (e->action->nfields < 1)
		return ERR_FORMAT;
	if (e->mode == FORMAT_JSON)
		buf_add_str(e->out, "{\"type\": \"value\", \"data\": ");
	write_value(&f, field->type, e->record + field->offset);
	buf_add_str(e->out, e->mode == FORMAT_JSON ? "}\n" : "\n");
	return 0;
}

static int on_time(struct event *e, struct buf *text)
{
	const struct vfield *when = e->action->fields;
	uint64_t ns, wall = wall_now();

	/* With the moment in the record it is exact, however late we read. */
	if (e->action->nfields && e->env->wall &&
	    integer_of(when->type, e->record + when->offset, &ns))
		wall = e->env->wall(e->env->ctx, ns);
	time_text(text, e->action->fmt ? e->action->fmt : "%H:%M:%S\n", wall);
	emit(e, "time", text);
	return 0;
}

static int on_join(struct event *e, struct buf *text)
{
	const char *between = e->action->fmt ? e->action->fmt : " ";

	for (size_t i = 0; i < e->action->nfields; i++) {
		const struct vfield *f = &e->action->fields[i];

		if (f->type->kind == V_STRING && !e->record[f->offset])
			break; /* argv ends */
		if (i)
			buf_add_str(text, between);
		format_value(e->env, FORMAT_TEXT, f->type,
			     e->record + f->offset, text);
	}
	if (e->mode == FORMAT_TEXT)
		buf_add_char(text, '\n');
	emit(e, "join", text);
	return 0;
}

/* ---- cat
 * ---------------------------------------------------------------------- */

/* No terminal, pipe or device may keep us waiting. */
static int cat_file(const char *path, size_t max, struct buf *to)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc = 0;

	if (fd < 0)
		return errno;
	while (to->len < max) {
		size_t want = max - to->len < 4096 ? max - to->len : 4096;
		void *room = buf_reserve(to, want);
		ssize_t n = room ? read(fd, room, want) : -1;

		if (n < 0 && room && errno == EINTR)
			continue;
		if (n < 0)
			rc = room ? errno : ENOMEM;
		if (n <= 0)
			break;
		to->len += (size_t)n;
	}
	close(fd);
	return rc;
}

static int on_cat(struct event *e, struct buf *text)
{
	const struct lang_config *config = lang_config(e->env->lang);
	struct buf path;
	int error;

	buf_init(&path);
	format_text(e, &path);
	if (e->env->cwd && *buf_str(&path) != '/') {
		buf_release(&path);
		buf_init(&path);
		buf_printf(&path, "%s/", e->env->cwd);
		format_text(e, &path);
	}
	error = cat_file(buf_str(&path), config->max_cat_bytes, text);
	if (error)
		buf_printf(e->err_out, "WARNING: cat: %s: %s\n", buf_str(&path),
			   strerror(error));
	else
		emit(e, "cat", text);
	buf_release(&path);
	return 0;
}

static int on_system(struct event *e, struct buf *text)
{
	struct err err = {0};
	struct buf command;

	if (!e->env->system)
		return ERR_FORMAT;
	buf_init(&command);
	format_text(e, &command);
	if (e->env->system(e->env->ctx, buf_str(&command), text, &err))
		buf_printf(e->err_out, "WARNING: %s\n", err.text);
	if (text->len)
		emit(e, "syscall", text);
	buf_release(&command);
	return 0;
}

/* ---- errors and warnings
 * ---------------------------------------------------------- */

/* FILE:LINE:COLUMN-COLUMN: WORD: text, on one line of its own. */
static int complain(struct event *e, const char *type, const char *word,
		    struct buf *text)
{
	struct lang_place at = lang_place(e->env->lang, e->action->src_begin,
					  e->action->src_end);

	if (e->mode == FORMAT_JSON) {
		emit(e, type, text);
		return 0;
	}
	buf_printf(e->err_out, "%s:%u:%u-%u: %s: ", at.file, at.line, at.col,
		   at.end_col, word);
	buf_add(e->err_out, text->data, text->len);
	if (!text->len || text->data[text->len - 1] != '\n')
		buf_add_char(e->err_out, '\n');
	return 0;
}

static int on_error(struct event *e, struct buf *text)
{
	format_text(e, text);
	return complain(e, "errorf", "ERROR", text);
}

static int on_warn(struct event *e, struct buf *text)
{
	format_text(e, text);
	return complain(e, "warnf", "WARNING", text);
}

/* ---- what went wrong while a program ran ---- */

static void json_failure(const struct format_env *env,
			 const struct format_failure *f, struct buf *out)
{
	struct lang_place at = lang_place(env->lang, f->begin, f->end);

	buf_add_str(out, "{\"type\": \"helper_error\", \"msg\": ");
	json_string(out, f->text, strlen(f->text));
	if (f->helper && !f->count) {
		buf_add_str(out, ", \"helper\": ");
		json_string(out, f->helper, strlen(f->helper));
		buf_printf(out, ", \"retcode\": %" PRId64, f->code);
	}
	buf_add_str(out, ", \"filename\": ");
	json_string(out, at.file, strlen(at.file));
	buf_printf(out, ", \"line\": %u, \"col\": %u", at.line, at.col);
	if (f->count)
		buf_printf(out, ", \"count\": %" PRIu64, f->count);
	buf_add_str(out, "}\n");
}

void format_failure(const struct format_env *env, enum format_mode mode,
		    const struct format_failure *f, struct buf *out,
		    struct buf *err_out)
{
	struct lang_place at;

	if (mode == FORMAT_JSON) {
		json_failure(env, f, out);
	} else if (f->count) {
		at = lang_place(env->lang, f->begin, f->end);
		buf_printf(err_out,
			   "%s:%u:%u-%u: WARNING: %s (%" PRIu64 " times)\n",
			   at.file, at.line, at.col, at.end_col, f->text,
			   f->count);
	} else {
		lang_complain(env->lang, f->begin, f->end, "WARNING", f->text,
			      err_out);
		if (f->helper)
			buf_printf(err_out,
				   "Additional Info - helper: %s, "
				   "retcode: %" PRId64 "\n",
				   f->helper, f->code);
	}
}

void format_lost(enum format_mode mode, uint64_t n, const char *probe,
		 struct buf *out)
{
	if (mode == FORMAT_TEXT) {
		buf_printf(out, "Lost %" PRIu64 " event%s: %s\n", n,
			   n == 1 ? "" : "s", probe);
		return;
	}
	buf_printf(out,
		   "{\"type\": \"lost_events\", \"count\": %" PRIu64
		   ", \"data\": {\"events\": %" PRIu64 ", \"probe\": ",
		   n, n);
	json_string(out, probe, strlen(probe));
	buf_add_str(out, "}}\n");
}

static int on_runtime(struct event *e, struct buf *text)
{
	const struct lang_action *a = e->action;
	struct event_warning w;
	struct format_failure f = {.text = a->fmt ? a->fmt : "",
				   .helper = a->helper,
				   .begin = a->src_begin,
				   .end = a->src_end};

	(void)text;
	if (e->len < sizeof(w))
		return ERR_FORMAT;
	memcpy(&w, e->record, sizeof(w));
	f.code = w.code;
	format_failure(e->env, e->mode, &f, e->out, e->err_out);
	return 0;
}

static int on_ended(struct event *e, unsigned point)
{
	const char *probe = lang_point_text(e->env->lang, point);
	struct format_failure f = {.helper = NULL};
	struct buf text;

	if (!probe)
		return ERR_FORMAT;
	buf_init(&text);
	buf_printf(&text, FORMAT_ENDED, probe);
	f.text = buf_str(&text);
	lang_point_range(e->env->lang, point, &f.begin, &f.end);
	format_failure(e->env, e->mode, &f, e->out, e->err_out);
	buf_release(&text);
	return 0;
}

/* ---- print(@map)
 * --------------------------------------------------------------------- */

static size_t round8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static int on_print_map(struct event *e, struct buf *text)
{
	size_t at = sizeof(struct event_record), key, value;
	uint64_t stride;
	struct event_snapshot s;
	const struct lang_map *map;
	struct format_entry *entries;
	int rc;

	(void)text;
	if (e->len < at + sizeof(s))
		return ERR_FORMAT;
	memcpy(&s, e->record + at, sizeof(s));
	at += sizeof(s);
	if (s.map >= lang_nmaps(e->env->lang) || !s.nwriters)
		return ERR_FORMAT;
	map = lang_map(e->env->lang, s.map);
	key = map->key ? round8(map->key->size) : round8(map->def.key_size);
	value = round8(map->value ? map->value->size : 0);
	stride = key + (uint64_t)value * s.nwriters;
	if (!value || s.count > (e->len - at) / stride ||
	    (s.count && s.nwriters > e->len / value))
		return ERR_FORMAT;
	entries = calloc((size_t)s.count + 1, sizeof(*entries));
	if (!entries)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < s.count; i++) {
		const uint8_t *p = e->record + at + i * stride;

		entries[i] = (struct format_entry){p, p + key};
	}
	rc = format_map(e->env, e->mode, map, entries, s.count, s.nwriters,
			(uint32_t)value, s.top, s.div, e->out);
	free(entries);
	return rc;
}

/* ---- all
 * -------------------------------------------------------------------------------
 */

static int (*const handlers[])(struct event *e, struct buf *text) = {
	[LANG_ACT_PRINTF] = on_printf,
	[LANG_ACT_PRINT] = on_print,
	[LANG_ACT_PRINT_MAP] = on_print_map,
	[LANG_ACT_TIME] = on_time,
	[LANG_ACT_CAT] = on_cat,
	[LANG_ACT_JOIN] = on_join,
	[LANG_ACT_SYSTEM] = on_system,
	[LANG_ACT_ERROR] = on_error,
	[LANG_ACT_WARN] = on_warn,
	[LANG_ACT_RUNTIME] = on_runtime,
};

static int check(const struct event *e)
{
	const struct lang_action *a = e->action;

	if (e->len < a->size)
		return ERR_FORMAT;
	for (size_t i = 0; i < a->nfields; i++)
		if (a->fields[i].offset > e->len ||
		    a->fields[i].type->size > e->len - a->fields[i].offset)
			return ERR_FORMAT;
	return 0;
}

int format_record(const struct format_env *env, enum format_mode mode,
		  const void *record, size_t len, struct buf *out,
		  struct buf *err_out)
{
	struct event e = {.env = env,
			  .mode = mode,
			  .record = record,
			  .len = len,
			  .out = out,
			  .err_out = err_out};
	struct event_record head;
	struct buf text;
	int rc;

	if (len < sizeof(head))
		return ERR_FORMAT;
	memcpy(&head, record, sizeof(head));
	if (head.action == EVENT_ENDED)
		return on_ended(&e, head.point);
	if (head.action >= lang_nactions(env->lang))
		return ERR_FORMAT;
	e.action = lang_action(env->lang, head.action);
	if ((size_t)e.action->kind >= sizeof(handlers) / sizeof(handlers[0]) ||
	    !handlers[e.action->kind])
		return ERR_FORMAT;
	rc = check(&e);
	if (rc)
		return rc;
	buf_init(&text);
	rc = handlers[e.action->kind](&e, &text);
	buf_release(&text);
	return rc;
}

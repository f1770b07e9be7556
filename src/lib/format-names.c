/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values that stand for something else: addresses for symbols, numbers for
 * moments, hosts, errors and signals.
 */
#define _GNU_SOURCE
#include "format-int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FRAMES_MAX = 1024, TIME_ROOM = 1024, INDENT = 8 };

/* ---- symbols and stacks
 * ------------------------------------------------------ */

static const struct format_sym *symbol(const struct fmt *f, uint32_t pid,
				       uint64_t addr)
{
	const struct format_env *env = f->env;
	const struct format_sym *s =
		env->sym ? env->sym(env->ctx, pid, addr) : NULL;

	return s && s->name ? s : NULL;
}

static void frame_bpftrace(struct fmt *f, struct buf *out, uint32_t pid,
			   uint64_t ip)
{
	const struct format_sym *s = symbol(f, pid, ip);

	buf_printf(out, "%*s", f->tight ? 0 : INDENT, "");
	if (!s) {
		buf_printf(out, "0x%" PRIx64 "\n", ip);
		return;
	}
	buf_printf(out, "%s+%" PRIu64, s->name, s->offset);
	if (s->file)
		buf_printf(out, "@%s:%d", s->file, s->line);
	buf_add_char(out, '\n');
}

static void frame_perf(struct fmt *f, struct buf *out, uint32_t pid,
		       uint64_t ip)
{
	const struct format_env *env = f->env;
	const struct format_sym *s =
		env->sym ? env->sym(env->ctx, pid, ip) : NULL;
	const char *module = s && s->module ? s->module : "[unknown]";

	buf_printf(out, "\t%" PRIx64 " ", ip);
	if (s && s->name)
		buf_printf(out, "%s+%" PRIu64, s->name, s->offset);
	else
		buf_printf(out, "0x%" PRIx64, ip);
	buf_printf(out, " (%s)\n", module);
}

static void frame_raw(struct fmt *f, struct buf *out, uint32_t pid, uint64_t ip)
{
	(void)f;
	(void)pid;
	buf_printf(out, "%" PRIx64 "\n", ip);
}

static void frame_build_id(struct fmt *f, struct buf *out, uint32_t pid,
			   uint64_t ip)
{
	const uint8_t *id;
	uint64_t offset;
	size_t n = f->env->build_id ? f->env->build_id(f->env->ctx, pid, ip,
						       &id, &offset)
				    : 0;

	if (!n) {
		frame_raw(f, out, pid, ip);
		return;
	}
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", id[i]);
	buf_printf(out, " 0x%" PRIx64 "\n", offset);
}

void write_stack(struct fmt *f, const struct vtype *type, const void *data)
{
	static void (*const frames[])(struct fmt *, struct buf *, uint32_t,
				      uint64_t) = {
		[V_STACK_BPFTRACE] = frame_bpftrace,
		[V_STACK_PERF] = frame_perf,
		[V_STACK_RAW] = frame_raw,
		[V_STACK_BUILD_ID] = frame_build_id,
	};
	uint64_t ips[FRAMES_MAX];
	size_t limit = type->stack.limit, n = 0;
	struct v_stack s;
	struct buf text;

	memcpy(&s, data, sizeof(s));
	if (!limit || limit > FRAMES_MAX)
		limit = FRAMES_MAX;
	if (s.id >= 0 && f->env->stack)
		n = f->env->stack(f->env->ctx, &s, ips, limit);
	buf_init(&text);
	buf_add_char(&text, '\n');
	for (size_t i = 0; i < n && i < limit; i++)
		frames[type->stack.mode](f, &text, s.pid, ips[i]);
	write_text(f, buf_str(&text));
	buf_release(&text);
}

void write_usym(struct fmt *f, const void *data)
{
	const struct format_sym *s;
	struct v_sym v;
	char hex[24];

	memcpy(&v, data, sizeof(v));
	s = symbol(f, v.pid, v.addr);
	snprintf(hex, sizeof(hex), "0x%" PRIx64, v.addr);
	write_text(f, s ? s->name : hex);
}

/* ---- time
 * ---------------------------------------------------------------------- */

uint64_t wall_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* strftime's own conversions but for %f, %k and %l, which are the micro-, nano-
 * and milliseconds of the second. */
static void expand_fractions(struct buf *out, const char *format, uint64_t ns)
{
	for (const char *p = format; *p; p++) {
		if (*p != '%' || !p[1]) {
			buf_add_char(out, *p);
			continue;
		}
		p++;
		if (*p == 'f')
			buf_printf(out, "%06" PRIu64, ns / 1000);
		else if (*p == 'k')
			buf_printf(out, "%09" PRIu64, ns);
		else if (*p == 'l')
			buf_printf(out, "%03" PRIu64, ns / 1000000);
		else
			buf_printf(out, "%%%c", *p);
	}
}

void time_text(struct buf *out, const char *format, uint64_t wall_ns)
{
	time_t s = (time_t)(wall_ns / 1000000000);
	char text[TIME_ROOM];
	struct buf expanded;
	struct tm tm;

	buf_init(&expanded);
	expand_fractions(&expanded, format, wall_ns % 1000000000);
	if (localtime_r(&s, &tm))
		buf_add(out, text,
			strftime(text, sizeof(text), buf_str(&expanded), &tm));
	buf_release(&expanded);
}

void write_timestamp(struct fmt *f, const void *data)
{
	const char *format = NULL;
	struct v_time v;
	struct buf text;

	memcpy(&v, data, sizeof(v));
	if (f->env->lang)
		format = lang_string(f->env->lang, v.fmt);
	buf_init(&text);
	time_text(&text, format ? format : "%Y-%m-%dT%H:%M:%S",
		  f->env->wall ? f->env->wall(f->env->ctx, v.ns) : v.ns);
	write_text(f, buf_str(&text));
	buf_release(&text);
}

/* ---- the rest
 * -------------------------------------------------------------------- */

void write_inet(struct fmt *f, const void *data)
{
	uint64_t family = load_uint(data, 8);
	char text[INET6_ADDRSTRLEN];

	if ((family != 2 && family != 10) ||
	    !inet_ntop(family == 2 ? AF_INET : AF_INET6,
		       (const uint8_t *)data + 8, text, sizeof(text)))
		snprintf(text, sizeof(text), "?");
	write_text(f, text);
}

void write_mac(struct fmt *f, const void *data)
{
	const uint8_t *p = data;
	char text[18];

	snprintf(text, sizeof(text), "%02X:%02X:%02X:%02X:%02X:%02X", p[0],
		 p[1], p[2], p[3], p[4], p[5]);
	write_text(f, text);
}

void write_strerror(struct fmt *f, const void *data)
{
	char text[128];

	write_text(f, strerror_r((int)load_int(data, 8), text, sizeof(text)));
}

void write_syscall(struct fmt *f, const void *data)
{
	int64_t number = load_int(data, 8);
	const char *name = f->env->syscall
				   ? f->env->syscall(f->env->ctx, number)
				   : NULL;

	if (name)
		write_text(f, name);
	else
		write_number(f, (uint64_t)number, true);
}

void write_username(struct fmt *f, const void *data)
{
	uid_t uid = (uid_t)load_uint(data, 8);
	char text[1024], number[24];
	struct passwd entry, *found = NULL;

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	if (getpwuid_r(uid, &entry, text, sizeof(text), &found) || !found)
		write_text(f, number);
	else
		write_text(f, entry.pw_name);
}

void write_signame(struct fmt *f, const void *data)
{
	int64_t number = load_int(data, 8);
	const char *name =
		number > 0 && number < NSIG ? sigabbrev_np((int)number) : NULL;
	char text[40];

	if (name)
		snprintf(text, sizeof(text), "SIG%s", name);
	else if (number >= SIGRTMIN && number <= SIGRTMAX)
		snprintf(text, sizeof(text), "SIGRTMIN+%d",
			 (int)number - SIGRTMIN);
	else
		snprintf(text, sizeof(text), "%" PRId64, number);
	write_text(f, text);
}

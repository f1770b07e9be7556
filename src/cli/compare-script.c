/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of a script's output depends on the time, on process numbers or on
 * chance. A statement that reads one of those, or something that already
 * depends on one, makes what it assigns depend on it; what stands in a block
 * whose condition compares such a thing may be there or not. Again and again
 * until nothing is added.
 *
 * No parser: words, brackets, semicolons and braces are enough for that.
 */
#include <config.h>

#include "compare.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

static const char *const sources[] = {
	"nsecs", "elapsed", "strftime", "time", "rand", "cpu",	  "pid",
	"tid",	 "cgroup",  "jiffies",	"ppid", "cpid", "numaid",
};

struct reader {
	struct varying *v;
	enum varies block[DEPTH_MAX];
	unsigned depth;
	bool more; /* something was added in this pass */
	bool full;
};

static bool is_word(char c)
{
	return c == '_' || c == '$' || c == '@' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

static const char *skip_comment(const char *p)
{
	const char *end;

	if (p[0] != '/' || (p[1] != '/' && p[1] != '*'))
		return p;
	end = p[1] == '/' ? strchr(p, '\n') : strstr(p + 2, "*/");
	return !end ? p + strlen(p) : p[1] == '/' ? end : end + 2;
}

enum varies varying_how(const struct varying *v, const char *name, size_t len,
			bool *ret_key)
{
	for (size_t i = 0; i < v->n; i++)
		if (strlen(v->of[i].name) == len &&
		    !memcmp(v->of[i].name, name, len)) {
			*ret_key = v->of[i].key;
			return v->of[i].how;
		}
	*ret_key = false;
	return VARIES_NOT;
}

static void add(struct reader *r, const char *name, size_t len, enum varies how,
		bool key)
{
	struct varying *v = r->v;
	size_t i = 0;

	if (how == VARIES_NOT && !key)
		return;
	while (i < v->n && (strlen(v->of[i].name) != len ||
			    memcmp(v->of[i].name, name, len)))
		i++;
	if (i == v->n) {
		if (v->n == VARYING_MAX || len >= VARYING_NAME) {
			r->full = true;
			return;
		}
		snprintf(v->of[v->n].name, VARYING_NAME, "%.*s", (int)len,
			 name);
		v->of[v->n].how = VARIES_NOT;
		v->of[v->n++].key = false;
		r->more = true;
	}
	if (how > v->of[i].how || key > v->of[i].key)
		r->more = true;
	v->of[i].how = how > v->of[i].how ? how : v->of[i].how;
	v->of[i].key |= key;
}

static bool word_varies(const struct reader *r, const char *word, size_t len)
{
	bool key;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strlen(sources[i]) == len && !memcmp(sources[i], word, len))
			return true;
	return varying_how(r->v, word, len, &key) != VARIES_NOT;
}

/* Does the text read something that varies? Keys in brackets say which entry
 * is read, not what is in it, unless keys is set. */
static bool reads(const struct reader *r, const char *p, const char *end,
		  bool keys)
{
	unsigned brackets = 0;

	while (p < end) {
		const char *word = p;

		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		brackets += *p == '[';
		brackets -= *p == ']' && brackets;
		while (p < end && is_word(*p))
			p++;
		if (p > word && (keys || !brackets) &&
		    word_varies(r, word, p - word))
			return true;
		p += p == word;
	}
	return false;
}

/* An entry that is there or not does not depend on what time it holds; a
 * comparison does. */
static bool compares(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '"')
			p = skip_string(p, end) - 1;
		else if (*p == '<' || *p == '>' || *p == '%' ||
			 ((*p == '=' || *p == '!') && p + 1 < end &&
			  p[1] == '='))
			return true;
	}
	return false;
}

/* The end of "@name[key]"'s key, or p. */
static const char *skip_key(const char *p, const char *end)
{
	unsigned depth = 0;

	if (p == end || *p != '[')
		return p;
	for (; p < end; p++) {
		depth += *p == '[';
		depth -= *p == ']';
		if (!depth)
			return p + 1;
	}
	return end;
}

static bool begins(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) >= len && !memcmp(p, word, len);
}

static void statement(struct reader *r, const char *p, const char *end)
{
	enum varies how = r->block[r->depth];
	const char *name = p, *key;

	if (begins(p, end, "printf") || begins(p, end, "strftime") ||
	    begins(p, end, "time") || begins(p, end, "errorf") ||
	    begins(p, end, "cat") || begins(p, end, "print(")) {
		/* print(@map) prints what the map says by itself. */
		if (how == VARIES_NOT && !begins(p, end, "print(@") &&
		    reads(r, p, end, false))
			how = VARIES_VALUE;
		add(r, "", 0, begins(p, end, "print(@") ? VARIES_NOT : how,
		    false);
		return;
	}
	if (p == end || (*p != '@' && *p != '$'))
		return;
	while (p < end && is_word(*p))
		p++;
	key = p;
	p = skip_key(p, end);
	if (p == end)
		return;
	if (how == VARIES_NOT && reads(r, p, end, false))
		how = VARIES_VALUE;
	add(r, name, key - name, how, reads(r, key, p, true));
}

/* What stands before a brace: a condition, or nothing of interest. */
static void block_opens(struct reader *r, const char *p, const char *end)
{
	enum varies how = r->block[r->depth];

	if (compares(p, end) && reads(r, p, end, false))
		how = VARIES_ALL;
	if (r->depth + 1 < DEPTH_MAX)
		r->block[++r->depth] = how;
	else
		r->full = true;
}

static void pass(struct reader *r, const char *script)
{
	const char *from = script, *p = script;
	const char *end = script + strlen(script);

	r->depth = 0;
	while (p < end) {
		const char *after = skip_comment(p);

		if (after != p) {
			/* A predicate's slashes are no comments' */
			if (from == p)
				from = after;
			p = after;
			continue;
		}
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == ';' || *p == '}')
			statement(r, from, p);
		if (*p == '{')
			block_opens(r, from, p);
		if (*p == '}' && r->depth)
			r->depth--;
		p++;
		if (p[-1] == ';' || p[-1] == '{' || p[-1] == '}' ||
		    (from == p - 1 &&
		     (p[-1] == ' ' || p[-1] == '\t' || p[-1] == '\n')))
			from = p;
	}
}

int varying_find(const char *script, struct varying *ret, struct err *err)
{
	struct reader r = {.v = ret, .more = true};

	ret->n = 0;
	while (r.more && !r.full) {
		r.more = false;
		pass(&r, script);
	}
	return r.full ? err_set(err, ERR_LIMIT,
				"the script is too large to compare")
		      : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * C++ (and old-style Rust) names. The C++ runtime's own demangler does the
 * work: it is part of the C++ ABI, always there with a C++ compiler, and
 * limits its recursion. libiberty's is not packaged for linking everywhere.
 */
#include <config.h>

#include "symbols.h"

#include <stdlib.h>
#include <string.h>

enum { MANGLED_MAX = 4096 };

/* Itanium C++ ABI, section 3.4. */
char *__cxa_demangle(const char *mangled, char *buf, size_t *len, int *status);

char *demangle(const char *name, size_t len)
{
	char copy[MANGLED_MAX], *text;
	int status = 0;

	if (len < 3 || len >= sizeof(copy) || name[0] != '_' || name[1] != 'Z')
		return NULL;
	memcpy(copy, name, len);
	copy[len] = 0;
	text = __cxa_demangle(copy, NULL, NULL, &status);
	if (status) {
		free(text);
		return NULL;
	}
	return text;
}

char *symbol_demangle(const char *name)
{
	size_t len = symbol_base_len(name);
	char *text = demangle(name, len);

	return text ? text : strndup(name, len);
}

/* The '(' that belongs to the ')' at `end`, or `end` when there is none. */
static size_t opening(const char *text, size_t end)
{
	size_t depth = 0;

	for (size_t i = end + 1; i-- > 0;) {
		if (text[i] == ')')
			depth++;
		else if (text[i] == '(' && !--depth)
			return i;
	}
	return end;
}

/* A return type ends with the last space outside of brackets; "operator new"
 * and the like contain one themselves. */
static size_t name_start(const char *text, size_t params)
{
	const char *op = memmem(text, params, "operator", 8);
	size_t end = op ? (size_t)(op - text) : params, start = 0;
	int depth = 0;

	for (size_t i = 0; i < end; i++) {
		if (strchr("(<[{", text[i]))
			depth++;
		else if (strchr(")>]}", text[i]))
			depth--;
		else if (text[i] == ' ' && depth <= 0)
			start = i + 1;
	}
	return start;
}

/* "A::f(int) const [clone .cold]": parameters end at the last ')' outside of
 * the clone's brackets. */
void demangled_parts(const char *text, size_t *ret_start, size_t *ret_params)
{
	const char *clone = strstr(text, " [clone");
	size_t end = clone ? (size_t)(clone - text) : strlen(text);
	size_t params = end;

	while (end > 0 && text[end - 1] != ')')
		end--;
	if (end > 0)
		params = opening(text, end - 1);
	*ret_params = params;
	*ret_start = name_start(text, params);
}

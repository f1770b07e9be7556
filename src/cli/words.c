/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "child.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Copies one word from *p to `to`; the end of the copy (without NUL), or NULL
 * when a quote is never closed. */
static char *copy_word(const char **p, char *to)
{
	const char *s = *p;
	char quote = 0;

	for (; *s && (quote || !is_blank(*s)); s++) {
		if (!quote && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (quote && *s == quote)
			quote = 0;
		else if (*s == '\\' && !quote && s[1])
			*to++ = *++s;
		else if (*s == '\\' && quote == '"' && s[1] &&
			 strchr("\"\\$`", s[1]))
			*to++ = *++s;
		else
			*to++ = *s;
	}
	*p = s;
	return quote ? NULL : to;
}

int split_words(const char *text, char ***ret, struct err *err)
{
	size_t len = strlen(text), n = 0;
	/* Every word but the last takes two characters or more of the text. */
	char **words = malloc((len / 2 + 2) * sizeof(*words) + len + 1);
	char *to;

	if (!words)
		return err_set(err, ERR_NOMEM, "out of memory");
	to = (char *)(words + len / 2 + 2);
	for (const char *p = text;;) {
		while (is_blank(*p))
			p++;
		if (!*p)
			break;
		words[n++] = to;
		to = copy_word(&p, to);
		if (!to) {
			free(words);
			return err_set(err, ERR_INVAL,
				       "a quote is not closed in: %s", text);
		}
		*to++ = '\0';
	}
	words[n] = NULL;
	*ret = words;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Formats of printf and its like, against their arguments.
 */
#include "check-printf.h"

#include <string.h>

struct conversion {
	const char *begin, *end;
	char letter;
	bool is_hex_or_raw; /* %rx, %rh */
};

/* From a '%'; the end of it in ret->end. */
static bool take_apart(const char *p, struct conversion *ret)
{
	ret->begin = p++;
	p += strspn(p, "-+ #0");
	p += strspn(p, "0123456789");
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	p += strspn(p, "hlqjzt");
	ret->letter = *p;
	if (!*p)
		return false;
	p++;
	if (ret->letter == 'r' && (*p == 'x' || *p == 'h'))
		p++;
	ret->end = p;
	return strchr("diuxXocsprfFeEgG%", ret->letter) != NULL;
}

static const char *wants(char letter)
{
	return letter == 'r'   ? "a buffer, as buf() makes"
	       : strchr("fFeEgG", letter) ? "a float or double"
	       : letter == 'p' ? "a pointer or a number"
			       : "a number";
}

static bool fits(char letter, const struct vtype *t)
{
	switch (letter) {
	case 's':
		return true;
	case 'r':
		return t->kind == V_BUFFER;
	case 'f':
	case 'F':
	case 'e':
	case 'E':
	case 'g':
	case 'G':
		return t->kind == V_FLOAT;
	default:
		return vt_is_scalar(t);
	}
}

/* Inside the literal, escapes move things: the whole of it is named. */
bool check_format(struct check *c, struct expr *call)
{
	struct expr *fmt = call->args[0];
	struct conversion conv;
	size_t n = 1;

	if (fmt->kind != E_STRING) {
		check_error(c, fmt->at, "%s() expects a literal format",
			    call->name);
		return false;
	}
	for (const char *p = strchr(fmt->name, '%'); p;
	     p = strchr(conv.end, '%')) {
		if (!take_apart(p, &conv)) {
			check_error(c, fmt->at,
				    "%s(): there is no conversion "
				    "'%.*s'",
				    call->name,
				    (int)(conv.letter ? strcspn(p, " \n") : 1),
				    p);
			return false;
		}
		if (conv.letter == '%')
			continue;
		if (n < call->nargs &&
		    !fits(conv.letter, call->args[n]->type)) {
			check_error(c, call->args[n]->at,
				    "%.*s expects %s, "
				    "this is %s",
				    (int)(conv.end - p), p, wants(conv.letter),
				    vt_text(c->l, call->args[n]->type));
			if (call->args[n]->type->kind == V_FLOAT)
				check_hint(c, "%%f, %%e and %%g print it");
			else if (conv.letter != 'r')
				check_hint(c, "%%s prints any value");
			return false;
		}
		n++;
	}
	if (n == call->nargs)
		return true;
	check_error(c, call->at,
		    "%s(): the format has %zu conversion%s, "
		    "there %s %zu argument%s",
		    call->name, n - 1, n == 2 ? "" : "s",
		    call->nargs == 2 ? "is" : "are", call->nargs - 1,
		    call->nargs == 2 ? "" : "s");
	return false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "Did you mean": the closest name by edit distance.
 */
#include "checker.h"

#include <string.h>

enum { NAME_MAX_SEEN = 32 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_SEEN + 1], diagonal, above;
	size_t n = strlen(a), m = strlen(b);

	if (n > NAME_MAX_SEEN || m > NAME_MAX_SEEN)
		return NAME_MAX_SEEN;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			above = row[j];
			row[j] = min3(row[j] + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[m];
}

const char *near_name(const char *name, const char *(*next)(size_t i))
{
	unsigned best = 3, d;
	const char *found = NULL, *candidate;

	if (strlen(name) < 5)
		best = 2;
	for (size_t i = 0; (candidate = next(i)); i++) {
		d = distance(name, candidate);
		if (d < best) {
			best = d;
			found = candidate;
		}
	}
	return found;
}

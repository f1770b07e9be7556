/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said about the session itself. Apart from the rest, for clients that
 * have no script.
 */
#include "format.h"

void format_attached(enum format_mode mode, size_t n, struct buf *out)
{
	if (mode == FORMAT_JSON)
		buf_printf(out,
			   "{\"type\": \"attached_probes\", \"count\": %zu, "
			   "\"data\": {\"probes\": %zu}}\n",
			   n, n);
	else
		buf_printf(out, "Attached %zu probe%s\n", n, n == 1 ? "" : "s");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes as a script: parsed, checked, compiled, verified, run in a made-up
 * world. What the generator makes of a script that the checker accepts must
 * please the verifier.
 */
#include "lang-host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { LONGEST = 4096 };
	bool refused = false;
	struct host_run run = {
		.name = "stdin",
		.hits = {{{1, 0x1000, 0x1100}, 3}, {{7, 0x1010, 0x1200}, 3}},
		.nhits = 2,
		.word_size = 8,
		.ret_refused = &refused,
	};
	struct buf out;
	char *text;

	if (size > LONGEST || memchr(data, '\0', size))
		return 0;
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	run.prog = text;
	buf_init(&out);
	host_run(&run, &out);
	if (refused) {
		fprintf(stderr, "%s\n%s\n", text, buf_str(&out));
		abort();
	}
	buf_release(&out);
	free(text);
	return 0;
}

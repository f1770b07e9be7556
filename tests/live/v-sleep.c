/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: says "ready", then for each line read calls v_step() as often as the
 * line says, and answers with a checksum; ends at the end of its input.
 * v_steps is how many there have been.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t v_step(uint32_t x);
extern uint32_t v_steps;
uint32_t v_steps;
static uint32_t (*volatile step)(uint32_t) = v_step;

__attribute__((noinline, noclone)) uint32_t v_step(uint32_t x)
{
	v_steps++;
	return x * 1664525 + 1013904223;
}

int main(void)
{
	char line[64];
	uint32_t sum = 1;

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		for (long n = strtol(line, NULL, 10); n > 0; n--)
			sum = step(sum);
		printf("%08x\n", (unsigned)sum);
		fflush(stdout);
	}
	return 6;
}

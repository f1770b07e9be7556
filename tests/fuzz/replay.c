/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gives files to a fuzz target, without libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	enum { SIZE_MAX_READ = 1 << 20 };
	FILE *f = fopen(path, "rb");
	uint8_t *buf = malloc(SIZE_MAX_READ), *data;
	size_t n;

	if (!f || !buf) {
		perror(path);
		exit(1);
	}
	n = fread(buf, 1, SIZE_MAX_READ, f);
	fclose(f);
	/* Of its very size, so that a sanitizer sees its end. */
	data = malloc(n ? n : 1);
	for (size_t i = 0; i < n; i++)
		data[i] = buf[i];
	free(buf);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		fprintf(stderr, "%s\n", argv[i]); /* the last one crashed */
		replay(argv[i]);
	}
	printf("%d files\n", argc - 1);
	return 0;
}

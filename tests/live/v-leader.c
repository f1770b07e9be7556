/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Victim: its first thread ends before the other calls v_last() and ends, too.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void v_last(void);

__attribute__((noinline)) void v_last(void)
{
	__asm__ volatile("" ::: "memory");
}

static int leader_state(void)
{
	char path[64], line[256];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)getpid(),
		 (int)getpid());
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	return strrchr(line, ')') ? strrchr(line, ')')[2] : 0;
}

static void *other(void *arg)
{
	while (leader_state() != 'Z')
		usleep(1000);
	v_last();
	return arg;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other, NULL))
		return 2;
	pthread_exit(NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * env of the guests: [-u NAME]... NAME=VALUE... COMMAND, and the one option that
 * the live drivers use and busybox has not, --default-signal=NAME,... .
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },	  { "QUIT", SIGQUIT },
	{ "PIPE", SIGPIPE }, { "TERM", SIGTERM }, { "TRAP", SIGTRAP },
};

static int default_signals(char *list)
{
	const size_t n = sizeof(signals) / sizeof(*signals);
	char *name;
	size_t i;

	for (name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		for (i = 0; i < n && strcmp(signals[i].name, name); i++)
			;
		if (i == n) {
			fprintf(stderr, "env: unknown signal %s\n", name);
			return -1;
		}
		signal(signals[i].number, SIG_DFL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char option[] = "--default-signal=";
	extern char **environ;
	int i = 1;

	if (argc > 1 && !strncmp(argv[1], option, sizeof(option) - 1)) {
		if (default_signals(argv[1] + sizeof(option) - 1) < 0)
			return 125;
		i++;
	}
	for (; i + 1 < argc && !strcmp(argv[i], "-u"); i += 2)
		unsetenv(argv[i + 1]);
	if (i < argc && argv[i][0] == '-') {
		fprintf(stderr, "env: unknown option %s\n", argv[i]);
		return 125;
	}
	for (; i < argc && strchr(argv[i], '='); i++)
		putenv(argv[i]);
	if (i == argc) {
		for (i = 0; environ[i]; i++)
			puts(environ[i]);
		return 0;
	}
	execvp(argv[i], argv + i);
	perror(argv[i]);
	return 127;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line: one table of options, from which the parser and the help
 * text are made. Options of bpftrace that upd does not have are in the table
 * too, so that they are refused by name.
 */
#include <config.h>

#include "cli.h"

#include "arch.h"
#include "proto.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PID_LIMIT = 0x400000, LONG_ONLY = 256 };

struct option_def {
	char letter; /* 0: none */
	const char *name;
	const char *arg; /* its name in the help; NULL: takes none */
	int (*apply)(struct cli *cli, const char *value, struct err *err);
	const char *help; /* NULL: not shown; refused ones: why */
};

/* ---- what options do ---------------------------------------------------- */

static int words_add(struct words *to, const char *word, struct err *err)
{
	const char **w;

	if (to->n >= PROTO_STRINGS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d arguments",
			       PROTO_STRINGS_MAX);
	w = realloc(to->w, (to->n + 1) * sizeof(*w));
	if (!w)
		return err_set(err, ERR_NOMEM, "out of memory");
	to->w = w;
	w[to->n++] = word;
	return 0;
}

static int set_once(const char **to, const char *value, const char *option,
		    struct err *err)
{
	if (*to)
		return err_set(err, ERR_INVAL, "%s is given twice", option);
	*to = value;
	return 0;
}

static int opt_expr(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->expr, value, "-e", err);
}

static int opt_cmd(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->cmd, value, "-c", err);
}

static int opt_output(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->out_path, value, "-o", err);
}

static int opt_socket(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->socket, value, "-S", err);
}

static int opt_debuginfo(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->debug_dirs, value, "--debuginfo", err);
}

static int opt_include_dir(struct cli *cli, const char *value, struct err *err)
{
	return words_add(&cli->include_dirs, value, err);
}

static int opt_include(struct cli *cli, const char *value, struct err *err)
{
	return words_add(&cli->includes, value, err);
}

static int pid_add(struct cli *cli, uint32_t pid, struct err *err)
{
	uint32_t *pids;

	for (size_t i = 0; i < cli->npids; i++)
		if (cli->pids[i] == pid)
			return 0;
	if (cli->npids >= PROTO_STRINGS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d processes",
			       PROTO_STRINGS_MAX);
	pids = realloc(cli->pids, (cli->npids + 1) * sizeof(*pids));
	if (!pids)
		return err_set(err, ERR_NOMEM, "out of memory");
	cli->pids = pids;
	pids[cli->npids++] = pid;
	return 0;
}

/* One or several, as pidof and pgrep -d, print them: "12", "12,13". */
static int opt_pid(struct cli *cli, const char *value, struct err *err)
{
	for (const char *p = value;; p++) {
		size_t len = strspn(p, "0123456789");
		unsigned long pid = len && len < 10 ? strtoul(p, NULL, 10) : 0;
		int rc;

		if (!pid || pid > PID_LIMIT || (p[len] && p[len] != ','))
			return err_set(err, ERR_INVAL,
				       "-p %s: not a process id", value);
		rc = pid_add(cli, pid, err);
		p += len;
		if (rc || !*p)
			return rc;
	}
}

static int opt_format(struct cli *cli, const char *value, struct err *err)
{
	if (!strcmp(value, "json"))
		cli->flags |= RUN_JSON;
	else if (!strcmp(value, "text"))
		cli->flags &= ~RUN_JSON;
	else
		return err_set(err, ERR_INVAL, "-f %s: it is text or json",
			       value);
	return 0;
}

static int opt_buffer(struct cli *cli, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		enum out_mode mode;
	} modes[] = {
		{"none", OUT_NONE}, {"line", OUT_LINE}, {"full", OUT_FULL}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(value, modes[i].name)) {
			cli->out_mode = modes[i].mode;
			return 0;
		}
	}
	return err_set(err, ERR_INVAL, "-B %s: it is none, line or full",
		       value);
}

static int opt_dump(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->dump, value, "-d", err);
}

static int opt_step(struct cli *cli, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		enum strategy bit;
	} names[] = {{"emulate", STRATEGY_EMULATE},
		     {"boost", STRATEGY_BOOST},
		     {"xol", STRATEGY_XOL},
		     {"inplace", STRATEGY_INPLACE}};

	for (const char *p = value;; p++) {
		size_t len = strcspn(p, ","), i = 0;

		while (i < 4 && (strlen(names[i].name) != len ||
				 memcmp(p, names[i].name, len)))
			i++;
		if (i == 4)
			return err_set(err, ERR_INVAL,
				       "--step=%s: it is a list of emulate, "
				       "boost, xol, inplace",
				       value);
		cli->steps |= names[i].bit;
		p += len;
		if (!*p)
			return 0;
	}
}

/* A program that upd starts is there to be looked at. One that was running
 * already has something else to do. */
enum { DEFAULT_OVERHEAD = 30 };

static int opt_max_overhead(struct cli *cli, const char *value, struct err *err)
{
	char *end;
	unsigned long percent = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || percent > 100)
		return err_set(err, ERR_INVAL,
			       "--max-overhead=%s: it is a percentage, 0 for "
			       "no limit",
			       value);
	cli->max_overhead = (uint32_t)percent;
	cli->max_overhead_set = true;
	return 0;
}

static int default_overhead(struct cli *cli, struct err *err)
{
	const char *env = getenv("UPD_MAX_OVERHEAD");

	if (cli->max_overhead_set)
		return 0;
	if (env && *env)
		return opt_max_overhead(cli, env, err);
	cli->max_overhead = cli->cmd ? 0 : DEFAULT_OVERHEAD;
	return 0;
}

/* auto stays with ptrace: it asks for nothing. */
static int opt_engine(struct cli *cli, const char *value, struct err *err)
{
	if (!strcmp(value, "kernel"))
		cli->flags |= RUN_KERNEL;
	else if (!strcmp(value, "ptrace") || !strcmp(value, "auto"))
		cli->flags &= ~RUN_KERNEL;
	else
		return err_set(err, ERR_INVAL,
			       "--engine=%s: it is ptrace, kernel or auto",
			       value);
	return 0;
}

static int opt_plot(struct cli *cli, const char *value, struct err *err)
{
	return set_once(&cli->plot, value, "--plot", err);
}

static int number_of(const char *option, const char *value, uint32_t max,
		     uint32_t *ret, struct err *err)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || !n || n > max)
		return err_set(err, ERR_INVAL,
			       "%s=%s: it is a number from 1 to %u", option,
			       value, max);
	*ret = (uint32_t)n;
	return 0;
}

static int opt_rounds(struct cli *cli, const char *value, struct err *err)
{
	return number_of("--rounds", value, 100, &cli->rounds, err);
}

static int opt_hits(struct cli *cli, const char *value, struct err *err)
{
	return number_of("--hits", value, 100000000, &cli->hits, err);
}

#define FLAG_OPTION(function, bit)                              \
	static int function(struct cli *cli, const char *value, \
			    struct err *err)                    \
	{                                                       \
		(void)value;                                    \
		(void)err;                                      \
		cli->flags |= bit;                              \
		return 0;                                       \
	}
FLAG_OPTION(opt_quiet, RUN_QUIET)
FLAG_OPTION(opt_verbose, RUN_VERBOSE)
FLAG_OPTION(opt_helpers, RUN_WARN_HELPERS)
FLAG_OPTION(opt_no_warnings, RUN_NO_WARNINGS)
FLAG_OPTION(opt_unsafe, RUN_UNSAFE)
FLAG_OPTION(opt_dry_run, RUN_DRY)
FLAG_OPTION(opt_all, RUN_ALL)
FLAG_OPTION(opt_ignored, 0)
#undef FLAG_OPTION

static int opt_list(struct cli *cli, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	cli->action = &action_list;
	return 0;
}

/* Processes may also be given with -p. */
static int opt_rescue(struct cli *cli, const char *value, struct err *err)
{
	cli->action = &action_rescue;
	return opt_pid(cli, value, err);
}

static int opt_version(struct cli *cli, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	cli->action = &action_version;
	return 0;
}

static int opt_help(struct cli *cli, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	cli->action = &action_help;
	return 0;
}

/* ---- the table ----------------------------------------------------------- */

static const struct option_def defs[] = {
	{'e', NULL, "PROGRAM", opt_expr, "run this program"},
	{'p', "pid", "PID[,PID...]", opt_pid,
	 "trace these processes; may be repeated"},
	{'c', "cmd", "COMMAND", opt_cmd, "start this command and trace it"},
	{'l', NULL, NULL, opt_list,
	 "list the probes that match a pattern: upd -l 'uprobe:/bin/ls:*'"},
	{'f', NULL, "FORMAT", opt_format, "text or json"},
	{'o', NULL, "FILE", opt_output, "write the output there"},
	{'B', NULL, "MODE", opt_buffer,
	 "how to buffer the output: none, line or full"},
	{'q', "quiet", NULL, opt_quiet, "no banner"},
	{'v', "verbose", NULL, opt_verbose,
	 "say more; with -l, show arguments"},
	{'k', NULL, NULL, opt_helpers,
	 "warn of reads that fail and the like while tracing"},
	{0, "no-warnings", NULL, opt_no_warnings, "no warnings"},
	{0, "unsafe", NULL, opt_unsafe,
	 "allow what can change the traced program: system() ..."},
	{0, "dry-run", NULL, opt_dry_run, "check everything, attach nothing"},
	{'d', "debug", "STAGE", opt_dump,
	 "print the program at a stage: ast, types or bpf"},
	{'I', NULL, "DIR", opt_include_dir, "look for #include files there"},
	{0, "include", "FILE", opt_include, "include this file first"},
	{0, "debuginfo", "DIR[:DIR...]", opt_debuginfo,
	 "look for separate debug information there"},
	{0, "step", "LIST", opt_step,
	 "get past breakpoints only so: emulate, boost, xol, inplace"},
	{0, "engine", "ENGINE", opt_engine,
	 "who runs the program: ptrace (upd itself), kernel (uprobes; needs "
	 "root) or auto"},
	{0, "max-overhead", "PERCENT", opt_max_overhead,
	 "hold processes up for no more of the time than this (30; with -c 0: "
	 "no limit)"},
	{0, "all", NULL, opt_all,
	 "with neither -p nor -c: every process, also of a library"},
	{0, "rescue", "PID[,PID...]", opt_rescue,
	 "remove what a tracer that was killed left in these processes"},
	{0, "plot", "FILE", opt_plot, "bench: draw the figures, as SVG"},
	{0, "rounds", "N", opt_rounds, "bench: measure so often (5)"},
	{0, "hits", "N", opt_hits, "bench: so many hits each time (10000)"},
	{'S', "socket", "PATH", opt_socket, "where updd listens"},
	{'V', "version", NULL, opt_version, "print the version"},
	{'h', "help", NULL, opt_help, "print this"},
	{0, "usdt-file-activation", NULL, opt_ignored, NULL},
	/* bpftrace's that upd refuses */
	{'b', NULL, NULL, NULL, "BTF is the kernel's"},
	{0, "btf", NULL, NULL, "BTF is the kernel's"},
	{0, "no-feature", "F", NULL, "upd needs no kernel feature"},
	{0, "traceable-functions", NULL, NULL, "it is for the kernel"},
	{0, "emit-elf", "F", NULL, "programs stay in memory; see -d bpf"},
	{0, "emit-llvm", "F", NULL, "there is no LLVM here; see -d bpf"},
	{0, "aot", "F", NULL, "programs are compiled as they start"},
	{0, "info", NULL, NULL, "it is about the kernel; see -V"},
	{0, "probe-filter", "RE", NULL, "it is not there yet"},
	{0, "dwarf-pid", "PID", NULL, "it is not there yet"},
	{0, "fmt", NULL, NULL, "it is not there yet"},
	{0, "test", NULL, NULL, "it is not there yet"},
	{0, "bench", NULL, NULL, "it is not there yet"},
};

enum { NDEFS = sizeof(defs) / sizeof(defs[0]) };

void cli_usage(void)
{
	puts("Usage: upd [OPTION]... -e PROGRAM [PARAM]...\n"
	     "       upd [OPTION]... FILE [PARAM]... [-- --NAME=VALUE...]\n"
	     "       upd -l [-p PID] [PATTERN]\n"
	     "       upd doctor\n"
	     "       upd bench [-c COMMAND FUNCTION | -p PID FUNCTION]\n"
	     "       upd compare FILE [PARAM]... [-c COMMAND]\n"
	     "\n"
	     "Runs a program at probes in live processes; FILE may be - for "
	     "standard input.\n");
	for (int i = 0; i < NDEFS; i++) {
		const struct option_def *d = &defs[i];
		char head[64], letter[] = {'-', d->letter, '\0'};

		if (!d->apply || !d->help)
			continue;
		snprintf(head, sizeof(head), "%s%s%s%s%s%s",
			 d->letter ? letter : "   ",
			 d->letter && d->name ? ", " : "", d->name ? "--" : "",
			 d->name ? d->name : "",
			 d->arg ? (d->name ? "=" : " ") : "",
			 d->arg ? d->arg : "");
		if (strlen(head) > 24)
			printf("  %s\n  %-24s %s\n", head, "", d->help);
		else
			printf("  %-24s %s\n", head, d->help);
	}
	puts("\nAn example: which functions of libc open files in process 1234"
	     "?\n"
	     "  upd -p 1234 -e 'uprobe:libc:*open* { @[func, str(arg0)] = "
	     "count(); }'");
}

/* ---- parsing ---------------------------------------------------------------
 */

/* getopt's tables, made from ours. */
struct getopt_tables {
	char shorts[2 + 2 * NDEFS + 1];
	struct option longs[NDEFS + 1];
};

static void tables_make(struct getopt_tables *t)
{
	char *s = t->shorts;
	size_t n = 0;

	memset(t, 0, sizeof(*t));
	*s++ = ':'; /* tell a missing argument apart */
	for (int i = 0; i < NDEFS; i++) {
		const struct option_def *d = &defs[i];

		if (d->letter) {
			*s++ = d->letter;
			if (d->arg)
				*s++ = ':';
		}
		if (d->name)
			t->longs[n++] = (struct option){
				d->name,
				d->arg ? required_argument : no_argument, NULL,
				LONG_ONLY + i};
	}
}

static const struct option_def *def_of(int c)
{
	if (c >= LONG_ONLY)
		return &defs[c - LONG_ONLY];
	for (int i = 0; i < NDEFS; i++)
		if (defs[i].letter == c)
			return &defs[i];
	return NULL;
}

static int bad_option(int c, char **argv, struct err *err)
{
	const char *word = argv[optind - 1];
	char letter[3] = {'-', (char)optopt, '\0'};

	if (optopt && optopt < LONG_ONLY)
		word = letter;
	if (c == ':')
		return err_set(err, ERR_INVAL, "%s needs an argument", word);
	return err_set(err, ERR_INVAL,
		       "%s is not an option of upd (upd -h "
		       "lists them)",
		       word);
}

static int options_apply(struct cli *cli, int argc, char **argv,
			 struct err *err)
{
	struct getopt_tables t;
	int c, rc;

	tables_make(&t);
	opterr = 0;
	while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct option_def *d = def_of(c);

		if (c == '?' || c == ':' || !d)
			return bad_option(c, argv, err);
		if (!d->apply)
			return err_set(err, ERR_UNSUPP,
				       "%s%s is not supported: %s",
				       c < LONG_ONLY ? "-" : "--",
				       c < LONG_ONLY ? (char[2]){c} : d->name,
				       d->help);
		rc = d->apply(cli, optarg, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* What is left: the script's file, unless -e gave one, and its parameters. A
 * word that begins with -- can only have come after "--": a named one. */
static int rest_apply(struct cli *cli, char **rest, struct err *err)
{
	int rc = 0;

	for (; *rest && !rc; rest++) {
		if (!strncmp(*rest, "--", 2) && (*rest)[2])
			rc = words_add(&cli->named, *rest + 2, err);
		else if (!cli->expr && !cli->file)
			cli->file = *rest;
		else
			rc = words_add(&cli->params, *rest, err);
	}
	return rc;
}

/* "upd doctor" and the like, unless there is such a file. */
static void find_command(struct cli *cli)
{
	static const struct action *const commands[] = {
		&action_doctor, &action_bench, &action_compare};

	if (cli->action != &action_run || !cli->file ||
	    access(cli->file, F_OK) == 0)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(cli->file, commands[i]->name))
			cli->action = commands[i];
}

static int check(const struct cli *cli, struct err *err)
{
	if (cli->action != &action_run)
		return 0;
	if (!cli->expr && !cli->file)
		return err_set(err, ERR_INVAL,
			       "there is no program: give -e PROGRAM or a FILE "
			       "(upd -h tells more)");
	if (cli->cmd && cli->npids)
		return err_set(err, ERR_INVAL,
			       "-c and -p can't be used together");
	return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct err *err)
{
	int rc = options_apply(cli, argc, argv, err);

	if (!rc)
		rc = default_overhead(cli, err);
	if (!rc)
		rc = rest_apply(cli, argv + optind, err);
	if (!rc)
		find_command(cli);
	return rc ? rc : check(cli, err);
}

void cli_release(struct cli *cli)
{
	free(cli->pids);
	free(cli->params.w);
	free(cli->named.w);
	free(cli->include_dirs.w);
	free(cli->includes.w);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Language cases, as data (the .t files in tests/lang). A case:
 *
 *   NAME what it shows
 *   PROG the program, which may go on over several lines
 *   HIT 1 2 0x10         (optional, repeated: arguments of one hit)
 *   PARAMS a b           (optional: $1 ...)
 *   NAMED n=5 flag       (optional: what follows "--" as --n=5 --flag)
 *   ENV NAME=VALUE       (optional, one)
 *   WORD 4               (optional: a 32-bit target)
 *   DUMP ast|types|bpf   (optional: the dump instead of a run)
 *   SAFE                 (optional: without --unsafe)
 *   EXIT N               (optional: exit code; -12 when it does not compile)
 *   EXPECT               and then the exact output, up to the next NAME
 *   EXPECT-BIG           the output on big endian machines, if that is another
 */
#define _GNU_SOURCE
#include "lang-host.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	struct host_run run;
	char *name, *prog, *params[8], *named[8], *env[2], *dump;
	int exit_code;
	char *expect;
	int line;
};

static int failed_cases;
static char dir[4096]; /* of the cases */

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b;
	size_t n;
	char chunk[4096];

	ck_assert_msg(f != NULL, "%s", path);
	buf_init(&b);
	while ((n = fread(chunk, 1, sizeof(chunk), f)))
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	return line;
}

static char *word_of(char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) || (line[n] && line[n] != ' '))
		return NULL;
	return line + n + (line[n] == ' ');
}

static void add_hit(struct test_case *t, char *rest)
{
	struct host_hit *hit = &t->run.hits[t->run.nhits++];

	for (char *p = strtok(rest, " "); p; p = strtok(NULL, " "))
		hit->args[hit->nargs++] = *p == '-' ? -strtoull(p + 1, NULL, 0)
						    : strtoull(p, NULL, 0);
}

static void set(struct test_case *t, char *line)
{
	char *rest;

	if ((rest = word_of(line, "HIT"))) {
		add_hit(t, rest);
	} else if ((rest = word_of(line, "PARAMS"))) {
		for (char *p = strtok(rest, " "); p; p = strtok(NULL, " "))
			t->params[t->run.nparams++] = p;
	} else if ((rest = word_of(line, "NAMED"))) {
		for (char *p = strtok(rest, " "); p; p = strtok(NULL, " "))
			t->named[t->run.nnamed++] = p;
	} else if ((rest = word_of(line, "ENV"))) {
		t->env[0] = rest;
	} else if ((rest = word_of(line, "WORD"))) {
		t->run.word_size = (unsigned)atoi(rest);
	} else if ((rest = word_of(line, "DUMP"))) {
		t->run.dump = rest;
	} else if (word_of(line, "SAFE")) {
		t->run.unsafe = false;
	} else if ((rest = word_of(line, "EXIT"))) {
		t->exit_code = atoi(rest);
	} else {
		ck_abort_msg("line not understood: %s", line);
	}
}

static bool is_keyword(char *line)
{
	static const char *const words[] = {"HIT",  "PARAMS", "NAMED",
					    "ENV",  "WORD",   "DUMP",
					    "SAFE", "EXIT",   "EXPECT"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (word_of(line, words[i]))
			return true;
	return false;
}

static void run_case(const char *file, struct test_case *t)
{
	struct buf out;
	int rc;

	buf_init(&out);
	t->run.name = "stdin";
	t->run.prog = t->prog;
	t->run.params = (const char *const *)t->params;
	t->run.named = (const char *const *)t->named;
	t->run.cwd = dir;
	t->run.environ = (const char *const *)t->env;
	rc = host_run(&t->run, &out);
	if (strcmp(buf_str(&out), t->expect) || rc != t->exit_code) {
		printf("%s: %s\n--- expected (exit %d)\n%s--- got (exit "
		       "%d)\n%s",
		       file, t->name, t->exit_code, t->expect, rc,
		       buf_str(&out));
		failed_cases++;
	}
	buf_release(&out);
}

static void read_expected(struct buf *expect, char **text, char **line)
{
	while ((*line = next_line(text)) && !word_of(*line, "NAME") &&
	       !word_of(*line, "EXPECT-BIG"))
		buf_printf(expect, "%s\n", *line);
	/* An empty line parts the cases. */
	if (*line && word_of(*line, "NAME") && expect->len &&
	    expect->data[expect->len - 1] == '\n')
		expect->len--;
}

/* Parses one case; *line holds its NAME, and then that of the next. */
static void parse_case(struct test_case *t, char **text, char **line)
{
	struct buf prog, expect, other;

	*t = (struct test_case){.run.unsafe = true};
	buf_init(&prog);
	buf_init(&expect);
	t->name = word_of(*line, "NAME");
	*line = next_line(text);
	ck_assert_msg(*line && word_of(*line, "PROG"), "no PROG: %s", t->name);
	buf_add_str(&prog, word_of(*line, "PROG"));
	while ((*line = next_line(text)) && !is_keyword(*line))
		buf_printf(&prog, "\n%s", *line);
	for (; *line && !word_of(*line, "EXPECT"); *line = next_line(text))
		set(t, *line);
	ck_assert_msg(*line != NULL, "no EXPECT: %s", t->name);
	read_expected(&expect, text, line);
	if (*line && word_of(*line, "EXPECT-BIG")) {
		buf_init(&other);
		read_expected(&other, text, line);
		if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
			buf_release(&expect);
			expect = other;
		} else {
			buf_release(&other);
		}
	}
	t->prog = buf_steal(&prog);
	t->expect = buf_steal(&expect);
}

static void run_file(const char *path)
{
	char *whole = read_all(path), *text = whole;
	char *line = next_line(&text);
	const char *only = getenv("CASE");
	struct test_case t;

	while (line && (!*line || *line == '#'))
		line = next_line(&text);
	while (line) {
		ck_assert_msg(word_of(line, "NAME") != NULL, "%s: %s", path,
			      line);
		parse_case(&t, &text, &line);
		if (!only || strstr(t.name, only))
			run_case(path, &t);
		free(t.prog);
		free(t.expect);
	}
	free(whole);
}

static char *files[64];
static int nfiles;

START_TEST(cases)
{
	run_file(files[_i]);
	fflush(stdout);
	ck_assert_int_eq(failed_cases, 0);
}
END_TEST

static void find_files(void)
{
	const char *top = getenv("top_srcdir");
	struct dirent **list;
	int n;

	snprintf(dir, sizeof(dir), "%s/tests/lang", top ? top : ".");
	n = scandir(dir, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(list[i]->d_name, '.');

		if (dot && !strcmp(dot, ".t") && nfiles < 64 &&
		    asprintf(&files[nfiles], "%s/%s", dir, list[i]->d_name) > 0)
			nfiles++;
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* Whatever the text: an answer, and neither a crash nor a leak. */
START_TEST(cut_and_bent)
{
	static const char prog[] =
		"#define M(a, b) \\\n ((a) + (b))\n#ifdef M\n#undef N\n#else\n"
		"#endif\nmacro m(x, $v, @m) { @m[x]++; let $t = M(x, $v); $t "
		"}\n"
		"import \"import/lib/more.bt\";\n"
		"struct s { int a:3; char b[4]; struct s *n; };\n"
		"config = { max_strlen = 64 }\n"
		"u:/bin/a:f*+4,usdt:a:b:c / pid == 1 && comm == \"x\\n\" / {\n"
		"  $p = (struct s *)arg0; @x[$p->b, $p->n->a] = hist(arg1, "
		"2);\n"
		"  if (!$1) { for ($kv : @x) { print($kv.1); } } else { "
		"unroll(2) { @y++ } }\n"
		"  $i = 0; while ($i < 10) { $i += 1; break; } "
		"printf(\"%d %s\\n\", $i, str(arg2, 5)); print(m($i, $i, @z)); "
		"exit(); }\n";
	struct host_run run = {.name = "x", .unsafe = true, .cwd = dir};
	char text[sizeof(prog)];
	struct buf out;

	buf_init(&out);
	for (size_t i = 0; i < sizeof(prog) - 1; i++) {
		memcpy(text, prog, sizeof(prog));
		text[i] = '\0';
		run.prog = text;
		host_run(&run, &out);
		memcpy(text, prog, sizeof(prog));
		text[i] = "(){}[];,.:\"'/@$*&%0a \n\xff"[i % 24];
		host_run(&run, &out);
		memmove(text + i, prog + i + 1, sizeof(prog) - i - 1);
		host_run(&run, &out);
		ck_assert_msg(!strstr(buf_str(&out), "verifier:"), "%s%s", text,
			      buf_str(&out));
		buf_clear(&out);
	}
	buf_release(&out);
}
END_TEST

START_TEST(nested_deep)
{
	static const char *const pieces[] = {"(",
					     "[",
					     "{",
					     "-",
					     "!",
					     "*",
					     "@[",
					     "(1+",
					     "if 1 {",
					     "1?",
					     "$a.",
					     "((int)",
					     "f(",
					     "1+(",
					     "struct s{struct s{",
					     "while(1){",
					     "macro a(x){",
					     "#if 0\n",
					     "if 1 {2} else "};
	struct host_run run = {.name = "x"};
	struct buf prog, out;

	buf_init(&out);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		buf_init(&prog);
		buf_add_str(&prog,
			    strchr("s#m", *pieces[i]) ? "" : "BEGIN { $a = ");
		for (int n = 0; n < 100000; n++)
			buf_add_str(&prog, pieces[i]);
		run.prog = buf_str(&prog);
		ck_assert_int_lt(host_run(&run, &out), 0);
		buf_release(&prog);
		buf_clear(&out);
	}
	buf_release(&out);
}
END_TEST

START_TEST(filters)
{
	static const char prog[] =
		"u:a:f /pid == 5 && (comm == \"x\" && arg0)/ {}"
		"u:a:f /pid == 5 || comm == \"x\"/ {} u:a:f /7 == pid/ {}";
	struct lang_opts opts = {.name = "x"};
	struct lang_filter f;
	struct lang *l;
	struct buf diag;

	buf_init(&diag);
	ck_assert_int_eq(lang_parse(prog, strlen(prog), &opts, &l, &diag, NULL),
			 0);
	lang_filter(l, 0, &f);
	ck_assert(f.has_pid && f.pid == 5 && f.has_comm);
	ck_assert_str_eq(f.comm, "x");
	lang_filter(l, 1, &f);
	ck_assert(!f.has_pid && !f.has_comm);
	lang_filter(l, 2, &f);
	ck_assert(f.has_pid && f.pid == 7);
	lang_free(l);
	buf_release(&diag);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lang");
	TCase *tc = tcase_create("lang");
	SRunner *sr;
	int failed;

	find_files();
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, cases, 0, nfiles);
	tcase_add_test(tc, cut_and_bent);
	tcase_add_test(tc, nested_deep);
	tcase_add_test(tc, filters);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	for (int i = 0; i < nfiles; i++)
		free(files[i]);
	return failed != 0 || !nfiles;
}

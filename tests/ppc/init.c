/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first and only process of a test guest's system: mounts what programs
 * expect, runs each program of /tests in the order of their names, prints a
 * line for each, and powers off. Statically linked, as a guest holds no more
 * than its tests need.
 *
 * The lines are the interface: "PASS name", "SKIP name" (the program ended
 * with 77), or "FAIL name: why", each after what the program printed; then, only if
 * all were run, "guest: N passed, N skipped, N failed". qemu ends with 0
 * whatever happened, so what is not printed has not passed.
 *
 * /tests/NAME.seconds, when there is one, holds the time limit of NAME.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_SECONDS = 60 };

static unsigned passed, skipped, failed;

static void must_mount(const char *type, const char *where, const char *opts)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, opts) < 0)
		printf("guest: cannot mount %s: %s\n", where, strerror(errno));
}

static void set_up(void)
{
	must_mount("proc", "/proc", NULL);
	must_mount("sysfs", "/sys", NULL);
	must_mount("devtmpfs", "/dev", NULL);
	mkdir("/dev/pts", 0755);
	must_mount("devpts", "/dev/pts", NULL);
	must_mount("tmpfs", "/tmp", "mode=1777");
	must_mount("tmpfs", "/run", "mode=755");
	setenv("PATH", "/bin:/usr/bin:/sbin:/usr/sbin", 1);
	setenv("HOME", "/tmp", 1);
	setenv("TMPDIR", "/tmp", 1);
	setenv("LC_ALL", "C", 1);
}

/* A link for each thing that busybox can be; what is there stays. */
static void install_shell(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/busybox", "busybox", "--install", "-s", "/bin",
		      (char *)NULL);
		_exit(errno == ENOENT ? 0 : 1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static int only_tests(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && !(dot && !strcmp(dot, ".seconds"));
}

static int seconds_of(const char *path)
{
	char name[600];
	int seconds = DEFAULT_SECONDS;
	FILE *f;

	snprintf(name, sizeof(name), "%s.seconds", path);
	f = fopen(name, "re");
	if (!f)
		return seconds;
	if (fscanf(f, "%d", &seconds) != 1)
		seconds = DEFAULT_SECONDS;
	fclose(f);
	return seconds;
}

static void run(const char *path)
{
	int null = open("/dev/null", O_RDONLY);
	int out = open("/tmp/.output", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (null < 0 || out < 0)
		_exit(126);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	close(null);
	close(out);
	setsid();
	execl(path, path, (char *)NULL);
	printf("cannot be run: %s\n", strerror(errno));
	fflush(stdout);
	_exit(126);
}

static void show_output(void)
{
	char buf[4096];
	ssize_t n;
	int fd = open("/tmp/.output", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	if (fd >= 0)
		close(fd);
}

/*
 * Waits for one test, and for whatever orphans it leaves: we are their parent,
 * too. SIGCHLD is blocked, so that waiting for it has a time limit.
 */
static int wait_for(pid_t pid, int seconds)
{
	struct timespec now, end, left;
	int status, result = 0;
	sigset_t chld;
	pid_t dead;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	for (;;) {
		while ((dead = waitpid(-1, &status, WNOHANG)) > 0)
			if (dead == pid)
				return status;
		if (result < 0)
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left.tv_sec = end.tv_sec - now.tv_sec;
		left.tv_nsec = 0;
		if (left.tv_sec <= 0 ||
		    (sigtimedwait(&chld, NULL, &left) < 0 && errno == EAGAIN))
			result = -1;
	}
}

static void kill_leftovers(void)
{
	/* Everybody but us. */
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static void judge(const char *name, const char *path)
{
	int status, seconds = seconds_of(path);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		run(path);
	}
	status = wait_for(pid, seconds);
	kill_leftovers();
	show_output();
	if (status == 0) {
		printf("PASS %s\n", name);
		passed++;
		return;
	}
	if (status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		printf("SKIP %s\n", name);
		skipped++;
		return;
	}
	failed++;
	if (status < 0)
		printf("FAIL %s: not done within %d seconds\n", name, seconds);
	else if (WIFSIGNALED(status))
		printf("FAIL %s: %s\n", name, strsignal(WTERMSIG(status)));
	else
		printf("FAIL %s: status %d\n", name, WEXITSTATUS(status));
}

int main(void)
{
	struct dirent **tests;
	char path[512];
	sigset_t chld;
	int i, n;

	set_up();
	install_shell();
	/* The firmware leaves a line without an end. */
	printf("\nguest: begins\n");
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	n = scandir("/tests", &tests, only_tests, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/tests/%s", tests[i]->d_name);
		judge(tests[i]->d_name, path);
	}
	printf("guest: %u passed, %u skipped, %u failed\n", passed, skipped,
	       failed);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}

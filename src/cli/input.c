/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SCRIPT_MAX = 1 << 20, STEP = 4096 };

static int read_all(int fd, const char *name, struct buf *text, struct err *err)
{
	while (text->len <= SCRIPT_MAX) {
		void *to = buf_reserve(text, STEP);
		ssize_t n;

		if (!to)
			return err_set(err, ERR_NOMEM, "out of memory");
		n = read(fd, to, STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "cannot read %s", name);
		if (n == 0)
			return 0;
		text->len += n;
	}
	return err_set(err, ERR_LIMIT, "%s is longer than %d bytes", name,
		       SCRIPT_MAX);
}

int script_read(const char *path, struct buf *text, const char **ret_name,
		struct err *err)
{
	bool input = !strcmp(path, "-");
	const char *name = input ? "stdin" : path;
	int fd, rc;

	fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	rc = read_all(fd, name, text, err);
	if (!input)
		close(fd);
	if (!rc && text->len && memchr(text->data, '\0', text->len))
		rc = err_set(err, ERR_FORMAT,
			     "%s is not a script: it holds a zero byte", name);
	if (!rc)
		*ret_name = name;
	return rc;
}

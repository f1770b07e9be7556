/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which processes map a file: for scripts that name a program but no process.
 */
#ifndef UPD_PROCS_H
#define UPD_PROCS_H

#include <stddef.h>
#include <sys/types.h>

struct proc_file {
	dev_t dev;
	ino_t ino;
};

/* Called for each process; non-zero stops and is returned. */
typedef int proc_fn(void *ctx, pid_t pid);

/* Every process whose memory map we may read (the kernel's ptrace check) and
 * that maps one of the files executable. Kernel threads, zombies, ourselves
 * and our parent are passed by. */
int procs_mapping(const struct proc_file *files, size_t n, proc_fn *fn,
		  void *ctx);

#endif

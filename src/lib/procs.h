/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which processes a script that names a program, but no process, is about.
 */
#ifndef UPD_PROCS_H
#define UPD_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_file {
	dev_t dev;
	ino_t ino;
};

/* Called for each process there is; non-zero stops and is returned. */
typedef int proc_fn(void *ctx, pid_t pid);
int procs_each(proc_fn *fn, void *ctx);

/* Does its memory map have the file, executable? False too where the kernel's
 * ptrace check forbids to look, and of kernel threads and zombies. */
bool proc_maps_file(pid_t pid, const struct proc_file *file);
/* Has one of its tasks this name? */
bool proc_has_comm(pid_t pid, const char *comm);
bool proc_has_task(pid_t pid, uint64_t tid);
/* Who traces it; 0: nobody. */
pid_t proc_tracer(pid_t pid);
/* To whom it belongs; false where it has more than one user or group, as while
 * it is set-user-ID. */
bool proc_owner(pid_t pid, uid_t *ret_uid, gid_t *ret_gid);
/* Is memory of upd's mapped in it? */
bool proc_has_scratch(pid_t pid);
/* Is it a part of upd? */
bool proc_is_ours(pid_t pid);

#endif

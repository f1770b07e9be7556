/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine `kernel`: a script's programs run in the kernel, at uprobes, and
 * write into maps there. What is printed is printed from our own maps by the
 * same code as ever: the kernel's events and entries are fetched into them
 * first (and put back, where BEGIN or a timer has changed them).
 */
#ifndef UPD_KERNEL_H
#define UPD_KERNEL_H

#include "bpf.h"
#include "host.h"

struct kernel;

/* Makes the maps in the kernel. The host has kernel_ncpus() writers; it and
 * the definitions must outlive the kernel. ERR_PERM, ERR_UNSUPP with what to
 * do instead. */
must_check int kernel_new(struct host *host, const struct bpf_map_def *defs,
			  size_t ndefs, struct kernel **ret, struct err *err);
/* Detaches everything. */
void kernel_free(struct kernel *k);
/* ERR_LIMIT: more than our maps have room for. */
must_check int kernel_ncpus(uint32_t *ret, struct err *err);

/* Some program calls exit(): to be said before the first is loaded. */
void kernel_exits(struct kernel *k);

/* Loads a program; its number is the order of loading, from 0. */
must_check int kernel_program_add(struct kernel *k, const struct bpf_prog *prog,
				  struct err *err);
struct kernel_probe {
	uint32_t program;
	const char *path;
	uint64_t offset, sema_offset;
	bool at_return;
	pid_t pid; /* -1: every process that maps the file */
};
must_check int kernel_attach(struct kernel *k, const struct kernel_probe *probe,
			     struct err *err);
/* From now on no program runs. */
void kernel_detach(struct kernel *k);

/* Readable when there are events; -1: the script has none. */
int kernel_fd(const struct kernel *k);
/* Events go into the host's ring, and exit() into the host. */
void kernel_fetch_events(struct kernel *k);
/* The kernel's entries replace ours; or, of the maps that this program (which
 * has just run here) may have changed, ours the kernel's. What the kernel wrote
 * in between is lost. */
void kernel_fetch_maps(struct kernel *k);
void kernel_put_maps(struct kernel *k, const struct bpf_prog *changed_by);
/* Frames of the stack of this id, as rt_stack. */
uint32_t kernel_stack(struct kernel *k, size_t map, uint64_t id, uint64_t *ips,
		      uint32_t max);

#endif

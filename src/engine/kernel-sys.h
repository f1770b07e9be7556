/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel engine asks of the kernel: bpf(2) and perf_event_open(2),
 * through libbpf. The only includer of libbpf, whose names would clash with
 * those of our own bpf.h. Built without libbpf, everything here refuses.
 */
#ifndef UPD_KERNEL_SYS_H
#define UPD_KERNEL_SYS_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CPUs that there may ever be: copies of a per-CPU value. */
int ksys_ncpus(void);

/* kind: the kernel's number of the map type. */
must_check int ksys_map(uint32_t kind, uint32_t key_size, uint32_t value_size,
			uint32_t max_entries, int *ret_fd, struct err *err);
/* 0, or a negative errno number. */
int ksys_map_next(int fd, const void *key, void *ret_next); /* NULL: first */
int ksys_map_lookup(int fd, const void *key, void *ret_value);
int ksys_map_update(int fd, const void *key, const void *value);
int ksys_map_delete(int fd, const void *key);

struct ksys_program {
	const void *insns; /* struct bpf_insn */
	size_t ninsns;
	const int *map_fds; /* maps are named by their index here */
	const uint32_t *functions; /* where each begins, in order; the first is
				    * the program itself */
	size_t nfunctions;
};
must_check int ksys_program(const struct ksys_program *p, int *ret_fd,
			    struct err *err);

struct ksys_probe {
	const char *path;
	uint64_t offset, sema_offset;
	bool at_return;
	pid_t pid; /* -1: every process */
};
must_check int ksys_attach(const struct ksys_probe *probe, int program_fd,
			   int *ret_fd, struct err *err);

struct ksys_ring;
typedef void ksys_record_fn(void *ctx, const void *data, size_t len);
must_check int ksys_ring(int map_fd, ksys_record_fn *fn, void *ctx,
			 struct ksys_ring **ret, struct err *err);
int ksys_ring_fd(const struct ksys_ring *ring);
void ksys_ring_consume(struct ksys_ring *ring);
void ksys_ring_free(struct ksys_ring *ring);

#endif

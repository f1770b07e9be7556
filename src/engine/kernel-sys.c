/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <config.h>

#include "kernel-sys.h"

#ifdef HAVE_LIBBPF

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOG_SIZE = 1 << 20, SEMA_SHIFT = 32 };

int ksys_ncpus(void)
{
	return libbpf_num_possible_cpus();
}

static int not_permitted(struct err *err)
{
	return err_set(err, ERR_PERM,
		       "the kernel's engine needs root, or the capabilities "
		       "BPF and PERFMON; --engine=ptrace needs neither");
}

int ksys_map(uint32_t kind, uint32_t key_size, uint32_t value_size,
	     uint32_t max_entries, int *ret_fd, struct err *err)
{
	int fd = bpf_map_create((enum bpf_map_type)kind, "upd", key_size,
				value_size, max_entries, NULL);

	if (fd < 0 && (errno == EPERM || errno == EACCES))
		return not_permitted(err);
	if (fd < 0)
		return err_errno(err, errno, "the kernel makes no map");
	*ret_fd = fd;
	return 0;
}

int ksys_map_next(int fd, const void *key, void *ret_next)
{
	return bpf_map_get_next_key(fd, key, ret_next);
}

int ksys_map_lookup(int fd, const void *key, void *ret_value)
{
	return bpf_map_lookup_elem(fd, key, ret_value);
}

int ksys_map_update(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY);
}

int ksys_map_delete(int fd, const void *key)
{
	return bpf_map_delete_elem(fd, key);
}

/* The verifier's last words are in front of its statistics. */
static void last_words(char *log)
{
	char *stats = strstr(log, "\nprocessed "), *line;

	if (stats)
		*stats = '\0';
	line = strrchr(log, '\n');
	if (line && line[1])
		memmove(log, line + 1, strlen(line + 1) + 1);
}

/* Callbacks want a type for every function: int f(void *). */
static int make_btf(size_t n, struct btf **ret)
{
	struct btf *btf = btf__new_empty();
	int word = btf ? btf__add_int(btf, "int", 4, BTF_INT_SIGNED) : -1;
	int rc = 0;

	for (size_t i = 0; word > 0 && !rc && i < n; i++) {
		int proto = btf__add_func_proto(btf, word);

		rc = btf__add_func_param(btf, "x", word);
		if (!rc && btf__add_func(btf, "f", BTF_FUNC_STATIC, proto) < 0)
			rc = -ENOMEM;
	}
	if (word > 0 && !rc)
		rc = btf__load_into_kernel(btf);
	if (word < 0 || rc) {
		btf__free(btf);
		return ERR_IO;
	}
	*ret = btf;
	return 0;
}

/* Types are numbered from 1: int, then prototype and function in turn. */
static struct bpf_func_info *make_infos(const struct ksys_program *p)
{
	struct bpf_func_info *infos = calloc(p->nfunctions, sizeof(*infos));

	for (size_t i = 0; infos && i < p->nfunctions; i++)
		infos[i] = (struct bpf_func_info){p->functions[i],
						  (uint32_t)(3 + 2 * i)};
	return infos;
}

static int load(const struct ksys_program *p, struct bpf_prog_load_opts *opts)
{
	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "upd", "GPL", p->insns,
			     p->ninsns, opts);
}

static int refused(const struct ksys_program *p,
		   struct bpf_prog_load_opts *opts, int error, struct err *err)
{
	char *log = calloc(1, LOG_SIZE);
	int fd;

	opts->log_buf = log;
	opts->log_size = log ? LOG_SIZE : 0;
	opts->log_level = log ? 1 : 0;
	fd = load(p, opts);
	if (fd >= 0)
		close(fd);
	if (log)
		last_words(log);
	err_set(err, ERR_REFUSED, "the kernel refuses the program (%s): %.600s",
		strerror(error), log && *log ? log : "it gives no reason");
	free(log);
	return ERR_REFUSED;
}

int ksys_program(const struct ksys_program *p, int *ret_fd, struct err *err)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .fd_array = p->map_fds);
	struct bpf_func_info *infos = NULL;
	struct btf *btf = NULL;
	int fd, rc = 0;

	libbpf_set_print(NULL);
	if (p->nfunctions > 1 && !make_btf(p->nfunctions, &btf) &&
	    (infos = make_infos(p))) {
		opts.prog_btf_fd = (uint32_t)btf__fd(btf);
		opts.func_info = infos;
		opts.func_info_cnt = (uint32_t)p->nfunctions;
		opts.func_info_rec_size = sizeof(*infos);
	}
	fd = load(p, &opts);
	if (fd >= 0)
		*ret_fd = fd;
	else if (errno == EPERM)
		rc = not_permitted(err);
	else
		rc = refused(p, &opts, errno, err);
	free(infos);
	btf__free(btf);
	return rc;
}

static int uprobe_type(struct err *err)
{
	FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type = -1;

	if (f) {
		if (fscanf(f, "%d", &type) != 1)
			type = -1;
		fclose(f);
	}
	return type >= 0 ? type
			 : err_set(err, ERR_UNSUPP,
				   "this kernel has no uprobes (is /sys "
				   "mounted?)");
}

int ksys_attach(const struct ksys_probe *probe, int program_fd, int *ret_fd,
		struct err *err)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.config = probe->at_return | probe->sema_offset << SEMA_SHIFT,
		.uprobe_path = (uint64_t)(uintptr_t)probe->path,
		.probe_offset = probe->offset,
	};
	int fd, type = uprobe_type(err);

	if (type < 0)
		return type;
	attr.type = (uint32_t)type;
	fd = (int)syscall(SYS_perf_event_open, &attr, probe->pid,
			  probe->pid < 0 ? 0 : -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 && (errno == EPERM || errno == EACCES))
		return not_permitted(err);
	if (fd < 0)
		return err_errno(err, errno,
				 "the kernel sets no uprobe at %s+0x%" PRIx64,
				 probe->path, probe->offset);
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		err_errno(err, errno, "the kernel ties no program to %s",
			  probe->path);
		close(fd);
		return err->code;
	}
	*ret_fd = fd;
	return 0;
}

struct ksys_ring {
	struct ring_buffer *rb;
	ksys_record_fn *fn;
	void *ctx;
};

static int on_record(void *ctx, void *data, size_t len)
{
	struct ksys_ring *ring = ctx;

	ring->fn(ring->ctx, data, len);
	return 0;
}

int ksys_ring(int map_fd, ksys_record_fn *fn, void *ctx, struct ksys_ring **ret,
	      struct err *err)
{
	struct ksys_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return err_set(err, ERR_NOMEM, "out of memory");
	ring->fn = fn;
	ring->ctx = ctx;
	ring->rb = ring_buffer__new(map_fd, on_record, ring, NULL);
	if (!ring->rb) {
		free(ring);
		return err_errno(err, errno, "the events cannot be read");
	}
	*ret = ring;
	return 0;
}

int ksys_ring_fd(const struct ksys_ring *ring)
{
	return ring_buffer__epoll_fd(ring->rb);
}

void ksys_ring_consume(struct ksys_ring *ring)
{
	ring_buffer__consume(ring->rb);
}

void ksys_ring_free(struct ksys_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->rb);
	free(ring);
}

#else /* !HAVE_LIBBPF */

static int absent(struct err *err)
{
	return err_set(err, ERR_UNSUPP,
		       "this upd was built without the kernel's engine (libbpf "
		       "was not there); use --engine=ptrace");
}

int ksys_ncpus(void)
{
	return 1;
}

int ksys_map(uint32_t kind, uint32_t key_size, uint32_t value_size,
	     uint32_t max_entries, int *ret_fd, struct err *err)
{
	(void)kind, (void)key_size, (void)value_size, (void)max_entries;
	(void)ret_fd;
	return absent(err);
}

int ksys_map_next(int fd, const void *key, void *ret_next)
{
	(void)fd, (void)key, (void)ret_next;
	return ERR_UNSUPP;
}

int ksys_map_lookup(int fd, const void *key, void *ret_value)
{
	(void)fd, (void)key, (void)ret_value;
	return ERR_UNSUPP;
}

int ksys_map_update(int fd, const void *key, const void *value)
{
	(void)fd, (void)key, (void)value;
	return ERR_UNSUPP;
}

int ksys_map_delete(int fd, const void *key)
{
	(void)fd, (void)key;
	return ERR_UNSUPP;
}

int ksys_program(const struct ksys_program *p, int *ret_fd, struct err *err)
{
	(void)p, (void)ret_fd;
	return absent(err);
}

int ksys_attach(const struct ksys_probe *probe, int program_fd, int *ret_fd,
		struct err *err)
{
	(void)probe, (void)program_fd, (void)ret_fd;
	return absent(err);
}

int ksys_ring(int map_fd, ksys_record_fn *fn, void *ctx, struct ksys_ring **ret,
	      struct err *err)
{
	(void)map_fd, (void)fn, (void)ctx, (void)ret;
	return absent(err);
}

int ksys_ring_fd(const struct ksys_ring *ring)
{
	(void)ring;
	return -1;
}

void ksys_ring_consume(struct ksys_ring *ring)
{
	(void)ring;
}

void ksys_ring_free(struct ksys_ring *ring)
{
	(void)ring;
}

#endif

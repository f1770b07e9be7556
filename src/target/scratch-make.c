/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How scratch memory is made: by calls that are injected into the target.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SITES = 1 << 16, /* of the table, power of two */
	SLOTS = SITES / 4 * 3,
	SHRINK = 3, /* one eighth: in all, less than 1 MiB */
	MASKED = 4096,
	PAGE_MAX = 1 << 16, /* any machine's: the size is one of mappings */
};

#define NAME "upd"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif

static int make_memfd(struct inject *in, int64_t *ret, struct err *err)
{
	unsigned flags = MFD_CLOEXEC | MFD_EXEC;
	int rc = memory_put(in->target, in->buf, NAME, sizeof(NAME));

	if (rc)
		return err_set(err, rc,
			       "the stack of process %d cannot be "
			       "written",
			       (int)in->target->pid);
	rc = inject_call(in, ARCH_SYS_MEMFD_CREATE,
			 (uint64_t[6]){in->buf, flags}, ret, err);
	if (!rc && *ret == -EINVAL) /* before Linux 6.3 */
		rc = inject_call(in, ARCH_SYS_MEMFD_CREATE,
				 (uint64_t[6]){in->buf, MFD_CLOEXEC}, ret, err);
	if (!rc && *ret < 0)
		rc = err_errno(err, (int)-*ret,
			       "process %d may not make the "
			       "memory that probing needs (memfd_create)",
			       (int)in->target->pid);
	return rc;
}

/* The tracer's own end of the memfd. */
static int map_here(struct scratch *s, struct task *task, int fd,
		    struct err *err)
{
	char path[64];
	int own;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)task->tid, fd);
	own = open(path, O_RDWR | O_CLOEXEC);
	if (own < 0)
		return err_errno(err, errno,
				 "cannot open scratch memory of "
				 "process %d",
				 (int)task->tid);
	if (ftruncate(own, (off_t)s->size)) {
		close(own);
		return err_errno(err, errno, "cannot size scratch memory");
	}
	s->map = owner_map(own, s->size);
	close(own);
	return s->map ? 0
		      : err_errno(err, errno, "cannot map scratch memory");
}

/* The run of mappings of one file around v: what its instructions may refer
 * to. */
static void extent(const struct mapping *m, const struct vma *v, uint64_t *low,
		   uint64_t *high)
{
	*low = v->start;
	*high = v->end;
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].ino != v->ino || m->v[i].dev != v->dev)
			continue;
		if (m->v[i].start < *low)
			*low = m->v[i].start;
		if (m->v[i].end > *high)
			*high = m->v[i].end;
	}
	/* mapped twice, far apart */
	if (*high - *low > UINT64_C(1) << 30) {
		*low = v->start;
		*high = v->end;
	}
}

static int map_there(struct inject *in, struct scratch *s, const struct vma *v,
		     uint64_t reach, int fd, struct err *err)
{
	struct target *t = in->target;
	struct mapping m;
	uint64_t low, high, at = 0;
	int64_t got = -ENOMEM;
	int rc = mapping_read(t, &m, err);

	if (rc)
		return rc;
	extent(&m, v, &low, &high);
	rc = mapping_find_gap(&m, low, high, s->size, reach / 2, &at);
	if (rc)
		rc = mapping_find_gap(&m, low, high, s->size, reach, &at);
	mapping_release(&m);
	if (rc)
		return err_set(err, ERR_LIMIT,
			       "process %d has no room for "
			       "scratch memory near %s",
			       (int)t->pid, v->path);
	rc = inject_call(in, ARCH_SYS_MMAP,
			 (uint64_t[6]){at, s->size, PROT_READ | PROT_EXEC,
				       MAP_SHARED | MAP_FIXED_NOREPLACE,
				       (uint64_t)fd, 0},
			 &got, err);
	if (rc)
		return rc;
	if (got < 0)
		return err_errno(err, (int)-got,
				 "process %d may not map the "
				 "memory that probing needs",
				 (int)t->pid);
	s->base = (uint64_t)got;
	return 0;
}

static void read_boot_id(uint8_t id[16])
{
	char text[64] = "";
	size_t n = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	for (const char *p = text; *p && n < 32; p++) {
		const char *digits = "0123456789abcdef";
		const char *d = strchr(digits, *p);

		if (d)
			id[n / 2] = (uint8_t)(id[n / 2] << 4 | (d - digits));
		n += d != NULL;
	}
}

static void fill(struct scratch *s, struct target *t, bool first)
{
	struct fallback_header *h = s->map;
	const struct arch_blob *blob = t->arch->fallback;

	s->head = h;
	h->version = FALLBACK_VERSION;
	h->site_cap = s->nsites;
	h->base = s->base;
	h->size = s->size;
	h->slots_off = s->slots_off;
	h->start_time = proc_start_time(t->pid);
	read_boot_id(h->boot_id);
	h->tracer_pid = (uint32_t)t->tracer->pid;
	h->target_pid = (uint32_t)t->pid;
	memcpy((uint8_t *)s->map + FALLBACK_CODE, blob->code, blob->len);
	if (first) {
		s->table = (void *)((uint8_t *)s->map + FALLBACK_SITES);
		s->masked = (void *)((uint8_t *)s->map + s->masked_off);
		h->masked_cap = MASKED;
	}
	scratch_publish(&h->magic, FALLBACK_MAGIC);
}

static int make_in(struct inject *in, struct scratch *s, const struct vma *v,
		   uint64_t reach, bool first, struct err *err)
{
	struct target *t = in->target;
	int64_t fd = -1, ignored;
	int rc = make_memfd(in, &fd, err);

	if (rc)
		return rc;
	rc = map_here(s, in->task, (int)fd, err);
	if (!rc)
		rc = map_there(in, s, v, reach, (int)fd, err);
	if (in->task->stop == STOP_GONE)
		return rc;
	if (inject_call(in, ARCH_SYS_CLOSE, (uint64_t[6]){(uint64_t)fd},
			&ignored, NULL) &&
	    !rc)
		rc = err_set(err, ERR_GONE, "process %d is gone", (int)t->pid);
	if (rc)
		return rc;
	fill(s, t, first);
	list_push(&t->scratches, &s->node);
	if (first)
		rc = guard_install(t, in, err);
	return rc;
}

/* With room for SITES sites, or that divided by 2^shrink. */
static void lay_out(struct scratch *s, bool first, unsigned shrink)
{
	uint64_t off = FALLBACK_SITES;

	s->nsites = first ? SITES >> shrink : 0;
	s->masked_off = FALLBACK_SITES +
			s->nsites * (uint32_t)sizeof(struct fallback_site);
	if (first)
		off = (s->masked_off +
		       MASKED * sizeof(struct fallback_masked) + 4095) &
		      ~UINT64_C(4095);
	s->slots_off = (uint32_t)off;
	s->size = (off + (uint64_t)(SLOTS >> shrink) * FALLBACK_SLOT +
		   PAGE_MAX - 1) &
		  ~(uint64_t)(PAGE_MAX - 1);
	s->nslots = (s->size - off - FALLBACK_OWNER) / FALLBACK_SLOT;
}

static struct scratch *scratch_alloc(bool first, unsigned shrink)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	list_init(&s->node);
	lay_out(s, first, shrink);
	s->by_slot = calloc(s->nslots, sizeof(struct site *));
	if (!s->by_slot) {
		free(s);
		return NULL;
	}
	return s;
}

static int make_sized(struct target *t, const struct vma *v, uint64_t reach,
		      unsigned shrink, struct scratch **ret, struct err *err)
{
	bool first = list_empty(&t->scratches);
	struct scratch *s = scratch_alloc(first, shrink);
	struct inject in;
	int rc;

	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = inject_begin(t, NULL, &in, err);
	if (!rc) {
		rc = make_in(&in, s, v, reach, first, err);
		if (rc && s->base)
			scratch_unmap(t, &in);
		inject_end(&in);
	}
	if (rc) {
		scratch_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

/* A 32-bit program that begins low may have its heap right behind it, and
 * nothing else is within 32 MiB: then less must do. */
int scratch_make(struct target *t, const struct vma *v, uint64_t reach,
		 struct scratch **ret, struct err *err)
{
	int rc;

	if (!t->arch->fallback || t->arch->fallback->len > 4096)
		return err_set(err, ERR_UNSUPP,
			       "%s programs cannot be probed "
			       "yet",
			       t->arch->name);
	rc = make_sized(t, v, reach, 0, ret, err);
	if (rc == ERR_LIMIT)
		rc = make_sized(t, v, reach, SHRINK, ret, err);
	return rc;
}

/* Could there be less than all, as near as that? Looked up where the target was
 * seen last, so that not every site stops it for nothing. */
bool scratch_may_fit(const struct target *t, const struct vma *v)
{
	uint64_t low, high, at;
	struct scratch least;

	lay_out(&least, list_empty(&t->scratches), SHRINK);
	extent(&t->map, v, &low, &high);
	return !mapping_find_gap(&t->map, low, high, least.size,
				 t->arch->slot_reach, &at);
}

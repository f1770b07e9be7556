/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scratch memory: a memfd that the target maps readable and executable, and
 * that only the tracer's own mapping can write. The first one of a target
 * carries the fallback handler and the table of all sites; further ones give
 * slots to texts that are too far away from it. Where there is no room as near
 * as slots want to be, and the machine can do with guarded ones, it may lie
 * farther.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* ---- making ------------------------------------------------------------- */

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

/* Stores what others find the rest by, after the rest. A 32-bit upd has 32-bit
 * targets only, whose handlers look at the low half. */
static void publish(uint64_t *p, uint64_t v)
{
#ifdef __LP64__
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
#else
	uint32_t *half = (uint32_t *)(void *)p;
	const int low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	__atomic_store_n(&half[!low], (uint32_t)(v >> 32), __ATOMIC_RELAXED);
	__atomic_store_n(&half[low], (uint32_t)v, __ATOMIC_RELEASE);
#endif
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
	publish(&h->magic, FALLBACK_MAGIC);
}

static void scratch_free(struct scratch *s)
{
	if (s->map)
		owner_unmap(s->map, s->size);
	else
		free(s->head); /* a copy: see rescue.c */
	list_remove(&s->node);
	free(s->by_slot);
	free(s);
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
static int scratch_make(struct target *t, const struct vma *v, uint64_t reach,
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

/* ---- slots -------------------------------------------------------------- */

static bool reaches(const struct scratch *s, const struct vma *v,
		    uint64_t reach)
{
	uint64_t low = v->start < s->base ? v->start : s->base;
	uint64_t s_end = s->base + s->size;
	uint64_t high = v->end > s_end ? v->end : s_end;

	return high - low < reach;
}

/* Nothing can be injected, and that will not change: see target.h. */
static void do_without(struct target *t, const char *why)
{
	char text[ERR_TEXT_MAX + 256];

	t->no_scratch = true;
	snprintf(text, sizeof(text),
		 "%s. It is probed in place: slower, and should the tracer be "
		 "killed, the next probe that is reached kills the process",
		 why);
	log_info("%s", text);
	if (t->tracer->events.warned)
		t->tracer->events.warned(t->tracer->ctx, t, text);
	list_for_each (node, &t->tasks)
		guard_task(container_of(node, struct task, node));
}

/* All tasks are stopped while it is made. */
static int make_within(struct target *t, const struct vma *v, uint64_t reach,
		       struct scratch **ret, struct err *err)
{
	struct err why;
	int rc = target_stop(t, err);

	if (rc)
		return rc;
	rc = scratch_make(t, v, reach, ret, &why);
	if (list_empty(&t->scratches) &&
	    (rc == ERR_REFUSED || rc == ERR_PERM || rc == ERR_IO)) {
		do_without(t, why.text);
		rc = ERR_UNSUPP;
	}
	if (rc && err)
		*err = why;
	target_resume(t);
	return rc;
}

static struct scratch *find_within(struct target *t, const struct vma *v,
				   uint64_t reach)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if (reaches(s, v, reach) && s->next_slot < s->nslots)
			return s;
	}
	return NULL;
}

/* Could there be less than all, as near as that? Looked up where the target was
 * seen last, so that not every site stops it for nothing. */
static bool may_have_room(const struct target *t, const struct vma *v)
{
	uint64_t low, high, at;
	struct scratch least;

	lay_out(&least, list_empty(&t->scratches), SHRINK);
	extent(&t->map, v, &low, &high);
	return !mapping_find_gap(&t->map, low, high, least.size,
				 t->arch->slot_reach, &at);
}

/* Finds or makes room for slots near a text, or else for guarded ones.
 * ERR_UNSUPP, no_scratch set: not in this target, nor need it be. */
int scratch_near(struct target *t, const struct vma *v, struct scratch **ret,
		 struct err *err)
{
	uint64_t near = t->arch->slot_reach, far = t->arch->slot_far;
	int rc = ERR_LIMIT;

	if (t->no_scratch)
		return ERR_UNSUPP;
	*ret = find_within(t, v, near);
	if (*ret)
		return 0;
	if (!far || may_have_room(t, v))
		rc = make_within(t, v, near, ret, err);
	if (!far || rc != ERR_LIMIT)
		return rc;
	*ret = find_within(t, v, far);
	return *ret ? 0 : make_within(t, v, far, ret, err);
}

static struct scratch *first_of(const struct target *t)
{
	return list_empty(&t->scratches)
		       ? NULL
		       : container_of(t->scratches.next, struct scratch, node);
}

static struct fallback_site *entry_of(struct scratch *s, uint64_t addr)
{
	uint32_t cap = s->head->site_cap;
	uint32_t i = FALLBACK_HASH(addr, cap);

	while (s->table[i].addr && s->table[i].addr != addr)
		i = (i + 1) & (cap - 1);
	return &s->table[i];
}

void scratch_site_enter(struct target *t, struct site *site)
{
	struct scratch *first = first_of(t);
	struct fallback_site *e;
	bool is_new;

	if (!first || !site->slot)
		return;
	e = entry_of(first, site->addr);
	is_new = !e->addr;
	if (is_new)
		e->next = first->head->last;
	e->slot = site->slot;
	memcpy(e->orig, site->plan.insn, sizeof(e->orig));
	e->len = site->plan.len;
	e->copy_len = site->code.copy_len;
	publish(&e->addr, site->addr);
	if (!is_new)
		return;
	first->table_used++;
	__atomic_store_n(&first->head->last, (uint32_t)(e - first->table) + 1,
			 __ATOMIC_RELEASE);
}

/* Gives the site a slot, and the fallback handler what it must know, before
 * the breakpoint is planted. */
int scratch_slot(struct target *t, struct scratch *s, struct site *site,
		 struct err *err)
{
	struct scratch *first = first_of(t);
	uint64_t off;
	int rc;

	if (first->table_used >= first->nsites / 4 * 3 || s->next_slot >= s->nslots)
		return err_set(err, ERR_LIMIT,
			       "%zu places in one process are "
			       "probed already, more than that is not possible",
			       first->table_used);
	off = s->head->slots_off + s->next_slot * FALLBACK_SLOT;
	rc = t->arch->slot_build(&site->plan, s->base + off, &site->code, err);
	if (rc)
		return rc;
	memcpy((uint8_t *)s->map + off, site->code.bytes, site->code.len);
	site->scratch = s;
	site->slot = s->base + off;
	s->by_slot[s->next_slot++] = site;
	scratch_site_enter(t, site);
	return 0;
}

void scratch_site_state(struct target *t, struct site *site)
{
	struct scratch *first = first_of(t);

	if (first && first->table && site->slot)
		entry_of(first, site->addr)->planted = site->planted;
}

struct site *scratch_site_at(struct target *t, uint64_t pc)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);
		uint64_t slots = s->base + s->head->slots_off;

		if (pc >= slots && pc < s->base + s->size)
			return s->by_slot[(pc - slots) / FALLBACK_SLOT];
	}
	return NULL;
}

/* A served trap is not delivered, unless we die before the task goes on: then
 * the fallback handler finds this note, and lets it go on. */
void scratch_resuming(struct target *t, uint64_t pc, uint64_t sp)
{
	struct scratch *first = first_of(t);

	if (!first)
		return;
	first->head->resumed_sp = sp;
	publish(&first->head->resumed_pc, pc);
}

void scratch_forbid_calls(struct target *t)
{
	struct scratch *first = first_of(t);

	if (first && first->map)
		first->head->no_calls = 1;
}

/* ---- the end ------------------------------------------------------------ */

static bool is_mapped(struct target *t, const struct scratch *s)
{
	const struct vma *v = mapping_at(&t->map, s->base);

	return v && mapping_is_scratch(v) && v->exec && v->start == s->base &&
	       v->end == s->base + s->size;
}

static bool is_gone(struct target *t, const struct scratch *s)
{
	struct err err;
	bool gone;

	if (mapping_begin(t, &err))
		return false;
	gone = !is_mapped(t, s);
	mapping_end(t);
	return gone;
}

static struct scratch *scratch_holding(struct target *t, uint64_t addr)
{
	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if (addr >= s->base && addr < s->base + s->size)
			return s;
	}
	return NULL;
}

bool scratch_is_lost(struct task *task, const siginfo_t *si)
{
	struct target *t = task->target;
	uint64_t pc = task_pc(task);
	struct scratch *s = scratch_holding(t, pc);
	char text[128];

	/* a fault of the processor's, on fetching that instruction */
	if (!s || (si->si_signo != SIGSEGV && si->si_signo != SIGBUS) ||
	    si->si_code <= 0 || si->si_code == SI_KERNEL ||
	    !scratch_site_at(t, pc) ||
	    (uint64_t)(uintptr_t)si->si_addr - s->base >= s->size ||
	    !is_gone(t, s))
		return false;
	step_leave_slot(task, NULL);
	if (t->no_scratch) /* another task was here before */
		return true;
	snprintf(text, sizeof(text),
		 "process %d has taken away the memory that probing needs",
		 (int)t->pid);
	guard_give_up(task);
	do_without(t, text);
	site_in_place_all(t);
	return true;
}

/* What the program has put where ours was is left alone, unless there was no
 * memory to look. */
void scratch_unmap(struct target *t, struct inject *in)
{
	int64_t ignored;

	list_for_each (node, &t->scratches) {
		struct scratch *s = container_of(node, struct scratch, node);

		if ((t->map.n && !is_mapped(t, s)) ||
		    inject_call(in, ARCH_SYS_MUNMAP,
				(uint64_t[6]){s->base, s->size}, &ignored,
				NULL))
			log_debug("process %d left its scratch memory",
				  (int)t->pid);
	}
}

void scratch_free_all(struct target *t)
{
	list_for_each (node, &t->tasks)
		container_of(node, struct task, node)->noted = NULL;
	while (!list_empty(&t->scratches))
		scratch_free(
			container_of(t->scratches.next, struct scratch, node));
	t->guarded = false;
	t->opened = 0;
}

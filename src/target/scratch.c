/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scratch memory: memfds mapped in the target, readable and executable there
 * and writable only through our own mapping, each within reach of the text
 * that it serves. The first one also carries the fallback handler and the
 * table of all sites (fallback.h), so that breakpoints outlive us harmlessly.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SITE_CAP = 65536,	   /* entries of the table; power of two */
	SLOTS = 32768,		   /* of one area */
	NAME_ROOM = 512,	   /* bytes that we borrow below the red zone */
	MAP_NOREPLACE = 0x100000,  /* MAP_FIXED_NOREPLACE */
};

static struct area *first_area(const struct target *t)
{
	return list_empty(&t->areas)
		       ? NULL
		       : container_of(t->areas.next, struct area, node);
}

static int call(struct task *task, enum arch_sysno nr, const uint64_t args[6],
		int64_t *ret, struct err *err)
{
	struct arch_syscall c = {.nr = (uint64_t)task->target->arch->sysno[nr]};
	int rc;

	memcpy(c.args, args, sizeof(c.args));
	rc = inject(task, &c, ret, err);
	if (!rc && *ret < 0)
		rc = err_errno(err, (int)-*ret, "process %d could not be given "
			       "scratch memory", (int)task->target->pid);
	return rc;
}
#define CALL(task, nr, ret, err, ...)                                          \
	call(task, nr, (const uint64_t[6]){__VA_ARGS__}, ret, err)

/* ---- memory that the task lends us for a call's arguments ---- */

struct loan {
	struct target *t;
	uint64_t addr;
	uint8_t saved[NAME_ROOM];
};

static int borrow(struct loan *l, struct task *task, struct err *err)
{
	struct regs regs;

	l->t = task->target;
	if (task_regs(task, &regs))
		return err_set(err, ERR_GONE, "process %d has gone",
			       (int)l->t->pid);
	l->addr = (l->t->arch->sp(&regs) - l->t->arch->red_zone - NAME_ROOM) &
		  ~UINT64_C(15);
	if (target_read(l->t, l->addr, l->saved, NAME_ROOM) != NAME_ROOM)
		return err_set(err, ERR_REFUSED, "the stack of process %d "
			       "cannot be read", (int)l->t->pid);
	return 0;
}

static void give_back(struct loan *l)
{
	target_write(l->t, l->addr, l->saved, NAME_ROOM);
}

/* ---- the memfd ---- */

static int adopt_fd(struct target *t, struct area *a, int fd, struct err *err)
{
	char path[64];
	int own;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)t->pid, fd);
	own = open(path, O_RDWR | O_CLOEXEC);
	if (own < 0)
		return err_errno(err, errno, "cannot open the scratch memory "
				 "of process %d", (int)t->pid);
	if (ftruncate(own, (off_t)a->size) < 0) {
		int rc = err_errno(err, errno, "cannot size scratch memory");

		close(own);
		return rc;
	}
	a->mem = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_SHARED, own,
		      0);
	close(own);
	if (a->mem == MAP_FAILED)
		return err_errno(err, errno, "cannot map scratch memory");
	return 0;
}

static int create_in(struct task *task, struct area *a, uint64_t want,
		     struct err *err)
{
	struct target *t = task->target;
	struct loan loan;
	int64_t fd, at, ignored;
	int rc = borrow(&loan, task, err);

	if (rc)
		return rc;
	target_write(t, loan.addr, "upd", 4);
	rc = CALL(task, ARCH_SYS_MEMFD_CREATE, &fd, err, loan.addr,
		  MFD_CLOEXEC);
	give_back(&loan);
	if (rc)
		return rc;
	rc = adopt_fd(t, a, (int)fd, err);
	if (!rc)
		rc = CALL(task, ARCH_SYS_MMAP, &at, err, want, a->size,
			  PROT_READ | PROT_EXEC,
			  MAP_SHARED | MAP_FIXED | MAP_NOREPLACE,
			  (uint64_t)fd, 0);
	if (!rc)
		a->base = (uint64_t)at;
	if (CALL(task, ARCH_SYS_CLOSE, &ignored, rc ? NULL : err, (uint64_t)fd))
		rc = rc ? rc : ERR_GONE;
	return rc;
}

/* ---- the fallback handler ---- */

static void read_boot_id(uint8_t out[16])
{
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	unsigned n = 0;

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0)
		for (char *p = text; *p && n < 32; p++) {
			int digit = *p <= '9' ? *p - '0' : *p - 'a' + 10;

			if (*p == '-' || digit < 0 || digit > 15)
				continue;
			out[n / 2] = (uint8_t)(out[n / 2] << 4 | digit);
			n++;
		}
	close(fd);
}

static uint64_t start_time(pid_t pid)
{
	char path[32], buf[1024], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	p = strrchr(buf, ')');
	for (int field = 2; field < 22 && p; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

static void fill_header(struct target *t, struct area *a)
{
	struct fallback_header *h = (void *)a->mem;

	memcpy(a->mem + FALLBACK_CODE, t->arch->fallback->code,
	       t->arch->fallback->len);
	h->version = FALLBACK_VERSION;
	h->site_cap = SITE_CAP;
	h->base = a->base;
	h->size = a->size;
	h->slots_off = a->slots_off;
	h->start_time = start_time(t->pid);
	read_boot_id(h->boot_id);
	h->tracer_pid = (uint32_t)getpid();
	h->target_pid = (uint32_t)t->pid;
	h->magic = FALLBACK_MAGIC;
}

/* The kernel's struct sigaction of the target's ABI. */
static size_t put_action(const struct arch *arch, uint8_t *out,
			 uint64_t handler, uint64_t flags, uint64_t restorer,
			 uint64_t mask)
{
	unsigned w = arch->word_size;

	memcpy(out, &handler, w);
	memcpy(out + w, &flags, w);
	memcpy(out + 2 * w, &restorer, w);
	memcpy(out + 3 * w, &mask, 8);
	return 3 * w + 8;
}

static void get_action(const struct arch *arch, const uint8_t *in,
		       struct fallback_header *h)
{
	unsigned w = arch->word_size;

	h->old_handler = h->old_flags = h->old_restorer = 0;
	memcpy(&h->old_handler, in, w);
	memcpy(&h->old_flags, in + w, w);
	memcpy(&h->old_restorer, in + 2 * w, w);
	memcpy(&h->old_mask, in + 3 * w, 8);
}

/* Sets SIGTRAP's action; `old` (may be NULL) receives the former one's
 * bytes. */
static int set_action(struct task *task, const uint8_t *action, size_t len,
		      uint8_t old[64], struct err *err)
{
	struct target *t = task->target;
	struct loan loan;
	int64_t ignored;
	int rc = borrow(&loan, task, err);

	if (rc)
		return rc;
	target_write(t, loan.addr, action, len);
	rc = CALL(task, ARCH_SYS_RT_SIGACTION, &ignored, err, SIGTRAP,
		  loan.addr, old ? loan.addr + 64 : 0, 8);
	if (!rc && old && target_read(t, loan.addr + 64, old, 64) != 64)
		rc = err_set(err, ERR_IO, "cannot read back a signal action");
	give_back(&loan);
	return rc;
}

/* SA_NODEFER: a breakpoint hit inside a handler that ours has interrupted must
 * not find SIGTRAP blocked. */
static int install_handler(struct task *task, struct area *a, struct err *err)
{
	enum { RESTORER_FLAG = 0x04000000 };
	struct target *t = task->target;
	const struct arch_blob *blob = t->arch->fallback;
	uint64_t code = a->base + FALLBACK_CODE;
	uint8_t action[64] = {0}, old[64];
	size_t len = put_action(t->arch, action, code + blob->entry,
				SA_SIGINFO | SA_NODEFER | SA_ONSTACK |
					SA_RESTART | RESTORER_FLAG,
				code + blob->restorer, 0);
	int rc = set_action(task, action, len, old, err);

	if (!rc)
		get_action(t->arch, old, (void *)a->mem);
	return rc;
}

static int restore_handler(struct target *t, struct task *task)
{
	struct area *a = first_area(t);
	const struct fallback_header *h = (const void *)a->mem;
	uint8_t action[64] = {0};
	size_t len = put_action(t->arch, action, h->old_handler, h->old_flags,
				h->old_restorer, h->old_mask);

	return set_action(task, action, len, NULL, NULL);
}

/* ---- areas ---- */

static void area_free(struct area *a)
{
	if (a->mem && a->mem != MAP_FAILED)
		munmap(a->mem, a->size);
	free(a);
}

static int area_new(struct target *t, uint64_t near, struct area **ret,
		    struct err *err)
{
	bool first = list_empty(&t->areas);
	struct task *task = target_any_stopped(t);
	struct area *a;
	uint64_t want;
	int rc;

	if (!task)
		return err_set(err, ERR_GONE, "process %d has gone",
			       (int)t->pid);
	a = calloc(1, sizeof(*a));
	if (!a)
		return err_set(err, ERR_NOMEM, "out of memory");
	list_init(&a->node);
	a->nslots = SLOTS;
	a->slots_off = FALLBACK_SITES +
		       (first ? SITE_CAP * sizeof(struct fallback_site) : 0);
	a->slots_off = (a->slots_off + 4095) & ~UINT64_C(4095);
	a->size = a->slots_off + (uint64_t)SLOTS * FALLBACK_SLOT;
	rc = mappings_read(t, err);
	if (!rc && !mappings_gap(t, near, a->size, t->arch->slot_reach, &want))
		rc = err_set(err, ERR_REFUSED, "process %d has no room for "
			     "scratch memory near 0x%" PRIx64, (int)t->pid,
			     near);
	if (!rc)
		rc = create_in(task, a, want, err);
	if (!rc && first) {
		fill_header(t, a);
		list_push(&t->areas, &a->node);
		rc = install_handler(task, a, err);
	}
	if (rc) {
		list_remove(&a->node);
		area_free(a);
		return rc;
	}
	if (!first)
		list_push(&t->areas, &a->node);
	*ret = a;
	return 0;
}

static bool reaches(const struct target *t, const struct area *a, uint64_t addr)
{
	uint64_t far = addr > a->base ? addr - a->base
				      : a->base + a->size - addr;

	return far + a->size < t->arch->slot_reach;
}

int scratch_for(struct target *t, uint64_t addr, struct area **ret,
		struct err *err)
{
	int rc;

	list_for_each (node, &t->areas) {
		struct area *a = container_of(node, struct area, node);

		if (a->used < a->nslots && reaches(t, a, addr)) {
			*ret = a;
			return 0;
		}
	}
	if (!t->arch->fallback)
		return err_set(err, ERR_UNSUPP, "%s programs cannot be probed "
			       "yet", t->arch->name);
	rc = target_stop(t, err);
	if (rc)
		return rc;
	rc = area_new(t, addr, ret, err);
	target_resume(t);
	return rc;
}

uint64_t scratch_slot(struct area *a)
{
	return a->base + a->slots_off + (uint64_t)a->used++ * FALLBACK_SLOT;
}

bool scratch_contains(const struct target *t, uint64_t addr)
{
	list_for_each (node, &t->areas) {
		struct area *a = container_of(node, struct area, node);

		if (addr - a->base < a->size)
			return true;
	}
	return false;
}

void scratch_write(struct target *t, uint64_t addr, const void *data,
		   size_t len)
{
	list_for_each (node, &t->areas) {
		struct area *a = container_of(node, struct area, node);

		if (addr - a->base < a->size)
			memcpy(a->mem + (addr - a->base), data, len);
	}
}

/* The table entry for a site, new or its own. NULL: the table is full. */
struct fallback_site *scratch_entry(struct target *t, uint64_t addr)
{
	struct area *a = first_area(t);
	struct fallback_site *table = (void *)(a->mem + FALLBACK_SITES);
	uint32_t i = FALLBACK_HASH(addr, (uint32_t)SITE_CAP);

	for (uint32_t n = 0; n < SITE_CAP / 2; n++) {
		if (!table[i].addr || table[i].addr == addr)
			return &table[i];
		i = (i + 1) & (SITE_CAP - 1);
	}
	return NULL;
}

/* Gives the handler back first: from then on no breakpoint may be left. */
void scratch_remove(struct target *t, struct task *task)
{
	struct area *a = first_area(t);
	int64_t ignored;

	if (!a)
		return;
	restore_handler(t, task);
	/* The one with the system call in it goes last. */
	for (struct list *node = t->areas.prev; node != &t->areas;
	     node = node->prev) {
		a = container_of(node, struct area, node);
		if (CALL(task, ARCH_SYS_MUNMAP, &ignored, NULL, a->base,
			 a->size))
			break;
	}
}

void scratch_forget(struct target *t)
{
	list_for_each_safe (node, &t->areas) {
		list_remove(node);
		area_free(container_of(node, struct area, node));
	}
}

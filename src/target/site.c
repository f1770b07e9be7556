/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sites: one instruction address of a target that carries a breakpoint. A
 * site's slot and its entry in the fallback table are complete before the
 * breakpoint is written, and stay until detach: a task may still be on its way
 * through after the lift. One byte is written atomically, so other tasks go
 * on meanwhile; a trap that was taken before a lift and is reported after it
 * finds the site, not planted, and is taken back.
 */
#include "target-int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SITES_MAX = 30000 };

struct site *site_at(const struct target *t, uint64_t addr)
{
	return htab_get(&t->sites, addr);
}

struct site *site_of_slot(const struct target *t, uint64_t pc)
{
	if (!scratch_contains(t, pc))
		return NULL;
	htab_for_each (slot, &t->sites) {
		struct site *s = slot->value;

		if (pc - s->slot < FALLBACK_SLOT)
			return s;
	}
	return NULL;
}

/* ---- what may be touched ---- */

static int check_mapping(struct target *t, uint64_t addr,
			 const struct mapping **ret, struct err *err)
{
	const struct mapping *m = mapping_at(t, addr);

	if (!m)
		return err_set(err, ERR_NOENT, "nothing is mapped at 0x%" PRIx64
			       " in process %d", addr, (int)t->pid);
	if (!m->exec)
		return err_set(err, ERR_REFUSED, "0x%" PRIx64 " in process %d "
			       "is not code", addr, (int)t->pid);
	if (m->shared)
		return err_set(err, ERR_REFUSED, "0x%" PRIx64 " is in a shared "
			       "mapping: a breakpoint there would change the "
			       "file %s", addr, m->path);
	if (m->write || !m->ino)
		return err_set(err, ERR_REFUSED, "0x%" PRIx64 " is in code that "
			       "process %d may rewrite itself (%s)", addr,
			       (int)t->pid, m->path[0] ? m->path : "anonymous");
	*ret = m;
	return 0;
}

/* The kernel kills whose abort handler is not preceded by the signature that
 * the thread registered; it is data in the text, behind a ud1 or jmp. */
static bool is_rseq_signature(const uint8_t *bytes, size_t n)
{
	static const uint8_t sig[] = {0x53, 0x30, 0x05, 0x53};

	return n >= sizeof(sig) && !memcmp(bytes, sig, sizeof(sig));
}

static int make_plan(struct target *t, uint64_t addr, struct plan *ret,
		     struct err *err)
{
	uint8_t bytes[ARCH_INSN_MAX], file[ARCH_INSN_MAX];
	const struct mapping *m;
	ssize_t n;
	int rc = check_mapping(t, addr, &m, err);

	if (rc)
		return rc;
	n = target_read(t, addr, bytes, sizeof(bytes));
	if (n <= 0)
		return err_set(err, ERR_GONE, "0x%" PRIx64 " in process %d "
			       "cannot be read", addr, (int)t->pid);
	if (is_rseq_signature(bytes, (size_t)n))
		return err_set(err, ERR_REFUSED, "0x%" PRIx64 " is the "
			       "signature of a restartable sequence", addr);
	rc = t->arch->plan(addr, bytes, (size_t)n, ret, err);
	if (rc)
		return rc;
	if (mapping_file_bytes(t, m, addr, file, ret->len) < ret->len ||
	    memcmp(file, bytes, ret->len))
		return err_set(err, ERR_REFUSED, "the code at 0x%" PRIx64
			       " differs from the file %s: somebody else has "
			       "changed it", addr, m->path);
	return 0;
}

static int choose(const struct plan *plan, unsigned steps, enum strategy *ret,
		  struct err *err)
{
	unsigned can = plan->strategies & (steps ? steps : ~0u);

	can &= STRATEGY_EMULATE | STRATEGY_BOOST | STRATEGY_XOL;
	if (!can)
		return err_set(err, ERR_REFUSED, "the instruction at 0x%" PRIx64
			       " (%s) cannot be got past by the strategies "
			       "allowed", plan->addr, plan->why);
	*ret = (enum strategy)(can & -can);
	return 0;
}

/* ---- making one ---- */

static int fill_slot(struct site *s, struct err *err)
{
	struct target *t = s->target;
	struct fallback_site *entry;
	struct area *a;
	int rc = scratch_for(t, s->addr, &a, err);

	if (rc)
		return rc;
	entry = scratch_entry(t, s->addr);
	if (!entry)
		return err_set(err, ERR_LIMIT, "too many sites in process %d",
			       (int)t->pid);
	s->slot = scratch_slot(a);
	rc = t->arch->slot_build(&s->plan, s->slot, &s->code, err);
	if (rc)
		return rc;
	scratch_write(t, s->slot, s->code.bytes, s->code.len);
	s->entry = entry;
	entry->slot = s->slot;
	memcpy(entry->orig, s->plan.insn, sizeof(entry->orig));
	entry->len = s->plan.len;
	entry->copy_len = s->code.copy_len;
	__atomic_store_n(&entry->addr, s->addr, __ATOMIC_RELEASE);
	return 0;
}

int site_get(struct target *t, uint64_t addr, unsigned steps, struct site **ret,
	     struct err *err)
{
	struct site *s = site_at(t, addr);
	int rc;

	if (s) {
		*ret = s;
		return 0;
	}
	if (t->sites.used >= SITES_MAX)
		return err_set(err, ERR_LIMIT, "process %d has %d sites "
			       "already", (int)t->pid, SITES_MAX);
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->target = t;
	s->addr = addr;
	list_init(&s->points);
	rc = make_plan(t, addr, &s->plan, err);
	if (!rc)
		rc = choose(&s->plan, steps ? steps : t->opts.steps,
			    &s->strategy, err);
	if (!rc)
		rc = fill_slot(s, err);
	if (!rc && htab_put(&t->sites, addr, s))
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (rc) {
		if (s->entry)
			s->entry->planted = 0;
		free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

int site_plant(struct site *s, struct err *err)
{
	struct target *t = s->target;
	unsigned len = t->arch->bp_len;

	if (s->planted)
		return 0;
	s->entry->planted = 1;
	if (pwrite(t->mem_fd, t->arch->bp, len, (off_t)s->addr) !=
	    (ssize_t)len) {
		s->entry->planted = 0;
		return err_set(err, ERR_IO, "cannot write to 0x%" PRIx64
			       " in process %d", s->addr, (int)t->pid);
	}
	s->planted = true;
	return 0;
}

/* Only what is still our breakpoint is replaced: the library may have been
 * unmapped, and something else be there by now. */
static void unplant(struct site *s, int mem_fd)
{
	const struct arch *arch = s->target->arch;
	uint8_t now[ARCH_BP_MAX];

	if (pread(mem_fd, now, arch->bp_len, (off_t)s->addr) == arch->bp_len &&
	    !memcmp(now, arch->bp, arch->bp_len) &&
	    pwrite(mem_fd, s->plan.insn, arch->bp_len, (off_t)s->addr) < 0)
		return; /* unmapped in between */
}

void site_lift_if_unused(struct site *s)
{
	if (!s->planted || s->libs || s->watches || !list_empty(&s->points))
		return;
	unplant(s, s->target->mem_fd);
	s->planted = false;
	s->entry->planted = 0;
}

/* In another address space that is a copy of the target's: a forked child. */
void site_unplant_all(struct target *t, int mem_fd)
{
	htab_for_each (slot, &t->sites) {
		struct site *s = slot->value;

		if (s->planted)
			unplant(s, mem_fd);
	}
}

void site_forget_all(struct target *t)
{
	htab_for_each (slot, &t->sites)
		free(slot->value);
	htab_release(&t->sites);
}

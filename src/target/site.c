/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sites: breakpoints in the target's text. A site's slot and its entry in the
 * fallback handler's table are written before its breakpoint is. Writing one
 * is atomic; other tasks keep running. A lifted site is remembered while the
 * target is attached: a task may be on its way through its slot, or have its
 * trap reported late.
 */
#include "target-int.h"

#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_SHIFT = 12 };

struct site *site_get(const struct target *t, uint64_t addr)
{
	return htab_get(&t->sites, addr);
}

/* The number of sites is kept in place of a pointer. */
unsigned site_count_on_page(const struct target *t, uint64_t page)
{
	return (unsigned)(uintptr_t)htab_get(&t->pages, page);
}

static int count_on_page(struct target *t, uint64_t addr)
{
	uint64_t page = addr >> PAGE_SHIFT;
	uintptr_t n = site_count_on_page(t, page);

	return htab_put(&t->pages, page, (void *)(n + 1));
}

static void uncount_on_page(struct target *t, uint64_t addr)
{
	uint64_t page = addr >> PAGE_SHIFT;
	uintptr_t n = site_count_on_page(t, page);

	if (n > 1) /* replaces: cannot fail */
		(void)!htab_put(&t->pages, page, (void *)(n - 1));
	else
		htab_remove(&t->pages, page);
}

/* ---- what may be touched ------------------------------------------------- */

static int check_mapping(struct target *t, const struct vma *v, uint64_t addr,
			 struct err *err)
{
	const char *why;

	if (!v)
		why = "nothing is mapped there";
	else if (!v->exec)
		why = "it is not executable";
	else if (v->shared)
		why = "it is shared memory: others would be changed, too";
	else if (v->write)
		why = "it is writable: the program may change it any time";
	else if (!v->ino || v->path[0] != '/')
		why = "it is not the text of a file";
	else if (mapping_is_huge(t, v))
		why = "it is a file of huge pages, which cannot be copied for "
		      "one breakpoint";
	else
		return 0;
	return err_set(err, ERR_REFUSED,
		       "0x%" PRIx64 " in process %d cannot be "
		       "probed: %s",
		       addr, (int)t->pid, why);
}

/* The four bytes before a restartable sequence's abort handler: the kernel
 * kills a program in which they differ. */
static int check_rseq(struct target *t, const struct vma *v, uint64_t addr,
		      struct err *err)
{
	uint8_t b[7];

	if (addr < v->start + 3 || addr + 4 > v->end ||
	    target_read(t, addr - 3, b, sizeof(b)) != sizeof(b))
		return 0;
	for (int i = 0; i < 4; i++)
		if (!memcmp(b + i, t->arch->rseq_sig, 4))
			return err_set(err, ERR_REFUSED,
				       "0x%" PRIx64 " is the signature of a "
				       "restartable sequence, not an "
				       "instruction",
				       addr);
	return 0;
}

/* What lies around an instruction may forbid a breakpoint on it. */
static int check_around(struct target *t, const struct vma *v, uint64_t addr,
			struct err *err)
{
	uint8_t text[2 * ARCH_AROUND_MAX];
	uint64_t len = t->arch->around_len;
	uint64_t from = addr - v->start < len ? v->start : addr - len;
	uint64_t to = v->end - addr < len ? v->end : addr + len;
	ssize_t n;

	if (!t->arch->around)
		return 0;
	n = target_read(t, from, text, (size_t)(to - from));
	if (n < 0 || from + (uint64_t)n <= addr)
		return err_set(err, ERR_REFUSED,
			       "what is around 0x%" PRIx64 " in process %d "
			       "cannot be read",
			       addr, (int)t->pid);
	return t->arch->around(addr, text, from, (size_t)n, err);
}

static int read_insn(struct target *t, const struct vma *v, uint64_t addr,
		     struct plan *ret, struct err *err)
{
	uint8_t file[ARCH_INSN_MAX], memory[ARCH_INSN_MAX];
	size_t n = sizeof(file);
	int rc;

	if (n > v->end - addr)
		n = (size_t)(v->end - addr);
	if (addr % t->arch->insn_align)
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " is not where "
			       "an instruction can be",
			       addr);
	if (target_read(t, addr, memory, n) != (ssize_t)n)
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " in process %d "
			       "cannot be read",
			       addr, (int)t->pid);
	rc = t->arch->plan(addr, memory, n, ret, err);
	if (!rc)
		rc = check_around(t, v, addr, err);
	if (rc)
		return rc;
	rc = mapping_file_read(t, v, v->offset + (addr - v->start), file,
			       ret->len, err);
	if (rc)
		return rc;
	if (memcmp(file, memory, ret->len))
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " in process %d "
			       "is not what %s has there: another debugger, or "
			       "the program itself, has changed it",
			       addr, (int)t->pid, v->path);
	return 0;
}

/* ---- making -------------------------------------------------------------- */

/* Where the trap's pc is also that of the next instruction, an emulated
 * instruction could be taken for one that hasn't run, were we killed before
 * it goes on; its slot is as fast. */
static enum strategy choose(const struct site *site)
{
	const struct arch *arch = site->target->arch;
	unsigned mask = site->allowed;

	if (site->plan.len <= arch->bp_advance && mask & STRATEGY_BOOST)
		return STRATEGY_BOOST;
	return (enum strategy)(mask & -mask);
}

static int set_strategy(struct site *site, unsigned steps, struct err *err)
{
	struct target *t = site->target;
	unsigned mask = steps ? steps : t->opts.steps;

	site->allowed = site->plan.strategies & (mask ? mask : STEPS_ALL);
	if (!site->slot || t->no_scratch)
		site->allowed &= STRATEGY_INPLACE;
	/* what cannot be stepped runs on to the guard */
	if (site->code.guarded && site->plan.strategies & STRATEGY_XOL)
		site->allowed &= ~(unsigned)STRATEGY_BOOST;
	if (!site->allowed)
		return err_set(err, ERR_REFUSED,
			       "0x%" PRIx64 " (%s) cannot be "
			       "stepped over in the way that was asked for%s",
			       site->addr, site->plan.why,
			       site->code.guarded
				       ? ": there is no room for its copy as "
					 "near as a branch back reaches"
				       : "");
	site->strategy = choose(site);
	return 0;
}

static int give_slot(struct site *site, const struct vma *v, struct err *err)
{
	struct scratch *s = NULL;
	int rc = scratch_near(site->target, v, &s, err);

	if (rc == ERR_UNSUPP && site->target->no_scratch)
		return 0;
	return rc ? rc : scratch_slot(site->target, s, site, err);
}

static void drop(struct site *site)
{
	htab_remove(&site->target->sites, site->addr);
	uncount_on_page(site->target, site->addr);
}

void site_free(struct site *site)
{
	if (site->slot) {
		struct scratch *s = site->scratch;

		s->by_slot[(site->slot - s->base - s->head->slots_off) /
			   FALLBACK_SLOT] = NULL;
	}
	drop(site);
	free(site);
}

static int enter(struct site *site, struct err *err)
{
	struct target *t = site->target;

	if (htab_put(&t->sites, site->addr, site))
		return err_set(err, ERR_NOMEM, "out of memory");
	if (!site->before && count_on_page(t, site->addr)) {
		htab_remove(&t->sites, site->addr);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	return 0;
}

static int site_new(struct target *t, const struct vma *v, uint64_t addr,
		    unsigned steps, struct site *before, struct site **ret,
		    struct err *err)
{
	struct site *site = calloc(1, sizeof(*site));
	int rc;

	if (!site)
		return err_set(err, ERR_NOMEM, "out of memory");
	site->addr = addr;
	site->target = t;
	site->before = before;
	list_init(&site->links);
	rc = read_insn(t, v, addr, &site->plan, err);
	memcpy(site->orig, site->plan.insn, sizeof(site->orig));
	if (!rc)
		rc = give_slot(site, v, err);
	if (!rc)
		rc = set_strategy(site, steps, err);
	if (!rc)
		rc = enter(site, err);
	if (rc) {
		if (site->slot) /* stays unused */
			site->scratch
				->by_slot[(site->slot - site->scratch->base -
					   site->scratch->head->slots_off) /
					  FALLBACK_SLOT] = NULL;
		free(site);
		return rc;
	}
	*ret = site;
	return 0;
}

/* Of the sites that this address has had, that of this instruction becomes the
 * present one. */
static struct site *site_again(struct site *site, const struct plan *plan)
{
	struct target *t = site->target;

	for (struct site *s = site; s->before; s = s->before) {
		struct site *found = s->before;

		if (found->plan.len != plan->len ||
		    memcmp(found->plan.insn, plan->insn, plan->len))
			continue;
		s->before = found->before;
		found->before = site;
		/* replaces: cannot fail */
		(void)!htab_put(&t->sites, site->addr, found);
		scratch_site_enter(t, found);
		return found;
	}
	return NULL;
}

/* Something else may be mapped there by now: another library, where one was
 * unloaded. A task may still be in the old one's slot, so that stays. */
static int site_renew(struct site **site, const struct vma *v, unsigned steps,
		      struct err *err)
{
	struct site *now = *site;
	struct plan plan;
	int rc = read_insn(now->target, v, now->addr, &plan, err);

	if (rc)
		return rc;
	if (plan.len != now->plan.len ||
	    memcmp(plan.insn, now->plan.insn, plan.len)) {
		*site = site_again(now, &plan);
		if (!*site)
			return site_new(now->target, v, now->addr, steps, now,
					site, err);
	}
	return set_strategy(*site, steps, err);
}

/* Finds or makes the site at an address; not planted yet. Between
 * mapping_begin and mapping_end. */
int site_make(struct target *t, uint64_t addr, unsigned steps,
	      struct site **ret, struct err *err)
{
	const struct vma *v = mapping_at(&t->map, addr);
	struct site *site = site_get(t, addr);
	int rc = check_mapping(t, v, addr, err);

	if (!rc)
		rc = check_rseq(t, v, addr, err);
	if (rc)
		return rc;
	if (!site)
		return site_new(t, v, addr, steps, NULL, ret, err);
	if (!site->planted)
		rc = site_renew(&site, v, steps, err);
	if (!rc)
		*ret = site;
	return rc;
}

int site_plant(struct site *site, struct err *err)
{
	struct target *t = site->target;
	int rc;

	if (site->planted)
		return 0;
	site->planted = true;
	scratch_site_state(t, site);
	rc = memory_text_write(t, site->addr, t->arch->bp, t->arch->bp_len);
	if (!rc)
		return 0;
	site->planted = false;
	scratch_site_state(t, site);
	return err_set(err, rc, "0x%" PRIx64 " in process %d cannot be written",
		       site->addr, (int)t->pid);
}

/* Users say how to get past the instructions that they name, and these are not:
 * as they want where that is possible, else in any way that is right. */
int site_plant_own(struct target *t, uint64_t addr, struct site **ret,
		   struct err *err)
{
	int rc = mapping_begin(t, err);

	if (rc)
		return rc;
	rc = site_make(t, addr, 0, ret, err);
	if (rc)
		rc = site_make(t, addr, STEPS_ALL, ret, err);
	if (!rc)
		rc = site_plant(*ret, err);
	mapping_end(t);
	return rc;
}

/* Only what is still our breakpoint is taken away. */
void site_lift(struct site *site)
{
	struct target *t = site->target;
	uint8_t now[ARCH_BP_MAX];

	if (!site->planted)
		return;
	if (!memory_raw_read(t, site->addr, now, t->arch->bp_len) &&
	    !memcmp(now, t->arch->bp, t->arch->bp_len))
		memory_text_write(t, site->addr, site->orig, t->arch->bp_len);
	site->planted = site->resting = false;
	scratch_site_state(t, site);
}

void site_unused(struct site *site)
{
	if (list_empty(&site->links) && !site->watches_libs &&
	    !site->watches_signals && !site->watches_returns)
		site_lift(site);
}

void site_free_all(struct target *t)
{
	htab_for_each (s, &t->sites)
		for (struct site *site = s->value, *before; site;
		     site = before) {
			before = site->before;
			free(site);
		}
	htab_release(&t->sites);
	htab_release(&t->pages);
}

void site_lift_all(struct target *t)
{
	htab_for_each (s, &t->sites)
		site_lift(s->value);
}

/* There are no slots any more. */
void site_in_place_all(struct target *t)
{
	htab_for_each (s, &t->sites) {
		struct site *site = s->value;
		struct err err;

		if (!site->planted || !set_strategy(site, STEPS_ALL, &err))
			continue;
		point_give_up(site, &err);
		site_lift(site);
	}
}

/* A site that somebody else has planted; the caller fills in its slot. */
struct site *site_adopt(struct target *t, const struct plan *plan)
{
	struct site *site = calloc(1, sizeof(*site));

	if (!site)
		return NULL;
	site->addr = plan->addr;
	site->target = t;
	site->plan = *plan;
	memcpy(site->orig, plan->insn, sizeof(site->orig));
	list_init(&site->links);
	if (enter(site, NULL)) {
		free(site);
		return NULL;
	}
	return site;
}

/* In a copy of this memory (after fork), opened as mem_fd. */
void site_restore_in(struct target *t, int mem_fd)
{
	htab_for_each (s, &t->sites) {
		struct site *site = s->value;

		if (site->planted &&
		    pwrite(mem_fd, site->orig, t->arch->bp_len,
			   (off_t)site->addr) != t->arch->bp_len)
			log_debug("a forked child has no 0x%" PRIx64,
				  site->addr);
	}
}

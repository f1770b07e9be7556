/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the program itself says about SIGTRAP while it is probed. The signal's
 * action is our fallback handler then, and no task blocks it; the program would
 * take both away, not knowing what stands in its text, and see that they are
 * not what it asked for. So the calls that its C library makes for sigaction
 * and sigprocmask carry a site of ours, and what they say of SIGTRAP is noted
 * and answered by us, the kernel never hears it: we act upon it, the fallback
 * handler does, and it takes effect when the target is let go.
 *
 * Calls that are made elsewhere (by a libc that cannot be found, by inline
 * assembly) go to the kernel as before; guard_check() mends what they do.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <errno.h>
#include <string.h>

enum { IN_VAIN_MAX = 10000 }; /* hits; a fifth of a second */

/* ---- one call ------------------------------------------------------------ */

static uint64_t value_of(const struct task *task, int dwarf)
{
	const struct arch *arch = task->target->arch;

	return arch_reg_get(arch, &task->regs, arch_reg_dwarf(arch, dwarf));
}

static uint64_t arg(const struct task *task, int i)
{
	return value_of(task, task->target->arch->syscall_args_dwarf[i]);
}

static void answer(struct task *task, struct site *site, int64_t result)
{
	site->has_answered = true;
	task->target->arch->skip_call(&site->plan, &task->regs, result);
	task->regs_dirty = true;
}

/* The kernel reads the new action before it sets it, and writes the old one
 * behind that: what fails there has been set. */
static void serve_action(struct task *task, struct site *site)
{
	struct target *t = task->target;
	uint64_t new = arg(task, 1), old = arg(task, 2), old_action[4];
	size_t size = guard_action_size(t->arch);
	uint8_t raw[64];
	int64_t result = 0;

	/* A vfork child has actions of its own. */
	if ((uint32_t)arg(task, 0) != SIGTRAP || arg(task, 3) != SIGSET_SIZE ||
	    !t->guarded || task->other_mm_user)
		return;
	memcpy(old_action, t->old_action, sizeof(old_action));
	if (new && target_read(t, new, raw, size) != (ssize_t)size)
		return; /* EFAULT */
	if (new)
		guard_set_action(task, raw);
	guard_pack_action(t->arch, old_action, raw);
	if (old && target_write(t, old, raw, size) != (ssize_t)size)
		result = -EFAULT;
	answer(task, site, result);
}

static void serve_mask(struct task *task, struct site *site)
{
	struct target *t = task->target;
	uint64_t new = arg(task, 1), old = arg(task, 2);
	uint64_t before, after, set = 0;
	uint8_t raw[SIGSET_SIZE];
	int64_t result = 0;

	if (arg(task, 3) != SIGSET_SIZE || (!t->guarded && !t->no_scratch) ||
	    guard_get_mask(task, &before) ||
	    (new && target_read(t, new, raw, SIGSET_SIZE) != SIGSET_SIZE))
		return;
	if (new)
		set = guard_load_set(t->arch, raw);
	after = before;
	switch (new ? (int)arg(task, 0) : SIG_BLOCK) {
	case SIG_BLOCK:
		after |= set;
		break;
	case SIG_UNBLOCK:
		after &= ~set;
		break;
	case SIG_SETMASK:
		after = set;
		break;
	default:
		return; /* EINVAL */
	}
	if (!((before | after) & SIGTRAP_BIT))
		return; /* not about us */
	if (after != before)
		guard_set_mask(task, after);
	guard_store_set(t->arch, before, raw);
	if (old && target_write(t, old, raw, SIGSET_SIZE) != SIGSET_SIZE)
		result = -EFAULT;
	answer(task, site, result);
}

void sigcalls_hit(struct task *task, struct site *site)
{
	const struct arch *arch = task->target->arch;
	int64_t nr = (int64_t)value_of(task, arch->syscall_nr_dwarf);

	if (task->stop == STOP_GONE || task_pc(task) != site->addr)
		return;
	if (nr == arch->sysno[ARCH_SYS_RT_SIGACTION])
		serve_action(task, site);
	else if (nr == arch->sysno[ARCH_SYS_RT_SIGPROCMASK])
		serve_mask(task, site);
	/* Some set masks all the time (sigsetjmp), and never this signal's. */
	if (!site->has_answered && site->hits > IN_VAIN_MAX) {
		site->watches_signals = false;
		site_unused(site);
	}
}

/* ---- where they are ------------------------------------------------------- */

static void plant(struct target *t, uint64_t entry, enum arch_sysno call)
{
	uint64_t addrs[ARCH_CALL_WAYS_MAX];
	struct site *site;
	struct err err;
	size_t n = 0;

	if (entry)
		n = arch_find_calls(t->arch, entry, &t->mem,
				    t->arch->sysno[call], addrs);
	if (!n)
		log_debug("process %d: no system call %d at 0x%llx",
			  (int)t->pid, (int)t->arch->sysno[call],
			  (unsigned long long)entry);
	for (size_t i = 0; i < n; i++) {
		if (site_plant_own(t, addrs[i], &site, &err))
			log_debug("%s", err.text);
		else
			site->watches_signals = true;
	}
}

/* libc.so.6, libc-2.31.so, ld-musl-x86_64.so.1 */
static bool is_libc(const struct vma *v)
{
	const char *name = strrchr(v->path, '/');

	return v->offset == 0 && name &&
	       (!strncmp(name, "/libc.", 6) || !strncmp(name, "/libc-", 6) ||
		!strncmp(name, "/ld-musl-", 9));
}

static const struct vma *find_libc(const struct target *t)
{
	for (size_t i = 0; i < t->map.n; i++)
		if (is_libc(&t->map.v[i]))
			return &t->map.v[i];
	return NULL;
}

/* The executable of a static program has all symbols, or none. */
static const struct vma *find_static(const struct target *t)
{
	for (size_t i = 0; i < t->map.n; i++) {
		const struct vma *v = &t->map.v[i];

		if (v->ino && v->path[0] == '/')
			return v->offset ? NULL : v;
	}
	return NULL;
}

static void watch_in(struct target *t, const struct vma *v,
		     enum symbol_table table)
{
	uint64_t action = symbol_find(t, v, table, "sigaction");
	uint64_t mask = symbol_find(t, v, table, "pthread_sigmask");

	if (!mask)
		mask = symbol_find(t, v, table, "sigprocmask");
	if (!action && table == SYMBOL_ANY) { /* Go's */
		action = symbol_find(t, v, table, "runtime.rt_sigaction.abi0");
		mask = symbol_find(t, v, table, "runtime.rtsigprocmask.abi0");
	}
	plant(t, action, ARCH_SYS_RT_SIGACTION);
	plant(t, mask, ARCH_SYS_RT_SIGPROCMASK);
}

/* Between mapping_begin and mapping_end; once per libc. */
static void watch(struct target *t)
{
	const struct vma *v = find_libc(t);
	bool is_static = !v && t->libs_addr == UINT64_MAX;

	if (is_static)
		v = find_static(t);
	if (!v || t->libc == v->start)
		return;
	t->libc = v->start;
	watch_in(t, v, is_static ? SYMBOL_ANY : SYMBOL_DYNAMIC);
}

void sigcalls_watch(struct target *t)
{
	struct err err;

	if (!t->arch->flow || target_batch_begin(t, &err))
		return;
	watch(t);
	target_batch_end(t);
}

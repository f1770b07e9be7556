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
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	IN_VAIN_MAX = 10000, /* hits; a fifth of a second */
	SIGNALS = 64,
};

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

/* Another signal's; false: as the kernel does it. */
static bool change_other(struct task *task, int sig, const uint8_t *new,
			 uint64_t before[4])
{
	struct target *t = task->target;
	bool is_open = action_is_open(t, sig);
	uint64_t action[4] = {0};
	struct inject in;
	struct err err;
	int rc;

	if (new)
		action_unpack(t->arch, new, action);
	if ((!is_open && !(action[ACTION_MASK] & SIGTRAP_BIT)) ||
	    inject_begin(t, task, &in, &err))
		return false;
	rc = action_get(&in, sig, before, NULL);
	if (!rc && is_open)
		before[ACTION_MASK] |= SIGTRAP_BIT;
	if (!rc && new)
		rc = action_set_open(&in, sig, action);
	inject_end(&in);
	return !rc;
}

/* The kernel reads the new action before it sets it, and writes the old one
 * behind that: what fails there has been set. */
static void serve_action(struct task *task, struct site *site)
{
	struct target *t = task->target;
	uint64_t new = arg(task, 1), old = arg(task, 2), before[4];
	uint32_t sig = (uint32_t)arg(task, 0);
	size_t size = action_size(t->arch);
	uint8_t raw[64];
	int64_t result = 0;

	/* A vfork child has actions of its own. */
	if (sig < 1 || sig > SIGNALS || sig == SIGKILL || sig == SIGSTOP ||
	    arg(task, 3) != SIGSET_SIZE || !t->guarded || task->other_mm_user)
		return;
	if (new && target_read(t, new, raw, size) != (ssize_t)size)
		return; /* EFAULT */
	if (sig == SIGTRAP) {
		memcpy(before, t->old_action, sizeof(before));
		if (new)
			guard_set_action(task, raw);
	} else if (!change_other(task, (int)sig, new ? raw : NULL, before)) {
		return;
	}
	action_pack(t->arch, before, raw);
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
		set = action_load_set(t->arch, raw);
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
	action_store_set(t->arch, before, raw);
	if (old && target_write(t, old, raw, SIGSET_SIZE) != SIGSET_SIZE)
		result = -EFAULT;
	answer(task, site, result);
}

/* Calls that the program would not make itself may be forbidden soon: the
 * fallback handler makes none from now on. */
static void serve_prctl(struct task *task)
{
	int what = (int)arg(task, 0);

	if (what == PR_SET_SECCOMP || what == PR_SET_NO_NEW_PRIVS)
		scratch_forbid_calls(task->target);
}

void sigcalls_hit(struct task *task, struct site *site)
{
	const struct arch *arch = task->target->arch;
	int64_t nr = (int64_t)value_of(task, arch->syscall_nr_dwarf);

	if (task->stop == STOP_GONE || task_pc(task) != site->addr ||
	    site->is_trip)
		return;
	if (nr == arch->sysno[ARCH_SYS_RT_SIGACTION])
		serve_action(task, site);
	else if (nr == arch->sysno[ARCH_SYS_RT_SIGPROCMASK])
		serve_mask(task, site);
	else if (nr == arch->sysno[ARCH_SYS_PRCTL])
		serve_prctl(task);
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

/* The executable of a static program has all symbols, or none. Other files, our
 * scratch memory among them, may be mapped below it. */
static const struct vma *find_static(const struct target *t)
{
	char link[64], exe[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)t->pid);
	n = readlink(link, exe, sizeof(exe) - 1);
	if (n < 0)
		return NULL;
	exe[n] = '\0';
	for (size_t i = 0; i < t->map.n; i++)
		if (!t->map.v[i].offset && !strcmp(t->map.v[i].path, exe))
			return &t->map.v[i];
	return NULL;
}

/* Nothing is to be done there, but that a tracer that has died is noticed (see
 * fallback.h): before SIGTRAP is blocked by what is not watched. A child of
 * posix_spawn blocks all while it calls this library, and so may sigsuspend. */
static void plant_trip(struct target *t, uint64_t addr)
{
	struct site *site;
	struct err err;

	if (!addr || !t->guarded)
		return;
	if (site_plant_own(t, addr, &site, &err))
		log_debug("%s", err.text);
	else
		site->watches_signals = site->is_trip = true;
}

static void watch_in(struct target *t, const struct vma *v,
		     enum symbol_table table)
{
	enum { ACTION, MASK, PLAIN_MASK, GO_ACTION, GO_MASK, PRCTL, TRIPS };
	struct symbol s[] = {
		[ACTION] = {"sigaction", 0},
		[MASK] = {"pthread_sigmask", 0},
		[PLAIN_MASK] = {"sigprocmask", 0},
		[GO_ACTION] = {"runtime.rt_sigaction.abi0", 0},
		[GO_MASK] = {"runtime.rtsigprocmask.abi0", 0},
		[PRCTL] = {"prctl", 0},
		[TRIPS] = {"posix_spawn", 0},
		{"posix_spawn", 0},
		{"posix_spawnp", 0},
		{"posix_spawnp", 0},
		{"sigsuspend", 0},
	};
	const size_t n = sizeof(s) / sizeof(*s);

	symbols_find(t, v, table, s, n);
	if (!s[MASK].addr)
		s[MASK].addr = s[PLAIN_MASK].addr;
	if (!s[ACTION].addr) {
		s[ACTION].addr = s[GO_ACTION].addr;
		s[MASK].addr = s[GO_MASK].addr;
	}
	plant(t, s[ACTION].addr, ARCH_SYS_RT_SIGACTION);
	plant(t, s[MASK].addr, ARCH_SYS_RT_SIGPROCMASK);
	plant(t, s[PRCTL].addr, ARCH_SYS_PRCTL);
	for (size_t i = TRIPS; i < n; i++)
		plant_trip(t, s[i].addr);
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

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The builtins, for the table in builtin.c.
 */
#ifndef UPD_BUILTIN_INT_H
#define UPD_BUILTIN_INT_H

#include "builtin.h"
#include "checker.h"
#include "gen.h"

#define X_CHECK(name) \
	const struct vtype *check_##name(struct check *, struct expr *);
#define X_GEN(name) \
	void gen_##name(struct gen *, struct expr *, const struct place *);
#define X_BOTH(name) X_CHECK(name) X_GEN(name)

/* builtin-task.c: who hit the probe, and when */
X_BOTH(pid)
X_GEN(tid)
X_GEN(ppid)
X_GEN(uid)
X_GEN(gid)
X_BOTH(username)
X_BOTH(comm)
X_GEN(pcomm)
X_GEN(leader_comm)
X_GEN(cpu)
X_GEN(ncpus)
X_GEN(rand)
X_GEN(cgroup)
X_BOTH(cpid)
X_GEN(has_cpid)
X_GEN(usermode)
X_BOTH(nsecs)
X_BOTH(elapsed)
X_BOTH(config)

/* builtin-probe.c: the probe, and what it was hit with */
X_BOTH(arg)
X_BOTH(args)
X_BOTH(retval)
X_BOTH(func)
X_CHECK(probe_text)
X_GEN(probe)
X_BOTH(probetype)
X_BOTH(ustack)

#undef X_BOTH
#undef X_GEN
#undef X_CHECK

#endif

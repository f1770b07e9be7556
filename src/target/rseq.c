/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Restartable sequences (rseq(2)): code that the kernel starts anew, at its
 * abort handler, when its task was preempted or got a signal in it. A stop of
 * ours is a preemption. So a breakpoint in a sequence would be met for ever,
 * and is taken away when it is first met; and a task that is stopped in one
 * must not be sent elsewhere and back: to the kernel it would have left the
 * sequence, and what it commits later would belong to another CPU.
 */
#define _GNU_SOURCE
#include <config.h>

#include "target-int.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/ptrace.h>
#include <sys/ptrace.h>

/* struct rseq: cpu_id_start, cpu_id, then the address of the sequence's
 * description: version, flags, and three words of 8 bytes. */
enum { CPU_AT = 4, SEQUENCE_AT = 8 };
enum { START_AT = 8, LEN_AT = 16, ABORT_AT = 24, DESCRIPTION = 32 };

enum { UNKNOWN = 1 };

/* Where the thread has registered its struct rseq, 0: nowhere. That it has
 * none is remembered, unless `again`: a thread registers it when it begins. */
static uint64_t area(struct task *task, bool again)
{
	struct __ptrace_rseq_configuration conf = {0};

	if (task->rseq > UNKNOWN || (!task->rseq && !again))
		return task->rseq;
	task->rseq = 0;
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, task->tid, sizeof(conf),
		   &conf) == sizeof(conf))
		task->rseq = conf.rseq_abi_pointer;
	return task->rseq;
}

int rseq_cpu(struct task *task)
{
	uint64_t at = area(task, false);
	uint8_t cpu[4];

	if (!at || memory_raw_read(task->target, at + CPU_AT, cpu, sizeof(cpu)))
		return -1;
	return (int)arch_load(task->target->arch, cpu, sizeof(cpu));
}

/* The abort handler of the sequence that the task is in. */
static bool inside(struct task *task, uint64_t pc, uint64_t *ret_abort)
{
	const struct arch *arch = task->target->arch;
	uint64_t at = area(task, true), description;
	uint8_t b[DESCRIPTION];

	if (!at || memory_raw_read(task->target, at + SEQUENCE_AT, b, 8))
		return false;
	description = arch_load(arch, b, 8);
	if (!description ||
	    memory_raw_read(task->target, description, b, sizeof(b)) ||
	    pc - arch_load(arch, b + START_AT, 8) >=
		    arch_load(arch, b + LEN_AT, 8))
		return false;
	*ret_abort = arch_load(arch, b + ABORT_AT, 8);
	return true;
}

bool rseq_refuses(struct task *task, struct site *site)
{
	uint64_t handler;
	struct err err;

	if (!inside(task, site->addr, &handler))
		return false;
	err_set(&err, ERR_REFUSED,
		"the instruction at 0x%" PRIx64 " cannot be probed: it is in a "
		"restartable sequence (rseq), which each hit would start anew",
		site->addr);
	point_give_up(site, &err);
	return true;
}

/* As the kernel would, were it to see where the task is. That the handler is
 * marked as one need not be checked: the kernel refuses to name others. */
void rseq_abort(struct task *task)
{
	uint64_t none = 0, handler;

	if (task_regs(task) || !inside(task, task_pc(task), &handler))
		return;
	if (memory_put(task->target, task->rseq + SEQUENCE_AT, &none,
		       sizeof(none)))
		return;
	task_set_pc(task, handler);
}

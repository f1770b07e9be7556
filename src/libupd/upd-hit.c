/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a callback may ask of a hit.
 */
#include "upd-int.h"

#include <string.h>

static const struct arch *hit_arch(const struct upd_hit *hit)
{
	return target_arch(task_target(hit->task));
}

struct upd_process *upd_hit_process(const struct upd_hit *hit)
{
	return hit->process;
}

pid_t upd_hit_tid(const struct upd_hit *hit)
{
	return task_tid(hit->task);
}

uint64_t upd_hit_addr(const struct upd_hit *hit)
{
	return hit_arch(hit)->pc(hit->regs);
}

uint64_t upd_hit_sp(const struct upd_hit *hit)
{
	return hit_arch(hit)->sp(hit->regs);
}

uint64_t upd_hit_retval(const struct upd_hit *hit)
{
	return hit_arch(hit)->retval(hit->regs);
}

static int from_stack(const struct upd_hit *hit, unsigned n, uint64_t *ret)
{
	const struct arch *arch = hit_arch(hit);
	struct target *t = task_target(hit->task);
	uint64_t addr = arch->sp(hit->regs) + (uint64_t)arch->stack_args +
			(uint64_t)(n - arch->nargs) * arch->word_size;
	uint8_t raw[8];

	if (target_read(t, addr, raw, arch->word_size) != arch->word_size)
		return err_set(&hit->process->shared->u->err, UPD_IO,
			       "the stack of task %d cannot be read",
			       (int)task_tid(hit->task));
	*ret = arch_load(arch, raw, arch->word_size);
	return 0;
}

int upd_hit_arg(const struct upd_hit *hit, unsigned n, uint64_t *ret)
{
	const struct arch *arch = hit_arch(hit);

	if (!api_enter_process(hit->process))
		return UPD_INVAL;
	if (n >= arch->nargs)
		return from_stack(hit, n, ret);
	*ret = arch_reg_get(arch, hit->regs, arch_reg(arch, arch->arg_regs[n]));
	return 0;
}

/* Of floating point, out of the register of that DWARF number. */
static int from_vector(const struct upd_hit *hit, unsigned reg, size_t size,
		       double *ret)
{
	const struct arch *arch = hit_arch(hit);
	struct err *err = &hit->process->shared->u->err;
	uint8_t set[ARCH_VECTOR_SET], raw[8];
	struct arch_vector v;
	uint64_t bits;
	uint32_t word;
	float narrow;
	ssize_t n;

	if (size != sizeof(float) && size != sizeof(double))
		return err_set(err, UPD_INVAL,
			       "a number of floating point has 4 or 8 bytes");
	arch->vector(reg, &v);
	n = task_regset(hit->task, v.set, set, sizeof(set));
	if (n < 0 || arch_vector_get(arch, &v, set, (size_t)n, raw, size))
		return err_set(err, UPD_IO,
			       "the floating point registers of task %d cannot "
			       "be read",
			       (int)task_tid(hit->task));
	bits = arch_load(arch, raw, size);
	word = (uint32_t)bits;
	memcpy(&narrow, &word, sizeof(narrow));
	memcpy(ret, &bits, sizeof(*ret));
	if (size == sizeof(float))
		*ret = (double)narrow;
	return 0;
}

int upd_hit_float_arg(const struct upd_hit *hit, unsigned n, size_t size,
		      double *ret)
{
	unsigned reg;

	if (!api_enter_process(hit->process))
		return UPD_INVAL;
	if (!callconv_float_arg(hit_arch(hit), n, &reg))
		return err_set(&hit->process->shared->u->err, UPD_UNSUPP,
			       "%s has no register for floating point argument "
			       "%u",
			       hit_arch(hit)->name, n);
	return from_vector(hit, reg, size, ret);
}

int upd_hit_float_retval(const struct upd_hit *hit, size_t size, double *ret)
{
	if (!api_enter_process(hit->process))
		return UPD_INVAL;
	return from_vector(hit, callconv_float_ret(hit_arch(hit)), size, ret);
}

static int find_reg(const struct upd_hit *hit, const char *name,
		    const struct arch_reg **ret)
{
	if (!api_enter_process(hit->process))
		return UPD_INVAL;
	*ret = arch_reg(hit_arch(hit), name);
	if (*ret)
		return 0;
	return err_set(&hit->process->shared->u->err, UPD_NOENT,
		       "%s has no register %s", hit_arch(hit)->name, name);
}

int upd_hit_reg(const struct upd_hit *hit, const char *name, uint64_t *ret)
{
	const struct arch_reg *reg;
	int rc = find_reg(hit, name, &reg);

	if (!rc)
		*ret = arch_reg_get(hit_arch(hit), hit->regs, reg);
	return rc;
}

int upd_hit_set_reg(struct upd_hit *hit, const char *name, uint64_t value)
{
	const struct arch_reg *reg;
	int rc = find_reg(hit, name, &reg);
	struct regs regs;

	if (rc)
		return rc;
	if (reg->fixed)
		return err_set(&hit->process->shared->u->err, UPD_REFUSED,
			       "register %s cannot be set", name);
	regs = *hit->regs;
	arch_reg_set(hit_arch(hit), &regs, reg, value);
	task_set_regs(hit->task, &regs);
	return 0;
}

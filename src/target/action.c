/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signal actions of the target, by calls that are injected; and those of other
 * signals whose handlers want SIGTRAP blocked while they run. The kernel kills
 * whom a site is hit by then, once there is no tracer, so SIGTRAP is taken out
 * of their masks as long as the target is probed. That they had it is noted,
 * and told to the program when it asks.
 */
#define _GNU_SOURCE
#include "target-int.h"

#include "log.h"

#include <signal.h>

enum { SIGNALS = 64 };

/* 64 bits, which in 32-bit programs are two words, the low one first. */
void action_store_set(const struct arch *arch, uint64_t set, uint8_t *out)
{
	for (size_t i = 0; i < SIGSET_SIZE; i += arch->word_size)
		arch_store(arch, out + i, arch->word_size, set >> i * 8);
}

uint64_t action_load_set(const struct arch *arch, const uint8_t *in)
{
	uint64_t set = 0;

	for (size_t i = 0; i < SIGSET_SIZE; i += arch->word_size)
		set |= arch_load(arch, in + i, arch->word_size) << i * 8;
	return set;
}

/* Three words and a mask. */
size_t action_size(const struct arch *arch)
{
	return 3u * arch->word_size + SIGSET_SIZE;
}

void action_pack(const struct arch *arch, const uint64_t action[4],
		       uint8_t *out)
{
	size_t w = arch->word_size;

	for (size_t i = 0; i < 3; i++)
		arch_store(arch, out + i * w, w, action[i]);
	action_store_set(arch, action[ACTION_MASK], out + 3 * w);
}

void action_unpack(const struct arch *arch, const uint8_t *in,
		   uint64_t action[4])
{
	size_t w = arch->word_size;

	for (size_t i = 0; i < 3; i++)
		action[i] = arch_load(arch, in + i * w, w);
	action[ACTION_MASK] = action_load_set(arch, in + 3 * w);
}

int action_get(struct inject *in, int sig, uint64_t action[4], struct err *err)
{
	uint8_t raw[64];
	size_t size = action_size(in->target->arch);
	int64_t got = 0;
	int rc = inject_call(in, ARCH_SYS_RT_SIGACTION,
			     (uint64_t[6]){(uint64_t)sig, 0, in->buf, SIGSET_SIZE},
			     &got, err);

	if (rc)
		return rc;
	if (got < 0 || memory_raw_read(in->target, in->buf, raw, size))
		return err_set(err, ERR_REFUSED,
			       "process %d: its signal "
			       "actions cannot be asked for",
			       (int)in->target->pid);
	action_unpack(in->target->arch, raw, action);
	return 0;
}

int action_set(struct inject *in, int sig, const uint64_t action[4],
	       struct err *err)
{
	uint8_t raw[64];
	int64_t got = 0;
	int rc;

	action_pack(in->target->arch, action, raw);
	rc = memory_put(in->target, in->buf, raw,
			action_size(in->target->arch));
	if (rc)
		return err_set(err, rc, "the stack of process %d cannot be "
			       "written", (int)in->target->pid);
	rc = inject_call(in, ARCH_SYS_RT_SIGACTION,
			 (uint64_t[6]){(uint64_t)sig, in->buf, 0, SIGSET_SIZE}, &got,
			 err);
	if (!rc && got < 0)
		rc = err_errno(err, (int)-got,
			       "process %d: its signal actions "
			       "cannot be set",
			       (int)in->target->pid);
	return rc;
}

/* ---- handlers that want SIGTRAP blocked ---------------------------------- */

bool action_is_open(const struct target *t, int sig)
{
	return t->opened >> (sig - 1) & 1;
}

/* Noted before it is done, in case that we die in between. */
static void note(struct target *t, int sig, bool wants)
{
	uint64_t bit = UINT64_C(1) << (sig - 1);
	struct scratch *s;

	t->opened = wants ? t->opened | bit : t->opened & ~bit;
	if (list_empty(&t->scratches))
		return;
	s = container_of(t->scratches.next, struct scratch, node);
	if (s->map)
		s->head->opened = t->opened;
}

int action_set_open(struct inject *in, int sig, uint64_t action[4])
{
	bool wants = action[ACTION_HANDLER] > 1 &&
		     action[ACTION_MASK] & SIGTRAP_BIT;

	note(in->target, sig, wants);
	if (wants)
		action[ACTION_MASK] &= ~(uint64_t)SIGTRAP_BIT;
	return action_set(in, sig, action, NULL);
}

void action_open_all(struct target *t, struct inject *in)
{
	uint64_t action[4], caught;

	if (proc_status_field(t->pid, t->pid, "SigCgt", 16, &caught))
		return;
	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (sig == SIGTRAP || !(caught >> (sig - 1) & 1) ||
		    action_get(in, sig, action, NULL) ||
		    !(action[ACTION_MASK] & SIGTRAP_BIT))
			continue;
		if (action_set_open(in, sig, action))
			log_debug("process %d: signal %d blocks SIGTRAP",
				  (int)t->pid, sig);
	}
}

void action_close_all(struct target *t, struct inject *in)
{
	uint64_t action[4];

	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (!action_is_open(t, sig) ||
		    action_get(in, sig, action, NULL) ||
		    action[ACTION_HANDLER] <= 1)
			continue;
		action[ACTION_MASK] |= SIGTRAP_BIT;
		if (action_set(in, sig, action, NULL))
			log_debug("process %d: the mask of signal %d",
				  (int)t->pid, sig);
	}
	t->opened = 0;
}

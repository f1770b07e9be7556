/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verifier. A program is run over sets of values (scalar.h) instead of
 * values. Where a jump may go either way, one way is followed and the state is
 * kept for the other. Calls are followed into the subprogram, callbacks as in
 * verify-callback.c.
 *
 * Where paths meet, the states of earlier paths are kept. A path whose state
 * is covered by one of those that was followed to the end stops there. One
 * that meets a state of its own again, unchanged, would never end. Loops are
 * followed round by round.
 *
 * That is exact, but a program with many branches may have too many paths.
 * Then it is tried once more with states joined where paths meet outside of
 * loops; only if that knows too little, the exact way has its full measure of
 * steps.
 */
#include "verify.h"

#include "bpf-op.h"

#include <stdlib.h>
#include <string.h>

int refuse(struct verifier *v, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text);
	buf_printf(&text, "instruction %u (", v->cur->pc);
	bpf_dump_insn(v->p, v->cur->pc, v->opts->maps, v->opts->nmaps, &text);
	buf_add_str(&text, "): ");
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	err_set(v->err, ERR_REFUSED, "%s", buf_str(&text));
	buf_release(&text);
	return ERR_REFUSED;
}

/* ---- steps ---- */

static int step(struct verifier *v)
{
	const struct bpf_insn *i = &v->p->insns[v->cur->pc];

	switch (BPF_CLASS(i->code)) {
	case BPF_CLASS_ALU:
	case BPF_CLASS_ALU64:
		return step_alu(v, i);
	case BPF_CLASS_JMP:
	case BPF_CLASS_JMP32:
		if (BPF_OP(i->code) == BPF_OP_CALL)
			return step_call(v, i);
		if (BPF_OP(i->code) == BPF_OP_EXIT)
			return step_exit(v);
		return step_jump(v, i);
	default:
		return step_memory(v, i);
	}
}

static int follow_path(struct verifier *v)
{
	int rc;

	for (;;) {
		const struct insn_info *info = &v->info[v->cur->pc];

		if (++v->steps + v->compared / 32 > v->max_steps)
			return COMPLEX;
		if (info->join || info->entry) {
			rc = paths_meet(v);
			if (rc)
				return rc;
		}
		v->taken = false;
		rc = step(v);
		if (rc)
			return rc;
		v->cur->pc++;
	}
}

static void first_state(struct verifier *v)
{
	struct frame *f = &v->cur->frames[0];

	memset(f, 0, sizeof(*f));
	f->regs[BPF_R1] = reg_pointer(REG_CTX, 0);
	f->regs[BPF_FP] = reg_pointer(REG_STACK, 0);
	v->cur->pc = 0;
	v->cur->nframes = 1;
}

/* All paths: 0, COMPLEX or an error. */
static int follow_all(struct verifier *v, bool widen, uint64_t max_steps)
{
	int rc;

	v->widen = widen;
	v->ordered = widen && !v->has_loops;
	v->max_steps = max_steps;
	first_state(v);
	do {
		rc = follow_path(v);
		if (rc != PATH_END)
			break;
		rc = 0;
	} while (take_path(v));
	forget_paths(v);
	return rc;
}

static int too_complex(struct verifier *v)
{
	return err_set(v->err, ERR_REFUSED,
		       "the program is too complex to be verified: %d steps "
		       "did not reach the end of all its paths",
		       STEPS_MAX);
}

static int follow_some_way(struct verifier *v)
{
	int rc = follow_all(v, false, STEPS_FIRST);

	if (rc == COMPLEX)
		rc = follow_all(v, true, STEPS_MAX);
	else
		return rc;
	if (rc)
		rc = follow_all(v, false, STEPS_MAX);
	return rc == COMPLEX ? too_complex(v) : rc;
}

int bpf_verify(const struct bpf_prog *p, const struct bpf_verify_opts *opts,
	       struct err *err)
{
	struct verifier v = {.p = p, .opts = opts, .err = err};
	int rc;

	if (p->ninsns == 0)
		return err_set(err, ERR_REFUSED, "the program is empty");
	if (p->ninsns > BPF_INSNS_MAX)
		return err_set(err, ERR_REFUSED,
			       "the program has %zu "
			       "instructions, %d are the most",
			       p->ninsns, BPF_INSNS_MAX);
	buf_init(&v.pending);
	buf_init(&v.opened);
	v.info = calloc(p->ninsns, sizeof(*v.info));
	v.cur = calloc(1, sizeof(*v.cur));
	if (!v.info || !v.cur) {
		rc = err_set(err, ERR_NOMEM, "out of memory");
	} else {
		rc = check_program(&v);
		if (!rc)
			rc = follow_some_way(&v);
	}
	buf_release(&v.pending);
	buf_release(&v.opened);
	free(v.cur);
	free(v.info);
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What brings a task back when we die while it makes a system call for us: a
 * signal frame in memory that nobody uses, and its registers such that it
 * returns through that frame. Where the place or the code for that is missing,
 * calls are made without it.
 *
 * Not covered then: a timeout that the kernel would have gone on with starts
 * anew.
 */
#include "target-int.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_CHUNK = 1 << 16,
	TEXT_MAX = 64 << 20,
	OVERLAP = 16, /* longer than any gadget */
	ROOM = 4096,  /* below the frame: a signal may come first */
};

/* ---- gadgets ------------------------------------------------------------- */

static bool still_there(struct target *t, uint64_t addr, const uint8_t *code,
			size_t len)
{
	uint8_t now[ARCH_INSN_MAX];

	return addr && len <= sizeof(now) &&
	       !memory_raw_read(t, addr, now, len) && !memcmp(now, code, len);
}

static bool search_text(struct target *t, const struct vma *v,
			struct arch_gadgets *g)
{
	uint64_t end = v->end;
	uint8_t *text;
	bool found = false;

	text = malloc(TEXT_CHUNK);
	if (!text)
		return false;
	if (end - v->start > TEXT_MAX)
		end = v->start + TEXT_MAX;
	for (uint64_t at = v->start; at < end && !found;) {
		size_t n = TEXT_CHUNK;

		if (n > end - at)
			n = (size_t)(end - at);
		if (memory_raw_read(t, at, text, n))
			break;
		found = t->arch->gadgets_find(g, at, text, n);
		at += n < TEXT_CHUNK ? n : n - OVERLAP;
	}
	free(text);
	return found;
}

static bool find_gadgets(struct target *t, const struct mapping *m)
{
	struct arch_gadgets *g = &t->gadgets;

	if (still_there(t, g->call, g->code, g->code_len) &&
	    still_there(t, g->back, g->back_code, g->back_len))
		return true;
	memset(g, 0, sizeof(*g));
	/* the vDSO and the dynamic linker, which have them, come last */
	for (size_t i = m->n; i-- > 0;) {
		const struct vma *v = &m->v[i];

		if (v->exec && v->read && !v->write &&
		    (v->path[0] == '/' || !strcmp(v->path, "[vdso]")) &&
		    !mapping_is_scratch(v) &&
		    search_text(t, v, g))
			return true;
	}
	return false;
}

bool frame_look(struct target *t, const struct mapping *m)
{
	return t->arch->gadgets_find && find_gadgets(t, m);
}

/* Is the task, left alone, still on its way back? Who returns from a signal may
 * as well be let go on. */
bool frame_holds(struct task *task)
{
	const struct arch *arch = task->target->arch;
	const struct arch_gadgets *g = &task->target->gadgets;
	uint64_t pc = task_pc(task);

	if (!g->call)
		return false;
	if (pc >= g->back && pc <= g->back + g->back_len)
		return true; /* or, at its end, about to make that call */
	return pc >= g->call && pc < g->call + g->code_len &&
	       arch->frame_back(g, &task->regs, &task->target->mem);
}

/* ---- a place ------------------------------------------------------------- */

static const struct vma *main_stack(const struct mapping *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->v[i].path, "[stack]") && m->v[i].write)
			return &m->v[i];
	return NULL;
}

static struct task *leader_of(struct target *t)
{
	struct task *task = task_find(t->tracer, t->pid);

	return task && task->target == t && task->stop != STOP_NONE &&
			       task->stop != STOP_GONE && !task_regs(task)
		       ? task
		       : NULL;
}

static bool is_zero(struct target *t, uint64_t addr, size_t len)
{
	uint8_t now[FRAME_MAX + ROOM];

	if (memory_raw_read(t, addr, now, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (now[i])
			return false;
	return true;
}

/* Below sp, where the kernel would put a frame. */
static uint64_t below(const struct target *t, const struct vma *v, uint64_t sp)
{
	uint64_t need = FRAME_MAX + ROOM + t->arch->red_zone;

	if (!v || v->shared || !v->write || sp <= v->start || sp > v->end ||
	    sp - v->start < need)
		return 0;
	return (sp - t->arch->red_zone - FRAME_MAX) & ~UINT64_C(63);
}

/* The main thread's stack is the largest and nobody else's; while that thread
 * is on another one, what was never used of it. A task's own stack may be a
 * small piece of somebody's heap. */
static uint64_t find_place(struct inject *in, const struct mapping *m)
{
	struct target *t = in->target;
	const struct vma *v = main_stack(m);
	struct task *leader = leader_of(t);
	uint64_t at = 0, sp = t->arch->sp(&in->saved);

	if (v && leader)
		at = below(t, v, t->arch->sp(&leader->regs));
	if (!at && v && v->end - v->start > 2 * (FRAME_MAX + ROOM) &&
	    is_zero(t, v->start, FRAME_MAX + ROOM))
		at = (v->start + ROOM + 63) & ~UINT64_C(63);
	return at ? at : below(t, mapping_at(m, sp), sp);
}

/* ---- both ---------------------------------------------------------------- */

static size_t build(struct inject *in, uint64_t at, uint8_t *out)
{
	enum { SET_MAX = 16384 };
	const struct arch *arch = in->target->arch;
	struct arch_state state = {.regs = &in->saved,
				   .mask = in->mask,
				   .waiting = in->task->waiting};
	uint8_t *bytes = calloc(ARCH_FRAME_SETS, SET_MAX);
	size_t size;

	if (!bytes)
		return 0;
	for (int i = 0; i < ARCH_FRAME_SETS && arch->frame_sets[i]; i++) {
		struct arch_set *set = &state.sets[i];
		ssize_t n = task_regset(in->task, arch->frame_sets[i],
					bytes + i * SET_MAX, SET_MAX);

		set->bytes = bytes + i * SET_MAX;
		set->len = n > 0 ? (size_t)n : 0;
	}
	size = arch->frame_build(&in->target->gadgets, &state, at, out,
				 FRAME_MAX - INJECT_ROOM, &in->base);
	free(bytes);
	return size;
}

/* From here on the task goes back by itself. */
static int enter(struct inject *in)
{
	struct task *task = in->task;

	task->regs = in->base;
	task->regs_valid = task->regs_dirty = true;
	if (task->stop == STOP_SIGNAL && in->target->guarded)
		scratch_resuming(in->target, task_pc(task),
				 in->target->arch->sp(&task->regs));
	return task_flush(task);
}

/* In: saved, mask. Sets base, stub and the room for arguments. False: there is
 * no such way, nothing was changed. */
bool frame_use(struct inject *in)
{
	struct target *t = in->target;
	uint8_t frame[FRAME_MAX] = {0}; /* not what our stack had there */
	struct mapping m;
	uint64_t at = 0;

	if (!t->arch->frame_build || mapping_read(t, &m, NULL))
		return false;
	if (find_gadgets(t, &m))
		at = find_place(in, &m);
	mapping_release(&m);
	if (!at || memory_raw_read(t, at, in->under, FRAME_MAX) ||
	    !build(in, at, frame))
		return false;
	in->buf = at + FRAME_MAX - INJECT_ROOM;
	memcpy(frame + FRAME_MAX - INJECT_ROOM,
	       in->under + FRAME_MAX - INJECT_ROOM, INJECT_ROOM);
	in->frame = at;
	in->stub = t->gadgets.call;
	if (memory_put(t, at, frame, FRAME_MAX) || enter(in)) {
		memory_put(t, at, in->under, FRAME_MAX);
		in->frame = 0;
		return false;
	}
	return true;
}

/* Once the task has its own registers again. */
void frame_leave(struct inject *in)
{
	if (in->frame && in->task->stop != STOP_GONE)
		memory_put(in->target, in->frame, in->under, FRAME_MAX);
}

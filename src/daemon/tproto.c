/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tproto.h"

#include <stdlib.h>
#include <string.h>

void topen_put(struct buf *b, const struct topen *m)
{
	put_u32(b, m->pid);
	put_u32(b, m->flags);
	put_u32(b, m->steps);
	put_u32(b, m->max_overhead);
}

int topen_get(struct proto_in *in, struct topen *ret, struct err *err)
{
	struct topen m;
	int rc;

	m.pid = get_u32(in);
	m.flags = get_u32(in);
	m.steps = get_u32(in);
	m.max_overhead = get_u32(in);
	rc = get_end(in, err);
	if (!rc)
		*ret = m;
	return rc;
}

void tshare_put(struct buf *b, uint32_t writer, const struct bpf_map_def *defs,
		size_t ndefs)
{
	put_u32(b, writer);
	put_u32(b, (uint32_t)ndefs);
	for (size_t i = 0; i < ndefs; i++) {
		put_bytes(b, defs[i].name, sizeof(defs[i].name));
		put_u32(b, defs[i].kind);
		put_u32(b, defs[i].key_size);
		put_u32(b, defs[i].value_size);
		put_u32(b, defs[i].max_entries);
	}
}

static void def_get(struct proto_in *in, struct bpf_map_def *def)
{
	size_t len;
	const void *name = get_bytes(in, &len);

	if (!name || len != sizeof(def->name)) {
		in->failed = true;
		return;
	}
	memcpy(def->name, name, len);
	def->name[len - 1] = '\0';
	def->kind = (enum bpf_map_kind)get_u32(in);
	def->key_size = get_u32(in);
	def->value_size = get_u32(in);
	def->max_entries = get_u32(in);
}

int tshare_get(struct proto_in *in, struct tshare *ret, struct err *err)
{
	ret->writer = get_u32(in);
	ret->ndefs = get_u32(in);
	if (ret->ndefs > RT_MAPS_MAX)
		return err_set(err, ERR_PROTO, "too many maps");
	for (size_t i = 0; i < ret->ndefs && !in->failed; i++)
		def_get(in, &ret->defs[i]);
	return get_end(in, err);
}

void tprobe_put(struct buf *b, const struct trap_probe_spec *spec)
{
	put_u32(b, spec->id);
	put_u32(b, spec->program);
	put_u32(b, spec->kind);
	put_u64(b, spec->vaddr);
	put_u64(b, spec->point.dev);
	put_u64(b, spec->point.ino);
	put_u64(b, spec->point.offset);
	put_u64(b, spec->point.addr);
	put_u64(b, spec->point.sema_offset);
	put_u32(b, spec->point.steps);
	put_u64(b, (uint64_t)spec->nr);
	put_u64(b, spec->period_ns);
	put_u32(b, spec->word_size);
	put_str(b, spec->point.path);
}

int tprobe_get(struct proto_in *in, struct trap_probe_spec *ret,
	       struct err *err)
{
	struct trap_probe_spec m = {.id = get_u32(in)};
	int rc;

	m.program = get_u32(in);
	m.kind = (enum trap_kind)get_u32(in);
	m.vaddr = get_u64(in);
	m.point.dev = get_u64(in);
	m.point.ino = get_u64(in);
	m.point.offset = get_u64(in);
	m.point.addr = get_u64(in);
	m.point.sema_offset = get_u64(in);
	m.point.steps = get_u32(in);
	m.nr = (int64_t)get_u64(in);
	m.period_ns = get_u64(in);
	m.word_size = get_u32(in);
	m.point.path = get_str(in);
	rc = get_end(in, err);
	if (rc)
		return rc;
	if (m.kind >= TRAP_KINDS)
		return err_set(err, ERR_PROTO, "no such kind of probe");
	*ret = m;
	return 0;
}

void tprog_put(struct buf *b, const struct bpf_prog *prog, uint32_t ctx_size)
{
	put_u32(b, ctx_size);
	put_bytes(b, prog->insns, prog->ninsns * sizeof(*prog->insns));
}

int tprog_get(struct proto_in *in, struct bpf_prog *ret, uint32_t *ret_ctx_size,
	      struct err *err)
{
	uint32_t ctx_size = get_u32(in);
	size_t len;
	const void *code = get_bytes(in, &len);
	int rc = get_end(in, err);

	if (rc)
		return rc;
	if (!code || !len || len % sizeof(struct bpf_insn) ||
	    ctx_size > ARCH_REGS_MAX)
		return err_set(err, ERR_PROTO, "a malformed program");
	ret->insns = malloc(len);
	if (!ret->insns)
		return err_set(err, ERR_NOMEM, "out of memory");
	memcpy(ret->insns, code, len);
	ret->ninsns = len / sizeof(struct bpf_insn);
	*ret_ctx_size = ctx_size;
	return 0;
}

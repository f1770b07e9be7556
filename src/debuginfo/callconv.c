/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System V psABI: x86_64 (3.2.3) and i386 (2.2.3); the ELF ABIs of PowerPC are
 * in callconv-ppc.c.
 */
#include <config.h>

#include "callconv.h"

#include "abi.h"

#include <elf.h>
#include <string.h>

enum { FLATTEN_MAX = 32, BUDGET = 1024 };

enum class {
	CLASS_NONE,
	CLASS_INTEGER,
	CLASS_SSE,
	CLASS_MEMORY,
};

struct classes {
	enum class half[2];
	unsigned ints, sses; /* registers needed */
};

static void merge(enum class *into, enum class c)
{
	if (*into == c || c == CLASS_NONE)
		return;
	if (*into == CLASS_NONE || c == CLASS_MEMORY)
		*into = c;
	else if (*into != CLASS_MEMORY)
		*into = CLASS_INTEGER;
}

static bool is_long_double(const struct ctype *t)
{
	return t->kind == CTYPE_FLOAT && t->size > 8 &&
	       (!t->name || strstr(t->name, "long double"));
}

struct classifier {
	enum class half[2];
	unsigned budget; /* values looked at: types may nest without end */
};

static void scalar(struct classifier *k, const struct ctype *t, uint64_t offset)
{
	/* Packed: nothing that is out of alignment travels in registers. */
	if (t->size && offset % (t->size > 8 ? 16 : t->size)) {
		k->half[0] = CLASS_MEMORY;
		return;
	}
	if (t->kind == CTYPE_FLOAT) {
		merge(&k->half[offset / 8],
		      is_long_double(t) ? CLASS_MEMORY : CLASS_SSE);
		return;
	}
	merge(&k->half[offset / 8], CLASS_INTEGER);
	if (t->size > 8)
		merge(&k->half[1], CLASS_INTEGER);
}

/* Everything that lies in the value, at its offset, into its eightbytes. */
static void classify(struct classifier *k, const struct ctype *t,
		     uint64_t offset, unsigned depth)
{
	if (!t || !k->budget || depth > FLATTEN_MAX || offset >= 16 ||
	    t->size > 16 - offset) {
		k->half[0] = CLASS_MEMORY;
		return;
	}
	k->budget--;
	switch (t->kind) {
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		for (size_t i = 0; i < t->nfields && k->budget; i++) {
			const struct cfield *f = &t->fields[i];
			uint64_t at = offset + f->offset;

			if (f->bit_size && at + f->bit_offset / 8 < 16)
				merge(&k->half[(at + f->bit_offset / 8) / 8],
				      CLASS_INTEGER);
			else
				classify(k, f->type, at, depth + 1);
		}
		break;
	case CTYPE_ARRAY:
		for (uint64_t i = 0; t->to && t->to->size && i < t->count; i++)
			classify(k, t->to, offset + i * t->to->size, depth + 1);
		break;
	default:
		scalar(k, t, offset);
	}
}

static struct classes classes_of(const struct parameter *p)
{
	struct classifier k = {{CLASS_NONE, CLASS_NONE}, BUDGET};
	struct classes c = {{CLASS_NONE, CLASS_NONE}, 0, 0};

	if (p->by_ref || !p->type)
		k.half[0] = CLASS_INTEGER;
	else if (p->type->is_vector) /* whole, in one, however wide it is */
		k.half[0] = CLASS_SSE;
	else
		classify(&k, p->type, 0, 0);
	if (k.half[0] == CLASS_MEMORY || k.half[1] == CLASS_MEMORY) {
		c.half[0] = CLASS_MEMORY;
		return c;
	}
	for (int i = 0; i < 2; i++) {
		c.half[i] = k.half[i];
		c.ints += c.half[i] == CLASS_INTEGER;
		c.sses += c.half[i] == CLASS_SSE;
	}
	return c;
}

struct state {
	unsigned ints, sses; /* used up */
	uint64_t stack;	     /* offset of the next from the CFA */
};

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Its offset on the stack. Only long doubles and 128-bit integers, bare, are
 * known to want more than a word's alignment: DWARF tells none. */
static uint64_t take_stack(struct state *s, const struct parameter *p,
			   unsigned word)
{
	uint64_t size = p->by_ref || !p->type ? word : p->type->size;
	uint64_t at;

	if (word == 8 && p->type && !p->by_ref && p->type->size == 16 &&
	    (p->type->kind == CTYPE_FLOAT || p->type->kind == CTYPE_INT))
		s->stack = round_up(s->stack, 16);
	at = s->stack;
	s->stack += round_up(size, word);
	return at;
}

static int on_stack(const struct place_at *at, const struct parameter *p,
		    uint64_t offset, struct loc *ret)
{
	int rc = expr_cfa(at, (int64_t)offset, ret);

	if (!rc && p->by_ref &&
	    !loc_add(ret, LOC_DEREF, at->m->arch->word_size))
		rc = ERR_UNSUPP;
	return rc;
}

static int in_vector(unsigned reg, struct loc *ret)
{
	*ret = (struct loc){.kind = LOC_IN_VECTOR, .reg = (uint16_t)reg};
	return 0;
}

static int in_registers(const struct place_at *at, const struct abi *abi,
			const struct parameter *p, const struct classes *c,
			const struct state *s, struct loc *ret)
{
	if (c->half[0] != CLASS_NONE && c->half[1] != CLASS_NONE)
		return err_set(at->err, ERR_UNSUPP,
			       "%s is passed in two "
			       "registers, which upd cannot put together: "
			       "probe a line of the function's body instead",
			       at->name);
	if (c->half[0] == CLASS_NONE)
		return err_set(at->err, ERR_UNSUPP,
			       "%s is not passed at all: "
			       "it is empty",
			       at->name);
	if (c->half[0] == CLASS_SSE)
		return in_vector(abi->vec_first + s->sses, ret);
	*ret = (struct loc){.kind = p->by_ref ? LOC_IN_MEMORY : LOC_IN_VALUE};
	loc_add(ret, LOC_REG, abi->int_args[s->ints]);
	return 0;
}

static bool returns_in_memory(const struct ctype *t, bool anyway,
			      const struct abi *abi)
{
	struct parameter p = {.type = t};
	struct classes c;

	if (!t || anyway)
		return anyway;
	if (t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION &&
	    t->kind != CTYPE_ARRAY)
		return false;
	if (!abi->nint_args)
		return true; /* i386: any struct */
	c = classes_of(&p);
	return c.half[0] == CLASS_MEMORY;
}

static int x86_locate(const struct place_at *at, const struct abi *abi,
		      const struct parameter *params, size_t index, bool hidden,
		      struct loc *ret)
{
	struct state s = {0};
	struct classes c;
	uint64_t offset;

	if (hidden && abi->nint_args)
		s.ints++;
	else if (hidden)
		s.stack += abi->word_size;
	for (size_t i = 0;; i++) {
		const struct parameter *p = &params[i];

		/* i386 has registers for vectors, and for nothing else. */
		if (abi->nvector_args && p->type && p->type->is_vector &&
		    !p->by_ref && s.sses < abi->nvector_args) {
			if (i == index)
				return in_vector(abi->vector_args + s.sses,
						 ret);
			s.sses++;
			continue;
		}
		c = classes_of(p);
		if (c.half[0] != CLASS_MEMORY &&
		    s.ints + c.ints <= abi->nint_args &&
		    s.sses + c.sses <= abi->nvec_args) {
			if (i == index)
				return in_registers(at, abi, p, &c, &s, ret);
			s.ints += c.ints;
			s.sses += c.sses;
			continue;
		}
		offset = take_stack(&s, p, abi->word_size);
		if (i == index)
			return on_stack(at, p, offset, ret);
	}
}

int callconv_locate(const struct place_at *at, const struct parameter *params,
		    size_t index, const struct ctype *ret_type,
		    bool ret_in_memory, struct loc *ret)
{
	const struct abi *abi = abi_of(at->m->arch);

	if (abi && (abi->machine == EM_PPC64 || abi->machine == EM_PPC))
		return ppc_locate(at, abi, params, index, ret_type,
				  ret_in_memory, ret);
	if (!abi || (abi->machine != EM_X86_64 && abi->machine != EM_386))
		return err_set(at->err, ERR_UNSUPP,
			       "%s: upd does not know how "
			       "%s passes arguments",
			       at->name, at->m->arch->name);
	return x86_locate(at, abi, params, index,
			  returns_in_memory(ret_type, ret_in_memory, abi), ret);
}

bool callconv_returned(const struct arch *arch, const struct ctype *t,
		       struct loc *ret)
{
	const struct abi *abi = abi_of(arch);

	if (!abi)
		return false;
	if (t->kind == CTYPE_INT && t->size == 8 && abi->word_size == 4) {
		*ret = (struct loc){.kind = LOC_IN_VALUE};
		loc_add(ret, LOC_REG, abi->ret_high);
		loc_add(ret, LOC_CONST, 32);
		loc_add(ret, LOC_SHL, 0);
		loc_add(ret, LOC_REG, abi->ret_low);
		loc_add(ret, LOC_OR, 0);
		return true;
	}
	if (t->kind == CTYPE_FLOAT && (t->size == 4 || t->size == 8))
		return !in_vector(abi->float_ret, ret);
	return t->is_vector && t->size == 16 && abi->vector_ret &&
	       !in_vector(abi->vector_ret, ret);
}

bool callconv_float_arg(const struct arch *arch, unsigned n, unsigned *ret)
{
	const struct abi *abi = abi_of(arch);

	*ret = abi->vec_first + n;
	return n < abi->nvec_args;
}

unsigned callconv_float_ret(const struct arch *arch)
{
	return abi_of(arch)->float_ret;
}

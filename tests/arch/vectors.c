/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs the vectors (*.vec) of all instruction sets, on any host. One a line,
 * '#' begins a comment; bytes and numbers in hexadecimal. The instruction is
 * at 401000 and its slot at 501000; before some kinds stands where they are
 * instead: "low" slot at 60501000, "far" that and the instruction at 20401000.
 *
 *   plan ABI BYTES : STRATEGIES : TEXT
 *   refuse ABI BYTES : WORDS OF THE SENTENCE
 *   slot ABI BYTES : BYTES        guarded if a breakpoint is among the latter
 *   lost ABI BYTES : WORDS OF THE SENTENCE      there is no such slot
 *   emulate ABI BYTES : BEFORE : AFTER
 *   leave ABI BYTES+OFFSET : BEFORE : AFTER     from that place in the slot
 *   step ABI BYTES+OFFSET : BEFORE : AFTER      a step got there and is done
 *   again ABI BYTES+OFFSET : BEFORE             a step got there and isn't
 *   left ABI BYTES : BEFORE                     emulation leaves it all alone
 *   around ABI BYTES+OFFSET : ok, or WORDS      a site at OFFSET in a text
 *
 * BEFORE and AFTER are NAME=VALUE of registers and mADDRESS=BYTES of memory.
 * What AFTER doesn't name must be as BEFORE; the pc, behind the instruction.
 */
#include "arch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDR = 0x401000, SLOT = 0x501000, MEM_MAX = 256, TEXT_MAX = 256 };
enum { FAR_ADDR = 0x20401000, FAR_SLOT = 0x60501000 };

struct memory {
	size_t n;
	struct {
		uint64_t addr;
		uint8_t byte;
	} bytes[MEM_MAX];
};

struct vector {
	const char *file;
	int line;
	const struct arch *arch;
	uint64_t addr, slot;
	uint8_t bytes[TEXT_MAX];
	size_t n;
	size_t offset;
	char *args[2];
	struct plan plan;
};

static int failures, count;

static void complain(const struct vector *v, const char *what,
		     const char *detail)
{
	printf("FAIL: %s:%d: %s%s%s\n", v->file, v->line, what,
	       *detail ? ": " : "", detail);
	failures++;
}

/* ---- text --------------------------------------------------------------- */

static char *trim(char *s)
{
	size_t n;

	if (!s)
		return NULL;
	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\n", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static size_t parse_hex(const char *s, uint8_t *out, size_t max)
{
	size_t n = 0;
	unsigned byte;

	for (; n < max && sscanf(s, "%2x", &byte) == 1; s += 2)
		out[n++] = byte;
	return n;
}

static void print_hex(const uint8_t *bytes, size_t n, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

static void print_strategies(unsigned mask, char *out)
{
	out[0] = '\0';
	for (unsigned s = 1; s <= STRATEGY_INPLACE; s <<= 1) {
		if (!(mask & s))
			continue;
		if (*out)
			strcat(out, ",");
		strcat(out, strategy_name(s));
	}
}

/* ---- memory and registers ----------------------------------------------- */

static uint8_t *byte_at(struct memory *m, uint64_t addr, bool make)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->bytes[i].addr == addr)
			return &m->bytes[i].byte;
	if (!make || m->n == MEM_MAX)
		return NULL;
	m->bytes[m->n].addr = addr;
	return &m->bytes[m->n++].byte;
}

static int mem_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	uint8_t *out = buf, *byte;

	for (size_t i = 0; i < len; i++) {
		byte = byte_at(ctx, addr + i, false);
		if (!byte)
			return ERR_IO;
		out[i] = *byte;
	}
	return 0;
}

static int mem_write(void *ctx, uint64_t addr, const void *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*byte_at(ctx, addr + i, true) = ((const uint8_t *)buf)[i];
	return 0;
}

static bool set_reg(const struct arch *arch, struct regs *regs,
		    const char *name, uint64_t value)
{
	const struct arch_reg *reg = arch_reg(arch, name);

	for (int i = 0; reg && i < reg->size; i++)
		regs->raw[reg->offset +
			  (arch->big_endian ? reg->size - 1 - i : i)] =
			value >> (8 * i);
	return reg;
}

static void set_state(const struct vector *v, const char *text,
		      struct regs *regs, struct memory *m)
{
	char copy[512], *save, *word, *value;
	uint8_t bytes[64];
	size_t n;

	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (!value) {
			complain(v, "no value", word);
			return;
		}
		*value++ = '\0';
		if (set_reg(v->arch, regs, word, strtoull(value, NULL, 16)))
			continue;
		if (*word != 'm') {
			complain(v, "no such register", word);
			return;
		}
		n = parse_hex(value, bytes, sizeof(bytes));
		mem_write(m, strtoull(word + 1, NULL, 16), bytes, n);
	}
}

static void compare(const struct vector *v, const struct regs *want,
		    const struct regs *got, struct memory *m_want,
		    struct memory *m_got)
{
	char text[128];

	for (size_t i = 0; i < v->arch->nregs; i++) {
		const struct arch_reg *reg = &v->arch->regs[i];
		uint64_t a = arch_reg_get(v->arch, want, reg);
		uint64_t b = arch_reg_get(v->arch, got, reg);

		snprintf(text, sizeof(text), "%s is %" PRIx64 ", not %" PRIx64,
			 reg->name, b, a);
		if (a != b)
			complain(v, text, "");
	}
	for (size_t i = 0; i < m_got->n; i++) {
		uint8_t *byte = byte_at(m_want, m_got->bytes[i].addr, false);

		snprintf(text, sizeof(text), "memory at %" PRIx64 " is %02x",
			 m_got->bytes[i].addr, m_got->bytes[i].byte);
		if (!byte || *byte != m_got->bytes[i].byte)
			complain(v, text, "");
	}
	if (m_want->n != m_got->n)
		complain(v, "not all memory was written", "");
}

/* ---- kinds of vectors --------------------------------------------------- */

static void do_plan(struct vector *v)
{
	char text[64];

	print_strategies(v->plan.strategies, text);
	if (strcmp(text, v->args[0]) != 0)
		complain(v, "strategies", text);
	if (strcmp(v->plan.why, v->args[1]) != 0)
		complain(v, "text", v->plan.why);
}

static bool has_breakpoint(const struct arch *arch,
			   const struct slot_code *code)
{
	for (size_t i = 0; arch->bp_len == 4 && i < code->len; i += 4)
		if (!memcmp(code->bytes + i, arch->bp, 4))
			return true;
	return false;
}

static void do_slot(struct vector *v)
{
	char text[2 * ARCH_SLOT_MAX + 1];
	struct slot_code code;
	struct err err;

	if (v->arch->slot_build(&v->plan, v->slot, &code, &err)) {
		complain(v, "no slot", err.text);
		return;
	}
	if (code.guarded != has_breakpoint(v->arch, &code))
		complain(v, code.guarded ? "guarded" : "not guarded", "");
	print_hex(code.bytes, code.len, text);
	if (strcmp(text, v->args[0]) != 0)
		complain(v, "slot", text);
}

static void do_lost(struct vector *v)
{
	struct slot_code code;
	struct err err = {0};

	if (v->arch->slot_build(&v->plan, v->slot, &code, &err) !=
		    ERR_REFUSED ||
	    !strstr(err.text, v->args[0]))
		complain(v, "not refused so", err.text);
}

static int do_leave(struct vector *v, struct regs *regs,
		    const struct arch_mem *mem)
{
	struct slot_code code;
	int rc = v->arch->slot_build(&v->plan, v->slot, &code, NULL);

	return rc ? rc
		  : v->arch->slot_leave(&v->plan, &code, v->slot, regs, mem);
}

static int do_step(struct vector *v, struct regs *regs,
		   const struct arch_mem *mem, enum step_result want)
{
	enum step_result result;
	int rc = v->arch->after_step(&v->plan, v->slot, regs, mem, &result);

	if (!rc && result != want)
		complain(v, want == STEP_DONE ? "not done" : "done", "");
	return rc;
}

static void do_state(struct vector *v, const char *kind)
{
	struct memory m = {0}, m_want;
	struct regs regs = {.size = v->arch->regs_size}, want;
	struct arch_mem mem = {mem_read, mem_write, &m};
	bool again = strcmp(kind, "again") == 0, left = !strcmp(kind, "left");
	int rc;

	v->arch->set_pc(&regs, *kind == 'e' || left ? v->addr
						     : v->slot + v->offset);
	if (v->arch == &arch_i386) { /* flat, as Linux has them */
		set_reg(v->arch, &regs, "ss", 0x2b);
		set_reg(v->arch, &regs, "ds", 0x2b);
	}
	set_state(v, v->args[0], &regs, &m);
	want = regs;
	m_want = m;
	if (!again && !left) {
		v->arch->set_pc(&want, v->addr + v->plan.len);
		set_state(v, v->args[1], &want, &m_want);
	}
	if (left)
		rc = !v->arch->emulate(&v->plan, &regs, &mem);
	else if (*kind == 'e')
		rc = v->arch->emulate(&v->plan, &regs, &mem);
	else if (*kind == 'l')
		rc = do_leave(v, &regs, &mem);
	else
		rc = do_step(v, &regs, &mem, again ? STEP_NOT_YET : STEP_DONE);
	if (rc)
		complain(v, "failed", err_text(rc));
	else
		compare(v, &want, &regs, &m_want, &m);
}

static void do_around(const struct vector *v)
{
	struct err err = {.text = "ok"};
	int rc = ERR_UNSUPP;

	if (v->arch->around)
		rc = v->arch->around(ADDR + v->offset, v->bytes, ADDR, v->n,
				     &err);
	if ((rc != 0 && rc != ERR_REFUSED) || !strstr(err.text, v->args[0]))
		complain(v, "around", err.text);
}

static bool is_state(const char *kind)
{
	static const char *const kinds[] = {"emulate", "leave", "step",
					    "again", "left"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

static void run(struct vector *v, const char *kind)
{
	struct err err = {0};
	int rc;

	count++;
	if (strcmp(kind, "around") == 0) {
		do_around(v);
		return;
	}
	rc = v->arch->plan(v->addr, v->bytes, v->n, &v->plan, &err);
	if (strcmp(kind, "refuse") == 0) {
		if (rc != ERR_REFUSED || !strstr(err.text, v->args[0]))
			complain(v, "not refused so", err.text);
	} else if (rc) {
		complain(v, "refused", err.text);
	} else if (v->plan.len != v->n) {
		complain(v, "length", "");
	} else if (strcmp(kind, "plan") == 0 && v->args[1]) {
		do_plan(v);
	} else if (strcmp(kind, "slot") == 0) {
		do_slot(v);
	} else if (strcmp(kind, "lost") == 0) {
		do_lost(v);
	} else if (is_state(kind) &&
		   (v->args[1] || !strcmp(kind, "again") ||
		    !strcmp(kind, "left"))) {
		do_state(v, kind);
	} else {
		complain(v, "no such vector", kind);
	}
}

static void parse(const char *file, int line, char *text)
{
	struct vector v = {
		.file = file, .line = line, .addr = ADDR, .slot = SLOT};
	char kind[16], abi[16], bytes[2 * TEXT_MAX + 16], *at, *args, *save;

	text[strcspn(text, "#")] = '\0';
	args = strchr(text, ':');
	if (!*trim(text))
		return;
	if (!strncmp(text, "low ", 4) || !strncmp(text, "far ", 4)) {
		v.slot = FAR_SLOT;
		if (*text == 'f')
			v.addr = FAR_ADDR;
		text += 4;
	}
	if (!args || sscanf(text, "%15s %15s %527s", kind, abi, bytes) != 3) {
		complain(&v, "cannot be read", text);
		return;
	}
	v.args[0] = trim(strtok_r(args + 1, ":", &save));
	v.args[1] = trim(strtok_r(NULL, "", &save));
	for (size_t i = 0; arch_all[i]; i++)
		if (strcmp(arch_all[i]->name, abi) == 0)
			v.arch = arch_all[i];
	if (!v.arch || !v.args[0]) {
		complain(&v, "cannot be read", abi);
		return;
	}
	at = strchr(bytes, '+');
	if (at)
		v.offset = strtoul(at + 1, NULL, 16);
	v.n = parse_hex(bytes, v.bytes,
			at ? (size_t)(at - bytes) / 2 : sizeof(v.bytes));
	run(&v, kind);
}

static void run_file(const char *dir, const char *name)
{
	char path[4096], text[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/arch/%s", dir, name);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(99);
	}
	for (int line = 1; fgets(text, sizeof(text), f); line++)
		parse(name, line, text);
	fclose(f);
}

int main(void)
{
	const char *dir = getenv("top_srcdir");

	run_file(dir ? dir : ".", "x86.vec");
	run_file(dir ? dir : ".", "ppc.vec");
	printf("%d vectors, %d failures\n", count, failures);
	return failures != 0 || count == 0;
}

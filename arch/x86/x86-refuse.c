/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is never probed, and the words for instructions.
 */
#include "x86-decoded.h"

#include <stdio.h>
#include <string.h>

static const struct {
	ZydisMnemonic mnemonic;
	const char *why;
} refused[] = {
	{ZYDIS_MNEMONIC_INT3, "it is a breakpoint already"},
	{ZYDIS_MNEMONIC_INT1, "it raises a debug trap of its own"},
	{ZYDIS_MNEMONIC_INTO, "it raises a trap of its own"},
	{ZYDIS_MNEMONIC_IRET, "it returns from an interrupt"},
	{ZYDIS_MNEMONIC_IRETD, "it returns from an interrupt"},
	{ZYDIS_MNEMONIC_IRETQ, "it returns from an interrupt"},
	{ZYDIS_MNEMONIC_CLI, "it is privileged"},
	{ZYDIS_MNEMONIC_STI, "it is privileged"},
	{ZYDIS_MNEMONIC_RSM, "it is privileged"},
	{ZYDIS_MNEMONIC_XBEGIN, "a trap aborts transactions"},
	{ZYDIS_MNEMONIC_XEND, "a trap aborts transactions"},
	{ZYDIS_MNEMONIC_XABORT, "a trap aborts transactions"},
	{ZYDIS_MNEMONIC_JKZD, "only Knights Corner has it"},
	{ZYDIS_MNEMONIC_JKNZD, "only Knights Corner has it"},
	{ZYDIS_MNEMONIC_UD0, "processors disagree about its length"},
	{ZYDIS_MNEMONIC_ENCLU, "it enters an enclave"},
	{ZYDIS_MNEMONIC_VMCALL, "it calls the hypervisor"},
	{ZYDIS_MNEMONIC_VMMCALL, "it calls the hypervisor"},
	{ZYDIS_MNEMONIC_VMFUNC, "it calls the hypervisor"},
};

static const struct {
	ZydisInstructionCategory category;
	const char *why;
} refused_categories[] = {
	{ZYDIS_CATEGORY_IO, "it is privileged"},
	{ZYDIS_CATEGORY_IOSTRINGOP, "it is privileged"},
	{ZYDIS_CATEGORY_SYSRET, "it is privileged"},
	{ZYDIS_CATEGORY_VTX, "it is privileged"},
	{ZYDIS_CATEGORY_SGX, "it enters an enclave"},
	{ZYDIS_CATEGORY_UINTR, "user interrupts are not supported"},
};

static bool has_prefix(const struct x86_decoded *d, uint8_t value)
{
	for (unsigned i = 0; i < d->in.raw.prefix_count; i++)
		if (d->in.raw.prefixes[i].value == value)
			return true;
	return false;
}

static bool is_rex_w(const struct x86_decoded *d)
{
	return d->in.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	       d->in.raw.rex.W;
}

static bool is_branch(const struct x86_decoded *d)
{
	switch (d->in.meta.category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_UNCOND_BR:
		return true;
	default:
		return false;
	}
}

static bool is_loopcc(const struct x86_decoded *d)
{
	return d->in.mnemonic == ZYDIS_MNEMONIC_LOOPE ||
	       d->in.mnemonic == ZYDIS_MNEMONIC_LOOPNE;
}

const char *x86_refusal(const struct x86_decoded *d)
{
	const ZydisDecodedInstruction *in = &d->in;

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (refused[i].mnemonic == in->mnemonic)
			return refused[i].why;
	for (size_t i = 0;
	     i < sizeof(refused_categories) / sizeof(*refused_categories); i++)
		if (refused_categories[i].category == in->meta.category)
			return refused_categories[i].why;
	if (in->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
		return "it is privileged";
	if (in->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return "it is a far branch";
	if (in->mnemonic == ZYDIS_MNEMONIC_INT &&
	    in->raw.imm[0].value.u != 0x80)
		return "it is a software interrupt other than int $0x80";
	if (in->mnemonic == ZYDIS_MNEMONIC_SYSENTER && d->word == 8)
		return "no 64-bit program returns from it";
	/* Intel ignores the prefix in 64-bit mode, AMD does not; in 32-bit
	 * mode it cuts the target to 16 bits. REX.W overrides it everywhere. */
	if (is_branch(d) && has_prefix(d, 0x66) && !is_rex_w(d))
		return "processors disagree about a branch with this prefix";
	/* To some the prefix says which of the two it is, not the opcode. */
	if (is_loopcc(d) && (has_prefix(d, 0xf2) || has_prefix(d, 0xf3)))
		return "processors disagree about a loop with this prefix";
	return NULL;
}

/* AT&T marks the operand of an indirect branch, as a whole. */
static void mark_indirect(const struct x86_decoded *d, char *text, size_t size)
{
	bool call = d->in.mnemonic == ZYDIS_MNEMONIC_CALL;
	char *star, *operand;

	if ((!call && d->in.mnemonic != ZYDIS_MNEMONIC_JMP) ||
	    d->ops[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return;
	star = strchr(text, '*');
	if (star)
		memmove(star, star + 1, strlen(star));
	operand = strstr(text, call ? "call " : "jmp ");
	if (!operand || strlen(text) + 2 > size)
		return;
	operand += call ? 5 : 4;
	memmove(operand + 1, operand, strlen(operand) + 1);
	*operand = '*';
}

void x86_text(const struct x86_decoded *d, char *text, size_t size)
{
	ZydisFormatter f;

	text[0] = '\0';
	ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_ATT);
	ZydisFormatterSetProperty(&f,
				  ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_DISP_PADDING,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_IMM_PADDING,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, 0);
	ZydisFormatterFormatInstruction(&f, &d->in, d->ops,
					d->in.operand_count_visible, text, size,
					d->addr, NULL);
	mark_indirect(d, text, size);
}

void x86_bytes_text(const uint8_t *bytes, size_t n, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && used + 4 <= size; i++)
		used += snprintf(text + used, size - used, i ? " %02x" : "%02x",
				 bytes[i]);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "module-int.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *machine_name(const struct elffile *f)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{EM_386, "i386"},	  {EM_X86_64, "x86_64"},
		{EM_PPC, "PowerPC"},	  {EM_PPC64, "PowerPC 64-bit"},
		{EM_AARCH64, "AArch64"},  {EM_ARM, "ARM"},
		{EM_RISCV, "RISC-V"},	  {EM_S390, "IBM S/390"},
		{EM_MIPS, "MIPS"},	  {EM_SPARC, "SPARC"},
		{EM_SPARCV9, "SPARC V9"}, {EM_IA_64, "Itanium"},
		{EM_ALPHA, "Alpha"},	  {EM_PARISC, "PA-RISC"},
		{EM_68K, "m68k"},	  {EM_SH, "SuperH"},
		{EM_BPF, "BPF"},	  {258, "LoongArch"},
	};

	if (f->machine == EM_X86_64 && !f->is64)
		return "x86_64 with 32-bit pointers (x32)";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].machine == f->machine)
			return names[i].name;
	return NULL;
}

static int foreign(const struct elffile *f, struct err *err)
{
	const char *name = machine_name(f);

	if (!name)
		return err_set(err, ERR_UNSUPP,
			       "is for a machine unknown to "
			       "upd (number %u in its ELF header)",
			       f->machine);
	return err_set(err, ERR_UNSUPP,
		       "is for %s (%d bits, %s endian), which "
		       "upd does not know",
		       name, f->is64 ? 64 : 32,
		       f->big_endian ? "big" : "little");
}

static int check_kind(const struct module *m, struct err *err)
{
	switch (m->file.type) {
	case ET_EXEC:
	case ET_DYN:
		return m->arch ? 0 : foreign(&m->file, err);
	case ET_REL:
		return err_set(err, ERR_UNSUPP,
			       "is a relocatable object that "
			       "no program runs: name the program or library "
			       "that it was linked into");
	case ET_CORE:
		return err_set(err, ERR_UNSUPP,
			       "is a core dump: name the "
			       "program that left it");
	default:
		return err_set(err, ERR_FORMAT,
			       "is an ELF file of the unknown "
			       "kind %u",
			       m->file.type);
	}
}

/* What a process maps must be in the file. */
static int check_segments(const struct module *m, struct err *err)
{
	const struct elffile *f = &m->file;
	size_t nload = 0;

	for (size_t i = 0; i < f->nsegs; i++) {
		const struct segment *s = &f->segs[i];

		if (s->type != PT_LOAD)
			continue;
		nload++;
		if (!in_range(s->offset, s->filesz, f->size))
			return err_set(err, ERR_FORMAT,
				       "is truncated or "
				       "damaged: its segments lie beyond the "
				       "end of the file");
		if (s->vaddr + s->memsz < s->vaddr || s->filesz > s->memsz)
			return err_set(err, ERR_FORMAT,
				       "is damaged: a segment "
				       "has an impossible size");
	}
	if (!nload)
		return err_set(err, ERR_FORMAT,
			       "has nothing to load: it is no "
			       "program or library, perhaps a separate debug "
			       "file");
	return 0;
}

/* A special file may block or do worse when it is opened or read. */
static int open_regular(const char *path, struct stat *ret_st, int *ret_fd,
			struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(err, ERR_NOENT, "no such file");
	if (fd < 0)
		return err_errno(err, errno, "cannot be opened");
	if (fstat(fd, ret_st)) {
		close(fd);
		return err_errno(err, errno, "cannot be examined");
	}
	if (!S_ISREG(ret_st->st_mode)) {
		close(fd);
		return err_set(err, ERR_INVAL,
			       S_ISDIR(ret_st->st_mode)
				       ? "is a directory, not a program or "
					 "library"
				       : "is not a regular file");
	}
	*ret_fd = fd;
	return 0;
}

static int load(struct module *m, const char *open_path, struct err *err)
{
	struct stat st;
	int fd = -1, rc = open_regular(open_path, &st, &fd, err);

	if (rc)
		return rc;
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	rc = elffile_map(&m->file, fd, (uint64_t)st.st_size, err);
	close(fd);
	return rc;
}

static int examine(struct module *m, struct err *err)
{
	const struct elffile *f = &m->file;
	int rc;

	m->arch = arch_by_elf(f->machine, f->is64 ? ELFCLASS64 : ELFCLASS32,
			      f->big_endian);
	rc = check_kind(m, err);
	if (!rc)
		rc = check_segments(m, err);
	if (!rc)
		m->build_id_len = build_id_of(f, &m->build_id);
	return rc;
}

static struct module *module_new(const char *path, const char *open_path,
				 const char *debug_dirs)
{
	struct module *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->path = strdup(path);
	m->open_path = strdup(open_path ? open_path : path);
	m->debug_dirs = strdup(debug_dirs ? debug_dirs : "/usr/lib/debug");
	m->strings = ctypes_new();
	if (m->path && m->open_path && m->debug_dirs && m->strings)
		return m;
	module_close(m);
	return NULL;
}

int module_open(const char *path, const char *open_path, const char *debug_dirs,
		struct module **ret, struct err *err)
{
	struct module *m = module_new(path, open_path, debug_dirs);
	int rc;

	if (!m)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	rc = load(m, m->open_path, err);
	if (!rc)
		rc = examine(m, err);
	if (rc) {
		module_close(m);
		return err_prefix(err, "%s", path);
	}
	*ret = m;
	return 0;
}

int module_open_image(const char *name, const void *bytes, size_t size,
		      struct module **ret, struct err *err)
{
	struct module *m = module_new(name, "", NULL);
	void *copy = malloc(size ? size : 1);
	int rc;

	if (!m || !copy) {
		module_close(m);
		free(copy);
		return err_set(err, ERR_NOMEM, "%s: out of memory", name);
	}
	memcpy(copy, bytes, size);
	rc = elffile_parse(&m->file, copy, size, false, err);
	if (!rc)
		rc = examine(m, err);
	if (rc) {
		module_close(m);
		return err_prefix(err, "%s", name);
	}
	*ret = m;
	return 0;
}

static void free_file(struct elffile *f)
{
	if (f)
		elffile_release(f);
	free(f);
}

void module_close(struct module *m)
{
	if (!m)
		return;
	cfi_free(m->cfi);
	dwarf_free(m->dwarf);
	symbols_free(m->symbols);
	free_file(m->debug);
	free_file(m->mini);
	free_file(m->alt);
	elffile_release(&m->file);
	ctypes_free(m->strings);
	free(m->debug_dirs);
	free(m->open_path);
	free(m->path);
	free(m);
}

const char *module_intern(struct module *m, const char *s, size_t len)
{
	char *copy = ctypes_alloc(m->strings, len + 1);

	return copy ? memcpy(copy, s, len) : NULL;
}

const struct arch *module_arch(const struct module *m)
{
	return m->arch;
}

const char *module_path(const struct module *m)
{
	return m->path;
}

dev_t module_dev(const struct module *m)
{
	return m->dev;
}

ino_t module_ino(const struct module *m)
{
	return m->ino;
}

bool module_is_pie(const struct module *m)
{
	return m->file.type == ET_DYN;
}

uint64_t module_entry(const struct module *m)
{
	return m->file.entry;
}

size_t module_build_id(const struct module *m, const uint8_t **ret)
{
	*ret = m->build_id;
	return m->build_id_len;
}

/* ---- segments ---- */

static const struct segment *segment_at(const struct module *m, uint64_t vaddr)
{
	for (size_t i = 0; i < m->file.nsegs; i++) {
		const struct segment *s = &m->file.segs[i];

		if (s->type == PT_LOAD && vaddr >= s->vaddr &&
		    vaddr - s->vaddr < s->filesz)
			return s;
	}
	return NULL;
}

int module_vaddr_to_offset(const struct module *m, uint64_t vaddr,
			   uint64_t *ret)
{
	const struct segment *s = segment_at(m, vaddr);

	if (!s)
		return ERR_NOENT;
	*ret = vaddr - s->vaddr + s->offset;
	return 0;
}

/* Two segments may share a page of the file; code comes first. */
int module_offset_to_vaddr(const struct module *m, uint64_t off, uint64_t *ret)
{
	const struct segment *found = NULL;

	for (size_t i = 0; i < m->file.nsegs; i++) {
		const struct segment *s = &m->file.segs[i];

		if (s->type != PT_LOAD || off < s->offset ||
		    off - s->offset >= s->filesz)
			continue;
		if (!found || (s->flags & PF_X && !(found->flags & PF_X)))
			found = s;
	}
	if (!found)
		return ERR_NOENT;
	*ret = off - found->offset + found->vaddr;
	return 0;
}

bool module_is_text(const struct module *m, uint64_t vaddr)
{
	const struct segment *s = segment_at(m, vaddr);

	return s && s->flags & PF_X;
}

size_t module_read(const struct module *m, uint64_t vaddr, void *buf,
		   size_t len)
{
	const struct segment *s = segment_at(m, vaddr);
	uint64_t at;

	if (!s)
		return 0;
	at = vaddr - s->vaddr;
	if (len > s->filesz - at)
		len = s->filesz - at;
	memcpy(buf, m->file.data + s->offset + at, len);
	return len;
}

int module_bias(const struct module *m, uint64_t start, uint64_t offset,
		bool exec, uint64_t *ret)
{
	const struct segment *found = NULL;

	for (size_t i = 0; i < m->file.nsegs; i++) {
		const struct segment *s = &m->file.segs[i];
		uint64_t first = s->offset & ~UINT64_C(0xfff);

		if (s->type != PT_LOAD || offset < first ||
		    offset >= s->offset + s->filesz)
			continue;
		if (!found || (!!(s->flags & PF_X) == exec &&
			       !!(found->flags & PF_X) != exec))
			found = s;
	}
	if (!found)
		return ERR_NOENT;
	*ret = start - (found->vaddr + (offset - found->offset));
	return 0;
}

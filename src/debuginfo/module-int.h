/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of debuginfo share of a module. (Private to debuginfo.)
 */
#ifndef UPD_MODULE_INT_H
#define UPD_MODULE_INT_H

#include "debuginfo.h"
#include "elffile.h"
#include "htab.h"

struct symbols;
struct dwarf;
struct cfi;

struct module {
	char *path;
	char *open_path; /* what was opened: its folder is searched, too */
	char *debug_dirs;
	const struct arch *arch;
	dev_t dev;
	ino_t ino;
	struct elffile file;
	const uint8_t *build_id;
	size_t build_id_len;

	/* Everything below is made at first use. */
	struct elffile *debug; /* separate debug file, debugfile.c */
	struct elffile *mini;  /* .gnu_debugdata unpacked */
	struct elffile *alt;   /* what dwz moved out of the debug file */
	bool debug_sought, mini_sought;
	struct symbols *symbols;
	struct dwarf *dwarf;
	bool dwarf_sought;
	struct cfi *cfi;
	struct ctypes *strings; /* arena of everything handed out */
};

/* A string that lives as long as the module; NULL when memory ran out. */
const char *module_intern(struct module *m, const char *s, size_t len);

/* debugfile.c: NULL when there is none. */
struct elffile *module_debug_file(struct module *m);
struct elffile *module_mini_file(struct module *m);
/* The dwz file that the debug file refers to by name and build id. */
struct elffile *module_alt_file(struct module *m, const char *name,
				const uint8_t *id, size_t id_len);
/* The build id among a file's notes; its length, 0: none. */
size_t build_id_of(const struct elffile *f, const uint8_t **ret);

/* symbols.c */
void symbols_free(struct symbols *syms);

/* Walks the notes in len bytes; fn returns non-zero to stop. */
typedef int note_fn(void *ctx, uint32_t type, const char *owner,
		    size_t owner_len, const uint8_t *desc, size_t desc_len);
int elf_notes(const struct elffile *f, const uint8_t *data, size_t len,
	      note_fn *fn, void *ctx);

/* cfi.c */
void cfi_free(struct cfi *cfi);
/* dwarf.c */
void dwarf_free(struct dwarf *d);

#endif

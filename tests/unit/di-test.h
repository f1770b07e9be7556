/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What debuginfo's tests share: the victims that di-build made, files, a
 * runner.
 */
#ifndef UPD_DI_TEST_H
#define UPD_DI_TEST_H

#include "debuginfo.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int di_run(const char *suite, const TTest *const *tests, size_t n);

/* Path of a victim; good until the next call but three. */
const char *victim(const char *name);
struct module *open_victim(const char *name);
/* NULL, said on stdout, when di-build could not make it here. */
struct module *open_victim_maybe(const char *name);

uint8_t *read_file(const char *path, size_t *ret_len);
void write_file(const char *path, const void *data, size_t len);

/* The address of a function of a victim. */
uint64_t function_of(struct module *m, const char *name);

#endif
